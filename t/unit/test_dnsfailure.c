/*
 * lib/session: a property of whole messages.  For generated SPF and DMARC records over a zone, and with each question
 * of the DNS failing in turn:
 * - the session's two passes, over the network with a cold cache, give what one waiting evaluation gives;
 * - a failed question changes a result to temperror or not at all, and the verdict to unsure or not at all.
 * RFC 7208 reads a failure for ptr and the p macro as no match (section 5.5); what then decides may be a receiver's
 * answer or not, so that it is not known either.
 */
#include "config.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/preflight.h"
#include "t/unit/dkimsign.h"
#include "t/unit/fakedns.h"
#include "t/unit/unit.h"

#include <string.h>
#include <unistd.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define DOMAINS 6
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ROUNDS 6            /* each engine reads its receivers anew, and a sanitizer takes its time over that */
#else
#define ROUNDS 30
#endif

static const char fixed_zone[] =
    "$TTL 300\n"
    "example. IN SOA ns.example. hostmaster.example. 1 7200 3600 604800 120\n"
    "example. IN NS ns.example.\n"
    "h0.example. IN A 203.0.113.5\n"
    "h1.example. IN A 203.0.113.6\n"
    "h1.example. IN AAAA 2001:db8::6\n"
    "h2.example. IN TXT \"no address\"\n"
    "m0.example. IN MX 10 h0.example.\n"
    "m1.example. IN MX 10 h1.example.\n"
    "m1.example. IN MX 20 h2.example.\n"
    "remote.example. IN MX 10 mx.l.google.com.\n"
    "203.0.113.5.ok.example. IN A 127.0.0.2\n"
    "mail.example.ok.example. IN A 127.0.0.2\n"
    "why.example. IN TXT \"%{i} is not one of ours, %{p}\"\n"
    "mail.example. IN A 203.0.113.5\n"
    "mail.example. IN A 203.0.113.6\n"
    "mail.example. IN AAAA 2001:db8::6\n"
    "mail.example. IN TXT \"v=spf1 a -all\"\n"
    "d0.example. IN MX 10 mail.example.\n"
    "gmail.example. IN MX 10 mx.google.com.\n"
    "5.113.0.203.in-addr.arpa. IN PTR mail.example.\n"
    "6.113.0.203.in-addr.arpa. IN PTR h1.example.\n"
    "6.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. IN PTR mail.example.\n";

static const struct { const char *name; enum dns_type type; } questions[] = {
    { "d0.example", DNS_TXT }, { "d1.example", DNS_TXT }, { "d2.example", DNS_TXT },
    { "d3.example", DNS_TXT }, { "d4.example", DNS_TXT }, { "d5.example", DNS_TXT },
    { "h0.example", DNS_A }, { "h0.example", DNS_AAAA }, { "h1.example", DNS_A },
    { "h1.example", DNS_AAAA }, { "h2.example", DNS_A },
    { "m0.example", DNS_MX }, { "m1.example", DNS_MX },
    { "203.0.113.5.ok.example", DNS_A }, { "203.0.113.6.ok.example", DNS_A },
    { "mail.example.ok.example", DNS_A },
    { "why.example", DNS_TXT },
    { "mail.example", DNS_TXT }, { "mail.example", DNS_A }, { "mail.example", DNS_AAAA },
    { "5.113.0.203.in-addr.arpa", DNS_PTR }, { "6.113.0.203.in-addr.arpa", DNS_PTR },
    { "_dmarc.d0.example", DNS_TXT }, { "_dmarc.example", DNS_TXT },
    { "s1._domainkey.d0.example", DNS_TXT },
    { "d0.example", DNS_MX }, { "d0.example", DNS_A }, { "d0.example", DNS_AAAA },
    { "d1.example", DNS_MX }, { "d1.example", DNS_A }, { "gmail.example", DNS_MX },
    { "6.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", DNS_PTR },
    { "remote.example", DNS_MX },
};

static const enum dns_status failures[] = { DNS_TIMEOUT, DNS_TEMPFAIL, DNS_BOGUS, DNS_PENDING };

