/*
 * lib/check/dkimcheck: malformed and hostile messages, limits, several threads; and the findings of results.
 */
#include "config.h"

#include "lib/check/bodylength.h"
#include "t/unit/dkimworld.h"
#include "t/unit/mutate.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#define BH "4bLNXImK9drULnmePzZNEBleUanJCX5PIsDIFoH4KTQ="       /* of BODY */
#define TAGS " v=1; a=rsa-sha256; d=example.com; s=good; h=from:to; bh=" BH "; b=aGVsbG8="
#define MORE TAGS "; z=more"
#define HEAD " v=1; a=rsa-sha256; d=example.com; s=good; "

static const struct { const char *name, *value; enum auth_result result; enum finding_id finding; } malformed[] = {
    { "whole but wrong", TAGS, AUTH_FAIL, FINDING_DKIM_BAD_SIGNATURE },
    { "empty", "", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "space", " \n\t ", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "semicolons", ";;;;", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "no tags", " hello world", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "only =", "=", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "name without value", " v", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "only v", " v=1", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "control byte", " v=1; \x01=2;" TAGS, AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "8-bit byte", TAGS "; z=\xc3\xa9", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "no v=", " a=rsa-sha256; d=example.com; s=good; h=from; bh=aGVsbG8=; b=aGVsbG8=", AUTH_PERMERROR,
      FINDING_DKIM_BAD_SIGNATURE },
    { "v=2", " v=2; a=rsa-sha256; d=example.com; s=good; h=from; bh=aGVsbG8=; b=aGVsbG8=", AUTH_NEUTRAL,
      FINDING_DKIM_BAD_SIGNATURE },
    { "empty v=", " v=; a=rsa-sha256; d=example.com; s=good; h=from; bh=aGVsbG8=; b=aGVsbG8=", AUTH_PERMERROR,
      FINDING_DKIM_BAD_SIGNATURE },
    { "no a=", " v=1; d=example.com; s=good; h=from; bh=aGVsbG8=; b=aGVsbG8=", AUTH_PERMERROR,
      FINDING_DKIM_BAD_SIGNATURE },
    { "unknown a=", " v=1; a=rsa-sha512; d=example.com; s=good; h=from; bh=aGVsbG8=; b=aGVsbG8=", AUTH_NEUTRAL,
      FINDING_DKIM_BAD_SIGNATURE },
    { "no d=", " v=1; a=rsa-sha256; s=good; h=from; bh=aGVsbG8=; b=aGVsbG8=", AUTH_PERMERROR,
      FINDING_DKIM_BAD_SIGNATURE },
    { "empty d=", " v=1; a=rsa-sha256; d=; s=good; h=from; bh=aGVsbG8=; b=aGVsbG8=", AUTH_PERMERROR,
      FINDING_DKIM_BAD_SIGNATURE },
    { "d= no domain", " v=1; a=rsa-sha256; d=..; s=good; h=from; bh=aGVsbG8=; b=aGVsbG8=", AUTH_PERMERROR,
      FINDING_DKIM_NO_KEY },
    { "no s=", " v=1; a=rsa-sha256; d=example.com; h=from; bh=aGVsbG8=; b=aGVsbG8=", AUTH_PERMERROR,
      FINDING_DKIM_BAD_SIGNATURE },
    { "empty s=", " v=1; a=rsa-sha256; d=example.com; s=; h=from; bh=aGVsbG8=; b=aGVsbG8=", AUTH_PERMERROR,
      FINDING_DKIM_BAD_SIGNATURE },
    { "no h=", HEAD "bh=aGVsbG8=; b=aGVsbG8=", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "empty h=", HEAD "h=; bh=aGVsbG8=; b=aGVsbG8=", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "h= of colons", HEAD "h=:::; bh=aGVsbG8=; b=aGVsbG8=", AUTH_PERMERROR, FINDING_DKIM_FROM_UNSIGNED },
    { "h= without From", HEAD "h=to:subject; bh=aGVsbG8=; b=aGVsbG8=", AUTH_PERMERROR, FINDING_DKIM_FROM_UNSIGNED },
    { "no bh=", HEAD "h=from; b=aGVsbG8=", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "empty bh=", HEAD "h=from; bh=; b=aGVsbG8=", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "bh= no base64", HEAD "h=from; bh=!!!; b=aGVsbG8=", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "bh= no hash", HEAD "h=from; bh=aGVsbG8=; b=aGVsbG8=", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "no b=", HEAD "h=from; bh=aGVsbG8=", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "empty b=", HEAD "h=from; bh=aGVsbG8=; b=", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "b= no base64", HEAD "h=from; bh=" BH "; b=!!!!", AUTH_FAIL, FINDING_DKIM_BAD_SIGNATURE },
    { "one byte of b=", HEAD "h=from; bh=aGVsbG8=; b=a", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "unknown c=", TAGS "; c=exact/simple", AUTH_NEUTRAL, FINDING_DKIM_BAD_SIGNATURE },
    { "unknown body c=", TAGS "; c=simple/exact", AUTH_NEUTRAL, FINDING_DKIM_BAD_SIGNATURE },
    { "empty c=", TAGS "; c=", AUTH_NEUTRAL, FINDING_DKIM_BAD_SIGNATURE },
    { "c= three", TAGS "; c=simple/simple/simple", AUTH_NEUTRAL, FINDING_DKIM_BAD_SIGNATURE },
    { "unknown q=", TAGS "; q=http", AUTH_NEUTRAL, FINDING_DKIM_BAD_SIGNATURE },
    { "q= with another", TAGS "; q=http:dns/txt", AUTH_FAIL, FINDING_DKIM_BAD_SIGNATURE },
    { "empty l=", TAGS "; l=", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "a tag whose name is none", TAGS "; 1z=x", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "l= negative", TAGS "; l=-1", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "l= a word", TAGS "; l=all", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "l= too large", TAGS "; l=99999999999999999999999", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "l= beyond the body", TAGS "; l=9223372036854775807", AUTH_FAIL, FINDING_DKIM_BODY_CHANGED },
    { "l= beyond the sign", TAGS "; l=9223372036854775809", AUTH_FAIL, FINDING_DKIM_BAD_SIGNATURE },
    { "t= negative", TAGS "; t=-5", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "x= a word", TAGS "; x=never", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "x= before t=", TAGS "; t=1700000000; x=99999", AUTH_FAIL, FINDING_DKIM_EXPIRED },
    { "x= not after t=", TAGS "; t=99; x=99999999999999999", AUTH_FAIL, FINDING_DKIM_BAD_SIGNATURE },
    { "i= elsewhere", TAGS "; i=joe@example.org", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "i= without @", TAGS "; i=joe", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "i= quoted-printable", TAGS "; i==ZZ=@example.com", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "d= twice", TAGS "; d=example.org", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "an unknown tag twice", TAGS "; zz=1; y=1; zz=2", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
    { "conditional", TAGS "; !cd=example.org", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE },
};

START_TEST(survives_malformed_signatures)
{
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        struct dkim_results results;
        world_verify(&malformed[i].value, 1, BODY, &results);
        ck_assert_uint_eq(results.count, 1);
        world_assert(&results.items[0], malformed[i].name, malformed[i].result, malformed[i].finding);
        dkim_results_clear(&results);
    }
}
END_TEST

