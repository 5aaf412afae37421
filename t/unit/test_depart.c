/*
 * lib/depart: which addresses of a field are rewritten and how the field then looks, which keys are looked up in which
 * order, and what is kept of the answers.  Asks the real postmap(1), of tables that stand in its arguments; where there
 * is none, what needs it is passed over.
 */
#include "config.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/depart/addressmap.h"
#include "lib/depart/depart.h"
#include "lib/depart/fieldaddress.h"
#include "lib/depart/postmap.h"
#include "lib/depart/tablecache.h"
#include "t/unit/conffile.h"
#include "t/unit/departfor.h"
#include "t/unit/haspostmap.h"
#include "t/unit/unit.h"

#include <pthread.h>
#include <unistd.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define LATER (clock_ms() + 20000)

/* --- fields ------------------------------------------------------------------------------------ */

static const struct { const char *value, *addresses; } found[] = {
    { " a@x.example", "a@x.example" },
    { " Alice <a@x.example>", "a@x.example" },
    { " \"b@y.example\" <a@x.example> (c@z.example)", "a@x.example" },
    { " =?utf-8?q?c=40d?= <a@x.example>", "a@x.example" },
    { " a@x.example (Alice), b@y.example", "a@x.example b@y.example" },
    { " a @ x . example", "a@x.example" },
    { "\n <a@x.\n example>", "a@x.example" },
    { " friends: a@x.example, Bob <b@y.example>;", "a@x.example b@y.example" },
    { " undisclosed-recipients:;", "" },
    { " <@route.example:a@x.example>", "@route.example:a@x.example" },
    { " \"a b\"@x.example", "\"a b\"@x.example" },
    { " a@[192.0.2.1], root", "a@[192.0.2.1] root" },
    { " <>", "" },
    { " <a@x.example", "<a@x.example" },
    { " Alice a@x.example", "Alice a@x.example" },
    { " <b@y.example> <a@x.example> c@z.example", "b@y.example a@x.example c@z.example" },
    { " http://x.example", "http://x.example" },
    { " a: b@y.example; c <a@x.example>", "b@y.example a@x.example" },
    { " \"a@x.example", "\"a@x.example\"" },
    { " (a@x.example", "" },
    { " ,,;a@x.example\\", "a@x.example" },
    { "", "" },
};

START_TEST(finds_addresses)
{
    struct fieldaddresses list;
    struct str got = STR_EMPTY;

    fieldaddress_find(found[_i].value, &list);
    for (size_t i = 0; i < list.count; i++) {
        str_addf(&got, "%s%s", i > 0 ? " " : "", list.items[i].text);
        ck_assert_uint_le(list.items[i].at + list.items[i].len, strlen(found[_i].value));
    }
    ck_assert_str_eq(str_get(&got), found[_i].addresses);
    str_clear(&got);
    fieldaddress_clear(&list);
}
END_TEST

START_TEST(stops_at_a_bound)
{
    struct str value = STR_EMPTY;
    struct fieldaddresses list;

    for (int i = 0; i < FIELDADDRESS_MAX + 5; i++)
        str_add(&value, "a@x.example,");
    fieldaddress_find(str_get(&value), &list);
    ck_assert_uint_eq(list.count, FIELDADDRESS_MAX);
    ck_assert(list.is_cut);
    fieldaddress_clear(&list);
    str_clear(&value);
}
END_TEST

