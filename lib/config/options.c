/*
 * The table of options, and the names of verdicts and actions; see options.h and conf.h.
 * A default is what a file would say; the dump, the sample and preflight.conf(5) are held to this table by test_conf.
 */
#include "config.h"

#include "lib/config/conf.h"
#include "lib/config/options.h"

#include <string.h>

#define MS_SECOND 1000L
#define MS_MINUTE (60 * MS_SECOND)
#define MS_HOUR (60 * MS_MINUTE)
#define MS_DAY (24 * MS_HOUR)
#define KIB 1024L
#define MIB (1024 * KIB)

static const char *const verdict_names[] = { "accept", "unsure", "junk", "defer", "reject", NULL };
static const char *const action_names[] = { "accept", "log", "tempfail", "hold", "reject", NULL };
static const char *const mode_names[] = { "observe", "enforce", NULL };
static const char *const recipients_names[] = { "any", "all", NULL };
static const char *const known_names[] = { "auto", "yes", "no", NULL };
static const char *const bulk_names[] = { "auto", "yes", "no", NULL };
static const char *const facility_names[] = {
    "auth", "authpriv", "cron", "daemon", "ftp", "kern", "lpr", "mail", "news", "syslog", "user", "uucp",
    "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7", NULL
};

#define AT(member) .offset = offsetof(struct conf, member)
#define EGRESS(member) .section = "egress", .offset = offsetof(struct conf_egress, member)
#define POLICY(verdict) .section = "policy", .type = OPTION_CHOICE, .choices = action_names, \
    .offset = offsetof(struct conf_policy, action) + (verdict) * sizeof(int)

#define TABLES(setting, member, text) { "postfix", setting, OPTION_TABLES, AT(postfix.member), .standard = "{}", \
    .help = text }

