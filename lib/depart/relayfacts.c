/*
 * What is known of the Postfix behind the milter; see relayfacts.h.
 */
#include "config.h"

#include "lib/depart/relayfacts.h"

#include "lib/base/err.h"
#include "lib/base/ip.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/depart/postconf.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void add(struct conf_strings *list, char *item)
{
    list->items = xrealloc(list->items, (list->count + 2) * sizeof(*list->items));
    list->items[list->count++] = item;
    list->items[list->count] = NULL;
}

static void add_words(struct conf_strings *list, const char *text)
{
    struct postconf_words words = { text };
    char *word;

    while ((word = postconf_next_word(&words)) != NULL)
        add(list, word);
}

static void copy(struct conf_strings *list, const struct conf_strings *from)
{
    for (size_t i = 0; i < from->count; i++)
        add(list, xstrdup(from->items[i]));
}

static void clear(struct conf_strings *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct conf_strings){ 0 };
}

/* --- whose settings ------------------------------------------------------------------------- */

static const struct postconf_service *find_client(const struct postconf *postconf, const char *name, size_t len)
{
    for (size_t i = 0; i < postconf->n_services; i++) {
        const struct postconf_service *service = &postconf->services[i];
        if (strcmp(service->command, "smtp") == 0 && strlen(service->name) == len &&
            strncmp(service->name, name, len) == 0)
            return service;
    }
    return NULL;
}

/* The service by which mail leaves: that of default_transport, else smtp; NULL: main.cf alone counts. */
static const struct postconf_service *usual_client(const struct postconf *postconf)
{
    const char *transport = postconf_text(postconf, NULL, "default_transport");
    const struct postconf_service *service = find_client(postconf, transport, strcspn(transport, ":"));

    return service != NULL ? service : find_client(postconf, "smtp", strlen("smtp"));
}

static const struct postconf_service *usual_cleanup(const struct postconf *postconf)
{
    for (size_t i = 0; i < postconf->n_services; i++) {
        if (strcmp(postconf->services[i].name, "cleanup") == 0)
            return &postconf->services[i];
    }
    return NULL;
}

/* --- what is learned --------------------------------------------------------------------------- */

/* What is told goes before what is learned.  A table without a type is of the standard one. */
static void choose_tables(struct conf_strings *list, const struct conf_strings *told, const struct postconf *postconf,
                          const struct postconf_service *service, const char *setting)
{
    struct conf_strings learned = { 0 };

    copy(list, told);
    if (told->count > 0 || postconf == NULL)
        return;
    add_words(&learned, postconf_text(postconf, service, setting));
    for (size_t i = 0; i < learned.count; i++) {
        const char *type = postconf_text(postconf, service, "default_database_type");
        add(list, strchr(learned.items[i], ':') != NULL || type[0] == '\0' ? xstrdup(learned.items[i])
            : xasprintf("%s:%s", type, learned.items[i]));
    }
    clear(&learned);
}

static void add_local(struct relay_facts *facts, const char *destinations)
{
    struct postconf_words words = { destinations };
    char *word;

    while ((word = postconf_next_word(&words)) != NULL) {
        if (strpbrk(word, ":/!") != NULL) {
            facts->has_local_tables = true;
            free(word);
        } else {
            ascii_lower(word);
            add(&facts->local_domains, word);
        }
    }
}

static void add_addresses(struct relay_facts *facts, const char *interfaces)
{
    struct postconf_words words = { interfaces };
    struct ip_addr address;
    char *word;

    while ((word = postconf_next_word(&words)) != NULL) {
        if (ip_parse(word, &address) == 0)
            add(&facts->local_addresses, word);
        else
            free(word);
    }
}

/* The sender of the envelope, by cleanup(8). */
static void learn_cleanup(struct relay_facts *facts, const struct postconf *postconf)
{
    const struct postconf_service *service = usual_cleanup(postconf);

    if (!postconf_has_word(postconf_text(postconf, service, "sender_canonical_classes"), "envelope_sender"))
        clear(&facts->sender_canonical_maps);
    if (!postconf_has_word(postconf_text(postconf, service, "canonical_classes"), "envelope_sender"))
        clear(&facts->canonical_maps);
    if (!postconf_has_word(postconf_text(postconf, service, "masquerade_classes"), "envelope_sender"))
        return;
    add_words(&facts->masquerade_domains, postconf_text(postconf, service, "masquerade_domains"));
    add_words(&facts->masquerade_exceptions, postconf_text(postconf, service, "masquerade_exceptions"));
}

