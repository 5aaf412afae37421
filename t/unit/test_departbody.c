/*
 * lib/depart/departbody.h: bodies as they leave, with tables asked through the real postmap(1); where there is none,
 * what needs it is passed over.
 */
#include "config.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/depart/departbody.h"
#include "lib/depart/postmap.h"
#include "t/unit/conffile.h"
#include "t/unit/departfor.h"
#include "t/unit/haspostmap.h"
#include "t/unit/unit.h"

#include <unistd.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void take(void *context, const char *data, size_t len)
{
    str_addn(context, data, len);
}

#define PARTS " multipart/mixed; boundary=bb"
#define CHECKS "smtp_body_checks = { \"regexp:{{/^old/ REPLACE new} {/^gone/ IGNORE} {/./ DUNNO}}\" }"

/* problem: how it begins; "": what leaves is known. */
static const struct {
    const char *name, *settings, *type, *body, *want, *described, *problem;
    bool is_asked;
} rows[] = {
    { "cut", "smtp_line_length_limit = 5", "", "abcdefg\r\n", "abcde\r\n fg\r\n",
      "smtp_line_length_limit = 5 cuts lines of the body", "", false },
    { "converted", "eightbitmime = no disable_mime_output_conversion = no", PARTS,
      "--bb\r\nContent-Transfer-Encoding: 8bit\r\n\r\n=\r\n",
      "--bb\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=3D\r\n",
      "disable_mime_output_conversion = no makes 8-bit text quoted-printable, for a server without 8BITMIME", "",
      false },
    { "lines", CHECKS, "", "one\r\nold\r\n\r\n\ttab\tbed \r\ngone\r\nold\r\n",
      "one\r\nnew\r\n\r\n\ttab\tbed \r\nnew\r\n",
      "smtp_body_checks (regexp:{{/^old/ REPLACE new} {/^gone/ IGNORE} {/./ DUNNO}}) changes lines of the body", "",
      true },
    { "lines as they are", CHECKS, "", "one\r\n \r\n\xff\x01\r\n", "one\r\n \r\n\xff\x01\r\n", "", "", true },
    { "lines of any bytes", CHECKS, "", "old\xff\r\n", "new\r\n",
      "smtp_body_checks (regexp:{{/^old/ REPLACE new} {/^gone/ IGNORE} {/./ DUNNO}}) changes lines of the body", "",
      true },
    { "no lines", CHECKS, "", "", "", "", "", true },
    { "fields of parts", "smtp_mime_header_checks = { \"regexp:{{/^X:/ REPLACE Y: y}}\" }", PARTS,
      "X: pre\r\n--bb\r\nX: x\r\n z\r\nZ: z\r\n\r\nX: x\r\n--bb\r\nX: x\r\n",
      "X: pre\r\n--bb\r\nY: y\r\nZ: z\r\n\r\nX: x\r\n--bb\r\nY: y\r\n",
      "smtp_mime_header_checks (regexp:{{/^X:/ REPLACE Y: y}}) changes fields of parts", "", true },
    { "no parts, nobody asked", "smtp_mime_header_checks = { \"regexp:/nonexistent\" }", "", "X: x\r\n", "X: x\r\n", "",
      "", false },
    { "fields of messages", "smtp_nested_header_checks = { \"regexp:{{/^X:/ IGNORE}}\" }", " message/rfc822",
      "X: x\r\nY: y\r\n\r\nX: x\r\n", "Y: y\r\n\r\nX: x\r\n",
      "smtp_nested_header_checks (regexp:{{/^X:/ IGNORE}}) changes fields of attached messages", "", true },
    { "all in one", "smtp_line_length_limit = 5 " CHECKS, "", "old\r\n123456\r\n", "new\r\n12345\r\n 6\r\n",
      "smtp_body_checks (regexp:{{/^old/ REPLACE new} {/^gone/ IGNORE} {/./ DUNNO}}) changes lines of the body; "
      "smtp_line_length_limit = 5 cuts lines of the body", "", true },
    { "no table", "smtp_body_checks = { \"regexp:/nonexistent\" }", "", "x\r\n", "", "", "smtp_body_checks: ", true },
    { "no table for parts", "smtp_mime_header_checks = { \"regexp:/nonexistent\" }", PARTS, "--bb\r\nX: x\r\n", "", "",
      "smtp_mime_header_checks: ", true },
};

START_TEST(bodies_leave)
{
    struct depart *depart = depart_for(rows[_i].settings);
    struct str written = STR_EMPTY, text = STR_EMPTY;
    struct departbody *body = departbody_begin(depart, take, &written);

    departbody_header(body, "Subject", " x");
    departbody_header(body, "content-type", rows[_i].type);
    departbody_end_of_header(body);
    for (const char *p = rows[_i].body; *p != '\0'; p++)
        departbody_add(body, (const unsigned char *)p, 1);
    if (!rows[_i].is_asked || has_postmap()) {
        departbody_end(body, clock_ms() + 20000);
        const char *problem = departbody_problem(body);
        ck_assert_msg(strncmp(problem == NULL ? "" : problem, rows[_i].problem, strlen(rows[_i].problem)) == 0 &&
                      (problem == NULL) == (rows[_i].problem[0] == '\0'), "%s: %s", rows[_i].name, problem);
        ck_assert_str_eq(str_get(&written), rows[_i].want);
        departbody_describe(body, &text);
        ck_assert_str_eq(str_get(&text), rows[_i].described);
    }
    departbody_free(&body);
    departbody_free(&body);
    depart_free(&depart);
    str_clear(&written);
    str_clear(&text);
}
END_TEST

START_TEST(nothing_where_nothing_is_known)
{
    struct depart *depart = depart_for("eightbitmime = no smtp_header_checks = { \"regexp:/x\" }");

    ck_assert_ptr_null(departbody_begin(depart, take, NULL));
    depart_free(&depart);
}
END_TEST

/* Nothing is asked, and nothing known, of a body that is too long. */
START_TEST(bounded)
{
    struct depart *depart = depart_for(CHECKS);
    struct str written = STR_EMPTY;
    struct departbody *body = departbody_begin(depart, take, &written);
    unsigned char *chunk = xcalloc(1, 65536);

    memset(chunk, 'a', 65536);
    departbody_end_of_header(body);
    for (size_t len = 0; len <= DEPARTBODY_ASKED_MAX; len += 65536)
        departbody_add(body, chunk, 65536);
    departbody_end(body, clock_ms() + 20000);
    assert_within(departbody_problem(body), "bytes of a body");
    ck_assert_uint_eq(written.len, 0);
    departbody_free(&body);
    depart_free(&depart);
    free(chunk);
}
END_TEST

/* Late is not known. */
START_TEST(no_time)
{
    struct depart *depart = depart_for(CHECKS);
    struct departbody *body = departbody_begin(depart, take, NULL);

    departbody_end_of_header(body);
    departbody_add(body, (const unsigned char *)"x\r\n", 3);
    departbody_end(body, clock_ms() - 1);
    ck_assert_ptr_nonnull(departbody_problem(body));
    departbody_free(&body);
    depart_free(&depart);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("departbody");
    TCase *tc = tcase_create("departbody");

    tcase_add_checked_fixture(tc, conffile_start, conffile_done);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, bodies_leave, 0, (int)LENGTH(rows));
    tcase_add_test(tc, nothing_where_nothing_is_known);
    tcase_add_test(tc, bounded);
    tcase_add_test(tc, no_time);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
