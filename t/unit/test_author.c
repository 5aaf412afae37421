/*
 * One author domain or a finding that says why not, whatever stands in From; through the engine.
 */
#include "config.h"

#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/preflight.h"
#include "t/unit/mutate.h"
#include "t/unit/unit.h"

#include <string.h>
#include <unistd.h>

static const char zone[] =
    "example.com. 60 IN TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
    "mail.example.com. 60 IN TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
    "_dmarc.example.com. 60 IN TXT \"v=DMARC1; p=reject\"\n"
    "xn--bcher-kva.com. 60 IN TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
    "_dmarc.xn--bcher-kva.com. 60 IN TXT \"v=DMARC1; p=reject\"\n";

static struct conf *conf;
static struct preflight *engine;

static char *write_text(const char *text)
{
    char *path = xstrdup("/tmp/preflight-author-XXXXXX");
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
    close(fd);
    return path;
}

static void set_up(void)
{
    struct err err = { "" };
    char *zone_path = write_text(zone);
    char *text = xasprintf("egress default { addresses = { \"192.0.2.1\" }  helo = \"mail.example.com\" }\n"
                           "limits { headers = 100 }\ndns { zone = \"%s\" }\n", zone_path);
    char *conf_path = write_text(text);

    conf = conf_load(conf_path, &err);
    ck_assert_msg(conf != NULL, "%s", err.text);
    engine = preflight_new(conf, NULL, &err);
    ck_assert_msg(engine != NULL, "%s", err.text);
    unlink(conf_path);
    unlink(zone_path);
    free(conf_path);
    free(zone_path);
    free(text);
}

static void tear_down(void)
{
    preflight_unref(&engine);
    conf_unref(&conf);
}

/* fields: From fields, in order. */
static struct report *judge(const char *sender, const char *const *fields, size_t n)
{
    const struct preflight_origin origin = { .is_local = true };
    struct preflight_message *m = preflight_begin(engine, &origin, sender, NULL);

    preflight_header(m, "Date", " Mon, 23 Nov 2026 10:00:00 +0000");
    preflight_header(m, "Message-ID", " <1@example.com>");
    for (size_t i = 0; i < n; i++)
        preflight_header(m, "From", fields[i]);
    preflight_end_of_header(m);
    preflight_body(m, (const unsigned char *)"hello\r\n", 7);
    return preflight_end(&m, NULL);
}

#define NO_FINDING FINDING_COUNT

static const struct author_case {
    const char *name;
    const char *from[3];                /* fields; NULL ends them */
    const char *author;                 /* the one domain that DMARC is judged for; "" : none */
    enum finding_id why;                /* why not, or what else is wrong with From */
    const char *sender;                 /* NULL: a@example.com */
} cases[] = {
    { "plain", { " a@example.com" }, "example.com", NO_FINDING, NULL },
    { "null sender", { " MAILER-DAEMON@mail.example.com" }, "mail.example.com", NO_FINDING, "" },
    { "name", { " Alice <a@example.com>" }, "example.com", NO_FINDING, NULL },
    { "upper case, final dot", { " a@EXAMPLE.Com." }, "example.com", NO_FINDING, NULL },
    { "folded", { " Alice\r\n <a\r\n @example.com>" }, "example.com", NO_FINDING, NULL },
    { "comments", { " (x) a (b@evil.example) @ (y) example.com (<c@evil.example>)" }, "example.com", NO_FINDING, NULL },
    { "nested comments", { " a@example.com (x (y@evil.example) \\) z)" }, "example.com", NO_FINDING, NULL },
    { "an address as a quoted name", { " \"b@evil.example\" <a@example.com>" }, "example.com", NO_FINDING, NULL },
    { "a comma in quotes", { " \"Doe, John\" <a@example.com>" }, "example.com", NO_FINDING, NULL },
    { "a quoted local part", { " \"a@evil.example\"@example.com" }, "example.com", NO_FINDING, NULL },
    { "a quoted pair", { " \"a\\\"b@evil.example\" <a@example.com>" }, "example.com", NO_FINDING, NULL },
    { "an encoded word as a name", { " =?utf-8?q?b=40evil=2Eexample?= <a@example.com>" }, "example.com",
      NO_FINDING, NULL },
    { "a group of one", { " Team: a@example.com;" }, "example.com", NO_FINDING, NULL },
    { "an obsolete route", { " <@evil.example,@b.example:a@example.com>" }, "example.com", NO_FINDING, NULL },
    { "a subdomain", { " a@news.example.com" }, "news.example.com", NO_FINDING, NULL },

    { "a U-label", { " a@b\xc3\xbc" "cher.com" }, "xn--bcher-kva.com", NO_FINDING, "a@xn--bcher-kva.com" },
    { "an A-label", { " a@xn--bcher-kva.com" }, "xn--bcher-kva.com", NO_FINDING, "a@b\xc3\xbc" "cher.com" },
    { "a U-label in upper case", { " a@B\xc3\x9c" "CHER.com" }, "xn--bcher-kva.com", NO_FINDING,
      "a@xn--bcher-kva.com" },
    { "SMTPUTF8", { " \xc3\xa4\xc3\xb6@b\xc3\xbc" "cher.com" }, "xn--bcher-kva.com", NO_FINDING,
      "\xc3\xa4\xc3\xb6@b\xc3\xbc" "cher.com" },
    { "both labels are one domain", { " a@b\xc3\xbc" "cher.com, b@xn--bcher-kva.com" }, "xn--bcher-kva.com",
      FINDING_FROM_MULTIPLE, "a@xn--bcher-kva.com" },

    { "two addresses of one domain", { " a@example.com, b@example.com" }, "example.com", FINDING_FROM_MULTIPLE, NULL },
    { "two fields of one domain", { " a@example.com", " b@EXAMPLE.com" }, "example.com", FINDING_FROM_MULTIPLE, NULL },
    { "two domains", { " a@example.com, b@other.example" }, "", FINDING_FROM_MULTIPLE, NULL },
    { "a domain and what is below it", { " a@example.com, b@mail.example.com" }, "", FINDING_FROM_MULTIPLE, NULL },
    { "two fields, two domains", { " a@example.com", " b@other.example" }, "", FINDING_FROM_MULTIPLE, NULL },
    { "a group of two domains", { " Team: a@example.com, b@other.example;" }, "", FINDING_FROM_MULTIPLE, NULL },
    { "two angles", { " <a@example.com> <b@other.example>" }, "", FINDING_FROM_MULTIPLE, NULL },
    { "an address beside an angle", { " <a@example.com> b@other.example" }, "", FINDING_FROM_MULTIPLE, NULL },
    { "one of two cannot be read", { " a@example.com, b@" }, "example.com", FINDING_FROM_MULTIPLE, NULL },

    { "no field", { NULL }, "", FINDING_FROM_MISSING, NULL },
    { "an empty field", { "" }, "", FINDING_FROM_MISSING, NULL },
    { "an empty group", { " Undisclosed:;" }, "", FINDING_FROM_MISSING, NULL },
    { "empty angles", { " MAILER-DAEMON <>" }, "", FINDING_FROM_MISSING, "" },
    { "a name only", { " Alice" }, "", FINDING_FROM_MISSING, NULL },
    { "no domain", { " a@" }, "", FINDING_FROM_MISSING, NULL },
    { "a domain literal", { " a@[192.0.2.1]" }, "", FINDING_FROM_MISSING, NULL },
    { "no such label", { " a@-\xe2\x98\x83-.\xff" }, "", FINDING_FROM_MISSING, NULL },
    { "an empty label", { " a@example..com" }, "", FINDING_FROM_MISSING, NULL },
    { "an address in an encoded word", { " =?utf-8?q?a=40example=2Ecom?=" }, "", FINDING_FROM_MISSING, NULL },
    { "an unclosed comment", { " (a@example.com" }, "", FINDING_FROM_MISSING, NULL },
};

