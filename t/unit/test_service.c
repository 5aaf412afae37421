/*
 * milter/service: what a stop waits for.
 */
#include "config.h"

#include "lib/base/clock.h"
#include "milter/service.h"
#include "t/unit/unit.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

START_TEST(drains_what_is_in_hand)
{
    struct service *s = service_new();
    ck_assert(service_begin(s));
    ck_assert(service_begin(s));
    service_done(s);
    ck_assert_int_eq(service_drain(s, 0), 1);
    ck_assert(!service_begin(s));           /* none begins any more */
    service_done(s);
    ck_assert_int_eq(service_drain(s, 60000), 0);
    service_free(&s);
}
END_TEST

START_TEST(keeps_its_deadline)
{
    struct service *s = service_new();
    ck_assert(service_begin(s));
    int64_t before = clock_ms();
    ck_assert_int_eq(service_drain(s, 50), 1);
    int64_t waited = clock_ms() - before;
    ck_assert_msg(waited >= 50 && waited < 5000, "%lld ms", (long long)waited);
    service_done(s);
    service_free(&s);
}
END_TEST

START_TEST(lets_callbacks_in_while_it_drains)
{
    struct service *s = service_new();
    ck_assert_int_eq(service_drain(s, 0), 0);
    ck_assert(service_enter(s));
    ck_assert(!service_close(s, 0));
    ck_assert(!service_enter(s));
    service_leave(s);
    ck_assert(service_close(s, 60000));
    service_free(&s);
}
END_TEST

static atomic_int finished;

static void *transactions(void *arg)
{
    while (service_enter(arg)) {
        if (service_begin(arg)) {
            atomic_fetch_add(&finished, 1);
            service_done(arg);
        }
        service_leave(arg);
    }
    return NULL;
}

START_TEST(is_quiet_once_closed)
{
    struct service *s = service_new();
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, transactions, s), 0);
    while (atomic_load(&finished) < 1000)
        sched_yield();
    ck_assert_int_eq(service_drain(s, 60000), 0);
    int at_drain = atomic_load(&finished);
    ck_assert(service_close(s, 60000));
    ck_assert_int_eq(atomic_load(&finished), at_drain);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    service_free(&s);
}
END_TEST

START_TEST(keeps_the_sessions)
{
    struct service *s = service_new();
    struct service_link a, b, c;
    ck_assert_ptr_null(service_first(s));
    service_add(s, &a);
    service_add(s, &b);
    service_add(s, &c);
    service_remove(s, &b);
    ck_assert_ptr_eq(service_first(s), &a);
    service_remove(s, &a);
    ck_assert_ptr_eq(service_first(s), &c);
    service_remove(s, &c);
    ck_assert_ptr_null(service_first(s));
    service_free(&s);
    ck_assert_ptr_null(s);
    service_free(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("service");
    TCase *tc = tcase_create("service");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, drains_what_is_in_hand);
    tcase_add_test(tc, keeps_its_deadline);
    tcase_add_test(tc, lets_callbacks_in_while_it_drains);
    tcase_add_test(tc, is_quiet_once_closed);
    tcase_add_test(tc, keeps_the_sessions);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