static void learn_client(struct relay_facts *facts, const struct postconf *postconf)
{
    const struct postconf_service *service = usual_client(postconf);
    const char *propagated = postconf_text(postconf, service, "propagate_unmatched_extensions");

    facts->propagates_generic = postconf_has_word(propagated, "generic");
    facts->propagates_canonical = postconf_has_word(propagated, "canonical");
    facts->delimiters = xstrdup(postconf_text(postconf, service, "recipient_delimiter"));
    facts->origin = xstrdup(postconf_text(postconf, service, "myorigin"));
    facts->domain = xstrdup(postconf_text(postconf, service, "mydomain"));
    facts->appends_origin = postconf_is_yes(postconf, NULL, "append_at_myorigin");
    facts->appends_domain = postconf_is_yes(postconf, NULL, "append_dot_mydomain");
    facts->line_length_limit = atoi(postconf_text(postconf, service, "smtp_line_length_limit"));
    facts->converts_8bit =
        postconf_is_yes(postconf, service, "disable_mime_output_conversion") ? KNOWN_NO : KNOWN_YES;
    if (postconf_has_word(postconf_text(postconf, service, "smtp_discard_ehlo_keywords"), "8bitmime"))
        facts->eightbitmime = KNOWN_NO;
    add_local(facts, postconf_text(postconf, service, "mydestination"));
    add_addresses(facts, postconf_text(postconf, service, "inet_interfaces"));
    add_addresses(facts, postconf_text(postconf, service, "proxy_interfaces"));
}

/* As a main.cf has it that says nothing. */
static void assume(struct relay_facts *facts, const struct conf *conf)
{
    const char *dot = strchr(conf->hostname, '.');

    facts->propagates_canonical = true;
    facts->delimiters = xstrdup("");
    facts->origin = xstrdup(conf->hostname);
    facts->domain = xstrdup(dot == NULL ? "" : dot + 1);
    facts->appends_origin = true;
    facts->line_length_limit = -1;
    add(&facts->local_domains, xstrdup(conf->hostname));
    add(&facts->local_domains, xstrdup("localhost"));
}

/* postconf_text cannot expand values that only a service has; those it leaves as they are. */
void relayfacts_from(const struct conf *conf, const struct postconf *postconf, struct relay_facts *facts_r)
{
    const struct postconf_service *client = postconf == NULL ? NULL : usual_client(postconf);
    const struct postconf_service *cleanup = postconf == NULL ? NULL : usual_cleanup(postconf);

    *facts_r = (struct relay_facts){ .delimiters = NULL };
    choose_tables(&facts_r->generic_maps, &conf->postfix.generic_maps, postconf, client, "smtp_generic_maps");
    choose_tables(&facts_r->header_checks, &conf->postfix.header_checks, postconf, client, "smtp_header_checks");
    choose_tables(&facts_r->mime_header_checks, &conf->postfix.mime_header_checks, postconf, client,
                  "smtp_mime_header_checks");
    choose_tables(&facts_r->nested_header_checks, &conf->postfix.nested_header_checks, postconf, client,
                  "smtp_nested_header_checks");
    choose_tables(&facts_r->body_checks, &conf->postfix.body_checks, postconf, client, "smtp_body_checks");
    choose_tables(&facts_r->sender_canonical_maps, &conf->postfix.sender_canonical_maps, postconf, cleanup,
                  "sender_canonical_maps");
    choose_tables(&facts_r->canonical_maps, &conf->postfix.canonical_maps, postconf, cleanup, "canonical_maps");
    if (postconf == NULL) {
        assume(facts_r, conf);
    } else {
        learn_client(facts_r, postconf);
        learn_cleanup(facts_r, postconf);
    }
    if (conf->postfix.line_length_limit >= 0)
        facts_r->line_length_limit = conf->postfix.line_length_limit;
    if (conf->postfix.disable_mime_output_conversion != KNOWN_AUTO) {
        facts_r->converts_8bit =
            conf->postfix.disable_mime_output_conversion == KNOWN_YES ? KNOWN_NO : KNOWN_YES;
    }
    if (conf->postfix.eightbitmime != KNOWN_AUTO)
        facts_r->eightbitmime = (enum conf_known)conf->postfix.eightbitmime;
}

int relayfacts_load(const struct conf *conf, struct relay_facts *facts_r, struct err *err)
{
    struct postconf postconf;

    if (conf->postfix.config_directory[0] == '\0') {
        relayfacts_from(conf, NULL, facts_r);
        return 0;
    }
    if (postconf_read(conf->postfix.config_directory, &postconf, err) < 0)
        return -1;
    relayfacts_from(conf, &postconf, facts_r);
    postconf_clear(&postconf);
    return 0;
}

void relayfacts_clear(struct relay_facts *facts)
{
    struct conf_strings *const lists[] = {
        &facts->generic_maps, &facts->header_checks, &facts->mime_header_checks, &facts->nested_header_checks,
        &facts->body_checks, &facts->sender_canonical_maps, &facts->canonical_maps, &facts->masquerade_domains,
        &facts->masquerade_exceptions, &facts->local_domains, &facts->local_addresses,
    };

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        clear(lists[i]);
    free(facts->delimiters);
    free(facts->origin);
    free(facts->domain);
    *facts = (struct relay_facts){ .delimiters = NULL };
}
