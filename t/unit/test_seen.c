/*
 * lib/state/seen: which domains and selectors count as ours, and that nobody can make it remember the world.
 */
#include "config.h"

#include "lib/base/err.h"
#include "lib/state/seen.h"
#include "t/unit/unit.h"

#include <pthread.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define DAY ((int64_t)24 * 3600)
#define NOW (20000 * DAY)

static struct seen *new_seen(void)
{
    struct err err = { "" };
    struct seen *seen = seen_new(&err);

    ck_assert_msg(seen != NULL, "%s", err.text);
    return seen;
}

static size_t count(struct seen *seen, int64_t now_s)
{
    size_t n;
    char **names = seen_domains(seen, now_s, &n);

    for (size_t i = 0; i < n; i++)
        free(names[i]);
    free(names);
    return n;
}

static bool has(struct seen *seen, const char *domain)
{
    size_t n;
    char **names = seen_domains(seen, NOW, &n);
    bool is_there = false;

    for (size_t i = 0; i < n; i++) {
        is_there = is_there || strcmp(names[i], domain) == 0;
        free(names[i]);
    }
    free(names);
    return is_there;
}

/* Selectors in use, parted by spaces. */
static const char *selectors(struct seen *seen, const char *domain)
{
    static char text[SEEN_SELECTORS * DOMAIN_MAX];
    char names[SEEN_SELECTORS][DOMAIN_MAX];
    size_t n = seen_selectors(seen, domain, names), len = 0;

    text[0] = '\0';
    for (size_t i = 0; i < n; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i == 0 ? "" : " ", names[i]);
    return text;
}

START_TEST(counts_who_may_send)
{
    struct seen *seen = new_seen();

    ck_assert(seen_note(seen, "a.example", NULL, true, NOW));
    ck_assert(!seen_note(seen, "a.example", "s1", true, NOW));
    ck_assert(!seen_note(seen, "a.example", "s1", false, NOW));
    ck_assert_uint_eq(count(seen, NOW), 1);
    for (int i = 1; i < SEEN_MESSAGES; i++)
        ck_assert(!seen_note(seen, "b.example", NULL, false, NOW));
    for (int i = 1; i < SEEN_MESSAGES; i++)
        ck_assert(!seen_note(seen, "b.example", "s1", false, NOW));
    ck_assert_uint_eq(count(seen, NOW), 1);
    ck_assert(seen_note(seen, "b.example", NULL, false, NOW));
    ck_assert(!seen_note(seen, "b.example", "s2", false, NOW));
    ck_assert_uint_eq(count(seen, NOW), 2);
    ck_assert_str_eq(selectors(seen, "b.example"), "s1 s2");
    ck_assert(!seen_note(seen, "c.example", NULL, false, NOW));
    ck_assert(seen_note(seen, "c.example", NULL, true, NOW));
    ck_assert_str_eq(selectors(seen, "nobody.example"), "");
    seen_free(&seen);
    seen_free(&seen);
}
END_TEST

/* Neither those that nobody authorised push out one that counts, nor others one that has sent today. */
START_TEST(is_bounded)
{
    struct seen *seen = new_seen();
    char name[40];

    seen_note(seen, "ours.example", "s1", true, NOW);
    for (int i = 0; i < 3 * SEEN_DOMAINS; i++) {
        snprintf(name, sizeof(name), "d%d.example", i);
        ck_assert(!seen_note(seen, name, NULL, false, NOW + i));
    }
    ck_assert_uint_eq(count(seen, NOW), 1);
    for (int i = 1; i < 3 * SEEN_DOMAINS; i++) {
        snprintf(name, sizeof(name), "e%d.example", i);
        ck_assert(seen_note(seen, name, NULL, true, NOW + i) == (i < SEEN_DOMAINS));
    }
    ck_assert_uint_eq(count(seen, NOW), SEEN_DOMAINS);
    ck_assert(has(seen, "ours.example"));
    seen_note(seen, "ours.example", NULL, false, NOW + DAY);
    ck_assert(!seen_note(seen, name, NULL, true, NOW + DAY));
    ck_assert(seen_note(seen, name, NULL, true, NOW + DAY + 1));
    ck_assert_uint_eq(count(seen, NOW), SEEN_DOMAINS);
    ck_assert(has(seen, "ours.example"));
    ck_assert(!has(seen, "e1.example"));
    ck_assert(has(seen, "e2.example"));
    seen_free(&seen);
}
END_TEST

/* Who owns a domain, or may send from one, can name any number below it. */
START_TEST(bounds_what_is_below_one_domain)
{
    struct seen *seen = new_seen();
    struct seen_rows rows = { .count = 0 };
    char name[40];

    for (int i = 0; i < 2 * SEEN_BELOW; i++) {
        snprintf(name, sizeof(name), "n%d.wild.co.uk", i);
        ck_assert(seen_note(seen, name, NULL, true, NOW + i) == (i < SEEN_BELOW));
        seen_rows_add(&rows, name, "", NOW + i);
    }
    ck_assert_uint_eq(count(seen, NOW), SEEN_BELOW);
    ck_assert(seen_note(seen, "wild.co.uk", NULL, true, NOW));
    ck_assert(seen_note(seen, "other.co.uk", NULL, true, NOW));
    ck_assert(!seen_note(seen, "n0.wild.co.uk", NULL, true, NOW));
    ck_assert(!seen_note(seen, name, NULL, true, NOW + SEEN_DAYS * DAY));
    ck_assert_uint_eq(count(seen, NOW + SEEN_DAYS * DAY + SEEN_BELOW), 0);
    ck_assert(seen_note(seen, name, NULL, true, NOW + SEEN_DAYS * DAY + SEEN_BELOW));
    seen_free(&seen);

    seen = new_seen();
    seen_restore(seen, &rows);
    ck_assert_uint_eq(count(seen, NOW), SEEN_BELOW);
    seen_rows_clear(&rows);
    seen_free(&seen);
}
END_TEST

