/*
 * Tables asked through postmap(1); see postmap.h.
 * What it prints is the key as it was asked, a tab and the value, in the order of the keys that have one; so a line
 * belongs to the next key that it begins with, as long as no key has a tab.
 * It ends with status 1 both where it has no value to print and where it failed.  So there is always one: a key of ours
 * that only a table of ours has, asked last.  Fields and lines may have tabs: of them a table of ours has every one, so
 * that each has its answer.
 */
#include "config.h"

#include "lib/depart/postmap.h"

#include "lib/base/clock.h"
#include "lib/base/command.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/span.h"
#include "lib/base/str.h"
#include "lib/depart/tablecache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define TABLES_MAX 50               /* of one setting */
#define CACHE_ENTRIES 16384
#define CACHE_LIFE_MS (5 * 60 * 1000)
#define FAILURE_LIFE_MS 3000
#define FAIR_WAIT_MS 1000           /* what had less time and did not answer may be well */
#define OWN_KEY "preflight-asks"
#define OWN_TABLE "inline:{" OWN_KEY "=1}"
#define NOTHING_TABLE "static:" POSTMAP_NOTHING
#define INPUT_MAX (8 * 1024 * 1024)
#define OUTPUT_MAX (16 * 1024 * 1024)

/* The last failure: what does not answer costs its waiting time, or postmap's own second, not every message. */
struct failure {
    pthread_mutex_t mutex;
    char *tables;                   /* NULL: there was none */
    struct err why;
    int64_t expires_ms;
};

struct postmap {
    char *directory;                /* NULL: the standard one */
    struct tablecache *cache;
    struct failure failure;
};

struct postmap *postmap_new(const char *directory)
{
    struct postmap *postmap = xcalloc(1, sizeof(*postmap));

    postmap->directory = directory[0] == '\0' ? NULL : xstrdup(directory);
    postmap->cache = tablecache_new(CACHE_ENTRIES, CACHE_LIFE_MS);
    pthread_mutex_init(&postmap->failure.mutex, NULL);
    return postmap;
}

void postmap_free(struct postmap **postmap)
{
    if (*postmap == NULL)
        return;
    tablecache_free(&(*postmap)->cache);
    pthread_mutex_destroy(&(*postmap)->failure.mutex);
    free((*postmap)->failure.tables);
    free((*postmap)->directory);
    free(*postmap);
    *postmap = NULL;
}

void postmap_name_tables(const struct conf_strings *tables, struct str *text_r)
{
    for (size_t i = 0; i < tables->count; i++)
        str_addf(text_r, "%s%s", i > 0 ? ", " : "", tables->items[i]);
}

/* --- the program ------------------------------------------------------------------------------ */

/* option: "-hf" before the tables' "-q -", or NULL.  own_table: asked after them. */
static int run(const struct postmap *postmap, const char *option, const struct conf_strings *tables,
               const char *own_table, const struct str *input, int64_t deadline_ms, struct str *output,
               struct err *err)
{
    int64_t left = deadline_ms - clock_ms();

    if (tables->count > TABLES_MAX)
        return err_set(err, "more than %d tables", TABLES_MAX);
    if (input->len > INPUT_MAX)
        return err_set(err, "more than %d bytes to ask about", INPUT_MAX);
    if (left <= 0)
        return err_set(err, "no time is left to ask postmap");
    char *program = command_find("postmap");
    const char *argv[TABLES_MAX + 10] = { program, NULL };
    size_t n = 1;
    if (postmap->directory != NULL) {
        argv[n++] = "-c";
        argv[n++] = postmap->directory;
    }
    if (option != NULL)
        argv[n++] = option;
    argv[n++] = "-q";
    argv[n++] = "-";
    for (size_t i = 0; i < tables->count; i++)
        argv[n++] = tables->items[i];
    argv[n] = own_table;
    struct command command = {
        .argv = argv, .max_bytes = OUTPUT_MAX, .timeout_ms = (int)left, .input = str_get(input),
        .input_len = input->len,
    };
    int rc = command_run(&command, output, err);
    free(program);
    return rc;
}

/* --- keys ------------------------------------------------------------------------------------- */

/* Spaces at the ends and empty lines would be read as something else. */
bool postmap_is_key(const char *key)
{
    size_t len = strlen(key);

    if (len == 0 || len > POSTMAP_KEY_MAX || key[0] == ' ' || key[len - 1] == ' ')
        return false;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)key[i] < 0x20 || key[i] == 0x7f)
            return false;
    }
    return true;
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp((*(struct postmap_key *const *)a)->text, (*(struct postmap_key *const *)b)->text);
}