/* One broken signature says nothing of another. */
START_TEST(keeps_signatures_apart)
{
    char *good = world_sign(KEY_2048, "good");

    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        struct dkim_results results;
        world_verify((const char *const[]){ malformed[i].value, good, malformed[i].value }, 3, BODY, &results);
        ck_assert_uint_eq(results.count, 3);
        world_assert(&results.items[0], malformed[i].name, malformed[i].result, malformed[i].finding);
        world_assert(&results.items[1], malformed[i].name, AUTH_PASS, FINDING_COUNT);
        ck_assert_int_eq(results.items[2].result, malformed[i].result);
        dkim_results_clear(&results);
    }
    free(good);
}
END_TEST

START_TEST(survives_mutations)
{
    static const char *const pieces[] = { ";", "=", "l=", "i=@", "x=9", "\r\n", "\xff", "h=from", "b=", ":", " " };
    char *good = world_sign(KEY_2048, "good");
    char text[4096];
    uint64_t state = 42;

    for (int round = 0; round < 3000; round++) {
        size_t len = strlen(good);
        struct dkim_results results;
        memcpy(text, good, len);
        for (size_t n = mutate_below(&state, 4) + 1; n > 0; n--) {
            const char *piece = pieces[mutate_below(&state, sizeof(pieces) / sizeof(pieces[0]))];
            size_t at = mutate_below(&state, len), cut = mutate_below(&state, 3);
            len = mutate_splice(text, len, sizeof(text) - 1, at, cut < len - at ? cut : 0, piece, strlen(piece));
        }
        text[len] = '\0';
        world_verify((const char *const[]){ text, good }, 2, BODY, &results);
        ck_assert_uint_eq(results.count, 2);
        ck_assert_int_eq(results.items[1].result, AUTH_PASS);
        dkim_results_clear(&results);
    }
    free(good);
}
END_TEST

