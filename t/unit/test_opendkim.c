/*
 * lib/audit/opendkim, opendkimtable, signingkey and keyaudit: what OpenDKIM signs with what, as OpenDKIM 2.11 itself
 * does it with the same files, and the private key against the published one.
 */
#include "config.h"

#include "lib/audit/domainaudit.h"
#include "lib/audit/opendkim.h"
#include "lib/audit/opendkimtable.h"
#include "lib/audit/signingkey.h"
#include "lib/base/wholefile.h"
#include "t/unit/conffile.h"
#include "t/unit/dkimsign.h"
#include "t/unit/unit.h"
#include "t/unit/zonedns.h"

#include <sys/stat.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* --- tables ------------------------------------------------------------------------------------- */

START_TEST(knows_the_kinds_of_tables)
{
    static const struct { const char *spec; enum opendkimtable_kind kind; const char *rest; } specs[] = {
        { "/etc/keys", OPENDKIMTABLE_FILE, "/etc/keys" }, { "file:keys", OPENDKIMTABLE_FILE, "keys" },
        { "refile:/etc/keys", OPENDKIMTABLE_PATTERNS, "/etc/keys" }, { "csl:a=b", OPENDKIMTABLE_LIST, "a=b" },
        { "a, b", OPENDKIMTABLE_LIST, "a, b" }, { "keys", OPENDKIMTABLE_LIST, "keys" },
        { "/etc/keys.db", OPENDKIMTABLE_OTHER, "/etc/keys.db" }, { "db:/x", OPENDKIMTABLE_OTHER, "db:/x" },
        { "dsn:mysql://a", OPENDKIMTABLE_OTHER, "dsn:mysql://a" }, { "lua:/x", OPENDKIMTABLE_OTHER, "lua:/x" },
        { "ldap://x", OPENDKIMTABLE_OTHER, "ldap://x" }, { "a=b:c:d", OPENDKIMTABLE_OTHER, "a=b:c:d" },
        { "", OPENDKIMTABLE_LIST, "" },
    };

    for (size_t i = 0; i < LENGTH(specs); i++) {
        const char *rest;
        ck_assert_msg(opendkimtable_kind(specs[i].spec, &rest) == specs[i].kind, "%s", specs[i].spec);
        ck_assert_str_eq(rest, specs[i].rest);
    }
}
END_TEST

START_TEST(reads_tables)
{
    static const struct { enum opendkimtable_kind kind; const char *text, *key, *value; } tables[] = {
        { OPENDKIMTABLE_FILE, "# k1 x\n\n k1\t a:b : c  # d\r\n", "k1", "a:b : c" },
        { OPENDKIMTABLE_FILE, "k1 a\nk1 b", "k1", "a" }, { OPENDKIMTABLE_FILE, "K1 a\n", "k1", NULL },
        { OPENDKIMTABLE_FILE, "k1", "k1", "" }, { OPENDKIMTABLE_FILE, "k* a", "k1", NULL },
        { OPENDKIMTABLE_FILE, "", "k1", NULL }, { OPENDKIMTABLE_FILE, "a b\n#", "#", NULL },
        { OPENDKIMTABLE_LIST, "k1=a:b, k2 = c ,, k3", "k2", "c" }, { OPENDKIMTABLE_LIST, "k1=a:b=,k3", "k1", "a:b=" },
        { OPENDKIMTABLE_LIST, " k3 ", "k3", "" },
        { OPENDKIMTABLE_PATTERNS, " * x\nk* a\n* b\n", "K1", "a" }, { OPENDKIMTABLE_PATTERNS, "k*1*a x", "k11ba", "x" },
        { OPENDKIMTABLE_PATTERNS, "k.1 x", "ka1", NULL },
    };

    for (size_t i = 0; i < LENGTH(tables); i++) {
        struct opendkimtable table;
        opendkimtable_parse(tables[i].kind, tables[i].text, &table);
        const char *value = opendkimtable_get(&table, tables[i].key);
        ck_assert_msg((value == NULL) == (tables[i].value == NULL), "%zu", i);
        if (value != NULL)
            ck_assert_str_eq(value, tables[i].value);
        opendkimtable_clear(&table);
    }
}
END_TEST

