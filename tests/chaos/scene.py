"""The daemon under test, what it is connected to, and a client of its API.

Everything lies below one folder: the daemon's state and socket, real Slurm clusters (tests/slurm/
clusters), what jobs recorded. Only processes that were started here are ever signalled.
"""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MIZAN = os.path.abspath(os.environ.get("MIZAN", os.path.join(ROOT, "build/mizan")))
SHIM = os.path.abspath(os.environ.get("SHIM", os.path.join(ROOT, "build/mizan-shim")))
TASK = os.path.abspath(os.environ.get("TASK", os.path.join(ROOT, "build/tests/chaos/chaos_task")))
CLUSTERS = os.path.abspath(os.environ.get("CLUSTERS", os.path.join(ROOT, "tests/slurm/clusters")))
NODES = 8
SKIP = 77
ENDED = ("done", "failed", "cancelled")
TRANSPORT_ERRORS = (OSError, http.client.HTTPException, ValueError)


class NotAvailable(Exception):
    """What a scene needs is not installed here."""


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Client:
    """One connection to the daemon; not for two threads at once. Errors of transport are raised."""

    def __init__(self, path, timeout=15):
        self.path, self.timeout, self.connection = path, timeout, None

    def ask(self, method, target, body=None, headers=None):
        """Status and document."""
        head = dict(headers or {})
        if body is not None:
            body = json.dumps(body)
            head["Content-Type"] = "application/json"
        if not self.connection:
            self.connection = UnixConnection(self.path, self.timeout)
        try:
            self.connection.request(method, target, body=body, headers=head)
            response = self.connection.getresponse()
            text = response.read()
            if response.getheader("Connection", "").lower() == "close":
                self.close()
            return response.status, json.loads(text) if text[:1] in b"{[" else text.decode()
        except TRANSPORT_ERRORS:
            self.close()
            raise

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def get(self, target, seconds=30):
        """The document; asked again through restarts of the daemon."""
        end = time.monotonic() + seconds
        while True:
            try:
                status, document = self.ask("GET", target)
                if status == 200:
                    return document
                if status < 500:
                    raise KeyError(f"GET {target}: {status} {document}")
            except TRANSPORT_ERRORS as error:
                document = repr(error)
            if time.monotonic() > end:
                raise TimeoutError(f"GET {target}: {document}")
            time.sleep(0.02)

    def submit(self, spec, key, seconds=120):
        """What a client does that does not know whether it was accepted: the same again. Returns
        (data, tries, seconds of the try that was answered)."""
        end = time.monotonic() + seconds
        tries = 0
        while True:
            tries += 1
            begun = time.monotonic()
            try:
                status, document = self.ask("POST", "/v1/jobs", spec, {"Idempotency-Key": key})
                if status in (200, 201):
                    return document["data"], tries, time.monotonic() - begun
                if status != 503:
                    raise RuntimeError(f"submit {key}: {status} {document}")
            except TRANSPORT_ERRORS as error:
                document = repr(error)
            if time.monotonic() > end:
                raise TimeoutError(f"submit {key}: {document}")
            time.sleep(0.01 if tries < 10 else 0.05)

    def jobs(self, query=""):
        """All of them, page by page: id -> row."""
        rows, cursor = {}, ""
        while True:
            page = self.get(f"/v1/jobs?limit=10000{query}" + (f"&cursor={cursor}" if cursor else ""))
            rows.update((row["id"], row) for row in page["data"])
            cursor = page.get("next_cursor")
            if not cursor:
                return rows

    def events(self):
        rows, after = [], 0
        while True:
            page = self.get(f"/v1/events?limit=10000&after={after}")["data"]
            if not page:
                return rows
            rows += page
            after = page[-1]["seq"]


