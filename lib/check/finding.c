/*
 * The catalogue of findings, one row each, and the list of one message's findings; see finding.h.
 * {subject} is for SPF results the sending address, for SPF records their domain, for DKIM the key's name
 * (selector._domainkey.domain) or the author domain, for DMARC the author domain, for the message a field's
 * name.  {domain} is the domain that was checked: for DKIM the author domain, for DMARC the record's.
 */
#include "config.h"

#include "lib/check/finding.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/check/findingaudit.h"
#include "lib/check/findingpostfix.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SUBJECT_MAX 255
#define DETAIL_MAX 200

static const struct finding_row rows[FINDING_AUDIT_FIRST] = {
    { FINDING_SPF_NONE, "spf-none", CHECK_SPF, SEVERITY_WARNING,
      "no SPF record for {domain}, mail comes from {subject} ({detail})",
      "publish a TXT record at {domain} that authorises {subject}, ending in ~all or -all",
      "RFC 7208 section 8.1" },
    { FINDING_SPF_FAIL, "spf-fail", CHECK_SPF, SEVERITY_ERROR,
      "SPF fail for {domain} from {subject} ({detail})",
      "authorise {subject} in the SPF record of {domain} (ip4: or ip6:), or send from an address that the record lists",
      "RFC 7208 section 8.4" },
    { FINDING_SPF_SOFTFAIL, "spf-softfail", CHECK_SPF, SEVERITY_WARNING,
      "SPF softfail for {domain} from {subject} ({detail})",
      "authorise {subject} in the SPF record of {domain} (ip4: or ip6:), or send from an address that the record lists",
      "RFC 7208 section 8.5" },
    { FINDING_SPF_NEUTRAL, "spf-neutral", CHECK_SPF, SEVERITY_WARNING,
      "SPF neutral for {domain} from {subject}: the record neither allows nor forbids the address ({detail})",
      "authorise {subject} in the SPF record of {domain} (ip4: or ip6:) and end the record in ~all or -all",
      "RFC 7208 section 8.2" },
    { FINDING_SPF_PERMERROR, "spf-permerror", CHECK_SPF, SEVERITY_ERROR,
      "SPF permerror for {domain} from {subject}: {detail}",
      "correct the SPF record of {domain}, or the record that it includes: until then it authorises nobody",
      "RFC 7208 section 8.7" },
    { FINDING_SPF_TEMPERROR, "spf-temperror", CHECK_SPF, SEVERITY_WARNING,
      "SPF temperror for {domain} from {subject}: {detail}",
      "see that the name servers of {domain}, and of the domains its SPF record includes, answer",
      "RFC 7208 section 8.6" },
    { FINDING_SPF_MULTIPLE_RECORDS, "spf-multiple-records", CHECK_SPF, SEVERITY_ERROR,
      "{subject} publishes more than one SPF record ({detail})",
      "merge them into a single TXT record that begins with v=spf1, and delete the others",
      "RFC 7208 section 4.5" },
    { FINDING_SPF_TOO_MANY_LOOKUPS, "spf-too-many-lookups", CHECK_SPF, SEVERITY_ERROR,
      "the SPF record of {subject} needs more than 10 DNS lookups ({detail})",
      "remove include:, a, mx, exists: and redirect= terms from the SPF record of {subject}, or write their addresses "
      "as ip4: and ip6:",
      "RFC 7208 section 4.6.4" },
    { FINDING_SPF_NEAR_LOOKUP_LIMIT, "spf-near-lookup-limit", CHECK_SPF, SEVERITY_INFO,
      "the SPF record of {subject} is close to the limit of 10 DNS lookups ({detail})",
      "remove terms that are no longer needed before one of the included records grows",
      "RFC 7208 section 4.6.4" },
    { FINDING_SPF_VOID_LOOKUPS, "spf-void-lookups", CHECK_SPF, SEVERITY_WARNING,
      "the SPF record of {subject} names domains that do not exist or have no such records ({detail})",
      "remove the terms whose names have no records: receivers stop at more than 2 of them with permerror",
      "RFC 7208 section 4.6.4" },
    { FINDING_SPF_PASS_ALL, "spf-pass-all", CHECK_SPF, SEVERITY_WARNING,
      "the SPF record of {subject} authorises every address of the internet ({detail})",
      "replace +all, or a network of that size, by your own addresses, and end the record in ~all or -all",
      "RFC 7208 section 5.1" },
    { FINDING_SPF_PTR_USED, "spf-ptr-used", CHECK_SPF, SEVERITY_WARNING,
      "the SPF record of {subject} uses the ptr mechanism ({detail})",
      "replace ptr by ip4: and ip6: terms: it is slow and unreliable, and some receivers ignore it",
      "RFC 7208 section 5.5" },
    { FINDING_SPF_NOT_ALIGNED, "spf-not-aligned", CHECK_SPF, SEVERITY_INFO,
      "SPF passes for {domain}, which is not aligned with the author domain ({detail})",
      "send with a MAIL FROM address in the author domain or below it, or rely on an aligned DKIM signature",
      "RFC 9989 section 4.4.2" },
    { FINDING_SPF_HELO_FAIL, "spf-helo-fail", CHECK_SPF, SEVERITY_WARNING,
      "SPF fail for the HELO name {domain} from {subject} ({detail})",
      "authorise {subject} in the SPF record of {domain}, such as \"v=spf1 a -all\" where the name has this address",
      "RFC 7208 section 2.3" },
    { FINDING_SPF_IMPLEMENTATIONS_DIFFER, "spf-implementations-differ", CHECK_SPF, SEVERITY_WARNING,
      "libspf2, which many receivers run, has another SPF result for {domain} from {subject}: {detail}",
      "keep the SPF record of {domain} to what all implementations read alike: few and short terms, no /0, redirect= "
      "last",
      "RFC 7208 section 4.6" },
    { FINDING_SPF_RECORD_INVALID, "spf-record-invalid", CHECK_SPF, SEVERITY_ERROR,
      "the SPF record of {subject}, which that of {domain} leads to, cannot be read: {detail}",
      "correct the record of {subject} or tell its owner: where a receiver comes to it, the result is permerror",
      "RFC 7208 section 4.6" },
    { FINDING_SPF_INCLUDE_MISSING, "spf-include-missing", CHECK_SPF, SEVERITY_ERROR,
      "the SPF record of {subject} leads to a domain without an SPF record ({detail})",
      "remove the term from the record of {subject}, or correct its domain: where a receiver comes to it, the result "
      "is permerror",
      "RFC 7208 section 5.2" },
    { FINDING_SPF_NEUTRAL_ALL, "spf-neutral-all", CHECK_SPF, SEVERITY_INFO,
      "the SPF record of {subject} says nothing of the addresses that it does not list ({detail})",
      "end the record in ~all or -all once all your own addresses are listed",
      "RFC 7208 section 8.2" },
    { FINDING_SPF_UNREACHABLE_TERMS, "spf-unreachable-terms", CHECK_SPF, SEVERITY_WARNING,
      "the SPF record of {subject} has terms that no receiver comes to ({detail})",
      "move all to the end of the record, and use either all or redirect=",
      "RFC 7208 section 5.1" },
    { FINDING_SPF_DUPLICATE_TERM, "spf-duplicate-term", CHECK_SPF, SEVERITY_INFO,
      "the SPF record of {subject} has the same term twice ({detail})",
      "remove the second one: it matches nothing more and may cost a DNS lookup",
      "RFC 7208 section 4.6.4" },
    { FINDING_SPF_WIDE_NETWORK, "spf-wide-network", CHECK_SPF, SEVERITY_WARNING,
      "the SPF record of {subject} authorises a network of millions of addresses ({detail})",
      "replace the network by the addresses that do send your mail",
      "RFC 7208 section 5.6" },
    { FINDING_SPF_RECORD_LONG, "spf-record-long", CHECK_SPF, SEVERITY_INFO,
      "the SPF record of {subject} is longer than is safe: it should fit in a DNS answer of 512 bytes ({detail})",
      "shorten the record, and remove other TXT records from {subject} that are no longer needed",
      "RFC 7208 section 3.4" },
    { FINDING_SPF_ANSWER_LARGE, "spf-answer-large", CHECK_SPF, SEVERITY_WARNING,
      "the TXT records of {subject} do not fit in a DNS answer over UDP ({detail})",
      "shorten the SPF record or move other TXT records away from {subject}: where TCP is blocked, the result is "
      "temperror",
      "RFC 7208 section 3.4" },
    { FINDING_SPF_UNCACHEABLE_MACRO, "spf-uncacheable-macro", CHECK_SPF, SEVERITY_INFO,
      "the SPF record of {subject} makes receivers ask the DNS anew for each sender or address ({detail})",
      "replace the macro by ip4: and ip6: terms, or see that your name servers bear one query per message",
      "RFC 7208 section 7.3" },

    { FINDING_DKIM_NONE, "dkim-none", CHECK_DKIM, SEVERITY_WARNING,
      "the message has no DKIM signature ({detail})",
      "have the signer sign mail from {domain}, and list it before preflight-milter in smtpd_milters and "
      "non_smtpd_milters",
      "RFC 8601 section 2.7.1" },
    { FINDING_DKIM_BODY_CHANGED, "dkim-body-changed", CHECK_DKIM, SEVERITY_ERROR,
      "the body was changed after it was signed with {subject} ({detail})",
      "sign last: find the milter or filter that edits the body (a footer, an encoding) and run it before the signer",
      "RFC 6376 section 6.1.3" },
    { FINDING_DKIM_HEADER_CHANGED, "dkim-header-changed", CHECK_DKIM, SEVERITY_ERROR,
      "the header was changed after it was signed with {subject} ({detail})",
      "sign last: find what rewrites header fields after the signer (another milter, header_checks, generic maps) and "
      "run it before, or leave that field unsigned",
      "RFC 6376 section 6.1.3" },
    { FINDING_DKIM_WRONG_KEY, "dkim-wrong-key", CHECK_DKIM, SEVERITY_ERROR,
      "the DKIM signature of {subject} was not made with the key that is published ({detail})",
      "publish the public key that belongs to the signer's private key at {subject}, or sign with the key that is "
      "published",
      "RFC 6376 section 6.1.3" },
    { FINDING_DKIM_BAD_SIGNATURE, "dkim-bad-signature", CHECK_DKIM, SEVERITY_ERROR,
      "the DKIM signature of {subject} does not verify ({detail})",
      "see that the signer's private key belongs to the record at {subject}, and that no signed header field is "
      "changed after signing",
      "RFC 6376 section 6.1.3" },
    { FINDING_DKIM_NO_KEY, "dkim-no-key", CHECK_DKIM, SEVERITY_ERROR,
      "there is no DKIM key at {subject} ({detail})",
      "publish the signer's public key as a TXT record at {subject}, or sign with a selector that is published",
      "RFC 6376 section 6.1.2" },
    { FINDING_DKIM_BAD_KEY, "dkim-bad-key", CHECK_DKIM, SEVERITY_ERROR,
      "the DKIM key at {subject} cannot be used ({detail})",
      "publish one TXT record at {subject}, of the form v=DKIM1; k=rsa; p=..., with the signer's public key unbroken",
      "RFC 6376 section 3.6.1" },
    { FINDING_DKIM_KEY_REVOKED, "dkim-key-revoked", CHECK_DKIM, SEVERITY_ERROR,
      "the DKIM key at {subject} is revoked: its p= is empty ({detail})",
      "let the signer use the selector and key that are current, or publish the public key at {subject} again",
      "RFC 6376 section 3.6.1" },
    { FINDING_DKIM_WEAK_KEY, "dkim-weak-key", CHECK_DKIM, SEVERITY_ERROR,
      "the DKIM key at {subject} has less than 1024 bits and counts as no signature ({detail})",
      "make an RSA key of 2048 bits under a new selector, publish it, and let the signer use it",
      "RFC 8301 section 3.2" },
    { FINDING_DKIM_SHORT_KEY, "dkim-short-key", CHECK_NONE, SEVERITY_WARNING,
      "the DKIM key at {subject} has less than the 2048 bits that are recommended ({detail})",
      "make an RSA key of 2048 bits under a new selector when you next change keys",
      "RFC 8301 section 3.2" },
    { FINDING_DKIM_SHA1, "dkim-sha1", CHECK_DKIM, SEVERITY_ERROR,
      "the DKIM signature of {subject} uses rsa-sha1 and counts as no signature ({detail})",
      "set the signer to rsa-sha256 (OpenDKIM: SignatureAlgorithm rsa-sha256); the key can stay",
      "RFC 8301 section 3.1" },
    { FINDING_DKIM_EXPIRED, "dkim-expired", CHECK_DKIM, SEVERITY_ERROR,
      "the DKIM signature of {subject} has expired ({detail})",
      "set the clock of the signing host, and give signatures a lifetime of at least a week or none (x=)",
      "RFC 6376 section 3.5" },
    { FINDING_DKIM_EXPIRES_SOON, "dkim-expires-soon", CHECK_NONE, SEVERITY_WARNING,
      "the DKIM signature of {subject} expires before a delayed message may arrive ({detail})",
      "let signatures live longer than the queue does: at least a week (x=), or without end",
      "RFC 6376 section 3.5" },
    { FINDING_DKIM_LENGTH_LIMITED, "dkim-length-limited", CHECK_NONE, SEVERITY_WARNING,
      "the DKIM signature of {subject} covers only a part of the body ({detail})",
      "switch the body length tag l= off in the signer (OpenDKIM: BodyLengthDB): some receivers reject it",
      "RFC 6376 section 8.2" },
    { FINDING_DKIM_TESTING, "dkim-testing", CHECK_NONE, SEVERITY_WARNING,
      "the DKIM key at {subject} is marked as a test, t=y: receivers may ignore the signature ({detail})",
      "remove the flag y from t= in the TXT record at {subject}",
      "RFC 6376 section 3.6.1" },
    { FINDING_DKIM_NOT_ALIGNED, "dkim-not-aligned", CHECK_DKIM, SEVERITY_INFO,
      "the DKIM signature of {subject} passes but is not aligned with {domain} ({detail})",
      "sign with d={domain}, besides or instead of this signature",
      "RFC 9989 section 4.4.1" },
    { FINDING_DKIM_FROM_UNSIGNED, "dkim-from-unsigned", CHECK_DKIM, SEVERITY_WARNING,
      "the DKIM signature of {subject} does not cover the From field ({detail})",
      "list from in the header fields that the signer signs (h=)",
      "RFC 6376 section 5.4" },
    { FINDING_DKIM_HEADER_UNSIGNED, "dkim-header-unsigned", CHECK_DKIM, SEVERITY_INFO,
      "the DKIM signature of {subject} leaves header fields open to change ({detail})",
      "add them to the header fields that the signer signs (OpenDKIM: SignHeaders)",
      "RFC 6376 section 5.4.1" },
    { FINDING_DKIM_NOT_OVERSIGNED, "dkim-not-oversigned", CHECK_DKIM, SEVERITY_INFO,
      "under the DKIM signature of {subject} another field of the same name can be added ({detail})",
      "name them in h= once more than they are there (OpenDKIM: OversignHeaders)",
      "RFC 6376 section 8.15" },
    { FINDING_DKIM_ED25519_ONLY, "dkim-ed25519-only", CHECK_NONE, SEVERITY_WARNING,
      "only Ed25519 signatures pass, which many receivers cannot verify ({detail})",
      "sign mail from {domain} with rsa-sha256 too",
      "RFC 8463 section 6" },
    { FINDING_DKIM_TEMPERROR, "dkim-temperror", CHECK_DKIM, SEVERITY_WARNING,
      "the DKIM signature of {subject} could not be judged: {detail}",
      "see that the name servers of the signing domain answer for the TXT record at {subject}",
      "RFC 6376 section 6.1.2" },
    { FINDING_DKIM_TOO_MANY, "dkim-too-many", CHECK_DKIM, SEVERITY_INFO,
      "the message has more DKIM signatures than are verified ({detail})",
      "remove old signatures before signing; receivers too look at a few only",
      "RFC 6376 section 6.1" },
    { FINDING_DKIM_RETURNED, "dkim-returned", CHECK_NONE, SEVERITY_INFO,
      "the DKIM signature of {subject} cannot be judged on a message that came back: {detail}",
      "send a new message the same way and judge that one with preflight check",
      "RFC 3464 section 2" },
    { FINDING_DKIM_FRAGILE_8BIT, "dkim-fragile-8bit", CHECK_DKIM, SEVERITY_INFO,
      "signed 8-bit text breaks the signature where a server without 8BITMIME converts it ({detail})",
      "let the sending software encode text as quoted-printable or base64 before it is signed; Postfix converts none "
      "with disable_mime_output_conversion = yes",
      "RFC 6376 section 5.3" },
    { FINDING_DKIM_FRAGILE_LONG_LINE, "dkim-fragile-long-line", CHECK_DKIM, SEVERITY_INFO,
      "long lines, as a rule over 998 bytes, break the signature where a server folds them ({detail})",
      "let the sending software encode the text as quoted-printable or base64 before it is signed; Postfix folds at "
      "smtp_line_length_limit",
      "RFC 6376 section 5.3" },
    { FINDING_DKIM_FRAGILE_HEADER, "dkim-fragile-header", CHECK_DKIM, SEVERITY_WARNING,
      "the signature of {subject} is valid now, and Postfix breaks it when it sends the message ({detail})",
      "rewrite before the signer, or not at all: correct the addresses and fields where the message is written, and "
      "take them out of the table; or leave those fields unsigned, except From",
      "postconf(5), smtp_generic_maps, smtp_header_checks" },
    { FINDING_DKIM_FRAGILE_BODY, "dkim-fragile-body", CHECK_DKIM, SEVERITY_WARNING,
      "the signature of {subject} is valid now, and Postfix breaks it when it sends the body ({detail})",
      "change the text before it is signed, or not at all, and take it out of the table",
      "postconf(5), smtp_body_checks, smtp_mime_header_checks" },

    { FINDING_DMARC_NONE, "dmarc-none", CHECK_DMARC, SEVERITY_WARNING,
      "no DMARC record for {subject} ({detail})",
      "publish a TXT record at _dmarc.{subject}, to begin with \"v=DMARC1; p=none; rua=mailto:...\"",
      "RFC 9989 section 4.10.1" },
    { FINDING_DMARC_FAIL, "dmarc-fail", CHECK_DMARC, SEVERITY_ERROR,
      "DMARC fail for {subject} ({detail})",
      "let SPF pass for a MAIL FROM in {subject}, or sign with a DKIM key of {subject}",
      "RFC 9989 section 5.3.5" },
    { FINDING_DMARC_INVALID_RECORD, "dmarc-invalid-record", CHECK_DMARC, SEVERITY_WARNING,
      "the DMARC record of {domain} is not valid and stops nothing: {detail}",
      "correct the TXT record at _dmarc.{domain}: v=DMARC1 first, then p=none, p=quarantine or p=reject",
      "RFC 9989 section 4.10.1" },
    { FINDING_DMARC_MULTIPLE_RECORDS, "dmarc-multiple-records", CHECK_DMARC, SEVERITY_WARNING,
      "{domain} publishes more than one DMARC record, so none of them applies to {subject} ({detail})",
      "delete all but one of the TXT records at _dmarc.{domain} that begin with v=DMARC1",
      "RFC 9989 section 4.10" },
    { FINDING_DMARC_POLICY_NONE, "dmarc-policy-none", CHECK_DMARC, SEVERITY_INFO,
      "the DMARC policy for {subject} is none: mail forged in its name is not stopped ({detail})",
      "when the reports show that your own mail passes, publish p=quarantine, then p=reject at _dmarc.{domain}",
      "RFC 9989 section 4.7" },
    { FINDING_DMARC_TEMPERROR, "dmarc-temperror", CHECK_DMARC, SEVERITY_WARNING,
      "DMARC could not be judged for {subject}: {detail}",
      "see that the name servers of {domain} answer for the TXT record at _dmarc.{domain}",
      "RFC 9989 section 5.3.6" },
    { FINDING_DMARC_NO_ALIGNMENT, "dmarc-no-alignment", CHECK_DMARC, SEVERITY_WARNING,
      "SPF or DKIM passes, but for no domain that is aligned with {subject} ({detail})",
      "sign with d={subject}, or send with a MAIL FROM address in {subject}",
      "RFC 9989 section 4.4" },
    { FINDING_DMARC_VERSIONS_DIFFER, "dmarc-versions-differ", CHECK_DMARC, SEVERITY_WARNING,
      "receivers differ on DMARC for {subject}, by RFC 9989 or by the older RFC 7489 ({detail})",
      "publish a record at _dmarc.{subject} without pct, and let SPF or DKIM pass for {subject} itself: then both "
      "agree",
      "RFC 9989 appendix C.3" },
    { FINDING_DMARC_IMPLEMENTATIONS_DIFFER, "dmarc-implementations-differ", CHECK_NONE, SEVERITY_WARNING,
      "receivers that run OpenDMARC judge {subject} otherwise than RFC 7489 has it ({detail})",
      "write the record plainly (v=DMARC1; p=...; rua=mailto:...), and let SPF or DKIM pass for {subject} itself",
      "RFC 7489 section 3.1" },

    { FINDING_FROM_MISSING, "from-missing", CHECK_MESSAGE, SEVERITY_ERROR,
      "the message has no From field with an address ({detail})",
      "let the sending software write one From field with one address",
      "RFC 5322 section 3.6" },
    { FINDING_FROM_MULTIPLE, "from-multiple", CHECK_MESSAGE, SEVERITY_ERROR,
      "the message has more than one From field or author address ({detail})",
      "let the sending software write one From field with one address",
      "RFC 9989 section 11.5" },
    { FINDING_HEADER_DUPLICATE, "header-duplicate", CHECK_MESSAGE, SEVERITY_WARNING,
      "the field {subject} is there more than once ({detail})",
      "let the sending software write {subject} once; look also for a milter or filter that adds a second one",
      "RFC 5322 section 3.6" },
    { FINDING_HEADER_8BIT, "header-8bit", CHECK_MESSAGE, SEVERITY_WARNING,
      "the field {subject} has bytes outside ASCII ({detail})",
      "let the sending software write such text in {subject} as encoded words (RFC 2047)",
      "RFC 5322 section 2.2" },
    { FINDING_HEADER_ENCODED_WORD, "header-encoded-word", CHECK_MESSAGE, SEVERITY_WARNING,
      "the field {subject} has an encoded word where none may be ({detail})",
      "let the sending software write encoded words in the Subject, in display names and comments only, never in an "
      "address or an identifier",
      "RFC 2047 section 5" },
    { FINDING_DATE_INVALID, "date-invalid", CHECK_MESSAGE, SEVERITY_WARNING,
      "the Date field is missing or is no valid date ({detail})",
      "let the sending software write one Date field such as: Date: Fri, 21 Nov 1997 09:55:06 -0600",
      "RFC 5322 section 3.6.1" },
    { FINDING_MESSAGE_ID_INVALID, "message-id-invalid", CHECK_MESSAGE, SEVERITY_WARNING,
      "the Message-ID field is missing or is not of the form <left@right> ({detail})",
      "let the sending software write one Message-ID field, unique, with a domain of yours on its right",
      "RFC 5322 section 3.6.4" },
    { FINDING_LINE_TOO_LONG, "line-too-long", CHECK_MESSAGE, SEVERITY_WARNING,
      "a line is longer than 998 bytes ({detail})",
      "let the sending software encode the body as quoted-printable or base64, and fold its header fields",
      "RFC 5321 section 4.5.3.1.6" },
    { FINDING_BARE_NEWLINE, "bare-newline", CHECK_MESSAGE, SEVERITY_WARNING,
      "the message has a CR or an LF that stands alone ({detail})",
      "let the sending software end every line with CRLF; encode data that holds other CR or LF",
      "RFC 5321 section 2.3.8" },
    { FINDING_MESSAGE_OVER_LIMITS, "message-over-limits", CHECK_MESSAGE, SEVERITY_WARNING,
      "the header is larger than what is examined, so not all of it was judged ({detail})",
      "raise limits { headers, header_bytes } in preflight.conf, or see why the message has so large a header",
      "preflight.conf(5), limits" },
    { FINDING_ONE_CLICK_MISSING, "one-click-missing", CHECK_MESSAGE, SEVERITY_WARNING,
      "bulk mail that readers cannot unsubscribe from with one click ({detail})",
      "add List-Unsubscribe with one https: URI and List-Unsubscribe-Post: List-Unsubscribe=One-Click before signing",
      "RFC 8058 section 3.1" },
    { FINDING_ONE_CLICK_UNSIGNED, "one-click-unsigned", CHECK_MESSAGE, SEVERITY_WARNING,
      "no DKIM signature that passes covers List-Unsubscribe and List-Unsubscribe-Post ({detail})",
      "name list-unsubscribe and list-unsubscribe-post among the header fields that the signer signs (h=)",
      "RFC 8058 section 4" },
    { FINDING_AUTHOR_DOMAIN_FOREIGN, "author-domain-foreign", CHECK_MESSAGE, SEVERITY_WARNING,
      "{subject} is a mailbox provider's domain, and neither SPF nor DKIM shows that it lets us send ({detail})",
      "write a From address in a domain of your own, and the author's address at the provider in Reply-To",
      "https://support.google.com/mail/answer/81126" },
    { FINDING_SENDER_REWRITTEN, "sender-rewritten", CHECK_NONE, SEVERITY_INFO,
      "Postfix sends the message with another envelope sender, and that one was judged ({detail})",
      "nothing to do where it is meant so: SPF and DMARC were judged for the sender that receivers see",
      "postconf(5), smtp_generic_maps, sender_canonical_maps" },
    { FINDING_AUTHOR_REWRITTEN, "author-rewritten", CHECK_NONE, SEVERITY_INFO,
      "Postfix sends the message with another From field, and that one was judged ({detail})",
      "nothing to do where it is meant so: DMARC was judged for the author that receivers see",
      "postconf(5), smtp_generic_maps, smtp_header_checks" },
    { FINDING_DEPARTURE_UNKNOWN, "departure-unknown", CHECK_NONE, SEVERITY_WARNING,
      "what Postfix makes of sender and header when it sends the message is not known: {detail}",
      "see that Preflight's user may read the tables that the section postfix of preflight.conf names, or that Postfix "
      "uses, and that postmap -q answers for them",
      "preflight.conf(5), postfix" },
    { FINDING_SENDER_DOMAIN_UNRESOLVABLE, "sender-domain-unresolvable", CHECK_MESSAGE, SEVERITY_WARNING,
      "bounces cannot be delivered: the sender's domain {subject} has no MX, A or AAAA record ({detail})",
      "publish an MX record for {subject}, or send with a MAIL FROM address in a domain that takes mail",
      "RFC 5321 section 5.1" },
    { FINDING_AUTHOR_DOMAIN_UNRESOLVABLE, "author-domain-unresolvable", CHECK_MESSAGE, SEVERITY_WARNING,
      "answers cannot be delivered: the author domain {subject} has no MX, A or AAAA record ({detail})",
      "publish an MX record for {subject}, or write a From address in a domain that takes mail",
      "RFC 5321 section 5.1" },

    { FINDING_EGRESS_UNKNOWN, "egress-unknown", CHECK_EGRESS, SEVERITY_ERROR,
      "the addresses that mail leaves from are not known for egress {subject}: {detail}",
      "name them in preflight.conf: egress {subject} { addresses = { ... } }, or publish A and AAAA records for its "
      "helo name",
      "preflight.conf(5), egress" },
    { FINDING_PTR_MISSING, "ptr-missing", CHECK_EGRESS, SEVERITY_WARNING,
      "the sending address {subject} has no PTR record ({detail})",
      "have the provider of {subject} publish a PTR record for it that names {domain}",
      "RFC 1912 section 2.1" },
    { FINDING_PTR_MISMATCH, "ptr-mismatch", CHECK_EGRESS, SEVERITY_WARNING,
      "the PTR record of {subject} names a host that does not have this address ({detail})",
      "publish {subject} as an address of that host, or have the provider name {domain} in the PTR record",
      "RFC 1912 section 2.1" },
    { FINDING_PTR_GENERIC, "ptr-generic", CHECK_EGRESS, SEVERITY_WARNING,
      "the name of {subject} looks like one that a provider gives to all its addresses ({detail})",
      "have the provider of {subject} name {domain} in its PTR record",
      "SpamAssassin rule RDNS_DYNAMIC" },
    { FINDING_HELO_INVALID, "helo-invalid", CHECK_EGRESS, SEVERITY_WARNING,
      "the HELO name {subject} is not a host name with its domain ({detail})",
      "set the name that the MTA greets with, smtp_helo_name or myhostname in Postfix, to one like mail.example.com",
      "RFC 5321 section 2.3.5" },
    { FINDING_HELO_UNRESOLVABLE, "helo-unresolvable", CHECK_EGRESS, SEVERITY_WARNING,
      "the HELO name {subject} has no address ({detail})",
      "publish A or AAAA records for {subject} with the sending addresses, or greet with a name that has them",
      "RFC 5321 section 2.3.5" },
    { FINDING_HELO_MISMATCH, "helo-mismatch", CHECK_EGRESS, SEVERITY_INFO,
      "the HELO name {domain} does not have the sending address {subject} ({detail})",
      "publish {subject} as an address of {domain}",
      "RFC 5321 section 4.1.4" },
    { FINDING_HELO_SPF_NONE, "helo-spf-none", CHECK_EGRESS, SEVERITY_INFO,
      "the HELO name {subject} has no SPF record, by which receivers judge bounces ({detail})",
      "publish a TXT record at {subject} that authorises the sending addresses, such as v=spf1 a -all",
      "RFC 7208 section 2.3" },
    { FINDING_ADDRESS_LISTED, "address-listed", CHECK_EGRESS, SEVERITY_ERROR,
      "the sending address {subject} is on a blocklist ({detail})",
      "look {subject} up at {domain}, stop what got it listed, then ask there for its removal",
      "RFC 5782 section 2.1" },
    { FINDING_DOMAIN_LISTED, "domain-listed", CHECK_EGRESS, SEVERITY_ERROR,
      "the domain {subject} is on a blocklist ({detail})",
      "look {subject} up at {domain}, stop what got it listed, then ask there for its removal",
      "RFC 5782 section 3" },
    { FINDING_BLOCKLIST_UNUSABLE, "blocklist-unusable", CHECK_EGRESS, SEVERITY_WARNING,
      "nothing can be known from the blocklist {subject}: {detail}",
      "ask it by a resolver of your own and as its operator allows ({domain}), or take it out of the file of "
      "blocklists",
      "RFC 5782 section 5" },
};

