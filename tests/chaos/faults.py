"""What else goes wrong: Slurm's daemons at random (Breaker), and scenarios that are led by hand.

A scenario makes its scene, its submissions and its trouble, and returns (scene, verdict, facts): the
verdict of judge.py with what the scenario itself demands, and facts for its line of JSON.
"""

import datetime
import os
import random
import signal
import subprocess
import time

import judge
import mix
import scene

RESUBMIT_S = 30 # what a partner lost is placed anew within this time
REFUSED = 75 # exit status of a shim that got no permit


class Breaker:
    """Kills and stops slurmctld, slurmrestd and slurmd of the clusters until told to finish."""

    def __init__(self, slurm, seed):
        self.slurm, self.chance = slurm, random.Random(f"{seed} faults")
        self.is_over = False
        self.done = 0
        self.worker = scene.Worker(self.work)

    def nap(self, low, high):
        time.sleep(self.chance.uniform(low, high))

    def work(self):
        while not self.is_over:
            self.nap(0.5, 3)
            name = self.chance.choice(self.slurm.names)
            kind = self.chance.choice(["kill-ctld", "kill-ctld", "pause-ctld", "kill-rest",
                                       "pause-rest", "pause-slurmd"])
            node = [f"{name[0]}{self.chance.randint(1, scene.NODES)}"] if "slurmd" in kind else []
            self.slurm.call(kind, name, *node)
            if kind.startswith("kill"):
                self.nap(0, 2)
                self.slurm.call(kind.replace("kill", "start"), name)
            else:
                self.nap(0.5, 15 if kind == "pause-rest" else 8)
                self.slurm.call(kind.replace("pause", "resume"), name, *node)
            self.done += 1

    def finish(self):
        self.is_over = True
        self.worker.finish(120)


class Stage:
    """Submissions made one by one, and waiting for what they record."""

    def __init__(self, *arguments, **named):
        self.scene = scene.Scene(*arguments, **named)
        self.client = self.scene.client()
        self.submissions = []
        self.allow_overlap = set()

    def submit(self, seconds, *words, partners=(), nodes=1, **more):
        number = len(self.submissions) + 1
        slot = number * mix.SLOT_INDICES
        spec = mix.spec_of(self.scene, f"k{number}", slot, seconds, 0, nodes=nodes, **more)
        spec["command"] += words
        if partners:
            spec["placement"] = {"partners": list(partners)}
        submission = judge.Submission(number, slot, spec, nodes=nodes)
        self.submissions.append(submission)
        submission.data, submission.tries, submission.accept_s = self.client.submit(
            spec, submission.key)
        return submission.data["id"]

    def rows(self, job, what, attempt=None):
        return [r for r in judge.read_records(self.scene.records).get(job, [])
                if r.what in what and attempt in (None, r.attempt)]

    def wait(self, check, seconds, text):
        end = time.monotonic() + seconds
        while not (found := check()):
            self.scene.daemon.check()
            if time.monotonic() > end:
                raise TimeoutError(text)
            time.sleep(0.01)
        return found

    def wait_row(self, job, what, attempt=None, count=1, seconds=60):
        """The count-th line of this kind, as soon as it is there."""
        return self.wait(lambda: (self.rows(job, what, attempt)[count - 1:] or [None])[0], seconds,
                         f"job {job}: no {what} in attempt {attempt}")

    def attempt(self, job):
        return self.client.get(f"/v1/jobs/{job}")["data"]["attempt_list"][-1]

    def ask(self, target, body=None):
        return self.client.ask("POST", target, body or {})

    def finish(self, strict=True, patience_s=60, **facts):
        facts["drain_s"] = round(mix.wait_ended(self.scene, patience_s), 1)
        verdict = judge.judge(self.scene, self.submissions, strict, self.allow_overlap)
        mix.left_over(self.scene, verdict)
        for code in self.scene.daemon.crashes:
            verdict.add("crashes", None, f"the daemon ended by itself: {code}")
        rows = verdict.known.values()
        return self.scene, verdict, {"jobs": len(rows), "restarts": sum(r["restarts"] for r in rows),
                                     "attempts": sum(r["attempts"] for r in rows), **facts}


def guarded(work):
    """A scenario that fails half-way leaves nothing behind but its folder."""
    def guard(options, *arguments):
        stages = []
        try:
            return work(options, stages, *arguments)
        except BaseException:
            for stage in stages:
                stage.scene.keep = True
                stage.scene.close()
            raise
    guard.__doc__ = work.__doc__
    return guard


