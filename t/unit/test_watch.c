/*
 * lib/watch: what is audited when, and what of it is told.
 */
#include "config.h"

#include "lib/base/clock.h"
#include "lib/egress.h"
#include "lib/preflight.h"
#include "lib/watch.h"
#include "t/unit/conffile.h"
#include "t/unit/unit.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define START 1000000

static struct watch *w;
static struct watch_lines lines;

static void set_up(void)
{
    conffile_start();
    w = watch_new();
}

static void tear_down(void)
{
    watch_free(&w);
    watch_lines_clear(&lines);
    conffile_done();
}

static void configure(const char *text, bool is_reload, int64_t now_ms)
{
    struct conf *conf = conffile_load(text);

    watch_want(w, conf, NULL, 0, is_reload, now_ms);
    conf_unref(&conf);
}

/* The lines since the last time, with line breaks; warnings begin with '!'. */
static const char *told(void)
{
    static char text[20000];
    size_t len = 0;

    text[0] = '\0';
    for (size_t i = 0; i < lines.count; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s\n", lines.items[i].is_worse ? "!" : "",
                                lines.items[i].text);
    watch_lines_clear(&lines);
    return text;
}

/* What would be audited at each moment, in the order of time, until end_ms; every audit is clear. */
static size_t play(int64_t from_ms, int64_t end_ms, char names_r[][40], int64_t times_r[], size_t max)
{
    size_t n = 0;

    for (int64_t now = from_ms, due; (due = watch_due(w, now)) >= 0 && now + due <= end_ms && n < max; n++) {
        struct watch_result result = { .outcome = AUDIT_CLEAR };
        struct watch_job job;
        now += due;
        ck_assert(watch_begin(w, now, &job));
        snprintf(names_r[n], sizeof(names_r[n]), "%s", job.name);
        times_r[n] = now - from_ms;
        watch_settle(w, &job, &result, now, &lines);
    }
    return n;
}

START_TEST(knows_whom_to_watch)
{
    char names[20][40];
    int64_t times[20];

    configure("egress bulk { senders = { \"@b.example\", \"x@c.example\", \"@.d.example\", \"<>\" } }\n"
              "domain \"a.example\" { }\ndomain \".e.example\" { }\ndomain \"b.example\" { }\n"
              "outgoing { local_domains = { \"local.example\" } }\n", false, START);
    size_t n = play(START, START + 359 * 1000, names, times, LENGTH(times));
    static const char *const want[] = { "bulk", "default", "a.example", "b.example", "c.example" };
    ck_assert_uint_eq(n, LENGTH(want));
    for (size_t i = 0; i < n; i++)
        ck_assert_str_eq(names[i], want[i]);
    ck_assert_str_eq(told(), "");
}
END_TEST

/* Ten at 1 h: the first round in its first minute, then one every six minutes, each once in an hour. */
START_TEST(spreads_out)
{
    static const char *const seen[] = {
        "d0.example", "d1.example", "d2.example", "d3.example", "d4.example", "d5.example", "d6.example",
        "d7.example", "d8.example",
    };
    struct conf *conf = conffile_load("");
    char names[40][40];
    int64_t times[40];

    watch_want(w, conf, seen, LENGTH(seen), false, START);
    size_t n = play(START, START + 3 * 3600 * 1000, names, times, LENGTH(times));
    ck_assert_uint_eq(n, 39);
    for (size_t i = 0; i < n; i++) {
        ck_assert_str_eq(names[i], i % 10 == 0 ? "default" : seen[i % 10 - 1]);
        if (i > 0)
            ck_assert_int_eq(times[i] - times[i - 1], i < 10 ? 6000 : 360 * 1000);
    }
    conf_unref(&conf);
}
END_TEST

/* With 2,000 domains no more than four audits begin in a second, and all are done within the interval. */
START_TEST(asks_not_all_at_once)
{
    static char names[2100][40];
    static int64_t times[2100];
    struct conf *conf = conffile_load("");
    char *seen[2000];

    for (int i = 0; i < 2000; i++)
        ck_assert_int_gt(asprintf(&seen[i], "d%d.example", i), 0);
    watch_want(w, conf, (const char *const *)seen, 2000, false, START);
    size_t n = play(START, START + 3600 * 1000, names, times, LENGTH(times));
    ck_assert_uint_eq(n, 2100);
    for (size_t i = 1; i < n; i++)
        ck_assert_int_eq(times[i] - times[i - 1], i < 2001 ? 250 : 3600 * 1000 / 2001);
    for (int i = 0; i < 2000; i++)
        free(seen[i]);
    conf_unref(&conf);
}
END_TEST

