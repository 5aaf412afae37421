/*
 * Fuzz target: the SPF record parser.  What it accepts, printed from its terms, is the same record again.
 */
#include "config.h"

#include "lib/base/str.h"
#include "lib/check/spfmacro.h"
#include "lib/check/spfrecord.h"
#include "t/fuzz/fuzz.h"

static void check_term(const struct spfterm *term)
{
    static const struct { bool needs_domain, may_have_domain; } domains[] = {
        [SPFTERM_INCLUDE] = { true, true }, [SPFTERM_EXISTS] = { true, true }, [SPFTERM_REDIRECT] = { true, true },
        [SPFTERM_EXP] = { true, true }, [SPFTERM_A] = { false, true }, [SPFTERM_MX] = { false, true },
        [SPFTERM_PTR] = { false, true }, [SPFTERM_ALL] = { false, false },
    };
    bool is_ip = term->kind == SPFTERM_IP4 || term->kind == SPFTERM_IP6;

    check_printable(term->text, "term");
    HOLDS(strchr(term->text, ' ') == NULL, "%s", term->text);
    HOLDS(term->qualifier == AUTH_PASS || term->qualifier == AUTH_FAIL || term->qualifier == AUTH_SOFTFAIL ||
          term->qualifier == AUTH_NEUTRAL, "%s", term->text);
    HOLDS(term->domain == NULL || !is_ip, "%s", term->text);
    if (is_ip) {
        HOLDS(term->addr.family != 0, "%s", term->text);
    } else {
        HOLDS(term->domain != NULL || !domains[term->kind].needs_domain, "%s", term->text);
        HOLDS(term->domain == NULL || domains[term->kind].may_have_domain, "%s", term->text);
    }
    if (term->domain != NULL) {
        HOLDS(spfmacro_check_domain(term->domain, strlen(term->domain), NULL) == 0, "%s", term->text);
        HOLDS(strstr(term->text, term->domain) != NULL, "%s", term->text);
    }
    if (term->kind != SPFTERM_REDIRECT && term->kind != SPFTERM_EXP)
        HOLDS(term->prefix4 >= 0 && term->prefix4 <= 32 && term->prefix6 >= 0 && term->prefix6 <= 128, "%s",
              term->text);
}

static void check_same(const struct spfterm *a, const struct spfterm *b)
{
    HOLDS((a == NULL) == (b == NULL), "a modifier came or went");
    if (a == NULL)
        return;
    HOLDS(strcmp(a->text, b->text) == 0 && a->kind == b->kind && a->qualifier == b->qualifier, "%s", a->text);
    HOLDS(a->prefix4 == b->prefix4 && a->prefix6 == b->prefix6 && ip_is_equal(&a->addr, &b->addr), "%s", a->text);
    HOLDS((a->domain == NULL) == (b->domain == NULL), "%s", a->text);
    HOLDS(a->domain == NULL || strcmp(a->domain, b->domain) == 0, "%s", a->text);
}

static void check_printed(const struct spfrecord *record)
{
    struct str text = STR_EMPTY;
    struct spfrecord again;
    struct err err;

    str_add(&text, "V=SPF1");
    if (record->exp != NULL)
        str_addf(&text, " %s", record->exp->text);
    for (size_t i = 0; i < record->n_terms; i++)
        str_addf(&text, "  %s", record->terms[i].text);
    if (record->redirect != NULL)
        str_addf(&text, " %s ", record->redirect->text);
    if (text.len <= SPFRECORD_MAX) {
        HOLDS(is_spfrecord(text.data, text.len), "%s", text.data);
        HOLDS(spfrecord_parse(text.data, text.len, &again, &err) == 0, "%s: %s", text.data, err.text);
        HOLDS(again.n_terms == record->n_terms, "%s", text.data);
        for (size_t i = 0; i < record->n_terms; i++)
            check_same(&record->terms[i], &again.terms[i]);
        check_same(record->redirect, again.redirect);
        check_same(record->exp, again.exp);
        spfrecord_clear(&again);
    }
    str_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct spfrecord record;
    struct err err = { "" };

    if (!is_spfrecord(text, size))
        return 0;
    if (spfrecord_parse(text, size, &record, &err) == 0) {
        for (size_t i = 0; i < record.n_terms; i++)
            check_term(&record.terms[i]);
        if (record.redirect != NULL)
            check_term(record.redirect);
        if (record.exp != NULL)
            check_term(record.exp);
        check_printed(&record);
    } else {
        HOLDS(record.bad_term != NULL && err.text[0] != '\0', "an error without words");
        check_printable(record.bad_term, "bad term");
    }
    spfrecord_clear(&record);
    return 0;
}