static const struct field fields[] = {
    { "From", " a@d0.example" }, { "Date", " Mon, 23 Nov 2026 10:00:00 +0000" }, { "Message-ID", " <1@d0.example>" },
};

/* The second is received by one whose rules need what the first one's do not: PTR records, for one. */
static const char *recipient = "x@remote.example", *const recipients[] = { "x@remote.example", "x@gmail.example" };

static char zone_path[] = "/tmp/preflight-failure-XXXXXX";
static char *pem, *public_key, *signature;
static struct fakedns *server;
static struct dns *zone;            /* what the server answers from */
static unsigned seed;

/* POSIX's example: the same numbers everywhere, so that a round that fails can be run again. */
static unsigned any(unsigned below)
{
    seed = seed * 1103515245U + 12345U;
    return seed / 65536U % below;
}

static void write_term(FILE *file, unsigned domain)
{
    static const char *const terms[] = {
        "ip4:203.0.113.5", "ip4:203.0.113.6", "ip6:2001:db8::6", "a:h0.example", "a:h1.example", "a:h2.example",
        "a:h0.example/24", "mx:m0.example", "mx:m1.example", "exists:%{i}.ok.example", "exists:%{p}.ok.example",
        "ptr:example", "ptr:nowhere.example", "a",
    };
    static const char *const qualifiers[] = { "", "", "", "", "-", "~", "?" };
    unsigned which = any((unsigned)LENGTH(terms) + 6);

    fprintf(file, " %s", qualifiers[any((unsigned)LENGTH(qualifiers))]);
    if (which < LENGTH(terms))
        fputs(terms[which], file);
    else
        fprintf(file, "include:d%u.example", domain + 1 < DOMAINS ? domain + 1 + any(DOMAINS - domain - 1) : 0);
}

static void write_records(FILE *file)
{
    static const char *const policies[] = { "none", "quarantine", "reject", "reject; aspf=s", "reject; adkim=s" };

    for (unsigned domain = 0; domain < DOMAINS; domain++) {
        fprintf(file, "d%u.example. IN TXT \"v=spf1", domain);
        for (unsigned i = any(4); i > 0; i--)
            write_term(file, domain);
        switch (any(6)) {
        case 0: fputs(" ~all\"\n", file); break;
        case 1: fputs(" ?all\"\n", file); break;
        case 2: fprintf(file, " redirect=d%u.example\"\n", domain + 1); break;
        case 3: fputs(" exp=why.example -all\"\n", file); break;
        default: fputs(" -all\"\n", file); break;
        }
    }
    fprintf(file, "_dmarc.%s IN TXT \"v=DMARC1; p=%s\"\n", any(3) == 0 ? "example." : "d0.example.",
            policies[any((unsigned)LENGTH(policies))]);
    fprintf(file, "s1._domainkey.d0.example. IN TXT \"v=DKIM1; k=rsa; \" \"p=%.200s\" \"%s\"\n", public_key,
            public_key + 200);
}

static void write_zone(void)
{
    strcpy(zone_path + strlen(zone_path) - 6, "XXXXXX");
    FILE *file = fdopen(mkstemp(zone_path), "w");

    ck_assert_ptr_nonnull(file);
    fputs(fixed_zone, file);
    write_records(file);
    ck_assert_int_eq(fclose(file), 0);
}

static struct conf *make_conf(bool over_network, bool has_addresses)
{
    struct err err = { "" };
    char path[] = "/tmp/preflight-failure-XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");

    ck_assert_ptr_nonnull(file);
    fprintf(file, "egress default { helo = \"mail.example\" %s }\n",
            has_addresses ? "addresses = { \"203.0.113.5\", \"203.0.113.6\", \"2001:db8::6\" }" : "");
    if (over_network)
        fprintf(file, "dns { servers = { \"%s\" } timeout = 20s budget = 20s }\n", fakedns_server(server));
    else
        fprintf(file, "dns { zone = \"%s\" }\n", zone_path);
    ck_assert_int_eq(fclose(file), 0);
    struct conf *conf = conf_load(path, &err);
    ck_assert_msg(conf != NULL, "%s", err.text);
    unlink(path);
    return conf;
}

