/*
 * lib/depart/relayfacts.c: what is told, what is learned of the service that counts, and what is assumed.
 */
#include "config.h"

#include "lib/base/err.h"
#include "lib/base/str.h"
#include "lib/depart/postconf.h"
#include "lib/depart/relayfacts.h"
#include "t/unit/conffile.h"
#include "t/unit/unit.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#define MAIN "mail_version = 3.7.11\ncompatibility_level = 3.6\nmyorigin = example.com\nmydomain = example.com\n" \
    "default_database_type = hash\nappend_at_myorigin = yes\nappend_dot_mydomain = no\nrecipient_delimiter = +\n" \
    "propagate_unmatched_extensions = canonical, virtual\nmydestination = Mail.Example.Com, localhost\n" \
    "inet_interfaces = all\nproxy_interfaces = 192.0.2.1\nsmtp_line_length_limit = 998\n" \
    "disable_mime_output_conversion = no\nsmtp_discard_ehlo_keywords =\nsmtp_generic_maps =\n" \
    "sender_canonical_classes = envelope_sender, header_sender\ncanonical_classes = envelope_sender\n" \
    "masquerade_classes = envelope_sender, header_sender\nmasquerade_domains =\nmasquerade_exceptions = root\n" \
    "default_transport = smtp\n"
#define SERVICES "cleanup unix n - y - 0 cleanup\nsmtp unix - - y - - smtp\nnews unix - - y - - smtp\n" \
    "local unix - n n - - local\n"

/* What the facts come to, one a line; only what differs from a main.cf that says nothing. */
static void print_list(const char *name, const struct conf_strings *list, struct str *text)
{
    for (size_t i = 0; i < list->count; i++)
        str_addf(text, "%s %s\n", name, list->items[i]);
}

static void print(const struct relay_facts *facts, struct str *text)
{
    print_list("generic", &facts->generic_maps, text);
    print_list("header", &facts->header_checks, text);
    print_list("mime", &facts->mime_header_checks, text);
    print_list("nested", &facts->nested_header_checks, text);
    print_list("body", &facts->body_checks, text);
    print_list("sender_canonical", &facts->sender_canonical_maps, text);
    print_list("canonical", &facts->canonical_maps, text);
    print_list("masquerade", &facts->masquerade_domains, text);
    if (facts->propagates_generic)
        str_add(text, "propagates generic\n");
    if (!facts->propagates_canonical)
        str_add(text, "propagates no canonical\n");
    if (facts->line_length_limit != 998)
        str_addf(text, "limit %d\n", facts->line_length_limit);
    if (facts->converts_8bit != KNOWN_YES)
        str_addf(text, "converts %s\n", facts->converts_8bit == KNOWN_NO ? "no" : "not known");
    if (facts->eightbitmime != KNOWN_AUTO)
        str_addf(text, "8bitmime %s\n", facts->eightbitmime == KNOWN_NO ? "no" : "yes");
}

/* settings: added to main.cf, the later counts; told: of the section postfix. */
static const struct {
    const char *name, *settings, *services, *told, *want;
} cases[] = {
    { "nothing", "", "", "", "" },
    { "generic maps, without a type and in braces",
      "smtp_generic_maps = /etc/postfix/generic, { regexp:/etc/postfix/r }\n", "", "",
      "generic hash:/etc/postfix/generic\ngeneric regexp:/etc/postfix/r\n" },
    { "an inline table", "smtp_generic_maps = inline:{ {a@x = b@y}, c@x=d@y }\n", "", "",
      "generic inline:{ {a@x = b@y}, c@x=d@y }\n" },
    { "all kinds of checks", "smtp_header_checks = regexp:/h\nsmtp_mime_header_checks = regexp:/m\n"
      "smtp_nested_header_checks = regexp:/n\nsmtp_body_checks = regexp:/b\n", "", "",
      "header regexp:/h\nmime regexp:/m\nnested regexp:/n\nbody regexp:/b\n" },
    { "options of the service", "",
      "smtp/unix/smtp_generic_maps = hash:/own\nnews/unix/smtp_header_checks = hash:/not\n", "",
      "generic hash:/own\n" },
    { "another service by the transport", "default_transport = news:[relay.example.net]\n",
      "smtp/unix/smtp_generic_maps = hash:/not\nnews/unix/smtp_generic_maps = hash:/own\n", "",
      "generic hash:/own\n" },
    { "a transport that is no smtp(8)", "default_transport = local\n", "smtp/unix/smtp_generic_maps = hash:/own\n", "",
      "generic hash:/own\n" },
    { "the sender by cleanup(8)", "sender_canonical_maps = hash:/s\ncanonical_maps = hash:/c\n"
      "masquerade_domains = !keep.example.com example.com\n", "", "",
      "sender_canonical hash:/s\ncanonical hash:/c\nmasquerade !keep.example.com\nmasquerade example.com\n" },
    { "classes without it", "sender_canonical_maps = hash:/s\nsender_canonical_classes = header_sender\n"
      "canonical_maps = hash:/c\ncanonical_classes = envelope_recipient\n"
      "masquerade_domains = example.com\nmasquerade_classes = header_sender\n", "", "", "" },
    { "extensions", "propagate_unmatched_extensions = generic\n", "", "",
      "propagates generic\npropagates no canonical\n" },
    { "the form", "smtp_line_length_limit = 0\ndisable_mime_output_conversion = yes\n"
      "smtp_discard_ehlo_keywords = dsn, 8BITMIME\n", "", "", "limit 0\nconverts no\n8bitmime no\n" },
    { "told that no line is cut", "smtp_line_length_limit = 500\n", "", "smtp_line_length_limit = 0", "limit 0\n" },
    { "told before learned", "smtp_generic_maps = hash:/learned\nsmtp_line_length_limit = 500\n"
      "smtp_discard_ehlo_keywords = 8bitmime\n", "",
      "smtp_generic_maps = { \"hash:/told\" } smtp_line_length_limit = 700 eightbitmime = yes "
      "disable_mime_output_conversion = yes",
      "generic hash:/told\nlimit 700\nconverts no\n8bitmime yes\n" },
};

