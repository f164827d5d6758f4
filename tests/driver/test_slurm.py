#!/usr/bin/env python3
"""The Slurm driver against two real clusters, by each of its four ways, led through slurm_probe.

PROBE is the program, CLUSTERS tests/slurm/clusters. Exit status 77 when Slurm is not installed.
Three threads work at once, because most of the time is spent in waiting: what needs a cluster for
itself (killing, stopping) has one of its own, gamma.
"""
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback

PROBE = os.environ["PROBE"]
CLUSTERS = os.environ["CLUSTERS"]
SHIM = """#!/bin/sh
{ echo "args $*"; echo "token $(cat)"; echo "env RANK=$MIZAN_RANK GPUS=$CUDA_VISIBLE_DEVICES"; } \\
    >"$(dirname "$0")/$SLURM_JOB_NAME.$SLURMD_NODENAME.part"
mv "$(dirname "$0")/$SLURM_JOB_NAME.$SLURMD_NODENAME.part" \\
    "$(dirname "$0")/$SLURM_JOB_NAME.$SLURMD_NODENAME"
exec sleep 300
"""


class Probe:
    """A driver; events come in a queue as dictionaries."""

    def __init__(self, *keys):
        self.process = subprocess.Popen([PROBE, *keys], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.events = queue.Queue()
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            self.events.put(json.loads(line))

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def event(self, kind, seconds=20):
        """The next event; it has to be of this kind."""
        event = self.events.get(timeout=seconds)
        assert event["event"] == kind, event
        return event

    def ask(self, line, kind, seconds=20):
        self.say(line)
        return self.event(kind, seconds)

    def observe(self, seconds=20):
        return self.ask("observe", "observed", seconds)

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=20) == 0, "slurm_probe did not end well"


class World:
    def __init__(self):
        # short: Unix sockets stand below it; executable by others: jobs may run as anybody
        self.root = tempfile.mkdtemp(prefix="mzs-", dir="/tmp")
        os.chmod(self.root, 0o755)
        self.shim = os.path.join(self.root, "shim")
        self.envs = {}
        with open(self.shim, "w", encoding="utf-8") as file:
            file.write(SHIM)
        os.chmod(self.shim, 0o755)

    def clusters(self, *words, check=True):
        done = subprocess.run([sys.executable, CLUSTERS, "--root", self.root, *words], text=True,
                              stdout=subprocess.PIPE, check=False)
        if check and done.returncode:
            sys.exit(done.returncode)
        return done.stdout

    def start(self):
        print(self.clusters("start", "--names", "alpha,beta,gamma", "--nodes", "4", "--tune",
                            "--sshd"), end="")
        for name in ("alpha", "beta", "gamma"):
            lines = self.clusters("env", name).splitlines()
            self.envs[name] = {key: value.strip("'") for key, _, value in
                               (line.removeprefix("export ").partition("=") for line in lines)}

    def slurm(self, cluster, *words, check=True):
        return subprocess.run(words, env=dict(os.environ, SLURM_TIME_FORMAT="%s",
                                              SLURM_CONF=self.envs[cluster]["SLURM_CONF"]),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=check, timeout=30).stdout

    def keys(self, cluster, way, *more):
        env = self.envs[cluster]
        common = ["partition=train", f"shim={self.shim}", f"env.SLURM_CONF={env['SLURM_CONF']}",
                  *more]
        if way == "rest":
            return [f"url={env['MIZAN_REST_URL']}", f"user={env['MIZAN_SLURM_USER']}",
                    f"token_command=cat {env['MIZAN_TOKEN_FILE']}", *common]
        if way == "unix":
            return [f"url=unix:{env['MIZAN_REST_SOCKET']}", *common]
        if way == "ssh":
            return [f"ssh={env['MIZAN_SSH']}", *common]
        return ["commands=yes", *common]

    def ssh_works(self):
        env = self.envs["alpha"]
        return subprocess.run(["ssh", *env["MIZAN_SSH"].split(), "-oBatchMode=yes", "true"],
                              check=False, stderr=subprocess.DEVNULL).returncode == 0


def wait_for(what, check, seconds=20):
    end = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.1)


def job_of(probe, name):
    return next((job for job in probe.observe()["jobs"] if job["name"] == name), None)


def shim_output(world, name, node):
    path = os.path.join(world.root, f"{name}.{node}")
    wait_for(f"shim of {name} on {node}", lambda: os.path.exists(path))
    with open(path, encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(" ", 1) for line in file)


