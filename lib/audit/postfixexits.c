/*
 * The ways out of Postfix: addresses, HELO names and relays against the egress sections of the configuration, and the
 * sections that they make; see postfix.h.
 */
#include "config.h"

#include "lib/audit/postfix.h"
#include "lib/base/domain.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/config/value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define EXITS_MAX 100

/* Addresses that no receiver sees: a router translates them, or they go nowhere. */
static bool is_private(const struct ip_addr *address)
{
    static const char *const nets[] = {
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.168.0.0/16", "::/127", "fc00::/7", "fe80::/10",
    };

    for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++) {
        struct ip_net net;
        if (ip_net_parse(nets[i], &net) == 0 && ip_is_in(address, &net.addr, net.prefix))
            return true;
    }
    return false;
}

static bool is_public(const char *text, struct ip_addr *address_r)
{
    return text[0] != '\0' && ip_parse(text, address_r) == 0 && !is_private(address_r);
}

/* --- the list of exits -------------------------------------------------------------------- */

/* Where inet_interfaces has one address of a family, mail leaves from it too. */
static char *only_interface(const struct postconf *postconf, const struct postconf_service *service, int family)
{
    struct postconf_words words = { postconf_text(postconf, service, "inet_interfaces") };
    char *only = NULL, *word;
    size_t n = 0;

    while ((word = postconf_next_word(&words)) != NULL) {
        struct ip_addr address;
        if (ip_parse(word, &address) < 0) {
            n = 2;
        } else if (address.family == family) {
            n++;
            free(only);
            only = xstrdup(word);
        }
        free(word);
    }
    struct ip_addr address, loopback = { .family = AF_INET, .bytes = { 127 } };
    if (n == 1 && ip_parse(only, &address) == 0 && !ip_is_in(&address, &loopback, 8))
        return only;
    free(only);
    return xstrdup("");
}

static char *bind_address(const struct postconf *postconf, const struct postconf_service *service, int family)
{
    const char *setting = family == AF_INET ? "smtp_bind_address" : "smtp_bind_address6";
    const char *value = postconf_text(postconf, service, setting);

    return value[0] != '\0' ? xstrdup(value) : only_interface(postconf, service, family);
}

static void clear_exit(struct postfix_exit *way)
{
    free(way->name);
    free(way->helo);
    free(way->bind);
    free(way->bind6);
}

static bool is_same(const struct postfix_exit *a, const struct postfix_exit *b)
{
    return strcmp(a->helo, b->helo) == 0 && strcmp(a->bind, b->bind) == 0 && strcmp(a->bind6, b->bind6) == 0 &&
           a->has_ipv4 == b->has_ipv4 && a->has_ipv6 == b->has_ipv6;
}

static void add_exit(struct postfixaudit *a, const struct postconf_service *service, const char *name)
{
    const char *protocols = postconf_text(a->postconf, service, "inet_protocols");
    bool has_all = postconf_has_word(protocols, "all");
    struct postfix_audit *audit = a->audit;
    struct postfix_exit way = {
        .name = xstrdup(name),
        .helo = xstrdup(postconf_text(a->postconf, service, "smtp_helo_name")),
        .bind = bind_address(a->postconf, service, AF_INET),
        .bind6 = bind_address(a->postconf, service, AF_INET6),
        .has_ipv4 = has_all || postconf_has_word(protocols, "ipv4"),
        .has_ipv6 = has_all || postconf_has_word(protocols, "ipv6"),
    };

    for (size_t i = 0; i < audit->n_exits; i++) {
        if (is_same(&audit->exits[i], &way)) {
            clear_exit(&way);
            return;
        }
    }
    if (audit->n_exits == EXITS_MAX) {
        clear_exit(&way);
        return;
    }
    audit->exits = xgrow(audit->exits, audit->n_exits, &audit->exits_capacity, sizeof(*audit->exits));
    audit->exits[audit->n_exits++] = way;
}

