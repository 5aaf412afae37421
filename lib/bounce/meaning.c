/*
 * What answers mean and whose servers give them; see meaning.h.
 */
#include "config.h"

#include "lib/bounce/meaning.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/bounce/maillog.h"

#include <stdlib.h>
#include <string.h>

#define ANSWERS 16384               /* that are remembered; powers of two */
#define SERVERS 4096
#define ANSWER_MAX 4096             /* bytes that are looked at */
#define WORD_KEPT_MAX 8             /* a word so long or shorter is never an id: "550", "5.7.350", "AS(48)", "S3140" */

struct answer { uint64_t hash; enum cause cause; int problem; };
struct server { uint64_t hash; uint32_t receiver; bool is_known; };

struct meaning {
    struct tally *tally;
    const struct join_judges *judges;
    struct answer answers[ANSWERS];     /* hash 0: free */
    struct server servers[SERVERS];
};

struct meaning *meaning_new(struct tally *tally, const struct join_judges *judges)
{
    struct meaning *meaning = xcalloc(1, sizeof(*meaning));

    meaning->tally = tally;
    meaning->judges = judges;
    return meaning;
}

void meaning_free(struct meaning **meaning)
{
    free(*meaning);
    *meaning = NULL;
}

/* --- servers ------------------------------------------------------------------------- */

static uint32_t ask_receiver(struct meaning *meaning, struct span host, bool *is_known_r)
{
    char text[TALLY_NAME_MAX], name[TALLY_NAME_MAX] = "";

    span_copy(host, text, sizeof(text));
    *is_known_r = false;
    meaning->judges->receiver(meaning->judges->arg, text, name, is_known_r);
    return tally_receiver(meaning->tally, (struct span){ name, strlen(name) });
}

uint32_t meaning_receiver(struct meaning *meaning, const struct maillog *line, bool *is_known_r)
{
    struct span host = line->remote;

    *is_known_r = false;
    if (host.len == 0)
        return tally_receiver(meaning->tally, span_behind_last(line->recipient, '@'));
    uint64_t hash = span_hash(host, meaning->tally->seed) | 1;
    struct server *server = &meaning->servers[(hash >> 1) % SERVERS];
    if (server->hash != hash) {
        server->hash = hash;
        server->receiver = ask_receiver(meaning, host, &server->is_known);
    }
    *is_known_r = server->is_known;
    return server->receiver;
}

/* --- answers ------------------------------------------------------------------------- */

/* "mx7.example.net": the last label has letters only. */
static bool is_name(struct span word)
{
    const char *dot = memrchr(word.at, '.', word.len);
    size_t letters = 0;

    if (dot == NULL)
        return false;
    for (const char *p = dot + 1; p < word.at + word.len && (*p | 32) >= 'a' && (*p | 32) <= 'z'; p++)
        letters++;
    return letters >= 2;
}

static size_t add_without_numbers(struct span word, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < word.len; i++) {
        if (!is_digit(word.at[i]))
            out[n++] = word.at[i];
        else if (i == 0 || !is_digit(word.at[i - 1]))
            out[n++] = '0';
    }
    return n;
}

/*
 * A word as it tells answers apart.  What has a slash may be a page, which says what is meant: it stays.  Of an address
 * the domain stays, which may be the receiver's own.
 */
static size_t add_word(struct span word, char *out)
{
    const char *at = memrchr(word.at, '@', word.len);
    bool has_digit = false;

    for (size_t i = 0; i < word.len; i++)
        has_digit |= is_digit(word.at[i]);
    if (memchr(word.at, '/', word.len) == NULL && at != NULL)
        return add_without_numbers((struct span){ at, word.len - (size_t)(at - word.at) }, out);
    if (word.len <= WORD_KEPT_MAX || !has_digit || memchr(word.at, '/', word.len) != NULL) {
        memcpy(out, word.at, word.len);
        return word.len;
    }
    if (is_name(word) || memchr(word.at, '=', word.len) != NULL)
        return add_without_numbers(word, out);
    out[0] = '#';
    return 1;
}

/* What else decides. */
struct circumstances {
    uint32_t receiver;
    uint32_t is_delayed;
    char status[16];                /* the rest is zero */
};

static uint64_t hash_answer(const struct meaning *meaning, struct span text, const struct circumstances *circumstances)
{
    char out[ANSWER_MAX + sizeof(*circumstances) + 2];
    size_t n = 0, start = 0;

    if (text.len > ANSWER_MAX)
        text.len = ANSWER_MAX;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && text.at[i] != ' ')
            continue;
        if (i > start)
            n += add_word((struct span){ text.at + start, i - start }, out + n);
        out[n++] = ' ';
        start = i + 1;
    }
    memcpy(out + n, circumstances, sizeof(*circumstances));
    return span_hash((struct span){ out, n + sizeof(*circumstances) }, meaning->tally->seed) | 1;
}

enum cause meaning_cause(struct meaning *meaning, const struct maillog *line, uint32_t receiver, int *problem_r)
{
    struct span said = line->reply.len > 0 ? line->reply : line->reason;
    struct circumstances circumstances = { receiver, line->status == STATUS_DEFERRED, "" };
    span_copy(line->dsn, circumstances.status, sizeof(circumstances.status));
    uint64_t hash = hash_answer(meaning, said, &circumstances);
    struct answer *answer = &meaning->answers[(hash >> 1) % ANSWERS];
    char text[ANSWER_MAX + 1], host[TALLY_NAME_MAX], queue_id[QUEUE_ID_MAX + 1];
    struct explanation explanation = { 0 };

    if (answer->hash == hash) {
        *problem_r = answer->problem;
        return answer->cause;
    }
    span_copy(said, text, sizeof(text));
    span_copy(line->remote, host, sizeof(host));
    span_copy(line->queue_id, queue_id, sizeof(queue_id));
    const struct reply reply = {
        .text = text, .host = host[0] == '\0' ? NULL : host,
        .status = circumstances.status[0] == '\0' ? NULL : circumstances.status,
        .is_delayed = line->status == STATUS_DEFERRED,
    };
    meaning->judges->explain(meaning->judges->arg, &reply, &explanation);
    *problem_r = tally_explain(meaning->tally, &explanation, receiver, said, queue_id);
    *answer = (struct answer){ hash, explanation.cause, *problem_r };
    return explanation.cause;
}
