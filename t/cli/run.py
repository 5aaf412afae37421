#!/usr/bin/env python3
"""
preflight(1) from a shell's side: arguments, files, exit status, text and JSON.  Needs the built command only.

    run.py [part of a story's name]...         top_builddir=DIR says where the command was built
"""
import base64
import json
import os
import pty
import random
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

import signed                       # noqa: E402
import tap                          # noqa: E402
from tap import equal, require      # noqa: E402

PREFLIGHT = os.path.join(os.environ.get("top_builddir", "."), "cli", "preflight")

ZONE = """\
example.com. 60 IN TXT "v=spf1 ip4:192.0.2.1 -all exp=why.example.com"
why.example.com. 60 IN TXT "%{i} is not ours"
_dmarc.example.com. 60 IN TXT "v=DMARC1; p=reject"
mail.example.com. 60 IN A 192.0.2.1
soft.example. 60 IN TXT "v=spf1 ?all"
"""
DKIM_ZONE = """\
_dmarc.example.com. 60 IN TXT "v=DMARC1; p=reject"
revoked._domainkey.example.com. 60 IN TXT "v=DKIM1; p="
%s
""" % signed.key_record()
SIGNED = signed.SIGNATURE + signed.HEADER + signed.BODY
CONF = """\
mode = enforce
dns { zone = "zone" }
egress default { addresses = { "192.0.2.7" } helo = "mail.example.com" }
"""
MESSAGE = """\
From: Alice <alice@example.com>
To: bob@example.net
Subject: hello
Date: Mon, 23 Nov 2026 10:00:00 +0000
Message-ID: <1@example.com>

Hello.
"""


