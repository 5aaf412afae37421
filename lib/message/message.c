/*
 * What one message says of itself; see message.h.  Fields are read one by one, lines counted as they pass;
 * nothing of the message is kept but the author domains, and of those ADDRESS_LIST_MAX.
 */
#include "config.h"

#include "lib/message/message.h"
#include "lib/base/mem.h"
#include "lib/base/span.h"
#include "lib/message/address.h"
#include "lib/message/date.h"
#include "lib/message/lex.h"
#include "lib/message/lines.h"
#include "lib/message/msgid.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct message {
    struct message_limits limits;
    struct message_facts facts;
    struct line_scan lines;         /* of the body */
    char *domains[ADDRESS_LIST_MAX];
};

static const char *const field_names[FIELD_COUNT] = {
    [FIELD_FROM] = "From", [FIELD_SENDER] = "Sender", [FIELD_REPLY_TO] = "Reply-To", [FIELD_TO] = "To",
    [FIELD_CC] = "Cc", [FIELD_BCC] = "Bcc", [FIELD_MESSAGE_ID] = "Message-ID", [FIELD_IN_REPLY_TO] = "In-Reply-To",
    [FIELD_REFERENCES] = "References", [FIELD_SUBJECT] = "Subject", [FIELD_DATE] = "Date",
};

const char *message_field_name(enum message_field field)
{
    assert((unsigned)field < FIELD_COUNT);
    return field_names[field];
}

static bool is_named(struct span name, const char *wanted)
{
    return strncasecmp(name.at, wanted, name.len) == 0 && wanted[name.len] == '\0';
}

/* FIELD_COUNT where it is none of those. */
static enum message_field find_field(struct span name)
{
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (is_named(name, field_names[i]))
            return (enum message_field)i;
    }
    return FIELD_COUNT;
}

struct message *message_new(const struct message_limits *limits)
{
    struct message *message = xcalloc(1, sizeof(*message));

    message->limits = *limits;
    return message;
}

void message_free(struct message **message)
{
    if (*message == NULL)
        return;
    for (size_t i = 0; i < (*message)->facts.from_domains; i++)
        free((*message)->domains[i]);
    free(*message);
    *message = NULL;
}

/* Of all From fields together; where there are more than fit, "several" is known already. */
static void add_author_domain(struct message *message, const char *domain)
{
    struct message_facts *facts = &message->facts;

    for (size_t i = 0; i < facts->from_domains; i++) {
        if (strcmp(message->domains[i], domain) == 0)
            return;
    }
    if (facts->from_domains == ADDRESS_LIST_MAX)
        return;
    if (facts->from_domains == 0)
        snprintf(facts->author_domain, sizeof(facts->author_domain), "%s", domain);
    message->domains[facts->from_domains++] = xstrdup(domain);
}

static void note_encoded_word(struct message_facts *facts, enum message_field field)
{
    if (facts->encoded_word_field[0] == '\0')
        snprintf(facts->encoded_word_field, sizeof(facts->encoded_word_field), "%s", field_names[field]);
}

/* Subject is text; in the fields with addresses, names and comments may have encoded words. */
static void examine_words(struct message *message, enum message_field field, const char *value)
{
    struct address_list list;

    switch (field) {
    case FIELD_SENDER: case FIELD_REPLY_TO: case FIELD_TO: case FIELD_CC: case FIELD_BCC:
        address_list_parse(value, &list);
        if (list.has_encoded_word)
            note_encoded_word(&message->facts, field);
        address_list_clear(&list);
        break;
    case FIELD_MESSAGE_ID: case FIELD_IN_REPLY_TO: case FIELD_REFERENCES: case FIELD_DATE:
        if (has_encoded_word(value))
            note_encoded_word(&message->facts, field);
        break;
    default:
        break;
    }
}

static void examine_from(struct message *message, const char *value)
{
    struct address_list list;

    address_list_parse(value, &list);
    if (list.has_encoded_word)
        note_encoded_word(&message->facts, FIELD_FROM);
    message->facts.from_addresses += list.count;
    message->facts.from_invalid += list.invalid;
    for (size_t i = 0; i < list.n_domains; i++)
        add_author_domain(message, list.domains[i]);
    address_list_clear(&list);
}

