"""
The milters that the bench compares, each started with a configuration of its own, and what the operating system says
of them: CPU time and memory.  The peers find their name server in /etc/resolv.conf, so they run where that is ours.
"""
import os
import shutil
import signal
import subprocess
import time

from lab import is_answering, write
from process import wait_until
from workload import EGRESS, HELO

PAGE = os.sysconf("SC_PAGE_SIZE")

PREFLIGHT = """
mode = observe
user = ""
egress default {{ addresses = {{ "{egress}" }} helo = "{helo}" }}
outgoing {{ authenticated = yes networks = {{}} local = no daemons = {{}} }}
dns {{ servers = {{ "127.0.0.1@{port}" }} cache_entries = {cache} }}
socket = "{socket}"
socket_mode = "0666"
state_directory = ""
audit_interval = 0
"""

OPENDKIM = """
Mode v
Socket local:{socket}
UMask 000
Syslog no
AlwaysAddARHeader yes
AuthservID {helo}
MaximumHeaders 0
"""

OPENDMARC = """
Socket local:{socket}
UMask 000
Syslog false
AuthservID {helo}
TrustedAuthservIDs {helo}
SPFSelfValidate true
SPFIgnoreResults true
RejectFailures false
IgnoreAuthenticatedClients false
"""

RSPAMD = """
.include "$CONFDIR/common.conf"
options {{
    pidfile = "{dir}/rspamd.pid";
    filters = "dkim";
    dns {{ nameserver = ["127.0.0.1"]; timeout = 5s; }}
    tempdir = "{dir}";
    control_socket = "{dir}/control.sock";
}}
logging {{ type = "file"; filename = "{dir}/rspamd.log"; level = "warning"; }}
worker "rspamd_proxy" {{
    bind_socket = "{socket} mode=0666";
    milter = yes;
    timeout = 60s;
    upstream "local" {{ default = yes; self_scan = yes; }}
    count = {workers};
    max_retries = 1;
}}
"""
RSPAMD_COMMON = """
lua = "$RULESDIR/rspamd.lua";
modules {{ path = "{plugins}"; }}
actions {{ reject = 1000; add_header = 999; greylist = null; }}
dmarc {{ }}
spf {{ }}
dkim {{ }}
"""
RSPAMD_PLUGINS = ("dmarc.lua", "spf.lua")
RSPAMD_DATA = "/usr/share/rspamd"


def pids_of(pid):
    """A process and all below it."""
    with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as file:
        children = [int(word) for word in file.read().split()]
    return [pid] + [below for child in children for below in pids_of(child)]


class Daemon:
    """One process with its children; its output goes to a file."""

    def __init__(self, folder, name, argv, socket_path):
        self.log = os.path.join(folder, name + ".log")
        with open(self.log, "wb") as log:
            self._popen = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.socket = socket_path
        wait_until(lambda: is_answering(socket_path) or self._popen.poll() is not None, name + "'s socket", 60)
        if self._popen.poll() is not None:
            with open(self.log, encoding="utf-8", errors="replace") as log:
                raise RuntimeError("%s ended:\n%s" % (name, log.read()[-2000:]))

    def spec(self):
        """As the load generator has it."""
        return self.socket if isinstance(self.socket, str) else "inet:%d@%s" % self.socket[::-1]

    def cpu_seconds(self):
        """User and system time, of all threads, by each process's own clock (clock_getcpuclockid(3))."""
        return sum(time.clock_gettime((~pid << 3) | 2) for pid in pids_of(self._popen.pid))

    def ticks(self):
        """Clock ticks in user mode and in the system, which are coarse."""
        user = system = 0
        for pid in pids_of(self._popen.pid):
            with open("/proc/%d/stat" % pid, encoding="ascii", errors="replace") as file:
                words = file.read().rpartition(")")[2].split()
            user += int(words[11])
            system += int(words[12])
        return user, system

    def resident_bytes(self):
        pages = 0
        for pid in pids_of(self._popen.pid):
            with open("/proc/%d/statm" % pid, encoding="ascii") as file:
                pages += int(file.read().split()[1])
        return pages * PAGE

    def stop(self):
        """By force: libmilter takes its time, and there is nothing to keep."""
        for pid in reversed(pids_of(self._popen.pid)):
            os.kill(pid, signal.SIGKILL)
        self._popen.wait()
        if isinstance(self.socket, str):
            os.unlink(self.socket)


