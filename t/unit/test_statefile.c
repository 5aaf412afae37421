/*
 * lib/state/statefile: what is kept comes back, within bounds; files that are none, of later versions, moved away.
 */
#include "config.h"

#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/state/statefile.h"
#include "t/unit/unit.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define DAY ((int64_t)24 * 3600)
#define NOW (20000 * DAY)

static char dir[] = "/tmp/preflight-state-%XXXXXX";      /* '%': what URIs take for something else */
static struct err err;

static const char *path(const char *suffix)
{
    static char text[200];

    snprintf(text, sizeof(text), "%s/%s%s", dir, STATEFILE_NAME, suffix);
    return text;
}

static void set_up(void)
{
    memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void tear_down(void)
{
    static const char *const suffixes[] = { "", "-wal", "-shm", ".away" };

    chmod(dir, 0700);
    for (size_t i = 0; i < LENGTH(suffixes); i++)
        unlink(path(suffixes[i]));
    ck_assert_int_eq(rmdir(dir), 0);
}

static struct statefile *open_file(void)
{
    struct statefile *file = statefile_open(dir, &err);

    ck_assert_msg(file != NULL, "%s", err.text);
    return file;
}

static int add(struct statefile *file, const char *domain, const char *selector, int64_t last_s)
{
    struct seen_rows rows = { .count = 0 };

    seen_rows_add(&rows, domain, selector, last_s);
    int rc = statefile_write(file, &rows, NOW, &err);
    seen_rows_clear(&rows);
    return rc;
}

/* "domain/selector@days-ago", parted by spaces. */
static const char *content(struct statefile *file, const char *domain)
{
    static char text[2000];
    struct seen_rows rows;
    size_t len = 0;

    ck_assert_msg(statefile_read(file, domain, NOW, &rows, &err) == 0, "%s", err.text);
    text[0] = '\0';
    for (size_t i = 0; i < rows.count; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s/%s@%d", i == 0 ? "" : " ", rows.items[i].domain,
                                rows.items[i].selector, (int)((NOW - rows.items[i].last_s) / DAY));
    seen_rows_clear(&rows);
    return text;
}

static const char *asked(const char *domain)
{
    static char text[SEEN_SELECTORS * DOMAIN_MAX];
    char names[SEEN_SELECTORS][DOMAIN_MAX];
    int n = statefile_selectors(dir, domain, NOW, names, &err);
    size_t len = 0;

    ck_assert_msg(n >= 0, "%s", err.text);
    text[0] = '\0';
    for (int i = 0; i < n; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i == 0 ? "" : " ", names[i]);
    return text;
}

START_TEST(keeps)
{
    struct statefile *file = open_file();
    struct stat st;

    ck_assert_int_eq(stat(path(""), &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0640);
    ck_assert_int_eq(add(file, "a.example", "", NOW - 3 * DAY), 0);
    ck_assert_int_eq(add(file, "a.example", "s1", NOW - 2 * DAY), 0);
    ck_assert_int_eq(add(file, "b.example", "s1", NOW - 1 * DAY), 0);
    ck_assert_int_eq(add(file, "a.example", "s1", NOW - 5 * DAY), 0);      /* late */
    ck_assert_int_eq(add(file, "a.example", "ahead", NOW + 5 * DAY), 0);   /* a clock that was wrong */
    ck_assert_str_eq(asked("a.example"), "ahead s1");                      /* while the daemon has it open */
    ck_assert_int_eq(stat(path("-wal"), &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0640);
    statefile_close(&file);
    file = open_file();
    ck_assert_str_eq(content(file, NULL), "a.example/@3 a.example/s1@2 b.example/s1@1 a.example/ahead@0");
    ck_assert_str_eq(content(file, "b.example"), "b.example/s1@1");
    ck_assert_str_eq(content(file, "none.example"), "");
    statefile_close(&file);
    statefile_close(&file);
    ck_assert_str_eq(asked("b.example"), "s1");
    ck_assert_str_eq(asked("none.example"), "");
}
END_TEST

START_TEST(is_bounded)
{
    struct statefile *file = open_file();
    struct seen_rows rows = { .count = 0 };
    char name[40];

    for (int i = 0; i < 30000; i++) {
        snprintf(name, sizeof(name), "d%d.example", i);
        seen_rows_add(&rows, name, "", NOW - 20 * DAY + i);
    }
    ck_assert_int_eq(add(file, "old.example", "", NOW - (SEEN_DAYS + 1) * DAY), 0);
    ck_assert_str_eq(content(file, "old.example"), "");
    ck_assert_int_eq(statefile_write(file, &rows, NOW, &err), 0);
    seen_rows_clear(&rows);
    ck_assert_int_eq(statefile_read(file, NULL, NOW, &rows, &err), 0);
    ck_assert_uint_eq(rows.count, SEEN_DOMAINS * (SEEN_SELECTORS + 1));
    ck_assert_str_eq(rows.items[rows.count - 1].domain, "d29999.example");
    seen_rows_clear(&rows);
    statefile_close(&file);
}
END_TEST

START_TEST(a_time_to_come_does_not_stay)
{
    struct statefile *file = open_file();
    struct seen_rows rows = { .count = 0 };
    int64_t later_s = NOW + (SEEN_DAYS + 1) * DAY;

    ck_assert_int_eq(add(file, "ahead.example", "s1", NOW + 400 * DAY), 0);
    seen_rows_add(&rows, "a.example", "s1", later_s);
    ck_assert_int_eq(statefile_write(file, &rows, later_s, &err), 0);
    seen_rows_clear(&rows);
    ck_assert_int_eq(statefile_read(file, NULL, later_s, &rows, &err), 0);
    ck_assert_uint_eq(rows.count, 1);
    ck_assert_str_eq(rows.items[0].domain, "a.example");
    seen_rows_clear(&rows);
    statefile_close(&file);
}
END_TEST

/* In a child that ends as by SIGKILL: what was written is there, and the file is whole. */
START_TEST(survives_a_crash)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        struct statefile *file = statefile_open(dir, &err);
        _exit(file != NULL && add(file, "a.example", "s1", NOW) == 0 ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(access(path("-wal"), F_OK), 0);
    ck_assert_str_eq(asked("a.example"), "s1");
    struct statefile *file = open_file();
    ck_assert_str_eq(content(file, NULL), "a.example/s1@0");
    statefile_close(&file);
}
END_TEST

static void run_sql(const char *sql)
{
    sqlite3 *db;

    ck_assert_int_eq(sqlite3_open(path(""), &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* What others put there is no name of ours. */
START_TEST(trusts_no_content)
{
    struct statefile *file = open_file();

    statefile_close(&file);
    run_sql("INSERT INTO seen VALUES ('a b', 's1', 1728000000), ('B.example', 'S2', 1727999999),"
            " (x'00ff', x'00', 1728000000), ('c.example', '../x', 1727999998), ('d.example', 's', 'never'),"
            " (123, 456, 1727999997)");
    file = open_file();
    ck_assert_str_eq(content(file, NULL), "123/456@0 c.example/@0 b.example/s2@0");
    statefile_close(&file);
}
END_TEST

static void write_file(const char *text)
{
    FILE *stream = fopen(path(""), "w");

    ck_assert_ptr_nonnull(stream);
    fputs(text, stream);
    ck_assert_int_eq(fclose(stream), 0);
}

START_TEST(refuses_what_is_not_ours)
{
    char names[SEEN_SELECTORS][DOMAIN_MAX];

    ck_assert_int_eq(statefile_selectors(dir, "a.example", NOW, names, &err), 0);
    write_file("this is no database, but it is longer than the header of one, "
               "which has a hundred bytes at its beginning\n");
    ck_assert_ptr_null(statefile_open(dir, &err));
    assert_within(err.text, "state.sqlite': file is not a database");
    ck_assert_int_eq(statefile_selectors(dir, "a.example", NOW, names, &err), -1);
    assert_within(err.text, "state.sqlite': file is not a database");
    unlink(path(""));

    run_sql("PRAGMA user_version = 2; CREATE TABLE seen (whatever)");
    ck_assert_ptr_null(statefile_open(dir, &err));
    assert_within(err.text, "state.sqlite': it was written by a later version of Preflight");
    ck_assert_int_eq(statefile_selectors(dir, "a.example", NOW, names, &err), -1);
    unlink(path(""));

    ck_assert_int_eq(symlink("/etc/passwd", path("")), 0);
    ck_assert_ptr_null(statefile_open(dir, &err));
    assert_within(err.text, "cannot open");
    unlink(path(""));
    write_file("");                     /* made, and never written to */
    ck_assert_int_eq(statefile_selectors(dir, "a.example", NOW, names, &err), 0);
    struct statefile *file = open_file();
    ck_assert_str_eq(content(file, NULL), "");
    statefile_close(&file);
    ck_assert_ptr_null(statefile_open("/nonexistent", &err));
    ck_assert_str_eq(err.text, "cannot open '/nonexistent/state.sqlite': No such file or directory");
}
END_TEST

START_TEST(sees_that_it_was_removed)
{
    struct statefile *file = open_file();
    char *from = xstrdup(path(""));

    ck_assert_int_eq(add(file, "a.example", "", NOW), 0);
    ck_assert_int_eq(rename(from, path(".away")), 0);
    ck_assert_int_eq(add(file, "b.example", "", NOW), -1);
    assert_within(err.text, "it was moved or removed");
    statefile_close(&file);
    free(from);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        keeps, is_bounded, a_time_to_come_does_not_stay, survives_a_crash, trusts_no_content, refuses_what_is_not_ours,
        sees_that_it_was_removed,
    };
    Suite *suite = suite_create("statefile");
    TCase *tc = tcase_create("statefile");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    for (size_t i = 0; i < LENGTH(tests); i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
