/*
 * lib/base/command.c, lib/depart/postconf.c, lib/audit/milterlist.c: what postconf prints, and who is who in a list of
 * milters.
 */
#include "config.h"

#include "lib/audit/milterlist.h"
#include "lib/base/clock.h"
#include "lib/base/command.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/depart/postconf.h"
#include "t/unit/unit.h"

#include <unistd.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#define RAW "compatibility_level = 3.6\nmail_version = 3.7.11\nmyhostname = mail.example.com\n" \
            "myorigin = $myhostname\nsmtp_helo_name = $myhostname\nsmtpd_banner = $myhostname ESMTP ${mail_name}\n" \
            "mail_name = Postfix\nodd = ${myhostname?{a}:{b}}\nloop = $loop$myhostname\nempty =\n"
#define EXPANDED "compatibility_level = 3.6\nmail_version = 3.7.11\nmyhostname = mail.example.com\n" \
                 "smtp_helo_name = mail.example.com\nodd = a\nempty =\n"

/* --- other programs ---------------------------------------------------------------------- */

START_TEST(runs_a_program)
{
    static const struct {
        const char *script, *output, *error;
        size_t max;
    } cases[] = {
        { "echo one; echo two >&2", "one\n", NULL, 100 },
        { "cat", "", NULL, 100 },
        { "printf %050d 1", NULL, "'/bin/sh' writes more than 49 bytes", 49 },
        { "yes", NULL, "'/bin/sh' writes more than 100000 bytes", 100000 },
        { "echo first >&2; printf 'last\\033\\n' >&2; exit 3", NULL, "'/bin/sh' ended with status 3: last\\x1b", 100 },
        { "kill -9 $$", NULL, "'/bin/sh' was ended by signal 9", 100 },
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        const char *argv[] = { "/bin/sh", "-c", cases[i].script, NULL };
        struct command command = { .argv = argv, .max_bytes = cases[i].max, .timeout_ms = 20000 };
        struct str output = STR_EMPTY;
        struct err err = { "" };
        int rc = command_run(&command, &output, &err);
        ck_assert_int_eq(rc, cases[i].error == NULL ? 0 : -1);
        if (cases[i].error != NULL)
            ck_assert_str_eq(err.text, cases[i].error);
        else
            ck_assert_str_eq(str_get(&output), cases[i].output);
        str_clear(&output);
    }
}
END_TEST

/* More than a pipe holds, to a program that reads it all, and to one that does not care. */
START_TEST(gives_it_its_input)
{
    static const char *const scripts[] = { "wc -c | tr -d ' '", "echo 300000" };
    char *input = xcalloc(300000, 1);

    for (size_t i = 0; i < LENGTH(scripts); i++) {
        const char *argv[] = { "/bin/sh", "-c", scripts[i], NULL };
        struct command command = { argv, 100, 20000, input, 300000 };
        struct str output = STR_EMPTY;
        struct err err = { "" };
        ck_assert_msg(command_run(&command, &output, &err) == 0, "%s", err.text);
        ck_assert_str_eq(str_get(&output), "300000\n");
        str_clear(&output);
    }
    free(input);
}
END_TEST

START_TEST(keeps_its_files_to_itself)
{
    const char *argv[] = { "/bin/sh", "-c", "test -e /proc/self/fd/77 && echo there || echo gone", NULL };
    struct command command = { .argv = argv, .max_bytes = 100, .timeout_ms = 20000 };
    struct str output = STR_EMPTY;
    struct err err = { "" };

    ck_assert_int_eq(dup2(STDOUT_FILENO, 77), 77);
    ck_assert_msg(command_run(&command, &output, &err) == 0, "%s", err.text);
    ck_assert_str_eq(str_get(&output), "gone\n");
    ck_assert_int_eq(close(77), 0);
    str_clear(&output);
}
END_TEST

