"""What the tests of the client commands share: a daemon of canned answers, and ways to run mizan."""

import os
import pty
import select
import subprocess
import tempfile
import time
import unittest

import fake_daemon

MIZAN = os.path.abspath(os.environ.get("MIZAN", "build/mizan"))
SECONDS_MAX = 60 * int(os.environ.get("MIZAN_SLOW", "1"))


class Case(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.directory = holder.name
        self.fake = fake_daemon.Fake(holder.name).start()
        self.addCleanup(lambda: self.fake.stop())
        self.env = dict(os.environ, TZ="UTC", MIZAN_SERVER="unix:" + self.fake.path,
                        COLUMNS="80", LINES="24", NO_COLOR="1", HOME=holder.name, TERM="xterm")
        for name in ("XDG_RUNTIME_DIR", "XDG_STATE_HOME", "MIZAN_TOKEN_FILE"):
            self.env.pop(name, None)

    def run_mizan(self, *words, stdin=None, env=None, text=True):
        full = dict(self.env, **(env or {}))
        for name in [n for n, value in (env or {}).items() if value is None]:
            full.pop(name)
        return subprocess.run(
            [MIZAN, *words], input=stdin if stdin is not None else ("" if text else b""),
            capture_output=True, text=text, env=full, timeout=SECONDS_MAX, check=False,
            cwd=self.directory)

    def start_tty(self, *words, env=None, stdin_tty=False, stderr_tty=False):
        """stdout on a terminal; the process and the other side of the terminal."""
        outer, inner = pty.openpty()
        process = subprocess.Popen(
            [MIZAN, *words], stdin=inner if stdin_tty else subprocess.DEVNULL, stdout=inner,
            stderr=inner if stderr_tty else subprocess.PIPE, env=dict(self.env, **(env or {})),
            cwd=self.directory)
        os.close(inner)
        self.addCleanup(os.close, outer)
        return process, outer

    def read_tty(self, outer, until=None, seconds=SECONDS_MAX):
        """All that comes, or up to the first that holds `until`."""
        text = b""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not select.select([outer], [], [], 0.1)[0]:
                continue
            try:
                piece = os.read(outer, 65536)
            except OSError:
                break
            if not piece:
                break
            text += piece
            if until and until.encode() in text:
                break
        return text.decode().replace("\r\n", "\n")

    def run_tty(self, *words, env=None):
        process, outer = self.start_tty(*words, env=env)
        out = self.read_tty(outer)
        err = process.stderr.read().decode()
        process.stderr.close()
        return process.wait(SECONDS_MAX), out, err

    def last_request(self, method):
        return [r for r in self.fake.requests if r["method"] == method][-1]
