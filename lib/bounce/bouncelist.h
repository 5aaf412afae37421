/*
 * Filling a struct bounces.  Within lib/bounce only.
 */
#ifndef PREFLIGHT_BOUNCE_BOUNCELIST_H
#define PREFLIGHT_BOUNCE_BOUNCELIST_H

#include "lib/bounce/bounce.h"

/* Takes what *bounce owns, and leaves it empty.  Beyond BOUNCES_MAX it is counted and freed. */
void bounces_add(struct bounces *bounces, struct bounce *bounce);

void bounce_clear(struct bounce *bounce);

/* What a notice tells of the message that was refused, beside who refused it. */
struct bounce_notice {
    const char *original;       /* NULL: nothing came back */
    size_t original_len;
    const char *notified;       /* who the notice went to, without <>, or NULL */
    bool is_as_sent;            /* see struct bounce_original */
};

/* Tells it of the items from first on.  Copies the original.  Who they say sent it did, else Return-Path names him. */
void bounces_tell(struct bounces *bounces, size_t first, const struct bounce_notice *notice);

#endif