START_TEST(bounds_a_long_identity)
{
    char *good = world_sign(KEY_2048, "good");
    static const int lengths[] = { 200, 249, 251, 256, 257, 300, 5000, 100000 };

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct str bad = STR_EMPTY;
        struct dkim_results results;
        str_addf(&bad, TAGS "; i=%0*d", lengths[i], 0);
        world_verify((const char *const[]){ str_get(&bad), good }, 2, BODY, &results);
        ck_assert_uint_eq(results.count, 2);
        world_assert(&results.items[0], "long i=", AUTH_PERMERROR, FINDING_DKIM_BAD_SIGNATURE);
        world_assert(&results.items[1], "the other", AUTH_PASS, FINDING_COUNT);
        dkim_results_clear(&results);
        str_clear(&bad);
    }
    free(good);
}
END_TEST

/* Of this thread: what others do on the machine does not count. */
static int64_t cpu_ms(void)
{
    struct timespec now;

    ck_assert_int_eq(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now), 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Each with another l=: the library would hash the body for every signature it is given. */
START_TEST(bounds_the_signatures)
{
    struct dkimcheck_verifier *verifier = dkimcheck_begin(world.check, "test");
    struct dns_budget budget = world_budget();
    struct dkim_results results;
    static unsigned char body[1024 * 1024];
    char *good = world_sign(KEY_2048, "good");

    memset(body, 'x', sizeof(body));
    int64_t start = cpu_ms();
    for (int i = 0; i < 900; i++) {
        struct str text = STR_EMPTY;
        str_addf(&text, "%s; l=%d", TAGS, 1000000 + i);
        dkimcheck_header(verifier, "DKIM-Signature", str_get(&text));
        str_clear(&text);
    }
    dkimcheck_header(verifier, "DKIM-Signature", good);
    dkimcheck_header(verifier, "From", " joe@example.com");
    dkimcheck_end_of_header(verifier);
    for (int i = 0; i < 30; i++)
        dkimcheck_body(verifier, body, sizeof(body));
    dkimcheck_end(&verifier, &budget, &results);
    ck_assert_uint_eq(results.count, 5);
    ck_assert_uint_eq(results.skipped, 896);
    ck_assert(!results.is_over_limits);
    ck_assert_int_lt(cpu_ms() - start, 5000);       /* 5 times 30 MB; 900 times take 20 s */
    dkim_results_clear(&results);
    free(good);
}
END_TEST

/* What covers a signature that was not examined cannot be told from what was changed. */
START_TEST(admits_what_it_does_not_know)
{
    struct field fields[N_MESSAGE + 2];
    struct dkim_results results;
    const char *signatures[8] = { NULL, TAGS, TAGS, MORE, MORE, TAGS, TAGS };
    struct signing signing = { world.pem[KEY_2048], "example.com", "good", DKIM_SIGN_RSASHA256, DKIM_CANON_RELAXED,
                               DKIM_CANON_RELAXED, 0, NULL, 0, 0 };

    fields[0] = fields[1] = (struct field){ "DKIM-Signature", TAGS };
    memcpy(fields + 2, message, sizeof(message));
    char *covering = sign_message(&signing, fields, N_MESSAGE + 2, BODY);
    signatures[0] = covering;
    world_verify(signatures, 3, BODY, &results);
    world_assert(&results.items[0], "all examined", AUTH_PASS, FINDING_COUNT);
    dkim_results_clear(&results);
    world_verify(signatures, 7, BODY, &results);
    ck_assert_uint_eq(results.skipped, 2);
    world_assert(&results.items[0], "two skipped", AUTH_TEMPERROR, FINDING_DKIM_TEMPERROR);
    dkim_results_clear(&results);
    free(covering);
}
END_TEST

static void verify_large(const char *name, size_t count, size_t size, bool is_over_limits)
{
    struct dkimcheck_verifier *verifier = dkimcheck_begin(world.check, "test");
    struct dns_budget budget = world_budget();
    struct dkim_results results;
    char *good = world_sign(KEY_2048, "good"), *value = xmalloc(size + 1);

    memset(value, 'x', size);
    value[size] = '\0';
    dkimcheck_header(verifier, "DKIM-Signature", good);
    for (size_t i = 0; i < N_MESSAGE; i++)
        dkimcheck_header(verifier, message[i].name, message[i].value);
    for (size_t i = 0; i < count; i++)
        dkimcheck_header(verifier, name, value);
    dkimcheck_header(verifier, "DKIM-Signature", TAGS);
    dkimcheck_end_of_header(verifier);
    dkimcheck_body(verifier, (const unsigned char *)BODY, strlen(BODY));
    dkimcheck_end(&verifier, &budget, &results);
    ck_assert_int_eq(results.is_over_limits, is_over_limits);
    ck_assert_uint_eq(results.count, 2);
    ck_assert_int_eq(results.items[0].result, is_over_limits ? AUTH_TEMPERROR : AUTH_PASS);
    ck_assert_int_eq(results.items[1].result, is_over_limits ? AUTH_TEMPERROR : AUTH_FAIL);
    ck_assert_str_eq(results.items[0].domain, "example.com");
    dkim_results_clear(&results);
    free(good);
    free(value);
}

START_TEST(bounds_the_header)
{
    verify_large("X-Filler", 900, 10, false);
    verify_large("X-Filler", 1, 200 * 1024, false);
    verify_large("X-Filler", 10000, 10, true);
    verify_large("X-Filler", 1, 2 * 1024 * 1024, true);
    verify_large("DKIM-Signature ", 0, 10, false);
}
END_TEST

/* White space before the colon is obsolete, and no way around the limits either. */
START_TEST(knows_a_signature_by_its_name)
{
    static const char *const names[] = {
        "DKIM-Signature", "dkim-signature ", "DKIM-Signature\t", "DKIM-SIGNATURE \t ",
    };
    char *good = world_sign(KEY_2048, "good");

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct dkimcheck_verifier *verifier = dkimcheck_begin(world.check, "test");
        struct dns_budget budget = world_budget();
        struct dkim_results results;
        dkimcheck_header(verifier, names[i], good);
        for (size_t k = 0; k < N_MESSAGE; k++)
            dkimcheck_header(verifier, message[k].name, message[k].value);
        dkimcheck_end_of_header(verifier);
        dkimcheck_body(verifier, (const unsigned char *)BODY, strlen(BODY));
        dkimcheck_end(&verifier, &budget, &results);
        ck_assert_msg(results.count == 1, "'%s': %zu", names[i], results.count);
        world_assert(&results.items[0], names[i], AUTH_PASS, FINDING_COUNT);
        dkim_results_clear(&results);
    }
    free(good);
}
END_TEST

