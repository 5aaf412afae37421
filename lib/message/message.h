/*
 * What one message says of itself: streamed in, only facts are kept, memory bounded by the limits.
 * Not shared between threads.
 */
#ifndef PREFLIGHT_MESSAGE_MESSAGE_H
#define PREFLIGHT_MESSAGE_MESSAGE_H

#include "lib/base/domain.h"
#include "lib/message/unsubscribe.h"

#include <stdbool.h>
#include <stddef.h>

#define MESSAGE_LINE_MAX 998    /* bytes without CRLF (RFC 5322 section 2.1.1); also Postfix's smtp_line_length_limit */

struct message;

struct message_limits {
    int headers;                    /* fields examined */
    int header_bytes;               /* all together */
};

/* Fields that RFC 5322 section 3.6 allows once, and those a reading depends on. */
enum message_field {
    FIELD_FROM, FIELD_SENDER, FIELD_REPLY_TO, FIELD_TO, FIELD_CC, FIELD_BCC, FIELD_MESSAGE_ID, FIELD_IN_REPLY_TO,
    FIELD_REFERENCES, FIELD_SUBJECT, FIELD_DATE, FIELD_COUNT
};
const char *message_field_name(enum message_field field);      /* "From", "Message-ID", ... */

struct message_facts {
    size_t headers;                 /* all fields seen, also those over the limits */
    size_t header_bytes;            /* names, colons, values and the fields' CRLF */
    bool is_over_limits;            /* some fields were only counted, here and in field_count */
    size_t field_count[FIELD_COUNT];
    size_t from_addresses;          /* mailboxes in all From fields */
    size_t from_invalid;
    size_t from_domains;            /* distinct author domains; counts no further than ADDRESS_LIST_MAX */
    char author_domain[DOMAIN_MAX]; /* the only one, or the first where there are several; "" where none */
    char eight_bit_field[64];       /* name of the first field with a byte over 127, cut; "" where none */
    char encoded_word_field[64];    /* name of the first field with an encoded word where none may be; "" where none */
    bool has_eight_bit_body;
    bool has_date_valid;            /* the only Date field reads as RFC 5322 section 3.3 */
    bool has_message_id_valid;      /* the only Message-ID reads as <id-left@id-right> */
    size_t unsubscribe_fields;      /* List-Unsubscribe */
    struct unsubscribe_uris unsubscribe;    /* of the last one that was examined */
    size_t unsubscribe_post_fields; /* List-Unsubscribe-Post */
    bool has_one_click_post;        /* the last one that was examined is valid */
    bool has_list_id;
    bool has_bulk_precedence;       /* Precedence: bulk, list or junk */
    size_t longest_line;            /* bytes without CRLF, header and body */
    bool has_bare_cr, has_bare_lf;  /* in the body, or a CR without LF in a header field */
    bool has_nul;
    size_t body_bytes;
};

struct message *message_new(const struct message_limits *limits);
void message_free(struct message **message);

/* value: all after the colon, folds as LF or CRLF. */
void message_header(struct message *message, const char *name, const char *value);
void message_body(struct message *message, const unsigned char *data, size_t len);    /* any chunks, CRLF lines */
void message_end(struct message *message);

/* Borrowed until message_free.  Of the header what was given so far, the rest is known after message_end. */
const struct message_facts *message_facts(const struct message *message);

#endif
