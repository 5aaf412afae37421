/*
 * lib/dns/dns against a server on loopback that answers, lies, is silent and comes back (fakedns.h).
 */
#include "config.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/str.h"
#include "lib/dns/dns.h"
#include "lib/dns/record.h"
#include "t/unit/fakedns.h"
#include "t/unit/unit.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define SLACK_MS 1000           /* a machine under load, sanitizers */

static struct fakedns *server;
static struct dns *dns;

static struct dns *open_with(int timeout_ms, size_t entries, const char *trust_anchor, struct err *err)
{
    const char *const servers[] = { fakedns_server(server), NULL };
    const struct dns_settings settings = {
        .servers = servers, .timeout_ms = timeout_ms, .cache_entries = entries, .max_ttl = 3600,
        .trust_anchor = trust_anchor,
    };

    return dns_new(&settings, err);
}

/* libunbound asks again after a share of the timeout: where a test counts what arrives, it is a minute. */
static void open_dns(int timeout_ms, size_t entries)
{
    struct err err = { "" };

    dns = open_with(timeout_ms, entries, NULL, &err);
    ck_assert_msg(dns != NULL, "%s", err.text);
}

static void set_up(void)
{
    server = fakedns_start();
}

static void tear_down(void)
{
    dns_free(&dns);
    fakedns_stop(&server);
}

static enum dns_status status_of(const char *name, enum dns_type type)
{
    struct dns_budget budget = { .deadline_ms = clock_ms() + 60000, .questions = 1 };
    const struct dns_answer *answer = dns_lookup(dns, name, type, &budget);
    enum dns_status status = answer->status;

    dns_answer_unref(answer);
    return status;
}

static struct dns_stats stats(void)
{
    struct dns_stats s;

    dns_get_stats(dns, &s);
    return s;
}

/* Until the condition holds; fails the test after ten seconds. */
#define WAIT_UNTIL(condition) do { \
    int64_t give_up = clock_ms() + 10000; \
    while (!(condition)) { \
        ck_assert_msg(clock_ms() < give_up, "waited in vain for " #condition); \
        usleep(1000); \
    } \
} while (0)

START_TEST(tells_answers_apart)
{
    static const struct {
        const char *name;
        enum dns_type type;
        enum dns_status want;
        size_t count;
        uint32_t ttl;
    } cases[] = {
        { "plain.example", DNS_A, DNS_OK, 1, 60 },
        { "PLAIN.example.", DNS_TXT, DNS_OK, 1, 60 },
        { "plain.test", DNS_A, DNS_OK, 1, 60 },
        { "plain.localhost", DNS_A, DNS_OK, 1, 60 },
        { "plain.1.127.in-addr.arpa", DNS_TXT, DNS_OK, 1, 60 },
        { "plain.2.0.192.in-addr.arpa", DNS_TXT, DNS_OK, 1, 60 },
        { "plain.10.in-addr.arpa", DNS_TXT, DNS_OK, 1, 60 },
        { "plain.168.192.in-addr.arpa", DNS_TXT, DNS_OK, 1, 60 },
        { "plain.20.172.in-addr.arpa", DNS_TXT, DNS_OK, 1, 60 },
        { "plain.8.b.d.0.1.0.0.2.ip6.arpa", DNS_TXT, DNS_OK, 1, 60 },
        { "plain.onion", DNS_A, DNS_NXDOMAIN, 0, 3600 },
        { "plain.example", DNS_MX, DNS_NODATA, 0, 30 },
        { "nodata.example", DNS_A, DNS_NODATA, 0, 30 },
        { "nx.example", DNS_A, DNS_NXDOMAIN, 0, 30 },
        { "nosoa.example", DNS_A, DNS_NXDOMAIN, 0, 60 },
        { "cname.example", DNS_A, DNS_OK, 1, 60 },
        { "cname.example", DNS_CNAME, DNS_OK, 1, 60 },
        { "cnamenx.example", DNS_A, DNS_NXDOMAIN, 0, 30 },
        { "ttl0.example", DNS_A, DNS_OK, 1, 0 },
        { "tc.example", DNS_A, DNS_OK, 1, 60 },
        { "huge.example", DNS_TXT, DNS_OK, 220, 60 },
        { "many.example", DNS_A, DNS_OK, 4000, 60 },
        { "servfail.example", DNS_A, DNS_TEMPFAIL, 0, 0 },
        { "refused.example", DNS_A, DNS_TEMPFAIL, 0, 0 },
        { "loop.example", DNS_A, DNS_TEMPFAIL, 0, 0 },
        { "plain..example", DNS_A, DNS_NXDOMAIN, 0, 3600 },
        { "pl ain\\ \xff.example", DNS_A, DNS_OK, 1, 60 },
    };
    open_dns(10000, 100);
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct dns_budget budget = { .deadline_ms = clock_ms() + 10000, .questions = 1 };
        const struct dns_answer *answer = dns_lookup(dns, cases[i].name, cases[i].type, &budget);
        ck_assert_msg(answer->status == cases[i].want, "%s %s is %s", dns_type_name(cases[i].type), cases[i].name,
                      dns_status_name(answer->status));
        ck_assert_msg(answer->count == cases[i].count, "%s: %zu records", cases[i].name, answer->count);
        ck_assert_msg(answer->ttl <= cases[i].ttl + 1 && answer->ttl + 2 >= cases[i].ttl, "%s: ttl %u", cases[i].name,
                      answer->ttl);
        bool has_packet = answer->status < DNS_BOGUS && strstr(cases[i].name, "..") == NULL;
        ck_assert_msg((answer->packet != NULL) == has_packet, "%s", cases[i].name);
        dns_answer_unref(answer);
    }
    ck_assert_int_gt(fakedns_count_tcp(server), 0);
}
END_TEST

