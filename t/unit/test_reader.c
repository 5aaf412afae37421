/*
 * lib/message/reader.c: a file taken apart as an MTA does it.
 */
#include "config.h"

#include "lib/base/err.h"
#include "lib/base/str.h"
#include "lib/message/reader.h"
#include "t/unit/mutate.h"
#include "t/unit/unit.h"

#include <stdbool.h>
#include <string.h>
#include <sys/types.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* What the sink was told, written as "[name|value]" per field, "--" at the header's end, then the body. */
struct told {
    struct str text;
    struct str rewritten;       /* the message as it would be written again */
    size_t body_len;
    int ends;
    bool is_wrong;              /* a call out of order, or one that breaks the contract */
};

static void on_header(void *context, const char *name, const char *value)
{
    struct told *told = context;

    told->is_wrong |= told->ends > 0 || name[0] == '\0' || strpbrk(name, ": \t\r\n") != NULL;
    str_addf(&told->text, "[%s|", name);
    str_addf(&told->rewritten, "%s:", name);
    for (const char *p = value; *p != '\0'; p++) {
        told->is_wrong |= *p == '\n' && p[1] != ' ' && p[1] != '\t';
        if (*p == '\n')
            str_addc(&told->rewritten, '\r');
        str_addc(&told->rewritten, *p);
    }
    str_addf(&told->text, "%s]", value);
    str_add(&told->rewritten, "\r\n");
}

static void on_end_of_header(void *context)
{
    struct told *told = context;

    told->ends++;
    str_add(&told->text, "--");
    str_add(&told->rewritten, "\r\n");
}

static void on_body(void *context, const unsigned char *data, size_t len)
{
    struct told *told = context;

    told->is_wrong |= told->ends != 1 || len == 0;
    told->body_len += len;
    str_addn(&told->text, data, len);
    str_addn(&told->rewritten, data, len);
}

static struct message_sink sink_for(struct told *told)
{
    return (struct message_sink){
        .header = on_header, .end_of_header = on_end_of_header, .body = on_body, .context = told
    };
}

static void told_clear(struct told *told)
{
    str_clear(&told->text);
    str_clear(&told->rewritten);
}

struct memory { const char *data; size_t len; };

static ssize_t read_memory(void *cookie, char *buffer, size_t size)
{
    struct memory *memory = cookie;
    size_t n = memory->len < size ? memory->len : size;

    if (n > 0)
        memcpy(buffer, memory->data, n);
    memory->data += n;
    memory->len -= n;
    return (ssize_t)n;
}

static void read_text(const char *text, size_t len, struct told *told)
{
    struct message_sink sink = sink_for(told);
    struct memory memory = { text, len };
    FILE *file = fopencookie(&memory, "r", (cookie_io_functions_t){ .read = read_memory });
    struct err err;

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(message_read(file, &sink, &err), 0);
    fclose(file);
    ck_assert_int_eq(told->ends, 1);
    ck_assert(!told->is_wrong);
}

