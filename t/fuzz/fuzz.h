/*
 * What the fuzz targets share: pieces of an input, and what must hold whatever the input is.
 * A target is one file with LLVMFuzzerTestOneInput; replay.c runs it over its seeds where there is no libFuzzer.
 */
#ifndef PREFLIGHT_T_FUZZ_H
#define PREFLIGHT_T_FUZZ_H

#include "lib/base/domain.h"
#include "lib/base/mem.h"
#include "lib/check/finding.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Not assert(3): it stays with NDEBUG, and tells what broke the rule. */
#define HOLDS(condition, ...) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: does not hold: %s: ", __FILE__, __LINE__, #condition); \
            fprintf(stderr, __VA_ARGS__); \
            fputc('\n', stderr); \
            abort(); \
        } \
    } while (0)

/* What is left of an input. */
struct input {
    const char *at, *end;
};

static inline struct input input_of(const uint8_t *data, size_t size)
{
    return (struct input){ (const char *)data, (const char *)data + size };
}

static inline size_t input_left(const struct input *input)
{
    return (size_t)(input->end - input->at);
}

/* The next line without its LF, up to a NUL in it; "" at the end.  Caller frees. */
static inline char *input_line(struct input *input)
{
    const char *start = input->at;
    const char *lf = input->at == input->end ? NULL : memchr(input->at, '\n', input_left(input));

    input->at = lf == NULL ? input->end : lf + 1;
    return xstrndup(start, (size_t)((lf == NULL ? input->end : lf) - start));
}

/* All that is left, up to a NUL in it.  Caller frees. */
static inline char *input_rest(struct input *input)
{
    char *text = xstrndup(input->at, input_left(input));

    input->at = input->end;
    return text;
}

/* Printable ASCII and nothing else, so that it cannot break a line, a terminal or a log. */
static inline bool is_printable(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < 0x20 || *text > 0x7e)
            return false;
    }
    return true;
}

static inline void check_printable(const char *text, const char *what)
{
    HOLDS(text != NULL, "%s", what);
    HOLDS(is_printable(text), "%s '%s'", what, text);
}

/* A domain as everything compares it, or "". */
static inline void check_normalized(const char *domain)
{
    char again[DOMAIN_MAX];

    if (domain[0] != '\0')
        HOLDS(domain_normalize(domain, again) == 0 && strcmp(domain, again) == 0, "'%s' is not normalized", domain);
}

static inline void check_findings(const struct findings *findings)
{
    HOLDS(findings->count <= FINDINGS_MAX, "%zu findings", findings->count);
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *one = &findings->items[i];
        check_printable(one->text, one->row->name);
        check_printable(one->remedy, one->row->name);
        for (size_t k = 0; k < i; k++)
            HOLDS(findings->items[k].row != one->row || strcmp(findings->items[k].subject, one->subject) != 0,
                  "%s twice for '%s'", one->row->name, one->subject);
    }
}

/* A file that holds these bytes, in memory; its path is good until the next call. */
static inline const char *memory_file(const void *data, size_t size)
{
    static int fd = -1;
    static char path[64];

    if (fd < 0)
        fd = memfd_create("input", MFD_CLOEXEC);
    HOLDS(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size, "no file in memory");
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return path;
}

#endif
