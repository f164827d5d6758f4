"""What the claims about the running daemon share: a daemon, its API, a Slurm beside it, one line.

Everything happens below one temporary folder and on loopback. Only processes that were started here
are ended, by their number.
"""

import http.client
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from measure import ROOT, build_path, note

NODE = "{nodes: %d, chips_per_node: 8, chip: h100-sxm, pretend: true}"
SPEC = {"name": "llama-70b-pretrain", "kind": "train", "command": ["./train.sh"], "nodes": 16,
        "chips_per_node": 8, "chip": ["h100-sxm", "h200-sxm"], "time_s": 172800, "team": "research",
        "placement": {"partners": ["a"]},
        "recovery": {"on_partner_loss": "move", "lease_s": 300}, "hold": True,
        "checkpoint": {"dir": "/ckpt", "every_s": 1800}, "env": {"OMP_NUM_THREADS": "8"}}


class Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self.path)


class Daemon:
    """`mizan up` on a fleet with a state of its own; `with` ends it and what still runs."""

    def __init__(self, folder, fleet, shim=None):
        self.folder, self.state = folder, os.path.join(folder, "s")
        self.socket = os.path.join(folder, "sock")
        self.fleet = os.path.join(folder, "fleet.yaml")
        os.makedirs(folder, exist_ok=True)
        with open(self.fleet, "w", encoding="utf-8") as file:
            file.write("mizan: 1\n" + fleet)
        self.process = self.link = None
        self.start()

    def start(self):
        """Seconds from exec until /v1/status has been answered."""
        begin = time.monotonic()
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(
                [build_path("mizan"), "up", "--fleet", self.fleet, "--state", self.state,
                 "--listen", "unix:" + self.socket], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd=ROOT)
        self.link = Connection(self.socket)
        while True:
            try:
                self.get("/v1/status")
                return time.monotonic() - begin
            except (FileNotFoundError, ConnectionError, http.client.HTTPException):
                self.link.close()
            if self.process.poll() is not None or time.monotonic() - begin > 60:
                with open(os.path.join(self.folder, "log"), encoding="utf-8") as log:
                    sys.exit("mizan up: " + log.read()[-2000:])
            time.sleep(0.002)

    def stop(self):
        self.link.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            try:
                for job in self.jobs("state=live&limit=10000"):
                    if job["attempts"]:
                        self.ask("DELETE", f"/v1/jobs/{job['id']}")
                self.wait(lambda: not self.jobs("state=running,stopping,placing"), 15)
            except (OSError, TimeoutError, http.client.HTTPException):
                pass
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, method, path, body=None):
        headers = {"Content-Type": "application/json"} if body is not None else {}
        self.link.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = self.link.getresponse()
        text = answer.read()
        if answer.status >= 300:
            sys.exit(f"{method} {path}: {answer.status} {text.decode()[:500]}")
        return json.loads(text)

    def get(self, path):
        return self.ask("GET", path)["data"]

    def jobs(self, query):
        return self.get("/v1/jobs?" + query)

    def submit(self, specs):
        """The number of the first."""
        return self.ask("POST", "/v1/jobs", specs)["data"]["id"]

    def status(self):
        return self.get("/v1/status")

    def wait(self, check, seconds=30, every=0.005):
        """What check answers, once it is true."""
        end = time.monotonic() + seconds
        while True:
            found = check()
            if found:
                return found
            if time.monotonic() > end:
                raise TimeoutError(f"waited {seconds} s; see {self.folder}")
            time.sleep(every)

    def wait_nodes(self, count, seconds=30):
        self.wait(lambda: sum(n["state"] == "up" for n in self.get("/v1/nodes")) >= count, seconds,
                  0.05)

    def wait_unused(self, seconds=30):
        """Until nobody else's jobs are shown on any node: what ended a moment ago may still be."""
        self.wait(lambda: not any(n["chips_used_by_others"] for n in self.get("/v1/nodes")), seconds, 0.05)

    def stamp(self, job, attempt=1, rank=0, seconds=60):
        """Wall time when the job's bench_stamp began."""
        path = os.path.join(self.state, "logs", f"{job}.{attempt}.{rank}")

        def read():
            try:
                with open(path, encoding="utf-8") as file:
                    text = file.read()
                return int(text.split()[0]) / 1e9 if text.endswith("\n") else None
            except OSError:
                return None
        return self.wait(read, seconds)

    def finish_rate(self, specs, seconds=60):
        """Jobs that ended a second, from before the submit until the last one's end is known."""
        begin = time.monotonic()
        self.submit(specs)
        self.wait(lambda: self.status()["jobs_live"] == 0, seconds, 0.01)
        return len(specs) / (time.monotonic() - begin)

    def load(self, clients, seconds, method, path, body=None, count=None):
        """What bench_client prints."""
        text = json.dumps(body, separators=(",", ":")) if body is not None else ""
        return client("unix:" + self.socket, clients, seconds, count,
                      f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                      f"application/json\r\nContent-Length: {len(text)}\r\n\r\n{text}")