/* The usual one first: that of "smtp", or of main.cf where there is none. */
static void collect(struct postfixaudit *a)
{
    const struct postconf_service *usual = NULL;

    for (size_t i = 0; i < a->postconf->n_services; i++) {
        const struct postconf_service *service = &a->postconf->services[i];
        if (strcmp(service->name, "smtp") == 0 && strcmp(service->command, "smtp") == 0)
            usual = service;
    }
    add_exit(a, usual, "smtp");
    for (size_t i = 0; i < a->postconf->n_services; i++) {
        const struct postconf_service *service = &a->postconf->services[i];
        if (postfixaudit_is_client(a->postconf, service))
            add_exit(a, service, service->name);
    }
}

/* --- against the configuration ---------------------------------------------------------------- */

/* The host of "[relay.example.net]:587"; "" for a domain, whose MX are asked for, and for an address. */
static char *relay_host(const char *relay)
{
    const char *end = relay[0] == '[' ? strchr(relay, ']') : NULL;
    struct ip_addr address;
    char domain[DOMAIN_MAX];

    if (end == NULL)
        return xstrdup("");
    char *host = xstrndup(relay + 1, (size_t)(end - relay - 1));
    bool is_name = ip_parse(host, &address) < 0 && domain_normalize(host, domain) == 0 && strchr(domain, '.') != NULL;
    free(host);
    return xstrdup(is_name ? domain : "");
}

static bool has_address(const struct conf *conf, const struct ip_addr *address)
{
    for (size_t i = 0; i < conf->n_egress; i++) {
        for (size_t n = 0; n < conf->egress[i].n_addresses; n++) {
            if (ip_is_equal(&conf->egress[i].addresses[n], address))
                return true;
        }
    }
    return false;
}

static bool has_family(const struct conf *conf, int family)
{
    for (size_t i = 0; i < conf->n_egress; i++) {
        for (size_t n = 0; n < conf->egress[i].n_addresses; n++) {
            if (conf->egress[i].addresses[n].family == family)
                return true;
        }
    }
    return false;
}

/* Does every egress name its addresses?  Else some are those of a HELO name, which the DNS knows. */
static bool is_named(const struct conf *conf)
{
    for (size_t i = 0; i < conf->n_egress; i++) {
        if (conf->egress[i].n_addresses == 0)
            return false;
    }
    return true;
}

static bool has_helo(const struct conf *conf, const char *helo)
{
    char domain[DOMAIN_MAX];

    if (domain_normalize(helo, domain) < 0)
        return false;
    for (size_t i = 0; i < conf->n_egress; i++) {
        if (strcmp(conf->egress[i].helo, domain) == 0)
            return true;
    }
    return false;
}

static void judge_address(struct postfixaudit *a, const struct postfix_exit *way, const char *text, const char *setting)
{
    struct ip_addr address;

    if (!is_public(text, &address) || !is_named(a->conf) || has_address(a->conf, &address))
        return;
    char *detail = xasprintf("%s of service %s", setting, way->name);
    findings_add(&a->audit->findings, FINDING_POSTFIX_ADDRESS_DIFFERS, text, "", detail);
    free(detail);
}

static void judge_helo(struct postfixaudit *a, const struct postfix_exit *way)
{
    char domain[DOMAIN_MAX];
    char *detail = xasprintf("service %s", way->name);

    if (domain_normalize(way->helo, domain) < 0 || strchr(domain, '.') == NULL)
        findings_add(&a->audit->findings, FINDING_HELO_INVALID, way->helo, "", detail);
    else if (!has_helo(a->conf, way->helo))
        findings_add(&a->audit->findings, FINDING_POSTFIX_HELO_DIFFERS, way->helo, "", detail);
    free(detail);
}

static void judge_protocols(struct postfixaudit *a)
{
    const char *protocols = postconf_text(a->postconf, NULL, "inet_protocols");
    char *detail = xasprintf("inet_protocols = %s", protocols);
    bool has_ipv6 = false;

    for (size_t i = 0; i < a->audit->n_exits; i++)
        has_ipv6 = has_ipv6 || a->audit->exits[i].has_ipv6;
    if (has_ipv6 && is_named(a->conf) && !has_family(a->conf, AF_INET6))
        findings_add(&a->audit->findings, FINDING_POSTFIX_IPV6_UNLISTED, "inet_protocols", "", detail);
    if (!has_ipv6 && has_family(a->conf, AF_INET6))
        findings_add(&a->audit->findings, FINDING_POSTFIX_IPV6_UNUSED, "inet_protocols", "", detail);
    free(detail);
}

