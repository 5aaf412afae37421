/*
 * Advice for a mistyped option; see suggest.h.
 */
#include "config.h"

#include "lib/config/suggest.h"

#include "lib/base/str.h"
#include "lib/config/options.h"

#include <ctype.h>
#include <string.h>

#define NAME_MAX_BYTES 32
#define DISTANCE_MAX 2

static const struct { const char *section; const char *name; } sections[] = {
    { "", "egress" }, { "", "outgoing" }, { "", "policy" }, { "", "domain" }, { "", "dns" }, { "", "limits" },
    { "domain", "policy" },
};

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
    int d = distance(name, candidate);

    if (d < *best_distance && d < (int)strlen(candidate)) {
        *best = candidate;
        *best_distance = d;
    }
}

void suggest_option(const char *section, const char *name, struct str *out)
{
    const char *best = NULL, *home = NULL;
    int best_distance = DISTANCE_MAX + 1;

    if (strlen(name) > NAME_MAX_BYTES)
        return;
    for (const struct option *option = options; option->name != NULL; option++) {
        if (strcmp(option->section, section) == 0)
            consider(name, option->name, &best, &best_distance);
        else if (strcmp(option->name, name) == 0)
            home = option->section;
    }
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        if (strcmp(sections[i].section, section) == 0)
            consider(name, sections[i].name, &best, &best_distance);
    }
    if (home != NULL)
        str_addf(out, *home == '\0' ? ", it belongs outside of sections" : ", it belongs in section '%s'", home);
    else if (best != NULL)
        str_addf(out, ", did you mean '%s'?", best);
}
