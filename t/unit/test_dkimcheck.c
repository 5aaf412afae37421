/*
 * lib/check/dkimcheck: what verifies, what does not and why; the findings of it.  RFC 6376, 8301, 8463.
 * Messages are signed by libopendkim with keys made here; RFC 8463 appendix A.3 comes from elsewhere.
 */
#include "config.h"

#include "t/unit/dkimworld.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>

/* RFC 8463 appendix A.3. */
static const struct field rfc8463[] = {
    { "DKIM-Signature", " v=1; a=ed25519-sha256; c=relaxed/relaxed;\n"
      " d=football.example.com; i=@football.example.com;\n"
      " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\n"
      " subject : date : message-id : from : subject : date;\n"
      " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
      " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\n"
      " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==" },
    { "DKIM-Signature", " v=1; a=rsa-sha256; c=relaxed/relaxed;\n"
      " d=football.example.com; i=@football.example.com;\n"
      " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\n"
      " date : message-id : from : subject : date;\n"
      " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
      " b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\n"
      " DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\n"
      " dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=" },
    { "From", " Joe SixPack <joe@football.example.com>" },
    { "To", " Suzie Q <suzie@shopping.example.net>" },
    { "Subject", " Is dinner ready?" },
    { "Date", " Fri, 11 Jul 2003 21:00:37 -0700 (PDT)" },
    { "Message-ID", " <20030712040037.46341.5F8J@football.example.com>" },
};

START_TEST(verifies_the_example_of_rfc8463)
{
    struct dkimcheck_verifier *verifier = dkimcheck_begin(world.check, NULL);
    struct dns_budget budget = world_budget();
    struct dkim_results results;

    for (size_t i = 0; i < sizeof(rfc8463) / sizeof(rfc8463[0]); i++)
        dkimcheck_header(verifier, rfc8463[i].name, rfc8463[i].value);
    dkimcheck_end_of_header(verifier);
    dkimcheck_body(verifier, (const unsigned char *)BODY, strlen(BODY));
    dkimcheck_end(&verifier, &budget, &results);
    ck_assert_uint_eq(results.count, 2);
    world_assert(&results.items[0], "ed25519", AUTH_PASS, FINDING_COUNT);
    world_assert(&results.items[1], "rsa", AUTH_PASS, FINDING_COUNT);
    ck_assert_str_eq(results.items[0].algorithm, "ed25519-sha256");
    ck_assert_int_eq(results.items[0].key_bits, 256);
    ck_assert_str_eq(results.items[0].selector, "brisbane");
    ck_assert_str_eq(results.items[0].domain, "football.example.com");
    ck_assert_str_eq(results.items[1].canonicalization, "relaxed/relaxed");
    ck_assert_int_eq(results.items[1].key_bits, 1024);
    ck_assert(results.items[1].from_signed && !results.items[1].is_testing && !results.items[1].is_length_limited);
    dkim_results_clear(&results);
}
END_TEST

enum change { KEEP, CHANGE_BODY, CHANGE_SUBJECT, CUT_BODY, LF_TO_CRLF, FOLD_SUBJECT, DROP_SPACE, MORE_FROM };

struct verdict_case {
    const char *name;
    enum key key;
    const char *selector;
    enum change change;
    enum auth_result result;
    enum finding_id finding;
    int key_bits;
    struct signing signing;     /* over the defaults: relaxed/relaxed, rsa-sha256 */
};

#define SIMPLE .signing = { .header = DKIM_CANON_SIMPLE, .body = DKIM_CANON_SIMPLE }
#define MIXED .signing = { .header = DKIM_CANON_RELAXED, .body = DKIM_CANON_SIMPLE }
#define RELAXED .signing = { .header = DKIM_CANON_RELAXED, .body = DKIM_CANON_RELAXED }

