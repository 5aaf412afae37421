#!/usr/bin/env python3
"""
preflight bounces over made-up logs whose truth is known, over files as rotation leaves them, and its page in a browser.

    run.py [part of a story's name]...         top_builddir=DIR says where the command was built
"""
import bz2
import datetime
import gzip
import html.parser
import json
import lzma
import os
import pty
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "e2e")]

import tap                              # noqa: E402
from tap import equal, require          # noqa: E402
from traffic import Traffic             # noqa: E402

BUILDDIR = os.path.abspath(os.environ.get("top_builddir", "."))
PREFLIGHT = os.path.join(BUILDDIR, "cli", "preflight")
COUNTS = ("delivered", "delayed", "deferred", "refused", "judged", "predicted_happened", "predicted_not_happened",
          "unpredicted", "accepted_delivered")
MEMORY_MAX = 250 * 1024         # KiB; man/preflight.1 promises 200 MB for what is kept of a log


class Box:
    """A directory to run the command in."""

    def __init__(self, path):
        self.path = path
        self.at("conf", b"")

    def at(self, name, data=None, changed=None):
        """A path in it; a file with these bytes, last changed at that time."""
        path = os.path.join(self.path, name)
        if data is not None:
            with open(path, "wb") as file:
                file.write(data)
            if changed is not None:
                os.utime(path, (changed, changed))
        return path

    def run(self, *args, stdin=b""):
        done = subprocess.run([PREFLIGHT, "bounces", "-c", "conf", *args], cwd=self.path, input=stdin, timeout=300,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ, TZ="UTC"))
        require(b"Sanitizer" not in done.stderr, done.stderr.decode(errors="replace"))
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def tally(self, *args, stdin=b""):
        status, out, err = self.run("--json", *args, stdin=stdin)
        equal((status, err), (0, ""), "status and standard error")
        return json.loads(out)


def encode(lines):
    return "".join(line + "\n" for line in lines).encode()


def hold_against(report, truth):
    """The report says what is true, in every row."""
    def rows(name, key):
        return {row[key]: {count: row[count] for count in COUNTS} for row in report[name]}

    def expected(rows_):
        return {key: {count: counter[count] for count in COUNTS} for key, counter in rows_.items()}
    equal({count: report["total"][count] for count in COUNTS}, {count: truth.total[count] for count in COUNTS}, "total")
    equal(rows("causes", "cause"), expected(truth.causes), "causes")
    equal(rows("receivers", "receiver"), expected(truth.receivers), "receivers")
    domains = {row["domain"]: row for row in report["domains"]}
    for domain, counter in truth.domains.items():
        equal({count: domains[domain][count] for count in COUNTS}, {count: counter[count] for count in COUNTS}, domain)
        rate = counter["refused"] / max(1, counter["refused"] + counter["delivered"])
        require(abs(domains[domain]["bounce_rate"] - rate) < 1e-5, "%s: rate %f" % (domain, rate))
        equal(domains[domain]["over_limit"], rate > 0.02, domain + " over the limit")
    prevented = dict(report["prevented"])
    total = prevented.pop("total")
    equal(prevented, {how: truth.prevented[how] for how in ("reject", "tempfail", "hold")}, "prevented")
    equal(total, sum(truth.prevented.values()), "prevented in all")
    equal((report["total"]["local"], report["total"]["handed_on"]), (truth.local, truth.handed_on), "local, handed on")
    equal(report["log"]["forgotten"], 0, "forgotten")
    for part in ("delivered", "refused", "deferred"):
        equal(sum(hour[part] for hour in report["hours"]), truth.total[part], part + " by hours")


# --- the truth ----------------------------------------------------------------------------------

def tells_the_truth(box):
    """the tally is the truth: filters, deferrals, several recipients, queue ids given again, both stamps"""
    for seed in range(1, 7):
        traffic = Traffic(seed, rfc3339=seed % 2 == 0, gap=random.Random(seed).choice([0.2, 1, 20]),
                          n_ids=(300, 4000)[seed % 2])
        data = encode(traffic.write(40000))
        report = box.tally(box.at("mail.log", data))
        hold_against(report, traffic.truth())
        for name in ("total", "prevented"):
            require(all(report[name].values()), "nothing to see in %s: %s" % (name, report[name]))


