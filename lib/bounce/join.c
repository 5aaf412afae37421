/*
 * Joins the lines of a mail log to messages; see join.h.
 */
#include "config.h"

#include "lib/bounce/join.h"
#include "lib/base/mem.h"
#include "lib/bounce/maillog.h"
#include "lib/bounce/mailqueue.h"
#include "lib/bounce/meaning.h"

#include <stdlib.h>

struct join {
    struct tally *tally;
    struct mailqueue *queue;
    struct meaning *meaning;
    struct join_judges judges;
    int32_t hour;                   /* of the line at hand */
};

/* --- outcomes ------------------------------------------------------------------------ */

/* A prediction names one receiver, the worst; "accept" holds for all. */
static enum forecast forecast_for(const struct message *message, uint32_t receiver, bool is_known)
{
    bool is_about = message->forecast == FORECAST_ACCEPT || message->recipients == 1 ||
                    message->predicted_at == receiver || (message->is_generic && !is_known);

    return is_about ? message->forecast : FORECAST_NONE;
}

static uint32_t domain_of(struct join *join, struct message *message)
{
    if (!message->has_domain)
        return tally_domain(join->tally, (struct span){ NULL, 0 });
    return message->domain;
}

static void settle(struct join *join, struct message *message, struct waiting *waiting, enum fate fate)
{
    const struct outcome outcome = {
        .fate = fate,
        .was_deferred = true,
        .forecast = forecast_for(message, waiting->receiver, waiting->is_known),
        .cause = waiting->cause,
        .problem = waiting->problem,
        .receiver = waiting->receiver,
        .domain = domain_of(join, message),
        .hour = fate == FATE_DEFERRED ? waiting->hour : join->hour,
        .queue_id = message->id,
    };
    tally_add(join->tally, &outcome);
    mailqueue_wait_end(join->queue, message, waiting);
}

static void settle_all(struct join *join, struct message *message, enum fate fate)
{
    while (message->waiting != NULL)
        settle(join, message, message->waiting, fate);
}

static void forget(void *arg, struct message *message)
{
    struct join *join = arg;

    settle_all(join, message, FATE_DEFERRED);
    join->tally->forgotten++;
}

/* --- messages ------------------------------------------------------------------------- */

static struct message *get(struct join *join, struct span id)
{
    struct message *message = mailqueue_find(join->queue, id);

    return message != NULL ? message : mailqueue_add(join->queue, id);
}

/* A queue id's first line: what had it before is over. */
static struct message *begin(struct join *join, struct span id)
{
    struct message *message = mailqueue_find(join->queue, id);

    if (message != NULL) {
        settle_all(join, message, FATE_DEFERRED);
        mailqueue_drop(join->queue, message);
    }
    return mailqueue_add(join->queue, id);
}

/* The message goes on as another one, with what is known of it. */
static void go_on_as(struct message *next, const struct message *message)
{
    if (!next->has_author && message->has_domain && (message->has_author || !next->has_domain)) {
        next->domain = message->domain;
        next->has_domain = true;
        next->has_author = message->has_author;
    }
    if (next->has_verdict || next->forecast != FORECAST_NONE || message->forecast == FORECAST_NONE)
        return;
    next->forecast = message->forecast;
    next->predicted_at = message->predicted_at;
    next->is_generic = message->is_generic;
    if (message->recipients > next->recipients)
        next->recipients = message->recipients;
}

static void take_arrived(struct join *join, const struct maillog *line)
{
    struct message *message = begin(join, line->queue_id);
    struct message *previous = line->previous_id.len == 0 ? NULL : mailqueue_find(join->queue, line->previous_id);

    if (previous == NULL || previous == message)
        return;
    go_on_as(message, previous);
    if (line->is_requeued) {
        mailqueue_wait_move(join->queue, previous, message);
        mailqueue_remove(join->queue, previous);
    }
}

static void take_message_id(struct join *join, const struct maillog *line)
{
    struct message *message = mailqueue_find(join->queue, line->queue_id);

    if (message == NULL || message->is_removed)
        message = begin(join, line->queue_id);      /* a bounce or a forwarded message arrives without another line */
    mailqueue_set_message_id(join->queue, message, line->message_id);
    const struct message *before = mailqueue_same(message);
    if (before != NULL && !before->is_prevented)
        go_on_as(message, before);
}

