"""
One daemon of the lab: started, listened to, stopped.

Whatever it prints is read line by line by a thread, so that a test waits for the line it expects instead of sleeping.
"""
import os
import re
import signal
import subprocess
import threading
import time

from tap import Failure

DEADLINE = 30.0     # seconds; reached only where something is wrong

SANITIZER = re.compile(r"(ERROR|WARNING): (Address|Leak|Thread|Memory|UndefinedBehavior)Sanitizer|runtime error:")


def wait_until(predicate, what, timeout=DEADLINE):
    """For what only a look can tell, such as a socket that answers."""
    end = time.monotonic() + timeout
    while True:
        result = predicate()
        if result:
            return result
        if time.monotonic() > end:
            raise Failure("waited %g s for %s" % (timeout, what))
        time.sleep(0.01)


class Process:
    def __init__(self, name, argv, env=None, cwd=None):
        self.name = name
        self.lines = []
        self._more = threading.Condition()
        self._ended = False
        environment = dict(os.environ, **(env or {}))
        self._popen = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                       env=environment, cwd=cwd, start_new_session=True)
        self.pid = self._popen.pid
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._popen.stdout:
            with self._more:
                self.lines.append(line.decode("utf-8", "backslashreplace").rstrip("\n"))
                self._more.notify_all()
        with self._more:
            self._ended = True
            self._more.notify_all()

    def mark(self):
        """A position in the output, to look only at what follows it."""
        with self._more:
            return len(self.lines)

    def since(self, mark):
        with self._more:
            return self.lines[mark:]

    def wait_for(self, pattern, mark=0, timeout=DEADLINE):
        """The match of the first line after mark in which pattern is found."""
        regex = re.compile(pattern)
        end = time.monotonic() + timeout
        with self._more:
            while True:
                for line in self.lines[mark:]:
                    match = regex.search(line)
                    if match:
                        return match
                mark = max(mark, len(self.lines))
                left = end - time.monotonic()
                if left <= 0 or self._ended:
                    raise Failure("%s %s without a line that matches\n  %s"
                                  % (self.name, "ended" if self._ended else "went %g s" % timeout, pattern))
                self._more.wait(left)

    def is_running(self):
        return self._popen.poll() is None

    def send(self, number):
        self._popen.send_signal(number)

    def wait(self, timeout=DEADLINE):
        """The exit status, once the process and its output have ended."""
        try:
            status = self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failure("%s still runs after %g s" % (self.name, timeout)) from None
        self._kill_group()      # what it left behind would hold its output open
        self._reader.join(timeout)
        return status

    def stop(self, number=signal.SIGTERM, timeout=DEADLINE):
        """Ends the process, by force where it does not listen; returns the exit status.  Also ends its children."""
        if self.is_running():
            self.send(number)
        try:
            return self.wait(timeout)
        finally:
            self._kill_group()

    def kill(self):
        self._popen.kill()
        status = self._popen.wait(DEADLINE)
        self._kill_group()
        return status

    def _kill_group(self):
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        self._popen.wait(DEADLINE)

    def sanitizer_reports(self):
        with self._more:
            return [line for line in self.lines if SANITIZER.search(line)]

    def tail(self, count=40):
        with self._more:
            return self.lines[-count:]
