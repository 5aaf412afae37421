/*
 * lib/bounce/join, mailqueue and meaning: what becomes of messages, out of the lines about them.  Replies and servers
 * are judged here by words that the stories use: "SPF" is CAUSE_SPF, and so on.
 */
#include "config.h"

#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/bounce/join.h"
#include "lib/bounce/maillog.h"
#include "t/unit/unit.h"

#include <inttypes.h>

static int explained;               /* how often a reply was judged anew */

static void explain(void *arg, const struct reply *reply, struct explanation *explanation)
{
    static const struct { const char *word; enum cause cause; } words[] = {
        { "SPF", CAUSE_SPF }, { "DMARC", CAUSE_DMARC }, { "slow down", CAUSE_RATE },
    };
    (void)arg;
    explained++;
    *explanation = (struct explanation){ .cause = CAUSE_MAILBOX, .text = "what it means", .remedy = "what to do" };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strstr(reply->text, words[i].word) != NULL)
            explanation->cause = words[i].cause;
    }
}

static void find_receiver(void *arg, const char *host, char name_r[TALLY_NAME_MAX], bool *is_known_r)
{
    (void)arg;
    *is_known_r = strstr(host, "google.com") != NULL;
    snprintf(name_r, TALLY_NAME_MAX, "%s", *is_known_r ? "gmail" : strchr(host, '.') + 1);
}

static const struct join_judges judges = { explain, find_receiver, NULL };

/* --- lines -------------------------------------------------------------------------- */

#define LOG(program, text) "2026-11-23T20:57:27Z mail " program ": " text "\n"
#define CLIENT(id) LOG("postfix/smtpd[1]", id ": client=c[192.0.2.1]")
#define AGAIN(id, before) LOG("postfix/smtpd[1]", id ": client=c[192.0.2.1], orig_queue_id=" before)
#define REQUEUED(id, before) LOG("postfix/pickup[1]", id ": uid=1 from=<a@example.com> orig_id=" before)
#define ID(id, message_id) LOG("postfix/cleanup[1]", id ": message-id=<" message_id "@x>")
#define FROM(id, sender, n) LOG("postfix/qmgr[1]", id ": from=<" sender ">, size=1, nrcpt=" n " (queue active)")
#define GONE(id) LOG("postfix/qmgr[1]", id ": removed")
#define EXPIRED(id) LOG("postfix/qmgr[1]", id ": from=<a@example.com>, status=expired, returned to sender")
#define TRY(agent, id, to, relay, status, text) LOG("postfix/" agent "[1]", id ": to=<" to ">, relay=" relay \
    ", delay=1, delays=0/0/0/1, dsn=2.0.0, status=" status " (" text ")")
#define SENT(id, to) TRY("smtp", id, to, "mx.example.net[192.0.2.9]:25", "sent", "250 ok")
#define SENT_AS(id, to, next) TRY("smtp", id, to, "127.0.0.1[127.0.0.1]:10024", "sent", "250 Ok: queued as " next)
#define REFUSED(id, to, text) TRY("smtp", id, to, "mx.example.net[192.0.2.9]:25", "bounced", \
    "host mx.example.net[192.0.2.9] said: 550 " text " (in reply to end of DATA command)")
#define GMAIL(id, to, text) TRY("smtp", id, to, "alt1.google.com[192.0.2.9]:25", "bounced", \
    "host alt1.google.com[192.0.2.9] said: 550 " text " (in reply to end of DATA command)")
#define LATER(id, to, text) TRY("smtp", id, to, "mx.example.net[192.0.2.9]:25", "deferred", \
    "host mx.example.net[192.0.2.9] said: 450 " text " (in reply to end of DATA command)")
#define OURS(id, verdict, action, predict) LOG("preflight-milter[1]", id ": verdict=" verdict " action=" action \
    " egress=default from=<a@example.com> author=example.com spf=fail dkim=none dmarc=fail policy=reject predict=" \
    predict " findings=spf-fail ms=1")
#define REJECTED(id) LOG("postfix/cleanup[1]", id ": milter-reject: END-OF-MESSAGE from c[192.0.2.1]: 4.7.1 no")
#define HELD(id) LOG("postfix/cleanup[1]", id ": milter-hold: END-OF-MESSAGE from c[192.0.2.1]: held")

#define A "4F00000001"
#define B "4F00000002"

