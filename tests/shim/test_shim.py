#!/usr/bin/env python3
"""mizan-shim against every rule of src/shim/shim.h, with a small daemon in this process.

    test_shim.py        MIZAN_SHIM is the program; MIZAN_SLOW stretches what depends on time
"""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# pylint: disable=wrong-import-position
from daemon import Daemon, Hang, Raw, records  # noqa: E402

SHIM = os.path.abspath(os.environ.get("MIZAN_SHIM", "build/mizan-shim"))
SLOW = int(os.environ.get("MIZAN_SLOW", "1"))
SEEN = 0.5 * SLOW  # until an end is seen here on a busy machine; the daemon waits 5 s beyond a lease
REFUSED, LAUNCH, USAGE = 75, 126, 64


def args(*words):
    return [("arg", word) for word in words]


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Case(unittest.TestCase):
    tcp = False

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mz-shim-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.dir = os.path.join(self.folder, "own")
        self.out = os.path.join(self.folder, "out")
        self.daemon = Daemon(self.folder, self.tcp)
        self.addCleanup(lambda: self.daemon.listener and self.daemon.stop())
        self.shims = []
        self.addCleanup(self.end_all)

    def end_all(self):
        for shim in self.shims:
            if shim.poll() is None:
                shim.kill()
                shim.wait()
            shim.stderr.close()

    def start(self, *more, sheet=None, output=True, env=None, name="mz-testtest-1-1", **kwargs):
        if sheet is not None:
            self.daemon.sheet = sheet + ([("output", self.out)] if output else [])
        read, write = os.pipe()
        os.write(write, b"secret\n")
        os.close(write)
        words = [SHIM, "--server", self.daemon.address, "--attempt", name, "--nonce", "n1",
                 "--rank", "0", "--token-fd", str(read), "--dir", self.dir, *more]
        shim = subprocess.Popen(words, pass_fds=[read], stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                env=dict(os.environ, **(env or {})), **kwargs)
        os.close(read)
        self.shims.append(shim)
        return shim

    def end(self, shim, timeout=20):
        code = shim.wait(timeout * SLOW)
        self.said = shim.stderr.read().decode()
        self.assertNotIn("Sanitizer", self.said)
        self.assertNotIn("runtime error", self.said)
        return code

    def run_job(self, *more, **kwargs):
        return self.end(self.start(*more, **kwargs))

    def text(self, path=None):
        try:
            with open(path or self.out, encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def until(self, true, timeout=10, what="it"):
        end = time.monotonic() + timeout * SLOW
        while time.monotonic() < end:
            if true():
                return
            time.sleep(0.01)
        self.fail(f"{what} did not happen")

    def exit_call(self):
        return self.daemon.wait("exit", 1)[-1]


class Permit(Case):
    def test_a_short_job_is_permit_and_exit_on_one_connection_and_leaves_no_file(self):
        self.assertEqual(self.run_job("--node", "n7", sheet=args("true")), 0)
        self.assertEqual([call.name for call in self.daemon.calls], ["permit", "exit"])
        self.assertEqual(self.daemon.connections, 1)
        self.assertFalse(os.path.exists(self.dir))
        permit, end = self.daemon.calls
        self.assertEqual((permit["attempt"], permit["rank"], permit["nonce"], permit["node"],
                          permit["node_count"], permit["version"]),
                         ("mz-testtest-1-1", "0", "n1", "n7", "1", "1"))
        self.assertRegex(permit["instance"], "^[0-9a-f]{16}$")
        self.assertEqual(int(permit["pid"]), self.shims[0].pid)
        self.assertEqual(permit["instance"], end["instance"])
        with open("/proc/sys/kernel/random/boot_id", encoding="utf-8") as file:
            self.assertEqual(permit["boot"], file.read().strip())
        self.assertEqual((end["code"], end["cause"]), ("0", "exit"))

    def test_a_refused_permit_starts_nothing(self):
        self.daemon.on["permit"] = lambda call: (409, b"no")
        self.assertEqual(self.run_job(sheet=args("touch", self.out)), REFUSED)
        self.assertEqual([call.name for call in self.daemon.calls], ["permit"])
        self.assertFalse(os.path.exists(self.out))

    def test_an_unready_daemon_is_asked_again_by_the_same_instance(self):
        answers = [(503, b""), None, (200, b"garbage"), (200, records([("lease_ms", 60000)])),
                   (401, b"")]
        self.daemon.on["permit"] = lambda call: (
            answers.pop(0) if answers else self.daemon.default_permit(call))
        self.assertEqual(self.run_job(sheet=args("true")), 0)
        permits = self.daemon.of("permit")
        self.assertEqual(len(permits), 6)
        self.assertEqual(len({call["instance"] for call in permits}), 1)
        gaps = [b.at - a.at for a, b in zip(permits, permits[1:])]
        gaps.pop(1)  # a kept connection that breaks without a byte is replaced at once
        self.assertGreaterEqual(min(gaps), 0.09)
        self.assertLessEqual(max(gaps), 5.5 * SLOW)

    def test_a_daemon_that_comes_later_is_found(self):
        self.daemon.stop()
        shim = self.start(sheet=args("true"))
        time.sleep(0.7)
        self.assertIsNone(shim.poll())
        self.daemon.start()
        self.assertEqual(self.end(shim), 0)

    def test_a_permit_that_never_comes_is_waited_for_only_so_long(self):
        self.daemon.on["permit"] = lambda call: (503, b"")
        begin = time.monotonic()
        self.assertEqual(self.run_job("--permit-timeout", "1", sheet=args("true")), REFUSED)
        self.assertLess(time.monotonic() - begin, 3 * SLOW)

        def hang(_):
            raise Hang
        self.daemon.on["permit"] = hang
        self.assertEqual(self.run_job("--permit-timeout", "1", sheet=args("true")), REFUSED)

    def test_sigterm_before_the_permit_ends_it_with_nothing_started(self):
        self.daemon.on["permit"] = lambda call: (503, b"")
        shim = self.start(sheet=args("true"))
        self.daemon.wait("permit")
        shim.terminate()
        self.assertEqual(self.end(shim), REFUSED)

    def test_a_lease_that_is_nearly_over_when_the_permit_comes_starts_nothing(self):
        def late(call):
            if len(self.daemon.of("permit")) == 1:
                time.sleep(0.5)
            return self.daemon.default_permit(call)
        self.daemon.on["permit"] = late
        self.daemon.lease_ms = 800
        self.assertEqual(self.run_job(sheet=args("true") + [("kill_ms", 400)]), 0)
        self.assertGreaterEqual(len(self.daemon.of("permit")), 2)

    def test_rank_and_node_count_come_from_the_partner_s_environment(self):
        read, write = os.pipe()
        os.write(write, b"secret")
        os.close(write)
        self.daemon.sheet = args("true")
        token = os.path.join(self.folder, "token")
        with open(token, "w", encoding="utf-8") as file:
            file.write("secret\n")
        os.close(read)
        done = subprocess.run(
            [SHIM, "--server", self.daemon.address, "--attempt", "mz-testtest-2-1", "--nonce", "x",
             "--rank-env", "SLURM_NODEID", "--token-file", token], check=False,
            env=dict(os.environ, SLURM_NODEID="3", SLURM_JOB_NUM_NODES="5"))
        self.assertEqual(done.returncode, 0)
        self.assertEqual(self.daemon.calls[0]["rank"], "3")
        self.assertEqual(self.daemon.calls[0]["node_count"], "5")
        self.assertFalse(os.path.exists(f"/tmp/mizan-{os.geteuid()}/mz-testtest-2-1.3"))


class Usage(unittest.TestCase):
    def test_wrong_options_are_told_apart_from_refusals(self):
        good = ["--server", "unix:/x", "--attempt", "a-1", "--nonce", "n", "--rank", "0",
                "--token-file", "/dev/null"]
        for words in ([], ["--what", "x"], good, good[2:] + ["--server", "https://x:1"],
                      good[:2] + ["--attempt", "../x"] + good[4:], good + ["--rank", "-1"],
                      good + ["--rank", "99999999999"], good + ["--server", "http://x:99999"],
                      good + ["--server", "http://[::1"], good + ["--server", "unix:" + "x" * 200],
                      good + ["--dir", "x" * 3000], good + ["--token-fd", "77"],
                      good + ["--rank-env", "NO_SUCH_THING"]):
            done = subprocess.run([SHIM, *words], capture_output=True, check=False)
            self.assertEqual(done.returncode, USAGE, words)
        self.assertIn(b"protocol 1", subprocess.run([SHIM, "--version"], capture_output=True,
                                                    check=True).stdout)


class Launch(Case):
    def test_the_sheet_says_arguments_environment_and_folder(self):
        sheet = args("sh", "-c", 'pwd; echo "$A|$B|${C-gone}|$MIZAN_ATTEMPT_NAME|$1"; ls -l '
                     "/proc/self/fd | wc -l; test -x $MIZAN_SHIM && echo shim", "x", "two words")
        sheet += [("env", "A=old"), ("env", "A=1=2"), ("env", "B="), ("unset", "C"),
                  ("unset", "NEVER"), ("env", "MIZAN_ATTEMPT_NAME=fake"), ("workdir", "/usr")]
        self.assertEqual(self.run_job(sheet=sheet, env={"C": "c", "B": "b"}), 0)
        self.assertEqual(self.text().split("\n")[:2], ["/usr", "1=2||gone|mz-testtest-1-1|two words"])
        self.assertEqual(self.text().split("\n")[3], "shim")

    def test_the_job_has_a_session_default_signals_and_dies_with_the_shim(self):
        code = ("import os,time\nprint(os.getsid(0) == os.getpid() == os.getpgid(0))\n"
                "print(os.read(0, 1))\nprint(os.getpid(), flush=True)\ntime.sleep(100)\n")
        shell = f"grep -E '^Sig(Blk|Ign)' /proc/self/status; exec {sys.executable} -c '{code}'"
        ignore = lambda: [signal.signal(s, signal.SIG_IGN) for s in (2, 13)]  # noqa: E731
        shim = self.start(sheet=args("sh", "-c", shell), preexec_fn=ignore)
        self.until(lambda: self.text().count("\n") == 5, what="its output")
        lines = self.text().split("\n")
        self.assertEqual([int(line.split()[1], 16) for line in lines[:2]], [0, 0])
        self.assertEqual(lines[2:4], ["True", "b''"])
        shim.kill()
        self.until(lambda: not alive(int(lines[4])), what="the job's end")

    def test_output_is_appended(self):
        with open(self.out, "w", encoding="utf-8") as file:
            file.write("before\n")
        self.assertEqual(self.run_job(sheet=args("sh", "-c", "echo one; echo two >&2")), 0)
        self.assertEqual(self.text(), "before\none\ntwo\n")

    def test_a_script_is_written_run_and_removed(self):
        script = b"#!/bin/sh\necho \"$0 $1\"\nexit 3\n"
        code = self.run_job(sheet=args("{script}", "arg") + [("script", script)])
        self.assertEqual(code, 3)
        self.assertEqual(self.text(), f"{self.dir}/script arg\n")
        self.assertEqual(self.exit_call()["code"], "3")
        self.assertFalse(os.path.exists(self.dir))

    def test_what_cannot_be_started_is_said(self):
        folder = [("workdir", "/no/such/place")]
        for sheet, word in ((args("no-such-program"), "no-such-program"),
                            (args("/etc/passwd"), "Permission"), (args("true") + folder, "/no/such"),
                            (args("true") + [("output", "/no/such/file")], "/no/such/file"),
                            (args("true", "x" * 200000), "too long"), (args("{script}"), "script")):
            self.daemon.calls.clear()
            has_output = any(key == "output" for key, _ in sheet)
            self.assertEqual(self.run_job(sheet=sheet, output=not has_output), LAUNCH, word)
            call = self.exit_call()
            self.assertEqual((call["cause"], call["code"]), ("launch", "126"))
            self.assertIn(word, call["text"])

    def test_large_sheets_are_read(self):
        script = b"#!/bin/sh\n" + b"# 0123456789abcdef\n" * 350000 + b"echo $V77 $# end\n"
        sheet = args("sh", "{script}", *["w" * 100] * 5000)
        sheet += [("script", script)] + [("env", f"V{i}={i}") for i in range(10000)]
        self.assertEqual(self.run_job(sheet=sheet), 0)
        self.assertEqual(self.text(), "77 5000 end\n")

    def test_chunked_answers_and_interim_ones_are_read(self):
        self.daemon.chunked = True
        self.assertEqual(self.run_job(sheet=args("sh", "-c", "exit 7")), 7)
        self.assertEqual(len(self.daemon.calls), 2)
        self.assertEqual(self.daemon.connections, 1)

    def test_a_signal_is_128_and_its_number(self):
        self.assertEqual(self.run_job(sheet=args("sh", "-c", "kill -9 $$")), 137)
        self.assertEqual(self.exit_call()["code"], "137")


class Processes(Case):
    def test_what_daemonises_is_killed_at_the_end(self):
        inner = "setsid sh -c 'echo $$; exec sleep 300' & (sh -c 'echo $$; exec sleep 300' &) "
        self.assertEqual(self.run_job(sheet=args("bash", "-c", inner + "; sleep 0.3; exit 4")), 4)
        pids = [int(word) for word in self.text().split()]
        self.assertEqual(len(pids), 2)
        self.assertFalse(any(alive(pid) for pid in pids))
        self.assertEqual(self.exit_call()["cause"], "exit")

    def test_a_deep_tree_that_ignores_signals_is_killed_too(self):
        code = ("import os,signal,time\nsignal.signal(15, signal.SIG_IGN)\n"
                "for i in range(6):\n    if os.fork(): break\n    os.setsid()\n"
                "open(%r, 'a').write('%%d\\n' %% os.getpid())\ntime.sleep(300)\n" % self.out)
        shim = self.start(sheet=args(sys.executable, "-c", code) + [("kill_ms", 300)])
        self.until(lambda: len(self.text().split()) == 7, what="the tree")
        self.daemon.order(1, "stop")
        self.assertEqual(self.end(shim), 137)
        self.assertFalse(any(alive(int(pid)) for pid in self.text().split()))
        self.assertEqual(self.exit_call()["cause"], "stopped")


TRAPS = ("trap 'echo usr1' USR1; trap 'echo term; exit 9' TERM; echo ready; "
         "while :; do sleep 0.05; done")


class Orders(Case):
    def test_checkpoint_orders_reach_those_that_listen_and_kill_nobody(self):
        shell = f"sh -c \"{TRAPS}\" & sleep 300 & wait"  # neither sleep nor this shell listens
        shim = self.start(sheet=args("bash", "-c", shell) + [
            ("checkpoint_signal", 10), ("lead_ms", 300), ("kill_ms", 5000)])
        self.until(lambda: "ready" in self.text(), what="the start")
        self.daemon.order(1, "checkpoint")
        self.until(lambda: "usr1" in self.text(), what="the signal")
        self.daemon.order(2, "checkpoint")
        self.until(lambda: self.text().count("usr1") == 2, what="the second signal")
        leases = self.daemon.of("lease")
        self.assertEqual([call["seen"] for call in leases], ["0", "1", "2"])
        self.assertIsNone(shim.poll())
        self.daemon.order(3, "stop")
        self.end(shim)
        self.assertEqual(self.exit_call()["cause"], "stopped")

    def test_stop_is_signal_then_term_then_kill(self):
        stubborn = "trap '' TERM; trap 'date +%s.%N' USR1; echo $$; while :; do sleep 0.02; done"
        shim = self.start(sheet=args("sh", "-c", stubborn) + [
            ("checkpoint_signal", 10), ("lead_ms", 500), ("kill_ms", 700)])
        self.daemon.wait("lease")
        begin = time.time()
        self.daemon.order(5, "stop")
        self.assertEqual(self.end(shim), 137)
        took = time.time() - begin
        self.assertTrue(1.1 <= took <= 1.2 + 1.5 * SLOW, took)
        self.assertLess(float(self.text().split()[1]) - begin, 0.4 * SLOW)

    def test_a_job_that_obeys_ends_early_with_its_own_code(self):
        shim = self.start(sheet=args("sh", "-c", TRAPS) + [("kill_ms", 20000)])
        self.until(lambda: "ready" in self.text(), what="the start")
        self.daemon.order(1, "stop")
        self.assertEqual(self.end(shim), 9)
        self.assertIn("term", self.text())
        self.assertEqual((self.exit_call()["cause"], self.exit_call()["code"]), ("stopped", "9"))

    def test_sigterm_to_the_shim_is_a_stop(self):
        shim = self.start(sheet=args("sh", "-c", TRAPS) + [("kill_ms", 20000)])
        self.until(lambda: "ready" in self.text(), what="the start")
        shim.terminate()
        self.assertEqual(self.end(shim), 9)
        self.assertEqual(self.exit_call()["cause"], "stopped")

    def test_the_time_limit_is_a_stop(self):
        shim = self.start(sheet=args("sh", "-c", TRAPS) + [("time_ms", 700), ("kill_ms", 5000)])
        self.assertEqual(self.end(shim), 9)
        self.assertEqual(self.exit_call()["cause"], "time")
        self.assertGreaterEqual(int(self.exit_call()["run_ms"]), 690)

    def test_checkpoints_come_at_intervals(self):
        shim = self.start(sheet=args("sh", "-c", TRAPS) + [
            ("checkpoint_signal", 10), ("every_ms", 300)])
        self.until(lambda: self.text().count("usr1") >= 3, what="three signals")
        shim.terminate()
        self.end(shim)


class Lease(Case):
    def test_a_lease_is_renewed_and_the_job_goes_on(self):
        self.daemon.lease_ms = 1500 * SLOW
        begin = time.monotonic()
        self.assertEqual(self.run_job(sheet=args("sleep", str(3 * SLOW))), 0)
        self.assertGreaterEqual(time.monotonic() - begin, 3)
        self.assertGreaterEqual(len(self.daemon.of("lease")), 3)
        self.assertEqual(self.exit_call()["cause"], "exit")

    def test_without_renewal_nothing_runs_when_the_lease_is_over(self):
        self.daemon.lease_ms = 3000
        self.daemon.on["lease"] = lambda call: (503, b"")
        code = "trap '' TERM; echo $$; while :; do sleep 0.02; done"
        shim = self.start(sheet=args("sh", "-c", code) + [("kill_ms", 500)])
        sent = self.daemon.wait("permit")[0].at
        self.until(lambda: self.text() != "", what="the start")
        pid = int(self.text())
        time.sleep(max(0, sent + 1.4 - time.monotonic()))
        self.assertTrue(alive(pid))
        self.assertEqual(self.end(shim), 137)
        self.until(lambda: not alive(pid))
        self.assertLess(time.monotonic() - sent, 3.0 + SEEN)
        self.assertEqual(self.exit_call()["cause"], "lease")
        self.assertGreater(len(self.daemon.of("lease")), 2)

    def test_a_lead_as_long_as_the_lease_is_cut_to_fit(self):
        self.daemon.lease_ms = 2000
        self.daemon.on["lease"] = lambda call: (503, b"")
        code = "trap '' TERM; trap 'echo usr1' USR1; while :; do sleep 0.02; done"
        shim = self.start(sheet=args("sh", "-c", code) + [
            ("checkpoint_signal", 10), ("lead_ms", 60000), ("kill_ms", 60000)])
        sent = self.daemon.wait("permit")[0].at
        self.assertEqual(self.end(shim), 137)
        took = time.monotonic() - sent
        self.assertTrue(0.95 < took < 2.0 + SEEN, took)
        self.assertEqual(self.text(), "usr1\n")

    def test_a_daemon_that_hangs_costs_the_lease_one_that_restarts_does_not(self):
        self.daemon.lease_ms = 4000
        shim = self.start(sheet=args("sleep", "6"))
        self.daemon.wait("lease")
        self.daemon.stop()
        time.sleep(1)
        self.daemon.start()
        self.assertEqual(self.end(shim), 0)

        def hang(_):
            raise Hang
        self.daemon.calls.clear()
        self.daemon.lease_ms = 2000
        self.daemon.on["lease"] = hang
        shim = self.start(sheet=args("sleep", "60") + [("kill_ms", 500)])
        sent = self.daemon.wait("permit")[0].at
        self.assertEqual(self.end(shim), 143)
        self.assertLess(time.monotonic() - sent, 2.0 + SEEN)

    def test_409_kills_at_once(self):
        for status in (409, 410):
            self.daemon.calls.clear()
            self.daemon.on["lease"] = lambda call, status=status: (status, b"")
            self.daemon.on["exit"] = lambda call, status=status: (status, b"")
            begin = time.monotonic()
            code = "trap '' TERM; while :; do sleep 0.02; done"
            self.assertEqual(self.run_job(sheet=args("sh", "-c", code) + [("kill_ms", 60000)]), 137)
            self.assertLess(time.monotonic() - begin, 3 * SLOW)
            self.assertEqual(len(self.daemon.of("exit")), 1)

    def test_a_frozen_shim_kills_at_once_when_it_thaws(self):
        self.daemon.lease_ms = 1500
        code = "trap '' TERM; echo $$; while :; do sleep 0.02; done"
        shim = self.start(sheet=args("sh", "-c", code) + [("kill_ms", 700)])
        self.until(lambda: self.text() != "", what="the start")
        pid = int(self.text())
        shim.send_signal(signal.SIGSTOP)
        time.sleep(2.5)
        self.assertTrue(alive(pid))  # the stated exception
        shim.send_signal(signal.SIGCONT)
        self.until(lambda: not alive(pid), timeout=1, what="the kill")
        self.assertEqual(self.end(shim), 137)
        self.assertEqual(self.exit_call()["cause"], "lease")

    def test_an_idle_job_costs_one_call_a_wait(self):
        shim = self.start(sheet=args("sleep", "4"))
        time.sleep(3)
        with open(f"/proc/{shim.pid}/status", encoding="utf-8") as file:
            switches = [line for line in file if line.startswith("voluntary")][0]
        self.assertLess(int(switches.split()[1]), 30)
        self.assertEqual(self.end(shim), 0)
        self.assertEqual(len(self.daemon.of("lease")), 1)


class Exit(Case):
    def test_the_exit_record_is_kept_and_repeated_until_it_is_written_down(self):
        answers = [None, (500, b""), (503, b"")]
        self.daemon.on["exit"] = lambda call: answers.pop(0) if answers else (200, b"")
        shim = self.start(sheet=args("sh", "-c", "exit 5"))
        self.until(lambda: os.path.exists(os.path.join(self.dir, "exit")), what="the spool")
        with open(os.path.join(self.dir, "exit"), "rb") as file:
            self.assertIn(b"code 1\n5\n", file.read())
        self.assertEqual(self.end(shim), 5)
        calls = self.daemon.of("exit")
        self.assertEqual(len({call.body for call in calls}), 1)
        self.assertFalse(os.path.exists(self.dir))

    def test_it_outlives_a_daemon_that_is_away(self):
        shim = self.start(sheet=args("sh", "-c", "echo up; sleep 0.3"))
        self.until(lambda: self.text() != "", what="the start")
        self.daemon.stop()
        self.until(lambda: os.path.exists(os.path.join(self.dir, "exit")), what="the spool")
        time.sleep(1)
        self.daemon.start()
        self.assertEqual(self.end(shim, 40), 0)
        self.assertEqual(self.exit_call()["code"], "0")

    def test_it_ends_when_nobody_wants_to_know(self):
        for status in (404, 409, 410):
            self.daemon.calls.clear()
            self.daemon.on["exit"] = lambda call, status=status: (status, b"")
            self.assertEqual(self.run_job(sheet=args("true")), 0)
            self.assertEqual(len(self.daemon.of("exit")), 1)

    def test_a_slow_daemon_makes_it_write_the_record(self):
        seen = []

        def slow(_):
            time.sleep(0.6)
            seen.append(os.path.exists(os.path.join(self.dir, "exit")))
            return 200, b""
        self.daemon.on["exit"] = slow
        self.assertEqual(self.run_job(sheet=args("true")), 0)
        self.assertEqual(seen, [True])
        self.assertFalse(os.path.exists(self.dir))


class Publish(Case):
    def test_a_checkpoint_is_published_or_fenced_off(self):
        answers = [(200, b""), (409, b""), (503, b""), (200, b""), (422, b"")]
        self.daemon.on["publish"] = lambda call: answers.pop(0)
        code = ("cd /usr; $MIZAN_SHIM --publish /ck/1; echo $?; $MIZAN_SHIM --publish rel/2; "
                "echo $?; $MIZAN_SHIM --publish s3://b/3; echo $?; $MIZAN_SHIM --publish x; echo $?")
        self.assertEqual(self.run_job(sheet=args("sh", "-c", code)), 0)
        lines = self.text().split("\n")
        self.assertEqual([line for line in lines if line.isdigit()], ["0", "1", "0", "1"])
        self.assertIn("another attempt has taken over", self.text())
        self.assertEqual([call["path"] for call in self.daemon.of("publish")],
                         ["/ck/1", "/usr/rel/2", "s3://b/3", "s3://b/3", "/usr/x"])
        self.assertFalse(os.path.exists(self.dir))

    def test_bad_clients_do_not_disturb(self):
        shim = self.start(sheet=args("sh", "-c", "sleep 300"))
        path = os.path.join(self.dir, "publish")
        self.until(lambda: os.path.exists(path), what="the socket")

        def talk(text):
            one = socket.socket(socket.AF_UNIX)
            one.settimeout(10)
            one.connect(path)
            one.sendall(text)
            try:
                return one.recv(200)
            except ConnectionResetError:
                return b""
            finally:
                one.close()
        self.assertEqual(talk(b"\n"), b"no there is no path\n")
        self.assertIn(talk(b"x" * 9000), (b"no the path is too long\n", b""))
        idle = [socket.socket(socket.AF_UNIX) for _ in range(3)]
        for one in idle:
            one.connect(path)
        self.assertEqual(talk(b"/a\xff b\n"), b"ok\n")
        self.assertEqual(self.daemon.of("publish")[-1].fields["path"], b"/a\xff b")
        for one in idle:
            one.close()
        shim.terminate()
        self.end(shim)

    def test_a_long_folder_gets_its_socket_elsewhere(self):
        self.dir = os.path.join(self.folder, "d" * 100)
        code = "echo $MIZAN_PUBLISH; $MIZAN_SHIM --publish /x && echo yes"
        name = f"mz-testlong-{os.getpid()}-1"
        self.assertEqual(self.run_job(sheet=args("sh", "-c", code), name=name), 0)
        self.assertEqual(self.text(), f"/tmp/mizan-{os.geteuid()}/{name}.0/publish\nyes\n")
        self.assertFalse(os.path.exists(f"/tmp/mizan-{os.geteuid()}/{name}.0"))

    def test_outside_a_job_it_says_so(self):
        env = {key: value for key, value in os.environ.items() if key != "MIZAN_PUBLISH"}
        done = subprocess.run([SHIM, "--publish", "/x"], capture_output=True, env=env, check=False)
        self.assertEqual(done.returncode, USAGE)


class Output(Case):
    def test_output_without_a_file_goes_to_the_daemon(self):
        code = self.run_job(sheet=args("sh", "-c", "echo one; sleep 1; echo two >&2; seq 200000"),
                            output=False)
        self.assertEqual(code, 0)
        expected = "one\ntwo\n" + "".join(f"{i}\n" for i in range(1, 200001))
        self.assertEqual(self.daemon.log.decode(), expected)
        self.assertLess(self.daemon.of("log")[0].at, self.daemon.of("exit")[0].at - 0.3)
        self.assertLessEqual(max(len(call.body) for call in self.daemon.of("log")), 256 * 1024)
        self.assertLess(self.daemon.of("log")[-1].at, self.daemon.of("exit")[0].at)
        self.assertFalse(os.path.exists(self.dir))

    def test_gaps_losses_and_restarts_leave_no_hole(self):
        chance = random.Random(7)

        def lossy(call):
            kind = chance.randrange(6)
            if kind == 0:
                return None
            if kind == 1:
                return 503, b""
            if kind == 2:  # it forgets some
                self.daemon.log = self.daemon.log[:chance.randrange(len(self.daemon.log) + 1)]
                return 200, records([("size", len(self.daemon.log))])
            answer = self.daemon.default_log(call)
            return None if kind == 3 else answer  # written, the answer lost
        self.daemon.on["log"] = lossy
        shim = self.start(sheet=args("sh", "-c", "seq 300000; sleep 1; echo end"), output=False)
        self.daemon.wait("log", 2)
        self.daemon.stop()
        time.sleep(0.5)
        self.daemon.start()
        self.daemon.wait("exit", 1, 60)
        self.daemon.on.clear()
        self.assertEqual(self.end(shim, 60), 0)
        expected = "".join(f"{i}\n" for i in range(1, 300001)) + "end\n"
        self.assertEqual(self.daemon.log.decode(), expected)

    def test_413_keeps_no_more(self):
        def full(call):
            return (413, b"") if int(call.query["offset"]) > 0 else self.daemon.default_log(call)
        self.daemon.on["log"] = full
        code = "echo a; sleep 1; seq 100000; sleep 1; stat -c %s $MIZAN_TEST/output; echo b"
        self.assertEqual(self.run_job(sheet=args("sh", "-c", code) + [
            ("env", f"MIZAN_TEST={self.dir}")], output=False), 0)
        self.assertEqual(self.daemon.log, b"a\n")
        self.assertEqual(len(self.daemon.of("log")), 2)

    def test_an_unread_log_does_not_hold_the_exit_record_for_long(self):
        def hang(_):
            raise Hang
        self.daemon.on["log"] = hang
        shim = self.start(sheet=args("echo", "x"), output=False)
        begin = time.monotonic()
        self.daemon.wait("exit", 1, 10 * SLOW)
        self.assertLess(time.monotonic() - begin, 4 * SLOW)
        self.assertIsNone(shim.poll())


HOSTILE = [
    b"", b"\r\n\r\n", b"garbage" * 1000, b"HTTP/1.1 200\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\nx",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
    b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20000 + b"\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n folded: x\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffff\r\nx",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nx",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloxx\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"HTTP/1.1 101 Switch\r\n\r\n", b"HTTP/1.1 100 C\r\n\r\n" * 20,
    b"HTTP/1.1 204 None\r\n\r\n", b"\0" * 5000, b"HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n",
]
BODIES = [b"x", b"arg", b"arg 5", b"arg 5\nab", b"arg 05\nhello\n", b"arg -1\n\n",
          b"arg 999999999\nx\n", b"arg 99999999999999999999\nx\n", b"ARG 1\nx\n", b" 1\nx\n",
          b"a" * 40 + b" 1\nx\n", b"arg 0\n\n", b"arg 1\nx\n", b"lease_ms 1\nx\n",
          b"arg 4\ntrue\nlease_ms 20\n99999999999999999999\n", b"arg 4\ntrue\nlease_ms 1\n0\n",
          b"arg 4\ntr\0e\nlease_ms 5\n60000\n", b"arg 4\ntrue\nenv 1\nx\nlease_ms 5\n60000\n",
          b"arg 4\ntrue\nlease_ms 5\n60000\ncheckpoint_signal 2\n99\n"]


class Hostile(Case):
    def test_hostile_answers_to_a_permit_are_no_answers(self):
        answers = [("raw", one) for one in HOSTILE] + [("body", one) for one in BODIES]

        def hostile(call):
            if not answers:
                return self.daemon.default_permit(call)
            kind, one = answers.pop(0)
            if kind == "raw":
                raise Raw(one)
            return 200, one
        self.daemon.on["permit"] = hostile
        # The waits grow to 5 s, so many shims share the answers.
        while answers:
            shims = [self.start("--permit-timeout", "2", sheet=args("true")) for _ in range(8)]
            for shim in shims:
                self.assertIn(self.end(shim, 60), (0, REFUSED))
        self.assertEqual(self.run_job(sheet=args("true")), 0)

    def test_hostile_answers_to_leases_renew_nothing_and_break_nothing(self):
        answers = HOSTILE + [b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(one), one)
                             for one in (b"order 4\nstop", b"order_number 1\nx\n",
                                         b"lease_ms 1\n0\n", b"lease_ms 20\n" + b"9" * 20 + b"\n")]

        def hostile(_):
            if answers:
                raise Raw(answers.pop(0))
            return 409, b""
        self.daemon.on["lease"] = hostile
        self.daemon.lease_ms = 30000
        shims = [self.start(sheet=args("sleep", "300")) for _ in range(5)]
        self.until(lambda: len(answers) < 3, timeout=14, what="the end of the list")
        self.assertEqual({shim.poll() for shim in shims}, {None})
        answers.clear()
        self.assertEqual({self.end(shim, 20) for shim in shims}, {137})

    def test_hostile_answers_to_the_exit_record_repeat_it(self):
        answers = [one for one in HOSTILE if b"204" not in one][:5]

        def hostile(_):
            if answers:
                raise Raw(answers.pop())
            return 200, b""
        self.daemon.on["exit"] = hostile
        self.assertEqual(self.run_job(sheet=args("true")), 0)
        self.assertEqual(len(self.daemon.of("exit")), 6)


