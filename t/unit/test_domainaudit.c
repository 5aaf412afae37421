/*
 * lib/audit/domainaudit and what it is made of: what a domain publishes, what is proposed, and that a question that
 * fails is told as not known.
 */
#include "config.h"

#include "lib/audit/domainaudit.h"
#include "lib/base/mem.h"
#include "lib/report/audited.h"
#include "t/unit/conffile.h"
#include "t/unit/unit.h"
#include "t/unit/vanished.h"
#include "t/unit/zonedns.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const char zone[] =
    "$TTL 300\n"
    "good.example. IN TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
    "good.example. IN MX 10 mx.good.example.\n"
    "mx.good.example. IN A 192.0.2.1\n"
    "_dmarc.good.example. IN TXT \"v=DMARC1; p=reject; aspf=s; rua=mailto:d@good.example,mailto:x@taker.example!10m; "
    "ruf=mailto:f@sub.good.example\"\n"
    "good.example._report._dmarc.taker.example. IN TXT \"v=DMARC1\"\n"
    "_mta-sts.good.example. IN TXT \"v=STSv1; id=20260101;\"\n"
    "_smtp._tls.good.example. IN TXT \"v=TLSRPTv1; rua=mailto:t@good.example,https://taker.example/tls\"\n"
    "ed._domainkey.good.example. IN TXT \"v=DKIM1; k=ed25519; t=s; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"\n"
    "gone._domainkey.good.example. IN TXT \"v=DKIM1; p=\"\n"
    "torn._domainkey.good.example. IN TXT \"v=DKIM1; p=AAAA\"\n"
    "test._domainkey.good.example. IN TXT \"v=DKIM1; k=ed25519; t=y:s; "
    "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"\n"
    "wide._domainkey.good.example. IN TXT \"v=DKIM1; h=sha1:sha256; s=x:email; k=ed25519; "
    "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"\n"
    "hash._domainkey.good.example. IN TXT \"v=DKIM1; h=sha1; k=ed25519; "
    "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"\n"
    "use._domainkey.good.example. IN TXT \"v=DKIM1; s=tlsrpt; k=ed25519; "
    "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"\n"
    "next._domainkey.good.example. IN TXT \"v=DKIM2; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"\n"
    "dsa._domainkey.good.example. IN TXT \"v=DKIM1; k=dsa; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"\n"
    "poor.example. IN TXT \"v=spf1 ip4:192.0.2.9 ~all\"\n"
    "poor.example. IN MX 10 nowhere.example.\n"
    "_dmarc.poor.example. IN TXT \"v=DMARC1; p=none; rua=mailto:x@stranger.example,nonsense\"\n"
    "_mta-sts.poor.example. IN TXT \"v=STSv1; id=2026-01-01\"\n"
    "_smtp._tls.poor.example. IN TXT \"v=TLSRPTv1; rua=t@poor.example\"\n"
    "null.example. IN MX 0 .\n"
    "null.example. IN TXT \"v=spf1 redirect=good.example\"\n"
    "_dmarc.null.example. IN TXT \"v=DMARC1; p=reject; rua=mailto:d@null.example\"\n"
    "wrong.example. IN TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
    "wrong.example. IN MX 10 mx.good.example.\n"
    "_dmarc.wrong.example. IN TXT \"v=DMARC1; p=quarantaine; rua=mailto:a@wrong.example, mailto:b@wrong.example\"\n"
    "_mta-sts.wrong.example. IN TXT \"v=STSv1; id=1\"\n"
    "_smtp._tls.wrong.example. IN TXT \"v=TLSRPTv1; rua=mailto:t@far.example\"\n"
    "worse.example. IN TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
    "worse.example. IN MX 10 mx.good.example.\n"
    "_dmarc.worse.example. IN TXT \"v=DMARC1; p=quarantaine\"\n"
    "_mta-sts.worse.example. IN TXT \"v=STSv1; id=1\"\n"
    "_smtp._tls.worse.example. IN TXT \"v=TLSRPTv1; rua=mailto:t@far.example\"\n"
    "far.example. IN TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
    "far.example. IN MX 10 mx.good.example.\n"
    "_dmarc.far.example. IN TXT \"v=DMARC1; p=reject; rua=mailto:x@same.taker.example,mailto:x@else.taker.example\"\n"
    "far.example._report._dmarc.same.taker.example. IN TXT \"v=DMARC1; rua=mailto:far@same.taker.example\"\n"
    "far.example._report._dmarc.else.taker.example. IN TXT \"v=DMARC1; rua=mailto:x@same.taker.example\"\n"
    "_mta-sts.far.example. IN TXT \"v=STSv1; id=1\"\n"
    "_smtp._tls.far.example. IN TXT \"v=TLSRPTv1; rua=mailto:t@far.example\"\n";