class Box:
    """A directory with a configuration, a zone and a message; runs the command in it."""

    def __init__(self, path):
        self.path = path
        for name, text in (("zone", ZONE), ("conf", CONF), ("message", MESSAGE)):
            self.write(name, text.encode())

    def write(self, name, data):
        with open(os.path.join(self.path, name), "wb") as file:
            file.write(data)

    def run(self, *args, stdin=b"", environment=None):
        env = dict(os.environ, **(environment or {}))
        done = subprocess.run([os.path.abspath(PREFLIGHT), *args], cwd=self.path, input=stdin, env=env, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        require(b"Sanitizer" not in done.stderr, done.stderr.decode(errors="replace"))
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def check(self, *args, stdin=b""):
        status, out, err = self.run("check", "-c", "conf", "--json", *args, stdin=stdin)
        require(out != "", "no report: " + err)
        return status, json.loads(out)


def judges_a_file(box):
    """a refusal: text, remedy, status 1"""
    status, out, err = box.run("check", "-c", "conf", "--to", "bob@example.net", "message")
    equal((status, err), (1, ""), "status and standard error")
    equal(out.split("\n")[0], "REJECT  generic receivers would answer 550 5.7.1", "headline")
    for want in ("SPF fail for example.com from 192.0.2.7 (-all)", "mend:", "example.net",
                 "spf-fail, dkim-none, dmarc-fail"):
        require(want in out, "no '%s' in\n%s" % (want, out))


def prints_json(box):
    """the same as JSON, as the contract has it"""
    status, report = box.check("--to", "bob@example.net", "--to", "<carol@example.net>", "message")
    equal(status, 1, "status")
    for key, want in (("verdict", "reject"), ("action", "tempfail"), ("sender", "alice@example.com"),
                      ("author_domain", "example.com"), ("egress", "default"), ("dkim", [])):
        equal(report[key], want, key)
    require("queue_id" not in report, "a queue id out of nowhere")
    equal(report["spf"][0], {"address": "192.0.2.7", "identity": "mailfrom", "domain": "example.com", "result": "fail",
                             "term": "-all", "lookups": 0, "void_lookups": 0, "aligned": True,
                             "explanation": "192.0.2.7 is not ours", "opinions": {"libspf2": "fail"}}, "spf")
    reading = {"result": "fail", "policy": "reject", "record_domain": "example.com", "org_domain": "example.com"}
    equal(report["dmarc"], {**reading, "rfc9989": reading, "rfc7489": reading, "opinions": {"libopendmarc": "reject"}},
          "dmarc")
    equal(report["predictions"], [{"recipient_domain": "example.net", "receiver": "generic", "outcome": "reject",
                                   "replies": ["550 5.7.1"], "because": ["spf-fail", "dkim-none", "dmarc-fail"]}],
          "predictions")
    equal(set(report["findings"][0]), {"id", "severity", "subject", "text", "remedy", "source"}, "a finding's keys")


def asks_spf(box):
    """spf: result, tree, findings; status by result; JSON as one element"""
    box.write("zone", (ZONE + """\
long.example. 60 IN TXT "v=spf1"%s " ip4:192.0.2.7 -all"
broken.example. 60 IN TXT "v=spf1 include:nowhere.example -all"
""" % "".join(' " ip4:198.51.100.%d"' % n for n in range(70))).encode())
    run = lambda *args: box.run("spf", "-c", "conf", *args)         # noqa: E731
    status, out, err = run("--ip", "192.0.2.7", "--from", "<a@example.com>")
    equal((status, err), (1, ""), "status and standard error")
    equal(out.split("\n")[0], "FAIL  192.0.2.7 may not send for example.com", "headline")
    for want in ("explains 192.0.2.7 is not ours", "lookups  0 of 10", "ttl      60 s", "libspf2  fail",
                 "example.com = v=spf1 ip4:192.0.2.1 -all exp=why.example.com", "mend:"):
        require(want in out, "no '%s' in\n%s" % (want, out))
    status, out, _ = run("--ip", "192.0.2.7", "--from", "a@long.example")
    equal(status, 0, "a long record")
    require("libspf2  neutral: the record of long.example is too long for it" in out and
            "spf-implementations-differ" in out, out)
    status, out, _ = run("--ip", "192.0.2.7", "--from", "a@broken.example")
    equal(status, 1, "permerror")
    require("spf-include-missing" in out, out)
    status, out, _ = run("--ip", "192.0.2.1", "--from", "<>", "--helo", "example.com", "--json")
    equal((status, json.loads(out)), (0, {"address": "192.0.2.1", "identity": "helo", "domain": "example.com",
                                          "result": "pass", "term": "ip4:192.0.2.1", "lookups": 0, "void_lookups": 0,
                                          "opinions": {"libspf2": "pass"}}), "JSON")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hole:
        hole.bind(("127.0.0.1", 0))
        status, out, _ = run("--ip", "192.0.2.7", "--from", "a@example.com", "--dns-timeout", "1",
                             "--dns", "127.0.0.1@%d" % hole.getsockname()[1])
    equal((status, out.split()[0]), (75, "TEMPERROR"), "a black hole")


def differs_in_check(box):
    """check: what libspf2 makes of a long record, and mistakes further on in it"""
    box.write("zone", ("long.example. 60 IN TXT \"v=spf1\"%s \" ip4:192.0.2.7 include:nowhere.example -all\"\n"
                       % "".join(' " ip4:198.51.100.%d"' % n for n in range(70))).encode())
    status, report = box.check("--from", "a@long.example", "message")
    ids = {finding["id"]: finding["text"] for finding in report["findings"]}
    equal((report["spf"][0]["result"], report["spf"][0]["opinions"]), ("pass", {"libspf2": "neutral"}), "opinions")
    require("drops the terms after the 64 it has room for" in ids.get("spf-implementations-differ", ""), str(ids))
    require("spf-include-missing" in ids and "spf-record-long" in ids, str(ids))


def takes_an_egress(box):
    """--egress and --helo, the worst address decides"""
    status, report = box.check("--egress", "192.0.2.1", "message")
    equal((status, report["verdict"]), (0, "accept"), "the listed address")
    status, report = box.check("--egress", "192.0.2.1", "--egress", "2001:db8::1", "message")
    equal((status, report["verdict"], len(report["spf"])), (1, "reject", 4), "a second address that is not listed")
    status, report = box.check("--egress", "192.0.2.1", "--helo", "other.example", "message")
    equal([r["domain"] for r in report["spf"]], ["example.com", "other.example"], "domains")


def reads_standard_input(box):
    """standard input, CRLF, mbox: one answer"""
    want = box.check("message")
    for how in (["-"], []):
        equal(box.check(*how, stdin=MESSAGE.encode()), want, "standard input")
    equal(box.check("-", stdin=MESSAGE.replace("\n", "\r\n").encode()), want, "CRLF")
    equal(box.check("-", stdin=b"From alice Mon Nov 23 10:00:00 2026\n" + MESSAGE.encode()), want, "mbox")


def judges_signatures(box):
    """dkim: a signature in full, as text and JSON, and as check has it"""
    box.write("zone", DKIM_ZONE.encode())
    box.write("signed", SIGNED.encode())
    status, out, err = box.run("dkim", "-c", "conf", "signed")
    equal((status, err), (0, ""), "status and standard error")
    for want in ("1 of 1 signature verifies", "s1._domainkey.example.com, aligned", "found, 2048 bits",
                 "covers         from to subject date message-id", "can be added   from subject date to cc",
                 "dkim-not-oversigned"):
        require(want in out, "no '%s' in\n%s" % (want, out))
    status, out, _ = box.run("dkim", "-c", "conf", "--json", "-", stdin=SIGNED.encode())
    signature = json.loads(out)[0]
    for key, want in (("domain", "example.com"), ("selector", "s1"), ("identity", "@example.com"), ("result", "pass"),
                      ("algorithm", "rsa-sha256"), ("canonicalization", "relaxed/relaxed"), ("key_bits", 2048),
                      ("key_found", True), ("key_flags", []), ("aligned", True), ("reason", ""),
                      ("signed_at", 1700474400), ("oversigned_headers", []), ("unsigned_headers", []),
                      ("signed_headers", ["from", "to", "subject", "date", "message-id"])):
        equal(signature[key], want, key)
    require(not {"finding", "expires", "body_length"} & set(signature), "a key that is not known")
    equal(box.check("signed")[1]["dkim"], [signature], "check's dkim")


def explains_signatures(box):
    """dkim: why a signature does not verify"""
    box.write("zone", DKIM_ZONE.encode())
    cases = [
        ("Subject: hello", "Subject: [list] hello", "dkim-header-changed", "the field Subject was changed after"),
        ("Subject: hello", "Subject: goodbye", "dkim-header-changed", "a signed header field was changed after"),
        ("is a message", "is a text", "dkim-body-changed", "the header is as it was signed"),
        ("s=s1", "s=s2", "dkim-no-key", "does not exist in DNS"),
        ("s=s1", "s=revoked", "dkim-key-revoked", "p= of the key's record is empty"),
        ("i=@example.com", "i=@example.net", "dkim-bad-signature", "i= is not in the domain d="),
        ("a=rsa-sha256", "a=rsa-sha1", "dkim-sha1", "a=rsa-sha1"),
    ]
    for old, new, finding, reason in cases:
        status, out, _ = box.run("dkim", "-c", "conf", "--json", stdin=SIGNED.replace(old, new).encode())
        signature = json.loads(out)[0]
        equal((status, signature["finding"]), (1, finding), new)
        require(reason in signature["reason"], "%s: no '%s' in '%s'" % (new, reason, signature["reason"]))
        status, out, _ = box.run("dkim", "-c", "conf", stdin=SIGNED.replace(old, new).encode())
        require(status == 1 and finding in out, "%s: no %s in\n%s" % (new, finding, out))
    equal(box.run("dkim", "-c", "conf", "--json", "message")[:2], (1, "[]\n"), "no signature")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hole:
        hole.bind(("127.0.0.1", 0))
        server = "127.0.0.1@%d" % hole.getsockname()[1]
        status, out, _ = box.run("dkim", "-c", "conf", "--dns", server, "--dns-timeout", "1", stdin=SIGNED.encode())
    equal((status, out.split()[1]), (75, "temperror"), "a black hole")


def knows_the_sender(box):
    """--from, else Return-Path, else From, else the null sender"""
    equal(box.check("--from", "<x@soft.example>", "message")[1]["sender"], "x@soft.example", "--from")
    for empty in ("<>", ""):
        report = box.check("--from", empty, "--egress", "192.0.2.1", "message")[1]
        equal((report["sender"], [r["identity"] for r in report["spf"]]), ("", ["helo"]), "the null sender")
    equal(box.check("-", stdin=b"Return-Path: <y@soft.example>\n" + MESSAGE.encode())[1]["sender"], "y@soft.example",
          "Return-Path")
    equal(box.check("-", stdin=b"Return-Path: <>\n" + MESSAGE.encode())[1]["sender"], "", "an empty Return-Path")
    status, report = box.check("-", stdin=b"Subject: nobody\n\nhello\n")
    equal((status, report["sender"], report["verdict"]), (1, "", "reject"), "no From")


def undecided(box):
    """DNS that fails: 75, within the time given"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hole:
        hole.bind(("127.0.0.1", 0))
        server = "127.0.0.1@%d" % hole.getsockname()[1]
        begin = time.monotonic()
        status, out, _ = box.run("check", "-c", "conf", "--dns", server, "--dns-timeout", "1", "message")
        took = time.monotonic() - begin
    equal((status, out.split()[0]), (75, "UNSURE"), "a black hole")
    require(took < 12, "took %.1f s" % took)
    status, out, _ = box.run("check", "-c", "conf", "--dns", server, "message")
    equal((status, out.split()[0]), (75, "UNSURE"), "a port nobody listens on")


def refuses_mistakes(box):
    """mistakes: status 2, what and where"""
    box.write("bad.conf", b"mode = enforce\negress default { adresses = { } }\n")
    cases = [
        ([], "usage:"),
        (["judge"], "no command 'judge'"),
        (["check", "--egress", "192.0.2"], "'192.0.2' is not an IP address"),
        (["check", "--helo", "a b"], "'a b' is not a host name"),
        (["check", "--dns", "ns.example"], "'ns.example' is not a server address"),
        (["check", "--dns-timeout", "soon"], "--dns-timeout"),
        (["check", "--nonsense"], "unrecognized option"),
        (["check", "message", "message"], "one file too many"),
        (["check", "-c", "missing.conf", "message"], "cannot open 'missing.conf'"),
        (["check", "-c", "bad.conf", "message"], "bad.conf:2: unknown option 'adresses', did you mean 'addresses'?"),
        (["check", "-c", "conf", "missing"], "cannot open 'missing'"),
        (["check", "-c", "conf", "."], "Is a directory"),
        (["config", "word"], "one word too many"),
        (["dkim", "message", "message"], "one file too many"),
        (["dkim", "--egress", "192.0.2.1"], "unrecognized option"),
        (["dkim", "-c", "conf", "missing"], "cannot open 'missing'"),
        (["dmarc"], "--author is missing"),
        (["dmarc", "--author", "a b"], "--author 'a b' is not a domain"),
        (["dmarc", "--author", "example.com", "word"], "one word too many"),
        (["dmarc", "--author", "example.com", "--spf", "pass"], "--spf 'pass' is not RESULT:DOMAIN"),
        (["dmarc", "--author", "example.com", "--spf", "good:example.com"], "--spf 'good:example.com' is not"),
        (["dmarc", "--author", "example.com", "--dkim", "pass:a b:s1"], "is not RESULT:DOMAIN[:SELECTOR]"),
        (["dmarc", "--author", "example.com"] + ["--spf", "pass:example.com"] * 101, "more than 100 --spf results"),
        (["spf", "--from", "a@example.com"], "--ip is needed"),
        (["spf", "--ip", "192.0.2.1"], "--from is needed"),
        (["spf", "--ip", "192.0.2.1", "--ip", "192.0.2.2", "--from", "a@example.com"], "--ip may be given once"),
        (["spf", "--ip", "example.com", "--from", "a@example.com"], "'example.com' is not an IP address"),
        (["spf", "--ip", "192.0.2.1", "--from", "a@example.com", "word"], "one word too many"),
    ]
    for args, want in cases:
        status, out, err = box.run(*args)
        equal((status, out), (2, ""), "status and output of %s" % args)
        require(want in err, "%s: no '%s' in\n%s" % (args, want, err))


def helps(box):
    """--help and --version: status 0"""
    for args, want in ((["--help"], "Commands:"), (["check", "--help"], "--egress"), (["config", "-h"], "usage:"),
                       (["spf", "-h"], "--ip"), (["--version"], "preflight 0")):
        status, out, err = box.run(*args)
        equal((status, err), (0, ""), str(args))
        require(want in out, "%s: no '%s' in\n%s" % (args, want, out))


def prints_the_configuration(box):
    """config: read back it is the same; as JSON too"""
    status, first, _ = box.run("config", "-c", "conf")
    equal(status, 0, "status")
    box.write("effective", first.encode())
    equal(box.run("config", "-c", "effective"), (0, first, ""), "the effective configuration, read back")
    conf = json.loads(box.run("config", "-c", "conf", "--json")[1])
    equal((conf["mode"], conf["egress"][0]["addresses"]), ("enforce", ["192.0.2.7"]), "JSON")
    equal((conf["receivers"], conf["bulk_threshold"], conf["policy"]["recipients"]), ("", 5000, "any"), "JSON")


def checks_the_receivers(box):
    """config: a mistake in the file of receivers is told, with file and line"""
    box.write("bad-receivers", b"receiver generic {\n  rule r {\n    when = { spf-pas }\n  }\n}\n")
    box.write("conf", (CONF + 'receivers = "bad-receivers"\n').encode())
    for command in (["config", "-c", "conf"], ["check", "-c", "conf", "message"]):
        status, out, err = box.run(*command)
        equal((status, out), (2, ""), "status and output of %s" % command)
        require("bad-receivers:3: option 'rule r: when': 'spf-pas' is not a fact, did you mean 'spf-pass'?" in err, err)


def checks_the_replies(box):
    """config: so is one in the file of replies"""
    box.write("bad-replies", b"pattern x {\n  cuase = spf\n}\n")
    box.write("conf", (CONF + 'replies = "bad-replies"\n').encode())
    status, out, err = box.run("config", "-c", "conf")
    equal((status, out), (2, ""), "status and output")
    require("bad-replies:2: unknown option 'cuase', did you mean 'cause'?" in err, err)


def predicts_per_receiver(box):
    """check: each recipient's receiver by its MX, its codes, what they rest on, and the remedy"""
    box.write("zone", (ZONE + """\
7.2.0.192.in-addr.arpa. 60 IN PTR out.example.com.
out.example.com. 60 IN A 192.0.2.7
gmail.com. 60 IN MX 5 gmail-smtp-in.l.google.com.
icloud.com. 60 IN MX 10 mx01.mail.icloud.com.
tenant.example. 60 IN MX 0 tenant-example.mail.protection.outlook.com.
loop.example. 60 IN CNAME pool.example.
pool.example. 60 IN CNAME loop.example.
""").encode())
    because = ["spf-fail", "dkim-none", "dmarc-fail"]
    want = {"gmail.com": ("gmail", "reject", ["550 5.7.26", "421 4.7.26"]),
            "icloud.com": ("icloud", "reject", ["554 5.7.1", "550 5.7.1"]),
            "tenant.example": ("exchange-online", "reject", ["550 5.7.509"]),
            "elsewhere.example": ("generic", "reject", ["550 5.7.1"])}
    recipients = [word for domain in [*want, "loop.example"] for word in ("--to", "bob@" + domain)]
    status, report = box.check(*recipients, "message")
    equal((status, report["verdict"]), (1, "reject"), "status and verdict")
    for prediction, (domain, (receiver, outcome, replies)) in zip(report["predictions"], want.items()):
        equal(prediction, {"recipient_domain": domain, "receiver": receiver, "outcome": outcome, "replies": replies,
                           "because": because}, domain)
    last = report["predictions"][-1]
    equal((last["recipient_domain"], last["outcome"], last["replies"]), ("loop.example", "reject", []), "loop.example")
    require("receiver" not in last, "a receiver that nobody knows: %s" % last)

    status, out, _ = box.run("check", "-c", "conf", *recipients, "message")
    lines = out.split("\n")
    equal(lines[0], "REJECT  Gmail and Google Workspace would answer 550 5.7.26 or 421 4.7.26", "headline")
    equal(lines[1], "        because: SPF fail for example.com from 192.0.2.7 (-all)", "why")
    require(lines[2].startswith("        mend: authorise 192.0.2.7 in the SPF record of example.com"),
            "no remedy: " + out)
    require("(documented: https://support.google.com/a/answer/3726730)" in out, "no source: " + out)
    require("by a receiver whose MX could not be looked up" in " ".join(out.split()), "loop.example: " + out)


def colours_a_terminal_only(box):
    """colour on a terminal, never with NO_COLOR"""
    def on_terminal(environment):
        main, other = pty.openpty()
        child = subprocess.Popen([os.path.abspath(PREFLIGHT), "check", "-c", "conf", "message"], cwd=box.path,
                                 stdout=other, env={**os.environ, "NO_COLOR": "", **environment})
        os.close(other)
        out = b""
        while True:
            try:
                chunk = os.read(main, 65536)
            except OSError:         # the terminal's other end is closed
                break
            if not chunk:
                break
            out += chunk
        os.close(main)
        child.wait()
        return out
    require(b"\x1b[" in on_terminal({}), "no colour on a terminal")
    require(b"\x1b[" not in on_terminal({"NO_COLOR": "1"}), "colour with NO_COLOR")
    require("\x1b[" not in box.run("check", "-c", "conf", "message")[1], "colour in a pipe")


def judges_dmarc(box):
    """dmarc: both readings, text, JSON, every exit status"""
    box.write("zone", (ZONE + """\
_dmarc.sub.lone.example. 60 IN TXT "v=DMARC1; p=reject"
_dmarc.strict.com. 60 IN TXT "v=DMARC1; p=quarantine; adkim=s"
_dmarc.bad.example. 60 IN TXT "v=DMARC1; p=refuse"
_dmarc.xn--bcher-kva.example. 60 IN TXT "v=DMARC1; p=none"
""").encode())
    passing, refused = 0, 1
    cases = [
        (["example.com", "--spf", "pass:example.com"], passing, "pass", "pass"),
        (["example.com", "--spf", "pass:mail.example.com"], passing, "pass", "pass"),
        (["example.com", "--dkim", "pass:EXAMPLE.com.:s1"], passing, "pass", "pass"),
        (["example.com", "--dkim", "fail:example.com:s1", "--dkim", "pass:example.com"], passing, "pass", "pass"),
        (["example.com", "--spf", "pass:example.com", "--spf", "fail:example.com"], refused, "fail", "fail"),
        (["example.com", "--spf", "fail:example.com"], refused, "fail", "fail"),
        (["example.com"], refused, "fail", "fail"),
        (["example.com", "--spf", "temperror:example.com"], 75, "temperror", "temperror"),
        (["nobody.example", "--spf", "pass:nobody.example"], refused, "none", "none"),
        (["bad.example", "--spf", "pass:bad.example"], refused, "permerror", "permerror"),
        (["sub.lone.example", "--spf", "pass:lone.example"], refused, "fail", "pass"),
        (["b\u00fccher.example", "--dkim", "pass:xn--bcher-kva.example"], passing, "pass", "pass"),
        (["xn--bcher-kva.example", "--spf", "pass:B\u00dcCHER.example"], passing, "pass", "pass"),
    ]
    for args, want, new, old in cases:
        status, out, err = box.run("dmarc", "-c", "conf", "--json", "--author", *args)
        result = json.loads(out)
        equal((status, err), (want, ""), "status and standard error of %s" % args)
        equal((result["result"], result["rfc9989"]["result"], result["rfc7489"]["result"]), (new, new, old), str(args))
    equal(result["opinions"], {"libopendmarc": "pass"}, "opinions")

    status, out, _ = box.run("dmarc", "-c", "conf", "--author", "sub.lone.example", "--spf", "pass:lone.example")
    for want in ("DMARC fail policy reject, record of sub.lone.example, organizational domain sub.lone.example pass "
                 "by RFC 7489: policy reject, record of sub.lone.example, organizational domain lone.example",
                 "dmarc-versions-differ", "result fail, by RFC 7489 pass", "mend:"):
        require(want in " ".join(out.split()), "no '%s' in\n%s" % (want, out))
    status, out, _ = box.run("dmarc", "-c", "conf", "--author", "strict.com", "--dkim", "pass:mail.strict.com")
    for want in ("libopendmarc says pass", "dmarc-implementations-differ", "libopendmarc: pass, RFC 7489: quarantine"):
        require(want in out, "no '%s' in\n%s" % (want, out))

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hole:
        hole.bind(("127.0.0.1", 0))
        server = "127.0.0.1@%d" % hole.getsockname()[1]
        status, out, _ = box.run("dmarc", "-c", "conf", "--dns", server, "--dns-timeout", "1", "--json", "--author",
                                 "example.com", "--spf", "pass:example.com")
    equal((status, json.loads(out)["result"]), (75, "temperror"), "a black hole")


def explains_replies(box):
    """what a reply means: argument, words, file, standard input; text and JSON"""
    reply = "550 5.7.515 Access denied, sending domain example.com does not meet the required authentication level. " \
            "Spf= Fail , Dkim= Pass , DMARC= Fail [x.prod.protection.outlook.com]"
    want = {"cause": "dmarc", "also": ["spf"], "receiver": "outlook", "code": "550", "enhanced": "5.7.515",
            "temporary": False}
    box.write("reply", reply.encode() + b"\n")
    for args, stdin in (([reply], b""), (reply.split(" "), b""), (["reply"], b""), (["-"], reply.encode()),
                        ([], reply.encode())):
        status, out, err = box.run("explain", "-c", "conf", "--json", "--", *args, stdin=stdin)
        equal((status, err), (0, ""), "status and standard error of %s" % args)
        got = json.loads(out)
        equal({key: got[key] for key in want}, want, str(args))
        equal(got["reply"], reply, "reply")
        require(got["text"] and got["remedy"] and got["page"].startswith("https://"), "nothing to do")
        require("replies" not in got, "several of one")
    status, out, err = box.run("explain", reply)
    equal((status, err), (0, ""), "status and standard error")
    equal(out.split("\n")[0], "DMARC  Outlook.com, Hotmail, Live and MSN refused it for good: 550 5.7.515", "headline")
    for want in ("also     spf", "mend: ", "https://", "Dkim= Pass"):
        require(want in out, "no '%s' in\n%s" % (want, out))
    status, out, _ = box.run("explain", "--json", "nobody knows")
    equal((status, json.loads(out)["cause"]), (0, "mailbox/other"), "words that say nothing")
    status, out, _ = box.run("explain", "nobody knows")
    equal(out.split("\n")[0], "UNKNOWN  nothing here says who refused what", "headline of words that say nothing")
    status, out, _ = box.run("explain", "550 5.9.9 Quux")
    equal(out.split("\n")[0], "UNKNOWN  the receiver refused it for good: 550 5.9.9", "headline of an unknown reply")
    require("No pattern of replies.conf knows" in out, out)
    status, out, _ = box.run("explain", "--json", "Message size exceeds the limit of 250 MB")
    equal((status, "code" in json.loads(out)), (0, False), "a number is no code")
    status, out, err = box.run("explain", "--json", "-", stdin=b"\x1b[31m550 \xff\xfe\0 5.7.26 " + b"x" * 100000)
    equal((status, json.loads(out)["enhanced"], "\x1b" in out), (0, "5.7.26", False), "noise")


def explains_refusals_only(box):
    """a reply that takes the message is none, nor is a name of no file"""
    sent = "Nov 23 10:00:00 mail postfix/smtp[812]: 4QxyzA1234: to=<a@example.net>, " \
           "relay=mx.example.net[192.0.2.1]:25, delay=1, delays=0/0/0/1, "\
           "dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4QxyzB)"
    for text in ("250 2.0.0 Ok: queued as 4QxyzB", "250", "2.1.5", "354 go on", sent,
                 "host mx.example.net[192.0.2.1] said: 250 Ok"):
        for args, stdin in (([text], b""), (["-"], text.encode())):
            status, out, err = box.run("explain", *args, stdin=stdin)
            equal((status, out), (2, ""), "status of '%s'" % text)
            require("refus" in err, err)
    status, out, _ = box.run("explain", "--json", "-", stdin=b"250 2.1.0 Ok\r\n550 5.1.1 User unknown\r\n")
    got = json.loads(out)
    equal((status, got["code"], "replies" in got), (0, "550", False), "a session")
    status, out, err = box.run("explain", "bounce.eml")
    equal((status, out), (2, ""), "status of a name of no file")
    require("cannot open 'bounce.eml': no such file" in err, err)
    equal(box.run("explain", "Greylisted")[0], 0, "status of a word that says something")
    status, out, err = box.run("explain", ".")
    require(status == 2 and "cannot read '.': Is a directory" in err, err)


def explains_several(box):
    """several refusals: the worst first in JSON, those alike together in text"""
    box.write("log", "".join(
        "Nov 23 10:00:00 mail postfix/smtp[812]: 4QxyzA1234: to=<%s@example.net>, relay=mx.example.net[192.0.2.1]:25, "
        "delay=1, delays=0/0/0/1, dsn=%s, status=%s (host mx.example.net[192.0.2.1] said: %s (in reply to RCPT TO "
        "command))\n" % line for line in (
            ("a", "4.7.1", "deferred", "450 4.7.1 <a@example.net>: Recipient address rejected: Greylisted"),
            ("b", "5.1.1", "bounced", "550 5.1.1 <b@example.net>: Recipient address rejected: User unknown"),
            ("c", "5.1.1", "bounced", "550 5.1.1 <c@example.net>: Recipient address rejected: User unknown"))).encode())
    status, out, err = box.run("explain", "--json", "log")
    equal((status, err), (0, ""), "status and standard error")
    got = json.loads(out)
    equal((got["cause"], got["recipient"], got["temporary"]), ("mailbox/other", "b@example.net", False), "the worst")
    equal([(one["cause"], one["recipient"], one["temporary"], one["host"]) for one in got["replies"]],
          [("rate", "a@example.net", True, "mx.example.net"),
           ("mailbox/other", "b@example.net", False, "mx.example.net"),
           ("mailbox/other", "c@example.net", False, "mx.example.net")], "replies")
    status, out, _ = box.run("explain", "log")
    for want in ("RATE  the receiver refused it for now: 450 4.7.1", "for      b@example.net, c@example.net"):
        require(want in out, "no '%s' in\n%s" % (want, out))
    equal(out.count("MAILBOX/OTHER"), 1, "headlines of what is alike")


def explains_by_own_patterns(box):
    """patterns of one's own; mistakes and files without a refusal end with 2"""
    shipped = os.path.abspath(os.path.join(HERE, "..", "..", "conf", "replies.conf"))
    own = 'pattern "frob" { cause = "content" match = { \'frobnicat\' } text = "Frob." remedy = "Unfrob." }\n'
    box.write("replies.conf", ('%sinclude("%s")\n' % (own, shipped)).encode())
    box.write("own", b'replies = "replies.conf"\n')
    status, out, _ = box.run("explain", "-c", "own", "--json", "550 5.1.1 user unknown, frobnicated")
    equal((status, json.loads(out)["cause"], json.loads(out)["text"]), (0, "content", "Frob."), "own pattern")
    box.write("replies.conf", own.replace("content", "contend").encode())
    status, out, err = box.run("explain", "-c", "own", "550 no")
    equal((status, out), (2, ""), "status of a mistake")
    require("replies.conf:1: option 'pattern frob: cause': 'contend' is not a cause, did you mean 'content'?" in err,
            err)
    for args, stdin in ((["message"], b""), (["-"], b""), ([], b"  \n"), ([""], b""), (["--no-such-option"], b"")):
        status, out, err = box.run("explain", *args, stdin=stdin)
        equal((status, out), (2, ""), "status of %s" % args)
        require("preflight" in err, err)


# A postconf that answers what is asked of it here: a smarthost for a host that signs but is not judged at submission.
POSTCONF = """\
#!/bin/sh
[ "$1" = -c ] && { [ "$2" = /no/such ] && { echo "postconf: fatal: open /no/such/main.cf" >&2; exit 1; }; shift 2; }
case "$1" in
-M) cat <<'END'
smtp       inet  n       -       y       -       -       smtpd
submission inet  n       -       y       -       -       smtpd -o smtpd_milters=inet:localhost:8891
pickup     unix  n       -       y       60      1       pickup
cleanup    unix  n       -       y       -       0       cleanup
smtp       unix  -       -       y       -       -       smtp
END
;;
-Px) echo "submission/inet/smtpd_milters = inet:localhost:8891" ;;
-x|"") cat <<'END'
config_directory = /etc/postfix
disable_mime_output_conversion = yes
inet_protocols = all
mail_version = 3.7.11
milter_default_action = tempfail
myhostname = mail.example.com
non_smtpd_milters = inet:localhost:8891, inet:localhost:8895
internal_mail_filter_classes = bounce
queue_directory = /var/spool/postfix
relayhost = %(relayhost)s
smtp_helo_name = mail.example.com
smtp_tls_security_level = may
smtpd_milters = inet:localhost:8891, inet:localhost:8895
END
;;
esac
"""


def audits_postfix(box):
    """postfix: a set-up told by postconf; status by its errors; mistakes"""
    def postconf(relayhost, text=POSTCONF):
        box.write("postconf", text.replace("%(relayhost)s", relayhost).encode())
        os.chmod(os.path.join(box.path, "postconf"), 0o755)
    path = {"PATH": box.path + ":" + os.environ["PATH"]}
    run = lambda *args: box.run("postfix", *args, environment=path)         # noqa: E731
    box.write("own", b'socket = "inet:8895@localhost"\negress default { helo = "mail.example.com" }\n')
    postconf("[relay.example.net]:587")
    status, out, err = run("-c", "own")
    equal((status, err), (1, ""), "status and standard error")
    equal(out.split("\n")[0], "POSTFIX  3.7.11, /etc/postfix: 1 error, 1 warning", "headline")
    for want in ("submission          submission  unjudged   inet:localhost:8891", "postfix-submission-unjudged",
                 "postfix-relayhost", '      helo = "relay.example.net"'):
        require(want in out, "no '%s' in\n%s" % (want, out))
    require(out.index("submission-unjudged") < out.index("postfix-relayhost"), "the worst is not first")
    status, out, _ = run("-c", "own", "--json", "--config-dir", "/etc/postfix")
    audit = json.loads(out)
    equal(set(audit), {"version", "config_directory", "relay", "ways_in", "ways_out", "settings", "findings",
                       "proposal"}, "keys")
    equal({way["service"]: way["judged"] for way in audit["ways_in"]},
          {"smtp": True, "submission": False, "pickup": True}, "ways in")
    equal(audit["ways_out"], [{"service": "smtp", "helo": "mail.example.com", "ipv4": True, "ipv6": True}], "ways out")
    equal(set(audit["findings"][0]), {"id", "severity", "subject", "text", "remedy", "source"}, "a finding's keys")
    box.write("proposed", b'socket = "inet:8895@localhost"\n' + audit["proposal"].encode())
    equal([finding["id"] for finding in json.loads(run("-c", "proposed", "--json")[1])["findings"]],
          ["postfix-submission-unjudged"], "what is left once the proposal is taken")
    postconf("", POSTCONF.replace("inet:localhost:8891\" ;;", "inet:localhost:8891, inet:localhost:8895\" ;;"))
    equal(run("-c", "own")[0], 0, "status where all is judged")
    for args, want in ((["--config-dir", "/no/such"], "open /no/such/main.cf"), (["word"], "one word too many"),
                       (["-c", "nowhere"], "nowhere"), (["--config-dir"], "config-dir")):
        status, out, err = run(*args)
        equal((status, out), (2, ""), "status of %s" % args)
        require(want in err, err)
    for script, want in (("echo hello", "postconf tells no settings of Postfix"), ("exec yes a=b", "writes more than"),
                         ("kill -9 $$", "was ended by signal 9")):
        postconf("", "#!/bin/sh\n%s\n" % script)
        status, out, err = run()
        equal((status, out), (2, ""), "status of '%s'" % script)
        require(want in err, err)


V6_REVERSE = "8" + ".0" * 23 + ".8.b.d.0.1.0.0.2.ip6.arpa"
AUDIT_ZONE = """\
mail.example.com. 60 IN A 192.0.2.7
mail.example.com. 60 IN TXT "v=spf1 a -all"
7.2.0.192.in-addr.arpa. 60 IN PTR mail.example.com.
%s. 60 IN PTR 2001-db8--8.pool.example.
2001-db8--8.pool.example. 60 IN AAAA 2001:db8::8
2.0.0.127.bl.example. 60 IN A 127.0.0.2
7.2.0.192.bl.example. 60 IN A 127.0.0.4
""" % V6_REVERSE
AUDIT_LISTS = """\
blocklist bl.example { kind = addresses codes = { "127.0.0.4 hijacked hosts" } }
blocklist gone.example { kind = addresses }
"""


def audits_the_egress(box):
    """egress: every address, blocklists, records to publish; text, JSON and status"""
    box.write("zone", AUDIT_ZONE.encode())
    status, out, err = box.run("egress", "-c", "conf")
    equal((status, err), (0, ""), "status and standard error")
    require(out.startswith("CLEAR  egress default: nothing stands in the way\n"), out)
    require("PTR         mail.example.com, confirmed" in out and "blocklists  none configured" in out, out)
    box.write("lists", AUDIT_LISTS.encode())
    box.write("two", (CONF.replace('"192.0.2.7"', '"192.0.2.7", "2001:db8::8"') + 'blocklists = "lists"\n').encode())
    status, out, _ = box.run("egress", "-c", "two")
    equal(status, 1, "status of a fault")
    for want in ("FAULTY  egress default, to be mended: address-listed",
                 "bl.example    listed: 127.0.0.4 hijacked hosts",
                 "gone.example  unusable: it does not list its test entry 2.0.0.127", "looks generic", "\nIPv6\n",
                 V6_REVERSE + ". PTR mail.example.com.\n",
                 "mail.example.com. AAAA 2001:db8::8\n"):
        require(want in out, "no '%s' in\n%s" % (want, out))
    status, out, _ = box.run("egress", "-c", "two", "--json")
    report = json.loads(out)
    one = report["egress"][0]
    equal((status, report["outcome"], one["egress"], one["helo"]),
          (1, "faulty", "default", {"name": "mail.example.com", "valid": True, "resolves": True, "blocklists": [],
                                     "org_domain": "example.com", "org_blocklists": []}),
          "JSON")
    equal([(a["address"], a["family"], a["ptr"], a["fcrdns"], a["generic"], a["helo"], a["helo_spf"]["result"],
            [(l["zone"], l["state"]) for l in a["blocklists"]]) for a in one["addresses"]],
          [("192.0.2.7", "ipv4", True, True, False, True, "pass", [("bl.example", "listed"),
                                                                   ("gone.example", "unusable")]),
           ("2001:db8::8", "ipv6", True, True, True, False, "fail", [])], "addresses")
    errors = [finding["id"] for finding in one["findings"] if finding["severity"] == "error"]
    equal(errors, ["address-listed"], "errors")
    require({"name": "mail.example.com", "type": "AAAA", "text": "2001:db8::8"} in one["publish"], str(one["publish"]))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hole:
        hole.bind(("127.0.0.1", 0))
        status, out, _ = box.run("egress", "-c", "conf", "--dns-timeout", "1", "--json",
                                 "--dns", "127.0.0.1@%d" % hole.getsockname()[1])
    report = json.loads(out)
    equal((status, report["outcome"], report["egress"][0]["findings"]), (75, "undecided", []), "a black hole")
    require(not {"ptr", "fcrdns", "helo", "name"} & set(report["egress"][0]["addresses"][0]), out)
    equal(box.run("egress", "word")[0], 2, "a word too many")


DOMAIN_ZONE = """\
example.com. 60 IN TXT "v=spf1 ip4:192.0.2.1 include:more.example ~all"
more.example. 60 IN TXT "v=spf1 ip4:192.0.2.2 -all"
example.com. 60 IN MX 10 mail.example.com.
mail.example.com. 60 IN A 192.0.2.1
_dmarc.example.com. 60 IN TXT "v=DMARC1; p=reject; rua=mailto:x@taker.example"
_mta-sts.example.com. 60 IN TXT "v=STSv1; id=1"
"""


def audits_a_domain(box):
    """domain: what is published, what lacks and what to publish; text, JSON and status"""
    box.write("zone", (DOMAIN_ZONE + DKIM_ZONE.replace('_dmarc.example.com. 60 IN TXT "v=DMARC1; p=reject"\n', "")
                       ).encode())
    status, out, err = box.run("domain", "-c", "conf", "--selector", "s1", "--selector", "revoked", "Example.COM")
    equal((status, err), (1, ""), "status and standard error")
    for want in ("FAULTY  example.com, to be mended: dkim-key-revoked", "softfail by ~all", "include:more.example",
                 "rsa, 2048 bits", "revoked", "policy reject, record of example.com", "not agreed there",
                 "example.com._report._dmarc.taker.example. TXT \"v=DMARC1\"\n", "a good record",
                 "example.com. TXT \"v=spf1 ip4:192.0.2.1 include:more.example ip4:192.0.2.7 ~all\"\n",
                 "_smtp._tls.example.com. TXT \"v=TLSRPTv1; rua=mailto:postmaster@example.com\"\n"):
        require(want in out, "no '%s' in\n%s" % (want, out))
    status, out, _ = box.run("domain", "-c", "conf", "--selector", "s1", "--json", "example.com")
    report = json.loads(out)
    equal((status, report["outcome"], report["takes_mail"]), (1, "faulty", True), "JSON")
    equal(report["dkim"], [{"name": "s1._domainkey.example.com", "source": "given", "found": True, "revoked": False,
                            "type": "rsa", "bits": 2048, "flags": ""}], "dkim")
    box.write("selectors", (CONF + 'domain "example.com" { selectors = { "s1", "revoked" } }').encode())
    out = box.run("domain", "-c", "selectors", "--selector", "s1", "--json", "example.com")[1]
    equal([(key["name"], key["source"]) for key in json.loads(out)["dkim"]],
          [("s1._domainkey.example.com", "given"), ("revoked._domainkey.example.com", "configured")], "sources")
    equal(report["mx"], [{"preference": 10, "host": "mail.example.com", "resolves": True}], "mx")
    equal((report["mta_sts"], report["tls_rpt"]), (
        {"state": "good", "policy": {"state": "missing", "problem": "the host mta-sts.example.com does not exist"}},
        {"state": "none"}), "TLS")
    equal(report["dmarc"]["reports"], [{"tag": "rua", "uri": "mailto:x@taker.example", "external": True,
                                        "authorized": False}], "reports")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hole:
        hole.bind(("127.0.0.1", 0))
        status, out, _ = box.run("domain", "-c", "conf", "--dns-timeout", "1", "--json", "--selector", "s1",
                                 "--dns", "127.0.0.1@%d" % hole.getsockname()[1], "example.com")
    report = json.loads(out)
    equal((status, report["outcome"], report["publish"]), (75, "undecided", []), "a black hole")
    # Without an address to send from the record is read all the same.
    box.write("nowhere", CONF.replace('addresses = { "192.0.2.7" } helo = "mail', 'helo = "nowhere').encode())
    out = box.run("domain", "-c", "nowhere", "example.com")[1]
    for want in ("not judged: no sending address is known; name them in an egress of preflight.conf",
                 "`- [1] include:more.example = v=spf1 ip4:192.0.2.2 -all"):
        require(want in out, "no '%s' in\n%s" % (want, out))
    report = json.loads(box.run("domain", "-c", "nowhere", "--json", "example.com")[1])
    equal((report["spf"], report["more_addresses"], report["more_selectors"], report["more_mx"]),
          ([], True, False, False), "no address")
    # Where all pass, the tree has what comes after the term that matched, too.
    box.write("ours", CONF.replace("192.0.2.7", "192.0.2.1").encode())
    out = box.run("domain", "-c", "ours", "example.com")[1]
    require("pass by ip4:192.0.2.1" in out and "`- [1] include:more.example" in out, out)
    for args in ([], ["a b"], ["example.com", "word"], ["--selector", "a b", "example.com"]):
        equal(box.run("domain", *args)[0], 2, str(args))


def asks_opendkim(box):
    """domain: selectors and private keys out of OpenDKIM's tables and --key, against what is published"""
    pem = lambda name: os.path.join(box.path, name + ".pem")        # noqa: E731
    keys = {}
    for name, options in (("old", ["RSA"]), ("new", ["RSA"]), ("ed", ["ed25519"])):
        subprocess.run(["openssl", "genpkey", "-algorithm", *options, "-out", pem(name)], check=True,
                       stderr=subprocess.DEVNULL)
        os.chmod(pem(name), 0o600)
        der = subprocess.run(["openssl", "pkey", "-in", pem(name), "-pubout", "-outform", "DER"], check=True,
                             stdout=subprocess.PIPE).stdout
        keys[name] = base64.b64encode(der[-32:] if name == "ed" else der).decode()
    record = lambda name, key: '%s._domainkey.example.com. 60 IN TXT "v=DKIM1; k=rsa; p=%s" "%s"\n' % (   # noqa: E731
        name, keys[key][:200], keys[key][200:])
    box.write("zone", (DOMAIN_ZONE + record("s1", "old") + record("s2", "old")).encode())
    box.write("keys", "".join("k%d example.com:s%d:%s\n" % (i, i, path) for i, path in enumerate(
        [pem("old"), pem("old"), pem("new"), pem("ed"), pem("none")])).encode())
    box.write("signers", b"news@example.com k1\nbulk@example.com k2\nx@example.com k4\n*@example.com k3\n")
    box.write("opendkim.conf", ("KeyTable %s/keys\nSigningTable refile:%s/signers\n" % (box.path, box.path)).encode())
    box.write("conf", (CONF + 'opendkim_conf = "opendkim.conf"\n').encode())
    status, out, err = box.run("domain", "-c", "conf", "--json", "example.com")
    report = json.loads(out)
    equal((status, err, report["opendkim"]), (1, "", {"signs": "all"}), "status and scope")
    equal({key["name"].split(".")[0]: (key["source"], key["private_key"]["state"]) for key in report["dkim"]},
          {"s1": ("opendkim", "matches"), "s2": ("opendkim", "differs"), "s4": ("opendkim", "unreadable"),
           "s3": ("opendkim", "uncompared")}, "keys")
    proposed = {r["name"].split(".")[0]: r["text"] for r in report["publish"] if "_domainkey" in r["name"]}
    equal(proposed, {"s2": "v=DKIM1; k=rsa; p=" + keys["new"], "s3": "v=DKIM1; k=ed25519; p=" + keys["ed"]},
          "proposals")
    found = {f["id"] for f in report["findings"]}
    for want in ("dkim-key-mismatch", "dkim-key-unreadable", "dkim-no-key"):
        require(want in found, want)
    text = box.run("domain", "-c", "conf", "example.com")[1]
    for want in ("(opendkim); its private key matches", "another private key signs", "signs its mail"):
        require(want in text, "no '%s' in\n%s" % (want, text))
    for name in keys:
        secret = open(pem(name)).read().split("\n")[1][:40]
        require(secret not in text and secret not in out, "a private key was told")
    # Nor one that stands where a name belongs.
    misplaced = open(pem("ed")).read().split("\n")[1]
    box.write("signers", b"*@example.com " + misplaced.encode() + b"\n")
    out = box.run("domain", "-c", "conf", "--json", "example.com")[1]
    require(misplaced not in out and "'(a private key)'" in out, out)
    # What is not covered is not signed; what cannot be read is not known.
    report = json.loads(box.run("domain", "-c", "conf", "--json", "mail.example.com")[1])
    equal(report["opendkim"], {"signs": "none", "detail": "no entry of SigningTable is for it"}, "not covered")
    require("dkim-domain-unsigned" in {f["id"] for f in report["findings"]}, "unsigned")
    # As whom it signs.
    for line, want in (("*@mail.example.com k1", False), ("*@other.example k1", True)):
        box.write("signers", (line + "\n").encode())
        domain = line.split("@")[1].split()[0]
        report = json.loads(box.run("domain", "-c", "conf", "--json", domain)[1])
        equal(report["opendkim"], {"signs": "all"}, line)
        equal("dkim-domain-unaligned" in {f["id"] for f in report["findings"]}, want, line)
    box.write("opendkim.conf", b"KeyTable lua:/x\nSigningTable refile:/y\n")
    report = json.loads(box.run("domain", "-c", "conf", "--json", "example.com")[1])
    equal(report["opendkim"]["signs"], "unknown", "a table of another kind")
    require("dkim-domain-unsigned" not in {f["id"] for f in report["findings"]}, "unknown is not unsigned")
    # By hand.
    box.write("conf", CONF.encode())
    report = json.loads(box.run("domain", "-c", "conf", "--json", "--key", "s1=" + pem("new"), "example.com")[1])
    equal([(key["source"], key["private_key"]) for key in report["dkim"]],
          [("given", {"state": "differs", "file": pem("new")})], "--key")
    # A name that is too long is no place for a record.
    report = json.loads(box.run("domain", "-c", "conf", "--json", "--key", ".".join(["a" * 60] * 4) + "=" + pem("new"),
                                "example.com")[1])
    equal([r for r in report["publish"] if "_domainkey" in r["name"]], [], "a name that is none")
    for bad in ("s1", "s1=", "a b=x"):
        equal(box.run("domain", "--key", bad, "example.com")[0], 2, bad)


LEAVING = """\
dns { zone = "zone" }
egress default { addresses = { "192.0.2.1" } helo = "mail.example.com" }
postfix { %s }
"""
LEAVING_ZONE = DKIM_ZONE + """\
example.com. 60 IN TXT "v=spf1 ip4:192.0.2.1 -all"
public.example. 60 IN TXT "v=spf1 -all"
_dmarc.public.example. 60 IN TXT "v=DMARC1; p=reject"
"""


def leaves_as_another(box):
    """check: the message is judged as Postfix will send it"""
    box.write("zone", LEAVING_ZONE.encode())
    box.write("signed", SIGNED.encode())
    box.write("checks", b"/^Subject: (.*)/ REPLACE Subject: [x] $1\n/^X-Note:/ IGNORE\n/^Date:/ WARN\n")

    def check(settings, *args, message="signed"):
        box.write("leaving", (LEAVING % settings).encode())
        status, out, err = box.run("check", "-c", "leaving", "--json", *args, "--to", "bob@example.net", message)
        require(err == "" or status == 2, err)
        return status, json.loads(out) if out else err

    def ids(report):
        return [finding["id"] for finding in report["findings"]]

    sender = ("--from", "a@example.com")
    generic = "smtp_generic_maps = { \"inline:{ {@example.com = @public.example} }\" }"
    status, report = check("", *sender)
    equal((status, report["verdict"], report["dkim"][0]["result"]), (0, "accept", "pass"), "as it is")
    require("sender_as_sent" not in report and "sender-rewritten" not in ids(report), "rewritten by nobody")

    status, report = check(generic, *sender)
    equal((status, report["verdict"]), (1, "reject"), "generic maps")
    equal((report["sender"], report["sender_as_sent"], report["author_domain"]),
          ("a@example.com", "a@public.example", "public.example"), "who sends")
    equal((report["spf"][0]["domain"], report["spf"][0]["result"]), ("public.example", "fail"), "SPF")
    equal((report["dkim"][0]["result"], report["dmarc"]["result"]), ("fail", "fail"), "DKIM and DMARC")
    require("smtp_generic_maps (inline:{ {@example.com = @public.example} }) rewrites From" in
            report["dkim"][0]["reason"], report["dkim"][0]["reason"])
    equal(set(ids(report)) & {"dkim-header-changed", "dkim-fragile-header", "sender-rewritten", "author-rewritten"},
          {"dkim-header-changed", "dkim-fragile-header", "sender-rewritten", "author-rewritten"}, "findings")
    require("dkim-header-changed" in report["predictions"][0]["because"], report["predictions"])
    require("<a@example.com> becomes <a@public.example> by smtp_generic_maps" in
            next(f["text"] for f in report["findings"] if f["id"] == "sender-rewritten"), "what becomes of whom")

    status, report = check("smtp_header_checks = { \"regexp:%s/checks\" }" % box.path, *sender)
    equal((report["dkim"][0]["result"], report["author_domain"]), ("fail", "example.com"), "header checks")
    require("replaces Subject" in report["dkim"][0]["reason"], report["dkim"][0]["reason"])
    require("sender_as_sent" not in report, "the sender stays")
    box.write("checks", b"/^X-Note:/ IGNORE\n/^Date:/ WARN\n/^Subject:/ REJECT\n")
    box.write("noted", (SIGNED.replace("From:", "X-Note: not signed\nFrom:", 1)).encode())
    for message in ("signed", "noted"):
        status, report = check("smtp_header_checks = { \"regexp:%s/checks\" }" % box.path, *sender, message=message)
        equal((status, report["dkim"][0]["result"]), (0, "pass"), "what is signed stays")
        require("dkim-fragile-header" not in ids(report), ids(report))

    box.write("many", SIGNED.replace("To:", "X-Many: 1\n" * 100 + "To:", 1).encode())
    box.write("unsigned", (signed.HEADER.replace("To:", "X-Many: 1\n" * 100 + "To:", 1) + signed.BODY).encode())
    few = "} limits { headers = 100 "
    for settings, message, want in ((generic, "unsigned", (75, "unsure", [])),
                                    ("smtp_header_checks = { \"regexp:%s/checks\" }" % box.path, "unsigned",
                                     (75, "unsure", [])),
                                    ("smtp_line_length_limit = 8", "many", (0, "accept", ["temperror"])),
                                    (few, "many", (0, "accept", ["temperror"]))):
        status, report = check(settings + few, *sender, message=message)
        equal((status, report["verdict"], [one["result"] for one in report["dkim"]]), want,
              "a header over the limits, " + settings)

    box.write("eight", SIGNED.replace("From:", "X-Note: \u00e9\nFrom:", 1).encode())
    for settings, is_fragile in (("", True), ("eightbitmime = auto", True), ("eightbitmime = yes", False)):
        _, report = check(settings, *sender, message="eight")
        equal((report["dkim"][0]["result"], "dkim-fragile-8bit" in ids(report)), ("pass", is_fragile), settings)

    status, report = check("smtp_line_length_limit = 36", *sender)
    equal((report["dkim"][0]["result"], report["author_domain"]), ("fail", "example.com"), "lines are cut")
    require("smtp_line_length_limit = 36 cuts Date" in report["dkim"][0]["reason"], report["dkim"][0]["reason"])

    box.write("replies", ("Reply-To: <r@example.com>\n" + SIGNED).encode())
    _, report = check(generic.replace("{@example.com =", "{r@example.com =") + " smtp_line_length_limit = 60", *sender,
                      message="replies")
    fragile = [f["text"] for f in report["findings"] if f["id"] == "dkim-fragile-long-line"]
    require("smtp_line_length_limit = 60 cuts DKIM-Signature" in fragile[0], fragile)

    _, report = check("smtp_body_checks = { \"regexp:{{/message/ REPLACE text}}\" }", *sender)
    equal((report["dkim"][0]["finding"], [one for one in ids(report) if "fragile" in one]),
          ("dkim-body-changed", ["dkim-fragile-body"]), "the body is changed")

    status, report = check("sender_canonical_maps = { \"inline:{ a@example.com=b@example.com, "
                           "b@example.com=c@public.example }\" }", *sender)
    equal((report["sender_as_sent"], report["dkim"][0]["result"], report["dmarc"]["result"]),
          ("c@public.example", "pass", "pass"), "sender_canonical_maps, again and again")

    status, report = check(generic, "--from", "")
    equal((report["sender"], report.get("sender_as_sent"), report["author_domain"]), ("", None, "public.example"),
          "a bounce")

    status, report = check("smtp_generic_maps = { \"texthash:/nonexistent/table\" }", *sender)
    equal((status, report["verdict"], report["dkim"][0]["result"], report["spf"][0]["result"]),
          (75, "unsure", "temperror", "temperror"), "a table that cannot be asked")
    require("/nonexistent/table" in report["trouble"], report["trouble"])
    require("departure-unknown" in report["predictions"][0]["because"], report["predictions"])

    os.mkdir(os.path.join(box.path, "slow"))
    box.write("slow/postmap", b"#!/bin/sh\nsleep 60 & sleep 60\n")
    os.chmod(os.path.join(box.path, "slow", "postmap"), 0o755)
    box.write("leaving", (LEAVING % generic).replace("dns {", "dns { budget = 1s").encode())
    status, out, _ = box.run("check", "-c", "leaving", "--json", *sender, "signed",
                             environment={"PATH": os.path.join(box.path, "slow") + ":" + os.environ["PATH"]})
    report = json.loads(out)
    equal((status, report["trouble"]), (75, "postfix: what leaves is not known: smtp_generic_maps: 'postmap' takes "
                                            "longer than 1 s"), "a table that does not answer")

    status, error = check("config_directory = \"/nonexistent\"", *sender)
    equal(status, 2, "no such Postfix")
    require("cannot ask Postfix for its settings" in error, error)
    status, _, error = box.run("config", "-c", "leaving")
    require(status == 2 and "cannot ask Postfix for its settings" in error, error)
    status, error = check("smtp_generic_maps = { \"/etc/postfix/generic\" }", *sender)
    equal((status, error.split(": ", 1)[-1]),
          (2, "leaving:3: option 'postfix: smtp_generic_maps': '/etc/postfix/generic' is not a table, TYPE:NAME\n"),
          "no type")


def survives_anything(box):
    """odd and hostile files are judged"""
    noise = random.Random(7)
    cases = {
        "nothing": b"",
        "a line end": b"\n",
        "NULs": b"From: a@example.com\0\nSubject: \0\0\n\n\0\0\n",
        "noise": noise.randbytes(200000),
        "no body": b"From: a@example.com",
        "10,000 fields": b"From: a@example.com\n" + b"".join(b"X-%d: x\n" % i for i in range(10000)) + b"\nx\n",
        "a field of 2 MB": b"From: a@example.com\nX: " + b"x" * 2000000 + b"\n\nx\n",
        "3,000 signatures": b"From: a@example.com\n" + b"DKIM-Signature: v=1; d=example.com; s=s\n" * 3000 + b"\nx\n",
        "30 MB": b"From: a@example.com\n\n" + (b"y" * 76 + b"\n") * 400000,
        "escape sequences": b"From: \x1b[31m@example.com\nSubject: \x1b]0;x\x07\n\n\x1b[2J\n",
    }
    for name, data in cases.items():
        status, out, err = box.run("check", "-c", "conf", "-", stdin=data)
        require(status in (0, 1, 75) and err == "", "%s: status %d, %s" % (name, status, err))
        require("\x1b" not in out, name + ": an escape sequence in the report")
        status, report = box.check("-", stdin=data)
        require(report["verdict"] in ("accept", "junk", "reject", "unsure"), name)


STORIES = [judges_a_file, leaves_as_another, prints_json, asks_spf, differs_in_check, takes_an_egress,
           reads_standard_input, judges_signatures, explains_signatures, knows_the_sender, undecided, refuses_mistakes,
           helps, prints_the_configuration, checks_the_receivers, checks_the_replies, predicts_per_receiver,
           colours_a_terminal_only, judges_dmarc, explains_replies, explains_refusals_only, explains_several,
           explains_by_own_patterns, audits_postfix, audits_the_egress, audits_a_domain, asks_opendkim,
           survives_anything]


def main():
    run = tap.Run(sys.argv[1:])
    for story in STORIES:
        with tempfile.TemporaryDirectory() as path:
            box = Box(path)
            run.story(story.__doc__, lambda: story(box))
    return run.finish()


if __name__ == "__main__":
    sys.exit(main())
