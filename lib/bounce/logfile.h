/*
 * The lines of several log files, oldest file first: plain, gzip, or standard input, in any order given.
 * The order is that of each file's first time stamp.  A stamp without a year has the newest one that is not after the
 * file's last change; within a file the year goes on from December to January.  Not shared between threads.
 */
#ifndef PREFLIGHT_BOUNCE_LOGFILE_H
#define PREFLIGHT_BOUNCE_LOGFILE_H

#include <stddef.h>
#include <stdint.h>

#define LOGFILE_LINE_MAX 65536      /* bytes; what is longer is cut */

struct err;
struct logfiles;
struct maillog_time;

/*
 * paths: "-" is standard input; none is standard input, too.
 * NULL with err where one cannot be read, is compressed in a way that is not read here, is given twice or is no log.
 */
struct logfiles *logfiles_open(char *const *paths, size_t n, struct err *err);
void logfiles_close(struct logfiles **files);

/* 1: a line without its end, borrowed until the next call; 0: there are no more; -1 with err. */
int logfiles_next(struct logfiles *files, const char **line_r, size_t *len_r, struct err *err);

/* Puts the year into the time of the line that was read last, where it says none. */
void logfiles_date(struct logfiles *files, struct maillog_time *time);

/* Bytes as they are on disk. */
int64_t logfiles_bytes_read(const struct logfiles *files);
int64_t logfiles_bytes_total(const struct logfiles *files);    /* 0 where that is not known */

#endif
