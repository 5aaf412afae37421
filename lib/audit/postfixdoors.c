/*
 * The ways into Postfix, and whether mail that comes in there reaches the signer and then preflight-milter
 * (MILTER_README, FILTER_README); see postfix.h.
 */
#include "config.h"

#include "lib/audit/postfix.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <stdlib.h>
#include <string.h>

#define DOORS_MAX 200

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (strcmp(name, *names) == 0)
            return true;
    }
    return false;
}

/* The port of "smtp", "127.0.0.1:10025", "[::1]:smtp". */
static const char *port_of(const char *service)
{
    const char *colon = strrchr(service, ':');

    return colon == NULL ? service : colon + 1;
}

static bool is_on_loopback(const char *service)
{
    return strncmp(service, "127.", 4) == 0 || strncmp(service, "localhost:", 10) == 0 ||
           strncmp(service, "[::1]:", 6) == 0;
}

/* --- content filters ----------------------------------------------------------------------- */

static bool is_smtpd(const struct postconf_service *service)
{
    return strcmp(service->command, "smtpd") == 0;
}

/* Is it so of the filter of main.cf, or of any service? */
static bool any_filter(const struct postconf *postconf, bool (*is_it)(const char *filter, const char *name),
                       const char *name)
{
    if (is_it(postconf_text(postconf, NULL, "content_filter"), name))
        return true;
    for (size_t i = 0; i < postconf->n_services; i++) {
        if (is_it(postconf_text(postconf, &postconf->services[i], "content_filter"), name))
            return true;
    }
    return false;
}

static bool is_any(const char *filter, const char *name)
{
    (void)name;
    return filter[0] != '\0';
}

/* "amavis:[127.0.0.1]:10024" goes through the service amavis. */
static bool is_transport(const char *filter, const char *name)
{
    size_t len = strcspn(filter, ":");

    return strlen(name) == len && len > 0 && strncmp(filter, name, len) == 0;
}

/* Straight to another smtpd of this Postfix, as with a filter that is a proxy. */
static bool is_next_hop(const char *filter, const char *name)
{
    const char *colon = strrchr(filter, ':');

    return colon != NULL && strcmp(colon + 1, port_of(name)) == 0;
}

bool postfixaudit_is_client(const struct postconf *postconf, const struct postconf_service *service)
{
    if (strcmp(service->command, "smtp") != 0)
        return false;
    return is_one_of(service->name, (const char *const[]){ "smtp", "relay", NULL }) ||
           !any_filter(postconf, is_transport, service->name);
}

/* An smtpd that is no client of the proxy others have, and is told by it who the client was. */
static bool takes_mail_from_proxy(const struct postconf *postconf, const struct postconf_service *service)
{
    if (postconf_text(postconf, service, "smtpd_proxy_filter")[0] != '\0')
        return false;
    if (!postconf_has_own(service, "smtpd_proxy_filter") &&
        !postconf_has_own(service, "smtpd_authorized_xforward_hosts"))
        return false;
    for (size_t i = 0; i < postconf->n_services; i++) {
        if (is_smtpd(&postconf->services[i]) &&
            postconf_text(postconf, &postconf->services[i], "smtpd_proxy_filter")[0] != '\0')
            return true;
    }
    return false;
}

/* An smtpd on loopback that is none of the filter's clients, where the others are. */
static bool takes_mail_back(const struct postconf *postconf, const struct postconf_service *service)
{
    if (!is_on_loopback(service->name) || postconf_text(postconf, service, "content_filter")[0] != '\0')
        return false;
    return any_filter(postconf, is_next_hop, service->name) || takes_mail_from_proxy(postconf, service) ||
           (postconf_has_own(service, "content_filter") && any_filter(postconf, is_any, NULL));
}

/* --- the list of doors ------------------------------------------------------------------------ */

static enum door_kind smtpd_kind(const struct postconf *postconf, const struct postconf_service *service)
{
    static const char *const submission[] = { "submission", "submissions", "smtps", "587", "465", NULL };

    if (takes_mail_back(postconf, service))
        return DOOR_RETURN;
    if (is_one_of(port_of(service->name), submission) || postconf_is_yes(postconf, service, "smtpd_sasl_auth_enable"))
        return DOOR_SUBMISSION;
    return DOOR_RELAY;
}

static enum door_state state_of(const struct postfix_door *door, bool is_by_client)
{
    if (door->has_no_milters || door->proxy[0] != '\0')
        return DOOR_UNJUDGED;
    if (milterlist_last(&door->milters, MILTER_OURS) >= 0)
        return is_by_client ? DOOR_UNKNOWN : DOOR_JUDGED;
    return is_by_client || milterlist_last(&door->milters, MILTER_MAYBE_OURS) >= 0 ? DOOR_UNKNOWN : DOOR_UNJUDGED;
}

