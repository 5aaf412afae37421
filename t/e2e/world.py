"""
What the end-to-end stories and the demo play in: one zone with domains that are set up well and badly, one signer,
one Postfix with a door for every order of milters, and the Preflight daemons behind them.
"""
import re

from lab import Door, Key, Lab, Nsd, OpenDkim, Postfix, Preflight, Sink, write
from wire import BodyChanger, Witness

SELECTOR = "s1"
EGRESS = "203.0.113.5"

# domain: SPF record or "", DMARC record or "", key in DNS ("right", "wrong", "")
DOMAINS = {
    "example.com": ("v=spf1 ip4:203.0.113.5 -all", "v=DMARC1; p=reject", "right"),
    "mail.example.com": ("v=spf1 ip4:203.0.113.5 -all", "", ""),
    "example.net": ("v=spf1 ip4:203.0.113.5 -all", "v=DMARC1; p=none", "right"),
    "moved.test": ("v=spf1 ip4:198.51.100.7 -all", "v=DMARC1; p=reject", "right"),
    "unsigned.test": ("v=spf1 ip4:203.0.113.5 -all", "v=DMARC1; p=reject", ""),
    "forbidden.test": ("v=spf1 ip4:198.51.100.7 -all", "v=DMARC1; p=none", ""),
    "wrongkey.test": ("v=spf1 ip4:198.51.100.7 ~all", "v=DMARC1; p=reject", "wrong"),
    "changed.test": ("v=spf1 ip4:198.51.100.7 ~all", "v=DMARC1; p=quarantine", "right"),
    "author.test": ("v=spf1 ip4:198.51.100.7 -all", "v=DMARC1; p=reject", ""),
    "refused.test": ("v=spf1 ip4:198.51.100.7 -all", "v=DMARC1; p=reject", ""),
    "held.test": ("v=spf1 ip4:198.51.100.7 -all", "v=DMARC1; p=reject", ""),
}

# domain: at which command its server refuses, and the reply
REFUSALS = {
    "spf.test": (".", "550 5.7.1 SPF check failed: 203.0.113.5 is not allowed to send mail for this domain"),
    "dmarc.test": (".", "550 5.7.1 Message rejected due to the DMARC policy of the author's domain"),
    "nobody.test": ("RCPT", "550 5.1.1 User unknown"),
    "later.test": (".", "450 4.7.1 Greylisted, please try again later"),
}

# Whose mail servers the recipients' domains name; receiver.test names none.
MX = {
    "gmail.com": "5 gmail-smtp-in.l.google.com.",
    "hotmail.com": "2 hotmail-com.olc.protection.outlook.com.",
    "tenant.test": "0 tenant-test.mail.protection.outlook.com.",
}

CONFIGURATION = """
mode = {mode}
egress default {{
    addresses = {{ "203.0.113.5" }}
    helo = "mail.example.com"
}}
outgoing {{
    authenticated = yes
    local = yes
    networks = {{ "127.0.0.1" }}
}}
policy {{ reject = tempfail }}
domain "refused.test" {{ policy {{ reject = reject }} }}
domain "held.test" {{ policy {{ reject = hold }} }}
dns {{ {dns} timeout = 2 budget = 4 }}
"""


def zone_text(keys):
    """keys: "right" and "wrong", of which the signer has the right one."""
    lines = [". 300 IN SOA ns. root.ns. 1 3600 600 86400 5", ". 300 IN NS ns.", "ns. 300 IN A 127.0.0.1",
             "mail.example.com. 300 IN A %s" % EGRESS,
             "5.113.0.203.in-addr.arpa. 300 IN PTR mail.example.com."]
    lines += ["%s. 300 IN MX %s" % pair for pair in MX.items()]
    for domain, (spf, dmarc, key) in DOMAINS.items():
        lines.append("%s. 300 IN MX 10 mail.example.com." % domain)
        if spf:
            lines.append('%s. 300 IN TXT "%s"' % (domain, spf))
        if dmarc:
            lines.append('_dmarc.%s. 300 IN TXT "%s"' % (domain, dmarc))
        if key:
            lines.append(keys[key].record("%s._domainkey.%s." % (SELECTOR, domain)))
    return "\n".join(lines) + "\n"