/* What follows the name of a service such as error(8) is no host. */
static bool is_sending(const struct postconf *postconf, const char *transport, size_t len)
{
    for (size_t i = 0; i < postconf->n_services; i++) {
        const struct postconf_service *service = &postconf->services[i];
        if (strcmp(service->type, "unix") == 0 && strlen(service->name) == len &&
            strncmp(service->name, transport, len) == 0)
            return strcmp(service->command, "smtp") == 0 || strcmp(service->command, "lmtp") == 0;
    }
    return true;
}

/* relayhost, or a default_transport that names a host. */
static void find_relay(struct postfixaudit *a, const char **setting_r)
{
    const char *relayhost = postconf_text(a->postconf, NULL, "relayhost");
    const char *transport = postconf_text(a->postconf, NULL, "default_transport");
    const char *colon = strchr(transport, ':');

    *setting_r = "relayhost";
    if (relayhost[0] == '\0' && colon != NULL && colon[1] != '\0' &&
        is_sending(a->postconf, transport, (size_t)(colon - transport))) {
        *setting_r = "default_transport";
        relayhost = colon + 1;
    }
    a->audit->relay = xstrdup(relayhost);
}

/* The relay is the egress: by its addresses, or by its name, of which the DNS knows addresses. */
static void judge_relay(struct postfixaudit *a, const char *setting)
{
    const struct conf_egress *standard = &a->conf->egress[a->conf->n_egress - 1];
    char *host = relay_host(a->audit->relay);

    if (standard->n_addresses == 0 && (host[0] == '\0' || strcmp(standard->helo, host) != 0))
        findings_add(&a->audit->findings, FINDING_POSTFIX_RELAYHOST, a->audit->relay, "", setting);
    free(host);
}

static void judge_senders(struct postfixaudit *a)
{
    static const char *const settings[] = {
        "sender_dependent_default_transport_maps", "sender_dependent_relayhost_maps",
    };

    for (size_t i = 0; i < a->conf->n_egress; i++) {
        if (a->conf->egress[i].senders.count > 0)
            return;
    }
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        const char *value = postconf_text(a->postconf, NULL, settings[i]);
        if (value[0] != '\0')
            findings_add(&a->audit->findings, FINDING_POSTFIX_SENDER_DEPENDENT, settings[i], "", value);
    }
}

static void judge_recipients(struct postfixaudit *a)
{
    const char *value = postconf_text(a->postconf, NULL, "transport_maps");

    for (size_t i = 0; i < a->conf->n_egress; i++) {
        if (a->conf->egress[i].recipients.count > 0)
            return;
    }
    if (value[0] != '\0')
        findings_add(&a->audit->findings, FINDING_POSTFIX_TRANSPORT_MAPS, "transport_maps", "", value);
}

void postfixaudit_exits(struct postfixaudit *a)
{
    const char *setting;

    collect(a);
    find_relay(a, &setting);
    judge_senders(a);
    judge_recipients(a);
    if (a->audit->relay[0] != '\0') {
        judge_relay(a, setting);
        return;
    }
    for (size_t i = 0; i < a->audit->n_exits; i++) {
        const struct postfix_exit *way = &a->audit->exits[i];
        judge_address(a, way, way->bind, "smtp_bind_address");
        judge_address(a, way, way->bind6, "smtp_bind_address6");
        judge_helo(a, way);
    }
    judge_protocols(a);
}

/* --- sections for preflight.conf ---------------------------------------------------------------- */

struct section {
    const char *mark;           /* begins its lines: "# " where the postmaster has to complete it */
    const char *name, *helo;
    const char *addresses[2];
    bool needs_senders;
};

static void add_addresses(struct str *out, const struct section *section)
{
    struct ip_addr address;
    struct str list = STR_EMPTY;

    for (int i = 0; i < 2; i++) {
        const char *text = section->addresses[i];
        if (is_public(text, &address))
            str_addf(&list, "%s\"%s\"", list.len > 0 ? ", " : "", text);
        else if (text[0] != '\0')
            str_addf(out, "%s    # not %s, which no receiver sees: the public address that it is translated to\n",
                     section->mark, text);
    }
    if (list.len > 0)
        str_addf(out, "%s    addresses = { %s }\n", section->mark, str_get(&list));
    else
        str_addf(out, "%s    # addresses: as long as none are named, the A and AAAA records of helo\n", section->mark);
    str_clear(&list);
}

