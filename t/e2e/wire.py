"""
The milter protocol, version 6, as sendmail's mfdef.h defines it: the MTA's side to drive a filter, and the filter's
side for the small filters the tests put before Preflight.

Every packet is a 32-bit length, a command byte and data; strings end in NUL.
"""
import os
import socket
import struct
import threading

DEADLINE = 30.0

VERSION = 6
CHUNK = 65535           # bytes of body per packet, as Postfix and Sendmail send it

ACTIONS = 0x1ff         # all that the MTA offers a filter
ACTION_CHANGE_BODY = 0x2

# Steps of the protocol: what the MTA can leave out, and replies it can do without.
STEP_SKIP, STEP_REJECTED_RCPT, STEP_LEADING_SPACE = 0x400, 0x800, 0x100000
STEPS = 0x1fffff        # all of them

# command: (letter, "the filter wants none of these", "the filter sends no reply")
STAGES = {
    "connect": (b"C", 0x1, 0x1000),
    "helo": (b"H", 0x2, 0x2000),
    "mail": (b"M", 0x4, 0x4000),
    "rcpt": (b"R", 0x8, 0x8000),
    "data": (b"T", 0x200, 0x10000),
    "header": (b"L", 0x20, 0x80),
    "eoh": (b"N", 0x40, 0x40000),
    "body": (b"B", 0x10, 0x80000),
    "unknown": (b"U", 0x100, 0x20000),
    "eom": (b"E", 0, 0),
}
NO_REPLIES = sum(stage[2] for stage in STAGES.values())

VERDICTS = {b"c": "continue", b"a": "accept", b"r": "reject", b"t": "tempfail", b"d": "discard", b"s": "skip",
            b"y": "reply", b"4": "shutdown", b"f": "connection-failure"}
CHANGES = {b"q": "quarantine", b"h": "add-header", b"i": "insert-header", b"m": "change-header", b"b": "replace-body",
           b"+": "add-recipient", b"2": "add-recipient", b"-": "delete-recipient", b"e": "change-sender"}


class ProtocolError(Exception):
    """The other side broke the protocol or went away."""


def connect(address, timeout=DEADLINE):
    """address: a path, or a (host, port) pair."""
    sock = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET, socket.SOCK_STREAM)
    sock.settimeout(timeout)
    try:
        sock.connect(address)
    except OSError:
        sock.close()
        raise
    return sock


def _receive_exactly(sock, count):
    parts = []
    while count:
        part = sock.recv(min(count, 1 << 16))
        if not part:
            raise ProtocolError("the connection was closed")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def receive(sock):
    """One packet: its command and its data."""
    try:
        length = struct.unpack("!I", _receive_exactly(sock, 4))[0]
        packet = _receive_exactly(sock, length)
    except socket.timeout:
        raise ProtocolError("no answer within %g s" % sock.gettimeout()) from None
    except OSError as error:
        raise ProtocolError(str(error)) from None
    return packet[:1], packet[1:]


def send(sock, command, data=b""):
    try:
        sock.sendall(struct.pack("!I", len(data) + 1) + command + data)
    except OSError as error:
        raise ProtocolError(str(error)) from None


def text(value):
    """A string of a test as bytes: what UTF-8 cannot say is written with surrogate escapes."""
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")


def strings(*values):
    return b"".join(text(value) + b"\0" for value in values)


class Answer:
    """What a filter said to one command: its verdict, the text of a reply, the changes it asked for."""

    def __init__(self, verdict, detail="", changes=()):
        self.verdict = verdict
        self.detail = detail
        self.changes = list(changes)

    def __str__(self):
        parts = ["%s %s" % (kind, data) for kind, data in self.changes]
        parts.append(self.verdict if not self.detail else "%s %s" % (self.verdict, self.detail))
        return ", ".join(parts)