def set_up(stages, *arguments, **named):
    stages.append(Stage(*arguments, **named))
    return stages[-1]


def count_events(verdict, kind):
    return sum(e["kind"] == kind for rows in verdict.events.values() for e in rows)


def count_texts(verdict, part):
    return sum(e["kind"] == "attempt-ended" and part in e["text"]
               for rows in verdict.events.values() for e in rows)


@guarded
def twin(options, stages):
    """slurmctld is killed within 0.2 s of a start while the node's slurmd is stopped: it then knows
    nothing of the start and starts the job again."""
    stage = set_up(stages, ("alpha",))
    slurm = stage.scene.slurm
    delays = []
    for turn in range(options.rounds):
        nodes = 2 if turn % 3 == 2 else 1
        job = stage.submit(14, nodes=nodes)
        begun = stage.wait_row(job, "S")
        node = stage.attempt(job)["nodes"].split(",")[0]
        slurm.call("pause-slurmd", "alpha", node)
        slurm.call("kill-ctld", "alpha")
        delays.append(time.clock_gettime(time.CLOCK_BOOTTIME) - begun.boot / 1e9)
        slurm.call("start-ctld", "alpha")
        time.sleep(1 + 2 * (turn % 3))
        slurm.call("resume-slurmd", "alpha", node)
        time.sleep(5)
    result = stage.finish(strict=False, patience_s=90)
    return *result[:2], {**result[2], "killed_after_s": [round(d, 2) for d in delays],
                         "twins_refused": count_events(result[1], "twin-refused")}


@guarded
def copy(options, stages):
    """The script of a running attempt is submitted a second time, under the same name, while the
    daemon is away, and run once by hand, where no sweep of Slurm's list can end it: every copy is
    refused a start permit."""
    del options
    stage = set_up(stages, ("alpha", "beta"))
    jobs = {partner: stage.submit(8, partners=[partner]) for partner in ("alpha", "beta")}
    remotes = {}
    for partner, job in jobs.items():
        stage.wait_row(job, "S")
        remotes[partner] = stage.attempt(job)["remote_id"]
    stage.scene.daemon.kill()
    for partner, remote in remotes.items():
        path = os.path.join(stage.scene.directory, f"script-{partner}")
        stage.scene.slurm.command(partner, "scontrol", "write", "batch_script", remote, path)
        name = stage.scene.slurm.command(partner, "squeue", "-h", "-j", remote, "-o", "%j").strip()
        for letter in ("5", "6"):
            stage.scene.slurm.command(partner, "sbatch", "-J", name, "-p", "train", "-w",
                                      partner[0] + letter, "--mem", "1000", "-o", "/dev/null", path)
    time.sleep(1)
    stage.scene.daemon.start()
    codes = [subprocess.run(["sh", os.path.join(stage.scene.directory, f"script-{partner}")],
                            env=dict(os.environ, SLURMD_NODENAME=partner[0] + "7"), check=False,
                            capture_output=True, timeout=60).returncode for partner in jobs]
    result = stage.finish()
    if codes != [REFUSED, REFUSED]:
        result[1].add("wrong", None, f"copies ended with {codes}, not with {REFUSED}")
    return *result[:2], {**result[2], "twins_refused": count_events(result[1], "twin-refused")}


def shim_of(stage, job, attempt=1):
    return int(stage.wait_row(job, "S", attempt).text)


@guarded
def frozen(options, stages):
    """A shim is stopped for longer than its lease and then goes on. Its command may overlap with
    the next attempt's meanwhile; of the two only the newer publishes."""
    del options
    stage = set_up(stages, ("alpha", "here"))
    jobs = {stage.submit(25, "publish", partners=[p]): p for p in ("alpha", "here")}
    shims = {job: shim_of(stage, job) for job in jobs}
    for job, pid in shims.items():
        stage.wait_row(job, "P", 1)
        os.kill(pid, signal.SIGSTOP)
    stage.allow_overlap.update(jobs)
    begun = {job: stage.wait_row(job, "S", 2, seconds=90) for job in jobs}
    time.sleep(1)
    for pid in shims.values():
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass # its partner killed it
    time.sleep(3)
    living = [pid for pid in stage.scene.processes() if pid in shims.values()]
    result = stage.finish(strict=False)
    for job, start in begun.items():
        if any(r.attempt == 1 and r.boot > start.boot for r in stage.rows(job, "P")):
            result[1].add("overlaps", job, f"{job}: attempt 1 published after attempt 2 began")
        if not stage.rows(job, "P", 2):
            result[1].add("wrong", job, f"{job}: attempt 2 could not publish")
    for pid in living:
        result[1].add("left", None, f"shim {pid} of a fenced attempt lives 3 s after it went on")
    waits = [(start.boot - stage.rows(job, "P", 1)[0].boot) / 1e9 for job, start in begun.items()]
    return *result[:2], {**result[2], "again_after_s": [round(w, 1) for w in waits]}