static void add_section(struct str *out, const struct section *section)
{
    char domain[DOMAIN_MAX];

    str_addf(out, "%segress ", section->mark);
    value_print_quoted(section->name, out);
    str_add(out, " {\n");
    if (section->needs_senders)
        str_addf(out, "%s    senders = { \"@news.example.com\" }\n", section->mark);
    add_addresses(out, section);
    if (domain_normalize(section->helo, domain) < 0 || strchr(domain, '.') == NULL) {
        str_addf(out, "%s    # helo = the name that receivers are greeted with, with its domain\n", section->mark);
    } else {
        str_addf(out, "%s    helo = ", section->mark);
        value_print_quoted(domain, out);
        str_addc(out, '\n');
    }
    str_addf(out, "%s}\n", section->mark);
}

/* So that messages are judged as Postfix will send them. */
static void add_relay_facts(const struct postfixaudit *a, struct str *out)
{
    const struct postfix_audit *audit = a->audit;

    if (audit->directory[0] == '\0')
        return;
    str_add(out, "postfix {\n    config_directory = ");
    value_print_quoted(audit->directory, out);
    str_addc(out, '\n');
    if (audit->relay[0] != '\0' && !postconf_is_yes(a->postconf, NULL, "disable_mime_output_conversion"))
        str_add(out, "    # eightbitmime = yes, or no: does the relay announce 8BITMIME?\n");
    str_add(out, "}\n");
}

/* The sections; with is_checked also those that are left to complete are written to be read. */
static void add_sections(const struct postfixaudit *a, bool is_checked, struct str *out)
{
    const struct postfix_audit *audit = a->audit;
    char *host = relay_host(audit->relay);

    if (audit->relay[0] != '\0') {
        struct section section = { .mark = "", .name = "default", .helo = host, .addresses = { "", "" } };
        str_add(out, "# All mail leaves by the relay: ask its operator for its addresses and the name it sends "
                "with.\n");
        add_section(out, &section);
    }
    for (size_t i = 0; i < audit->n_exits && audit->relay[0] == '\0'; i++) {
        const struct postfix_exit *way = &audit->exits[i];
        struct section section = {
            .mark = i == 0 || is_checked ? "" : "# ",
            .name = i == 0 ? "default" : way->name,
            .helo = way->helo,
            .addresses = { way->has_ipv4 ? way->bind : "", way->has_ipv6 ? way->bind6 : "" },
            .needs_senders = i > 0,
        };
        if (i > 0)
            str_addf(out, "# Of service %s: say whose mail it is, by senders, recipients, users or daemons.\n",
                     way->name);
        add_section(out, &section);
    }
    add_relay_facts(a, out);
    free(host);
}

/* Reads the text as the configuration's file would be read. */
static int check_text(const struct str *text, struct err *err)
{
    int fd = memfd_create("proposal", MFD_CLOEXEC);

    if (fd < 0)
        return err_set(err, "cannot keep the proposal in memory: %s", strerror(errno));
    char *path = xasprintf("/proc/self/fd/%d", fd);
    int rc = write(fd, str_get(text), text->len) == (ssize_t)text->len && lseek(fd, 0, SEEK_SET) == 0
        ? 0 : err_set(err, "cannot keep the proposal in memory: %s", strerror(errno));
    struct conf *conf = rc < 0 ? NULL : conf_load(path, err);
    rc = conf == NULL ? -1 : 0;
    conf_unref(&conf);
    free(path);
    close(fd);
    return rc;
}

int postfixaudit_propose(struct postfixaudit *a, struct err *err)
{
    struct str shown = STR_EMPTY, checked = STR_EMPTY;

    add_sections(a, false, &shown);
    add_sections(a, true, &checked);
    int rc = check_text(&shown, err);
    if (rc == 0)
        rc = check_text(&checked, err);
    if (rc < 0)
        err_prefix(err, "what would be proposed for preflight.conf is no configuration");
    else
        a->audit->proposal = str_steal(&shown);
    str_clear(&shown);
    str_clear(&checked);
    return rc;
}