/* --- stories ------------------------------------------------------------------------- */

static const struct { const char *name, *log, *want; } stories[] = {
    { "delivered", CLIENT(A) ID(A, "1") FROM(A, "a@example.com", "1") SENT(A, "b@example.net") GONE(A),
      "delivered=1 example.com>example.net" },
    { "refused", CLIENT(A) ID(A, "1") FROM(A, "a@Example.COM", "1") REFUSED(A, "b@example.net", "SPF") GONE(A),
      "refused=1 spf=1 example.com>example.net" },
    { "still deferred", FROM(A, "a@example.com", "1") LATER(A, "b@example.net", "slow down"),
      "deferred=1 rate=1 example.com>example.net" },
    { "deferred twice, then delivered, counts once",
      FROM(A, "a@example.com", "1") LATER(A, "b@example.net", "slow down") LATER(A, "b@example.net", "SPF")
      SENT(A, "b@example.net") GONE(A), "delivered=1 delayed=1 spf=1 example.com>example.net" },
    { "deferred, then refused", LATER(A, "b@example.net", "slow down") REFUSED(A, "b@example.net", "DMARC"),
      "refused=1 dmarc=1 (unknown)>example.net" },
    { "deferred by error(8) for the same cause",
      FROM(A, "a@example.com", "1") LATER(A, "b@example.net", "slow down")
      TRY("error", A, "b@example.net", "none", "deferred", "delivery temporarily suspended: host "
          "mx.example.net[192.0.2.9] said: 450 slow down (in reply to MAIL FROM command)"),
      "deferred=1 rate=1 example.com>example.net" },
    { "given up", FROM(A, "a@example.com", "2") LATER(A, "b@example.net", "SPF") LATER(A, "c@example.net", "DMARC")
      EXPIRED(A) GONE(A), "refused=2 spf=1 dmarc=1 example.com>example.net" },
    { "several recipients", FROM(A, "a@example.com", "3") SENT(A, "b@example.net") REFUSED(A, "c@example.net", "SPF")
      LATER(A, "d@example.net", "SPF"), "delivered=1 deferred=1 refused=1 spf=2 example.com>example.net" },
    { "no server answers", FROM(A, "a@example.com", "1")
      TRY("smtp", A, "b@gone.test", "none", "deferred", "connect to mx.gone.test[192.0.2.7]:25: Connection timed out"),
      "deferred=1 mailbox/other=1 example.com>gone.test" },
    { "no such domain", FROM(A, "a@example.com", "1") TRY("smtp", A, "b@nowhere.test", "none", "bounced",
      "Host or domain name not found. Name service error for name=nowhere.test type=A: Host not found"),
      "refused=1 mailbox/other=1 example.com>nowhere.test" },
    { "null sender", FROM(A, "", "1") SENT(A, "b@example.net"), "delivered=1 <>>example.net" },
    { "local delivery and alias", FROM(A, "a@example.com", "2") TRY("local", A, "b@example.com", "local", "sent",
      "delivered to mailbox") TRY("error", A, "c@example.com", "none", "bounced", "User unknown"), "local=2" },
    { "probes are no mail", TRY("smtp", A, "b@example.net", "mx.example.net[192.0.2.9]:25", "undeliverable", "550 no")
      TRY("smtp", A, "b@example.net", "mx.example.net[192.0.2.9]:25", "deliverable", "250 ok"), "" },

    /* predictions */
    { "predicted and happened", OURS(A, "reject", "log", "generic:550-5.7.1") FROM(A, "a@example.com", "1")
      REFUSED(A, "b@example.net", "SPF"), "refused=1 judged=1 happened=1 spf=1 example.com>example.net" },
    { "predicted, delivered", OURS(A, "reject", "log", "generic:550-5.7.1") FROM(A, "a@example.com", "1")
      SENT(A, "b@example.net"), "delivered=1 judged=1 not-happened=1 example.com>example.net" },
    { "not predicted", OURS(A, "accept", "accept", "generic:accept") FROM(A, "a@example.com", "1")
      REFUSED(A, "b@example.net", "SPF"), "refused=1 judged=1 unpredicted=1 spf=1 example.com>example.net" },
    { "accepted as predicted", OURS(A, "accept", "accept", "generic:accept") SENT(A, "b@example.net"),
      "delivered=1 judged=1 agreed=1 example.com>example.net" },
    { "a mailbox is nobody's prediction", OURS(A, "accept", "accept", "generic:accept")
      REFUSED(A, "b@example.net", "no such user") OURS(B, "reject", "log", "generic:550") FROM(B, "a@example.com", "1")
      REFUSED(B, "b@example.net", "no such user"), "refused=2 judged=2 mailbox/other=2 example.com>example.net" },
    { "unsure predicts nothing", OURS(A, "unsure", "accept", "unknown:unsure") REFUSED(A, "b@example.net", "SPF"),
      "refused=1 spf=1 example.com>example.net" },
    { "junk cannot be seen", OURS(A, "junk", "log", "generic:junk") FROM(A, "a@example.com", "1")
      SENT(A, "b@example.net"), "delivered=1 judged=1 example.com>example.net" },
    { "a deferral predicted, and it was", OURS(A, "defer", "log", "generic:421-4.7.0") FROM(A, "a@example.com", "1")
      LATER(A, "b@example.net", "slow down") SENT(A, "b@example.net"),
      "delivered=1 delayed=1 judged=1 happened=1 rate=1 example.com>example.net" },
    { "a prediction for another receiver says nothing of this one",
      OURS(A, "reject", "log", "gmail:550-5.7.26") FROM(A, "a@example.com", "2") SENT(A, "b@example.net")
      GMAIL(A, "b@gmail.test", "DMARC"), "delivered=1 refused=1 judged=1 happened=1 dmarc=1 example.com>example.net "
      "example.com>gmail" },
    { "a generic one says nothing of a receiver with rules of its own",
      OURS(A, "reject", "log", "generic:550") FROM(A, "a@example.com", "2") REFUSED(A, "b@example.net", "SPF")
      GMAIL(A, "b@gmail.test", "DMARC"), "refused=2 judged=1 happened=1 spf=1 dmarc=1 example.com>example.net "
      "example.com>gmail" },
    { "one recipient: it is about that one", OURS(A, "reject", "log", "generic:550") FROM(A, "a@example.com", "1")
      GMAIL(A, "b@gmail.test", "DMARC"), "refused=1 judged=1 happened=1 dmarc=1 example.com>gmail" },

    /* queue ids */
    { "a queue id that is given again", OURS(A, "reject", "log", "generic:550") FROM(A, "a@example.com", "1")
      SENT(A, "b@example.net") GONE(A) CLIENT(A) ID(A, "2") FROM(A, "z@example.org", "1")
      REFUSED(A, "b@example.net", "SPF") GONE(A),
      "delivered=1 refused=1 judged=1 not-happened=1 spf=1 example.com>example.net example.org>example.net" },
    { "given again, and 'removed' is missing", OURS(A, "reject", "log", "generic:550") FROM(A, "a@example.com", "1")
      LATER(A, "b@example.net", "SPF") CLIENT(A) SENT(A, "b@example.net"),
      "delivered=1 deferred=1 judged=1 happened=1 spf=1 (unknown)>example.net example.com>example.net" },
    { "a late line of a removed message", FROM(A, "a@example.com", "1") GONE(A) SENT(A, "b@example.net"),
      "delivered=1 example.com>example.net" },
    { "through a filter: queued as", OURS(A, "reject", "log", "generic:550") ID(A, "1") FROM(A, "a@example.com", "1")
      CLIENT(B) ID(B, "1") FROM(B, "a@example.com", "1") SENT_AS(A, "b@example.net", B) GONE(A)
      REFUSED(B, "b@example.net", "SPF") GONE(B),
      "refused=1 judged=1 happened=1 handed-on=1 spf=1 example.com>example.net" },
    { "through a filter that is slower than the receiver",
      OURS(A, "reject", "log", "generic:550") ID(A, "1") FROM(A, "a@example.com", "1") CLIENT(B) ID(B, "1")
      FROM(B, "a@example.com", "1") REFUSED(B, "b@example.net", "SPF") GONE(B) SENT_AS(A, "b@example.net", B) GONE(A),
      "refused=1 judged=1 happened=1 handed-on=1 spf=1 example.com>example.net" },
    { "through a filter that changes the Message-ID: orig_queue_id",
      OURS(A, "reject", "log", "generic:550") ID(A, "1") FROM(A, "a@example.com", "1") AGAIN(B, A) ID(B, "2")
      FROM(B, "a@example.com", "1") REFUSED(B, "b@example.net", "SPF"),
      "refused=1 judged=1 happened=1 spf=1 example.com>example.net" },
    { "through a filter of pipe(8): only the Message-ID",
      OURS(A, "reject", "log", "generic:550") ID(A, "1") FROM(A, "a@example.com", "1")
      LOG("postfix/pickup[1]", B ": uid=1 from=<a>") ID(B, "1") FROM(B, "a@example.com", "1")
      TRY("pipe", A, "b@example.net", "filter", "sent", "delivered via filter service") GONE(A)
      REFUSED(B, "b@example.net", "SPF"), "refused=1 judged=1 happened=1 local=1 spf=1 example.com>example.net" },
    { "judged behind the filter", ID(A, "1") FROM(A, "a@example.com", "1") CLIENT(B) ID(B, "1")
      OURS(B, "accept", "accept", "generic:accept") FROM(B, "a@example.com", "1") SENT_AS(A, "b@example.net", B)
      SENT(B, "b@example.net"), "delivered=1 judged=1 agreed=1 handed-on=1 example.com>example.net" },
    { "judged twice: the later one holds", OURS(A, "reject", "log", "generic:550") ID(A, "1") CLIENT(B) ID(B, "1")
      OURS(B, "accept", "accept", "generic:accept") SENT_AS(A, "b@example.net", B) SENT(B, "b@example.net"),
      "delivered=1 judged=1 agreed=1 handed-on=1 example.com>example.net" },
    { "the filter was away for a while", FROM(A, "a@example.com", "1") ID(A, "1")
      TRY("smtp", A, "b@example.net", "none", "deferred", "connect to 127.0.0.1[127.0.0.1]:10024: Connection refused")
      CLIENT(B) ID(B, "1") FROM(B, "a@example.com", "1") SENT_AS(A, "b@example.net", B) SENT(B, "b@example.net"),
      "delivered=1 handed-on=1 example.com>example.net" },
    { "another site's queue id is none of ours", FROM(A, "a@example.com", "1") ID(A, "1") FROM(B, "a@example.com", "1")
      ID(B, "2") SENT_AS(A, "b@example.net", B), "delivered=1 example.com>0.0.1" },
    { "forwarded", FROM(A, "a@example.com", "1") ID(A, "1") OURS(A, "reject", "log", "generic:550") ID(B, "1")
      FROM(B, "a@example.com", "1") TRY("local", A, "l@example.com", "local", "sent", "forwarded as " B)
      REFUSED(B, "b@example.net", "SPF"), "refused=1 judged=1 happened=1 handed-on=1 spf=1 example.com>example.net" },
    { "queued anew by postsuper -r", OURS(A, "defer", "log", "generic:421") FROM(A, "a@example.com", "1")
      LATER(A, "b@example.net", "SPF") REQUEUED(B, A) FROM(B, "a@example.com", "1") SENT(B, "b@example.net"),
      "delivered=1 delayed=1 judged=1 happened=1 spf=1 example.com>example.net" },

    /* our own refusals */
    { "prevented", CLIENT(A) ID(A, "1") OURS(A, "reject", "reject", "generic:550") REJECTED(A), "prevented=1" },
    { "told to try again, three times: one message",
      CLIENT(A) ID(A, "1") OURS(A, "reject", "tempfail", "generic:550") REJECTED(A)
      CLIENT(B) ID(B, "1") OURS(B, "reject", "tempfail", "generic:550") REJECTED(B)
      CLIENT(A) ID(A, "1") OURS(A, "reject", "tempfail", "generic:550") REJECTED(A), "prevented=1" },
    { "told to try again, and mended", CLIENT(A) ID(A, "1") OURS(A, "reject", "tempfail", "generic:550") REJECTED(A)
      CLIENT(B) ID(B, "1") OURS(B, "accept", "accept", "generic:accept") FROM(B, "a@example.com", "1")
      SENT(B, "b@example.net"), "delivered=1 judged=1 agreed=1 example.com>example.net" },
    { "held", CLIENT(A) ID(A, "1") OURS(A, "reject", "hold", "generic:550") HELD(A), "prevented=1" },
    { "held and let go", CLIENT(A) ID(A, "1") OURS(A, "reject", "hold", "generic:550") HELD(A)
      FROM(A, "a@example.com", "1") REFUSED(A, "b@example.net", "SPF"),
      "refused=1 judged=1 happened=1 spf=1 example.com>example.net" },
    { "another milter's refusal is none of ours", CLIENT(A) ID(A, "1") REJECTED(A), "" },
};

