/*
 * lib/judge/receivers: the manual has every fact, every option and every receiver that comes with Preflight.
 */
#include "config.h"

#include "lib/judge/receivers.h"
#include "lib/config/source.h"
#include "lib/config/tree.h"
#include "t/unit/conffile.h"
#include "t/unit/known.h"
#include "t/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_manual(void)
{
    struct str text = STR_EMPTY;
    struct err err = { "" };

    ck_assert_msg(source_read(unit_path("man/preflight.conf.5"), &text, &err) == 0, "%s", err.text);
    return str_steal(&text);
}

/* The items of a list that begins after a heading: the words of each ".It Cm a , b", or the first of ".It Ic a". */
static size_t read_items(const char *manual, const char *heading, char names_r[][32], size_t max)
{
    const char *p = strstr(manual, heading);
    ck_assert_msg(p != NULL, "no '%s'", heading);
    const char *end = strstr(p, "\n.El\n");
    size_t n = 0;

    while ((p = strstr(p, "\n.It ")) != NULL && p < end) {
        bool is_option = strncmp(p, "\n.It Ic ", 8) == 0;
        p += 8;
        for (bool is_more = true; is_more; p += strspn(p, " ,")) {
            size_t len = strcspn(p, " \n");
            ck_assert_uint_lt(n, max);
            snprintf(names_r[n++], 32, "%.*s", (int)len, p);
            p += len;
            is_more = *p == ' ' && !is_option;
        }
    }
    return n;
}

static bool is_in(char names[][32], size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

START_TEST(every_fact_is_in_the_manual)
{
    char *manual = read_manual();
    char names[2 * FACT_COUNT][32];
    size_t n = read_items(manual, "\n.Ss Facts\n", names, 2 * FACT_COUNT);

    for (int i = 0; i < FACT_COUNT; i++)
        ck_assert_msg(is_in(names, n, fact_name((enum fact_id)i)), "%s is not in the manual",
                      fact_name((enum fact_id)i));
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(fact_find(names[i]) >= 0, "the manual has '%s'", names[i]);
    ck_assert_uint_eq(n, FACT_COUNT);
    free(manual);
}
END_TEST

START_TEST(every_option_is_in_the_manual)
{
    char *manual = read_manual();

    for (const struct tree_kind *kind = receivers_kinds() + 1; kind->name != NULL; kind++) {
        char names[20][32], heading[64];
        size_t known = 0;
        snprintf(heading, sizeof(heading), "\n.Ss Section %s NAME\n", kind->name);
        size_t n = read_items(manual, heading, names, 20);
        for (const struct tree_option *option = kind->options; option->name != NULL; option++, known++)
            ck_assert_msg(is_in(names, n, option->name), "%s: %s is not in the manual", kind->name, option->name);
        ck_assert_uint_eq(n, known);
    }
    free(manual);
}
END_TEST

/* The receivers that come with Preflight, by name and title. */
START_TEST(every_receiver_is_in_the_manual)
{
    char *manual = read_manual();
    char names[100][32], item[200];
    size_t n = read_items(manual, "\n.Ss Receivers that come with Preflight\n", names, 100), count;
    const struct receiver *all = receivers_all(known_receivers(), &count);

    for (size_t i = 0; i < count; i++) {
        ck_assert_msg(is_in(names, n, all[i].name), "%s is not in the manual", all[i].name);
        snprintf(item, sizeof(item), "\n.It Cm %s\n%s\n", all[i].name, all[i].title);
        ck_assert_msg(strstr(manual, item) != NULL, "%s is not '%s' in the manual", all[i].name, all[i].title);
    }
    ck_assert_uint_eq(n, count);
    free(manual);
}
END_TEST

/* The example of the manual loads. */
START_TEST(the_manuals_example_is_good)
{
    char *manual = read_manual();
    char *start = strstr(manual, "\nreceiver partner {");
    ck_assert_ptr_nonnull(start);
    char *end = strstr(start, "\n.Ed\n");
    struct str text = STR_EMPTY;
    struct err err = { "" };

    str_add(&text, "receiver generic { }\n");
    str_addn(&text, start, (size_t)(end - start));
    struct receivers *receivers = receivers_load(conffile_write("r.conf", str_get(&text)), &err);
    ck_assert_msg(receivers != NULL, "%s", err.text);
    ck_assert_str_eq(receivers_by_host(receivers, "a.filter.example")->name, "partner");
    receivers_unref(&receivers);
    str_clear(&text);
    free(manual);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("receiversdoc");
    TCase *tc = tcase_create("receiversdoc");
    tcase_add_checked_fixture(tc, conffile_start, conffile_done);
    tcase_add_test(tc, every_fact_is_in_the_manual);
    tcase_add_test(tc, every_option_is_in_the_manual);
    tcase_add_test(tc, every_receiver_is_in_the_manual);
    tcase_add_test(tc, the_manuals_example_is_good);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