class Mta:
    """
    One connection of an MTA to a filter.  Offers all steps and actions unless told otherwise, and keeps to what the
    filter chose: a step it does not want is not sent, a step it does not answer is not waited for.
    """

    def __init__(self, address, steps=STEPS, actions=ACTIONS, version=VERSION, timeout=DEADLINE):
        self.sock = connect(address, timeout)
        send(self.sock, b"O", struct.pack("!III", version, actions, steps))
        command, data = receive(self.sock)
        if command != b"O" or len(data) < 12:
            raise ProtocolError("option negotiation answered with %r" % command)
        self.version, self.actions, self.steps = struct.unpack("!III", data[:12])
        if self.steps & ~steps or self.actions & ~actions:
            raise ProtocolError("the filter chose steps or actions that were not offered")

    def macros(self, stage, values):
        """values: name to value; sent before the command of that stage."""
        flat = [item for pair in values.items() for item in pair]
        send(self.sock, b"D", STAGES[stage][0] + strings(*flat))

    def command(self, stage, data=b""):
        """Sends one command; None where the filter does not want it or does not answer it."""
        letter, unwanted, silent = STAGES[stage]
        if self.steps & unwanted:
            return None
        send(self.sock, letter, data)
        return None if self.steps & silent else self.answer()

    def answer(self):
        changes = []
        while True:
            command, data = receive(self.sock)
            if command == b"p":
                continue
            detail = data.rstrip(b"\0").decode("utf-8", "backslashreplace")
            if command in CHANGES:
                changes.append((CHANGES[command], detail))
            elif command in VERDICTS:
                return Answer(VERDICTS[command], detail, changes)
            else:
                raise ProtocolError("unknown answer %r" % command)

    def connect_from(self, name, address, port=40000):
        """address: dotted IPv4, IPv6 with colons, a path with a slash, or None for unknown."""
        if address is None:
            return self.command("connect", strings(name)[:-1] + b"\0U")
        family = b"L" if "/" in address else b"6" if ":" in address else b"4"
        return self.command("connect", strings(name) + family + struct.pack("!H", port) + strings(address))

    def header(self, name, value):
        """value as it stands after the colon; the space is taken off unless the filter asked for it."""
        value = text(value)
        if not self.steps & STEP_LEADING_SPACE and value[:1] in (b" ", b"\t"):
            value = value[1:]
        return self.command("header", strings(name) + value + b"\0")

    def body(self, data, chunk=CHUNK):
        """Sends the body in chunks until the filter skips the rest; the last answer."""
        answer = None
        for at in range(0, len(data), chunk):
            answer = self.command("body", data[at:at + chunk])
            if answer and answer.verdict != "continue":
                break
        return answer

    def abort(self):
        send(self.sock, b"A")

    def quit(self):
        try:
            send(self.sock, b"Q")
        except ProtocolError:
            pass
        self.sock.close()


class Raw:
    """A connection without negotiation, for bytes that are no protocol at all."""

    def __init__(self, address):
        self.sock = connect(address)

    def quit(self):
        self.sock.close()


def is_closed(sock):
    """Waits for the other side to close; what it still says is of no interest."""
    try:
        while sock.recv(4096):
            pass
        return True
    except socket.timeout:
        return False
    except OSError:
        return True


class Filter:
    """A filter on our side, on a path, that takes every message; hear() is told each command and its data."""

    actions = 0         # that it may ask for
    steps = 0

    def __init__(self, path):
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(path)
        os.chmod(path, 0o666)
        self._listener.listen(16)
        threading.Thread(target=self._accept, daemon=True).start()

    def hear(self, sock, command, data):
        """May answer with changes; the verdict follows."""
        raise NotImplementedError

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:     # closed: the lab is over
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        with sock:
            try:
                while self._answer(sock, *receive(sock)):
                    pass
            except ProtocolError:
                pass

    def _answer(self, sock, command, data):
        if command == b"O":
            offered = struct.unpack("!III", data[:12])
            send(sock, b"O", struct.pack("!III", min(offered[0], VERSION), self.actions, self.steps & offered[2]))
            return True
        self.hear(sock, command, data)
        if command not in (b"D", b"A", b"Q", b"K"):
            send(sock, b"c")
        return command != b"Q"

    def close(self):
        self._listener.close()


class BodyChanger(Filter):
    """A filter that replaces every body: what a disclaimer or a virus scanner does after the signer."""

    actions = ACTION_CHANGE_BODY

    def __init__(self, path, body):
        self._body = text(body)
        self.messages = 0
        super().__init__(path)

    def hear(self, sock, command, data):
        if command == b"E":
            self.messages += 1
            send(sock, b"b", self._body)


class Witness(Filter):
    """A filter that keeps the message it saw last, as the filters before it left it; for one connection at a time."""

    steps = STEP_LEADING_SPACE

    def __init__(self, path):
        self.sender = None      # without <>
        self.message = None
        self._parts = []
        super().__init__(path)

    def hear(self, sock, command, data):
        if command == b"M":
            self.sender = data.split(b"\0")[0].decode("utf-8", "surrogateescape").strip("<>")
            self._parts = []
        elif command == b"L":
            name, value = data.split(b"\0")[:2]
            self._parts.append(name + b":" + value.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") + b"\r\n")
        elif command == b"N":
            self._parts.append(b"\r\n")
        elif command == b"B":
            self._parts.append(data)
        elif command == b"E":
            self.message = b"".join(self._parts)