static void feed(struct join *join, const char *text)
{
    struct maillog line;

    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        ck_assert_msg(maillog_parse(text, len, &line), "no line: %.*s", (int)len, text);
        join_line(join, &line);
        text += len + 1;
    }
}

static void add(struct str *out, const char *name, uint64_t count)
{
    if (count > 0)
        str_addf(out, "%s%s=%" PRIu64, out->len > 0 ? " " : "", name, count);
}

static void describe(const struct tally *tally, struct str *out)
{
    static const char *const causes[CAUSE_COUNT] = { [CAUSE_SPF] = "spf", [CAUSE_DMARC] = "dmarc",
                                                     [CAUSE_RATE] = "rate", [CAUSE_MAILBOX] = "mailbox/other" };
    const struct counts *total = &tally->total;

    add(out, "delivered", total->delivered);
    add(out, "delayed", total->delayed);
    add(out, "deferred", total->deferred);
    add(out, "refused", total->refused);
    add(out, "judged", total->judged);
    add(out, "happened", total->happened);
    add(out, "not-happened", total->not_happened);
    add(out, "unpredicted", total->unpredicted);
    add(out, "agreed", total->agreed);
    add(out, "prevented", total->prevented);
    add(out, "handed-on", tally->handed_on);
    add(out, "local", tally->local);
    for (int cause = 0; cause < CAUSE_COUNT; cause++) {
        const struct counts *counts = &tally->by_cause[cause];
        if (causes[cause] != NULL)
            add(out, causes[cause], counts->refused + counts->deferred + counts->delivered);
    }
}