#define TEXT(s) .text = s, .len = sizeof(s) - 1
#define WANT(s) .want = s, .want_len = sizeof(s) - 1
static const struct reader_case { const char *text; size_t len; const char *want; size_t want_len; } reader_cases[] = {
    { TEXT(""), WANT("--") },
    { TEXT("\n"), WANT("--") },
    { TEXT("\r\n"), WANT("--") },
    { TEXT("\r\nbody"), WANT("--body\r\n") },
    { TEXT("A: 1\nB:2\n\nbody\n"), WANT("[A| 1][B|2]--body\r\n") },
    { TEXT("A: 1\r\nB:2\r\n\r\nbody\r\n"), WANT("[A| 1][B|2]--body\r\n") },
    { TEXT("A: 1"), WANT("[A| 1]--") },
    { TEXT("A: 1\r\n"), WANT("[A| 1]--") },
    { TEXT("A: 1\r"), WANT("[A| 1]--") },
    { TEXT("A:\r\n\r\n"), WANT("[A|]--") },
    { TEXT("A:\n\n\n\nx"), WANT("[A|]--\r\n\r\nx\r\n") },

    /* folds */
    { TEXT("A: 1\n 2\n\t3\nB: 4\n"), WANT("[A| 1\n 2\n\t3][B| 4]--") },
    { TEXT("A: 1\r\n 2\r\n\r\n"), WANT("[A| 1\n 2]--") },
    { TEXT("A: 1\n \n 2\n\n"), WANT("[A| 1\n \n 2]--") },
    { TEXT(" A: 1\nB: 2\n"), WANT("-- A: 1\r\nB: 2\r\n") },

    /* names */
    { TEXT("A : 1\nB \t: 2\n\n"), WANT("[A| 1][B| 2]--") },
    { TEXT("A: 1:2\n\n"), WANT("[A| 1:2]--") },
    { TEXT("A!~: 1\n\n"), WANT("[A!~| 1]--") },

    /* the first line that is none ends the header */
    { TEXT("A: 1\nno field\nB: 2\n"), WANT("[A| 1]--no field\r\nB: 2\r\n") },
    { TEXT("A: 1\n: 2\n"), WANT("[A| 1]--: 2\r\n") },
    { TEXT("A B: 1\n"), WANT("--A B: 1\r\n") },
    { TEXT("\xc3\xa9: 1\n"), WANT("--\xc3\xa9: 1\r\n") },
    { TEXT("A\0: 1\n"), WANT("--A\0: 1\r\n") },
    { TEXT("A\x7f: 1\n"), WANT("--A\x7f: 1\r\n") },
    { TEXT("no field"), WANT("--no field\r\n") },
    { TEXT("A"), WANT("--A\r\n") },
    { TEXT("\rA: 1\n"), WANT("--\rA: 1\r\n") },
    { TEXT("\r"), WANT("--") },

    /* an mbox line, at the start only */
    { TEXT("From jane@example.com Fri Nov 21 09:55:06 1997\nA: 1\n\nx\n"), WANT("[A| 1]--x\r\n") },
    { TEXT("From jane\r\n\r\nx\r\n"), WANT("--x\r\n") },
    { TEXT("From jane"), WANT("--") },
    { TEXT("From jane\n folded\n"), WANT("-- folded\r\n") },
    { TEXT("From jane\nFrom jane\n"), WANT("--From jane\r\n") },
    { TEXT("A: 1\nFrom jane\n"), WANT("[A| 1]--From jane\r\n") },
    { TEXT("From : jane@example.com\n"), WANT("[From| jane@example.com]--") },
    { TEXT("From: jane@example.com\n"), WANT("[From| jane@example.com]--") },

    /* bytes */
    { TEXT("A: \0x\0\0y\0\n\0 z\n\n"), WANT("[A| xy]--\0 z\r\n\r\n") },
    { TEXT("A: x\n\0\n"), WANT("[A| x]--\0\r\n") },
    { TEXT("A: x\r\ry\r\n\n"), WANT("[A| x\r\ry]--") },
    { TEXT("A: x\r\r\n\n"), WANT("[A| x\r]--") },
    { TEXT("A: \xe9\n\n\xe9\0\n"), WANT("[A| \xe9]--\xe9\0\r\n") },
    { TEXT("\na\rb\r\r\nc\n\rd\r"), WANT("--a\rb\r\r\nc\r\n\rd\r\n") },
};

START_TEST(takes_messages_apart)
{
    const struct reader_case *c = &reader_cases[_i];
    struct told told = { .ends = 0 };

    read_text(c->text, c->len, &told);
    ck_assert_msg(told.text.len == c->want_len && memcmp(told.text.data, c->want, c->want_len) == 0,
                  "'%s' gave '%s'", c->text, str_get(&told.text));
    told_clear(&told);
}
END_TEST

#define READ_SIZE 16384

/* Padding, then a run of n times x, then the case: in told the run stands where it stood. */
static void read_padded(const char *padding, size_t n, const struct reader_case *c, struct told *told)
{
    static char run[READ_SIZE];
    struct str text = STR_EMPTY;

    memset(run, 'x', sizeof(run));
    str_add(&text, padding);
    str_addn(&text, run, n);
    str_add(&text, "\n");
    str_addn(&text, c->text, c->len);
    read_text(text.data, text.len, told);
    str_clear(&text);
}

/* A file is read in pieces of 16k: each place of each case comes to lie on the border, in header and body. */
START_TEST(borders_of_pieces_do_not_show)
{
    static const char *const paddings[] = { "A:", "A:1\n\n" };
    const struct reader_case *c = &reader_cases[_i];

    for (size_t p = 0; p < LENGTH(paddings); p++) {
        struct told near = { .ends = 0 };
        read_padded(paddings[p], 5, c, &near);
        for (size_t back = 0; back <= c->len; back++) {
            struct told far = { .ends = 0 };
            size_t run = READ_SIZE - strlen(paddings[p]) - 1 - back;
            read_padded(paddings[p], run, c, &far);
            size_t at = (size_t)(strstr(near.text.data, "xxxxx") - near.text.data), rest = near.text.len - at - 5;
            ck_assert_uint_eq(far.text.len, at + run + rest);
            ck_assert_mem_eq(far.text.data, near.text.data, at);
            ck_assert_mem_eq(far.text.data + at + run, near.text.data + at + 5, rest);
            told_clear(&far);
        }
        told_clear(&near);
    }
}
END_TEST

