/*
 * Postfix's own settings, audited; see postfix.h.
 */
#include "config.h"

#include "lib/postfix.h"

int postfix_audit(const struct conf *conf, const char *directory, struct postfix_audit *audit_r, struct err *err)
{
    struct postconf postconf;

    if (postconf_read(directory, &postconf, err) < 0)
        return -1;
    int rc = postfixaudit_run(&postconf, conf, audit_r, err);
    postconf_clear(&postconf);
    return rc;
}

bool postfix_audit_has_errors(const struct postfix_audit *audit)
{
    return findings_count(&audit->findings, SEVERITY_ERROR) > 0;
}
