/*
 * One SPF evaluation for people: the result, how it was counted, and the tree of lookups; see report.h.
 */
#include "config.h"

#include "lib/report/report.h"
#include "lib/base/ip.h"
#include "lib/report/writer.h"

#include <stdint.h>
#include <string.h>

#define BRANCH 3                /* columns per level of the tree */

/* The headline: what comes before the address, between address and domain, and after the domain. */
static const struct { const char *before, *between, *after; enum color color; } meanings[AUTH_RESULT_COUNT] = {
    [AUTH_PASS] = { "", " may send for ", "", GREEN },
    [AUTH_FAIL] = { "", " may not send for ", "", RED },
    [AUTH_SOFTFAIL] = { "", " is not expected to send for ", "", YELLOW },
    [AUTH_NEUTRAL] = { "whether ", " may send for ", " is left open", YELLOW },
    [AUTH_NONE] = { "whether ", " may send for ", " is not said: there is no SPF record", YELLOW },
    [AUTH_TEMPERROR] = { "whether ", " may send for ", " is not known: the DNS failed", YELLOW },
    [AUTH_PERMERROR] = { "whether ", " may send for ", " is not known: its SPF record is in error", RED },
};

static void write_headline(struct writer *w, const struct spf_result *spf)
{
    const char *name = auth_result_name(spf->result);
    struct str text = STR_EMPTY;
    char address[IP_TEXT_MAX];

    ip_format(&spf->address, address);
    str_addf(&text, "%s%s%s%s%s", meanings[spf->result].before, address, meanings[spf->result].between, spf->domain,
             meanings[spf->result].after);
    write_capitals(w, name, meanings[spf->result].color);
    write_raw(w, "  ", 2);
    write_untrusted(w, str_get(&text), strlen(name) + 2);
    write_newline(w);
    str_clear(&text);
}

static void write_number(struct writer *w, const char *label, int n, int most)
{
    struct str text = STR_EMPTY;

    if (n > most)
        str_addf(&text, "more than %d", most);
    else
        str_addf(&text, "%d of %d", n, most);
    write_field(w, label, str_get(&text));
    str_clear(&text);
}

static void write_term(struct writer *w, const struct spf_result *spf)
{
    struct str text = STR_EMPTY;

    str_add(&text, spf->term);
    if (spf->term[0] != '\0' && strcmp(spf->record_domain, spf->domain) != 0)
        str_addf(&text, " in the record of %s", spf->record_domain);
    write_field(w, "term", str_get(&text));
    str_clear(&text);
}

static void write_opinion(struct writer *w, const struct spf_opinion *opinion)
{
    struct str text = STR_EMPTY;

    str_add(&text, opinion->is_known ? auth_result_name(opinion->result) : "not asked");
    if (opinion->reason != NULL)
        str_addf(&text, ": %s", opinion->reason);
    write_field(w, "libspf2", str_get(&text));
    str_clear(&text);
}

static void write_fields(struct writer *w, const struct spf_result *spf)
{
    struct str ttl = STR_EMPTY;

    write_field(w, "identity", spf_identity_name(spf->identity));
    write_term(w, spf);
    write_field(w, "problem", spf->problem);
    write_field(w, "explains", spf->explanation);
    write_number(w, "lookups", spf->lookups, SPF_MAX_LOOKUPS);
    write_number(w, "void", spf->void_lookups, SPF_MAX_VOID_LOOKUPS);
    str_addf(&ttl, "%lu s, the smallest", (unsigned long)spf->ttl);
    if (spf->n_steps > 0)
        write_field(w, "ttl", str_get(&ttl));
    str_clear(&ttl);
    write_opinion(w, &spf->libspf2);
}

/* --- the tree ------------------------------------------------------------------ */

static bool is_record(const struct spf_step *step)
{
    return step->term[0] == '\0';
}

