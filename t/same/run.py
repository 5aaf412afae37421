#!/usr/bin/env python3
"""
The same question gets the same answer: each generated message is judged by the running daemon over the milter protocol
and by "preflight check" from a file, and its parts by the single commands, with one DNS server on loopback for all.
The log line must say what the JSON says, word for word.  Needs the built programs and python3-dkim; no root.

    run.py [part of a message's name]...        top_builddir=DIR says where the programs were built
"""
import concurrent.futures
import importlib.util
import itertools
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

import tap                                  # noqa: E402
import wire                                 # noqa: E402
from lab import Key, Lab, Preflight, write  # noqa: E402
from tap import equal, require              # noqa: E402

AT_ONCE = 4
HELO = "mail.example.test"
CONFIGURATION = """
mode = enforce
egress several {{
    senders = {{ "@.several.test" }}
    addresses = {{ "203.0.113.5", "203.0.113.6", "2001:db8::5" }}
    helo = "%(helo)s"
}}
egress named {{ senders = {{ "@.named.test" }} helo = "%(helo)s" }}
egress default {{ addresses = {{ "203.0.113.5" }} helo = "%(helo)s" }}
outgoing {{ networks = {{ "192.0.2.0/24" }} local_domains = {{ "local.test" }} }}
policy {{ reject = tempfail junk = hold unsure = log }}
domain "fail-quarantine.test" {{ policy {{ junk = reject }} }}
dns {{ servers = {{ "127.0.0.1@{port}" }} timeout = 1s budget = 3s }}
""" % {"helo": HELO}

SPF = {
    "pass": "v=spf1 ip4:203.0.113.5 ip4:203.0.113.6 ip6:2001:db8::5 -all",
    "part": "v=spf1 ip4:203.0.113.5 -all exp=why.test",
    "fail": "v=spf1 -all exp=why.test",
    "soft": "v=spf1 a:nowhere.test ~all",
    "chain": "v=spf1 include:fail-none.test mx:hosts.test ptr:example.test redirect=pass-none.test",
    "broken": "v=spf1 ip4:300.1.2.3 -all",
    "absent": None,
    "silent": "TIMEOUT",
    "waiting": "v=spf1 include:silent-none.test -all",
}
DMARC = {
    "none": "v=DMARC1; p=none",
    "reject": "v=DMARC1; p=reject; aspf=s",
    "quarantine": "v=DMARC1; p=quarantine; sp=reject",
    "absent": None,
    "silent": "TIMEOUT",
}
# By whom; None is the author domain.
SIGNERS = {"unsigned": [], "signed": [None], "changed": [None], "foreign": ["pass-absent.test"],
           "keyless": ["keyless.test"], "waiting": ["waiting.test"], "twice": ["keyless.test", None]}

# As lib/check/spfcheck.c has it: the worst address decides.
WORSE = ["pass", "policy", "temperror", "none", "neutral", "softfail", "permerror", "fail"]
OUTCOMES = ["accept", "unsure", "junk", "defer", "reject"]


def load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- the world -----------------------------------------------------------------------------------------------------

def zone(key):
    """For t/rfc7208's server, which can be silent about one name and type."""
    fixed = {
        HELO: [{"A": "203.0.113.5"}, {"AAAA": "2001:db8::5"}, {"TXT": "v=spf1 a -all"}],
        "hosts.test": [{"MX": [10, "silent-host.test"]}, {"MX": [20, HELO]}],
        "one.test": [{"MX": [5, "gmail-smtp-in.l.google.com"]}],
        "two.test": [{"MX": [0, "two-test.mail.protection.outlook.com"]}],
        "silent-mx.test": [{"MX": "TIMEOUT"}],
        "silent-host.test": [{"A": "198.51.100.1"}],
        "why.test": [{"TXT": "%{i} may not send for %{d}"}],
        "5.113.0.203.in-addr.arpa": [{"PTR": HELO}],
        "s1._domainkey.keyless.test": [{"A": "192.0.2.1"}],
        "s1._domainkey.waiting.test": [{"TXT": "TIMEOUT"}],
    }
    record = "v=DKIM1; k=rsa; p=" + key.public
    for spf, dmarc in itertools.product(SPF, DMARC):
        domain = "%s-%s.test" % (spf, dmarc)
        for name in (domain, domain.replace(".test", ".several.test"), domain.replace(".test", ".named.test")):
            fixed[name] = [{"TXT": SPF[spf]}] if SPF[spf] else [{"A": "192.0.2.1"}]
            if DMARC[dmarc]:
                fixed["_dmarc." + name] = [{"TXT": DMARC[dmarc]}]
            fixed["s1._domainkey." + name] = [{"TXT": record}]
    return fixed


