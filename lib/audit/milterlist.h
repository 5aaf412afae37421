/*
 * The value of smtpd_milters or non_smtpd_milters, and which of its milters is preflight-milter, by the socket that
 * the configuration names.  Pure functions, thread-safe.
 */
#ifndef PREFLIGHT_AUDIT_MILTERLIST_H
#define PREFLIGHT_AUDIT_MILTERLIST_H

#include <stdbool.h>
#include <stddef.h>

/* MAYBE: the same port of another host's name, or the same file name elsewhere.  UNREACHABLE: ours, but the chroot. */
enum milter_kind { MILTER_OTHER, MILTER_OURS, MILTER_MAYBE_OURS, MILTER_UNREACHABLE };

struct milter {
    char *address;              /* as written: "unix:/run/x.sock", "inet:localhost:8891" */
    char *default_action;       /* its own, or NULL */
    enum milter_kind kind;
};

struct milterlist {
    struct milter *items;       /* in the order they are asked */
    size_t count, capacity;
};

#define MILTERLIST_MAX 100      /* further ones are dropped */

/* What decides how an address is read. */
struct milter_place {
    const char *socket;             /* ours, as in preflight.conf */
    const char *queue_directory;    /* where relative paths begin, and the chroot is */
    bool is_chrooted;               /* who asks the milters */
};

void milterlist_parse(const char *value, const struct milter_place *place, struct milterlist *list_r);
void milterlist_clear(struct milterlist *list);

/* The index of the last one of this kind, or -1. */
long milterlist_last(const struct milterlist *list, enum milter_kind kind);

/* Is it, by its address, one of the well-known signers? */
bool milter_is_signer(const struct milter *milter);

#endif