def message(author, subject="a message", extra="", body="Hello,\r\nthis is a message.\r\n"):
    """A well-formed message; author is an address."""
    local, _, domain = author.partition("@")
    head = ("From: {author}\r\nTo: someone@receiver.test\r\nSubject: {subject}\r\n"
            "Date: Mon, 20 Nov 2023 10:00:00 +0000\r\nMessage-ID: <{token}@{domain}>\r\n")
    token = re.sub(r"\W+", ".", local + "." + subject)
    text = head.format(author=author, subject=subject, token=token, domain=domain) + extra + "\r\n" + body
    return text.encode("utf-8", "surrogateescape")


class Reply:
    """What the SMTP client was told after its message."""

    def __init__(self, code, text):
        self.code = code
        self.text = text.decode("utf-8", "backslashreplace")
        match = re.search(r"queued as (\w+)", self.text)
        self.queue_id = match.group(1) if match else None

    def __str__(self):
        return "%d %s" % (self.code, self.text)


class World:
    """Everything started; use within "with"."""

    def __init__(self, builddir, modes=("observe", "enforce", "victim"), is_zone_embedded=False):
        self.lab = Lab(builddir)
        try:
            self._build(modes, is_zone_embedded)
        except BaseException:
            self.lab.close()
            raise

    def _build(self, modes, is_zone_embedded):
        lab = self.lab
        self.keys = {"right": Key(lab.dir, "right"), "wrong": Key(lab.dir, "wrong")}
        zone = write(lab.path("zone"), zone_text(self.keys))
        if is_zone_embedded:
            self.dns = 'zone = "%s"' % zone
        else:
            self.nsd = Nsd(lab, zone)
            self.dns = 'servers = { "127.0.0.1@%d" }' % self.nsd.port
        signed = [domain for domain, (_, _, key) in DOMAINS.items() if key]
        signer = OpenDkim(lab, self.keys["right"], signed, SELECTOR).path
        changer = lab.socket_path("changer")
        lab.at_end(BodyChanger(changer, "Hello,\r\nthis is a message.\r\n--\r\nSent through a filter.\r\n").close)
        self.witness = Witness(lab.socket_path("witness"))
        lab.at_end(self.witness.close)
        self.preflight = {}
        for name in modes:
            self.start_preflight(name)
        self.preflight["inet"] = Preflight(lab, "inet", self.configuration("inet"), "nobody", lab.free_port())

        path = lab.socket_path
        doors = {name: Door([signer, path(name)]) for name in modes}
        doors["changed"] = Door([signer, changer, path(modes[0])])
        doors["accept"] = Door([signer, path(modes[-1])], "accept")
        departing = [path("learns"), path("told"), path("witness")]     # a story starts them
        doors["departed"] = Door([signer, *departing])
        doors["departed-as-is"] = Door(departing)
        doors["back"] = Door([])
        doors["filtered"] = Door([signer, path(modes[0])], again=doors["back"])
        doors["inet"] = Door([self.preflight["inet"].path])
        self.sink = Sink(lab)
        self.narrow = Sink(lab, "narrow", options=["-8"])       # it knows no 8BITMIME
        self.refusing = {domain: Sink(lab, domain, *refusal) for domain, refusal in REFUSALS.items()}
        self.postfix = Postfix(lab, self.sink, doors, pickup=[signer, path(modes[0])], refusing=self.refusing)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lab.close()

    def configuration(self, mode):
        return CONFIGURATION.format(mode="enforce" if mode == "enforce" else "observe", dns=self.dns)

    def start_preflight(self, name):
        self.preflight[name] = Preflight(self.lab, name, self.configuration(name), user="nobody")

    def send(self, door, sender, data, recipients=("someone@receiver.test",), client=None):
        """One message over SMTP, on a connection of its own or the client's."""
        connection = client or self.postfix.connect(door)
        try:
            connection.mail(sender)
            for recipient in recipients:
                connection.rcpt(recipient)
            return Reply(*connection.data(data))
        finally:
            if client is None:
                connection.close()