/* Every "a@x.example" becomes "new@y.example". */
static const struct { const char *name, *value, *want; } rewritings[] = {
    { "From", " Alice <a@x.example>", " Alice <new@y.example>" },
    { "From", " \"a@x.example\" <a@x.example>", " \"a@x.example\" <new@y.example>" },
    { "To", " b@z.example,\n\ta@x.example", " b@z.example, new@y.example" },
    { "To", " all: a@x.example, (a@x.example) b@z.example;", " all: new@y.example, b@z.example (a@x.example);" },
    { "To", " <longer.than.the.others@first.example>, <longer.than.the.others@second.example>, a@x.example",
      " <longer.than.the.others@first.example>,\n\t<longer.than.the.others@second.example>, new@y.example" },
    { "Cc", "a@x.example", " new@y.example" },
    { "Cc", " a @ x.example ,b@z.example", " new@y.example, b@z.example" },
    { "From", " \"Al, ice\" <a@x.example> (c)", " \"Al, ice\" <new@y.example>(c)" },
    { "From", " (c) a@x.example ( x )", " new@y.example (c) ( x )" },
    { "From", " J.\r\n Doe (c) <a@x.example>", " J.Doe (c) <new@y.example>" },
    { "From", " Alice a@x.example", " Alice, new@y.example" },
    { "From", " <b@z.example> <a@x.example> a@x.example", " <b@z.example> <new@y.example>, new@y.example" },
};

START_TEST(rewrites_fields)
{
    struct fieldaddresses list;
    struct str got = STR_EMPTY;

    fieldaddress_find(rewritings[_i].value, &list);
    for (size_t i = 0; i < list.count; i++) {
        if (strcmp(list.items[i].text, "a@x.example") == 0)
            list.items[i].other = "new@y.example";
    }
    fieldaddress_rewrite(rewritings[_i].name, rewritings[_i].value, &list, &got);
    ck_assert_str_eq(str_get(&got), rewritings[_i].want);
    str_clear(&got);
    fieldaddress_clear(&list);
}
END_TEST

START_TEST(knows_the_fields)
{
    static const char *const yes[] = { "From", "from", "SENDER", "Reply-To", "Resent-From", "To ", "Errors-To" };
    static const char *const no[] = { "Delivered-To", "Message-ID", "List-Post", "X-From", "Fro", "From2", "" };

    for (size_t i = 0; i < LENGTH(yes); i++)
        ck_assert_msg(fieldaddress_is_rewritten(yes[i]), "%s", yes[i]);
    for (size_t i = 0; i < LENGTH(no); i++)
        ck_assert_msg(!fieldaddress_is_rewritten(no[i]), "%s", no[i]);
}
END_TEST

/* --- what is kept --------------------------------------------------------------------------------- */

START_TEST(keeps_what_was_said)
{
    struct tablecache *cache = tablecache_new(16, 1000);
    char *value, key[32], *large = xcalloc(TABLECACHE_TEXT_MAX + 1, 1);

    memset(large, 'a', TABLECACHE_TEXT_MAX);
    ck_assert(!tablecache_get(cache, "t", "a", 0, &value));
    tablecache_put(cache, "t", "a", "b", 0);
    tablecache_put(cache, "t", "none", NULL, 0);
    ck_assert(tablecache_get(cache, "t", "a", 999, &value));
    ck_assert_str_eq(value, "b");
    free(value);
    ck_assert(tablecache_get(cache, "t", "none", 999, &value));
    ck_assert_ptr_null(value);
    ck_assert(!tablecache_get(cache, "ta", "", 0, &value));
    ck_assert(!tablecache_get(cache, "t", "a", 1000, &value));
    tablecache_put(cache, "t", "a", "c", 1000);
    ck_assert(tablecache_get(cache, "t", "a", 1000, &value));
    ck_assert_str_eq(value, "c");
    free(value);
    tablecache_put(cache, "t", "large", large, 0);
    ck_assert(!tablecache_get(cache, "t", "large", 0, &value));
    size_t kept = 0;
    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof(key), "key%d", i);
        tablecache_put(cache, "t", key, "v", 2000 + i);
    }
    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof(key), "key%d", i);
        kept += tablecache_get(cache, "t", key, 2000, &value);
        free(value);
    }
    ck_assert_uint_le(kept, 16);
    ck_assert_uint_ge(kept, 8);
    free(large);
    tablecache_free(&cache);
    ck_assert_ptr_null(cache);
}
END_TEST

