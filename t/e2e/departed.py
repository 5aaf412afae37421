"""
The stories of what Postfix does after the milter.  For each setting that changes a message on its way out, the message
that the world received is judged by python3-dkim and python3-spf, and what two Preflights had said of it before it left
must be just that: one learned Postfix's settings from its configuration, one was told them.  So must preflight check.
"""
import itertools
import json
import os
import re
import subprocess

from lab import Preflight, make_old, write
from tap import Failure, Skip, equal, require
from world import SELECTOR, message

try:
    import dkim
    from receiver import Receiver
except ImportError as error:
    MISSING = str(error)
else:
    MISSING = None

LISTS = ("smtp_generic_maps", "smtp_header_checks", "smtp_mime_header_checks", "smtp_nested_header_checks",
         "smtp_body_checks", "sender_canonical_maps", "canonical_maps")
NUMBERS = ("smtp_line_length_limit", "disable_mime_output_conversion")
TOKENS = itertools.count(1)
BODY = "Hello,\r\nthis is a message.\r\n"
GRUESS = "Gr\u00fc\u00dfe = Gr\u00fc\u00dfe\r\n"
LABELLED = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
MULTIPART = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="part"\r\n'
PARTS = ("--part\r\nContent-Type: text/plain; charset=utf-8\r\n%s\r\n%s\r\n"
         "--part\r\nContent-Type: message/rfc822\r\n\r\nSubject: nested\r\n\r\nnested text\r\n--part--\r\n")


# --- what is sent ------------------------------------------------------------------------

class Mail:
    """
    A message and what becomes of it: want is "spf dkim dmarc", as it leaves.  By default moved.test's, whose SPF fails:
    only its signature, OpenDKIM's, makes DMARC pass.  sign: keywords of dkim.sign in its place; False: unsigned.
    says: findings that Preflight must have; footer: behind what is signed; parts: of world.message.
    """

    def __init__(self, want, sender="a@moved.test", author=None, sign=None, door=None, says="", footer=b"", **parts):
        self.want = dict(zip(("spf", "dkim", "dmarc"), want.split()))
        self.sender = sender
        self.author = author or sender
        self.sign = sign
        self.door = door or ("departed" if sign is None else "departed-as-is")
        self.says = says.split()
        self.footer = footer
        self.parts = parts

    def data(self, world, token):
        extra = "X-Token: %s\r\n%s" % (token, self.parts.get("extra", ""))
        data = message(self.author, **{"subject": "a message", **self.parts, "extra": extra})
        if self.sign:
            with open(world.keys["right"].path, "rb") as key:
                domain = self.author.rpartition("@")[2].encode()
                data = dkim.sign(data, SELECTOR.encode(), domain, key.read(), **self.sign) + data
        return data + self.footer


class Case:
    """
    Messages that leave under these settings of main.cf; services: options of the smtp service in master.cf.
    told: what a preflight.conf says in place of what follows from them; None: it cannot say that.
    """

    def __init__(self, settings, *mails, services="", told="", is_learned=True, is_secret=False):
        self.settings = settings
        self.mails = mails
        self.services = services
        self.is_secret = is_secret          # nobody, who the daemons are, may not read the table
        self.is_learned = is_learned        # can it be known from Postfix's configuration?
        self.told = None if told is None else told + "".join(self._tell(*pair) for pair in settings.items())

    @staticmethod
    def _tell(name, value):
        if name in LISTS:
            return '%s = { "%s" }\n' % (name, value)
        return "%s = %s\n" % (name, value) if name in NUMBERS else ""

    def main_cf(self, narrow):
        text = "".join("%s = %s\n" % (name, value.replace("$", "$$")) for name, value in self.settings.items())
        return text.replace("NARROW", "[127.0.0.1]:%d" % narrow.port)


# --- how it is sent ----------------------------------------------------------------------