/* asker: who talks to the milters, smtpd or cleanup; taker: who takes the mail, smtpd or pickup. */
static void add_door(struct postfixaudit *a, enum door_kind kind, const struct postconf_service *taker,
                     const struct postconf_service *asker, const char *list)
{
    struct postfix_audit *audit = a->audit;
    const char *options = postconf_text(a->postconf, taker, "receive_override_options");
    struct milter_place place = {
        .socket = a->conf->socket,
        .queue_directory = postconf_text(a->postconf, NULL, "queue_directory"),
        .is_chrooted = asker->is_chrooted,
    };

    if (audit->n_doors == DOORS_MAX)
        return;
    audit->doors = xgrow(audit->doors, audit->n_doors, &audit->doors_capacity, sizeof(*audit->doors));
    struct postfix_door *door = &audit->doors[audit->n_doors++];
    *door = (struct postfix_door){
        .name = xstrdup(taker->name),
        .kind = kind,
        .has_no_milters = postconf_has_word(options, "no_milters"),
        .default_action = xstrdup(postconf_text(a->postconf, asker, "milter_default_action")),
        .filter = xstrdup(postconf_text(a->postconf, taker, "content_filter")),
        .proxy = xstrdup(kind == DOOR_LOCAL ? "" : postconf_text(a->postconf, taker, "smtpd_proxy_filter")),
    };
    milterlist_parse(postconf_text(a->postconf, asker, list), &place, &door->milters);
    bool is_by_client = kind != DOOR_LOCAL && postconf_text(a->postconf, taker, "smtpd_milter_maps")[0] != '\0';
    door->state = state_of(door, is_by_client);
}

/* The service of this name, else the first that runs the command. */
static const struct postconf_service *find_service(const struct postconf *postconf, const char *name,
                                                   const char *command)
{
    const struct postconf_service *found = NULL;

    for (size_t i = 0; i < postconf->n_services; i++) {
        const struct postconf_service *service = &postconf->services[i];
        if (strcmp(service->command, command) != 0)
            continue;
        if (strcmp(service->name, name) == 0)
            return service;
        found = found == NULL ? service : found;
    }
    return found;
}

static void collect(struct postfixaudit *a)
{
    for (size_t i = 0; i < a->postconf->n_services; i++) {
        const struct postconf_service *service = &a->postconf->services[i];
        if (is_smtpd(service))
            add_door(a, smtpd_kind(a->postconf, service), service, service, "smtpd_milters");
    }
    for (size_t i = 0; i < a->postconf->n_services; i++) {
        const struct postconf_service *taker = &a->postconf->services[i];
        if (!is_one_of(taker->command, (const char *const[]){ "pickup", "qmqpd", NULL }))
            continue;
        const char *name = postconf_text(a->postconf, taker, "cleanup_service_name");
        const struct postconf_service *cleanup = find_service(a->postconf, name, "cleanup");
        if (cleanup != NULL)
            add_door(a, DOOR_LOCAL, taker, cleanup, "non_smtpd_milters");
    }
}

/* --- what is wrong with them ------------------------------------------------------------------- */

static void add_milters(struct str *s, const struct milterlist *milters)
{
    for (size_t i = 0; i < milters->count; i++)
        str_addf(s, "%s%s", i > 0 ? ", " : "", milters->items[i].address);
}

/* "smtpd_milters is unix:/x" */
static char *describe(const struct postfix_door *door)
{
    const char *setting = door->kind == DOOR_LOCAL ? "non_smtpd_milters" : "smtpd_milters";
    struct str s = STR_EMPTY;

    if (door->proxy[0] != '\0') {
        str_addf(&s, "smtpd_proxy_filter is %s", door->proxy);
    } else if (door->has_no_milters) {
        str_add(&s, "receive_override_options has no_milters");
    } else if (door->milters.count == 0) {
        str_addf(&s, "%s is empty", setting);
    } else {
        str_addf(&s, "%s is ", setting);
        add_milters(&s, &door->milters);
    }
    return str_steal(&s);
}

static void report(struct postfixaudit *a, const struct postfix_door *door, enum finding_id id, const char *domain)
{
    char *detail = describe(door);

    findings_add(&a->audit->findings, id, door->name, domain, detail);
    free(detail);
}

static void judge_actions(struct postfixaudit *a, const struct postfix_door *door)
{
    for (size_t i = 0; i < door->milters.count; i++) {
        const struct milter *milter = &door->milters.items[i];
        const char *action = milter->default_action != NULL ? milter->default_action : door->default_action;
        char *detail = xasprintf("%sdefault_action = %s", milter->default_action != NULL ? "" : "milter_", action);
        /* That mail leaves unjudged while we are away is the postmaster's choice; that it leaves unsigned, a fault. */
        if (strcmp(action, "accept") == 0 && milter->kind == MILTER_OTHER)
            findings_add(&a->audit->findings, FINDING_POSTFIX_ACTION_ACCEPT, milter->address, "", detail);
        if (strcmp(action, "reject") == 0)
            findings_add(&a->audit->findings, FINDING_POSTFIX_ACTION_REJECT, milter->address, "", detail);
        free(detail);
    }
}

