/*
 * Reading replies.conf; see reply.h and the head of conf/replies.conf.
 */
#include "config.h"

#include "lib/judge/replydata.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/config/builtin.h"
#include "lib/config/suggest.h"
#include "lib/judge/pattern.h"

#include <stdlib.h>
#include <string.h>

static const char *const cause_names[CAUSE_COUNT] = {
    [CAUSE_SPF] = "spf",
    [CAUSE_DKIM] = "dkim",
    [CAUSE_DMARC] = "dmarc",
    [CAUSE_IP_REPUTATION] = "ip-reputation",
    [CAUSE_DOMAIN_REPUTATION] = "domain-reputation",
    [CAUSE_CONTENT] = "content",
    [CAUSE_RATE] = "rate",
    [CAUSE_RECIPIENT_POLICY] = "recipient-policy",
    [CAUSE_PTR] = "ptr",
    [CAUSE_TLS] = "tls",
    [CAUSE_AUTH_REQUIRED] = "auth-required/relay-denied",
    [CAUSE_SENDER_REJECTED] = "sender-rejected",
    [CAUSE_MAILBOX] = "mailbox/other",
};

static const struct tree_option cause_options[] = {
    { "text", false, NULL }, { "remedy", false, NULL }, { "page", false, NULL }, { .name = NULL }
};
static const struct tree_option field_options[] = { { "failed", true, NULL }, { .name = NULL } };
static const struct tree_option delayed_options[] = { { "match", true, NULL }, { .name = NULL } };
static const struct tree_option receiver_options[] = {
    { "title", false, NULL }, { "hosts", true, NULL }, { "marks", true, NULL }, { "page", false, NULL },
    { .name = NULL }
};
static const struct tree_option pattern_options[] = {
    { "receivers", true, NULL }, { "cause", false, NULL }, { "also", true, NULL }, { "by_fields", true, NULL },
    { "codes", true, NULL }, { "match", true, NULL }, { "unless", true, NULL }, { "context", true, NULL },
    { "text", false, NULL }, { "remedy", false, NULL }, { "page", false, NULL }, { .name = NULL }
};
static const struct tree_kind kinds[] = {
    { "", "", false, false, NULL },
    { "cause", "", true, false, cause_options },
    { "unknown", "", false, false, cause_options },
    { "field", "", true, false, field_options },
    { "delayed", "", false, false, delayed_options },
    { "receiver", "", true, false, receiver_options },
    { "pattern", "", true, false, pattern_options },
    { .name = NULL }
};

const char *cause_name(enum cause cause)
{
    return cause_names[cause];
}

static int parse_cause(const struct tree_section *section, const struct tree_entry *entry, const char *name,
                       enum cause *cause_r, struct err *err)
{
    struct str hint = STR_EMPTY;

    for (int i = 0; i < CAUSE_COUNT; i++) {
        if (strcmp(cause_names[i], name) == 0) {
            *cause_r = (enum cause)i;
            return 0;
        }
    }
    suggest_name(cause_names, CAUSE_COUNT, name, &hint);
    tree_error(section, entry, err, "'%s' is not a cause%s", name, str_get(&hint));
    str_clear(&hint);
    return -1;
}

/* A value that goes on over several lines; caller frees. */
static char *joined(const char *value, const char *with)
{
    struct str s = STR_EMPTY;

    while (*value != '\0') {
        size_t n = strcspn(value, "\n");
        str_addn(&s, value, n);
        value += n;
        if (*value == '\n') {
            value += strspn(value, " \t\n");
            str_add(&s, with);
        }
    }
    return str_steal(&s);
}

static int read_patterns(const struct tree_section *section, const char *option, struct reply_patterns *out,
                         struct err *err)
{
    const struct tree_entry *entry = tree_entry(section, option);

    if (entry == NULL)
        return 0;
    out->items = xcalloc(entry->count, sizeof(*out->items));
    for (size_t i = 0; i < entry->count; i++) {
        struct err why = { "" };
        char *text = joined(entry->values[i], "");
        struct pattern *pattern = pattern_new(text, &why);
        if (pattern == NULL)
            tree_error(section, entry, err, "'%s': %s", text, why.text);
        free(text);
        if (pattern == NULL)
            return -1;
        out->items[out->count++] = pattern;
    }
    return 0;
}

/* "1", "1-6" up to most; -1 if it is neither. */
static int parse_range(const char *text, int most, int *from_r, int *to_r)
{
    char *end;
    long from = strtol(text, &end, 10), to = from;

    if (end == text)
        return -1;
    if (*end == '-')
        to = strtol(end + 1, &end, 10);
    if (*end != '\0' || from < 0 || to > most || from > to)
        return -1;
    *from_r = (int)from;
    *to_r = (int)to;
    return 0;
}

