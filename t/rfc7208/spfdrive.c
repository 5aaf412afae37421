/*
 * Evaluates SPF for each line of standard input: "ip TAB helo TAB mailfrom TAB server TAB port", and answers each with
 * "result TAB explanation TAB term TAB problem TAB libspf2's result TAB why that differs".  Serves run.py;
 * SPFDRIVE_TIMEOUT_MS is one lookup's timeout.
 */
#include "config.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/ip.h"
#include "lib/base/mem.h"
#include "lib/check/spfcheck.h"
#include "lib/check/spfopinion.h"
#include "lib/dns/dns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum field { ADDRESS, HELO, MAILFROM, SERVER, PORT, FIELDS };

/* The resolver for a server, kept until another is asked for. */
static struct dns *resolver_for(const char *server, const char *port)
{
    static struct dns *dns;
    static char *current;
    char *wanted = xasprintf("%s@%s", server, port);
    const char *timeout = getenv("SPFDRIVE_TIMEOUT_MS");
    const char *const servers[] = { wanted, NULL };
    const struct dns_settings settings = {
        .servers = servers, .timeout_ms = timeout == NULL ? 1500 : atoi(timeout), .cache_entries = 1000, .max_ttl = 60,
    };
    struct err err;

    if (current != NULL && strcmp(current, wanted) == 0) {
        free(wanted);
        return dns;
    }
    free(current);
    current = wanted;
    dns_free(&dns);
    dns = dns_new(&settings, &err);
    if (dns == NULL) {
        fprintf(stderr, "spfdrive: %s\n", err.text);
        exit(2);
    }
    return dns;
}

static int split(char *line, char *fields_r[FIELDS])
{
    int n = 0;

    line[strcspn(line, "\n")] = '\0';
    for (char *field; (field = strsep(&line, "\t")) != NULL; n++) {
        if (n == FIELDS)
            return -1;
        fields_r[n] = field;
    }
    return n == FIELDS ? 0 : -1;
}

static int judge(char *line)
{
    char *fields[FIELDS];
    struct ip_addr client;
    struct spf_result result;
    struct dns_budget budget = { .deadline_ms = clock_ms() + 20000, .questions = 1000 };

    if (split(line, fields) < 0 || ip_parse(fields[ADDRESS], &client) < 0)
        return -1;
    spfcheck_run(resolver_for(fields[SERVER], fields[PORT]), &budget, &client, SPF_MAILFROM, fields[HELO],
                 fields[MAILFROM], "receiver.example.net", &result);
    spfopinion_ask(resolver_for(fields[SERVER], fields[PORT]), &budget, fields[HELO], fields[MAILFROM], &result);
    printf("%s\t%s\t%s\t%s\t%s\t%s\n", auth_result_name(result.result), result.explanation, result.term,
           result.problem, result.libspf2.is_known ? auth_result_name(result.libspf2.result) : "unknown",
           result.libspf2.reason == NULL ? "" : result.libspf2.reason);
    spf_result_clear(&result);
    return fflush(stdout);
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    int rc = 0;

    while (rc == 0 && getline(&line, &size, stdin) > 0)
        rc = judge(line);
    free(line);
    if (rc != 0)
        fprintf(stderr, "spfdrive: cannot read a line of five fields, or write\n");
    return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