/* Who comes before us, and after. */
static void judge_order(struct postfixaudit *a, const struct postfix_door *door)
{
    const struct milterlist *milters = &door->milters;
    size_t ours = (size_t)milterlist_last(milters, MILTER_OURS);
    bool is_signer_after = false;

    for (size_t i = ours + 1; i < milters->count; i++)
        is_signer_after = is_signer_after || milter_is_signer(&milters->items[i]);
    if (is_signer_after)
        report(a, door, FINDING_POSTFIX_BEFORE_SIGNER, "");
    else if (ours + 1 < milters->count)
        report(a, door, FINDING_POSTFIX_NOT_LAST, "");
    if (ours == 0 && !is_signer_after && door->kind != DOOR_RETURN)
        report(a, door, FINDING_POSTFIX_NO_SIGNER, "");
}

static bool is_judged_on_return(const struct postfix_audit *audit)
{
    for (size_t i = 0; i < audit->n_doors; i++) {
        if (audit->doors[i].kind == DOOR_RETURN && audit->doors[i].state == DOOR_JUDGED)
            return true;
    }
    return false;
}

static bool has_milters(const struct postfix_door *door)
{
    return !door->has_no_milters && door->proxy[0] == '\0' && door->milters.count > 0;
}

/* What was signed goes through a filter, and no milter signs what comes back. */
static void judge_filter(struct postfixaudit *a, const struct postfix_door *door)
{
    for (size_t i = 0; i < a->audit->n_doors; i++) {
        if (a->audit->doors[i].kind == DOOR_RETURN && has_milters(&a->audit->doors[i]))
            return;
    }
    if (door->filter[0] != '\0' && has_milters(door))
        findings_add(&a->audit->findings, FINDING_POSTFIX_CONTENT_FILTER, door->name, "", door->filter);
}

static void judge_door(struct postfixaudit *a, const struct postfix_door *door)
{
    const char *socket = a->conf->socket, *queue = postconf_text(a->postconf, NULL, "queue_directory");

    if ((door->filter[0] != '\0' || door->proxy[0] != '\0') && is_judged_on_return(a->audit))
        return;
    if (door->proxy[0] != '\0')
        report(a, door, FINDING_POSTFIX_PROXY_FILTER, "");
    else if (!door->has_no_milters && milterlist_last(&door->milters, MILTER_UNREACHABLE) >= 0)
        report(a, door, FINDING_POSTFIX_MILTER_UNREACHABLE, queue);
    else if (door->state == DOOR_UNKNOWN)
        report(a, door, FINDING_POSTFIX_MILTER_UNKNOWN, "");
    else if (door->state == DOOR_UNJUDGED && door->kind == DOOR_SUBMISSION)
        report(a, door, FINDING_POSTFIX_SUBMISSION_UNJUDGED, socket);
    else if (door->state == DOOR_UNJUDGED && door->kind != DOOR_RETURN)
        report(a, door, FINDING_POSTFIX_MAIL_UNJUDGED, socket);
    if (door->state == DOOR_JUDGED)
        judge_order(a, door);
}

/* Is there any door of which it may be that we are asked, or are meant to be? */
static bool is_attached(const struct postfix_audit *audit)
{
    for (size_t i = 0; i < audit->n_doors; i++) {
        const struct postfix_door *door = &audit->doors[i];
        bool is_for_nothing = door->proxy[0] != '\0' && milterlist_last(&door->milters, MILTER_OURS) >= 0;
        if (door->state != DOOR_UNJUDGED || is_for_nothing || milterlist_last(&door->milters, MILTER_UNREACHABLE) >= 0)
            return true;
    }
    return false;
}

void postfixaudit_doors(struct postfixaudit *a)
{
    struct postfix_audit *audit = a->audit;

    collect(a);
    bool is_anywhere = is_attached(audit);
    if (!is_anywhere)
        findings_add(&audit->findings, FINDING_POSTFIX_MILTER_MISSING, "smtpd_milters", a->conf->socket,
                     "none of its lists of milters has the socket");
    for (size_t i = 0; i < audit->n_doors; i++) {
        if (is_anywhere)
            judge_door(a, &audit->doors[i]);
        judge_filter(a, &audit->doors[i]);
        if (!audit->doors[i].has_no_milters)
            judge_actions(a, &audit->doors[i]);
    }
}