START_TEST(what_is_new_comes_soon)
{
    static const char *const seen[] = { "new.example" };
    struct conf *conf = conffile_load("audit_interval = 10m\n");
    char names[5][40];
    int64_t times[5];

    watch_want(w, conf, NULL, 0, false, START);
    ck_assert_uint_eq(play(START, START + 1000, names, times, LENGTH(times)), 1);
    ck_assert_int_eq(watch_due(w, START), 600 * 1000);
    watch_want(w, conf, seen, 1, false, START + 1000);
    ck_assert_int_eq(watch_due(w, START + 1000), 29 * 1000);
    watch_want(w, conf, NULL, 0, false, START + 2000);
    ck_assert_int_eq(watch_due(w, START + 2000), 598 * 1000);
    conf_unref(&conf);
}
END_TEST

START_TEST(can_be_off)
{
    struct watch_job job;

    ck_assert_int_eq(watch_due(w, START), -1);
    configure("audit_interval = 0\n", false, START);
    ck_assert_int_eq(watch_due(w, START), -1);
    ck_assert(!watch_begin(w, START, &job));
    watch_tell(w, START, 10, &lines);
    ck_assert_str_eq(told(), "audit: egresses 1, domains 0, none is audited: audit_interval is 0: faulty 0, "
                             "undecided 0, clear 0, not audited yet 1\naudit: egress default: not audited yet\n");
    configure("audit_interval = 1ms\n", true, START);
    ck_assert_int_eq(watch_due(w, START), 0);
    ck_assert(watch_begin(w, START, &job));
    ck_assert_int_eq(job.interval_ms, 1000);
    watch_drop(&job);
    ck_assert_int_eq(watch_due(w, START), 1000);
}
END_TEST

/* What one audit after the other finds, and what is told of it. */
static const struct step {
    const char *name;
    enum finding_id found[4];       /* ends with FINDING_COUNT */
    unsigned unknown;
    enum audit_outcome outcome;
    const char *told;
} steps[] = {
    { "info is no fault", { FINDING_HELO_SPF_NONE, FINDING_COUNT }, 0, AUDIT_CLEAR, "" },
    { "nor is what is not known", { FINDING_BLOCKLIST_UNUSABLE, FINDING_COUNT }, AUDIT_LISTINGS, AUDIT_UNDECIDED, "" },
    { "worse", { FINDING_PTR_MISSING, FINDING_COUNT }, 0, AUDIT_FAULTY,
      "!audit: egress default: ptr-missing 192.0.2.1: the sending address 192.0.2.1 has no PTR record; " },
    { "told once", { FINDING_PTR_MISSING, FINDING_COUNT }, 0, AUDIT_FAULTY, "" },
    { "nobody answers", { FINDING_COUNT }, AUDIT_ALL, AUDIT_UNDECIDED, "" },
    { "another fault, while the first is not known", { FINDING_SPF_HELO_FAIL, FINDING_COUNT }, AUDIT_REST, AUDIT_FAULTY,
      "!audit: egress default: spf-helo-fail 192.0.2.1: " },
    { "of other things all is known", { FINDING_COUNT }, AUDIT_REST | AUDIT_LISTINGS, AUDIT_UNDECIDED,
      "audit: egress default: ended: spf-helo-fail 192.0.2.1\n" },
    { "the first is still there", { FINDING_PTR_MISSING, FINDING_COUNT }, 0, AUDIT_FAULTY, "" },
    { "better", { FINDING_COUNT }, AUDIT_LISTINGS, AUDIT_UNDECIDED,
      "audit: egress default: ended: ptr-missing 192.0.2.1\n" },
    { "well", { FINDING_COUNT }, 0, AUDIT_CLEAR, "" },
    { "again", { FINDING_PTR_MISSING, FINDING_COUNT }, 0, AUDIT_FAULTY,
      "!audit: egress default: ptr-missing 192.0.2.1: " },
};

