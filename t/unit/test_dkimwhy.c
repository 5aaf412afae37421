/*
 * lib/check/dkimwhy, dkimrepair, dkimedit, dkimhash: what is told of a signature that does not verify.  The messages
 * are signed by libopendkim, changed in one place, and judged whole.
 */
#include "config.h"

#include "lib/check/dkimfields.h"
#include "lib/check/dkimhash.h"
#include "lib/check/dkimrepair.h"
#include "t/unit/dkimworld.h"
#include "t/unit/mutate.h"

#include <strings.h>

static const struct field signed_message[] = {
    { "Received", " from a by b" },
    { "Received", " from c by d" },
    { "From", " \"Joe SixPack\" <joe@Example.com>" },
    { "To", " Suzie Q <suzie@example.net>, bob@example.org" },
    { "Subject", " Is dinner\n\tready for the  two of us?" },
    { "Date", " Fri, 11 Jul 2003 21:00:37 +0000" },
    { "Message-ID", " <20030712040037.46341.5F8J@example.com>" },
    { "MIME-Version", " 1.0" },
    { "Content-Type", " text/plain; charset=\"utf-8\"" },
    { "Content-Transfer-Encoding", " 8bit" },
};
#define N_SIGNED (sizeof(signed_message) / sizeof(signed_message[0]))

struct change_case {
    const char *name;           /* of the field that changes; "+X": added on top; "-X": removed */
    const char *value;          /* what it becomes */
    bool is_relaxed;
    const char *why;            /* how the reason begins; NULL: it passes */
    bool is_ed25519;
};

#define FIELD(name) "the field " name " was changed after signing"
#define UNKNOWN "a signed header field was changed after signing; which one cannot be told"

static const struct change_case change_cases[] = {
    { "Subject", " Is dinner\n\tready for the  two of us?", false, NULL, false },
    { "Subject", " Is dinner ready for the two of us?", true, NULL, false },
    { "Subject", " Is dinner ready for the  two of us?", false, FIELD("Subject") ": its fold", false },
    { "Subject", " Is dinner\n        ready for the  two of us?", false, FIELD("Subject") ": its folds", false },
    { "Subject", " Is dinner ready\n for the  two of us?", false, FIELD("Subject") ": its fold", false },
    { "Subject", " Is dinner\n\tready for the two of us?", false, FIELD("Subject") ": white space within it", false },
    { "Subject", "Is dinner\n\tready for the  two of us?", false, FIELD("Subject") ": white space at its beg", false },
    { "Subject", " Is dinner\n\tready for the  two of us? ", false, FIELD("Subject") ": white space at its end",
      false },
    { "Subject", " [list] Is dinner ready for the two of us?", true, FIELD("Subject") ": words in front", false },
    { "Subject", " ***SPAM*** X: Is dinner\n\tready for the  two of us?", false, FIELD("Subject") ": words in front",
      false },
    { "Subject", " Is dinner ready for the two of us? (fwd)", true, FIELD("Subject") ": words at its end", false },
    { "Subject", " Is dinner ready for th e two of us?", true, FIELD("Subject") ": a space was added", false },
    { "Subject", " Is dinner burnt for the two of us?", true, UNKNOWN, false },
    { "From", " \"Joe SixPack\" <joe@example.com>", true, FIELD("From") ": letter case", false },
    { "From", " Joe SixPack <joe@Example.com>", true, FIELD("From") ": quotes", false },
    { "From", " \"Joe SixPack\" joe@Example.com", true, UNKNOWN, false },
    { "To", " Suzie Q <suzie@example.net>, eve@example.com, bob@example.org", true, FIELD("To") ": an entry", false },
    { "To", " Suzie Q <suzie@example.net>, bob@example.org, eve@example.com", true, FIELD("To") ": ", false },
    { "To", " Suzie Q <suzie@example.net>,bob@example.org", true, FIELD("To") ": white space beside", false },
    { "To", " Suzie Q <suzie@example.net>", true, UNKNOWN, false },
    { "Date", " Fri, 11 Jul 2003 21:00:37 +0000 (UTC)", true, FIELD("Date") ": words at its end", false },
    { "Date", " Fri, 11 Jul 2003 21:00:37 GMT", true, FIELD("Date") ": its wording", false },
    { "Message-ID", " 20030712040037.46341.5F8J@example.com", true, FIELD("Message-ID") ": angle brackets", false },
    { "Content-Type", " text/plain; charset=utf-8", true, FIELD("Content-Type") ": quotes", false },
    { "Content-Type", " text/plain;\n\tcharset=\"utf-8\"", false, FIELD("Content-Type") ": ", false },
    { "Content-Transfer-Encoding", " quoted-printable", true, FIELD("Content-Transfer-Encoding") ": its wording",
      false },
    { "+Subject", " Another", true, NULL, false },
    { "-MIME-Version", NULL, true, "a field MIME-Version was removed after signing", false },
    { "-Content-Transfer-Encoding", NULL, false, "a field Content-Transfer-Encoding was removed after signing", false },
    { "-Subject", NULL, true, UNKNOWN "; what h= names and is not there may have been removed: subject", false },
    { "subject", " Is dinner\n\tready for the  two of us?", false,
      "the field subject was changed after signing: letter case of its name", false },
    { "DKIM-Signature", NULL, false, "the DKIM-Signature field itself was changed after signing: ", false },
    { "DKIM-Signature", NULL, true, NULL, false },
    { "Subject", " [list] Is dinner ready for the two of us?", true, FIELD("Subject") ": words in front", true },
    { "Subject", " Is dinner burnt for the two of us?", true, "a signed header field was changed, or the key", true },
    { "Subject", " Is dinner ready for the two of us?", true, NULL, true },
};

