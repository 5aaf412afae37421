/*
 * lib/config/tree: sections, values, where they stand, and what replaces what.
 */
#include "config.h"

#include "lib/config/tree.h"
#include "t/unit/conffile.h"
#include "t/unit/unit.h"

static const struct tree_option file_options[] = { { "title", false, "\"none\"" }, { .name = NULL } };
static const struct tree_option host_options[] = { { "mx", true, NULL }, { "note", false, NULL }, { .name = NULL } };
static const struct tree_option rule_options[] = {
    { "when", true, NULL }, { "outcome", false, NULL }, { .name = NULL }
};
static const struct tree_kind kinds[] = {
    { "", "", false, false, file_options },
    { "host", "", true, false, host_options },
    { "rule", "host", true, true, rule_options },
    { .name = NULL }
};

static int refuse_never(const char *section, const char *option, const char *value, struct err *err)
{
    if (strcmp(section, "rule") == 0 && strcmp(option, "outcome") == 0 && strcmp(value, "never") == 0)
        return err_set(err, "'%s' is not an outcome", value);
    return 0;
}

static struct tree *read_file(const char *text)
{
    struct err err = { "" };
    struct tree *tree = tree_read(conffile_write("main.conf", text), kinds, refuse_never, &err);

    ck_assert_msg(tree != NULL, "%s", err.text);
    return tree;
}

START_TEST(reads_sections_in_sections)
{
    struct tree *tree = read_file("host a {\n  mx = { \".x.example\", y }\n  rule one {\n    when = { p, '!q\\d' }\n"
                                  "    outcome = reject\n  }\n  rule two { }\n}\nhost b { note = 'it is' }\n");
    const struct tree_section *root = tree_root(tree);

    ck_assert_str_eq(tree_string(root, "title"), "none");
    ck_assert_ptr_null(tree_entry(root, "title")->file);
    ck_assert_uint_eq(root->n_sections, 2);
    const struct tree_section *a = &root->sections[0];
    ck_assert_str_eq(a->title, "a");
    ck_assert_int_eq(a->line, 8);
    ck_assert_str_eq(a->file, conffile_path("main.conf"));
    ck_assert_uint_eq(tree_entry(a, "mx")->count, 2);
    ck_assert_str_eq(tree_entry(a, "mx")->values[1], "y");
    ck_assert_int_eq(tree_entry(a, "mx")->line, 2);
    ck_assert_ptr_null(tree_entry(a, "note"));
    ck_assert_ptr_null(tree_string(a, "note"));
    ck_assert_uint_eq(a->n_sections, 2);
    ck_assert_str_eq(a->sections[0].title, "one");
    ck_assert_str_eq(tree_entry(&a->sections[0], "when")->values[1], "!q\\d");
    ck_assert_int_eq(tree_entry(&a->sections[0], "outcome")->line, 5);
    ck_assert_uint_eq(a->sections[1].n_entries, 0);
    tree_free(&tree);
    ck_assert_ptr_null(tree);
    tree_free(&tree);
}
END_TEST

START_TEST(a_title_that_comes_again_replaces)
{
    struct err err;
    const char *inner = conffile_write("shipped.conf", "host a { mx = { one } note = old }\nhost b { mx = { two } }\n");
    struct tree *tree = read_file("include(\"shipped.conf\")\n\nhost a {\n  mx = { three }\n}\n");
    const struct tree_section *root = tree_root(tree);

    ck_assert_uint_eq(root->n_sections, 2);
    const struct tree_section *a = &root->sections[0], *b = &root->sections[1];
    ck_assert_str_eq(a->title, "a");
    ck_assert_str_eq(tree_string(a, "mx"), "three");
    ck_assert_ptr_null(tree_entry(a, "note"));
    tree_error(a, tree_entry(a, "mx"), &err, "is %s", "wrong");
    ck_assert_ptr_nonnull(strstr(err.text, "/main.conf:4: option 'host a: mx': is wrong"));
    ck_assert_str_eq(b->file, inner);
    tree_error(b, NULL, &err, "host '%s' is lonely", b->title);
    ck_assert_ptr_nonnull(strstr(err.text, "/shipped.conf:2: host 'b' is lonely"));
    tree_free(&tree);
}
END_TEST

static const struct { const char *text; const char *error; } bad[] = {
    { "host a {\n rule x {\n  outcome = never } }", ":3: option 'rule x: outcome': 'never' is not an outcome" },
    { "host a {\n rule x { } rule x { } }", ":2: duplicate section 'x'" },
    { "host a { when = { x } }", ":1: unknown option 'when', it belongs in section 'rule'" },
    { "host a { rule x { outcom = x } }", ":1: unknown option 'outcom', did you mean 'outcome'?" },
    { "hots a { }", ":1: unknown option 'hots', did you mean 'host'?" },
    { "host a {", ":1: the section that begins here is not closed" },
};

START_TEST(refuses)
{
    struct err err = { "" };
    struct tree *tree = tree_read(conffile_write("main.conf", bad[_i].text), kinds, refuse_never, &err);

    ck_assert_ptr_null(tree);
    ck_assert_msg(strstr(err.text, bad[_i].error) != NULL, "%s", err.text);
    tree = tree_read_text("built-in", bad[_i].text, kinds, refuse_never, &err);
    ck_assert_ptr_null(tree);
    ck_assert_msg(strncmp(err.text, "built-in:", 9) == 0, "%s", err.text);
}
END_TEST

START_TEST(reads_a_text_in_memory)
{
    struct err err = { "" };
    struct tree *tree = tree_read_text("built-in", "# words\nhost a { mx = { one } }\n", kinds, NULL, &err);

    ck_assert_msg(tree != NULL, "%s", err.text);
    ck_assert_str_eq(tree_root(tree)->sections[0].file, "built-in");
    ck_assert_int_eq(tree_entry(&tree_root(tree)->sections[0], "mx")->line, 2);
    tree_free(&tree);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tree");
    TCase *tcase = tcase_create("tree");

    tcase_add_checked_fixture(tcase, conffile_start, conffile_done);
    tcase_add_test(tcase, reads_sections_in_sections);
    tcase_add_test(tcase, a_title_that_comes_again_replaces);
    tcase_add_loop_test(tcase, refuses, 0, sizeof(bad) / sizeof(bad[0]));
    tcase_add_test(tcase, reads_a_text_in_memory);
    suite_add_tcase(suite, tcase);
    return unit_run(suite);
}
