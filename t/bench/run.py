#!/usr/bin/env python3
"""
Does the bench measure what it says it does?  Short, without the peers, without root; measure.py makes the figures.
"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

import measure                                          # noqa: E402
import tap                                              # noqa: E402
import workload                                         # noqa: E402
from lab import Lab                                     # noqa: E402
from peers import INCOMING, Field                       # noqa: E402
from tap import equal, require                          # noqa: E402

MESSAGES = 60


class Ground:
    """A folder with keys, a name server and a list of messages."""

    def __init__(self, lab):
        self.lab = lab
        self.keys = workload.Keys(lab.dir)
        self.workload = workload.Workload(lab.dir, self.keys)
        self.domains = workload.domain_names(3)
        self.dns = measure.NameServer(lab.dir, workload.zone_lines(self.keys, self.domains, includes=3),
                                      port=lab.free_port())
        self.field = Field(measure.BUILD, lab.dir, self.dns.port)
        lab.at_end(self.dns.stop)

    def listing(self, kind, size):
        return self.workload.listing(kind, size, 6, self.domains)


def log_of(peer):
    with open(peer.daemons[0].log, encoding="utf-8") as file:
        return file.read()


def judges(ground):
    """every message of the load is judged, signed well, by either algorithm and at every size"""
    peer = ground.field.preflight()

    total = 0
    for kind in workload.KINDS:
        for size in workload.SIZES:
            figures = measure.Figures(peer, ground.listing(kind, size), MESSAGES, ["-c", "4"], ground.dns)
            require(figures.cpu_us > 0 and figures.rate > 0 and figures.resident > 1e6, "figures of %s" % size)
            total += MESSAGES
    equal(log_of(peer).count("spf=pass dkim=pass dmarc=pass"), total, "messages that pass")
    again = measure.Figures(peer, ground.listing("RSA-2048", "2 kB"), MESSAGES, [], ground.dns)
    equal(again.questions, 0, "DNS questions of a warm cache")
    peer.stop()


def floors(ground):
    """the floors let everything through, and one of them at MAIL"""
    listing = ground.listing("Ed25519", "10 kB")
    for options in ([], ["-q"], ["-a", "-q"]):
        peer = ground.field.floor("floor", *options)
        figures = measure.Figures(peer, listing, MESSAGES, ["-c", "2"])
        equal(figures.answers, {"a": MESSAGES}, "answers")
        equal(figures.p50_us == 0, "-a" in options, "a wait at the end of the message")
        peer.stop()


def incoming(ground):
    """incoming mail is let go at MAIL"""
    peer = ground.field.preflight(client=INCOMING)
    figures = measure.Figures(peer, ground.listing("RSA-2048", "10 kB"), MESSAGES, ["-c", "2", "-m", "5"])
    equal((figures.p50_us, log_of(peer).count("verdict=")), (0, 0), "waits and judgements")
    peer.stop()


def main():
    stories = tap.Run(sys.argv[1:])
    with Lab(measure.BUILD) as lab:
        ground = Ground(lab)
        for story in (judges, floors, incoming):
            stories.story(story.__doc__, lambda story=story: story(ground))
    return stories.finish()


if __name__ == "__main__":
    sys.exit(main())