/* What cannot be used as an answer is none: a failure, in time, never a wrong answer. */
START_TEST(survives_bad_servers)
{
    static const char *const names[] = {
        "garbage.example", "short.example", "wrongid.example", "lie.example", "tconly.example", "hole.example",
    };
    open_dns(600, 100);
    for (size_t i = 0; i < LENGTH(names); i++) {
        int64_t start = clock_ms();
        enum dns_status status = status_of(names[i], DNS_A);
        ck_assert_msg(status == DNS_TEMPFAIL || status == DNS_TIMEOUT, "%s is %s", names[i], dns_status_name(status));
        ck_assert_msg(clock_ms() - start <= 600 + SLACK_MS, "%s took %d ms", names[i], (int)(clock_ms() - start));
    }
    ck_assert_int_eq(status_of("plain.example", DNS_A), DNS_OK);
}
END_TEST

START_TEST(keeps_the_budget)
{
    struct dns_budget budget = { .deadline_ms = clock_ms() + 300, .questions = 5 };
    int64_t start = clock_ms();

    open_dns(10000, 100);
    for (int i = 0; i < 8; i++) {
        char name[32];
        snprintf(name, sizeof(name), "hole-%d.example", i);
        const struct dns_answer *answer = dns_lookup(dns, name, DNS_TXT, &budget);
        ck_assert_int_eq(answer->status, DNS_TIMEOUT);
        ck_assert_uint_eq(answer->count, 0);
        dns_answer_unref(answer);
    }
    ck_assert_int_ge(clock_ms() - start, 290);
    ck_assert_int_le(clock_ms() - start, 300 + SLACK_MS);
    ck_assert_int_eq(budget.asked, 5);
    ck_assert_int_eq(budget.failed, 8);
    ck_assert_int_eq(budget.questions, 0);
    ck_assert_str_eq(budget.failed_name, "TXT hole-0.example");
    ck_assert_uint_eq(stats().queries, 1);      /* past the deadline nothing is asked any more */
}
END_TEST

/* The default settings, a silent server: every lookup ends at the timeout and says so. */
START_TEST(keeps_the_timeout)
{
    open_dns(700, 100);
    fakedns_set_mode(server, FAKEDNS_SILENT);
    for (int i = 0; i < 4; i++) {
        char name[32];
        int64_t start = clock_ms();
        snprintf(name, sizeof(name), "plain-%d.example", i);
        ck_assert_int_eq(status_of(name, DNS_A), DNS_TIMEOUT);
        ck_assert_int_ge(clock_ms() - start, 690);
        ck_assert_int_le(clock_ms() - start, 700 + SLACK_MS);
    }
    ck_assert_uint_ge(stats().timeouts, 3);
}
END_TEST

