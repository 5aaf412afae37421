/*
 * The text of a configuration file, checked before libconfuse sees it; see source.h.
 * The tokens are those of libconfuse's lexer: words, strings in "" and '', ${VARIABLE}, = += { } ( ) and ','.
 */
#include "config.h"

#include "lib/config/source.h"

#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 8         /* sections in sections */
#define SHOWN_MAX 60        /* bytes of a word that an error repeats */

enum token { END = 0, BAD = 1, WORD = 'w', STRING = 's', APPEND = '+' /* the others are their own character */ };

struct scan {
    const char *path;
    char *p;                    /* what is not read yet */
    char *end;
    int line;
    char *start;                /* of the token just read */
    enum token last;            /* the token before it */
    bool name_is_due;           /* the next word is the name of an option or section */
    bool in_list;
    int depth;
    int opened[DEPTH_MAX];      /* the line of each open brace */
    struct err *err;
};

char *source_beside(const char *file, const char *path)
{
    const char *slash = strrchr(file, '/');

    if (*path == '/' || slash == NULL)
        return xstrdup(path);
    return xasprintf("%.*s%s", (int)(slash + 1 - file), file, path);
}

static int fail(struct scan *scan, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static int fail(struct scan *scan, int line, const char *fmt, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    return err_set(scan->err, "%s:%d: %s", scan->path, line, text);
}

static int fail_at_token(struct scan *scan, const char *why)
{
    struct str shown = STR_EMPTY;
    char *token = xstrndup(scan->start, (size_t)(scan->p - scan->start));

    str_add_escaped(&shown, token, SHOWN_MAX, false);
    free(token);
    fail(scan, scan->line, "'%s' %s", str_get(&shown), why);
    str_clear(&shown);
    return -1;
}

/* --- the file --------------------------------------------------------------- */

static int fail_errno(struct err *err, const char *what, const char *path, int error)
{
    char buffer[128];
    const char *text = strerror_r(error, buffer, sizeof(buffer));
    char first[2] = { *text, '\0' };

    ascii_lower(first);
    return err_set(err, "cannot %s '%s': %s%s", what, path, first, *text == '\0' ? "" : text + 1);
}

int source_read(const char *path, struct str *text, struct err *err)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return fail_errno(err, "open", path, errno);

    char buffer[8192];
    size_t n;
    while ((n = fread(buffer, 1, sizeof(buffer), file)) > 0 && text->len <= SOURCE_MAX)
        str_addn(text, buffer, n);
    int rc = 0;
    if (ferror(file))
        rc = fail_errno(err, "read", path, errno);
    else if (text->len > SOURCE_MAX)
        rc = err_set(err, "'%s' is larger than %d bytes", path, SOURCE_MAX);
    if (text->len == 0 || text->data[text->len - 1] != '\n')
        str_addc(text, '\n');
    if (fclose(file) != 0 && rc == 0)
        rc = fail_errno(err, "read", path, errno);
    return rc;
}

/* --- tokens ----------------------------------------------------------------- */

static bool is_word_char(const char *p)
{
    if (*p == '/' && p[1] == '*')
        return false;
    return *p != '\0' && strchr(" #\"'\t\n\r={}()+,*", *p) == NULL;
}

static void blank_line(struct scan *scan)
{
    while (*scan->p != '\n' && scan->p < scan->end)
        *scan->p++ = ' ';
}

static int blank_comment(struct scan *scan)
{
    char *close = strstr(scan->p + 2, "*/");
    if (close == NULL)
        return fail(scan, scan->line, "the comment that begins here is not closed");
    for (close += 2; scan->p < close; scan->p++) {
        if (*scan->p == '\n')
            scan->line++;
        else
            *scan->p = ' ';
    }
    return 0;
}

static int skip_blank(struct scan *scan)
{
    while (scan->p < scan->end) {
        if (*scan->p == '\n') {
            scan->line++;
            scan->p++;
        } else if (strchr(" \t\r", *scan->p) != NULL) {
            scan->p++;
        } else if (*scan->p == '#' || strncmp(scan->p, "//", 2) == 0) {
            blank_line(scan);
        } else if (strncmp(scan->p, "/*", 2) == 0) {
            if (blank_comment(scan) < 0)
                return -1;
        } else {
            return 0;
        }
    }
    return 0;
}

/* ${NAME}: to its closing brace, on the same line and without quotes. */
static int skip_variable(struct scan *scan)
{
    size_t len = strcspn(scan->p, "}\"'\n");
    if (scan->p[len] != '}')
        return fail(scan, scan->line, "the ${ here is not closed");
    scan->p += len + 1;
    return 0;
}

