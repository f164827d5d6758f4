#!/usr/bin/env python3
"""`mizan sim` from outside: published figures, every event replayed, hostile input.

    test_sim.py MIZAN       or MIZAN in the environment; run from the root of the repository

The events are replayed by tests/reference/check_events.py and compared start by start with
tests/reference/easy_reference.py; both were written from the headers, not from the code. Real
traces lie in MIZAN_SHARED (default ../shared/traces); what wants them is skipped without.
"""

import csv
import hashlib
import itertools
import json
import math
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import unittest

MIZAN = os.environ.get("MIZAN", "build/mizan")
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SHARED = os.environ.get("MIZAN_SHARED", os.path.join(ROOT, "..", "shared", "traces"))
PHILLY = os.path.join(SHARED, "philly", "philly_jobs.csv.xz")
BROKEN = os.path.join(ROOT, "tests", "sim", "broken")
SMALL_LAB = os.path.join(ROOT, "examples", "small-lab.yaml")
SECONDS_MAX = 60 * int(os.environ.get("MIZAN_SLOW", "1"))
FROM_TO = ("--from", "2017-10-01", "--to", "2017-11-30")
sys.path.insert(0, os.path.join(ROOT, "tests", "reference"))

# pylint: disable=wrong-import-position
import check_events  # noqa: E402
import easy_reference  # noqa: E402
import make_trace  # noqa: E402

POLICIES = ("fifo", "sjf", "easy", "conservative", "priority+easy", "fair+easy", "las+preempt",
            "deadline+easy", "priority+easy+preempt")
KEYS = ("policy seed jobs avg_jct_s p50_jct_s p99_jct_s avg_queue_s p99_queue_s makespan_s "
        "utilisation goodput preemptions lost_chip_hours decisions cpu_s events_per_s "
        "result_hash").split()


def run(*words, stdin=None, env=None, timeout=None):
    return subprocess.run([MIZAN, "sim", *words], input=stdin, capture_output=True, text=True,
                          env=dict(os.environ, **(env or {})), timeout=timeout or SECONDS_MAX,
                          check=False)


class Case(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = holder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, text, name="jobs.csv"):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def ends(self, status, *words, **more):
        ran = run(*words, **more)
        self.assertEqual(ran.returncode, status, f"{words}: {ran.stderr[-600:]}")
        return ran

    def refused(self, *words, says=(), **more):
        """Exit 2, nothing on stdout, one helpful sentence."""
        ran = self.ends(2, *words, **more)
        self.assertEqual(ran.stdout, "")
        for word in [says] if isinstance(says, str) else says:
            self.assertIn(word, ran.stderr)
        return ran

    def data(self, *words, status=0, **more):
        return json.loads(self.ends(status, *words, "--json", "-q", **more).stdout)["data"]

    def replay(self, fleet, jobs, *words, **more):
        """Simulates one policy, replays its events; the result of --json and what was found."""
        events = self.path("events.csv")
        result = self.data(*words, "--events", events)[0]
        try:
            found = check_events.check(events, fleet, jobs, result, **more)
        except check_events.Violation as violation:
            self.fail(f"{words}: {violation}")
        return result, found

    def made(self, text, name="jobs.csv"):
        return "mizan:" + self.write(text, name)

    def jobs(self, name="jobs.csv"):
        return check_events.read_trace("mizan", self.path(name))

    def racks(self):
        return (self.write(make_trace.fleet_yaml(make_trace.RACKS), "racks.yaml"),
                check_events.Fleet(make_trace.RACKS))

    def partners(self, commit="1k"):
        text = make_trace.fleet_yaml(make_trace.PARTNERS, make_trace.CONTRACTS % commit)
        return self.write(text, "partners.yaml"), check_events.Fleet(make_trace.PARTNERS)


