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

    def __init__(self, scene, fleet):
        self.scene = scene
        self.argv = [MIZAN, "up", "--fleet", fleet, "--state", scene.state, "--listen",
                     "unix:" + scene.socket, "--shim", SHIM]
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

    def __init__(self, root, names):
        self.root, self.names = root, names
        done = self.call("start", "--names", ",".join(names), "--nodes", str(NODES), "--tune",
                         check=False)
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


class Proxy:
    """Passes connections of a TCP port on; cut() ends them and lets new ones hang unanswered, as a
    network does that drops packets."""

    def __init__(self, target):
        self.target, self.is_cut, self.is_over = target, False, False
        self.pairs = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while not self.is_over:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            self.pairs.append(near)
            if not self.is_cut:
                threading.Thread(target=self.join, args=(near,), daemon=True).start()

    def join(self, near):
        """Both directions of one connection."""
        try:
            if isinstance(self.target, str):
                far = socket.socket(socket.AF_UNIX)
                far.connect(self.target)
            else:
                far = socket.create_connection(self.target, 5)
        except OSError:
            near.close()
            return
        self.pairs.append(far)
        threading.Thread(target=self.pump, args=(near, far), daemon=True).start()
        self.pump(far, near)

    def pump(self, source, sink):
        try:
            while data := source.recv(65536):
                if self.is_cut:
                    return
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        """What is open stays open and says nothing any more."""
        self.is_cut = True

    def mend(self):
        self.is_cut = False
        for end in self.pairs:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()
        self.pairs = []

    def close(self):
        self.is_over = True
        self.listener.close()
        self.mend()


class Scene:
    """Folder, clusters and daemon of one run; a context manager. Kept when keep is set."""

    def __init__(self, partners=("alpha", "beta", "here"), behind_proxy=False, disk_mib=0):
        """behind_proxy: alpha is reached, and reaches the daemon, through proxies that can be cut.
        disk_mib: the state lies on a file system of that size."""
        self.directory = tempfile.mkdtemp(prefix="mizan-chaos-")
        os.chmod(self.directory, 0o755)
        self.keep = False
        self.slurm = None
        self.daemon = None
        self.partners = partners
        self.state = os.path.join(self.directory, "state")
        self.proxies = []
        self.is_mounted = False
        self.socket = os.path.join(self.directory, "s")
        self.records = os.path.join(self.directory, "records")
        os.makedirs(os.path.join(self.directory, "spool"))
        for name in (self.records, os.path.join(self.directory, "locks")):
            with open(name, "wb"):
                pass
        try:
            names = [name for name in partners if name != "here"]
            if names:
                self.slurm = Slurm(os.path.join(self.directory, "c"), names)
            if disk_mib:
                self.mount(disk_mib)
            path = os.path.join(self.directory, "fleet.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(fleet_text(self.slurm, partners, self.directory, **self.through(behind_proxy)))
            self.daemon = Daemon(self, path)
            self.daemon.start()
            self.daemon.wait_ready()
            self.wait_partners()
        except BaseException:
            self.close()
            raise

    def through(self, behind_proxy):
        if not behind_proxy:
            return {}
        host, _, port = self.slurm.settings["alpha"]["MIZAN_REST_URL"].rpartition("/")[2].partition(":")
        self.proxies = [Proxy((host, int(port))), Proxy(self.socket)]
        return {"alpha_url": f"http://127.0.0.1:{self.proxies[0].port}",
                "alpha_callback": f"http://127.0.0.1:{self.proxies[1].port}"}

    def mount(self, size_mib):
        os.makedirs(self.state, mode=0o700)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_mib}m,mode=700", "tmpfs",
                               self.state], capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotAvailable(f"a small file system: {done.stderr.strip()}")
        self.is_mounted = True

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
        for proxy in self.proxies:
            proxy.close()
        if self.is_mounted:
            if self.keep: # what was on it
                shutil.copytree(self.state, self.state + ".kept", dirs_exist_ok=True)
            subprocess.run(["umount", self.state], check=False)
            self.is_mounted = False
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