START_TEST(heals_at_once)
{
    static const enum fakedns_mode modes[] = { FAKEDNS_SILENT, FAKEDNS_SERVFAIL };

    open_dns(500, 1000);
    ck_assert_int_eq(status_of("plain.example", DNS_A), DNS_OK);
    for (size_t m = 0; m < LENGTH(modes); m++) {
        fakedns_set_mode(server, modes[m]);
        for (int i = 0; i < 200; i++) {
            char name[32];
            snprintf(name, sizeof(name), "plain-%zu-%d.example", m, i);
            dns_prefetch(dns, name, DNS_A);
            if (i % 50 == 0)
                ck_assert_int_ne(status_of(name, DNS_A), DNS_OK);
        }
        fakedns_set_mode(server, FAKEDNS_ANSWER);
        int64_t start = clock_ms();
        ck_assert_int_eq(status_of(m == 0 ? "plain-new.example" : "plain-newer.example", DNS_A), DNS_OK);
        ck_assert_int_le(clock_ms() - start, SLACK_MS);
        WAIT_UNTIL(status_of(m == 0 ? "plain-0-150.example" : "plain-1-150.example", DNS_A) == DNS_OK);
        ck_assert_int_le(clock_ms() - start, 1000 + SLACK_MS);
    }
}
END_TEST

START_TEST(remembers)
{
    open_dns(60000, 100);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(status_of("plain.example", DNS_A), DNS_OK);
        ck_assert_int_eq(status_of("Plain.EXAMPLE.", DNS_A), DNS_OK);
        ck_assert_int_eq(status_of("nx.example", DNS_A), DNS_NXDOMAIN);
        ck_assert_int_eq(status_of("nodata.example", DNS_A), DNS_NODATA);
    }
    ck_assert_int_eq(fakedns_count(server, "plain.example"), 1);
    ck_assert_int_eq(fakedns_count(server, "nx.example"), 1);
    ck_assert_int_eq(fakedns_count(server, "nodata.example"), 1);
    ck_assert_uint_eq(stats().queries, 3);
    ck_assert_uint_eq(stats().hits, 9);
    ck_assert_uint_eq(stats().lookups, 12);
    ck_assert_uint_eq(stats().entries, 3);
}
END_TEST

START_TEST(forgets_after_the_ttl)
{
    open_dns(60000, 100);
    int64_t start = clock_ms();
    ck_assert_int_eq(status_of("ttl1.example", DNS_A), DNS_OK);
    ck_assert_int_eq(status_of("ttl1.example", DNS_A), DNS_OK);
    ck_assert(fakedns_count(server, "ttl1.example") == 1 || clock_ms() - start >= 990);
    WAIT_UNTIL(status_of("ttl1.example", DNS_A) == DNS_OK && fakedns_count(server, "ttl1.example") == 2);
    ck_assert_int_ge(clock_ms() - start, 990);
}
END_TEST

START_TEST(caps_the_ttl)
{
    const char *const servers[] = { fakedns_server(server), NULL };
    const struct dns_settings settings = {
        .servers = servers, .timeout_ms = 10000, .cache_entries = 16, .max_ttl = 20,
    };
    struct dns_budget budget = { .deadline_ms = clock_ms() + 10000, .questions = 9 };

    dns = dns_new(&settings, NULL);
    ck_assert_ptr_nonnull(dns);
    for (int i = 0; i < 2; i++) {
        const struct dns_answer *answer = dns_lookup(dns, "plain.example", DNS_A, &budget);
        ck_assert_uint_le(answer->ttl, 20);
        ck_assert_uint_ge(answer->ttl, 10);
        dns_answer_unref(answer);
    }
}
END_TEST