def check_job(world, cluster, event):
    """What Slurm has of the job of two nodes is what was asked for."""
    shown = world.slurm(cluster, "scontrol", "show", "job", "-d", "-o", event["id"])
    for word in ("Requeue=0", "TimeLimit=00:02:00", "Partition=train", "WorkDir=/tmp",
                 "MinMemoryNode=100M", "CPUs/Task=2", "StdOut=/dev/null", "Priority",
                 f"SubmitTime={event['submit_s']}", "NumNodes=2", "Comment=from_a_key",
                 "GRES=gpu:h100:4"):
        assert word in shown, (word, shown)


def life(world, cluster, way, install):
    """Submit, look, cancel: by one of the ways."""
    letter = cluster[0]
    first, second = f"{letter}3", f"{letter}1" # not in the order of Slurm
    probe = Probe(*world.keys(cluster, way, f"install={install}"))
    name = f"mz-{install}-1-1"

    event = probe.ask(f"submit 1 1 {first},{second} 4 2 100 61 comment=from_a_key", "submitted")
    assert event["outcome"] == "ok" and event["id"] and event["submit_s"] > 0, event
    wait_for(f"{way}: running", lambda: job_of(probe, name)["state"] == "running")
    check_job(world, cluster, event)
    for rank, node in enumerate((first, second)):
        told = shim_output(world, name, node)
        assert told["env"] == f"RANK={rank} GPUS=" + ("0,1,2,3" if os.getuid() == 0 else ""), told
        assert told["token"] == "token-of-the-shim", told
        for word in (f"--attempt {name} ", f"--node {node} ", "--token-fd 0", "--nonce ",
                     "--server http://127.0.0.1:1 "):
            assert word in told["args"] + " ", (word, told)
    nonces = {shim_output(world, name, node)["args"].split("--nonce ")[1][:32]
              for node in (first, second)}
    assert len(nonces) == 1, nonces

    wrong = probe.ask(f"cancel 1 1 {event['id']} {event['submit_s'] - 1}", "cancelled")
    assert wrong["outcome"] == "ok", wrong # an id that was used again: ours is gone
    assert job_of(probe, name)["state"] == "running"
    right = probe.ask(f"cancel 1 1 {event['id']} {event['submit_s']}", "cancelled")
    assert right["outcome"] == "ok", right
    wait_for(f"{way}: cancelled", lambda: job_of(probe, name)["state"] == "ended")
    again = probe.ask(f"cancel 1 1 {event['id']} {event['submit_s']}", "cancelled")
    assert again["outcome"] == "ok", again
    gone = probe.ask("cancel 1 1 99999 1", "cancelled")
    assert gone["outcome"] == "ok", gone

    for n in (1, 2): # twice the same name: what an answer that was lost can lead to
        assert probe.ask(f"submit 2 1 {second} 0 1 10 60", "submitted")["outcome"] == "ok", n
    by_name = probe.ask("cancel 2 1 - 0", "cancelled")
    assert by_name["outcome"] == "ok", by_name
    wait_for(f"{way}: cancelled by name", lambda: [job["state"] for job in probe.observe()["jobs"]
             if job["name"] == f"mz-{install}-2-1"] == ["ended", "ended"])
    assert probe.ask("cancel 3 1 - 0", "cancelled")["outcome"] == "ok"
    probe.close()


def refusals(world, cluster, way):
    letter = cluster[0]
    probe = Probe(*world.keys(cluster, way, "install=refusals"))
    for line, sentence in ((f"submit 1 1 {letter}1 9 1 0 0", "configuration is not available"),
                           ("submit 1 1 zz9 1 1 0 0", "Invalid node name"),
                           (f"submit 1 1 {letter}1 1 1 0 0 partition=nope", "Invalid partition"),
                           (f"submit 1 1 {letter}1 1 1 0 0 argv=x", "argv"),
                           ("submit 1 1 x';reboot 1 1 0 0", "not a node's name")):
        event = probe.ask(line, "submitted")
        assert event["outcome"] == "refused" and sentence in event["text"], (line, event)
    probe.close()