static struct orgdomain *orgdomain;
static struct blocklists *blocklists;

static void set_up(void)
{
    struct err err = { "" };

    orgdomain = orgdomain_new(&err);
    blocklists = blocklists_load(NULL, &err);
    ck_assert_msg(orgdomain != NULL && blocklists != NULL, "%s", err.text);
}

static void tear_down(void)
{
    orgdomain_free(&orgdomain);
    blocklists_free(&blocklists);
}

static const struct domain_case {
    const char *domain;
    const char *selectors[4];
    const char *address;
    enum audit_outcome outcome;
    const char *findings[12];   /* all of them, "id(subject)" */
    const char *publish[6];     /* all of them, "name TYPE text" */
} cases[] = {
    { "good.example", { "ed" }, "192.0.2.1", AUDIT_CLEAR, { NULL }, { NULL } },
    { "good.example", { "wide" }, "192.0.2.1", AUDIT_CLEAR, { NULL }, { NULL } },
    { "good.example", { "hash", "use", "next", "dsa" }, "192.0.2.1", AUDIT_FAULTY,
      { "dkim-bad-key(hash._domainkey.good.example)", "dkim-bad-key(use._domainkey.good.example)",
        "dkim-bad-key(next._domainkey.good.example)", "dkim-bad-key(dsa._domainkey.good.example)" }, { NULL } },
    { "good.example", { "gone" }, "192.0.2.1", AUDIT_FAULTY, { "dkim-key-revoked(gone._domainkey.good.example)" },
      { NULL } },
    { "good.example", { "torn", "missing", "test" }, "192.0.2.1", AUDIT_FAULTY,
      { "dkim-bad-key(torn._domainkey.good.example)", "dkim-no-key(missing._domainkey.good.example)",
        "dkim-testing(test._domainkey.good.example)" }, { NULL } },
    { "good.example", { NULL }, "192.0.2.2", AUDIT_FAULTY, { "spf-fail(192.0.2.2)" },
      { "good.example TXT v=spf1 ip4:192.0.2.1 ip4:192.0.2.2 -all" } },
    { "poor.example", { NULL }, "192.0.2.1", AUDIT_FAULTY,
      { "spf-softfail(192.0.2.1)", "dmarc-policy-none(poor.example)", "dmarc-report-invalid(poor.example)",
        "dmarc-report-unauthorized(poor.example)", "mx-unresolvable(nowhere.example)",
        "mta-sts-invalid(poor.example)", "tls-rpt-invalid(poor.example)" },
      { "poor.example TXT v=spf1 ip4:192.0.2.9 ip4:192.0.2.1 ~all",
        "poor.example._report._dmarc.stranger.example TXT v=DMARC1",
        "_smtp._tls.poor.example TXT v=TLSRPTv1; rua=mailto:postmaster@poor.example" } },
    { "wrong.example", { NULL }, "192.0.2.1", AUDIT_FAULTY,
      { "dmarc-invalid-record(wrong.example)", "dmarc-policy-none(wrong.example)" },
      { "_dmarc.wrong.example TXT v=DMARC1; p=none; rua=mailto:a@wrong.example,mailto:b@wrong.example" } },
    { "worse.example", { NULL }, "192.0.2.1", AUDIT_FAULTY, { "dmarc-invalid-record(worse.example)" },
      { "_dmarc.worse.example TXT v=DMARC1; p=none; rua=mailto:postmaster@worse.example" } },
    { "null.example", { NULL }, "192.0.2.2", AUDIT_FAULTY, { "mx-null(null.example)", "spf-fail(192.0.2.2)" },
      { "null.example TXT v=spf1 ip4:192.0.2.2 redirect=good.example" } },
    { "far.example", { NULL }, "192.0.2.1", AUDIT_FAULTY, { "dmarc-report-unauthorized(far.example)" },
      { "far.example._report._dmarc.else.taker.example TXT v=DMARC1" } },
    { "bare.example", { NULL }, "2001:db8::1", AUDIT_FAULTY,
      { "spf-none(2001:db8::1)", "dmarc-none(bare.example)", "author-domain-unresolvable(bare.example)" },
      { "bare.example TXT v=spf1 ip6:2001:db8::1 -all",
        "_dmarc.bare.example TXT v=DMARC1; p=none; rua=mailto:postmaster@bare.example" } },
};