static bool has_outcomes(const struct counts *counts)
{
    return counts->refused + counts->deferred + counts->delivered > 0;
}

/* "domain>receiver": every domain with every receiver, in order of their names; the stories have one of one of them. */
static void describe_rows(const struct tally *tally, struct str *out)
{
    const struct tally_rows *domains = &tally->domains, *receivers = &tally->receivers;
    char *names[8];
    size_t n = 0;

    for (size_t i = 0; i < domains->count; i++) {
        for (size_t k = 0; k < receivers->count; k++) {
            if (!has_outcomes(&domains->rows[i].counts) || !has_outcomes(&receivers->rows[k].counts))
                continue;
            ck_assert_uint_lt(n, 8);
            names[n++] = xasprintf("%s>%s", domains->rows[i].name, receivers->rows[k].name);
        }
    }
    while (n > 0) {
        size_t least = 0;
        for (size_t i = 1; i < n; i++)
            least = strcmp(names[i], names[least]) < 0 ? i : least;
        str_addf(out, "%s%s", out->len > 0 ? " " : "", names[least]);
        free(names[least]);
        names[least] = names[--n];
    }
}

START_TEST(tells_stories)
{
    for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
        struct tally tally;
        struct str out = STR_EMPTY;
        tally_init(&tally, 42);
        struct join *join = join_new(&tally, &judges, 1000);
        feed(join, stories[i].log);
        join_finish(join);
        tally_finish(&tally);
        describe(&tally, &out);
        describe_rows(&tally, &out);
        ck_assert_msg(strcmp(str_get(&out), stories[i].want) == 0, "%s\n  got  '%s'\n  want '%s'", stories[i].name,
                      str_get(&out), stories[i].want);
        ck_assert_uint_eq(tally.forgotten, 0);
        join_free(&join);
        tally_clear(&tally);
        str_clear(&out);
    }
}
END_TEST

