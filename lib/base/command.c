/*
 * Another program's output; see command.h.
 */
#include "config.h"

#include "lib/base/command.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/span.h"
#include "lib/base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define COMPLAINT_MAX 2048      /* bytes kept of its standard error: the last ones */
#define COMPLAINT_SHOWN 300

extern char **environ;

struct pipes {
    int read[2];                /* ours: of its standard output and standard error; -1 once they ended */
    int write[2];               /* its own */
    int end;                    /* readable once it has ended; -1 from then on, or where the kernel has no such thing */
};

static void close_all(int *fds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
        fds[i] = -1;
    }
}

/*
 * In memory and not through a pipe: the program may read it when and as far as it likes, and nobody has to feed it.
 * -1 with err.
 */
static int open_input(const struct command *command, struct err *err)
{
    const char *rest = command->input;
    size_t left = command->input == NULL ? 0 : command->input_len;
    int fd = memfd_create("input", MFD_CLOEXEC);

    while (fd >= 0 && left > 0) {
        ssize_t n = write(fd, rest, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        rest += n;
        left -= (size_t)n;
    }
    if (fd >= 0 && left == 0 && lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    err_set(err, "cannot keep the input of '%s' in memory: %s", command->argv[0], strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static int open_pipes(struct pipes *pipes, struct err *err)
{
    *pipes = (struct pipes){ { -1, -1 }, { -1, -1 }, -1 };
    for (int i = 0; i < 2; i++) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) < 0) {
            err_set(err, "cannot make a pipe: %s", strerror(errno));
            close_all(pipes->read, 2);
            close_all(pipes->write, 2);
            return -1;
        }
        pipes->read[i] = ends[0];
        pipes->write[i] = ends[1];
    }
    return 0;
}

/*
 * In a process group of its own, so that nothing it starts outlives it, with signals as a program expects them, and
 * without our files: libmilter's connections would stay open as long as it runs.
 */
static int start(const struct command *command, int input, const struct pipes *pipes, pid_t *pid_r)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, usual;

    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, pipes->write[0], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, pipes->write[1], STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    int rc = posix_spawnp(pid_r, command->argv[0], &actions, &attributes, (char *const *)(uintptr_t)command->argv,
                          environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

static void keep_end(struct str *text, size_t max)
{
    if (text->len <= max)
        return;
    memmove(text->data, text->data + text->len - max, max);
    text->len = max;
    text->data[max] = '\0';
}

/* What is there to read on one of the pipes; false where it ended. */
static bool take(int fd, struct str *text)
{
    char chunk[16384];
    ssize_t n = read(fd, chunk, sizeof(chunk));

    if (n > 0)
        str_addn(text, chunk, (size_t)n);
    return n > 0 || (n < 0 && errno == EINTR);
}

/* Until its output and itself have ended. */
static int collect(const struct command *command, struct pipes *pipes, struct str *output, struct str *complaint,
                   struct err *err)
{
    int64_t deadline = clock_ms() + command->timeout_ms;
    struct str *const texts[2] = { output, complaint };
    size_t before = output->len;

    while (pipes->read[0] >= 0 || pipes->read[1] >= 0 || pipes->end >= 0) {
        struct pollfd ready[3] = {
            { pipes->read[0], POLLIN, 0 }, { pipes->read[1], POLLIN, 0 }, { pipes->end, POLLIN, 0 },
        };
        int64_t left = deadline - clock_ms();
        if (left <= 0)
            return err_set(err, "'%s' takes longer than %d s", command->argv[0], (command->timeout_ms + 999) / 1000);
        if (poll(ready, 3, (int)left) < 0 && errno != EINTR)
            return err_set(err, "cannot wait for '%s': %s", command->argv[0], strerror(errno));
        for (int i = 0; i < 2; i++) {
            if (ready[i].revents != 0 && !take(ready[i].fd, texts[i]))
                close_all(&pipes->read[i], 1);
        }
        if (ready[2].revents != 0)
            close_all(&pipes->end, 1);
        keep_end(complaint, COMPLAINT_MAX);
        if (output->len - before > command->max_bytes)
            return err_set(err, "'%s' writes more than %zu bytes", command->argv[0], command->max_bytes);
    }
    return 0;
}

/* The last line that it wrote on standard error. */
static void add_complaint(struct str *text, const struct str *complaint)
{
    const char *line = str_get(complaint);
    size_t len = complaint->len;

    while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == ' '))
        len--;
    size_t start_at = len;
    while (start_at > 0 && line[start_at - 1] != '\n')
        start_at--;
    if (len == start_at)
        return;
    struct str last = STR_EMPTY;
    str_addn(&last, line + start_at, len - start_at);
    str_add(text, ": ");
    str_add_escaped(text, str_get(&last), COMPLAINT_SHOWN, false);
    str_clear(&last);
}

static int finish(const struct command *command, pid_t pid, const struct str *complaint, struct err *err)
{
    struct str text = STR_EMPTY;
    int status = 0;

    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    if (WIFSIGNALED(status))
        str_addf(&text, "'%s' was ended by signal %d", command->argv[0], WTERMSIG(status));
    else
        str_addf(&text, "'%s' ended with status %d", command->argv[0], WEXITSTATUS(status));
    add_complaint(&text, complaint);
    err_set(err, "%s", str_get(&text));
    str_clear(&text);
    return -1;
}

int command_run(const struct command *command, struct str *output, struct err *err)
{
    struct str complaint = STR_EMPTY;
    struct pipes pipes;
    pid_t pid;

    int input = open_input(command, err);
    if (input < 0)
        return -1;
    if (open_pipes(&pipes, err) < 0) {
        close(input);
        return -1;
    }
    int failure = start(command, input, &pipes, &pid);
    close(input);
    close_all(pipes.write, 2);
    if (failure != 0) {
        close_all(pipes.read, 2);
        return err_set(err, "cannot run '%s': %s", command->argv[0], strerror(failure));
    }
    pipes.end = (int)syscall(SYS_pidfd_open, pid, 0);
    int rc = collect(command, &pipes, output, &complaint, err);
    close_all(pipes.read, 2);
    close_all(&pipes.end, 1);
    if (rc < 0)
        kill(-pid, SIGKILL);
    if (finish(command, pid, &complaint, rc < 0 ? NULL : err) < 0)
        rc = -1;
    str_clear(&complaint);
    return rc;
}

static bool is_program(const char *file)
{
    return access(file, X_OK) == 0;
}

char *command_find(const char *name)
{
    static const char *const places[] = { "/usr/sbin", "/usr/local/sbin" };
    const char *path = getenv("PATH");
    struct span rest = { path, path == NULL ? 0 : strlen(path) };
    struct span directory;

    while (rest.len > 0) {
        if (!span_cut(&rest, ':', &directory)) {
            directory = rest;
            rest.len = 0;
        }
        char *file = xasprintf("%.*s/%s", (int)directory.len, directory.at, name);
        bool is_there = directory.len > 0 && is_program(file);
        free(file);
        if (is_there)
            return xstrdup(name);
    }
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        char *file = xasprintf("%s/%s", places[i], name);
        if (is_program(file))
            return file;
        free(file);
    }
    return xstrdup(name);
}