class Peer:
    """What stands behind smtpd_milters: one daemon, or two in a row."""

    def __init__(self, name, daemons, client):
        self.name = name
        self.daemons = daemons
        self.client = client        # options of the load generator

    def sockets(self):
        return [option for daemon in self.daemons for option in ("-s", daemon.spec())]

    def cpu_seconds(self):
        return sum(daemon.cpu_seconds() for daemon in self.daemons)

    def ticks(self):
        return tuple(map(sum, zip(*(daemon.ticks() for daemon in self.daemons))))

    def resident_bytes(self):
        return sum(daemon.resident_bytes() for daemon in self.daemons)

    def stop(self):
        for daemon in self.daemons:
            daemon.stop()


RECEIVED = ["-a", EGRESS]                   # as the receiver of the mail sees it
SUBMITTED = ["-u", "news", "-a", "192.0.2.77"]
INCOMING = ["-a", "192.0.2.77"]


class Field:
    """Starts peers in one folder."""

    def __init__(self, builddir, folder, dns_port):
        self.builddir = builddir
        self.folder = folder
        self.dns_port = dns_port

    def _socket(self, name):
        return os.path.join(self.folder, name + ".sock")

    def floor(self, name, *options):
        path = self._socket("floor" + "".join(options))
        argv = [os.path.join(self.builddir, "t/bench/floor"), *options, "local:" + path]
        return Peer(name, [Daemon(self.folder, "floor" + "".join(options), argv, path)], SUBMITTED)

    def preflight(self, client=None, cache=100000, inet=None):
        """inet: a port, instead of a local: socket."""
        path = ("127.0.0.1", inet) if inet else self._socket("preflight")
        spec = "inet:%d@127.0.0.1" % inet if inet else "local:" + path
        conf = write(os.path.join(self.folder, "preflight.conf"), PREFLIGHT.format(
            egress=EGRESS, helo=HELO, port=self.dns_port, socket=spec, cache=cache))
        argv = [os.path.join(self.builddir, "milter/preflight-milter"), "-f", "-c", conf]
        return Peer("Preflight", [Daemon(self.folder, "preflight", argv, path)], client or SUBMITTED)

    def opendkim_opendmarc(self):
        daemons = []
        for program, text in (("opendkim", OPENDKIM), ("opendmarc", OPENDMARC)):
            path = self._socket(program)
            conf = write(os.path.join(self.folder, program + ".conf"), text.format(socket=path, helo=HELO))
            argv = ["/usr/sbin/" + program, "-f", "-c" if program == "opendmarc" else "-x", conf]
            daemons.append(Daemon(self.folder, program, argv, path))
        return Peer("opendkim + opendmarc", daemons, RECEIVED)

    def rspamd(self):
        path = self._socket("rspamd")
        home = os.path.join(self.folder, "rspamd")
        os.makedirs(os.path.join(home, "plugins"))
        os.makedirs(os.path.join(home, "local.d"))
        for plugin in RSPAMD_PLUGINS:
            shutil.copy(os.path.join(RSPAMD_DATA, "plugins", plugin), os.path.join(home, "plugins"))
        write(os.path.join(home, "common.conf"), RSPAMD_COMMON.format(plugins=os.path.join(home, "plugins")))
        conf = write(os.path.join(home, "rspamd.conf"),
                     RSPAMD.format(dir=home, socket=path, workers=os.cpu_count()))
        argv = ["/usr/bin/rspamd", "-f", "-i", "-c", conf, "--var=CONFDIR=" + home, "--var=LOCAL_CONFDIR=" + home,
                "--var=DBDIR=" + home, "--var=RUNDIR=" + home, "--var=LOGDIR=" + home]
        return Peer("rspamd", [Daemon(self.folder, "rspamd", argv, path)], RECEIVED)