/* "554", "4xx", "x.7.26", "5.7.600-649". */
static int parse_code(const char *text, struct reply_code *code)
{
    char *end;

    if (strchr(text, '.') == NULL) {
        if (strlen(text) == 3 && strcmp(text + 1, "xx") == 0 && text[0] >= '2' && text[0] <= '5') {
            code->from = (text[0] - '0') * 100;
            code->to = code->from + 99;
            return 0;
        }
        return parse_range(text, 599, &code->from, &code->to) < 0 || code->from < 200 ? -1 : 0;
    }
    if (strchr("x245", text[0]) == NULL || text[1] != '.')
        return -1;
    code->is_enhanced = true;
    code->first = text[0] == 'x' ? 0 : text[0] - '0';
    code->subject = (int)strtol(text + 2, &end, 10);
    return end == text + 2 || *end != '.' ? -1 : parse_range(end + 1, 999, &code->from, &code->to);
}

static int read_codes(const struct tree_section *section, struct reply_codes *out, struct err *err)
{
    const struct tree_entry *entry = tree_entry(section, "codes");

    if (entry == NULL)
        return 0;
    out->items = xcalloc(entry->count, sizeof(*out->items));
    for (size_t i = 0; i < entry->count; i++) {
        if (parse_code(entry->values[i], &out->items[i]) < 0)
            return tree_error(section, entry, err, "'%s' is not a code such as 554, 4xx, x.7.26 or 5.7.600-649",
                              entry->values[i]);
        out->count++;
    }
    return 0;
}

static char *read_text(const struct tree_section *section, const char *option)
{
    const char *value = tree_string(section, option);

    return value == NULL ? NULL : joined(value, " ");
}

static void read_meaning(const struct tree_section *section, struct reply_meaning *out)
{
    out->text = read_text(section, "text");
    out->remedy = read_text(section, "remedy");
    out->page = tree_string(section, "page");
}

static int read_cause(struct replies *replies, const struct tree_section *section, struct err *err)
{
    enum cause cause;

    if (parse_cause(section, NULL, section->title, &cause, err) < 0)
        return -1;
    read_meaning(section, &replies->causes[cause]);
    if (replies->causes[cause].text == NULL || replies->causes[cause].remedy == NULL)
        return tree_error(section, NULL, err, "a cause needs text and remedy");
    return 0;
}

static int read_unknown(struct replies *replies, const struct tree_section *section, struct err *err)
{
    (void)err;
    read_meaning(section, &replies->unknown);
    return 0;
}

static int read_field(struct replies *replies, const struct tree_section *section, struct err *err)
{
    struct reply_field *field = &replies->fields[replies->n_fields];

    if (parse_cause(section, NULL, section->title, &field->cause, err) < 0)
        return -1;
    replies->n_fields++;
    return read_patterns(section, "failed", &field->failed, err);
}

static int read_receiver(struct replies *replies, const struct tree_section *section, struct err *err)
{
    struct reply_receiver *receiver = &replies->receivers[replies->n_receivers];

    if (replies->n_receivers == REPLY_RECEIVERS_MAX)
        return tree_error(section, NULL, err, "more than %d receivers", REPLY_RECEIVERS_MAX);
    replies->n_receivers++;
    receiver->name = section->title;
    receiver->title = tree_string(section, "title");
    receiver->page = tree_string(section, "page");
    receiver->hosts = tree_entry(section, "hosts");
    if (receiver->title == NULL)
        return tree_error(section, NULL, err, "a receiver needs a title");
    return read_patterns(section, "marks", &receiver->marks, err);
}

static int read_receivers_of(const struct replies *replies, const struct tree_section *section, struct reply_row *row,
                             struct err *err)
{
    const struct tree_entry *entry = tree_entry(section, "receivers");

    for (size_t i = 0; entry != NULL && i < entry->count; i++) {
        size_t k = 0;
        while (k < replies->n_receivers && strcmp(replies->receivers[k].name, entry->values[i]) != 0)
            k++;
        if (k == replies->n_receivers)
            return tree_error(section, entry, err, "there is no receiver '%s'", entry->values[i]);
        row->receivers |= (receiver_set)1 << k;
    }
    return 0;
}