/* want: the values in the order they are asked, those for some senders in brackets. */
static const struct { enum opendkimtable_kind kind; const char *text, *domain, *want; } asked[] = {
    { OPENDKIMTABLE_FILE, "*@a.example k1\n", "a.example", "" },
    { OPENDKIMTABLE_FILE, "A.Example k1\n", "a.example", "k1" },
    { OPENDKIMTABLE_FILE, "* k1\nu@* k2\n.example k3\nu@.example k4\na.example k5\nu@a.example k6\n.a.example k7\n",
      "a.example", "[k6]k5[k4]k3[k2]k1" },
    { OPENDKIMTABLE_FILE, "a.b k1\nu@a.b k2\nA.B k3\nU@a.b k4\n", "a.b", "[k2]k1" },
    { OPENDKIMTABLE_FILE, ".b.c k1\n.c k2\n.a.b.c k3\nu@.c k4\n", "a.b.c", "[k4]k1k2" },
    { OPENDKIMTABLE_FILE, "com k1\n* k2\n", "com", "k1k2" },
    { OPENDKIMTABLE_LIST, "a.example=k1,b.example=k2", "b.example", "k2" },
    { OPENDKIMTABLE_PATTERNS, "*@A.example k1\n*@a.example k2\n", "a.example", "k1k2" },
    { OPENDKIMTABLE_PATTERNS, "a.example k1\nu@a.example k2\nu*@a.example k3\n*@*.example k4\n*@b.a.example k5\n* k6\n",
      "a.example", "[k2][k3]k4k6" },
    { OPENDKIMTABLE_PATTERNS, "*example k1\nnews@* k2\n*s@a.e*e k3\n", "a.example", "k1[k2][k3]" },
    { OPENDKIMTABLE_PATTERNS, "*@a.example.org k1\n*@xa.example k2\n@a.example k3\n", "a.example", "[k3]" },
    { OPENDKIMTABLE_PATTERNS, "", "a.example", "" },
};

START_TEST(asks_tables_in_order)
{
    struct opendkimtable table;
    struct str got = STR_EMPTY;
    const struct opendkimtable_entry *entry;
    enum opendkimtable_senders senders;
    size_t at = 0;

    opendkimtable_parse(asked[_i].kind, asked[_i].text, &table);
    while ((entry = opendkimtable_next(&table, asked[_i].domain, &at, &senders)) != NULL)
        str_addf(&got, senders == OPENDKIMTABLE_SOME ? "[%s]" : "%s", entry->value);
    ck_assert_str_eq(str_get(&got), asked[_i].want);
    str_clear(&got);
    opendkimtable_clear(&table);
}
END_TEST

/* --- the configuration -------------------------------------------------------------------------- */

#define TABLES "KeyTable file:keys\nSigningTable refile:signers\n"

