/*
 * Fuzz target: the message reader and what counts a message's facts.  A message that was read and written again reads
 * the same; how the body is cut into chunks changes no fact.
 */
#include "config.h"

#include "lib/base/err.h"
#include "lib/base/str.h"
#include "lib/check/bodylength.h"
#include "lib/check/msgcheck.h"
#include "lib/message/message.h"
#include "lib/message/reader.h"
#include "t/fuzz/fuzz.h"

/* What the reader said. */
struct heard {
    struct str header;          /* the fields, written again */
    struct str body;
    bool is_in_body;
    struct message *message;
};

static void on_header(void *context, const char *name, const char *value)
{
    struct heard *heard = context;

    HOLDS(!heard->is_in_body && name[0] != '\0' && strpbrk(name, ": \t\r\n") == NULL, "field '%s'", name);
    for (const char *lf = strchr(value, '\n'); lf != NULL; lf = strchr(lf + 1, '\n'))
        HOLDS(lf[1] == ' ' || lf[1] == '\t', "a line of '%s' is no fold", name);
    str_addf(&heard->header, "%s:", name);
    for (const char *p = value; *p != '\0'; p++)
        str_addf(&heard->header, "%s%c", *p == '\n' ? "\r" : "", *p);
    str_add(&heard->header, "\r\n");
    message_header(heard->message, name, value);
}

static void on_end_of_header(void *context)
{
    struct heard *heard = context;

    HOLDS(!heard->is_in_body, "two ends of the header");
    heard->is_in_body = true;
}

static void on_body(void *context, const unsigned char *data, size_t len)
{
    struct heard *heard = context;

    HOLDS(heard->is_in_body && len > 0, "body before its time");
    str_addn(&heard->body, data, len);
    message_body(heard->message, data, len);
}

static void hear(const void *data, size_t size, struct heard *heard)
{
    static const struct message_limits limits = { .headers = 50, .header_bytes = 4096 };
    const struct message_sink sink = { on_header, on_end_of_header, on_body, heard };
    struct err err;
    FILE *file = fopen(memory_file(data, size), "rb");

    *heard = (struct heard){ .message = message_new(&limits) };
    HOLDS(file != NULL && message_read(file, &sink, &err) == 0, "cannot read");
    fclose(file);
    HOLDS(heard->is_in_body, "no end of the header");
    message_end(heard->message);
}

static void forget(struct heard *heard)
{
    str_clear(&heard->header);
    str_clear(&heard->body);
    message_free(&heard->message);
}

static bool is_equal(const struct str *a, const struct str *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static void check_again(const struct heard *heard)
{
    struct str text = STR_EMPTY;
    struct heard again;

    str_addn(&text, str_get(&heard->header), heard->header.len);
    str_add(&text, "\r\n");
    str_addn(&text, str_get(&heard->body), heard->body.len);
    hear(text.data, text.len, &again);
    HOLDS(is_equal(&heard->header, &again.header), "header\n%s\nthen\n%s", str_get(&heard->header),
          str_get(&again.header));
    HOLDS(is_equal(&heard->body, &again.body), "body\n%s\nthen\n%s", str_get(&heard->body), str_get(&again.body));
    forget(&again);
    str_clear(&text);
}

static void check_facts(const struct heard *heard)
{
    const struct message_facts *facts = message_facts(heard->message);
    struct findings findings = { 0 };

    HOLDS(facts->body_bytes == heard->body.len, "%zu bytes of %zu", facts->body_bytes, heard->body.len);
    HOLDS(facts->longest_line <= heard->body.len + heard->header.len, "%zu bytes in a line", facts->longest_line);
    HOLDS(!facts->has_bare_lf, "the reader left a bare LF");
    HOLDS(facts->from_invalid <= facts->from_addresses, "%zu of %zu", facts->from_invalid, facts->from_addresses);
    HOLDS((facts->author_domain[0] != '\0') == (facts->from_domains > 0), "'%s'", facts->author_domain);
    msgcheck_findings(facts, &findings);
    msgcheck_fragile_findings(facts, "example.com", false, &findings);
    check_findings(&findings);
    findings_clear(&findings);
}

static void check_chunks(const struct str *body)
{
    static const struct message_limits limits = { .headers = 50, .header_bytes = 4096 };
    struct message *whole = message_new(&limits), *cut = message_new(&limits);
    struct bodylength length = { 0 }, cut_length = { 0 };
    const unsigned char *data = (const unsigned char *)str_get(body);

    message_body(whole, data, body->len);
    bodylength_add(&length, data, body->len);
    for (size_t at = 0, n = 1; at < body->len; at += n, n = n % 7 + 1) {
        size_t len = n < body->len - at ? n : body->len - at;
        message_body(cut, data + at, len);
        bodylength_add(&cut_length, data + at, len);
    }
    message_end(whole);
    message_end(cut);
    HOLDS(memcmp(message_facts(whole), message_facts(cut), sizeof(struct message_facts)) == 0, "chunks change a fact");
    for (int is_relaxed = 0; is_relaxed <= 1; is_relaxed++) {
        int64_t got = bodylength_get(&length, is_relaxed);
        HOLDS(got == bodylength_get(&cut_length, is_relaxed), "chunks change the length");
        HOLDS(got >= 0 && got <= (int64_t)body->len + 2, "%lld bytes of %zu", (long long)got, body->len);
    }
    message_free(&whole);
    message_free(&cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct heard heard;

    hear(data, size, &heard);
    HOLDS(heard.body.len == 0 || heard.body.data[heard.body.len - 1] == '\n', "the last line has no end");
    check_again(&heard);
    check_facts(&heard);
    check_chunks(&heard.body);
    forget(&heard);
    return 0;
}
