/*
 * What became of the mail, counted; see tally.h.
 */
#include "config.h"

#include "lib/bounce/tally.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <stdlib.h>
#include <string.h>

#define INDEX_SIZE 65536            /* a power of two, over three times TALLY_ROWS_MAX */
#define PROBLEM_INDEX_SIZE 8192     /* likewise for TALLY_PROBLEMS_MAX */
#define REPLY_MAX 1000              /* bytes of an example that are kept */

/* --- rows ------------------------------------------------------------------------- */

static uint32_t add_row(struct tally_rows *rows, uint32_t *slot, const char *name)
{
    rows->rows = xgrow(rows->rows, rows->count, &rows->capacity, sizeof(*rows->rows));
    rows->rows[rows->count].name = xstrdup(name);
    *slot = (uint32_t)++rows->count;
    return *slot - 1;
}

static uint32_t find_row(struct tally_rows *rows, uint64_t seed, const char *name)
{
    uint64_t at = span_hash((struct span){ name, strlen(name) }, seed);

    for (;; at++) {
        uint32_t *slot = &rows->index[at % INDEX_SIZE];
        if (*slot == 0)
            return rows->count < TALLY_ROWS_MAX ? add_row(rows, slot, name) : 0;
        if (strcmp(rows->rows[*slot - 1].name, name) == 0)
            return *slot - 1;
    }
}

static void rows_init(struct tally_rows *rows, uint64_t seed)
{
    rows->index = xcalloc(INDEX_SIZE, sizeof(*rows->index));
    find_row(rows, seed, "(others)");       /* number 0 */
}

static void rows_clear(struct tally_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        free(rows->rows[i].name);
    free(rows->rows);
    free(rows->index);
    free(rows->order);
}

static uint32_t named_row(struct tally *tally, struct tally_rows *rows, struct span name)
{
    char text[TALLY_NAME_MAX];

    span_copy(name, text, sizeof(text));
    ascii_lower(text);
    size_t len = strlen(text);
    if (len > 1 && text[len - 1] == '.')
        text[len - 1] = '\0';
    return find_row(rows, tally->seed, text[0] == '\0' ? "(unknown)" : text);
}

uint32_t tally_receiver(struct tally *tally, struct span name)
{
    return named_row(tally, &tally->receivers, name);
}

uint32_t tally_domain(struct tally *tally, struct span name)
{
    return named_row(tally, &tally->domains, name);
}

/* --- hours and problems -------------------------------------------------------------- */

/* Days since 1970 of the Gregorian calendar, whose year begins in March here. */
static int32_t day_number(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year, era = y / 400, of_era = y - era * 400;
    int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int32_t tally_hour(const struct maillog_time *time)
{
    return day_number(time->year, time->month, time->day) * 24 + time->hour;
}

void tally_hour_time(int32_t hour, struct maillog_time *time_r)
{
    int32_t day = hour / 24 + 719468;
    int era = day / 146097, of_era = day % 146097;
    int year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;

    *time_r = (struct maillog_time){ .hour = hour % 24 };
    time_r->day = of_year - (153 * month + 2) / 5 + 1;
    time_r->month = month < 10 ? month + 3 : month - 9;
    time_r->year = year + era * 400 + (time_r->month <= 2);
}

/* Most lines belong to the last hour.  Beyond the bound the nearest one stands for what has none. */
static struct tally_hour *find_hour(struct tally *tally, int32_t hour)
{
    size_t low = 0, high = tally->n_hours;

    if (high > 0 && tally->hours[high - 1].hour == hour)
        return &tally->hours[high - 1];
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (tally->hours[middle].hour < hour)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < tally->n_hours && tally->hours[low].hour == hour)
        return &tally->hours[low];
    if (tally->n_hours == TALLY_HOURS_MAX)
        return &tally->hours[low < tally->n_hours ? low : low - 1];
    tally->hours = xgrow(tally->hours, tally->n_hours, &tally->hours_capacity, sizeof(*tally->hours));
    memmove(tally->hours + low + 1, tally->hours + low, (tally->n_hours - low) * sizeof(*tally->hours));
    tally->n_hours++;
    tally->hours[low] = (struct tally_hour){ .hour = hour };
    return &tally->hours[low];
}

static bool is_same(const struct tally_problem *problem, const struct explanation *explanation, uint32_t receiver)
{
    return problem->cause == (int)explanation->cause && problem->receiver == receiver &&
           strcmp(problem->text, explanation->text) == 0;
}

static void add_problem(struct tally *tally, const struct explanation *explanation, uint32_t receiver,
                        struct span reply, const char *queue_id)
{
    tally->problems = xgrow(tally->problems, tally->n_problems, &tally->problems_capacity, sizeof(*tally->problems));
    struct tally_problem *problem = &tally->problems[tally->n_problems++];
    problem->cause = (int)explanation->cause;
    problem->receiver = receiver;
    problem->text = xstrdup(explanation->text);
    problem->remedy = xstrdup(explanation->remedy);
    problem->page = xstrdup(explanation->page);
    problem->reply = xstrndup(reply.len == 0 ? "" : reply.at, reply.len < REPLY_MAX ? reply.len : REPLY_MAX);
    span_copy((struct span){ queue_id, strlen(queue_id) }, problem->queue_id, sizeof(problem->queue_id));
}

