/*
 * The body as it leaves; see departbody.h.
 * Where tables are asked the body is walked twice: once to collect what is asked about, in its order, and once to take
 * the answers in the same order.
 */
#include "config.h"

#include "lib/depart/departbody.h"

#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/depart/postmap.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FIELDS_MAX 4000         /* of all parts */
#define HEADER_MAX (1024 * 1024)    /* bytes of fields that tell of parts; what is beyond is not looked at */

/* Fields that one setting is asked about. */
struct asked {
    const char *setting;
    const struct conf_strings *tables;
    char **texts, **actions;
    size_t count, capacity, actions_capacity;
    size_t next;                /* whose action is taken next */
};

struct departbody {
    const struct depart *depart;
    struct bodychange_rules rules;
    struct bodychange *change;
    struct str header;          /* names and values, each with its NUL: for the second walk */
    bool is_kept, is_too_long;
    struct str kept;            /* the body as it came, where something is asked */
    struct str lines, answers;  /* to and from smtp_body_checks */
    char *next_answer;
    struct asked mime, nested;
    bodychange_write *write;
    void *context;
    char *problem;
};

/* --- two walks ------------------------------------------------------------------------------------- */

/* A line up to a NUL, as Postfix's tables see it. */
static size_t line_length(const char *text, size_t len)
{
    const char *nul = memchr(text, '\0', len);

    return nul == NULL ? len : (size_t)(nul - text);
}

static struct asked *asked_by(struct departbody *body, enum bodychange_text what)
{
    struct asked *asked = what == BODYCHANGE_MIME_FIELD ? &body->mime : &body->nested;

    return asked->tables->count == 0 ? NULL : asked;
}

static const char *collect(void *context, enum bodychange_text what, const char *text, size_t len)
{
    struct departbody *body = context;

    if (what == BODYCHANGE_LINE) {
        size_t line = line_length(text, len);
        if (line > 0 && depart_facts(body->depart)->body_checks.count > 0) {
            str_addn(&body->lines, text, line);
            str_addc(&body->lines, '\n');
        }
        return NULL;
    }
    struct asked *asked = asked_by(body, what);
    if (asked == NULL)
        return NULL;
    body->is_too_long = body->is_too_long || asked->count >= FIELDS_MAX;
    if (body->is_too_long)
        return NULL;
    asked->texts = xgrow(asked->texts, asked->count, &asked->capacity, sizeof(*asked->texts));
    asked->texts[asked->count++] = xstrndup(text, len);
    return NULL;
}

/* The next line of the answers is about this line. */
static const char *take_answer(struct departbody *body, size_t line)
{
    char *answer = body->next_answer, *end = strchr(answer, '\n');

    if (end == NULL || (size_t)(end - answer) <= line)
        return NULL;
    *end = '\0';
    body->next_answer = end + 1;
    answer += line + 1;
    return strcmp(answer, POSTMAP_NOTHING) == 0 ? NULL : answer;
}

static const char *answer(void *context, enum bodychange_text what, const char *text, size_t len)
{
    struct departbody *body = context;

    if (what == BODYCHANGE_LINE) {
        size_t line = line_length(text, len);
        return line == 0 || body->next_answer == NULL ? NULL : take_answer(body, line);
    }
    struct asked *asked = asked_by(body, what);
    return asked == NULL || asked->next >= asked->count ? NULL : asked->actions[asked->next++];
}

static void pass_on(void *context, const char *data, size_t len)
{
    struct departbody *body = context;

    body->write(body->context, data, len);
}

static void pass_nothing_on(void *context, const char *data, size_t len)
{
    (void)context;
    (void)data;
    (void)len;
}

static void feed_header(const struct departbody *body, struct bodychange *change)
{
    for (size_t at = 0; at < body->header.len;) {
        const char *name = body->header.data + at, *value = name + strlen(name) + 1;
        bodychange_header(change, name, value);
        at += strlen(name) + strlen(value) + 2;
    }
    bodychange_end_of_header(change);
}

/* --- a message ------------------------------------------------------------------------------------- */

struct departbody *departbody_begin(const struct depart *depart, bodychange_write *write, void *context)
{
    const struct relay_facts *facts = depart_facts(depart);
    bool asks = facts->body_checks.count + facts->mime_header_checks.count + facts->nested_header_checks.count > 0;
    bool converts = facts->converts_8bit == KNOWN_YES && facts->eightbitmime == KNOWN_NO;

    if (!asks && !converts && facts->line_length_limit <= 0)
        return NULL;
    struct departbody *body = xcalloc(1, sizeof(*body));
    *body = (struct departbody){
        .depart = depart, .write = write, .context = context,
        .mime = { .setting = "smtp_mime_header_checks", .tables = &facts->mime_header_checks },
        .nested = { .setting = "smtp_nested_header_checks", .tables = &facts->nested_header_checks },
    };
    body->rules = (struct bodychange_rules){
        .converts_8bit = converts, .line_limit = facts->line_length_limit < 0 ? 0 : (size_t)facts->line_length_limit,
        .write = pass_on, .context = body,
    };
    return body;
}

static void clear_asked(struct asked *asked)
{
    for (size_t i = 0; i < asked->count; i++) {
        free(asked->texts[i]);
        if (asked->actions != NULL)
            free(asked->actions[i]);
    }
    free(asked->texts);
    free(asked->actions);
}

