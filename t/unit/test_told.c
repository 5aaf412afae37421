/*
 * milter/told: once an hour, bounded, thread-safe.
 */
#include "config.h"

#include "milter/told.h"
#include "t/unit/unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define HOUR_MS 3600000

START_TEST(explains_once_per_interval)
{
    static const struct { const char *finding, *subject; int64_t now_ms; bool want; } cases[] = {
        { "spf-fail", "203.0.113.5", 0, true },
        { "spf-fail", "203.0.113.5", 1, false },
        { "spf-fail", "203.0.113.6", 1, true },
        { "dkim-none", "203.0.113.5", 1, true },
        { "dkim-none", "", 1, true },
        { "dkim-none", "", 2, false },
        { "spf-fail", "203.0.113.5", HOUR_MS - 1, false },
        { "spf-fail", "203.0.113.5", HOUR_MS, true },
        { "spf-fail", "203.0.113.5", HOUR_MS + 1, false },
        { "spf-fail", "203.0.113.6", HOUR_MS, false },
        { "spf-fail", "203.0.113.6", HOUR_MS + 1, true },
    };
    struct told *e = told_new(16);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool is_due = told_is_due(e, cases[i].finding, cases[i].subject, cases[i].now_ms, HOUR_MS);
        ck_assert_msg(is_due == cases[i].want, "case %zu", i);
    }
    told_free(&e);
    ck_assert_ptr_null(e);
    told_free(&e);
}
END_TEST

START_TEST(forgets_the_oldest)
{
    struct told *e = told_new(4);
    char subject[16];

    for (int i = 0; i < 4; i++) {
        snprintf(subject, sizeof(subject), "s%d", i);
        ck_assert(told_is_due(e, "f", subject, i, 100));
    }
    ck_assert(told_is_due(e, "f", "s0", 100, 100));      /* explained anew: s1 is the oldest now */
    ck_assert(told_is_due(e, "f", "s4", 100, 100));
    ck_assert(!told_is_due(e, "f", "s0", 101, 100));
    ck_assert(!told_is_due(e, "f", "s2", 101, 100));
    ck_assert(!told_is_due(e, "f", "s3", 101, 100));
    ck_assert(told_is_due(e, "f", "s1", 100, 100));      /* was forgotten; s2 goes */
    ck_assert(told_is_due(e, "f", "s2", 101, 100));
    told_free(&e);
}
END_TEST

START_TEST(bears_many_and_long_subjects)
{
    struct told *e = told_new(TOLD_MAX);
    char subject[1000];

    memset(subject, 'x', sizeof(subject));
    subject[sizeof(subject) - 1] = '\0';
    ck_assert(told_is_due(e, "f", subject, 0, 100));
    subject[300] = 'y';
    ck_assert(!told_is_due(e, "f", subject, 0, 100));
    subject[200] = 'y';
    ck_assert(told_is_due(e, "f", subject, 0, 100));
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 2 * TOLD_MAX; i++) {
            snprintf(subject, sizeof(subject), "s%d", i);
            ck_assert(told_is_due(e, "f", subject, 0, 100));
        }
    }
    ck_assert(!told_is_due(e, "f", "s8000", 0, 100));
    told_free(&e);
}
END_TEST

static atomic_int given;

static void *ask(void *arg)
{
    char subject[16];
    for (int i = 0; i < 1000; i++) {
        snprintf(subject, sizeof(subject), "s%d", i);
        if (told_is_due(arg, "f", subject, 0, 100))
            atomic_fetch_add(&given, 1);
    }
    return NULL;
}

START_TEST(explains_once_among_threads)
{
    struct told *e = told_new(TOLD_MAX);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask, e), 0);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_int_eq(atomic_load(&given), 1000);
    told_free(&e);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("told");
    TCase *tc = tcase_create("told");
    tcase_add_test(tc, explains_once_per_interval);
    tcase_add_test(tc, forgets_the_oldest);
    tcase_add_test(tc, bears_many_and_long_subjects);
    tcase_add_test(tc, explains_once_among_threads);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
