"""
TAP output for the project's Python tests: run(stories) runs functions and prints one line for each.

A story is a function; its docstring is its name.  It fails by raising; what the exception says is the diagnostic.
Filters on the command line choose stories by a part of their names.
"""
import os
import signal
import sys
import time
import traceback


class Failure(AssertionError):
    """What a story expected and did not get; the text may have many lines."""


class Skip(Exception):
    """A story cannot be played here; the text says why."""


def require(condition, text):
    if not condition:
        raise Failure(text)


def equal(got, want, what):
    if got != want:
        raise Failure("%s\n  expected: %s\n  got:      %s" % (what, want, got))


def diagnose(text):
    for line in text.rstrip("\n").split("\n"):
        print("# " + line.encode("ascii", "backslashreplace").decode())


def skip_all(reason):
    print("1..0 # SKIP " + reason)
    sys.exit(0)


def has_sanitizers(builddir):
    """Was that build configured with sanitizers?"""
    try:
        with open(os.path.join(builddir, "config.status"), encoding="utf-8") as file:
            return "--enable-sanitizers=" in file.read()
    except OSError:
        return False


def _describe(error):
    if isinstance(error, Failure):
        where = traceback.extract_tb(error.__traceback__)
        places = ["%s:%d" % (frame.filename.rsplit("/", 1)[-1], frame.lineno) for frame in where[1:]]
        return "%s\n  at %s" % (error, " < ".join(reversed(places)))
    return "".join(traceback.format_exception(error))


class Run:
    """Numbers the stories and remembers whether one failed."""

    def __init__(self, filters=()):
        self.filters = [text for text in filters if not text.startswith("-")]
        self.count = 0
        self.failed = 0
        signal.signal(signal.SIGTERM, signal.default_int_handler)   # so that a lab cleans up after itself

    def story(self, name, function, excerpt=None):
        """Runs function; on failure excerpt() gives the logs to show with it."""
        if self.filters and not any(text in name for text in self.filters):
            return
        self.count += 1
        begin = time.monotonic()
        try:
            function()
        except Skip as reason:
            print("ok %d - %s # SKIP %s" % (self.count, name, reason))
        except Exception as error:      # a broken story is a failed one, the rest still count
            self.failed += 1
            print("not ok %d - %s" % (self.count, name))
            diagnose(_describe(error))
            if excerpt:
                diagnose(excerpt())
        else:
            print("ok %d - %s" % (self.count, name))
        took = time.monotonic() - begin
        if took > 5:
            diagnose("took %.1f s" % took)
        sys.stdout.flush()

    def finish(self):
        """Prints the plan; returns the exit status."""
        print("1..%d" % self.count)
        if self.failed:
            diagnose("%d of %d failed" % (self.failed, self.count))
        return 1 if self.failed or not self.count else 0
