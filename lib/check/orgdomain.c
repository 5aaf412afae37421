/*
 * The organizational domain by the public suffix list; see orgdomain.h.  The only user of libpsl.h.
 */
#include "config.h"

#include "lib/check/orgdomain.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"

#include <libpsl.h>
#include <stdlib.h>
#include <string.h>

struct orgdomain {
    psl_ctx_t *list;
};

struct orgdomain *orgdomain_new(struct err *err)
{
    psl_ctx_t *list = psl_latest(NULL);

    if (list == NULL) {
        err_set(err, "cannot read a public suffix list: install the package publicsuffix");
        return NULL;
    }
    struct orgdomain *orgdomain = xcalloc(1, sizeof(*orgdomain));
    orgdomain->list = list;
    return orgdomain;
}

void orgdomain_free(struct orgdomain **orgdomain)
{
    if (*orgdomain == NULL)
        return;
    psl_free((*orgdomain)->list);
    free(*orgdomain);
    *orgdomain = NULL;
}

void orgdomain_find(const struct orgdomain *orgdomain, const char *domain, char org_r[DOMAIN_MAX])
{
    const char *org = psl_registrable_domain(orgdomain->list, domain);
    size_t len;

    if (org == NULL)
        org = domain;
    len = strlen(org);
    if (len >= DOMAIN_MAX)
        len = DOMAIN_MAX - 1;
    memcpy(org_r, org, len);
    org_r[len] = '\0';
}

const char *orgdomain_list_file(void)
{
    const char *file = psl_builtin_filename();

    return file != NULL && file[0] == '/' ? file : NULL;
}