static char *sign_with(enum key key, const char *selector, bool is_relaxed)
{
    dkim_canon_t canon = is_relaxed ? DKIM_CANON_RELAXED : DKIM_CANON_SIMPLE;
    struct signing signing = { world.pem[key], "example.com", selector, DKIM_SIGN_RSASHA256, canon, DKIM_CANON_RELAXED,
                               0, NULL, 0, 0 };

    if (key == KEY_ED25519)
        signing.algorithm = DKIM_SIGN_ED25519SHA256;
    return sign_message(&signing, signed_message, N_SIGNED, BODY);
}

static void feed(struct dkimcheck_verifier *verifier, const struct change_case *c)
{
    bool is_added = c->name[0] == '+', is_removed = c->name[0] == '-';

    if (is_added)
        dkimcheck_header(verifier, c->name + 1, c->value);
    for (size_t i = 0; i < N_SIGNED; i++) {
        const struct field *field = &signed_message[i];
        if (is_removed && strcasecmp(field->name, c->name + 1) == 0)
            continue;
        bool is_changed = strcasecmp(field->name, c->name) == 0;
        dkimcheck_header(verifier, is_changed ? c->name : field->name, is_changed ? c->value : field->value);
    }
}

static void verify(const struct change_case *c, const char *signature, const char *body, struct dkim_results *results_r)
{
    struct dkimcheck_verifier *verifier = dkimcheck_begin(world.check, "test");
    struct dns_budget budget = world_budget();
    char *own = xstrdup(signature);

    if (strcmp(c->name, "DKIM-Signature") == 0) {       /* unfolded once */
        char *fold = strchr(own, '\n');
        ck_assert_ptr_nonnull(fold);
        memmove(fold, fold + 1, strlen(fold));
    }
    dkimcheck_header(verifier, "DKIM-Signature", own);
    feed(verifier, c);
    dkimcheck_end_of_header(verifier);
    dkimcheck_body(verifier, (const unsigned char *)body, strlen(body));
    dkimcheck_end(&verifier, &budget, results_r);
    ck_assert_uint_eq(results_r->count, 1);
    free(own);
}

START_TEST(names_the_changed_field)
{
    for (size_t i = 0; i < sizeof(change_cases) / sizeof(change_cases[0]); i++) {
        const struct change_case *c = &change_cases[i];
        char *signature = c->is_ed25519 ? sign_with(KEY_ED25519, "ed", c->is_relaxed)
                                        : sign_with(KEY_1024, "short", c->is_relaxed);
        struct dkim_results results;
        verify(c, signature, BODY, &results);
        const struct dkim_result *item = &results.items[0];
        ck_assert_msg((item->result == AUTH_PASS) == (c->why == NULL), "%zu %s: %s", i, c->name, item->reason);
        ck_assert_msg(c->why == NULL || strncmp(item->reason, c->why, strlen(c->why)) == 0, "%zu %s: '%s', not '%s'", i,
                      c->name, item->reason, c->why);
        bool is_known = c->why != NULL && strncmp(c->why, "a signed header field was changed, or", 37) != 0;
        if (c->why != NULL)
            ck_assert_int_eq(item->finding, is_known ? FINDING_DKIM_HEADER_CHANGED : FINDING_DKIM_BAD_SIGNATURE);
        dkim_results_clear(&results);
        free(signature);
    }
}
END_TEST