static void settle_job(struct watch_job *job, const struct step *step, int64_t now_ms)
{
    struct watch_result result = { .outcome = step->outcome, .unknown = step->unknown };

    for (size_t i = 0; step->found[i] != FINDING_COUNT; i++)
        findings_add(&result.findings, step->found[i], "192.0.2.1", NULL, NULL);
    watch_settle(w, job, &result, now_ms, &lines);
    ck_assert_ptr_null(job->name);
    ck_assert_uint_eq(result.findings.count, 0);
}

static void settle(const struct step *step, int64_t now_ms)
{
    struct watch_job job;

    ck_assert_msg(watch_begin(w, now_ms, &job), "%s", step->name);
    settle_job(&job, step, now_ms);
}

/* The default egress, whatever comes before it. */
static void settle_default(const struct step *step, int64_t now_ms)
{
    struct watch_job job;

    for (; watch_begin(w, now_ms, &job) && strcmp(job.name, "default") != 0; now_ms += 60 * 1000)
        watch_drop(&job);
    ck_assert_ptr_nonnull(job.name);
    settle_job(&job, step, now_ms);
}

START_TEST(tells_changes_once)
{
    int64_t now = START;

    configure("", false, now);
    for (size_t i = 0; i < LENGTH(steps); i++, now += 3600 * 1000) {
        settle(&steps[i], now);
        const char *text = told();
        ck_assert_msg(strncmp(text, steps[i].told, strlen(steps[i].told)) == 0 &&
                      (steps[i].told[0] != '\0' || text[0] == '\0'), "%s: %s", steps[i].name, text);
    }
}
END_TEST

/* All that is wrong counts, but one audit does not fill the log. */
START_TEST(tells_no_more_than_can_be_read)
{
    static const struct { const char *network; enum finding_id id; } found[] = {
        { "192.0.2", FINDING_PTR_MISSING }, { "198.51.100", FINDING_PTR_MISMATCH },
        { "203.0.113", FINDING_SPF_HELO_FAIL },
    };
    struct watch_result result = { .outcome = AUDIT_FAULTY };
    struct watch_job job;
    char subject[40];

    configure("", false, START);
    ck_assert(watch_begin(w, START, &job));
    for (size_t i = 0; i < 90; i++) {
        snprintf(subject, sizeof(subject), "%s.%zu", found[i / 30].network, i % 30);
        findings_add(&result.findings, found[i / 30].id, subject, NULL, NULL);
    }
    watch_settle(w, &job, &result, START, &lines);
    ck_assert_uint_eq(lines.count, 51);
    ck_assert_str_eq(lines.items[50].text, "audit: egress default: and 40 more");
    ck_assert(lines.items[50].is_worse);
    told();
    settle(&steps[1], START + 3600 * 1000);
    ck_assert_uint_eq(lines.count, 51);
    ck_assert_str_eq(lines.items[0].text, "audit: egress default: ended: ptr-missing 192.0.2.0");
    ck_assert_str_eq(lines.items[50].text, "audit: egress default: and 40 more");
    ck_assert(!lines.items[50].is_worse);
    told();
    watch_tell(w, START + 3600 * 1000, 10, &lines);
    assert_within(told(), "audit: egress default: undecided; ");
}
END_TEST

/* The state stays for what is still configured; an audit that a reload overtakes is not believed. */
START_TEST(keeps_the_state_over_a_reload)
{
    struct watch_result result = { .outcome = AUDIT_CLEAR };
    struct watch_job job;

    configure("", false, START);
    settle(&steps[2], START);
    told();
    configure("egress more { senders = { \"@a.example\" } }\n", true, START + 1);
    ck_assert_int_eq(watch_due(w, START + 20 * 1000), 0);
    ck_assert(watch_begin(w, START + 60 * 1000, &job));
    ck_assert_str_eq(job.name, "more");                 /* never audited so far, though others are due as well */
    watch_drop(&job);
    ck_assert(watch_begin(w, START + 90 * 1000, &job));
    ck_assert_str_eq(job.name, "a.example");
    watch_drop(&job);
    ck_assert(watch_begin(w, START + 120 * 1000, &job));
    ck_assert_str_eq(job.name, "default");
    configure("egress more { senders = { \"@a.example\" } }\n", true, START + 120 * 1000);
    watch_settle(w, &job, &result, START + 120 * 1000, &lines);
    ck_assert_str_eq(told(), "");
    settle_default(&steps[3], START + 180 * 1000);      /* nothing new */
    ck_assert_str_eq(told(), "");
    configure("egress other { senders = { \"@a.example\" } }\n", true, START + 600 * 1000);
    settle_default(&steps[9], START + 660 * 1000);
    ck_assert_str_eq(told(), "audit: egress default: ended: ptr-missing 192.0.2.1\n");
}
END_TEST

