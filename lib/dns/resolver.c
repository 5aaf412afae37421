/*
 * libunbound behind one thread; see resolver.h.  The only file that includes unbound.h.
 * ub_resolve_async can wait for a full pipe, so callers only leave their question in a list and wake the dispatcher.
 */
#include "config.h"

#include "lib/dns/resolver.h"

#include "lib/base/err.h"
#include "lib/base/ip.h"
#include "lib/base/mem.h"
#include "lib/dns/answer.h"
#include "lib/dns/question.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unbound.h>
#include <unistd.h>

#define CLASS_IN 1
#define RECORDS_MAX 4096        /* more do not fit a DNS message */
#define NEGATIVE_TTL 60
#define PORTS_MIN 16
#define PORTS_MAX 2048          /* questions on their way to servers at once */

struct resolver {
    struct ub_ctx *ub;
    struct resolver_owner owner;
    pthread_t dispatcher;
    int wake_fd;
    pthread_mutex_t lock;       /* covers what follows */
    struct query *first, **last;
    bool is_stopping;
};

/* Our own cache stands in front, so libunbound's is small. */
static const struct { const char *name, *value; } options[] = {
    { "msg-cache-size:", "1m" },
    { "rrset-cache-size:", "1m" },
    { "key-cache-size:", "1m" },
    { "neg-cache-size:", "256k" },
    { "msg-cache-slabs:", "1" },
    { "rrset-cache-slabs:", "1" },
    { "key-cache-slabs:", "1" },
    { "infra-cache-slabs:", "1" },
    { "prefetch:", "no" },
    { "prefetch-key:", "no" },
    { "serve-expired:", "no" },
    { "qname-minimisation:", "no" },
    { "aggressive-nsec:", "no" },
    { "use-caps-for-id:", "no" },
    { "edns-buffer-size:", "1232" },
    { "do-not-query-localhost:", "no" },
    { "outgoing-num-tcp:", "16" },
    { "infra-host-ttl:", "5" },     /* as long a server that was silent may be left out */
    { "unblock-lan-zones:", "yes" },
    { "insecure-lan-zones:", "yes" },
};

/* Zones libunbound answers by itself; the servers we are told to ask know better.  onion stays blocked (RFC 7686). */
static const char *const builtin_zones[] = {
    "test.", "invalid.", "localhost.", "home.arpa.", "127.in-addr.arpa.",
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.",
};

static int set_option(struct resolver *r, const char *name, const char *value, struct err *err)
{
    int rc = ub_ctx_set_option(r->ub, name, value);

    return rc == 0 ? 0 : err_set(err, "cannot set libunbound option '%s %s': %s", name, value, ub_strerror(rc));
}

static int set_number(struct resolver *r, const char *name, unsigned value, struct err *err)
{
    char text[16];

    snprintf(text, sizeof(text), "%u", value);
    return set_option(r, name, text, err);
}

/*
 * libunbound asks again after a time that doubles, and says SERVFAIL when it has asked often enough.  It must be more
 * patient than our timeout: then SERVFAIL means that a server said so, and silence ends at our deadline.
 */
static int set_patience(struct resolver *r, unsigned timeout_ms, struct err *err)
{
    unsigned try_ms = timeout_ms / 6 < 500 ? timeout_ms / 6 : 500;

    if (try_ms < 100)
        try_ms = 100;
    if (try_ms < timeout_ms / 20)
        try_ms = timeout_ms / 20;
    if (set_number(r, "infra-cache-min-rtt:", try_ms, err) != 0)
        return -1;
    return set_number(r, "outbound-msg-retry:", 2 + timeout_ms / (2 * try_ms), err);
}

/* As a library it has 16 ports, so that 16 questions nobody answers keep all others waiting. */
static int set_ports(struct resolver *r, struct err *err)
{
    struct rlimit files;
    unsigned ports = PORTS_MAX;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur / 4 < ports)
        ports = files.rlim_cur / 4 < PORTS_MIN ? PORTS_MIN : (unsigned)(files.rlim_cur / 4);
    return set_number(r, "outgoing-range:", ports, err);
}

