#!/usr/bin/env python3
"""
./bootstrap demo: real messages through Postfix, OpenDKIM and Preflight on loopback, told step by step.  Needs root.
"""
import os
import re
import sys
import textwrap

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from tap import Failure             # noqa: E402
from world import World, message    # noqa: E402

WIDTH = 100
IS_COLOUR = sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def paint(code, text):
    return "\033[%sm%s\033[0m" % (code, text) if IS_COLOUR else text


def say(text, indent="  "):
    print(textwrap.fill(" ".join(text.split()), WIDTH, initial_indent=indent, subsequent_indent=indent))


def show(label, text, code):
    """A line that a program wrote, folded under its label."""
    lines = textwrap.wrap(text, WIDTH - 14, break_long_words=False, break_on_hyphens=False)
    for at, line in enumerate(lines):
        print("  %s %s" % (paint("2", "%-10s" % (label if at == 0 else "")), paint(code, line)))


# what is sent, through which Preflight, from which envelope sender and author, and what it means
SCENES = [
    ("Signed, aligned, sent from an address that SPF allows.", "observe", "alice@example.com", "alice@example.com",
     "All three checks pass, so a receiver has nothing to object to. This is what good mail looks like in the log."),
    ("Sent from an address that the SPF record forgot, not signed either.", "observe", "bob@forbidden.test",
     "bob@forbidden.test",
     """A receiver would answer 550. Preflight only observes here, so the message goes out, and the log says so before
     the bounce does: what is wrong, and what to publish."""),
    ("Signed, but a filter behind the signer added a footer.", "changed", "carol@changed.test", "carol@changed.test",
     """The signature no longer fits the body, and SPF does not help: the policy is p=quarantine, so the message would
     be filed as junk. The remedy is to run that filter before the signer."""),
    ("From: a domain with p=reject, sent under another domain; Preflight now enforces.", "enforce", "news@example.com",
     "dave@author.test",
     """SPF passes, but for example.com, which is not aligned with the author domain. Preflight answers 451: the message
     waits in the sender's queue until the cause is mended, and no receiver has seen it."""),
    ("The same kind of failure in a domain whose policy is to hold.", "enforce", "erin@held.test", "erin@held.test",
     "The message lies in Postfix's hold queue (postqueue -p); postsuper -H sends it on when the record is mended."),
]


def preflight_of(door):
    return "observe" if door == "changed" else door


def queue_id_of(world, reply, mark):
    if reply.queue_id:
        return reply.queue_id
    return world.postfix.process.wait_for(r"cleanup\[\d+\]: (\w+): milter-reject", mark).group(1)


def play(world, number, scene):
    title, door, sender, author, meaning = scene
    daemon = world.preflight[preflight_of(door)]
    mark, postfix_mark = daemon.process.mark(), world.postfix.process.mark()

    print(paint("1", "\n%d. %s" % (number, title)))
    show("envelope", "MAIL FROM:<%s>, From: %s" % (sender, author), "0")
    reply = world.send(door, sender, message(author))
    show("Postfix", str(reply), "32" if reply.code == 250 else "31")
    queue_id = queue_id_of(world, reply, postfix_mark)
    line = daemon.judged(queue_id, mark)
    show("Preflight", line, {"accept": "32", "junk": "33"}.get(re.search(r"verdict=(\w+)", line).group(1), "31"))
    if reply.queue_id in world.postfix.held():
        hold = world.postfix.process.wait_for(r"%s: (milter-hold: .*)" % queue_id, postfix_mark)
        show("Postfix", hold.group(1), "33")
    elif reply.code == 250:
        world.postfix.expect_sent(reply.queue_id)
    daemon.sync()
    for other in explanations(daemon, queue_id, mark):
        show("explained", other, "36")
    print()
    say(meaning)


def explanations(daemon, queue_id, mark):
    found = [re.search(r"%s: (finding .*)" % queue_id, line) for line in daemon.process.since(mark)]
    return [match.group(1) for match in found if match]


def introduce(world):
    print(paint("1", "Preflight, on real mail"))
    say("""Postfix takes each message on loopback, OpenDKIM signs it, Preflight looks at what came out of that, and
    smtp-sink plays the rest of the world. The DNS is a zone file (dns { zone = ... } in preflight.conf), our sending
    address is 203.0.113.5, HELO mail.example.com. Everything lives in %s and goes away at the end.""" % world.lab.dir)


def main():
    if os.getuid() != 0:
        print("demo: Postfix needs root", file=sys.stderr)
        return 1
    builddir = os.environ.get("top_builddir", os.path.join(os.path.dirname(os.path.dirname(HERE)), "build"))
    try:
        with World(builddir, modes=("observe", "enforce"), is_zone_embedded=True) as world:
            introduce(world)
            for number, scene in enumerate(SCENES, 1):
                play(world, number, scene)
            print()
            say("%d messages sent, %d of them reached the world." % (len(SCENES), len(world.sink.messages())), "")
            say("README tells how to attach Preflight to your own Postfix or Sendmail.", "")
    except KeyboardInterrupt:
        return 130
    except Failure as failure:
        print("\ndemo: %s" % failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
