/*
 * Postfix's settings, judged one by one; see postfix.h.  A row of the table is a setting, when it is a fault, and the
 * finding.
 */
#include "config.h"

#include "lib/audit/postfix.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"

#include <stdlib.h>
#include <string.h>

#define LINE_STANDARD 998       /* RFC 5321 section 4.5.3.1.6, without CRLF */

typedef bool is_fault(const struct postconf *postconf, const struct postconf_service *service, const char *value);

/* Whose value counts: that of the services that send, or of cleanup(8); where there are none, that of main.cf. */
enum place { AT_CLIENT, AT_CLEANUP };

struct rule {
    const char *name;
    enum place place;
    is_fault *is_fault;
    enum finding_id id;
    const char *classes;        /* what the remedy names as {domain}, or NULL */
};

static bool is_set(const struct postconf *postconf, const struct postconf_service *service, const char *value)
{
    (void)postconf;
    (void)service;
    return value[0] != '\0';
}

static bool is_no(const struct postconf *postconf, const struct postconf_service *service, const char *value)
{
    (void)postconf;
    (void)service;
    return strcmp(value, "no") == 0;
}

/* What is converted before it is signed needs no conversion when it leaves. */
static bool is_converting(const struct postconf *postconf, const struct postconf_service *service, const char *value)
{
    return strcmp(value, "no") == 0 && !postconf_is_yes(postconf, service, "force_mime_input_conversion");
}

static bool is_short(const struct postconf *postconf, const struct postconf_service *service, const char *value)
{
    int limit = atoi(value);

    (void)postconf;
    (void)service;
    return limit > 0 && limit < LINE_STANDARD;
}

/* Where the level is empty the older settings count. */
static bool is_without_tls(const struct postconf *postconf, const struct postconf_service *service, const char *value)
{
    if (value[0] != '\0')
        return strcmp(value, "none") == 0;
    return !postconf_is_yes(postconf, service, "smtp_use_tls") &&
           !postconf_is_yes(postconf, service, "smtp_enforce_tls");
}

static bool lacks_bounces(const struct postconf *postconf, const struct postconf_service *service, const char *value)
{
    return !postconf_has_word(value, "bounce") && postconf_text(postconf, service, "non_smtpd_milters")[0] != '\0';
}

static bool rewrites_sender(const struct postconf *postconf, const struct postconf_service *service,
                            const char *value, const char *classes)
{
    return value[0] != '\0' && postconf_has_word(postconf_text(postconf, service, classes), "envelope_sender");
}

static bool rewrites_by_canonical(const struct postconf *postconf, const struct postconf_service *service,
                                  const char *value)
{
    return rewrites_sender(postconf, service, value, "canonical_classes");
}

static bool rewrites_by_sender_canonical(const struct postconf *postconf, const struct postconf_service *service,
                                         const char *value)
{
    return rewrites_sender(postconf, service, value, "sender_canonical_classes");
}

static bool rewrites_by_masquerade(const struct postconf *postconf, const struct postconf_service *service,
                                   const char *value)
{
    return rewrites_sender(postconf, service, value, "masquerade_classes");
}

static const struct rule rules[] = {
    { "smtp_generic_maps", AT_CLIENT, is_set, FINDING_POSTFIX_GENERIC_MAPS, NULL },
    { "smtp_header_checks", AT_CLIENT, is_set, FINDING_POSTFIX_HEADER_CHECKS, NULL },
    { "smtp_mime_header_checks", AT_CLIENT, is_set, FINDING_POSTFIX_HEADER_CHECKS, NULL },
    { "smtp_nested_header_checks", AT_CLIENT, is_set, FINDING_POSTFIX_HEADER_CHECKS, NULL },
    { "smtp_body_checks", AT_CLIENT, is_set, FINDING_POSTFIX_HEADER_CHECKS, NULL },
    { "disable_mime_output_conversion", AT_CLIENT, is_converting, FINDING_POSTFIX_8BIT_CONVERTED, NULL },
    { "smtp_line_length_limit", AT_CLIENT, is_short, FINDING_POSTFIX_LINES_CUT, NULL },
    { "smtp_tls_security_level", AT_CLIENT, is_without_tls, FINDING_POSTFIX_TLS_OFF, NULL },
    { "always_add_missing_headers", AT_CLEANUP, is_no, FINDING_POSTFIX_HEADERS_MISSING, NULL },
    { "internal_mail_filter_classes", AT_CLEANUP, lacks_bounces, FINDING_POSTFIX_BOUNCES_UNSIGNED, NULL },
    { "sender_canonical_maps", AT_CLEANUP, rewrites_by_sender_canonical, FINDING_POSTFIX_SENDER_REWRITTEN,
      "sender_canonical_classes" },
    { "canonical_maps", AT_CLEANUP, rewrites_by_canonical, FINDING_POSTFIX_SENDER_REWRITTEN, "canonical_classes" },
    { "masquerade_domains", AT_CLEANUP, rewrites_by_masquerade, FINDING_POSTFIX_SENDER_REWRITTEN,
      "masquerade_classes" },
};
#define RULES (sizeof(rules) / sizeof(rules[0]))

