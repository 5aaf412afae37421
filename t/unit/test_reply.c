/*
 * lib/judge/reply, replyload, replytext: replies worded as each receiver documents them (t/unit/replies.tsv), which
 * together reach every shipped pattern; the texts and codes read; mistakes in a file; and hostile texts.
 */
#include "config.h"

#include "lib/base/mem.h"
#include "lib/judge/pattern.h"
#include "lib/judge/replydata.h"
#include "lib/judge/replytext.h"
#include "t/unit/conffile.h"
#include "t/unit/unit.h"

#define FIELDS 8
#define FIXTURES_MIN 250
#define LINE_MAX_BYTES 4096

static struct replies *shipped;

static void load_shipped(void)
{
    struct err err = { "" };

    shipped = replies_load(NULL, &err);
    ck_assert_msg(shipped != NULL, "%s", err.text);
}

static void unload_shipped(void)
{
    replies_free(&shipped);
}

/* "dkim,dmarc" */
static void name_also(const struct explanation *explanation, struct str *out)
{
    for (int i = 0; i < CAUSE_COUNT; i++) {
        if (explanation->also[i])
            str_addf(out, "%s%s", out->len > 0 ? "," : "", cause_name((enum cause)i));
    }
}

static void check_meaning(const struct explanation *got)
{
    ck_assert_msg(got->text != NULL && got->text[0] != '\0', "%s has no text", got->pattern);
    ck_assert_msg(got->remedy != NULL && got->remedy[0] != '\0', "%s has no remedy", got->pattern);
    ck_assert_msg(got->page != NULL && strncmp(got->page, "http", 4) == 0, "%s has no page", got->pattern);
    ck_assert_msg(strchr(got->text, '\n') == NULL && strstr(got->text, "  ") == NULL, "%s", got->text);
    ck_assert_msg(!got->also[got->cause], "%s is also itself", got->pattern);
}

/* cause, also, receiver, permanent or temporary, code, enhanced code, pattern, reply */
static void check_fixture(char *fields[FIELDS])
{
    struct reply reply = { .text = fields[7] };
    struct explanation got;
    struct str also = STR_EMPTY;

    replies_explain(shipped, &reply, &got);
    name_also(&got, &also);
    ck_assert_msg(strcmp(cause_name(got.cause), fields[0]) == 0, "%s: %s by %s, want %s", reply.text,
                  cause_name(got.cause), got.pattern, fields[0]);
    ck_assert_msg(strcmp(str_get(&also), fields[1]) == 0, "%s: also %s, want %s", reply.text, str_get(&also),
                  fields[1]);
    ck_assert_msg(strcmp(got.receiver, fields[2]) == 0, "%s: receiver %s", reply.text, got.receiver);
    ck_assert_msg(got.is_temporary == (strcmp(fields[3], "temporary") == 0), "%s: not %s", reply.text, fields[3]);
    ck_assert_msg(strcmp(got.code, fields[4]) == 0, "%s: code %s", reply.text, got.code);
    ck_assert_msg(strcmp(got.enhanced, fields[5]) == 0, "%s: enhanced code %s", reply.text, got.enhanced);
    ck_assert_msg(strcmp(got.pattern == NULL ? "-" : got.pattern, fields[6]) == 0, "%s: by %s, want %s", reply.text,
                  got.pattern, fields[6]);
    check_meaning(&got);
    str_clear(&also);
}

static void note_pattern(const char *name, bool *is_reached)
{
    for (size_t i = 0; i < shipped->n_rows; i++) {
        if (strcmp(shipped->rows[i].name, name) == 0)
            is_reached[i] = true;
    }
}

START_TEST(documented_replies)
{
    bool *is_reached = xcalloc(shipped->n_rows, sizeof(*is_reached));
    FILE *file = fopen(unit_path("t/unit/replies.tsv"), "r");
    char line[LINE_MAX_BYTES];
    int count = 0;

    ck_assert_ptr_nonnull(file);
    for (; fgets(line, sizeof(line), file) != NULL; count++) {
        char *fields[FIELDS], *rest = line;
        line[strcspn(line, "\n")] = '\0';
        for (int i = 0; i < FIELDS; i++)
            ck_assert_msg((fields[i] = strsep(&rest, "\t")) != NULL, "line %d has %d fields", count + 1, i);
        check_fixture(fields);
        note_pattern(fields[6], is_reached);
    }
    fclose(file);
    ck_assert_int_gt(count, FIXTURES_MIN);
    for (size_t i = 0; i < shipped->n_rows; i++)
        ck_assert_msg(is_reached[i], "no reply reaches pattern '%s'", shipped->rows[i].name);
    free(is_reached);
}
END_TEST

