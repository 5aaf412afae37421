/*
 * What became of the mail, out of mail logs; see bounces.h.
 */
#include "config.h"

#include "lib/bounces.h"
#include "lib/base/domain.h"
#include "lib/base/err.h"
#include "lib/base/ip.h"
#include "lib/bounce/join.h"
#include "lib/bounce/logfile.h"
#include "lib/bounce/maillog.h"
#include "lib/check/orgdomain.h"
#include "lib/config/conf.h"
#include "lib/judge/receivers.h"
#include "lib/judge/reply.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define LINES_PER_PROGRESS 16384

struct knowledge {
    struct replies *replies;
    struct receivers *receivers;
    struct orgdomain *orgdomain;
};

static void explain(void *arg, const struct reply *reply, struct explanation *explanation_r)
{
    const struct knowledge *knowledge = arg;

    replies_explain(knowledge->replies, reply, explanation_r);
}

/* A receiver that is none of ours goes by its organization: "mx7.example.net" is example.net's. */
static void find_receiver(void *arg, const char *host, char name_r[TALLY_NAME_MAX], bool *is_known_r)
{
    const struct knowledge *knowledge = arg;
    char domain[DOMAIN_MAX];
    struct ip_addr address;

    *is_known_r = false;
    if (ip_parse(host, &address) == 0 || domain_normalize(host, domain) < 0) {
        snprintf(name_r, TALLY_NAME_MAX, "%s", host);
        return;
    }
    const struct receiver *receiver = receivers_by_host(knowledge->receivers, domain);
    *is_known_r = receiver != receivers_generic(knowledge->receivers);
    if (*is_known_r)
        snprintf(name_r, TALLY_NAME_MAX, "%s", receiver->name);
    else
        orgdomain_find(knowledge->orgdomain, domain, name_r);
}

static int learn(struct knowledge *knowledge, const struct conf *conf, struct err *err)
{
    knowledge->replies = replies_load(conf->replies, err);
    if (knowledge->replies == NULL)
        return -1;
    knowledge->receivers = receivers_load(conf->receivers, err);
    if (knowledge->receivers == NULL)
        return -1;
    knowledge->orgdomain = orgdomain_new(err);
    return knowledge->orgdomain == NULL ? -1 : 0;
}

static void unlearn(struct knowledge *knowledge)
{
    replies_free(&knowledge->replies);
    receivers_unref(&knowledge->receivers);
    orgdomain_free(&knowledge->orgdomain);
}

static int64_t second_of(const struct maillog_time *time)
{
    return ((int64_t)tally_hour(time) * 60 + time->minute) * 60 + time->second;
}

/* Files may overlap. */
static void note_time(struct tally *tally, const struct maillog_time *time)
{
    if (tally->first.month == 0 || second_of(time) < second_of(&tally->first))
        tally->first = *time;
    if (tally->last.month == 0 || second_of(time) > second_of(&tally->last))
        tally->last = *time;
}

static int read_lines(struct logfiles *files, struct join *join, struct tally *tally, bounces_progress *progress,
                      void *arg, struct err *err)
{
    struct maillog log;
    const char *line;
    size_t len;
    int rc;

    while ((rc = logfiles_next(files, &line, &len, err)) > 0) {
        if (tally->lines++ % LINES_PER_PROGRESS == 0 && progress != NULL)
            progress(arg, logfiles_bytes_read(files), logfiles_bytes_total(files));
        if (!maillog_parse(line, len, &log))
            continue;
        logfiles_date(files, &log.time);
        note_time(tally, &log.time);
        join_line(join, &log);
    }
    if (rc == 0 && progress != NULL)
        progress(arg, logfiles_bytes_read(files), logfiles_bytes_total(files));
    return rc;
}

/* Who wrote the mail cannot foresee how it is filed here. */
static uint64_t random_seed(void)
{
    uint64_t seed = 0;

    if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
        seed = (uint64_t)(uintptr_t)&seed;
    return seed;
}

int bounces_tally(const struct conf *conf, char *const *paths, size_t n_paths, bounces_progress *progress, void *arg,
                  struct tally *tally, struct err *err)
{
    struct knowledge knowledge = { 0 };
    const struct join_judges judges = { explain, find_receiver, &knowledge };
    struct logfiles *files = learn(&knowledge, conf, err) < 0 ? NULL : logfiles_open(paths, n_paths, err);

    if (files == NULL) {
        unlearn(&knowledge);
        return -1;
    }
    tally_init(tally, random_seed());
    tally->files = n_paths == 0 ? 1 : n_paths;
    struct join *join = join_new(tally, &judges, JOIN_MESSAGES_MAX);
    int rc = read_lines(files, join, tally, progress, arg, err);
    if (rc == 0) {
        join_finish(join);
        tally_finish(tally);
    } else {
        tally_clear(tally);
    }
    join_free(&join);
    logfiles_close(&files);
    unlearn(&knowledge);
    return rc;
}
