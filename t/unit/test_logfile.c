/*
 * lib/bounce/logfile: files in any order, plain, gzip and standard input, years that lines do not say.
 */
#include "config.h"

#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/bounce/logfile.h"
#include "lib/bounce/maillog.h"
#include "t/unit/unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char directory[64];
static char path_a[80], path_b[80], path_c[80];

static void make_directory(void)
{
    strcpy(directory, "/tmp/preflight-logfile-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path_a, sizeof(path_a), "%s/a", directory);
    snprintf(path_b, sizeof(path_b), "%s/b", directory);
    snprintf(path_c, sizeof(path_c), "%s/c", directory);
}

static void remove_directory(void)
{
    unlink(path_a);
    unlink(path_b);
    unlink(path_c);
    rmdir(directory);
}

/* changed: "2026-11-23", the day of the file's last change, local time; NULL: now. */
static void write_file(const char *path, const char *data, size_t len, const char *changed)
{
    FILE *file = fopen(path, "wb");
    struct tm tm = { .tm_hour = 12, .tm_isdst = -1 };

    ck_assert(file != NULL && fwrite(data, 1, len, file) == len && fclose(file) == 0);
    if (changed == NULL)
        return;
    ck_assert_int_eq(sscanf(changed, "%d-%d-%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday), 3);
    tm.tm_year -= 1900;
    tm.tm_mon--;
    const struct timespec times[2] = { { .tv_sec = mktime(&tm) }, { .tv_sec = mktime(&tm) } };
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void write_text(const char *path, const char *text, const char *changed)
{
    write_file(path, text, strlen(text), changed);
}

/* "2026-11-23 what the line says;" for every line, or the error. */
static char *read_all(char *const *paths, size_t n)
{
    struct str out = STR_EMPTY;
    struct err err = { "" };
    struct logfiles *files = logfiles_open(paths, n, &err);
    const char *line;
    size_t len;
    int rc = -1;

    while (files != NULL && (rc = logfiles_next(files, &line, &len, &err)) > 0) {
        struct maillog log;
        if (!maillog_parse(line, len, &log)) {
            str_add(&out, "?;");
            continue;
        }
        logfiles_date(files, &log.time);
        str_addf(&out, "%04d-%02d-%02d ", log.time.year, log.time.month, log.time.day);
        str_addn(&out, log.program.at, log.program.len);
        str_addc(&out, ';');
    }
    if (rc < 0)
        str_add(&out, err.text);
    else if (logfiles_bytes_total(files) > 0)
        ck_assert_int_eq(logfiles_bytes_read(files), logfiles_bytes_total(files));
    logfiles_close(&files);
    return str_steal(&out);
}

static void expect(char *const *paths, size_t n, const char *want)
{
    char *got = read_all(paths, n);

    ck_assert_msg(strcmp(got, want) == 0, "got '%s', want '%s'", got, want);
    free(got);
}

START_TEST(orders_files)
{
    char *orders[][3] = { { path_a, path_b, path_c }, { path_c, path_b, path_a }, { path_b, path_a, path_c } };

    write_text(path_a, "Nov 21 01:00:00 m one: x\nNov 21 02:00:00 m two: x\n", "2026-11-21");
    write_text(path_b, "2026-11-22T01:00:00+01:00 m three: x\n", "2026-11-22");
    write_text(path_c, "no time here\nNov 23 01:00:00 m four: x", "2026-11-23");
    for (size_t i = 0; i < 3; i++)
        expect(orders[i], 3, "2026-11-21 one;2026-11-21 two;2026-11-22 three;?;2026-11-23 four;");
    write_text(path_b, "", NULL);
    expect(orders[0], 3, "2026-11-21 one;2026-11-21 two;?;2026-11-23 four;");
}
END_TEST

/* Over New Year within a file and between files; a file that was copied long afterwards. */
START_TEST(finds_years)
{
    char *paths[] = { path_a, path_b };

    write_text(path_a, "Jan  2 01:00:00 m three: x\nJan  3 01:00:00 m four: x\n", "2027-01-03");
    write_text(path_b, "Dec 30 01:00:00 m one: x\nJan  1 01:00:00 m two: x\nDec 31 23:59:59 m late: x\n"
                       "Jan  1 02:00:00 m three: x\n", "2027-01-01");
    expect(paths, 2, "2026-12-30 one;2027-01-01 two;2026-12-31 late;2027-01-01 three;2027-01-02 three;"
                     "2027-01-03 four;");
    write_text(path_a, "Feb 29 01:00:00 m leap: x\n", "2028-02-29");
    expect(paths, 1, "2028-02-29 leap;");
    write_text(path_a, "Nov 24 01:00:00 m zone: x\n", "2026-11-23");
    expect(paths, 1, "2026-11-24 zone;");
    write_text(path_a, "Nov 26 01:00:00 m before: x\n", "2026-11-23");
    expect(paths, 1, "2025-11-26 before;");
}
END_TEST

START_TEST(cuts_long_lines)
{
    struct str text = STR_EMPTY;
    char *paths[] = { path_a };
    struct err err;
    const char *line;
    size_t len;

    for (size_t size = LOGFILE_LINE_MAX - 40; size < LOGFILE_LINE_MAX + 40; size++) {
        str_reset(&text);
        str_add(&text, "Nov 23 01:00:00 m one: x\nNov 23 01:00:00 m two: ");
        while (text.len < size)
            str_addc(&text, 'x');
        str_add(&text, "\nNov 23 01:00:00 m three: x\n");
        write_file(path_a, text.data, text.len, NULL);
        struct logfiles *files = logfiles_open(paths, 1, &err);
        ck_assert_int_eq(logfiles_next(files, &line, &len, &err), 1);
        ck_assert_int_eq(logfiles_next(files, &line, &len, &err), 1);
        ck_assert_uint_eq(len, size - 25 < LOGFILE_LINE_MAX ? size - 25 : LOGFILE_LINE_MAX);
        ck_assert_int_eq(logfiles_next(files, &line, &len, &err), 1);
        ck_assert_uint_eq(len, 26);
        ck_assert_int_eq(logfiles_next(files, &line, &len, &err), 0);
        logfiles_close(&files);
    }
    /* A line of many buffers is one line. */
    str_reset(&text);
    str_add(&text, "Nov 23 01:00:00 m one: x\nNov 23 01:00:00 m two: ");
    for (int i = 0; i < 5 * LOGFILE_LINE_MAX; i++)
        str_addc(&text, 'x');
    str_add(&text, "\nNov 23 01:00:00 m three: x\n");
    write_file(path_a, text.data, text.len, "2026-11-23");
    expect(paths, 1, "2026-11-23 one;2026-11-23 two;2026-11-23 three;");
    str_clear(&text);
}
END_TEST

/* gzip -n of "Nov 23 01:00:00 m one: x\n", and that twice. */
START_TEST(reads_gzip)
{
    static const char zipped[] =
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xf3\xcb\x2f\x53\x30\x32\x56\x30\x30\xb4\x32\x30\x00\x22"
        "\x85\x5c\x85\xfc\xbc\x54\x2b\x85\x0a\x2e\x00\x79\x61\xe9\x0d\x19\x00\x00\x00";
    const size_t len = sizeof(zipped) - 1;
    char *paths[] = { path_a }, twice[2 * sizeof(zipped)];

    write_file(path_a, zipped, len, "2026-11-23");
    expect(paths, 1, "2026-11-23 one;");
    memcpy(twice, zipped, len);
    memcpy(twice + len, zipped, len);
    write_file(path_a, twice, 2 * len, "2026-11-23");
    expect(paths, 1, "2026-11-23 one;2026-11-23 one;");

    write_file(path_a, zipped, len - 4, "2026-11-23");
    char *got = read_all(paths, 1);
    ck_assert_msg(strstr(got, "the compressed file ends too early") != NULL, "%s", got);
    free(got);
    memcpy(twice, zipped, len);
    twice[20] ^= 0x55;
    write_file(path_a, twice, len, "2026-11-23");
    got = read_all(paths, 1);
    ck_assert_msg(strstr(got, "cannot read '") != NULL, "%s", got);
    free(got);
}
END_TEST

START_TEST(reads_standard_input)
{
    char dash[] = "-", *paths[] = { path_b, dash };
    int keep = dup(STDIN_FILENO), pipes[2];

    write_text(path_a, "Nov 23 01:00:00 m two: x\n", "2026-11-23");
    write_text(path_b, "Nov 22 01:00:00 m one: x\n", "2026-11-23");
    int file = open(path_a, O_RDONLY);
    ck_assert(dup2(file, STDIN_FILENO) == STDIN_FILENO);
    close(file);
    expect(NULL, 0, "2026-11-23 two;");

    ck_assert_int_eq(pipe(pipes), 0);
    ck_assert_int_eq(write(pipes[1], "2026-11-24T01:00:00Z m pipe: x\n", 31), 31);
    close(pipes[1]);
    ck_assert(dup2(pipes[0], STDIN_FILENO) == STDIN_FILENO);
    close(pipes[0]);
    expect(paths, 2, "2026-11-22 one;2026-11-24 pipe;");
    dup2(keep, STDIN_FILENO);
    close(keep);
}
END_TEST

START_TEST(refuses)
{
    static const struct { const char *data; size_t len; const char *want; } cases[] = {
        { "\xfd" "7zXZ\0abc", 9, "is compressed with xz, which is not read here" },
        { "BZh91AY&SY", 10, "is compressed with bzip2" },
        { "\x28\xb5\x2f\xfd....", 8, "is compressed with zstd" },
        { "Subject: hello\n\nhello\n", 22, "is no mail log" },
        { "\0\0\0\0", 4, "is no mail log" },
    };
    char *paths[] = { path_a, path_a }, *missing[] = { path_c }, *folder[] = { directory };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        write_file(path_a, cases[i].data, cases[i].len, NULL);
        char *got = read_all(paths, 1);
        ck_assert_msg(strstr(got, cases[i].want) != NULL && strstr(got, path_a) != NULL, "case %zu: %s", i, got);
        free(got);
    }
    write_text(path_a, "Nov 23 01:00:00 m one: x\n", NULL);
    unlink(path_c);
    const struct { char *const *paths; size_t n; const char *want; } others[] = {
        { paths, 2, "is given twice" }, { missing, 1, "No such file" }, { folder, 1, "is a directory" },
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        char *got = read_all(others[i].paths, others[i].n);
        ck_assert_msg(strstr(got, others[i].want) != NULL, "%s", got);
        free(got);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("logfile");
    TCase *tcase = tcase_create("logfile");

    tcase_add_checked_fixture(tcase, make_directory, remove_directory);
    tcase_add_test(tcase, orders_files);
    tcase_add_test(tcase, finds_years);
    tcase_add_test(tcase, cuts_long_lines);
    tcase_add_test(tcase, reads_gzip);
    tcase_add_test(tcase, reads_standard_input);
    tcase_add_test(tcase, refuses);
    suite_add_tcase(suite, tcase);
    return unit_run(suite);
}