class Mail:
    def __init__(self, name, sender, author, signature, recipients=("bob@receiver.test",), extra="", body=None):
        self.name = name
        self.sender = sender
        self.recipients = recipients
        self.fields = "%sTo: bob@receiver.test\nSubject: %s\n  and a fold\n%s" % (author, name, extra)
        self.fields += "Date: Mon, 23 Nov 2026 10:00:00 +0000\nMessage-ID: <1@example.test>\n"
        self.body = body or "Hello,\n\nthis is  a message. \n\n\n"
        self.signature = signature
        self.domain = re.sub(r".*@|>.*\n|\n.*", "", author)

    def text(self, sign):
        """The message as a file, lines ending in LF."""
        whole = (self.fields + "\n" + self.body).replace("\n", "\r\n").encode()
        fields = "".join(sign(domain or self.domain, whole) for domain in SIGNERS[self.signature]) + self.fields
        return fields + "\n" + self.body + ("a footer\n" if self.signature == "changed" else "")


def mails():
    """Every SPF record with every policy, the signatures in turn; then what is special."""
    turn = itertools.cycle(SIGNERS)
    for spf, dmarc in itertools.product(SPF, DMARC):
        domain = "%s-%s.test" % (spf, dmarc)
        kind = next(turn)
        yield Mail("%s %s %s" % (spf, dmarc, kind), "a@" + domain, "From: A <a@%s>\n" % domain, kind)
    for spf in SPF:
        domain = spf + "-reject.several.test"
        yield Mail("%s from several addresses" % spf, "a@" + domain, "From: a@%s\n" % domain, "unsigned")
        domain = spf + "-quarantine.named.test"
        yield Mail("%s from the helo name's addresses" % spf, "a@" + domain, "From: a@%s\n" % domain, "unsigned")
    author = "From: a@fail-reject.test\n"
    yield Mail("null sender", "", "From: MAILER-DAEMON@fail-reject.test\n", "unsigned")
    yield Mail("null sender, signed", "", author, "signed")
    yield Mail("misaligned", "a@pass-none.test", author, "unsigned")
    yield Mail("misaligned and signed", "a@pass-none.test", author, "signed")
    yield Mail("subdomain", "a@pass-quarantine.test", "From: a@sub.pass-quarantine.test\n", "unsigned")
    yield Mail("two authors", "a@pass-none.test", "From: a@pass-none.test, b@pass-reject.test\n", "unsigned")
    yield Mail("no author", "a@pass-none.test", "", "unsigned")
    yield Mail("two From fields", "a@pass-none.test", "From: a@pass-none.test\nFrom: b@fail-reject.test\n", "unsigned")
    yield Mail("several recipients", "a@fail-none.test", "From: a@fail-none.test\n", "unsigned",
               ["x@one.test", "y@TWO.test", "z@local.test", "w@one.test"])
    for name, recipients in (("gmail", ["x@one.test"]), ("nobody knows", ["x@silent-mx.test"]),
                             ("several", ["y@two.test", "x@one.test", "w@silent-mx.test"])):
        for sender in ("pass-none.test", "soft-none.test", "fail-reject.test"):
            yield Mail("%s to %s" % (sender, name), "a@" + sender, "From: a@%s\n" % sender, "unsigned", recipients)
        yield Mail("list mail to " + name, "a@pass-none.test", "From: a@pass-none.test\n", "unsigned", recipients,
                   "List-Id: <list.pass-none.test>\n")
    yield Mail("8-bit", "a@pass-none.test", "From: J\u00fcrgen <a@pass-none.test>\n", "signed", body="caf\u00e9\n")
    yield Mail("long lines", "a@pass-none.test", "From: a@pass-none.test\n", "signed", body="x" * 2000 + "\n")
    yield Mail("odd sender", "a b=\"c\\d@pass-none.test", "From: a@pass-none.test\n", "unsigned")
    yield Mail("empty body", "a@pass-none.test", "From: a@pass-none.test\n", "signed", body="\n")


