#!/usr/bin/env python3
"""
What Preflight costs, beside other milters, in one run on one machine: ratios, medians of several rounds.

    measure.py [--rounds N] [--part warm|incoming|tcp|cold|scale]... [--results FILE]

Needs root (a network of its own, with a name server on port 53), the built tree in top_builddir, and for the peers
Debian's opendkim, opendmarc and rspamd; a peer that is not installed is left out, and the table says so.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

import workload                                         # noqa: E402
from lab import run, write                              # noqa: E402
from peers import INCOMING, SUBMITTED, Field            # noqa: E402
from process import wait_until                          # noqa: E402

BUILD = os.path.abspath(os.environ.get("top_builddir", "build"))
INSIDE = "--inside"
CONNECTIONS = 8
MESSAGES = {"2 kB": 4000, "10 kB": 3000, "50 kB": 1500, "1 MB": 160}
DISTINCT = {"2 kB": 40, "10 kB": 40, "50 kB": 40, "1 MB": 8}
COLD_DELAY_MS = 100
SCALE_DOMAINS = 2000
SCALE_MESSAGES = 200000


class NameServer:
    def __init__(self, folder, lines, port=53, delay_ms=0, slow_ms=0):
        zone = write(os.path.join(folder, "zone-%d" % time.monotonic_ns()), "\n".join(lines) + "\n")
        self.port = port
        self._popen = subprocess.Popen([os.path.join(BUILD, "t/bench/dns"), zone, "127.0.0.1", str(port), str(delay_ms),
                                        str(slow_ms)])
        wait_until(lambda: self.questions() is not None, "the name server")

    def questions(self):
        """How many it was asked so far."""
        import dns.message
        import dns.query
        try:
            answer = dns.query.udp(dns.message.make_query("count.bench.", "TXT"), "127.0.0.1", 1, self.port)
            return int(answer.answer[0][0].strings[0])
        except (OSError, dns.exception.DNSException):
            return None

    def stop(self):
        self._popen.kill()
        self._popen.wait()


class Figures:
    """One run of the load generator against one peer."""

    def __init__(self, peer, listing, messages, options=(), dns=None):
        asked = dns.questions() if dns else 0
        cpu, ticks = peer.cpu_seconds(), peer.ticks()
        argv = [os.path.join(BUILD, "t/bench/load"), "-n", str(messages), *options, *peer.sockets(), *peer.client,
                listing]
        told = json.loads(run(argv))
        self.cpu_us = (peer.cpu_seconds() - cpu) / messages * 1e6
        self.rate = messages / told["seconds"]
        self.p50_us, self.p99_us = told["p50_us"], told["p99_us"]
        self.answers = told["answers"]
        self.resident = peer.resident_bytes()
        user, system = (after - before for after, before in zip(peer.ticks(), ticks))
        self.user_share = user / max(1, user + system)
        self.questions = ((dns.questions() - asked) / messages) if dns else None
        refused = messages - sum(self.answers.get(letter, 0) for letter in "ac")
        if refused:
            raise RuntimeError("%s: %d of %d messages were not let through: %s" % (peer.name, refused, messages, told))


def median(values):
    return statistics.median(list(values))


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "|".join(" --- " if n == 0 else " ---: " for n in range(len(head)))
             + "|"]
    return lines + ["| " + " | ".join(row) + " |" for row in rows] + [""]


class Bench:
    def __init__(self, folder, rounds):
        self.folder = folder
        self.rounds = rounds
        self.keys = workload.Keys(folder)
        self.workload = workload.Workload(folder, self.keys)
        self.domains = workload.domain_names(10)
        self.lines = []
        self.field = Field(BUILD, folder, 53)

    def note(self, text):
        self.lines.append(text)
        print(text, flush=True)

    def notes(self, lines):
        for line in lines:
            self.note(line)

    def messages(self, kind, size, count, domains=None):
        return self.workload.listing(kind, size, count, domains or self.domains)

    def peers(self):
        """All of the comparison; the first two are the floor."""
        peers = [self.field.floor("does nothing"), self.field.floor("does nothing, quiet", "-q"),
                 self.field.preflight()]
        if shutil.which("opendmarc", path="/usr/sbin") and shutil.which("opendkim", path="/usr/sbin"):
            peers.append(self.field.opendkim_opendmarc())
        else:
            self.note("opendkim or opendmarc is not installed.\n")
        if shutil.which("rspamd"):
            peers.append(self.field.rspamd())
        else:
            self.note("rspamd is not installed.\n")
        return peers

    # --- parts ------------------------------------------------------------------------

    def warm(self):
        """Every peer on the same messages, caches warm, in turn within each round."""
        dns = NameServer(self.folder, workload.zone_lines(self.keys, self.domains))
        peers = self.peers()
        for kind in workload.KINDS:
            for size in workload.SIZES:
                listing = self.messages(kind, size, DISTINCT[size])
                options = ["-c", str(CONNECTIONS)]
                for peer in peers:
                    Figures(peer, listing, max(2 * DISTINCT[size], 100 if size != "1 MB" else 0), options)
                figures = {peer.name: [] for peer in peers}
                for number in range(self.rounds):
                    for peer in peers[number % len(peers):] + peers[:number % len(peers)]:
                        figures[peer.name].append(Figures(peer, listing, MESSAGES[size], options, dns))
                self.tell_warm(kind, size, peers, figures)
        for peer in peers:
            peer.stop()
        dns.stop()

    def tell_warm(self, kind, size, peers, figures):
        mine = figures["Preflight"]
        rows = []
        for peer in peers:
            runs = figures[peer.name]
            ratio = median(one.cpu_us / other.cpu_us for one, other in zip(mine, runs))
            rate = median(one.rate / other.rate for one, other in zip(mine, runs))
            share = median(one.user_share for one in runs)
            rows.append([peer.name, "%.0f" % median(one.cpu_us for one in runs), "%.0f %%" % (100 * share),
                         "%.2f" % ratio, "%.0f" % median(one.rate for one in runs), "%.2f" % rate,
                         "%.2f" % (median(one.p50_us for one in runs) / 1000),
                         "%.2f" % (median(one.p99_us for one in runs) / 1000),
                         "%.0f" % (runs[-1].resident / 1e6), "%.2f" % median(one.questions for one in runs)])
        self.notes(["### %s, %s, %d connections" % (size, kind, CONNECTIONS), ""])
        self.notes(table(["milter", "CPU us/message", "of it user", "Preflight's CPU to it", "messages/s",
                          "Preflight's rate to it", "p50 ms", "p99 ms", "resident MB", "DNS questions/message"], rows))

    def incoming(self):
        """Mail that is not outgoing, against a milter that accepts it at MAIL."""
        dns = NameServer(self.folder, workload.zone_lines(self.keys, self.domains))
        listing = self.messages("RSA-2048", "10 kB", DISTINCT["10 kB"])
        floor, mine = self.field.floor("accepts at MAIL", "-a", "-q"), self.field.preflight(client=INCOMING)
        floor.client = INCOMING
        runs = []
        for number in range(self.rounds + 1):
            pair = [mine, floor] if number % 2 else [floor, mine]
            got = {peer.name: Figures(peer, listing, 20000, ["-c", str(CONNECTIONS), "-m", "10"]) for peer in pair}
            runs.append((got[mine.name], got[floor.name]))
        runs = runs[1:]
        self.notes(["### Incoming mail, 10 messages in a session", ""])
        self.notes(table(["milter", "CPU us/message", "Preflight's CPU to it"], [
            [floor.name, "%.1f" % median(b.cpu_us for _, b in runs), "%.3f" % median(a.cpu_us / b.cpu_us
                                                                                     for a, b in runs)],
            [mine.name, "%.1f" % median(a.cpu_us for a, _ in runs), "1.000"]]))
        for peer in (floor, mine):
            peer.stop()
        dns.stop()

    def tcp(self):
        """A message over inet: waits for no acknowledgement that is held back for 40 ms."""
        dns = NameServer(self.folder, workload.zone_lines(self.keys, self.domains))
        listing = self.messages("RSA-2048", "10 kB", DISTINCT["10 kB"])
        mine = self.field.preflight(inet=8895)
        Figures(mine, listing, 100)
        one = Figures(mine, listing, 500)
        self.notes(["### Over inet:, one connection, 10 kB", "",
                    "%.2f ms a message in all; at its end p50 %.2f ms, p99 %.2f ms." % (
                        1000 / one.rate, one.p50_us / 1000, one.p99_us / 1000), ""])
        mine.stop()
        dns.stop()

    def cold(self):
        """Empty caches, 100 ms for each DNS answer, three includes in a row."""
        domains = workload.domain_names(1)
        dns = NameServer(self.folder, workload.zone_lines(self.keys, domains, includes=3), delay_ms=COLD_DELAY_MS)
        listing = self.messages("RSA-2048", "10 kB", 1, domains)
        rows = []
        for pause_ms in (0, 200, 600):
            waits = []
            for _ in range(max(3, self.rounds)):
                mine = self.field.preflight()
                waits.append(Figures(mine, listing, 1, ["-w", str(pause_ms)] if pause_ms else []).p50_us / 1000)
                mine.stop()
            chain = max(0, 4 * COLD_DELAY_MS - pause_ms)
            rows.append(["%d ms" % pause_ms, "%d ms" % chain, "%.1f ms" % median(waits), "%.1f ms" % max(waits),
                         "%+.1f ms" % (median(waits) - chain)])
        self.notes(["### Cold: empty caches, %d ms for each DNS answer, SPF with three includes in a row"
                    % COLD_DELAY_MS, ""])
        self.notes(table(["from RCPT to the header", "the longest chain, less that", "waited (median)", "(most)",
                          "beyond the chain"], rows))
        dns.stop()

    def scale(self):
        """Many connections and domains: memory, latency against few connections, and a slow domain."""
        domains = workload.domain_names(SCALE_DOMAINS)
        dns = NameServer(self.folder, workload.zone_lines(self.keys, domains))
        listing = self.messages("Ed25519", "2 kB", SCALE_DOMAINS, domains)
        mine = self.field.preflight(cache=10000)
        rows, pace = [], None
        for connections, messages in ((8, SCALE_MESSAGES // 10), (500, SCALE_MESSAGES // 10), (500, SCALE_MESSAGES),
                                      (500, SCALE_MESSAGES)):
            options = ["-c", str(connections), *(["-r", str(pace)] if pace else [])]
            one = Figures(mine, listing, messages, options, dns)
            pace = pace or int(one.rate * 0.5)
            rows.append(["%d" % connections, "%d" % messages, "%.0f" % one.rate, "%.0f" % (one.resident / 1e6),
                         "%.2f" % (one.p50_us / 1000), "%.2f" % (one.p99_us / 1000), "%.3f" % one.questions])
        self.notes(["### Scale: %d sender domains, one daemon, row after row" % SCALE_DOMAINS, "",
                    "The first row goes as fast as it can, the others at half its pace.", ""])
        self.notes(table(["connections", "messages", "messages/s", "resident MB", "p50 ms", "p99 ms",
                          "DNS questions/message"], rows))
        mine.stop()
        dns.stop()


PARTS = ("warm", "incoming", "tcp", "cold", "scale")


def machine():
    with open("/proc/cpuinfo", encoding="ascii") as file:
        models = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    return "%d x %s, Linux %s" % (len(models), models[0] if models else "unknown", os.uname().release)


def measure(arguments):
    folder = tempfile.mkdtemp(prefix="preflight-bench.", dir="/tmp")
    os.chmod(folder, 0o755)
    resolv_conf = write(os.path.join(folder, "resolv.conf"), "nameserver 127.0.0.1\n")
    run(["ip", "link", "set", "lo", "up"])
    run(["mount", "--bind", resolv_conf, "/etc/resolv.conf"])
    bench = Bench(folder, arguments.rounds)
    bench.notes(["# What Preflight costs", "",
                 "Made by t/bench/measure.py on %s, %s; medians of %d rounds." % (
                     time.strftime("%Y-%m-%d"), machine(), arguments.rounds), ""])
    try:
        for part in arguments.part or PARTS:
            getattr(bench, part)()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if arguments.results:
        write(arguments.results, "\n".join(bench.lines).rstrip() + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--part", action="append", choices=PARTS)
    parser.add_argument("--results")
    parser.add_argument(INSIDE, action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.inside:
        os.execvp("unshare", ["unshare", "--net", "--mount", sys.executable, os.path.abspath(__file__), *sys.argv[1:],
                              INSIDE])
    measure(arguments)


if __name__ == "__main__":
    main()