class Daemon:
    """mizan up, killed and started again at will; it must never end by itself."""

    def __init__(self, scene, fleet, extra=()):
        self.scene = scene
        self.argv = [MIZAN, "up", "--fleet", fleet, "--state", scene.state, "--listen",
                     "unix:" + scene.socket, "--shim", SHIM, *extra]
        self.process = None
        self.starts = 0
        self.ready_s = []
        self.crashes = []

    def start(self):
        with open(os.path.join(self.scene.directory, "daemon.log"), "ab") as log:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, start_new_session=True)
        self.starts += 1
        self.begun = time.monotonic()

    def is_ready(self):
        connection = UnixConnection(self.scene.socket, 5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except TRANSPORT_ERRORS:
            return False
        finally:
            connection.close()

    def wait_ready(self, seconds=30):
        while not self.is_ready():
            self.check()
            if time.monotonic() - self.begun > seconds:
                raise TimeoutError(f"the daemon does not answer after {seconds} s")
            time.sleep(0.002)
        self.ready_s.append(time.monotonic() - self.begun)

    def check(self):
        """It ended by itself: that is a failure of its own."""
        if self.process and self.process.poll() is not None:
            self.crashes.append(self.process.returncode)
            self.start()

    def kill(self):
        if self.process.poll() is not None:
            self.crashes.append(self.process.returncode)
        else:
            self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.crashes.append("did not stop at SIGTERM")
                self.process.kill()
                self.process.wait()


class Slurm:
    """Real clusters, through tests/slurm/clusters."""

    def __init__(self, root, names, *options):
        self.root, self.names = root, names
        done = self.call("start", "--names", ",".join(names), "--nodes", str(NODES), "--tune",
                         *options, check=False)
        if done.returncode == SKIP:
            raise NotAvailable(done.stderr.strip())
        if done.returncode:
            raise RuntimeError(done.stderr)
        self.settings = {}
        for name in names:
            text = self.call("env", name).stdout
            self.settings[name] = dict(line.removeprefix("export ").split("=", 1)
                                       for line in text.splitlines())

    def call(self, *words, check=True):
        return subprocess.run([CLUSTERS, "--root", self.root, *words], text=True,
                              capture_output=True, check=check, timeout=120)

    def command(self, name, *argv, seconds=30):
        env = dict(os.environ, SLURM_CONF=self.settings[name]["SLURM_CONF"],
                   PATH=os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin")
        return subprocess.run(argv, text=True, capture_output=True, check=False, env=env,
                              timeout=seconds).stdout

    def jobs_left(self):
        return [f"{name}: {line}" for name in self.names
                for line in self.command(name, "squeue", "-h", "-o", "%i %j %T").splitlines()]

    def wipe(self):
        self.call("wipe", check=False)


def fleet_text(slurm, partners, directory, alpha_url=None, alpha_callback=None):
    """alpha through its REST interface, beta through sbatch and squeue, here on this machine."""
    lines = ["mizan: 1", "partners:"]
    if "alpha" in partners:
        settings = slurm.settings["alpha"]
        url = alpha_url or settings["MIZAN_REST_URL"]
        callback = f'callback: "{alpha_callback}", ' if alpha_callback else ""
        lines.append(f'  alpha: {{driver: slurm, url: "{url}", user: {settings["MIZAN_SLURM_USER"]},'
                     f' token_command: "cat {settings["MIZAN_TOKEN_FILE"]}", partition: train,'
                     f' {callback}shim: {SHIM}, directory: {directory}/spool}}')
    if "beta" in partners:
        lines.append(f'  beta: {{driver: slurm, commands: true, partition: train, env: {{SLURM_CONF:'
                     f' {slurm.settings["beta"]["SLURM_CONF"]}}}, shim: {SHIM},'
                     f' directory: {directory}/spool}}')
    if "here" in partners:
        lines += ["  here: {driver: local}", "sites:",
                  "  here/h: {nodes: 4, chips_per_node: 4, chip: h100-sxm, pretend: true}"]
    return "\n".join(lines) + "\n"


class Scene:
    """Folder, clusters and daemon of one run; a context manager. Kept when keep is set."""

    def __init__(self, partners=("alpha", "beta", "here"), state=None, extra=(), fleet=None,
                 slurm_options=()):
        self.directory = tempfile.mkdtemp(prefix="mizan-chaos-")
        os.chmod(self.directory, 0o755)
        self.keep = False
        self.slurm = None
        self.daemon = None
        self.partners = partners
        self.state = state or os.path.join(self.directory, "state")
        self.socket = os.path.join(self.directory, "s")
        self.records = os.path.join(self.directory, "records")
        os.makedirs(os.path.join(self.directory, "spool"))
        for name in (self.records, os.path.join(self.directory, "locks")):
            with open(name, "wb"):
                pass
        try:
            names = [name for name in partners if name != "here"]
            if names:
                self.slurm = Slurm(os.path.join(self.directory, "c"), names, *slurm_options)
            path = os.path.join(self.directory, "fleet.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(fleet_text(self.slurm, partners, self.directory, **(fleet or {})))
            self.daemon = Daemon(self, path, extra)
            self.daemon.start()
            self.daemon.wait_ready()
            self.wait_partners()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            self.keep = True
        self.close()

    def client(self, timeout=15):
        return Client(self.socket, timeout)

    def wait_partners(self, seconds=20):
        """Until every one has nodes."""
        end = time.monotonic() + seconds
        client = self.client()
        while not all(p["nodes_up"] > 0 for p in client.get("/v1/partners")["data"]):
            if time.monotonic() > end:
                raise TimeoutError(f"no nodes: {client.get('/v1/partners')['data']}")
            time.sleep(0.1)
        client.close()

    def processes(self):
        """Shims and tasks of this scene that live: pid -> command line."""
        found = {}
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                with open(f"/proc/{entry}/cmdline", "rb") as file:
                    words = file.read().decode(errors="replace").split("\0")
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                    state = file.read().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if words[0] in (SHIM, TASK) and state not in "ZX" and \
               any(self.directory in word for word in words):
                found[int(entry)] = " ".join(words)
        return found

    def close(self):
        if self.daemon:
            self.daemon.stop()
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self.slurm:
            self.slurm.call("stop", check=False)
        if not self.keep:
            shutil.rmtree(self.directory, ignore_errors=True)


class Worker(threading.Thread):
    """A thread whose exception is not lost."""

    def __init__(self, work, *arguments):
        super().__init__(daemon=True)
        self.work, self.arguments, self.error, self.result = work, arguments, None, None
        self.start()

    def run(self):
        try:
            self.result = self.work(*self.arguments)
        except BaseException as error: # handed to whoever joins
            self.error = error

    def finish(self, seconds=None):
        self.join(seconds)
        if self.is_alive():
            raise TimeoutError(f"{self.work.__name__} does not end")
        if self.error:
            raise self.error
        return self.result