# --- asking ----------------------------------------------------------------------------------------------------------

class World:
    """The DNS server, the daemon and the command, with one configuration."""

    def __init__(self, lab, builddir, dkim):
        self.command = os.path.join(builddir, "cli", "preflight")
        self.key = Key(lab.dir, "key")
        self.dkim = dkim
        served = load("rfc7208", os.path.join(os.path.dirname(HERE), "rfc7208", "run.py"))
        self.server = served.Server(served.Zone(zone(self.key)))
        lab.at_end(self.server.close)
        text = CONFIGURATION.format(port=self.server.port)
        self.conf = write(lab.path("check.conf"), text)
        self.daemon = Preflight(lab, "preflight", text)
        self.lab = lab
        status, output = self.run(["--help"])
        self.commands = re.findall(r"^  (\w+) ", output, re.M) if status == 0 else []

    def sign(self, domain, message):
        with open(self.key.path, "rb") as file:
            field = self.dkim.sign(message, b"s1", domain.encode(), file.read(), canonicalize=(b"relaxed", b"simple"),
                                   include_headers=[b"from", b"subject", b"date", b"message-id"])
        return field.decode().replace("\r\n", "\n")

    def run(self, args, stdin=b""):
        done = subprocess.run([self.command, *args], input=stdin, capture_output=True, timeout=60)
        require(done.stderr == b"", "%s: %s" % (args, done.stderr.decode("utf-8", "backslashreplace")))
        return done.returncode, done.stdout.decode()

    def ask(self, *args, stdin=b""):
        return json.loads(self.run([args[0], "-c", self.conf, "--json", *args[1:]], stdin)[1])

    def check(self, mail, data):
        recipients = [word for recipient in mail.recipients for word in ("--to", recipient)]
        return self.ask("check", "--from", mail.sender, *recipients, "-", stdin=data)

    def send(self, mail, data, queue_id):
        """The words of the daemon's log line."""
        head, _, body = data.partition(b"\n\n")
        mta = wire.Mta(self.daemon.path)
        mta.connect_from("client.test", "192.0.2.10")
        mta.command("helo", wire.strings("client.test"))
        mta.command("mail", wire.strings("<%s>" % mail.sender))
        for recipient in mail.recipients:
            mta.command("rcpt", wire.strings("<%s>" % recipient))
        mta.macros("data", {"i": queue_id})
        mta.command("data")
        for field in re.split(rb"\n(?=[^ \t])", head):
            name, _, value = field.partition(b":")
            mta.header(name, value)
        mta.command("eoh")
        mta.body(body.replace(b"\n", b"\r\n"))
        mta.command("eom")
        mta.quit()
        return self.daemon.judged(queue_id)


# --- comparing -------------------------------------------------------------------------------------------------------

def escaped(text):
    """As lib/base/str.c escapes a word of the log line."""
    return "".join(chr(c) if 0x21 <= c < 0x7f and chr(c) not in ",=\";\\" else "\\\\" if c == 0x5c else "\\x%02x" % c
                   for c in wire.text(text))


def overall_dkim(results):
    words = [one["result"] for one in results]
    return next((word for word in ("pass", "temperror") if word in words), words[0] if words else "none")