static const struct verdict_case verdict_cases[] = {
    { "relaxed", KEY_2048, "good", KEEP, AUTH_PASS, FINDING_COUNT, 2048, RELAXED },
    { "simple", KEY_2048, "good", KEEP, AUTH_PASS, FINDING_COUNT, 2048, SIMPLE },
    { "mixed", KEY_2048, "good", KEEP, AUTH_PASS, FINDING_COUNT, 2048, MIXED },
    { "simple, folds as CRLF", KEY_2048, "good", LF_TO_CRLF, AUTH_PASS, FINDING_COUNT, 2048, SIMPLE },
    { "relaxed, folded elsewhere", KEY_2048, "good", FOLD_SUBJECT, AUTH_PASS, FINDING_COUNT, 2048, RELAXED },
    { "simple, folded elsewhere", KEY_2048, "good", FOLD_SUBJECT, AUTH_FAIL, FINDING_DKIM_HEADER_CHANGED, 2048,
      SIMPLE },
    { "simple, leading space lost", KEY_2048, "good", DROP_SPACE, AUTH_FAIL, FINDING_DKIM_HEADER_CHANGED, 2048,
      SIMPLE },
    { "relaxed, leading space lost", KEY_2048, "good", DROP_SPACE, AUTH_PASS, FINDING_COUNT, 2048, RELAXED },
    { "body changed", KEY_2048, "good", CHANGE_BODY, AUTH_FAIL, FINDING_DKIM_BODY_CHANGED, 2048, RELAXED },
    { "body cut", KEY_2048, "good", CUT_BODY, AUTH_FAIL, FINDING_DKIM_BODY_CHANGED, 2048, SIMPLE },
    { "subject changed", KEY_2048, "good", CHANGE_SUBJECT, AUTH_FAIL, FINDING_DKIM_HEADER_CHANGED, 2048,
      RELAXED },
    { "one more From", KEY_2048, "good", MORE_FROM, AUTH_PASS, FINDING_COUNT, 2048, RELAXED },
    { "wrong key", KEY_2048, "other", KEEP, AUTH_FAIL, FINDING_DKIM_WRONG_KEY, 2048, RELAXED },
    { "alias", KEY_2048, "alias", KEEP, AUTH_PASS, FINDING_COUNT, 2048, RELAXED },
    { "record without tags", KEY_2048, "bare", KEEP, AUTH_PASS, FINDING_COUNT, 2048, RELAXED },
    { "upper case selector", KEY_2048, "GOOD", KEEP, AUTH_PASS, FINDING_COUNT, 2048, RELAXED },
    { "no key", KEY_2048, "missing", KEEP, AUTH_PERMERROR, FINDING_DKIM_NO_KEY, 0, RELAXED },
    { "no TXT record", KEY_2048, "nodata", KEEP, AUTH_PERMERROR, FINDING_DKIM_NO_KEY, 0, RELAXED },
    { "impossible selector", KEY_2048, "a@b", KEEP, AUTH_PERMERROR, FINDING_DKIM_NO_KEY, 0, RELAXED },
    { "revoked", KEY_2048, "revoked", KEEP, AUTH_PERMERROR, FINDING_DKIM_KEY_REVOKED, 0, RELAXED },
    { "revoked, ed25519", KEY_ED25519, "revoked", KEEP, AUTH_PERMERROR, FINDING_DKIM_KEY_REVOKED, 0, RELAXED },
    { "two keys", KEY_2048, "two", KEEP, AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, 0, RELAXED },
    { "junk record", KEY_2048, "junk", KEEP, AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, 0, RELAXED },
    { "empty record", KEY_2048, "empty", KEEP, AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, 0, RELAXED },
    { "no p=", KEY_2048, "nop", KEEP, AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, 0, RELAXED },
    { "p= not base64", KEY_2048, "base64", KEEP, AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, 0, RELAXED },
    { "p= no key", KEY_2048, "notkey", KEEP, AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, 0, RELAXED },
    { "8-bit record", KEY_2048, "eightbit", KEEP, AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, 0, RELAXED },
    { "NUL in record", KEY_2048, "nul", KEEP, AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, 0, RELAXED },
    { "elliptic curve", KEY_2048, "ec", KEEP, AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, 0, RELAXED },
    { "record too long", KEY_2048, "long", KEEP, AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, 0, RELAXED },
    { "v=DKIM2", KEY_2048, "v2", KEEP, AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, 2048, RELAXED },
    { "key for sha1", KEY_2048, "sha1", KEEP, AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, 2048, RELAXED },
    { "key for md5", KEY_2048, "md5", KEEP, AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, 2048, RELAXED },
    { "key for the web", KEY_2048, "web", KEEP, AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, 2048, RELAXED },
    { "a record with spaces", KEY_2048, "spaced", KEEP, AUTH_PASS, FINDING_COUNT, 2048, RELAXED },
    { "h=, s=, t= with others", KEY_2048, "others", KEEP, AUTH_PASS, FINDING_COUNT, 2048, RELAXED },
    { "v= is not first", KEY_2048, "late", KEEP, AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, 0, RELAXED },
    { "k= twice", KEY_2048, "twice", KEEP, AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, 0, RELAXED },
    { "an empty tag", KEY_2048, "gap", KEEP, AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, 0, RELAXED },
    { "no tag", KEY_2048, "broken", KEEP, AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, 0, RELAXED },
    { "a tag whose name is none", KEY_2048, "badname", KEEP, AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, 0, RELAXED },
    { "p= in quotes", KEY_512, "quoted", KEEP, AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, 0, RELAXED },
    { "k=dsa", KEY_2048, "dsa", KEEP, AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, 0, RELAXED },
    { "1,024 bits", KEY_1024, "short", KEEP, AUTH_PASS, FINDING_COUNT, 1024, RELAXED },
    { "512 bits", KEY_512, "weak", KEEP, AUTH_POLICY, FINDING_DKIM_WEAK_KEY, 512, RELAXED },
    { "512 bits, body changed", KEY_512, "weak", CHANGE_BODY, AUTH_FAIL, FINDING_DKIM_BODY_CHANGED, 512, RELAXED },
    { "ed25519", KEY_ED25519, "ed", KEEP, AUTH_PASS, FINDING_COUNT, 256, MIXED },
    { "ed25519, body changed", KEY_ED25519, "ed", CHANGE_BODY, AUTH_FAIL, FINDING_DKIM_BODY_CHANGED, 256, RELAXED },
    { "ed25519, changed", KEY_ED25519, "ed", CHANGE_SUBJECT, AUTH_FAIL, FINDING_DKIM_BAD_SIGNATURE, 256, RELAXED },
    { "ed25519 without k=", KEY_ED25519, "untyped", KEEP, AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, 0, RELAXED },
    { "ed25519 with an RSA key", KEY_ED25519, "good", KEEP, AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, 0, RELAXED },
    { "rsa with an Ed25519 key", KEY_2048, "ed", KEEP, AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, 0, RELAXED },
    { "testing", KEY_2048, "testing", KEEP, AUTH_PASS, FINDING_COUNT, 2048, RELAXED },
    { "t=s", KEY_2048, "strict", KEEP, AUTH_PASS, FINDING_COUNT, 2048, .signing = { .identity = "@example.com" } },
    { "t=s and a subdomain", KEY_2048, "strict", KEEP, AUTH_PERMERROR, FINDING_DKIM_BAD_KEY, 2048,
      .signing = { .identity = "joe@sub.example.com" } },
    { "i= in a subdomain", KEY_2048, "good", KEEP, AUTH_PASS, FINDING_COUNT, 2048,
      .signing = { .identity = "joe@sub.example.com" } },
    { "rsa-sha1", KEY_2048, "good", KEEP, AUTH_POLICY, FINDING_DKIM_SHA1, 2048,
      .signing = { .algorithm = DKIM_SIGN_RSASHA1 } },
    { "x= long past", KEY_2048, "good", KEEP, AUTH_FAIL, FINDING_DKIM_EXPIRED, 0,
      .signing = { .time = 1500000000, .lifetime = 3600 } },
    { "t= in the future", KEY_2048, "good", KEEP, AUTH_FAIL, FINDING_DKIM_BAD_SIGNATURE, 0,
      .signing = { .time = 99999999999 } },
    { "l= of a part", KEY_2048, "good", KEEP, AUTH_PASS, FINDING_COUNT, 2048, .signing = { .length = 10 } },
    { "l= and more body", KEY_2048, "good", CHANGE_BODY, AUTH_PASS, FINDING_COUNT, 2048,
      .signing = { .length = sizeof(BODY) - 1 } },
    { "l= and less body", KEY_2048, "good", CUT_BODY, AUTH_FAIL, FINDING_DKIM_BODY_CHANGED, 0,
      .signing = { .length = sizeof(BODY) - 1 } },
};