def foreign(world, cluster, ways):
    """Jobs of others are uses of their nodes; drained and down nodes leave the pool."""
    letter = cluster[0]
    node, drained, down = f"{letter}2", f"{letter}4", f"{letter}1"
    world.slurm(cluster, "scontrol", "update", f"nodename={drained}", "state=drain",
                "reason=bad disk, 'x' Gres=gpu:h100:99")
    world.slurm(cluster, "scontrol", "update", f"nodename={down}", "state=down", "reason=gone")
    submitted = world.slurm(cluster, "sbatch", "--parsable", "-w", node, "--gres=gpu:2", "-c4",
                            "--mem=1G", "-t30", "-o/dev/null", "-J", "mz-otherone-1-1",
                            "--wrap=sleep 60").strip()
    total = world.slurm(cluster, "sbatch", "--parsable", "-w", node, "--gpus=h100:3", "--mem=2G",
                        "-t30", "-o/dev/null", "-J", "name \udcff with\nmz-foreign1-1-1 a line",
                        "--wrap=sleep 60").strip()
    wait_for("foreign jobs run", lambda: world.slurm(cluster, "squeue", "-h", "-t", "R", "-o", "%i")
             .split().count(total))
    for way in ways:
        probe = Probe(*world.keys(cluster, way, "install=foreign1"))
        probe.observe()
        seen = probe.observe() # what the nodes count alone is believed at the second time
        uses = {use["job"].split()[0]: use for use in seen["uses"]}
        assert seen["jobs"] == [], seen["jobs"]
        use = uses[submitted]
        told = (use["node"], use["chips"], use["cpus"], use["memory_mib"])
        assert told == (node, 2, 4, 1024), use
        assert 0 < use["end_s"] - time.time() <= 1800, use
        assert uses[total]["chips"] == 3, uses
        assert sum(use["chips"] for use in seen["uses"] if use["node"] == node) == 5, uses
        nodes = {node["name"]: node for node in seen["nodes"]}
        assert len(nodes) == 4
        assert nodes[node]["up"] and nodes[node]["chips"] == 8 and nodes[node]["chip"] == "h100"
        assert nodes[node]["cpus"] == 64 and nodes[node]["memory_mib"] == 500000
        assert not nodes[drained]["up"] and nodes[drained]["chips"] == 8, nodes[drained]
        assert nodes[drained]["reason"].startswith("bad disk, 'x'"), nodes[drained]
        assert not nodes[down]["up"] and nodes[down]["reason"].startswith("gone")
        probe.close()
    world.slurm(cluster, "scontrol", "update", f"nodename={node}", "state=drain", "reason=soon")
    for way in ways:
        probe = Probe(*world.keys(cluster, way, "install=foreign1"))
        nodes = {node["name"]: node for node in probe.observe()["nodes"]}
        assert nodes[node]["up"] and nodes[node]["cordoned"], nodes[node]
        probe.close()
    world.slurm(cluster, "scancel", submitted, total)
    for name in (node, drained, down):
        world.slurm(cluster, "scontrol", "update", f"nodename={name}", "state=resume", check=False)


def tokens(world, cluster):
    """A token is renewed before it ends; one that is refused, or that nobody gives, is said."""
    count = os.path.join(world.root, "token-count")
    keys = [key for key in world.keys(cluster, "rest", "install=tokens")
            if "token_command" not in key]
    make = f"echo x >>{count}; scontrol token lifespan=4"
    probe = Probe(*keys, f"token_command={make}")
    for _ in range(4):
        probe.observe()
        time.sleep(1.5)
    probe.close()
    with open(count, encoding="utf-8") as file:
        assert len(file.readlines()) in (2, 3)
    for command, sentence in (("echo aaaa.bbbbbbbbbbbbbbbbbbb.cccc", "the token was refused"),
                              ("echo no; exit 3", "token_command failed"),
                              ("true", "printed no token"),
                              (f"{CLUSTERS} --root {world.root} token {cluster} x 1; sleep 2",
                               "expired")):
        probe = Probe(*keys, f"token_command={command}")
        event = probe.ask("observe", "unreachable")
        assert sentence in event["text"], (command, event)
        probe.close()
    port = keys[0].rpartition(":")[2]
    probe = Probe(keys[0].replace(port, "1"), *keys[1:], "token_command=echo aaaaaaaaaaaaaaaa")
    event = probe.ask("observe", "unreachable")
    assert "slurmrestd: " in event["text"], event
    assert probe.ask("submit 1 1 a1 1 1 0 0", "submitted")["outcome"] == "not-sent"
    probe.close()