START_TEST(bounds_its_entries)
{
    open_dns(60000, 16);
    for (int i = 0; i < 100; i++) {
        char name[32];
        snprintf(name, sizeof(name), "plain-%d.example", i);
        ck_assert_int_eq(status_of(name, DNS_A), DNS_OK);
        ck_assert_int_eq(status_of("plain-0.example", DNS_A), DNS_OK);
        ck_assert_uint_le(stats().entries, 16);
    }
    ck_assert_uint_eq(stats().entries, 16);
    ck_assert_int_eq(fakedns_count(server, "plain-0.example"), 1);     /* used all the time, so never the one to go */
    ck_assert_int_eq(status_of("plain-99.example", DNS_A), DNS_OK);
    ck_assert_int_eq(fakedns_count(server, "plain-99.example"), 1);
    ck_assert_int_eq(status_of("plain-1.example", DNS_A), DNS_OK);
    ck_assert_int_eq(fakedns_count(server, "plain-1.example"), 2);
}
END_TEST

/* 16 entries stand for 64 KB: a huge answer drives the others out, and is still given. */
START_TEST(bounds_its_bytes)
{
    open_dns(60000, 16);
    ck_assert_int_eq(status_of("plain.example", DNS_A), DNS_OK);
    ck_assert_int_eq(status_of("huge.example", DNS_TXT), DNS_OK);
    ck_assert_uint_eq(stats().entries, 1);
    ck_assert_int_eq(status_of("plain.example", DNS_A), DNS_OK);
    ck_assert_uint_eq(stats().entries, 1);
    ck_assert_int_eq(fakedns_count(server, "plain.example"), 2);
}
END_TEST

START_TEST(bounds_questions_in_flight)
{
    open_dns(30000, 100);
    fakedns_set_mode(server, FAKEDNS_SILENT);
    for (int i = 0; i < 2500; i++) {
        char name[32];
        snprintf(name, sizeof(name), "plain-%d.example", i);
        dns_prefetch(dns, name, DNS_A);
    }
    ck_assert_uint_eq(stats().in_flight, 2000);
    int64_t start = clock_ms();
    ck_assert_int_eq(status_of("plain-2500.example", DNS_A), DNS_TIMEOUT);
    ck_assert_int_lt(clock_ms() - start, SLACK_MS);
    start = clock_ms();
    dns_free(&dns);
    ck_assert_int_lt(clock_ms() - start, 5 * SLACK_MS);
}
END_TEST

START_TEST(prefetches)
{
    struct dns_budget budget = { .deadline_ms = clock_ms() + 10000, .questions = 9, .no_wait = true };

    open_dns(10000, 100);
    fakedns_set_mode(server, FAKEDNS_SILENT);
    int64_t start = clock_ms();
    dns_prefetch(dns, "plain.example", DNS_A);
    dns_prefetch(dns, "plain.example", DNS_A);
    dns_prefetch(dns, "not..a.name", DNS_A);
    const struct dns_answer *answer = dns_lookup(dns, "plain.example", DNS_A, &budget);
    ck_assert_int_eq(answer->status, DNS_PENDING);
    dns_answer_unref(answer);
    answer = dns_lookup(dns, "plain.example", DNS_TXT, &budget);
    ck_assert_int_eq(answer->status, DNS_PENDING);
    dns_answer_unref(answer);
    ck_assert_int_lt(clock_ms() - start, SLACK_MS);
    ck_assert_uint_eq(stats().queries, 2);
    ck_assert_uint_eq(stats().joined, 2);
    ck_assert_int_eq(budget.failed, 0);

    fakedns_set_mode(server, FAKEDNS_ANSWER);
    WAIT_UNTIL(stats().in_flight == 0);
    answer = dns_lookup(dns, "plain.example", DNS_A, &budget);
    ck_assert_int_eq(answer->status, DNS_OK);
    dns_answer_unref(answer);
    ck_assert_uint_eq(stats().queries, 2);
}
END_TEST

static void *ask_slow(void *arg)
{
    enum dns_status *status = arg;

    *status = status_of("plain.example", DNS_A);
    return NULL;
}

