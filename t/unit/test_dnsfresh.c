/*
 * lib/dns/dns for the background audits: answers asked again before their time, and waits that end when told to.
 */
#include "config.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/dns/dns.h"
#include "t/unit/fakedns.h"
#include "t/unit/unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define SLACK_MS 1000           /* a machine under load, sanitizers */

static struct fakedns *server;
static struct dns *dns;

static void open_dns(int timeout_ms)
{
    const char *const servers[] = { fakedns_server(server), NULL };
    const struct dns_settings settings = {
        .servers = servers, .timeout_ms = timeout_ms, .cache_entries = 100, .max_ttl = 3600,
    };
    struct err err = { "" };

    dns = dns_new(&settings, &err);
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

/* A minute's answer, for who needs it for an hour: asked again, but not what was asked since the given time. */
START_TEST(asks_again_before_its_time)
{
    const int64_t hour = 60 * 60 * 1000;

    open_dns(60000);
    ck_assert_int_eq(status_of("plain.example", DNS_A), DNS_OK);
    const struct { int64_t until, since; int count; } cases[] = {
        { 30 * 1000, 0, 1 }, { hour, -hour, 1 }, { hour, hour, 2 }, { 30 * 1000, hour, 2 }, { hour, hour, 3 },
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        int64_t now = clock_ms();
        struct dns_budget budget = {
            .deadline_ms = now + 60000, .questions = 1,
            .fresh_until_ms = now + cases[i].until, .fresh_since_ms = now + cases[i].since,
        };
        const struct dns_answer *answer = dns_lookup(dns, "plain.example", DNS_A, &budget);
        ck_assert_int_eq(answer->status, DNS_OK);
        ck_assert_msg(fakedns_count(server, "plain.example") == cases[i].count, "case %zu", i);
        dns_answer_unref(answer);
    }
}
END_TEST

/* Asked again while the server fails: the answer that is still good stays, for who asked and for all others. */
START_TEST(a_failure_replaces_no_answer)
{
    const enum fakedns_mode modes[] = { FAKEDNS_SILENT, FAKEDNS_SERVFAIL };

    open_dns(300);
    ck_assert_int_eq(status_of("plain.example", DNS_A), DNS_OK);
    for (size_t i = 0; i < LENGTH(modes); i++) {
        fakedns_set_mode(server, modes[i]);
        int64_t now = clock_ms();
        struct dns_budget budget = {
            .deadline_ms = now + 60000, .questions = 9, .fresh_until_ms = now + 3600000, .fresh_since_ms = now,
        };
        const struct dns_answer *answer = dns_lookup(dns, "plain.example", DNS_A, &budget);
        ck_assert_int_eq(answer->status, DNS_OK);
        dns_answer_unref(answer);
        ck_assert_int_eq(budget.failures, 0);
        ck_assert_int_eq(status_of("plain.example", DNS_A), DNS_OK);
        for (int n = 1; n <= 2; n++) {
            dns_answer_unref(dns_lookup(dns, "plain-2.example", DNS_A, &budget));
            ck_assert_int_eq(budget.failures, n);
            ck_assert_int_eq(budget.failed, 1);
        }
    }
}
END_TEST

static void *set_soon(void *stop)
{
    usleep(100 * 1000);
    atomic_store((atomic_bool *)stop, true);
    return NULL;
}

START_TEST(waits_no_longer_when_stopped)
{
    atomic_bool stop = false;
    pthread_t thread;

    open_dns(60000);
    int64_t start = clock_ms();
    struct dns_budget budget = { .deadline_ms = start + 60000, .questions = 9, .stop = &stop };
    ck_assert_int_eq(pthread_create(&thread, NULL, set_soon, &stop), 0);
    for (int i = 0; i < 2; i++) {       /* the second finds it stopped already */
        const struct dns_answer *answer = dns_lookup(dns, "hole.example", DNS_A, &budget);
        ck_assert_int_eq(answer->status, DNS_TIMEOUT);
        dns_answer_unref(answer);
    }
    ck_assert_int_ge(clock_ms() - start, 50);
    ck_assert_int_lt(clock_ms() - start, 150 + SLACK_MS);
    pthread_join(thread, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dnsfresh");
    TCase *tc = tcase_create("dnsfresh");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, asks_again_before_its_time);
    tcase_add_test(tc, a_failure_replaces_no_answer);
    tcase_add_test(tc, waits_no_longer_when_stopped);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
