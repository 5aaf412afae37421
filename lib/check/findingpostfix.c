/*
 * The catalogue's findings about Postfix's settings; {subject} is the setting, the service that mail comes in by, or an
 * address; {domain} what the remedy names: our socket, a directory, another setting.
 */
#include "config.h"

#include "lib/check/findingpostfix.h"

const struct finding_row finding_postfix_rows[FINDING_COUNT - FINDING_POSTFIX_FIRST] = {
    { FINDING_POSTFIX_MILTER_MISSING, "postfix-milter-missing", CHECK_NONE, SEVERITY_ERROR,
      "Postfix asks preflight-milter about no mail at all ({detail})",
      "name its socket {domain} last in smtpd_milters and non_smtpd_milters, and where services of master.cf have "
      "lists of their own",
      "postconf(5), smtpd_milters" },
    { FINDING_POSTFIX_MILTER_UNKNOWN, "postfix-milter-unknown", CHECK_NONE, SEVERITY_WARNING,
      "it is not known whether mail that comes in by {subject} is judged ({detail})",
      "give preflight postfix with -c the configuration of preflight-milter, and let Postfix and its option socket "
      "name the socket alike",
      "postconf(5), smtpd_milters" },
    { FINDING_POSTFIX_MILTER_UNREACHABLE, "postfix-milter-unreachable", CHECK_NONE, SEVERITY_ERROR,
      "Postfix cannot reach the socket of preflight-milter for mail that comes in by {subject} ({detail})",
      "the path is read in the chroot or not, by the fifth column of master.cf: put the socket below {domain} and "
      "name it by a relative path",
      "master(5), chroot" },
    { FINDING_POSTFIX_SUBMISSION_UNJUDGED, "postfix-submission-unjudged", CHECK_NONE, SEVERITY_ERROR,
      "mail that authenticated clients send by {subject} is not judged ({detail})",
      "add the socket {domain} as the last one to the smtpd_milters of {subject} in master.cf, or take its own -o "
      "smtpd_milters away",
      "postconf(5), smtpd_milters" },
    { FINDING_POSTFIX_MAIL_UNJUDGED, "postfix-mail-unjudged", CHECK_NONE, SEVERITY_WARNING,
      "mail that comes in by {subject} is not judged ({detail})",
      "add the socket {domain} as the last one to smtpd_milters, for local submission to non_smtpd_milters, if such "
      "mail leaves this host",
      "postconf(5), non_smtpd_milters" },
    { FINDING_POSTFIX_BEFORE_SIGNER, "postfix-before-signer", CHECK_NONE, SEVERITY_ERROR,
      "preflight-milter is asked before the signer for mail that comes in by {subject}, and never sees its "
      "signature ({detail})",
      "name the socket of preflight-milter last in the list",
      "MILTER_README" },
    { FINDING_POSTFIX_NOT_LAST, "postfix-not-last", CHECK_NONE, SEVERITY_WARNING,
      "preflight-milter is not the last milter for mail that comes in by {subject}: what later ones change is not "
      "seen ({detail})",
      "name the socket of preflight-milter last in the list",
      "MILTER_README" },
    { FINDING_POSTFIX_NO_SIGNER, "postfix-no-signer", CHECK_NONE, SEVERITY_WARNING,
      "no milter comes before preflight-milter that could sign mail that comes in by {subject} ({detail})",
      "name the signer's socket before that of preflight-milter, unless clients or a filter sign before",
      "MILTER_README" },
    { FINDING_POSTFIX_CONTENT_FILTER, "postfix-content-filter", CHECK_NONE, SEVERITY_WARNING,
      "mail that comes in by {subject} goes through a content filter after the milters; what it changes is not seen "
      "({detail})",
      "attach signer and preflight-milter to the smtpd that takes mail back from the filter, and set "
      "receive_override_options = no_milters before it",
      "FILTER_README" },
    { FINDING_POSTFIX_PROXY_FILTER, "postfix-proxy-filter", CHECK_NONE, SEVERITY_ERROR,
      "milters are not shown the messages that come in by {subject}, which go to a proxy first: they are neither "
      "signed nor judged there ({detail})",
      "attach signer and preflight-milter to the smtpd that takes mail back from the proxy",
      "MILTER_README" },
    { FINDING_POSTFIX_ACTION_ACCEPT, "postfix-action-accept", CHECK_NONE, SEVERITY_WARNING,
      "while the milter {subject} does not answer, mail leaves without it, unsigned if it is the signer ({detail})",
      "set milter_default_action = tempfail, or default_action=tempfail of this milter: the mail waits at the "
      "client",
      "postconf(5), milter_default_action" },
    { FINDING_POSTFIX_ACTION_REJECT, "postfix-action-reject", CHECK_NONE, SEVERITY_WARNING,
      "while the milter {subject} does not answer, mail is refused for good ({detail})",
      "set milter_default_action = tempfail, or default_action=tempfail of this milter: the mail waits at the "
      "client",
      "postconf(5), milter_default_action" },
    { FINDING_POSTFIX_BOUNCES_UNSIGNED, "postfix-bounces-unsigned", CHECK_NONE, SEVERITY_WARNING,
      "bounces that Postfix itself writes go through no milter: they leave unsigned and unjudged ({detail})",
      "set internal_mail_filter_classes = bounce, once none of header_checks, body_checks and the milters refuses "
      "bounces",
      "postconf(5), internal_mail_filter_classes" },
    { FINDING_POSTFIX_SENDER_REWRITTEN, "postfix-sender-rewritten", CHECK_NONE, SEVERITY_WARNING,
      "{subject} rewrites the envelope sender after the milters were told the old one: SPF is judged for another "
      "domain ({detail})",
      "let clients send with the address that is to leave, or take envelope_sender out of {domain}",
      "postconf(5), sender_canonical_maps" },
    { FINDING_POSTFIX_GENERIC_MAPS, "postfix-generic-maps", CHECK_NONE, SEVERITY_WARNING,
      "{subject} rewrites sender and header after signing and judging: signatures break, and domains differ "
      "({detail})",
      "let the sending software write the addresses that are to leave, or rewrite the header before signing by "
      "canonical_maps, and empty {subject}",
      "postconf(5), smtp_generic_maps" },
    { FINDING_POSTFIX_HEADER_CHECKS, "postfix-header-checks", CHECK_NONE, SEVERITY_WARNING,
      "{subject} changes the message after signing and judging: signatures that cover the change break ({detail})",
      "change the message before the milters, by header_checks of cleanup, or touch only what is not signed, and "
      "empty {subject}",
      "postconf(5), smtp_header_checks" },
    { FINDING_POSTFIX_8BIT_CONVERTED, "postfix-8bit-converted", CHECK_NONE, SEVERITY_INFO,
      "{subject} lets Postfix convert 8-bit text for servers without 8BITMIME, which breaks signatures ({detail})",
      "set force_mime_input_conversion = yes (Postfix 3.9 and later), or let the sending software encode text as "
      "quoted-printable",
      "postconf(5), force_mime_input_conversion" },
    { FINDING_POSTFIX_LINES_CUT, "postfix-lines-cut", CHECK_NONE, SEVERITY_WARNING,
      "{subject} cuts lines that SMTP allows, after signing: signatures break ({detail})",
      "set smtp_line_length_limit = 998, its standard",
      "postconf(5), smtp_line_length_limit" },
    { FINDING_POSTFIX_HEADERS_MISSING, "postfix-headers-missing", CHECK_NONE, SEVERITY_INFO,
      "Postfix adds no From, Date or Message-ID to mail of remote clients that lacks them ({detail})",
      "set always_add_missing_headers = yes, which adds them before the signer, or see that the sending software "
      "writes them",
      "postconf(5), always_add_missing_headers" },
    { FINDING_POSTFIX_RELAYHOST, "postfix-relayhost", CHECK_NONE, SEVERITY_WARNING,
      "mail leaves by way of {subject}: receivers see its addresses and its name, not this host's ({detail})",
      "name the public addresses and the HELO name of the relay in preflight.conf: egress default { addresses = { "
      "... } helo = ... }",
      "postconf(5), relayhost" },
    { FINDING_POSTFIX_SENDER_DEPENDENT, "postfix-sender-dependent", CHECK_NONE, SEVERITY_WARNING,
      "{subject} sends the mail of some senders another way, and no egress of preflight.conf is for senders "
      "({detail})",
      "add an egress section with senders = { ... } to preflight.conf for each such way",
      "postconf(5), sender_dependent_default_transport_maps" },
    { FINDING_POSTFIX_TRANSPORT_MAPS, "postfix-transport-maps", CHECK_NONE, SEVERITY_INFO,
      "{subject} may send the mail for some recipients another way, and no egress of preflight.conf is for recipients "
      "({detail})",
      "where such a way leaves from other addresses, add an egress section with recipients = { ... } to "
      "preflight.conf",
      "postconf(5), transport_maps" },
    { FINDING_POSTFIX_ADDRESS_DIFFERS, "postfix-address-differs", CHECK_NONE, SEVERITY_ERROR,
      "Postfix sends from {subject}, which no egress of preflight.conf has ({detail})",
      "add {subject} to the addresses of an egress in preflight.conf, or correct the setting",
      "postconf(5), smtp_bind_address" },
    { FINDING_POSTFIX_HELO_DIFFERS, "postfix-helo-differs", CHECK_NONE, SEVERITY_WARNING,
      "Postfix greets receivers as {subject}, and no egress of preflight.conf has this HELO name ({detail})",
      "set helo = \"{subject}\" in the egress, or correct smtp_helo_name",
      "postconf(5), smtp_helo_name" },
    { FINDING_POSTFIX_TLS_OFF, "postfix-tls-off", CHECK_NONE, SEVERITY_WARNING,
      "Postfix sends without TLS, which large receivers ask for: {subject} is not set ({detail})",
      "set smtp_tls_security_level = may, or dane with a resolver that validates",
      "postconf(5), smtp_tls_security_level" },
    { FINDING_POSTFIX_IPV6_UNLISTED, "postfix-ipv6-unlisted", CHECK_NONE, SEVERITY_WARNING,
      "Postfix may send over IPv6, and no egress of preflight.conf has an IPv6 address ({detail})",
      "add the IPv6 addresses of this host to the egress, with SPF and PTR records for them, or set inet_protocols "
      "= ipv4",
      "postconf(5), inet_protocols" },
    { FINDING_POSTFIX_IPV6_UNUSED, "postfix-ipv6-unused", CHECK_NONE, SEVERITY_INFO,
      "an egress of preflight.conf has IPv6 addresses, and Postfix does not use IPv6 ({detail})",
      "take the IPv6 addresses out of the egress, or set inet_protocols = all",
      "postconf(5), inet_protocols" },
    { FINDING_POSTFIX_OTHER_INSTANCES, "postfix-other-instances", CHECK_NONE, SEVERITY_INFO,
      "there are more instances of Postfix, which were not looked at ({detail})",
      "run preflight postfix --config-dir for each of these directories",
      "MULTI_INSTANCE_README" },
};
