/*
 * The files that a configuration names; see preflight_check in preflight.h.
 * Apart from the engine: the daemon reads those it needs, and none of what explains replies.
 */
#include "config.h"

#include "lib/preflight.h"

#include "lib/check/blocklists.h"
#include "lib/depart/depart.h"
#include "lib/judge/receivers.h"
#include "lib/judge/reply.h"

int preflight_check(const struct conf *conf, struct err *err)
{
    struct receivers *receivers = receivers_load(conf->receivers, err);
    struct replies *replies = receivers == NULL ? NULL : replies_load(conf->replies, err);
    struct blocklists *blocklists = replies == NULL ? NULL : blocklists_load(conf->blocklists, err);
    struct depart *depart = blocklists == NULL ? NULL : depart_new(conf, err);
    bool is_good = depart != NULL;

    receivers_unref(&receivers);
    replies_free(&replies);
    blocklists_free(&blocklists);
    depart_free(&depart);
    return is_good ? 0 : -1;
}
