/*
 * Judges the signatures of messages in one process, for run.py: dkimdrive CONF.  Standard input: for each message its
 * length in bytes on a line, then the message.  Each is answered with a line of "result TAB finding TAB canonical TAB
 * reason" for its first signature, where canonical says whether our own header hash is the one that was signed
 * ("yes", "no", "-" where the signature does not pass).
 */
#include "config.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/check/dkimfields.h"
#include "lib/check/dkimkey.h"
#include "lib/check/dkimwhy.h"
#include "lib/message/reader.h"
#include "lib/preflight.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MESSAGE_MAX (1 << 20)

struct feed {
    struct preflight_message *message;
    struct dkim_fields fields;
    size_t signature;           /* the first one's field */
};

static void feed_header(void *context, const char *name, const char *value)
{
    struct feed *feed = context;
    size_t len;

    (void)dkim_fields_add(&feed->fields, name, value, &len);
    if (feed->signature == DKIM_NO_FIELD && strcasecmp(name, "DKIM-Signature") == 0)
        feed->signature = feed->fields.count - 1;
    preflight_header(feed->message, name, value);
}

static void feed_end_of_header(void *context)
{
    preflight_end_of_header(((struct feed *)context)->message);
}

static void feed_body(void *context, const unsigned char *data, size_t len)
{
    preflight_body(((struct feed *)context)->message, data, len);
}

/* Nothing is left to explain where the hash is right. */
static const char *judge_canonical(struct preflight *preflight, const struct feed *feed, const struct dkim_result *item)
{
    struct dns_budget budget = { .deadline_ms = clock_ms() + 1000, .questions = 10 };
    enum finding_id finding = FINDING_COUNT;
    char record[1024];

    if (item->result != AUTH_PASS)
        return "-";
    if (dkimkey_fetch(preflight_dns(preflight), &budget, item->selector, item->domain, item->algorithm, record,
                      sizeof(record)).status != DKIMKEY_FOUND)
        return "no";
    char *why = dkim_why(&feed->fields, feed->signature, record, &finding);
    const char *answer = why == NULL && finding == FINDING_COUNT ? "yes" : "no";
    free(why);
    return answer;
}

static int judge(struct preflight *preflight, char *text, size_t len)
{
    const struct preflight_origin origin = { .is_local = true, .only_signatures = true };
    struct feed feed = { .message = preflight_begin(preflight, &origin, "", NULL), .signature = DKIM_NO_FIELD };
    const struct message_sink sink = { feed_header, feed_end_of_header, feed_body, &feed };
    FILE *file = fmemopen(text, len, "rb");
    int rc = file == NULL ? -1 : message_read(file, &sink, NULL);

    if (file != NULL)
        fclose(file);
    if (rc == 0) {
        struct report *report = preflight_end(&feed.message, NULL);
        const struct dkim_result *item = report->dkim.items;
        if (report->dkim.count == 0)
            printf("none\t\t-\t\n");
        else
            printf("%s\t%s\t%s\t%s\n", auth_result_name(item->result),
                   item->finding == FINDING_COUNT ? "" : finding_row(item->finding)->name,
                   judge_canonical(preflight, &feed, item), item->reason);
        report_free(&report);
    }
    preflight_abandon(&feed.message);
    dkim_fields_clear(&feed.fields);
    return rc;
}

static int judge_all(struct preflight *preflight)
{
    char *text = xmalloc(MESSAGE_MAX);
    size_t len;
    int rc = 0;

    while (rc == 0 && scanf("%zu", &len) == 1) {
        if (len == 0 || len > MESSAGE_MAX || getchar() != '\n' || fread(text, 1, len, stdin) != len)
            rc = -1;
        else
            rc = judge(preflight, text, len);
    }
    free(text);
    return rc;
}

int main(int argc, char **argv)
{
    struct err err = { "cannot read messages" };
    struct conf *conf = argc == 2 ? conf_load(argv[1], &err) : NULL;
    struct preflight *preflight = conf == NULL ? NULL : preflight_new(conf, NULL, &err);
    int rc = preflight == NULL ? -1 : judge_all(preflight);

    if (rc < 0)
        fprintf(stderr, "dkimdrive: %s\n", err.text);
    preflight_unref(&preflight);
    conf_unref(&conf);
    return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
