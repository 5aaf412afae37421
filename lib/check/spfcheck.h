/*
 * SPF as RFC 7208 has it: the project's own evaluator, since no library reads all of the RFC's test suite right.
 * One struct spfcheck per engine; evaluations may run in any number of threads at once.
 */
#ifndef PREFLIGHT_CHECK_SPFCHECK_H
#define PREFLIGHT_CHECK_SPFCHECK_H

#include "lib/base/ip.h"
#include "lib/check/finding.h"
#include "lib/check/result.h"
#include "lib/dns/dns.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPF_MAX_LOOKUPS 10          /* section 4.6.4: terms that ask the DNS */
#define SPF_NEAR_LOOKUPS 8          /* from here on a record is close to that limit */
#define SPF_MAX_VOID_LOOKUPS 2      /* likewise: lookups without an answer */
#define SPF_MAX_NAMES 10            /* MX or PTR names looked at per term */

enum spf_identity { SPF_MAILFROM, SPF_HELO };
const char *spf_identity_name(enum spf_identity identity);      /* "mailfrom", "helo" */

/* Why an evaluation ended in permerror, or what a record has that is worth telling. */
enum spf_flag {
    SPF_FLAG_MULTIPLE_RECORDS = 1, SPF_FLAG_TOO_MANY_LOOKUPS = 2, SPF_FLAG_VOID_LOOKUPS = 4, SPF_FLAG_PASS_ALL = 8,
    SPF_FLAG_PTR_USED = 16, SPF_FLAG_TIMEOUT = 32, SPF_FLAG_SYNTAX = 64
};

/* One step of the evaluation, in order: a record that was read or a term that asked the DNS. */
struct spf_step {
    int depth;              /* 0: the domain asked about; +1 per include or redirect */
    char *domain;           /* whose record */
    char *term;             /* "include:_spf.example.com", "mx", ... or "" for the record itself */
    char *text;             /* the record, or the addresses and names found */
    int lookups;            /* terms counted after this step */
    int void_lookups;
};

/* What another implementation makes of the same question. */
struct spf_opinion {
    bool is_known;          /* false: not asked, not answered in time, or not safe to ask */
    enum auth_result result;
    char *reason;           /* why it differs from ours, in words; NULL where it does not */
};

/* Texts are as the DNS and the envelope have them, cut but not escaped: untrusted. */
struct spf_result {
    enum auth_result result;
    enum spf_identity identity;
    struct ip_addr address; /* family 0: see spfcheck_unknown */
    char *domain;           /* the identity's domain: of MAIL FROM, or HELO; normalized where it is a name */
    char *term;             /* the term that decided, as written ("-all", "ip4:..."), "" where none did */
    char *record_domain;    /* whose record that term stands in; differs from domain after redirect= */
    int lookups;            /* terms that asked the DNS, as section 4.6.4 counts them; 11 where over the limit */
    int void_lookups;       /* terms with an empty answer (section 4.6.4), each counted once; 3 where over the limit */
    uint32_t ttl;           /* the smallest TTL of all answers used, empty ones too, but for exp=; 0 where none */
    char *explanation;      /* exp= of a fail, expanded; "" where none */
    char *problem;          /* what made it temperror or permerror: "'ip4:300.1.2.3' is not an address"; "" else */
    unsigned flags;         /* enum spf_flag */
    struct spf_step *steps; /* bounded */
    size_t n_steps;
    struct spf_opinion libspf2;     /* set by spfopinion_ask */
    bool aligned;           /* set by the DMARC check */
    bool is_alignment_unknown; /* likewise: for want of a DNS answer */
};

/*
 * check_host() of RFC 7208 section 4 for one client address and one identity.
 * helo, mailfrom: without <>; SPF_MAILFROM with mailfrom "" judges postmaster@helo (section 2.4).
 * receiver: our name for the r macro.  DNS trouble is a result (temperror), never an error; for ptr and the p macro,
 * where section 5.5 has it as no match, only as far as the result depends on it.
 * With budget->no_wait every question that can be asked by now is under way afterwards, and the result means something
 * only if budget->pending did not grow.
 */
void spfcheck_run(struct dns *dns, struct dns_budget *budget, const struct ip_addr *client, enum spf_identity identity,
                  const char *helo, const char *mailfrom, const char *receiver, struct spf_result *result_r);

/* The same as if the domain had that SPF record and no other.  NULL: what it has. */
void spfcheck_propose(struct dns *dns, struct dns_budget *budget, const struct ip_addr *client,
                      enum spf_identity identity, const char *helo, const char *mailfrom, const char *receiver,
                      const char *record, struct spf_result *result_r);

/*
 * What stands for sending addresses that could not be found out: temperror, with an address of family 0.
 * problem: why.
 */
void spfcheck_unknown(enum spf_identity identity, const char *helo, const char *mailfrom, const char *problem,
                      struct spf_result *result_r);
void spf_result_clear(struct spf_result *result);

/* The findings one evaluation gives; without an address none.  For SPF_HELO only a fail tells, unless is_only. */
void spfcheck_findings(const struct spf_result *result, bool is_only, struct findings *findings);

/* Is a worse than b, as a receiver would meet it: fail, permerror, softfail, neutral, none, temperror, pass? */
bool spf_is_worse(enum auth_result a, enum auth_result b);

/* The first of the worst of n results, NULL where n is 0. */
const struct spf_result *spf_worst(const struct spf_result *results, size_t n);

#endif