START_TEST(asks_identical_questions_once)
{
    pthread_t threads[16];
    enum dns_status got[16];

    open_dns(20000, 100);
    fakedns_set_mode(server, FAKEDNS_SILENT);
    for (size_t i = 0; i < 16; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_slow, &got[i]), 0);
    WAIT_UNTIL(stats().joined == 15);
    fakedns_set_mode(server, FAKEDNS_ANSWER);
    for (size_t i = 0; i < 16; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(got[i], DNS_OK);
    }
    ck_assert_uint_eq(stats().queries, 1);
    ck_assert_int_le(fakedns_count(server, "plain.example"), 3);        /* libunbound may have asked again */
}
END_TEST

static void *ask_many(void *arg)
{
    static const char *const labels[] = { "plain", "nx", "servfail", "ttl0", "hole", "cname", "nodata", "ttl1" };
    unsigned seed = (unsigned)(uintptr_t)arg;
    int failures = 0;

    for (int i = 0; i < 300; i++) {
        struct dns_budget budget = { .deadline_ms = clock_ms() + (i % 3 == 0 ? 5 : 2000), .questions = 1 };
        char name[32];
        int r = rand_r(&seed);
        size_t label = (size_t)r % LENGTH(labels);
        snprintf(name, sizeof(name), "%s-%d.example", labels[label], r / 8 % 40);
        if (i % 5 == 0)
            dns_prefetch(dns, name, DNS_TXT);
        budget.no_wait = label == 4 || i % 7 == 0;
        const struct dns_answer *answer = dns_lookup(dns, name, DNS_A, &budget);
        failures += label != 4 && !budget.no_wait && i % 3 != 0 && answer->status == DNS_TIMEOUT;
        dns_answer_unref(answer);
    }
    return (void *)(uintptr_t)failures;
}

START_TEST(serves_many_threads)
{
    pthread_t threads[8];

    open_dns(10000, 64);
    for (size_t i = 0; i < LENGTH(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_many, (void *)(i + 1)), 0);
    for (size_t i = 0; i < LENGTH(threads); i++) {
        void *failures;
        pthread_join(threads[i], &failures);
        ck_assert_uint_eq((uintptr_t)failures, 0);
    }
    ck_assert_uint_le(stats().entries, 64);
    ck_assert_uint_eq(stats().lookups, 8 * 300);
}
END_TEST

/* Waiters of one question with different deadlines, the last of them when it has long been overdue. */
START_TEST(answers_late_comers)
{
    open_dns(300, 100);
    fakedns_set_mode(server, FAKEDNS_SILENT);
    ck_assert_int_eq(status_of("plain.example", DNS_A), DNS_TIMEOUT);
    WAIT_UNTIL(stats().timeouts == 1);
    ck_assert_int_eq(status_of("plain.example", DNS_A), DNS_TIMEOUT);
    ck_assert_uint_eq(stats().queries, 1);
    ck_assert_uint_eq(stats().hits + stats().joined, 1);
    fakedns_set_mode(server, FAKEDNS_ANSWER);
    WAIT_UNTIL(status_of("plain.example", DNS_A) == DNS_OK);
    ck_assert_uint_le(stats().queries, 2);
}
END_TEST