class Departures:
    """Postfix under changing settings, and the two Preflights before it."""

    def __init__(self, world):
        self.world = world
        self.receiver = Receiver(world)
        self.count = 0          # of messages
        self.failures = []
        self.daemons = {}
        for name in ("learns", "told"):
            self.daemons[name] = Preflight(world.lab, name, world.configuration("observe"), user="nobody")
        world.preflight.update(self.daemons)

    def close(self):
        self._configure_postfix("", "")
        for name, daemon in self.daemons.items():
            daemon.stop()
            del self.world.preflight[name]

    def _configure_postfix(self, settings, services):
        postfix = self.world.postfix
        line = "smtp      unix  -  -  n  -     -  smtp\n"
        require(line in postfix.master, "master.cf has another smtp service")
        postfix.configure(postfix.main + settings, postfix.master.replace(line, line + services))

    def play(self, case):
        """Sends each message of the case, and compares."""
        self._configure_postfix(case.main_cf(self.world.narrow), case.services)
        conf = self.world.configuration("observe")
        learned = 'postfix { config_directory = "%s" }\n' % self.world.postfix.conf
        asked = {"learns": learned} if case.is_learned else {}
        if case.told is not None:
            asked["told"] = "postfix {\n%s}\n" % case.told
        for name, section in asked.items():
            self.daemons[name].configure(conf + section)
            self.daemons[name].sync()
        for mail in case.mails:
            try:
                self._send(case, mail, asked)
            except Failure as error:
                self.failures.append(str(error))

    def _send(self, case, mail, asked):
        self.count += 1
        token = "token-departed-%d-" % next(TOKENS)
        marks = {name: daemon.process.mark() for name, daemon in self.daemons.items()}
        queue_id = self._submit(mail, mail.data(self.world, token))
        self.world.postfix.expect_sent(queue_id)
        received = (self.world.narrow if "relayhost" in case.settings else self.world.sink).find(token)
        sender = re.search(rb"^X-Mail-Args: <(.*?)>", received, re.M).group(1).decode()
        judged = self.receiver.judge(sender, received)
        what = "%s%s\n%s" % (case.main_cf(self.world.narrow), case.services,
                             received[:4000].decode(errors="backslashreplace"))
        equal({name: judged[name] for name in mail.want}, mail.want, "what the world found\n" + what)
        for name in asked:
            said = dict(re.findall(r"(\w+)=(\S*)", self.daemons[name].judged(queue_id, marks[name])))
            if case.is_secret:
                equal(said["verdict"], "unsure", "the verdict where the table is secret")
                require("departure-unknown" in said["findings"], "%s: %s" % (name, said["findings"]))
            else:
                self._compare(name, said, judged, mail, what)
            self._compare("check as it " + name, self._check(name, token), judged, mail, what)

    def _submit(self, mail, data):
        """Into the queue by its door; the queue id."""
        if mail.door != "pickup":
            reply = self.world.send(mail.door, mail.sender, data)
            require(reply.code == 250, "the client was told: %s" % reply)
            return reply.queue_id
        log = self.world.postfix.process
        mark = log.mark()
        self.world.postfix.submit(data.replace(b"\r\n", b"\n"), "-f", mail.sender, "someone@receiver.test")
        return log.wait_for(r"postfix/pickup\[\d+\]: (\w+): uid=", mark).group(1)

    @staticmethod
    def _compare(who, said, judged, mail, what):
        equal({name: said[name] for name in judged}, judged, "what Preflight said (%s)\n%s" % (who, what))
        missing = set(mail.says) - set(said["findings"].split(","))
        require(not missing, "%s: no finding %s in %s" % (who, ", ".join(missing), said["findings"]))

    def _check(self, name, token):
        """preflight check of the message as the milters saw it, in the log line's words."""
        witness = self.world.witness
        require(token.encode() in witness.message, "the milters saw another message last")
        path = self.world.lab.path("departing.eml")
        with open(path, "wb") as file:
            file.write(witness.message)
        command = [self.world.lab.preflight, "check", "-c", self.daemons[name].conf, "--json",
                   "--from", "<%s>" % witness.sender, "--to", "someone@receiver.test", path]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=60)
        require(done.returncode in (0, 1), "preflight check: %d: %s" % (done.returncode, done.stderr.decode()))
        report = json.loads(done.stdout)
        results = [signature["result"] for signature in report["dkim"]]
        return {"verdict": report["verdict"], "dmarc": report["dmarc"]["result"],
                "spf": report["spf"][0]["result"],      # the deciding identity's
                "dkim": "pass" if "pass" in results else "fail" if results else "none",
                "findings": ",".join(finding["id"] for finding in report["findings"])}


