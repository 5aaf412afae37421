#!/usr/bin/env python3
"""
What preflight domain makes of OpenDKIM's configuration, against OpenDKIM itself: tables made up at random, and for each
some senders, of which OpenDKIM in its test mode says whether it signs their mail, and as whom.  TAP on standard output.

    run.py [--cases N] [--seed N]         environment: top_builddir
"""
import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

import tap                          # noqa: E402
from tap import equal, require      # noqa: E402

PREFLIGHT = os.path.join(os.environ.get("top_builddir", "."), "cli", "preflight")
OPENDKIM = shutil.which("opendkim") or "/usr/sbin/opendkim"
DOMAINS = ["a.example", "b.a.example", "c.b.a.example", "d.example"]
USERS = ["news", "nobody-else"]         # the second stands in no table
MESSAGE = "From: %s\r\nTo: x@receiver.test\r\nSubject: s\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n" \
          "Message-ID: <1@a.example>\r\n\r\nhello\r\n"


class Box:
    """A directory with a private key, in which tables are written."""

    def __init__(self, path):
        self.path = path
        self.key = self.write("key.pem", "")
        subprocess.run(["openssl", "genrsa", "-traditional", "-out", self.key, "1024"], check=True,
                       stderr=subprocess.DEVNULL)
        self.inline = "".join(open(self.key, encoding="ascii").read().split("\n")[1:-2])
        self.write("conf", 'opendkim_conf = "opendkim.conf"\ndns { zone = "zone" }\n'
                   'egress default { addresses = { "192.0.2.1" } helo = "a.example" }\n')
        self.write("zone", "a.example. 60 IN A 192.0.2.1\n")

    def write(self, name, text):
        path = os.path.join(self.path, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(path, 0o600)
        return path

    def signatures(self, sender):
        """What OpenDKIM does: the set of (d, s) that it signs with, or None where it defers the mail."""
        self.write("message", MESSAGE % sender)
        done = subprocess.run([OPENDKIM, "-x", "opendkim.conf", "-vvv", "-t", "message"], cwd=self.path, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        out = re.sub(r"\r?\n\s+", " ", done.stdout.decode(errors="replace"))
        if "SMFIS_TEMPFAIL" in out:
            return None
        found = set()
        for field in re.findall(r"v=1;.*", out):
            tags = dict(re.findall(r"\b([ds])=([^;]*);", field))
            found.add((tags["d"].strip().lower(), tags["s"].strip().lower()))
        return found

    def predicted(self, domain):
        """What preflight domain says: all, some or none, and the set of (d, s)."""
        done = subprocess.run([os.path.abspath(PREFLIGHT), "domain", "-c", "conf", "--json", domain], cwd=self.path,
                              timeout=60, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        require(done.returncode in (0, 1, 75), done.stderr.decode())
        report = json.loads(done.stdout)
        names = [key["name"].split("._domainkey.") for key in report["dkim"]]
        return report["opendkim"], {(domain, selector) for selector, domain in names}


def make_key_table(box, dice):
    """Entries k0 ... and names of some that are missing or broken."""
    lines = []
    for i in range(dice.randrange(1, 5)):
        domain = dice.choice([*DOMAINS, "%", "A.Example"])
        key = dice.choice([box.key, box.key, box.key, "./key.pem", box.inline])
        if dice.random() < 0.1:
            lines.append("k%d %s" % (i, dice.choice(["", domain, domain + ":s%d" % i])))
        else:
            lines.append("%sk%d%s%s:%s%d:%s" % (dice.choice(["", "", " "]), i, dice.choice([" ", "\t", "   "]), domain,
                                              dice.choice("sS"), i, key))
    if dice.random() < 0.2:
        lines.append("a.example a.example:own:" + box.key)
    dice.shuffle(lines)
    return lines


def place_keys(box, dice, lines):
    """What KeyTable says: a list where the entries fit into one, else a file of names or patterns."""
    kind = dice.choice(["file:", "file:", "", "refile:", "csl:"])
    entries = [line.split() for line in lines]
    if kind == "csl:" and all(len(entry) == 2 and "=" not in entry[1] for entry in entries):
        return kind + ",".join("=".join(entry) for entry in entries)
    return "%s%s/keys" % (kind if kind != "csl:" else "file:", box.path)


def make_sender(dice, is_pattern):
    domain = dice.choice(DOMAINS)
    parent = domain.split(".", 1)[1]
    choices = ["news@" + domain, domain, "." + parent, "news@." + parent, "news@*", "*"]
    if is_pattern:
        choices = ["news@" + domain, "*@" + domain, "*@*" + parent, "*@*." + parent, "n*s@" + domain, "*" + domain,
                   domain, "*@*", "*", "NEWS@*", "*.example"]
    text = dice.choice(choices)
    return text.upper() if dice.random() < 0.1 else text


def make_tables(box, dice):
    """Writes opendkim.conf and its tables; what it wrote, for the diagnosis."""
    kind = dice.choice(["refile", "refile", "file", "plain", "csl"])
    keys = make_key_table(box, dice)
    signers = []
    for _ in range(dice.randrange(0, 6)):
        value = dice.choice(["k%d" % dice.randrange(5)] * 5 + ["%", "k0:@%", "k1:x@y.example", "k2:news@a.example"])
        signers.append((make_sender(dice, kind == "refile"), value))
    separator = " " if kind != "csl" else "="
    lines = [separator.join(pair) + (dice.choice(["", "", " # note"]) if kind != "csl" else "") for pair in signers]
    conf = ["Mode s", "Syslog no", "RequireSafeKeys no", "KeyTable " + place_keys(box, dice, keys),
            "MultipleSignatures " + dice.choice(["no", "no", "yes"])]
    if kind == "csl" and lines and ":" not in ",".join(lines):
        conf.append("SigningTable " + dice.choice(["csl:", ""]) + ",".join(lines))
    else:
        prefix = {"refile": "refile:", "file": "file:"}.get(kind, "")
        conf.append("SigningTable %s%s/signers" % (prefix, box.path))
        lines = [line.replace("=", " ") for line in lines]
    dice.shuffle(conf)
    texts = {name: "\n".join(lines) + "\n"
             for name, lines in (("opendkim.conf", conf), ("keys", keys), ("signers", lines))}
    for name, text in texts.items():
        box.write(name, text)
    return texts


def make_single(box, dice):
    """Likewise with Domain, Selector and KeyFile."""
    names = [dice.choice([*DOMAINS, "A.EXAMPLE", "other.example"]) for _ in range(dice.randrange(1, 3))]
    if dice.random() < 0.1:
        names.append("*")
    kind = dice.choice(["list", "csl", "file", "refile"])
    if kind == "refile":
        names = [dice.choice([name, "*." + name, "*" + name]) for name in names]
    value = {"list": ",".join(names), "csl": "csl:" + ", ".join(names)}.get(kind, "%s:%s/names" % (kind, box.path))
    texts = {"names": "\n".join(names) + "\n",
             "opendkim.conf": "mode s\nSyslog no\nDomain %s\nselector S1\nKEYFILE %s\nRequireSafeKeys no\n"
             "SubDomains %s\n" % (value, box.key, dice.choice(["no", "yes", "T", "0"]))}
    for name, text in texts.items():
        box.write(name, text)
    return texts


def compare(box, domain):
    """Every signature is one of those predicted, and mail is signed as far as it is said to be."""
    scope, keys = box.predicted(domain)
    signed = {user: box.signatures("%s@%s" % (user, domain)) for user in USERS}
    require(scope["signs"] != "unknown", "unknown: " + str(scope))
    for user, pairs in signed.items():
        require(pairs is None or pairs <= keys, "%s@%s: %s signs, predicted is %s" % (user, domain, pairs, keys))
    equal(bool(signed[USERS[1]]), scope["signs"] == "all", "does it sign for any sender, of %s" % scope)
    if scope["signs"] == "none":
        require(not signed["news"], "news@%s is signed, and that is not known: %s" % (domain, scope))


def play(box, dice, make):
    texts = make(box, dice)
    try:
        for domain in dice.sample(DOMAINS, 2):
            compare(box, domain)
    except tap.Failure as failure:
        tables = "\n".join("%s:\n%s" % item for item in texts.items()).replace(box.inline, "INLINE")
        raise tap.Failure("%s\n%s" % (failure, tables.replace(box.path, "DIR"))) from None


def main():
    parser = argparse.ArgumentParser(description="Compares preflight domain with OpenDKIM.")
    parser.add_argument("--cases", type=int, default=60)
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    if not os.path.exists(OPENDKIM):
        tap.skip_all("opendkim is missing (Debian: opendkim)")
    run = tap.Run()
    with tempfile.TemporaryDirectory(prefix="preflight-opendkim.") as path:
        box = Box(path)
        for name, make, n in (("tables", make_tables, options.cases), ("one key", make_single, options.cases // 3)):
            for i in range(n):
                dice = random.Random("%s %d %d" % (name, options.seed, i))
                run.story("%s %d: OpenDKIM signs as is said" % (name, i), lambda: play(box, dice, make))
    return run.finish()


if __name__ == "__main__":
    sys.exit(main())