/* What else is looked at, by postfixdoors.c and postfixexits.c. */
static const char *const others[] = {
    "smtpd_milters", "non_smtpd_milters", "milter_default_action", "content_filter", "receive_override_options",
    "smtpd_proxy_filter", "relayhost", "default_transport", "transport_maps", "sender_dependent_relayhost_maps",
    "sender_dependent_default_transport_maps", "smtp_bind_address", "smtp_bind_address6", "inet_interfaces",
    "inet_protocols", "myhostname", "smtp_helo_name", "force_mime_input_conversion", "multi_instance_directories",
};
#define OTHERS (sizeof(others) / sizeof(others[0]))

/* "smtp_generic_maps", or "smtp_generic_maps of service news" where only that has this value. */
static void judge(struct postfixaudit *a, const struct rule *rule, const struct postconf_service *service)
{
    const char *value = postconf_get(a->postconf, service, rule->name);

    if (value == NULL || !rule->is_fault(a->postconf, service, value))
        return;
    bool is_own = service != NULL && postconf_has_own(service, rule->name);
    char *subject = is_own ? xasprintf("%s of service %s", rule->name, service->name) : xstrdup(rule->name);
    char *detail = value[0] == '\0' ? xasprintf("%s is empty", rule->name) : xasprintf("%s = %s", rule->name, value);
    findings_add(&a->audit->findings, rule->id, subject, rule->classes, detail);
    free(subject);
    free(detail);
}

static bool is_at(const struct postfixaudit *a, enum place place, const struct postconf_service *service)
{
    return place == AT_CLIENT ? postfixaudit_is_client(a->postconf, service) : strcmp(service->command, "cleanup") == 0;
}

static void judge_settings(struct postfixaudit *a)
{
    for (size_t i = 0; i < RULES; i++) {
        size_t n = 0;
        for (size_t s = 0; s < a->postconf->n_services; s++) {
            const struct postconf_service *service = &a->postconf->services[s];
            if (!is_at(a, rules[i].place, service))
                continue;
            judge(a, &rules[i], service);
            n++;
        }
        if (n == 0)
            judge(a, &rules[i], NULL);
    }
}

static void judge_instances(struct postfixaudit *a)
{
    const char *directories = postconf_text(a->postconf, NULL, "multi_instance_directories");

    if (directories[0] != '\0')
        findings_add(&a->audit->findings, FINDING_POSTFIX_OTHER_INSTANCES, "multi_instance_directories", "",
                     directories);
}

static void keep_setting(struct postfixaudit *a, const char *name)
{
    const char *value = postconf_get(a->postconf, NULL, name);

    if (value != NULL)
        a->audit->settings[a->audit->n_settings++] = (struct postconf_setting){ xstrdup(name), xstrdup(value) };
}

int postfixaudit_run(const struct postconf *postconf, const struct conf *conf, struct postfix_audit *audit_r,
                     struct err *err)
{
    *audit_r = (struct postfix_audit){
        .version = xstrdup(postconf_text(postconf, NULL, "mail_version")),
        .directory = xstrdup(postconf_text(postconf, NULL, "config_directory")),
        .settings = xcalloc(RULES + OTHERS, sizeof(*audit_r->settings)),
    };
    struct postfixaudit a = { postconf, conf, audit_r };

    for (size_t i = 0; i < OTHERS; i++)
        keep_setting(&a, others[i]);
    for (size_t i = 0; i < RULES; i++)
        keep_setting(&a, rules[i].name);
    postfixaudit_doors(&a);
    judge_settings(&a);
    postfixaudit_exits(&a);
    judge_instances(&a);
    int rc = postfixaudit_propose(&a, err);
    if (rc < 0)
        postfixaudit_clear(audit_r);
    return rc;
}

void postfixaudit_clear(struct postfix_audit *audit)
{
    for (size_t i = 0; i < audit->n_doors; i++) {
        free(audit->doors[i].name);
        free(audit->doors[i].default_action);
        free(audit->doors[i].filter);
        free(audit->doors[i].proxy);
        milterlist_clear(&audit->doors[i].milters);
    }
    for (size_t i = 0; i < audit->n_exits; i++) {
        free(audit->exits[i].name);
        free(audit->exits[i].helo);
        free(audit->exits[i].bind);
        free(audit->exits[i].bind6);
    }
    for (size_t i = 0; i < audit->n_settings; i++) {
        free(audit->settings[i].name);
        free(audit->settings[i].value);
    }
    free(audit->version);
    free(audit->directory);
    free(audit->relay);
    free(audit->doors);
    free(audit->exits);
    free(audit->settings);
    free(audit->proposal);
    findings_clear(&audit->findings);
    *audit = (struct postfix_audit){ .version = NULL };
}