/* Far more messages and waiting recipients than there is room for: nothing is lost but what was silent for longest. */
START_TEST(is_bounded)
{
    enum { ROOM = 64, MANY = 5000 };
    struct tally tally;
    struct str log = STR_EMPTY;

    tally_init(&tally, 42);
    struct join *join = join_new(&tally, &judges, ROOM);
    for (int i = 0; i < MANY; i++) {
        str_reset(&log);
        str_addf(&log, LOG("preflight-milter[1]", "%010X: verdict=reject action=log from=<a@example.com> "
                           "author=example.com predict=generic:550"), i);
        for (int k = 0; k < 5; k++)
            str_addf(&log, TRY("smtp", "%010X", "r%d@example.net", "mx.example.net[192.0.2.9]:25", "deferred",
                               "host mx.example.net[192.0.2.9] said: 450 SPF"), i, k);
        feed(join, str_get(&log));
    }
    /* One with more recipients than there is room for at all. */
    for (int k = 0; k < MANY; k++) {
        str_reset(&log);
        str_addf(&log, TRY("smtp", "4FFFFFFFFF", "r%d@example.net", "mx.example.net[192.0.2.9]:25", "deferred",
                           "host mx.example.net[192.0.2.9] said: 450 SPF"), k);
        feed(join, str_get(&log));
    }
    ck_assert_uint_ge(tally.forgotten, MANY - ROOM);
    join_finish(join);
    ck_assert_uint_eq(tally.total.deferred, 5 * MANY + MANY);
    ck_assert_uint_eq(tally.total.happened, 5 * MANY);
    join_free(&join);
    str_clear(&log);
    tally_clear(&tally);
}
END_TEST