START_TEST(takes_odd_fields)
{
    static const struct field odd[] = {
        { "", "" }, { "From:DKIM-Signature", TAGS }, { "DKIM-Signature:x", TAGS }, { "X;Y", " z" }, { "X\x01", " z" },
        { "\xc3\xa9", " z" }, { "X", "\r\r\n\n\r" }, { "X Y ", "\n\n\n" }, { "X", "\xff\xfe" },
    };
    struct dkimcheck_verifier *verifier = dkimcheck_begin(world.check, "");
    struct dns_budget budget = world_budget();
    struct dkim_results results;
    char *good = world_sign(KEY_2048, "good");

    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
        dkimcheck_header(verifier, odd[i].name, odd[i].value);
    dkimcheck_header(verifier, "DKIM-Signature", good);
    for (size_t i = 0; i < N_MESSAGE; i++)
        dkimcheck_header(verifier, message[i].name, message[i].value);
    dkimcheck_end_of_header(verifier);
    dkimcheck_body(verifier, (const unsigned char *)BODY, strlen(BODY));
    dkimcheck_end(&verifier, &budget, &results);
    ck_assert_uint_eq(results.count, 1);
    world_assert(&results.items[0], "beside odd fields", AUTH_PASS, FINDING_COUNT);
    dkim_results_clear(&results);
    free(good);
}
END_TEST