static const struct stspolicy_means *means;     /* NULL: policies are not fetched */
static const struct opendkim_signing *signing;  /* NULL: OpenDKIM is not asked */

static int allowed;                             /* questions; 0: many */

/* Gives the questions that were asked. */
static int run(struct dns *dns, const struct domain_case *c, struct domainaudit *audit_r)
{
    struct dns_budget budget = zonedns_budget();
    int before = budget.questions = allowed > 0 ? allowed : budget.questions;
    const struct dmarccheck dmarc = { .dns = dns, .orgdomain = orgdomain };
    struct selectors selectors = { .count = 0 };
    struct ip_addr address;

    ck_assert_int_eq(ip_parse(c->address, &address), 0);
    for (size_t i = 0; i < LENGTH(c->selectors) && c->selectors[i] != NULL; i++)
        selectors_add(&selectors, c->selectors[i], c->domain, SELECTOR_GIVEN);
    domainaudit_run(&(struct domainaudit_input){
                        .dns = dns, .lists = blocklists, .dmarc = &dmarc, .domain = c->domain,
                        .selectors = &selectors, .addresses = &address, .n_addresses = 1,
                        .helo = "mail.good.example", .receiver = "here.example", .means = means, .signing = signing,
                    }, &budget, audit_r);
    return before - budget.questions;
}

static bool is_in(const char *text, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n && list[i] != NULL; i++) {
        if (strcmp(list[i], text) == 0)
            return true;
    }
    return false;
}

static size_t count(const char *const *list, size_t n)
{
    size_t i = 0;

    while (i < n && list[i] != NULL)
        i++;
    return i;
}

static void check_findings(const struct domain_case *c, const struct domainaudit *audit)
{
    for (size_t i = 0; i < audit->findings.count; i++) {
        char *one = xasprintf("%s(%s)", audit->findings.items[i].row->name, audit->findings.items[i].subject);
        ck_assert_msg(is_in(one, c->findings, LENGTH(c->findings)), "%s: %s appeared", c->domain, one);
        free(one);
    }
}

START_TEST(audits_a_domain)
{
    const struct domain_case *c = &cases[_i];
    struct dns *dns = zonedns_new(zone);
    struct domainaudit audit;

    run(dns, c, &audit);
    check_findings(c, &audit);
    ck_assert_msg(audit.findings.count == count(c->findings, LENGTH(c->findings)), "%s: %zu findings", c->domain,
                  audit.findings.count);
    ck_assert_msg(audit.outcome == c->outcome, "%s: %s", c->domain, audit_outcome_name(audit.outcome));
    for (size_t i = 0; i < audit.publish.count; i++) {
        const struct publish_record *record = &audit.publish.items[i];
        char *one = xasprintf("%s %s %s", record->name, dns_type_name(record->type), record->text);
        ck_assert_msg(is_in(one, c->publish, LENGTH(c->publish)), "%s: %s appeared", c->domain, one);
        free(one);
    }
    ck_assert_uint_eq(audit.publish.count, count(c->publish, LENGTH(c->publish)));
    domainaudit_clear(&audit);
    dns_free(&dns);
}
END_TEST

