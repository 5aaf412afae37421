/*
 * lib/bounce: what a text that somebody has at hand says; the files of t/bounce, and what is hostile.
 */
#include "config.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/bounce/bounce.h"
#include "lib/bounce/mimebudget.h"
#include "t/unit/unit.h"

#include <dirent.h>
#include <sys/resource.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static char *read_file(const char *path, size_t *len_r)
{
    FILE *file = fopen(path, "rb");
    struct str text = STR_EMPTY;
    char chunk[4096];
    size_t n;

    ck_assert_msg(file != NULL, "cannot open %s", path);
    while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
        str_addn(&text, chunk, n);
    fclose(file);
    *len_r = text.len;
    return str_steal(&text);
}

static void add_field(struct str *s, const char *name, const char *value)
{
    if (value != NULL)
        str_addf(s, "%-9s %s\n", name, value);
}

static void add_original(struct str *s, const struct bounce_original *original)
{
    if (original == NULL)
        return;
    ck_assert_uint_eq(original->text[original->len], '\0');
    str_addf(s, "original  %s%s: %.*s\n", original->is_whole ? "whole" : "header",
             original->is_as_sent ? ", as sent" : "", (int)strcspn(original->text, "\r\n"), original->text);
}

static char *describe(const struct bounces *bounces)
{
    struct str s = STR_EMPTY;

    for (size_t i = 0; i < bounces->count; i++) {
        const struct bounce *bounce = &bounces->items[i];
        str_add(&s, i > 0 ? "\n" : "");
        add_field(&s, "recipient", bounce->recipient);
        add_field(&s, "reply", bounce->reply);
        add_field(&s, "host", bounce->host);
        add_field(&s, "queue_id", bounce->queue_id);
        add_field(&s, "status", bounce->status);
        str_add(&s, bounce->is_delayed ? "delayed\n" : "");
        add_field(&s, "sender", bounce->sender);
        add_field(&s, "message", bounce->message_id);
        add_original(&s, bounce->original);
    }
    return str_steal(&s);
}

static char *read_and_describe(const char *text, size_t len)
{
    struct bounces bounces;
    struct err err;
    int rc = bounces_read(text, len, &bounces, &err);
    char *got = rc < 0 ? xasprintf("error: %s\n", err.text) : describe(&bounces);

    ck_assert_int_eq(rc < 0, bounces.count == 0);
    bounces_clear(&bounces);
    return got;
}

/* --- the files --------------------------------------------------------------------------- */

static int is_input(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');

    return dot != NULL && (strcmp(dot, ".eml") == 0 || strcmp(dot, ".txt") == 0);
}

START_TEST(reads_the_files)
{
    struct dirent **entries;
    int n = scandir(unit_path("t/bounce"), &entries, is_input, alphasort);

    ck_assert_int_ge(n, 20);
    for (int i = 0; i < n; i++) {
        size_t len, want_len;
        char *name = xasprintf("t/bounce/%s", entries[i]->d_name);
        char *text = read_file(unit_path(name), &len);
        char *want_name = xasprintf("%.*s.want", (int)(strlen(name) - 4), name);
        char *want = read_file(unit_path(want_name), &want_len);
        char *got = read_and_describe(text, len);
        ck_assert_msg(strcmp(got, want) == 0, "%s: got\n%swant\n%s", name, got, want);
        free(got);
        free(want);
        free(want_name);
        free(text);
        free(name);
        free(entries[i]);
    }
    free(entries);
}
END_TEST

/* --- bounds -------------------------------------------------------------------------------- */

static void read_repeated(const char *head, const char *line, size_t size, struct bounces *bounces_r)
{
    struct str text = STR_EMPTY;
    struct err err;
    int64_t start = clock_ms();

    str_add(&text, head);
    while (text.len + strlen(line) < size)
        str_add(&text, line);
    bounces_read(text.data, text.len, bounces_r, &err);
    ck_assert_msg(clock_ms() - start < 30000, "'%.20s': %lld ms", line, (long long)(clock_ms() - start));
    str_clear(&text);
}

/* What is repeated until the input is full. */
static const struct {
    const char *head, *line;
} repeated[] = {
    { "", "550 5.1.1 no\n" },
    { "", "550-5.1.1 no\n" },
    { "", "<b@example.net>: host mx.example.net[192.0.2.1] said: 550 no\n\n" },
    { "", "  b@example.net\n    550 no\n" },
    { "", "<<< " }, { "", "host " }, { "", "\n" }, { "", "(" }, { "", " F=<" }, { "", "x@" }, { "", "#" },
    { "Final-Recipient: rfc822; ", "\\x{" },
    { "Reporting-MTA: dns; x\n\n", "Final-Recipient: rfc822; b@example.net\nAction: failed\n\n" },
    { "Final-Recipient: rfc822; b@example.net\nDiagnostic-Code: smtp; ", " 550 no\n" },
    { "", "Nov 23 10:00:00 mail sm-mta[812]: 4ANA00bc012345: to=<b@example.net>, mailer=esmtp, dsn=5.1.1, stat=no\n" },
    { "Nov 23 10:00:00 mail sm-mta[812]: 4ANA00bc012345: to=", "<b@example.net>," },
    { "From: a\nTo: b\nContent-Type: multipart/mixed; boundary=x\n\n",
      "--x\nContent-Type: message/delivery-status\n\n" },
    { "From: a\nTo: b\n", "Content-Type: multipart/mixed; boundary=x\n\n--x\n" },
    { "From: a\nTo: b\n", "Content-Type: message/rfc822\n\n" },
    { "From: a\nTo: b\nContent-Type: text/html\n\n", "<style" },
    { "From: a\nTo: b\nContent-Type: text/plain; ", "a*1=b; " },
    { "From: a\n", "To: b\n" },
    { "From: a\nTo: b\n", "a:\n" },
    { "From: a\nTo: b\n", "a\na:\n" },
    { "From: a\nTo: b\nTo: ", "a@b," },
    { "From: a\nTo: b\nTo: a", ",\n a@b" },
    { "From: a\nTo: b\nContent-Type: multipart/mixed; boundary=x\n\n", "--x\n\n" },
    { "From: a\nTo: b\nContent-Type: multipart/mixed; boundary=x\n\n", "--x\na:\n\n" },
    { "From a\nFrom: a\nTo: b\n\n", "From a 1:1\n\n" },
    { "From a\nFrom: a\nTo: b\n\n", "From a 1:1\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\n" },
};