static struct preflight *make_engine(struct conf *conf)
{
    struct err err = { "" };
    struct preflight *engine = preflight_new(conf, NULL, &err);

    ck_assert_msg(engine != NULL, "%s", err.text);
    return engine;
}

static struct report *judge(struct preflight *engine, const char *sender, bool is_signed)
{
    const struct preflight_origin origin = { .is_local = true };
    struct preflight_message *m = preflight_begin(engine, &origin, sender, NULL);

    preflight_recipient(m, recipient);
    if (is_signed)
        preflight_header(m, "DKIM-Signature", signature);
    for (size_t i = 0; i < LENGTH(fields); i++)
        preflight_header(m, fields[i].name, fields[i].value);
    preflight_end_of_header(m);
    preflight_body(m, (const unsigned char *)"hello\r\n", 7);
    return preflight_end(&m, NULL);
}

static struct dns *open_zone(void)
{
    const struct dns_settings settings = {
        .zone = zone_path, .timeout_ms = 1000, .cache_entries = 100, .max_ttl = 3600,
    };
    struct err err = { "" };
    struct dns *dns = dns_new(&settings, &err);

    ck_assert_msg(dns != NULL, "%s", err.text);
    return dns;
}

static void open_round(int round)
{
    seed = (unsigned)round + 1;
    write_zone();
    zone = open_zone();
    server = fakedns_start();
    fakedns_set_zone(server, zone);
}

static void close_round(void)
{
    fakedns_stop(&server);
    dns_free(&zone);
    unlink(zone_path);
}

static void fail_question(struct dns *dns, size_t question, enum dns_status status)
{
    if (question < LENGTH(questions))
        dns_inject(dns, questions[question].name, questions[question].type, status);
}

/* "TXT d0.example is timeout", and the round, to find the case again. */
static const char *describe(int round, size_t question, enum dns_status status)
{
    static char text[400];

    snprintf(text, sizeof(text), "round %d, %s %s is %s", round,
             question < LENGTH(questions) ? dns_type_name(questions[question].type) : "nothing",
             question < LENGTH(questions) ? questions[question].name : "at all", dns_status_name(status));
    return text;
}

/* --- two passes against one ------------------------------------------------------ */

static void compare_with_one_pass(const struct spf_result *got, struct dns *dns, const char *sender, const char *what)
{
    struct dns_budget budget = { .deadline_ms = clock_ms() + 20000, .questions = 1000 };
    struct spf_result want;

    spfcheck_run(dns, &budget, &got->address, got->identity, "mail.example", sender, "receiver", &want);
    ck_assert_msg(got->result == want.result, "%s: %s %s for %s, not %s", what, spf_identity_name(got->identity),
                  auth_result_name(got->result), got->domain, auth_result_name(want.result));
    ck_assert_msg(strcmp(got->term, want.term) == 0, "%s: term '%s', not '%s'", what, got->term, want.term);
    ck_assert_msg(strcmp(got->problem, want.problem) == 0, "%s: '%s', not '%s'", what, got->problem, want.problem);
    ck_assert_msg(strcmp(got->explanation, want.explanation) == 0, "%s: '%s', not '%s'", what, got->explanation,
                  want.explanation);
    ck_assert_msg(got->lookups == want.lookups && got->void_lookups == want.void_lookups,
                  "%s: %d lookups, %d void, not %d and %d", what, got->lookups, got->void_lookups, want.lookups,
                  want.void_lookups);
    spf_result_clear(&want);
}

static void try_two_passes(struct conf *conf, const char *sender, size_t question, enum dns_status status, int round)
{
    const char *what = describe(round, question, status);
    struct preflight *engine = make_engine(conf);
    struct dns *reference = open_zone();

    fail_question(preflight_dns(engine), question, status);
    fail_question(reference, question, status);
    struct report *report = judge(engine, sender, false);
    ck_assert_uint_eq(report->n_spf, sender[0] == '\0' ? 3 : 6);
    for (size_t i = 0; i < report->n_spf; i++)
        compare_with_one_pass(&report->spf[i], reference, sender, what);
    report_free(&report);
    preflight_unref(&engine);
    dns_free(&reference);
}

