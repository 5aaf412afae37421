/*
 * Postfix's settings that decide or break authentication, judged: the ways in by which mail reaches the milters, the
 * ways out with their addresses and HELO names, and what happens to a message after it was signed.
 * Borrows what it reads; for one thread.
 */
#ifndef PREFLIGHT_AUDIT_POSTFIX_H
#define PREFLIGHT_AUDIT_POSTFIX_H

#include "lib/audit/milterlist.h"
#include "lib/base/ip.h"
#include "lib/check/finding.h"
#include "lib/config/conf.h"
#include "lib/depart/postconf.h"

#include <stdbool.h>
#include <stddef.h>

struct err;

enum door_kind {
    DOOR_RELAY,             /* an smtpd without authentication */
    DOOR_SUBMISSION,        /* an smtpd that takes mail of authenticated clients */
    DOOR_RETURN,            /* an smtpd that takes mail back from a content filter */
    DOOR_LOCAL              /* sendmail(1), by pickup */
};
enum door_state { DOOR_UNJUDGED, DOOR_JUDGED, DOOR_UNKNOWN };

struct postfix_door {
    char *name;             /* the service in master.cf */
    enum door_kind kind;
    enum door_state state;
    bool has_no_milters;    /* receive_override_options switches them off */
    struct milterlist milters;
    char *default_action;   /* milter_default_action there */
    char *filter;           /* content_filter, "" where none */
    char *proxy;            /* smtpd_proxy_filter, "" where none: with it milters are told commands, and no message */
};

/* Services of smtp(8) that send from the same place under the same name are one. */
struct postfix_exit {
    char *name;             /* of the first such service */
    char *helo;
    char *bind, *bind6;     /* smtp_bind_address, smtp_bind_address6; "" where not set */
    bool has_ipv4, has_ipv6;
};

struct postfix_audit {
    char *version;          /* "3.7.11" */
    char *directory;
    char *relay;            /* where all mail goes, "" where to the receivers themselves */
    struct postfix_door *doors;
    size_t n_doors, doors_capacity;
    struct postfix_exit *exits;
    size_t n_exits, exits_capacity;
    struct postconf_setting *settings;  /* what was looked at, as main.cf has it; those that this Postfix has */
    size_t n_settings;
    char *proposal;         /* lines for preflight.conf; they load */
    struct findings findings;
};

/* conf: whose socket and egress Postfix is held to.  -1 with err only where our own parser refuses the proposal. */
int postfixaudit_run(const struct postconf *postconf, const struct conf *conf, struct postfix_audit *audit_r,
                     struct err *err);
void postfixaudit_clear(struct postfix_audit *audit);

/* --- within lib/audit --------------------------------------------------------------- */

struct postfixaudit {
    const struct postconf *postconf;
    const struct conf *conf;
    struct postfix_audit *audit;
};

void postfixaudit_doors(struct postfixaudit *a);
void postfixaudit_exits(struct postfixaudit *a);
int postfixaudit_propose(struct postfixaudit *a, struct err *err);

/* Is it an smtp(8) by which mail leaves, not only the way to a content filter? */
bool postfixaudit_is_client(const struct postconf *postconf, const struct postconf_service *service);

#endif
