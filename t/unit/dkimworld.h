/*
 * For the tests of DKIM: a zone of keys of every kind, a message, and a verifier to run it through.
 * world_make once per program (keys take time), world_open per test: the resolver's thread does not survive a fork.
 */
#ifndef PREFLIGHT_T_DKIMWORLD_H
#define PREFLIGHT_T_DKIMWORLD_H

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/check/dkimcheck.h"
#include "lib/dns/dns.h"
#include "t/unit/dkimsign.h"

#include <unistd.h>

#define BODY "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"

enum key { KEY_2048, KEY_OTHER, KEY_1024, KEY_512, KEY_ED25519, KEY_COUNT };

static struct {
    char *pem[KEY_COUNT], *p[KEY_COUNT];
    char zone[64];
    struct dns *dns;
    struct dkimcheck *check;
} world;

static const struct field message[] = {
    { "From", " Joe SixPack <joe@example.com>" },
    { "To", "  Suzie Q  <suzie@example.net> " },
    { "Subject", " Is dinner\n\tready?" },
    { "Date", " Fri, 11 Jul 2003 21:00:37 -0700 (PDT)" },
    { "Message-ID", "<20030712040037.46341.5F8J@example.com>" },
};
#define N_MESSAGE (sizeof(message) / sizeof(message[0]))

/* selector, the text before p=, the key */
static const struct { const char *selector, *tags; enum key key; } world_keys[] = {
    { "good", "v=DKIM1; k=rsa; ", KEY_2048 },
    { "other", "v=DKIM1; k=rsa; ", KEY_OTHER },
    { "short", "v=DKIM1; k=rsa; ", KEY_1024 },
    { "weak", "v=DKIM1; k=rsa; ", KEY_512 },
    { "ed", "v=DKIM1; k=ed25519; ", KEY_ED25519 },
    { "untyped", "v=DKIM1; ", KEY_ED25519 },
    { "dsa", "k=dsa; ", KEY_2048 },
    { "testing", "v=DKIM1; t=y; ", KEY_2048 },
    { "strict", "v=DKIM1; t=s; ", KEY_2048 },
    { "flags", "v=DKIM1; t= y : S:y ; ", KEY_2048 },
    { "v2", "v=DKIM2; ", KEY_2048 },
    { "sha1", "v=DKIM1; h=sha1; ", KEY_2048 },
    { "md5", "v=DKIM1; h=md5; ", KEY_2048 },
    { "web", "v=DKIM1; s=http; ", KEY_2048 },
    { "bare", "", KEY_2048 },
    { "spaced", " v = DKIM1 ;\tk = rsa ; n=a note ; x= ; ", KEY_2048 },
    { "late", "k=rsa; v=DKIM1; ", KEY_2048 },
    { "twice", "v=DKIM1; k=rsa; k=rsa; ", KEY_2048 },
    { "gap", "v=DKIM1;; ", KEY_2048 },
    { "broken", "v=DKIM1; hello; ", KEY_2048 },
    { "badname", "v=DKIM1; 1n=x; ", KEY_2048 },
    { "others", "v=DKIM1; h=md5:sha256; s=http:email; t=x; ", KEY_2048 },
};

static const char world_records[] =
    "revoked._domainkey.example.com. 300 IN TXT \"v=DKIM1; p=\"\n"
    "junk._domainkey.example.com. 300 IN TXT \"hello world\"\n"
    "empty._domainkey.example.com. 300 IN TXT \"\"\n"
    "nop._domainkey.example.com. 300 IN TXT \"v=DKIM1; k=rsa\"\n"
    "base64._domainkey.example.com. 300 IN TXT \"v=DKIM1; p=####\"\n"
    "notkey._domainkey.example.com. 300 IN TXT \"v=DKIM1; p=aGVsbG8=\"\n"
    "eightbit._domainkey.example.com. 300 IN TXT \"v=DKIM1; n=\\200; p=aGVsbG8=\"\n"
    "nul._domainkey.example.com. 300 IN TXT \"v=DKIM1; p=aGV\\000sbG8=\"\n"
    "nodata._domainkey.example.com. 300 IN A 192.0.2.1\n"
    "alias._domainkey.example.com. 300 IN CNAME good._domainkey.example.com.\n"
    "brisbane._domainkey.football.example.com. 300 IN TXT \"v=DKIM1; k=ed25519; \"\n"
    "    \"p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"\n"
    "test._domainkey.football.example.com. 300 IN TXT \"v=DKIM1; k=rsa; \"\n"
    "    \"p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/b\"\n"
    "    \"yYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/\"\n"
    "    \"K4w3QIDAQAB\"\n";

static void world_add_record(FILE *file, const char *selector, const char *tags, const char *p)
{
    fprintf(file, "%s._domainkey.example.com. 300 IN TXT ( \"%s\" \"p=", selector, tags);
    for (size_t i = 0; p[i] != '\0'; i++)
        fprintf(file, "%s%c", i > 0 && i % 200 == 0 ? "\"\n    \"" : "", p[i]);
    fprintf(file, "\" )\n");
}

/* Brackets: the file's strings go over lines. */
static void world_add_plain(FILE *file)
{
    bool in_string = false;
    for (const char *p = world_records; *p != '\0'; p++) {
        in_string ^= *p == '"';
        if (*p == '\n' && p[1] == ' ' && !in_string)
            continue;
        fputc(*p, file);
    }
}