static void learn(const char *settings, const char *overrides, struct postconf *postconf_r)
{
    struct str all = STR_EMPTY;
    struct err err = { "" };

    /* A setting stands there once. */
    str_addf(&all, "\n%s", settings);
    for (const char *line = MAIN; *line != '\0'; line = strchr(line, '\n') + 1) {
        struct str key = STR_EMPTY;
        str_addf(&key, "\n%.*s", (int)strcspn(line, "="), line);
        if (strstr(str_get(&all), str_get(&key)) == NULL)
            str_addn(&all, line, strcspn(line, "\n") + 1);
        str_clear(&key);
    }
    const char *const texts[POSTCONF_QUESTIONS] = { str_get(&all), str_get(&all), SERVICES, overrides };
    ck_assert_msg(postconf_parse(texts, postconf_r, &err) == 0, "%s", err.text);
    str_clear(&all);
}

START_TEST(learns_what_counts)
{
    struct str text = STR_EMPTY, got = STR_EMPTY;
    struct relay_facts facts;
    struct postconf postconf;

    str_addf(&text, "postfix { %s }\n", cases[_i].told);
    struct conf *conf = conffile_load(str_get(&text));
    learn(cases[_i].settings, cases[_i].services, &postconf);
    relayfacts_from(conf, &postconf, &facts);
    print(&facts, &got);
    ck_assert_msg(strcmp(str_get(&got), cases[_i].want) == 0, "%s: got\n%s", cases[_i].name, str_get(&got));
    relayfacts_clear(&facts);
    postconf_clear(&postconf);
    conf_unref(&conf);
    str_clear(&text);
    str_clear(&got);
}
END_TEST

START_TEST(knows_what_is_local)
{
    struct conf *conf = conffile_load("");
    struct relay_facts facts;
    struct postconf postconf;

    learn("mydestination = Mail.Example.Com, hash:/etc/postfix/domains\ninet_interfaces = 192.0.2.7, loopback-only\n",
          "", &postconf);
    relayfacts_from(conf, &postconf, &facts);
    ck_assert_str_eq(facts.origin, "example.com");
    ck_assert_str_eq(facts.delimiters, "+");
    ck_assert(facts.appends_origin && !facts.appends_domain);
    ck_assert(facts.has_local_tables);
    ck_assert_uint_eq(facts.local_domains.count, 1);
    ck_assert_str_eq(facts.local_domains.items[0], "mail.example.com");
    ck_assert_uint_eq(facts.local_addresses.count, 2);
    ck_assert_str_eq(facts.local_addresses.items[0], "192.0.2.7");
    ck_assert_str_eq(facts.local_addresses.items[1], "192.0.2.1");
    relayfacts_clear(&facts);
    postconf_clear(&postconf);
    conf_unref(&conf);
}
END_TEST

START_TEST(assumes_little)
{
    struct conf *conf = conffile_load("postfix { sender_canonical_maps = { \"hash:/s\" } }");
    struct relay_facts facts;
    struct err err = { "" };

    ck_assert_int_eq(relayfacts_load(conf, &facts, &err), 0);
    ck_assert_uint_eq(facts.sender_canonical_maps.count, 1);
    ck_assert_str_eq(facts.origin, CONFFILE_HOST);
    ck_assert_str_eq(facts.domain, "example.com");
    ck_assert_int_eq(facts.line_length_limit, -1);
    ck_assert_int_eq((int)facts.converts_8bit, KNOWN_AUTO);
    ck_assert_int_eq((int)facts.eightbitmime, KNOWN_AUTO);
    ck_assert(!facts.has_local_tables && facts.local_domains.count == 2);
    relayfacts_clear(&facts);
    conf_unref(&conf);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("relayfacts");
    TCase *tc = tcase_create("relayfacts");

    tcase_add_checked_fixture(tc, conffile_start, conffile_done);
    tcase_add_loop_test(tc, learns_what_counts, 0, (int)LENGTH(cases));
    tcase_add_test(tc, knows_what_is_local);
    tcase_add_test(tc, assumes_little);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
