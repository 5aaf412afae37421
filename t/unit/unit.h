/*
 * What every unit test shares: the runner, and paths into the source tree.
 */
#ifndef PREFLIGHT_T_UNIT_H
#define PREFLIGHT_T_UNIT_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Runs the suite, TAP or plain as CK_* in the environment say; the program's exit status. */
static inline int unit_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A file of the source tree, wherever the build runs; a static buffer. */
static inline const char *unit_path(const char *file)
{
    static char path[4096];
    const char *top = getenv("top_srcdir");
    snprintf(path, sizeof(path), "%s/%s", top == NULL ? "." : top, file);
    return path;
}

/* For texts that are too long for check's messages: tells the first line that differs. */
static inline void assert_same(const char *got, const char *want)
{
    for (int line = 1; *got != '\0' || *want != '\0'; line++) {
        size_t n = strcspn(got, "\n"), m = strcspn(want, "\n");
        ck_assert_msg(n == m && memcmp(got, want, n) == 0 && got[n] == want[n], "line %d: got '%.*s', want '%.*s'",
                      line, (int)n, got, (int)m, want);
        got += n + (got[n] == '\n');
        want += m + (want[m] == '\n');
    }
}

/* For texts of which only a part is told beforehand. */
static inline void assert_within(const char *text, const char *want)
{
    ck_assert_msg(strstr(text, want) != NULL, "no '%s' in\n%s", want, text);
}

#endif