const struct finding_row *finding_row(enum finding_id id)
{
    assert(id < FINDING_COUNT);
    if (id >= FINDING_POSTFIX_FIRST)
        return &finding_postfix_rows[id - FINDING_POSTFIX_FIRST];
    return id < FINDING_AUDIT_FIRST ? &rows[id] : &finding_audit_rows[id - FINDING_AUDIT_FIRST];
}

const char *severity_name(enum severity severity)
{
    static const char *const names[] = { "info", "warning", "error" };

    assert(severity <= SEVERITY_ERROR);
    return names[severity];
}

struct values {
    const char *subject, *domain, *detail;      /* escaped, never NULL */
};

static bool has_prefix(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* What stands at p in a template: the bytes it takes there (0: plain text) and the value in its place. */
static size_t placeholder(const char *p, const struct values *values, const char **value_r)
{
    static const char bracketed[] = " ({detail})", after_colon[] = ": {detail}", detail[] = "{detail}";

    if (values->detail[0] == '\0') {
        *value_r = "";
        if (has_prefix(p, bracketed))
            return sizeof(bracketed) - 1;
        if (has_prefix(p, after_colon))
            return sizeof(after_colon) - 1;
    }
    *value_r = values->detail;
    if (has_prefix(p, detail))
        return sizeof(detail) - 1;
    *value_r = values->subject[0] == '\0' ? "(unknown)" : values->subject;
    if (has_prefix(p, "{subject}"))
        return strlen("{subject}");
    *value_r = values->domain[0] == '\0' ? "the author domain" : values->domain;
    return has_prefix(p, "{domain}") ? strlen("{domain}") : 0;
}

static char *fill_in(const char *template, const struct values *values)
{
    struct str s = STR_EMPTY;

    while (*template != '\0') {
        const char *value;
        size_t taken = placeholder(template, values, &value);
        if (taken == 0) {
            str_addc(&s, *template++);
        } else {
            str_add(&s, value);
            template += taken;
        }
    }
    return str_steal(&s);
}

static char *escaped(const char *text, size_t max)
{
    struct str s = STR_EMPTY;

    str_add_escaped(&s, text, max, false);
    return str_steal(&s);
}

/* Is there one for this subject, or are there as many as may be? */
static bool is_enough(const struct findings *list, enum finding_id id, const char *subject)
{
    size_t same = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].row->id != id)
            continue;
        if (++same == FINDINGS_PER_ID || strcmp(list->items[i].subject, subject) == 0)
            return true;
    }
    return list->count >= FINDINGS_MAX;
}

