/*
 * The engine, and one message's way through it: all that milter/ and cli/ call, with lib/report and lib/config.
 *
 * An engine is immutable and reference-counted: a reload makes a new one, messages keep the one they began with.
 * A message belongs to one thread at a time and may move between threads.
 */
#ifndef PREFLIGHT_PREFLIGHT_H
#define PREFLIGHT_PREFLIGHT_H

#include "lib/base/ip.h"
#include "lib/config/conf.h"
#include "lib/dns/dns.h"
#include "lib/report/report.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct preflight;
struct preflight_message;
struct err;

/* Where a message comes from, as the MTA tells.  Strings are borrowed for the call and may be NULL. */
struct preflight_origin {
    struct ip_addr client;          /* family 0: unknown or none */
    bool is_local;                  /* submitted by sendmail(1), not over SMTP */
    const char *user;               /* {auth_authen} */
    const char *daemon;             /* {daemon_name} */
    bool is_counted;                /* adds to the volume that makes a bulk sender: it is really sent */
    bool is_patient;                /* wait for what tells more and decides nothing; a mail server does not */
    const struct conf_egress *egress;   /* judge with this one, do not choose; must outlive the message; or NULL */
    bool is_returned;               /* a copy out of a bounce: DKIM is judged by what it cannot have lost */
    bool is_as_sent;                /* such a copy that has the signatures it left with, if there were any */
    bool only_signatures;           /* the signatures and their alignment: no SPF, no predictions, no other finding */
};

/* Reads the files that the configuration names, and asks its Postfix.  -1 with err where one is missing or wrong. */
int preflight_check(const struct conf *conf, struct err *err);

/*
 * Takes a reference on conf.  With old not NULL its resolver and caches are kept where the dns section, and
 * /etc/resolv.conf if that names the servers, are the same; the counted volume is kept in any case.
 * NULL with err where the configuration cannot be put to work.
 */
struct preflight *preflight_new(struct conf *conf, struct preflight *old, struct err *err);
struct preflight *preflight_ref(struct preflight *preflight);
void preflight_unref(struct preflight **preflight);
const struct conf *preflight_conf(const struct preflight *preflight);
struct dns *preflight_dns(struct preflight *preflight);

/* Is it outgoing, as the section outgoing of preflight.conf(5) has it? */
bool preflight_is_outgoing(const struct preflight *preflight, const struct preflight_origin *origin);

/*
 * Begins a message: chooses the egress by the envelope and starts the DNS questions it answers.  Takes a reference on
 * the engine.  sender: without <>, "" for the null sender.  id: queue id if known, or NULL.
 */
struct preflight_message *preflight_begin(struct preflight *preflight, const struct preflight_origin *origin,
                                          const char *sender, const char *id);
void preflight_recipient(struct preflight_message *message, const char *recipient);    /* without <> */
void preflight_header(struct preflight_message *message, const char *name, const char *value);
void preflight_end_of_header(struct preflight_message *message);
void preflight_body(struct preflight_message *message, const unsigned char *data, size_t len);

/* Header and body out of a file, as an MTA would hand them over.  -1 with err where reading failed. */
int preflight_read(struct preflight_message *message, FILE *file, struct err *err);

/*
 * Who sends the message in a file, by its own word: Return-Path, which a delivered copy has, else the first author,
 * else "" (the null sender).  Rewinds the file.  Caller frees; NULL with err where reading failed.
 */
char *preflight_find_sender(FILE *file, struct err *err);

/* All recipients named so far stay local: nothing to judge.  False where none was named. */
bool preflight_is_all_local(const struct preflight_message *message);

/* Judges, waiting for DNS within the budget, and frees the message.  queue_id may be NULL.  Never NULL. */
struct report *preflight_end(struct preflight_message **message, const char *queue_id);

/*
 * SPF alone, for one address, and what libspf2 makes of it.  sender: without <>; "" is judged by helo.
 * With findings also all that there is to say of the record; the caller clears them, which may hold some already.
 */
void preflight_spf(struct preflight *preflight, const struct ip_addr *client, const char *helo, const char *sender,
                   struct spf_result *result_r, struct findings *findings);

/*
 * DMARC alone, for results that are known already: SPF's of every sending address, the signatures'.  Marks them
 * aligned.  author_domain: normalized, not empty.  The caller clears findings, which may hold some already.
 */
void preflight_dmarc(struct preflight *preflight, const char *author_domain, struct spf_result *spf, size_t n_spf,
                     struct dkim_results *dkim, struct dmarc_result *result_r, struct findings *findings);

/* Frees a message that will not be judged; NULL is fine. */
void preflight_abandon(struct preflight_message **message);

#endif