static void *use_cache(void *cache)
{
    for (int i = 0; i < 20000; i++) {
        char key[16], *value;
        snprintf(key, sizeof(key), "%d", i % 100);
        if (tablecache_get(cache, "t", key, i, &value) && value != NULL)
            ck_assert_str_eq(value, key);
        free(value);
        tablecache_put(cache, "t", key, i % 3 == 0 ? NULL : key, i);
    }
    return NULL;
}

START_TEST(is_shared_between_threads)
{
    struct tablecache *cache = tablecache_new(64, 50);
    pthread_t threads[4];

    for (size_t i = 0; i < LENGTH(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, use_cache, cache), 0);
    for (size_t i = 0; i < LENGTH(threads); i++)
        pthread_join(threads[i], NULL);
    tablecache_free(&cache);
}
END_TEST

/* --- addresses ------------------------------------------------------------------------------------- */

/* Of a host mail.local.example with the extension "+". */
static const struct {
    const char *tables, *address, *want;    /* want NULL: it stays */
    bool propagates;
} mappings[] = {
    { "inline:{ a@x.example=b@y.example }", "a@x.example", "b@y.example", false },
    { "inline:{ a@x.example=b@y.example }", "A@X.Example", "b@y.example", false },
    { "inline:{ a@x.example=b@y.example }", "c@x.example", NULL, false },
    { "inline:{ a+e@x.example=b@y.example, a@x.example=c@y.example }", "a+e@x.example", "b@y.example", true },
    { "inline:{ a@x.example=b@y.example }", "a+e@x.example", "b@y.example", false },
    { "inline:{ a@x.example=b@y.example }", "a+e@x.example", "b+e@y.example", true },
    { "inline:{ a=b@y.example }", "a@x.example", NULL, false },
    { "inline:{ a=b@y.example }", "a@mail.local.example", "b@y.example", false },
    { "inline:{ a=b@y.example }", "a+e@localhost", "b+e@y.example", true },
    { "inline:{ a+e=c@y.example, a=b@y.example }", "a+e@localhost", "c@y.example", true },
    { "inline:{ a=b@y.example, @localhost=c@y.example }", "a@localhost", "b@y.example", false },
    { "inline:{ @x.example=@y.example }", "a+e@x.example", "a+e@y.example", false },
    { "inline:{ @x.example=b@y.example }", "a+e@x.example", "b@y.example", true },
    { "inline:{ a@x.example=@y.example }", "a+e@x.example", "a@y.example", false },
    { "inline:{ a@x.example=@y.example }", "a+e@x.example", "a+e@y.example", true },
    { "inline:{ a@x.example=b@y.example }", "@r.example:a@x.example", NULL, false },
    { "inline:{ @x.example=@y.example }", "@r.example:a@x.example", "a@y.example", false },
    { "inline:{ a@x.example=b }", "a@x.example", "b@mail.local.example", false },
    { "inline:{ {a@x.example = Bob <b@y.example>, c@y.example} }", "a@x.example", "b@y.example", false },
    { "inline:{ a@mail.local.example=b@y.example }", "a", "b@y.example", false },
    { "inline:{ postmaster@x.example=b@y.example }", "postmaster+e@x.example", "b@y.example", false },
    { "inline:{ {\"a b\"@x.example = b@y.example} }", "\"a b\"@x.example", "b@y.example", false },
    { "regexp:{{/^a b@x/ b@y.example}}", "\"a b\"@x.example", "b@y.example", false },
    { "regexp:{{/^(.*)@x\\.example$/ $1@y.example}}", "a+e@x.example", "a+e@y.example", false },
    { "regexp:{{/^@x\\.example$/ b@y.example}}", "a@x.example", NULL, false },
    { "inline:{ a@x.example=b@y.example }", "", NULL, false },
    { "inline:{ a@x.example=b@y.example }", "a@x.example\n", NULL, false },
};

