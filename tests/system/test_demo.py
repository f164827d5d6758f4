#!/usr/bin/env python3
"""test_demo.py - a tour that is cut short leaves nothing behind

MIZAN names the binary; mizan-shim and examples/train-tiny lie beside it. The whole tour is what
`./do demo` shows; here it is stopped in the middle."""
import glob
import os
import re
import signal
import subprocess
import time
import unittest

MIZAN = os.environ["MIZAN"]
SLOW = float(os.environ.get("MIZAN_SLOW", "1"))


def processes_of(directory):
    """pids whose command line names the directory"""
    found = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as file:
                if directory.encode() in file.read():
                    found.append(int(path.split("/")[2]))
        except OSError:
            continue
    return found


class CutShort(unittest.TestCase):
    def begin(self):
        """A tour whose first jobs run, and its directory."""
        demo = subprocess.Popen([MIZAN, "demo", "--no-plan"], stdout=subprocess.PIPE, text=True,
                                stderr=subprocess.STDOUT)
        directory = None
        for line in demo.stdout:
            match = re.search(r"/tmp/mizan-demo-\w+", line)
            directory = match.group(0) if match else directory
            if line.startswith("$ mizan ps"):
                break
        self.assertIsNotNone(directory)
        end = time.monotonic() + 20 * SLOW
        while not any(True for _ in self.shims(directory)):
            self.assertLess(time.monotonic(), end, "no job runs")
            time.sleep(0.05)
        return demo, directory

    def shims(self, directory):
        for pid in processes_of(directory):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    if b"mizan-shim" in file.read():
                        yield pid
            except OSError:
                continue

    def nothing_is_left(self, directory):
        self.assertFalse(os.path.exists(directory))
        self.assertEqual(processes_of(directory), [])

    def test_by_a_signal(self):
        demo, directory = self.begin()
        demo.send_signal(signal.SIGINT)
        rest = demo.stdout.read()
        demo.stdout.close()
        self.assertEqual(demo.wait(60 * SLOW), 128 + signal.SIGINT, rest)
        self.assertIn("Stopped by signal 2", rest)
        self.nothing_is_left(directory)

    def test_by_a_reader_that_goes_away(self):
        demo, directory = self.begin()
        demo.stdout.close()
        self.assertNotEqual(demo.wait(120 * SLOW), 0)
        self.nothing_is_left(directory)


if __name__ == "__main__":
    unittest.main(verbosity=1)
