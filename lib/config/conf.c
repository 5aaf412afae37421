/*
 * The configuration's life: loaded, completed, shared, freed; see conf.h.
 */
#include "config.h"

#include "lib/config/conf.h"

#include "lib/base/domain.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/config/options.h"
#include "lib/config/parse.h"
#include "lib/config/value.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST_BYTES_MAX 256

static void clear_section(const char *section, void *base)
{
    for (const struct option *option = options; option->name != NULL; option++) {
        if (strcmp(option->section, section) == 0)
            value_clear(option, base);
    }
}

static void conf_free(struct conf *conf)
{
    static const char *const sections[] = { "", "outgoing", "dns", "postfix", "limits" };

    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
        clear_section(sections[i], conf);
    for (size_t i = 0; i < conf->n_egress; i++) {
        clear_section("egress", &conf->egress[i]);
        free(conf->egress[i].name);
    }
    for (size_t i = 0; i < conf->n_domains; i++) {
        clear_section("domain", &conf->domains[i]);
        free(conf->domains[i].name);
    }
    free(conf->egress);
    free(conf->domains);
    free(conf->path);
    free(conf->hostname);
    free(conf);
}

struct conf *conf_ref(struct conf *conf)
{
    __atomic_add_fetch(&conf->refs, 1, __ATOMIC_RELAXED);
    return conf;
}

void conf_unref(struct conf **conf)
{
    if (*conf != NULL && __atomic_sub_fetch(&(*conf)->refs, 1, __ATOMIC_ACQ_REL) == 0)
        conf_free(*conf);
    *conf = NULL;
}

/* --- this host's name ------------------------------------------------------- */

/* What the resolver calls the host, where that is a longer name. */
static char *canonical_name(const char *host)
{
    struct addrinfo hints = { .ai_flags = AI_CANONNAME, .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    char domain[DOMAIN_MAX];
    char *name = NULL;

    if (getaddrinfo(host, NULL, &hints, &found) != 0)
        return NULL;
    if (found->ai_canonname != NULL && domain_normalize(found->ai_canonname, domain) == 0 &&
        strchr(domain, '.') != NULL)
        name = xstrdup(domain);
    freeaddrinfo(found);
    return name;
}

static char *find_hostname(void)
{
    char host[HOST_BYTES_MAX] = "";
    char domain[DOMAIN_MAX];

    if (gethostname(host, sizeof(host) - 1) < 0 || domain_normalize(host, domain) < 0)
        return xstrdup("localhost");
    char *canonical = strchr(domain, '.') == NULL ? canonical_name(domain) : NULL;
    return canonical != NULL ? canonical : xstrdup(domain);
}

/* --- what the file leaves open ---------------------------------------------- */

static bool is_default(const struct conf_egress *egress)
{
    return egress->senders.count + egress->recipients.count + egress->users.count + egress->daemons.count == 0;
}

/* The index of the egress without selectors, which is made where there is none; -1 with err where its name is taken. */
static long find_default(struct conf *conf, struct err *err)
{
    for (size_t i = 0; i < conf->n_egress; i++) {
        if (is_default(&conf->egress[i]))
            return (long)i;
    }
    for (size_t i = 0; i < conf->n_egress; i++) {
        if (strcmp(conf->egress[i].name, "default") == 0)
            return err_set(err, "%s: egress 'default' has senders, recipients, users or daemons, but no other egress "
                           "is without: name it otherwise or add one without", conf->path);
    }
    conf->egress = xrealloc(conf->egress, (conf->n_egress + 1) * sizeof(*conf->egress));
    conf->egress[conf->n_egress] = (struct conf_egress){ .name = xstrdup("default") };
    return (long)conf->n_egress++;
}

static int complete(struct conf *conf, const char *hostname, struct err *err)
{
    long index = find_default(conf, err);

    if (index < 0)
        return -1;
    size_t last = conf->n_egress - 1;
    struct conf_egress standard = conf->egress[index];
    memmove(&conf->egress[index], &conf->egress[index + 1], (last - (size_t)index) * sizeof(standard));
    conf->egress[last] = standard;

    conf->hostname = hostname == NULL ? find_hostname() : xstrdup(hostname);
    for (size_t i = 0; i < conf->n_egress; i++) {
        if (conf->egress[i].helo == NULL)
            conf->egress[i].helo = xstrdup(conf->hostname);
    }
    return 0;
}

struct conf *conf_load_as(const char *path, const char *hostname, struct err *err)
{
    struct conf *conf = xcalloc(1, sizeof(*conf));
    struct err local;

    if (err == NULL)
        err = &local;
    conf->refs = 1;
    conf->path = xstrdup(path == NULL ? "" : path);
    if (parse_file(path, conf, err) < 0 || complete(conf, hostname, err) < 0)
        conf_unref(&conf);
    return conf;
}

struct conf *conf_load(const char *path, struct err *err)
{
    return conf_load_as(path, NULL, err);
}
