/*
 * The DMARC record; see dmarcrecord.h.  A tag that is not valid, or stands twice (RFC 6376 section 3.2), counts as its
 * default, as RFC 9989 section 4.8 and RFC 7489 section 6.3 ask; only the version and the policies can spoil a record.
 */
#include "config.h"

#include "lib/check/dmarcrecord.h"
#include "lib/check/taglist.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { KNOWN_9989 = 1 << DMARC_RFC9989, KNOWN_7489 = 1 << DMARC_RFC7489 };

struct parser {
    enum dmarc_version version;
    struct dmarc_record *record;
    const char *problem;
};

const char *dmarc_policy_name(enum dmarc_policy policy)
{
    static const char *const names[] = { "", "none", "quarantine", "reject" };

    return names[policy];
}

static bool is_word(const char *text, size_t len, const char *word)
{
    return len == strlen(word) && strncasecmp(text, word, len) == 0;
}

static bool is_value(const struct tag *tag, const char *word)
{
    return is_word(tag->value, tag->value_len, word);
}

/* --- one reader per tag: fills the record where the value is valid, false else; NULL means the default ----------- */

static bool read_policy(const struct tag *tag, enum dmarc_policy *policy)
{
    *policy = DMARC_POLICY_ABSENT;
    for (enum dmarc_policy p = DMARC_POLICY_NONE; tag != NULL && p <= DMARC_POLICY_REJECT; p++) {
        if (is_value(tag, dmarc_policy_name(p)))
            *policy = p;
    }
    return *policy != DMARC_POLICY_ABSENT;
}

static bool read_p(const struct tag *tag, struct dmarc_record *record)
{
    return read_policy(tag, &record->p);
}

static bool read_sp(const struct tag *tag, struct dmarc_record *record)
{
    return read_policy(tag, &record->sp);
}

static bool read_np(const struct tag *tag, struct dmarc_record *record)
{
    return read_policy(tag, &record->np);
}

static bool read_adkim(const struct tag *tag, struct dmarc_record *record)
{
    record->strict_dkim = tag != NULL && is_value(tag, "s");
    return true;
}

static bool read_aspf(const struct tag *tag, struct dmarc_record *record)
{
    record->strict_spf = tag != NULL && is_value(tag, "s");
    return true;
}

static bool read_t(const struct tag *tag, struct dmarc_record *record)
{
    record->is_testing = tag != NULL && is_value(tag, "y");
    return true;
}

static bool read_psd(const struct tag *tag, struct dmarc_record *record)
{
    record->psd = DMARC_PSD_UNKNOWN;
    if (tag != NULL && is_value(tag, "y"))
        record->psd = DMARC_PSD_YES;
    else if (tag != NULL && is_value(tag, "n"))
        record->psd = DMARC_PSD_NO;
    return true;
}

static bool read_pct(const struct tag *tag, struct dmarc_record *record)
{
    int percent = 0;

    record->pct = 100;
    if (tag == NULL || tag->value_len == 0 || tag->value_len > 3)
        return true;
    for (size_t i = 0; i < tag->value_len; i++) {
        if (!isdigit((unsigned char)tag->value[i]))
            return true;
        percent = 10 * percent + (tag->value[i] - '0');
    }
    record->pct = percent <= 100 ? percent : 100;
    return true;
}

/* "mailto:" with an address, or any other URI (RFC 3986): a scheme and something behind it, without spaces. */
static bool is_uri(const char *text, size_t len)
{
    const char *colon = memchr(text, ':', len);

    if (colon == NULL || colon == text || colon + 1 == text + len || !isalpha((unsigned char)text[0]))
        return false;
    for (const char *p = text; p < text + len; p++) {
        if (!isgraph((unsigned char)*p) || (p < colon && !isalnum((unsigned char)*p) && strchr("+-.", *p) == NULL))
            return false;
    }
    if (!is_word(text, (size_t)(colon - text), "mailto"))
        return true;
    const char *at = memchr(colon, '@', (size_t)(text + len - colon));
    return at != NULL && at > colon + 1 && at + 1 < text + len && at[1] != '!';
}

