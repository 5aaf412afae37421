/*
 * milter/cmdline: the daemon's options.
 */
#include "config.h"

#include "lib/base/err.h"
#include "milter/cmdline.h"
#include "t/unit/unit.h"

static const struct {
    const char *argv[5];
    int rc;
    struct cmdline want;
    const char *error;
} cases[] = {
    { { NULL }, 0, { TASK_SERVE, false, NULL }, NULL },
    { { "-f" }, 0, { TASK_SERVE, true, NULL }, NULL },
    { { "-n", "-c", "x.conf" }, 0, { TASK_CHECK, false, "x.conf" }, NULL },
    { { "-nf", "-cx.conf" }, 0, { TASK_CHECK, true, "x.conf" }, NULL },
    { { "-V" }, 0, { TASK_VERSION, false, NULL }, NULL },
    { { "-h", "-q" }, 0, { TASK_HELP, false, NULL }, NULL },
    { { "-c" }, -1, { 0 }, "option -c needs an argument" },
    { { "-q" }, -1, { 0 }, "unknown option -q" },
    { { "-f", "file" }, -1, { 0 }, "unexpected argument 'file'" },
    { { "file", "-f" }, -1, { 0 }, "unexpected argument 'file'" },
};

START_TEST(reads_the_command_line)
{
    char name[] = "preflight-milter", words[4][16];
    char *argv[6] = { name };
    int argc = 1;
    for (; cases[_i].argv[argc - 1] != NULL; argc++) {
        snprintf(words[argc - 1], sizeof(words[0]), "%s", cases[_i].argv[argc - 1]);
        argv[argc] = words[argc - 1];
    }

    struct cmdline cmdline;
    struct err err = { "" };
    ck_assert_int_eq(cmdline_parse(argc, argv, &cmdline, &err), cases[_i].rc);
    if (cases[_i].rc != 0) {
        ck_assert_str_eq(err.text, cases[_i].error);
        return;
    }
    ck_assert_int_eq(cmdline.task, cases[_i].want.task);
    ck_assert_int_eq(cmdline.is_foreground, cases[_i].want.is_foreground);
    ck_assert_pstr_eq(cmdline.conf, cases[_i].want.conf);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cmdline");
    TCase *tc = tcase_create("cmdline");
    tcase_add_loop_test(tc, reads_the_command_line, 0, sizeof(cases) / sizeof(cases[0]));
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