START_TEST(maps_addresses)
{
    char *items[] = { (char *)(size_t)mappings[_i].tables, NULL }, *local[] = { (char *)(size_t)"localhost", NULL };
    const struct conf_strings tables = { items, 1 };
    struct relay_facts facts = {
        .delimiters = (char *)(size_t)"+", .origin = (char *)(size_t)"mail.local.example", .appends_origin = true,
        .domain = (char *)(size_t)"local.example", .local_domains = { local, 1 },
    };
    struct postmap *postmap = postmap_new("");
    struct addressmap map;
    struct err err = { "" };
    char *got;

    if (has_postmap()) {
        addressmap_init(&map, &facts, &tables, mappings[_i].propagates);
        for (int again = 0; again < 2; again++) {
            int64_t deadline = again == 0 ? LATER : 0;      /* the second time nobody is asked */
            ck_assert_msg(addressmap_find(&map, postmap, &mappings[_i].address, 1, &got, deadline, &err) == 0, "%s",
                          err.text);
            if (mappings[_i].want == NULL)
                ck_assert_ptr_null(got);
            else
                ck_assert_str_eq(got, mappings[_i].want);
            free(got);
        }
        addressmap_clear(&map);
    }
    postmap_free(&postmap);
}
END_TEST

/* Patterns are asked for whole addresses only; the order of keys goes before the order of tables. */
START_TEST(asks_several_tables)
{
    char *items[] = { (char *)(size_t)"regexp:{{/^@/ wrong@y.example} {/^c@/ pattern@y.example}}",
                      (char *)(size_t)"inline:{ @x.example=domain@y.example, c@x.example=late@y.example }", NULL };
    const struct conf_strings tables = { items, 2 };
    struct relay_facts facts = { .delimiters = (char *)(size_t)"", .origin = (char *)(size_t)"",
                                 .domain = (char *)(size_t)"" };
    const char *const addresses[] = { "a@x.example", "c@x.example", "b@z.example", "a@x.example" };
    const char *const wants[] = { "domain@y.example", "pattern@y.example", NULL, "domain@y.example" };
    struct postmap *postmap = postmap_new("");
    struct addressmap map;
    struct err err = { "" };
    char *got[4];

    if (has_postmap()) {
        addressmap_init(&map, &facts, &tables, false);
        ck_assert_msg(addressmap_find(&map, postmap, addresses, 4, got, LATER, &err) == 0, "%s", err.text);
        for (size_t i = 0; i < 4; i++) {
            ck_assert_pstr_eq(got[i], wants[i]);
            free(got[i]);
        }
        addressmap_clear(&map);
    }
    postmap_free(&postmap);
}
END_TEST

START_TEST(fails_where_it_is_not_known)
{
    static const struct { const char *table, *address, *error; } cases[] = {
        { "texthash:/nonexistent/t", "a@x.example", "/nonexistent/t" },
        { "inline:{ a@x.example=<> }", "a@x.example", "the value of a@x.example is no address" },
        { "regexp:{{/x/ b@y.example}}", "\"a\tb\"@x.example", "an address that postmap cannot be asked about" },
        { "inline:{ a=b@y.example }", "a@x.example", "whether the domain of a@x.example is local" },
    };
    for (size_t i = 0; i < LENGTH(cases) && has_postmap(); i++) {
        char *items[] = { (char *)(size_t)cases[i].table, NULL };
        const struct conf_strings tables = { items, 1 };
        struct relay_facts facts = { .delimiters = (char *)(size_t)"", .origin = (char *)(size_t)"o.example",
                                     .domain = (char *)(size_t)"", .has_local_tables = true };
        struct postmap *postmap = postmap_new("");
        struct addressmap map;
        struct err err = { "" };
        char *got = NULL;
        addressmap_init(&map, &facts, &tables, false);
        ck_assert_int_eq(addressmap_find(&map, postmap, (const char *[]){ "new@x.example" }, 1, &got, 0, &err), -1);
        ck_assert_str_eq(err.text, "no time is left to ask postmap");
        ck_assert_int_eq(addressmap_find(&map, postmap, &cases[i].address, 1, &got, LATER, &err), -1);
        ck_assert_msg(strstr(err.text, cases[i].error) != NULL, "%s", err.text);
        ck_assert_ptr_null(got);
        addressmap_clear(&map);
        postmap_free(&postmap);
    }
}
END_TEST