/* A child of the child that holds the pipe is ended too, and so is one that goes on without a pipe. */
START_TEST(waits_no_longer)
{
    static const char *const scripts[] = { "sleep 100 & sleep 100", "exec >&- 2>&-; sleep 100" };

    for (size_t i = 0; i < LENGTH(scripts); i++) {
        const char *argv[] = { "/bin/sh", "-c", scripts[i], NULL };
        struct command command = { .argv = argv, .max_bytes = 100, .timeout_ms = 1000 };
        struct str output = STR_EMPTY;
        struct err err = { "" };
        int64_t start = clock_ms();
        ck_assert_int_eq(command_run(&command, &output, &err), -1);
        ck_assert_str_eq(err.text, "'/bin/sh' takes longer than 1 s");
        ck_assert_int_lt(clock_ms() - start, 15000);
        str_clear(&output);
    }
}
END_TEST

START_TEST(has_no_such_program)
{
    const char *argv[] = { "no-such-postconf", NULL };
    struct command command = { .argv = argv, .max_bytes = 100, .timeout_ms = 1000 };
    struct str output = STR_EMPTY;
    struct err err = { "" };

    ck_assert_int_eq(command_run(&command, &output, &err), -1);
    ck_assert_str_eq(err.text, "cannot run 'no-such-postconf': No such file or directory");
    str_clear(&output);
}
END_TEST

/* --- settings -------------------------------------------------------------------------------- */

static void parse(struct postconf *postconf, const char *services, const char *overrides)
{
    const char *texts[POSTCONF_QUESTIONS] = { RAW, EXPANDED, services, overrides };
    struct err err = { "" };

    ck_assert_msg(postconf_parse(texts, postconf, &err) == 0, "%s", err.text);
}

START_TEST(reads_settings_and_services)
{
    struct postconf postconf;

    parse(&postconf,
          "smtp       inet  n       -       y       -       -       smtpd\n"
          "127.0.0.1:10025 inet n   -       n       -       -       smtpd -o content_filter=\n"
          "news       unix  -       -       -       -       -       smtp -o myhostname=news.example.com\n"
          "broken line\n\n",
          "127.0.0.1:10025/inet/content_filter =\n"
          "news/unix/myhostname = news.example.com\n"
          "gone/unix/myhostname = x\n");
    ck_assert_uint_eq(postconf.n_services, 3);
    const struct postconf_service *smtp = &postconf.services[0], *back = &postconf.services[1];
    const struct postconf_service *news = &postconf.services[2];
    ck_assert_str_eq(smtp->command, "smtpd");
    ck_assert(smtp->is_chrooted && !back->is_chrooted && !news->is_chrooted);
    ck_assert(postconf_has_own(back, "content_filter") && !postconf_has_own(smtp, "content_filter"));
    ck_assert_str_eq(postconf_text(&postconf, NULL, "smtp_helo_name"), "mail.example.com");
    ck_assert_str_eq(postconf_text(&postconf, smtp, "smtp_helo_name"), "mail.example.com");
    ck_assert_str_eq(postconf_text(&postconf, news, "smtp_helo_name"), "news.example.com");
    ck_assert_str_eq(postconf_text(&postconf, news, "myorigin"), "news.example.com");
    ck_assert_str_eq(postconf_text(&postconf, news, "smtpd_banner"), "news.example.com ESMTP Postfix");
    /* What only Postfix can expand stays as it expanded it. */
    ck_assert_str_eq(postconf_text(&postconf, news, "odd"), "a");
    ck_assert(!postconf_has_own(news, "loop"));
    ck_assert_ptr_null(postconf_get(&postconf, NULL, "force_mime_input_conversion"));
    ck_assert_str_eq(postconf_get(&postconf, NULL, "empty"), "");
    postconf_clear(&postconf);
}
END_TEST