@unittest.skipUnless(os.path.exists(PHILLY), "skipped: no philly trace in MIZAN_SHARED")
class TestHelios(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory()
        cls.trace = os.path.join(cls.holder.name, "jobs.csv")
        with open(cls.trace, "wb") as file:
            subprocess.run(["xz", "-dc", PHILLY], stdout=file, check=True)
        with open(os.path.join(SHARED, "philly", "philly_vc_nodes.csv"), encoding="utf-8") as file:
            cls.nodes = {row[0]: int(row[1]) for row in list(csv.reader(file))[1:]}

    @classmethod
    def tearDownClass(cls):
        cls.holder.cleanup()

    def simulate(self, vc, nodes, policies, *words):
        ran = run("--nodes", f"{nodes}x8", "--trace", f"philly:{self.trace}", "--vc", vc, *FROM_TO,
                  "--policy", policies, "--json", "-q", *words)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return {row["policy"]: row for row in json.loads(ran.stdout)["data"]}

    def test_the_published_table_to_the_digit(self):
        table = ((16, "fifo", 3110.67, 240.98), (16, "sjf", 3059.07, 189.39),
                 (12, "fifo", 3691.59, 821.91), (12, "sjf", 3182.56, 312.87))
        for nodes, policy, jct, queue in table:
            with self.subTest(nodes=nodes, policy=policy):
                row = self.simulate("11cb48", nodes, policy)[policy]
                self.assertEqual(round(row["avg_jct_s"], 2), jct)
                self.assertEqual(round(row["avg_queue_s"], 2), queue)
                self.assertEqual(row["makespan_s"], 5444859)
                self.assertEqual(row["jobs"], 11897)

    def test_easy_backfill_is_full(self):
        queue = self.simulate("11cb48", 12, "easy")["easy"]["avg_queue_s"]
        self.assertLessEqual(queue, 436.2)
        self.assertEqual(round(queue, 2), 435.82)

    def test_every_cluster_starts_every_job_when_the_naive_reference_does(self):
        begin = check_events.parse_time("2017-10-01")
        events = os.path.join(self.holder.name, "events.csv")
        for vc, nodes in (("11cb48", 16), ("11cb48", 12), ("b436b2", 64), ("0e4a51", 32),
                          ("103959", 8), ("e13805", 16), ("b436b2", 24), ("0e4a51", 16),
                          ("e13805", 4), ("103959", 4)):
            self.assertIn(vc, self.nodes)
            jobs = check_events.read_trace("philly", self.trace, vc, begin,
                                           check_events.parse_time("2017-11-30", True))
            plain = easy_reference.plain(jobs)
            for policy in ("fifo", "sjf", "easy"):
                with self.subTest(vc=vc, nodes=nodes, policy=policy):
                    row = self.simulate(vc, nodes, policy, "--events", events)[policy]
                    starts = easy_reference.simulate(plain, nodes, 8, policy)
                    found = easy_reference.averages(plain, starts)
                    self.assertAlmostEqual(row["avg_jct_s"], found["avg_jct_s"], 6)
                    self.assertAlmostEqual(row["avg_queue_s"], found["avg_queue_s"], 6)
                    if nodes == self.nodes[vc]:
                        continue    # the averages are enough there
                    with open(events, encoding="utf-8") as file:
                        began = {line.split(",")[3]: int(line.split(",")[0]) for line in file
                                 if ",start," in line}
                    self.assertEqual([began[name] for name in jobs], starts)

    def test_the_events_stand_up_to_a_replay(self):
        begin = check_events.parse_time("2017-10-01")
        events = os.path.join(self.holder.name, "events.csv")
        for policy in ("sjf", "easy", "conservative"):
            row = self.simulate("11cb48", 12, policy, "--events", events)[policy]
            jobs = check_events.read_trace("philly", self.trace, "11cb48", begin,
                                           check_events.parse_time("2017-11-30", True))
            found = check_events.check(events, check_events.Fleet.read("12x8"), jobs, row,
                                       begin=begin)
            self.assertEqual(found["undisturbed"], 11897)

    def test_a_wrong_cluster_is_2_and_the_nearest_is_named(self):
        ran = run("--nodes", "12x8", "--trace", f"philly:{self.trace}", "--vc", "11cb49")
        self.assertEqual(ran.returncode, 2)
        self.assertIn("11cb48", ran.stderr)


class TestChecker(Case):
    """A checker that sees nothing would let everything pass: each kind of lie is found."""

    def test_it_finds_each_lie(self):
        fleet, trace = check_events.Fleet.read("2x8"), self.made(
            "name,submit,run_s,chips,required\na,0,100,16,\nb,10,50,4,node\nc,10,50,4,\n"
            "d,20,9,8,\n")
        self.replay(fleet, self.jobs(), "--nodes", "2x8", "--trace", trace, "--policy", "easy")
        with open(self.path("events.csv"), encoding="utf-8") as file:
            rows = [line.rstrip("\n").split(",") for line in file]

        def lie(change, says):
            changed = [list(row) for row in rows]
            changed = change(changed) or changed
            for number, row in enumerate(changed[1:]):
                row[1] = str(number)
            with open(self.path("lie.csv"), "w", encoding="utf-8") as file:
                file.write("\n".join(",".join(row) for row in changed) + "\n")
            with self.assertRaisesRegex(check_events.Violation, says):
                check_events.check(self.path("lie.csv"), fleet, self.jobs())

        def at(event, job, part=0):
            return [i for i, row in enumerate(rows) if row[2:4] == [event, job]][part]

        def put(i, column, value):
            def change(changed):
                changed[i][column] = value
            return change

        def drop(i):
            def change(changed):
                del changed[i]
            return change

        def twice(i):
            def change(changed):
                changed.insert(i, list(changed[i]))
            return change

        lie(put(at("start", "a"), 8, "7000"), "asked for 16000")
        lie(drop(at("start", "a")), "asked for 16000")
        lie(put(at("start", "a"), 7, "local/0001"), "two parts on node")
        lie(put(at("start", "b"), 7, "local/0009"), "no node")
        lie(put(at("start", "b"), 4, "2"), "attempt 2")
        lie(put(at("start", "b"), 5, "other"), "lies at partner")
        lie(put(at("submit", "b"), 0, "9000000"), "by the trace")
        lie(twice(at("submit", "b")), "submitted 2 times")
        lie(drop(at("submit", "b")), "was not submitted")
        lie(drop(at("end", "b")), "neither ended|used")
        lie(twice(at("end", "b")), "two parts|is over")
        lie(put(at("end", "b"), 7, "local/0001"), "other nodes|two")
        lie(put(at("reserve", "b"), 9, "50000000"), "promised")
        lie(put(at("reserve", "b"), 9, "1"), "in the past")
        lie(put(at("end", "d"), 0, str(int(rows[at("end", "d")][0]) + 1)), "later than|us of work")

        def beside(changed):     # the gang's nodes are full: nobody else may start there
            begin = changed.pop(at("start", "b"))
            begin[0], begin[9] = "10000000", "60000000"
            changed.insert(at("reserve", "b"), begin)
            del changed[at("reserve", "b") + 1]
        lie(beside, "thousandths of chips")

        def failed(changed):
            changed.insert(at("end", "a"), ["50000000", "", "fail", "", "0", "local", "local",
                                            "local/0000", "0", "200000000", "node failed"])
        lie(failed, "down")

    def test_it_finds_who_ran_in_a_failed_rack(self):
        file, fleet = self.racks()
        trace = self.made("name,submit,run_s,chips\na,0,100,64\n")
        self.ends(0, file, "--trace", trace, "--events", self.path("e.csv"))
        with open(self.path("e.csv"), encoding="utf-8") as events:
            lines = events.read().splitlines()
        # the whole rack is down from the first node's row on: the gang's other nodes too
        lines.insert(len(lines) - 8, f"99999999,{len(lines) - 9},fail,,0,hall,hall/a,hall/a/0000,0,"
                     "200000000,rack failed")
        for i in range(len(lines) - 8, len(lines)):
            words = lines[i].split(",")
            lines[i] = ",".join([words[0], str(i - 1)] + words[2:])
        self.write("\n".join(lines) + "\n", "f.csv")
        with self.assertRaisesRegex(check_events.Violation, "which was down"):
            check_events.check(self.path("f.csv"), fleet, self.jobs())

    def test_it_finds_a_gang_outside_its_rack(self):
        fleet = check_events.Fleet([{"name": "local", "nodes": 4, "chips_per_node": 8,
                                     "nodes_per_rack": 2, "racks_per_spine": 2}])
        trace = self.made("name,submit,run_s,chips\na,0,1,8\nb,0,100,16\n")
        self.ends(0, "--nodes", "4x8", "--trace", trace, "--events", self.path("e.csv"))
        self.write("name,submit,run_s,chips,required\na,0,1,8,\nb,0,100,16,rack\n")
        with self.assertRaisesRegex(check_events.Violation, "within one rack"):
            check_events.check(self.path("e.csv"), fleet, self.jobs())

    def test_the_made_traces_do_not_change(self):
        text = make_trace.gang() + make_trace.mixed() + make_trace.same()
        self.assertEqual(text, make_trace.gang() + make_trace.mixed() + make_trace.same())
        self.assertEqual(hashlib.sha256(text.encode()).hexdigest()[:12], "11e7fba1bc0b")


class TestQueues(Case):
    def test_gangs_under_each_policy(self):
        file, fleet = self.racks()
        trace = self.made(make_trace.gang())
        queue = {}
        for policy in POLICIES:
            with self.subTest(policy=policy):
                result, found = self.replay(fleet, self.jobs(), file, "--trace", trace, "--policy",
                                            policy, "--check", preempts="preempt" in policy)
                self.assertEqual(result["jobs"], 400)
                self.assertEqual(result["goodput"] == 1, result["preemptions"] == 0)
                self.assertEqual(found["late"], 0)
                queue[policy] = result["avg_queue_s"]
        self.assertLessEqual(queue["easy"], queue["fifo"])
        self.assertLessEqual(queue["conservative"], queue["fifo"])
        self.assertLessEqual(queue["sjf"], queue["fifo"])

    def test_gangs_without_racks_like_the_naive_reference(self):
        trace = self.made(make_trace.gang(300, 5, racks=False))
        plain = easy_reference.plain(self.jobs())
        for policy in ("fifo", "sjf", "easy"):
            result, _ = self.replay(check_events.Fleet.read("64x8"), self.jobs(), "--nodes",
                                    "64x8", "--trace", trace, "--policy", policy)
            found = easy_reference.averages(plain,
                                            easy_reference.simulate(plain, 64, 8, policy))
            self.assertAlmostEqual(result["avg_jct_s"], found["avg_jct_s"], 5, policy)

    def test_shares_limits_teams_and_partners(self):
        for (file, fleet), chips in ((self.racks(), 512), (self.partners(), 328)):
            trace = self.made(make_trace.mixed(chips=chips))
            for policy in POLICIES:
                with self.subTest(policy=policy, chips=chips):
                    result, _ = self.replay(fleet, self.jobs(), file, "--trace", trace, "--policy",
                                            policy, "--check", "--weight", "blue=3",
                                            preempts="preempt" in policy, drops_known=False)
                    self.assertEqual(result["jobs"] + result["dropped"], 400)
                    self.assertGreater(result["deadlines"], 0)
                    self.assertLessEqual(result["deadlines_met"], result["deadlines"])

    def test_quotas_bind_and_promises_hold(self):
        file, fleet = self.racks()
        trace = self.made(make_trace.mixed(300))
        free = self.data(file, "--trace", trace, "--policy", "fair+easy")[0]
        for policy in ("fifo", "easy", "conservative", "priority+easy", "fair+easy+preempt"):
            with self.subTest(policy=policy):
                result, found = self.replay(
                    fleet, self.jobs(), file, "--trace", trace, "--policy", policy, "--check",
                    "--quota", "red=150:50", "--quota", "green=200", "--quota", "blue=162:0",
                    preempts="preempt" in policy)
                self.assertEqual(result["jobs"], 300)
                self.assertNotEqual(result["result_hash"], free["result_hash"])
                self.check_quota(found["replay"], "red", 200)
                self.check_quota(found["replay"], "blue", 162)

    def test_small_cases_at_random(self):
        """Few nodes, few jobs, all options: where a scheduler goes wrong it does so here too."""
        first = int(os.environ.get("MIZAN_CASE", "0"))      # a seed that failed, alone
        for seed in range(first, first + int(os.environ.get("MIZAN_CASES", "60"))):
            chance = make_trace.Chance(seed)
            jobs, at = [], 0
            for i in range(chance.pick([4, 8, 12, 20, 40])):
                at += chance.pick([0, 0, 0, 10, 50, 300])
                job = {"name": f"j{i}", "submit": at, "run_s": chance.pick([0, 10, 50, 100, 700]),
                       "chips": chance.pick([1, 2, 4, 5, 8, 8, 12, 16, 24]),
                       "team": chance.pick(["red", "blue", "red/x"]),
                       "priority": chance.pick([0, 0, 1, 5]),
                       "required": chance.pick(["", "", "rack", "spine", "site"]),
                       "preemptible": chance.pick(["", "", "no"])}
                if job["chips"] == 1:
                    job["chip_milli"] = chance.pick([1000, 1000, 500, 300])
                if chance.random() < 0.3:
                    job["limit_s"] = max(1, 2 * job["run_s"])
                jobs.append(job)
            site = {"name": "hall/a", "nodes": chance.pick([3, 4, 6, 9]), "chips_per_node": 8,
                    "chip": "h100-sxm", "nodes_per_rack": 2, "racks_per_spine": 2}
            file = self.write(make_trace.fleet_yaml([site]), "fleet.yaml")
            trace = self.made(make_trace.as_csv(jobs))
            policy = chance.pick(POLICIES)
            words = [file, "--trace", trace, "--policy", policy, "--check", "--grace",
                     chance.pick(["0s", "5s", "30s"]), "--seed", str(seed)]
            if "conservative" not in policy and chance.random() < 0.3:
                words += ["--quota", "red=8:16", "--quota", "blue=24"]
            points = None
            if chance.random() < 0.3:
                words += ["--failures", "node=1h,rack=3h,repair=3min"]
                points = check_events.Checkpoints(mean_us=1)
                if chance.random() < 0.5:
                    words += ["--checkpoint", "cost=2s,restart=3s,every=20s"]
                    points = check_events.Checkpoints(2000000, 3000000, 20000000)
            with self.subTest(seed=seed, words=words[3:]):
                ran = run(*words)       # a fleet may be too small for each of so few jobs
                if ran.returncode != 2:
                    result, found = self.replay(check_events.Fleet([site]), self.jobs(), *words,
                                                preempts="preempt" in policy, checkpoints=points,
                                                drops_known="--quota" not in words)
                    self.assertEqual(result["jobs"] + result["dropped"], len(jobs))
                    if "preempt" not in policy:
                        self.assertEqual(found["late"], 0)

    def check_quota(self, replay, team, chips_max):
        """No team ever has more than its quota and what it may borrow."""
        changes = []
        for job in replay.all_jobs():
            if job.team.split("/")[0] == team:
                for begin, end, _, _, parts in job.attempts:
                    changes += [(begin, 1, sum(parts.values())), (end, 0, -sum(parts.values()))]
        used = 0
        for at, _, milli in sorted(changes):
            used += milli
            self.assertLessEqual(used, 1000 * chips_max, f"{team} at {at} us")

    def test_what_a_quota_never_admits_is_dropped_with_its_reason(self):
        trace = self.made("name,submit,run_s,chips,team\nj,0,10,16,red\nk,0,10,1,red\n")
        ran = self.ends(0, "--nodes", "3x8", "--trace", trace, "--quota", "red=8:4")
        self.assertIn("'red'", ran.stderr)

    def test_all_at_one_second_and_jobs_of_no_length(self):
        trace = self.made(make_trace.same())
        for policy in ("fifo", "easy", "las+preempt"):
            _, found = self.replay(check_events.Fleet.read("20x8"), self.jobs(), "--nodes", "20x8",
                                   "--trace", trace, "--policy", policy,
                                   preempts="preempt" in policy)
            self.assertEqual(found["count"]["end"], 1000)

    def test_what_never_fits_is_dropped_with_its_reason(self):
        trace = self.made("name,submit,run_s,chips,required\nbig,0,10,400,\nrack,0,10,16,rack\n"
                          "ok,0,10,8,\n")
        ran = self.ends(0, "--nodes", "4x8", "--trace", trace)
        self.assertIn("never fit", ran.stderr)
        result, found = self.replay(check_events.Fleet.read("4x8"), self.jobs(), "--nodes", "4x8",
                                    "--trace", trace)
        self.assertEqual((result["dropped"], found["count"]["drop"]), (2, 2))
        self.assertEqual(result["first_dropped"], "big")

    def test_several_policies_are_several_rows_in_order(self):
        file, _ = self.racks()
        trace = self.made(make_trace.gang(100))
        names = ["fifo", "sjf", "easy", "fair+easy+preempt"]
        rows = self.data(file, "--trace", trace, "--policy", ",".join(names))
        self.assertEqual([row["policy"] for row in rows], names)
        for row in rows:        # one alone says the same as one of many
            alone = self.data(file, "--trace", trace, "--policy", row["policy"])[0]
            self.assertEqual(alone["result_hash"], row["result_hash"])
        table = self.ends(0, file, "--trace", trace, "--policy", ",".join(names)).stdout
        self.assertEqual([line.split("\t")[0] for line in table.splitlines()[1:]], names)


class TestTrouble(Case):
    def test_failures_of_each_level(self):
        file, fleet = self.racks()
        trace = self.made(make_trace.gang(250))
        for failures, policy in (("node=200h,repair=2h", "easy"), ("rack=300h,repair=1h", "fifo"),
                                 ("spine=200h", "conservative"), ("site=100h", "priority+easy"),
                                 ("partner=80h", "easy"),
                                 ("node=50h,rack=200h,spine=300h,site=500h,partner=900h,repair=3h",
                                  "fair+easy+preempt")):
            with self.subTest(failures=failures):
                words = (file, "--trace", trace, "--failures", failures, "--policy", policy,
                         "--check")
                # no checkpoints: nothing may be lost where saving costs nothing
                result, _ = self.replay(fleet, self.jobs(), *words, preempts="preempt" in policy,
                                        checkpoints=check_events.Checkpoints(mean_us=1))
                self.assertGreater(result["failures"], 0)
                points = check_events.Checkpoints(60000000, 300000000, 1800000000)
                result, found = self.replay(
                    fleet, self.jobs(), *words, "--checkpoint", "cost=60s,restart=5min,every=30min",
                    preempts="preempt" in policy, checkpoints=points)
                self.assertGreater(found["outages"], 0)
                if result["interruptions"]:
                    self.assertGreater(result["lost_chip_hours"], 0)
                self.assertLess(result["goodput"], 1)

    def test_youngs_interval_is_the_default(self):
        file, fleet = self.racks()
        trace = self.made(make_trace.gang(250))
        points = check_events.Checkpoints(60000000, 300000000, 0, 200 * 3600 * 1000000)
        result, _ = self.replay(fleet, self.jobs(), file, "--trace", trace, "--failures",
                                "node=200h,repair=2h", "--checkpoint", "cost=60s,restart=5min",
                                checkpoints=points)
        self.assertGreater(result["checkpoint_chip_hours"], 0)

    def test_failures_from_a_file(self):
        file, fleet = self.racks()
        trace = self.made("name,submit,run_s,chips\na,0,1000,64\nb,0,1000,8\n")
        failures = self.write("time,level,name,down_s\n1970-01-01 00:01:40,node,hall/a/0000,50\n"
                              "1970-01-01 00:05:00,site,hall/a,10\n", "failures.csv")
        result, found = self.replay(fleet, self.jobs(), file, "--trace", trace, "--failures",
                                    failures, "--check", exact=False)
        self.assertEqual(found["outages"], 65)
        self.assertEqual(result["interruptions"], 3)
        at = "time,level,name,down_s\n1970-01-01 00:01:40,"
        for text, says in ((at + "node,hall/a/0099,50\n", "0099"), (at + "row,hall/a,50\n", "row"),
                           (at + "node,hall/a/0000,-5\n", "failures.csv:2"),
                           (at + "node,hall/a/0000\n", "failures.csv:2"),
                           ("time,level,name,down_s\nnan,node,hall/a/0000,5\n", "failures.csv:2"),
                           ("when,what\n1,2\n", "failures.csv:1")):
            self.write(text, "failures.csv")
            self.refused(file, "--trace", trace, "--failures", failures, says=says)

    def test_spot_nodes_come_and_go(self):
        file, fleet = self.partners()
        trace = self.made(make_trace.mixed(250, chips=328))
        for spot, policy in (("north/n1=30h/2min", "easy"), ("north/n1=20h,west/w1=50h/10min",
                                                            "fair+easy+preempt")):
            for checkpoint in ((), ("--checkpoint", "cost=60s,restart=5min,every=20min")):
                result, found = self.replay(fleet, self.jobs(), file, "--trace", trace, "--spot",
                                            spot, *checkpoint, "--policy", policy, "--check",
                                            preempts="preempt" in policy, exact=False,
                                            drops_known=False)
                self.assertGreater(found["outages"], 0)
                self.assertEqual(result["jobs"] + result["dropped"], 250)
                work = result["goodput"] * result["used_chip_hours"]
                self.assertAlmostEqual(work + result["lost_chip_hours"] +
                                       result["checkpoint_chip_hours"],
                                       result["used_chip_hours"], 6)

    def test_goodput_of_a_large_job_is_dalys(self):
        """16,384 chips, MTBF 3.09 h (Llama 3: 419 interruptions in 54 days). Work t, a checkpoint
        of d, restart R, exponential failures: M e^(R/M) (e^((t+d)/M) - 1) a segment (Daly 2006)."""
        mean, restart, hours = 3.09 * 3600, 300.0, 6000
        trace = self.made(make_trace.single(16384, hours))
        for cost, every in ((60, None), (60, 600), (60, 3600), (300, None)):
            segment = every or math.sqrt(2 * cost * mean)
            daly = segment / (mean * math.exp(restart / mean) *
                              (math.exp((segment + cost) / mean) - 1))
            found = []
            for seed in range(1, 5):
                words = f"cost={cost}s,restart=300s" + (f",every={every}s" if every else "")
                result = self.data("--nodes", "2100x8", "--trace", trace, "--failures",
                                   f"node={3.09 * 2048}h,repair=1s", "--checkpoint", words,
                                   "--seed", str(seed))[0]
                found.append(result["goodput"])
            goodput = sum(found) / len(found)
            self.assertLess(abs(goodput / daly - 1), 0.01, f"{cost} {every} {goodput} {daly}")


class TestSame(Case):
    def test_twice_the_same_bytes(self):
        file, _ = self.partners()
        trace = self.made(make_trace.mixed(200, chips=328))
        words = (file, "--trace", trace, "--policy", "fair+easy+preempt", "--failures",
                 "node=100h,repair=1h", "--spot", "west/w1=90h/1min", "--json", "--place", "random")
        seen = []
        for name, seed in (("one", "7"), ("two", "7"), ("three", "8")):
            ran = self.ends(0, *words, "--seed", seed, "--events", self.path(name),
                            env={"SOURCE_DATE_EPOCH": "1"})
            document = json.loads(ran.stdout)
            self.assertIsNone(document["generated_at"])
            for row in document["data"]:
                del row["cpu_s"], row["events_per_s"]
            with open(self.path(name), "rb") as events:
                seen.append((events.read(), json.dumps(document)))
        self.assertEqual(seen[0], seen[1])
        self.assertNotEqual(seen[0][0], seen[2][0])
        hashes = [json.loads(text)["data"][0]["result_hash"] for _, text in seen]
        self.assertEqual(hashes[0], hashes[1])
        self.assertNotEqual(hashes[0], hashes[2])
        self.assertRegex(hashes[0], "^[0-9a-f]{16}$")

    def test_a_synthetic_trace_says_so_everywhere(self):
        words = ("--nodes", "20x8", "--synth", "llm", "--span", "2d")
        ran = self.ends(0, *words)
        self.assertIn("SYNTHETIC", ran.stderr)
        self.assertIn("synthetic", ran.stdout)
        one, two = self.data(*words)[0], self.data(*words)[0]
        self.assertTrue(one["synthetic"])
        self.assertIn("http" if "http" in one["synthetic_source"] else "github",
                      one["synthetic_source"])
        self.assertEqual(one["result_hash"], two["result_hash"])
        self.assertNotEqual(one["result_hash"],
                            self.data(*words, "--seed", "43")[0]["result_hash"])
        found = self.replay(check_events.Fleet.read("20x8"), None, *words)[1]
        self.assertEqual(found["late"], 0)

    def test_json_has_its_keys_and_no_nan(self):
        file, _ = self.racks()
        trace = self.made(make_trace.gang(50))
        ran = self.ends(0, file, "--trace", trace, "--policy", "fifo,easy", "--json", "-q")
        self.assertEqual(ran.stderr, "")
        document = json.loads(ran.stdout, parse_constant=lambda word: self.fail(word))
        self.assertEqual(document["schema"], "mizan.sim/1")
        for row in document["data"]:
            self.assertEqual([key for key in KEYS if key not in row], [])
            self.assertTrue(row["complete"])

    def test_a_pipe_gets_tabs_and_no_marks(self):
        file, _ = self.racks()
        trace = self.made(make_trace.gang(50))
        words = (file, "--trace", trace, "--policy", "fifo,easy")
        one, two = self.ends(0, *words), self.ends(0, *words)
        self.assertEqual(one.stdout, two.stdout)
        self.assertIn("\t", one.stdout)
        self.assertNotIn("\x1b", one.stdout + one.stderr)
        self.assertEqual(len({line.count("\t") for line in one.stdout.splitlines()}), 1)
        bare = self.ends(0, *words, "--no-header").stdout
        self.assertEqual(bare.splitlines(), one.stdout.splitlines()[1:])
        self.assertEqual(self.ends(0, *words, "-q").stderr, "")

    def test_events_to_stdout_are_only_events(self):
        trace = self.made(make_trace.same(30))
        ran = self.ends(0, "--nodes", "4x8", "--trace", trace, "--events", "-")
        lines = ran.stdout.splitlines()
        self.assertEqual(lines[0], ",".join(check_events.HEADER))
        self.assertEqual({line.count(",") for line in lines}, {10})

    def test_scale_copies_fleet_and_arrivals(self):
        trace = self.made(make_trace.same(100))
        one = self.data("--nodes", "10x8", "--trace", trace)[0]
        ten = self.data("--nodes", "10x8", "--trace", trace, "--scale", "nodes=100")[0]
        self.assertEqual(ten["jobs"], 10 * one["jobs"])
        self.assertEqual(ten["fleet_chips"], 10 * one["fleet_chips"])
        self.assertAlmostEqual(ten["used_chip_hours"], 10 * one["used_chip_hours"], 6)
        file, _ = self.racks()
        big = self.data(file, "--trace", trace, "--scale", "nodes=1000")[0]
        self.assertEqual(big["fleet_chips"], 16 * 64 * 8)

    def test_the_hash_is_that_of_every_compiler(self):
        """gcc, clang and the sanitizers decide alike. A change of a policy changes these: say why."""
        found = self.data(os.path.join(ROOT, "examples", "fleet.yaml"), "--synth", "llm", "--load",
                          "0.8", "--span", "6d", "--policy", "easy,priority+easy+preempt",
                          "--failures", "node=500h,repair=2h,rack=9000h", "--checkpoint",
                          "cost=60s,restart=5min")
        self.assertEqual([row["result_hash"] for row in found],
                         ["4e8d0a05a43bfac0", "33a81c1ec3f373fd"])


class TestFleet(Case):
    def test_plan_then_simulate_its_fleet(self):
        fleet = self.path("fleet.yaml")
        ran = subprocess.run([MIZAN, "plan", SMALL_LAB, "--emit-fleet", fleet, "-q"], check=False,
                             capture_output=True, text=True, timeout=SECONDS_MAX)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        row = self.data(fleet, "--synth", "llm", "--span", "5d", "--month", "2026-06")[0]
        used = [one["name"] for one in row["partners"] if one["used_chip_hours"] > 0]
        self.assertGreater(len(used), 1, row["partners"])
        self.assertGreater(row["jobs"], 0)
        self.assertTrue(any(one["drawn_usd"] > 0 for one in row["contracts"]), row["contracts"])

    def test_what_is_committed_is_filled_before_on_demand(self):
        # 4 jobs fit beside each other in what is committed: nobody goes to the list price
        for commit, west in (("1M", False), ("0", False)):
            file, fleet = self.partners(commit)
            trace = self.made("submit,run_s,chips\n" + "0,3600,32\n" * 4)
            row, _ = self.replay(fleet, self.jobs(), file, "--trace", trace)
            hours = {one["name"]: one["used_chip_hours"] for one in row["partners"]}
            self.assertEqual(hours, {"north": 128, "south": 0, "west": 0}, commit)
        # 10: 160 chips are committed in the north, the rest goes to the next price, never to 4 USD
        trace = self.made("submit,run_s,chips\n" + "0,3600,32\n" * 8)
        row, _ = self.replay(fleet, self.jobs(), file, "--trace", trace)
        hours = {one["name"]: one["used_chip_hours"] for one in row["partners"]}
        self.assertEqual(hours, {"north": 160, "south": 0, "west": 96})
        spent = {one["name"]: one["spent_usd"] for one in row["partners"]}
        self.assertAlmostEqual(spent["west"], 96 * 3, 3)

    def test_a_commitment_beats_a_lower_price_until_it_is_drawn(self):
        # north costs 2 USD, west 1 USD: 160 USD of north are paid already, that is 80 chip-hours
        text = make_trace.CONTRACTS.replace("price: 3 USD", "price: 1 USD") % "160"
        file = self.write(make_trace.fleet_yaml(make_trace.PARTNERS, text), "partners.yaml")
        trace = self.made("submit,run_s,chips\n" + "".join(f"{10000 * i},3600,16\n"
                                                           for i in range(10)))
        row, _ = self.replay(check_events.Fleet(make_trace.PARTNERS), self.jobs(), file, "--trace",
                             trace)
        hours = {one["name"]: one["used_chip_hours"] for one in row["partners"]}
        self.assertEqual(hours, {"north": 80, "south": 0, "west": 80})

    def test_price_can_be_ignored(self):
        file, fleet = self.partners()
        trace = self.made("submit,run_s,chips\n" + "0,3600,32\n" * 4)
        self.replay(fleet, self.jobs(), file, "--trace", trace, "--prefer", "price=0")
        self.replay(fleet, self.jobs(), file, "--trace", trace, "--speed",
                    "h100-sxm=1,gb200-nvl72=2.5", exact=False)

    def test_why_a_job_waits(self):
        trace = self.made("name,submit,run_s,chips\na,1970-01-01 00:00:00,1000,16\n"
                          "b,1970-01-01 00:00:10,100,16\nc,1970-01-01 00:00:20,100,4\n")
        ran = self.ends(0, "--nodes", "2x8", "--trace", trace, "--why", "b", "--at",
                        "1970-01-01 00:01:00")
        self.assertIn("local", ran.stdout)
        self.assertIn("16", ran.stdout)
        self.assertNotEqual(run("--nodes", "2x8", "--trace", trace, "--why", "a", "--at",
                                "1970-01-01 00:01:00").returncode, 0)
        self.refused("--nodes", "2x8", "--trace", trace, "--why", "zz", "--at",
                     "1970-01-01 00:01:00", says="zz")
        self.refused("--nodes", "2x8", "--trace", trace, "--why", "b", says="--at")


class TestWrong(Case):
    def test_each_broken_file_is_2_with_file_and_line(self):
        for name in sorted(os.listdir(BROKEN)):
            kind = name.split("-")[0]
            path = os.path.join(BROKEN, name)
            with self.subTest(name=name):
                if kind == "nodes":
                    words = ("--nodes", path, "--trace", self.made(make_trace.same(3)))
                else:
                    words = ("--nodes", "12x8", "--trace", f"{kind}:{path}")
                ran = self.refused(*words)
                self.assertRegex(ran.stderr, name.replace(".", r"\.") + r"(:\d+)?:")

    def test_broken_on_the_fly(self):
        for text, says in (("", "jobs.csv"), ("\n", "jobs.csv"), ("submit,run_s\n0,1\n", "chips"),
                           ("submit,run_s,chips\n0,nan,1\n", "jobs.csv:2"),
                           ("submit,run_s,chips\n0,inf,1\n", "jobs.csv:2"),
                           ("submit,run_s,chips\n0,1,1\n0,1\n", "jobs.csv:3"),
                           ("submit,run_s,chips\n0,1,1,1\n", "jobs.csv:2"),
                           ("submit,run_s,chips\n0,1,99999999999999999999\n", "jobs.csv:2"),
                           ("submit,run_s,chips\n0,1e9,1\n", "jobs.csv:2"),
                           ("submit,run_s,chips\n0,1,\"1\n", "jobs.csv:2"),
                           ("submit,run_s,chips\n0,1,\u0661\n", "jobs.csv:2"),
                           ("\ufeff\ufeffsubmit,run_s,chips\n0,1,1\n", "jobs.csv:1"),
                           ("submit,run_s,chips,required\n0,1,1,galaxy\n", "jobs.csv:2"),
                           ("submit,run_s,chips\n" + "x" * 100000 + "\n", "jobs.csv:2")):
            with self.subTest(text=text[:60]):
                self.refused("--nodes", "2x8", "--trace", self.made(text), says=says)

    def test_a_line_of_a_gigabyte_costs_no_memory(self):
        def limited():
            resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
        for head in (b"", b"submit,run_s,chips\n0,1,"):
            begin = time.monotonic()
            # a sanitizer wants all addresses for itself
            limit = None if os.environ.get("MIZAN_SLOW") else limited
            with subprocess.Popen([MIZAN, "sim", "--nodes", "2x8", "--trace", "mizan:-"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, preexec_fn=limit) as child:
                try:
                    child.stdin.write(head)
                    for _ in range(1024):
                        child.stdin.write(b"1" * (1 << 20))
                except BrokenPipeError:
                    pass
                try:
                    child.stdin.close()
                except BrokenPipeError:
                    pass
                said = child.stderr.read().decode()
                self.assertEqual(child.wait(SECONDS_MAX), 2, said)
            self.assertIn("standard input" if "standard input" in said else ":", said)
            self.assertLess(len(said), 2000)
            self.assertLess(time.monotonic() - begin, 20)

    def test_wrong_words_are_2_and_say_what_would_do(self):
        trace = self.made(make_trace.same(5))
        fleet = ("--nodes", "2x8")
        base = (*fleet, "--trace", trace)
        for words, says in (
                ((), "fleet"), (fleet, "jobs"), (("--trace", trace), "fleet"),
                ((*fleet, "--trace", "jobs.csv"), "KIND:FILE"),
                ((*fleet, "--trace", "phily:x"), "philly"),
                ((*fleet, "--trace", "mizan:"), "KIND:FILE"),
                ((*fleet, "--trace", "mizan:/no/such/file"), "/no/such/file"),
                ((*base, "--policy", "esy"), "easy"), ((*base, "--policy", ""), "--policy"),
                ((*base, "--policy", "fifo,,easy"), "--policy"),
                ((*base, "--policy", "easy+conservative"), "conservative"),
                ((*base, "--policy", "easy+easy+"), "easy"),
                ((*base, "--policy", "sjf+fifo"), "fifo"),
                (("--nodes", "0x8", "--trace", trace), "--nodes"),
                (("--nodes", "2x65", "--trace", trace), "64"),
                (("--nodes", "-2x8", "--trace", trace), "--nodes"),
                (("--nodes", "99999999999x8", "--trace", trace), "--nodes"),
                (("--nodes", "2x8:", "--trace", trace), "--nodes"),
                (("--nodes", "2x8junk", "--trace", trace), "--nodes"),
                ((*base, "--seed", "x"), "--seed"), ((*base, "--seed", "-1"), "--seed"),
                ((*base, "--seeds", "1-9"), "--pack"), ((*base, "--load", "nan"), "--load"),
                ((*base, "--load", "-1"), "--load"), ((*base, "--span", "5y"), "--span"),
                ((*base, "--span", "-5d"), "--span"), ((*base, "--grace", "soon"), "--grace"),
                ((*base, "--ageing", "nan"), "--ageing"),
                ((*base, "--default-limit", "0s"), "--default-limit"),
                ((*base, "--half-life", "1x"), "--half-life"), ((*base, "--scale", "9"), "nodes=N"),
                ((*base, "--scale", "nodes=0"), "nodes=N"), ((*base, "--place", "best"), "bestfit"),
                ((*base, "--quota", "a"), "--quota"), ((*base, "--quota", "a=x"), "--quota"),
                ((*base, "--quota", "a=1:2:3:4"), "--quota"), ((*base, "--quota", "=5"), "--quota"),
                ((*base, "--weight", "a=0"), "--weight"),
                ((*base, "--weight", "a=1.5"), "--weight"),
                ((*base, "--failures", "row=3h"), "row"),
                ((*base, "--failures", "node=0h"), "0h"),
                ((*base, "--failures", "node=nan"), "nan"),
                ((*base, "--checkpoint", "price=1"), "price"),
                ((*base, "--checkpoint", "cost=-1s"), "-1s"),
                ((*base, "--spot", "mars=1h"), "mars"), ((*base, "--spot", "local=0h"), "0h"),
                ((*base, "--speed", "tpu=2"), "tpu"), ((*base, "--speed", "any=0"), "any"),
                ((*base, "--prefer", "taste=1"), "taste"),
                ((*base, "--prefer", "risk:mars=1"), "mars"),
                ((*base, "--from", "yesterday"), "--from"), ((*base, "--at", "noon"), "--at"),
                ((*base, "--vc", "nobody"), "nobody"), ((*base, "--lang", "fr"), "ar"),
                ((*base, "--synth", "llm"), "two traces"), ((*base, "fleet.yaml"), "two fleets"),
                ((*fleet, "--synth", "lm"), "llm"), ((*base, "--pack"), "openb"),
                ((*base, "--month", "2026-13"), "--month"), ((*base, "--jsno"), "--json"),
                ((*base, "--policy", "fifo,easy", "--events", self.path("e")), "--events"),
                (("no-such-fleet.yaml", "--trace", trace), "no-such-fleet.yaml"),
                ((SMALL_LAB, "--trace", trace), "nodes"),
                ((*base, "--from", "2000-01-01", "--to", "1999-01-01"), "")):
            with self.subTest(words=words[-2:]):
                ran = self.refused(*words, says=says)
                self.assertLess(len(ran.stderr.splitlines()), 5, ran.stderr)

    def test_outputs_that_cannot_be_written_are_1(self):
        trace = self.made(make_trace.same(2000))
        for path in ("/dev/full", self.folder, self.path("no/such/folder/x.csv")):
            with self.subTest(path=path):
                ran = self.ends(1, "--nodes", "20x8", "--trace", trace, "--events", path)
                self.assertIn(os.path.basename(path), ran.stderr)
        self.ends(1, "--nodes", "20x8", "--trace", f"mizan:{self.folder}")

    def test_interrupt_gives_what_there_is_and_4(self):
        # 1 s between failures: nothing ever ends
        trace = self.made("submit,run_s,chips\n0,36000,512\n1,1,1\n")
        with subprocess.Popen([MIZAN, "sim", "--nodes", "65x8", "--trace", trace, "--failures",
                               "node=1s,repair=1s", "--policy", "easy", "--json"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
            time.sleep(0.7)
            child.send_signal(signal.SIGINT)
            out, err = child.communicate(timeout=SECONDS_MAX)
        self.assertEqual(child.returncode, 4, err)
        row = json.loads(out)["data"][0]
        self.assertFalse(row["complete"])
        self.assertEqual(row["jobs"] + row["unfinished"] + row["dropped"], row["trace_jobs"])
        self.assertIn("stopped early", err)

    def test_what_can_never_end_ends_by_itself(self):
        trace = self.made("submit,run_s,chips\n0,36000,512\n")
        ran = self.ends(4, "--nodes", "64x8", "--trace", trace, "--failures", "node=3h,repair=1h")
        self.assertIn("1 of 1 jobs", ran.stderr)

    def test_names_of_all_scripts_and_hostile_names(self):
        names = ["日本", "a\u202eb", "x" * 500, "-q", "'; drop", "a|b", "50%n"]
        text = "name,submit,run_s,chips,team\n" + "".join(
            f"{name},{i},10,400,{name}\n" for i, name in enumerate(names))
        ran = run("--nodes", "2x8", "--trace", self.made(text), "--events", self.path("e.csv"))
        self.assertIn(ran.returncode, (0, 2))
        for c in itertools.chain(range(0x00, 0x0a), range(0x0b, 0x20), (0x202e,)):
            if c != 9:
                self.assertNotIn(chr(c), ran.stdout + ran.stderr)


if __name__ == "__main__":
    if len(sys.argv) > 1 and os.path.exists(sys.argv[1]):
        MIZAN = sys.argv.pop(1)
    unittest.main(verbosity=1)
