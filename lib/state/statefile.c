/*
 * What is kept on this host, through SQLite; see statefile.h.
 *
 * With a write-ahead log a crash loses at most the last batches, and who reads never waits for who writes.  The version
 * of the schema is the file's user_version; a later one than ours is left alone.
 */
#include "config.h"

#include "lib/state/statefile.h"

#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCHEMA_VERSION 1
#define MODE 0640
#define BUSY_MS 1000            /* another daemon's batch */
#define ROWS_MAX (SEEN_DOMAINS * (SEEN_SELECTORS + 1))

struct statefile {
    char *path;
    sqlite3 *db;
};

static const char settings[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 1000000";
static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS seen (domain TEXT NOT NULL, selector TEXT NOT NULL, last_seen INTEGER NOT NULL,"
    " PRIMARY KEY (domain, selector)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS seen_by_time ON seen (last_seen);"
    "PRAGMA user_version = 1;"
    "COMMIT";

static int fail(const struct statefile *file, const char *what, struct err *err)
{
    return err_set(err, "cannot %s '%s': %s", what, file->path, sqlite3_errmsg(file->db));
}

static int run(struct statefile *file, const char *sql, struct err *err)
{
    return sqlite3_exec(file->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(file, "write", err);
}

/* The file is ours, but what is in it may have been written by others. */
static void distrust(struct statefile *file)
{
    sqlite3_busy_timeout(file->db, BUSY_MS);
    sqlite3_db_config(file->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(file->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
}

static int read_version(struct statefile *file, int *version_r, struct err *err)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(file->db, "PRAGMA user_version", -1, &statement, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    *version_r = rc == SQLITE_ROW ? sqlite3_column_int(statement, 0) : -1;
    sqlite3_finalize(statement);
    if (rc != SQLITE_ROW)
        return fail(file, "read", err);
    if (*version_r > SCHEMA_VERSION)
        return err_set(err, "cannot use '%s': it was written by a later version of Preflight", file->path);
    return 0;
}

static int set_up(struct statefile *file, struct err *err)
{
    int version;

    distrust(file);
    if (read_version(file, &version, err) != 0)
        return -1;
    if (run(file, settings, err) != 0)
        return -1;
    return version == SCHEMA_VERSION ? 0 : run(file, schema, err);
}

/* SQLite would make it with the mode that the umask leaves of 0644; its other files take on this one's. */
static int make_file(const char *path, struct err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, MODE);

    if (fd < 0)
        return err_set(err, "cannot open '%s': %s", path, strerror(errno));
    close(fd);
    return 0;
}

static struct statefile *new_file(const char *directory)
{
    struct statefile *file = xcalloc(1, sizeof(*file));

    file->path = xasprintf("%s/%s", directory, STATEFILE_NAME);
    return file;
}

struct statefile *statefile_open(const char *directory, struct err *err)
{
    struct statefile *file = new_file(directory);
    int rc = make_file(file->path, err);

    if (rc == 0) {
        if (sqlite3_open_v2(file->path, &file->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
            rc = fail(file, "open", err);
        else
            rc = set_up(file, err);
    }
    if (rc != 0)
        statefile_close(&file);
    return file;
}

void statefile_close(struct statefile **file)
{
    struct statefile *f = *file;

    if (f == NULL)
        return;
    sqlite3_close(f->db);
    free(f->path);
    free(f);
    *file = NULL;
}

/* --- writing ------------------------------------------------------------------------------------ */

static int bind_row(sqlite3_stmt *statement, const struct seen_row *row)
{
    int rc = sqlite3_bind_text(statement, 1, row->domain, -1, SQLITE_STATIC);

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(statement, 2, row->selector, -1, SQLITE_STATIC);
    return rc == SQLITE_OK ? sqlite3_bind_int64(statement, 3, row->last_s) : rc;
}

static int add_rows(struct statefile *file, const struct seen_rows *rows, struct err *err)
{
    static const char sql[] = "INSERT INTO seen (domain, selector, last_seen) VALUES (?1, ?2, ?3)"
        " ON CONFLICT DO UPDATE SET last_seen = max(last_seen, excluded.last_seen)";
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(file->db, sql, -1, &statement, NULL) == SQLITE_OK ? SQLITE_DONE : SQLITE_ERROR;

    for (size_t i = 0; rc == SQLITE_DONE && i < rows->count; i++) {
        rc = bind_row(statement, &rows->items[i]) == SQLITE_OK ? sqlite3_step(statement) : SQLITE_ERROR;
        sqlite3_reset(statement);
    }
    if (rc != SQLITE_DONE)
        fail(file, "write", err);
    sqlite3_finalize(statement);
    return rc == SQLITE_DONE ? 0 : -1;
}

/* A time to come is of a clock that was wrong; left so, its row would outlive all others. */
static int drop_old(struct statefile *file, int64_t now_s, struct err *err)
{
    char sql[400];

    snprintf(sql, sizeof(sql), "DELETE FROM seen WHERE last_seen < %lld OR typeof(last_seen) <> 'integer';"
             " UPDATE seen SET last_seen = %lld WHERE last_seen > %lld;"
             " DELETE FROM seen WHERE (domain, selector) IN (SELECT domain, selector FROM seen"
             " ORDER BY last_seen DESC LIMIT -1 OFFSET %d)",
             (long long)(now_s - SEEN_DAYS * 24 * 3600), (long long)now_s, (long long)now_s, ROWS_MAX);
    return run(file, sql, err);
}

int statefile_write(struct statefile *file, const struct seen_rows *rows, int64_t now_s, struct err *err)
{
    struct err ignored;
    int is_moved = 0;

    if (sqlite3_file_control(file->db, "main", SQLITE_FCNTL_HAS_MOVED, &is_moved) == SQLITE_OK && is_moved)
        return err_set(err, "cannot write '%s': it was moved or removed", file->path);
    if (rows->count == 0)
        return 0;
    if (run(file, "BEGIN IMMEDIATE", err) != 0)
        return -1;
    if (add_rows(file, rows, err) == 0 && drop_old(file, now_s, err) == 0 && run(file, "COMMIT", err) == 0)
        return 0;
    (void)run(file, "ROLLBACK", &ignored);      /* it may be over already; err has told why */
    return -1;
}

/* --- reading ------------------------------------------------------------------------------------- */

/* As text of ours, or "". */
static void take_name(sqlite3_stmt *statement, int column, char name_r[DOMAIN_MAX])
{
    const char *text = (const char *)sqlite3_column_text(statement, column);

    if (text == NULL || domain_normalize(text, name_r) < 0)
        name_r[0] = '\0';
}

static void take_row(sqlite3_stmt *statement, int64_t now_s, struct seen_rows *rows)
{
    char domain[DOMAIN_MAX], selector[DOMAIN_MAX];
    int64_t last_s = sqlite3_column_int64(statement, 2);

    take_name(statement, 0, domain);
    take_name(statement, 1, selector);
    if (domain[0] != '\0' && sqlite3_column_type(statement, 2) == SQLITE_INTEGER)
        seen_rows_add(rows, domain, selector, last_s < now_s ? last_s : now_s);
}

int statefile_read(struct statefile *file, const char *domain, int64_t now_s, struct seen_rows *rows_r, struct err *err)
{
    static const char sql[] = "SELECT * FROM (SELECT domain, selector, last_seen FROM seen"
        " WHERE last_seen >= ?1 AND (?2 IS NULL OR domain = ?2) ORDER BY last_seen DESC LIMIT ?3) ORDER BY last_seen";
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(file->db, sql, -1, &statement, NULL);

    *rows_r = (struct seen_rows){ .count = 0 };
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(statement, 1, now_s - SEEN_DAYS * 24 * 3600);
    if (rc == SQLITE_OK && domain != NULL)
        rc = sqlite3_bind_text(statement, 2, domain, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int(statement, 3, ROWS_MAX);
    if (rc == SQLITE_OK) {
        while ((rc = sqlite3_step(statement)) == SQLITE_ROW)
            take_row(statement, now_s, rows_r);
    }
    if (rc != SQLITE_DONE) {
        fail(file, "read", err);
        seen_rows_clear(rows_r);
    }
    sqlite3_finalize(statement);
    return rc == SQLITE_DONE ? 0 : -1;
}

/* The path as SQLite's URIs have it. */
static void make_uri(const char *path, const char *query, struct str *uri_r)
{
    str_add(uri_r, "file:");
    for (; *path != '\0'; path++) {
        if (strchr("%?#", *path) != NULL)
            str_addf(uri_r, "%%%02x", (unsigned char)*path);
        else
            str_addc(uri_r, *path);
    }
    str_add(uri_r, query);
}

static int read_as(struct statefile *file, const char *query, const char *domain, int64_t now_s,
                   struct seen_rows *rows_r, struct err *err)
{
    struct str uri = STR_EMPTY;
    int version, rc = 0;

    make_uri(file->path, query, &uri);
    if (sqlite3_open_v2(str_get(&uri), &file->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL)
        != SQLITE_OK)
        rc = fail(file, "open", err);
    else
        distrust(file);
    if (rc == 0)
        rc = read_version(file, &version, err);
    if (rc == 0 && version > 0)
        rc = statefile_read(file, domain, now_s, rows_r, err);
    sqlite3_close(file->db);
    file->db = NULL;
    str_clear(&uri);
    return rc;
}

/*
 * Who may not write in the directory cannot share the log with the daemon; without one there is nothing to share, and
 * the file alone is whole.
 */
static int read_rows(const char *directory, const char *domain, int64_t now_s, struct seen_rows *rows_r,
                     struct err *err)
{
    struct statefile *file = new_file(directory);
    int rc = 0;

    *rows_r = (struct seen_rows){ .count = 0 };
    if (access(file->path, F_OK) == 0 || errno != ENOENT) {
        rc = read_as(file, "", domain, now_s, rows_r, err);
        if (rc != 0 && access(directory, W_OK) != 0)
            rc = read_as(file, "?immutable=1", domain, now_s, rows_r, err);
    }
    statefile_close(&file);
    return rc;
}

int statefile_selectors(const char *directory, const char *domain, int64_t now_s,
                        char names_r[SEEN_SELECTORS][DOMAIN_MAX], struct err *err)
{
    struct seen_rows rows;
    int64_t newest_s = INT64_MIN;
    int n = 0;

    if (read_rows(directory, domain, now_s, &rows, err) != 0)
        return -1;
    for (size_t i = rows.count; i-- > 0 && n < SEEN_SELECTORS;) {      /* the last used are at the end */
        const struct seen_row *row = &rows.items[i];
        if (row->selector[0] == '\0')
            continue;
        newest_s = newest_s == INT64_MIN ? row->last_s : newest_s;
        if (!seen_is_current(row->last_s, newest_s))
            break;
        snprintf(names_r[n++], DOMAIN_MAX, "%s", row->selector);
    }
    seen_rows_clear(&rows);
    return n;
}