/* Left at every stage; and nothing at all but an end. */
START_TEST(may_be_left_at_any_time)
{
    struct dns_budget budget = world_budget();
    struct dkim_results results;
    struct dkimcheck_verifier *verifier;
    char *good = world_sign(KEY_2048, "good");

    for (int stage = 0; stage < 4; stage++) {
        verifier = dkimcheck_begin(world.check, NULL);
        if (stage > 0)
            dkimcheck_header(verifier, "DKIM-Signature", good);
        if (stage > 1)
            dkimcheck_end_of_header(verifier);
        if (stage > 2)
            dkimcheck_body(verifier, (const unsigned char *)BODY, strlen(BODY));
        dkimcheck_abandon(&verifier);
        ck_assert_ptr_null(verifier);
    }
    verifier = dkimcheck_begin(world.check, NULL);
    dkimcheck_end(&verifier, &budget, &results);
    ck_assert_uint_eq(results.count, 0);
    ck_assert_int_eq(dkim_results_overall(&results), AUTH_NONE);
    dkim_results_clear(&results);
    dkim_results_clear(&results);
    free(good);
}
END_TEST

/* The library's signer says by l= what it counts. */
START_TEST(counts_canonical_bytes_as_the_library_does)
{
    static const char *const pieces[] = { "a", " ", "\t", "\r\n", "\r\n\r\n", "bc", "  " };
    struct signing signing = { world.pem[KEY_512], "example.com", "weak", DKIM_SIGN_RSASHA256, DKIM_CANON_RELAXED,
                               DKIM_CANON_RELAXED, 1 << 30, NULL, 0, 0 };
    uint64_t state = 7;

    for (int round = 0; round < 500; round++) {
        struct str body = STR_EMPTY;
        struct bodylength length = { .simple = 0 };
        for (size_t n = mutate_below(&state, 8); n > 0; n--)
            str_add(&body, pieces[mutate_below(&state, sizeof(pieces) / sizeof(pieces[0]))]);
        str_add(&body, body.len > 0 ? "\r\n" : "");
        signing.body = round % 2 == 0 ? DKIM_CANON_RELAXED : DKIM_CANON_SIMPLE;
        char *signature = sign_message(&signing, message, N_MESSAGE, str_get(&body));
        for (size_t i = 0; i < body.len; i++)
            bodylength_add(&length, (const unsigned char *)body.data + i, 1);
        const char *tag = strstr(signature, "l=");
        ck_assert_ptr_nonnull(tag);
        ck_assert_msg(bodylength_get(&length, round % 2 == 0) == atoi(tag + 2), "round %d: %lld, %s", round,
                      (long long)bodylength_get(&length, round % 2 == 0), tag);
        free(signature);
        str_clear(&body);
    }
}
END_TEST

