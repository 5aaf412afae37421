#!/usr/bin/env python3
"""
Scenarios: each *.story beside this file is one, with its configuration, its zone, its messages, the MTA's side of the
milter session and the log lines that must come of it.  Needs the built daemon only: no MTA, no network, no root.

    run.py [part of a story's name]...         top_builddir=DIR says where the daemon was built

A story has sections, each beginning with a line "=== name":

    hostname                empty; the story depends on the daemon's host being called mail.example.com, which takes
                            root
    postfix                 empty; the story depends on postmap(1)
    configuration           preflight.conf; the runner adds socket, audit_interval = 0 where nothing is said of it, and
                            where there is a zone, dns { zone }
    configuration NAME      another one, for "reload"
    zone                    answers every DNS question
    zone NAME               another one, whose path "@zone NAME@" in a configuration is
    receivers [NAME]        a file of receivers; "@receivers@" or "@receivers NAME@" in a configuration is its path, and
                            "@shipped@" in it that of the receivers that come with Preflight
    blocklists [NAME]       likewise a file of blocklists
    message NAME            a message, for "message NAME"
    session                 what the MTA does, one command a line; "-> ANSWER" under a command is what the filter says
                            to it: "continue" where nothing is written, "nothing" for a command that gets no reply
    log                     the lines about messages, all of them, in their order; * stands for anything
                            "+ TEXT": TEXT is somewhere in the log; "- TEXT": nowhere; "2 TEXT": in two lines
    check                   what "preflight-milter -n" prints, its exit status first
    check NAME              likewise of "configuration NAME"

Commands:

    options NAME=VALUE...   of the next connection: version, steps (hexadecimal), actions (hexadecimal), no-replies=no
    connect NAME ADDRESS [PORT]     a client; "unknown" for no address; port 0 is sendmail(1) at Postfix
    helo NAME               mail, rcpt, header, unknown: likewise, the arguments as they are; header NAME:VALUE
    macros STAGE NAME=VALUE...
    id QUEUEID              the queue id, sent as Postfix does, with data and at the end of the message
    data, eoh, eom, abort, quit, disconnect
    body TEXT               one packet; chunk N: the size of body packets "message" makes
    repeat N COMMAND        a command N times, {n} in it counts from 1
    raw HEX                 bytes on the connection, whatever they are
    closed                  the filter closes the connection
    reload NAME TEXT        SIGHUP with that configuration; goes on when TEXT is logged
    tell TEXT               SIGUSR1; goes on when TEXT is logged
    wait TEXT               goes on when TEXT has been logged since the last reload, tell or wait; * stands for anything

In arguments \\n, \\r, \\t, \\\\ and \\xHH stand for bytes.  Signed messages were made with dkimsign of python3-dkim and
a key that was thrown away.
"""
import concurrent.futures
import os
import re
import shutil
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

import tap          # noqa: E402
import wire         # noqa: E402
from lab import Lab, Preflight, run_status, write       # noqa: E402
from tap import Failure, Skip, require                  # noqa: E402

STORIES_AT_ONCE = 8
SECTIONS = {"hostname", "postfix", "configuration", "zone", "receivers", "blocklists", "message", "session", "log",
            "check"}
SHIPPED = os.path.join(os.path.dirname(os.path.dirname(HERE)), "conf", "receivers.conf")


def unescape(text):
    """The bytes an argument stands for."""
    simple = {"n": b"\n", "r": b"\r", "t": b"\t", "\\": b"\\"}

    def one(match):
        escape = match.group(1).decode()
        return bytes([int(escape[1:], 16)]) if escape[0] == "x" else simple[escape]
    return re.sub(rb"\\(x[0-9a-fA-F]{2}|[nrt\\])", one, text.encode())


def matches(pattern, line):
    """* stands for anything, the rest for itself."""
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), line) is not None


class Story:
    def __init__(self, path):
        self.path = path
        self.title = ""
        self.sections = {}
        name = None
        with open(path, encoding="utf-8", newline="\n") as file:
            for line in file.read().split("\n"):
                if line.startswith("=== "):
                    name = line[4:].strip()
                    require(name.split()[0] in SECTIONS, "%s: unknown section '%s'" % (path, name))
                    require(name not in self.sections, "%s: second section '%s'" % (path, name))
                    self.sections[name] = []
                elif name is None:
                    self.title = self.title or line.lstrip("# ").rstrip(".")
                else:
                    self.sections[name].append(line)

    @property
    def name(self):
        return "%s: %s" % (os.path.basename(self.path)[:-len(".story")], self.title)

    def text(self, section):
        return "\n".join(self.sections.get(section, [])).strip("\n") + "\n"

    def lines(self, section):
        return [line for line in self.sections.get(section, []) if line and not line.startswith("#")]

    def message(self, name):
        """Header fields and body of a message section, the body with CRLF."""
        require("message " + name in self.sections, "no section 'message %s'" % name)
        head, _, body = self.text("message " + name).partition("\n\n")
        fields = re.sub(r"\n(?=[^ \t])", "\0", head.rstrip("\n")).split("\0")
        return [field.partition(":")[::2] for field in fields], body.replace("\n", "\r\n").encode()