def play(world, cases):
    if MISSING:
        raise Skip(MISSING)
    departures = Departures(world)
    try:
        for case in cases:
            departures.play(case)
    finally:
        departures.close()
    require(not departures.failures, "%d of %d messages\n%s" % (len(departures.failures), departures.count,
                                                              "\n".join(departures.failures)))


# --- the stories -------------------------------------------------------------------------

def untouched(world):
    """what leaves is what was predicted: where Postfix changes nothing"""
    play(world, [
        Case({}, Mail("fail pass pass"),
             Mail("fail none fail", sign=False),
             Mail("fail pass pass", extra=LABELLED, body=GRUESS),
             Mail("fail pass pass", body="a" * 998 + "\r\n"))])


def addresses_mapped(world):
    """what leaves is what was predicted: smtp_generic_maps"""
    maps = "smtp_generic_maps"
    table = write(world.lab.path("generic"), "a@moved.test a@example.com\n")
    make_old(table)
    os.chmod(table, 0o600)
    secret = "texthash:" + table
    play(world, [
        # The author's domain becomes one that may send from here, or the other way round.
        Case({maps: "inline:{ { a@moved.test = a@example.com } { b@example.com = b@moved.test } }"},
             Mail("pass fail pass", says="sender-rewritten author-rewritten dkim-fragile-header"),
             Mail("fail fail fail", "b@example.com"),
             Mail("pass fail pass", "", author="a@moved.test", says="author-rewritten"),
             Mail("fail fail fail", "b@example.com", author="B@Example.Com"),
             Mail("pass pass pass", "c@example.com"),
             Mail("fail pass pass", "c@moved.test")),
        # Another field: To is signed, Errors-To is not.
        Case({maps: "inline:{ { someone@receiver.test = s@receiver.test } }"},
             Mail("fail fail fail")),
        Case({maps: "inline:{ { x@receiver.test = y@receiver.test } }"},
             Mail("fail pass pass", extra="Errors-To: x@receiver.test\r\n"),
             Mail("fail fail fail", extra="Cc: other@receiver.test,\r\n \"X, the\" <x@receiver.test>\r\n")),
        # A field is written anew also where its address becomes what it was.
        Case({maps: "inline:{ { @receiver.test = @receiver.test } }"},
             Mail("fail pass pass", extra="Cc: Bob <b@receiver.test>\r\n"),
             Mail("fail fail fail", extra="Cc: Bob <b@receiver.test> (Bob)\r\n"),
             Mail("fail fail fail", extra="Cc: Bob <b@receiver.test>,\r\n  Bob b@receiver.test\r\n"),
             Mail("fail fail fail", sign={"canonicalize": (b"simple", b"simple")},
                  extra="Cc: Bob <b@receiver.test>,\r\n  c@receiver.test\r\n")),
        # Whole domains, extensions, expressions, two tables, and options of master.cf.
        Case({maps: "inline:{ { @moved.test = @example.com } }", "recipient_delimiter": "+"},
             Mail("pass fail pass", "any+tag@moved.test"),
             Mail("pass pass pass", "a@example.com")),
        Case({maps: "regexp:{ { /^(.*)@moved.test$/ $1@example.com } }"},
             Mail("pass fail pass"), Mail("pass pass pass", "a@example.com")),
        Case({}, Mail("pass fail pass"), services=" -o smtp_generic_maps=inline:{a@moved.test=a@example.com}\n",
             told='smtp_generic_maps = { "inline:{a@moved.test=a@example.com}" }\n'),
        Case({maps: "inline:{ { a@moved.test = a@example.com } }"}, Mail("fail pass pass"),
             services=" -o smtp_generic_maps=\n", told=None),
        Case({maps: secret}, Mail("pass fail pass"), is_secret=True),
        # Only the envelope: aligned by the signature.
        Case({maps: "inline:{ { sender@moved.test = sender@example.com } }"},
             Mail("pass pass pass", "sender@moved.test", author="a@moved.test", says="sender-rewritten"))])