/* The newest of ROOM messages are known as long as they are live, whatever was removed meanwhile. */
START_TEST(keeps_what_is_live)
{
    enum { ROOM = 64, MANY = 5000 };
    struct tally tally;
    struct str log = STR_EMPTY;

    tally_init(&tally, 42);
    struct join *join = join_new(&tally, &judges, ROOM);
    feed(join, OURS(A, "reject", "log", "generic:550") FROM(A, "a@example.com", "1"));
    for (int i = 0; i < MANY; i++) {
        str_reset(&log);
        str_addf(&log, LOG("postfix/smtpd[1]", "%010X: client=c[192.0.2.1]")
                       LOG("postfix/cleanup[1]", "%010X: message-id=<%d@x>") LOG("postfix/qmgr[1]", "%010X: removed"),
                 i, i, i, i);
        feed(join, str_get(&log));
    }
    feed(join, REFUSED(A, "b@example.net", "SPF"));
    ck_assert_uint_eq(tally.total.happened, 1);
    ck_assert_uint_eq(tally.forgotten, 0);
    join_free(&join);
    str_clear(&log);
    tally_clear(&tally);
}
END_TEST

/* Replies that differ in ids, addresses and numbers are judged once; a page, a code or a word tells them apart. */
START_TEST(judges_like_answers_once)
{
    static const struct { const char *a, *b; bool are_like; } pairs[] = {
        { "5.7.26 SPF d9443c01a7336-2a0b5a1a5bbsi12345ad.122 - gsmtp",
          "5.7.26 SPF 3f0ed0385b4d-27e59bd5si285ab.3 - gsmtp", true },
        { "5.7.1 [192.0.2.77] is listed", "5.7.1 [192.0.2.123] is listed", true },
        { "5.7.1 mx1.example.net refuses", "5.7.1 mx27.example.net refuses", true },
        { "5.7.1 <alice@example.net> no", "5.7.1 <bob.99@example.net> no", true },
        { "ask tosa@example.net", "ask tosa@example.org", false },
        { "5.7.26 no", "5.7.25 no", false },
        { "5.1.1 no", "5.7.1 no", false },
        { "no (S3140)", "no (S3150)", false },
        { "see https://example.net/answer/81126", "see https://example.net/answer/81127", false },
        { "mx.example.net refuses", "mx.example.org refuses", false },
        { "SPF", "DMARC", false },
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct tally tally;
        struct str log = STR_EMPTY;
        tally_init(&tally, 42);
        struct join *join = join_new(&tally, &judges, 100);
        explained = 0;
        str_addf(&log, REFUSED(A, "b@example.net", "%s") REFUSED(B, "c@example.net", "%s"), pairs[i].a, pairs[i].b);
        feed(join, str_get(&log));
        ck_assert_msg(explained == (pairs[i].are_like ? 1 : 2), "pair %zu: judged %d times", i, explained);
        ck_assert_uint_eq(tally.total.refused, 2);
        join_free(&join);
        str_clear(&log);
        tally_clear(&tally);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("join");
    TCase *tcase = tcase_create("join");

    tcase_add_test(tcase, tells_stories);
    tcase_add_test(tcase, is_bounded);
    tcase_add_test(tcase, keeps_what_is_live);
    tcase_add_test(tcase, judges_like_answers_once);
    suite_add_tcase(suite, tcase);
    return unit_run(suite);
}
