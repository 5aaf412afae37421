/*
 * What a judged message shows about who sends here: the domains it is sent in the name of, and their selectors.
 * Thread-safe as struct seen is.
 */
#ifndef PREFLIGHT_TRAFFIC_H
#define PREFLIGHT_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>

struct report;
struct seen;

/*
 * Notes the domains of the sender and the author that leave; the owner lets us send where SPF passes for it, for the
 * author's aligned.  A signature is no proof of that: mail that is only forwarded has one.  Mailbox providers' domains
 * are left out.
 * now_s: time(2).  True where a domain counts as seen now that did not before.
 */
bool traffic_note(struct seen *seen, const struct report *report, int64_t now_s);

#endif
