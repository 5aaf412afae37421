#!/usr/bin/env python3
"""
preflight explain on what came back: the files here, and bounce messages whose sender's DNS is as the zone has it.

    run.py [part of a story's name]...         top_builddir=DIR says where the command was built
"""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

import tap                                                      # noqa: E402
from signed import BODY, HEADER, KEY, SIGNATURE, key_record     # noqa: E402
from tap import equal, require                                  # noqa: E402

PREFLIGHT = os.path.abspath(os.path.join(os.environ.get("top_builddir", "."), "cli", "preflight"))

ZONE = """\
example.com. 60 IN TXT "v=spf1 %s -all"
example.com. 60 IN A 192.0.2.7
_dmarc.example.com. 60 IN TXT "v=DMARC1; p=reject"
mail.example.com. 60 IN A 192.0.2.7
7.2.0.192.in-addr.arpa. 60 IN PTR mail.example.com.
%s
"""
CONF = """\
dns { zone = "zone" }
egress default { addresses = { "192.0.2.7" } helo = "mail.example.com" }
"""
OTHER_KEY = ("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu1tx51y/QCCgX31j9WV4Y+TE6dp2YI6Api/0CmdvGo1uuw0F9SX8+D"
             "TOnEuCNY/wlHJGcAzPt+QUSJENSI2lpOt8QBumUqvTmU5YM9JQGYQjdxsuDpy0RsXrdCCgNEIXa7YJj9IYcdjAhGGde9SpEgir"
             "djVaTGMKwuZWbjDXoRoXTjSaSCS6bBQ846hQ5rBe6LXuiQqW2B4522hpkkfGlMwQfPelLK39dAL2YlE4JRHiAGeI6gwNkP1ZW4"
             "VDbrO4MgUiLdAm4Znuz0Ic/G/QKPTjcHyIyy4ZshieVXpTY9aqnoUIcEdzkerejNVBc7nV1S69ZfVhGY0hSsI4ertTUwIDAQAB")
REPORT = """\
From: MAILER-DAEMON@mail.example.com (Mail Delivery System)
To: a@example.com
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b1

--b1
Content-Type: text/plain

Your message could not be delivered.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.com
%s
%s
--b1
Content-Type: %s

%s
--b1--
"""
POSTFIX = "X-Postfix-Queue-ID: 4QxyzA1234\nX-Postfix-Sender: rfc822; a@example.com\n"
REFUSED = "Final-Recipient: rfc822; %s\nAction: failed\nStatus: 5.7.1\nDiagnostic-Code: smtp; %s\n"

SPF = "550 5.7.1 SPF check failed: 192.0.2.7 is not allowed to send mail for example.com"
DKIM = "550 5.7.20 No passing DKIM signature found"
DMARC = "550 5.7.1 Message rejected due to the DMARC policy of example.com"
GONE = "550 5.1.1 User unknown"


