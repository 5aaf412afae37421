#!/usr/bin/env python3
"""
Makes up a site's traffic: the log that Postfix and preflight-milter would write of it, and what became of it in truth.

    traffic.py --lines N [--seed S] [--rfc3339] >mail.log       a log of about N lines

The truth is kept by recipient while the lines are written, from what was decided to happen and not from the lines, so
that it does not depend on how anything reads them.
"""
import argparse
import collections
import datetime
import heapq
import random
import sys

# What a receiver says: cause, is it for good, the reply.  Words of our own, in the forms that receivers document.
REFUSALS = [
    ("dmarc", "550-5.7.26 Unauthenticated email from {domain} is not accepted due to domain's DMARC policy. "
              "550-5.7.26 Please contact the administrator of {domain} domain. {id} - gsmtp"),
    ("spf", "550 5.7.1 SPF check failed: {domain} does not designate {address} as permitted sender"),
    ("ip-reputation", "554 5.7.1 Service unavailable; Client host [{address}] blocked using zen.spamhaus.org; "
                      "https://www.spamhaus.org/query/ip/{address}"),
    ("content", "554 5.7.1 {id} message content rejected as spam"),
    ("mailbox/other", "550 5.1.1 <{recipient}>: Recipient address rejected: User unknown in virtual mailbox table"),
    ("mailbox/other", "552 5.2.2 <{recipient}>: mailbox is full"),
]
DEFERRALS = [
    ("rate", "421 4.7.28 Our system has detected an unusual rate of unsolicited mail originating from your IP address "
             "[{address}]. Please slow down, the rate limit was exceeded. {id} - gsmtp"),
    ("ptr", "450 4.7.25 Client host rejected: cannot find your hostname, [{address}] has no reverse DNS (PTR) record"),
    ("mailbox/other", "452 4.2.2 <{recipient}>: mailbox is over quota, the mailbox is full"),
]
RECEIVERS = {       # name in the report: mail servers, domains
    "gmail": (["gmail-smtp-in.l.google.com", "alt1.gmail-smtp-in.l.google.com", "aspmx.l.google.com"], ["gmail.com"]),
    "example.net": (["mx%d.example.net" % n for n in range(1, 9)], ["example.net", "shop.example"]),
    "mail.test": (["in-%02d.mail.test" % n for n in range(30)], ["mail.test", "office.test"]),
    "example.org": (["relay.eu.example.org", "relay.us.example.org"], ["example.org"]),
}
KNOWN = {"gmail"}   # those that receivers.conf has
SENDERS = ["example.com", "news.example.com", "shop.example.com", "example.edu", "bad.example"]
POLICY = {"reject": "550-5.7.26", "defer": "421-4.7.0"}
ADDRESS = "203.0.113.5"
SMTP_SERVER = "mail"

Truth = collections.namedtuple("Truth", "total causes receivers domains prevented local handed_on")


class Message:
    """What has happened so far, and how many of its events are still to come."""

    __slots__ = ("domain", "forecast", "predicted_at", "n_recipients", "recipients", "pending", "prevented")

    def __init__(self, domain):
        self.domain = domain
        self.forecast = None            # our line's verdict
        self.predicted_at = None        # the receiver that it names
        self.n_recipients = 0
        self.recipients = {}            # address: [fate, was deferred, cause, receiver]
        self.pending = 0
        self.prevented = None


