/*
 * lib/audit/spfproposal and the SPF of lib/audit/publish: records that are mended, merged and proposed.
 */
#include "config.h"

#include "lib/audit/publish.h"
#include "lib/audit/spfproposal.h"
#include "lib/base/str.h"
#include "t/unit/unit.h"
#include "t/unit/zonedns.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static size_t count(const char *const *list, size_t n)
{
    size_t i = 0;

    while (i < n && list[i] != NULL)
        i++;
    return i;
}

START_TEST(mends_spf_records)
{
    static const struct { const char *record, *want; } records[] = {
        { "v=spf1 -all", "v=spf1 ip4:192.0.2.1 -all" }, { "v=spf1", "v=spf1 ip4:192.0.2.1" },
        { "v=spf1  mx ?ALL exp=a.example", "v=spf1 mx ip4:192.0.2.1 ?ALL exp=a.example" },
        { "v=spf1 redirect=a.example", "v=spf1 ip4:192.0.2.1 redirect=a.example" },
        { "v=spf1 a:all -all", "v=spf1 a:all ip4:192.0.2.1 -all" },
    };
    struct ip_addr address;

    ck_assert_int_eq(ip_parse("192.0.2.1", &address), 0);
    for (size_t i = 0; i < LENGTH(records); i++) {
        char *text = publish_mend_spf(records[i].record, &address, 1);
        ck_assert_str_eq(text, records[i].want);
        free(text);
    }
}
END_TEST

START_TEST(merges_spf_records)
{
    static const struct { const char *records[3], *want; } merges[] = {
        { { "v=spf1 mx -all", "v=spf1 MX ip4:192.0.2.1 ~all" }, "v=spf1 mx ip4:192.0.2.1 ~all" },
        { { "v=spf1 -all", "v=spf1 a -all", "v=spf1 a b=c exp=e.example ?all" }, "v=spf1 a ?all exp=e.example" },
        { { "v=spf1 a", "v=spf1 redirect=r.example" }, "v=spf1 a include:r.example ~all" },
        { { "v=spf1 mx +all a", "v=spf1 -all" }, "v=spf1 mx -all" },
        { { "v=spf1 all", "v=spf1 all" }, "v=spf1 ~all" },
        { { "v=spf1 mx redirect=a.example -all", "v=spf1" }, "v=spf1 mx -all" },
        { { "v=spf1 ip4:300.1.2.3 -all", "v=spf1 mx -all" }, NULL },
    };

    for (size_t i = 0; i < LENGTH(merges); i++) {
        char *text = spfproposal_merge(merges[i].records, count(merges[i].records, 3));
        ck_assert_msg((text == NULL) == (merges[i].want == NULL), "%zu", i);
        if (text != NULL)
            ck_assert_str_eq(text, merges[i].want);
        free(text);
    }
}
END_TEST

/* want NULL: nothing is proposed. */
static const struct { const char *records[3], *want; } proposals[] = {
    { { NULL }, "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all" },
    { { "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all" }, NULL },
    { { "v=spf1 ip4:192.0.2.0/24 -all" }, "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::1 -all" },
    { { "v=spf1 ip4:192.0.2.0/24 -all", "v=spf1 ip6:2001:db8::/32 ~all" },
      "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 ~all" },
    { { "v=spf1 ip4:192.0.2.0/24 -all", "v=spf1 mx -all" },
      "v=spf1 ip4:192.0.2.0/24 mx ip6:2001:db8::1 -all" },
    { { "v=spf1 include:both.example -all", "v=spf1 redirect=both.example" }, "v=spf1 include:both.example -all" },
    { { "v=spf1 ip4:300.1.2.3 ip6:2001:db8::1 -all" }, "v=spf1 ip6:2001:db8::1 ip4:192.0.2.1 -all" },
    { { "v=spf1 ipv4:192.0.2.1 include:both.example -all" }, "v=spf1 include:both.example -all" },
    { { "v=spf1 include:nothing.example ip4:192.0.2.1 ip6:2001:db8::1 -all" },
      "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all" },
    { { "v=spf1 ip4:300.1.2.3 -all", "v=spf1 include:both.example -all" }, "v=spf1 include:both.example -all" },
    /* What another publishes in error, and what needs too many lookups, is not ours to mend so. */
    { { "v=spf1 include:broken.example -all" }, NULL },
    { { "v=spf1 a:1.x a:2.x a:3.x a:4.x a:5.x a:6.x a:7.x a:8.x a:9.x a:10.x a:11.x -all" }, NULL },
    { { "v=spf1 include:failing.example -all" }, NULL },
};

START_TEST(proposes_spf_records)
{
    struct str text = STR_EMPTY;
    struct ip_addr addresses[2];
    struct publish publish = { 0 };
    struct dns_budget budget = zonedns_budget();

    str_add(&text, "$TTL 60\na.example. IN MX 10 mx.a.example.\nboth.example. IN TXT \"v=spf1 ip4:192.0.2.1 "
            "ip6:2001:db8::1 -all\"\nbroken.example. IN TXT \"v=spf1 what -all\"\n");
    for (int i = 1; i <= 11; i++)
        str_addf(&text, "%d.x. IN A 198.51.100.1\n", i);
    for (size_t i = 0; i < LENGTH(proposals[_i].records) && proposals[_i].records[i] != NULL; i++)
        str_addf(&text, "a.example. IN TXT \"%s\"\n", proposals[_i].records[i]);
    struct dns *dns = zonedns_new(str_get(&text));
    dns_inject(dns, "failing.example", DNS_TXT, DNS_TIMEOUT);
    ck_assert_int_eq(ip_parse("192.0.2.1", &addresses[0]), 0);
    ck_assert_int_eq(ip_parse("2001:db8::1", &addresses[1]), 0);
    spfproposal_make(&(struct spfproposal_input){
                         .dns = dns, .domain = "a.example", .helo = "mx.a.example", .sender = "postmaster@a.example",
                         .receiver = "r.example", .addresses = addresses, .n_addresses = 2,
                     }, &budget, &publish);
    ck_assert_msg(publish.count == (proposals[_i].want != NULL), "%d: %s", _i,
                  publish.count > 0 ? publish.items[0].text : "nothing");
    if (publish.count > 0)
        ck_assert_str_eq(publish.items[0].text, proposals[_i].want);
    publish_clear(&publish);
    dns_free(&dns);
    str_clear(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spfproposal");
    TCase *tc = tcase_create("spfproposal");
    tcase_add_test(tc, mends_spf_records);
    tcase_add_test(tc, merges_spf_records);
    tcase_add_loop_test(tc, proposes_spf_records, 0, (int)LENGTH(proposals));
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