/* The organization's domain is asked about beside the one below it, and a failure there is not known either. */
START_TEST(asks_about_the_organization)
{
    static const char listed[] =
        "$TTL 60\n2.0.0.127.bl.example. IN A 127.0.0.2\ntest.names.example. IN A 127.0.0.2\n"
        "good.example.names.example. IN A 127.0.0.2\nlow.good.example. IN A 192.0.2.1\n";
    static const char lists[] = "blocklist names.example { kind = domains codes = { \"2 bad\" } }\n";
    static const struct domain_case low = { .domain = "low.good.example", .address = "192.0.2.1" };
    struct domainaudit audit;
    struct str text = STR_EMPTY;
    struct err err = { "" };

    blocklists_free(&blocklists);
    conffile_start();
    blocklists = blocklists_load(conffile_write("blocklists.conf", lists), &err);
    ck_assert_msg(blocklists != NULL, "%s", err.text);
    conffile_done();
    struct dns *dns = zonedns_new(listed);
    run(dns, &low, &audit);
    ck_assert_str_eq(audit.org_domain, "good.example");
    ck_assert_int_eq(audit.listings.items[0].state.value, FACT_FALSE);
    ck_assert_int_eq(audit.org_listings.items[0].state.value, FACT_TRUE);
    ck_assert(findings_has(&audit.findings, FINDING_DOMAIN_LISTED));
    report_text_domain(&audit, false, &text);
    assert_within(str_get(&text), "names.example  not listed\n");
    assert_within(str_get(&text), "Blocklists, organizational domain good.example\n    names.example  listed: ");
    char *json = report_json_domain(&audit);
    assert_within(json, "\"org_domain\": \"good.example\"");
    free(json);
    str_clear(&text);
    domainaudit_clear(&audit);
    dns_free(&dns);
}
END_TEST

static void give_policy(const struct stspolicy_server *server, struct stspolicy_answer *answer_r)
{
    *answer_r = (struct stspolicy_answer){ .state = STSPOLICY_GOOD };
    str_addf(&answer_r->text, "version: STSv1\nmode: enforce\nmx: *.other.example\nmx: %s\nmax_age: 604800\n",
             server->host);
}

/* With no more questions than are needed without blocklists, all but those is known. */
START_TEST(lets_no_blocklist_starve_the_rest)
{
    static const struct stspolicy_means fetch = { .fetch = give_policy };
    static const char lists[] = "blocklist names.example { kind = domains codes = { \"2 bad\" } }\n";
    static const struct domain_case lacking = { .domain = "good.example", .address = "192.0.2.2" };
    char *own = xasprintf("%smta-sts.good.example. IN A 192.0.2.1\n", zone);
    struct domainaudit audit;
    struct err err = { "" };

    means = &fetch;
    struct dns *dns = zonedns_new(own);
    int needed = run(dns, &lacking, &audit);
    domainaudit_clear(&audit);
    dns_free(&dns);
    blocklists_free(&blocklists);
    conffile_start();
    blocklists = blocklists_load(conffile_write("blocklists.conf", lists), &err);
    ck_assert_msg(blocklists != NULL, "%s", err.text);
    conffile_done();
    dns = zonedns_new(own);
    allowed = needed;
    run(dns, &lacking, &audit);
    means = NULL;
    allowed = 0;
    ck_assert_int_eq(audit.policy.state, STSPOLICY_GOOD);
    ck_assert_uint_eq(audit.publish.count, 1);
    ck_assert_uint_eq(audit.listings.count, 1);
    domainaudit_clear(&audit);
    dns_free(&dns);
    free(own);
}
END_TEST

