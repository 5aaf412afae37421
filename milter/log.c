/*
 * Where the daemon's lines go; see log.h.
 */
#include "config.h"

#include "milter/log.h"
#include "lib/base/mem.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define NAME "preflight-milter"

enum target { TARGET_STDERR, TARGET_JOURNAL, TARGET_SYSLOG };

static atomic_int target = TARGET_STDERR;

static const struct { const char *name; int facility; } facilities[] = {
    { "auth", LOG_AUTH }, { "authpriv", LOG_AUTHPRIV }, { "cron", LOG_CRON }, { "daemon", LOG_DAEMON },
    { "ftp", LOG_FTP }, { "kern", LOG_KERN }, { "lpr", LOG_LPR }, { "mail", LOG_MAIL }, { "news", LOG_NEWS },
    { "syslog", LOG_SYSLOG }, { "user", LOG_USER }, { "uucp", LOG_UUCP },
    { "local0", LOG_LOCAL0 }, { "local1", LOG_LOCAL1 }, { "local2", LOG_LOCAL2 }, { "local3", LOG_LOCAL3 },
    { "local4", LOG_LOCAL4 }, { "local5", LOG_LOCAL5 }, { "local6", LOG_LOCAL6 }, { "local7", LOG_LOCAL7 },
};

static int facility_of(const char *name)
{
    for (size_t i = 0; i < sizeof(facilities) / sizeof(facilities[0]); i++) {
        if (strcmp(facilities[i].name, name) == 0)
            return facilities[i].facility;
    }
    return LOG_MAIL;
}

/* systemd.exec(5): JOURNAL_STREAM is "device:inode" of the socket that leads to the journal. */
static bool is_journal(int fd)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat st;
    char own[64];

    if (stream == NULL || fstat(fd, &st) != 0)
        return false;
    snprintf(own, sizeof(own), "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
    return strcmp(stream, own) == 0;
}

void log_open(bool is_stderr, const char *facility)
{
    /* Also when lines go to standard error: libmilter calls syslog(3) by itself. */
    openlog(NAME, LOG_PID, facility_of(facility));
    if (!is_stderr)
        atomic_store(&target, TARGET_SYSLOG);
    else
        atomic_store(&target, is_journal(STDERR_FILENO) ? TARGET_JOURNAL : TARGET_STDERR);
}

void log_line(int level, const char *fmt, ...)
{
    va_list ap;
    char *text = NULL;

    va_start(ap, fmt);
    int n = vasprintf(&text, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;

    int to = atomic_load(&target);
    if (to == TARGET_SYSLOG) {
        syslog(level, "%s", text);
    } else {
        /* One write per line, so that lines of several threads do not mix.  The journal adds name and time itself. */
        char *line = to == TARGET_JOURNAL ? xasprintf("<%d>%s\n", level, text)
                                          : xasprintf(NAME "[%ld]: %s\n", (long)getpid(), text);
        ssize_t written = write(STDERR_FILENO, line, strlen(line));
        (void)written;      /* there is nowhere left to complain */
        free(line);
    }
    free(text);
}