const struct option options[] = {
    { "", "socket", OPTION_SOCKET, AT(socket), .standard = "\"local:/run/preflight/preflight.sock\"",
      .help = "where the MTA reaches the milter" },
    { "", "socket_mode", OPTION_MODE, AT(socket_mode), .standard = "0660", .min = 0, .max = 0777,
      .help = "permission bits of a local: socket" },
    { "", "socket_group", OPTION_STRING, AT(socket_group), .standard = "\"\"",
      .help = "group of a local: socket; empty: the group of user" },
    { "", "user", OPTION_STRING, AT(user), .standard = "\"preflight\"",
      .help = "user taken on when started as root; empty: stay who we are" },
    { "", "pid_file", OPTION_PATH, AT(pid_file), .standard = "\"\"",
      .help = "file for the process id; empty: none" },
    { "", "syslog_facility", OPTION_STRING, AT(syslog_facility), .standard = "\"mail\"", .choices = facility_names,
      .help = "syslog facility" },
    { "", "mode", OPTION_CHOICE, AT(mode), .standard = "observe", .choices = mode_names,
      .help = "observe: only log; enforce: act on the policy" },
    { "", "explain_interval", OPTION_DURATION, AT(explain_interval_ms), .standard = "1h", .min = 0, .max = 7 * MS_DAY,
      .help = "a finding and its subject are explained once in so long" },
    { "", "audit_interval", OPTION_DURATION, AT(audit_interval_ms), .standard = "1h", .min = 0, .max = 7 * MS_DAY,
      .help = "egresses and sending domains are audited once in so long; 0: never" },
    { "", "state_directory", OPTION_PATH, AT(state_directory), .standard = "\"/var/lib/preflight\"",
      .help = "directory of what is kept beyond a restart; empty: nothing is" },
    { "", "shutdown_timeout", OPTION_DURATION, AT(shutdown_timeout_ms), .standard = "30s",
      .min = MS_SECOND, .max = 10 * MS_MINUTE, .help = "how long a stop waits for messages in hand" },
    { "", "receivers", OPTION_PATH, AT(receivers), .standard = "\"\"",
      .help = "file of receivers and their rules; empty: those built in" },
    { "", "replies", OPTION_PATH, AT(replies), .standard = "\"\"",
      .help = "file of what replies mean; empty: what is built in" },
    { "", "blocklists", OPTION_PATH, AT(blocklists), .standard = "\"\"",
      .help = "file of DNS blocklists that are asked; empty: none is" },
    { "", "opendkim_conf", OPTION_PATH, AT(opendkim_conf), .standard = "\"\"",
      .help = "OpenDKIM's configuration, for preflight domain; empty: none is read" },
    { "", "bulk_threshold", OPTION_INT, AT(bulk_threshold), .standard = "5000", .min = 0, .max = 10000000,
      .help = "messages in a day to one receiver that make a sender a bulk sender; 0: none do" },

    { EGRESS(addresses), .name = "addresses", .type = OPTION_ADDRESSES, .standard = "{}",
      .count_offset = offsetof(struct conf_egress, n_addresses),
      .help = "public addresses mail leaves from; none: the A and AAAA records of helo" },
    { EGRESS(helo), .name = "helo", .type = OPTION_DOMAIN,
      .help = "HELO name used there; default: this host's name" },
    { EGRESS(bulk), .name = "bulk", .type = OPTION_BOOL, .standard = "no",
      .help = "carries bulk mail, which receivers ask more of" },
    { EGRESS(senders), .name = "senders", .type = OPTION_PATTERNS, .standard = "{}",
      .help = "chosen for these envelope senders" },
    { EGRESS(recipients), .name = "recipients", .type = OPTION_PATTERNS, .standard = "{}",
      .help = "chosen for these recipients" },
    { EGRESS(users), .name = "users", .type = OPTION_STRINGS, .standard = "{}",
      .help = "chosen for these authenticated users" },
    { EGRESS(daemons), .name = "daemons", .type = OPTION_STRINGS, .standard = "{}",
      .help = "chosen for what these listeners of the MTA ({daemon_name}) took in" },

    { "outgoing", "authenticated", OPTION_BOOL, AT(outgoing.authenticated), .standard = "yes",
      .help = "mail of authenticated users is outgoing" },
    { "outgoing", "local", OPTION_BOOL, AT(outgoing.local), .standard = "yes",
      .help = "mail submitted by sendmail(1) is outgoing" },
    { "outgoing", "networks", OPTION_NETWORKS, AT(outgoing.networks), offsetof(struct conf, outgoing.n_networks),
      .standard = "{ \"127.0.0.0/8\", \"::1\" }", .help = "mail from these clients is outgoing" },
    { "outgoing", "daemons", OPTION_STRINGS, AT(outgoing.daemons), .standard = "{ \"ORIGINATING\" }",
      .help = "mail taken in by these listeners ({daemon_name}) is outgoing" },
    { "outgoing", "local_domains", OPTION_DOMAINS, AT(outgoing.local_domains), .standard = "{}",
      .help = "recipients in these domains stay here and are not judged" },

    { POLICY(VERDICT_REJECT), .name = "reject", .standard = "tempfail",
      .help = "action where a receiver would reject" },
    { POLICY(VERDICT_DEFER), .name = "defer", .standard = "log",
      .help = "action where a receiver would defer" },
    { POLICY(VERDICT_JUNK), .name = "junk", .standard = "log",
      .help = "action where a receiver would file as junk" },
    { POLICY(VERDICT_UNSURE), .name = "unsure", .standard = "accept",
      .help = "action where DNS failed and the answer is unknown" },
    { "policy", "recipients", OPTION_CHOICE, .offset = offsetof(struct conf_policy, recipients), .standard = "any",
      .choices = recipients_names, .help = "act where any, or only where all recipients' receivers do so" },

    { "domain", "bulk", OPTION_CHOICE, .offset = offsetof(struct conf_domain, bulk), .standard = "auto",
      .choices = bulk_names, .help = "mail of this author domain is bulk mail; auto: what shows decides" },
    { "domain", "selectors", OPTION_SELECTORS, .offset = offsetof(struct conf_domain, selectors), .standard = "{}",
      .help = "selectors that its mail is signed with, for preflight domain" },

    { "dns", "servers", OPTION_SERVERS, AT(dns.servers), .standard = "{}",
      .help = "DNS servers, ADDR or ADDR@PORT; none: those of /etc/resolv.conf" },
    { "dns", "zone", OPTION_PATH, AT(dns.zone), .standard = "\"\"",
      .help = "zone file that stands in for the network" },
    { "dns", "trust_anchor", OPTION_PATH, AT(dns.trust_anchor), .standard = "\"\"",
      .help = "file of DNSSEC trust anchors; empty: do not validate" },
    { "dns", "timeout", OPTION_DURATION, AT(dns.timeout_ms), .standard = "3s", .min = 100, .max = MS_MINUTE,
      .help = "longest wait for one lookup" },
    { "dns", "budget", OPTION_DURATION, AT(dns.budget_ms), .standard = "8s", .min = 100, .max = 2 * MS_MINUTE,
      .help = "longest wait for all lookups of a message, at its end" },
    { "dns", "cache_entries", OPTION_INT, AT(dns.cache_entries), .standard = "10000", .min = 16, .max = 1000000,
      .help = "most answers kept" },
    { "dns", "max_ttl", OPTION_SECONDS, AT(dns.max_ttl), .standard = "1d", .min = 1, .max = 7 * MS_DAY / MS_SECOND,
      .help = "longest an answer is kept" },

    { "postfix", "config_directory", OPTION_PATH, AT(postfix.config_directory), .standard = "\"\"",
      .help = "directory of the Postfix whose settings are learned through postconf(1); empty: none are" },
    TABLES("smtp_generic_maps", generic_maps, "tables that rewrite addresses of mail that leaves"),
    TABLES("smtp_header_checks", header_checks, "tables that change header fields of mail that leaves"),
    TABLES("smtp_mime_header_checks", mime_header_checks, "likewise, MIME fields"),
    TABLES("smtp_nested_header_checks", nested_header_checks, "likewise, fields of attached messages"),
    TABLES("smtp_body_checks", body_checks, "tables that change lines of the body"),
    TABLES("sender_canonical_maps", sender_canonical_maps, "tables that rewrite the sender of mail that comes in"),
    TABLES("canonical_maps", canonical_maps, "likewise, any address"),
    { "postfix", "smtp_line_length_limit", OPTION_LIMIT, AT(postfix.line_length_limit), .standard = "auto",
      .min = 0, .max = 1000000000,
      .help = "bytes of a line beyond which it is cut; 0: no line is; auto: as learned, else not known" },
    { "postfix", "disable_mime_output_conversion", OPTION_CHOICE, AT(postfix.disable_mime_output_conversion),
      .standard = "auto", .choices = known_names, .help = "8-bit text is not converted for servers without 8BITMIME" },
    { "postfix", "eightbitmime", OPTION_CHOICE, AT(postfix.eightbitmime), .standard = "auto", .choices = known_names,
      .help = "the server that mail is handed to announces 8BITMIME" },

    { "limits", "headers", OPTION_INT, AT(limits.headers), .standard = "2000", .min = 100, .max = 100000,
      .help = "header fields examined per message" },
    { "limits", "header_bytes", OPTION_SIZE, AT(limits.header_bytes), .standard = "1m",
      .min = 16 * KIB, .max = 64 * MIB, .help = "bytes of all header fields together" },
    { "limits", "signatures", OPTION_INT, AT(limits.signatures), .standard = "10", .min = 1, .max = 100,
      .help = "DKIM signatures verified per message" },
    { "limits", "recipients", OPTION_INT, AT(limits.recipients), .standard = "100", .min = 1, .max = 10000,
      .help = "domains of recipients judged per message" },
    { "limits", "lookups", OPTION_INT, AT(limits.lookups), .standard = "200", .min = 10, .max = 10000,
      .help = "DNS questions per message" },
    { .name = NULL }
};

const struct option *option_find(const char *section, const char *name)
{
    for (const struct option *option = options; option->name != NULL; option++) {
        if (strcmp(option->section, section) == 0 && strcmp(option->name, name) == 0)
            return option;
    }
    return NULL;
}

const char *verdict_name(enum verdict verdict)
{
    return verdict_names[verdict];
}

const char *action_name(enum action action)
{
    return action_names[action];
}