def header_checked(world):
    """what leaves is what was predicted: smtp_header_checks"""
    checks = "smtp_header_checks"
    folded = {"subject": "a message\r\n folded"}
    play(world, [
        Case({checks: "regexp:{ { /^Subject: (.*)/ REPLACE Subject: [x] $1 } }"},
             Mail("fail fail fail"),
             Mail("fail fail fail", **folded),
             Mail("pass fail pass", "a@example.com"),
             Mail("fail none fail", sign=False),
             # A second signature, without Subject.
             Mail("fail pass pass", sign={"include_headers": [b"from"]}, door="departed")),
        Case({checks: "regexp:{ { /^X-Mailer:/ IGNORE } { /^X-Old:/ PREPEND X-New: yes } { /^X-Brand: (.*)/"
                      " REPLACE X-Brand: new } { /^Subject: twice/ PREPEND Subject: added }"
                      " { /^From: .*first@/ PREPEND From: x@moved.test }"
                      " { /^Reply-To:/ STRIP } { /^List-Id:/ REJECT } }"},
             Mail("fail pass pass", extra="X-Mailer: x\r\nX-Old: x\r\nX-Brand: old\r\nList-Id: <l.moved.test>\r\n"),
             # The signature covers the last Subject.
             Mail("fail pass pass", subject="twice"),
             # A second From was excluded by the signer.
             Mail("fail fail fail", "first@moved.test"),
             Mail("fail fail fail", extra="Reply-To: a@moved.test\r\n")),
        # White space is no change for a relaxed signature; postconf tells less of it than there is.
        Case({checks: "regexp:{ { /^Subject: (.*)/ REPLACE Subject:  $1 } }"},
             Mail("fail pass pass"), Mail("fail fail fail", sign={"canonicalize": (b"simple", b"simple")}),
             is_learned=False),
        Case({checks: "regexp:{ { /^DKIM-Signature:/ IGNORE } }"}, Mail("fail none fail")),
        Case({checks: "regexp:{ { /^From: .*/ REPLACE From: a@example.com } }"},
             Mail("fail fail fail"), Mail("pass fail pass", "a@example.com", author="a@moved.test")),
        # Fields of MIME are others' business, and by default nobody's.
        Case({checks: "regexp:{ { /^Content-Type:/ REPLACE Content-Type: text/html } }"},
             Mail("fail pass pass", extra="MIME-Version: 1.0\r\nContent-Type: text/plain\r\n"))])


def parts_checked(world):
    """what leaves is what was predicted: smtp_mime_header_checks, smtp_nested_header_checks"""
    play(world, [
        Case({"smtp_mime_header_checks": "regexp:{ { /^Content-Type: text.plain/ REPLACE Content-Type: text/html } }"},
             Mail("fail fail fail", extra=MULTIPART, body=PARTS % ("", "text")),
             Mail("fail pass pass", extra="MIME-Version: 1.0\r\nContent-Type: text/html\r\n")),
        Case({"smtp_nested_header_checks": "regexp:{ { /^Subject: nested/ REPLACE Subject: changed } }"},
             Mail("fail fail fail", extra=MULTIPART, body=PARTS % ("", "text")),
             Mail("fail pass pass", subject="nested"))])


def body_changed_late(world):
    """what leaves is what was predicted: smtp_body_checks, smtp_line_length_limit"""
    long, lines = "word " * 210 + "\r\n", "a line\r\n" * 50000
    play(world, [
        Case({"smtp_body_checks":
              "regexp:{ { /^change/ REPLACE changed } { /^drop/ IGNORE } { /^add/ PREPEND more } }"},
             Mail("fail pass pass"),
             Mail("fail fail fail", body="first\r\nchange me\r\n", says="dkim-body-changed dkim-fragile-body"),
             Mail("fail fail fail", body="drop me\r\n"),
             Mail("fail fail fail", body="add to me\r\n"),
             Mail("fail pass pass", sign={"length": True}, footer=b"change me\r\n")),
        Case({"smtp_line_length_limit": "998"},
             Mail("fail fail fail", body=long),
             Mail("fail fail fail", body="a" * 999 + "\r\n", says="dkim-body-changed dkim-fragile-long-line"),
             Mail("fail fail fail", subject="a" * 1000, says="dkim-header-changed dkim-fragile-long-line"),
             Mail("fail pass pass", extra="X-Long: %s\r\n" % ("a" * 1000)),
             Mail("fail pass pass", sign={"length": True}, footer=long.encode()),
             Mail("pass fail pass", "a@example.com", body=long),
             # More than is kept until something changes; and something changes late.
             Mail("fail pass pass", body=lines),
             Mail("fail fail fail", body=lines + long, says="dkim-fragile-long-line")),
        Case({}, Mail("fail fail fail", body=long), told=None),
        Case({"smtp_line_length_limit": "0"}, Mail("fail pass pass", body=long)),
        Case({"smtp_line_length_limit": "500"},
             Mail("fail fail fail", body="a" * 501 + "\r\n"), Mail("fail pass pass", body="a" * 500 + "\r\n"))])


