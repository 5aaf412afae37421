/*
 * A DNS server on loopback, UDP and TCP on one free port, that behaves as the first label of the name asked for says:
 * "hole" is silent, "garbage" answers noise, "tc" is truncated over UDP...  See the table in fakedns.c; any other name
 * has an A and a TXT record.  A label may go on after a dash: "hole-2.example".  Runs in a thread of its own.
 */
#ifndef PREFLIGHT_T_FAKEDNS_H
#define PREFLIGHT_T_FAKEDNS_H

struct fakedns;

enum fakedns_mode { FAKEDNS_ANSWER, FAKEDNS_SILENT, FAKEDNS_SERVFAIL };

struct fakedns *fakedns_start(void);
void fakedns_stop(struct fakedns **f);
const char *fakedns_server(const struct fakedns *f);            /* "127.0.0.1@PORT" */
/* From now on it answers as this resolver over a zone file does (borrowed; before any question, NULL not allowed). */
struct dns;
void fakedns_set_zone(struct fakedns *f, struct dns *zone);
void fakedns_set_mode(struct fakedns *f, enum fakedns_mode mode);
int fakedns_count(struct fakedns *f, const char *name);         /* how often it was asked, over UDP or TCP */
int fakedns_count_tcp(struct fakedns *f);

#endif