/* want: "SCOPE selector._domainkey.domain ...".  %s in keys: the directory. */
static const struct { const char *conf, *keys, *signers, *domain, *want, *detail; } configurations[] = {
    { TABLES, "k1 a.example:s1:/x\n", "*@a.example k1\n", "a.example", "all s1._domainkey.a.example", "" },
    { TABLES, "k1 a.example:s1:/x\n", "*@a.example k1\n", "b.example", "none",
      "no entry of SigningTable is for it" },
    { TABLES, "k1 %:S1:/x\n", "*@*.example k1:%\n", "a.example", "all s1._domainkey.a.example", "" },
    { TABLES, "a.example d.example:s1:/x\n", "*@a.example %\n", "a.example", "all s1._domainkey.d.example", "" },
    { TABLES, "k1 a.example:s1:/x\n", "*@a.example k2\n", "a.example", "none", "names the key 'k2', which KeyTable" },
    { TABLES, "k1 a.example:s1\n", "*@a.example k1\n", "a.example", "none", "not of the form domain:selector:key" },
    { TABLES, "k1 a.example: s1 :/x\n", "*@a.example k1\n", "a.example", "none", "that is no name" },
    { TABLES, "k1 a.example:s1:/x\nk2 a.example:s2:/y\n", "news@a.example k2\n*@a.example k1\n*@a.example k3\n",
      "a.example", "all s2._domainkey.a.example s1._domainkey.a.example", "" },
    { TABLES "MultipleSignatures Yes\n", "k1 a.example:s1:/x\nk2 a.example:s2:/y\n", "*@a.example k2\n*@a.example k1\n",
      "a.example", "all s2._domainkey.a.example s1._domainkey.a.example", "" },
    { TABLES "MultipleSignatures Yes\n", "k1 a.example:s1:/x\n", "*@a.example k1\n*@a.example k2\n", "a.example",
      "none s1._domainkey.a.example", "the key 'k2', which KeyTable" },
    { TABLES, "k1 a.example:s1:/x\n", "news@a.example k2\n*@a.example k1\n", "a.example",
      "all s1._domainkey.a.example", "the key 'k2', which KeyTable" },
    { "KeyTable file:keys\nSigningTable file:signers\n", "k1 a.example:s1:/x\n", "b.example k2:@%\na.example k1\n",
      "a.example", "none", "it does not start, since SigningTable names the key 'k2'" },
    { "KeyTable file:keys\nSigningTable file:signers\n", "k1 a.example:s1:/x\n", "a.example k1\nb.example k2:@%\n",
      "a.example", "all s1._domainkey.a.example", "" },
    { TABLES, "k1 a.example:s1:/x\n", "news@a.example k1\n", "a.example", "some s1._domainkey.a.example",
      "only for 'news@a.example'" },
    { "KeyTable file:keys\nSigningTable file:signers\n", "k1 a.example:s1:/x\n", "*@a.example k1\n", "a.example",
      "none", "the pattern '*@a.example' counts only where SigningTable is a refile:" },
    { "KeyTable refile:keys\nSigningTable file:signers\n", "k* a.example:s1:/x\n", "a.example k77\n", "a.example",
      "all s1._domainkey.a.example", "" },
    { "mode V\n" TABLES "Mode v # verifies\r\n", "k1 a.example:s1:/x\n", "*@a.example k1\n", "a.example", "none",
      "its Mode 'v' does not sign" },
    { "KeyTable ldap://x/\nSigningTable refile:signers\n", "", "", "a.example", "unknown",
      "KeyTable is of a kind that is not read here (ldap)" },
    { "KeyTable file:nothing\nSigningTable refile:signers\n", "", "", "a.example", "unknown",
      "nothing': no such file" },
    { "KeyTable file:keys\nSetupPolicyScript x\n", "", "", "a.example", "unknown", "a SetupPolicyScript decides" },
    { "KeyTable file:keys\n", "", "", "a.example", "unknown", "it has a KeyTable but no SigningTable" },
    { "SigningTable file:signers\n", "", "", "a.example", "unknown", "it has a SigningTable but no KeyTable" },
    { "Domain b.example, A.Example\nSelector S1\nKeyFile /x\n", "", "", "a.example",
      "all s1._domainkey.a.example", "" },
    { "Domain a.example\nSelector s1\nKeyFile /x\n", "", "", "b.a.example", "none", "Domain does not have it" },
    { "Domain a.example\nSelector s1\nKeyFile /x\nSubDomains true\n", "", "", "b.a.example",
      "all s1._domainkey.a.example", "" },
    { "Domain *\nSelector s1\nKeyFile /x\n", "", "", "b.a.example", "all s1._domainkey.b.a.example", "" },
    { "Domain refile:signers\nSelector s1\nKeyFile /x\n", "", "*.example x\n", "b.example",
      "all s1._domainkey.b.example", "" },
    { "Domain file:signers\nSelector s1\nKeyFile /x\n", "", "b.example\n", "b.example", "all s1._domainkey.b.example",
      "" },
    { "Domain a.example\nKeyFile /x\n", "", "", "a.example", "none", "neither KeyTable and SigningTable nor Domain" },
    { "# nothing\n", "", "", "a.example", "none", "neither KeyTable and SigningTable nor Domain" },
    { "Include %s/more.conf\n", "k1 a.example:s1:/x\n", "*@a.example k1\n", "a.example", "all s1._domainkey.a.example",
      "" },
};