START_TEST(two_passes_are_one)
{
    open_round(_i);
    struct conf *conf = make_conf(true, true);
    for (size_t question = 0; question <= LENGTH(questions); question++)
        try_two_passes(conf, question % 8 == 7 ? "" : "a@d0.example", question,
                       failures[question % LENGTH(failures)], _i);
    conf_unref(&conf);
    close_round();
}
END_TEST

/* --- failures -------------------------------------------------------------------- */

struct outcome {
    enum verdict verdict;
    enum auth_result spf, dkim, dmarc;
    unsigned surroundings;      /* a bit for each finding of the list below */
};

/* What is told of the egress and the domains only where the DNS said so. */
static const enum finding_id of_surroundings[] = {
    FINDING_PTR_MISSING, FINDING_PTR_MISMATCH, FINDING_HELO_UNRESOLVABLE, FINDING_HELO_MISMATCH,
    FINDING_SENDER_DOMAIN_UNRESOLVABLE, FINDING_AUTHOR_DOMAIN_UNRESOLVABLE,
};

static unsigned surroundings_of(const struct report *report)
{
    unsigned bits = 0;

    for (unsigned i = 0; i < LENGTH(of_surroundings); i++)
        bits |= findings_has(&report->findings, of_surroundings[i]) ? 1u << i : 0;
    return bits;
}

static struct outcome outcome_of(struct conf *conf, const char *sender, bool is_signed, size_t question,
                                 enum dns_status status)
{
    struct preflight *engine = make_engine(conf);

    fail_question(preflight_dns(engine), question, status);
    struct report *report = judge(engine, sender, is_signed);
    const struct outcome outcome = {
        report->verdict, report_spf(report), dkim_results_overall(&report->dkim), report->dmarc.result,
        surroundings_of(report),
    };
    ck_assert(report->verdict != VERDICT_UNSURE || report->trouble != NULL);
    report_free(&report);
    preflight_unref(&engine);
    return outcome;
}

static void compare_outcomes(const struct outcome *sound, const struct outcome *failed, const char *what)
{
    ck_assert_msg(failed->verdict == sound->verdict || failed->verdict == VERDICT_UNSURE, "%s: verdict %s, not %s",
                  what, verdict_name(failed->verdict), verdict_name(sound->verdict));
    ck_assert_msg(failed->dkim == sound->dkim || failed->dkim == AUTH_TEMPERROR, "%s: dkim %s, not %s", what,
                  auth_result_name(failed->dkim), auth_result_name(sound->dkim));
    ck_assert_msg(failed->dmarc == sound->dmarc || failed->dmarc == AUTH_TEMPERROR, "%s: dmarc %s, not %s", what,
                  auth_result_name(failed->dmarc), auth_result_name(sound->dmarc));
    ck_assert_msg((failed->surroundings & ~sound->surroundings) == 0, "%s: findings %x, not %x", what,
                  failed->surroundings, sound->surroundings);
}

static void fail_each_question(struct conf *conf, const char *sender, bool is_signed, int round)
{
    const struct outcome sound = outcome_of(conf, sender, is_signed, LENGTH(questions), DNS_OK);

    for (size_t question = 0; question < LENGTH(questions); question++) {
        for (size_t i = 0; i < LENGTH(failures); i++) {
            struct outcome failed = outcome_of(conf, sender, is_signed, question, failures[i]);
            compare_outcomes(&sound, &failed, describe(round, question, failures[i]));
        }
    }
}

START_TEST(failure_is_unsure_at_worst)
{
    open_round(_i);
    struct conf *conf = make_conf(false, _i % 3 != 0);
    recipient = recipients[(size_t)_i % LENGTH(recipients)];
    fail_each_question(conf, "a@d0.example", false, _i);
    fail_each_question(conf, "a@d1.example", true, _i);
    fail_each_question(conf, "", _i / 2 % 2 == 0, _i);
    conf_unref(&conf);
    close_round();
}
END_TEST

