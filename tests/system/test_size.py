#!/usr/bin/env python3
"""mizan size from outside: exit statuses, sentences, JSON, published runs where they are there."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MIZAN = os.environ.get("MIZAN", os.path.join(ROOT, "build", "mizan"))
SHARED = os.environ.get("MIZAN_SHARED", os.path.join(ROOT, os.pardir, "shared"))
SECONDS_MAX = 60 * int(os.environ.get("MIZAN_SLOW", "1"))
LLAMA = ["train", "llama3.1-405b", "--chip", "h100-sxm", "--chips", "16384", "--seq", "8192",
         "--batch", "16.8M"]


def size(*args):
    return subprocess.run([MIZAN, "size", *args], capture_output=True, text=True,
                          timeout=SECONDS_MAX, check=False)


def data(*args):
    done = size(*args, "--json")
    assert done.returncode in (0, 3), done.stderr
    return json.loads(done.stdout)["data"]


class TestTrain(unittest.TestCase):
    def test_terms_and_memory_add_up(self):
        found = data(*LLAMA)
        self.assertAlmostEqual(sum(found["terms_s"].values()), found["step_s"],
                               delta=1e-9 * found["step_s"])
        memory = dict(found["memory_bytes"])
        used = memory.pop("used")
        capacity = memory.pop("capacity")
        self.assertLessEqual(sum(memory.values()), used)
        self.assertLessEqual(used, capacity)
        layout = found["layout"]
        self.assertEqual(layout["tp"] * layout["cp"] * layout["pp"] * layout["dp"], 16384)
        self.assertGreater(found["error_band_percent"], 5)

    def test_exhaustive_search_gives_the_same_answer(self):
        self.assertEqual(data(*LLAMA)["layout"], data(*LLAMA, "--exhaustive")["layout"])

    def test_a_whole_run_is_steps_times_time_over_goodput(self):
        found = data(*LLAMA, "--tokens", "15.6T", "--assume", "goodput=0.9,price=2")
        run = found["run"]
        self.assertAlmostEqual(run["ideal_days"] * 86400, run["steps"] * found["step_s"], delta=1)
        self.assertAlmostEqual(run["days"] * 0.9, run["ideal_days"], places=6)
        self.assertAlmostEqual(run["cost_usd"], 2 * run["chip_hours"], delta=1)

    def test_what_fits_nowhere_is_exit_3_with_the_nearest_miss(self):
        done = size("train", "llama3.1-405b", "--chip", "h100-sxm", "--chips", "16", "--seq",
                    "8192", "--batch", "1M")
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stdout, r"does not fit: \d+\.\d GiB over")

    def test_chips_are_compared_in_rows(self):
        done = size("train", "llama3.1-405b", "--compare", "h100-sxm,b200-sxm", "--chips", "4096",
                    "--seq", "8192", "--batch", "16M")
        self.assertEqual(done.returncode, 0)
        self.assertEqual([line.split("\t")[0] for line in done.stdout.splitlines()],
                         ["CHIP", "h100-sxm", "b200-sxm"])

    def test_flags_say_the_layout(self):
        layout = data(*LLAMA)["layout"]
        done = size(*LLAMA, "--emit", "megatron")
        self.assertIn(f"--tensor-model-parallel-size {layout['tp']} ", done.stdout)
        self.assertIn("--global-batch-size 2048", done.stdout)

    def test_wrong_use_is_exit_2_and_says_what_to_do(self):
        cases = [
            ([], "size what?"), (["train"], "which model?"),
            (["train", "llama3.1-405b"], "which chip?"),
            (LLAMA + ["--layout", "tp=3"], "divide"), (LLAMA + ["--layout", "qp=3"], "'qp'"),
            (LLAMA + ["--pin", "tp=0"], "'0'"), (LLAMA + ["--precision", "fp9"], "fp9"),
            (LLAMA + ["--stack", "none-such"], "none-such"), (LLAMA + ["--chipz", "3"], "--chipz"),
            (LLAMA + ["--assume", "goodputt=1"], "did you mean 'goodput'?"),
            (["train", "lama3.1-405b"] + LLAMA[2:], "did you mean"),
            (["train", "no/such/config.json"] + LLAMA[2:], "there is no file"),
            (LLAMA[:2] + ["--chip", "h100sxm"] + LLAMA[4:], "h100-sxm"),
            (["--validate", "no-such.csv"], "there is no file"),
        ]
        for args, words in cases:
            done = size(*args)
            self.assertEqual(done.returncode, 2, (args, done.stderr))
            self.assertIn(words, done.stderr, args)

    def test_a_broken_config_is_refused(self):
        for text in ("", "{", "[]", '{"hidden_size": -1}', '{"hidden_size": 1e400}',
                     '{"hidden_size": 4096, "num_hidden_layers": 0}', "\0", '{"a": ' * 5000):
            with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
                file.write(text)
                file.flush()
                done = size("train", file.name, *LLAMA[2:])
            self.assertEqual(done.returncode, 2, (text[:40], done.stderr))
            self.assertIn(os.path.basename(file.name), done.stderr)


class TestServe(unittest.TestCase):
    WORDS = ["serve", "llama3-70b", "--chip", "h100-sxm", "--in", "2000", "--out", "300"]

    def test_targets_are_kept_and_the_terms_are_told(self):
        found = data(*self.WORDS, "--ttft", "1s", "--tpot", "30ms", "--price", "2")
        best = found["candidates"][0]
        self.assertTrue(best["keeps_targets"])
        self.assertLessEqual(best["ttft_s"], 1)
        self.assertLessEqual(best["tpot_s"], 0.03)
        self.assertAlmostEqual(
            best["usd_per_mtok_out"], 2 / 3600 / best["tokens_per_s_per_chip"] * 1e6, delta=1e-6)
        self.assertGreater(found["error_band_percent"], 5)

    def test_what_cannot_be_served_is_exit_3(self):
        small = size("serve", "llama3-70b", "--chip", "l4", "--in", "2000", "--out", "300",
                     "--chips", "1")
        self.assertEqual(small.returncode, 3)
        self.assertIn("holds the weights", small.stderr)
        fast = size(*self.WORDS, "--tpot", "0.01ms")
        self.assertEqual(fast.returncode, 3)
        self.assertIn("misses the target", fast.stdout)

    def test_wrong_use_is_exit_2(self):
        for args, words in ((["serve"], "which model?"), (self.WORDS[:2], "which chip?"),
                            (self.WORDS[:4], "how long is a request?"),
                            (self.WORDS + ["--layout", "tp=x"], "tp="),
                            (self.WORDS + ["--spec", "3"], "3:0.7"),
                            (self.WORDS + ["--tpot", "30 parsecs"], "30ms"),
                            (self.WORDS + ["--engine", "none"], "vllm"),
                            (self.WORDS + ["--in", "nan"], "--in")):
            done = size(*args)
            self.assertEqual(done.returncode, 2, (args, done.stderr))
            self.assertIn(words, done.stderr, args)

    def test_published_runs(self):
        path = os.path.join(SHARED, "validation", "inference.csv")
        if not os.path.exists(path):
            self.skipTest("skipped: ../shared/validation/inference.csv is not there")
        found = data("--validate", path)
        self.assertLessEqual(found["mean_abs_error_percent"], 16.5)
        self.assertLessEqual(found["tpot"]["mean_abs_error_percent"], 15)
        self.assertEqual(found["false_oom"], 0)


class TestValidation(unittest.TestCase):
    def test_published_runs(self):
        path = os.path.join(SHARED, "validation", "training.csv")
        if not os.path.exists(path):
            self.skipTest("skipped: ../shared/validation/training.csv is not there")
        found = data("--validate", path)
        self.assertLessEqual(found["mean_abs_error_percent"], 8)
        self.assertEqual(found["false_oom"], 0)
        self.assertEqual(found["rows"], found["used"] + len(found["skipped"]))
        korthikanti = [g for g in found["groups"] if g["name"] == "korthikanti22"][0]
        self.assertLessEqual(korthikanti["mean_abs_error_percent"], 3)
        self.assertLessEqual(korthikanti["max_abs_error_percent"], 6)

    def test_own_runs_give_a_factor_that_later_calls_use(self):
        path = os.path.join(SHARED, "validation", "training.csv")
        if not os.path.exists(path):
            self.skipTest("skipped: ../shared/validation/training.csv is not there")
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "own.json")
            self.assertEqual(size("--calibrate", path, "--out", out).returncode, 0)
            with open(out, encoding="utf-8") as file:
                own = json.load(file)
            plain, mine = data(*LLAMA), data(*LLAMA, "--calibration", out)
        self.assertAlmostEqual(mine["step_s"], plain["step_s"] * own["factor"], places=9)
        self.assertAlmostEqual(mine["error_band_percent"], 100 * (own["band"] - 1), places=9)
        self.assertEqual(mine["similar_rows"], own["rows"])

    def test_a_broken_file_names_its_line(self):
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
            file.write("id,source_id\nx\n")
            file.flush()
            done = size("--validate", file.name)
        self.assertEqual(done.returncode, 2)
        self.assertIn(os.path.basename(file.name) + ":", done.stderr)


if __name__ == "__main__":
    sys.exit(unittest.main())
