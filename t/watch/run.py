#!/usr/bin/env python3
"""
The background audit against a DNS that changes and fails while the daemon runs, and what is kept beyond its life.
Needs the built daemon and command, and nsd: no MTA, no network.

    run.py [part of a story's name]...      top_builddir=DIR says where they were built
"""
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

import signed                                           # noqa: E402
import tap                                              # noqa: E402
import wire                                             # noqa: E402
from lab import Lab, Nsd, Preflight, run_status, write  # noqa: E402
from process import wait_until                          # noqa: E402
from tap import equal, require                          # noqa: E402

BUILD = os.environ.get("top_builddir", os.path.join(os.path.dirname(os.path.dirname(HERE)), "build"))

ZONE = """\
$TTL 1
. IN SOA ns. root.ns. %d 3600 600 86400 1
. IN NS ns.
ns. IN A 127.0.0.1
mail.example.com. IN A 203.0.113.5
mail.example.com. IN TXT "v=spf1 a -all"
example.com. IN MX 10 mail.example.com.
_dmarc.example.com. IN TXT "v=DMARC1; p=reject"
receiver.test. IN MX 10 mail.example.com.
"""
PTR = "5.113.0.203.in-addr.arpa. IN PTR mail.example.com.\n"
SPF = 'example.com. IN TXT "v=spf1 ip4:203.0.113.5 -all"\n'
KEY = signed.key_record().replace(" 300 ", " 1 ") + "\n"
GOOD = (PTR, SPF, KEY)

CONFIGURATION = """\
audit_interval = %s
egress default {
    addresses = { "203.0.113.5" }
    helo = "mail.example.com"
}
dns { servers = { "127.0.0.1@%d" } timeout = 3s budget = 8s }
"""
PTR_MISSING = "audit: egress default: ptr-missing 203.0.113.5: the sending address 203.0.113.5 has no PTR record; "
PTR_BACK = "audit: egress default: ended: ptr-missing 203.0.113.5"
NO_KEY = "audit: domain example.com: dkim-no-key s1._domainkey.example.com: "


class World:
    """A zone that can be changed, and the daemon."""

    def __init__(self, lab, records=GOOD, interval="1s", more=""):
        self.lab = lab
        self.serial = 0
        self.zone = lab.path("zone")
        self.publish(records)
        self.nsd = Nsd(lab, self.zone)
        self.preflight = Preflight(lab, "preflight", CONFIGURATION % (interval, self.nsd.port) + more)
        self.mark = 0

    def publish(self, records):
        self.serial += 1
        write(self.zone, ZONE % self.serial + "".join(records))

    def change(self, records):
        """The name server's own reload, while it runs."""
        self.publish(records)
        self.nsd.process.send(signal.SIGHUP)

    def wait(self, text):
        """Until it is logged, after what was waited for before."""
        process = self.preflight.process
        process.wait_for(re.escape(text), self.mark)
        lines = process.since(self.mark)
        self.mark += next(at for at, line in enumerate(lines) if text in line) + 1

    def count(self, text):
        return sum(text in line for line in self.preflight.process.since(0))

    def tell(self):
        """What SIGUSR1 logs."""
        process = self.preflight.process
        mark = process.mark()
        process.send(signal.SIGUSR1)
        match = process.wait_for(r"audit: egresses (\d+), domains (\d+)", mark)
        wanted = 1 + int(match.group(1)) + int(match.group(2))

        def lines():
            found = [line.partition(": ")[2] for line in process.since(mark)]
            return [line for line in found if re.search(r"^audit: egresses |; audited | not audited yet; ", line)]
        wait_until(lambda: len(lines()) >= wanted, "%d lines" % wanted)
        return "\n".join(lines()[:wanted])

    def send(self, number=0, address="a@example.com"):
        """One message with the signature; its log line."""
        mta = wire.Mta(self.preflight.path)
        queue_id = "4Q%d" % number
        mta.connect_from("localhost", "127.0.0.1")
        mta.macros("mail", {"i": queue_id})
        mta.command("mail", wire.strings("<%s>" % address))
        mta.command("rcpt", wire.strings("<b@receiver.test>"))
        mta.command("data")
        for field in re.split(r"\n(?=[^ \t\n])", (signed.SIGNATURE + signed.HEADER).rstrip("\n")):
            mta.header(*field.partition(":")[::2])
        mta.command("eoh")
        mta.body(signed.BODY.lstrip("\n").replace("\n", "\r\n").encode())
        mta.macros("eom", {"i": queue_id})
        mta.command("eom")
        mta.quit()
        return self.preflight.judged(queue_id)

    def selectors(self):
        """What the command knows of example.com's selectors: name to source."""
        argv = [self.lab.preflight, "domain", "-c", self.preflight.conf, "--json", "example.com"]
        done = subprocess.run(argv, stdout=subprocess.PIPE, timeout=60)
        return {key["name"].split(".")[0]: key["source"] for key in json.loads(done.stdout).get("dkim", [])}


