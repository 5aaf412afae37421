/*
 * Fuzz target: SPF macros.  Lines: client, HELO, sender, validated name, then the macro-string.
 * What passes the check expands to a name that can be asked for, or to one printable line, or is refused.
 */
#include "config.h"

#include "lib/base/str.h"
#include "lib/check/spfmacro.h"
#include "lib/dns/question.h"
#include "t/fuzz/fuzz.h"

static void check_domain(const char *spec, const struct spfmacro_env *env)
{
    char name[DOMAIN_MAX];
    struct question q;
    struct err err = { "" };

    if (spfmacro_check_domain(spec, strlen(spec), &err) < 0) {
        HOLDS(err.text[0] != '\0', "refused without words: %s", spec);
        return;
    }
    HOLDS(spfmacro_check(spec, strlen(spec), SPFMACRO_DOMAIN, NULL) == 0, "a domain-spec is a macro-string: %s", spec);
    if (spfmacro_domain(spec, env, name) < 0)
        return;
    check_printable(name, "name");
    HOLDS(strlen(name) < DOMAIN_MAX && question_init(&q, name, DNS_A) == 0, "cannot be asked for: '%s'", name);
    HOLDS(name[strlen(name) - 1] != '.', "final dot: '%s'", name);
    if (strchr(spec, '%') == NULL && strlen(spec) < DOMAIN_MAX)
        HOLDS(strncmp(name, spec, strlen(name)) == 0, "'%s' became '%s'", spec, name);
}

static void check_explanation(const char *text, const struct spfmacro_env *env)
{
    struct str out = STR_EMPTY;

    if (spfmacro_check(text, strlen(text), SPFMACRO_EXPLANATION, NULL) == 0 &&
        spfmacro_explanation(text, env, &out) == 0) {
        check_printable(str_get(&out), "explanation");
        HOLDS(out.len <= SPFMACRO_EXPLANATION_MAX, "%zu bytes", out.len);
        HOLDS(out.len == strlen(str_get(&out)), "a NUL in it");
        if (strchr(text, '%') == NULL)
            HOLDS(strcmp(str_get(&out), text) == 0, "'%s' became '%s'", text, str_get(&out));
    }
    str_clear(&out);
}

static void check_letters(const char *text)
{
    static const char letters[] = "slodiphcrtv";

    /* What needs no p is expanded without asking for it. */
    for (const char *letter = letters; *letter != '\0'; letter++) {
        char macro[] = "%{x}";
        macro[2] = *letter;
        HOLDS(strstr(text, macro) == NULL || strstr(text, "%%") != NULL || spfmacro_has(text, *letter), "%s", text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    char *client = input_line(&input), *helo = input_line(&input), *sender = input_line(&input);
    char *validated = input_line(&input), *text = input_rest(&input);
    char *at = strrchr(sender, '@');
    char *local = at == NULL ? xstrdup("postmaster") : xstrndup(sender, (size_t)(at - sender));
    const char *domain = at == NULL ? sender : at + 1;
    struct ip_addr addr;

    if (ip_parse(client, &addr) < 0)
        ip_parse("192.0.2.1", &addr);
    const struct spfmacro_env env = {
        .sender = sender, .local = local, .sender_domain = domain, .domain = domain, .helo = helo,
        .receiver = "mx.example.com", .validated = validated, .client = &addr, .now = 1700000000,
    };
    check_domain(text, &env);
    check_explanation(text, &env);
    check_letters(text);
    free(client);
    free(helo);
    free(sender);
    free(validated);
    free(text);
    free(local);
    return 0;
}
