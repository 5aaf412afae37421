/*
 * The lines of several log files; see logfile.h.  The only user of zlib.h, whose gzread takes plain files too.
 */
#include "config.h"

#include "lib/bounce/logfile.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/bounce/maillog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#define ZLIB_BUFFER (128 * 1024)

/* An open file, and what is read of it and not yet given. */
struct reader {
    gzFile file;
    const char *path;               /* borrowed */
    size_t start, end;
    bool is_at_end;
    bool is_cutting;                /* within a line that was too long */
    char buffer[LOGFILE_LINE_MAX];
};

struct logfile {
    char *path;
    struct reader *reader;          /* NULL: not open */
    bool is_stdin, is_regular;
    dev_t device;
    ino_t inode;
    time_t changed;
    int64_t size;                   /* 0 where it is no regular file */
    struct maillog_time first;      /* month 0: the file is empty */
    size_t given;                   /* place in the order given */
};

struct logfiles {
    struct logfile *files;
    size_t count, at;               /* at: the one that is read, or is next */
    int year, month;                /* of the line before; month 0: none yet of this file */
    int64_t bytes_done, bytes_total;
};

/* --- one file --------------------------------------------------------------------- */

static void reader_free(struct reader **reader)
{
    if (*reader == NULL)
        return;
    gzclose((*reader)->file);
    free(*reader);
    *reader = NULL;
}

static struct reader *reader_open(const struct logfile *file, struct err *err)
{
    int fd = file->is_stdin ? dup(STDIN_FILENO) : open(file->path, O_RDONLY | O_CLOEXEC);
    gzFile gz = fd < 0 ? NULL : gzdopen(fd, "rb");

