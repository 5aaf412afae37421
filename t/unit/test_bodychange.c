/*
 * lib/depart/bodychange.h and mimetype.h: what was measured with Postfix 3.7, whatever the chunks.
 */
#include "config.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/depart/bodychange.h"
#include "lib/depart/mimetype.h"
#include "t/unit/unit.h"

#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define EIGHT "Content-Transfer-Encoding: 8bit\n"
#define QP "Content-Transfer-Encoding: quoted-printable\n"
#define SEVEN "Content-Transfer-Encoding: 7bit\n"
#define MULTIPART "Content-Type: multipart/mixed; boundary=bb\n"
#define TEN "aaaaaaaaaa"
#define SEVENTY TEN TEN TEN TEN TEN TEN TEN

struct asked {
    enum bodychange_text what;
    const char *text, *action;
};

/* Lines as LF, which stands for CRLF in the body, both ways. */
static const struct {
    const char *name, *header, *body, *want;
    bool converts;
    size_t limit;
    unsigned done;
    struct asked asked[5];
} rows[] = {
    { "nothing to do", EIGHT, "Gr\xc3\xbc\xc3\x9f" "e\n", "Gr\xc3\xbc\xc3\x9f" "e\n", .done = 0 },
    { "no line end", "", "a\nb", "a\nb\n", .done = 0 },
    { "within the limit", "", TEN "\n", TEN "\n", .limit = 10 },
    { "over the limit", "", TEN "bc\nd\n", TEN "\n bc\nd\n", .limit = 10, .done = BODYCHANGE_CUT },
    { "far over it", "", TEN TEN TEN "\n", TEN "\n aaaaaaaaa\n aaaaaaaaa\n aa\n", .limit = 10, .done = BODYCHANGE_CUT },
    { "no room but for the space", "", "abc\n", "ab\n c\n", .limit = 1, .done = BODYCHANGE_CUT },

    { "converted", EIGHT, "Gr\xc3\xbc = a\t \nsecond \n.dot\n", "Gr=C3=BC =3D a\t=20\nsecond=20\n.dot\n",
      .converts = true, .done = BODYCHANGE_CONVERTED },
    { "binary, commented, of any case", "content-transfer-encoding : (x) BINARY (y)\n", "=\n", "=3D\n",
      .converts = true, .done = BODYCHANGE_CONVERTED },
    { "control characters", EIGHT, "\x01\x7f~!\t\x0b\n. \n\t\n", "=01=7F~!\t=0B\n.=20\n=09\n", .converts = true,
      .done = BODYCHANGE_CONVERTED },
    { "nothing to convert", EIGHT, "ascii\n\n" SEVENTY "aaa\n", "ascii\n\n" SEVENTY "aaa\n", .converts = true },
    { "a line to be broken", EIGHT, SEVENTY "aaab\n", SEVENTY "aaa=\nb\n", .converts = true,
      .done = BODYCHANGE_CONVERTED },
    { "broken, then cut", EIGHT, SEVENTY TEN "\n", TEN TEN TEN TEN "\n aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=\naaaaaaa\n",
      .converts = true, .limit = 40, .done = BODYCHANGE_CONVERTED | BODYCHANGE_CUT },
    { "no label", "", "\xc3\xbc=\n", "\xc3\xbc=\n", .converts = true },
    { "another label", "Content-Transfer-Encoding: 7bit\n", "\xc3\xbc=\n", "\xc3\xbc=\n", .converts = true },
    { "a quoted label", "Content-Transfer-Encoding: \"8bit\"\n", "\xc3\xbc=\n", "\xc3\xbc=\n", .converts = true },
    { "two labels", EIGHT SEVEN, "\xc3\xbc=\n", "\xc3\xbc=\n", .converts = true },
    { "two labels, the other way round", SEVEN EIGHT, "=\n", "=3D\n", .converts = true, .done = BODYCHANGE_CONVERTED },

    { "parts by their labels", MULTIPART EIGHT,
      "pre=\n--bb\n" EIGHT "Content-Type: text/plain\n\nx=\n--bb\n\ny=\n--bb--\nepi=\n",
      "pre=\n--bb\nContent-Type: text/plain\n" QP "\nx=3D\n--bb\n\ny=\n--bb--\nepi=\n", .converts = true,
      .done = BODYCHANGE_CONVERTED },
    { "parts in parts", MULTIPART,
      "--bb\n" EIGHT "Content-Type: multipart/alternative;\n boundary=\"b b\"\n\npre=\n--b b\n"
      "Content-Transfer-Encoding: binary\n\nx=\n--b b--\nepi=\n--bb\n" EIGHT "\nx=\n",
      "--bb\nContent-Type: multipart/alternative;\n boundary=\"b b\"\n" SEVEN "\npre=\n--b b\n" QP
      "\nx=3D\n--b b--\nepi=\n--bb\n" QP "\nx=3D\n", .converts = true, .done = BODYCHANGE_CONVERTED },
    { "messages in messages", "Content-Type: message/rfc822\n" EIGHT,
      "Subject: x\nContent-Type: message/rfc822\n\n" EIGHT "\nx=\n",
      "Subject: x\nContent-Type: message/rfc822\n\n" QP "\nx=3D\n", .converts = true, .done = BODYCHANGE_CONVERTED },
    { "message/partial", MULTIPART, "--bb\nContent-Type: message/partial\n" EIGHT "\nx=\n",
      "--bb\nContent-Type: message/partial\n" SEVEN "\nx=3D\n", .converts = true, .done = BODYCHANGE_CONVERTED },
    { "message/global", MULTIPART,
      "--bb\nContent-Type: message/global\n" EIGHT "\nSubject: =\n\nx=\n--bb\nContent-Type: message/global\n\n" EIGHT
      "\nx=\n", "--bb\nContent-Type: message/global\n" QP "\nSubject: =3D\n\nx=3D\n--bb\nContent-Type: message/global\n"
      "\n" QP "\nx=3D\n", .converts = true, .done = BODYCHANGE_CONVERTED },
    { "a multipart's header that ends in text", MULTIPART,
      "--bb\nContent-Type: multipart/mixed; boundary=b\n" EIGHT "pre=\n--b\n\nx=\n",
      "--bb\nContent-Type: multipart/mixed; boundary=b\n" SEVEN "pre=3D\n--b\n\nx=\n", .converts = true,
      .done = BODYCHANGE_CONVERTED },
    { "digest", "Content-Type: multipart/digest; x=y; boundary=(c) bb; z\n", "--bb\n\nSubject: x\n" EIGHT "\nx=\n",
      "--bb\n\nSubject: x\n" QP "\nx=3D\n", .converts = true, .done = BODYCHANGE_CONVERTED },
    { "no boundary", "Content-Type: multipart/mixed\n" EIGHT, "--bb\n" EIGHT "\nx=\n", "--bb\n" EIGHT "\nx=\n",
      .converts = true },
    { "boundaries with tails", MULTIPART, "--bbtail\n" EIGHT "\nx=\n--bb--tail\n" EIGHT "\nx=\n",
      "--bbtail\n" QP "\nx=3D\n--bb--tail\n" EIGHT "\nx=\n", .converts = true, .done = BODYCHANGE_CONVERTED },
    { "a header that ends in text", MULTIPART, "--bb\n" EIGHT "text=\n--bb\n--bb\n",
      "--bb\n" QP "text=3D\n--bb\n--bb\n", .converts = true, .done = BODYCHANGE_CONVERTED },
    { "a header that ends with the message", MULTIPART, "--bb\n" EIGHT, "--bb\n" QP, .converts = true,
      .done = BODYCHANGE_CONVERTED },

    { "lines checked", "", "one\ntwo\nthree\n\nfour\n", "uno\nbefore\ntwo\n\nfour\n", .done = BODYCHANGE_LINES,
      .asked = { { BODYCHANGE_LINE, "one", "REPLACE uno" }, { BODYCHANGE_LINE, "two", "PREPEND before" },
                 { BODYCHANGE_LINE, "three", "IGNORE" }, { BODYCHANGE_LINE, "four", "REJECT no" },
                 { BODYCHANGE_LINE, "", "REPLACE never" } } },
    { "checked as converted, cut as checked", EIGHT, "=\n", "abcdefghij\n k\n", .converts = true, .limit = 10,
      .done = BODYCHANGE_CONVERTED | BODYCHANGE_LINES | BODYCHANGE_CUT,
      .asked = { { BODYCHANGE_LINE, "=3D", "replace abcdefghijk" } } },
    { "fields of parts", MULTIPART,
      "X-Part: not yet\n--bb\nX-Part: x\n y\nContent-Type: text/plain\nX-Old: x\nX-Bad: x\nno field\nX-Part: x\n",
      "X-Part: not yet\n--bb\nContent-Type: text/html\nX-New: x\nX-Old: x\nX-Bad: x\nno field\nX-Part: x\n",
      .done = BODYCHANGE_MIME,
      .asked = { { BODYCHANGE_MIME_FIELD, "X-Part: x\n y", "STRIP" },
                 { BODYCHANGE_MIME_FIELD, "Content-Type: text/plain", "REPLACE Content-Type: text/html" },
                 { BODYCHANGE_MIME_FIELD, "X-Old: x", "PREPEND X-New: x" },
                 { BODYCHANGE_MIME_FIELD, "X-Bad: x", "REPLACE no field" } } },
    { "fields of attached messages", "Content-Type: message/rfc822\n",
      "Subject: x\nMIME-Version: 1.0\n\nSubject: x\n", "Subject: y\nMIME-Version: 2.0\n\nSubject: x\n",
      .done = BODYCHANGE_NESTED | BODYCHANGE_MIME,
      .asked = { { BODYCHANGE_NESTED_FIELD, "Subject: x", "REPLACE Subject: y" },
                 { BODYCHANGE_MIME_FIELD, "MIME-Version: 1.0", "REPLACE MIME-Version: 2.0" },
                 { BODYCHANGE_NESTED_FIELD, "MIME-Version: 1.0", "IGNORE" } } },
};