/* Takes "KEY<tab>" away where it is there. */
static bool skip_key(struct span *text, const char *key)
{
    struct span rest = *text;

    if (!span_skip(&rest, key) || !span_skip(&rest, "\t"))
        return false;
    *text = rest;
    return true;
}

/* Takes out of the output what it says of the keys, which are asked once each. */
static int read_values(struct postmap_key **asked, size_t n, struct span output, struct err *err)
{
    struct span line;
    size_t i = 0;

    while (span_cut(&output, '\n', &line)) {
        while (i < n && !skip_key(&line, asked[i]->text))
            i++;
        if (i == n)
            return skip_key(&line, OWN_KEY) && output.len == 0 ? 0
                : err_set(err, "'postmap' answers what it was not asked");
        asked[i++]->value = xstrndup(line.at, line.len);
    }
    return err_set(err, "'postmap' does not answer all that it was asked");
}

static int ask(struct postmap *postmap, const struct conf_strings *tables, struct postmap_key **asked, size_t n,
               int64_t deadline_ms, struct err *err)
{
    struct str input = STR_EMPTY, output = STR_EMPTY;

    for (size_t i = 0; i < n; i++) {
        str_add(&input, asked[i]->text);
        str_addc(&input, '\n');
    }
    str_add(&input, OWN_KEY "\n");
    int rc = run(postmap, NULL, tables, OWN_TABLE, &input, deadline_ms, &output, err);
    if (rc == 0)
        rc = read_values(asked, n, (struct span){ str_get(&output), output.len }, err);
    str_clear(&input);
    str_clear(&output);
    return rc;
}

/* -1 with err where these tables failed just now. */
static int require_answers(struct failure *failure, const char *tables, struct err *err)
{
    pthread_mutex_lock(&failure->mutex);
    bool is_failing = failure->tables != NULL && strcmp(failure->tables, tables) == 0 &&
                      failure->expires_ms > clock_ms();
    if (is_failing)
        (void)err_set(err, "%s", failure->why.text);
    pthread_mutex_unlock(&failure->mutex);
    return is_failing ? -1 : 0;
}

static void note_failure(struct failure *failure, const char *tables, const struct err *why)
{
    pthread_mutex_lock(&failure->mutex);
    free(failure->tables);
    failure->tables = xstrdup(tables);
    failure->why = *why;
    failure->expires_ms = clock_ms() + FAILURE_LIFE_MS;
    pthread_mutex_unlock(&failure->mutex);
}

static int ask_anew(struct postmap *postmap, const struct conf_strings *tables, const char *names,
                    struct postmap_key **asked, size_t n, int64_t deadline_ms, struct err *err)
{
    bool is_fair = deadline_ms - clock_ms() >= FAIR_WAIT_MS;
    struct err why = { "" };

    if (n > POSTMAP_KEYS_MAX)
        return err_set(err, "more than %d keys", POSTMAP_KEYS_MAX);
    if (require_answers(&postmap->failure, names, err) < 0)
        return -1;
    if (ask(postmap, tables, asked, n, deadline_ms, &why) == 0)
        return 0;
    if (is_fair)
        note_failure(&postmap->failure, names, &why);
    return err_set(err, "%s", why.text);
}

static void forget_values(struct postmap_key *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(keys[i].value);
        keys[i].value = NULL;
    }
}

/* Each key once: the others of the same text get its value. */
static size_t sort_unique(struct postmap_key **asked, size_t n)
{
    size_t kept = 0;

    if (n > 1)
        qsort(asked, n, sizeof(*asked), compare_keys);
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || strcmp(asked[kept - 1]->text, asked[i]->text) != 0)
            asked[kept++] = asked[i];
    }
    return kept;
}