static int set_options(struct resolver *r, const struct dns_settings *settings, struct err *err)
{
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        if (set_option(r, options[i].name, options[i].value, err) != 0)
            return -1;
    if (set_patience(r, (unsigned)settings->timeout_ms, err) != 0 || set_ports(r, err) != 0 ||
        set_number(r, "cache-max-ttl:", settings->max_ttl, err) != 0 ||
        set_number(r, "cache-max-negative-ttl:", settings->max_ttl, err) != 0)
        return -1;
    if (settings->trust_anchor == NULL)
        return set_option(r, "module-config:", "iterator", err);
    return set_option(r, "module-config:", "validator iterator", err);
}

/* "ADDR" or "ADDR@PORT" into the form libunbound takes. */
static int parse_server(const char *text, char server_r[IP_TEXT_MAX + 8])
{
    char host[IP_TEXT_MAX + 8];
    char plain[IP_TEXT_MAX];
    struct ip_addr addr;
    size_t len = strcspn(text, "@");
    long port = 53;

    if (len >= sizeof(host))
        return -1;
    memcpy(host, text, len);
    host[len] = '\0';
    if (text[len] == '@') {
        const char *digits = text + len + 1;
        if (*digits == '\0' || strlen(digits) > 5 || strspn(digits, "0123456789") != strlen(digits))
            return -1;
        port = strtol(digits, NULL, 10);
    }
    if (ip_parse(host, &addr) != 0 || port < 1 || port > 65535)
        return -1;
    ip_format(&addr, plain);
    snprintf(server_r, IP_TEXT_MAX + 8, "%s@%ld", plain, port);
    return 0;
}

static int set_servers(struct resolver *r, const char *const *servers, struct err *err)
{
    if (servers == NULL || *servers == NULL) {
        int rc = ub_ctx_resolvconf(r->ub, NULL);
        return rc == 0 ? 0 : err_set(err, "cannot read /etc/resolv.conf: %s", ub_strerror(rc));
    }
    for (; *servers != NULL; servers++) {
        char server[IP_TEXT_MAX + 8];
        if (parse_server(*servers, server) != 0)
            return err_set(err, "'%s' is not a server address (ADDR or ADDR@PORT)", *servers);
        int rc = ub_ctx_set_fwd(r->ub, server);
        if (rc != 0)
            return err_set(err, "cannot use server '%s': %s", *servers, ub_strerror(rc));
    }
    return 0;
}

static int set_trust_anchor(struct resolver *r, const char *file, struct err *err)
{
    if (file == NULL)
        return 0;
    if (access(file, R_OK) != 0)
        return err_set(err, "cannot read trust anchor '%s': %s", file, strerror(errno));
    int rc = ub_ctx_add_ta_file(r->ub, file);
    return rc == 0 ? 0 : err_set(err, "cannot use trust anchor '%s': %s", file, ub_strerror(rc));
}

/* The first removal finalizes the context: a trust anchor that does not parse is found here. */
static int remove_builtin_zones(struct resolver *r, const char *trust_anchor, struct err *err)
{
    for (size_t i = 0; i < sizeof(builtin_zones) / sizeof(builtin_zones[0]); i++) {
        int rc = ub_ctx_zone_remove(r->ub, builtin_zones[i]);
        if (rc != 0 && trust_anchor != NULL)
            return err_set(err, "cannot use trust anchor '%s': %s", trust_anchor, ub_strerror(rc));
        if (rc != 0)
            return err_set(err, "cannot set up libunbound: %s", ub_strerror(rc));
    }
    return 0;
}

/*
 * libunbound keeps a SERVFAIL for five seconds, which would hide a server that has recovered.  That its cache is not to
 * be used for what is forwarded can only be said in a file; the servers added later join this zone.
 */