void findings_add(struct findings *list, enum finding_id id, const char *subject, const char *domain,
                  const char *detail)
{
    const struct finding_row *row = finding_row(id);
    char *copy = escaped(subject, SUBJECT_MAX);
    if (is_enough(list, id, copy)) {
        free(copy);
        return;
    }
    char *domain_copy = escaped(domain, SUBJECT_MAX), *detail_copy = escaped(detail, DETAIL_MAX);
    struct values values = { .subject = copy, .domain = domain_copy, .detail = detail_copy };

    list->items = xgrow(list->items, list->count, &list->capacity, sizeof(*list->items));
    list->items[list->count++] = (struct finding){
        .row = row,
        .subject = copy,
        .text = fill_in(row->text, &values),
        .remedy = fill_in(row->remedy, &values),
    };
    free(domain_copy);
    free(detail_copy);
}

bool findings_has(const struct findings *list, enum finding_id id)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].row->id == id)
            return true;
    }
    return false;
}

size_t findings_count(const struct findings *list, enum severity severity)
{
    size_t n = 0;

    for (size_t i = 0; i < list->count; i++)
        n += list->items[i].row->severity == severity;
    return n;
}

static void free_finding(struct finding *finding)
{
    free(finding->subject);
    free(finding->text);
    free(finding->remedy);
}

void findings_drop(struct findings *list, enum finding_id id, const char *subject)
{
    char *wanted = escaped(subject, SUBJECT_MAX);
    size_t kept = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].row->id == id && strcmp(list->items[i].subject, wanted) == 0)
            free_finding(&list->items[i]);
        else
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
    free(wanted);
}

void findings_clear(struct findings *list)
{
    for (size_t i = 0; i < list->count; i++)
        free_finding(&list->items[i]);
    free(list->items);
    *list = (struct findings){ 0 };
}
