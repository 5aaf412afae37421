#!/usr/bin/env python3
"""
The daemon's sockets: each kind is served, none of them makes the MTA wait, nor does mail that is not judged; what
cannot be opened is refused.

    run.py [part of a story's name]...         top_builddir=DIR says where the daemon was built
"""
import os
import socket
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

import tap                                          # noqa: E402
import wire                                         # noqa: E402
from lab import Lab, run_status, write              # noqa: E402
from tap import equal, require                      # noqa: E402

STALL = 0.035       # seconds; a reply in two packets waits 40 ms for the other side's delayed acknowledgement
ROUNDS = 25

ZONE = """\
example.com. 60 IN TXT "v=spf1 ip4:192.0.2.1 -all"
_dmarc.example.com. 60 IN TXT "v=DMARC1; p=reject"
good.example. 60 IN TXT "v=spf1 ip4:192.0.2.7 -all"
"""
CONF = """\
socket = "%s"
user = ""
state_directory = ""
mode = enforce
egress default { addresses = { "192.0.2.7" } helo = "mail.example.com" }
dns { zone = "zone" }
"""


def configure(lab, spec):
    write(lab.path("zone"), ZONE)
    return write(lab.path("conf"), CONF % spec)


def start(lab, spec):
    daemon = lab.start("preflight", [lab.milter, "-f", "-c", configure(lab, spec)])
    daemon.wait_for("serves on")
    return daemon


def send(mta, author, recipient="example.net"):
    """One message; the answer at its end, and how long it took."""
    mta.command("mail", wire.strings("<a@%s>" % author))
    mta.command("rcpt", wire.strings("<b@%s>" % recipient))
    mta.header("From", " a@" + author)
    mta.command("eoh")
    mta.body(b"hello\r\n")
    mta.macros("eom", {"i": "4QxyzA"})
    begin = time.monotonic()
    answer = mta.command("eom")
    return str(answer), time.monotonic() - begin


def serve(lab, spec, address):
    daemon = start(lab, spec)
    mta = wire.Mta(address)
    if not isinstance(address, str):
        mta.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)     # no stall shall be of our making here
    mta.connect_from("client.example", "127.0.0.1")
    for author, want in (("good.example", "accept"),
                         ("example.com", "reply 451 4.7.1 Preflight: SPF fail for example.com")):
        took = []
        for _ in range(ROUNDS):
            answer, seconds = send(mta, author)
            require(answer.startswith(want), "expected '%s', got '%s'" % (want, answer))
            took.append(seconds)
        require(statistics.median(took) < STALL, "%s: median %.1f ms" % (author, 1000 * statistics.median(took)))
    mta.quit()
    equal(daemon.stop(), 0, "status at the end")
    require(not daemon.sanitizer_reports(), "\n".join(daemon.tail()))


def local(lab):
    """local:"""
    path = lab.socket_path("s")
    serve(lab, "local:" + path, path)


def inet(lab):
    """inet:, without stalls"""
    port = lab.free_port()
    serve(lab, "inet:%d@127.0.0.1" % port, ("127.0.0.1", port))


def inet6(lab):
    """inet6:"""
    port = lab.free_port()
    try:
        socket.create_server(("::1", port), family=socket.AF_INET6).close()
    except OSError:
        return          # a machine without IPv6
    spec = "inet6:%d@::1" % port
    daemon = start(lab, spec)
    with socket.create_connection(("::1", port), 30) as sock:
        wire.send(sock, b"O", bytes([0, 0, 0, 6]) + b"\xff" * 8)
        equal(wire.receive(sock)[0], b"O", "the answer to negotiation")
    equal(daemon.stop(), 0, "status at the end")


def modes(lab):
    """socket_mode is the socket's mode"""
    path = lab.socket_path("s")
    with open(configure(lab, "local:" + path), "a", encoding="utf-8") as file:
        file.write("socket_mode = 0600\n")
    daemon = lab.start("preflight", [lab.milter, "-f", "-c", lab.path("conf")])
    daemon.wait_for("serves on")
    equal(os.stat(path).st_mode & 0o777, 0o600, "its mode")
    equal(daemon.stop(), 0, "status at the end")
    require(not os.path.exists(path), "the socket is still there")


def refused(lab):
    """what cannot be opened: said, and status 1; a socket that is none: status 2"""
    port = lab.free_port()
    write(lab.path("file"), "")
    os.symlink(lab.path("elsewhere"), lab.path("link"))
    cases = [
        ("local:" + lab.path("missing/s"), 1, "No such file or directory"),
        ("local:" + lab.path("file"), 1, "not a socket"),
        ("local:" + lab.path("link"), 1, "not a socket"),
        ("inet:%d@127.0.0.1" % port, 1, "inet:%d@127.0.0.1" % port),
        ("telepathy:1", 2, "is not a socket"),
    ]
    with socket.create_server(("127.0.0.1", port)):
        for spec, want, text in cases:
            status, output = run_status([lab.milter, "-f", "-c", configure(lab, spec)])
            equal(status, want, "status for %s, which said %s" % (spec, output))
            require(text in output, "%s: no '%s' in\n%s" % (spec, text, output))


def stays(lab):
    """mail that stays here waits for no table of Postfix"""
    path = lab.socket_path("s")
    with open(configure(lab, "local:" + path), "a", encoding="utf-8") as file:
        file.write("outgoing { local_domains = { \"example.net\" } }\n"
                   "postfix { smtp_header_checks = { \"regexp:/nonexistent\" } }\n")
    os.mkdir(lab.path("bin"))
    os.chmod(write(lab.path("bin/postmap"), "#!/bin/sh\necho asked > %s\nexit 1\n" % lab.path("asked")), 0o755)
    daemon = lab.start("preflight", [lab.milter, "-f", "-c", lab.path("conf")],
                       env={"PATH": lab.path("bin") + ":" + os.environ["PATH"]})
    daemon.wait_for("serves on")
    mta = wire.Mta(path)
    mta.connect_from("client.example", "127.0.0.1")
    for recipient, is_asked in (("example.net", False), ("example.org", True)):
        equal(send(mta, "example.com", recipient)[0], "accept", "the answer")
        equal(os.path.exists(lab.path("asked")), is_asked, "was postmap asked for mail to " + recipient)
    mta.quit()
    equal(daemon.stop(), 0, "status at the end")
    require(not daemon.sanitizer_reports(), "\n".join(daemon.tail()))


def main():
    builddir = os.path.abspath(os.environ.get("top_builddir", "."))
    run = tap.Run(sys.argv[1:])
    for story in (local, inet, inet6, modes, refused, stays):
        with Lab(builddir) as lab:
            run.story(story.__doc__, lambda: story(lab), lab.excerpt)
    return run.finish()


if __name__ == "__main__":
    sys.exit(main())
