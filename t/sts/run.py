#!/usr/bin/env python3
"""
Policies of MTA-STS, fetched by stsdrive from real HTTPS servers on loopback, with certificates made on the spot: TAP on
standard output.

    run.py [part of a story's name]...         environment: top_builddir
"""
import http.server
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

import tap                          # noqa: E402
from tap import equal, require      # noqa: E402

DRIVE = os.path.join(os.environ.get("top_builddir", "."), "t", "sts", "stsdrive")
GOOD = "version: STSv1\r\nmode: %s\r\nmx: %s\r\nmax_age: 604800\r\n"
PATH = "/.well-known/mta-sts.txt"


def page(body, status=200, kind="text/plain", **headers):
    return {"status": status, "kind": kind, "body": body.encode(), "headers": headers}


# What stands at mta-sts.NAME.example, of which the MX is mx.NAME.example.
PAGES = {
    "good": page(GOOD % ("enforce", "mx.good.example")),
    "charset": page(GOOD % ("enforce", "*.charset.example"), kind="Text/Plain; charset=utf-8"),
    "other": page(GOOD % ("enforce", "mx.elsewhere.example")),
    "deep": page(GOOD % ("enforce", "*.example")),
    "testing": page(GOOD % ("testing", "mx.elsewhere.example")),
    "none": page("version: STSv1\nmode: none\nmax_age: 86400\n"),
    "wrong": page("version: STSv2\nmode: enforce\nmx: mx.wrong.example\nmax_age: 604800\n"),
    "html": page(GOOD % ("enforce", "mx.html.example"), kind="text/html"),
    "gone": page("no", status=404),
    "trouble": page("no", status=503),
    "busy": page("no", status=429),
    "moved": page("", status=301, Location="/elsewhere"),
    "big": page(GOOD % ("enforce", "mx.big.example") + "x: " + "y" * 65536 + "\n"),
    "full": page((GOOD % ("enforce", "mx.full.example")).ljust(65536, "\n")),
    "drip": page(GOOD % ("enforce", "mx.drip.example")),
    "silent": page(""),
    "stranger": page(GOOD % ("enforce", "mx.stranger.example")),    # no certificate has its name
    "self": page(GOOD % ("enforce", "mx.self.example")),            # its certificate is its own
    "six": page(GOOD % ("enforce", "mx.six.example")),              # has an IPv6 address only
}
ADDRESSES = {"refused": "127.0.0.3", "six": None}


def zone():
    lines = []
    for name in [*PAGES, "refused", "nohost"]:
        domain = name + ".example"
        lines += ['%s. 60 IN TXT "v=spf1 ip4:192.0.2.1 -all"' % domain, "%s. 60 IN MX 10 mx.%s." % (domain, domain),
                  "mx.%s. 60 IN A 192.0.2.1" % domain, '_mta-sts.%s. 60 IN TXT "v=STSv1; id=1"' % domain,
                  '_smtp._tls.%s. 60 IN TXT "v=TLSRPTv1; rua=mailto:t@%s"' % (domain, domain),
                  '_dmarc.%s. 60 IN TXT "v=DMARC1; p=reject; rua=mailto:d@%s"' % (domain, domain)]
        address = ADDRESSES.get(name, "127.0.0.1")
        if name == "six":
            lines.append("mta-sts.%s. 60 IN AAAA ::1" % domain)
        elif name != "nohost":
            lines.append("mta-sts.%s. 60 IN A %s" % (domain, address))
    lines += ["mta-sts.noname.example. 60 IN A 127.0.0.1"]
    return "\n".join(lines) + "\n"


class Page(http.server.BaseHTTPRequestHandler):
    """One request: what PAGES says of the host that it names."""
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        name = self.headers["Host"].split(":")[0].split(".")[1]
        self.server.asked.append((name, self.path))
        answer = PAGES[name] if self.path == PATH else page("elsewhere")
        if name == "silent":
            self.server.ended.wait()
            return
        self.send_response(answer["status"])
        self.send_header("Content-Type", answer["kind"])
        self.send_header("Content-Length", str(len(answer["body"])))
        for key, value in answer["headers"].items():
            self.send_header(key, value)
        self.end_headers()
        try:
            for i in range(len(answer["body"]) if name == "drip" else 0):
                self.wfile.write(answer["body"][i:i + 1])
                self.wfile.flush()
                if self.server.ended.wait(0.2):
                    return
            if name != "drip":
                self.wfile.write(answer["body"])
        except OSError:
            pass                    # who does not want all of it goes


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address, contexts, port=0):
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.asked, self.ended = [], threading.Event()
        super().__init__((address, port), Page)
        contexts["ca"].sni_callback = lambda sock, name, _: self.choose(sock, name, contexts)
        # The handshake is the thread's of the connection, so that none waits for another.
        self.socket = contexts["ca"].wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @staticmethod
    def choose(sock, name, contexts):
        if name is not None and name.startswith("mta-sts.self."):
            sock.context = contexts["self"]

    def handle_error(self, *_):
        pass                        # a client that trusts nobody ends the handshake

    def end(self):
        self.ended.set()
        self.shutdown()
        self.server_close()