static struct opendkim *read_opendkim(const char *conf)
{
    struct str text = STR_EMPTY;
    struct err err = { "" };
    const char *percent = strstr(conf, "%s");

    conffile_write("more.conf", TABLES);
    str_addf(&text, "BaseDirectory %s\n", conffile_dir);
    if (percent != NULL)
        str_addf(&text, "%.*s%s%s", (int)(percent - conf), conf, conffile_dir, percent + 2);
    else
        str_add(&text, conf);
    struct opendkim *opendkim = opendkim_read(conffile_write("opendkim.conf", str_get(&text)), &err);
    ck_assert_msg(opendkim != NULL, "%s", err.text);
    str_clear(&text);
    return opendkim;
}

START_TEST(knows_what_is_signed)
{
    struct selectors selectors = { .count = 0 };
    struct opendkim_signing signing;
    struct str got = STR_EMPTY;

    conffile_write("keys", configurations[_i].keys);
    conffile_write("signers", configurations[_i].signers);
    struct opendkim *opendkim = read_opendkim(configurations[_i].conf);
    opendkim_find(opendkim, configurations[_i].domain, false, &selectors, &signing);
    str_add(&got, opendkim_scope_name(signing.scope));
    for (size_t i = 0; i < selectors.count; i++) {
        ck_assert_int_eq(selectors.items[i].source, SELECTOR_OPENDKIM);
        ck_assert_ptr_null(selectors.items[i].key);
        str_addf(&got, " %s._domainkey.%s", selectors.items[i].name, selectors.items[i].domain);
    }
    ck_assert_str_eq(str_get(&got), configurations[_i].want);
    assert_within(signing.detail, configurations[_i].detail);
    if (configurations[_i].detail[0] == '\0')
        ck_assert_str_eq(signing.detail, "");
    str_clear(&got);
    selectors_clear(&selectors);
    opendkim_free(&opendkim);
}
END_TEST

START_TEST(refuses_what_it_cannot_read)
{
    struct err err = { "" };

    ck_assert_ptr_null(opendkim_read(conffile_path("missing.conf"), &err));
    assert_within(err.text, "missing.conf': no such file or directory");
    ck_assert_ptr_null(opendkim_read(conffile_dir, &err));
    assert_within(err.text, "is not a regular file");
    char *loop = xasprintf("Include %s\n", conffile_path("loop.conf"));
    ck_assert_ptr_null(opendkim_read(conffile_write("loop.conf", loop), &err));
    assert_within(err.text, "is included too deep");
    free(loop);
}
END_TEST

/* --- keys ---------------------------------------------------------------------------------------- */

static char *make_zone(const char *name, const char *type, const char *key)
{
    size_t half = strlen(key) / 2;

    return xasprintf("$TTL 60\n%s. IN TXT \"v=DKIM1; k=%s; p=%.*s\" \"%s\"\nrevoked._domainkey.a.example. IN TXT "
                     "\"v=DKIM1; p=\"\n", name, type, (int)half, key, key + half);
}

static void audit_key(const char *zone, const char *selector, struct signingkey *key, struct keyaudit *audit_r,
                      struct findings *findings)
{
    struct selector one = { .domain = "a.example", .key = key };
    struct dns_budget budget = zonedns_budget();
    struct dns *dns = zonedns_new(zone);

    snprintf(one.name, sizeof(one.name), "%s", selector);
    keyaudit_run(dns, &budget, &one, audit_r);
    keyaudit_findings(audit_r, findings);
    dns_free(&dns);
}

