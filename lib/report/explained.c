/*
 * Refusals for people: the cause first, then who said what, what it means and what to do.  What comes from outside is
 * escaped.
 */
#include "config.h"

#include "lib/report/explained.h"
#include "lib/base/mem.h"
#include "lib/report/writer.h"

#include <stdlib.h>
#include <string.h>

#define RECIPIENTS_SHOWN 5      /* of those that were refused alike */

const struct explained *explained_worst(const struct explained *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!items[i].meaning.is_temporary)
            return &items[i];
    }
    return items;
}

const char *recheck_answer_name(enum recheck_answer answer)
{
    static const char *const names[] = {
        [RECHECK_CANNOT_BE_TOLD] = "cannot be told", [RECHECK_STILL_THERE] = "still there", [RECHECK_MENDED] = "mended",
    };

    return names[answer];
}

static bool is_same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* But for the recipient, who is often named in the reply too. */
static bool is_alike(const struct explained *a, const struct explained *b)
{
    return a->meaning.pattern == b->meaning.pattern && a->meaning.cause == b->meaning.cause &&
           a->meaning.is_temporary == b->meaning.is_temporary && a->today == b->today &&
           is_same(a->bounce->host, b->bounce->host) &&
           strcmp(a->meaning.code, b->meaning.code) == 0 && strcmp(a->meaning.enhanced, b->meaning.enhanced) == 0;
}

/* "Gmail and Google Workspace refused it for now: 421 4.7.28" */
static void write_headline(struct writer *w, const struct explained *one)
{
    const struct explanation *meaning = &one->meaning;
    const char *cause = meaning->pattern == NULL ? "unknown" : cause_name(meaning->cause);
    struct str line = STR_EMPTY;

    if (meaning->pattern == NULL && meaning->code[0] == '\0' && meaning->enhanced[0] == '\0')
        str_add(&line, "nothing here says who refused what");
    else
        str_addf(&line, "%s refused it %s", meaning->title == NULL ? "the receiver" : meaning->title,
                 meaning->is_temporary ? "for now" : "for good");
    if (meaning->code[0] != '\0' || meaning->enhanced[0] != '\0')
        str_addf(&line, ": %s%s%s", meaning->code, meaning->code[0] != '\0' && meaning->enhanced[0] != '\0' ? " " : "",
                 meaning->enhanced);
    write_capitals(w, cause, meaning->is_temporary ? YELLOW : RED);
    write_raw(w, "  ", 2);
    write_line(w, str_get(&line), strlen(cause) + 2);
    str_clear(&line);
}

static void write_recipients(struct writer *w, const struct explained *items, size_t count, const struct explained *one)
{
    struct str list = STR_EMPTY;
    size_t n = 0;

    for (const struct explained *other = one; other < items + count; other++) {
        if (other->bounce->recipient == NULL || !is_alike(one, other) || n++ >= RECIPIENTS_SHOWN)
            continue;
        str_addf(&list, "%s%s", n > 1 ? ", " : "", other->bounce->recipient);
    }
    if (n > RECIPIENTS_SHOWN)
        str_addf(&list, " and %zu more", n - RECIPIENTS_SHOWN);
    write_field(w, "for", str_get(&list));
    str_clear(&list);
}

static void write_also(struct writer *w, const struct explanation *meaning)
{
    struct str list = STR_EMPTY;

    for (int i = 0; i < CAUSE_COUNT; i++) {
        if (meaning->also[i])
            str_addf(&list, "%s%s", list.len > 0 ? ", " : "", cause_name((enum cause)i));
    }
    write_field(w, "also", str_get(&list));
    str_clear(&list);
}

static void write_today(struct writer *w, const struct explained *one)
{
    static const enum color colors[] = {
        [RECHECK_CANNOT_BE_TOLD] = YELLOW, [RECHECK_STILL_THERE] = RED, [RECHECK_MENDED] = GREEN,
    };

    if (one->today == NULL)
        return;
    write_to_column(w, 2);
    write_colored(w, recheck_answer_name(one->answer), colors[one->answer]);
    write_raw(w, ": ", 2);
    write_line(w, one->reason, 8);
}

static void write_explained(struct writer *w, const struct explained *items, size_t count, const struct explained *one)
{
    write_headline(w, one);
    write_recipients(w, items, count, one);
    write_field(w, "by", one->bounce->host == NULL ? "" : one->bounce->host);
    write_field(w, "reply", one->bounce->reply);
    write_also(w, &one->meaning);
    write_newline(w);
    write_line(w, one->meaning.text, 2);
    write_to_column(w, 2);
    write_raw(w, "mend: ", 6);
    write_line(w, one->meaning.remedy, 8);
    write_line(w, one->meaning.page, 2);
    write_today(w, one);
}

static bool is_shown(const struct explained *items, const struct explained *one)
{
    for (const struct explained *other = items; other < one; other++) {
        if (is_alike(other, one))
            return true;
    }
    return false;
}

void report_text_explained(const struct explained *items, size_t count, size_t left_out, bool is_color,
                           struct str *text_r)
{
    struct writer w = { .out = text_r, .is_color = is_color };

    for (size_t i = 0; i < count; i++) {
        if (is_shown(items, &items[i]))
            continue;
        if (i > 0)
            write_newline(&w);
        write_explained(&w, items, count, &items[i]);
    }
    if (left_out > 0)
        str_addf(text_r, "\n%zu more refusals are not shown.\n", left_out);
}