class Box:
    """A directory with a configuration and a zone; explains bounces in it."""

    def __init__(self, path):
        self.path = path
        self.write("conf", CONF)
        self.zone()

    def write(self, name, text):
        with open(os.path.join(self.path, name), "w", encoding="utf-8") as file:
            file.write(text)

    def zone(self, allowed="ip4:192.0.2.7", key=KEY):
        """The DNS as it is today; key None: nothing is published, "": revoked."""
        self.write("zone", ZONE % (allowed, "" if key is None else key_record(key)))

    def run(self, *args, stdin=b""):
        done = subprocess.run([PREFLIGHT, "explain", *args], cwd=self.path, input=stdin, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        require(b"Sanitizer" not in done.stderr, done.stderr.decode(errors="replace"))
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def explain(self, report, *args):
        status, out, err = self.run(*(args or ("-c", "conf")), "--json", "-", stdin=report.encode())
        equal((status, err), (0, ""), "status and standard error")
        return json.loads(out)


def report(*refused, header=SIGNATURE + HEADER, body=None, per_message=POSTFIX):
    """A bounce message: pairs of recipient and reply, and what comes back of the message."""
    kind = "text/rfc822-headers" if body is None else "message/rfc822"
    return REPORT % (per_message, "\n".join(REFUSED % pair for pair in refused), kind, header + (body or ""))


def expect_now(box, text, still_there, verdict, why, what):
    got = box.explain(text)
    require("now" in got, what + ": nothing about now in %s" % got)
    now = got["now"]
    equal((now.get("still_there"), now["verdict"]), (still_there, verdict), "%s: %s" % (what, now["reason"]))
    require(why in now["reason"], "%s: %s" % (what, now["reason"]))
    found = [finding["id"] for finding in now["findings"]]
    require("body's hash" not in json.dumps(got), "%s: of a body that may be lost: %s" % (what, got))
    for never in ("dkim-body-changed", "dkim-header-changed", "dkim-expired"):
        require(never not in found, "%s: %s of a copy" % (what, never))
    return found


def explains_the_files(box):
    """every file here is explained, as text and as JSON"""
    for name in sorted(os.listdir(HERE)):
        path = os.path.join(HERE, name)
        if not name.endswith((".eml", ".txt")):
            continue
        with open(path[:-3] + "want", encoding="utf-8") as file:
            want = file.read()
        status, out, err = box.run("--json", path)
        if want.startswith("error: "):
            equal((status, out), (2, ""), name)
            require(want[len("error: "):].strip() in err, "%s: %s" % (name, err))
            continue
        equal((status, err), (0, ""), name)
        refused = want.strip().split("\n\n")
        equal(len(json.loads(out).get("replies", [0])), len(refused), "%s: refusals" % name)
        status, out, err = box.run(path)
        equal((status, err), (0, ""), name)
        require(out.isascii(), name + ": untrusted bytes in the text")


def takes_it_anyhow(box):
    """log lines as an argument, a bounce message on standard input, more than is read"""
    with open(os.path.join(HERE, "log.txt"), encoding="utf-8") as file:
        lines = file.read()
    for line, want in zip((line for line in lines.split("\n") if "bounced" in line or "**" in line),
                          ("b@example.net", "c@nowhere.example")):
        status, out, err = box.run("--json", line)
        equal((status, err, json.loads(out)["recipient"]), (0, "", want), line)
    status, out, _ = box.run("--json", stdin=lines.encode() * 60000)
    equal((status, len(json.loads(out)["replies"])), (0, 1000), "a log of 36 MB")
    status, out, _ = box.run("--json", "-", stdin=report(("b@receiver.test", SPF)).encode() + b"x" * 20000000)
    equal((status, json.loads(out)["cause"]), (0, "spf"), "a message of 20 MB")


def tells_of_spf(box):
    """SPF: still there, mended, and in the text"""
    box.zone(allowed="ip4:192.0.2.1")
    found = expect_now(box, report(("b@receiver.test", SPF), header=HEADER), True, "reject",
                       "SPF fail for example.com from 192.0.2.7 (-all)", "SPF fails")
    require("spf-fail" in found, "findings: %s" % found)
    status, out, _ = box.run("-c", "conf", "-", stdin=report(("b@receiver.test", SPF), header=HEADER).encode())
    equal(status, 0, "status")
    require("still there: SPF fail for example.com from 192.0.2.7 (-all)" in out, out)
    box.zone()
    expect_now(box, report(("b@receiver.test", SPF)), False, "accept", "SPF pass for example.com", "SPF passes")
    status, out, _ = box.run("-c", "conf", "-", stdin=report(("b@receiver.test", SPF)).encode())
    require("mended: SPF pass for example.com from 192.0.2.7" in out, out)


def tells_of_dkim(box):
    """DKIM: by the key, by a whole copy, and never by a body that did not come back"""
    refused = ("b@receiver.test", DKIM)
    box.zone(allowed="ip4:192.0.2.1")
    expect_now(box, report(refused, body=BODY), False, "accept", "signature of example.com verifies", "a whole copy")
    found = expect_now(box, report(refused), None, "unsure", "not told by the copy", "the header only")
    equal([name for name in found if name.startswith("dkim")], ["dkim-returned"], "findings about DKIM")
    expect_now(box, report(refused, body=BODY + "a footer\n"), None, "unsure", "not told by the copy", "a footer")
    expect_now(box, report(refused, header=(SIGNATURE + HEADER).replace("hello", "other")), None, "unsure",
               "not told by the copy", "a header field differs")
    box.zone(allowed="ip4:192.0.2.1", key=OTHER_KEY)
    expect_now(box, report(refused), True, "reject", "is fail: the key in DNS is not the one that signed",
               "another key")
    box.zone(allowed="ip4:192.0.2.1", key=None)
    expect_now(box, report(refused), True, "reject", "permerror", "no key")
    box.zone(allowed="ip4:192.0.2.1", key="")
    expect_now(box, report(refused), True, "reject", "p= of the key's record is empty", "a revoked key")
    expect_now(box, report(refused, header=HEADER), True, "reject", "left without", "Postfix sent it unsigned")
    expect_now(box, report(refused, header=HEADER, per_message=""), None, "unsure", "no DKIM signature came back",
               "another server may sign what it sends")
    now = box.explain(report(refused, header="Received: from localhost\n"))["now"]
    require("still_there" not in now and "no DKIM signature came back" in now["reason"], "a part of a header: %s" % now)


def tells_of_dmarc(box):
    """DMARC: by SPF alone, by a signature, by what cannot be told"""
    refused = ("b@receiver.test", DMARC)
    expect_now(box, report(refused), False, "accept", "DMARC pass for example.com", "SPF passes")
    box.zone(allowed="ip4:192.0.2.1")
    expect_now(box, report(refused, body=BODY), False, "accept", "DMARC pass", "the signature verifies")
    expect_now(box, report(refused), None, "unsure", "DMARC temperror", "the signature is not told")
    expect_now(box, report(refused, header=HEADER), True, "reject", "DMARC fail for example.com: SPF fail", "unsigned")


def tells_of_others(box):
    """what only the receiver knows"""
    expect_now(box, report(("b@receiver.test", GONE)), None, "accept", "only the receiver knows", "a mailbox")
    got = box.explain(report(("b@receiver.test", GONE), ("c@receiver.test", SPF)))
    equal([one["now"].get("still_there") for one in got["replies"]], [None, False], "each by its own cause")


def without_a_message(box):
    """nothing is said of today without a configuration named or a message returned"""
    text = report(("b@receiver.test", SPF))
    require("now" not in box.explain(text, "--dns-timeout", "1"), "no -c")
    require("now" not in box.explain(SPF), "a bare reply")
    status, out, _ = box.run("-c", "conf", "-", stdin=SPF.encode())
    require(status == 0 and "still there" not in out and "cannot be told" not in out, out)


def dns_is_silent(box):
    """DNS that does not answer: it cannot be told"""
    got = box.explain(report(("b@receiver.test", SPF)), "-c", "conf", "--dns", "127.0.0.1@1", "--dns-timeout", "1")
    require("still_there" not in got["now"], "told without DNS: %s" % got["now"])
    equal(got["now"]["verdict"], "unsure", "verdict")
    got = box.explain(report(("b@receiver.test", DKIM)), "-c", "conf", "--dns", "127.0.0.1@1", "--dns-timeout", "1")
    require("is temperror: " in got["now"]["reason"], "the copy is blamed: %s" % got["now"])


STORIES = [explains_the_files, takes_it_anyhow, tells_of_spf, tells_of_dkim, tells_of_dmarc, tells_of_others,
           without_a_message, dns_is_silent]


def main():
    run = tap.Run(sys.argv[1:])
    for story in STORIES:
        with tempfile.TemporaryDirectory() as path:
            box = Box(path)
            run.story(story.__doc__, lambda: story(box))
    return run.finish()


if __name__ == "__main__":
    sys.exit(main())