/* Of a table that is not there, and is before it is asked again. */
START_TEST(spares_tables_that_failed)
{
    struct postmap_key key = { (char *)(size_t)"a@x.example", NULL };
    struct str name = STR_EMPTY;
    struct err first = { "" }, again = { "" };

    if (!has_postmap())
        return;
    struct postmap *postmap = postmap_new("");
    str_addf(&name, "texthash:%s", conffile_path("table"));
    char *items[] = { name.data, NULL }, *others[] = { (char *)(size_t)"inline:{ a@x.example=b }", NULL };
    const struct conf_strings tables = { items, 1 }, other = { others, 1 };
    ck_assert_int_eq(postmap_find(postmap, &tables, &key, 1, LATER, &first), -1);
    (void)conffile_write("table", "a@x.example b@y.example\n");
    int64_t start = clock_ms();
    ck_assert_int_eq(postmap_find(postmap, &tables, &key, 1, LATER, &again), -1);
    ck_assert_str_eq(again.text, first.text);
    ck_assert_ptr_null(key.value);
    ck_assert_int_eq(postmap_find(postmap, &other, &key, 1, LATER, &again), 0);
    free(key.value);
    while (postmap_find(postmap, &tables, &key, 1, LATER, &again) < 0 && clock_ms() < start + 20000)
        usleep(50000);
    ck_assert_pstr_eq(key.value, "b@y.example");
    free(key.value);
    str_clear(&name);
    postmap_free(&postmap);
}
END_TEST

START_TEST(masquerades)
{
    static const struct { const char *address, *want; } cases[] = {
        { "a@host.x.example", "a@x.example" }, { "a@deep.host.X.example", "a@x.example" }, { "a@x.example", NULL },
        { "a@keep.x.example", NULL }, { "a@in.keep.x.example", NULL }, { "root@host.x.example", NULL },
        { "a@otherx.example", NULL }, { "a", NULL },
    };
    char *domains[] = { (char *)(size_t)"!keep.x.example", (char *)(size_t)"x.example", NULL };
    char *exceptions[] = { (char *)(size_t)"root", NULL };
    const struct relay_facts facts = { .masquerade_domains = { domains, 2 },
                                       .masquerade_exceptions = { exceptions, 1 } };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        char *got = addressmap_masquerade(&facts, cases[i].address);
        ck_assert_pstr_eq(got, cases[i].want);
        free(got);
    }
}
END_TEST

/* --- a message -------------------------------------------------------------------------------------------- */

static struct departure *depart_with(struct depart *depart, const char *sender, const struct departure_limits *limits)
{
    struct departure *departure = departure_begin(depart, sender, limits);

    ck_assert_ptr_nonnull(departure);
    departure_header(departure, "From", " Alice <a@x.example>");
    departure_header(departure, "To", " b@z.example");
    departure_header(departure, "Subject", " hello");
    departure_end_of_header(departure, LATER);
    return departure;
}

START_TEST(nothing_is_done_where_nothing_is_told)
{
    const struct departure_limits limits = { 100, 10000 };
    struct depart *depart = depart_for("eightbitmime = no disable_mime_output_conversion = yes");

    ck_assert_ptr_null(departure_begin(depart, "a@x.example", &limits));
    depart_free(&depart);
}
END_TEST