def keeping(lab):
    """Options for a state directory of its own, which is there."""
    directory = lab.path("state")
    os.mkdir(directory)
    os.chmod(directory, 0o777)
    return 'state_directory = "%s"\n' % directory


def a_record_goes_and_comes_back(lab):
    """what gets worse while the daemon runs is told once, its end too, and SIGUSR1 knows it"""
    world = World(lab, more='domain "example.com" { selectors = { "s1" } }\n')
    wait_until(lambda: "faulty 0, undecided 0, clear 2" in world.tell(), "the first audits")
    world.change((SPF, KEY))
    world.wait(PTR_MISSING)
    world.change(GOOD)
    world.wait(PTR_BACK)
    world.change((PTR, SPF))
    world.wait(NO_KEY)
    require("domain example.com: faulty: dkim-no-key s1._domainkey.example.com; audited" in world.tell(), world.tell())
    world.change((PTR, KEY))
    for text in ("ended: dkim-no-key s1._domainkey.example.com", "spf-none 203.0.113.5: "):
        wait_until(lambda text=text: world.count("audit: domain example.com: " + text), text)
    for text in (PTR_MISSING, PTR_BACK, NO_KEY):
        equal(world.count(text), 1, text)
    world.preflight.stop()


def a_dns_that_fails_is_no_change(lab):
    """a name server that falls silent begins and ends nothing, nor does it spoil the cache"""
    world = World(lab, (SPF, KEY), more='domain "example.com" { }\n')
    world.wait(PTR_MISSING)
    world.nsd.pause()
    wait_until(lambda: re.search(r"domain example\.com: undecided; audited \d+s ago", world.tell()), "a failed audit")
    require("egress default: faulty: ptr-missing 203.0.113.5" in world.tell(), world.tell())
    world.nsd.go_on()
    wait_until(lambda: "domain example.com: clear; audited" in world.tell(), "the audit after it")
    world.change(GOOD)
    world.wait(PTR_BACK)
    equal(world.count(PTR_MISSING), 1, "told once")
    equal(sum(" ended: " in line for line in world.preflight.process.since(0)), 1, "ends")
    equal(world.count("temperror"), 0, "lines about failures")
    world.preflight.stop()


def verdicts_find_answers_warm(lab):
    """after the audit a message's questions are answered already, the name server gone or not"""
    world = World(lab, interval="1m", more='domain "example.com" { selectors = { "s1" } }\n')
    zone = ZONE.replace("$TTL 1", "$TTL 900") % 9 + "".join(GOOD).replace(" 1 IN TXT", " 900 IN TXT")
    write(world.zone, zone)
    world.nsd.stop()
    world.nsd.start()
    world.preflight.stop()
    world.preflight.start()
    wait_until(lambda: "egress default: clear" in world.tell(), "the egress's audit")
    wait_until(lambda: "domain example.com: clear" in world.tell(), "the domain's audit", 60)
    world.nsd.stop()
    line = world.send(1)
    require("verdict=unsure" in line or "verdict=accept" in line, line)     # the recipient's MX is not known to it
    require(" spf=pass dkim=pass dmarc=pass " in line and "findings=- " in line, line)
    world.preflight.stop()


def a_stop_waits_for_no_audit(lab):
    """SIGTERM while an audit waits for the DNS: the daemon ends at once, and well"""
    world = World(lab, more=keeping(lab))
    wait_until(lambda: "not audited yet 0" in world.tell(), "the first audit")
    world.nsd.pause()
    mark = len(world.preflight.process.since(0))
    time.sleep(1.5)         # an audit begins each second; that it waits nothing tells
    begin = time.monotonic()
    world.preflight.stop()
    took = time.monotonic() - begin
    require(took < 2.5, "it took %.1f s\n%s" % (took, "\n".join(world.preflight.process.since(mark))))


