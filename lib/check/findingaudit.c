/*
 * The catalogue's findings about what a domain publishes and its signer is set to; {subject} is the domain, a key's
 * name or a host.
 */
#include "config.h"

#include "lib/check/findingaudit.h"

const struct finding_row finding_audit_rows[FINDING_POSTFIX_FIRST - FINDING_AUDIT_FIRST] = {
    { FINDING_DMARC_REPORT_INVALID, "dmarc-report-invalid", CHECK_NONE, SEVERITY_WARNING,
      "the DMARC record of {domain} names something that no report can be sent to ({detail})",
      "write each address in rua and ruf at _dmarc.{domain} as mailto:reports@example.com, parted by commas",
      "RFC 9989 section 4.7" },
    { FINDING_DMARC_REPORT_UNAUTHORIZED, "dmarc-report-unauthorized", CHECK_NONE, SEVERITY_WARNING,
      "the reports that the DMARC record of {subject} asks for are not sent: nobody agreed to take them ({detail})",
      "have the TXT record \"v=DMARC1\" published at {domain}, or name an address in {subject}",
      "RFC 9990; RFC 7489 section 7.1" },
    { FINDING_MX_UNRESOLVABLE, "mx-unresolvable", CHECK_MESSAGE, SEVERITY_WARNING,
      "the host {subject} in the MX records of {domain} has no address ({detail})",
      "publish A or AAAA records for {subject}, or take it out of the MX records of {domain}",
      "RFC 5321 section 5.1" },
    { FINDING_MX_NULL, "mx-null", CHECK_MESSAGE, SEVERITY_WARNING,
      "{subject} says that it takes no mail (null MX), and receivers may refuse what is sent in its name ({detail})",
      "publish MX records for {subject} that name a host, or send in the name of a domain that takes mail",
      "RFC 7505 section 4.2" },
    { FINDING_MTA_STS_NONE, "mta-sts-none", CHECK_NONE, SEVERITY_INFO,
      "{subject} has no MTA-STS record: mail to it can be made to go without TLS ({detail})",
      "put a policy at https://mta-sts.{subject}/.well-known/mta-sts.txt, then publish v=STSv1; id=1 at "
      "_mta-sts.{subject}",
      "RFC 8461 section 3.1" },
    { FINDING_MTA_STS_INVALID, "mta-sts-invalid", CHECK_NONE, SEVERITY_WARNING,
      "the MTA-STS record of {subject} is not valid and counts for nothing: {detail}",
      "publish one TXT record at _mta-sts.{subject} of the form v=STSv1; id=20260101",
      "RFC 8461 section 3.1" },
    { FINDING_TLS_RPT_NONE, "tls-rpt-none", CHECK_NONE, SEVERITY_INFO,
      "{subject} asks for no reports on TLS: nobody tells when mail to it cannot be encrypted ({detail})",
      "publish a TXT record at _smtp._tls.{subject} of the form v=TLSRPTv1; rua=mailto:postmaster@{subject}",
      "RFC 8460 section 3" },
    { FINDING_TLS_RPT_INVALID, "tls-rpt-invalid", CHECK_NONE, SEVERITY_WARNING,
      "the TLS reporting record of {subject} is not valid and counts for nothing: {detail}",
      "publish one TXT record at _smtp._tls.{subject} of the form v=TLSRPTv1; rua=mailto:postmaster@{subject}",
      "RFC 8460 section 3" },
    { FINDING_MTA_STS_POLICY_MISSING, "mta-sts-policy-missing", CHECK_NONE, SEVERITY_WARNING,
      "{subject} announces an MTA-STS policy that is not there, and counts for nothing ({detail})",
      "put a policy at https://mta-sts.{subject}/.well-known/mta-sts.txt, or delete the TXT record at "
      "_mta-sts.{subject}",
      "RFC 8461 section 3.3" },
    { FINDING_MTA_STS_POLICY_INVALID, "mta-sts-policy-invalid", CHECK_NONE, SEVERITY_WARNING,
      "senders cannot use the MTA-STS policy of {subject}: {detail}",
      "serve version: STSv1, mode, max_age and the mx as text/plain at "
      "https://mta-sts.{subject}/.well-known/mta-sts.txt, with a certificate for that host",
      "RFC 8461 section 3.2" },
    { FINDING_MTA_STS_MX_MISMATCH, "mta-sts-mx-mismatch", CHECK_NONE, SEVERITY_ERROR,
      "the MTA-STS policy of {domain} does not allow its mail server {subject}: senders that heed it deliver nothing "
      "there",
      "add mx: {subject} to the policy of {domain} and publish another id at _mta-sts.{domain}, or take {subject} out "
      "of the MX records",
      "RFC 8461 section 4.1" },
    { FINDING_MTA_STS_MX_TESTING, "mta-sts-mx-testing", CHECK_NONE, SEVERITY_WARNING,
      "the MTA-STS policy of {domain}, which is in testing, does not allow its mail server {subject}",
      "add mx: {subject} to the policy of {domain} and publish another id at _mta-sts.{domain} before it is enforced",
      "RFC 8461 section 4.1" },
    { FINDING_DKIM_KEY_MISMATCH, "dkim-key-mismatch", CHECK_DKIM, SEVERITY_ERROR,
      "the DKIM key published at {subject} is not the one that signs, {domain} ({detail})",
      "publish the public half of the key that signs at {subject}, or sign with the key that is published there",
      "RFC 6376 section 3.6" },
    { FINDING_DKIM_KEY_UNREADABLE, "dkim-key-unreadable", CHECK_DKIM, SEVERITY_WARNING,
      "whether the DKIM key at {subject} is the one that signs is not known: {detail}",
      "run this command as root or as the signer's user, and see that KeyTable or KeyFile names the right file",
      "opendkim.conf(5), KeyTable" },
    { FINDING_DKIM_KEY_EXPOSED, "dkim-key-exposed", CHECK_DKIM, SEVERITY_WARNING,
      "OpenDKIM refuses the private key of {subject}: {detail}",
      "give the file to the user that OpenDKIM runs as, mode 0600, below directories that only root or that user "
      "writes to",
      "opendkim.conf(5), RequireSafeKeys" },
    { FINDING_DKIM_DOMAIN_UNSIGNED, "dkim-domain-unsigned", CHECK_DKIM, SEVERITY_WARNING,
      "OpenDKIM leaves mail of {subject} unsigned, or defers it: {detail}",
      "see that a SigningTable of the kind refile: has *@{subject} with a key that KeyTable has, then reload OpenDKIM",
      "opendkim.conf(5), SigningTable" },
    { FINDING_DKIM_SIGNER_UNKNOWN, "dkim-signer-unknown", CHECK_DKIM, SEVERITY_WARNING,
      "what OpenDKIM signs for {subject} is not known: {detail}",
      "let this command read OpenDKIM's configuration and tables, or take opendkim_conf out of preflight.conf and name "
      "selectors there",
      "preflight.conf(5), opendkim_conf" },
    { FINDING_DKIM_DOMAIN_UNALIGNED, "dkim-domain-unaligned", CHECK_NONE, SEVERITY_INFO,
      "OpenDKIM signs mail of {subject} as {domain} only, which DMARC does not count ({detail})",
      "give SigningTable a key for {subject} of which the domain in KeyTable is {subject} or % (the sender's)",
      "RFC 9989 section 4.4.1" },
};