START_TEST(cuts_a_field_that_is_too_long)
{
    struct str text = STR_EMPTY;
    struct told told = { .ends = 0 };

    str_add(&text, "A: ");
    while (text.len < (size_t)READER_FIELD_MAX * 2)
        str_add(&text, "0123456789abcdefghijklmnopqrstuvwxyz");
    str_add(&text, "\n fold\nB: 2\n\nbody\n");
    read_text(text.data, text.len, &told);
    static const char end[] = "][B| 2]--body\r\n";
    ck_assert_uint_eq(told.text.len, READER_FIELD_MAX + strlen("[|") + strlen(end));
    ck_assert_str_eq(told.text.data + told.text.len - strlen(end), end);
    told_clear(&told);
    str_clear(&text);
}
END_TEST

START_TEST(a_long_line_without_a_colon_is_body)
{
    static const size_t lengths[] = { 2047, 2048, 2049, 16383, 16384, 16385, 5000000 };

    for (size_t i = 0; i < LENGTH(lengths); i++) {
        struct str text = STR_EMPTY;
        struct told told = { .ends = 0 };
        for (size_t n = 0; n < lengths[i]; n++)
            str_addc(&text, 'x');
        str_add(&text, "\nA: 1\n");
        read_text(text.data, text.len, &told);
        ck_assert_uint_eq(told.body_len, text.len + 2);
        told_clear(&told);
        str_clear(&text);
    }
}
END_TEST

START_TEST(skips_an_mbox_line_of_any_length)
{
    struct str text = STR_EMPTY;
    struct told told = { .ends = 0 };

    str_add(&text, "From ");
    while (text.len < 100000)
        str_add(&text, "a ");
    str_add(&text, "\nA: 1\n");
    read_text(text.data, text.len, &told);
    ck_assert_str_eq(str_get(&told.text), "[A| 1]--");
    told_clear(&told);
    str_clear(&text);
}
END_TEST

static ssize_t fail_to_read(void *cookie, char *buffer, size_t size)
{
    (void)cookie, (void)buffer, (void)size;
    return -1;
}

START_TEST(tells_of_failed_reading)
{
    struct told told = { .ends = 0 };
    struct message_sink sink = sink_for(&told);
    struct err err = { .text = "" };
    FILE *file = fopencookie(NULL, "r", (cookie_io_functions_t){ .read = fail_to_read });

    ck_assert_int_eq(message_read(file, &sink, &err), -1);
    ck_assert_msg(strncmp(err.text, "cannot read message: ", 21) == 0, "%s", err.text);
    ck_assert_int_eq(told.ends, 0);
    fclose(file);
    told_clear(&told);
}
END_TEST

/* Written again from what was read and read once more, a message is the same; its lines all end in CRLF. */
START_TEST(survives_mutation)
{
    static const char *const pieces[] = {
        "\n", "\r\n", "\r", ":", " ", "\t", "\n ", "\n\n", "A: 1\n", "From ", "From x\n", "\xe9", "x", NULL
    };
    uint64_t state = 99;

    for (int i = 0; i < 100000; i++) {
        const struct reader_case *c = &reader_cases[mutate_below(&state, LENGTH(reader_cases))];
        struct told told = { .ends = 0 }, again = { .ends = 0 };
        char text[256];
        size_t len = mutate(&state, c->text, c->len, pieces, text, sizeof(text));

        read_text(text, len, &told);
        read_text(told.rewritten.data, told.rewritten.len, &again);
        ck_assert_uint_eq(told.text.len, again.text.len);
        ck_assert_mem_eq(told.text.data, again.text.data, told.text.len);
        const char *body = told.text.data + told.text.len - told.body_len;
        for (size_t j = 0; j < told.body_len; j++)
            ck_assert(body[j] != '\n' || (j > 0 && body[j - 1] == '\r'));
        ck_assert(told.body_len == 0 || body[told.body_len - 1] == '\n');
        told_clear(&told);
        told_clear(&again);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reader");
    TCase *tc = tcase_create("reader");
    tcase_set_timeout(tc, 300);     /* ThreadSanitizer on a busy machine */
    tcase_add_loop_test(tc, takes_messages_apart, 0, (int)LENGTH(reader_cases));
    tcase_add_loop_test(tc, borders_of_pieces_do_not_show, 0, (int)LENGTH(reader_cases));
    tcase_add_test(tc, cuts_a_field_that_is_too_long);
    tcase_add_test(tc, a_long_line_without_a_colon_is_body);
    tcase_add_test(tc, skips_an_mbox_line_of_any_length);
    tcase_add_test(tc, tells_of_failed_reading);
    tcase_add_test(tc, survives_mutation);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