/* The lines of a field, as they stand in the message: "Name:value", each fold a new one. */
static void examine_lines(struct message_facts *facts, const char *name, const char *value)
{
    struct line_scan scan = { .longest = 0 };

    line_scan_feed(&scan, (const unsigned char *)name, strlen(name));
    line_scan_feed(&scan, (const unsigned char *)":", 1);
    line_scan_feed(&scan, (const unsigned char *)value, strlen(value));
    line_scan_end(&scan);
    if (scan.longest > facts->longest_line)
        facts->longest_line = scan.longest;
    facts->has_bare_cr = facts->has_bare_cr || scan.has_bare_cr;
    if (scan.has_eight_bit && facts->eight_bit_field[0] == '\0')
        snprintf(facts->eight_bit_field, sizeof(facts->eight_bit_field), "%s", name);
}

static bool is_bulk_precedence(const char *value)
{
    static const char *const words[] = { "bulk", "list", "junk" };
    const char *p = lex_skip_cfws(value);

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t len = strlen(words[i]);
        if (strncasecmp(p, words[i], len) == 0 && *lex_skip_cfws(p + len) == '\0')
            return true;
    }
    return false;
}

/* What bulk mail says of itself.  Counted beyond the limits too. */
static void take_list_field(struct message_facts *facts, struct span name, const char *value, bool is_examined)
{
    if (is_named(name, "List-Unsubscribe")) {
        facts->unsubscribe_fields++;
        if (is_examined)
            unsubscribe_read(value, &facts->unsubscribe);
    } else if (is_named(name, "List-Unsubscribe-Post")) {
        facts->unsubscribe_post_fields++;
        facts->has_one_click_post = is_examined && is_one_click_post(value);
    } else if (is_named(name, "List-Id")) {
        facts->has_list_id = true;
    } else if (is_named(name, "Precedence")) {
        facts->has_bulk_precedence = facts->has_bulk_precedence || (is_examined && is_bulk_precedence(value));
    }
}

static bool is_within_limits(const struct message *message)
{
    return message->facts.headers <= (size_t)message->limits.headers &&
           message->facts.header_bytes <= (size_t)message->limits.header_bytes;
}

void message_header(struct message *message, const char *name, const char *value)
{
    struct message_facts *facts = &message->facts;
    const struct span plain = { name, lex_name_length(name, strlen(name)) };
    enum message_field field = find_field(plain);
    bool is_only = field < FIELD_COUNT && ++facts->field_count[field] == 1;

    facts->headers++;
    facts->header_bytes += strlen(name) + strlen(":") + strlen(value) + strlen("\r\n");
    bool is_examined = is_within_limits(message);
    facts->is_over_limits = facts->is_over_limits || !is_examined;
    if (is_examined) {
        examine_lines(facts, name, value);
        examine_words(message, field, value);
    }
    if (field == FIELD_COUNT)
        take_list_field(facts, plain, value, is_examined);
    if (field == FIELD_FROM && is_examined)
        examine_from(message, value);
    else if (field == FIELD_DATE)
        facts->has_date_valid = is_only && is_examined && is_date(value);
    else if (field == FIELD_MESSAGE_ID)
        facts->has_message_id_valid = is_only && is_examined && is_message_id(value);
}

void message_body(struct message *message, const unsigned char *data, size_t len)
{
    message->facts.body_bytes += len;
    line_scan_feed(&message->lines, data, len);
}

void message_end(struct message *message)
{
    struct message_facts *facts = &message->facts;
    struct line_scan *lines = &message->lines;

    line_scan_end(lines);
    if (lines->longest > facts->longest_line)
        facts->longest_line = lines->longest;
    facts->has_eight_bit_body = lines->has_eight_bit;
    facts->has_bare_cr = facts->has_bare_cr || lines->has_bare_cr;
    facts->has_bare_lf = lines->has_bare_lf;
    facts->has_nul = lines->has_nul;
}

const struct message_facts *message_facts(const struct message *message)
{
    return &message->facts;
}