struct place {
    const struct asked *asked;
    struct str written;
};

static const char *ask(void *context, enum bodychange_text what, const char *text, size_t len)
{
    const struct place *place = context;

    for (size_t i = 0; i < 5 && place->asked[i].text != NULL; i++) {
        const struct asked *asked = &place->asked[i];
        if (asked->what == what && strlen(asked->text) == len && memcmp(asked->text, text, len) == 0)
            return asked->action;
    }
    return NULL;
}

static void take(void *context, const char *data, size_t len)
{
    struct place *place = context;

    str_addn(&place->written, data, len);
}

/* The header's lines as fields. */
static void feed_header(struct bodychange *change, const char *header)
{
    while (*header != '\0') {
        size_t name = strcspn(header, ":"), len = strcspn(header, "\n");
        char *copy = xstrndup(header, name), *value = xstrndup(header + name + 1, len - name - 1);
        bodychange_header(change, copy, value);
        free(copy);
        free(value);
        header += len + 1;
    }
    bodychange_end_of_header(change);
}

static char *with_crlf(const char *text)
{
    struct str out = STR_EMPTY;

    for (; *text != '\0'; text++) {
        if (*text == '\n')
            str_addc(&out, '\r');
        str_addc(&out, *text);
    }
    return str_steal(&out);
}