START_TEST(follows_a_message)
{
    const struct departure_limits limits = { 100, 10000 }, narrow = { 2, 10000 };
    const struct departure_change *changes;
    const char *name, *value;

    if (!has_postmap())
        return;
    struct depart *depart = depart_for("smtp_generic_maps = { \"inline:{ {@x.example = @y.example} }\" }"
                                       "smtp_header_checks = { \"regexp:{{/^Subject:/ IGNORE}}\" }"
                                       "sender_canonical_maps = { \"inline:{ a=b@x.example }\" }");
    struct departure *departure = depart_with(depart, "a@" CONFFILE_HOST, &limits);
    ck_assert_pstr_eq(departure_problem(departure), NULL);
    ck_assert_str_eq(departure_sender(departure), "b@y.example");
    ck_assert_str_eq(departure_sender_setting(departure), "smtp_generic_maps");
    ck_assert_str_eq(departure_author_before(departure), "a@x.example");
    ck_assert_str_eq(departure_author_after(departure), "a@y.example");
    ck_assert_uint_eq(departure_changes(departure, &changes), 2);
    ck_assert_str_eq(changes[0].field, "Subject");
    ck_assert_str_eq(changes[1].field, "From");
    ck_assert(departure_field(departure, 0, &name, &value));
    ck_assert_str_eq(value, " Alice <a@y.example>");
    ck_assert(departure_field(departure, 1, &name, &value));
    ck_assert(!departure_field(departure, 2, &name, &value));
    departure_free(&departure);

    departure = depart_with(depart, "", &limits);
    ck_assert_str_eq(departure_sender(departure), "");
    departure_free(&departure);

    depart_free(&depart);
    depart = depart_for("smtp_generic_maps = { \"inline:{ {@x.example = @y.example} }\" } smtp_line_length_limit = 20");
    departure = depart_with(depart, "c@x.example", &limits);
    ck_assert_uint_eq(departure_changes(departure, &changes), 2);
    ck_assert_str_eq(changes[1].setting, "smtp_line_length_limit = 20");
    ck_assert(departure_field(departure, 0, &name, &value));
    ck_assert_str_eq(value, " Alice <a@y.exa\n mple>");
    departure_free(&departure);

    departure = depart_with(depart, "c@x.example", &narrow);
    ck_assert_uint_eq(departure_changes(departure, &changes), 0);
    ck_assert_pstr_eq(departure_problem(departure), "the header is larger than the limits");
    departure_free(&departure);
    depart_free(&depart);

    depart = depart_for("sender_canonical_maps = { \"inline:{ a=b@x.example }\" } smtp_line_length_limit = 20");
    departure = depart_with(depart, "a@" CONFFILE_HOST, &narrow);
    ck_assert_uint_eq(departure_changes(departure, &changes), 0);
    ck_assert_pstr_eq(departure_problem(departure), NULL);
    ck_assert_str_eq(departure_sender(departure), "b@x.example");
    ck_assert(!departure_has_fields(departure));
    departure_free(&departure);
    depart_free(&depart);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("depart");
    TCase *tc = tcase_create("depart");

    tcase_add_checked_fixture(tc, conffile_start, conffile_done);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, finds_addresses, 0, (int)LENGTH(found));
    tcase_add_test(tc, stops_at_a_bound);
    tcase_add_loop_test(tc, rewrites_fields, 0, (int)LENGTH(rewritings));
    tcase_add_test(tc, knows_the_fields);
    tcase_add_test(tc, keeps_what_was_said);
    tcase_add_test(tc, is_shared_between_threads);
    tcase_add_loop_test(tc, maps_addresses, 0, (int)LENGTH(mappings));
    tcase_add_test(tc, asks_several_tables);
    tcase_add_test(tc, fails_where_it_is_not_known);
    tcase_add_test(tc, spares_tables_that_failed);
    tcase_add_test(tc, masquerades);
    tcase_add_test(tc, nothing_is_done_where_nothing_is_told);
    tcase_add_test(tc, follows_a_message);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
