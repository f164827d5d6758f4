#!/usr/bin/env python3
"""examples/train-tiny from outside: it learns, and nothing that ends a run shows in its losses."""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TRAIN = os.environ.get("TRAIN_TINY",
                       os.path.join(ROOT, "build", "examples", "train-tiny", "train-tiny"))
README = os.path.join(ROOT, "examples", "train-tiny", "README.md")
SEED = int(os.environ.get("MIZAN_SEED", "20260101"))
SECONDS_MAX = 30 * int(os.environ.get("MIZAN_SLOW", "1"))
STEPS = 120
JOB_VARIABLES = ("NNODES", "WORLD_SIZE", "RANK", "MASTER_ADDR", "MASTER_PORT")


def environment(**extra):
    plain = {k: v for k, v in os.environ.items()
             if not k.startswith("MIZAN_") and k not in JOB_VARIABLES}
    return plain | {k: str(v) for k, v in extra.items()}


def start(*args, **extra):
    return subprocess.Popen([TRAIN, *map(str, args)], env=environment(**extra),
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(child):
    try:
        out, err = child.communicate(timeout=SECONDS_MAX)
    finally:
        child.kill()
    return subprocess.CompletedProcess(child.args, child.returncode, out, err)


def train(*args, **extra):
    return finish(start(*args, **extra))


def wait_for_step(child, step):
    for line in child.stdout:
        if int(line.split()[1]) >= step:
            return
    raise AssertionError(f"ended before step {step}: {child.stderr.read()}")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def checkpoints(folder):
    return sorted(name for name in os.listdir(folder) if name.endswith(".ckpt"))


class Shim:
    """The job's end of a shim: takes one path a connection, answers, remembers."""

    def __init__(self, folder, answer=b"ok\n"):
        self.path = os.path.join(folder, "publish.sock")
        self.answer = answer
        self.published = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as lines:
                self.published.append(lines.readline().decode())
                connection.sendall(self.answer)

    def close(self):
        self.listener.close()


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.curve = train("--steps", STEPS).stdout

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = os.path.join(holder.name, "checkpoints")
        self.losses = os.path.join(holder.name, "losses")
        self.top = holder.name
        self.options = ["--steps", STEPS, "--dir", self.folder, "--loss-file", self.losses]

    def assert_done(self, done):
        self.assertEqual((done.returncode, read(self.losses)), (0, self.curve), done.stderr)


class TestLearning(Case):
    def test_the_loss_falls(self):
        done = train("--steps", 300)
        losses = [float(line.split()[3]) for line in done.stdout.splitlines()]
        self.assertEqual(len(losses), 300)
        self.assertGreater(losses[0], 3.2)
        self.assertLess(sum(losses[-50:]) / 50, 0.6)

    def test_the_readme_shows_true_losses(self):
        shown = re.findall(r"^step \d+ loss .*$", read(README), re.M)
        self.assertGreater(len(shown), 3)
        self.assertLessEqual(set(shown), set(train("--steps", 300).stdout.splitlines()))

    def test_seed_and_size_change_the_curve(self):
        for option in ("--seed", "--hidden"):
            self.assertNotEqual(train("--steps", 3, option, 7).stdout,
                                train("--steps", 3).stdout)

    def test_wrong_options_are_refused(self):
        for wrong in (["--steps", "x"], ["--steps"], ["--hidden", "0"], ["--hidden", "99999"],
                      ["--seed", "-1"], ["extra"], ["--dir", "d" * 500],
                      ["--dir", "/dev/null/d"], ["--loss-file", "/dev/null/l"]):
            done = train(*wrong)
            self.assertEqual((done.returncode, done.stdout), (2, ""), wrong)
            self.assertTrue(done.stderr, wrong)
        self.assertEqual(train(NNODES=4).returncode, 2)


class TestResume(Case):
    def test_a_run_killed_at_random_ends_with_the_same_losses(self):
        chance = random.Random(SEED)
        print("seed", SEED)
        for every in (1, 7, 25):
            for attempt in range(3):
                child = start(*self.options, "--checkpoint-every", every, MIZAN_ATTEMPT=attempt)
                wait_for_step(child, chance.randrange(1, 40) + 30 * attempt)
                time.sleep(chance.random() * 0.002)
                child.kill()
                finish(child)
            self.assert_done(train(*self.options, "--checkpoint-every", every))
            self.assertLessEqual(len(checkpoints(self.folder)), 3)
            for name in os.listdir(self.folder):
                os.unlink(os.path.join(self.folder, name))
            os.unlink(self.losses)

    def test_a_finished_run_can_go_on_and_equals_a_longer_one(self):
        train("--steps", 50, *self.options[2:])
        self.assert_done(train(*self.options))
        again = train(*self.options)
        self.assertEqual(again.stdout, "")
        self.assert_done(again)

    def test_a_torn_or_missing_loss_file_is_told(self):
        train("--steps", 50, *self.options[2:])
        with open(self.losses, "a", encoding="utf-8") as file:
            file.write("step 51 loss 9.9\nstep 52 lo")
        self.assert_done(train(*self.options))
        os.unlink(self.losses)
        self.assertIn("lacks steps 1 to 120", train(*self.options).stderr)

    def test_usr1_saves_at_once_and_goes_on(self):
        child = start(*self.options, "--step-ms", 20)
        wait_for_step(child, 5)
        child.send_signal(signal.SIGUSR1)
        wait_for_step(child, 8)
        step = int(checkpoints(self.folder)[0][5:13])
        self.assertIn(step, range(5, 9))
        child.send_signal(signal.SIGTERM)
        self.assertEqual(finish(child).returncode, 143)
        done = train(*self.options)
        self.assertIn(f"step {step} restored", done.stderr)
        self.assertTrue(done.stdout.startswith(f"step {step + 1} "))
        self.assert_done(done)

    def test_usr1_without_a_directory_is_told(self):
        child = start("--steps", 60, "--step-ms", 5)
        wait_for_step(child, 2)
        child.send_signal(signal.SIGUSR1)
        done = finish(child)
        self.assertEqual(done.returncode, 0)
        self.assertIn("not saved", done.stderr)

    def test_the_temporary_name_holds_the_attempt(self):
        os.makedirs(os.path.join(self.folder, f"step-{STEPS:08}.ckpt.tmp-7"))
        done = train(*self.options, MIZAN_ATTEMPT=7)
        self.assertEqual(done.returncode, 1)
        self.assertIn("not saved", done.stderr)
        self.assert_done(train(*self.options, MIZAN_ATTEMPT=8))


class TestPublication(Case):
    def test_every_checkpoint_is_published_with_its_whole_path(self):
        shim = Shim(self.top)
        child = start("--steps", STEPS, "--step-ms", 10, "--loss-file", self.losses,
                      MIZAN_PUBLISH=shim.path, MIZAN_CHECKPOINT_DIR=self.folder)
        wait_for_step(child, 3)
        child.send_signal(signal.SIGUSR1)
        self.assert_done(finish(child))
        shim.close()
        self.assertEqual(len(shim.published), 2)
        self.assertEqual(shim.published, [os.path.join(os.path.realpath(self.folder), name) + "\n"
                                          for name in checkpoints(self.folder)])

    def test_a_refusal_is_told_and_nothing_is_removed(self):
        shim = Shim(self.top, b"no the attempt is over\n")
        done = train(*self.options, "--checkpoint-every", 20, MIZAN_PUBLISH=shim.path)
        shim.close()
        self.assert_done(done)
        self.assertIn("not published: no the attempt is over", done.stderr)
        self.assertEqual(len(checkpoints(self.folder)), 6)

    def test_a_missing_shim_does_not_end_the_run(self):
        done = train(*self.options, MIZAN_PUBLISH=self.top + "/nobody")
        self.assert_done(done)
        self.assertIn("not published", done.stderr)

    def test_the_published_checkpoint_is_taken_before_newer_ones(self):
        train(*self.options, "--checkpoint-every", 20)
        first = os.path.join(self.folder, checkpoints(self.folder)[0])
        done = train(*self.options, MIZAN_CHECKPOINT=first)
        self.assertIn("step 80 restored", done.stderr)
        self.assert_done(done)
        self.assert_done(train(*self.options, MIZAN_CHECKPOINT=""))


class TestDamage(Case):
    def setUp(self):
        super().setUp()
        train("--steps", 60, *self.options[2:], "--checkpoint-every", 30)
        self.older, self.newest = (os.path.join(self.folder, name)
                                   for name in checkpoints(self.folder))

    def damage(self, change):
        with open(self.newest, "rb") as file:
            data = file.read()
        with open(self.newest, "wb") as file:
            file.write(change(bytearray(data)))

    def test_a_damaged_checkpoint_gives_way_to_the_one_before(self):
        def flip(at):
            return lambda data: data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]

        cases = [lambda data: b"", lambda data: data[:5], lambda data: data[:50],
                 lambda data: data[:-1], lambda data: data + b"x", lambda data: b"hello " * 99]
        cases += [flip(at) for at in (0, 9, 17, 25, 33, 41, 49, 1000, -2)]
        for number, change in enumerate(cases):
            with open(self.newest, "rb") as file:
                whole = file.read()
            self.damage(change)
            done = train("--steps", 61, *self.options[2:], MIZAN_CHECKPOINT=self.newest)
            self.assertEqual(done.returncode, 0, number)
            self.assertRegex(done.stderr, "00060.ckpt': (not a |truncated|damaged|of seed)")
            self.assertIn("step 30 restored", done.stderr)
            self.assertTrue(self.curve.startswith(read(self.losses)))
            os.unlink(os.path.join(self.folder, "step-00000061.ckpt"))
            with open(self.newest, "wb") as file:
                file.write(whole)
        self.assert_done(train(*self.options))

    def test_without_a_good_one_nothing_is_trained(self):
        os.unlink(self.older)
        self.damage(lambda data: data[:1000])
        before = read(self.losses)
        done = train(*self.options)
        self.assertEqual((done.returncode, done.stdout, read(self.losses)), (2, "", before))
        self.assertIn("truncated", done.stderr)
        self.assertIn("no checkpoint is usable", done.stderr)

    def test_a_foreign_checkpoint_is_named(self):
        for option in ("--seed", "--hidden"):
            done = train(*self.options, option, 9)
            self.assertEqual(done.returncode, 2)
            self.assertIn("of seed 1 and hidden 32, not of", done.stderr)

    def test_other_names_are_left_alone(self):
        for name in ("step-00000090.ckpt.tmp-3", "step-90.ckpt", "notes"):
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                file.write("not whole")
        done = train(*self.options, "--checkpoint-every", 10)
        self.assertNotIn("not a", done.stderr)
        self.assert_done(done)
        self.assertEqual(len(os.listdir(self.folder)), 6)


