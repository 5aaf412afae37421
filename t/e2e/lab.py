"""
A laboratory on loopback: real Postfix, real signer, real DNS server, smtp-sink as the world, and Preflight.

Everything lives in one temporary directory and on free ports of 127.0.0.1, and is stopped and removed at the end,
also after a failure.  Needs root, since Postfix does.
"""
import os
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time

import wire
from process import DEADLINE, Process, wait_until
from tap import require

HOST_NAME = "mail.example.com"

POSTFIX_SERVICES = """
pickup    unix  n  -  n  60    1  pickup
cleanup   unix  n  -  n  -     0  cleanup
qmgr      unix  n  -  n  300   1  qmgr
rewrite   unix  -  -  n  -     -  trivial-rewrite
bounce    unix  -  -  n  -     0  bounce
defer     unix  -  -  n  -     0  bounce
trace     unix  -  -  n  -     0  bounce
verify    unix  -  -  n  -     1  verify
flush     unix  n  -  n  1000? 0  flush
proxymap  unix  -  -  n  -     -  proxymap
smtp      unix  -  -  n  -     -  smtp
relay     unix  -  -  n  -     -  smtp
showq     unix  n  -  n  -     -  showq
error     unix  -  -  n  -     -  error
retry     unix  -  -  n  -     -  error
discard   unix  -  -  n  -     -  discard
anvil     unix  -  -  n  -     1  anvil
scache    unix  -  -  n  -     1  scache
postlog   unix-dgram n - n - 1 postlogd
"""

POSTFIX_MAIN = """
compatibility_level = 3.7
maillog_file = /dev/stdout
queue_directory = {dir}/queue
data_directory = {dir}/data
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.example.com
mydestination =
mynetworks = 127.0.0.0/8
relay_domains = inbound.test
alias_maps =
local_recipient_maps =
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
local_header_rewrite_clients =
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_authorized_xclient_hosts = 127.0.0.0/8
smtpd_client_connection_count_limit = 0
smtp_tls_security_level = none
smtputf8_enable = no
relayhost = [127.0.0.1]:{sink}
transport_maps = inline:{{ {transports} }}
message_size_limit = 100000000
mailbox_size_limit = 0
header_size_limit = 4000000
non_smtpd_milters = {non_smtpd}
milter_protocol = 6
milter_default_action = tempfail
milter_content_timeout = 60s
"""


def run_status(argv):
    """A command's exit status and its output."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    return done.returncode, done.stdout.decode("utf-8", "backslashreplace")


def run(argv):
    """A command that must succeed; its output."""
    status, output = run_status(argv)
    require(status == 0, "%s failed with %d:\n%s" % (" ".join(argv), status, output))
    return output


def write(path, content):
    with open(path, "w", encoding="utf-8") as file:
        file.write(content)
    return path


def is_answering(address):
    """Is somebody listening there?"""
    try:
        wire.connect(address, 5).close()
        return True
    except OSError:
        return False


class Key:
    """A DKIM key pair: the file for the signer, the text for the zone."""

    def __init__(self, directory, name, bits=2048):
        self.path = os.path.join(directory, name + ".private")
        run(["openssl", "genrsa", "-traditional", "-out", self.path, str(bits)])
        os.chmod(self.path, 0o600)
        public = run(["openssl", "rsa", "-in", self.path, "-pubout"])
        self.public = "".join(line for line in public.split("\n") if re.fullmatch(r"[A-Za-z0-9+/=]{4,}", line))

    def record(self, name, tags="v=DKIM1; k=rsa; "):
        """A TXT record, in strings of a size that DNS allows."""
        value = tags + "p=" + self.public
        parts = " ".join('"%s"' % value[at:at + 200] for at in range(0, len(value), 200))
        return "%s 300 IN TXT ( %s )\n" % (name, parts)


def can_name_host():
    """May a process here have a host name of its own?"""
    try:
        return run_status(["unshare", "--uts", "true"])[0] == 0
    except FileNotFoundError:
        return False


class Lab:
    def __init__(self, builddir):
        self.milter = os.path.join(builddir, "milter/preflight-milter")
        self.preflight = os.path.join(builddir, "cli/preflight")
        self.has_host_name = can_name_host()
        self.dir = tempfile.mkdtemp(prefix="preflight-lab.", dir="/tmp")
        os.chmod(self.dir, 0o755)               # the daemons' users pass through
        self.run_dir = self.path("run")
        os.mkdir(self.run_dir)
        os.chmod(self.run_dir, 0o1777)          # where daemons under any user make their sockets
        self._closers = []
        self._ports = set()
        self.processes = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def path(self, name):
        return os.path.join(self.dir, name)

    def milter_command(self, *options):
        """The daemon, on a host called HOST_NAME where possible: else this machine's resolver is asked for its name."""
        command = [self.milter, *options]
        if self.has_host_name:
            return ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', HOST_NAME, *command]
        return command

    def socket_path(self, name):
        return os.path.join(self.run_dir, name + ".sock")

    def free_port(self):
        """A port of 127.0.0.1 free for TCP and UDP, not given out before."""
        while True:
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp, \
                    socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                tcp.bind(("127.0.0.1", 0))
                port = tcp.getsockname()[1]
                try:
                    udp.bind(("127.0.0.1", port))
                except OSError:
                    continue
            if port not in self._ports:
                self._ports.add(port)
                return port

    def start(self, name, argv, **kwargs):
        """A process that ends with the lab; by force, since what must end well is stopped before."""
        process = Process(name, argv, **kwargs)
        self.processes.append(process)
        self._closers.append(process.kill)
        return process

    def at_end(self, function):
        self._closers.append(function)

    def close(self):
        for closer in reversed(self._closers):
            try:
                closer()
            except Exception as error:          # the others are still to be stopped
                print("# lab: %s" % error)
        self._closers.clear()
        shutil.rmtree(self.dir, ignore_errors=True)

    def excerpt(self):
        """The ends of all logs, to be shown where a story failed."""
        parts = []
        for process in self.processes:
            parts.append("--- %s" % process.name)
            parts += ["    " + line for line in process.tail(25 if process.is_running() else 10)]
        return "\n".join(parts)