static bool read_rua(const struct tag *tag, struct dmarc_record *record)
{
    const char *pos = tag == NULL ? NULL : tag->value, *end = pos == NULL ? NULL : pos + tag->value_len;

    record->has_rua = false;
    while (pos != NULL && pos < end && !record->has_rua) {
        const char *comma = memchr(pos, ',', (size_t)(end - pos)), *stop = comma == NULL ? end : comma;
        while (pos < stop && isspace((unsigned char)*pos))
            pos++;
        while (stop > pos && isspace((unsigned char)stop[-1]))
            stop--;
        record->has_rua = is_uri(pos, (size_t)(stop - pos));
        pos = comma == NULL ? end : comma + 1;
    }
    return true;
}

static const struct row {
    const char *name;
    unsigned versions;
    bool (*read)(const struct tag *tag, struct dmarc_record *record);
    const char *invalid, *repeated;     /* what to tell; NULL where it spoils nothing */
} rows[] = {
    { "p", KNOWN_9989 | KNOWN_7489, read_p, "its p tag is none of none, quarantine, reject",
      "its p tag is there more than once" },
    { "sp", KNOWN_9989 | KNOWN_7489, read_sp, "its sp tag is none of none, quarantine, reject",
      "its sp tag is there more than once" },
    { "np", KNOWN_9989, read_np, "its np tag is none of none, quarantine, reject",
      "its np tag is there more than once" },
    { "adkim", KNOWN_9989 | KNOWN_7489, read_adkim, NULL, NULL },
    { "aspf", KNOWN_9989 | KNOWN_7489, read_aspf, NULL, NULL },
    { "pct", KNOWN_7489, read_pct, NULL, NULL },
    { "t", KNOWN_9989, read_t, NULL, NULL },
    { "psd", KNOWN_9989, read_psd, NULL, NULL },
    { "rua", KNOWN_9989 | KNOWN_7489, read_rua, NULL, NULL },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct row *find_row(const struct tag *tag, enum dmarc_version version)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (is_word(tag->name, tag->name_len, rows[i].name))
            return (rows[i].versions & (1u << version)) != 0 ? &rows[i] : NULL;
    }
    return NULL;
}

static void read_tag(struct parser *parser, const struct row *row, const struct tag *tag, bool is_repeated)
{
    bool is_valid = row->read(is_repeated ? NULL : tag, parser->record);

    if (!is_valid && parser->problem == NULL)
        parser->problem = is_repeated ? row->repeated : row->invalid;
}

static void read_tags(struct parser *parser, struct taglist *list)
{
    bool is_seen[ROWS] = { false };
    struct tag tag;
    int rc;

    while ((rc = taglist_next(list, &tag)) != 0) {
        const struct row *row = rc < 0 ? NULL : find_row(&tag, parser->version);
        if (row == NULL)
            continue;
        read_tag(parser, row, &tag, is_seen[row - rows]);
        is_seen[row - rows] = true;
    }
    if (!is_seen[0] && parser->problem == NULL)
        parser->problem = "it has no p tag";
}

int dmarc_record_parse(const char *text, enum dmarc_version version, struct dmarc_record *record_r,
                       const char **problem_r)
{
    struct parser parser = { .version = version, .record = record_r };
    struct taglist list;
    struct tag tag;

    *record_r = (struct dmarc_record){ .pct = 100 };
    *problem_r = NULL;
    taglist_init(&list, text, strlen(text));
    if (strchr("vV", text[0]) == NULL || taglist_next(&list, &tag) != 1 || !is_word(tag.name, tag.name_len, "v")
        || tag.value_len != strlen("DMARC1") || memcmp(tag.value, "DMARC1", tag.value_len) != 0)
        return 1;

    read_tags(&parser, &list);
    *problem_r = parser.problem;
    if (parser.problem == NULL)
        return 0;
    if (!record_r->has_rua)
        return -1;
    record_r->p = DMARC_POLICY_NONE;
    record_r->sp = record_r->np = DMARC_POLICY_ABSENT;
    return 0;
}
