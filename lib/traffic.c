/*
 * What a judged message shows about who sends here; see traffic.h.
 */
#include "config.h"

#include "lib/traffic.h"
#include "lib/base/domain.h"
#include "lib/check/provider.h"
#include "lib/report/report.h"
#include "lib/state/seen.h"

#include <string.h>

struct named {
    char domain[DOMAIN_MAX];    /* "": none, or none that counts here */
    bool is_authorized;
};

/* Of all addresses that the message may leave from. */
static bool passes(const struct report *report, bool aligned)
{
    for (size_t i = 0; i < report->n_deciding; i++) {
        if (report->spf[i].result != AUTH_PASS || (aligned && !report->spf[i].aligned))
            return false;
    }
    return report->n_deciding > 0;
}

static void name(const char *domain, bool is_authorized, struct named *named_r)
{
    named_r->is_authorized = is_authorized;
    if (domain == NULL || domain_normalize(domain, named_r->domain) < 0 || is_mailbox_domain(named_r->domain))
        named_r->domain[0] = '\0';
}

static bool note(struct seen *seen, const struct named *named, const char *selector, int64_t now_s)
{
    return named->domain[0] != '\0' && seen_note(seen, named->domain, selector, named->is_authorized, now_s);
}

/* A signature by the author's organization speaks for the author, another one for the sender at most. */
static bool note_signature(struct seen *seen, const struct dkim_result *signature, const struct named *author,
                           const struct named *sender, int64_t now_s)
{
    char selector[DOMAIN_MAX];
    struct named signer;
    bool is_new = false;

    if (signature->result != AUTH_PASS || domain_normalize(signature->selector, selector) < 0)
        return false;
    bool is_sender = strcmp(signature->domain, sender->domain) == 0;
    if (!signature->aligned && !is_sender)
        return false;
    name(signature->domain, signature->aligned ? author->is_authorized : sender->is_authorized, &signer);
    if (!is_sender && strcmp(signature->domain, author->domain) != 0)
        is_new = note(seen, &signer, NULL, now_s);
    return note(seen, &signer, selector, now_s) || is_new;
}

bool traffic_note(struct seen *seen, const struct report *report, int64_t now_s)
{
    const char *leaves_as = report->sender_as_sent != NULL ? report->sender_as_sent : report->sender;
    struct named sender, author;
    bool is_new = false;

    name(address_domain(leaves_as), passes(report, false), &sender);
    name(report->author_domain, passes(report, true), &author);
    if (strcmp(sender.domain, author.domain) == 0)
        sender.domain[0] = '\0';
    is_new |= note(seen, &sender, NULL, now_s);
    is_new |= note(seen, &author, NULL, now_s);
    for (size_t i = 0; i < report->dkim.count; i++)
        is_new |= note_signature(seen, &report->dkim.items[i], &author, &sender, now_s);
    return is_new;
}