START_TEST(compares_keys)
{
    EVP_PKEY *keys[] = { sign_make_rsa(2048), sign_make_rsa(1024), sign_make_ed25519(), sign_make_ed25519() };

    for (size_t i = 0; i < LENGTH(keys) * LENGTH(keys); i++) {
        EVP_PKEY *published = keys[i / LENGTH(keys)], *signs = keys[i % LENGTH(keys)];
        const char *type = EVP_PKEY_get_base_id(published) == EVP_PKEY_ED25519 ? "ed25519" : "rsa";
        char *text = sign_public(published), *own = sign_public(signs), *pem = sign_pem(signs);
        char *zone = make_zone("s1._domainkey.a.example", type, text);
        struct signingkey *key = signingkey_read(conffile_write("key.pem", pem));
        struct findings findings = { 0 };
        struct publish publish = { 0 };
        struct keyaudit audit;

        audit_key(zone, "s1", key, &audit, &findings);
        ck_assert_int_eq(audit.private_key, published == signs ? KEYAUDIT_MATCHES : KEYAUDIT_DIFFERS);
        ck_assert(findings_has(&findings, FINDING_DKIM_KEY_MISMATCH) == (published != signs));
        assert_within(audit.record, own);
        ck_assert(publish_key(&publish, audit.name, audit.record));
        findings_clear(&findings);
        keyaudit_clear(&audit);
        audit_key(zone, "s2", key, &audit, &findings);
        ck_assert_int_eq(audit.private_key, KEYAUDIT_UNCOMPARED);
        ck_assert(!findings_has(&findings, FINDING_DKIM_KEY_MISMATCH));
        keyaudit_clear(&audit);
        publish_clear(&publish);
        findings_clear(&findings);
        signingkey_free(&key);
        free(text);
        free(own);
        free(pem);
        free(zone);
    }
    for (size_t i = 0; i < LENGTH(keys); i++)
        EVP_PKEY_free(keys[i]);
}
END_TEST

START_TEST(reads_keys_of_every_form)
{
    EVP_PKEY *pkey = sign_make_rsa(1024);
    char *text = sign_public(pkey);
    unsigned char *der = NULL, *plain = NULL;
    int len = i2d_PrivateKey(pkey, &der);
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
    int plain_len = i2d_PKCS8_PRIV_KEY_INFO(info, &plain);
    const struct { const unsigned char *der; int len; } forms[] = { { der, len }, { plain, plain_len } };

    for (size_t i = 0; i < LENGTH(forms); i++) {
        char *base64 = xcalloc(1, (size_t)forms[i].len * 2);
        EVP_EncodeBlock((unsigned char *)base64, forms[i].der, forms[i].len);
        struct signingkey *key = signingkey_of(base64);
        ck_assert_ptr_nonnull(key->public_half);
        char *own = dkimhash_key_text(key->public_half);
        ck_assert_str_eq(own, text);
        free(own);
        signingkey_free(&key);
        free(base64);
    }
    PKCS8_PRIV_KEY_INFO_free(info);
    OPENSSL_free(der);
    OPENSSL_free(plain);
    EVP_PKEY_free(pkey);
    free(text);
}
END_TEST

static char *locked_pem(EVP_PKEY *pkey)
{
    static const unsigned char password[] = "x";
    BIO *bio = BIO_new(BIO_s_mem());
    char *data;

    ck_assert_int_eq(PEM_write_bio_PrivateKey(bio, pkey, EVP_aes_128_cbc(), password, 1, NULL, NULL), 1);
    long len = BIO_get_mem_data(bio, &data);
    char *pem = xstrndup(data, (size_t)len);
    BIO_free(bio);
    return pem;
}