static atomic_int thread_failures;

static void *verify_in_thread(void *signatures)
{
    for (int i = 0; i < 40; i++) {
        struct dkim_results results;
        world_verify(signatures, 3, BODY, &results);
        if (results.count != 3 || results.items[0].result != AUTH_PASS || results.items[1].result != AUTH_PASS ||
            results.items[2].result != AUTH_PERMERROR)
            atomic_fetch_add(&thread_failures, 1);
        dkim_results_clear(&results);
    }
    return NULL;
}

START_TEST(verifies_in_several_threads)
{
    char *signatures[] = { world_sign(KEY_2048, "good"), world_sign(KEY_ED25519, "ed"), world_sign(KEY_2048, "two") };
    pthread_t threads[4];

    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, verify_in_thread, signatures), 0);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_int_eq(atomic_load(&thread_failures), 0);
    for (size_t i = 0; i < 3; i++)
        free(signatures[i]);
}
END_TEST

/* --- findings --------------------------------------------------------------- */

#define ITEM(r) .result = (r), .domain = (char[]){ "example.com" }, .selector = (char[]){ "s" }, \
    .canonicalization = (char[]){ "" }, .reason = (char[]){ "because" }
#define PASS_RSA ITEM(AUTH_PASS), .algorithm = (char[]){ "rsa-sha256" }, .key_bits = 2048
#define PASS_ED ITEM(AUTH_PASS), .algorithm = (char[]){ "ed25519-sha256" }, .key_bits = 256

static void assert_findings(struct dkim_result *items, size_t count, size_t skipped, const char *author,
                            const char *want)
{
    struct dkim_results results = { .items = items, .count = count, .skipped = skipped };
    struct findings findings = { .items = NULL };
    struct str got = STR_EMPTY;

    dkimcheck_findings(&results, author, &findings);
    for (size_t i = 0; i < findings.count; i++)
        str_addf(&got, "%s%s:%s", i > 0 ? " " : "", findings.items[i].row->name, findings.items[i].subject);
    ck_assert_str_eq(str_get(&got), want);
    str_clear(&got);
    findings_clear(&findings);
}

static void assert_expiry(int64_t expires, const char *want)
{
    struct dkim_result item = { PASS_RSA, .aligned = true, .expires = expires };
    struct dkim_results results = { .items = &item, .count = 1 };
    struct findings findings = { .items = NULL };

    dkimcheck_findings(&results, "example.com", &findings);
    ck_assert_uint_eq(findings.count, 1);
    ck_assert_msg(strstr(findings.items[0].text, want) != NULL, "%s", findings.items[0].text);
    findings_clear(&findings);
}

#define ASSERT_FINDINGS(want, author, ...) do { \
        struct dkim_result list[] = { __VA_ARGS__ }; \
        assert_findings(list, sizeof(list) / sizeof(list[0]), 0, author, want); \
    } while (0)