START_TEST(failures_are_no_faults)
{
    static const struct { const char *name; enum dns_type type; } questions[] = {
        { "good.example", DNS_TXT }, { "good.example", DNS_MX }, { "mx.good.example", DNS_A },
        { "_dmarc.good.example", DNS_TXT }, { "good.example._report._dmarc.taker.example", DNS_TXT },
        { "_mta-sts.good.example", DNS_TXT }, { "_smtp._tls.good.example", DNS_TXT },
        { "ed._domainkey.good.example", DNS_TXT },
    };
    static const enum dns_status failures[] = { DNS_TIMEOUT, DNS_TEMPFAIL, DNS_BOGUS };

    for (size_t k = 0; k < LENGTH(questions) * LENGTH(failures); k++) {
        size_t q = k % LENGTH(questions);
        struct dns *dns = zonedns_new(zone);
        struct domainaudit audit;
        dns_inject(dns, questions[q].name, questions[q].type, failures[k / LENGTH(questions)]);
        run(dns, &cases[0], &audit);
        ck_assert_msg(audit.outcome == AUDIT_UNDECIDED, "%s: %s", questions[q].name,
                      audit_outcome_name(audit.outcome));
        ck_assert_uint_eq(audit.publish.count, 0);
        domainaudit_clear(&audit);
        dns_free(&dns);
    }
}
END_TEST

/* Of every domain: what is not found for want of an answer is told as not known. */
START_TEST(failures_take_no_fault_back)
{
    static const struct { const char *prefix; enum dns_type type; } questions[] = {
        { "", DNS_TXT }, { "", DNS_MX }, { "", DNS_A }, { "mx.", DNS_A }, { "_dmarc.", DNS_TXT },
        { "_mta-sts.", DNS_TXT }, { "_smtp._tls.", DNS_TXT }, { "s1._domainkey.", DNS_TXT },
        { "s2._domainkey.", DNS_TXT }, { "s3._domainkey.", DNS_TXT },
    };
    const struct domain_case *c = &cases[_i];
    struct dns *good = zonedns_new(zone);
    struct domainaudit whole;

    run(good, c, &whole);
    for (size_t q = 0; q < LENGTH(questions); q++) {
        struct dns *dns = zonedns_new(zone);
        struct domainaudit audit;
        char *name = xasprintf("%s%s", questions[q].prefix, c->domain);
        dns_inject(dns, name, questions[q].type, DNS_TIMEOUT);
        run(dns, c, &audit);
        vanished_check(&whole.findings, &audit.findings, audit.unknown, name);
        domainaudit_clear(&audit);
        dns_free(&dns);
        free(name);
    }
    domainaudit_clear(&whole);
    dns_free(&good);
}
END_TEST

static const struct { enum tlspolicy_kind kind; const char *text; int want; } policies[] = {
    { TLSPOLICY_STS, "v=STSv1; id=20260101", 0 }, { TLSPOLICY_STS, "v=STSv1;id=a;", 0 },
    { TLSPOLICY_STS, "v=STSv1", -1 }, { TLSPOLICY_STS, "v=STSv1; id=", -1 }, { TLSPOLICY_STS, "v=STSv1; id=a b", -1 },
    { TLSPOLICY_STS, "v=STSv1; id=a; id=b", -1 }, { TLSPOLICY_STS, "v=STSv1; id", -1 },
    { TLSPOLICY_STS, "v=STSv1; id=012345678901234567890123456789012", -1 },
    { TLSPOLICY_STS, "v=STSv2; id=a", 1 }, { TLSPOLICY_STS, "V=STSv1; id=a", 1 }, { TLSPOLICY_STS, "", 1 },
    { TLSPOLICY_REPORTS, "v=TLSRPTv1; rua=mailto:a@b.example", 0 },
    { TLSPOLICY_REPORTS, "v=TLSRPTv1;rua=https://b.example/x , mailto:a@b.example;", 0 },
    { TLSPOLICY_REPORTS, "v=TLSRPTv1", -1 }, { TLSPOLICY_REPORTS, "v=TLSRPTv1; rua=", -1 },
    { TLSPOLICY_REPORTS, "v=TLSRPTv1; rua=mailto:a@b.example,", -1 },
    { TLSPOLICY_REPORTS, "v=TLSRPTv1; rua=http://b.example/", -1 },
    { TLSPOLICY_REPORTS, "v=TLSRPTv1; rua=mailto:@b.example", -1 }, { TLSPOLICY_REPORTS, "v=spf1 -all", 1 },
};