static bool has_from_finding(const struct report *report)
{
    return findings_has(&report->findings, FINDING_FROM_MISSING)
           || findings_has(&report->findings, FINDING_FROM_MULTIPLE);
}

START_TEST(has_one_author_domain_or_says_why)
{
    const struct author_case *c = &cases[_i];
    size_t n = 0;

    while (n < 3 && c->from[n] != NULL)
        n++;
    struct report *report = judge(c->sender == NULL ? "a@example.com" : c->sender, c->from, n);
    ck_assert_msg(strcmp(report->dmarc.author_domain, c->author) == 0, "%s: '%s'", c->name,
                  report->dmarc.author_domain);
    ck_assert_msg(has_from_finding(report) == (c->why != NO_FINDING), "%s", c->name);
    if (c->why != NO_FINDING)
        ck_assert_msg(findings_has(&report->findings, c->why), "%s", c->name);
    /* SPF passes for the sender; so DMARC passes for every author domain here, and where there is none it is none. */
    ck_assert_msg(report->dmarc.result == (c->author[0] == '\0' ? AUTH_NONE : AUTH_PASS), "%s: %s", c->name,
                  auth_result_name(report->dmarc.result));
    ck_assert_msg((report->verdict == VERDICT_REJECT) == (c->why != NO_FINDING), "%s", c->name);
    report_free(&report);
}
END_TEST

/* A field that is over the limits is not read, and that is told. */
START_TEST(says_that_it_did_not_look)
{
    const struct preflight_origin origin = { .is_local = true };
    struct preflight_message *m = preflight_begin(engine, &origin, "a@example.com", NULL);

    for (int i = 0; i < 101; i++)
        preflight_header(m, "X", " y");
    preflight_header(m, "From", " a@example.com");
    preflight_end_of_header(m);
    struct report *report = preflight_end(&m, NULL);
    ck_assert_str_eq(report->dmarc.author_domain, "");
    ck_assert(findings_has(&report->findings, FINDING_MESSAGE_OVER_LIMITS));
    report_free(&report);
}
END_TEST

START_TEST(holds_for_mutations)
{
    static const char *const pieces[] = {
        "<", ">", ",", ";", ":", "\"", "(", ")", "@", ".", " ", "=?utf-8?q?x?=", "\xc3\xbc", NULL
    };
    uint64_t state = 5322;

    for (int round = 0; round < 3000; round++) {
        const char *seed = cases[mutate_below(&state, sizeof(cases) / sizeof(cases[0]))].from[0];
        char text[300];
        const char *fields[] = { text };
        size_t len = seed == NULL ? 0 : mutate(&state, seed, strlen(seed), pieces, text, sizeof(text) - 1);
        text[len] = '\0';
        struct report *report = judge("a@example.com", fields, 1);
        ck_assert_msg(report->dmarc.author_domain[0] != '\0' || has_from_finding(report), "'%s'", text);
        ck_assert_msg(report->dmarc.author_domain[0] == '\0' || report->author_domain != NULL, "'%s'", text);
        report_free(&report);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("author");
    TCase *tc = tcase_create("author");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, has_one_author_domain_or_says_why, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tc, says_that_it_did_not_look);
    tcase_add_test(tc, holds_for_mutations);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