START_TEST(plain_texts_and_codes)
{
    static const struct { const char *text, *plain, *code, *enhanced; size_t said; } cases[] = {
        { "", "", "", "", 0 },
        { "  550\r\n no\t", "550 no", "550", "", 0 },
        { "550-5.7.26 one\n550-5.7.26 two\n550 5.7.26 three", "550-5.7.26 one two three", "550", "5.7.26", 0 },
        { "550-one 550-two 550 three", "550-one 550-two 550 three", "550", "", 0 },
        { "550- one 550- two", "550- one two", "550", "", 0 },
        { "421 4.7.26 no", "421 4.7.26 no", "421", "4.7.26", 0 },
        { "550 no (#5.7.1)", "550 no (#5.7.1)", "550", "5.7.1", 0 },
        { "550 #5.7.1 no", "550 #5.7.1 no", "550", "5.7.1", 0 },
        { "5.7.1 no", "5.7.1 no", "", "5.7.1", 0 },
        { "5.7.1 550 no", "5.7.1 550 no", "550", "5.7.1", 0 },
        { "550 see 5.7.1.", "550 see 5.7.1.", "550", "5.7.1", 0 },
        { "550 from 5.7.1.2", "550 from 5.7.1.2", "550", "", 0 },
        { "550 version 12.5.7.1 or x5.7.1", "550 version 12.5.7.1 or x5.7.1", "550", "", 0 },
        { "550 5.7.1234 is none", "550 5.7.1234 is none", "550", "", 0 },
        { "host a.example[192.0.2.1] said: 550 5.1.1 no", "host a.example[192.0.2.1] said: 550 5.1.1 no",
          "550", "5.1.1", 32 },
        { "after 300 seconds: 451 try again", "after 300 seconds: 451 try again", "451", "", 19 },
        { "450 450 4.2.2 full", "450 full", "450", "4.2.2", 0 },
        { "id 4550 at 550.1 and 299,1", "id 4550 at 550.1 and 299,1", "", "", 0 },
        { "550 <bob.x+y@mx.example.com>: no", "550 <@>: no", "550", "", 0 },
        { "550 bob@example.com... User unknown", "550 @... User unknown", "550", "", 0 },
        { "550 domain\xe2\x80\x99s \xe2\x80\x9cpolicy\xe2\x80\x9d\xc2\xa0 x", "550 domain's \"policy\" x",
          "550", "", 0 },
        { "550 caf\xe9 \x01 \xe2\x80", "550 caf\xe9 \xe2\x80", "550", "", 0 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct replytext got;
        replytext_read(cases[i].text, &got);
        ck_assert_str_eq(got.plain, cases[i].plain);
        ck_assert_uint_eq(got.len, strlen(got.plain));
        ck_assert_str_eq(got.code, cases[i].code);
        ck_assert_str_eq(got.enhanced, cases[i].enhanced);
        ck_assert_uint_eq(got.said, cases[i].said);
    }
}
END_TEST

/* The same words and code, of different receivers. */
START_TEST(the_host_tells_the_receiver)
{
    static const struct { const char *host, *text, *receiver; enum cause cause; } cases[] = {
        { "gmail-smtp-in.l.google.com", "550 5.7.30 refused", "gmail", CAUSE_DKIM },
        { "x.mail.protection.outlook.com", "550 5.7.30 refused", "exchange-online", CAUSE_AUTH_REQUIRED },
        { "x.olc.protection.outlook.com", "550 5.7.30 refused", "outlook", CAUSE_AUTH_REQUIRED },
        { "mx.example.com", "550 5.7.30 refused", "", CAUSE_IP_REPUTATION },
        { NULL, "550 5.7.30 no", "", CAUSE_TLS },
        { "GOOGLE.COM", "550 5.7.29 no", "gmail", CAUSE_TLS },
        { "evilgoogle.com", "550 5.7.29 no", "", CAUSE_DKIM },
        { "mta7.am0.yahoodns.net", "554 5.7.9 no", "yahoo", CAUSE_DMARC },
        { "mx.example.com", "535 5.7.9 no", "", CAUSE_AUTH_REQUIRED },
        /* The host is certain, a mark is not. */
        { "mx1.comcast.net", "550 5.7.29 no - gsmtp", "comcast", CAUSE_DKIM },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reply reply = { .text = cases[i].text, .host = cases[i].host };
        struct explanation got;
        replies_explain(shipped, &reply, &got);
        ck_assert_msg(strcmp(got.receiver, cases[i].receiver) == 0, "case %zu: %s", i, got.receiver);
        ck_assert_msg(got.cause == cases[i].cause, "case %zu: %s", i, cause_name(got.cause));
        ck_assert_ptr_eq(got.title == NULL ? NULL : got.title, got.receiver[0] == '\0' ? NULL : got.title);
    }
}
END_TEST

/* What Microsoft names one by one, each of which may have failed. */
START_TEST(fields_decide)
{
    static const char *const results[] = { "Pass", "Fail", "None" };
    static const enum cause causes[] = { CAUSE_DMARC, CAUSE_SPF, CAUSE_DKIM };

    for (int i = 0; i < 27; i++) {
        int digits[3] = { i / 9, i / 3 % 3, i % 3 };
        char *text = xasprintf("550 5.7.515 Access denied, sending domain example.com doesn't meet the required "
                               "authentication level. Spf= %s , Dkim= %s , DMARC= %s", results[digits[1]],
                               results[digits[2]], results[digits[0]]);
        struct reply reply = { .text = text };
        struct explanation got;
        enum cause want = CAUSE_DMARC;
        for (int k = 2; k >= 0; k--) {
            if (digits[k] != 0)
                want = causes[k];
        }
        replies_explain(shipped, &reply, &got);
        ck_assert_msg(got.cause == want, "%s: %s", text, cause_name(got.cause));
        for (int k = 0; k < 3; k++)
            ck_assert_msg(got.also[causes[k]] == (digits[k] != 0 && causes[k] != want), "%s: also %d", text, k);
        ck_assert_msg((strncmp(got.text, "Outlook.com", 11) == 0) == (want == CAUSE_DMARC), "%s", got.text);
        free(text);
    }
}
END_TEST

START_TEST(words_tell_what_is_still_tried)
{
    static const struct { const char *text; bool is_temporary; } cases[] = {
        { "connect to mx.example.com[192.0.2.1]:25: Connection timed out", false },
        { "Message to bob has been delayed", true },
        { "Delivery will be retried for 2 more days", true },
        { "550 this will be retried", false },
        { "4.4.1 no answer", true },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reply reply = { .text = cases[i].text };
        struct explanation got;
        replies_explain(shipped, &reply, &got);
        ck_assert_msg(got.is_temporary == cases[i].is_temporary, "%s", cases[i].text);
    }
}
END_TEST

/* Of any length and any bytes; check's timeout bounds it. */
START_TEST(hostile_texts)
{
    static const char *const words[] = {
        "spf ", "dkim ", "ip ", "blocked ", "sender ", "recipient ", "domain ", "message ", "550 ", "550-5.7.1 ",
        "5.7.1 ", "@", "a@b", "host x[", "\xe2\x80\x99", "(", "your server not ", "user account is not ",
        "the size of mail ", "a.b-c", "header ", "connection to ", "1.2.3.4 ", "[", "spf=", "no such "
    };
    char *text = xmalloc(100001);

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t n = strlen(words[i]);
        struct reply reply = { .text = text, .host = words[i] };
        struct explanation got;
        for (size_t k = 0; k < 100000; k++)
            text[k] = words[i][k % n];
        text[100000] = '\0';
        replies_explain(shipped, &reply, &got);
        ck_assert_int_lt(got.cause, CAUSE_COUNT);
    }
    free(text);
}
END_TEST