START_TEST(as_measured)
{
    char *body = with_crlf(rows[_i].body), *want = with_crlf(rows[_i].want);

    for (size_t chunk = 1; chunk <= strlen(body); chunk = chunk < 4 ? chunk + 1 : chunk * 3) {
        struct place place = { rows[_i].asked, STR_EMPTY };
        struct bodychange_rules rules = { rows[_i].converts, rows[_i].limit, ask, take, &place };
        struct bodychange *change = bodychange_new(&rules);
        feed_header(change, rows[_i].header);
        for (size_t at = 0; at < strlen(body); at += chunk) {
            size_t left = strlen(body) - at;
            bodychange_body(change, (const unsigned char *)body + at, left < chunk ? left : chunk);
        }
        bodychange_end(change);
        ck_assert_msg(strcmp(str_get(&place.written), want) == 0, "%s, chunks of %zu:\n%s\nbut:\n%s", rows[_i].name,
                      chunk, want, str_get(&place.written));
        ck_assert_uint_eq(bodychange_done(change), rows[_i].done);
        bodychange_free(&change);
        str_clear(&place.written);
    }
    free(body);
    free(want);
}
END_TEST

/* --- long lines --------------------------------------------------------------------------------------------- */

struct counted {
    size_t asked, longest;
    const char *action;
    struct str written;
};

static const char *count(void *context, enum bodychange_text what, const char *text, size_t len)
{
    struct counted *counted = context;

    (void)what;
    (void)text;
    counted->asked++;
    counted->longest = len > counted->longest ? len : counted->longest;
    return counted->action;
}

static void keep(void *context, const char *data, size_t len)
{
    struct counted *counted = context;

    str_addn(&counted->written, data, len);
}