START_TEST(reads_tls_policies)
{
    const char *problem;
    int rc = tlspolicy_parse(policies[_i].kind, policies[_i].text, strlen(policies[_i].text), &problem);

    ck_assert_msg(rc == policies[_i].want, "'%s': %d", policies[_i].text, rc);
    ck_assert_msg((problem != NULL) == (rc < 0), "'%s'", policies[_i].text);
}
END_TEST

START_TEST(keeps_each_selector_once)
{
    struct selectors selectors = { .count = 0 };
    char name[16];

    ck_assert_int_eq(selectors_add(&selectors, "s0", "a.example", SELECTOR_CONFIGURED)->source, SELECTOR_CONFIGURED);
    ck_assert_int_eq(selectors_add(&selectors, "s0", "a.example", SELECTOR_TRAFFIC)->source, SELECTOR_CONFIGURED);
    for (int i = 1; i < SELECTORS_MAX; i++) {
        snprintf(name, sizeof(name), "s%d", i);
        ck_assert_ptr_nonnull(selectors_add(&selectors, name, "a.example", SELECTOR_TRAFFIC));
    }
    ck_assert(!selectors.is_cut);
    ck_assert_ptr_null(selectors_add(&selectors, "s0", "b.example", SELECTOR_TRAFFIC));
    ck_assert(selectors.is_cut);
    ck_assert_uint_eq(selectors.count, SELECTORS_MAX);
}
END_TEST

START_TEST(proposes_what_is_read)
{
    struct publish publish = { 0 };

    ck_assert(!publish_spf(&publish, "a.example", "v=spf1 ip4:300.1.2.3 -all"));
    ck_assert(!publish_spf(&publish, "a.example", "spf1 -all"));
    ck_assert(publish_spf(&publish, "a.example", "v=spf1 -all"));
    ck_assert(!publish_spf(&publish, "a.example", "v=spf1 -all"));
    ck_assert(publish_dmarc(&publish, "a.example", NULL) && publish_tls_reports(&publish, "a.example"));
    ck_assert(!publish_dmarc(&publish, "b.example", "nonsense"));
    ck_assert(!publish_ptr(&publish, &(struct ip_addr){ .family = AF_INET }, "a b"));
    ck_assert_uint_eq(publish.count, 3);
    publish_clear(&publish);
}
END_TEST

START_TEST(prints_text)
{
    static const char *const want[] = {
        "CLEAR  good.example: nothing stands in the way\n", "192.0.2.1                   pass by ip4:192.0.2.1\n",
        "Lookups\n  good.example = v=spf1 ip4:192.0.2.1 -all\n", "ed._domainkey.good.example  ed25519, ",
        "flags s (given)\n", "strict for SPF, relaxed for DKIM\n", "policy reject, record of good.example",
        "mailto:x@taker.example!10m, agreed there\n", "mailto:f@sub.good.example, its own\n", "has an address\n",
        "a good record\n", "none configured\n",
    };
    struct dns *dns = zonedns_new(zone);
    struct domainaudit audit;
    struct str text = STR_EMPTY;

    run(dns, &cases[0], &audit);
    report_text_domain(&audit, false, &text);
    for (size_t i = 0; i < LENGTH(want); i++)
        assert_within(str_get(&text), want[i]);
    str_clear(&text);
    domainaudit_clear(&audit);
    dns_free(&dns);
}
END_TEST

/* What is told besides by a command: the policy of MTA-STS, and what OpenDKIM does. */
START_TEST(prints_what_a_command_finds)
{
    static const struct stspolicy_means fetch = { .fetch = give_policy };
    static const struct opendkim_signing none = { .scope = OPENDKIM_NONE, .detail = "no entry\033 is for it" };
    static const char *const want[] = {
        "FAULTY  good.example, to be mended: mta-sts-mx-mismatch, dkim-domain-unsigned\n",
        "has an address; not allowed by the policy of MTA-STS\n",
        "mode enforce, for 7 days, mx *.other.example,", "mta-sts.good.example\n",
        "OpenDKIM                    signs no mail of it: no entry\\x1b is for it\n",
    };
    static const struct opendkim_signing broken = { .scope = OPENDKIM_ALL, .is_broken = true, .detail = "a key lacks" };
    char *own = xasprintf("%smta-sts.good.example. IN A 192.0.2.1\n", zone);
    struct dns *dns = zonedns_new(own);
    struct domainaudit audit;
    struct str text = STR_EMPTY;

    means = &fetch;
    signing = &none;
    run(dns, &cases[0], &audit);
    means = NULL;
    signing = NULL;
    report_text_domain(&audit, false, &text);
    for (size_t i = 0; i < LENGTH(want); i++)
        assert_within(str_get(&text), want[i]);
    str_clear(&text);
    domainaudit_clear(&audit);
    signing = &broken;
    run(dns, &cases[0], &audit);
    signing = NULL;
    report_text_domain(&audit, true, &text);
    assert_within(str_get(&text), "\033[31msigns its mail, but a key lacks");
    str_clear(&text);
    domainaudit_clear(&audit);
    dns_free(&dns);
    free(own);
}
END_TEST

