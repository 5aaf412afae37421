#!/usr/bin/env python3
"""
The daemon without -f: it detaches, drops root, writes its pid file and logs to syslog.

Runs itself again in a mount namespace of its own, where /dev is a small tmpfs with a /dev/log that this test reads:
nothing of the machine's own is touched.  Needs root and the right to make a namespace, and skips itself without.

    run.py      top_builddir=DIR says where the daemon was built
"""
import os
import pwd
import queue
import re
import socket
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

import tap                              # noqa: E402
import wire                             # noqa: E402
from process import DEADLINE, wait_until    # noqa: E402
from tap import equal, require          # noqa: E402

MILTER = os.path.abspath(os.path.join(os.environ.get("top_builddir", "."), "milter", "preflight-milter"))
INSIDE = "--inside"
PREPARE = """
set -e
mount -t tmpfs -o mode=755 tmpfs /dev
mknod -m 666 /dev/null c 1 3
mknod -m 666 /dev/zero c 1 5
mknod -m 666 /dev/random c 1 8
mknod -m 666 /dev/urandom c 1 9
"""
LOG_MAIL = 2 << 3
LEVELS = {"err": 3, "warning": 4, "notice": 5, "info": 6}

ZONE = """\
example.com. 60 IN TXT "v=spf1 ip4:192.0.2.1 -all"
_dmarc.example.com. 60 IN TXT "v=DMARC1; p=reject"
"""
CONF = """\
socket = "local:%(dir)s/socket"
pid_file = "%(dir)s/pid"
user = "nobody"
state_directory = ""
mode = enforce
egress default { addresses = { "192.0.2.7" } helo = "mail.example.com" }
dns { zone = "%(dir)s/zone" }
"""


class Syslog:
    """/dev/log, as syslog(3) finds it."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        self.seen = []
        self.arrived = queue.Queue()
        threading.Thread(target=self.receive, daemon=True).start()

    def receive(self):
        """At once, as a logger does: the kernel keeps ten messages, then syslog(3) waits."""
        while True:
            self.arrived.put(self.socket.recv(8192))

    def expect(self, level, pattern):
        """The next message of that level whose text matches; what comes before it is kept for the diagnostics."""
        while True:
            try:
                raw = self.arrived.get(timeout=DEADLINE).decode("ascii").rstrip("\0\n")
            except queue.Empty:
                raise tap.Failure("no %s message '%s' in:\n%s" % (level, pattern, "\n".join(self.seen)))
            self.seen.append(raw)
            match = re.match(r"<(\d+)>\w{3} [ \d]\d \d\d:\d\d:\d\d (.*)$", raw)
            require(match, "not a syslog message: " + raw)
            if re.search(pattern, match.group(2)):
                equal(int(match.group(1)), LOG_MAIL | LEVELS[level], "priority of '%s'" % raw)
                return match.group(2)


def read_status(pid, field):
    with open("/proc/%d/status" % pid, encoding="ascii") as file:
        return re.search(r"^%s:\s*(.*)$" % field, file.read(), re.M).group(1).split()


def is_gone(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def send_message(path):
    mta = wire.Mta(path)
    mta.connect_from("client.example", "127.0.0.1")
    equal(str(mta.command("mail", wire.strings("<a@example.com>"))), "continue", "MAIL")
    mta.command("rcpt", wire.strings("<b@example.net>"))
    mta.header("From", " a@example.com")
    mta.command("eoh")
    mta.body(b"hello\r\n")
    mta.macros("eom", {"i": "4QxyzA"})
    answer = mta.command("eom")
    mta.quit()
    return str(answer)


def daemon_without_foreground(path):
    """without -f: detached, as its user, in syslog, gone on SIGTERM"""
    for name, text in (("zone", ZONE), ("conf", CONF)):
        with open(os.path.join(path, name), "w", encoding="ascii") as file:
            file.write(text % {"dir": path})
    os.chown(path, pwd.getpwnam("nobody").pw_uid, -1)       # as systemd's RuntimeDirectory is the user's own
    syslog = Syslog()

    done = subprocess.run([MILTER, "-c", os.path.join(path, "conf")], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=DEADLINE)
    equal((done.returncode, done.stdout), (0, b""), "the start")
    with open(os.path.join(path, "pid"), encoding="ascii") as file:
        pid = int(file.read())
    head = r"^preflight-milter\[%d\]: " % pid
    syslog.expect("info", head + "preflight .* serves on")

    equal(set(read_status(pid, "Uid")) & {"0"}, set(), "root among its user ids")
    equal(read_status(pid, "CapEff"), ["0000000000000000"], "its capabilities")
    equal(os.getsid(pid), pid, "its session")
    equal(os.readlink("/proc/%d/cwd" % pid), "/", "its directory")
    equal(os.stat(os.path.join(path, "socket")).st_mode & 0o777, 0o660, "the socket's mode")

    answer = send_message(os.path.join(path, "socket"))
    require("451 4.7.1 Preflight: SPF fail for example.com from 192.0.2.7" in answer, "not the answer expected")
    syslog.expect("warning", head + r"4QxyzA: verdict=reject action=tempfail egress=default from=<a@example.com> "
                  r"author=example.com spf=fail dkim=none dmarc=fail policy=reject predict=generic:550-5.7.1 "
                  r"findings=\S+ ms=\d+$")
    syslog.expect("warning", head + r"4QxyzA: finding spf-fail 192\.0\.2\.7: ")

    os.kill(pid, 15)
    syslog.expect("info", head + "stopped$")
    wait_until(lambda: is_gone(pid), "the daemon to end")
    equal(sorted(os.listdir(path)), ["conf", "zone"], "what it leaves behind")


def inside():
    run = tap.Run()
    with tempfile.TemporaryDirectory() as path:
        run.story(daemon_without_foreground.__doc__, lambda: daemon_without_foreground(path))
    return run.finish()


def main():
    if INSIDE in sys.argv:
        return inside()
    if os.getuid() != 0:
        tap.skip_all("needs root for a /dev of its own")
    if subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        print("1..1\nok 1 - without -f # SKIP no mount namespace can be had here")
        return 0
    again = 'exec "$0" "$@"'
    return subprocess.run(["unshare", "--mount", "sh", "-c", PREPARE + again, sys.executable, os.path.abspath(__file__),
                           INSIDE], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