class Nsd:
    """An authoritative server for one zone, the root: every name of the lab exists in it or does not exist."""

    def __init__(self, lab, zone_file):
        self.lab = lab
        self.port = lab.free_port()
        directory = lab.path("nsd-%d" % self.port)
        os.mkdir(directory)
        self.conf = write(os.path.join(directory, "nsd.conf"), """
server:
    ip-address: 127.0.0.1@{port}
    do-ip6: no
    server-count: 1
    username: ""
    chroot: ""
    zonesdir: "{dir}"
    database: ""
    pidfile: ""
    zonelistfile: "{dir}/zone.list"
    xfrdfile: "{dir}/xfrd.state"
    xfrdir: "{dir}"
    rrl-ratelimit: 0
    hide-version: yes
remote-control:
    control-enable: no
zone:
    name: "."
    zonefile: "{zone}"
""".format(port=self.port, dir=directory, zone=zone_file))
        self.process = None
        self.start()

    def start(self):
        self.process = self.lab.start("nsd", ["/usr/sbin/nsd", "-d", "-c", self.conf])
        wait_until(lambda: self._answers() or not self.process.is_running(), "nsd to answer")
        require(self.process.is_running(), "nsd ended:\n" + "\n".join(self.process.tail()))

    def stop(self):
        self.process.stop()

    def pause(self):
        """It stays there but says nothing, like a server behind a firewall that drops packets."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def go_on(self):
        os.killpg(self.process.pid, signal.SIGCONT)

    def _answers(self):
        """Asks for the SOA of the root, over UDP."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.2)
            try:
                sock.connect(("127.0.0.1", self.port))
                sock.send(bytes.fromhex("1234" "0000" "0001" "0000" "0000" "0000" "00" "0006" "0001"))
                return len(sock.recv(4096)) > 12
            except OSError:
                return False


class OpenDkim:
    """The signer, for some domains with one key and one selector."""

    def __init__(self, lab, key, domains, selector):
        self.path = lab.socket_path("opendkim")
        signing = write(lab.path("signing.table"), "".join("*@%s %s\n" % (name, name) for name in domains))
        lines = ["%s %s:%s:%s\n" % (name, name, selector, key.path) for name in domains]
        keys = write(lab.path("key.table"), "".join(lines))
        conf = write(lab.path("opendkim.conf"), """
Mode s
Socket local:{socket}
UMask 000
Syslog no
Canonicalization relaxed/simple
SigningTable refile:{signing}
KeyTable file:{keys}
RequireSafeKeys no
InternalHosts 0.0.0.0/0
OversignHeaders From
MaximumHeaders 0
""".format(socket=self.path, signing=signing, keys=keys))
        self.process = lab.start("opendkim", ["/usr/sbin/opendkim", "-f", "-x", conf])
        wait_until(lambda: is_answering(self.path), "opendkim's socket")