def traffic_is_remembered(lab):
    """domains and selectors of judged mail are audited, known to the command, and kept beyond SIGKILL and restarts"""
    world = World(lab, more=keeping(lab))
    wait_until(lambda: "not audited yet 0" in world.tell(), "the first audit")
    require("example.com" not in world.tell(), "example.com is known already")
    require(" spf=pass dkim=pass " in world.send(1), world.preflight.judged("4Q1"))
    wait_until(lambda: "domain example.com: clear" in world.tell(), "the domain's audit")
    wait_until(lambda: world.selectors() == {"s1": "traffic"}, "the file")
    status, text = run_status([lab.preflight, "domain", "-c", world.preflight.conf, "example.com"])
    require("rsa, 2048 bits (recent traffic)" in text, text)
    mode = os.stat(lab.path("state/state.sqlite")).st_mode & 0o777
    equal("%o" % mode, "640", "the file's mode")
    world.preflight.process.kill()
    equal(world.selectors(), {"s1": "traffic"}, "selectors after SIGKILL")
    world.preflight.start()
    world.mark = 0
    wait_until(lambda: "domain example.com: clear" in world.tell(), "the domain's audit after SIGKILL")
    world.change((PTR, SPF))
    world.wait(NO_KEY)
    world.preflight.stop()
    equal(world.selectors(), {"s1": "traffic"}, "selectors after a stop")


def who_may_not_send_is_not_audited(lab):
    """a domain that does not let us send counts after twenty messages only"""
    world = World(lab, (PTR, 'example.com. IN TXT "v=spf1 -all"\n', KEY))
    for number in range(1, 21):
        require("example.com" not in world.tell(), "example.com counts after %d messages" % (number - 1))
        world.send(number)
    world.wait("audit: domain example.com: spf-fail 203.0.113.5: ")
    world.preflight.stop()


def a_directory_that_fails(lab):
    """a state directory that cannot be used stops no mail, is told once, and heals by itself"""
    directory = lab.path("state")
    world = World(lab, interval="1h", more='state_directory = "%s"\n' % directory)
    world.wait("state: cannot open '%s/state.sqlite': No such file or directory; what traffic shows is kept"
               % directory)
    world.send(1)
    os.mkdir(directory)
    world.wait("state: %s is written again" % directory)
    equal(world.selectors(), {"s1": "traffic"}, "what was seen before")
    os.rename(directory, directory + ".away")
    write(directory, "in the way")
    world.send(2, "a@sub.example.com")
    world.preflight.configure(CONFIGURATION % ("1h", world.nsd.port) + 'state_directory = "%s"\n' % directory)
    world.preflight.sync()
    world.send(3)
    wait_until(lambda: world.count("state: cannot") == 2, "the second warning")
    os.unlink(directory)
    os.rename(directory + ".away", directory)
    world.wait("state: %s is written again" % directory)
    equal(world.count("state: cannot"), 2, "warnings")
    write(os.path.join(directory, "state.sqlite"), "this is no database, " * 20)
    status, _ = run_status([lab.preflight, "domain", "-c", world.preflight.conf, "example.com"])
    require(status in (0, 1), "preflight domain ended with %d" % status)
    world.preflight.stop()


def signals_in_a_storm(lab):
    """SIGHUP and SIGUSR1 come while messages are judged and audits run: nothing is lost"""
    world = World(lab, more=keeping(lab) + 'domain "example.com" { }\n')
    errors = []

    def send_some(first):
        try:
            for number in range(first, first + 20):
                world.send(number)
        except Exception as error:      # told below
            errors.append(error)
    threads = [threading.Thread(target=send_some, args=(first,)) for first in (100, 200, 300)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        world.preflight.process.send(signal.SIGUSR1)
        world.preflight.process.send(signal.SIGHUP)
        time.sleep(0.02)
    for thread in threads:
        thread.join()
    require(not errors, "%s" % errors)
    equal(world.count(" verdict=accept "), 60, "messages")
    require("egresses 1, domains 1" in world.tell(), world.tell())
    world.preflight.stop()


STORIES = (a_record_goes_and_comes_back, a_dns_that_fails_is_no_change, verdicts_find_answers_warm,
           a_stop_waits_for_no_audit, traffic_is_remembered, who_may_not_send_is_not_audited, a_directory_that_fails,
           signals_in_a_storm)


def main():
    run = tap.Run(sys.argv[1:])
    if not os.path.exists("/usr/sbin/nsd"):
        tap.skip_all("takes nsd")
    for story in STORIES:
        with Lab(BUILD) as lab:
            run.story(story.__doc__, lambda story=story, lab=lab: story(lab), lab.excerpt)
    return run.finish()


if __name__ == "__main__":
    sys.exit(main())
