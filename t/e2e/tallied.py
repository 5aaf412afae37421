"""
The story of preflight bounces: real messages, refused and deferred and filtered and held, and what their log says.
"""
import json
import re

from lab import run, write
from tap import equal, require
from world import message

COUNTS = ("delivered", "delayed", "deferred", "refused", "judged", "predicted_happened", "predicted_not_happened",
          "unpredicted", "accepted_delivered")
STAMP = re.compile(r"\w{3} [ \d]\d [\d:]{8} \S+ ")


class Log:
    """What Postfix and the daemons write from now on, as one syslog would have it."""

    def __init__(self, world):
        self.postfix = world.postfix.process
        self.daemons = [world.preflight[name] for name in ("observe", "enforce")]
        self.mark = self.postfix.mark()
        self.marks = [daemon.process.mark() for daemon in self.daemons]

    def verdicts(self):
        found = {}
        for daemon, mark in zip(self.daemons, self.marks):
            daemon.sync()
            for line in daemon.process.since(mark):
                match = re.search(r"(?:^|\s)((\w+): verdict=.*)$", line)
                if match:
                    found[match.group(2)] = match.group(1)
        return found

    def text(self):
        """Our line stands where the milter was asked: after the Message-ID."""
        verdicts, lines = self.verdicts(), []
        for line in self.postfix.since(self.mark):
            lines.append(line)
            match = re.search(r"cleanup\[\d+\]: (\w+): message-id=", line)
            if match and match.group(1) in verdicts:
                stamp = STAMP.match(line).group(0)
                lines.append(stamp + "preflight-milter[812]: " + verdicts.pop(match.group(1)))
        equal(verdicts, {}, "verdicts about no message in the log")
        return "\n".join(lines) + "\n"

    def wait(self, pattern):
        return self.postfix.wait_for(pattern, self.mark)


def send(world, log, door, sender, recipients, deferred=False):
    """A message, until it is out of the queue or deferred.  Its queue id."""
    token = "%s to %s by %s" % (sender, "-".join(recipients), door)
    reply = world.send(door, sender, message(sender, token), recipients)
    require(reply.code == 250, "the client was told: %s" % reply)
    log.wait((r"%s: to=.* status=deferred" if deferred else r"qmgr\[\d+\]: %s: removed") % reply.queue_id)
    return reply.queue_id


def tallied(world):
    """preflight bounces counts what became of real mail, and what the milter had said of it"""
    log = Log(world)
    send(world, log, "observe", "a@example.com", ["b@receiver.test"])
    send(world, log, "observe", "a@forbidden.test", ["b@receiver.test"])
    refused = [
        send(world, log, "observe", "a@forbidden.test", ["b@dmarc.test"]),
        send(world, log, "observe", "a@example.com", ["b@spf.test"]),
        send(world, log, "observe", "a@example.com", ["b@nobody.test"]),
        send(world, log, "observe", "a@example.com", ["b@receiver.test", "c@dmarc.test"]),
    ]
    filtered = send(world, log, "filtered", "a@forbidden.test", ["b@dmarc.test"])
    refused.append(log.wait(r"%s: to=.* status=sent .*queued as (\w+)\)" % filtered).group(1))
    for queue_id in refused:
        world.postfix.expect_notice(queue_id, log.mark)
    later = send(world, log, "observe", "a@example.com", ["b@later.test"], deferred=True)
    send(world, log, "observe", "a@forbidden.test", ["c@later.test"], deferred=True)
    waiting = tally(world, log)
    equal((waiting["total"]["deferred"], waiting["total"]["delayed"]), (2, 0), "before the receiver relents")

    world.refusing["later.test"].relent()
    world.postfix.flush()
    log.wait(r"qmgr\[\d+\]: %s: removed" % later)
    for sender, code in (("a@refused.test", 550), ("a@held.test", 250)):
        equal(world.send("enforce", sender, message(sender, "prevented")).code, code, "the reply to " + sender)
    log.wait(r"milter-hold: END-OF-MESSAGE")
    log.wait(r"to=<c@later.test>.* status=sent")
    check(tally(world, log), waiting)


def check(got, waiting):
    """Five notices went out, too; the two to later.test were late."""
    total = {"delivered": 3 + 5 + 2, "delayed": 2, "deferred": 0, "refused": 5, "judged": 10, "predicted_happened": 2,
             "predicted_not_happened": 2, "unpredicted": 2, "accepted_delivered": 3}
    equal({count: got["total"][count] for count in COUNTS}, total, "total")
    equal((got["total"]["handed_on"], waiting["total"]["handed_on"], got["total"]["local"]), (1, 1, 0), "handed on")
    equal({row["cause"]: (row["refused"], row["delayed"], row["predicted_happened"], row["unpredicted"])
           for row in got["causes"]},
          {"dmarc": (3, 0, 2, 1), "spf": (1, 0, 0, 1), "mailbox/other": (1, 0, 0, 0), "rate": (0, 2, 0, 0)}, "causes")
    equal({row["domain"]: (row["delivered"], row["refused"], row["prevented"]) for row in got["domains"]},
          {"example.com": (3, 3, 0), "forbidden.test": (2, 2, 0), "<>": (5, 0, 0), "refused.test": (0, 0, 1),
           "held.test": (0, 0, 1)}, "domains")
    equal(got["prevented"], {"total": 2, "reject": 1, "tempfail": 0, "hold": 1}, "prevented")
    equal((got["log"]["forgotten"], [row["receiver"] for row in got["receivers"]]), (0, ["127.0.0.1"]), "receivers")


def tally(world, log):
    path = write(world.lab.path("mail.log"), log.text())
    return json.loads(run([world.lab.preflight, "bounces", "-c", world.preflight["observe"].conf, "--json", path]))
