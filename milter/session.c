/*
 * One connection from the MTA and its transaction in hand; see session.h.
 */
#include "config.h"

#include "milter/session.h"
#include "lib/base/domain.h"
#include "lib/base/ip.h"
#include "lib/base/mem.h"
#include "lib/preflight.h"
#include "milter/service.h"
#include "milter/wire.h"

#include <stdio.h>
#include <stdlib.h>

struct session {
    struct service_link link;       /* first, for session_free_all */
    struct service *service;
    bool has_leading_space;
    bool is_quiet;

    struct ip_addr client;
    bool is_local;
    char daemon[128];               /* {daemon_name}; here, since incoming mail is to cost no allocation */

    struct preflight *engine;       /* of the transaction in hand; NULL where none is */
    struct preflight_message *message;
};

struct session *session_new(struct service *service)
{
    struct session *s = xcalloc(1, sizeof(*s));
    s->service = service;
    service_add(service, &s->link);
    return s;
}

void session_free(struct session **session)
{
    struct session *s = *session;
    if (s == NULL)
        return;
    session_finish(s);
    service_remove(s->service, &s->link);
    free(s);
    *session = NULL;
}

void session_free_all(struct service *service)
{
    for (struct service_link *link; (link = service_first(service)) != NULL;) {
        struct session *s = (struct session *)link;
        session_free(&s);
    }
}

void session_negotiated(struct session *s, bool has_leading_space, bool is_quiet)
{
    s->has_leading_space = has_leading_space;
    s->is_quiet = is_quiet;
}

bool session_is_quiet(const struct session *s)
{
    return s->is_quiet;
}

void session_connect(struct session *s, const char *hostname, const struct sockaddr *addr, const char *daemon)
{
    ip_from_sockaddr(addr, &s->client);
    s->is_local = wire_is_local(hostname, addr);
    snprintf(s->daemon, sizeof(s->daemon), "%s", daemon == NULL ? "" : daemon);
}

static enum session_answer begin(struct session *s, struct preflight *engine, const struct preflight_origin *origin,
                                 const char *sender, const char *queue_id)
{
    if (!preflight_is_outgoing(engine, origin))
        return SESSION_PASS;
    if (!service_begin(s->service))
        return SESSION_SILENCE;
    char *address = address_bare(sender);
    s->engine = preflight_ref(engine);
    s->message = preflight_begin(engine, origin, address, queue_id);
    free(address);
    return SESSION_GO_ON;
}

enum session_answer session_mail(struct session *s, const char *sender, const char *user, const char *queue_id)
{
    const struct preflight_origin origin = {
        .client = s->client,
        .is_local = s->is_local,
        .is_counted = true,
        .user = user != NULL && user[0] != '\0' ? user : NULL,
        .daemon = s->daemon[0] != '\0' ? s->daemon : NULL,
    };

    session_finish(s);
    struct preflight *engine = service_engine(s->service);
    enum session_answer answer = begin(s, engine, &origin, sender, queue_id);
    preflight_unref(&engine);
    return answer;
}

void session_recipient(struct session *s, const char *recipient)
{
    if (s->message == NULL)
        return;
    char *address = address_bare(recipient);
    preflight_recipient(s->message, address);
    free(address);
}

void session_header(struct session *s, const char *name, const char *value)
{
    if (s->message == NULL)
        return;
    if (s->has_leading_space) {
        preflight_header(s->message, name, value);
        return;
    }
    char *spaced = xasprintf(" %s", value);
    preflight_header(s->message, name, spaced);
    free(spaced);
}

void session_end_of_header(struct session *s)
{
    if (s->message == NULL)
        return;
    if (preflight_is_all_local(s->message))
        preflight_abandon(&s->message);         /* before anything is asked for it */
    else
        preflight_end_of_header(s->message);
}

void session_body(struct session *s, const unsigned char *data, size_t len)
{
    if (s->message != NULL)
        preflight_body(s->message, data, len);
}

struct report *session_judge(struct session *s, const char *queue_id)
{
    if (s->message == NULL || preflight_is_all_local(s->message))
        return NULL;
    return preflight_end(&s->message, queue_id);
}

const struct preflight *session_engine(const struct session *s)
{
    return s->engine;
}

void session_finish(struct session *s)
{
    if (s->engine == NULL)
        return;
    preflight_abandon(&s->message);
    preflight_unref(&s->engine);
    service_done(s->service);
}
