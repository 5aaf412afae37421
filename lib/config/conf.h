/*
 * The configuration (preflight.conf): immutable once loaded, reference-counted.
 * Files are read through libconfuse; every option is a row of the table in options.c, which the parser, the dump,
 * the manual's test and the sample's test share.
 *
 * conf_load is for one thread at a time; a loaded configuration may be read and referenced by any.
 */
#ifndef PREFLIGHT_CONFIG_CONF_H
#define PREFLIGHT_CONFIG_CONF_H

#include "lib/base/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct err;

enum verdict { VERDICT_ACCEPT, VERDICT_UNSURE, VERDICT_JUNK, VERDICT_DEFER, VERDICT_REJECT, VERDICT_COUNT };
enum action { ACTION_ACCEPT, ACTION_LOG, ACTION_TEMPFAIL, ACTION_HOLD, ACTION_REJECT, ACTION_COUNT };
enum conf_mode { MODE_OBSERVE, MODE_ENFORCE };
enum conf_recipients { RECIPIENTS_ANY, RECIPIENTS_ALL };
enum conf_known { KNOWN_AUTO, KNOWN_YES, KNOWN_NO };       /* auto: as it is learned, else not known */
enum conf_bulk { BULK_AUTO, BULK_YES, BULK_NO };

const char *verdict_name(enum verdict verdict);     /* "accept", "unsure", "junk", "defer", "reject" */
const char *action_name(enum action action);        /* "accept", "log", "tempfail", "hold", "reject" */

struct conf_strings {
    char **items;           /* NULL-terminated once count > 0; never NULL items */
    size_t count;
};

struct conf_policy {
    int action[VERDICT_COUNT];      /* enum action, or -1: not set here.  [VERDICT_ACCEPT] is always ACTION_ACCEPT */
    int recipients;                 /* enum conf_recipients, or -1: not set here */
};

struct conf_egress {
    char *name;
    struct ip_addr *addresses;      /* none: the A and AAAA records of helo */
    size_t n_addresses;
    char *helo;                     /* never NULL after loading: defaults to the configuration's host name */
    bool bulk;
    struct conf_strings senders;    /* "user@domain", "@domain", "@.domain" for all below, "<>"; lower case */
    struct conf_strings recipients; /* likewise */
    struct conf_strings users;      /* {auth_authen} */
    struct conf_strings daemons;    /* {daemon_name} */
};

struct conf_domain {
    char *name;                     /* normalized; ".example.com" stands for every domain below example.com */
    int bulk;                       /* enum conf_bulk */
    struct conf_strings selectors;  /* of its DKIM keys, normalized */
    struct conf_policy policy;
};

struct conf {
    char *path;                     /* the file read, or "" */
    char *hostname;                 /* this host's name, as found at loading */

    char *socket;                   /* "local:PATH" or "inet:PORT@ADDR", "inet6:PORT@ADDR" */
    int socket_mode;                /* permission bits of a local: socket */
    char *socket_group;             /* "" : the group of user */
    char *user;                     /* "" : stay who we are */
    char *pid_file;                 /* "" : none */
    char *syslog_facility;          /* "mail", "daemon", "local0" ... */
    enum conf_mode mode;
    int explain_interval_ms;        /* a finding and its subject are explained once in so long */
    int audit_interval_ms;          /* between two audits of an egress or domain in the background; 0: none */
    char *state_directory;          /* where the daemon keeps what traffic has shown; "" : in memory */
    int shutdown_timeout_ms;        /* how long SIGTERM waits for transactions in hand */
    char *receivers;                /* file of receivers; "" : those built in */
    char *replies;                  /* file of patterns for replies; "" : those built in */
    char *blocklists;               /* file of blocklists; "" : none is asked */
    char *opendkim_conf;            /* OpenDKIM's configuration; "" : none is read */
    int bulk_threshold;             /* messages in a day to one receiver that make a sender a bulk sender; 0: none do */

    struct conf_egress *egress;     /* in the file's order; at least one: the default is always there, last */
    size_t n_egress;
    struct conf_domain *domains;
    size_t n_domains;
    struct conf_policy policy;      /* every entry set */

    struct {
        bool authenticated;
        bool local;                 /* submitted by sendmail(1), that is without SMTP */
        struct ip_net *networks;
        size_t n_networks;
        struct conf_strings daemons;
        struct conf_strings local_domains;  /* normalized; ".example.com" as in struct conf_domain */
    } outgoing;

    struct {
        struct conf_strings servers;
        char *zone;                 /* "" : the network */
        char *trust_anchor;         /* "" : do not validate */
        int timeout_ms;             /* per lookup */
        int budget_ms;              /* per message, waited at its end */
        int cache_entries;
        int max_ttl;                /* seconds */
    } dns;

    struct {                        /* what Postfix does after the milter; lists of tables, "type:name" */
        char *config_directory;     /* whose settings are learned; "": nobody's */
        struct conf_strings generic_maps, sender_canonical_maps, canonical_maps;
        struct conf_strings header_checks, mime_header_checks, nested_header_checks, body_checks;
        int line_length_limit;      /* bytes; 0: no line is cut; -1: not told */
        int disable_mime_output_conversion;     /* enum conf_known */
        int eightbitmime;           /* enum conf_known: does the next server announce it? */
    } postfix;

    struct {
        int headers;                /* header fields examined per message */
        int header_bytes;           /* all of them together */
        int signatures;             /* DKIM signatures verified per message */
        int recipients;             /* domains of recipients judged per message */
        int lookups;                /* DNS questions per message */
    } limits;

    int refs;                       /* private: atomic */
};

/*
 * Reads path, or with path NULL takes the defaults (as an empty file gives them).
 * NULL with err "FILE:LINE: option 'NAME': what was expected" where anything is wrong.  The caller owns one reference.
 */
struct conf *conf_load(const char *path, struct err *err);

/*
 * Sets one option of a configuration that nobody else references yet, as a command line does: value as in a file,
 * for a list its only element.  -1 with err "'x' is not ...".
 */
int conf_override(struct conf *conf, const char *section, const char *name, const char *value, struct err *err);

struct conf *conf_ref(struct conf *conf);
void conf_unref(struct conf **conf);

/*
 * Writes the effective configuration in the file's own syntax; read back, it gives the same configuration.
 * Returns -1 where writing failed.
 */
int conf_print(const struct conf *conf, FILE *out);

/* Is text in the list, to the letter?  NULL is in none. */
bool conf_has_string(const struct conf_strings *list, const char *text);

/* Is name in a list of domains, of which ".example.com" matches everything below example.com?  name normalized. */
bool conf_has_domain(const struct conf_strings *list, const char *name);

/* The section domain that an author domain falls under: its own name, else the longest ".suffix"; or NULL. */
const struct conf_domain *conf_find_domain(const struct conf *conf, const char *author_domain);

/*
 * Does a "user@domain", "@domain" or "@.domain" pattern of the list match the address?  Any case; "" is the null
 * sender, which only the pattern "<>" matches.
 */
bool conf_has_address(const struct conf_strings *list, const char *address);

/* Does a pattern of the list match some address of the domain, normalized?  With is_whole: do all of them match one? */
bool conf_has_address_in(const struct conf_strings *list, const char *domain, bool is_whole);

#endif
