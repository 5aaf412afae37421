/*
 * lib/state/volume: messages of the last day, counted within bounds.
 */
#include "config.h"

#include "lib/state/volume.h"
#include "t/unit/unit.h"

#include <pthread.h>

#define HOUR ((int64_t)60 * 60 * 1000)

START_TEST(counts_a_day)
{
    static const struct { int64_t at; uint32_t want; } cases[] = {
        { 0, 1 }, { 0, 2 }, { HOUR - 1, 3 }, { HOUR, 4 }, { 23 * HOUR, 5 },
        { 24 * HOUR - 1, 6 },
        { 24 * HOUR, 4 },           /* the three of the first hour are gone */
        { 25 * HOUR, 4 },           /* and the one of the second */
        { 47 * HOUR, 3 },           /* and those of the 24th */
        { 500 * HOUR, 1 },
        { 499 * HOUR, 2 },          /* a thread that read the clock earlier */
    };
    struct volume *volume = volume_new(100);
    const int64_t start = 1000 * HOUR;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t got = volume_add(volume, "gmail", "example.com", start + cases[i].at);
        ck_assert_msg(got == cases[i].want, "case %zu: %u", i, got);
    }
    volume_unref(&volume);
    ck_assert_ptr_null(volume);
    volume_unref(&volume);
}
END_TEST

START_TEST(keeps_pairs_apart)
{
    struct volume *volume = volume_new(100);

    ck_assert_uint_eq(volume_add(volume, "gmail", "example.com", HOUR), 1);
    ck_assert_uint_eq(volume_add(volume, "yahoo", "example.com", HOUR), 1);
    ck_assert_uint_eq(volume_add(volume, "gmail", "example.net", HOUR), 1);
    ck_assert_uint_eq(volume_add(volume, "gmailexample", ".com", HOUR), 1);
    ck_assert_uint_eq(volume_add(volume, "gmail", "example.com", HOUR), 2);
    struct volume *again = volume_ref(volume);
    volume_unref(&volume);
    ck_assert_uint_eq(volume_add(again, "gmail", "example.com", HOUR), 3);
    volume_unref(&again);
}
END_TEST

/* A flood of domains that are seen once does not push out one that sends all the time. */
START_TEST(forgets_the_small_ones)
{
    struct volume *volume = volume_new(64);
    char domain[32];

    for (int i = 0; i < 5; i++)
        volume_add(volume, "gmail", "large.example", HOUR);
    for (int i = 0; i < 100000; i++) {
        snprintf(domain, sizeof(domain), "d%d.example", i);
        ck_assert_uint_eq(volume_add(volume, "gmail", domain, HOUR), 1);
    }
    ck_assert_uint_eq(volume_add(volume, "gmail", "large.example", HOUR), 6);
    /* A day later it is as small as any. */
    for (int i = 0; i < 100000; i++) {
        snprintf(domain, sizeof(domain), "e%d.example", i);
        volume_add(volume, "gmail", domain, 30 * HOUR);
    }
    ck_assert_uint_eq(volume_add(volume, "gmail", "large.example", 30 * HOUR), 1);
    volume_unref(&volume);
}
END_TEST

static void *add_many(void *volume)
{
    for (int i = 0; i < 10000; i++)
        volume_add(volume, "gmail", i % 2 == 0 ? "a.example" : "b.example", HOUR);
    return NULL;
}

START_TEST(counts_in_threads)
{
    struct volume *volume = volume_new(100);
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, add_many, volume), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(volume_add(volume, "gmail", "a.example", HOUR), 20001);
    volume_unref(&volume);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("volume");
    TCase *tc = tcase_create("volume");
    tcase_add_test(tc, counts_a_day);
    tcase_add_test(tc, keeps_pairs_apart);
    tcase_add_test(tc, forgets_the_small_ones);
    tcase_add_test(tc, counts_in_threads);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