class Session:
    """Plays the session section to a running daemon."""

    def __init__(self, story, daemon, configure):
        self.story = story
        self.daemon = daemon
        self.configure = configure
        self.mta = None
        self.options = {}
        self.queue_id = None
        self.chunk = wire.CHUNK
        self.answer = None
        self.mark = 0

    def play(self):
        lines = self.story.lines("session")
        for at, line in enumerate(lines):
            if line.startswith("->"):
                continue
            wanted = "continue"
            if at + 1 < len(lines) and lines[at + 1].startswith("->"):
                wanted = lines[at + 1][2:].strip()
            self.answer = None
            try:
                self.command(line)
            except (wire.ProtocolError, OSError) as error:
                raise Failure("'%s': %s" % (line, error)) from None
            self.check(line, wanted)
        if self.mta:
            self.mta.quit()

    def check(self, line, wanted):
        got = str(self.answer) if self.answer else "nothing"
        if wanted == "continue" and self.answer is None:
            return
        require(matches(wanted, got), "'%s'\n  expected: %s\n  got:      %s" % (line, wanted, got))

    def command(self, line):
        word, _, argument = line.strip().partition(" ")
        method = getattr(self, "do_" + word.replace("-", "_"), None)
        require(method is not None, "unknown command '%s'" % line)
        method(argument.strip())

    def the_mta(self):
        if self.mta is None:
            names = {"version": int, "steps": lambda text: int(text, 16), "actions": lambda text: int(text, 16)}
            chosen = {name: names[name](value) for name, value in self.options.items() if name in names}
            if self.options.get("no-replies") == "no":
                chosen["steps"] = chosen.get("steps", wire.STEPS) & ~wire.NO_REPLIES
            self.mta = wire.Mta(self.daemon.path, **chosen)
        return self.mta

    def do_options(self, argument):
        self.options = dict(pair.split("=", 1) for pair in argument.split())

    def do_connect(self, argument):
        name, address, *port = argument.split()
        address = None if address == "unknown" else address
        self.answer = self.the_mta().connect_from(unescape(name), address, *map(int, port))

    def do_helo(self, argument):
        self.answer = self.the_mta().command("helo", wire.strings(unescape(argument)))

    def do_mail(self, argument):
        self.answer = self.the_mta().command("mail", wire.strings(*map(unescape, argument.split(" "))))

    def do_rcpt(self, argument):
        self.answer = self.the_mta().command("rcpt", wire.strings(*map(unescape, argument.split(" "))))

    def do_unknown(self, argument):
        self.answer = self.the_mta().command("unknown", wire.strings(unescape(argument)))

    def do_macros(self, argument):
        stage, *pairs = argument.split(" ")
        self.the_mta().macros(stage, dict(pair.split("=", 1) for pair in map(unescape_text, pairs)))

    def do_id(self, argument):
        self.queue_id = argument

    def send_id(self, stage):
        if self.queue_id:
            self.the_mta().macros(stage, {"i": self.queue_id})

    def do_data(self, _):
        self.send_id("data")
        self.answer = self.the_mta().command("data")

    def do_header(self, argument):
        name, _, value = argument.partition(":")
        self.answer = self.the_mta().header(unescape(name), unescape(value))

    def do_eoh(self, _):
        self.answer = self.the_mta().command("eoh")

    def do_body(self, argument):
        self.answer = self.the_mta().command("body", unescape(argument))

    def do_chunk(self, argument):
        self.chunk = int(argument)

    def do_eom(self, _):
        self.send_id("eom")
        self.answer = self.the_mta().command("eom")

    def do_message(self, argument):
        """Everything from DATA to the body; the answer is the first that is not continue."""
        fields, body = self.story.message(argument)
        mta = self.the_mta()
        steps = [lambda: self.do_data("")]
        steps += [lambda pair=pair: self.set_answer(mta.header(*pair)) for pair in fields]
        steps += [lambda: self.do_eoh(""), lambda: self.set_answer(mta.body(body, self.chunk))]
        for step in steps:
            step()
            if self.answer and self.answer.verdict != "continue":
                break

    def set_answer(self, answer):
        self.answer = answer

    def do_repeat(self, argument):
        count, _, line = argument.partition(" ")
        for number in range(1, int(count) + 1):
            self.command(line.replace("{n}", str(number)))
            self.check(line, "continue")

    def do_abort(self, _):
        self.the_mta().abort()

    def do_quit(self, _):
        self.the_mta().quit()
        self.mta = None

    def do_disconnect(self, _):
        self.the_mta().sock.close()
        self.mta = None

    def do_raw(self, argument):
        """Bytes past the protocol, on a connection of their own where none is open."""
        if self.mta is None:
            self.mta = wire.Raw(self.daemon.path)
        self.mta.sock.sendall(bytes.fromhex(argument))

    def do_closed(self, _):
        require(wire.is_closed(self.mta.sock), "the filter keeps the connection open")
        self.do_disconnect("")

    def do_reload(self, argument):
        name, _, text = argument.partition(" ")
        self.configure("configuration " + name)
        mark = self.mark = self.daemon.reload()
        self.daemon.process.wait_for(re.escape(text), mark)

    def do_tell(self, argument):
        self.mark = self.daemon.process.mark()
        self.daemon.process.send(signal.SIGUSR1)
        self.do_wait(argument)

    def do_wait(self, argument):
        self.daemon.process.wait_for(".*".join(re.escape(part) for part in argument.split("*")), self.mark)
        self.mark = self.daemon.process.mark()