    if (gz == NULL) {
        err_set(err, "cannot open '%s': %s", file->path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    gzbuffer(gz, ZLIB_BUFFER);
    struct reader *reader = xcalloc(1, sizeof(*reader));
    reader->file = gz;
    reader->path = file->path;
    return reader;
}

static int reader_fill(struct reader *reader, struct err *err)
{
    memmove(reader->buffer, reader->buffer + reader->start, reader->end - reader->start);
    reader->end -= reader->start;
    reader->start = 0;
    int n = gzread(reader->file, reader->buffer + reader->end, (unsigned)(sizeof(reader->buffer) - reader->end));
    int code = Z_OK;
    const char *text = gzerror(reader->file, &code);
    if (code == Z_BUF_ERROR)
        return err_set(err, "cannot read '%s': the compressed file ends too early", reader->path);
    if (n < 0)
        return err_set(err, "cannot read '%s': %s", reader->path, code == Z_ERRNO ? strerror(errno) : text);
    reader->end += (size_t)n;
    reader->is_at_end = n == 0;
    return 0;
}

/* A line without its end; 0 at the end of the file. */
static int reader_next(struct reader *reader, const char **line_r, size_t *len_r, struct err *err)
{
    for (;;) {
        size_t have = reader->end - reader->start;
        const char *start = reader->buffer + reader->start;
        const char *lf = have == 0 ? NULL : memchr(start, '\n', have);
        if (lf == NULL && have < sizeof(reader->buffer) && !reader->is_at_end) {
            if (reader_fill(reader, err) < 0)
                return -1;
            continue;
        }
        if (have == 0)
            return 0;
        bool is_rest = reader->is_cutting;
        *line_r = start;
        *len_r = lf == NULL ? have : (size_t)(lf - start);
        reader->start += *len_r + (lf != NULL);
        reader->is_cutting = lf == NULL;
        if (!is_rest)
            return 1;
    }
}

/* --- years ------------------------------------------------------------------------ */

/* The newest year in which this is not more than a day after the file's last change: clocks and zones differ. */
static int year_before(const struct maillog_time *time, time_t changed)
{
    time_t latest = changed + 24 * 3600;
    struct tm tm;

    if (localtime_r(&latest, &tm) == NULL)
        return 1970;
    bool is_later = time->month != tm.tm_mon + 1 ? time->month > tm.tm_mon + 1 : time->day > tm.tm_mday;
    return tm.tm_year + 1900 - is_later;
}

/* Lines are a little out of order at times, around New Year too. */
void logfiles_date(struct logfiles *files, struct maillog_time *time)
{
    if (time->year != 0)
        return;
    if (files->month == 0)
        files->year = files->files[files->at].first.year;
    else if (time->month < files->month - 6)
        files->year++;
    else if (time->month > files->month + 6)
        files->year--;
    files->month = time->month;
    time->year = files->year;
}

/* --- looking at the files beforehand ------------------------------------------------- */

/* What gzread hands through as it is. */
static int refuse_compressed(const struct reader *reader, struct err *err)
{
    static const struct { const char *magic; size_t len; const char *name, *tool; } kinds[] = {
        { "\xfd" "7zXZ", 6, "xz", "xz" },
        { "BZh", 3, "bzip2", "bzip2" },
        { "\x28\xb5\x2f\xfd", 4, "zstd", "zstd" },
        { "\x5d\0\0", 3, "lzma", "xz" },
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (reader->end >= kinds[i].len && memcmp(reader->buffer, kinds[i].magic, kinds[i].len) == 0)
            return err_set(err, "'%s' is compressed with %s, which is not read here: "
                           "unpack it, as with '%s -dc FILE | preflight bounces -'",
                           reader->path, kinds[i].name, kinds[i].tool);
    }
    return 0;
}

/* The first stamp in the first buffer. */
static int find_first(struct logfile *file, struct err *err)
{
    struct reader *reader = file->reader;
    struct maillog log;

    while (reader->end < sizeof(reader->buffer) && !reader->is_at_end) {
        if (reader_fill(reader, err) < 0)
            return -1;
    }
    if (refuse_compressed(reader, err) < 0)
        return -1;
    for (size_t at = 0; at < reader->end;) {
        const char *start = reader->buffer + at;
        const char *lf = memchr(start, '\n', reader->end - at);
        size_t len = lf == NULL ? reader->end - at : (size_t)(lf - start);
        if (maillog_parse(start, len, &log)) {
            file->first = log.time;
            if (file->first.year == 0)
                file->first.year = year_before(&file->first, file->changed);
            return 0;
        }
        at += len + 1;
    }
    return reader->end == 0 ? 0 : err_set(err, "'%s' is no mail log: no line begins with a time stamp", file->path);
}

static int find_out(struct logfile *file, struct err *err)
{
    struct stat st;

    if ((file->is_stdin ? fstat(STDIN_FILENO, &st) : stat(file->path, &st)) < 0)
        return err_set(err, "cannot open '%s': %s", file->path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return err_set(err, "'%s' is a directory", file->path);
    file->is_regular = S_ISREG(st.st_mode);
    file->device = st.st_dev;
    file->inode = st.st_ino;
    file->changed = file->is_regular ? st.st_mtime : time(NULL);
    file->size = file->is_regular ? (int64_t)st.st_size : 0;
    return 0;
}

/* A pipe can be read once and stays open; of hundreds of rotated files one at a time is open. */
static int examine(struct logfiles *files, const char *path, struct err *err)
{
    size_t i = files->count++;
    struct logfile *file = &files->files[i];

    *file = (struct logfile){ .path = xstrdup(path), .is_stdin = strcmp(path, "-") == 0, .given = i };
    if (find_out(file, err) < 0)
        return -1;
    for (size_t k = 0; k < i; k++) {
        if (files->files[k].device == file->device && files->files[k].inode == file->inode)
            return err_set(err, "'%s' is given twice", path);
    }
    file->reader = reader_open(file, err);
    if (file->reader == NULL || find_first(file, err) < 0)
        return -1;
    if (file->is_regular && !file->is_stdin)
        reader_free(&file->reader);
    files->bytes_total = file->is_regular && files->bytes_total >= 0 ? files->bytes_total + file->size : -1;
    return 0;
}

static int compare_files(const void *left, const void *right)
{
    const struct logfile *a = left, *b = right;
    const int keys[][2] = {
        { a->first.year, b->first.year }, { a->first.month, b->first.month }, { a->first.day, b->first.day },
        { a->first.hour, b->first.hour }, { a->first.minute, b->first.minute }, { a->first.second, b->first.second },
    };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (keys[i][0] != keys[i][1])
            return keys[i][0] < keys[i][1] ? -1 : 1;
    }
    return a->given < b->given ? -1 : 1;
}

struct logfiles *logfiles_open(char *const *paths, size_t n, struct err *err)
{
    struct logfiles *files = xcalloc(1, sizeof(*files));

    files->files = xcalloc(n == 0 ? 1 : n, sizeof(*files->files));
    for (size_t i = 0; i < (n == 0 ? 1 : n); i++) {
        if (examine(files, n == 0 ? "-" : paths[i], err) < 0) {
            logfiles_close(&files);
            return NULL;
        }
    }
    qsort(files->files, files->count, sizeof(*files->files), compare_files);
    return files;
}

void logfiles_close(struct logfiles **files)
{
    if (*files == NULL)
        return;
    for (size_t i = 0; i < (*files)->count; i++) {
        reader_free(&(*files)->files[i].reader);
        free((*files)->files[i].path);
    }
    free((*files)->files);
    free(*files);
    *files = NULL;
}

/* --- all of them --------------------------------------------------------------------- */

int logfiles_next(struct logfiles *files, const char **line_r, size_t *len_r, struct err *err)
{
    while (files->at < files->count) {
        struct logfile *file = &files->files[files->at];
        if (file->reader == NULL)
            file->reader = reader_open(file, err);
        int rc = file->reader == NULL ? -1 : reader_next(file->reader, line_r, len_r, err);
        if (rc != 0)
            return rc;
        reader_free(&file->reader);
        files->bytes_done += file->size;
        files->month = 0;
        files->at++;
    }
    return 0;
}

int64_t logfiles_bytes_read(const struct logfiles *files)
{
    const struct reader *reader = files->at < files->count ? files->files[files->at].reader : NULL;

    return files->bytes_done + (reader == NULL ? 0 : (int64_t)gzoffset(reader->file));
}

int64_t logfiles_bytes_total(const struct logfiles *files)
{
    return files->bytes_total < 0 ? 0 : files->bytes_total;
}