#ifndef __has_feature
#define __has_feature(name) 0       /* gcc says it otherwise */
#endif

/* Kilobytes that this process has ever used; 0 under a sanitizer, whose own memory it would be. */
static long peak_memory(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer)
    return 0;
#else
    struct rusage usage;

    ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
#endif
}

START_TEST(is_bounded)
{
    struct bounces bounces;

    read_repeated(repeated[_i].head, repeated[_i].line, BOUNCE_INPUT_MAX + 1000, &bounces);
    ck_assert_uint_le(bounces.count, BOUNCES_MAX);
    for (size_t i = 0; i < bounces.count; i++)
        ck_assert_uint_lt(strlen(bounces.items[i].reply), BOUNCE_REPLY_MAX);
    bounces_clear(&bounces);
    ck_assert_msg(peak_memory() < 300 * 1024, "'%.20s': %ld kB", repeated[_i].line, peak_memory());
}
END_TEST

START_TEST(cuts_hostile_messages_only)
{
    struct str text = STR_EMPTY;

    str_add(&text, "From: a@example.com\nTo: b@example.com\n\n");
    for (int i = 0; i < 100000; i++)
        str_addf(&text, "%s a line: of the body\n\n", i % 10 == 0 ? "  indented" : "\"quoted\"");
    ck_assert_uint_eq(mime_budget(text.data, text.len), text.len);
    size_t whole = text.len;
    for (int i = 0; i <= MIME_BOUNDARIES_MAX; i++)
        str_add(&text, "--x\n");
    ck_assert_uint_eq(mime_budget(text.data, text.len), whole + 4 * MIME_BOUNDARIES_MAX);
    str_reset(&text);
    for (int i = 0; i <= MIME_FIELDS_MAX; i++)
        str_add(&text, "a:\n");
    ck_assert_uint_eq(mime_budget(text.data, text.len), 3 * MIME_FIELDS_MAX);
    str_reset(&text);
    str_add(&text, "To: a\n");
    while (text.len <= MIME_HEADER_BYTES_MAX)
        str_add(&text, " ,b\r\n");
    ck_assert_uint_lt(mime_budget(text.data, text.len), text.len);
    ck_assert_uint_eq(mime_budget("", 0), 0);
    str_clear(&text);
}
END_TEST

START_TEST(counts_what_is_left_out)
{
    struct bounces bounces;

    read_repeated("", "550 no\n", 7 * (BOUNCES_MAX + 5) + 1, &bounces);
    ck_assert_uint_eq(bounces.count, BOUNCES_MAX);
    ck_assert_uint_eq(bounces.left_out, 5);
    bounces_clear(&bounces);
}
END_TEST

/* The memory that nested attachments with many recipients take is that of the input. */
START_TEST(keeps_one_original_for_all)
{
    struct str text = STR_EMPTY;
    struct bounces bounces;
    struct err err;

    str_add(&text, "From: a@example.com\nTo: b@example.com\nContent-Type: multipart/report; boundary=x\n\n"
                   "--x\nContent-Type: message/delivery-status\n\n");
    for (int i = 0; i < 2 * BOUNCES_MAX; i++)
        str_addf(&text, "Final-Recipient: rfc822; r%d@example.net\nDiagnostic-Code: smtp; 550 no\n\n", i);
    str_add(&text, "--x\nContent-Type: message/rfc822\n\nFrom: c@example.com\n\n");
    for (int i = 0; i < 100000; i++)
        str_add(&text, "a line of the body\n");
    ck_assert_int_eq(bounces_read(text.data, text.len, &bounces, &err), 0);
    ck_assert_uint_eq(bounces.count, BOUNCES_MAX);
    ck_assert_uint_eq(bounces.left_out, BOUNCES_MAX);
    ck_assert_uint_eq(bounces.n_originals, 1);
    ck_assert_ptr_eq(bounces.items[0].original, bounces.items[BOUNCES_MAX - 1].original);
    bounces_clear(&bounces);
    str_clear(&text);
}
END_TEST

START_TEST(takes_nul_bytes)
{
    static const char text[] = "550 5.1.1 one\0two";
    char *got = read_and_describe(text, sizeof(text) - 1);

    ck_assert_str_eq(got, "reply     550 5.1.1 one two\n");
    free(got);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bounce");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, reads_the_files);
    tcase_add_loop_test(tc, is_bounded, 0, LENGTH(repeated));
    tcase_add_test(tc, cuts_hostile_messages_only);
    tcase_add_test(tc, counts_what_is_left_out);
    tcase_add_test(tc, keeps_one_original_for_all);
    tcase_add_test(tc, takes_nul_bytes);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