def reads_rotated_files(box):
    """rotated, compressed, in any order, over New Year, standard input: one answer"""
    traffic = Traffic(11, start=datetime.datetime(2025, 12, 30), gap=150)
    lines = list(traffic.write(30000))
    want = box.tally(box.at("whole", encode(lines), changed=traffic.now))
    hold_against(want, traffic.truth())
    require(want["log"]["from"] < "2026" < want["log"]["to"], "not over New Year: %s" % want["log"])

    parts, day = [], 0
    for n in range(0, len(lines), 6000):
        data = encode(lines[n:n + 6000])
        month = lines[min(n + 6000, len(lines)) - 1][:3]
        changed = datetime.datetime(2025 if month == "Dec" else 2026, 12 if month == "Dec" else 1, 31)
        name = "mail.log.%d" % (9 - day)
        day += 1
        if n % 12000:
            name, data = name + ".gz", gzip.compress(data[:5000]) + gzip.compress(data[5000:])
        parts.append(box.at(name, data, changed=changed.timestamp()))
    rnd = random.Random(3)
    for _ in range(4):
        rnd.shuffle(parts)
        got = box.tally(*parts)
        equal(got["log"].pop("files"), len(parts), "files")
        want["log"].pop("files", None)
        equal(strip(got), strip(want), "the tally of the parts")
    got = box.tally("-", stdin=gzip.compress(encode(lines)))
    equal(got["total"], want["total"], "standard input, compressed")
    equal(box.tally(stdin=encode(lines))["total"], want["total"], "standard input")


def strip(report):
    """Without the examples, of which any would do."""
    return {key: value for key, value in report.items() if key not in ("problems", "unpredicted", "not_happened")}


def refuses_files(box):
    """what cannot be read is named, with status 2"""
    box.at("log", b"Nov 23 10:00:00 mail x: y\n")
    box.at("log.xz", lzma.compress(b"Nov 23 10:00:00 mail x: y\n"))
    box.at("log.bz2", bz2.compress(b"Nov 23 10:00:00 mail x: y\n"))
    box.at("cut.gz", gzip.compress(b"Nov 23 10:00:00 mail x: y\n" * 1000)[:-20])
    box.at("letter", b"From: a@example.com\n\nHello.\n")
    for args, want in ((["missing"], "'missing': No such file"), (["log.xz"], "'log.xz' is compressed with xz"),
                       (["log.bz2"], "'log.bz2' is compressed with bzip2"), (["letter"], "'letter' is no mail log"),
                       (["log", "./log"], "'./log' is given twice"), (["."], "'.' is a directory"),
                       (["cut.gz"], "'cut.gz': the compressed file ends too early"),
                       (["--json", "--html", "log"], "exclude each other"), (["--wide", "log"], "--help")):
        status, out, err = box.run(*args)
        equal((status, out), (2, ""), "status and output of %s" % args)
        require(want in err, "%s: %s" % (args, err))
    status, out, _ = box.run(stdin=b"")
    require(status == 0 and "0 delivered" in out, "an empty log is none: " + out)


def shows_progress(box):
    """a bar on a terminal, and nothing elsewhere"""
    path = box.at("mail.log", encode(Traffic(5).write(20000)))
    ours, theirs = pty.openpty()
    done = subprocess.run([PREFLIGHT, "bounces", "-c", "conf", path], cwd=box.path, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=theirs, timeout=60)
    os.close(theirs)
    shown = b""
    try:
        while True:
            chunk = os.read(ours, 4096)
            if not chunk:
                break
            shown += chunk
    except OSError:                     # how Linux says that nobody holds the other end any more
        pass
    os.close(ours)
    equal(done.returncode, 0, "status")
    require(re.search(rb"\r\[#*\.*\] +\d+ % of \d+ MB", shown) and shown.endswith(b"\r\x1b[K"), "shown: %r" % shown)
    require(b"\r" not in done.stdout, "a bar in the report")
    status, _, err = box.run(path)
    equal((status, err), (0, ""), "without a terminal")