static char *sign_case(const struct verdict_case *c)
{
    struct signing signing = c->signing;

    signing.pem = world.pem[c->key];
    signing.domain = "example.com";
    signing.selector = c->selector;
    if (c->key == KEY_ED25519)
        signing.algorithm = DKIM_SIGN_ED25519SHA256;
    else if (strcmp(c->name, "rsa-sha1") != 0)
        signing.algorithm = DKIM_SIGN_RSASHA256;
    return sign_message(&signing, message, N_MESSAGE, BODY);
}

static const char *changed_value(const struct field *field, enum change change)
{
    bool is_subject = strcmp(field->name, "Subject") == 0;

    if (is_subject && change == CHANGE_SUBJECT)
        return " Is dinner\n\tburnt?";
    if (is_subject && change == FOLD_SUBJECT)
        return " Is\n  dinner ready?";
    if (is_subject && change == LF_TO_CRLF)
        return " Is dinner\r\n\tready?";
    if (change == DROP_SPACE && field->value[0] == ' ')
        return field->value + 1;
    return field->value;
}

static const char *changed_body(enum change change)
{
    if (change == CHANGE_BODY)
        return BODY "-- \r\nScanned by a scanner.\r\n";
    return change == CUT_BODY ? "Hi.\r\n" : BODY;
}