static int set_no_cache(struct resolver *r, struct err *err)
{
    static const char text[] = "forward-zone:\n    name: \".\"\n    forward-no-cache: yes\n";
    char path[32];
    int fd = memfd_create("unbound.conf", MFD_CLOEXEC);

    if (fd < 0 || write(fd, text, sizeof(text) - 1) != (ssize_t)sizeof(text) - 1) {
        err_set(err, "cannot write libunbound's configuration: %s", strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int rc = ub_ctx_config(r->ub, path);
    close(fd);
    return rc == 0 ? 0 : err_set(err, "cannot read libunbound's configuration from %s: %s", path, ub_strerror(rc));
}

static int set_up(struct resolver *r, const struct dns_settings *settings, struct err *err)
{
    r->ub = ub_ctx_create();
    if (r->ub == NULL)
        return err_set(err, "cannot create a libunbound context: %s", strerror(errno));
    if (ub_ctx_debugout(r->ub, NULL) != 0 || ub_ctx_async(r->ub, 1) != 0)
        return err_set(err, "cannot set up libunbound");
    if (set_no_cache(r, err) != 0 || set_options(r, settings, err) != 0 ||
        set_servers(r, settings->servers, err) != 0 || set_trust_anchor(r, settings->trust_anchor, err) != 0)
        return -1;
    return remove_builtin_zones(r, settings->trust_anchor, err);
}

/* Bogus comes with data and rcode 0: it must be looked at first. */
static enum dns_status status_of(const struct ub_result *result)
{
    if (result->bogus)
        return DNS_BOGUS;
    if (result->nxdomain)
        return DNS_NXDOMAIN;
    if (result->rcode != 0)
        return DNS_TEMPFAIL;
    return result->havedata ? DNS_OK : DNS_NODATA;
}

/* RFC 2308 section 5: a negative answer without an SOA has no life of its own; libunbound gives it its longest. */
static uint32_t ttl_of(const struct ub_result *result, enum dns_status status)
{
    const uint8_t *packet = result->answer_packet;
    uint32_t ttl = result->ttl > 0 ? (uint32_t)result->ttl : 0;

    if (status == DNS_OK || ttl < NEGATIVE_TTL)
        return ttl;
    bool has_authority = packet != NULL && result->answer_len >= 12 && (packet[8] != 0 || packet[9] != 0);
    return has_authority ? ttl : NEGATIVE_TTL;
}

/* The strings of a TXT record fill it to the last byte. */
static bool is_txt(const struct dns_rdata *rdata)
{
    size_t at = 0;

    while (at < rdata->len)
        at += 1U + rdata->data[at];
    return rdata->len > 0 && at == rdata->len;
}

/* libunbound hands over what a record holds as it came.  What cannot be read is no answer. */
static bool is_readable(int type, const struct dns_rdata *rdata)
{
    switch (type) {
    case DNS_A: return rdata->len == 4;
    case DNS_AAAA: return rdata->len == 16;
    case DNS_TXT: return is_txt(rdata);
    default: return true;
    }
}

static struct answer *answer_from(const struct ub_result *result)
{
    enum dns_status status = status_of(result);
    size_t count = 0;

    if (status == DNS_BOGUS || status == DNS_TEMPFAIL)
        return answer_new_failure(status);
    while (status == DNS_OK && result->data[count] != NULL && count < RECORDS_MAX)
        count++;
    struct dns_rdata *rdata = xcalloc(count + 1, sizeof(*rdata));
    for (size_t i = 0; i < count; i++) {
        rdata[i] = (struct dns_rdata){ (const uint8_t *)result->data[i], (size_t)result->len[i] };
        if (!is_readable(result->qtype, &rdata[i]))
            status = DNS_TEMPFAIL;
    }
    struct answer *answer = status == DNS_TEMPFAIL
        ? answer_new_failure(status)
        : answer_new(status, ttl_of(result, status), rdata, count, result->answer_packet, (size_t)result->answer_len);
    free(rdata);
    return answer;
}

static void on_result(void *arg, int ub_err, struct ub_result *result)
{
    struct query *query = arg;
    struct resolver *r = query->resolver;
    struct answer *answer = ub_err == 0 ? answer_from(result) : answer_new_failure(DNS_TEMPFAIL);

    ub_resolve_free(result);
    r->owner.done(r->owner.ctx, query, answer);
}

static void start(struct resolver *r, struct query *query)
{
    char name[QUESTION_ESCAPED_MAX + 1];

    question_escape(query->question, name);
    strcat(name, ".");
    int rc = ub_resolve_async(r->ub, name, (int)query->question->type, CLASS_IN, query, on_result, &query->id);
    if (rc != 0)
        r->owner.done(r->owner.ctx, query, answer_new_failure(DNS_TEMPFAIL));
}

/* What was asked since the last time; false when it is time to end. */
static bool start_asked(struct resolver *r)
{
    uint64_t wakes;
    if (read(r->wake_fd, &wakes, sizeof(wakes)) < 0 && errno != EAGAIN && errno != EINTR)
        abort();

    pthread_mutex_lock(&r->lock);
    struct query *query = r->first;
    bool is_stopping = r->is_stopping;
    r->first = NULL;
    r->last = &r->first;
    pthread_mutex_unlock(&r->lock);
    while (query != NULL && !is_stopping) {
        struct query *next = query->next;
        start(r, query);
        query = next;
    }
    return !is_stopping;
}

static void *dispatch(void *arg)
{
    struct resolver *r = arg;
    struct pollfd fds[] = { { .fd = r->wake_fd, .events = POLLIN }, { .fd = ub_fd(r->ub), .events = POLLIN } };

    while (start_asked(r)) {
        if (fds[1].fd >= 0 && ub_process(r->ub) != 0)
            fds[1].fd = -1;     /* its thread has died; looking again would only spin, questions time out */
        int64_t wait_ms = r->owner.tick(r->owner.ctx);
        poll(fds, 2, wait_ms > 60000 ? 60000 : (int)wait_ms);
    }
    return NULL;
}

static int start_dispatcher(struct resolver *r, struct err *err)
{
    sigset_t all, before;

    r->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (r->wake_fd < 0)
        return err_set(err, "cannot create an eventfd: %s", strerror(errno));
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&r->dispatcher, NULL, dispatch, r);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc == 0)
        return 0;
    close(r->wake_fd);
    return err_set(err, "cannot start the dns thread: %s", strerror(rc));
}

