/*
 * Advice for a mistyped option; see suggest.h.
 */
#include "config.h"

#include "lib/config/suggest.h"

#include "lib/base/str.h"
#include "lib/config/tree.h"

#include <ctype.h>
#include <string.h>

#define NAME_MAX_BYTES 32
#define DISTANCE_MAX 2

static int least(int a, int b, int c)
{
    int m = a < b ? a : b;
    return m < c ? m : c;
}

/* Levenshtein's distance, ASCII case ignored; both at most NAME_MAX_BYTES long. */
static int distance(const char *a, const char *b)
{
    int row[NAME_MAX_BYTES + 1];
    int n = (int)strlen(a), m = (int)strlen(b);

    for (int j = 0; j <= m; j++)
        row[j] = j;
    for (int i = 1; i <= n; i++) {
        int corner = row[0];
        row[0] = i;
        for (int j = 1; j <= m; j++) {
            int differs = tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]);
            int next = least(row[j] + 1, row[j - 1] + 1, corner + differs);
            corner = row[j];
            row[j] = next;
        }
    }
    return row[m];
}

static void consider(const char *name, const char *candidate, const char **best, int *best_distance)
{
    if (strlen(candidate) > NAME_MAX_BYTES)
        return;
    int d = distance(name, candidate);
    if (d < *best_distance && d < (int)strlen(candidate)) {
        *best = candidate;
        *best_distance = d;
    }
}

static const struct tree_option *find_option(const struct tree_kind *kind, const char *name)
{
    for (const struct tree_option *option = kind->options; option != NULL && option->name != NULL; option++) {
        if (strcmp(option->name, name) == 0)
            return option;
    }
    return NULL;
}

void suggest_option(const struct tree_kind *kinds, const char *section, const char *name, struct str *out)
{
    const char *best = NULL, *home = NULL;
    int best_distance = DISTANCE_MAX + 1;

    if (strlen(name) > NAME_MAX_BYTES)
        return;
    for (const struct tree_kind *kind = kinds; kind->name != NULL; kind++) {
        if (kind != kinds && strcmp(kind->parent, section) == 0)
            consider(name, kind->name, &best, &best_distance);
        if (strcmp(kind->name, section) != 0) {
            home = find_option(kind, name) == NULL ? home : kind->name;
            continue;
        }
        for (const struct tree_option *option = kind->options; option != NULL && option->name != NULL; option++)
            consider(name, option->name, &best, &best_distance);
    }
    if (home != NULL)
        str_addf(out, *home == '\0' ? ", it belongs outside of sections" : ", it belongs in section '%s'", home);
    else if (best != NULL)
        str_addf(out, ", did you mean '%s'?", best);
}

void suggest_name(const char *const *candidates, size_t n, const char *name, struct str *out)
{
    const char *best = NULL;
    int best_distance = DISTANCE_MAX + 1;

    if (strlen(name) > NAME_MAX_BYTES)
        return;
    for (size_t i = 0; i < n; i++)
        consider(name, candidates[i], &best, &best_distance);
    if (best != NULL)
        str_addf(out, ", did you mean '%s'?", best);
}
