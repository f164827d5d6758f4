"""What else goes wrong: Slurm's daemons at random (Breaker), and scenarios that are led by hand."""

import random
import time

import scene


class NotPossible(Exception):
    """This machine cannot stage it."""


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


SCENARIOS = {}
