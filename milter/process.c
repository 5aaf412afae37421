/*
 * The daemon as a process; see process.h.
 */
#include "config.h"

#include "milter/process.h"
#include "lib/base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The parent: an end of file without a byte means that the child has failed and said why. */
static void wait_for_child(pid_t child, int fd)
{
    char byte;
    int status;
    ssize_t n;

    do {
        n = read(fd, &byte, 1);
    } while (n < 0 && errno == EINTR);
    if (n == 1)
        _exit(EXIT_SUCCESS);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    _exit(WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : EXIT_FAILURE);
}

int process_daemonise(int *ready_r, struct err *err)
{
    int fds[2];
    closefrom(STDERR_FILENO + 1);   /* whoever started us may wait for the end of a pipe we inherited */
    if (pipe2(fds, O_CLOEXEC) != 0)
        return err_set(err, "cannot make a pipe: %s", strerror(errno));
    pid_t child = fork();
    if (child < 0)
        return err_set(err, "cannot fork: %s", strerror(errno));
    if (child > 0) {
        close(fds[1]);
        wait_for_child(child, fds[0]);
    }
    close(fds[0]);
    *ready_r = fds[1];
    if (setsid() < 0)
        return err_set(err, "cannot start a session: %s", strerror(errno));
    return 0;
}

int process_detach(int ready, struct err *err)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return err_set(err, "cannot open '/dev/null': %s", strerror(errno));
    for (int fd = 0; fd <= 2; fd++) {
        if (dup2(null, fd) < 0)
            return err_set(err, "cannot let go of the terminal: %s", strerror(errno));
    }
    if (null > 2)
        close(null);
    if (chdir("/") != 0)
        return err_set(err, "cannot change to '/': %s", strerror(errno));
    if (write(ready, "", 1) != 1)
        return err_set(err, "cannot tell the parent process: %s", strerror(errno));
    close(ready);
    return 0;
}

int process_raise_limits(struct err *err)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return err_set(err, "cannot read the limit of open files: %s", strerror(errno));
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return err_set(err, "cannot raise the limit of open files: %s", strerror(errno));
    return 0;
}

int process_write_pid(const char *path, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return err_set(err, "cannot open the pid file '%s': %s", path, strerror(errno));
    int written = dprintf(fd, "%ld\n", (long)getpid());
    int saved = errno;
    if (close(fd) != 0 || written < 0)
        return err_set(err, "cannot write the pid file '%s': %s", path, strerror(written < 0 ? saved : errno));
    return 0;
}

void process_remove_pid(const char *path)
{
    long pid = 0;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return;
    if (fscanf(file, "%ld", &pid) == 1 && pid == (long)getpid() && unlink(path) != 0)
        pid = 0;    /* a root's directory: the stale file is overwritten at the next start */
    fclose(file);
}