/* At the start the network may not be there yet: tried again soon, but not for ever. */
START_TEST(tries_again_where_the_dns_failed)
{
    static const int64_t waits[] = { 360, 720, 1440, 3600, 3600 };
    int64_t now = START;

    configure("", false, now);
    for (size_t i = 0; i < LENGTH(waits); i++) {
        struct watch_result result = { .outcome = AUDIT_UNDECIDED, .unknown = AUDIT_ALL, .has_failed = true };
        struct watch_job job;
        ck_assert(watch_begin(w, now, &job));
        watch_settle(w, &job, &result, now, &lines);
        ck_assert_int_eq(watch_due(w, now), waits[i] * 1000);
        now += waits[i] * 1000;
    }
    ck_assert_str_eq(told(), "");
}
END_TEST

START_TEST(tells_how_everything_stands)
{
    static const char *const seen[] = { "a.example", "b.example", "c.example" };
    struct conf *conf = conffile_load("");

    watch_want(w, conf, seen, 3, false, START);
    settle(&steps[9], START);
    settle(&steps[2], START + 60 * 1000);
    settle(&steps[4], START + 120 * 1000);
    told();
    watch_tell(w, START + 180 * 1000, 10, &lines);
    ck_assert_str_eq(told(),
        "audit: egresses 1, domains 3, every 60m: faulty 1, undecided 1, clear 1, not audited yet 1\n"
        "audit: domain a.example: faulty: ptr-missing 192.0.2.1; audited 2m ago, next in 29m\n"
        "audit: domain b.example: undecided; audited 60s ago, next in 44m\n"
        "audit: domain c.example: not audited yet; due in 0s\n"
        "audit: egress default: clear; audited 3m ago, next in 14m\n");
    watch_tell(w, START + 180 * 1000, 1, &lines);
    ck_assert_str_eq(told(),
        "audit: egresses 1, domains 3, every 60m: faulty 1, undecided 1, clear 1, not audited yet 1\n"
        "audit: domain a.example: faulty: ptr-missing 192.0.2.1; audited 2m ago, next in 29m\n"
        "audit: and 3 more\n");
    conf_unref(&conf);
}
END_TEST

static const char zone[] =
    ". 300 IN SOA ns. root.ns. 1 3600 600 86400 300\n"
    "mail.example. 300 IN A 192.0.2.1\n"
    "mail.example. 300 IN TXT \"v=spf1 a -all\"\n"
    "1.2.0.192.in-addr.arpa. 300 IN PTR mail.example.\n"
    "good.example. 300 IN MX 10 mail.example.\n"
    "good.example. 300 IN TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
    "_dmarc.good.example. 300 IN TXT \"v=DMARC1; p=reject\"\n"
    "s1._domainkey.good.example. 300 IN TXT \"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"\n";

static void run_one(struct preflight *engine, const char *selector, int64_t now_ms)
{
    struct selectors selectors = { .count = 0 };
    struct watch_result result;
    atomic_bool stop = false;
    struct watch_job job;

    ck_assert(watch_begin(w, now_ms, &job));
    if (selector != NULL && job.kind == WATCH_DOMAIN)
        selectors_add(&selectors, selector, job.name, SELECTOR_TRAFFIC);
    ck_assert_int_eq(watch_audit(engine, &job, &selectors, &stop, &result), 0);
    watch_settle(w, &job, &result, now_ms, &lines);
    selectors_clear(&selectors);
}