/* chunk: bytes of body at a time. */
static void verify_case(const struct verdict_case *c, const char *signature, size_t chunk,
                        struct dkim_results *results_r)
{
    struct dkimcheck_verifier *verifier = dkimcheck_begin(world.check, "test");
    struct dns_budget budget = world_budget();
    const char *body = changed_body(c->change);

    if (c->change == MORE_FROM)
        dkimcheck_header(verifier, "From", " mallory@example.org");
    dkimcheck_header(verifier, "DKIM-Signature", signature + (c->change == DROP_SPACE));
    for (size_t i = 0; i < N_MESSAGE; i++)
        dkimcheck_header(verifier, message[i].name, changed_value(&message[i], c->change));
    dkimcheck_end_of_header(verifier);
    for (size_t i = 0, len = strlen(body); i < len; i += chunk)
        dkimcheck_body(verifier, (const unsigned char *)body + i, len - i < chunk ? len - i : chunk);
    dkimcheck_end(&verifier, &budget, results_r);
}

START_TEST(gives_verdicts)
{
    for (size_t i = 0; i < sizeof(verdict_cases) / sizeof(verdict_cases[0]); i++) {
        const struct verdict_case *c = &verdict_cases[i];
        char *signature = sign_case(c);
        for (size_t chunk = 1; chunk < 2000; chunk += 999) {
            struct dkim_results results;
            verify_case(c, signature, chunk, &results);
            ck_assert_uint_eq(results.count, 1);
            world_assert(&results.items[0], c->name, c->result, c->finding);
            ck_assert_msg(results.items[0].key_bits == c->key_bits, "%s: %d bits", c->name, results.items[0].key_bits);
            ck_assert_int_eq(results.items[0].is_length_limited,
                             strcmp(c->name, "l= of a part") == 0 || strcmp(c->name, "l= and more body") == 0);
            ck_assert_int_eq(results.items[0].is_testing, strcmp(c->name, "testing") == 0);
            ck_assert_int_eq(dkim_results_overall(&results), c->result);
            dkim_results_clear(&results);
        }
        free(signature);
    }
}
END_TEST

/* libopendkim lets x= pass for another five minutes; a receiver need not. */
START_TEST(expires_to_the_second)
{
    struct verdict_case c = { "x= just past", KEY_2048, "good", KEEP, AUTH_FAIL, FINDING_DKIM_EXPIRED, 2048, RELAXED };
    struct dkim_results results;

    c.signing.time = (uint64_t)time(NULL) - 3600;
    c.signing.lifetime = 3570;
    char *signature = sign_case(&c);
    verify_case(&c, signature, 1000, &results);
    world_assert(&results.items[0], c.name, AUTH_FAIL, FINDING_DKIM_EXPIRED);
    ck_assert_int_eq(results.items[0].expires, (int64_t)(c.signing.time + c.signing.lifetime));
    dkim_results_clear(&results);
    free(signature);
}
END_TEST