START_TEST(a_pattern_gives_up_in_time)
{
    struct pattern *slow = pattern_new("(a+)+$", NULL), *quick = pattern_new("b", NULL);
    struct matcher *matcher = matcher_new();
    char text[2000];

    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = 'b';
    ck_assert(matcher_finds(matcher, quick, text, sizeof(text)));
    for (int i = 0; i < 100; i++)
        ck_assert(!matcher_finds(matcher, slow, text, sizeof(text)));
    ck_assert(!matcher_finds(matcher, quick, text, sizeof(text)));
    matcher_free(&matcher);
    pattern_free(&slow);
    pattern_free(&quick);
    ck_assert_ptr_null(matcher);
}
END_TEST

/* An own file: the shipped one, changed and added to. */
static const char *shipped_file(void)
{
    static char include[5000];
    char *real = realpath(unit_path("conf/replies.conf"), NULL);

    snprintf(include, sizeof(include), "include(\"%s\")\n", real);
    free(real);
    return include;
}

START_TEST(an_own_file)
{
    struct err err = { "" };
    struct explanation got;
    struct reply reply = { .text = "550 5.7.1 Frobnicated, spf", .host = "mx.frob.example" };
    char *text = xasprintf("pattern frob-first { cause = content match = { 'frobnic\n   ated' } text = \"a\n  b\" }\n"
                           "%s"
                           "receiver frob { title = Frob hosts = { .frob.example } page = \"https://frob\" }\n"
                           "cause rate { text = t remedy = r }\n"
                           "pattern frob { receivers = { frob } cause = rate codes = { 550 } }\n",
                           shipped_file());
    struct replies *own = replies_load(conffile_write("own.conf", text), &err);

    ck_assert_msg(own != NULL, "%s", err.text);
    replies_explain(own, &reply, &got);
    ck_assert_str_eq(got.pattern, "frob");
    ck_assert_int_eq(got.cause, CAUSE_RATE);
    ck_assert_str_eq(got.text, "t");
    ck_assert_str_eq(got.page, "https://frob");
    ck_assert_str_eq(got.title, "Frob");
    reply.host = NULL;
    replies_explain(own, &reply, &got);
    ck_assert_str_eq(got.pattern, "frob-first");
    ck_assert_str_eq(got.text, "a b");
    ck_assert_int_eq(got.cause, CAUSE_CONTENT);
    replies_free(&own);
    replies_free(&own);
    free(text);
}
END_TEST