class Tcp(Case):
    tcp = True

    def test_tcp_carries_it_all(self):
        code = "$MIZAN_SHIM --publish /x; seq 50000; sleep 1.5; exit 6"
        self.assertEqual(self.run_job(sheet=args("sh", "-c", code), output=False), 6)
        self.assertEqual(len(self.daemon.log), len("".join(f"{i}\n" for i in range(1, 50001))))
        self.assertEqual(self.daemon.of("permit")[0].headers["Host"],
                         f"127.0.0.1:{self.daemon.port}")

    def test_a_name_is_resolved(self):
        port = self.daemon.port
        with open("/etc/hosts", encoding="utf-8") as file:
            named = [line.split()[1] for line in file if line.startswith("127.0.0.1")]
        for host in ["localhost"] + named[:1]:
            type(self.daemon).address = property(lambda _: f"http://{host}:{port}")
            try:
                self.assertEqual(self.run_job(sheet=args("true")), 0)
            finally:
                type(self.daemon).address = ADDRESS

    def test_the_job_outlives_a_restart_of_the_daemon(self):
        shim = self.start(sheet=args("sleep", "3"))
        self.daemon.wait("lease")
        self.daemon.stop()
        time.sleep(0.5)
        self.daemon.start()
        self.assertEqual(self.end(shim), 0)
        self.assertEqual(self.exit_call()["code"], "0")


class Crowd(Case):
    def test_many_shims_at_once_all_get_through(self):
        self.daemon.sheet = args("true") + [("output", self.out)]
        threads = [threading.Thread(target=lambda i=i: self.start("--dir", self.dir + str(i)))
                   for i in range(100)]
        for thread in threads:
            thread.start()
            thread.join()
        self.assertEqual({self.end(shim, 60) for shim in self.shims}, {0})
        self.assertEqual(len(self.daemon.of("exit")), 100)


ADDRESS = Daemon.address

if __name__ == "__main__":
    unittest.main(verbosity=2 if "-v" in sys.argv else 1)