static void write_file(char path[32], const char *text)
{
    strcpy(path, "/tmp/preflight-ta-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

/* The anchor says that signed.example is signed, the server's answers are not. */
START_TEST(tells_bogus_apart)
{
    static const char anchor[] =
        "signed.example. IN DS 12345 8 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n";
    struct err err = { "" };
    char path[32];

    write_file(path, anchor);
    dns = open_with(10000, 100, path, &err);
    unlink(path);
    ck_assert_msg(dns != NULL, "%s", err.text);
    ck_assert_int_eq(status_of("plain.signed.example", DNS_A), DNS_BOGUS);
    ck_assert_int_eq(status_of("nx.signed.example", DNS_A), DNS_BOGUS);
    ck_assert_int_eq(status_of("plain.example", DNS_A), DNS_OK);
    dns_free(&dns);

    open_dns(10000, 100);
    ck_assert_int_eq(status_of("plain.signed.example", DNS_A), DNS_OK);
}
END_TEST

START_TEST(refuses_wrong_settings)
{
    static const struct { const char *server, *anchor, *want; } cases[] = {
        { "foo", NULL, "'foo' is not a server address (ADDR or ADDR@PORT)" },
        { "", NULL, "'' is not a server address (ADDR or ADDR@PORT)" },
        { "127.0.0.1@", NULL, "'127.0.0.1@' is not a server address (ADDR or ADDR@PORT)" },
        { "127.0.0.1@0", NULL, "'127.0.0.1@0' is not a server address (ADDR or ADDR@PORT)" },
        { "127.0.0.1@65536", NULL, "'127.0.0.1@65536' is not a server address (ADDR or ADDR@PORT)" },
        { "127.0.0.1@5x", NULL, "'127.0.0.1@5x' is not a server address (ADDR or ADDR@PORT)" },
        { "127.0.0.1:53", NULL, "'127.0.0.1:53' is not a server address (ADDR or ADDR@PORT)" },
        { "127.0.0.1", "/nonexistent/root.key",
          "cannot read trust anchor '/nonexistent/root.key': No such file or directory" },
        { "127.0.0.1@65535", NULL, NULL },
        { "::1", NULL, NULL },
        { "::1@5300", NULL, NULL },
        { "[::1]@5300", NULL, NULL },
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        const char *const servers[] = { cases[i].server, NULL };
        const struct dns_settings settings = {
            .servers = servers, .trust_anchor = cases[i].anchor, .timeout_ms = 1000, .cache_entries = 16,
        };
        struct err err = { "" };
        dns = dns_new(&settings, &err);
        ck_assert_str_eq(err.text, cases[i].want == NULL ? "" : cases[i].want);
        ck_assert((dns == NULL) == (cases[i].want != NULL));
        dns_free(&dns);
    }
    char path[32];
    struct err err = { "" };
    write_file(path, "this is ( no trust anchor\n");
    ck_assert_ptr_null(open_with(1000, 16, path, &err));
    unlink(path);
    ck_assert_msg(strstr(err.text, "cannot use trust anchor '/tmp/preflight-ta-") != NULL, "%s", err.text);
}
END_TEST

/* No server listens: the answer is "nobody answered", in time. */
START_TEST(survives_a_stopped_server)
{
    open_dns(600, 100);
    ck_assert_int_eq(status_of("plain.example", DNS_A), DNS_OK);
    fakedns_stop(&server);
    int64_t start = clock_ms();
    ck_assert_int_eq(status_of("plain-2.example", DNS_A), DNS_TIMEOUT);
    ck_assert_int_le(clock_ms() - start, 600 + SLACK_MS);
    ck_assert_int_eq(status_of("plain.example", DNS_A), DNS_OK);
}
END_TEST

START_TEST(a_hit_is_fast)
{
    open_dns(10000, 1000);
    ck_assert_int_eq(status_of("plain.example", DNS_A), DNS_OK);
    int64_t start = clock_ms();
    for (int i = 0; i < 10000; i++)
        (void)status_of("plain.example", DNS_A);
    ck_assert_int_lt(clock_ms() - start, 1000);     /* 100 microseconds each, sanitizers included */
    printf("# 10,000 hits took %d ms\n", (int)(clock_ms() - start));
}
END_TEST

START_TEST(names_all_types_and_states)
{
    ck_assert_str_eq(dns_type_name(DNS_AAAA), "AAAA");
    ck_assert_str_eq(dns_type_name(DNS_TXT), "TXT");
    ck_assert_str_eq(dns_status_name(DNS_OK), "ok");
    ck_assert_str_eq(dns_status_name(DNS_PENDING), "pending");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        tells_answers_apart, survives_bad_servers, keeps_the_budget, keeps_the_timeout, heals_at_once, remembers,
        forgets_after_the_ttl, caps_the_ttl, bounds_its_entries, bounds_its_bytes, bounds_questions_in_flight,
        prefetches, asks_identical_questions_once, serves_many_threads, answers_late_comers, tells_bogus_apart,
        refuses_wrong_settings, survives_a_stopped_server, a_hit_is_fast, names_all_types_and_states,
    };
    Suite *suite = suite_create("dns");
    TCase *tc = tcase_create("dns");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    for (size_t i = 0; i < LENGTH(tests); i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
