/*
 * lib/traffic: which domains and selectors a judged message shows.
 */
#include "config.h"

#include "lib/base/err.h"
#include "lib/report/report.h"
#include "lib/state/seen.h"
#include "lib/traffic.h"
#include "t/unit/unit.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define NOW 1700000000

struct signature {
    char domain[40], selector[40];  /* "": none */
    enum auth_result result;
    bool aligned;
};

static struct traffic_case {
    const char *name;
    char sender[40], author[40];
    enum auth_result spf[2];        /* of two addresses */
    bool spf_aligned;
    struct signature signatures[3];
    const char *at_once;            /* "domain/selector" of what counts after one message, parted by spaces */
    const char *later;              /* and after twenty */
} cases[] = {
    { "its own domain", "a@a.example", "a.example", { AUTH_PASS, AUTH_PASS }, true,
      { { "a.example", "s1", AUTH_PASS, true } }, "a.example/s1", "a.example/s1" },
    { "unsigned", "a@a.example", "a.example", { AUTH_PASS, AUTH_PASS }, true,
      { { .domain = "" } }, "a.example/", "a.example/" },
    { "SPF passes from one address only", "a@a.example", "a.example", { AUTH_PASS, AUTH_FAIL }, true,
      { { "a.example", "s1", AUTH_PASS, true } }, "", "a.example/s1" },
    { "signatures that fail are no selectors", "a@a.example", "a.example", { AUTH_PASS, AUTH_PASS }, true,
      { { "a.example", "random", AUTH_FAIL, true }, { "a.example", "s1", AUTH_PASS, true },
        { "a.example", "later", AUTH_TEMPERROR, true } }, "a.example/s1", "a.example/s1" },
    { "a bounce address of its own", "x@bounce.a.example", "a.example", { AUTH_PASS, AUTH_PASS }, true,
      { { "a.example", "s1", AUTH_PASS, true } }, "a.example/s1 bounce.a.example/", "a.example/s1 bounce.a.example/" },
    { "somebody else's bounce address", "x@esp.example", "a.example", { AUTH_PASS, AUTH_PASS }, false,
      { { "a.example", "s1", AUTH_PASS, true }, { "esp.example", "e1", AUTH_PASS, false },
        { "third.example", "t1", AUTH_PASS, false } }, "esp.example/e1", "a.example/s1 esp.example/e1" },
    { "signed by the organization", "a@n.a.example", "n.a.example", { AUTH_PASS, AUTH_PASS }, true,
      { { "a.example", "s1", AUTH_PASS, true } }, "a.example/s1 n.a.example/", "a.example/s1 n.a.example/" },
    { "forwarded", "a@far.example", "far.example", { AUTH_FAIL, AUTH_FAIL }, true,
      { { "far.example", "f1", AUTH_PASS, true } }, "", "far.example/f1" },
    { "a bounce", "", "a.example", { AUTH_PASS, AUTH_PASS }, false, { { .domain = "" } }, "", "a.example/" },
    { "no author", "a@a.example", "", { AUTH_PASS, AUTH_PASS }, false,
      { { .domain = "" } }, "a.example/", "a.example/" },
    { "a mailbox provider's", "a@gmail.com", "yahoo.de", { AUTH_PASS, AUTH_PASS }, true,
      { { "gmail.com", "g1", AUTH_PASS, true } }, "", "" },
    { "any case", "a@A.Example", "a.example", { AUTH_PASS, AUTH_PASS }, true,
      { { "a.example", "S1", AUTH_PASS, true } }, "a.example/s1", "a.example/s1" },
    { "no names", "a@a b", "x..y", { AUTH_PASS, AUTH_PASS }, true, { { "a b", "s1", AUTH_PASS, true } }, "", "" },
    { "a selector that is none", "a@a.example", "a.example", { AUTH_PASS, AUTH_PASS }, true,
      { { "a.example", "s 1", AUTH_PASS, true } }, "a.example/", "a.example/" },
};

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static const char *content(struct seen *seen)
{
    static char text[4000];
    char selectors[SEEN_SELECTORS][DOMAIN_MAX];
    size_t n, len = 0;
    char **domains = seen_domains(seen, NOW, &n);

    qsort(domains, n, sizeof(*domains), compare);
    text[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        size_t m = seen_selectors(seen, domains[i], selectors);
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s/", i == 0 ? "" : " ", domains[i]);
        for (size_t k = 0; k < m; k++)
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", k == 0 ? "" : ",", selectors[k]);
        free(domains[i]);
    }
    free(domains);
    return text;
}

START_TEST(notes_what_a_message_shows)
{
    struct traffic_case *c = &cases[_i];
    struct spf_result spf[2] = {
        { .result = c->spf[0], .aligned = c->spf_aligned }, { .result = c->spf[1], .aligned = c->spf_aligned },
    };
    struct dkim_result items[LENGTH(c->signatures)];
    struct report report = {
        .sender = c->sender, .author_domain = c->author[0] == '\0' ? NULL : c->author,
        .spf = spf, .n_spf = 2, .n_deciding = 2, .dkim.items = items,
    };
    struct err err = { "" };
    struct seen *seen = seen_new(&err);

    ck_assert_msg(seen != NULL, "%s", err.text);
    for (size_t i = 0; i < LENGTH(c->signatures) && c->signatures[i].domain[0] != '\0'; i++) {
        struct signature *s = &c->signatures[i];
        items[report.dkim.count++] = (struct dkim_result){
            .domain = s->domain, .selector = s->selector, .result = s->result, .aligned = s->aligned,
        };
    }
    bool is_new = traffic_note(seen, &report, NOW);
    ck_assert_msg(strcmp(content(seen), c->at_once) == 0, "%s: %s", c->name, content(seen));
    ck_assert_msg(is_new == (c->at_once[0] != '\0'), "%s", c->name);
    for (int i = 2; i < SEEN_MESSAGES; i++)
        ck_assert_msg(!traffic_note(seen, &report, NOW), "%s", c->name);
    ck_assert_msg(strcmp(content(seen), c->at_once) == 0, "%s: %s", c->name, content(seen));
    ck_assert_msg(traffic_note(seen, &report, NOW) == (strcmp(c->at_once, c->later) != 0), "%s", c->name);
    ck_assert_msg(strcmp(content(seen), c->later) == 0, "%s: %s", c->name, content(seen));
    seen_free(&seen);
}
END_TEST

/* Postfix rewrites the sender: SPF has passed for the one that leaves, and says nothing of the other. */
START_TEST(notes_the_sender_that_leaves)
{
    char told[] = "a@far.example", sent[] = "a@ours.example", author[] = "a.example";
    struct spf_result spf = { .result = AUTH_PASS };
    const struct report report = {
        .sender = told, .sender_as_sent = sent, .author_domain = author, .spf = &spf, .n_spf = 1, .n_deciding = 1,
    };
    struct err err = { "" };
    struct seen *seen = seen_new(&err);

    ck_assert_msg(seen != NULL, "%s", err.text);
    ck_assert(traffic_note(seen, &report, NOW));
    ck_assert_str_eq(content(seen), "ours.example/");
    seen_free(&seen);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("traffic");
    TCase *tc = tcase_create("traffic");
    tcase_add_loop_test(tc, notes_what_a_message_shows, 0, (int)LENGTH(cases));
    tcase_add_test(tc, notes_the_sender_that_leaves);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