/* Does a term of the same record come after step i? */
static bool has_sibling(const struct spf_result *spf, size_t i, int depth)
{
    for (size_t k = i + 1; k < spf->n_steps; k++) {
        if (spf->steps[k].depth < depth)
            return false;
        if (spf->steps[k].depth == depth && !is_record(&spf->steps[k]))
            return true;
    }
    return false;
}

/* The bars left of a step's lines; on the first line its own branch. */
static void write_bars(struct writer *w, const struct spf_result *spf, size_t i, bool is_first)
{
    int depth = spf->steps[i].depth;

    write_raw(w, "  ", 2);
    for (int level = 0; level < depth; level++)
        write_raw(w, has_sibling(spf, i, level) ? "|  " : "   ", BRANCH);
    if (is_first)
        write_raw(w, has_sibling(spf, i, depth) ? "|- " : "`- ", BRANCH);
    else
        write_raw(w, has_sibling(spf, i, depth) ? "|  " : "   ", BRANCH);
}

/* Words, in lines that keep the bars; a word wider than a line is cut. */
static void write_step_text(struct writer *w, const struct spf_result *spf, size_t i, const char *text)
{
    size_t start = 2 + BRANCH * ((size_t)spf->steps[i].depth + 1), room = COLUMNS - start;
    bool is_rest = true;

    write_bars(w, spf, i, true);
    while (*text != '\0') {
        size_t len = strcspn(text, " "), part = len < room ? len : room;
        if (w->column > start && w->column + 1 + part > COLUMNS) {
            write_newline(w);
            write_bars(w, spf, i, false);
        } else if (!is_rest) {
            write_raw(w, " ", 1);
        }
        write_raw(w, text, part);
        is_rest = part < len;
        text += part + (is_rest ? 0 : strspn(text + part, " "));
    }
    write_newline(w);
}

/* Untrusted text, as long as the evaluator left it. */
static void add_shown(struct str *text, const char *before, const char *untrusted)
{
    str_add(text, before);
    str_add_escaped(text, untrusted, SIZE_MAX, false);
}

/* "[2] include:_spf.example.com  v=spf1 ...": the count after the term, what it asked for, what came back. */
static void write_step(struct writer *w, const struct spf_result *spf, size_t i)
{
    const struct spf_step *step = &spf->steps[i], *next = i + 1 < spf->n_steps ? step + 1 : NULL;
    struct str text = STR_EMPTY;
    int before = i > 0 ? spf->steps[i - 1].void_lookups : 0;

    str_addf(&text, "[%d] ", step->lookups);
    str_add_escaped(&text, step->term, ESCAPED_MAX, false);
    if (next != NULL && is_record(next) && next->depth == step->depth + 1) {
        if (strstr(step->term, next->domain) == NULL)
            add_shown(&text, " ", next->domain);
        add_shown(&text, " = ", next->text);
    } else if (step->text[0] != '\0') {
        add_shown(&text, " = ", step->text);
    }
    if (step->void_lookups > before)
        str_addf(&text, " (void lookup %d)", step->void_lookups);
    write_step_text(w, spf, i, str_get(&text));
    str_clear(&text);
}

void write_spf_tree(struct writer *w, const struct spf_result *spf)
{
    struct str root = STR_EMPTY;

    write_newline(w);
    write_colored(w, "Lookups", BOLD);
    if (spf->n_steps == 0)
        write_raw(w, "    none", 8);
    write_newline(w);
    for (size_t i = 0; i < spf->n_steps; i++) {
        if (!is_record(&spf->steps[i])) {
            write_step(w, spf, i);
        } else if (spf->steps[i].depth == 0) {
            add_shown(&root, "", spf->steps[i].domain);
            add_shown(&root, " = ", spf->steps[i].text);
            write_line(w, str_get(&root), 2);
        }
    }
    str_clear(&root);
}

void report_text_spf(const struct spf_result *spf, const struct findings *findings, bool is_color,
                     struct str *text_r)
{
    struct writer w = { .out = text_r, .is_color = is_color };

    write_headline(&w, spf);
    write_fields(&w, spf);
    write_spf_tree(&w, spf);
    write_findings(&w, findings);
}