static void set_domain(struct join *join, struct message *message, struct span address)
{
    struct span domain = address.len == 0 ? (struct span){ "<>", 2 } : span_behind_last(address, '@');

    message->domain = tally_domain(join->tally, domain);
    message->has_domain = true;
}

/* --- our own lines ---------------------------------------------------------------------- */

/* It left after all: released from the hold queue, or sent again after the cause was mended. */
static void let_go(struct join *join, struct message *message)
{
    if (!message->is_prevented)
        return;
    tally_prevented(join->tally, message->prevention, message->domain, message->prevented_hour, -1);
    message->is_prevented = false;
}

/* A client that was told to try again comes again, with the same Message-ID: one message. */
static struct message *prevented_before(const struct message *message)
{
    struct message *other = mailqueue_same(message);

    while (other != NULL && !other->is_prevented)
        other = mailqueue_same(other);
    return other;
}

static void prevent(struct join *join, struct message *message, struct span action)
{
    static const char *const actions[] = { "reject", "tempfail", "hold" };
    struct message *before = prevented_before(message);

    for (enum prevention how = PREVENTED_REJECT; how <= PREVENTED_HOLD; how++) {
        if (!span_is(action, actions[how]))
            continue;
        if (before != NULL)
            let_go(join, before);
        message->is_prevented = true;
        message->prevention = how;
        message->prevented_hour = join->hour;
        tally_prevented(join->tally, how, message->domain, join->hour, 1);
        return;
    }
    if (before != NULL)
        let_go(join, before);
}

static enum forecast forecast_of(struct span verdict)
{
    static const struct { const char *verdict; enum forecast forecast; } verdicts[] = {
        { "accept", FORECAST_ACCEPT },
        { "junk", FORECAST_JUNK },
        { "defer", FORECAST_DEFER },
        { "reject", FORECAST_REJECT },
    };
    for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
        if (span_is(verdict, verdicts[i].verdict))
            return verdicts[i].forecast;
    }
    return FORECAST_NONE;
}

static void take_verdict(struct join *join, const struct maillog *line)
{
    struct message *message = get(join, line->queue_id);
    struct span predict = line->predict, receiver = predict;

    let_go(join, message);
    message->has_verdict = true;
    message->forecast = forecast_of(line->verdict);
    span_cut(&predict, ':', &receiver);         /* the outcome is behind the colon */
    message->is_generic = receiver.len == 0 || span_is(receiver, "generic");
    message->predicted_at = message->is_generic ? UINT32_MAX : tally_receiver(join->tally, receiver);
    if (line->author.len > 0) {
        message->domain = tally_domain(join->tally, line->author);
        message->has_domain = message->has_author = true;
    } else {
        set_domain(join, message, line->sender);
    }
    prevent(join, message, line->action);
}

/* --- deliveries ---------------------------------------------------------------------------- */

/* A server of another site may say "queued as" with any id. */
static bool is_handed_on(struct join *join, const struct message *message, struct span next_id)
{
    struct message *next = next_id.len == 0 ? NULL : mailqueue_find(join->queue, next_id);

    if (next == NULL || next == message)
        return false;
    if (next->message_id != 0 && message->message_id != 0 && next->message_id != message->message_id)
        return false;
    go_on_as(next, message);
    return true;
}

/* What receivers had no part in. */
static bool is_ours_alone(const struct maillog *line)
{
    return line->agent == AGENT_LMTP || line->agent == AGENT_LOCAL ||
           (line->agent == AGENT_ERROR && line->status != STATUS_DEFERRED && line->status != STATUS_EXPIRED);
}

static void end_wait(struct join *join, struct message *message, struct waiting *waiting)
{
    if (waiting != NULL)
        mailqueue_wait_end(join->queue, message, waiting);
}

static void take_deferred(struct join *join, struct message *message, const struct maillog *line)
{
    if (message->is_removed)
        return;
    struct waiting *waiting = mailqueue_wait(join->queue, message, line->recipient);
    waiting->receiver = meaning_receiver(join->meaning, line, &waiting->is_known);
    waiting->cause = (int)meaning_cause(join->meaning, line, waiting->receiver, &waiting->problem);
    waiting->hour = join->hour;
}

