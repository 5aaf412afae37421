/*
 * Regular expressions through PCRE2; see pattern.h.  The only user of pcre2.h.
 *
 * PCRE2 counts its steps anew at every place of the text where a match might begin, so the limit bounds the work at one
 * place, and the length of the text and the number of times the limit may be met bound the rest.
 */
#include "config.h"

#include "lib/judge/pattern.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#define MATCH_LIMIT 3000            /* steps at one place */
#define HEAP_LIMIT 1024             /* KiB, of a match without JIT */
#define EXHAUSTED_MAX 5             /* texts that meet a limit more often are hostile */

struct pattern {
    pcre2_code *code;
};

struct matcher {
    pcre2_match_context *context;
    pcre2_match_data *data;
    int exhausted;
};

/* Where PCRE2 has no memory the process ends, as in mem.h. */
static void *allocated(void *p)
{
    if (p == NULL)
        abort();
    return p;
}

struct pattern *pattern_new(const char *text, struct err *err)
{
    PCRE2_SIZE offset;
    int number;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
                                     PCRE2_CASELESS | PCRE2_DOTALL | PCRE2_NEVER_UTF, &number, &offset, NULL);

    if (code == NULL) {
        unsigned char why[256] = "";
        pcre2_get_error_message(number, why, sizeof(why));
        err_set(err, "at character %zu: %s", (size_t)offset + 1, (const char *)why);
        return NULL;
    }
    /* Where there is no JIT, or no memory may be executed, the pattern is interpreted. */
    (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    struct pattern *pattern = xcalloc(1, sizeof(*pattern));
    pattern->code = code;
    return pattern;
}

void pattern_free(struct pattern **pattern)
{
    if (*pattern == NULL)
        return;
    pcre2_code_free((*pattern)->code);
    free(*pattern);
    *pattern = NULL;
}

struct matcher *matcher_new(void)
{
    struct matcher *matcher = xcalloc(1, sizeof(*matcher));

    matcher->context = allocated(pcre2_match_context_create(NULL));
    matcher->data = allocated(pcre2_match_data_create(1, NULL));
    pcre2_set_match_limit(matcher->context, MATCH_LIMIT);
    pcre2_set_depth_limit(matcher->context, MATCH_LIMIT);
    pcre2_set_heap_limit(matcher->context, HEAP_LIMIT);
    return matcher;
}

void matcher_free(struct matcher **matcher)
{
    if (*matcher == NULL)
        return;
    pcre2_match_data_free((*matcher)->data);
    pcre2_match_context_free((*matcher)->context);
    free(*matcher);
    *matcher = NULL;
}

bool matcher_finds(struct matcher *matcher, const struct pattern *pattern, const char *text, size_t len)
{
    if (matcher->exhausted > EXHAUSTED_MAX)
        return false;
    int rc = pcre2_match(pattern->code, (PCRE2_SPTR)text, len, 0, 0, matcher->data, matcher->context);
    if (rc < 0 && rc != PCRE2_ERROR_NOMATCH)
        matcher->exhausted++;
    return rc >= 0;
}