int postmap_find(struct postmap *postmap, const struct conf_strings *tables, struct postmap_key *keys, size_t n,
                 int64_t deadline_ms, struct err *err)
{
    struct postmap_key **asked = xcalloc(n + 1, sizeof(*asked)), **all = xcalloc(n + 1, sizeof(*all));
    struct str names = STR_EMPTY;
    int64_t now = clock_ms();
    size_t n_all = 0;
    int rc = 0;

    postmap_name_tables(tables, &names);
    for (size_t i = 0; i < n; i++) {
        keys[i].value = NULL;
        if (tables->count > 0 && postmap_is_key(keys[i].text) &&
            !tablecache_get(postmap->cache, str_get(&names), keys[i].text, now, &keys[i].value))
            all[n_all++] = &keys[i];
    }
    if (n_all > 0) {
        memcpy(asked, all, n_all * sizeof(*all));
        size_t n_asked = sort_unique(asked, n_all);
        rc = ask_anew(postmap, tables, str_get(&names), asked, n_asked, deadline_ms, err);
        for (size_t i = 0; rc == 0 && i < n_asked; i++)
            tablecache_put(postmap->cache, str_get(&names), asked[i]->text, asked[i]->value, now);
        for (size_t i = 0; rc == 0 && i < n_all; i++) {
            struct postmap_key **same = bsearch(&all[i], asked, n_asked, sizeof(*asked), compare_keys);
            if (same != NULL && *same != all[i])
                all[i]->value = xstrdup((*same)->value);
        }
    }
    if (rc < 0)
        forget_values(keys, n);
    free(asked);
    free(all);
    str_clear(&names);
    return rc;
}

/* --- header fields ------------------------------------------------------------------------------ */

/* Up to the end of a line that the next does not continue: a value may hold the folds of the field it was made of. */
static struct span take_action(struct span *rest)
{
    struct span action = { rest->at, 0 };

    while (action.len < rest->len) {
        bool is_end = action.at[action.len] == '\n' &&
                      (action.len + 1 == rest->len || strchr(" \t", action.at[action.len + 1]) == NULL);
        if (is_end)
            break;
        action.len++;
    }
    size_t taken = action.len < rest->len ? action.len + 1 : action.len;
    rest->at += taken;
    rest->len -= taken;
    return action;
}

/* One for each, which it begins with. */
static int read_actions(const char *const *fields, size_t n, struct span output, char **action_r, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        if (!skip_key(&output, fields[i]))
            return err_set(err, "'postmap' does not answer what it was asked");
        struct span action = take_action(&output);
        if (!span_is(action, POSTMAP_NOTHING))
            action_r[i] = xstrndup(action.at, action.len);
    }
    return output.len == 0 ? 0 : err_set(err, "'postmap' answers more than it was asked");
}

int postmap_check_header(struct postmap *postmap, const struct conf_strings *tables, const char *const *fields,
                         size_t n, char **action_r, int64_t deadline_ms, struct err *err)
{
    struct str input = STR_EMPTY, output = STR_EMPTY;
    int rc = 0;

    memset(action_r, 0, n * sizeof(*action_r));
    for (size_t i = 0; i < n; i++) {
        str_add(&input, fields[i]);
        str_addc(&input, '\n');
    }
    str_addc(&input, '\n');
    if (n > 0)
        rc = run(postmap, "-fh", tables, NOTHING_TABLE, &input, deadline_ms, &output, err);
    if (rc == 0 && n > 0)
        rc = read_actions(fields, n, (struct span){ str_get(&output), output.len }, action_r, err);
    for (size_t i = 0; rc < 0 && i < n; i++) {
        free(action_r[i]);
        action_r[i] = NULL;
    }
    str_clear(&input);
    str_clear(&output);
    return rc;
}

/* --- lines -------------------------------------------------------------------------------------- */

/* One answer for each line, which it begins with? */
static bool are_answers(struct span lines, struct span answers)
{
    struct span line, answer;

    while (span_cut(&lines, '\n', &line)) {
        if (!span_cut(&answers, '\n', &answer) || answer.len <= line.len || answer.at[line.len] != '\t' ||
            memcmp(answer.at, line.at, line.len) != 0)
            return false;
    }
    return answers.len == 0;
}

/* As the body of a message without a header: only so postmap asks about lines that are not UTF-8, as smtp(8) does. */
int postmap_check_lines(struct postmap *postmap, const struct conf_strings *tables, const struct str *lines,
                        struct str *answers_r, int64_t deadline_ms, struct err *err)
{
    struct str input = STR_EMPTY, output = STR_EMPTY;

    str_addc(&input, '\n');
    str_addn(&input, str_get(lines), lines->len);
    int rc = run(postmap, "-bf", tables, NOTHING_TABLE, &input, deadline_ms, &output, err);
    struct span answers = { str_get(&output), output.len }, of_empty_line;
    if (rc == 0 && (!span_cut(&answers, '\n', &of_empty_line) ||
                    !are_answers((struct span){ str_get(lines), lines->len }, answers)))
        rc = err_set(err, "'postmap' does not answer what it was asked");
    if (rc == 0)
        str_addn(answers_r, answers.at, answers.len);
    str_clear(&input);
    str_clear(&output);
    return rc;
}