static const struct {
    size_t line, asked;
    const char *action, *want;          /* NULL: as it came */
} longs[] = {
    { 2048, 1, "DUNNO", NULL }, { 2049, 2, "DUNNO", NULL }, { 5000, 3, NULL, NULL },
    { 2048, 1, "REPLACE x", "x\r\n" }, { 2049, 2, "REPLACE x", "xx\r\n" }, { 5000, 3, "REPLACE x", "xxx\r\n" },
    { 2049, 2, "IGNORE", "" },
};

START_TEST(long_lines_in_pieces)
{
    char *line = xcalloc(1, longs[_i].line + 3);

    memset(line, 'a', longs[_i].line);
    memcpy(line + longs[_i].line, "\r\n", 2);
    for (size_t chunk = 700; chunk < 9000; chunk += 1349) {
        struct counted counted = { 0, 0, longs[_i].action, STR_EMPTY };
        struct bodychange_rules rules = { false, 0, count, keep, &counted };
        struct bodychange *change = bodychange_new(&rules);
        bodychange_end_of_header(change);
        for (size_t at = 0; at < strlen(line); at += chunk)
            bodychange_body(change, (const unsigned char *)line + at,
                            strlen(line) - at < chunk ? strlen(line) - at : chunk);
        bodychange_end(change);
        ck_assert_uint_eq(counted.asked, longs[_i].asked);
        ck_assert_uint_eq(counted.longest, 2048);
        ck_assert_str_eq(str_get(&counted.written), longs[_i].want == NULL ? line : longs[_i].want);
        bodychange_free(&change);
        str_clear(&counted.written);
    }
    free(line);
}
END_TEST

/* A field that grows without end is given up, and told. */
START_TEST(bounded)
{
    struct counted counted = { 0, 0, NULL, STR_EMPTY };
    struct bodychange_rules rules = { true, 998, count, keep, &counted };
    struct bodychange *change = bodychange_new(&rules);
    static const char start[] = "--bb\r\nX: y\r\n", more[] = " continued\r\n";

    feed_header(change, MULTIPART);
    ck_assert(bodychange_has_parts(change));
    bodychange_body(change, (const unsigned char *)start, strlen(start));
    for (size_t i = 0; i < 20000; i++)
        bodychange_body(change, (const unsigned char *)more, strlen(more));
    bodychange_end(change);
    ck_assert_uint_eq(bodychange_done(change) & BODYCHANGE_UNKNOWN, BODYCHANGE_UNKNOWN);
    bodychange_free(&change);
    bodychange_free(&change);
    str_clear(&counted.written);
}
END_TEST

/* --- Content-Type --------------------------------------------------------------------------------------------- */

static const struct {
    const char *value;
    enum mime_kind kind;
    const char *boundary;
} types[] = {
    { " text/plain; boundary=x", MIME_PLAIN, NULL }, { "", MIME_PLAIN, NULL }, { " multipart", MIME_MULTIPART, NULL },
    { " Multipart/Mixed; BOUNDARY=\"a \\\"b\"", MIME_MULTIPART, "a \"b" },
    { " multipart/mixed; xboundary=x; boundary = y", MIME_MULTIPART, "y" },
    { " multipart/mixed; a=\";boundary=x\"; boundary=y", MIME_MULTIPART, "y" },
    { " multipart/mixed; boundary=; x", MIME_MULTIPART, NULL }, { " multipart/mixed; boundary", MIME_MULTIPART, NULL },
    { " multipart/mixed; boundary=\"open", MIME_MULTIPART, "open" },
    { "(c)message(d)/(e)rfc822", MIME_RFC822, NULL }, { " message/external-body", MIME_MESSAGE, NULL },
    { " message", MIME_MESSAGE, NULL }, { " application/octet-stream", MIME_PLAIN, NULL },
    { " multipart/digest;\n boundary=--b", MIME_DIGEST, "--b" }, { " \"multipart\"/mixed", MIME_PLAIN, NULL },
};

START_TEST(types_read)
{
    char *boundary;

    ck_assert_int_eq(mimetype_read(types[_i].value, &boundary), types[_i].kind);
    ck_assert_pstr_eq(boundary, types[_i].boundary);
    free(boundary);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bodychange");
    TCase *tc = tcase_create("bodychange");

    tcase_add_loop_test(tc, as_measured, 0, (int)LENGTH(rows));
    tcase_add_loop_test(tc, long_lines_in_pieces, 0, (int)LENGTH(longs));
    tcase_add_test(tc, bounded);
    tcase_add_loop_test(tc, types_read, 0, (int)LENGTH(types));
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
