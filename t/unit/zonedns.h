/*
 * A resolver over zone data that a test has as text.
 */
#ifndef PREFLIGHT_T_ZONEDNS_H
#define PREFLIGHT_T_ZONEDNS_H

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/dns/dns.h"
#include "t/unit/unit.h"

#include <unistd.h>

static inline struct dns *zonedns_new(const char *zone)
{
    char path[] = "/tmp/preflight-zone-XXXXXX";
    const struct dns_settings settings = { .zone = path, .timeout_ms = 1000, .cache_entries = 5000, .max_ttl = 3600 };
    struct err err = { "" };
    FILE *file = fdopen(mkstemp(path), "w");

    ck_assert_ptr_nonnull(file);
    fputs(zone, file);
    ck_assert_int_eq(fclose(file), 0);
    struct dns *dns = dns_new(&settings, &err);
    unlink(path);
    ck_assert_msg(dns != NULL, "%s", err.text);
    return dns;
}

static inline struct dns_budget zonedns_budget(void)
{
    return (struct dns_budget){ .deadline_ms = clock_ms() + 10000, .questions = 1000 };
}

#endif