/* "-" in the column chroot was yes before Postfix 3.0, and is where it behaves as before. */
START_TEST(knows_the_standard_of_chroot)
{
    static const struct { const char *settings; bool is_chrooted; } cases[] = {
        { "mail_version = 3.7.11\ncompatibility_level = 3.6\n", false },
        { "mail_version = 3.7.11\ncompatibility_level = 0\n", true },
        { "mail_version = 2.11.3\n", true },
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        const char *texts[] = { cases[i].settings, cases[i].settings, "smtp inet n - - - - smtpd\n", "" };
        struct postconf postconf;
        struct err err = { "" };
        ck_assert_int_eq(postconf_parse(texts, &postconf, &err), 0);
        ck_assert_int_eq(postconf.services[0].is_chrooted, cases[i].is_chrooted);
        postconf_clear(&postconf);
    }
}
END_TEST

START_TEST(refuses_what_is_no_postconf)
{
    static const char *const outputs[] = { "", "hello\n", "=\n= x\n", "a = b\n" };

    for (size_t i = 0; i < LENGTH(outputs); i++) {
        const char *texts[] = { outputs[i], outputs[i], "", "" };
        struct postconf postconf;
        struct err err = { "" };
        ck_assert_int_eq(postconf_parse(texts, &postconf, &err), -1);
        ck_assert_str_eq(err.text, "postconf tells no settings of Postfix");
    }
    struct str many = STR_EMPTY;
    for (int i = 0; i <= POSTCONF_SETTINGS_MAX; i++)
        str_addf(&many, "s%d = x\n", i);
    const char *texts[] = { str_get(&many), "", "", "" };
    struct postconf postconf;
    struct err err = { "" };
    ck_assert_int_eq(postconf_parse(texts, &postconf, &err), -1);
    ck_assert_str_eq(err.text, "postconf tells more than 20000 settings");
    str_clear(&many);
}
END_TEST

START_TEST(reads_lists)
{
    struct postconf_words words = { " unix:/a , inet:h:1\t{ inet:h:2, default_action=accept }, {}" };
    static const char *const want[] = { "unix:/a", "inet:h:1", "inet:h:2, default_action=accept", "" };

    for (size_t i = 0; i < LENGTH(want); i++) {
        char *word = postconf_next_word(&words);
        ck_assert_str_eq(word, want[i]);
        free(word);
    }
    ck_assert_ptr_null(postconf_next_word(&words));
    ck_assert(postconf_has_word("notify, Bounce", "bounce"));
    ck_assert(!postconf_has_word("notify, bounces", "bounce"));
    ck_assert(!postconf_has_word("", "bounce"));
    words = (struct postconf_words){ "{ open" };
    char *word = postconf_next_word(&words);
    ck_assert_str_eq(word, "{ open");
    free(word);
}
END_TEST

/* --- which milter is ours --------------------------------------------------------------------- */

#define QUEUE "/var/spool/postfix"

static const struct {
    const char *socket, *address;
    bool is_chrooted;
    enum milter_kind want;
} addresses[] = {
    { "local:/run/preflight/p.sock", "unix:/run/preflight/p.sock", false, MILTER_OURS },
    { "local:/run/preflight/p.sock", "unix:/var/run/preflight//p.sock", false, MILTER_OURS },
    { "local:/run/preflight/p.sock", "local:/run/preflight/p.sock", false, MILTER_OURS },
    { "local:/run/preflight/p.sock", "unix:/run/preflight/p.sock", true, MILTER_UNREACHABLE },
    { "local:" QUEUE "/preflight/p.sock", "unix:preflight/p.sock", true, MILTER_OURS },
    { "local:" QUEUE "/preflight/p.sock", "unix:preflight/p.sock", false, MILTER_OURS },
    { "local:" QUEUE "/preflight/p.sock", "unix:/preflight/p.sock", true, MILTER_OURS },
    { "local:" QUEUE "/preflight/p.sock", "unix:/preflight/p.sock", false, MILTER_UNREACHABLE },
    { "local:" QUEUE "/preflight/p.sock", "unix:" QUEUE "/preflight/p.sock", false, MILTER_OURS },
    { "local:/run/preflight/p.sock", "unix:/srv/p.sock", false, MILTER_MAYBE_OURS },
    { "local:/run/preflight/p.sock", "unix:/run/opendkim/o.sock", false, MILTER_OTHER },
    { "local:/run/preflight/p.sock", "inet:localhost:8895", false, MILTER_OTHER },
    { "inet:8895@localhost", "inet:127.0.0.1:8895", true, MILTER_OURS },
    { "inet:8895@127.0.0.1", "inet:localhost:8895", false, MILTER_OURS },
    { "inet6:8895@::1", "inet:[::1]:8895", false, MILTER_OURS },
    { "inet:8895", "inet:localhost:8895", false, MILTER_OURS },
    { "inet:8895@0.0.0.0", "inet:localhost:8895", false, MILTER_OURS },
    { "inet:8895", "inet:mta1.example.com:8895", false, MILTER_MAYBE_OURS },
    { "inet:8895@mx.example.com", "inet:MX.example.com:8895", false, MILTER_OURS },
    { "inet:8895@localhost", "inet:localhost:8891", false, MILTER_OTHER },
    { "inet:8895@localhost", "inet:localhost:88950", false, MILTER_OTHER },
    { "inet:8895@localhost", "unix:/run/preflight/p.sock", false, MILTER_OTHER },
    { "inet:8895@localhost", "inet:", false, MILTER_OTHER },
    { "inet:8895@localhost", "nonsense", false, MILTER_OTHER },
};