int tally_explain(struct tally *tally, const struct explanation *explanation, uint32_t receiver, struct span reply,
                  const char *queue_id)
{
    const uint32_t place[2] = { (uint32_t)explanation->cause, receiver };
    uint64_t at = span_hash((struct span){ (const char *)place, sizeof(place) }, tally->seed) ^
                  span_hash((struct span){ explanation->text, strlen(explanation->text) }, tally->seed);

    for (;; at++) {
        uint32_t *slot = &tally->problem_index[at % PROBLEM_INDEX_SIZE];
        if (*slot == 0) {
            if (tally->n_problems == TALLY_PROBLEMS_MAX)
                return NO_PROBLEM;
            add_problem(tally, explanation, receiver, reply, queue_id);
            *slot = (uint32_t)tally->n_problems;
        }
        if (is_same(&tally->problems[*slot - 1], explanation, receiver))
            return (int)*slot - 1;
    }
}

/* --- outcomes ------------------------------------------------------------------------- */

enum judgement { UNTOLD, HAPPENED, NOT_HAPPENED, UNPREDICTED, AGREED };

static enum judgement judge(const struct outcome *outcome)
{
    bool is_ours = outcome->cause != NO_CAUSE && outcome->cause != CAUSE_MAILBOX;
    bool is_delivered = outcome->fate == FATE_DELIVERED;

    switch (outcome->forecast) {
    case FORECAST_ACCEPT:
        return is_delivered ? AGREED : is_ours ? UNPREDICTED : UNTOLD;
    case FORECAST_JUNK:
        return !is_delivered && is_ours ? UNPREDICTED : UNTOLD;
    case FORECAST_DEFER:
        if (is_delivered && outcome->was_deferred)
            return is_ours ? HAPPENED : NOT_HAPPENED;
        /* FALLTHROUGH */
    case FORECAST_REJECT:
        return is_delivered ? NOT_HAPPENED : is_ours ? HAPPENED : UNTOLD;
    default:
        return UNTOLD;
    }
}

static void count(struct counts *counts, const struct outcome *outcome, enum judgement judgement)
{
    bool is_delivered = outcome->fate == FATE_DELIVERED;

    counts->refused += outcome->fate == FATE_REFUSED;
    counts->deferred += outcome->fate == FATE_DEFERRED;
    counts->delivered += is_delivered;
    counts->delayed += is_delivered && outcome->was_deferred;
    counts->judged += outcome->forecast != FORECAST_NONE;
    counts->happened += judgement == HAPPENED;
    counts->not_happened += judgement == NOT_HAPPENED;
    counts->unpredicted += judgement == UNPREDICTED;
    counts->agreed += judgement == AGREED;
}

static void count_problem(struct tally *tally, const struct outcome *outcome)
{
    if (outcome->problem == NO_PROBLEM)
        return;
    struct tally_problem *problem = &tally->problems[outcome->problem];
    problem->refused += outcome->fate == FATE_REFUSED;
    problem->deferred += outcome->fate == FATE_DEFERRED;
    problem->delayed += outcome->fate == FATE_DELIVERED;
}

static void keep_example(struct tally_examples *examples, const struct outcome *outcome)
{
    struct tally_example *example = &examples->items[examples->count++ % TALLY_EXAMPLES_MAX];

    *example = (struct tally_example){ .cause = outcome->cause, .receiver = outcome->receiver,
                                       .domain = outcome->domain };
    span_copy((struct span){ outcome->queue_id, strlen(outcome->queue_id) }, example->queue_id,
              sizeof(example->queue_id));
}

void tally_add(struct tally *tally, const struct outcome *outcome)
{
    struct tally_row *receiver = &tally->receivers.rows[outcome->receiver];
    struct tally_row *domain = &tally->domains.rows[outcome->domain];
    struct tally_hour *hour = find_hour(tally, outcome->hour);
    enum judgement judgement = judge(outcome);

    count(&tally->total, outcome, judgement);
    count(&receiver->counts, outcome, judgement);
    count(&domain->counts, outcome, judgement);
    hour->refused += outcome->fate == FATE_REFUSED;
    hour->deferred += outcome->fate == FATE_DEFERRED;
    hour->delivered += outcome->fate == FATE_DELIVERED;
    if (outcome->cause != NO_CAUSE) {
        count(&tally->by_cause[outcome->cause], outcome, judgement);
        receiver->by_cause[outcome->cause] += outcome->fate != FATE_DELIVERED;
        domain->by_cause[outcome->cause] += outcome->fate != FATE_DELIVERED;
        count_problem(tally, outcome);
    }
    if (judgement == UNPREDICTED)
        keep_example(&tally->unpredicted, outcome);
    else if (judgement == NOT_HAPPENED)
        keep_example(&tally->not_happened, outcome);
}