def expected_line(queue_id, report):
    """The log line that these facts make, without its time."""
    identity = "mailfrom" if report["sender"] else "helo"
    spf = max((one["result"] for one in report["spf"] if one["identity"] == identity), key=WORSE.index)
    worst = max(report["predictions"], key=lambda one: OUTCOMES.index(one["outcome"]))
    said = worst["replies"][0].replace(" ", "-") if worst["replies"] else worst["outcome"]
    findings = list(dict.fromkeys(one["id"] for one in report["findings"]))
    words = [("verdict", report["verdict"]), ("action", report["action"]), ("egress", report["egress"]),
             ("from", "<%s>" % escaped(report["sender"])), ("author", report.get("author_domain", "-")), ("spf", spf),
             ("dkim", overall_dkim(report["dkim"])), ("dmarc", report["dmarc"]["result"]),
             ("policy", report["dmarc"].get("policy", "-")), ("predict", worst.get("receiver", "unknown") + ":" + said),
             ("findings", ",".join(findings) or "-")]
    return "%s: %s" % (queue_id, " ".join("%s=%s" % pair for pair in words))


def without(thing, *keys):
    return {key: value for key, value in thing.items() if key not in keys}


def compare_spf(world, mail, report):
    for one in report["spf"]:
        if one["identity"] != ("mailfrom" if mail.sender else "helo") or "address" not in one:
            continue
        got = world.ask("spf", "--ip", one["address"], "--helo", HELO, "--from", mail.sender)
        equal({key: got.get(key) for key in without(one, "aligned", "identity")}, without(one, "aligned", "identity"),
              "preflight spf for " + one["address"])


def compare_dkim(world, report, data):
    got = world.ask("dkim", "-", stdin=data)
    equal([{key: one.get(key) for key in without(want, "aligned")} for one, want in zip(got, report["dkim"])],
          [without(want, "aligned") for want in report["dkim"]], "preflight dkim")
    equal(len(got), len(report["dkim"]), "signatures of preflight dkim")


def compare_dmarc(world, mail, report):
    """Of one author domain and readable signatures; who has several authors is asked about none."""
    has_several = any(one["id"] == "from-multiple" for one in report["findings"])
    if "author_domain" not in report or has_several or any("domain" not in one for one in report["dkim"]):
        return
    identity = "mailfrom" if mail.sender else "helo"
    args = ["--author", report["author_domain"]]
    for one in report["spf"]:
        if one["identity"] == identity:
            args += ["--spf", "%s:%s" % (one["result"], one["domain"])]
    for one in report["dkim"]:
        args += ["--dkim", ":".join([one["result"], one["domain"], one["selector"]])]
    equal(world.ask("dmarc", *args), report["dmarc"], "preflight dmarc " + " ".join(args))


def compare(world, mail, number):
    data = mail.text(world.sign).encode()
    queue_id = "4Q%d" % number
    report = world.check(mail, data)
    line = world.send(mail, data, queue_id)
    equal(re.sub(r" ms=\d+$", "", line), expected_line(queue_id, report), "the daemon's line, and the JSON as one")
    if "spf" in world.commands:
        compare_spf(world, mail, report)
    if "dkim" in world.commands:
        compare_dkim(world, report, data)
    if "dmarc" in world.commands:
        compare_dmarc(world, mail, report)
    return report["verdict"]


def attempt(world, mail, number):
    """For a thread: the verdict, and what went wrong."""
    try:
        return compare(world, mail, number), None
    except Exception as error:      # tap reports it in the message's place
        return None, error


def main():
    builddir = os.environ.get("top_builddir", os.path.join(os.path.dirname(os.path.dirname(HERE)), "build"))
    try:
        import dkim
    except ImportError:
        tap.skip_all("python3-dkim is missing")
    run = tap.Run(sys.argv[1:])
    chosen = [mail for mail in mails() if not run.filters or any(text in mail.name for text in run.filters)]
    with Lab(builddir) as lab, concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        world = World(lab, os.path.abspath(builddir), dkim)
        verdicts = set()
        for mail, future in [(mail, pool.submit(attempt, world, mail, number)) for number, mail in enumerate(chosen)]:
            verdict, error = future.result()
            verdicts.add(verdict)

            def outcome(error=error):
                if error:
                    raise error
            run.story(mail.name, outcome)
        if not run.filters:
            run.story("every verdict but defer was met",
                      lambda: require(verdicts >= {"accept", "junk", "reject", "unsure"}, "only %s" % verdicts))
        run.story("the daemon ends well", world.daemon.stop)
    return run.finish()


if __name__ == "__main__":
    sys.exit(main())
