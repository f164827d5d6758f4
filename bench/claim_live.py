#!/usr/bin/env python3
"""The running daemon against its goals, and against Slurm where that is installed.

    claim_live.py [PART...]      slurm accept batch local start gang loss list known; all

Ratios are of rounds that alternate in the same run; a goal is met by the median. One JSON line a
goal: name, value, unit, spread (least, largest), n, goal, met.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time

from live import NODE, SPEC, Daemon, Slurm, line, median
from measure import ROOT, build_path, note, ratios

STAMP = build_path("bench", "bench_stamp")
ACCEPT_ROUNDS, ACCEPT_S = 5, 0.7
LOCAL_ROUNDS, LOCAL_JOBS = 3, 1000
SLURM_ROUNDS, SLURM_JOBS, SLURM_STARTS = 3, 120, 8
KNOWN_CALLS, KNOWN_JOBS = 100, 1000


def fleet(*partners, driver="local", nodes=8):
    return ("partners:\n" + "".join(f"  {p}: {{driver: {driver}}}\n" for p in partners) +
            "sites:\n" + "".join(f"  {p}/{p}1: {NODE % nodes}\n" for p in partners))


def bare_accepts(folder, clients, seconds):
    done = subprocess.run([build_path("bench", "bench_journal"), folder, str(clients), str(seconds),
                           "bare"], check=True, stdout=subprocess.PIPE)
    return float(done.stdout)


def part_accept(folder, slurm):
    """Held jobs, each answered when it is on the disk; bare: one row a client and COMMIT."""
    for clients in (8, 64):
        bare, ours, theirs, waits = [], [], [], []
        for _ in range(ACCEPT_ROUNDS):
            with Daemon(os.path.join(folder, "accept"), fleet("a", nodes=16)) as daemon:
                bare.append(bare_accepts(daemon.state, clients, ACCEPT_S))
                found = daemon.load(clients, ACCEPT_S, "POST", "/v1/jobs", SPEC)
                if found["bad"]:
                    sys.exit(f"{found['bad']} submissions were refused")
                ours.append(found["per_s"])
                waits.append(found["p50_ms"])
            if slurm:
                theirs.append(slurm.accepts("alpha", clients, ACCEPT_S))
        line(f"durable accepts, {clients} clients, to the bare loop", ratios(ours, bare), "ratio",
             ">= 0.5", lambda v: v >= 0.5, accepts_per_s=median(ours), bare_per_s=median(bare),
             wait_p50_ms=median(waits))
        if slurm:
            line(f"durable accepts, {clients} clients, to Slurm's REST", ratios(ours, theirs),
                 "ratio", ">= 5", lambda v: v >= 5, slurm_per_s=median(theirs))


def part_batch(folder, _):
    commits, seconds = [], []
    with Daemon(os.path.join(folder, "batch"), fleet("a", nodes=16)) as daemon:
        for _ in range(5):
            before, begin = daemon.status()["commits"], time.monotonic()
            daemon.submit([SPEC] * 1000)
            seconds.append(time.monotonic() - begin)
            commits.append(daemon.status()["commits"] - before)
    line("commits for 1,000 jobs in one call", commits, "commits", "<= 3", lambda v: v <= 3,
         call_s=median(seconds))


def part_local(folder, slurm):
    """/bin/true jobs on 64 chips; bare: the same shims against a server that only answers."""
    spec = {"command": ["/bin/true"], "chips": 1, "name": "true"}
    ours, bare, driver, theirs = [], [], [], []
    script = write_script(folder, "true", "#!/bin/sh\nexec /bin/true\n")
    for _ in range(LOCAL_ROUNDS):
        done = subprocess.run([build_path("bench", "bench_shim"), build_path("mizan-shim"),
                               str(LOCAL_JOBS)], check=True, stdout=subprocess.PIPE)
        found = json.loads(done.stdout)
        bare.append(found["pairs_per_s"])
        driver.append(found["driver_per_s"])
        with Daemon(os.path.join(folder, "local"), fleet("a")) as daemon:
            daemon.wait_nodes(8)
            daemon.finish_rate([spec] * 64)
            ours.append(daemon.finish_rate([spec] * LOCAL_JOBS))
        if slurm:
            theirs.append(slurm.finish_rate(["alpha"], script, SLURM_JOBS))
    line("local jobs finished, to bare pairs of shim and /bin/true", ratios(ours, bare), "ratio",
         ">= 0.8", lambda v: v >= 0.8, jobs_per_s=median(ours), pairs_per_s=median(bare),
         driver_per_s=median(driver))
    if slurm:
        line("local jobs finished, to Slurm's", ratios(ours, theirs), "ratio", ">= 4",
             lambda v: v >= 4, slurm_per_s=median(theirs))


def part_start(folder, _):
    waits = []
    with Daemon(os.path.join(folder, "start"), fleet("a")) as daemon:
        daemon.wait_nodes(8)
        for _ in range(50):
            begin = time.time()
            job = daemon.submit({"command": [STAMP], "chips": 1})
            waits.append((daemon.stamp(job) - begin) * 1e3)
            daemon.wait(lambda: daemon.status()["jobs_live"] == 0)
    waits.sort()
    line("start of an idle local job", waits, "ms", "<= 20", lambda v: v <= 20, p90_ms=waits[45])


GANG = """date +%s%N
trap 'echo saved > "$MIZAN_CHECKPOINT_DIR/c"; "$MIZAN_SHIM" --publish "$MIZAN_CHECKPOINT_DIR/c"
    [ "$MIZAN_NODE_RANK" != 0 ] || date +%s%N > "$MIZAN_CHECKPOINT_DIR/at"; exit 0' USR1