static void world_add_odd(FILE *file)
{
    char *quoted = xasprintf("\\\"%s\\\"", world.p[KEY_512]);
    world_add_record(file, "quoted", "v=DKIM1; ", quoted);
    free(quoted);
    EVP_PKEY *ec = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    char *p = sign_public(ec);
    world_add_record(file, "ec", "v=DKIM1; ", p);
    free(p);
    EVP_PKEY_free(ec);
    world_add_record(file, "two", "v=DKIM1; ", world.p[KEY_2048]);
    world_add_record(file, "two", "v=DKIM1; ", world.p[KEY_OTHER]);
    char notes[1100];
    memset(notes, 'n', sizeof(notes));
    fprintf(file, "long._domainkey.example.com. 300 IN TXT \"v=DKIM1; n=\"");
    for (int i = 0; i < 5; i++)
        fprintf(file, " \"%.220s\"", notes);
    fprintf(file, " \"; p=%.200s\" \"%s\"\n", world.p[KEY_2048], world.p[KEY_2048] + 200);
}

static void world_make(void)
{
    for (int i = 0; i < KEY_COUNT; i++) {
        static const unsigned bits[KEY_COUNT] = { 2048, 2048, 1024, 512, 0 };
        EVP_PKEY *key = bits[i] > 0 ? sign_make_rsa(bits[i]) : sign_make_ed25519();
        world.pem[i] = sign_pem(key);
        world.p[i] = sign_public(key);
        EVP_PKEY_free(key);
    }
    strcpy(world.zone, "/tmp/dkimzoneXXXXXX");
    int fd = mkstemp(world.zone);
    FILE *file = fdopen(fd, "w");
    ck_assert_ptr_nonnull(file);
    for (size_t i = 0; i < sizeof(world_keys) / sizeof(world_keys[0]); i++)
        world_add_record(file, world_keys[i].selector, world_keys[i].tags, world.p[world_keys[i].key]);
    world_add_plain(file);
    world_add_odd(file);
    ck_assert_int_eq(fclose(file), 0);
}

static void world_unmake(void)
{
    for (int i = 0; i < KEY_COUNT; i++) {
        free(world.pem[i]);
        free(world.p[i]);
    }
    unlink(world.zone);
}

static void world_open(void)
{
    struct dns_settings settings = { .zone = world.zone, .timeout_ms = 1000, .cache_entries = 100, .max_ttl = 60 };
    struct dkimcheck_limits limits = { .headers = 1000, .header_bytes = 256 * 1024, .signatures = 5 };
    struct err err = { "" };
    world.dns = dns_new(&settings, &err);
    ck_assert_msg(world.dns != NULL, "%s", err.text);
    world.check = dkimcheck_new(world.dns, &limits, &err);
    ck_assert_msg(world.check != NULL, "%s", err.text);
}

static void world_close(void)
{
    dkimcheck_free(&world.check);
    dns_free(&world.dns);
}

static inline struct dns_budget world_budget(void)
{
    return (struct dns_budget){ .deadline_ms = clock_ms() + 5000, .questions = 50 };
}

/* Signs the message with d=example.com. */
static inline char *world_sign(enum key key, const char *selector)
{
    struct signing signing = { world.pem[key], "example.com", selector, DKIM_SIGN_RSASHA256, DKIM_CANON_RELAXED,
                               DKIM_CANON_RELAXED, 0, NULL, 0, 0 };
    if (key == KEY_ED25519)
        signing.algorithm = DKIM_SIGN_ED25519SHA256;
    return sign_message(&signing, message, N_MESSAGE, BODY);
}

/* The message with these DKIM-Signature fields on top. */
static inline void world_verify(const char *const *signatures, size_t n, const char *body,
                                struct dkim_results *results_r)
{
    struct dkimcheck_verifier *verifier = dkimcheck_begin(world.check, "test");
    struct dns_budget budget = world_budget();
    for (size_t i = 0; i < n; i++)
        dkimcheck_header(verifier, "DKIM-Signature", signatures[i]);
    for (size_t i = 0; i < N_MESSAGE; i++)
        dkimcheck_header(verifier, message[i].name, message[i].value);
    dkimcheck_end_of_header(verifier);
    dkimcheck_body(verifier, (const unsigned char *)body, strlen(body));
    dkimcheck_end(&verifier, &budget, results_r);
    ck_assert_ptr_null(verifier);
}

static inline void world_assert(const struct dkim_result *item, const char *name, enum auth_result result,
                                enum finding_id finding)
{
    ck_assert_msg(item->result == result, "%s: %s (%s)", name, auth_result_name(item->result), item->reason);
    ck_assert_msg(item->finding == finding, "%s: finding %d (%s)", name, (int)item->finding, item->reason);
    ck_assert_msg((item->reason[0] == '\0') == (result == AUTH_PASS), "%s: reason '%s'", name, item->reason);
}

static inline int world_run(const char *suite_name, void (*add_tests)(TCase *tcase))
{
    Suite *suite = suite_create(suite_name);
    TCase *tcase = tcase_create(suite_name);

    tcase_set_timeout(tcase, 60);
    tcase_add_unchecked_fixture(tcase, world_make, world_unmake);
    tcase_add_checked_fixture(tcase, world_open, world_close);
    add_tests(tcase);
    suite_add_tcase(suite, tcase);
    return unit_run(suite);
}

#endif
