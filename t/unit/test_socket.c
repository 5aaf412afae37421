/*
 * milter/socket: stale sockets go, living ones and other files stay.
 */
#include "config.h"

#include "lib/base/err.h"
#include "milter/socket.h"
#include "t/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char dir[] = "/tmp/preflight-socket-XXXXXX";
static char path[100], spec[500];
static int listener;

/* What libmilter does: binds and listens under the name it is given. */
static int open_like_libmilter(const char *conn)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    ck_assert_int_eq(strncmp(conn, "local:", 6), 0);
    ck_assert_ptr_null(strchr(conn, '/'));
    snprintf(sun.sun_path, sizeof(sun.sun_path), "%.100s", conn + 6);
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_ge(listener, 0);
    return bind(listener, (const struct sockaddr *)&sun, sizeof(sun)) == 0 && listen(listener, 5) == 0 ? 0 : -1;
}

static int refuse(const char *conn)
{
    (void)conn;
    errno = EADDRINUSE;
    return -1;
}

static struct milter_socket *open_at(const char *where, struct err *err)
{
    snprintf(spec, sizeof(spec), "local:%s", where);
    return socket_open(spec, 0640, (uid_t)-1, (gid_t)-1, open_like_libmilter, err);
}

static void set_up(void)
{
    strcpy(dir, "/tmp/preflight-socket-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/sock", dir);
    listener = -1;
}

static void tear_down(void)
{
    if (listener >= 0)
        close(listener);
    ck_assert(unlink(path) == 0 || errno == ENOENT);
    ck_assert_int_eq(rmdir(dir), 0);
}

START_TEST(opens_and_withdraws)
{
    struct err err;
    struct stat st;
    char before[4096], after[4096];

    ck_assert_ptr_nonnull(getcwd(before, sizeof(before)));
    struct milter_socket *s = open_at(path, &err);
    ck_assert_msg(s != NULL, "%s", err.text);
    ck_assert_ptr_nonnull(getcwd(after, sizeof(after)));
    ck_assert_str_eq(before, after);
    ck_assert_int_eq(lstat(path, &st), 0);
    ck_assert(S_ISSOCK(st.st_mode));
    ck_assert_int_eq(st.st_mode & 07777, 0640);
    socket_withdraw(s);
    ck_assert_int_eq(lstat(path, &st), -1);
    socket_free(&s);
    ck_assert_ptr_null(s);
}
END_TEST

START_TEST(replaces_a_stale_socket)
{
    struct err err;
    struct milter_socket *s = open_at(path, &err);
    ck_assert_ptr_nonnull(s);
    close(listener);                        /* as if killed: nobody listens, the file is there */
    struct milter_socket *next = open_at(path, &err);
    ck_assert_msg(next != NULL, "%s", err.text);
    socket_free(&next);
    ck_assert_int_eq(access(path, F_OK), -1);
    socket_free(&s);
}
END_TEST

START_TEST(leaves_the_socket_of_a_successor)
{
    struct err err;
    struct milter_socket *s = open_at(path, &err);
    ck_assert_ptr_nonnull(s);
    int ours = listener;
    ck_assert_int_eq(unlink(path), 0);
    struct milter_socket *next = open_at(path, &err);
    ck_assert_msg(next != NULL, "%s", err.text);
    socket_free(&s);
    ck_assert_int_eq(access(path, F_OK), 0);
    close(ours);
    socket_free(&next);
    ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(leaves_a_living_socket)
{
    struct err err;
    struct milter_socket *s = open_at(path, &err);
    ck_assert_ptr_nonnull(s);
    ck_assert_ptr_null(open_at(path, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "another process listens there"));
    ck_assert_ptr_nonnull(strstr(err.text, spec));
    ck_assert_int_eq(access(path, F_OK), 0);
    socket_free(&s);
}
END_TEST

START_TEST(leaves_what_is_no_socket)
{
    struct err err;
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert_ptr_null(open_at(path, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "is not a socket"));
    ck_assert_int_eq(unlink(path), 0);

    ck_assert_int_eq(symlink("/nonexistent", path), 0);
    ck_assert_ptr_null(open_at(path, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "is not a socket"));
}
END_TEST

START_TEST(says_what_is_wrong)
{
    struct err err;
    char where[200];

    snprintf(where, sizeof(where), "%s/none/sock", dir);
    ck_assert_ptr_null(open_at(where, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "/none': No such file or directory"));
    ck_assert_ptr_null(open_at("", &err));
    ck_assert_ptr_null(open_at("/", &err));

    ck_assert_ptr_null(socket_open("inet:8891@127.0.0.1", 0660, (uid_t)-1, (gid_t)-1, refuse, &err));
    ck_assert_str_eq(err.text, "socket 'inet:8891@127.0.0.1': cannot open it: Address already in use");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("socket");
    TCase *tc = tcase_create("socket");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, opens_and_withdraws);
    tcase_add_test(tc, replaces_a_stale_socket);
    tcase_add_test(tc, leaves_the_socket_of_a_successor);
    tcase_add_test(tc, leaves_a_living_socket);
    tcase_add_test(tc, leaves_what_is_no_socket);
    tcase_add_test(tc, says_what_is_wrong);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