class TestGang(Case):
    def start(self, count, *extra, ranks=None, **variables):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.port = port
        return [start(*self.options, *extra, NNODES=count, MIZAN_NODE_RANK=rank,
                      MASTER_ADDR="127.0.0.1", MASTER_PORT=port, **variables)
                for rank in (range(count) if ranks is None else ranks)]

    def test_any_number_of_ranks_has_the_same_losses(self):
        for count in (2, 4, 9):
            for done in map(finish, self.start(count)):
                self.assertEqual((done.returncode, done.stdout), (0, self.curve), done.stderr)
            self.assert_done(train(*self.options))
            for path in [self.losses] + [os.path.join(self.folder, f)
                                         for f in os.listdir(self.folder)]:
                os.unlink(path)

    def test_a_rank_that_dies_ends_all_and_the_next_gang_goes_on(self):
        for victim in (2, 0):
            children = self.start(4, "--checkpoint-every", 10, "--step-ms", 5)
            wait_for_step(children[victim], 25 + 30 * (victim == 0))
            children[victim].kill()
            for rank, done in enumerate(map(finish, children)):
                if rank != victim:
                    self.assertEqual(done.returncode, 3, done.stderr)
                    self.assertRegex(done.stderr, r"rank \d, step \d+: rank \d is gone")
        for done in map(finish, self.start(3)):
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(self.curve.endswith(done.stdout))
        self.assertEqual(read(self.losses), self.curve)

    def test_a_rank_that_hangs_is_noticed(self):
        children = self.start(3, "--step-ms", 5, "--timeout", 1)
        wait_for_step(children[1], 5)
        children[1].send_signal(signal.SIGSTOP)
        self.assertEqual(finish(children[0]).returncode, 3)
        self.assertEqual(finish(children[2]).returncode, 3)
        children[1].send_signal(signal.SIGCONT)
        self.assertEqual(finish(children[1]).returncode, 3)

    def test_a_rank_that_never_comes_is_noticed(self):
        for ranks, sentence in (([0, 1], "2 of 3 ranks came within 1 s"), ([2], "rank 0 at 127")):
            done = [finish(child) for child in self.start(3, "--timeout", 1, ranks=ranks)]
            self.assertEqual([one.returncode for one in done], [3] * len(ranks))
            self.assertIn(sentence, done[0].stderr)

    def test_a_signal_to_any_rank_saves(self):
        children = self.start(3, "--step-ms", 10)
        wait_for_step(children[2], 5)
        children[2].send_signal(signal.SIGUSR1)
        done = [finish(child) for child in children]
        self.assertEqual([one.returncode for one in done], [0, 0, 0])
        self.assertEqual(len(checkpoints(self.folder)), 2)

    def test_strangers_are_hung_up_on(self):
        first, second = self.start(3, ranks=[0, 1], MIZAN_ATTEMPT=2)
        for number in range(200):
            try:
                with socket.create_connection(("127.0.0.1", self.port)) as stranger:
                    stranger.sendall(b"GET / HTTP/1.1\r\nHost: nobody\r\n\r\n")
                    self.assertEqual(stranger.recv(1), b"")
                break
            except ConnectionRefusedError:
                time.sleep(0.01)
            except ConnectionResetError:
                break
        options = dict(NNODES=3, MIZAN_NODE_RANK=2, MASTER_ADDR="127.0.0.1",
                       MASTER_PORT=self.port)
        self.assertEqual(train(*self.options, MIZAN_ATTEMPT=1, **options).returncode, 3)
        third = start(*self.options, MIZAN_ATTEMPT=2, **options)
        for done in map(finish, (first, second, third)):
            self.assertEqual((done.returncode, done.stdout), (0, self.curve), done.stderr)


if __name__ == "__main__":
    sys.exit(unittest.main())
