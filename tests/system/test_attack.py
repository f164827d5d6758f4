#!/usr/bin/env python3
"""test_attack.py - the running daemon under hostile clients, shims and jobs

What is here once broke it, held it up, or told people something wrong. Daemons as in test_live.py."""
import hashlib
import hmac
import os
import re
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
import unittest

from test_live import MIZAN, SLOW, Live, UnixConnection

MIB = 1024 * 1024


class Attack(Live):
    def install(self):
        return self.api("GET", "/v1/status")[1]["data"]["install"]

    def shim(self, verb, attempt, body):
        with open(os.path.join(self.dir, "state", "secret"), "rb") as file:
            token = hmac.new(file.read(), attempt.encode(), hashlib.sha256).hexdigest()
        return self.api("POST", "/shim/v1/" + verb, body, {"Authorization": "Bearer " + token})


class Requests(Attack):
    def test_a_preview_of_a_job_that_cannot_be_is_refused(self):
        for sizes in ({"nodes": 65536, "chips_per_node": 4194304}, {"nodes": 65536, "chips": 1}):
            status, answer = self.api("POST", "/v1/placements:preview", dict(sizes, run="x"), tcp=True)
            self.assertEqual(status, 422, answer)
        self.assertEqual(self.api("POST", "/v1/placements:preview", {"run": "x"}, tcp=True)[0], 200)

    def test_a_call_is_refused_before_more_jobs_than_it_may_have_are_made(self):
        arrays = b"[" + b",".join([b'{"run":"x","array":"1-100000"}'] * 2000) + b"]"
        many = b"[" + b",".join([b'{"run":"x"}'] * 100001) + b"]"
        for body in (arrays, many):
            status, answer = self.api("POST", "/v1/jobs", body)
            self.assertEqual(status, 422, answer)
            self.assertIn("100000", answer["detail"])
        with open(f"/proc/{self.daemon.pid}/status", encoding="utf-8") as file:
            peak = int(re.search(r"VmHWM:\s+(\d+)", file.read()).group(1)) // 1024
        self.assertLess(peak, 700)  # the arrays alone would be 800 MB

    def test_a_key_is_never_cut_to_another_one(self):
        headers = {"Idempotency-Key": "k" * 200}
        self.assertEqual(self.api("POST", "/v1/jobs", {"run": "true"}, headers)[0], 201)
        headers = {"Idempotency-Key": "k" * 201}
        self.assertEqual(self.api("POST", "/v1/jobs", {"run": "true"}, headers)[0], 400)

    def test_a_name_is_no_formula_and_bytes_that_are_no_text_are_shown_as_such(self):
        self.ends(self.submit(name="=1+1", run="true"))
        self.ends(self.submit(name="-2, a", run="true"))
        table = self.api("GET", "/v1/jobs?format=csv")[1].decode()
        self.assertIn(",'=1+1,", table)
        self.assertIn("\"'-2, a\"", table)
        detail = self.api("GET", "/v1/jobs?known%ff=1")[1]["detail"]
        self.assertIn("'known?' is no parameter", detail)

    def test_of_twenty_who_ask_for_one_name_one_gets_the_token(self):
        body = b'{"name":"same","role":"user"}'
        request = (b"POST /v1/tokens HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                   b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        wires = [socket.socket(socket.AF_UNIX) for _ in range(20)]
        for wire in wires:
            wire.connect(self.sock)
        time.sleep(0.2)
        self.daemon.send_signal(signal.SIGSTOP)  # so that it reads them all in one turn
        for wire in wires:
            wire.sendall(request)
        self.daemon.send_signal(signal.SIGCONT)
        answers = []
        for wire in wires:
            with wire, wire.makefile("rb") as answer:
                answers.append(int(answer.readline().split()[1]))
        self.assertEqual(sorted(answers), [201] + [409] * 19)


class Streams(Attack):
    def test_listeners_that_want_everything_hold_nobody_up_and_miss_nothing(self):
        first = self.submit(run="true", hold=True)
        self.submit(run="true", array="1-6000", dependency=f"afterok:{first}")
        self.api("DELETE", f"/v1/jobs/{first}")  # and so all that wait for it
        self.until(lambda: not self.api("GET", "/v1/jobs?state=live")[1]["data"], "their end")
        last = self.api("GET", "/v1/status")[1]["data"]["event_seq"]
        self.assertGreaterEqual(last, 12000)
        request = (b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
                   b"Last-Event-ID: 0\r\n\r\n")
        listeners = []
        for _ in range(30):
            listeners.append(socket.create_connection(("127.0.0.1", self.port)))
            listeners[-1].sendall(request)
        begin = time.monotonic()
        self.assertEqual(self.api("GET", "/healthz")[0], 200)
        self.assertLess(time.monotonic() - begin, 1 * SLOW)
        connection = UnixConnection(self.sock)
        connection.request("GET", "/v1/events", headers={"Accept": "text/event-stream",
                                                         "Last-Event-ID": "0"})
        answer = connection.getresponse()
        number = self.submit(run="true", hold=True)
        ids = []
        for line in iter(lambda: answer.readline().decode(), ""):
            if line.startswith("id: "):
                ids.append(int(line[4:]))
            if f'"job":{number},' in line:
                break
        self.assertEqual(ids, list(range(1, ids[-1] + 1)))
        self.assertGreater(ids[-1], last)
        connection.close()
        for listener in listeners:
            listener.close()

    def test_a_listener_from_the_future_hears_what_comes(self):
        connection = UnixConnection(self.sock)
        connection.request("GET", "/v1/events", headers={
            "Accept": "text/event-stream", "Last-Event-ID": str(2**63 - 1)})
        answer = connection.getresponse()
        number = self.submit(run="true")
        self.assertTrue(any(f'"job":{number},' in line
                            for line in iter(lambda: answer.readline().decode(), "")))
        connection.close()

    def test_who_reads_slowly_gets_all_output_of_a_job_that_has_ended(self):
        number = self.submit(run="head -c 12000000 /dev/zero | tr '\\0' x")
        self.ends(number)
        with socket.socket(socket.AF_UNIX) as reader:
            reader.connect(self.sock)
            reader.sendall(f"GET /v1/jobs/{number}/logs?follow=1 HTTP/1.0\r\n\r\n".encode())
            time.sleep(1.5)  # what fits into the socket is there, and the daemon has had its turns
            size = 0
            while piece := reader.recv(65536):
                size += piece.count(b"x")
        self.assertGreaterEqual(size, 12000000)


class Shims(Attack):
    def test_a_token_is_good_for_its_own_ranks(self):
        number = self.submit(run="sleep 30", chips=8)
        self.runs(number)
        name = f"mz-{self.install()}-{number}-1"
        for query, expected in (("rank=0&offset=0", 200), ("rank=8&offset=0", 404),
                                ("rank=65536&offset=0", 404)):
            status, answer = self.shim(f"log?attempt={name}&{query}", name, b"x")
            self.assertEqual(status, expected, answer)
        other = f"mz-{self.install()}-{number}-2"
        self.assertEqual(self.shim(f"log?attempt={other}&rank=0&offset=0", other, b"x")[0], 404)
        files = os.listdir(os.path.join(self.dir, "state", "logs"))
        self.assertEqual(files, [f"{number}.1.0"])

    def test_a_second_run_that_asks_without_end_is_written_down_once(self):
        number = self.submit(run="sleep 30", chips=8)
        self.runs(number)
        name = f"mz-{self.install()}-{number}-1"
        for i in range(30):
            fields = {"attempt": name, "rank": "0", "nonce": f"other{i}", "instance": "i", "boot": "b"}
            body = "".join(f"{k} {len(v)}\n{v}\n" for k, v in fields.items())
            self.assertEqual(self.shim("permit", name, body)[0], 409)
        events = self.api("GET", f"/v1/jobs/{number}/events?limit=100")[1]["data"]
        self.assertLessEqual([e["kind"] for e in events].count("twin-refused"), 5)
        self.assertGreaterEqual([e["kind"] for e in events].count("twin-refused"), 1)


class Disk(Attack):
    options = ("--log-size", "1 MiB")

    def test_a_job_that_writes_without_end_keeps_its_bound(self):
        number = self.submit(run="trap 'exit 0' TERM; while :; do head -c 200000 /dev/zero; sleep 0.05; done")
        self.runs(number)
        path = os.path.join(self.dir, "state", "logs", f"{number}.1.0")
        time.sleep(3)
        self.assertLess(os.path.getsize(path), 5 * MIB)
        self.api("DELETE", f"/v1/jobs/{number}")
        self.until(lambda: self.job(number)["state"] in ("done", "cancelled"), "the end")
        self.until(lambda: os.path.getsize(path) <= MIB, "the cut")


class Journal(Attack):
    def test_rows_with_numbers_out_of_bounds_are_told_and_nothing_dies(self):
        self.ends(self.submit(run="true"))
        self.ends(self.submit(run="true"))
        self.stop(signal.SIGTERM)
        state = os.path.join(self.dir, "state")
        shutil.copytree(state, state + "-kept")
        for change in ("update job set id = 9223372036854775807 where id = 1",
                       "update job set id = 1000000000000 where id = 1",
                       "update event set seq = 9223372036854775807 where seq = 1"):
            with sqlite3.connect(os.path.join(state, "journal.db")) as journal:
                journal.executescript(change)
            journal.close()
            done = subprocess.run(
                [MIZAN, "up", "--fleet", os.path.join(self.dir, "fleet.yaml"), "--state", state,
                 "--listen", "unix:" + self.sock], capture_output=True, text=True, timeout=20 * SLOW,
                check=False)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("number", done.stderr)
            shutil.rmtree(state)
            shutil.copytree(state + "-kept", state)
        self.start()


class Descriptors(Attack):
    def run_limited(self, kind):
        """mizan up with 256 descriptors: `kind` is -S (it may have more) or "" (it may not)."""
        self.stop(signal.SIGTERM)
        self.daemon = subprocess.Popen(
            ["sh", "-c", f"ulimit {kind} -n 256; exec \"$0\" \"$@\"", MIZAN, "up", "--fleet",
             os.path.join(self.dir, "fleet.yaml"), "--state", os.path.join(self.dir, "state"),
             "--listen", "unix:" + self.sock, "--http", f"127.0.0.1:{self.port}", "--quiet"])
        self.until(self.is_up, "the daemon")
        with open(f"/proc/{self.daemon.pid}/limits", encoding="utf-8") as file:
            return int(re.search(r"Max open files +(\d+)", file.read()).group(1))

    def test_it_takes_the_descriptors_that_it_may_have(self):
        if resource.getrlimit(resource.RLIMIT_NOFILE)[1] <= 256:
            self.skipTest("the system gives no more than 256")
        self.assertGreater(self.run_limited("-S"), 256)

    def test_slow_senders_beyond_all_descriptors_keep_nobody_out(self):
        self.assertEqual(self.run_limited(""), 256)
        slow = []
        for i in range(400):
            slow.append(socket.create_connection(("127.0.0.1", self.port), timeout=10))
            slow[-1].sendall(b"GET / HTTP/1.1\r\nX: y" if i % 2 else
                             b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\n"
                             b"Content-Length: 9999\r\n\r\nhalf")
        begin = time.monotonic()
        self.until(self.is_up, "an answer")
        self.assertLess(time.monotonic() - begin, 4 * SLOW)  # their own deadline is 10 s
        self.ends(self.submit(run="true"))
        for wire in slow:
            wire.close()


if __name__ == "__main__":
    unittest.main(verbosity=1)
