/*
 * Does the name of an address look like one that a provider gives to all its addresses?  Content filters and receivers
 * hold that against a sender.  Pure function, thread-safe.
 */
#ifndef PREFLIGHT_AUDIT_GENERICNAME_H
#define PREFLIGHT_AUDIT_GENERICNAME_H

#include "lib/base/ip.h"

#define GENERICNAME_WHY_MAX 160

/*
 * name: a PTR record's, normalized; org: its organizational domain, which is not looked at.  The name is generic where
 * the rest of it holds the address (in decimal or hexadecimal, forward or backward, three numbers of an IPv4 address at
 * least) or a word such as "dynamic" or "dsl".  why_r: "" where it is not, else in words.
 */
void genericname_judge(const char *name, const char *org, const struct ip_addr *address,
                       char why_r[GENERICNAME_WHY_MAX]);

#endif