def unescape_text(text):
    return unescape(text).decode("utf-8", "surrogateescape")


def check_log(story, lines):
    """Lines of messages begin with the queue id, after what the terminal puts before them."""
    for line in lines:
        require(re.fullmatch(r"preflight-milter\[\d+\]: [ -~]+", line), "not a line of ours: %r" % line)
    texts = [line.partition(": ")[2] for line in lines]
    judged = [text for text in texts if " verdict=" in text]
    wanted = story.lines("log")
    special = [line for line in wanted if re.match(r"[-+0-9]+ ", line)]
    expected = [line for line in wanted if line not in special]

    shown = "\n  got:\n    %s" % "\n    ".join(judged)
    require(len(judged) == len(expected), "%d lines about messages expected%s" % (len(expected), shown))
    for pattern, line in zip(expected, judged):
        require(matches(pattern, line), "log line\n  expected: %s%s" % (pattern, shown))
    for line in special:
        sign, _, part = line.partition(" ")
        count = sum(matches("*%s*" % part, text) for text in texts)
        is_right = count > 0 if sign == "+" else count == (0 if sign == "-" else int(sign))
        require(is_right, "log: expected '%s', found in %d lines" % (line, count))


def configuration(story, lab, section):
    """The section's text; what the runner adds comes after it, so that its lines keep their numbers."""
    text = story.text(section)
    has_zone = "dns {" not in text or "@zone" in text
    for name in story.sections:
        if name.split()[0] in ("receivers", "blocklists") or name.startswith("zone "):
            content = story.text(name).replace("@shipped@", SHIPPED)
            text = text.replace("@%s@" % name, write(lab.path(name.replace(" ", "-")), content))
    if "audit_interval" not in text:
        text += "audit_interval = 0\n"
    if "zone" in story.sections:
        zone = write(lab.path("zone"), story.text("zone"))
        require(has_zone, "a story with its own dns section names zone = \"@zone@\"")
        text = text.replace("@zone@", zone)
        if "dns {" not in text:
            text += 'dns { zone = "%s" }\n' % zone
    return text


def play_check(story, lab, name):
    """name: "check" or "check NAME", for the configuration of that name."""
    section = name.replace("check", "configuration")
    conf = write(lab.path("preflight.conf"), configuration(story, lab, section) + 'user = ""\n')
    status, output = run_status(lab.milter_command("-n", "-c", conf))
    got = ["exit %d" % status] + output.replace(lab.dir + "/", "").splitlines()
    got = [re.sub(r"^preflight-milter(\[\d+\])?: ", "", line) for line in got]
    wanted = story.lines(name)
    shown = "%s\n  got:\n    %s" % (section, "\n    ".join(got))
    require(len(got) == len(wanted), "%d lines expected of %s" % (len(wanted), shown))
    for pattern, line in zip(wanted, got):
        require(matches(pattern, line), "expected '%s' of %s" % (pattern, shown))


def play_session(story, lab):
    daemon = Preflight(lab, "preflight", configuration(story, lab, "configuration"))
    Session(story, daemon, lambda section: daemon.configure(configuration(story, lab, section))).play()
    daemon.stop()
    check_log(story, daemon.process.since(0))


def play(story, lab):
    if "hostname" in story.sections and not lab.has_host_name:
        raise Skip("takes root")
    if "postfix" in story.sections and shutil.which("postmap", path=os.environ["PATH"] + ":/usr/sbin") is None:
        raise Skip("there is no Postfix")
    for name in story.sections:
        if name.split()[0] == "check":
            play_check(story, lab, name)
    if "session" in story.sections:
        play_session(story, lab)


def attempt(path, builddir):
    """Plays one story in a thread; its name, its error and its log."""
    name = os.path.basename(path)
    with Lab(builddir) as lab:
        try:
            story = Story(path)
            name = story.name
            play(story, lab)
            return name, None, ""
        except Exception as error:      # tap reports it in the story's place
            return name, error, lab.excerpt()


def main():
    builddir = os.environ.get("top_builddir", os.path.join(os.path.dirname(os.path.dirname(HERE)), "build"))
    filters = sys.argv[1:]
    paths = sorted(os.path.join(HERE, name) for name in os.listdir(HERE) if name.endswith(".story"))
    paths = [path for path in paths if not filters or any(text in path for text in filters)]
    run = tap.Run()

    with concurrent.futures.ThreadPoolExecutor(STORIES_AT_ONCE) as pool:
        for future in [pool.submit(attempt, path, builddir) for path in paths]:
            name, error, excerpt = future.result()

            def outcome(error=error):
                if error:
                    raise error
            run.story(name, outcome, lambda excerpt=excerpt: excerpt)
    return run.finish()


if __name__ == "__main__":
    sys.exit(main())