/* Of one address, by itself: the worst of several would hide what became of the others. */
START_TEST(failure_is_temperror_at_worst)
{
    static const char *const clients[] = { "203.0.113.5", "203.0.113.6", "2001:db8::6", "198.51.100.1" };

    open_round(_i);
    for (size_t k = 0; k < LENGTH(clients) * (LENGTH(questions) + 1) * LENGTH(failures); k++) {
        static enum auth_result sound[LENGTH(clients)];
        size_t question = k / LENGTH(clients) / LENGTH(failures), client = k % LENGTH(clients);
        enum dns_status status = failures[k / LENGTH(clients) % LENGTH(failures)];
        /* The last is none, and goes first. */
        question = question == 0 ? LENGTH(questions) : question - 1;
        struct dns *dns = open_zone();
        struct dns_budget budget = { .deadline_ms = clock_ms() + 20000, .questions = 1000 };
        struct ip_addr address;
        struct spf_result result;
        ck_assert_int_eq(ip_parse(clients[client], &address), 0);
        fail_question(dns, question, status);
        spfcheck_run(dns, &budget, &address, SPF_MAILFROM, "mail.example", "a@d0.example", "receiver", &result);
        if (question == LENGTH(questions))
            sound[client] = result.result;
        ck_assert_msg(result.result == sound[client] || result.result == AUTH_TEMPERROR, "%s: %s from %s, not %s",
                      describe(_i, question, status), auth_result_name(result.result), clients[client],
                      auth_result_name(sound[client]));
        spf_result_clear(&result);
        dns_free(&dns);
    }
    close_round();
}
END_TEST

/* A record that cannot be read may have said anything. */
START_TEST(garbage_is_temperror)
{
    server = fakedns_start();
    struct conf *conf = make_conf(true, true);
    struct preflight *engine = make_engine(conf);
    struct report *report = judge(engine, "a@badtxt.example", false);
    ck_assert_str_eq(auth_result_name(report_spf(report)), "temperror");
    report_free(&report);

    const struct preflight_origin origin = { .is_local = true };
    struct preflight_message *m = preflight_begin(engine, &origin, "a@plain.example", NULL);
    preflight_header(m, "From", " a@badtxt.example");
    preflight_end_of_header(m);
    report = preflight_end(&m, NULL);
    ck_assert_str_eq(auth_result_name(report->dmarc.result), "temperror");
    ck_assert_str_eq(verdict_name(report->verdict), "unsure");
    ck_assert_ptr_nonnull(report->trouble);
    report_free(&report);
    preflight_unref(&engine);
    conf_unref(&conf);
    fakedns_stop(&server);
}
END_TEST

static void make_signature(void)
{
    EVP_PKEY *key = sign_make_rsa(2048);

    pem = sign_pem(key);
    public_key = sign_public(key);
    EVP_PKEY_free(key);
    const struct signing signing = {
        .pem = pem, .domain = "d0.example", .selector = "s1", .algorithm = DKIM_SIGN_RSASHA256,
        .header = DKIM_CANON_RELAXED, .body = DKIM_CANON_RELAXED,
    };
    signature = sign_message(&signing, fields, LENGTH(fields), "hello\r\n");
}

static void free_signature(void)
{
    free(pem);
    free(public_key);
    free(signature);
}

int main(void)
{
    Suite *suite = suite_create("dnsfailure");
    TCase *tc = tcase_create("dnsfailure");

    tcase_add_unchecked_fixture(tc, make_signature, free_signature);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, two_passes_are_one, 0, ROUNDS);
    tcase_add_loop_test(tc, failure_is_unsure_at_worst, 0, ROUNDS);
    tcase_add_loop_test(tc, failure_is_temperror_at_worst, 0, ROUNDS);
    tcase_add_test(tc, garbage_is_temperror);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
