/*
 * lib/check/dmarcopinion: what libopendmarc is asked, what is kept from it, random records, several threads.
 */
#include "config.h"

#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/check/dmarcopinion.h"
#include "lib/check/orgdomain.h"
#include "t/unit/mutate.h"
#include "t/unit/unit.h"

#include <pthread.h>
#include <string.h>

#define THREADS 4

static struct dmarcopinion *opinion;

static void set_up(void)
{
    ck_assert_ptr_nonnull(orgdomain_list_file());
    opinion = dmarcopinion_new(orgdomain_list_file());
}

static void tear_down(void)
{
    dmarcopinion_free(&opinion);
    ck_assert_ptr_null(opinion);
    dmarcopinion_free(&opinion);
}

static const char *ask(const char *record, const char *org)
{
    struct dmarcopinion_question question = { .author = "mail.example.com", .org = org, .record = record };

    return dmarcopinion_ask(opinion, &question);
}

START_TEST(reads_records)
{
    static const struct { const char *record, *org, *want; } cases[] = {
        { "v=DMARC1; p=reject", NULL, "reject" },
        { "v=DMARC1; p=quarantine", NULL, "quarantine" },
        { "v=DMARC1; p=none", NULL, "none" },
        { "v=DMARC1; p=reject; sp=none", NULL, "reject" },
        { "v=DMARC1; p=reject; sp=none", "example.com", "none" },
        { "v=DMARC1; p=reject; pct=0", NULL, "quarantine" },
        { "v=DMARC1; p=quarantine; pct=0", NULL, "none" },
        { "v=DMARC1; p=reject; pct=1", NULL, "reject" },
        { "v=DMARC1; p=bogus", NULL, "absent" },
        { "v=DMARC1", NULL, "absent" },
        { "v=DMARC1; p=reject; adkim=x", NULL, "absent" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_pstr_eq(ask(cases[i].record, cases[i].org), cases[i].want);
}
END_TEST

START_TEST(judges_identities)
{
    static const struct dmarcopinion_identity none = { NULL, AUTH_NONE };
    static const struct {
        const char *name;
        struct dmarcopinion_identity spf, dkim[2];
        const char *want;
    } cases[] = {
        { "spf", { "example.com", AUTH_PASS }, { { NULL, 0 } }, "pass" },
        { "spf fails", { "example.com", AUTH_FAIL }, { { NULL, 0 } }, "reject" },
        { "spf softfails", { "example.com", AUTH_SOFTFAIL }, { { NULL, 0 } }, "reject" },
        { "spf of others", { "other.example", AUTH_PASS }, { { NULL, 0 } }, "reject" },
        { "no name", { "", AUTH_PASS }, { { "", AUTH_PASS } }, "reject" },
        { "dkim", { NULL, 0 }, { { "example.com", AUTH_PASS } }, "pass" },
        { "a sibling", { NULL, 0 }, { { "news.example.com", AUTH_PASS } }, "pass" },
        { "dkim fails", { NULL, 0 }, { { "example.com", AUTH_FAIL } }, "reject" },
        { "the second", { NULL, 0 }, { { "other.example", AUTH_PASS }, { "mail.example.com", AUTH_PASS } }, "pass" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct dmarcopinion_question question = {
            .author = "mail.example.com", .record = "v=DMARC1; p=reject",
            .spf = cases[i].spf, .dkim = cases[i].dkim, .n_dkim = 2,
        };
        const char *answer = dmarcopinion_ask(opinion, &question);
        ck_assert_msg(answer != NULL && strcmp(answer, cases[i].want) == 0, "%s: %s", cases[i].name, answer);
        question.spf = none;
        question.author = "";
        ck_assert_ptr_null(dmarcopinion_ask(opinion, &question));
    }
}
END_TEST

/* Its buffers hold 512 bytes of a tag, 256 of a URI, 32 of a format; it does not stop at their ends. */
START_TEST(is_not_asked_what_it_cannot_hold)
{
    static const struct { const char *before, *after; size_t safe, unsafe; } cases[] = {
        { "v=DMARC1; p=reject; rua=mailto:", "@example.com", 200, 256 },
        { "v=DMARC1; p=reject; ruf=mailto:a@b.example,mailto:", "@example.com", 200, 256 },
        { "v=DMARC1; p=reject; rf=", "", 20, 33 },
        { "v=DMARC1; p=reject; fo=", "", 200, 257 },
        { "v=DMARC1; p=reject; x=", "", 200, 511 },
        { "v=DMARC1; p=reject; ", "=x", 200, 512 },
        { "v=DMARC1; p=reject; x=", "; y=z", 200, 9000 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int is_safe = 0; is_safe < 2; is_safe++) {
            struct str record = STR_EMPTY;
            str_add(&record, cases[i].before);
            for (size_t n = is_safe ? cases[i].safe : cases[i].unsafe; n > 0; n--)
                str_addc(&record, 'a');
            str_add(&record, cases[i].after);
            ck_assert_msg((ask(str_get(&record), NULL) != NULL) == is_safe, "%s, %d", cases[i].before, is_safe);
            str_clear(&record);
        }
    }
    ck_assert_ptr_null(ask("", NULL));
    ck_assert_ptr_null(ask("v=DMARC1; p=reject; x=\xc3\xa9", NULL));
    ck_assert_ptr_null(ask("v=DMARC1; p=reject; x=\x01", NULL));
}
END_TEST

START_TEST(survives_mutations)
{
    static const char *const seeds[] = {
        "v=DMARC1; p=reject; sp=none; adkim=s; aspf=r; pct=50; rf=afrf,iodef; ri=86400; fo=0:1:d:s",
        "v=DMARC1; p=quarantine; rua=mailto:a@example.com,mailto:b@example.com!10m; ruf=mailto:c@example.com",
    };
    static const char *const pieces[] = {
        ";", "=", ",", ":", "rf=", "rua=", "fo=", "p=", " ", "aaaaaaaaaaaaaaaaaaaaaaaa", NULL
    };
    uint64_t state = 7489;

    for (int round = 0; round < 20000; round++) {
        const char *seed = seeds[round & 1];
        char text[400];
        size_t len = mutate(&state, seed, strlen(seed), pieces, text, sizeof(text) - 1);
        text[len] = '\0';
        (void)ask(text, (round & 2) != 0 ? "example.com" : NULL);
    }
}
END_TEST

static void *ask_often(void *context)
{
    static const struct dmarcopinion_identity signatures[] = {
        { "other.example.com", AUTH_FAIL }, { "news.example.com", AUTH_PASS }, { "city.kawasaki.jp", AUTH_PASS },
    };
    struct dmarcopinion *own = dmarcopinion_new(orgdomain_list_file());
    struct dmarcopinion_question question = {
        .author = "mail.example.com", .record = "v=DMARC1; p=reject; rua=mailto:a@b.example",
        .spf = { "example.com", AUTH_FAIL }, .dkim = signatures, .n_dkim = 3,
    };
    size_t *wrong = context;

    for (int i = 0; i < 500; i++) {
        const char *answer = dmarcopinion_ask((i & 1) != 0 ? own : opinion, &question);
        *wrong += answer == NULL || strcmp(answer, "pass") != 0;
    }
    dmarcopinion_free(&own);
    return NULL;
}

START_TEST(answers_several_threads)
{
    pthread_t threads[THREADS];
    size_t wrong[THREADS] = { 0 };

    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_often, &wrong[i]), 0);
    for (size_t i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_uint_eq(wrong[i], 0);
    }
}
END_TEST

/* Without a list it is like no deployed receiver.  First, for in one process the list stays. */
START_TEST(needs_a_list)
{
    struct dmarcopinion *without = dmarcopinion_new(NULL);
    struct dmarcopinion *missing = dmarcopinion_new("/nonexistent");
    struct dmarcopinion_question question = { .author = "example.com", .record = "v=DMARC1; p=reject" };

    ck_assert_ptr_null(dmarcopinion_ask(without, &question));
    ck_assert_ptr_null(dmarcopinion_ask(missing, &question));
    dmarcopinion_free(&without);
    dmarcopinion_free(&missing);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dmarcopinion");
    TCase *tc = tcase_create("list");
    tcase_add_test(tc, needs_a_list);
    suite_add_tcase(suite, tc);

    tc = tcase_create("dmarcopinion");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, reads_records);
    tcase_add_test(tc, judges_identities);
    tcase_add_test(tc, is_not_asked_what_it_cannot_hold);
    tcase_add_test(tc, survives_mutations);
    tcase_add_test(tc, answers_several_threads);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
