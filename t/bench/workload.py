"""
What the bench sends: signed messages of several sizes from several domains, and the zone that their checks ask.
"""
import base64
import os
import random
import re

import dkim
import nacl.signing

from lab import run

EGRESS = "203.0.113.5"
HELO = "mail.example.com"
SIZES = {"2 kB": 2000, "10 kB": 10000, "50 kB": 50000, "1 MB": 1000000}
KINDS = {"RSA-2048": (b"rsa-sha256", "r"), "Ed25519": (b"ed25519-sha256", "e")}     # algorithm, selector
RECEIVERS = {"gmail.test": "gmail-smtp-in.l.google.com", "outlook.test": "outlook-test.mail.protection.outlook.com",
             "yahoo.test": "mta5.am0.yahoodns.net", "plain.test": "mx.plain.test"}
WORDS = ("the quick account of order number shipped today will arrive within three days please reply to this message "
         "if anything is missing from your parcel with kind regards invoice attached below total amount due").split()
HEADER = """\
From: Sender {n} <news@{domain}>
To: Somebody <user{n}@{receiver}>
Subject: Your order number {n} has left our house
Date: Mon, 23 Nov 2026 10:00:00 +0000
Message-ID: <{n}.{size}@{domain}>
MIME-Version: 1.0
Content-Type: text/plain; charset=us-ascii
Content-Transfer-Encoding: 7bit
Reply-To: <service@{domain}>
X-Mailer: Shop 4.2
List-Unsubscribe: <https://{domain}/leave/{n}>
List-Unsubscribe-Post: List-Unsubscribe=One-Click

"""
SIGNED = [b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type",
          b"content-transfer-encoding", b"reply-to", b"list-unsubscribe", b"list-unsubscribe-post", b"from"]


class Keys:
    def __init__(self, directory):
        path = os.path.join(directory, "rsa.key")
        run(["openssl", "genrsa", "-traditional", "-out", path, "2048"])
        public = run(["openssl", "rsa", "-in", path, "-pubout"])
        with open(path, "rb") as file:
            rsa = file.read()
        ed25519 = nacl.signing.SigningKey.generate()
        self.private = {"r": rsa, "e": base64.b64encode(bytes(ed25519))}
        rsa_public = "".join(re.findall(r"^[A-Za-z0-9+/=]{4,}$", public, re.M))
        self.records = {"r": "v=DKIM1; k=rsa; p=" + rsa_public,
                        "e": "v=DKIM1; k=ed25519; p=" + base64.b64encode(bytes(ed25519.verify_key)).decode()}


def text_record(name, value):
    parts = " ".join('"%s"' % value[at:at + 200] for at in range(0, len(value), 200))
    return "%s. 300 IN TXT %s" % (name, parts)


def domain_names(count):
    return ["sender%d.test" % n for n in range(count)]


def zone_lines(keys, domains, includes=1):
    """SPF records that pass after some includes in a row, keys, DMARC records, and the mail servers of everybody."""
    lines = [". 300 IN SOA ns. root.ns. 1 3600 600 86400 300", ". 300 IN NS ns.", "ns. 300 IN A 127.0.0.1",
             "%s. 300 IN A %s" % (HELO, EGRESS), text_record(HELO, "v=spf1 a -all"),
             "5.113.0.203.in-addr.arpa. 300 IN PTR %s." % HELO]
    for receiver, mx in RECEIVERS.items():
        lines += ["%s. 300 IN MX 10 %s." % (receiver, mx), "%s. 300 IN A 192.0.2.20" % mx]
    for domain in domains:
        lines += ["%s. 300 IN A 192.0.2.10" % domain, "%s. 300 IN MX 10 %s." % (domain, HELO),
                  text_record(domain, "v=spf1 include:_spf0.%s -all" % domain),
                  text_record("_dmarc." + domain, "v=DMARC1; p=reject; rua=mailto:dmarc@" + domain)]
        for depth in range(includes):
            term = "ip4:203.0.113.0/24" if depth + 1 == includes else "include:_spf%d.%s" % (depth + 1, domain)
            lines.append(text_record("_spf%d.%s" % (depth, domain), "v=spf1 %s ?all" % term))
        lines += [text_record("%s._domainkey.%s" % (selector, domain), keys.records[selector])
                  for _, selector in KINDS.values()]
    return lines


def body(size, rng):
    lines, used = [], 0
    while used < size:
        line = " ".join(rng.choices(WORDS, k=11))
        lines.append(line)
        used += len(line) + 2
    return "\r\n".join(lines)[:size - 2].rstrip() + "\r\n"


def make_message(keys, kind, size, domain, n):
    algorithm, selector = KINDS[kind]
    receiver = list(RECEIVERS)[n % len(RECEIVERS)]
    header = HEADER.format(n=n, domain=domain, receiver=receiver, size=size).replace("\n", "\r\n")
    text = (header + body(size - len(header), random.Random(n))).encode()
    signature = dkim.sign(text, selector.encode(), domain.encode(), keys.private[selector],
                          canonicalize=(b"relaxed", b"relaxed"), signature_algorithm=algorithm, include_headers=SIGNED)
    return signature + text, "news@" + domain, "user%d@%s" % (n, receiver)


class Workload:
    """Lists of messages for the load generator; one that was made is used again."""

    def __init__(self, directory, keys):
        self._directory = directory
        self._keys = keys
        self._lists = {}

    def listing(self, kind, size, count, domains):
        """The path of a list of so many messages, of these domains in turn."""
        key = (kind, size, count, len(domains))
        if key not in self._lists:
            self._lists[key] = self._write("messages-%d" % len(self._lists), (
                make_message(self._keys, kind, SIZES[size], domains[n % len(domains)], n) for n in range(count)))
        return self._lists[key]

    def _write(self, name, messages):
        folder = os.path.join(self._directory, name)
        os.mkdir(folder)
        listing = []
        for n, (text, sender, recipient) in enumerate(messages):
            path = os.path.join(folder, "%d.eml" % n)
            with open(path, "wb") as file:
                file.write(text)
            listing.append("%s\t%s\t%s\n" % (path, sender, recipient))
        path = os.path.join(folder, "list")
        with open(path, "w", encoding="ascii") as file:
            file.writelines(listing)
        return path