class Sink:
    """The world: takes every message and keeps it in a file of its own, or refuses at a command with a reply."""

    def __init__(self, lab, name="sink", refuse_at=None, reply=None, options=()):
        self.dir = lab.path(name)
        self.port = lab.free_port()
        os.mkdir(self.dir)
        shutil.chown(self.dir, "postfix")
        self.lab = lab
        self.name = name
        self.process = None
        how = ("-r", "-b") if reply and reply.startswith("4") else ("-f", "-B")
        self._start([how[0], refuse_at, how[1], reply] if refuse_at else list(options))

    def _start(self, options):
        argv = ["/usr/sbin/smtp-sink", "-u", "postfix", "-d", self.dir + "/m.", *options, "127.0.0.1:%d" % self.port]
        self.process = self.lab.start("smtp-" + self.name, argv + ["100"])
        wait_until(lambda: is_answering(("127.0.0.1", self.port)), "smtp-sink")

    def relent(self):
        """Takes every message from now on."""
        self.process.stop()
        self._start([])

    def messages(self):
        """Every message received so far, as bytes, with smtp-sink's X- lines before it."""
        found = []
        for entry in os.scandir(self.dir):
            with open(entry.path, "rb") as file:
                found.append(file.read())
        return found

    def find(self, token):
        """The one message that holds token."""
        token = token.encode()
        found = [message for message in self.messages() if token in message]
        require(len(found) == 1, "smtp-sink has %d messages with '%s'" % (len(found), token.decode()))
        return found[0]


class Door:
    """One smtpd of Postfix: its port, which milters stand behind it, and the door that its mail comes in by again."""

    def __init__(self, milters, default_action="tempfail", again=None):
        self.milters = milters
        self.default_action = default_action
        self.again = again
        self.port = None


def make_old(path):
    """Postfix's programs wait until a file of settings that they read is some seconds old."""
    past = time.time() - 60
    os.utime(path, (past, past))


def children(pid, names):
    """The processes of these names that pid started."""
    found = []
    with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as file:
        pids = file.read().split()
    for child in pids:
        try:
            with open("/proc/%s/comm" % child, encoding="ascii") as file:
                if file.read().strip() in names:
                    found.append(int(child))
        except FileNotFoundError:       # it is over
            pass
    return found


