/*
 * Fuzz target: the TXT records of MTA-STS and TLS reporting.  Every byte is looked at where it stands, with nothing
 * behind the last; what is good stays good with a semicolon after it.
 */
#include "config.h"

#include "lib/audit/tlspolicy.h"
#include "t/fuzz/fuzz.h"

#include <ctype.h>

static int parse(enum tlspolicy_kind kind, const char *text, size_t len)
{
    const char *problem = "unset";
    int rc = tlspolicy_parse(kind, text, len, &problem);

    HOLDS((rc == -1) == (problem != NULL), "%d with %s", rc, problem == NULL ? "no problem" : problem);
    if (problem != NULL)
        check_printable(problem, "problem");
    return rc;
}

/* One semicolon after the last tag is part of the grammar. */
static void check_good(enum tlspolicy_kind kind, const char *text, size_t len)
{
    char *longer = xmalloc(len + 16);

    memcpy(longer, text, len);
    while (len > 0 && isspace((unsigned char)longer[len - 1]))
        len--;
    if (longer[len - 1] != ';')
        longer[len++] = ';';
    HOLDS(parse(kind, longer, len) == 0, "not good with a semicolon");
    free(longer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* In memory of just this size, so that a sanitizer sees who reads on. */
    char *text = xmalloc(size > 0 ? size : 1);
    int results[2];

    if (size > 0)
        memcpy(text, data, size);
    for (int kind = TLSPOLICY_STS; kind <= TLSPOLICY_REPORTS; kind++) {
        results[kind] = parse((enum tlspolicy_kind)kind, text, size);
        if (results[kind] == 0)
            check_good((enum tlspolicy_kind)kind, text, size);
    }
    HOLDS(results[0] == 1 || results[1] == 1, "a record of both kinds");
    free(text);
    return 0;
}