START_TEST(forgets_the_old)
{
    struct seen *seen = new_seen();

    seen_note(seen, "a.example", NULL, true, NOW);
    seen_note(seen, "b.example", NULL, true, NOW + DAY);
    seen_note(seen, "c.example", NULL, false, NOW);
    ck_assert_uint_eq(count(seen, NOW + SEEN_DAYS * DAY), 2);
    ck_assert_uint_eq(count(seen, NOW + SEEN_DAYS * DAY + 1), 1);
    ck_assert_uint_eq(count(seen, NOW + SEEN_DAYS * DAY + DAY + 1), 0);
    seen_free(&seen);
}
END_TEST

/* A selector that was given up for another is in use no more; the eight last used are remembered. */
START_TEST(knows_selectors_in_use)
{
    struct seen *seen = new_seen();
    char name[20];

    seen_note(seen, "a.example", "old", true, NOW);
    seen_note(seen, "a.example", "new", true, NOW + SEEN_CURRENT_DAYS * DAY);
    ck_assert_str_eq(selectors(seen, "a.example"), "new old");
    seen_note(seen, "a.example", "new", true, NOW + SEEN_CURRENT_DAYS * DAY + 1);
    ck_assert_str_eq(selectors(seen, "a.example"), "new");
    seen_note(seen, "a.example", "old", true, NOW + SEEN_CURRENT_DAYS * DAY + 2);
    ck_assert_str_eq(selectors(seen, "a.example"), "old new");
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "s%d", i);
        seen_note(seen, "a.example", name, true, NOW + 20 * DAY + i);
    }
    ck_assert_str_eq(selectors(seen, "a.example"), "s99 s98 s97 s96 s95 s94 s93 s92");
    seen_note(seen, "a.example", "s95", true, NOW + 30 * DAY);
    ck_assert_str_eq(selectors(seen, "a.example"), "s95");
    seen_free(&seen);
}
END_TEST

static size_t changed(struct seen *seen, bool is_all)
{
    struct seen_rows rows;
    seen_changes(seen, is_all, &rows);
    size_t n = rows.count;
    seen_rows_clear(&rows);
    return n;
}

START_TEST(tells_changes)
{
    struct seen *seen = new_seen();

    seen_note(seen, "a.example", "s1", true, NOW);
    seen_note(seen, "b.example", "s1", false, NOW);
    ck_assert_uint_eq(changed(seen, false), 2);
    ck_assert_uint_eq(changed(seen, false), 0);
    seen_note(seen, "a.example", "s1", true, NOW + 3599);
    ck_assert_uint_eq(changed(seen, false), 0);
    seen_note(seen, "a.example", "s2", true, NOW + 3600);
    ck_assert_uint_eq(changed(seen, false), 2);
    ck_assert_uint_eq(changed(seen, true), 3);
    ck_assert_uint_eq(changed(seen, false), 0);
    seen_free(&seen);
}
END_TEST

/* What comes back is not news; what is known is newer. */
START_TEST(restores)
{
    struct seen *seen = new_seen();
    struct seen_rows rows = { .count = 0 };

    seen_note(seen, "a.example", "s1", true, NOW);
    changed(seen, false);
    seen_rows_add(&rows, "b.example", "s9", NOW - DAY);
    seen_rows_add(&rows, "b.example", "", NOW - DAY);
    seen_rows_add(&rows, "a.example", "s0", NOW - 2 * DAY);
    seen_rows_add(&rows, "a.example", "s1", NOW - 2 * DAY);
    seen_rows_add(&rows, "old.example", "", NOW - 40 * DAY);
    seen_restore(seen, &rows);
    ck_assert_uint_eq(count(seen, NOW), 2);
    ck_assert_str_eq(selectors(seen, "a.example"), "s1 s0");
    ck_assert_str_eq(selectors(seen, "b.example"), "s9");
    ck_assert_uint_eq(changed(seen, false), 0);
    seen_rows_clear(&rows);
    for (int i = 0; i < 2 * SEEN_DOMAINS; i++) {
        char name[40];
        snprintf(name, sizeof(name), "d%d.example", i);
        seen_rows_add(&rows, name, "", NOW - 10 * DAY + i);
    }
    seen_restore(seen, &rows);
    ck_assert_uint_eq(count(seen, NOW), SEEN_DOMAINS);
    ck_assert(has(seen, "a.example"));
    ck_assert(!has(seen, "d0.example"));
    seen_rows_clear(&rows);
    seen_free(&seen);
}
END_TEST

static void *note_many(void *seen)
{
    char name[40];

    for (int i = 0; i < 20000; i++) {
        snprintf(name, sizeof(name), "d%d.example", i % 5000);
        seen_note(seen, name, i % 2 == 0 ? "s1" : "s2", i % 3 == 0, NOW + i);
        if (i % 500 == 0)
            changed(seen, false);
    }
    return NULL;
}

START_TEST(serves_threads)
{
    struct seen *seen = new_seen();
    pthread_t threads[4];

    for (size_t i = 0; i < LENGTH(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, note_many, seen), 0);
    for (size_t i = 0; i < LENGTH(threads); i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(count(seen, NOW), SEEN_DOMAINS);
    seen_free(&seen);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        counts_who_may_send, is_bounded, bounds_what_is_below_one_domain, forgets_the_old, knows_selectors_in_use,
        tells_changes, restores, serves_threads,
    };
    Suite *suite = suite_create("seen");
    TCase *tc = tcase_create("seen");
    tcase_set_timeout(tc, 60);
    for (size_t i = 0; i < LENGTH(tests); i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