def is_bounded(box):
    """messages without an end do not fill the memory, and the report says that some were forgotten"""
    if tap.has_sanitizers(BUILDDIR):
        raise tap.Skip("a sanitizer's memory tells nothing")
    argv = [PREFLIGHT, "bounces", "-c", "conf", "--json", "-"]
    messages, out = 900000, os.path.join(box.path, "out")
    with open(out, "wb") as file:
        child = subprocess.Popen(argv, cwd=box.path, stdin=subprocess.PIPE, stdout=file)
        for start in range(0, messages, 10000):
            child.stdin.write("".join(
                "Nov 23 10:00:00 mail postfix/smtp[8]: %09X: to=<u%d@d%d.test>, relay=mx.d%d.test[192.0.2.1]:25, "
                "delay=1, delays=0/0/0/1, dsn=4.7.0, "
                "status=deferred (host mx.d%d.test[192.0.2.1] said: 450 4.7.1 later)\n"
                % (n, n, n, n, n) for n in range(start, start + 10000)).encode())
        child.stdin.close()
        equal(child.wait(), 0, "status")
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    tap.diagnose("%d messages without an end: at most %d MB" % (messages, used // 1024))
    require(used < MEMORY_MAX, "%d KiB were used" % used)
    with open(out, "rb") as file:
        report = json.load(file)
    equal(report["total"]["deferred"], messages, "deferred")
    require(report["log"]["forgotten"] > 0, "nothing was forgotten")


# --- the page -------------------------------------------------------------------------------------

EVIL = "<script>alert(1)</script>\"'&"


def hostile_log():
    """What others bring into a log: names and replies."""
    line = "Nov 23 10:00:%02d mail postfix/smtp[8]: 4F%08X: to=<\"%s\"@%s>, relay=%s[192.0.2.1]:25, delay=1, " \
           "delays=0/0/0/1, dsn=5.7.1, status=%s (host %s[192.0.2.1] said: 550 5.7.1 %s\x1b]0;x\x07 (in reply to end " \
           "of DATA command))"
    lines = []
    for n, status in enumerate(("bounced", "deferred", "bounced")):
        lines.append("Nov 23 10:00:00 mail postfix/qmgr[1]: 4F%08X: from=<a@%s>, size=1, nrcpt=1 (queue active)"
                     % (n, EVIL))
        host = ("mx." + EVIL, "mx.example.net", "x" * 300)[n]
        lines.append(line % (n, n, EVIL, EVIL, host, status, host, "SPF " + EVIL * 50))
    lines.append("Nov 23 10:00:09 mail postfix/smtp[8]: 4F00000001: \xff\xfe\x00 garbage")
    return "".join(line + "\n" for line in lines).encode("latin-1")


class Page(html.parser.HTMLParser):
    """Every tag is closed in its order; what is fetched, run or linked is remembered."""
    EMPTY = {"meta", "br", "rect", "wbr"}

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.stack, self.tags, self.links, self.text, self.trouble = [], set(), [], [], []
        self.feed(text)
        self.close()
        self.trouble += ["<%s> is not closed" % tag for tag in self.stack]

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("href", "src", "srcset", "action", "data", "xlink:href"):
                self.links.append((tag, name, value))
            if name.startswith("on"):
                self.trouble.append("<%s %s>" % (tag, name))
        if tag not in self.EMPTY:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.EMPTY:
            self.stack.pop()

    def handle_endtag(self, tag):
        if not self.stack or self.stack.pop() != tag:
            self.trouble.append("</%s> closes nothing" % tag)

    def handle_data(self, data):
        self.text.append(data)


def parse_page(text):
    page = Page(text)
    require(not page.trouble, "; ".join(page.trouble[:5]))
    foreign = {"script", "iframe", "object", "embed", "link", "img", "base", "form"}
    equal(sorted(page.tags & foreign), [], "tags that do not belong there")
    for tag, name, value in page.links:
        require(tag == "a" and name == "href" and value.startswith("https://"), "<%s %s=%s>" % (tag, name, value))
    require("url(" not in text and "@import" not in text, "the style fetches something")
    return page


def makes_a_page(box):
    """--html: one page that is well formed, fetches nothing and says the numbers"""
    traffic = Traffic(8, gap=30)
    path = box.at("mail.log", encode(traffic.write(30000)))
    status, out, err = box.run("--html", path)
    equal((status, err), (0, ""), "status and standard error")
    page, truth = parse_page(out), traffic.truth()
    words = "".join(page.text)
    for want in ("{:,}".format(truth.total["delivered"]), "{:,}".format(truth.total["refused"]), "mailbox/other",
                 "news.example.com", "gmail", "What to do:"):
        require(want in words, "no '%s' in the page" % want)
    require(len(out) < 200000, "%d bytes" % len(out))


def survives_hostile_logs(box):
    """what a log holds is neither markup nor control bytes, in text, JSON and page"""
    path = box.at("mail.log", hostile_log())
    status, out, err = box.run("--html", path)
    equal((status, err), (0, ""), "status and standard error")
    page = parse_page(out)
    require(EVIL.lower()[:20] in "".join(page.text).lower(), "the name is not there")
    require(re.fullmatch(r"[\n\x20-\x7e]*", out), "bytes that are not printable")
    status, out, _ = box.run(path)
    equal(status, 0, "status")
    require(re.fullmatch(r"[\n\x20-\x7e]*", out), "bytes that are not printable")
    equal(box.tally(path)["total"]["refused"], 2, "refused")


# --- in a browser ------------------------------------------------------------------------------------

def find_browser():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if shutil.which(name):
            return shutil.which(name)
    raise tap.Skip("there is no chromium here")


def browse(box, *args):
    argv = [find_browser(), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--hide-scrollbars", "--no-first-run", "--disable-background-networking", "--allow-file-access-from-files",
            "--user-data-dir=" + os.path.join(box.path, "browser"), *args]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    require(done.returncode == 0, done.stderr.decode(errors="replace")[-2000:])
    return done.stdout.decode(errors="replace")


def pixels(path):
    """Width, height and the rows of a PNG of 8 bits, three or four channels."""
    with open(path, "rb") as file:
        data = file.read()
    at, packed = 8, b""
    while at < len(data):
        size, kind = int.from_bytes(data[at:at + 4], "big"), data[at + 4:at + 8]
        if kind == b"IHDR":
            width, height = int.from_bytes(data[at + 8:at + 12], "big"), int.from_bytes(data[at + 12:at + 16], "big")
            depth, color = data[at + 16], data[at + 17]
        if kind == b"IDAT":
            packed += data[at + 8:at + 8 + size]
        at += size + 12
    require(depth == 8 and color in (2, 6), "a picture of depth %d, type %d" % (depth, color))
    channels, raw, rows = 3 if color == 2 else 4, zlib.decompress(packed), []
    stride, previous = width * channels, bytearray(width * channels)
    for y in range(height):
        kind, row = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        for x in range(stride):
            left = row[x - channels] if x >= channels else 0
            up, corner = previous[x], previous[x - channels] if x >= channels else 0
            if kind == 4:
                guess = left + up - corner
                near = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))
                row[x] = (row[x] + near[2]) & 255
            elif kind:
                row[x] = (row[x] + (left if kind == 1 else up if kind == 2 else (left + up) // 2)) & 255
        rows.append(row)
        previous = row
    return width, height, [[tuple(row[x:x + 3]) for x in range(0, stride, channels)] for row in rows]


FRAME = """\
<iframe id="f" src="page.html" style="border:0;width:%dpx;height:900px"></iframe>
<script>f.onload = () => {
let e = f.contentDocument.documentElement; document.title = e.scrollWidth + " " + e.scrollHeight; }</script>
"""


def shows_in_a_browser(box):
    """a browser draws the page, light and dark, and on a phone nothing stands over the edge"""
    find_browser()
    path = box.at("mail.log", encode(Traffic(8, gap=30).write(20000)))
    page = box.at("page.html", box.run("--html", path)[1].encode())
    backgrounds = {}
    for name, flag in (("light", 1), ("dark", 0)):
        picture = os.path.join(box.path, name + ".png")
        browse(box, "--window-size=500,500", "--blink-settings=preferredColorScheme=%d" % flag,
               "--screenshot=" + picture, "file://" + page)
        width, height, rows = pixels(picture)
        colors = {color for row in rows for color in row}
        require((width, height) == (500, 500) and len(colors) > 50, "%s: %d colours" % (name, len(colors)))
        backgrounds[name] = sum(rows[2][2])
        require(any(r > 150 and g < 110 and b < 120 for r, g, b in colors), name + ": nothing is red")
    require(backgrounds["light"] > 600 and backgrounds["dark"] < 150, "backgrounds %s" % backgrounds)
    for width in (320, 390, 1100):
        frame = box.at("frame.html", (FRAME % width).encode())
        found = re.search(r"<title>(\d+) (\d+)</title>", browse(box, "--dump-dom", "file://" + frame))
        require(found, "no layout at %d" % width)
        equal(int(found.group(1)), width, "the width that the page takes at %d" % width)
        require(int(found.group(2)) > 1500, "the page is %s high" % found.group(2))


STORIES = (tells_the_truth, reads_rotated_files, refuses_files, shows_progress, is_bounded, makes_a_page,
           survives_hostile_logs, shows_in_a_browser)


def main():
    if not os.path.exists(PREFLIGHT):
        tap.skip_all("there is no %s: make first" % PREFLIGHT)
    run = tap.Run(sys.argv[1:])
    for story in STORIES:
        with tempfile.TemporaryDirectory(prefix="preflight-bounces-") as path:
            run.story(story.__doc__, lambda: story(Box(path)))
    return run.finish()


if __name__ == "__main__":
    sys.exit(main())