START_TEST(knows_its_own_socket)
{
    static const char *const queues[] = { QUEUE, QUEUE "/", QUEUE "//", "//var/spool//postfix" };

    for (size_t i = 0; i < LENGTH(queues); i++) {
        struct milter_place place = { addresses[_i].socket, queues[i], addresses[_i].is_chrooted };
        struct milterlist list;
        milterlist_parse(addresses[_i].address, &place, &list);
        ck_assert_uint_eq(list.count, 1);
        ck_assert_msg(list.items[0].kind == addresses[_i].want, "%s in %s: %d", addresses[_i].address, queues[i],
                      list.items[0].kind);
        milterlist_clear(&list);
    }
}
END_TEST

START_TEST(reads_a_list_of_milters)
{
    struct milter_place place = { "inet:8895@localhost", QUEUE, false };
    struct milterlist list;
    struct str many = STR_EMPTY;

    milterlist_parse("unix:opendkim/o.sock, { inet:localhost:8895, connect_timeout=3s, default_action=accept }, {}",
                     &place, &list);
    ck_assert_uint_eq(list.count, 2);
    ck_assert_str_eq(list.items[1].address, "inet:localhost:8895");
    ck_assert_str_eq(list.items[1].default_action, "accept");
    ck_assert_ptr_null(list.items[0].default_action);
    ck_assert(milter_is_signer(&list.items[0]) && !milter_is_signer(&list.items[1]));
    ck_assert_int_eq(milterlist_last(&list, MILTER_OURS), 1);
    ck_assert_int_eq(milterlist_last(&list, MILTER_MAYBE_OURS), -1);
    milterlist_clear(&list);
    for (int i = 0; i < 3 * MILTERLIST_MAX; i++)
        str_add(&many, "unix:x ");
    milterlist_parse(str_get(&many), &place, &list);
    ck_assert_uint_eq(list.count, MILTERLIST_MAX);
    milterlist_clear(&list);
    str_clear(&many);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("postconf");
    TCase *tc = tcase_create("postconf");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, runs_a_program);
    tcase_add_test(tc, gives_it_its_input);
    tcase_add_test(tc, keeps_its_files_to_itself);
    tcase_add_test(tc, waits_no_longer);
    tcase_add_test(tc, has_no_such_program);
    tcase_add_test(tc, reads_settings_and_services);
    tcase_add_test(tc, knows_the_standard_of_chroot);
    tcase_add_test(tc, refuses_what_is_no_postconf);
    tcase_add_test(tc, reads_lists);
    tcase_add_loop_test(tc, knows_its_own_socket, 0, (int)LENGTH(addresses));
    tcase_add_test(tc, reads_a_list_of_milters);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