@guarded
def shim_killed(options, stages):
    """kill -9 of shims: their commands die with them, and the jobs begin again."""
    del options
    stage = set_up(stages, ("alpha", "beta", "here"))
    jobs = [stage.submit(6, partners=[p], nodes=n) for p in ("alpha", "beta", "here") for n in (1, 2)]
    for job in jobs:
        os.kill(shim_of(stage, job), signal.SIGKILL)
    return stage.finish(strict=False)


@guarded
def cut_off(options, stages):
    """A partner is cut off for longer than the lease: its jobs stop themselves there and go on
    elsewhere; when it comes back nothing runs twice. The daemon is killed in the midst of it."""
    del options
    stage = set_up(stages, ("alpha", "beta"), behind_proxy=True)
    stage.ask("/v1/partners/beta:drain")
    jobs = [stage.submit(20, nodes=1 + i % 2) for i in range(6)]
    for job in jobs:
        stage.wait_row(job, "S", 1)
    stage.ask("/v1/partners/beta:resume")
    for proxy in stage.scene.proxies:
        proxy.cut()
    cut_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    waiting = [stage.submit(1) for _ in range(4)]
    stops = [stage.wait_row(job, "T", 1, seconds=30) for job in jobs]
    stage.scene.daemon.kill()
    stage.scene.daemon.start()
    again = [stage.wait_row(job, "S", 2, seconds=90) for job in jobs]
    for job in waiting:
        stage.wait_row(job, "E", seconds=60)
    for proxy in stage.scene.proxies:
        proxy.mend()
    result = stage.finish()
    for job, row in zip(jobs, again):
        if row.partner != "beta":
            result[1].add("wrong", job, f"{job}: attempt 2 began at {row.partner}, which was cut off")
    for job, row in zip(jobs, stops):
        if row.boot - cut_ns > (mix.LEASE_S + 0.5) * 1e9:
            result[1].add("wrong", job, f"{job}: stopped later than its lease")
    return *result[:2], {
        **result[2], "stopped_after_s": round(max(r.boot - cut_ns for r in stops) / 1e9, 1),
        "again_after_s": round(max(r.boot - cut_ns for r in again) / 1e9, 1)}


