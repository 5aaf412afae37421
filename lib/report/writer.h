/*
 * Text for people at a shell: columns, wrapping at 100 of them, colours, and the blocks that several commands share.
 * Within lib/report only.  Not shared between threads.
 */
#ifndef PREFLIGHT_REPORT_WRITER_H
#define PREFLIGHT_REPORT_WRITER_H

#include "lib/base/str.h"
#include "lib/check/finding.h"
#include "lib/check/result.h"

#include <stdbool.h>
#include <stddef.h>

#define COLUMNS 100
#define LABEL_COLUMNS 11        /* "  author   ", "DMARC      " */
#define RESULT_COLUMNS 11       /* "temperror" and a gap */
#define ESCAPED_MAX 320         /* bytes of untrusted text */

struct dkim_result;
struct dmarc_result;
struct spf_result;

enum color { PLAIN, RED, YELLOW, GREEN, BOLD };

struct writer {
    struct str *out;
    bool is_color;
    size_t column;              /* 0 to begin with */
};

void write_raw(struct writer *w, const char *text, size_t len);
void write_newline(struct writer *w);       /* drops spaces at the end of the line */
void write_colored(struct writer *w, const char *text, enum color color);
void write_to_column(struct writer *w, size_t column);

/* From column indent on, wrapped, with the line's end.  The second one escapes its text. */
void write_line(struct writer *w, const char *text, size_t indent);
void write_untrusted(struct writer *w, const char *text, size_t indent);

enum color result_color(enum auth_result result);

/* A result's name in its colour, padded to the column behind label and result. */
void write_result(struct writer *w, enum auth_result result);

/* What heads a section, behind an empty line. */
void write_title(struct writer *w, const char *title);

/* A word in capitals, as a headline begins. */
void write_capitals(struct writer *w, const char *word, enum color color);

/* "  author   example.com", escaped; nothing where the value is empty. */
void write_field(struct writer *w, const char *label, const char *value);

/* Adds "s1._domainkey.example.com", or that there is nothing to read. */
void add_signature_name(struct str *s, const struct dkim_result *sig);

/* "Findings", the worst first, each with its remedy and source; "none" where there is none. */
void write_findings(struct writer *w, const struct findings *findings);

/* "Lookups", one evaluation's, drawn as a tree. */
void write_spf_tree(struct writer *w, const struct spf_result *spf);

/* The lines of DMARC: its result, and what others read differently. */
void write_dmarc(struct writer *w, const struct dmarc_result *dmarc);

#endif