START_TEST(mistakes)
{
    static const struct { const char *text, *want; } cases[] = {
        { "pattern x { cause = spf match = { 'a(b' } }",
          "own.conf:2: option 'pattern x: match': 'a(b': at character 4: " },
        { "pattern x { cause = spf\nunless = { '[' } codes = { 550 } }",
          "own.conf:3: option 'pattern x: unless': '[': " },
        { "pattern x { cause = dmrac match = { a } }",
          "option 'pattern x: cause': 'dmrac' is not a cause, did you mean 'dmarc'?" },
        { "pattern x { cause = spf match = { a } also = { no } }", "option 'pattern x: also': 'no' is not a cause" },
        { "pattern x { cause = spf match = { a } by_fields = { no } }", "'no' is not a cause" },
        { "pattern x { match = { a } }", "own.conf:2: a pattern needs a cause" },
        { "pattern x { cause = spf }", "own.conf:2: pattern 'x' has neither codes nor match nor context" },
        { "pattern x { cause = spf codes = { \"5.7\" } }", "'5.7' is not a code such as" },
        { "pattern x { cause = spf codes = { \"55x\" } }", "'55x' is not a code" },
        { "pattern x { cause = spf codes = { \"1xx\" } }", "'1xx' is not a code" },
        { "pattern x { cause = spf codes = { \"x.7.9-1\" } }", "'x.7.9-1' is not a code" },
        { "pattern x { cause = spf codes = { \"700\" } }", "'700' is not a code" },
        { "pattern x { cause = spf match = { a } receivers = { gmial } }", "there is no receiver 'gmial'" },
        { "receiver x { hosts = { a } }", "own.conf:2: a receiver needs a title" },
        { "cause speed { text = a remedy = b }", "own.conf:2: 'speed' is not a cause" },
        { "cause spf { text = a }", "own.conf:2: a cause needs text and remedy" },
        { "field dkin { failed = { a } }", "'dkin' is not a cause, did you mean 'dkim'?" },
        { "patern x { }", "own.conf:2: " },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = { "" };
        char *text = xasprintf("%s%s\n", shipped_file(), cases[i].text);
        ck_assert_ptr_null(replies_load(conffile_write("own.conf", text), &err));
        ck_assert_msg(strstr(err.text, cases[i].want) != NULL, "%s: %s", cases[i].text, err.text);
        free(text);
    }
}
END_TEST

START_TEST(a_cause_must_be_there)
{
    struct err err = { "" };

    ck_assert_ptr_null(replies_load(conffile_write("own.conf", "cause spf { text = a remedy = b }\n"), &err));
    ck_assert_msg(strstr(err.text, "own.conf: there is no section 'cause dkim'") != NULL, "%s", err.text);
    ck_assert_ptr_null(replies_load(conffile_path("none.conf"), &err));
    ck_assert_msg(strstr(err.text, "cannot open") != NULL, "%s", err.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reply");
    TCase *with_shipped = tcase_create("shipped"), *files = tcase_create("files"), *alone = tcase_create("alone");

    tcase_add_checked_fixture(with_shipped, load_shipped, unload_shipped);
    tcase_set_timeout(with_shipped, 20);
    tcase_add_test(with_shipped, documented_replies);
    tcase_add_test(with_shipped, the_host_tells_the_receiver);
    tcase_add_test(with_shipped, fields_decide);
    tcase_add_test(with_shipped, words_tell_what_is_still_tried);
    tcase_add_test(with_shipped, hostile_texts);
    tcase_add_checked_fixture(files, conffile_start, conffile_done);
    tcase_set_timeout(files, 20);
    tcase_add_test(files, an_own_file);
    tcase_add_test(files, mistakes);
    tcase_add_test(files, a_cause_must_be_there);
    tcase_add_test(alone, plain_texts_and_codes);
    tcase_add_test(alone, a_pattern_gives_up_in_time);
    suite_add_tcase(suite, with_shipped);
    suite_add_tcase(suite, files);
    suite_add_tcase(suite, alone);
    return unit_run(suite);
}