def openssl(*words, cwd):
    subprocess.run(["openssl", *words], cwd=cwd, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def make_contexts(path):
    """Certificates: of an authority for all names but stranger's, and one that vouches for itself."""
    names = ",".join("DNS:mta-sts.%s.example" % name for name in PAGES if name not in ("stranger", "self"))
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test authority", "-days", "2",
            cwd=path)
    openssl("req", *key, "-keyout", "ca-server.key", "-out", "server.csr", "-subj", "/CN=test server", cwd=path)
    with open(os.path.join(path, "names"), "w", encoding="ascii") as file:
        file.write("subjectAltName=%s\n" % names)
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "names", "-out", "ca-server.pem", cwd=path)
    openssl("req", "-x509", *key, "-keyout", "self-server.key", "-out", "self-server.pem", "-subj", "/CN=itself",
            "-addext", "subjectAltName=DNS:mta-sts.self.example", "-days", "2", cwd=path)
    contexts = {}
    for name in ("ca", "self"):
        prefix = os.path.join(path, name + "-server")
        contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        contexts[name].load_cert_chain(prefix + ".pem", prefix + ".key")
    return contexts


class Box:
    """A directory with a zone, a configuration and certificates, and a server."""

    def __init__(self, path):
        self.path = path
        self.contexts = make_contexts(path)
        self.server = Server("127.0.0.1", self.contexts)
        self.port = self.server.server_address[1]
        self.write("zone", zone())
        self.configure()

    def write(self, name, text):
        with open(os.path.join(self.path, name), "w", encoding="ascii") as file:
            file.write(text)

    def configure(self, **dns):
        settings = "".join(" %s = %s" % item for item in {"zone": '"zone"', **dns}.items())
        self.write("conf", 'dns {%s }\n' % settings +
                   'egress default { addresses = { "192.0.2.1" } helo = "mx.good.example" }\n')

    def audit(self, name, ca="ca.pem", port=None, environment=None):
        """The audit, and how long it took."""
        began = time.monotonic()
        done = subprocess.run([os.path.abspath(DRIVE), "conf", name + ".example", str(port or self.port), ca],
                              cwd=self.path, env=dict(os.environ, **(environment or {})), timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        equal((done.returncode, done.stderr.decode(errors="replace")), (0, ""), "stsdrive")
        return json.loads(done.stdout), time.monotonic() - began

    def end(self):
        self.server.end()


def check(box, name, state, problem="", findings=(), outcome="clear", **arguments):
    audit, _ = box.audit(name, **arguments)
    policy = audit["mta_sts"].get("policy", {})
    equal(policy.get("state"), state, name + "'s state, of " + str(policy))
    require(problem in policy.get("problem", ""), "%s: %s" % (name, policy))
    equal({f["id"]: f["subject"] for f in audit["findings"]}, dict(findings), name + "'s findings")
    equal(audit["outcome"], outcome, name + "'s outcome")
    return audit


def reads_policies(box):
    """a policy that allows the mail servers is good, whatever it is served with beside text/plain"""
    audit = check(box, "good", "good")
    equal(audit["mta_sts"]["policy"],
          {"state": "good", "mode": "enforce", "max_age": 604800, "mx": ["mx.good.example"]}, "policy")
    equal(audit["mx"], [{"preference": 10, "host": "mx.good.example", "resolves": True, "mta_sts": True}], "mx")
    for name in ("charset", "full"):
        check(box, name, "good")
    equal(check(box, "none", "good")["mx"][0].get("mta_sts"), None, "mode none says nothing of mail servers")
    equal(box.server.asked[0], ("good", PATH), "what was asked for")


def compares_mail_servers(box):
    """a mail server that the policy does not allow is an error where it is enforced, a warning in testing"""
    equal(check(box, "other", "good", findings=[("mta-sts-mx-mismatch", "mx.other.example")], outcome="faulty")
          ["mx"][0]["mta_sts"], False, "other")
    check(box, "deep", "good", findings=[("mta-sts-mx-mismatch", "mx.deep.example")], outcome="faulty")
    check(box, "testing", "good", findings=[("mta-sts-mx-testing", "mx.testing.example")], outcome="faulty")


def finds_it_missing(box):
    """no host and no file are a missing policy"""
    check(box, "nohost", "missing", "mta-sts.nohost.example does not exist",
          [("mta-sts-policy-missing", "nohost.example")], "faulty")
    check(box, "gone", "missing", "answers 404", [("mta-sts-policy-missing", "gone.example")], "faulty")


def finds_it_invalid(box):
    """what senders cannot use is invalid, and why: text, type, length, redirects, certificates"""
    for name, problem in (("wrong", "line 1 has another version"), ("html", "not served as text/plain"),
                          ("big", "longer than 64 KiB"), ("moved", "answers 301, and senders follow no redirect"),
                          ("stranger", "certificate"), ("self", "certificate")):
        check(box, name, "invalid", problem, [("mta-sts-policy-invalid", name + ".example")], "faulty")
    require(("moved", "/elsewhere") not in box.server.asked, "a redirect was followed")
    check(box, "good", "invalid", "certificate", [("mta-sts-policy-invalid", "good.example")], "faulty",
          ca="self-server.pem")


def knows_what_it_does_not_know(box):
    """no connection, a server in trouble or no certificates to trust is not known, and no fault"""
    check(box, "refused", "unknown", "connect")
    check(box, "trouble", "unknown", "answers 503")
    check(box, "busy", "unknown", "answers 429")
    check(box, "good", "unknown", ca="missing.pem")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        check(box, "good", "unknown", "connect", port=closed.getsockname()[1])


def survives_rude_servers(box):
    """a server that hangs up, talks nonsense or resets the connection is not known, and ends nothing"""
    def serve(listener, rudeness):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                if rudeness == "nonsense":
                    connection.sendall(b"220 mail.example ESMTP\r\n" * 100)
                elif rudeness == "reset":
                    connection.recv(10)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    for rudeness in ("hangs up", "nonsense", "reset"):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            threading.Thread(target=serve, args=(listener, rudeness), daemon=True).start()
            for _ in range(5):
                check(box, "good", "unknown", port=listener.getsockname()[1])
            listener.shutdown(socket.SHUT_RDWR)


def keeps_the_deadline(box):
    """a server that says nothing, or a byte at a time, is waited for within the budget"""
    box.configure(budget="1s")
    try:
        for name in ("silent", "drip"):
            audit, took = box.audit(name)
            equal(audit["mta_sts"]["policy"]["state"], "unknown", name)
            require(0.5 < took < 4, "%s took %.1f s" % (name, took))
    finally:
        box.configure()


def goes_straight(box):
    """no proxy of the environment is used, no name is looked up elsewhere, IPv6 addresses are"""
    with socket.socket() as hole:
        hole.bind(("127.0.0.1", 0))
        proxy = "http://127.0.0.1:%d" % hole.getsockname()[1]
        check(box, "good", "good", environment={"https_proxy": proxy, "HTTPS_PROXY": proxy, "ALL_PROXY": proxy,
                                                "all_proxy": proxy})
    try:
        server = Server("::1", box.contexts)
    except OSError:
        raise tap.Skip("no IPv6 on loopback") from None
    try:
        check(box, "six", "good", port=server.server_address[1])
    finally:
        server.end()


STORIES = [reads_policies, compares_mail_servers, finds_it_missing, finds_it_invalid, knows_what_it_does_not_know,
           survives_rude_servers, keeps_the_deadline, goes_straight]


def main():
    if not os.path.exists(DRIVE):
        tap.skip_all("%s is not built" % DRIVE)
    with tempfile.TemporaryDirectory(prefix="preflight-sts.") as path:
        box = Box(path)
        run = tap.Run(sys.argv[1:])
        try:
            for story in STORIES:
                run.story(story.__doc__, lambda: story(box))
        finally:
            box.end()
        return run.finish()


if __name__ == "__main__":
    sys.exit(main())