/* Through the engine: the records are good, a key goes, the DNS fails, the key is back. */
START_TEST(audits_with_the_engine)
{
    struct err err = { "" };
    char *text;

    conffile_write("zone", zone);
    ck_assert_int_gt(asprintf(&text, "egress default { addresses = { \"192.0.2.1\" } helo = \"mail.example\" }\n"
                              "domain \"good.example\" { }\ndns { zone = \"%s\" }\n", conffile_path("zone")), 0);
    struct conf *conf = conffile_load(text);
    struct preflight *engine = preflight_new(conf, NULL, &err);
    ck_assert_msg(engine != NULL, "%s", err.text);
    watch_want(w, conf, NULL, 0, false, START);
    run_one(engine, "s1", START);
    run_one(engine, "s1", START + 60 * 1000);
    ck_assert_str_eq(told(), "");

    int64_t now = START + 3600 * 1000;
    run_one(engine, "s1", now);             /* the egress */
    dns_inject(preflight_dns(engine), "s1._domainkey.good.example", DNS_TXT, DNS_NXDOMAIN);
    run_one(engine, "s1", now += 3600 * 1000);
    assert_within(told(), "!audit: domain good.example: dkim-no-key s1._domainkey.good.example: ");
    dns_inject(preflight_dns(engine), "1.2.0.192.in-addr.arpa", DNS_PTR, DNS_TIMEOUT);
    run_one(engine, "s1", now += 3600 * 1000);
    ck_assert_str_eq(told(), "");
    dns_inject(preflight_dns(engine), "s1._domainkey.good.example", DNS_TXT, DNS_TIMEOUT);
    run_one(engine, "s1", now += 3600 * 1000);
    run_one(engine, "s1", now += 3600 * 1000);
    ck_assert_str_eq(told(), "");
    dns_inject(preflight_dns(engine), "1.2.0.192.in-addr.arpa", DNS_PTR, DNS_NXDOMAIN);
    for (int i = 0; i < 2; i++)
        run_one(engine, NULL, now += 3600 * 1000);
    const char *both = told();
    assert_within(both, "!audit: egress default: ptr-missing 192.0.2.1: ");
    assert_within(both, "audit: domain good.example: ended: dkim-no-key s1._domainkey.good.example\n");
    preflight_unref(&engine);
    conf_unref(&conf);
    free(text);
}
END_TEST

/* A domain that has an egress of its own is not held to the addresses of the others, nor others to those. */
START_TEST(egresses_carry_their_senders)
{
    static const struct { const char *domain, *egresses; } cases[] = {
        { "good.example", "vip users-too default" }, { "news.example", "news" }, { "x.news.example", "news" },
        { "users.example", "users-too default" }, { "all.example", "users-too all" },
        { "other.example", "users-too default" },
        { "example", "users-too default" },
    };
    struct conf *conf = conffile_load(
        "egress news { senders = { \"@news.example\", \"@.news.example\" } }\n"
        "egress vip { senders = { \"boss@good.example\" } }\n"
        "egress users-too { users = { \"u\" } }\n"
        "egress all { senders = { \"a@all.example\", \"@all.example\" } }\n");

    ck_assert_uint_eq(conf->n_egress, 5);
    for (size_t k = 0; k < LENGTH(cases); k++) {
        char got[200] = "";
        for (size_t i = 0; i < conf->n_egress; i++) {
            if (egress_carries(conf, i, cases[k].domain))
                snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", got[0] == '\0' ? "" : " ",
                         conf->egress[i].name);
        }
        ck_assert_str_eq(got, cases[k].egresses);
    }
    conf_unref(&conf);
}
END_TEST

START_TEST(a_stopped_audit_does_not_count)
{
    struct selectors selectors = { .count = 0 };
    struct err err = { "" };
    struct watch_result result;
    atomic_bool stop = true;
    struct watch_job job;
    struct conf *conf = conffile_load("egress default { helo = \"mail.example\" }\n"
                                      "dns { servers = { \"192.0.2.1\" } }\n");
    struct preflight *engine = preflight_new(conf, NULL, &err);

    ck_assert_msg(engine != NULL, "%s", err.text);
    watch_want(w, conf, NULL, 0, false, START);
    ck_assert(watch_begin(w, START, &job));
    int64_t start = clock_ms();
    ck_assert_int_eq(watch_audit(engine, &job, &selectors, &stop, &result), -1);
    ck_assert_int_lt(clock_ms() - start, 1000);
    watch_drop(&job);
    watch_drop(&job);
    preflight_unref(&engine);
    conf_unref(&conf);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        knows_whom_to_watch, spreads_out, asks_not_all_at_once, what_is_new_comes_soon, can_be_off, tells_changes_once,
        tells_no_more_than_can_be_read, keeps_the_state_over_a_reload, tries_again_where_the_dns_failed,
        tells_how_everything_stands, audits_with_the_engine, egresses_carry_their_senders,
        a_stopped_audit_does_not_count,
    };
    Suite *suite = suite_create("watch");
    TCase *tc = tcase_create("watch");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    for (size_t i = 0; i < LENGTH(tests); i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
