#!/usr/bin/env python3
"""test_live.py - the daemon, the shim and the commands together, on this machine

MIZAN names the binary; mizan-shim and examples/train-tiny lie beside it. Every daemon has a directory
of its own and listens on a Unix socket in it, and on a free port of loopback. Processes are ended by
the pids that the test started."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import yaml

MIZAN = os.environ["MIZAN"]
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SLOW = float(os.environ.get("MIZAN_SLOW", "1"))

FLEET = """mizan: 1
partners:
  north: {driver: fake}
  south: {driver: fake}
sites:
  north/n: {nodes: 2, chips_per_node: 8, chip: h100-sxm, pretend: true}
  south/s: {nodes: 2, chips_per_node: 8, chip: h100-sxm, pretend: true}
contracts:
  north-1: {partner: north, kind: committed, commit: 100k USD, price: 2.10 USD/chip-hour, start: 2026-01, end: 2035-12}
  south-1: {partner: south, kind: on-demand, price: 3.00 USD/chip-hour}
"""


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self.path)


class Live(unittest.TestCase):
    fleet = FLEET
    options = ()  # of mizan up

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="mz", dir="/tmp")
        self.sock = os.path.join(self.dir, "s")
        with open(os.path.join(self.dir, "fleet.yaml"), "w", encoding="utf-8") as file:
            file.write(self.fleet)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.env = dict(os.environ, MIZAN_SERVER="unix:" + self.sock)
        self.daemon = None
        self.start()

    def tearDown(self):
        for job in self.api("GET", "/v1/jobs?state=live")[1]["data"]:
            self.api("DELETE", f"/v1/jobs/{job['id']}")
        self.until(lambda: not self.api("GET", "/v1/jobs?state=live")[1]["data"], "an end")
        self.until(lambda: not self.has_shims(), "the shims to go", 10)
        self.stop(signal.SIGTERM)
        shutil.rmtree(self.dir)

    def start(self):
        self.daemon = subprocess.Popen(
            [MIZAN, "up", "--fleet", os.path.join(self.dir, "fleet.yaml"), "--state",
             os.path.join(self.dir, "state"), "--listen", "unix:" + self.sock, "--http",
             f"127.0.0.1:{self.port}", "--quiet", *self.options])
        self.until(self.is_up, "the daemon")

    def is_up(self):
        try:
            return self.api("GET", "/readyz")[0] == 200
        except OSError:
            return False

    def has_shims(self):
        """Does a shim of this test still run?"""
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    words = file.read()
            except OSError:
                continue
            if b"mizan-shim" in words and f"{self.dir}/state".encode() in words:
                return True
        return False

    def stop(self, how):
        self.daemon.send_signal(how)
        self.daemon.wait(20)

    def until(self, condition, what, seconds=30):
        end = time.monotonic() + seconds * SLOW
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
            time.sleep(0.05)
        self.fail(f"waited in vain for {what}")

    def api(self, method, path, body=None, headers=None, tcp=False):
        connection = (http.client.HTTPConnection("127.0.0.1", self.port, timeout=30) if tcp
                      else UnixConnection(self.sock))
        data = body if isinstance(body, (bytes, str)) or body is None else json.dumps(body)
        connection.request(method, path, data, headers or {})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        kind = answer.headers.get("Content-Type", "")
        return answer.status, json.loads(text) if "json" in kind else text

    def submit(self, **spec):
        status, answer = self.api("POST", "/v1/jobs", dict({"name": "t"}, **spec))
        self.assertEqual(status, 201, answer)
        return answer["data"]["id"]

    def job(self, number):
        return self.api("GET", f"/v1/jobs/{number}")[1]["data"]

    def ends(self, number, state="done"):
        self.until(lambda: self.job(number)["state"] in ("done", "failed", "cancelled"),
                   f"job {number}")
        self.assertEqual(self.job(number)["state"], state, self.job(number))
        return self.job(number)

    def runs(self, number):
        self.until(lambda: self.job(number)["state"] == "running", f"job {number}")

    def logs(self, number, **query):
        words = "&".join(f"{k}={v}" for k, v in query.items())
        return self.api("GET", f"/v1/jobs/{number}/logs?{words}")[1].decode()

    def mizan(self, *words):
        return subprocess.run([MIZAN, *words], env=self.env, capture_output=True, text=True,
                              timeout=60, check=False)


class Jobs(Live):
    def test_a_job_runs_and_its_output_and_exit_code_are_kept(self):
        good = self.submit(command=["sh", "-c", "echo out; echo err >&2; pwd"])
        bad = self.submit(run="exit 3")
        self.assertEqual(self.ends(good)["exit_code"], 0)
        self.assertIn("out\nerr\n", self.logs(good))
        self.assertEqual(self.ends(bad, "failed")["exit_code"], 3)
        self.assertIn("exit code 3", self.job(bad)["note"])
        missing = self.submit(command=["/no/such/program"])
        self.assertIn("could not be started", self.ends(missing, "failed")["note"])

    def test_the_cheaper_contract_is_drawn_and_shown(self):
        number = self.submit(run="sleep 1", chips=8)
        self.runs(number)
        self.assertEqual(self.job(number)["partner"], "north")
        self.assertEqual(self.job(number)["contract"], "north-1")
        self.assertAlmostEqual(self.job(number)["cost_usd_per_hour"], 16.8)
        self.ends(number)
        contract = self.api("GET", "/v1/contracts")[1]["data"][0]
        self.assertGreater(contract["spent_usd"], 0)
        self.assertEqual(contract["marginal_usd_per_chip_hour"], 0)

    def test_a_gang_knows_its_ranks_and_where_rank_0_is(self):
        number = self.submit(run="echo $MIZAN_NODE_RANK of $MIZAN_NNODES $MASTER_ADDR $NNODES",
                             nodes=2, chips_per_node=8)
        self.ends(number)
        self.assertEqual(self.logs(number, rank=0), "0 of 2 127.0.0.1 2\n")
        self.assertEqual(self.logs(number, rank=1), "1 of 2 127.0.0.1 2\n")

    def test_one_rank_that_fails_stops_the_gang(self):
        number = self.submit(run="[ $MIZAN_NODE_RANK = 1 ] && exit 7; sleep 60", nodes=2,
                             chips_per_node=4)
        self.assertEqual(self.ends(number, "failed")["exit_code"], 7)

    def test_an_array_runs_so_many_at_once(self):
        status, answer = self.api("POST", "/v1/jobs", {
            "name": "a", "run": "sleep 0.3; echo $MIZAN_ARRAY_INDEX", "array": "1-6%2"})
        self.assertEqual((status, answer["data"]["count"]), (201, 6))
        first = answer["data"]["id"]
        most = 0
        while any(self.job(first + i)["state"] != "done" for i in range(6)):
            running = self.api("GET", "/v1/jobs?state=placing,running")[1]["data"]
            most = max(most, len(running))
        self.assertLessEqual(most, 2)
        self.assertEqual([self.logs(first + i) for i in range(6)], [f"{i}\n" for i in range(1, 7)])

    def test_dependencies_hold_or_can_never(self):
        good = self.submit(run="sleep 0.3")
        after = self.submit(run="true", dependency=f"afterok:{good}")
        bad = self.submit(run="sleep 0.3; exit 1")
        never = self.submit(run="true", dependency=f"afterok:{bad}")
        other = self.submit(run="true", dependency=f"afternotok:{bad}")
        self.ends(after)
        self.assertGreaterEqual(self.job(after)["started_at"], self.job(good)["ended_at"])
        self.ends(never, "cancelled")
        self.ends(other)

    def test_cancel_hold_and_release(self):
        held = self.submit(run="true", hold=True)
        self.assertEqual(self.job(held)["state"], "held")
        runs = self.submit(run="trap 'echo bye; exit 0' TERM; sleep 60 & wait")
        self.runs(runs)
        self.assertEqual(self.api("DELETE", f"/v1/jobs/{runs}")[0], 200)
        self.ends(runs, "done" if self.job(runs)["state"] == "done" else "cancelled")
        self.assertEqual(self.api("POST", f"/v1/jobs/{held}:release")[0], 200)
        self.ends(held)
        self.assertEqual(self.api("DELETE", f"/v1/jobs/{held}")[0], 409)
        self.assertEqual(self.api("DELETE", "/v1/jobs/999")[0], 404)

    def test_a_higher_priority_preempts_and_both_end(self):
        low = self.submit(run="sleep 1.5", chips=16, placement={"partners": ["north"]}, priority=1,
                          checkpoint={"signal": "USR1@1s"})
        self.runs(low)
        high = self.submit(run="true", chips=16, placement={"partners": ["north"]}, priority=90)
        self.ends(high)
        self.assertGreaterEqual(self.ends(low)["attempts"], 2)

    def test_move_and_drain_take_work_elsewhere(self):
        number = self.submit(run="sleep 2; echo $MIZAN_PARTNER", chips=4)
        self.runs(number)
        self.assertEqual(self.api("POST", f"/v1/jobs/{number}:move", {"to": "south"})[0], 200)
        self.until(lambda: self.job(number)["partner"] == "south", "the move")
        self.assertEqual(self.api("POST", "/v1/partners/south:drain", {"move": True})[0], 200)
        self.ends(number)
        self.assertEqual(self.job(number)["partner"], "north")
        states = {p["name"]: p["state"] for p in self.api("GET", "/v1/partners")[1]["data"]}
        self.assertEqual(states["south"], "drained")
        self.assertEqual(self.api("POST", "/v1/partners/south:resume")[0], 200)

    def test_why_names_every_place_and_nodes_their_jobs(self):
        first = self.submit(run="sleep 30", chips=16, placement={"partners": ["north"]}, time="1h")
        self.runs(first)
        waits = self.submit(run="true", chips=16, placement={"partners": ["north"]})
        self.until(lambda: self.job(waits)["state"] == "pending", "waiting")
        why = self.api("GET", f"/v1/jobs/{waits}/why")[1]["data"]
        self.assertIn(f"when {first} 't' ends", why["text"])
        self.assertEqual({p["partner"] for p in why["places"]}, {"north", "south"})
        nodes = self.api("GET", "/v1/nodes?partner=north")[1]["data"]
        self.assertEqual([n["jobs"] for n in nodes], [[first], [first]])


class Faults(Live):
    def test_jobs_run_on_while_the_daemon_is_killed(self):
        jobs = [self.submit(run=f"sleep {i / 2}; echo end {i}") for i in range(6)]
        self.stop(signal.SIGKILL)
        time.sleep(0.5)
        self.start()
        for i, number in enumerate(jobs):
            self.ends(number)
            self.assertEqual(self.logs(number), f"end {i}\n")

    def test_the_same_key_is_the_same_job_over_a_restart(self):
        body = json.dumps({"name": "k", "run": "true"})
        key = {"Idempotency-Key": "one"}
        first = self.api("POST", "/v1/jobs", body, key)
        self.stop(signal.SIGKILL)
        self.start()
        again = self.api("POST", "/v1/jobs", body, key)
        self.assertEqual((first[0], again[0]), (201, 200))
        self.assertEqual(first[1]["data"]["id"], again[1]["data"]["id"])
        self.assertEqual(self.api("POST", "/v1/jobs", json.dumps({"run": "false"}), key)[0], 409)

    def shims_of(self, number):
        mark = f"-{number}-".encode()
        found = []
        for name in os.listdir("/proc"):
            try:
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    line = file.read()
            except OSError:
                continue
            if b"mizan-shim" in line and mark in line and self.dir.encode() in line:
                found.append(int(name))
        return found

    @staticmethod
    def command_line(pid):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                return file.read()
        except OSError:
            return b""

    def test_a_killed_shim_means_a_restart_and_nothing_left_over(self):
        number = self.submit(run="echo $$; (sleep 60 & echo $!; wait); sleep 1")
        self.runs(number)
        self.until(lambda: self.logs(number).count("\n") == 2, "its processes")
        old = [int(word) for word in self.logs(number).split()]
        for pid in self.shims_of(number):
            os.kill(pid, signal.SIGKILL)
        self.until(lambda: self.job(number)["attempts"] == 2, "a second attempt")
        for pid in old:
            self.assertNotIn(b"sleep", self.command_line(pid))

    def test_a_lost_partner_means_elsewhere_after_the_lease_from_the_checkpoint(self):
        tiny = os.path.join(os.path.dirname(MIZAN), "examples/train-tiny/train-tiny")
        losses = os.path.join(self.dir, "losses")
        number = self.submit(
            name="train", chips=8, recovery={"lease": "4s"}, checkpoint={"signal": "USR1@1s"},
            run=f"exec {tiny} --steps 120 --step-ms 60 --checkpoint-every 20 --loss-file {losses}")
        self.runs(number)
        self.until(lambda: self.job(number)["checkpoint"], "a checkpoint")
        home = self.job(number)["partner"]
        with open(os.path.join(self.dir, "state", "faults-" + home), "w", encoding="utf-8") as file:
            file.write("dead")
        for pid in self.shims_of(number):
            os.kill(pid, signal.SIGKILL)
        begin = time.monotonic()
        self.until(lambda: next(p for p in self.api("GET", "/v1/partners")[1]["data"]
                                if p["name"] == home)["state"] == "lost", "the loss")
        self.assertLess(time.monotonic() - begin, 15 * SLOW)
        done = self.ends(number)
        self.assertNotEqual(done["partner"], home)
        self.assertGreaterEqual(done["attempts"], 2)
        calm = os.path.join(self.dir, "calm")
        subprocess.run([tiny, "--steps", "120", "--quiet", "--dir", calm + "-dir", "--loss-file", calm],
                       check=True, env={"PATH": os.environ["PATH"]})
        with open(calm, "rb") as one, open(losses, "rb") as two:
            self.assertEqual(one.read(), two.read())
        os.remove(os.path.join(self.dir, "state", "faults-" + home))

    def test_lost_answers_and_requests_never_double_a_job(self):
        record = os.path.join(self.dir, "record")
        for fault in ("drop-reply", "drop-request", "refuse"):
            with open(os.path.join(self.dir, "state", "faults-north"), "w", encoding="utf-8") as file:
                file.write(fault)
            number = self.submit(run=f"echo {fault} >> {record}")
            self.ends(number)
        os.remove(os.path.join(self.dir, "state", "faults-north"))
        with open(record, encoding="utf-8") as file:
            self.assertEqual(sorted(file.read().split()), ["drop-reply", "drop-request", "refuse"])


class Api(Live):
    def test_every_route_of_the_description_answers_and_no_other(self):
        with open(os.path.join(ROOT, "docs/api/openapi.yaml"), encoding="utf-8") as file:
            description = yaml.safe_load(file)
        number = self.submit(run="true")
        self.ends(number)
        for path, item in description["paths"].items():
            real = path.replace("{id}", str(number)).replace("{name}", "north")
            for method in ("get", "post", "patch", "delete"):
                if path == "/assets/{name}":
                    real = "/assets/mizan.css"
                if "follow" in real:
                    continue
                status, answer = self.api(method.upper(), real, b"")
                where = f"{method} {real}: {status} {answer if status >= 400 else ''}"
                self.assertLess(status, 500, where)
                if method in item:
                    self.assertNotEqual(status, 405, where)
                    if not path.startswith("/v1/tokens/"):
                        self.assertNotEqual(status, 404, where)
                elif method != "get":
                    self.assertIn(status, (404, 405), where)
        self.api("POST", "/v1/partners/north:resume")
        self.assertEqual(self.api("GET", "/v1/nothing")[0], 404)

    def test_tcp_without_a_token_reads_only_and_tokens_have_roles(self):
        self.assertEqual(self.api("GET", "/v1/jobs", tcp=True)[0], 200)
        self.assertEqual(self.api("POST", "/v1/jobs", {"run": "true"}, tcp=True)[0], 403)
        made = self.api("POST", "/v1/tokens", {"name": "ci", "role": "user"})
        self.assertEqual(made[0], 201)
        bearer = {"Authorization": "Bearer " + made[1]["data"]["token"]}
        status, answer = self.api("POST", "/v1/jobs", {"run": "true"}, bearer, tcp=True)
        self.assertEqual(status, 201)
        mine = answer["data"]["id"]
        self.ends(mine)
        others = self.submit(run="sleep 9")
        self.assertEqual(self.api("DELETE", f"/v1/jobs/{others}", None, bearer, tcp=True)[0], 403)
        self.assertEqual(self.api("GET", f"/v1/jobs/{others}/logs", None, bearer, tcp=True)[0], 403)
        self.assertEqual(self.api("POST", "/v1/tokens", {"name": "x", "role": "operator"}, bearer,
                                  tcp=True)[0], 403)
        self.assertEqual(self.api("GET", "/v1/jobs", None, {"Authorization": "Bearer no"},
                                  tcp=True)[0], 401)
        self.assertEqual(self.api("DELETE", "/v1/tokens/ci")[0], 200)
        self.assertEqual(self.api("GET", "/v1/jobs", None, bearer, tcp=True)[0], 401)

    def test_a_page_of_another_site_is_refused(self):
        self.assertEqual(self.api("GET", "/v1/jobs", None, {"Host": "evil.example"}, tcp=True)[0], 403)
        made = self.api("POST", "/v1/tokens", {"name": "w", "role": "user"})[1]["data"]["token"]
        self.assertEqual(self.api("POST", "/v1/jobs", {"run": "true"},
                                  {"Authorization": "Bearer " + made, "Origin": "http://evil.example"},
                                  tcp=True)[0], 403)

    def test_mistakes_are_told_and_are_never_a_500(self):
        for body in (b"", b"{", b"[]", b"[1]", b'{"run":"true","nodez":2}',
                     b'{"run":"true","placement":{"partners":["nort"]}}', b'{"run":"true","chips":-1}',
                     b'{"run":"true","chips":1e99}', b'{"name":"\\u001b[2J","run":"true"}',
                     b'{"run":"true","dependency":"afterok:99"}', b"\xff" * 100,
                     b"[" * 100000):
            status, answer = self.api("POST", "/v1/jobs", body)
            self.assertIn(status, (400, 422), (body[:60], answer))
            self.assertTrue(answer["detail"])
            self.assertTrue(answer["code"].startswith("M"))
        for path in ("/v1/jobs?state=x", "/v1/jobs?limit=0", "/v1/jobs?nope=1", "/v1/events?limit=-1", "/v1/events?after=x",
                     "/v1/jobs/1/logs?rank=../../etc/passwd", "/v1/jobs/0", "/v1/jobs/99999999999999999999"):
            self.assertIn(self.api("GET", path)[0], (400, 404), path)

    def test_events_stream_and_resume_by_their_numbers(self):
        self.ends(self.submit(run="true"))
        events = self.api("GET", "/v1/events?limit=100")[1]["data"]
        self.assertEqual([e["seq"] for e in events], list(range(1, len(events) + 1)))
        connection = UnixConnection(self.sock)
        connection.request("GET", "/v1/events", headers={
            "Accept": "text/event-stream", "Last-Event-ID": str(events[1]["seq"])})
        answer = connection.getresponse()
        ids = []
        while len(ids) < len(events) - 2:
            line = answer.readline().decode()
            if line.startswith("id: "):
                ids.append(int(line[4:]))
        self.assertEqual(ids, [e["seq"] for e in events[2:]])
        number = self.submit(run="true")
        self.assertTrue(any(f'"job":{number}' in line
                            for line in iter(lambda: answer.readline().decode(), "")))
        self.assertIn(": beat\n", iter(lambda: answer.readline().decode(), ""))  # while all is quiet
        connection.close()

    def test_pages_hold_names_harmlessly(self):
        number = self.submit(name="<script>alert(1)</script>", run="true")
        self.ends(number)
        for path in ("/", "/jobs", f"/jobs/{number}"):
            status, page = self.api("GET", path, tcp=True)
            self.assertEqual(status, 200)
            self.assertIn(b"&lt;script&gt;", page)
            self.assertNotIn(b"<script>alert", page)


class Backup(Live):
    def test_a_restored_journal_holds_what_had_not_ended_and_what_ran_stops(self):
        backup = os.path.join(self.dir, "backup.db")
        ended = self.submit(command=["true"])
        self.ends(ended)
        runs = self.submit(command=["sh", "-c", f"echo begun >> {self.dir}/runs; sleep 60"],
                           recovery={"lease": "5s"})
        self.runs(runs)
        self.until(lambda: os.path.exists(f"{self.dir}/runs"), "a start")
        done = self.mizan("backup", "--state", f"{self.dir}/state", backup)
        self.assertEqual(done.returncode, 0, done.stderr)
        later = self.submit(command=["true"])
        self.ends(later)
        self.stop(signal.SIGKILL)
        os.rename(f"{self.dir}/state", f"{self.dir}/lost")
        self.assertEqual(self.mizan("restore", "--state", f"{self.dir}/state", backup).returncode, 0)
        self.start()
        self.assertEqual({row["id"]: row["state"] for row in self.api("GET", "/v1/jobs")[1]["data"]},
                         {ended: "done", runs: "held"})
        self.assertGreater(self.submit(command=["true"]), 1000000)
        self.until(lambda: not self.has_shims(), "the end of what ran")
        answer = self.mizan("release", "--all", "--owner", "*", "--yes")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.until(lambda: self.begun() >= 2, "a second start")
        self.assertEqual(self.begun(), 2)

    def begun(self):
        with open(f"{self.dir}/runs", encoding="ascii") as file:
            return file.read().count("begun\n")


class Retention(Live):
    options = ("--keep-jobs", "2s")

    def test_what_an_ended_job_left_goes_and_a_live_one_keeps_all(self):
        ended = self.submit(command=["echo", "hi"])
        self.ends(ended)
        lives = self.submit(command=["sh", "-c", "echo here; sleep 60"])
        self.until(lambda: self.logs(lives), "output")
        self.assertTrue(os.path.exists(f"{self.dir}/state/logs/{ended}.1.0"))
        self.until(lambda: not os.path.exists(f"{self.dir}/state/logs/{ended}.1.0"), "a removal")
        self.until(lambda: not os.path.exists(f"{self.dir}/state/jobs/{ended}"), "a removal")
        time.sleep(2 * SLOW)
        self.assertEqual(self.logs(lives), "here\n")
        self.assertTrue(os.path.exists(f"{self.dir}/state/jobs/{lives}"))


class Commands(Live):
    def test_the_commands_tell_what_the_daemon_does(self):
        done = self.mizan("submit", "--wait", "--name", "hi", "--", "sh", "-c", "echo hi; exit 4")
        self.assertEqual(done.returncode, 4, done.stderr)
        answer = json.loads(self.mizan("submit", "--json", "--", "sleep", "30").stdout)
        number = answer["data"]["id"]
        self.runs(number)
        rows = json.loads(self.mizan("ps", "--all", "--json").stdout)["data"]
        self.assertEqual({row["id"]: row["state"] for row in rows}, {1: "failed", number: "running"})
        self.assertEqual(self.mizan("logs", "1").stdout, "hi\n")
        self.assertIn("running at", self.mizan("why", str(number)).stdout)
        self.assertEqual(self.mizan("cancel", str(number)).returncode, 0)
        self.ends(number, "cancelled")
        for words in (["partners"], ["nodes"], ["contracts"], ["events"], ["top"]):
            answer = self.mizan(*words)
            self.assertEqual(answer.returncode, 0, answer.stderr)
            self.assertRegex(answer.stdout, r"north|submitted")
        self.assertEqual(self.mizan("why", "77").returncode, 2)
        self.stop(signal.SIGTERM)
        self.assertEqual(self.mizan("ps").returncode, 5)
        self.start()


if __name__ == "__main__":
    unittest.main(verbosity=1)
