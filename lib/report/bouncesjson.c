/*
 * What became of the mail, as JSON; see bounces.h.
 */
#include "config.h"

#include "lib/report/bounces.h"
#include "lib/report/jsonvalue.h"

static void put_counts(struct json_t *object, const struct counts *counts)
{
    jsonvalue_put_count(object, "delivered", counts->delivered);
    jsonvalue_put_count(object, "delayed", counts->delayed);
    jsonvalue_put_count(object, "deferred", counts->deferred);
    jsonvalue_put_count(object, "refused", counts->refused);
    jsonvalue_put_count(object, "judged", counts->judged);
    jsonvalue_put_count(object, "predicted_happened", counts->happened);
    jsonvalue_put_count(object, "predicted_not_happened", counts->not_happened);
    jsonvalue_put_count(object, "unpredicted", counts->unpredicted);
    jsonvalue_put_count(object, "accepted_delivered", counts->agreed);
}

static struct json_t *make_total(const struct tally *tally)
{
    struct json_t *total = jsonvalue_object();

    put_counts(total, &tally->total);
    jsonvalue_put_real(total, "bounce_rate", tally_rate(&tally->total));
    jsonvalue_put_count(total, "local", tally->local);
    jsonvalue_put_count(total, "handed_on", tally->handed_on);
    return total;
}

static struct json_t *make_prevented(const struct tally *tally)
{
    struct json_t *prevented = jsonvalue_object();

    jsonvalue_put_count(prevented, "total", tally->total.prevented);
    jsonvalue_put_count(prevented, "reject", tally->prevented_by[PREVENTED_REJECT]);
    jsonvalue_put_count(prevented, "tempfail", tally->prevented_by[PREVENTED_TEMPFAIL]);
    jsonvalue_put_count(prevented, "hold", tally->prevented_by[PREVENTED_HOLD]);
    return prevented;
}

static struct json_t *make_causes(const struct tally *tally)
{
    struct json_t *causes = jsonvalue_array();

    for (int i = 0; i < CAUSE_COUNT; i++) {
        int cause = tally->cause_order[i];
        if (bounces_is_empty(&tally->by_cause[cause]))
            continue;
        struct json_t *row = jsonvalue_object();
        jsonvalue_put_text(row, "cause", cause_name((enum cause)cause));
        put_counts(row, &tally->by_cause[cause]);
        jsonvalue_append(causes, row);
    }
    return causes;
}

static struct json_t *make_rows(const struct tally_rows *rows, const char *key, bool are_domains)
{
    struct json_t *array = jsonvalue_array();

    for (size_t i = 0; i < rows->count; i++) {
        const struct tally_row *row = &rows->rows[rows->order[i]];
        if (bounces_is_empty(&row->counts))
            continue;
        struct json_t *object = jsonvalue_object(), *causes = jsonvalue_object();
        jsonvalue_put_text(object, key, row->name);
        put_counts(object, &row->counts);
        jsonvalue_put_real(object, "bounce_rate", tally_rate(&row->counts));
        if (are_domains) {
            jsonvalue_put_bool(object, "over_limit", bounces_is_over(&row->counts));
            jsonvalue_put_count(object, "prevented", row->counts.prevented);
        }
        for (int cause = 0; cause < CAUSE_COUNT; cause++) {
            if (row->by_cause[cause] > 0)
                jsonvalue_put_count(causes, cause_name((enum cause)cause), row->by_cause[cause]);
        }
        jsonvalue_put(object, "causes", causes);
        jsonvalue_append(array, object);
    }
    return array;
}

static struct json_t *make_problems(const struct tally *tally)
{
    struct json_t *array = jsonvalue_array();

    for (size_t i = 0; i < tally->n_problems; i++) {
        const struct tally_problem *problem = &tally->problems[i];
        struct json_t *object = jsonvalue_object();
        jsonvalue_put_text(object, "cause", cause_name((enum cause)problem->cause));
        jsonvalue_put_text(object, "receiver", tally->receivers.rows[problem->receiver].name);
        jsonvalue_put_count(object, "refused", problem->refused);
        jsonvalue_put_count(object, "deferred", problem->deferred);
        jsonvalue_put_count(object, "delayed", problem->delayed);
        jsonvalue_put_text(object, "text", problem->text);
        jsonvalue_put_text(object, "remedy", problem->remedy);
        jsonvalue_put_text(object, "page", problem->page);
        jsonvalue_put_text(object, "reply", problem->reply);
        jsonvalue_put_text(object, "queue_id", problem->queue_id);
        jsonvalue_append(array, object);
    }
    return array;
}

static struct json_t *make_examples(const struct tally *tally, const struct tally_examples *examples)
{
    struct json_t *array = jsonvalue_array();

    for (uint64_t i = 0; i < examples->count && i < TALLY_EXAMPLES_MAX; i++) {
        const struct tally_example *example = &examples->items[i];
        struct json_t *object = jsonvalue_object();
        jsonvalue_put_text(object, "queue_id", example->queue_id);
        jsonvalue_put_text(object, "domain", tally->domains.rows[example->domain].name);
        jsonvalue_put_text(object, "receiver", tally->receivers.rows[example->receiver].name);
        if (example->cause != NO_CAUSE)
            jsonvalue_put_text(object, "cause", cause_name((enum cause)example->cause));
        jsonvalue_append(array, object);
    }
    return array;
}

static struct json_t *make_hours(const struct tally *tally)
{
    struct json_t *array = jsonvalue_array();

    for (size_t i = 0; i < tally->n_hours; i++) {
        const struct tally_hour *hour = &tally->hours[i];
        struct maillog_time time;
        char text[BOUNCES_TIME_MAX];
        tally_hour_time(hour->hour, &time);
        bounces_time_text(&time, text);
        struct json_t *object = jsonvalue_object();
        jsonvalue_put_text(object, "hour", text);
        jsonvalue_put_count(object, "delivered", hour->delivered);
        jsonvalue_put_count(object, "deferred", hour->deferred);
        jsonvalue_put_count(object, "refused", hour->refused);
        jsonvalue_put_count(object, "prevented", hour->prevented);
        jsonvalue_append(array, object);
    }
    return array;
}

char *report_json_bounces(const struct tally *tally)
{
    struct json_t *object = jsonvalue_object(), *log = jsonvalue_object();
    char first[BOUNCES_TIME_MAX], last[BOUNCES_TIME_MAX];

    bounces_time_text(&tally->first, first);
    bounces_time_text(&tally->last, last);
    if (first[0] != '\0') {
        jsonvalue_put_text(log, "from", first);
        jsonvalue_put_text(log, "to", last);
    }
    jsonvalue_put_count(log, "files", tally->files);
    jsonvalue_put_count(log, "lines", tally->lines);
    jsonvalue_put_count(log, "forgotten", tally->forgotten);
    jsonvalue_put(object, "log", log);
    jsonvalue_put(object, "total", make_total(tally));
    jsonvalue_put(object, "prevented", make_prevented(tally));
    jsonvalue_put(object, "causes", make_causes(tally));
    jsonvalue_put(object, "receivers", make_rows(&tally->receivers, "receiver", false));
    jsonvalue_put(object, "domains", make_rows(&tally->domains, "domain", true));
    jsonvalue_put(object, "problems", make_problems(tally));
    jsonvalue_put(object, "unpredicted", make_examples(tally, &tally->unpredicted));
    jsonvalue_put(object, "not_happened", make_examples(tally, &tally->not_happened));
    jsonvalue_put(object, "hours", make_hours(tally));
    return jsonvalue_print(object);
}
