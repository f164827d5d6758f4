"""The jobs of a run, made from a seed, and the clients that submit them."""

import random
import threading
import time

import judge
import scene

SLOT_INDICES = 8 # slots of an array: one for each index
LEASE_S = 6


def spec_of(a_scene, name, slot, seconds, exit_code, **more):
    spec = {"name": name, "nodes": 1, "chips_per_node": 1,
            "command": [scene.TASK, a_scene.directory, name, str(slot), f"{seconds:.3f}",
                        str(exit_code)],
            "recovery": {"lease_s": LEASE_S}, "kill_after_s": 1}
    spec.update(more)
    return spec


def one(a_scene, number, chance):
    """Half end at once, a quarter sleep, a tenth fail, the rest are gangs and arrays."""
    draw = chance.random()
    name, slot = f"k{number}", number * SLOT_INDICES
    seconds, exit_code, more, nodes, count = 0.0, 0, {}, 1, 1
    if draw < 0.48:
        pass
    elif draw < 0.73:
        seconds = chance.uniform(0.1, 2)
    elif draw < 0.83:
        seconds, exit_code = chance.uniform(0, 0.3), 3
    elif draw < 0.92:
        nodes, seconds = 2, chance.uniform(0, 1)
        exit_code = 3 if chance.random() < 0.25 else 0
    else:
        count, seconds = chance.randint(3, 5), chance.uniform(0, 0.5)
        limit = "%2" if chance.random() < 0.3 else ""
        more["array"] = f"1-{count}{limit}"
    more["nodes"] = nodes
    return judge.Submission(number, slot, spec_of(a_scene, name, slot, seconds, exit_code, **more),
                            exit_code, nodes, count)


def make(a_scene, job_count, seed):
    chance = random.Random(seed)
    return [one(a_scene, number, chance) for number in range(1, job_count + 1)]


class Clients:
    """Threads that submit in order. gate(i) tells whether submission i may be sent already."""

    def __init__(self, a_scene, submissions, seed, count=8, gate=lambda i: True, pause_s=0.02):
        self.scene, self.submissions, self.gate, self.pause_s = a_scene, submissions, gate, pause_s
        self.next = 0
        self.lock = threading.Lock()
        self.is_stopped = False
        self.begun = time.monotonic()
        self.workers = [scene.Worker(self.work, random.Random(f"{seed} {i}")) for i in range(count)]

    def take(self):
        with self.lock:
            if self.next >= len(self.submissions) or self.is_stopped:
                return None
            if not self.gate(self.next):
                return -1
            self.next += 1
            return self.next - 1

    def work(self, chance):
        client = self.scene.client()
        while (i := self.take()) is not None:
            if i < 0:
                time.sleep(0.005)
                continue
            submission = self.submissions[i]
            submission.data, submission.tries, submission.accept_s = client.submit(
                submission.spec, submission.key)
            if self.pause_s:
                time.sleep(chance.uniform(0, 2 * self.pause_s))
        client.close()

    def is_done(self):
        return all(not worker.is_alive() for worker in self.workers)

    def finish(self, seconds=300):
        for worker in self.workers:
            worker.finish(seconds)
        return time.monotonic() - self.begun


def wait_ended(a_scene, patience_s):
    """Until nothing is live, or nothing has ended for so long. Seconds it took."""
    client = a_scene.client()
    begun = changed = time.monotonic()
    last = None
    while True:
        a_scene.daemon.check()
        summary = client.get("/v1/jobs?limit=1")["summary"]
        live = summary["live"]
        if live == 0:
            break
        now = time.monotonic()
        if live != last:
            last, changed = live, now
        if now - changed > patience_s:
            break
        time.sleep(0.1)
    client.close()
    return time.monotonic() - begun


def left_over(a_scene, verdict, seconds=20):
    """Nothing of the run may be left: neither shims and tasks nor jobs in Slurm."""
    end = time.monotonic() + seconds
    while True:
        processes = a_scene.processes()
        jobs = a_scene.slurm.jobs_left() if a_scene.slurm else []
        if not processes and not jobs:
            return
        if time.monotonic() > end:
            break
        time.sleep(0.2)
    for pid, line in processes.items():
        verdict.add("left", None, f"process {pid}: {line[:300]}")
    for line in jobs:
        verdict.add("left", None, f"Slurm job {line}")
