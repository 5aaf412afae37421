/*
 * Keeps what traffic has shown; see keeper.h.
 */
#include "config.h"

#include "milter/keeper.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/config/options.h"
#include "lib/state/seen.h"
#include "lib/state/statefile.h"
#include "milter/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>

#define BATCH_MS 5000           /* between two batches, and two tries */

enum state { STATE_NEW, STATE_GOOD, STATE_ABSENT, STATE_BROKEN };

struct keeper {
    struct statefile *file;     /* NULL while not open */
    char *directory;            /* of file, or of the last try */
    enum state state;
    bool is_next;               /* next_ms counts */
    int64_t next_ms;
};

struct keeper *keeper_new(void)
{
    return xcalloc(1, sizeof(struct keeper));
}

void keeper_free(struct keeper **keeper)
{
    if (*keeper == NULL)
        return;
    statefile_close(&(*keeper)->file);
    free((*keeper)->directory);
    free(*keeper);
    *keeper = NULL;
}

int64_t keeper_due(const struct keeper *keeper, bool has_changes, int64_t now_ms)
{
    if (!has_changes && keeper->state != STATE_NEW && keeper->state != STATE_BROKEN)
        return -1;
    return !keeper->is_next || keeper->next_ms <= now_ms ? 0 : keeper->next_ms - now_ms;
}

/* A reload may name another directory: the state of the last one is of no interest any more. */
static void choose(struct keeper *keeper, const char *directory)
{
    if (keeper->directory != NULL && strcmp(keeper->directory, directory) == 0)
        return;
    statefile_close(&keeper->file);
    free(keeper->directory);
    keeper->directory = xstrdup(directory);
    keeper->state = STATE_NEW;
}

static void complain(struct keeper *keeper, const struct err *err)
{
    statefile_close(&keeper->file);
    if (keeper->state != STATE_BROKEN)
        log_line(LOG_WARNING, "state: %s; what traffic shows is kept in memory until it can be", err->text);
    keeper->state = STATE_BROKEN;
}

/* The standard one need not be there: who wants to keep something makes it. */
static bool is_absent(const char *directory)
{
    const struct option *option = option_find("", "state_directory");
    size_t len = strlen(directory);
    struct stat st;

    bool is_standard = strlen(option->standard) == len + 2 && strncmp(option->standard + 1, directory, len) == 0;
    return is_standard && stat(directory, &st) != 0 && errno == ENOENT;
}

/* Opens the file and reads what is in it.  False where there is none to write to. */
static bool open_file(struct keeper *keeper, struct seen *seen)
{
    struct seen_rows rows;
    struct err err;

    if (keeper->directory[0] == '\0' || is_absent(keeper->directory)) {
        if (keeper->state == STATE_NEW && keeper->directory[0] != '\0')
            log_line(LOG_INFO, "state: there is no %s: what traffic shows is kept in memory only", keeper->directory);
        keeper->state = STATE_ABSENT;
        return false;
    }
    keeper->file = statefile_open(keeper->directory, &err);
    if (keeper->file == NULL || statefile_read(keeper->file, NULL, time(NULL), &rows, &err) != 0) {
        complain(keeper, &err);
        return false;
    }
    seen_restore(seen, &rows);
    seen_rows_clear(&rows);
    return true;
}

bool keeper_run(struct keeper *keeper, const char *directory, struct seen *seen, int64_t now_ms)
{
    struct seen_rows rows;
    struct err err;

    keeper->is_next = true;
    keeper->next_ms = now_ms + BATCH_MS;
    choose(keeper, directory);
    bool is_opened = keeper->file == NULL;
    if (is_opened && !open_file(keeper, seen))
        return false;
    seen_changes(seen, is_opened, &rows);
    if (statefile_write(keeper->file, &rows, time(NULL), &err) != 0) {
        complain(keeper, &err);
    } else {
        if (keeper->state == STATE_BROKEN)
            log_line(LOG_INFO, "state: %s is written again", keeper->directory);
        keeper->state = STATE_GOOD;
    }
    seen_rows_clear(&rows);
    return is_opened;
}