def losses(world, cluster):
    """A controller that is dead or frozen is told within 8 s; what was not sent is told as such."""
    letter = cluster[0]
    probes = {way: Probe(*world.keys(cluster, way, "install=lossloss"))
              for way in ("rest", "commands")}
    for probe in probes.values():
        probe.observe()
    for verb, back in (("kill", "start"), ("pause", "resume")):
        world.clusters(f"{verb}-ctld", cluster)
        begun = time.monotonic()
        for probe in probes.values():
            probe.say("observe")
        for way, probe in probes.items():
            event = probe.event("unreachable", 10)
            assert time.monotonic() - begun < 8, (verb, way)
            assert "slurmctld" in event["text"], (verb, way, event)
        if verb == "pause": # sent and not answered: nobody knows
            for probe in probes.values():
                probe.say(f"submit 7 1 {letter}1 1 1 10 60")
            outcomes = {way: probe.event("submitted", 30) for way, probe in probes.items()}
            assert all(event["outcome"] == "unknown" for event in outcomes.values()), outcomes
        world.clusters(f"{back}-ctld", cluster)
        for probe in probes.values():
            back_again(probe)
    for probe in probes.values():
        probe.close()
    world.slurm(cluster, "scancel", "-n", "mz-lossloss-7-1")


def back_again(probe):
    for _ in range(20):
        probe.say("observe")
        if probe.events.get(timeout=20)["event"] == "observed":
            return
        time.sleep(0.3)
    raise AssertionError("the cluster is not seen again")


def ambiguous(world, cluster):
    """slurmrestd stands still while it is asked: UNKNOWN; later it does what it was asked."""
    letter = cluster[0]
    probe = Probe(*world.keys(cluster, "rest", "install=ambiguou"))
    probe.observe()
    world.clusters("pause-rest", cluster)
    probe.say(f"submit 1 1 {letter}2 1 1 10 60")
    time.sleep(0.3)
    event = probe.ask("observe", "unreachable", 10)
    assert "slurmrestd" in event["text"], event
    event = probe.event("submitted", 30)
    assert event["outcome"] == "unknown", event
    world.clusters("resume-rest", cluster)
    back_again(probe)
    found = wait_for("the job that nobody knew of", lambda: job_of(probe, "mz-ambiguou-1-1"))
    event = probe.ask(f"cancel 1 1 {found['id']} {found['submit_s']}", "cancelled")
    assert event["outcome"] == "ok", event
    wait_for("its end", lambda: job_of(probe, "mz-ambiguou-1-1")["state"] == "ended")
    # a driver that is freed while calls are under way says nothing more and ends
    probe.say(f"burst 10 20 {letter}2")
    probe.close()


def speed(world, cluster, way):
    probe = Probe(*world.keys(cluster, way, "install=speedspe"))
    event = probe.ask(f"burst 1 100 {cluster[0]}1", "burst", 60)
    assert event["ok"] == 100, event
    seen = probe.ask("observe-quiet", "observed")
    print(f"{way}: {event['per_s']:.0f} submits/s, {seen['job_count']} jobs listed in "
          f"{seen['took_ms']:.0f} ms")
    probe.close()
    world.slurm(cluster, "scancel", "-n", ",".join(f"mz-speedspe-{i}-1" for i in range(1, 101)))


def main():
    world = World()
    failures = []

    def run(*steps):
        for step, *arguments in steps:
            begun = time.monotonic()
            try:
                step(world, *arguments)
                took = time.monotonic() - begun
                print(f"ok {step.__name__} {arguments} {took:.1f} s", flush=True)
            except Exception: # every step is told, whatever it died of
                failures.append(step.__name__)
                print(f"FAILED {step.__name__} {arguments}\n{traceback.format_exc()}", flush=True)

    try:
        world.start()
        beta_way = "ssh" if world.ssh_works() else "commands"
        tracks = [
            [(life, "alpha", "rest", "lifeaaaa"), (refusals, "alpha", "rest"),
             (foreign, "alpha", ["rest", "commands"]), (tokens, "alpha"),
             (speed, "alpha", "rest"), (speed, "alpha", "commands")],
            [(life, "beta", "unix", "lifebbbb"), (life, "beta", beta_way, "lifecccc"),
             (life, "beta", "commands", "lifedddd"), (refusals, "beta", beta_way)],
            [(ambiguous, "gamma"), (losses, "gamma")],
        ]
        threads = [threading.Thread(target=run, args=track) for track in tracks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        world.clusters("wipe", check=False)
        shutil.rmtree(world.root, ignore_errors=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