@guarded
def full_disk(options, stages):
    """No room for the journal: what runs runs on, accepts are refused with 503, and when there is
    room again everything goes on."""
    del options
    if os.getuid() != 0:
        raise scene.NotAvailable("only root can make a small file system")
    stage = set_up(stages, ("alpha", "here"), disk_mib=24)
    jobs = [stage.submit(16, partners=[p]) for p in ("alpha", "here") for _ in range(3)]
    for job in jobs:
        stage.wait_row(job, "S", 1)
    ballast = os.path.join(stage.scene.state, "ballast")
    with open(ballast, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    answers = []
    end = time.monotonic() + 10
    spec = mix.spec_of(stage.scene, "k7", 7 * mix.SLOT_INDICES, 0, 0)
    while time.monotonic() < end:
        try:
            status, document = stage.client.ask("POST", "/v1/jobs", spec, {"Idempotency-Key": "k7"})
        except scene.TRANSPORT_ERRORS as error:
            status, document = 0, repr(error)
        answers.append(status)
        if status in (200, 201):
            with open(ballast, "ab", buffering=0) as file: # there was still room for that one
                try:
                    while True:
                        file.write(bytes(512))
                except OSError:
                    pass
        time.sleep(0.1)
    os.unlink(ballast)
    stage.submit(0)
    result = stage.finish()
    wrong = sorted(set(answers) - {200, 201, 503})
    if wrong:
        result[1].add("wrong", None, f"with a full disk submissions were answered {wrong}: {document}")
    if answers[-1] != 503:
        result[1].add("wrong", None, "the disk was never full")
    if result[2]["restarts"]:
        result[1].add("wrong", None, f"{result[2]['restarts']} restarts: jobs were lost for the disk")
    return *result[:2], {**result[2], "refused": answers.count(503), "accepted_full":
                         sum(a in (200, 201) for a in answers)}


class NodeWatch:
    """Since when and until when the daemon was shown no node that is up, at any partner."""

    def __init__(self, a_scene):
        self.client, self.spans, self.is_over = a_scene.client(), [], False
        self.worker = scene.Worker(self.work)

    def work(self):
        since = None
        while not self.is_over:
            is_up = any(n["state"] == "up" for n in self.client.get("/v1/nodes")["data"])
            if is_up and since:
                self.spans.append((since, time.time()))
            since = None if is_up else since or time.time()
            time.sleep(0.1)

    def finish(self):
        self.is_over = True
        self.worker.finish(30)
        return self.spans


def resubmitted(verdict, spans):
    """(job, attempt, seconds, of these with a node up) of every attempt that never began: from when
    it was placed, and so at the latest from when it was lost, until the next one was."""
    for job, rows in verdict.events.items():
        placed = {e["attempt"]: datetime.datetime.fromisoformat(e["at"].replace("Z", "+00:00"))
                  .timestamp() for e in rows if e["kind"] == "placed"}
        began = {e["attempt"] for e in rows if e["kind"] == "started"}
        for attempt, at in placed.items():
            if attempt + 1 in placed and attempt not in began:
                until = placed[attempt + 1]
                shut = sum(max(0, min(until, b) - max(at, a)) for a, b in spans)
                yield job, attempt, until - at, until - at - shut


@guarded
def controller(options, stages):
    """slurmctld is killed again and again while jobs come: it forgets what it accepted in the last
    seconds and gives their ids to others. What it lost is found missing and submitted again. It also
    drains nodes on which it finds an id twice: what waits for one of those goes elsewhere. Either
    within RESUBMIT_S, not counting the time in which neither controller knew of a node that is up."""
    stage = set_up(stages, ("alpha", "beta"))
    chance = random.Random(options.seed)
    watch = NodeWatch(stage.scene)
    for turn in range(options.ctld_kills):
        for _ in range(3):
            stage.submit(chance.choice([0, 0, 0.5, 2]))
            time.sleep(chance.uniform(0, 0.3))
        name = chance.choice(stage.scene.slurm.names)
        stage.scene.slurm.call("kill-ctld", name)
        stage.scene.slurm.call("start-ctld", name)
        if turn % 10 == 9:
            time.sleep(chance.uniform(0, 3))
    result = stage.finish(strict=False, patience_s=RESUBMIT_S)
    spans = watch.finish()
    verdict, waits = result[1], list(resubmitted(result[1], spans))
    for job, attempt, _, wait_s in waits:
        if wait_s > RESUBMIT_S:
            verdict.add("stuck", job, f"{job}: attempt {attempt} never began, the next one came "
                        f"{wait_s:.0f} s behind it")
    lives = [r["age_s"] for r in verdict.known.values() if r["attempts"] > 1 and not r["restarts"]]
    return *result[:2], {**result[2], "ctld_kills": options.ctld_kills, "lost_there": len(lives),
                         "resubmitted": len(waits),
                         "resubmit_s": round(max((w[2] for w in waits), default=0), 1),
                         "resubmit_with_nodes_s": round(max((w[3] for w in waits), default=0), 1),
                         "no_node_up_s": round(sum(b - a for a, b in spans), 1),
                         "waits_for_shut_nodes": count_texts(verdict, "went down or was drained"),
                         "life_of_lost_s": round(max(lives, default=0), 1)}


@guarded
def scancel(options, stages):
    """Somebody at the partner cancels an attempt that waits for its start, and one that runs."""
    del options
    stage = set_up(stages, ("alpha", "beta"))
    for partner in ("alpha", "beta"):
        job = stage.submit(6, partners=[partner])
        stage.wait_row(job, "S", 1)
        stage.scene.slurm.command(partner, "scancel", stage.attempt(job)["remote_id"])
    return stage.finish(strict=False)


SCENARIOS = {"twin": twin, "copy": copy, "frozen": frozen, "shim-killed": shim_killed,
             "cut-off": cut_off, "full-disk": full_disk, "controller": controller,
             "scancel": scancel}