void tally_prevented(struct tally *tally, enum prevention how, uint32_t domain, int32_t hour, int change)
{
    uint64_t more = (uint64_t)(int64_t)change;      /* minus one wraps back to what it was */

    tally->prevented_by[how] += more;
    tally->total.prevented += more;
    tally->domains.rows[domain].counts.prevented += more;
    find_hour(tally, hour)->prevented += more;
}

double tally_rate(const struct counts *counts)
{
    uint64_t known = counts->refused + counts->delivered;

    return known == 0 ? 0 : (double)counts->refused / (double)known;
}

/* --- the end ---------------------------------------------------------------------------- */

static int by_trouble(uint64_t refused_a, uint64_t refused_b, uint64_t others_a, uint64_t others_b)
{
    if (refused_a != refused_b)
        return refused_a > refused_b ? -1 : 1;
    return others_a != others_b ? (others_a > others_b ? -1 : 1) : 0;
}

static int compare_rows(const void *left, const void *right, void *arg)
{
    const struct tally_row *rows = arg, *a = &rows[*(const uint32_t *)left], *b = &rows[*(const uint32_t *)right];
    int trouble = by_trouble(a->counts.refused, b->counts.refused, a->counts.deferred, b->counts.deferred);

    if (trouble == 0)
        trouble = by_trouble(a->counts.prevented, b->counts.prevented, a->counts.delivered, b->counts.delivered);
    return trouble != 0 ? trouble : strcmp(a->name, b->name);
}

/* Whoever is not there, or does not want mail, is nothing that can be mended. */
static int compare_causes(const void *left, const void *right, void *arg)
{
    const struct counts *counts = arg;
    int a = *(const int *)left, b = *(const int *)right;

    if ((a == CAUSE_MAILBOX) != (b == CAUSE_MAILBOX))
        return a == CAUSE_MAILBOX ? 1 : -1;
    int trouble = by_trouble(counts[a].refused, counts[b].refused, counts[a].deferred, counts[b].deferred);
    return trouble != 0 ? trouble : a - b;
}

static int rank_of(const struct tally *tally, int cause)
{
    int rank = 0;

    while (tally->cause_order[rank] != cause)
        rank++;
    return rank;
}

static int compare_problems(const void *left, const void *right, void *arg)
{
    const struct tally_problem *a = left, *b = right;

    if (a->cause != b->cause)
        return rank_of(arg, a->cause) - rank_of(arg, b->cause);
    if (a->weight != b->weight)
        return a->weight > b->weight ? -1 : 1;
    int order = strcmp(a->text, b->text);
    if (order == 0)
        order = by_trouble(a->refused, b->refused, a->deferred + a->delayed, b->deferred + b->delayed);
    return order != 0 ? order : (a->receiver < b->receiver ? -1 : 1);
}

/* Those of one meaning stand together; the heaviest of them comes first. */
static void order_problems(struct tally *tally)
{
    struct tally_problem *problems = tally->problems;
    size_t n = tally->n_problems;

    if (n == 0)
        return;
    qsort_r(problems, n, sizeof(*problems), compare_problems, tally);
    for (size_t start = 0, end; start < n; start = end) {
        uint64_t weight = 0;
        for (end = start; end < n && problems[end].cause == problems[start].cause &&
                          strcmp(problems[end].text, problems[start].text) == 0; end++)
            weight += problems[end].refused + problems[end].deferred + problems[end].delayed;
        for (size_t i = start; i < end; i++)
            problems[i].weight = weight;
    }
    qsort_r(problems, n, sizeof(*problems), compare_problems, tally);
}

static void order_rows(struct tally_rows *rows)
{
    rows->order = xcalloc(rows->count, sizeof(*rows->order));
    for (size_t i = 0; i < rows->count; i++)
        rows->order[i] = (uint32_t)i;
    qsort_r(rows->order, rows->count, sizeof(*rows->order), compare_rows, rows->rows);
}

void tally_finish(struct tally *tally)
{
    order_rows(&tally->receivers);
    order_rows(&tally->domains);
    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        tally->cause_order[cause] = cause;
    qsort_r(tally->cause_order, CAUSE_COUNT, sizeof(tally->cause_order[0]), compare_causes, tally->by_cause);
    order_problems(tally);
    free(tally->problem_index);             /* it says where they were */
    tally->problem_index = NULL;
}

void tally_init(struct tally *tally, uint64_t seed)
{
    *tally = (struct tally){ .seed = seed };
    tally->problem_index = xcalloc(PROBLEM_INDEX_SIZE, sizeof(*tally->problem_index));
    rows_init(&tally->receivers, seed);
    rows_init(&tally->domains, seed);
}

void tally_clear(struct tally *tally)
{
    for (size_t i = 0; i < tally->n_problems; i++) {
        free(tally->problems[i].text);
        free(tally->problems[i].remedy);
        free(tally->problems[i].page);
        free(tally->problems[i].reply);
    }
    free(tally->problems);
    free(tally->problem_index);
    free(tally->hours);
    rows_clear(&tally->receivers);
    rows_clear(&tally->domains);
    *tally = (struct tally){ 0 };
}