static int read_causes_of(const struct tree_section *section, struct reply_row *row, struct err *err)
{
    const struct tree_entry *cause = tree_entry(section, "cause");
    const struct tree_entry *also = tree_entry(section, "also"), *by = tree_entry(section, "by_fields");
    enum cause one;

    if (cause == NULL)
        return tree_error(section, NULL, err, "a pattern needs a cause");
    if (parse_cause(section, cause, cause->values[0], &row->cause, err) < 0)
        return -1;
    for (size_t i = 0; also != NULL && i < also->count; i++) {
        if (parse_cause(section, also, also->values[i], &one, err) < 0)
            return -1;
        row->also[one] = true;
    }
    if (by != NULL && by->count > CAUSE_COUNT)
        return tree_error(section, by, err, "more than %d causes", CAUSE_COUNT);
    for (size_t i = 0; by != NULL && i < by->count; i++) {
        if (parse_cause(section, by, by->values[i], &row->by_fields[row->n_by_fields++], err) < 0)
            return -1;
    }
    return 0;
}

static int read_row(struct replies *replies, const struct tree_section *section, struct err *err)
{
    replies->rows = xgrow(replies->rows, replies->n_rows, &replies->rows_capacity, sizeof(*replies->rows));
    struct reply_row *row = &replies->rows[replies->n_rows++];

    row->name = section->title;
    read_meaning(section, &row->meaning);
    if (read_receivers_of(replies, section, row, err) < 0 || read_causes_of(section, row, err) < 0 ||
        read_codes(section, &row->codes, err) < 0 || read_patterns(section, "match", &row->match, err) < 0 ||
        read_patterns(section, "unless", &row->unless, err) < 0 ||
        read_patterns(section, "context", &row->context, err) < 0)
        return -1;
    if (row->codes.count == 0 && row->match.count == 0 && row->context.count == 0)
        return tree_error(section, NULL, err, "pattern '%s' has neither codes nor match nor context", row->name);
    return 0;
}

typedef int read_section(struct replies *replies, const struct tree_section *section, struct err *err);

static int read_delayed(struct replies *replies, const struct tree_section *section, struct err *err)
{
    return read_patterns(section, "match", &replies->delayed, err);
}

/* Sections come kind by kind, receivers before the patterns that name them. */
static int read_sections(struct replies *replies, struct err *err)
{
    static const struct { const char *kind; read_section *read; } readers[] = {
        { "cause", read_cause }, { "unknown", read_unknown }, { "field", read_field }, { "delayed", read_delayed },
        { "receiver", read_receiver }, { "pattern", read_row },
    };
    const struct tree_section *root = tree_root(replies->tree);

    for (size_t i = 0; i < root->n_sections; i++) {
        for (size_t k = 0; k < sizeof(readers) / sizeof(readers[0]); k++) {
            const struct tree_section *section = &root->sections[i];
            if (strcmp(section->kind->name, readers[k].kind) == 0 && readers[k].read(replies, section, err) < 0)
                return -1;
        }
    }
    for (int i = 0; i < CAUSE_COUNT; i++) {
        if (replies->causes[i].text == NULL)
            return err_set(err, "%s: there is no section 'cause %s'", root->file, cause_names[i]);
    }
    return 0;
}

struct replies *replies_load(const char *path, struct err *err)
{
    struct replies *replies = xcalloc(1, sizeof(*replies));

    replies->tree = path == NULL || path[0] == '\0'
                        ? tree_read_text("replies.conf (built in)", builtin_replies, kinds, NULL, err)
                        : tree_read(path, kinds, NULL, err);
    if (replies->tree == NULL || read_sections(replies, err) < 0)
        replies_free(&replies);
    return replies;
}

static void clear_meaning(struct reply_meaning *meaning)
{
    free(meaning->text);
    free(meaning->remedy);
}

static void clear_patterns(struct reply_patterns *patterns)
{
    for (size_t i = 0; i < patterns->count; i++)
        pattern_free(&patterns->items[i]);
    free(patterns->items);
}

void replies_free(struct replies **replies)
{
    struct replies *old = *replies;

    *replies = NULL;
    if (old == NULL)
        return;
    for (size_t i = 0; i < CAUSE_COUNT; i++)
        clear_meaning(&old->causes[i]);
    clear_meaning(&old->unknown);
    for (size_t i = 0; i < old->n_receivers; i++)
        clear_patterns(&old->receivers[i].marks);
    for (size_t i = 0; i < old->n_fields; i++)
        clear_patterns(&old->fields[i].failed);
    clear_patterns(&old->delayed);
    for (size_t i = 0; i < old->n_rows; i++) {
        clear_patterns(&old->rows[i].match);
        clear_patterns(&old->rows[i].unless);
        clear_patterns(&old->rows[i].context);
        clear_meaning(&old->rows[i].meaning);
        free(old->rows[i].codes.items);
    }
    free(old->rows);
    tree_free(&old->tree);
    free(old);
}