def eight_bit_converted(world):
    """what leaves is what was predicted: 8-bit text for a server without 8BITMIME"""
    mails = [
        Mail("fail fail fail", extra=LABELLED, body=GRUESS, says="dkim-body-changed dkim-fragile-8bit"),
        Mail("fail pass pass", body=GRUESS),
        Mail("fail pass pass", extra=LABELLED.replace("8bit", "7bit"), body=GRUESS),
        Mail("fail fail fail", extra=LABELLED, body="a = b\r\n"),
        Mail("fail pass pass", extra=LABELLED, body="all of it 7-bit\r\n"),
        Mail("fail fail fail", extra=LABELLED, body="all of it 7-bit\r\n",
             sign={"include_headers": [b"from", b"content-transfer-encoding"]}),
        Mail("fail fail fail", extra=MULTIPART, body=PARTS % ("Content-Transfer-Encoding: 8bit\r\n", GRUESS)),
        Mail("fail pass pass", extra=MULTIPART, body=PARTS % ("", GRUESS)),
        Mail("fail pass pass", sign={"length": True, "include_headers": [b"from", b"to"]}, extra=LABELLED,
             footer=GRUESS.encode())]
    never = {"smtp_discard_ehlo_keywords": "8bitmime"}
    conversion = "eightbitmime = no\ndisable_mime_output_conversion = no\n"
    play(world, [
        Case(never, *mails, told=conversion),
        Case({"relayhost": "NARROW"}, *mails, told=conversion, is_learned=False),
        Case({**never, "disable_mime_output_conversion": "yes"}, Mail("fail pass pass", extra=LABELLED, body=GRUESS),
             told="eightbitmime = no\n"),
        Case({}, Mail("fail pass pass", extra=LABELLED, body=GRUESS), told="eightbitmime = yes\n", is_learned=False)])


def sender_rewritten(world):
    """what leaves is what was predicted: sender_canonical_maps, canonical_maps, masquerade_domains"""
    there, back = "inline:{ { a@example.com = b@moved.test } }", "inline:{ { a@moved.test = b@example.com } }"
    play(world, [
        Case({"sender_canonical_maps": there},
             Mail("fail pass pass", "a@example.com"),
             Mail("fail none fail", "a@example.com", sign=False),
             Mail("pass none pass", "b@example.com", sign=False),
             Mail("pass pass pass", "", author="a@example.com")),
        # The header is rewritten before the signer sees it, if at all; the envelope, too, with sendmail(1).
        Case({"sender_canonical_maps": back, "local_header_rewrite_clients": "permit_mynetworks",
              "non_smtpd_milters": world.postfix.milters(world.postfix.doors["departed"].milters)},
             Mail("pass pass pass"), Mail("pass pass pass", door="pickup")),
        Case({"canonical_maps": back},
             Mail("pass pass pass"), Mail("pass none fail", sign=False)),
        # Asked until nothing changes, the senders' table first, then what leaves again.
        Case({"sender_canonical_maps": "inline:{ { a@moved.test = a@x.test } { a@x.test = a@y.test } }",
              "canonical_maps": "inline:{ { a@y.test = a@z.test } }",
              "smtp_generic_maps": "inline:{ { a@z.test = a@example.com } }"},
             Mail("pass none pass", author="a@example.com", sign=False)),
        Case({"sender_canonical_maps": there, "sender_canonical_classes": "header_sender"},
             Mail("pass none pass", "a@example.com", sign=False), told=None),
        Case({"masquerade_domains": "!keep.example.com example.com"},
             Mail("pass none pass", "a@host.example.com", author="a@example.com", sign=False),
             Mail("none none fail", "a@host.keep.example.com", author="a@example.com", sign=False), told=None)])


STORIES = [untouched, addresses_mapped, sender_rewritten, header_checked, parts_checked, body_changed_late,
           eight_bit_converted]