START_TEST(verifies_an_empty_body)
{
    for (int form = 0; form < 3; form++) {
        dkim_canon_t canon = form == 2 ? DKIM_CANON_RELAXED : DKIM_CANON_SIMPLE;
        struct signing signing = { world.pem[KEY_2048], "example.com", "good", DKIM_SIGN_RSASHA256,
                                   DKIM_CANON_SIMPLE, canon, 0, NULL, 0, 0 };
        struct dkimcheck_verifier *verifier = dkimcheck_begin(world.check, "test");
        struct dns_budget budget = world_budget();
        struct dkim_results results;
        char *signature = sign_message(&signing, message, N_MESSAGE, NULL);
        dkimcheck_header(verifier, "dkim-signature", signature);
        for (size_t i = 0; i < N_MESSAGE; i++)
            dkimcheck_header(verifier, message[i].name, message[i].value);
        /* In the simple form the field's own name counts as it was written. */
        if (form != 1)
            dkimcheck_end_of_header(verifier);
        if (form == 2)
            dkimcheck_body(verifier, (const unsigned char *)"", 0);
        dkimcheck_end(&verifier, &budget, &results);
        ck_assert_uint_eq(results.count, 1);
        ck_assert_int_eq(results.items[0].finding, FINDING_DKIM_HEADER_CHANGED);
        dkim_results_clear(&results);

        world_verify((const char *const[]){ signature }, 1, "", &results);
        world_assert(&results.items[0], "empty", AUTH_PASS, FINDING_COUNT);
        dkim_results_clear(&results);
        free(signature);
    }
}
END_TEST

/* Without a CRLF at its end, a body counts as if it had one. */
START_TEST(ends_the_last_line)
{
    static const struct { const char *signed_body, *body; } cases[] = {
        { "a\r\nb\r\n", "a\r\nb" }, { "a\r\nb\r\r\n", "a\r\nb\r" }, { "x\r\n", "x" },
    };
    for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
        dkim_canon_t canon = i % 2 == 0 ? DKIM_CANON_RELAXED : DKIM_CANON_SIMPLE;
        struct signing signing = { world.pem[KEY_2048], "example.com", "good", DKIM_SIGN_RSASHA256,
                                   DKIM_CANON_RELAXED, canon, 0, NULL, 0, 0 };
        struct dkim_results results;
        char *signature = sign_message(&signing, message, N_MESSAGE, cases[i / 2].signed_body);
        world_verify((const char *const[]){ signature }, 1, cases[i / 2].body, &results);
        world_assert(&results.items[0], cases[i / 2].body, AUTH_PASS, FINDING_COUNT);
        dkim_results_clear(&results);
        free(signature);
    }
}
END_TEST

START_TEST(tells_dns_trouble_from_a_verdict)
{
    static const enum dns_status statuses[] = { DNS_TIMEOUT, DNS_TEMPFAIL, DNS_BOGUS };
    char *bad = world_sign(KEY_2048, "good"), *good = world_sign(KEY_1024, "short");
    struct dkim_results results;

    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        dns_inject(world.dns, "good._domainkey.example.com", DNS_TXT, statuses[i]);
        world_verify((const char *const[]){ bad, good }, 2, BODY, &results);
        world_assert(&results.items[0], dns_status_name(statuses[i]), AUTH_TEMPERROR, FINDING_DKIM_TEMPERROR);
        world_assert(&results.items[1], "the other", AUTH_PASS, FINDING_COUNT);
        ck_assert_int_eq(dkim_results_overall(&results), AUTH_PASS);
        dkim_results_clear(&results);
    }
    free(bad);
    free(good);
}
END_TEST

START_TEST(keeps_to_the_budget)
{
    char *signature = world_sign(KEY_2048, "good");
    struct dns_budget budget = { .deadline_ms = clock_ms() + 5000, .questions = 0 };
    struct dkimcheck_verifier *verifier = dkimcheck_begin(world.check, "test");
    struct dkim_results results;

    dkimcheck_header(verifier, "DKIM-Signature", signature);
    dkimcheck_end(&verifier, &budget, &results);
    world_assert(&results.items[0], "spent", AUTH_TEMPERROR, FINDING_DKIM_TEMPERROR);
    dkim_results_clear(&results);
    free(signature);
}
END_TEST