class Traffic:
    def __init__(self, seed=1, rfc3339=False, start=datetime.datetime(2026, 11, 1), gap=1.0, keep_truth=True,
                 n_ids=4000):
        self.random = random.Random(seed)
        self.rfc3339 = rfc3339
        self.now = start.timestamp()
        self.gap = gap
        self.keep_truth = keep_truth
        self.heap = []
        self.sequence = 0
        self.lines = 0
        # Postfix gives short queue ids again: so few that it happens often.
        self.free_ids = collections.deque("%05X%06X" % (self.random.randrange(1 << 20), n) for n in range(n_ids))
        self.ids_used = 0
        self.counts = {kind: collections.defaultdict(collections.Counter) for kind in ("cause", "receiver", "domain")}
        self.total = collections.Counter()
        self.prevented = collections.Counter()
        self.local = self.handed_on = 0
        self.open = set()
        self.stamp_at = None
        self.stamp = ""

    # --- events ------------------------------------------------------------------------

    def at(self, when, message, program, text, truth=None):
        self.sequence += 1
        if message is not None:
            message.pending += 1
        heapq.heappush(self.heap, (when, self.sequence, message, program, text, truth))

    def queue_id(self):
        if self.free_ids:
            return self.free_ids.popleft()
        self.ids_used += 1
        return "4g%08dz%04X" % (self.ids_used, self.random.randrange(65536))      # the long form

    def stamp_of(self, when):
        second = int(when)
        if second != self.stamp_at:
            self.stamp_at = second
            date = datetime.datetime.fromtimestamp(second)
            self.stamp = (date.strftime("%Y-%m-%dT%H:%M:%S.000000+00:00") if self.rfc3339 else
                          date.strftime("%b ") + "%2d" % date.day + date.strftime(" %H:%M:%S"))
        return self.stamp

    def pop(self):
        """The next event's line; what it means goes into the truth."""
        when, _, message, program, text, truth = heapq.heappop(self.heap)
        if truth is not None:
            truth()
        if message is not None:
            message.pending -= 1
            if message.pending == 0:
                self.finish(message)
        if text is None:
            return None
        self.lines += 1
        return "%s %s %s: %s" % (self.stamp_of(when), SMTP_SERVER, program, text)

    def write(self, lines):
        """Lines until there are so many."""
        while self.lines < lines:
            arrival = self.now + self.random.expovariate(1 / self.gap)
            while self.heap and self.heap[0][0] <= arrival and self.lines < lines:
                line = self.pop()
                if line is not None:
                    yield line
            self.now = arrival
            self.make()

    # --- truth ---------------------------------------------------------------------------

    def finish(self, message):
        self.open.discard(message)
        if not self.keep_truth:
            return
        if message.prevented:
            self.prevented[message.prevented] += 1
        for fate, was_deferred, cause, receiver in message.recipients.values():
            self.count(message, fate, was_deferred, cause, receiver)

    def count(self, message, fate, was_deferred, cause, receiver):
        forecast = message.forecast
        if forecast not in (None, "accept") and not (
                message.n_recipients == 1 or message.predicted_at == receiver or
                (message.predicted_at == "generic" and receiver not in KNOWN)):
            forecast = None
        facts = [fate]
        if fate == "delivered" and was_deferred:
            facts.append("delayed")
        if forecast in ("accept", "junk", "defer", "reject"):
            facts.append("judged")
        about_us = cause is not None and cause != "mailbox/other"
        if forecast in ("defer", "reject"):
            if fate == "delivered":
                came_true = forecast == "defer" and was_deferred and about_us
                facts.append("predicted_happened" if came_true else "predicted_not_happened")
            elif about_us:
                facts.append("predicted_happened")
        elif forecast == "accept" and fate == "delivered":
            facts.append("accepted_delivered")
        elif forecast in ("accept", "junk") and fate != "delivered" and about_us:
            facts.append("unpredicted")
        for counter in (self.total, self.counts["receiver"][receiver], self.counts["domain"][message.domain]):
            counter.update(facts)
        if cause is not None:
            self.counts["cause"][cause].update(facts)

    def truth(self):
        """What is true at the end of the lines: what did not happen by then has not happened."""
        for message in list(self.open):
            self.finish(message)
        return Truth(self.total, self.counts["cause"], self.counts["receiver"], self.counts["domain"], self.prevented,
                     self.local, self.handed_on)

    # --- messages --------------------------------------------------------------------------

    def make(self):
        kind = self.random.random()
        if kind < 0.05:
            self.noise()
        elif kind < 0.10:
            self.to_ourselves()
        elif kind < 0.14:
            self.refused_by_milter()
        else:
            self.outgoing()

    def noise(self):
        when, rnd = self.now, self.random
        host = "unknown[198.51.100.%d]" % rnd.randrange(256)
        for program, text in (("postfix/smtpd[99]", "connect from " + host),
                              ("postfix/smtpd[99]", "NOQUEUE: reject: RCPT from %s: 554 5.7.1 <x@y.test>: Relay "
                               "access denied; from=<a@y.test> to=<b@z.test> proto=ESMTP helo=<y>" % host),
                              ("postfix/smtpd[99]", "disconnect from " + host),
                              ("postfix/anvil[7]", "statistics: max connection rate 1/60s for (smtp:192.0.2.1)"),
                              ("dovecot", "imap-login: Login: user=<a>, method=PLAIN, rip=192.0.2.4"),
                              ("postfix/smtp[8]", "warning: no MX host for nowhere.test has a valid address record")):
            when += 0.01
            self.at(when, None, program, text)

    def begin(self, message, when, queue_id, message_id, previous=None):
        more = "" if previous is None else ", orig_queue_id=%s, orig_client=x[192.0.2.1]" % previous
        client = "localhost[127.0.0.1]" if previous else "client.example.com[192.0.2.1]"
        self.at(when, message, "postfix/smtpd[99]", "%s: client=%s%s" % (queue_id, client, more))
        self.at(when + 0.01, message, "postfix/cleanup[98]", "%s: message-id=<%s>" % (queue_id, message_id))
        return when + 0.02

    def verdict(self, message, when, queue_id, sender, verdict, receiver, action="log"):
        """Our own line, and what it says."""
        action = "accept" if verdict == "accept" else action
        reply = POLICY.get(verdict, verdict)

        def truth():
            message.forecast = verdict if verdict != "unsure" else None
            message.predicted_at = receiver
            if action in ("reject", "tempfail", "hold"):
                message.prevented = action
        self.at(when, message, "preflight-milter[12]",
                "%s: verdict=%s action=%s egress=default from=<%s> author=%s spf=fail dkim=none dmarc=fail "
                "policy=reject predict=%s:%s findings=spf-fail,dkim-none ms=3"
                % (queue_id, verdict, action, sender, message.domain, receiver, reply), truth)
        return when + 0.01

    def queued(self, message, when, queue_id, sender, recipients):
        def truth():
            message.prevented = None    # where it was held, it was let go
        self.at(when, message, "postfix/qmgr[5]", "%s: from=<%s>, size=2048, nrcpt=%d (queue active)"
                % (queue_id, sender, recipients), truth)
        return when + 0.02

    def removed(self, message, when, queue_id):
        self.at(when, message, "postfix/qmgr[5]", "%s: removed" % queue_id)
        # The inode is free for another message, but not for one that is on its way at this moment.
        if len(queue_id) == 11:
            self.at(when + 5, None, None, None, lambda: self.free_ids.append(queue_id))

    def to_ourselves(self):
        """From outside to a mailbox of ours: no receiver has a part in it."""
        message, queue_id, when = Message("elsewhere.test"), self.queue_id(), self.now
        self.open.add(message)
        when = self.begin(message, when, queue_id, "in.%d@elsewhere.test" % self.sequence)
        when = self.queued(message, when, queue_id, "x@elsewhere.test", 1)
        agent = self.random.choice(["local", "lmtp", "virtual", "pipe"])
        relay = "mail.example.com[private/lmtp]" if agent == "lmtp" else agent

        def truth():
            self.local += 1
        self.at(when, message, "postfix/%s[9]" % agent, "%s: to=<a@example.com>, relay=%s, delay=0.1, "
                "delays=0/0/0/0.1, dsn=2.0.0, status=sent (delivered to mailbox)" % (queue_id, relay), truth)
        self.removed(message, when + 0.01, queue_id)

    def refused_by_milter(self):
        """Our own milter does not let it go: it says so once, or again and again, or the message is released."""
        rnd, domain = self.random, self.random.choice(SENDERS)
        how = rnd.choice(["reject", "tempfail", "hold", "released"])
        message_id, sender, when = "held.%d@%s" % (self.sequence, domain), "a@" + domain, self.now
        message = Message(domain)
        self.open.add(message)
        for attempt in range(rnd.randint(1, 3) if how == "tempfail" else 1):
            queue_id = self.queue_id()
            when = self.begin(message, when, queue_id, message_id)
            action = "hold" if how == "released" else how
            self.verdict(message, when, queue_id, sender, "reject", "generic", action)
            event = "milter-hold" if action == "hold" else "milter-reject"
            self.at(when + 0.01, message, "postfix/cleanup[98]", "%s: %s: END-OF-MESSAGE from client.example.com"
                    "[192.0.2.1]: 4.7.1 Preflight: no; from=<%s> to=<b@example.net> proto=ESMTP helo=<x>"
                    % (queue_id, event, sender))
            when += 300
        if how == "released":
            message.n_recipients = 1
            when = self.queued(message, when, queue_id, sender, 1)
            end = self.deliver(message, when, queue_id, "b@example.net", "example.net")
            if end is not None:
                self.removed(message, end + 0.02, queue_id)

    def outgoing(self):
        rnd, domain = self.random, self.random.choice(SENDERS)
        message = Message(domain)
        self.open.add(message)
        sender, message_id = "a@" + domain, "out.%d@%s" % (self.sequence, domain)
        targets = []
        for n in range(rnd.choice([1, 1, 1, 2, 3, 6])):
            receiver = rnd.choice(list(RECEIVERS))
            targets.append(("r%d.%d@%s" % (self.sequence, n, rnd.choice(RECEIVERS[receiver][1])), receiver))
        message.n_recipients = len(targets)
        verdict = rnd.choices(["accept", "junk", "defer", "reject", "unsure", None], [60, 5, 5, 15, 5, 10])[0]
        predicted_at = rnd.choice([targets[0][1] if targets[0][1] in KNOWN else "generic", "generic"])

        queue_id, when = self.queue_id(), self.now
        when = self.begin(message, when, queue_id, message_id)
        is_filtered = rnd.random() < 0.4
        is_judged_late = is_filtered and rnd.random() < 0.5         # the signer stands behind the filter
        if verdict and not is_judged_late:
            when = self.verdict(message, when, queue_id, sender, verdict, predicted_at)
        when = self.queued(message, when, queue_id, sender, len(targets))
        if is_filtered:
            late = (verdict, predicted_at) if is_judged_late else None
            self.filter(message, when, queue_id, sender, message_id, targets, late)
        else:
            self.deliver_all(message, when, queue_id, sender, targets)

    def filter(self, message, when, first_id, sender, message_id, targets, late):
        """Through a content filter that hands each message back under a new queue id."""
        rnd, queue_id = self.random, self.queue_id()
        previous = first_id if rnd.random() < 0.5 else None
        back = self.begin(message, when + 0.3, queue_id, message_id, previous)
        if late is not None and late[0]:
            back = self.verdict(message, back, queue_id, sender, *late)
        back = self.queued(message, back, queue_id, sender, len(targets))
        handed = back + rnd.choice([-0.001, 0.5])           # the answer comes before or after the next delivery

        def truth():
            self.handed_on += 1
        for recipient, _ in targets:
            self.at(handed, message, "postfix/smtp[8]", "%s: to=<%s>, relay=127.0.0.1[127.0.0.1]:10024, delay=0.4, "
                    "delays=0/0/0/0.4, dsn=2.0.0, status=sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 "
                    "Ok: queued as %s)" % (first_id, recipient, queue_id), truth)
        self.removed(message, handed + 0.01, first_id)
        self.deliver_all(message, back, queue_id, sender, targets)

    def deliver_all(self, message, when, queue_id, sender, targets):
        """Who is not delivered to in the end is given up with the whole message, or still waits."""
        last, is_open, states = when, False, []
        for recipient, receiver in targets:
            end = self.deliver(message, when, queue_id, recipient, receiver, states)
            is_open |= end is None
            last = max(last, end or last)
        if is_open and self.random.random() < 0.5:
            is_open = False

            def truth():
                for state in states:
                    state[0] = "refused" if state[0] == "deferred" else state[0]
            last += 5000
            self.at(last, message, "postfix/qmgr[5]", "%s: from=<%s>, status=expired, returned to sender"
                    % (queue_id, sender), truth)
        if not is_open:
            self.removed(message, last + 0.05, queue_id)

    def deliver(self, message, when, queue_id, recipient, receiver, states=None):
        """One recipient's way: now, after deferrals, for good not, or not by the end."""
        rnd = self.random
        hosts = RECEIVERS[receiver][0]
        state = [None, False, None, receiver]
        if states is not None:
            states.append(state)
        when += rnd.uniform(0.05, 2)
        fate = rnd.random()
        deferrals = rnd.randint(1, 3) if fate < 0.12 else 0
        for _ in range(deferrals):
            cause, text = rnd.choice(DEFERRALS)

            def truth(cause=cause):
                state[0], state[1], state[2] = "deferred", True, cause
                message.recipients[recipient] = state
            self.attempt(message, when, queue_id, recipient, rnd.choice(hosts), "deferred",
                         self.fill(text, message, recipient), truth)
            when += rnd.uniform(300, 900)
        if deferrals and fate < 0.03:
            return None
        if fate > 0.93:
            cause, text = rnd.choice(REFUSALS)

            def truth():
                state[0], state[2] = "refused", cause
                message.recipients[recipient] = state
            self.attempt(message, when, queue_id, recipient, rnd.choice(hosts), "bounced",
                         self.fill(text, message, recipient), truth)
            return when

        def truth():
            state[0] = "delivered"
            message.recipients[recipient] = state
        # Another site's Postfix names its own queue id, which is none of ours.
        self.attempt(message, when, queue_id, recipient, rnd.choice(hosts), "sent",
                     "250 2.0.0 Ok: queued as %010X" % rnd.randrange(1 << 40), truth)
        return when

    def fill(self, text, message, recipient):
        return text.format(domain=message.domain, address=ADDRESS, recipient=recipient,
                           id="%x-%x.%d" % (self.random.randrange(1 << 48), self.random.randrange(1 << 32),
                                            self.random.randrange(1000)))

    def attempt(self, message, when, queue_id, recipient, host, status, text, truth):
        if status != "sent":
            text = "host %s[198.51.100.9] said: %s (in reply to end of DATA command)" % (host, text)
        dsn = {"sent": "2.0.0", "deferred": "4.7.0", "bounced": "5.7.1"}[status]
        self.at(when, message, "postfix/smtp[8]", "%s: to=<%s>, relay=%s[198.51.100.9]:25, delay=1.2, "
                "delays=0.1/0/0.5/0.6, dsn=%s, status=%s (%s)" % (queue_id, recipient, host, dsn, status, text), truth)


def main():
    parser = argparse.ArgumentParser(description="Writes a made-up mail log.")
    parser.add_argument("--lines", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rfc3339", action="store_true")
    options = parser.parse_args()
    traffic = Traffic(options.seed, options.rfc3339, gap=0.5, keep_truth=False, n_ids=200000)
    sys.stdout.writelines(line + "\n" for line in traffic.write(options.lines))


if __name__ == "__main__":
    main()