/* More addresses for reports than are looked at, and a record that is too long for it: not all is known. */
START_TEST(tells_of_reports_left_out)
{
    static const struct domain_case many = { .domain = "many.example", .address = "192.0.2.1" };
    static const struct { int addresses; const char *text, *json; } records[] = {
        { 21, "and there are more addresses, which are left out\n", "\"more_reports\": true" },
        { 60, "too long to be looked at for report addresses\n", "\"adkim\": \"relaxed\"" },
    };

    for (size_t i = 0; i < LENGTH(records); i++) {
        struct str own = STR_EMPTY, text = STR_EMPTY;
        struct domainaudit audit;
        str_addf(&own, "%smany.example. IN TXT \"v=spf1 ip4:192.0.2.1 -all\"\nmany.example. IN MX 10 mx.good.example.\n"
                 "_dmarc.many.example. IN TXT \"v=DMARC1; p=reject; rua=mailto:z@many.example\"", zone);
        for (int k = 1; k < records[i].addresses; k++)
            str_addf(&own, " \",mailto:d%d@many.example\"", k);
        str_addc(&own, '\n');
        struct dns *dns = zonedns_new(str_get(&own));
        run(dns, &many, &audit);
        ck_assert_int_eq(audit.outcome, AUDIT_UNDECIDED);
        report_text_domain(&audit, false, &text);
        assert_within(str_get(&text), records[i].text);
        char *json = report_json_domain(&audit);
        assert_within(json, records[i].json);
        free(json);
        str_clear(&text);
        str_clear(&own);
        domainaudit_clear(&audit);
        dns_free(&dns);
    }
}
END_TEST

START_TEST(says_why_a_key_is_refused)
{
    static const struct domain_case keys = { "good.example", { "hash", "use", "next", "dsa" }, .address = "192.0.2.1" };
    static const char *const want[] = {
        "h= of the key's record does not allow sha256", "s= of the key's record does not allow email",
        "v= of the key's record is not DKIM1", "k= of the key's record is neither rsa nor ed25519",
    };
    struct dns *dns = zonedns_new(zone);
    struct domainaudit audit;

    run(dns, &keys, &audit);
    for (size_t i = 0; i < LENGTH(want); i++)
        ck_assert_str_eq(audit.keys[i].reason, want[i]);
    domainaudit_clear(&audit);
    dns_free(&dns);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("domainaudit");
    TCase *tc = tcase_create("domainaudit");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, audits_a_domain, 0, (int)LENGTH(cases));
    tcase_add_loop_test(tc, failures_take_no_fault_back, 0, (int)LENGTH(cases));
    tcase_add_test(tc, failures_are_no_faults);
    tcase_add_test(tc, lets_no_blocklist_starve_the_rest);
    tcase_add_test(tc, asks_about_the_organization);
    tcase_add_loop_test(tc, reads_tls_policies, 0, (int)LENGTH(policies));
    tcase_add_test(tc, keeps_each_selector_once);
    tcase_add_test(tc, proposes_what_is_read);
    tcase_add_test(tc, says_why_a_key_is_refused);
    tcase_add_test(tc, tells_of_reports_left_out);
    tcase_add_test(tc, prints_text);
    tcase_add_test(tc, prints_what_a_command_finds);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