/* A name server that never answers: what matters is that it is asked before anybody waits. */
START_TEST(asks_for_the_key_ahead_of_need)
{
    struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(addr);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    char server[32];
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, len), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
    snprintf(server, sizeof(server), "127.0.0.1@%d", ntohs(addr.sin_port));

    struct dns_settings settings = { .servers = (const char *const[]){ server, NULL }, .timeout_ms = 100,
                                     .cache_entries = 100, .max_ttl = 60 };
    struct dkimcheck_limits limits = { .headers = 10, .header_bytes = 1000, .signatures = 1 };
    struct dns *dns = dns_new(&settings, NULL);
    struct dkimcheck *check = dkimcheck_new(dns, &limits, NULL);
    struct dkimcheck_verifier *verifier = dkimcheck_begin(check, NULL);
    struct dns_stats stats;
    dkimcheck_header(verifier, "DKIM-Signature", " v=1; d=Example.com; s=good; b=x");
    dns_get_stats(dns, &stats);
    ck_assert_uint_eq(stats.queries, 1);
    dkimcheck_header(verifier, "DKIM-Signature", " v=1; d=example.com; s=beyond; b=x");
    dns_get_stats(dns, &stats);
    ck_assert_uint_eq(stats.queries, 1);
    dkimcheck_abandon(&verifier);
    dkimcheck_free(&check);
    dns_free(&dns);
    close(fd);
}
END_TEST

START_TEST(judges_every_signature)
{
    char *signatures[] = { world_sign(KEY_2048, "missing"), world_sign(KEY_2048, "good"), world_sign(KEY_2048, "good"),
                           world_sign(KEY_2048, "other"), world_sign(KEY_ED25519, "ed") };
    static const enum auth_result want[] = { AUTH_PERMERROR, AUTH_PASS, AUTH_PASS, AUTH_FAIL, AUTH_PASS };
    struct dkim_results results;

    world_verify((const char *const *)signatures, 5, BODY, &results);
    ck_assert_uint_eq(results.count, 5);
    for (size_t i = 0; i < 5; i++)
        ck_assert_int_eq(results.items[i].result, want[i]);
    ck_assert_str_eq(results.items[0].selector, "missing");
    ck_assert_int_eq(results.items[2].key_bits, 2048);
    ck_assert_str_eq(results.items[4].selector, "ed");
    dkim_results_clear(&results);
    for (size_t i = 0; i < 5; i++)
        free(signatures[i]);
}
END_TEST

START_TEST(tells_the_flags_of_the_key)
{
    char *signature = world_sign(KEY_2048, "flags");
    struct dkim_results results;

    world_verify((const char *const[]){ signature }, 1, BODY, &results);
    world_assert(&results.items[0], "flags", AUTH_PASS, FINDING_COUNT);
    ck_assert_uint_eq(results.items[0].key_flags.count, 2);
    ck_assert_str_eq(results.items[0].key_flags.items[0], "y");
    ck_assert_str_eq(results.items[0].key_flags.items[1], "s");
    ck_assert(results.items[0].is_testing);
    dkim_results_clear(&results);
    free(signature);
}
END_TEST

static void add_tests(TCase *tcase)
{
    tcase_add_test(tcase, verifies_the_example_of_rfc8463);
    tcase_add_test(tcase, gives_verdicts);
    tcase_add_test(tcase, expires_to_the_second);
    tcase_add_test(tcase, verifies_an_empty_body);
    tcase_add_test(tcase, ends_the_last_line);
    tcase_add_test(tcase, tells_dns_trouble_from_a_verdict);
    tcase_add_test(tcase, keeps_to_the_budget);
    tcase_add_test(tcase, asks_for_the_key_ahead_of_need);
    tcase_add_test(tcase, judges_every_signature);
    tcase_add_test(tcase, tells_the_flags_of_the_key);
}

int main(void)
{
    return world_run("dkimcheck", add_tests);
}