def client(address, clients, seconds, count, request):
    with tempfile.NamedTemporaryFile(mode="w", newline="") as file:
        file.write(request)
        file.flush()
        done = subprocess.run([build_path("bench", "bench_client"), address, str(clients),
                               str(seconds), file.name, *([str(count)] if count else [])],
                              check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


class Slurm:
    """Two clusters of 8 nodes with 8 chips each, tuned for throughput; see tests/slurm/clusters."""

    NAMES = ("alpha", "beta")

    def __init__(self, root):
        self.program = os.path.join(ROOT, "tests", "slurm", "clusters")
        self.root = root
        self.env = {}

    def run(self, *words):
        return subprocess.run([sys.executable, self.program, "--root", self.root, *words],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)

    def __enter__(self):
        """None when Slurm is not installed."""
        done = self.run("start", "--tune", "--min-job-age", "60")
        if done.returncode:
            note("no Slurm: " + done.stderr.strip())
            self.run("wipe")
            return None
        for name in self.NAMES:
            lines = self.run("env", name).stdout.splitlines()
            self.env[name] = dict(line.removeprefix("export ").partition("=")[::2]
                                  for line in lines)
        return self

    def __exit__(self, *_):
        self.run("wipe")

    def token(self, name):
        with open(self.env[name]["MIZAN_TOKEN_FILE"], encoding="utf-8") as file:
            return file.read().strip()

    def fleet(self):
        rows = [f"  {name}: {{driver: slurm, url: \"{self.env[name]['MIZAN_REST_URL']}\", user: "
                f"{self.env[name]['MIZAN_SLURM_USER']}, token_command: \"cat "
                f"{self.env[name]['MIZAN_TOKEN_FILE']}\", partition: train}}\n"
                for name in self.NAMES]
        return "partners:\n" + "".join(rows)

    def command(self, name, *argv):
        return subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                              env=dict(os.environ, SLURM_CONF=self.env[name]["SLURM_CONF"]),
                              check=True).stdout

    def sbatch(self, name, script, count=1, at_once=8):
        """Hands in the script `count` times; so many sbatch at once."""
        env = dict(os.environ, SLURM_CONF=self.env[name]["SLURM_CONF"])
        running = []
        for _ in range(count):
            if len(running) == at_once:
                running.pop(0).wait()
            running.append(subprocess.Popen(
                ["sbatch", "-p", "train", "-N1", "--mem=100", "--gpus-per-node=1", "-o",
                 "/dev/null", script],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=env))
        for child in running:
            child.wait()

    def wait_idle(self, name, seconds=60):
        end = time.monotonic() + seconds
        while self.command(name, "squeue", "-h", "-o", "%i"):  # what is completing counts
            if time.monotonic() > end:
                raise TimeoutError(f"{name} is not idle")
            time.sleep(0.02)

    def finish_rate(self, names, script, count):
        """Each of them the same number, at the same time; jobs that ended a second, together."""
        begin = time.monotonic()
        if len(names) == 1:
            self.sbatch(names[0], script, count)
        else:
            env = dict(os.environ, PYTHONPATH=os.path.dirname(os.path.abspath(__file__)))
            code = ("import sys, json, live; s = live.Slurm(sys.argv[1]); "
                    "s.env = json.loads(sys.argv[2]); "
                    "s.sbatch(sys.argv[3], sys.argv[4], int(sys.argv[5]), 4)")
            for child in [subprocess.Popen([sys.executable, "-c", code, self.root,
                                            json.dumps(self.env), name, script, str(count)],
                                           env=env) for name in names]:
                child.wait()
        for name in names:
            self.wait_idle(name)
        return len(names) * count / (time.monotonic() - begin)

    def accepts(self, name, clients, seconds):
        """Held jobs that its REST server takes in a second; they are cancelled again."""
        body = json.dumps({"script": "#!/bin/sh\ntrue\n", "job": {
            "name": "accept", "partition": "train", "hold": True, "nodes": 1,
            "current_working_directory": "/tmp", "environment": {"PATH": "/bin:/usr/bin"}}})
        address = self.env[name]["MIZAN_REST_URL"].removeprefix("http://")
        found = client(address, clients, seconds, None,
                       f"POST /slurm/v0.0.38/job/submit HTTP/1.1\r\nHost: {address}\r\n"
                       f"X-SLURM-USER-NAME: {self.env[name]['MIZAN_SLURM_USER']}\r\n"
                       f"X-SLURM-USER-TOKEN: {self.token(name)}\r\n"
                       f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                       f"{body}")
        self.cancel_all(name, "accept")
        return found["per_s"]

    def cancel_all(self, name, job, seconds=120):
        """Until none is left: some are taken after their client has gone."""
        end = time.monotonic() + seconds
        while self.command(name, "squeue", "-h", "-n", job, "-o", "%i"):
            if time.monotonic() > end:
                raise TimeoutError(f"{name} keeps jobs '{job}'")
            self.command(name, "scancel", "-n", job)
            time.sleep(0.5)


def line(name, values, unit, goal, is_met, **more):
    """The line of a goal. values: one a round; is_met judges their median."""
    value = statistics.median(values)
    digits = 4 if value < 10 else 1
    print(json.dumps({"name": name, "value": round(value, digits), "unit": unit,
                      "spread": [round(min(values), digits), round(max(values), digits)],
                      "n": len(values), "goal": goal, "met": bool(is_met(value)),
                      **{key: round(v, 4) if isinstance(v, float) else v
                         for key, v in more.items()}}), flush=True)


def median(values):
    return float(statistics.median(values))
