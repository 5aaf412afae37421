/*
 * milter/signals: every signal reaches the main thread, though libmilter would like them.
 */
#include "config.h"

#include "lib/base/err.h"
#include "milter/callbacks.h"
#include "milter/service.h"
#include "milter/signals.h"
#include "milter/socket.h"
#include "t/unit/unit.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 500

static void *listen_for_mta(void *arg)
{
    (void)arg;
    callbacks_run();
    signals_post(EVENT_ENDED);
    return NULL;
}

/* Two signals at once: the second finds the main thread not yet awake. */
static void send_signals(int go)
{
    char byte;
    while (read(go, &byte, 1) == 1) {
        if (kill(getppid(), SIGHUP) != 0 || kill(getppid(), SIGTERM) != 0)
            _exit(1);
    }
    _exit(0);
}

START_TEST(no_signal_is_lost_to_libmilter)
{
    char dir[] = "/tmp/preflight-signals-XXXXXX", spec[100];
    struct err err = { "" };
    int go[2], status;
    pthread_t listener;

    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(spec, sizeof(spec), "local:%s/sock", dir);
    ck_assert_int_eq(pipe(go), 0);
    pid_t sender = fork();
    ck_assert_int_ge(sender, 0);
    if (sender == 0) {
        close(go[1]);
        send_signals(go[0]);
    }
    ck_assert_int_eq(signals_init(&err), 0);
    ck_assert_int_eq(callbacks_register(service_new(), &err), 0);
    struct milter_socket *s = socket_open(spec, 0600, (uid_t)-1, (gid_t)-1, callbacks_open, &err);
    ck_assert_msg(s != NULL, "%s", err.text);
    ck_assert_int_eq(pthread_create(&listener, NULL, listen_for_mta, NULL), 0);
    ck_assert_int_eq(pthread_detach(listener), 0);

    for (int i = 0; i < ROUNDS; i++) {
        ck_assert_int_eq(write(go[1], "", 1), 1);
        enum event one = signals_wait();
        ck_assert_msg(one != EVENT_ENDED, "libmilter took a signal in round %d", i);
        enum event other = signals_wait();
        ck_assert_msg(other != EVENT_ENDED, "libmilter took a signal in round %d", i);
        ck_assert_int_eq(one + other, EVENT_RELOAD + EVENT_STOP);
    }
    close(go[1]);
    ck_assert_int_eq(waitpid(sender, &status, 0), sender);
    ck_assert_int_eq(status, 0);
    socket_free(&s);
    ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("signals");
    TCase *tc = tcase_create("signals");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, no_signal_is_lost_to_libmilter);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
