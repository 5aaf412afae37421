/*
 * Result names of RFC 8601 section 2.7, shared by SPF, DKIM and DMARC.
 */
#ifndef PREFLIGHT_CHECK_RESULT_H
#define PREFLIGHT_CHECK_RESULT_H

enum auth_result {
    AUTH_NONE, AUTH_PASS, AUTH_FAIL, AUTH_SOFTFAIL, AUTH_NEUTRAL, AUTH_POLICY, AUTH_TEMPERROR, AUTH_PERMERROR,
    AUTH_RESULT_COUNT
};

const char *auth_result_name(enum auth_result result);      /* "none", "pass", ... */
int auth_result_parse(const char *name);                    /* -1 where there is no such result */

#endif