static int skip_string(struct scan *scan)
{
    char quote = *scan->p++;
    int line = scan->line;

    while (scan->p < scan->end && *scan->p != quote) {
        if (quote == '"' && strncmp(scan->p, "${", 2) == 0) {
            if (skip_variable(scan) < 0)
                return -1;
            continue;
        }
        if (*scan->p == '\\' && scan->p + 1 < scan->end)
            scan->p++;
        if (*scan->p == '\n')
            scan->line++;
        scan->p++;
    }
    if (scan->p >= scan->end)
        return fail(scan, line, "the string that begins here is not closed");
    scan->p++;
    return 0;
}

static enum token next_token(struct scan *scan)
{
    if (skip_blank(scan) < 0)
        return BAD;
    scan->start = scan->p;
    if (scan->p >= scan->end)
        return END;
    if (*scan->p == '"' || *scan->p == '\'')
        return skip_string(scan) < 0 ? BAD : STRING;
    if (strncmp(scan->p, "${", 2) == 0)
        return skip_variable(scan) < 0 ? BAD : WORD;
    if (is_word_char(scan->p)) {
        while (is_word_char(scan->p))
            scan->p++;
        return WORD;
    }
    if (strncmp(scan->p, "+=", 2) == 0) {
        scan->p += 2;
        return APPEND;
    }
    scan->p++;
    if (strchr("={}(),", *scan->start) != NULL)
        return (enum token)*scan->start;
    fail_at_token(scan, "is not expected here: values with such characters are quoted");
    return BAD;
}

/* --- structure -------------------------------------------------------------- */

static bool is_after_sign(const struct scan *scan)
{
    return scan->last == '=' || scan->last == APPEND;
}

static int take_text(struct scan *scan, enum token token)
{
    if (scan->name_is_due) {
        size_t len = (size_t)(scan->p - scan->start);
        if (token == STRING || memchr(scan->start, '|', len) != NULL || *scan->start == '$')
            return fail_at_token(scan, "is not the name of an option");
        scan->name_is_due = false;
    } else if (is_after_sign(scan)) {
        scan->name_is_due = true;
    }
    return 0;
}

static int open_brace(struct scan *scan)
{
    if (is_after_sign(scan)) {
        scan->in_list = true;
        return 0;
    }
    if (scan->in_list || scan->depth == DEPTH_MAX)
        return fail_at_token(scan, "is not expected here");
    scan->opened[scan->depth++] = scan->line;
    scan->name_is_due = true;
    return 0;
}

static int close_brace(struct scan *scan)
{
    if (scan->in_list)
        scan->in_list = false;
    else if (scan->depth == 0)
        return fail_at_token(scan, "closes nothing");
    else
        scan->depth--;
    scan->name_is_due = true;
    return 0;
}

/* The rest of include("FILE"). */
static int take_arguments(struct scan *scan)
{
    bool is_call = scan->last == WORD && !scan->name_is_due && !scan->in_list;
    if (!is_call || next_token(scan) != STRING || next_token(scan) != ')')
        return fail(scan, scan->line, "brackets are only for include(\"FILE\")");
    scan->name_is_due = true;
    return 0;
}

static int take(struct scan *scan, enum token token)
{
    switch ((int)token) {
    case BAD:
        return -1;
    case WORD:
    case STRING:
        return take_text(scan, token);
    case '{':
        return open_brace(scan);
    case '}':
        return close_brace(scan);
    case '(':
        return take_arguments(scan);
    case ')':
        return fail_at_token(scan, "closes nothing");
    default:
        return 0;
    }
}

int source_check(struct str *text, const char *path, struct err *err)
{
    struct scan scan = { .path = path, .p = text->data, .end = text->data + text->len, .line = 1, .last = '}',
                         .name_is_due = true, .err = err };

    const char *nul = memchr(text->data, '\0', text->len);
    if (nul != NULL) {
        for (const char *p = text->data; p < nul; p++)
            scan.line += *p == '\n';
        return fail(&scan, scan.line, "a NUL byte: this is not a text file");
    }
    for (enum token token = next_token(&scan); token != END; token = next_token(&scan)) {
        if (take(&scan, token) < 0)
            return -1;
        scan.last = token;
    }
    if (scan.in_list)
        return fail(&scan, scan.line, "a list is not closed at the end of the file");
    if (scan.depth > 0)
        return fail(&scan, scan.opened[scan.depth - 1], "the section that begins here is not closed");
    return 0;
}