struct resolver *resolver_new(const struct dns_settings *settings, const struct resolver_owner *owner, struct err *err)
{
    struct resolver *r = xcalloc(1, sizeof(*r));

    r->owner = *owner;
    r->last = &r->first;
    pthread_mutex_init(&r->lock, NULL);
    if (set_up(r, settings, err) == 0 && start_dispatcher(r, err) == 0)
        return r;
    if (r->ub != NULL)
        ub_ctx_delete(r->ub);
    pthread_mutex_destroy(&r->lock);
    free(r);
    return NULL;
}

static void wake(struct resolver *r)
{
    static const uint64_t one = 1;

    /* EAGAIN means a counter that is full: the dispatcher will wake all the same. */
    if (write(r->wake_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
        abort();
}

void resolver_free(struct resolver **resolver)
{
    struct resolver *r = *resolver;

    if (r == NULL)
        return;
    pthread_mutex_lock(&r->lock);
    r->is_stopping = true;
    pthread_mutex_unlock(&r->lock);
    wake(r);
    pthread_join(r->dispatcher, NULL);
    ub_ctx_delete(r->ub);
    close(r->wake_fd);
    pthread_mutex_destroy(&r->lock);
    free(r);
    *resolver = NULL;
}

void resolver_ask(struct resolver *resolver, struct query *query)
{
    query->resolver = resolver;
    query->next = NULL;
    query->id = 0;
    pthread_mutex_lock(&resolver->lock);
    bool was_empty = resolver->first == NULL;
    *resolver->last = query;
    resolver->last = &query->next;
    pthread_mutex_unlock(&resolver->lock);
    if (was_empty)
        wake(resolver);
}

void resolver_cancel(struct resolver *resolver, struct query *query)
{
    ub_cancel(resolver->ub, query->id);
}