void departbody_free(struct departbody **body)
{
    struct departbody *b = *body;

    if (b == NULL)
        return;
    bodychange_free(&b->change);
    clear_asked(&b->mime);
    clear_asked(&b->nested);
    str_clear(&b->header);
    str_clear(&b->kept);
    str_clear(&b->lines);
    str_clear(&b->answers);
    free(b->problem);
    free(b);
    *body = NULL;
}

void departbody_header(struct departbody *body, const char *name, const char *value)
{
    bool is_mime = strncasecmp(name, "Content-", strlen("Content-")) == 0;

    if (!is_mime || body->header.len + strlen(name) + strlen(value) > HEADER_MAX)
        return;
    str_addn(&body->header, name, strlen(name) + 1);
    str_addn(&body->header, value, strlen(value) + 1);
}

void departbody_end_of_header(struct departbody *body)
{
    const struct relay_facts *facts = depart_facts(body->depart);

    body->change = bodychange_new(&body->rules);
    feed_header(body, body->change);
    body->is_kept = facts->body_checks.count > 0 ||
        (bodychange_has_parts(body->change) && facts->mime_header_checks.count + facts->nested_header_checks.count > 0);
}

void departbody_add(struct departbody *body, const unsigned char *data, size_t len)
{
    if (!body->is_kept) {
        bodychange_body(body->change, data, len);
        return;
    }
    body->is_too_long = body->is_too_long || body->kept.len + len > DEPARTBODY_ASKED_MAX;
    if (body->is_too_long)
        str_clear(&body->kept);
    else
        str_addn(&body->kept, data, len);
}

/* --- its end ----------------------------------------------------------------------------------------- */

static unsigned walk(struct departbody *body, bodychange_ask *ask, bodychange_write *write)
{
    struct bodychange_rules rules = body->rules;

    rules.ask = ask;
    rules.write = write;
    bodychange_free(&body->change);
    body->change = bodychange_new(&rules);
    feed_header(body, body->change);
    bodychange_body(body->change, (const unsigned char *)str_get(&body->kept), body->kept.len);
    bodychange_end(body->change);
    return bodychange_done(body->change);
}

static int ask_fields(const struct departbody *body, struct asked *asked, int64_t deadline_ms, struct err *err)
{
    if (asked->count == 0)
        return 0;
    asked->actions = xcalloc(asked->count, sizeof(*asked->actions));
    if (postmap_check_header(depart_postmap(body->depart), asked->tables, (const char *const *)asked->texts,
                             asked->count, asked->actions, deadline_ms, err) < 0)
        return err_prefix(err, "%s", asked->setting);
    return 0;
}

static int ask_lines(struct departbody *body, int64_t deadline_ms, struct err *err)
{
    if (body->lines.len == 0)
        return 0;
    if (postmap_check_lines(depart_postmap(body->depart), &depart_facts(body->depart)->body_checks, &body->lines,
                            &body->answers, deadline_ms, err) < 0)
        return err_prefix(err, "smtp_body_checks");
    body->next_answer = body->answers.data;
    return 0;
}

static int ask_tables(struct departbody *body, int64_t deadline_ms, struct err *err)
{
    if (body->is_too_long)
        return err_set(err, "more than %d bytes of a body to ask tables about", DEPARTBODY_ASKED_MAX);
    (void)walk(body, collect, pass_nothing_on);
    if (body->is_too_long)
        return err_set(err, "more than %d fields of parts to ask tables about", FIELDS_MAX);
    if (ask_fields(body, &body->mime, deadline_ms, err) < 0 || ask_fields(body, &body->nested, deadline_ms, err) < 0)
        return -1;
    return ask_lines(body, deadline_ms, err);
}

void departbody_end(struct departbody *body, int64_t deadline_ms)
{
    struct err err = { "" };

    if (!body->is_kept)
        bodychange_end(body->change);
    else if (ask_tables(body, deadline_ms, &err) < 0)
        body->problem = xstrdup(err.text);
    else
        (void)walk(body, answer, pass_on);
    if (body->problem == NULL && (bodychange_done(body->change) & BODYCHANGE_UNKNOWN) != 0)
        body->problem = xstrdup("a field of a part is too long to be looked at");
}

/* --- what became of it ------------------------------------------------------------------------------- */

const char *departbody_problem(const struct departbody *body)
{
    return body->problem;
}

unsigned departbody_done(const struct departbody *body)
{
    return bodychange_done(body->change);
}

static void describe(struct str *text, const char *setting, const struct conf_strings *tables, const char *what)
{
    depart_name_setting(setting, tables, text);
    str_addf(text, " %s", what);
}

void departbody_describe(const struct departbody *body, struct str *text)
{
    const struct relay_facts *facts = depart_facts(body->depart);
    unsigned done = departbody_done(body);

    if ((done & BODYCHANGE_CONVERTED) != 0)
        describe(text, "disable_mime_output_conversion = no", NULL,
                 "makes 8-bit text quoted-printable, for a server without 8BITMIME");
    if ((done & BODYCHANGE_MIME) != 0)
        describe(text, "smtp_mime_header_checks", &facts->mime_header_checks, "changes fields of parts");
    if ((done & BODYCHANGE_NESTED) != 0)
        describe(text, "smtp_nested_header_checks", &facts->nested_header_checks,
                 "changes fields of attached messages");
    if ((done & BODYCHANGE_LINES) != 0)
        describe(text, "smtp_body_checks", &facts->body_checks, "changes lines of the body");
    if ((done & BODYCHANGE_CUT) != 0)
        describe(text, depart_limit_setting(body->depart), NULL, "cuts lines of the body");
}