while :; do sleep 0.05; done"""


def part_gang(folder, _):
    """Eight nodes of 8 chips: one of a higher priority comes; the other restarts at partner b."""
    starts, restarts = [], []
    gang = {"nodes": 8, "chips_per_node": 8, "recovery": {"lease_s": 60}, "kill_after_s": 5}
    low = {**gang, "run": GANG, "priority": 10, "placement": {"partners": ["a", "b"]},
           "checkpoint": {"signal": "USR1", "lead_s": 10}}
    high = {**gang, "command": [STAMP], "priority": 90}
    for _ in range(3):
        with Daemon(os.path.join(folder, "gang"), fleet("a", "b")) as daemon:
            daemon.wait_nodes(16)
            blocker = daemon.submit({**gang, "run": "sleep 100", "priority": 95,
                                     "placement": {"partners": ["b"]}})
            first = daemon.submit({**low})
            daemon.wait(lambda: daemon.get(f"/v1/jobs/{first}")["state"] == "running")
            daemon.wait(lambda: daemon.get(f"/v1/jobs/{blocker}")["state"] == "running")
            time.sleep(0.5)
            begin = time.time()
            second = daemon.submit({**high, "placement": {"partners": ["a"]}})
            starts.append(max(daemon.stamp(second, 1, rank) for rank in range(8)) - begin)
            daemon.ask("DELETE", f"/v1/jobs/{blocker}")
            daemon.wait(lambda: daemon.get(f"/v1/jobs/{first}")["state"] == "running")
            daemon.ask("POST", f"/v1/jobs/{first}:move", {})
            daemon.wait(lambda: daemon.get(f"/v1/jobs/{first}")["attempts"] == 3)
            again = max(daemon.stamp(first, 3, rank) for rank in range(8))
            path = os.path.join(daemon.state, "checkpoints", str(first), "at")
            with open(path, encoding="utf-8") as file:
                restarts.append(again - int(file.read()) / 1e9)
    line("a gang of 8 nodes starts by preempting another", starts, "s", "<= 5", lambda v: v <= 5)
    line("a gang of 8 nodes runs at another partner after its checkpoint", restarts, "s", "<= 10",
         lambda v: v <= 10)


def lost_after(daemon, names, seconds=40):
    """Seconds until each of them is shown as lost."""
    begin, found = time.monotonic(), {}

    def look():
        for partner in daemon.get("/v1/partners"):
            if partner["name"] in names and partner["state"] == "lost":
                found.setdefault(partner["name"], time.monotonic() - begin)
        return len(found) == len(names)
    daemon.wait(look, seconds, 0.02)
    return list(found.values())


def part_loss(folder, _):
    names = ["a", "b", "c", "d"]
    waits = []
    with Daemon(os.path.join(folder, "loss"), fleet(*names, driver="fake")) as daemon:
        daemon.wait_nodes(32)
        for name in names:
            daemon.submit({"run": "sleep 100", "chips": 1, "placement": {"partners": [name]}})
        daemon.wait(lambda: len(daemon.jobs("state=running")) == 4)
        for pair in (names[:2], names[2:]):
            time.sleep(0.7)
            for name in pair:
                with open(os.path.join(daemon.state, "faults-" + name), "w",
                          encoding="utf-8") as file:
                    file.write("dead\n")
            waits += lost_after(daemon, pair)
    line("a partner whose machines are gone is shown lost", waits, "s", "<= 10", lambda v: v <= 10)


def part_list(folder, _):
    waits = []
    with Daemon(os.path.join(folder, "list"), fleet("a", nodes=16)) as daemon:
        daemon.submit([SPEC] * 2112)
        for _ in range(20):
            begin = time.monotonic()
            daemon.link.request("GET", "/v1/jobs?limit=10000")
            body = daemon.link.getresponse().read()
            waits.append((time.monotonic() - begin) * 1e3)
    line("list of 2,112 jobs", waits, "ms", "<= 20", lambda v: v <= 20, bytes=len(body))


def part_known(folder, _):
    """100,000 jobs: 100 calls of 1,000 held ones; then all but 1,000 are cancelled."""
    spec = {"command": ["/bin/true"], "chips": 1, "name": "true", "hold": True, "team": "research"}
    sizes, starts = [], []
    with Daemon(os.path.join(folder, "known"), fleet("a")) as daemon:
        begin = time.monotonic()
        for _ in range(KNOWN_CALLS):
            daemon.submit([spec] * KNOWN_JOBS)
        note(f"{KNOWN_CALLS * KNOWN_JOBS} submitted in {time.monotonic() - begin:.1f} s, "
             f"{daemon.status()['rss_bytes'] / 2**20:.1f} MiB")
        begin = time.monotonic()
        found = daemon.load(64, 120, "DELETE", "/v1/jobs/%d", count=(KNOWN_CALLS - 1) * KNOWN_JOBS)
        note(f"{found['good']} cancelled in {time.monotonic() - begin:.1f} s")
        time.sleep(7)  # memory is given back every few seconds
        grown = daemon.status()["rss_bytes"] / 2**20
        for _ in range(5):
            daemon.stop()
            starts.append(daemon.start())
            sizes.append(daemon.status()["rss_bytes"] / 2**20)
        known = daemon.status()["jobs_known"]
    line("memory with 100,000 known jobs", [grown], "MiB", "<= 64", lambda v: v <= 64, jobs=known,
         after_restart_mib=median(sizes))
    line("restart to serving with 100,000 known jobs", starts, "s", "<= 1", lambda v: v <= 1)


def write_script(folder, name, text):
    path = os.path.join(folder, name + ".sh")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o755)
    return path


def direct_start(folder, slurm, round_number):
    out = os.path.join(folder, f"stamp-{round_number}")
    script = write_script(folder, "stamp", f"#!/bin/sh\nexec {STAMP} >{out}\n")
    begin = time.time()
    slurm.sbatch("alpha", script)
    while not os.path.exists(out) or not os.path.getsize(out):
        time.sleep(0.005)
    with open(out, encoding="utf-8") as file:
        found = int(file.read()) / 1e9 - begin
    slurm.wait_idle("alpha")
    return found


def slurm_start(folder, daemon, round_number):
    out = os.path.join(folder, f"through-{round_number}")
    begin = time.time()
    daemon.submit({"command": [STAMP], "chips": 1, "output": out, "memory_mib": 100,
                   "placement": {"partners": ["alpha"]}})
    daemon.wait(lambda: os.path.exists(out) and os.path.getsize(out))
    with open(out, encoding="utf-8") as file:
        found = int(file.read()) / 1e9 - begin
    daemon.wait(lambda: daemon.status()["jobs_live"] == 0)
    return found


def part_slurm(folder, slurm):
    """Through Slurm against sbatch itself: starts, finish rates at one cluster and at two."""
    if not slurm:
        return
    direct, through = [], []
    one, one_direct, two, two_direct = [], [], [], []
    true = write_script(folder, "true", "#!/bin/sh\nexec /bin/true\n")
    with Daemon(os.path.join(folder, "slurm"), slurm.fleet()) as daemon:
        daemon.wait_nodes(16)
        for i in range(SLURM_STARTS):
            direct.append(direct_start(folder, slurm, i))
            slurm.wait_idle("alpha")
            through.append(slurm_start(folder, daemon, i))
        spec = {"command": ["/bin/true"], "chips": 1, "memory_mib": 100, "output": "/dev/null"}
        for _ in range(SLURM_ROUNDS):
            one_direct.append(slurm.finish_rate(["alpha"], true, SLURM_JOBS))
            daemon.wait_unused()
            one.append(daemon.finish_rate(
                [{**spec, "placement": {"partners": ["alpha"]}}] * SLURM_JOBS))
            slurm.wait_idle("alpha")
            two_direct.append(slurm.finish_rate(["alpha", "beta"], true, SLURM_JOBS))
            daemon.wait_unused()
            two.append(daemon.finish_rate([spec] * (2 * SLURM_JOBS)))
            slurm.wait_idle("alpha")
            slurm.wait_idle("beta")
        line("start through Slurm, to sbatch", ratios(through, direct), "ratio",
             "<= 1.25", lambda v: v <= 1.25, through_s=median(through), direct_s=median(direct),
             through_max_s=max(through), direct_max_s=max(direct))
        line("jobs finished through Slurm, to sbatch", ratios(one, one_direct), "ratio", ">= 0.9",
             lambda v: v >= 0.9, jobs_per_s=median(one), direct_per_s=median(one_direct))
        line("jobs finished through two clusters, to sbatch at both at once",
             ratios(two, two_direct), "ratio", ">= 0.9", lambda v: v >= 0.9,
             jobs_per_s=median(two), direct_per_s=median(two_direct))
        for daemon_of in ("ctld", "rest", "rest-unix"):
            slurm.run(f"kill-{daemon_of}", "beta")
        line("a partner whose Slurm is gone is shown lost", lost_after(daemon, ["beta"]), "s",
             "<= 10", lambda v: v <= 10)


# Through Slurm first: what `accept` leaves in its controller's memory slows its lists for a minute.
PARTS = {"slurm": part_slurm, "accept": part_accept, "batch": part_batch, "local": part_local,
         "start": part_start, "gang": part_gang, "loss": part_loss, "list": part_list,
         "known": part_known}


def main():
    wanted = sys.argv[1:] or list(PARTS)
    if set(wanted) - set(PARTS):
        sys.exit(__doc__)
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory(prefix="mizan-live-", dir="/tmp") as folder, \
            contextlib.ExitStack() as stack:
        slurm = None
        if {"accept", "local", "slurm"} & set(wanted):
            slurm = stack.enter_context(Slurm(os.path.join(folder, "c")))
        for name in wanted:
            begin = time.monotonic()
            PARTS[name](folder, slurm)
            note(f"{name}: {time.monotonic() - begin:.1f} s")


if __name__ == "__main__":
    main()
