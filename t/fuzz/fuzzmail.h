/*
 * A whole message under a DNS of its own, for the fuzz targets.  Lines: sender, recipients with spaces between them,
 * queue id, the DNS's answers (fuzzdns.h), an empty line, then the message.
 */
#ifndef PREFLIGHT_T_FUZZMAIL_H
#define PREFLIGHT_T_FUZZMAIL_H

#include "lib/report/report.h"

#include <stddef.h>
#include <stdint.h>

struct dns;

struct fuzzmail {
    char *sender, *recipients, *queue_id;
    const uint8_t *message;         /* borrowed from the input */
    size_t message_len;
};

/* Takes the input apart; its answers are the DNS's from now on, which is not slow. */
void fuzzmail_read(const uint8_t *data, size_t size, struct fuzzmail *mail_r);
void fuzzmail_clear(struct fuzzmail *mail);

/* One engine with a configuration of several egresses serves all inputs, so that what it keeps shows. */
struct report *fuzzmail_judge(const struct fuzzmail *mail);     /* caller frees */
struct dns *fuzzmail_dns(void);

#endif
