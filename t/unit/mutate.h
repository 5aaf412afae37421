/*
 * Deterministic mutation of inputs for parsers: seeds in, broken seeds out, the same on every run.
 */
#ifndef PREFLIGHT_T_MUTATE_H
#define PREFLIGHT_T_MUTATE_H

#include <stdint.h>
#include <string.h>

/* xorshift64; *state is not 0. */
static inline uint64_t mutate_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static inline size_t mutate_below(uint64_t *state, size_t bound)
{
    return (size_t)(mutate_random(state) % bound);
}

/* Puts piece into text at at, in place of cut bytes, as far as size allows; the new length. */
static inline size_t mutate_splice(char *text, size_t len, size_t size, size_t at, size_t cut,
                                   const char *piece, size_t n)
{
    if (len - cut + n > size)
        return len;
    memmove(text + at + n, text + at + cut, len - at - cut);
    memcpy(text + at, piece, n);
    return len - cut + n;
}

/*
 * Copies the seed into text and breaks it in one to four places: bytes lost, bytes doubled, pieces put in.
 * pieces: NULL-terminated.  Returns the length, at most size; the result is not NUL-terminated.
 */
static inline size_t mutate(uint64_t *state, const char *seed, size_t len, const char *const *pieces,
                            char *text, size_t size)
{
    size_t n_pieces = 0;

    while (pieces[n_pieces] != NULL)
        n_pieces++;
    memcpy(text, seed, len);
    for (size_t i = 1 + mutate_below(state, 4); i > 0; i--) {
        size_t at = mutate_below(state, len + 1);
        size_t span = mutate_below(state, (len - at < 8 ? len - at : 8) + 1);
        const char *piece = pieces[mutate_below(state, n_pieces)];
        char doubled[8];
        memcpy(doubled, text + at, span);
        switch (mutate_below(state, 3)) {
        case 0:
            len = mutate_splice(text, len, size, at, span, "", 0);
            break;
        case 1:
            len = mutate_splice(text, len, size, at, 0, doubled, span);
            break;
        default:
            len = mutate_splice(text, len, size, at, 0, piece, strlen(piece));
            break;
        }
    }
    return len;
}

#endif