START_TEST(finds)
{
    int64_t now = time(NULL);

    assert_findings(NULL, 0, 0, "example.com", "dkim-none:example.com");
    ASSERT_FINDINGS("", "example.com", { PASS_RSA, .aligned = true });
    ASSERT_FINDINGS("", "", { PASS_RSA });
    ASSERT_FINDINGS("dkim-not-aligned:s._domainkey.example.com", "example.org", { PASS_RSA });
    ASSERT_FINDINGS("", "example.org", { PASS_RSA }, { PASS_RSA, .aligned = true });
    ASSERT_FINDINGS("dkim-short-key:s._domainkey.example.com", "example.com",
                    { ITEM(AUTH_PASS), .algorithm = (char[]){ "rsa-sha256" }, .key_bits = 1024, .aligned = true });
    ck_assert_int_eq(finding_row(FINDING_DKIM_SHORT_KEY)->severity, SEVERITY_WARNING);     /* RFC 8301 section 3.2 */
    ck_assert_int_eq(finding_row(FINDING_DKIM_WEAK_KEY)->severity, SEVERITY_ERROR);
    ASSERT_FINDINGS("dkim-ed25519-only:s._domainkey.example.com", "example.com", { PASS_ED, .aligned = true });
    ASSERT_FINDINGS("", "example.com", { PASS_ED, .aligned = true }, { PASS_RSA, .aligned = true });
    ASSERT_FINDINGS("dkim-testing:s._domainkey.example.com", "example.com",
                    { PASS_RSA, .aligned = true, .is_testing = true });
    ASSERT_FINDINGS("dkim-length-limited:s._domainkey.example.com", "example.com",
                    { PASS_RSA, .aligned = true, .is_length_limited = true });
    ASSERT_FINDINGS("dkim-expires-soon:s._domainkey.example.com", "example.com",
                    { PASS_RSA, .aligned = true, .expires = now + 4 * 24 * 3600 });
    ASSERT_FINDINGS("", "example.com", { PASS_RSA, .aligned = true, .expires = now + 7 * 24 * 3600 });
    assert_expiry(now + 30 * 60 + 9, "in 30 minutes");
    assert_expiry(now + 30 * 3600 + 9, "in 30 hours");
    ASSERT_FINDINGS("dkim-no-key:s._domainkey.example.com", "example.com",
                    { ITEM(AUTH_PERMERROR), .algorithm = (char[]){ "rsa-sha256" }, .finding = FINDING_DKIM_NO_KEY });
    ASSERT_FINDINGS("dkim-bad-signature:example.com", "example.com",
                    { .result = AUTH_PERMERROR, .domain = (char[]){ "example.com" }, .selector = (char[]){ "" },
                      .algorithm = (char[]){ "" }, .finding = FINDING_DKIM_BAD_SIGNATURE });
    struct dkim_result one = { PASS_RSA, .aligned = true };
    assert_findings(&one, 1, 7, "example.com", "dkim-too-many:example.com");
}
END_TEST

START_TEST(sums_up)
{
    static const struct { enum auth_result results[3], want; size_t skipped; } cases[] = {
        { { AUTH_FAIL, AUTH_PASS, AUTH_TEMPERROR }, AUTH_PASS, 0 },
        { { AUTH_FAIL, AUTH_PERMERROR, AUTH_TEMPERROR }, AUTH_TEMPERROR, 0 },
        { { AUTH_POLICY, AUTH_FAIL, AUTH_NEUTRAL }, AUTH_POLICY, 0 },
        { { AUTH_POLICY, AUTH_FAIL, AUTH_NEUTRAL }, AUTH_TEMPERROR, 1 },      /* that one might have passed */
        { { AUTH_POLICY, AUTH_FAIL, AUTH_PASS }, AUTH_PASS, 1 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct dkim_result items[3] = { { .result = cases[i].results[0] }, { .result = cases[i].results[1] },
                                        { .result = cases[i].results[2] } };
        struct dkim_results results = { .items = items, .count = 3, .skipped = cases[i].skipped };
        ck_assert_int_eq(dkim_results_overall(&results), cases[i].want);
    }
}
END_TEST

static void add_tests(TCase *tcase)
{
    tcase_add_test(tcase, survives_malformed_signatures);
    tcase_add_test(tcase, keeps_signatures_apart);
    tcase_add_test(tcase, survives_mutations);
    tcase_add_test(tcase, bounds_a_long_identity);
    tcase_add_test(tcase, bounds_the_signatures);
    tcase_add_test(tcase, admits_what_it_does_not_know);
    tcase_add_test(tcase, bounds_the_header);
    tcase_add_test(tcase, knows_a_signature_by_its_name);
    tcase_add_test(tcase, takes_odd_fields);
    tcase_add_test(tcase, may_be_left_at_any_time);
    tcase_add_test(tcase, counts_canonical_bytes_as_the_library_does);
    tcase_add_test(tcase, verifies_in_several_threads);
    tcase_add_test(tcase, finds);
    tcase_add_test(tcase, sums_up);
}

int main(void)
{
    return world_run("dkimhostile", add_tests);
}
