"""
The receiver's side: a message as it arrived, judged by python3-spf and python3-dkim with the lab's name server.
"""
import re

import dkim
import dns.resolver
import spf

from lab import HOST_NAME
from world import EGRESS


class Receiver:
    def __init__(self, world):
        self.resolver = dns.resolver.Resolver(configure=False)
        self.resolver.nameservers = ["127.0.0.1"]
        self.resolver.port = world.nsd.port
        spf.DNSLookup = self._spf_lookup

    def _query(self, name, kind):
        try:
            return list(self.resolver.resolve(name, kind, search=False))
        except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
            return []

    def _txt(self, name, timeout=5):
        """What dkim asks."""
        records = self._query(name.decode(), "TXT")
        return b"".join(records[0].strings) if records else None

    def _spf_lookup(self, name, qtype, tcpfallback=True, timeout=30):
        records = self._query(name, qtype) if qtype in ("A", "TXT") else []
        return [((name, qtype), list(one.strings) if qtype == "TXT" else one.address) for one in records]

    def judge(self, sender, data):
        """spf, dkim and dmarc as one word each, and the verdict; sender: of the envelope, without <>."""
        header = data.partition(b"\n\n")[0].decode("utf-8", "backslashreplace")
        author = re.search(r"^From:[^@]*(?:\n[ \t][^@]*)*@([\w.-]+)", header, re.M | re.I).group(1)
        result = spf.check2(i=EGRESS, s=sender, h=HOST_NAME)[0]
        aligned = [sender.rpartition("@")[2] or HOST_NAME] if result == "pass" else []
        valid = []
        for at in range(len(re.findall(r"^DKIM-Signature:", header, re.M | re.I))):
            verifier = dkim.DKIM(data)
            try:
                valid.append(verifier.verify(at, dnsfunc=self._txt))
            except dkim.ValidationError:        # of the body's hash
                valid.append(False)
            aligned += [verifier.domain.decode()] if valid[-1] else []
        policy = self._txt(b"_dmarc." + organization(author).encode()) or b""
        passes = organization(author) in [organization(domain) for domain in aligned]
        found = {"spf": result, "dkim": "pass" if True in valid else "fail" if valid else "none",
                 "dmarc": "pass" if passes else "fail" if policy else "none"}
        found["verdict"] = "reject" if found["dmarc"] == "fail" and b"p=reject" in policy else "accept"
        return found


def organization(domain):
    """The lab has no public suffix of two labels."""
    return ".".join(domain.lower().split(".")[-2:])
