/*
 * A whole file in memory; see wholefile.h.
 */
#include "config.h"

#include "lib/base/wholefile.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void fail(struct err *err, const char *what, const char *path)
{
    char buffer[128], *text = xstrdup(strerror_r(errno, buffer, sizeof(buffer)));

    ascii_lower(text);
    err_set(err, "cannot %s '%s': %s", what, path, text);
    free(text);
}

/* What became longer meanwhile is cut, what became shorter is what there is. */
static char *read_all(int fd, size_t size, size_t *len_r)
{
    char *text = xmalloc(size + 1);
    ssize_t n = 0;

    *len_r = 0;
    while (*len_r < size && (n = read(fd, text + *len_r, size - *len_r)) > 0)
        *len_r += (size_t)n;
    text[*len_r] = '\0';
    if (n >= 0)
        return text;
    explicit_bzero(text, *len_r);
    free(text);
    return NULL;
}

/* Opening without O_NONBLOCK would wait for whoever writes to a pipe. */
char *wholefile_read(const char *path, size_t max, size_t *len_r, struct stat *st_r, struct err *err)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat st;
    char *text = NULL;

    if (fd < 0 || fstat(fd, &st) < 0) {
        fail(err, "open", path);
    } else if (!S_ISREG(st.st_mode)) {
        err_set(err, "'%s' is not a regular file", path);
    } else if ((uintmax_t)st.st_size > max) {
        err_set(err, "'%s' is larger than %zu bytes", path, max);
    } else {
        text = read_all(fd, (size_t)st.st_size, len_r);
        if (text == NULL)
            fail(err, "read", path);
    }
    if (st_r != NULL && text != NULL)
        *st_r = st;
    if (fd >= 0)
        close(fd);
    return text;
}
