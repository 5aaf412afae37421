/*
 * Text for people at a shell; see writer.h.
 */
#include "config.h"

#include "lib/report/writer.h"
#include "lib/check/dkimcheck.h"

#include <ctype.h>
#include <string.h>

void write_raw(struct writer *w, const char *text, size_t len)
{
    str_addn(w->out, text, len);
    w->column += len;
}

void write_newline(struct writer *w)
{
    while (w->out->len > 0 && w->out->data[w->out->len - 1] == ' ')
        w->out->data[--w->out->len] = '\0';
    str_addc(w->out, '\n');
    w->column = 0;
}

void write_colored(struct writer *w, const char *text, enum color color)
{
    static const char *const codes[] = { "", "\033[31m", "\033[33m", "\033[32m", "\033[1m" };
    bool has_color = w->is_color && color != PLAIN;

    if (has_color)
        str_add(w->out, codes[color]);
    write_raw(w, text, strlen(text));
    if (has_color)
        str_add(w->out, "\033[0m");
}

void write_to_column(struct writer *w, size_t column)
{
    while (w->column < column)
        write_raw(w, " ", 1);
}

/* Words from here to the right margin, further lines begin at indent.  A word wider than a line is cut into lines. */
static void write_wrapped(struct writer *w, const char *text, size_t indent)
{
    bool is_first = true;

    while (*text != '\0') {
        size_t len = strcspn(text, " "), gap = is_first ? 0 : 1;
        if (!is_first && w->column + gap + len > COLUMNS) {
            write_newline(w);
            gap = 0;
        }
        write_to_column(w, w->column == 0 ? indent : w->column + gap);
        while (w->column < COLUMNS && w->column + len > COLUMNS) {
            size_t part = COLUMNS - w->column;
            write_raw(w, text, part);
            text += part;
            len -= part;
            write_newline(w);
            write_to_column(w, indent);
        }
        write_raw(w, text, len);
        text += len + strspn(text + len, " ");
        is_first = false;
    }
}

void write_line(struct writer *w, const char *text, size_t indent)
{
    write_to_column(w, indent);
    write_wrapped(w, text, indent);
    write_newline(w);
}

void write_untrusted(struct writer *w, const char *text, size_t indent)
{
    struct str s = STR_EMPTY;

    str_add_escaped(&s, text, ESCAPED_MAX, false);
    write_line(w, str_get(&s), indent);
    str_clear(&s);
}

enum color result_color(enum auth_result result)
{
    switch (result) {
    case AUTH_PASS:
        return GREEN;
    case AUTH_FAIL:
    case AUTH_PERMERROR:
    case AUTH_POLICY:
        return RED;
    default:
        return YELLOW;
    }
}

void write_result(struct writer *w, enum auth_result result)
{
    write_colored(w, auth_result_name(result), result_color(result));
    write_to_column(w, LABEL_COLUMNS + RESULT_COLUMNS);
}

void write_title(struct writer *w, const char *title)
{
    write_newline(w);
    write_colored(w, title, BOLD);
    write_newline(w);
}

void write_capitals(struct writer *w, const char *word, enum color color)
{
    struct str capitals = STR_EMPTY;

    for (; *word != '\0'; word++)
        str_addc(&capitals, (char)toupper((unsigned char)*word));
    write_colored(w, str_get(&capitals), color);
    str_clear(&capitals);
}

void write_field(struct writer *w, const char *label, const char *value)
{
    if (value[0] == '\0')
        return;
    write_raw(w, "  ", 2);
    write_raw(w, label, strlen(label));
    write_to_column(w, LABEL_COLUMNS);
    write_untrusted(w, value, LABEL_COLUMNS);
}

void add_signature_name(struct str *s, const struct dkim_result *sig)
{
    if (sig->domain == NULL || sig->domain[0] == '\0') {
        str_add(s, "a signature that cannot be read");
        return;
    }
    str_add_escaped(s, sig->selector, ESCAPED_MAX, false);
    str_add(s, "._domainkey.");
    str_add_escaped(s, sig->domain, ESCAPED_MAX, false);
}

static void write_finding(struct writer *w, const struct finding *finding)
{
    static const enum color colors[] = { PLAIN, YELLOW, RED };
    const size_t indent = LABEL_COLUMNS;

    write_raw(w, "  ", 2);
    write_colored(w, severity_name(finding->row->severity), colors[finding->row->severity]);
    write_to_column(w, indent);
    write_raw(w, finding->row->name, strlen(finding->row->name));
    write_newline(w);
    write_line(w, finding->text, indent);
    write_to_column(w, indent);
    write_raw(w, "mend: ", 6);
    write_line(w, finding->remedy, indent + 6);
    write_line(w, finding->row->source, indent);
}

void write_findings(struct writer *w, const struct findings *findings)
{
    write_newline(w);
    write_colored(w, "Findings", BOLD);
    if (findings->count == 0)
        write_raw(w, "   none", 7);
    write_newline(w);
    for (int severity = SEVERITY_ERROR; severity >= SEVERITY_INFO; severity--) {
        for (size_t i = 0; i < findings->count; i++) {
            if ((int)findings->items[i].row->severity == severity)
                write_finding(w, &findings->items[i]);
        }
    }
}