static void take_final(struct join *join, struct message *message, struct waiting *waiting, const struct maillog *line)
{
    bool is_known, is_sent = line->status == STATUS_SENT;
    uint32_t receiver = meaning_receiver(join->meaning, line, &is_known);
    struct outcome outcome = {
        .fate = is_sent ? FATE_DELIVERED : FATE_REFUSED,
        .was_deferred = waiting != NULL,
        .forecast = forecast_for(message, receiver, is_known),
        .cause = waiting != NULL ? waiting->cause : NO_CAUSE,
        .problem = waiting != NULL ? waiting->problem : NO_PROBLEM,
        .receiver = receiver,
        .domain = domain_of(join, message),
        .hour = join->hour,
        .queue_id = message->id,
    };
    if (!is_sent)
        outcome.cause = (int)meaning_cause(join->meaning, line, receiver, &outcome.problem);
    tally_add(join->tally, &outcome);
    end_wait(join, message, waiting);
}

static void take_delivery(struct join *join, const struct maillog *line)
{
    struct message *message = get(join, line->queue_id);
    struct waiting *waiting = mailqueue_waits(join->queue, message, line->recipient);

    if (line->status == STATUS_OTHER)
        return;
    if (line->status == STATUS_SENT && is_handed_on(join, message, line->next_id)) {
        join->tally->handed_on++;
        end_wait(join, message, waiting);
    } else if (is_ours_alone(line)) {
        join->tally->local += line->status != STATUS_DEFERRED;
        end_wait(join, message, waiting);
    } else if (line->status == STATUS_DEFERRED) {
        take_deferred(join, message, line);
    } else if (line->status == STATUS_EXPIRED && waiting != NULL) {
        settle(join, message, waiting, FATE_REFUSED);
    } else {
        take_final(join, message, waiting, line);
    }
}

/* --- lines ---------------------------------------------------------------------------------- */

static void take_queued(struct join *join, const struct maillog *line)
{
    struct message *message = get(join, line->queue_id);

    let_go(join, message);
    if (!message->has_domain)
        set_domain(join, message, line->sender);
    if (line->recipients > message->recipients)
        message->recipients = line->recipients;
}

static void take_removed(struct join *join, const struct maillog *line)
{
    struct message *message = mailqueue_find(join->queue, line->queue_id);

    if (message == NULL)
        return;
    settle_all(join, message, FATE_DEFERRED);
    mailqueue_remove(join->queue, message);
}

static void take_expired(struct join *join, const struct maillog *line)
{
    struct message *message = mailqueue_find(join->queue, line->queue_id);

    if (message != NULL)
        settle_all(join, message, FATE_REFUSED);
}

/* What a milter refused is gone; what it holds is not. */
static void take_milter(struct join *join, const struct maillog *line)
{
    if (!span_is(line->event, "milter-hold"))
        take_removed(join, line);
}

void join_line(struct join *join, const struct maillog *line)
{
    static void (*const take[])(struct join *, const struct maillog *) = {
        [MAILLOG_DELIVERY] = take_delivery, [MAILLOG_ARRIVED] = take_arrived, [MAILLOG_MESSAGE_ID] = take_message_id,
        [MAILLOG_QUEUED] = take_queued, [MAILLOG_EXPIRED] = take_expired, [MAILLOG_REMOVED] = take_removed,
        [MAILLOG_MILTER] = take_milter, [MAILLOG_VERDICT] = take_verdict,
    };
    if (line->kind == MAILLOG_OTHER)
        return;
    join->hour = tally_hour(&line->time);
    take[line->kind](join, line);
}

struct join *join_new(struct tally *tally, const struct join_judges *judges, size_t messages_max)
{
    struct join *join = xcalloc(1, sizeof(*join));
    size_t removed_max = messages_max / 8 < JOIN_REMOVED_MAX ? messages_max / 8 : JOIN_REMOVED_MAX;

    join->tally = tally;
    join->judges = *judges;
    join->queue = mailqueue_new(messages_max, removed_max, 2 * messages_max, tally->seed, forget, join);
    join->meaning = meaning_new(tally, &join->judges);
    return join;
}

void join_finish(struct join *join)
{
    for (struct message *message = mailqueue_first(join->queue); message != NULL; message = mailqueue_next(message))
        settle_all(join, message, FATE_DEFERRED);
}

void join_free(struct join **join)
{
    if (*join == NULL)
        return;
    mailqueue_free(&(*join)->queue);
    meaning_free(&(*join)->meaning);
    free(*join);
    *join = NULL;
}