class Postfix:
    """
    An instance of its own; doors: name to Door; pickup: the milters of sendmail(1) submissions; refusing: domains to
    the sinks that refuse their mail.
    """

    def __init__(self, lab, sink, doors, pickup, refusing):
        self.lab = lab
        self.doors = doors
        self.dir = lab.path("postfix")
        self.conf = os.path.join(self.dir, "etc")
        for directory in (self.conf, os.path.join(self.dir, "queue"), os.path.join(self.dir, "data")):
            os.makedirs(directory)
        shutil.chown(os.path.join(self.dir, "data"), "postfix")
        self.main = POSTFIX_MAIN.format(dir=self.dir, sink=sink.port, non_smtpd=self.milters(pickup),
                                        transports=" ".join("{ %s = smtp:[127.0.0.1]:%d }" % (domain, other.port)
                                                            for domain, other in refusing.items()))
        self.master = self._master()
        self._write(self.main, self.master)
        self.process = lab.start("postfix", ["/usr/sbin/postfix", "-c", self.conf, "start-fg"])
        lab.at_end(self._stop)
        for name, door in doors.items():
            wait_until(lambda port=door.port: is_answering(("127.0.0.1", port)) or not self.process.is_running(),
                       "smtpd '%s'" % name)
        require(self.process.is_running(), "postfix ended:\n" + "\n".join(self.process.tail()))

    @staticmethod
    def milters(addresses):
        """As a setting lists them."""
        return ", ".join("unix:" + address if isinstance(address, str) else "inet:%s:%d" % address
                         for address in addresses)

    def _master(self):
        lines = [POSTFIX_SERVICES]
        for door in self.doors.values():
            door.port = self.lab.free_port()
        for door in self.doors.values():
            lines.append("127.0.0.1:%d inet n - n - - smtpd\n -o { smtpd_milters = %s }\n -o milter_default_action=%s\n"
                         % (door.port, self.milters(door.milters), door.default_action))
            if door.again:
                lines.append(" -o content_filter=smtp:[127.0.0.1]:%d\n" % door.again.port)
        return "".join(lines)

    def flush(self):
        """What is deferred is tried now."""
        run(["postqueue", "-c", self.conf, "-f"])

    def _master_pid(self):
        """The foreground process is a shell that waits for master, which leads a process group of its own."""
        with open(os.path.join(self.dir, "queue/pid/master.pid"), encoding="ascii") as file:
            return int(file.read())

    def _write(self, main, master):
        for name, content in (("main.cf", main), ("master.cf", master)):
            make_old(write(os.path.join(self.conf, name), content))

    def configure(self, main, master):
        """Other settings; afterwards whoever takes, keeps and sends mail has read them."""
        self._write(main, master)
        pid = self._master_pid()
        old = children(pid, ("smtp", "cleanup", "qmgr", "trivial-rewrite"))
        mark = self.process.mark()
        os.kill(pid, signal.SIGHUP)
        self.process.wait_for(r"postfix/master\[\d+\]: reload", mark)
        wait_until(lambda: not any(os.path.exists("/proc/%d" % child) for child in old), "Postfix to reload")

    def _stop(self):
        master = self._master_pid()
        os.kill(master, signal.SIGTERM)
        try:
            self.process.wait()
        finally:
            try:
                os.killpg(master, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def connect(self, door, source="127.0.0.1", timeout=60):
        client = smtplib.SMTP(local_hostname="client.lab.test", timeout=timeout, source_address=(source, 0))
        client.connect("127.0.0.1", self.doors[door].port)
        client.ehlo()
        return client

    def submit(self, data, *options):
        """sendmail(1) with these options and recipients."""
        argv = ["/usr/sbin/sendmail", "-C", self.conf, *options]
        done = subprocess.run(argv, input=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        require(done.returncode == 0, "sendmail failed: %r" % done.stdout)

    def held(self):
        """The queue ids in the hold queue."""
        lines = run(["postqueue", "-c", self.conf, "-j"]).splitlines()
        found = [re.search(r'"queue_name": "(\w+)", "queue_id": "(\w+)"', line) for line in lines]
        return [match.group(2) for match in found if match and match.group(1) == "hold"]

    def expect_notice(self, queue_id, mark=0):
        """Waits until the sender was told that a message bounced; the notice's queue id."""
        match = self.process.wait_for(r"%s: sender non-delivery notification: (\w+)" % queue_id, mark)
        self.expect_sent(match.group(1), mark)
        return match.group(1)

    def expect_sent(self, queue_id, mark=0, timeout=DEADLINE):
        """Waits until the message was delivered to the sink; a failure where it went anywhere else."""
        match = self.process.wait_for(r"postfix/smtp\[\d+\]: %s: to=.* status=(\w+)" % queue_id, mark, timeout)
        require(match.group(1) == "sent", "%s was not sent: %s" % (queue_id, match.string))
        self.process.wait_for(r"postfix/qmgr\[\d+\]: %s: removed" % queue_id, mark, timeout)


class Preflight:
    """The daemon in the foreground, its log on our side; on a local: socket, or over TCP where it gets a port."""

    def __init__(self, lab, name, configuration, user="", port=None):
        self.lab = lab
        self.name = name
        self.path = ("127.0.0.1", port) if port else lab.socket_path(name)
        self.spec = "inet:%d@127.0.0.1" % port if port else "local:" + self.path
        self.conf = lab.path(name + ".conf")
        self.user = user
        self.process = None
        self.configure(configuration)
        self.start()

    def configure(self, configuration):
        """What the lab decides comes last, so that the configuration's own lines keep their numbers."""
        if "state_directory" not in configuration:
            configuration += '\nstate_directory = ""'       # this machine's own is not ours
        tail = 'socket = "%s"\nsocket_mode = "0666"\nuser = "%s"\n' % (self.spec, self.user)
        write(self.conf, configuration + "\n" + tail)

    def start(self):
        self.process = self.lab.start(self.name, self.lab.milter_command("-f", "-c", self.conf))
        wait_until(lambda: is_answering(self.path) or not self.process.is_running(), "%s's socket" % self.name, 60)
        require(self.process.is_running(), "%s ended:\n%s" % (self.name, "\n".join(self.process.tail())))

    def reload(self):
        mark = self.process.mark()
        self.process.send(signal.SIGHUP)
        return mark

    def sync(self):
        """After this all that it logged before is here: a reload is logged too, after it."""
        self.process.wait_for("reloaded", self.reload())

    def stop(self):
        """Ends it as its init system would; it must end well."""
        status = self.process.stop(signal.SIGTERM)
        self.check_health()
        require(status == 0, "%s ended with status %s:\n%s" % (self.name, status, "\n".join(self.process.tail())))

    def check_health(self):
        reports = self.process.sanitizer_reports()
        require(not reports, "%s: %s\n%s" % (self.name, reports, "\n".join(self.process.tail(120))))

    def judged(self, queue_id, mark=0, timeout=DEADLINE):
        """The line about one message, from its queue id on."""
        return self.process.wait_for(r"(?:^|\s)(%s: verdict=.*)$" % queue_id, mark, timeout).group(1)

    def has_judged(self, queue_id):
        self.sync()
        return any(("%s: verdict=" % queue_id) in line for line in self.process.since(0))