/* Body, header and key, alone and together. */
START_TEST(tells_body_header_and_key_apart)
{
    static const struct change_case keep = { "", NULL, true, NULL, false };
    static const struct change_case change = {
        "Subject", " [x] Is dinner ready for the two of us?", true, NULL, false,
    };
    static const struct {
        const char *selector, *body;
        bool is_header_changed;
        enum finding_id finding;
        const char *why;
    } cases[] = {
        { "good", "other\r\n", false, FINDING_DKIM_BODY_CHANGED,
          "the body's hash is not the one in bh=; the header is as it was signed" },
        { "good", "other\r\n", true, FINDING_DKIM_BODY_CHANGED,
          "the body's hash is not the one in bh=, and the field Subject was changed after signing: words in front" },
        { "other", BODY, false, FINDING_DKIM_WRONG_KEY, "the key in DNS is not the one that signed" },
        { "other", "other\r\n", false, FINDING_DKIM_WRONG_KEY,
          "the body's hash is not the one in bh=, and the key in DNS is not the one that signed" },
        { "short", BODY, false, FINDING_DKIM_WRONG_KEY, "a key of 2048 bits signed, the one in DNS has 1024 bits" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *signature = sign_with(KEY_2048, cases[i].selector, true);
        struct dkim_results results;
        verify(cases[i].is_header_changed ? &change : &keep, signature, cases[i].body, &results);
        world_assert(&results.items[0], cases[i].why, AUTH_FAIL, cases[i].finding);
        ck_assert_msg(strncmp(results.items[0].reason, cases[i].why, strlen(cases[i].why)) == 0, "'%s', not '%s'",
                      results.items[0].reason, cases[i].why);
        dkim_results_clear(&results);
        free(signature);
    }
}
END_TEST

/* Copies of the header in the signature say more than guesses. */
START_TEST(uses_copied_fields)
{
    static const struct field fields[] = { { "From", " joe@example.com" }, { "Subject", " one" } };
    static const char own[] = " v=1; a=rsa-sha256; c=relaxed/simple; d=example.com; s=s; h=from:subject;\r\n"
        " z=From:joe@example.com|Subject:=20t\r\n wo; b=x";
    struct dkim_fields kept = { .count = 0 };
    struct dkimhash_digest digest = { .len = DKIMHASH_SHA256_SIZE };
    struct dkim_signed what = { .digest = &digest };
    struct str text = STR_EMPTY;
    size_t len;

    for (size_t i = 0; i < 2; i++)
        (void)dkim_fields_add(&kept, fields[i].name, fields[i].value, &len);
    (void)dkim_fields_add(&kept, "DKIM-Signature", own, &len);
    static const char before[] = "from:joe@example.com\r\nsubject:two\r\ndkim-signature:v=1; a=rsa-sha256; "
        "c=relaxed/simple; d=example.com; s=s; h=from:subject; z=From:joe@example.com|Subject:=20t wo; b=";
    ck_assert(dkimhash_sha256(&(struct dkimhash_piece){ before, strlen(before) }, 1, digest.bytes));
    ck_assert_int_eq(dkim_repair(&kept, 2, &what, &text), DKIM_REPAIR_FOUND);
    ck_assert_str_eq(str_get(&text), "the field Subject was changed after signing: z= has another value");
    str_clear(&text);
    dkim_fields_clear(&kept);
}
END_TEST

/* Whatever the header is like, the search ends soon and damages nothing. */
START_TEST(bounds_the_search)
{
    struct dkim_fields fields = { .count = 0 };
    struct dkimhash_digest digest = { .len = DKIMHASH_SHA256_SIZE };
    struct dkim_signed what = { .digest = &digest };
    struct str list = STR_EMPTY, value = STR_EMPTY, text = STR_EMPTY;
    size_t len;

    str_add(&list, " v=1; c=simple; h=from");
    for (int i = 0; i < 600; i++)
        str_add(&list, ":x:from");
    str_add(&list, "; z=");
    for (int i = 0; i < 2000; i++)
        str_add(&list, "X:=41|");
    str_add(&list, "; b=x");
    for (int i = 0; i < 200; i++)
        str_add(&value, " <a@b.c>, \"\t=?x?q?\r\n ");
    for (int i = 0; i < 60; i++)
        (void)dkim_fields_add(&fields, i % 2 == 0 ? "From" : "X", str_get(&value), &len);
    (void)dkim_fields_add(&fields, "DKIM-Signature", str_get(&list), &len);
    int64_t start = clock_ms();
    ck_assert_int_eq(dkim_repair(&fields, 60, &what, &text), DKIM_REPAIR_NONE);
    ck_assert_int_lt(clock_ms() - start, 2000);
    ck_assert_uint_eq(text.len, 0);
    str_clear(&list);
    str_clear(&value);
    dkim_fields_clear(&fields);
}
END_TEST

START_TEST(survives_mutated_headers)
{
    static const char *const pieces[] = { ";", "=", "\r\n", " ", "<", "@", "\"", "=?", ",", "\xff", "h=", "z=", "b=" };
    struct dkimhash_digest digest = { .len = DKIMHASH_SHA256_SIZE };
    struct dkim_signed what = { .digest = &digest };
    char *good = sign_with(KEY_1024, "short", true), text[4096];
    uint64_t state = 11;

    for (int round = 0; round < 150; round++) {
        struct dkim_fields fields = { .count = 0 };
        struct str reason = STR_EMPTY;
        size_t count;
        for (size_t i = 0; i <= N_SIGNED; i++) {
            const char *value = i == N_SIGNED ? good : signed_message[i].value;
            size_t len = strlen(value);
            memcpy(text, value, len);
            for (size_t n = mutate_below(&state, 5); n > 0; n--) {
                const char *piece = pieces[mutate_below(&state, sizeof(pieces) / sizeof(pieces[0]))];
                size_t at = mutate_below(&state, len), cut = mutate_below(&state, 9);
                len = mutate_splice(text, len, sizeof(text) - 1, at, cut < len - at ? cut : 0, piece, strlen(piece));
            }
            text[len] = '\0';
            (void)dkim_fields_add(&fields, i == N_SIGNED ? "DKIM-Signature" : signed_message[i].name, text, &count);
        }
        ck_assert_int_eq(dkim_repair(&fields, N_SIGNED, &what, &reason), DKIM_REPAIR_NONE);
        dkim_fields_clear(&fields);
    }
    free(good);
}
END_TEST

START_TEST(reads_keys_and_base64)
{
    unsigned char bytes[8];
    static const char ed[] = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    static const char *const no_keys[] = { "", "=", "x", "aGVsbG8=", "####",
                                           "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ==" };

    ck_assert_uint_eq(dkimhash_base64(" aGV\r\n\tsbG8= ", 13, bytes, sizeof(bytes)), 5);
    ck_assert_mem_eq(bytes, "hello", 5);
    ck_assert_uint_eq(dkimhash_base64("aGVsbG8=", 8, bytes, 4), 0);
    ck_assert_uint_eq(dkimhash_base64("a", 1, bytes, sizeof(bytes)), 0);
    ck_assert_uint_eq(dkimhash_base64("!!!!", 4, bytes, sizeof(bytes)), 0);
    for (size_t i = 0; i < 2 * sizeof(no_keys) / sizeof(no_keys[0]); i++)
        ck_assert_ptr_null(dkimhash_key_new(no_keys[i / 2], strlen(no_keys[i / 2]), i % 2 == 0));
    struct dkimhash_key *key = dkimhash_key_new(ed, strlen(ed), true);
    ck_assert_ptr_nonnull(key);
    ck_assert_int_eq(dkimhash_key_bits(key), 256);
    dkimhash_key_free(&key);
    ck_assert_ptr_null(key);
    key = dkimhash_key_new(world.p[KEY_1024], strlen(world.p[KEY_1024]), false);
    ck_assert_int_eq(dkimhash_key_bits(key), 1024);
    dkimhash_key_free(&key);
}
END_TEST

static void add_tests(TCase *tcase)
{
    tcase_add_test(tcase, names_the_changed_field);
    tcase_add_test(tcase, tells_body_header_and_key_apart);
    tcase_add_test(tcase, uses_copied_fields);
    tcase_add_test(tcase, bounds_the_search);
    tcase_add_test(tcase, survives_mutated_headers);
    tcase_add_test(tcase, reads_keys_and_base64);
}

int main(void)
{
    return world_run("dkimwhy", add_tests);
}