START_TEST(no_key_is_no_mismatch)
{
    EVP_PKEY *pkey = sign_make_ed25519(), *curve = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    char *text = sign_public(pkey), *zone = make_zone("s1._domainkey.a.example", "ed25519", text);
    char *locked = locked_pem(pkey), *other = sign_pem(curve);
    const char *files[] = { "", "no key\n", locked, other, "-----BEGIN PRIVATE KEY-----\nAAAA\n" };

    for (size_t i = 0; i <= LENGTH(files); i++) {
        struct findings findings = { 0 };
        struct keyaudit audit;
        const char *path = i < LENGTH(files) ? conffile_write("key.pem", files[i]) : conffile_path("missing.pem");
        struct signingkey *key = signingkey_read(path);
        audit_key(zone, "s1", key, &audit, &findings);
        ck_assert_int_eq(audit.private_key, KEYAUDIT_UNREADABLE);
        ck_assert_ptr_null(audit.record);
        ck_assert(findings_has(&findings, FINDING_DKIM_KEY_UNREADABLE));
        ck_assert_uint_eq(findings.count, 1);
        ck_assert_int_eq(audit_outcome_of(&findings, false), AUDIT_UNDECIDED);
        keyaudit_clear(&audit);
        findings_clear(&findings);
        signingkey_free(&key);
    }
    EVP_PKEY_free(pkey);
    EVP_PKEY_free(curve);
    free(text);
    free(zone);
    free(locked);
    free(other);
}
END_TEST

START_TEST(a_revoked_key_is_not_proposed_again)
{
    EVP_PKEY *pkey = sign_make_ed25519();
    char *pem = sign_pem(pkey), *text = sign_public(pkey);
    char *zone = make_zone("s1._domainkey.a.example", "ed25519", text);
    struct signingkey *key = signingkey_read(conffile_write("key.pem", pem));
    struct findings findings = { 0 };
    struct keyaudit audit;

    audit_key(zone, "revoked", key, &audit, &findings);
    ck_assert(findings_has(&findings, FINDING_DKIM_KEY_REVOKED));
    ck_assert_uint_eq(findings.count, 1);
    keyaudit_clear(&audit);
    findings_clear(&findings);
    signingkey_free(&key);
    EVP_PKEY_free(pkey);
    free(pem);
    free(text);
    free(zone);
}
END_TEST

START_TEST(sees_who_else_can_read)
{
    static const struct { mode_t mode; const char *want; } modes[] = {
        { 0600, "" }, { 0400, "" }, { 0604, "everybody can read or write" }, { 0602, "everybody can read or write" },
    };
    char *path = xstrdup(conffile_write("key.pem", "no key\n")), *directory = xasprintf("%s/below", conffile_dir);
    char *inner = xasprintf("%s/key", directory);

    for (size_t i = 0; i < LENGTH(modes); i++) {
        struct signingkey *key = signingkey_read(path);
        ck_assert_int_eq(chmod(path, modes[i].mode), 0);
        signingkey_check_exposure(key, "");
        /* The directory for temporary files is open to all. */
        if (modes[i].want[0] == '\0')
            ck_assert_ptr_null(strstr(key->exposure, "key.pem"));
        else
            assert_within(key->exposure, modes[i].want);
        signingkey_free(&key);
    }
    ck_assert_int_eq(mkdir(directory, 0700), 0);
    ck_assert_int_eq(chmod(path, 0600), 0);
    ck_assert_int_eq(rename(path, inner), 0);
    ck_assert_int_eq(chmod(directory, 0703), 0);
    struct signingkey *key = signingkey_read(inner);
    signingkey_check_exposure(key, "");
    assert_within(key->exposure, "everybody can write to");
    assert_within(key->exposure, "/below");
    signingkey_free(&key);
    ck_assert_int_eq(unlink(inner), 0);
    ck_assert_int_eq(rmdir(directory), 0);
    free(path);
    free(directory);
    free(inner);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("opendkim");
    TCase *tc = tcase_create("opendkim");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, conffile_start, conffile_done);
    tcase_add_test(tc, knows_the_kinds_of_tables);
    tcase_add_test(tc, reads_tables);
    tcase_add_loop_test(tc, asks_tables_in_order, 0, (int)LENGTH(asked));
    tcase_add_loop_test(tc, knows_what_is_signed, 0, (int)LENGTH(configurations));
    tcase_add_test(tc, refuses_what_it_cannot_read);
    tcase_add_test(tc, compares_keys);
    tcase_add_test(tc, reads_keys_of_every_form);
    tcase_add_test(tc, no_key_is_no_mismatch);
    tcase_add_test(tc, a_revoked_key_is_not_proposed_again);
    tcase_add_test(tc, sees_who_else_can_read);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
