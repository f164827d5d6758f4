#!/usr/bin/env python3
"""The built program from outside: exit status, streams, files, signals, hostile input.

    test_cli.py MIZAN       or MIZAN in the environment; run from the root of the repository
"""

import html.parser
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

MIZAN = os.environ.get("MIZAN", "build/mizan")
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SHIPPED = os.path.join(ROOT, "examples", "openai-2025.yaml")
STRICT = os.path.join(ROOT, "examples", "strict.yaml")
SMALL_LAB = os.path.join(ROOT, "examples", "small-lab.yaml")
SECONDS_MAX = 60 * int(os.environ.get("MIZAN_SLOW", "1"))

SMALL = """mizan: 1
name: small
start: 2026-01
periods: {months: 3}
chips: {c1: {power: 1 kW/chip}}
partners: {north: {label: North}}
sites: {north/a: {pue: 1.2, power: 2 MW}}
contracts:
  held: {kind: committed, partner: north, end: 2026-12, pools: {north/a: [c1]},
    capacity: 500 chips, price: 2 USD/chip-hour, commit: 5M USD, take_or_pay: 80%}
  spot: {kind: on-demand, partner: north, pools: {north/a: [c1]}, capacity: 100 chips,
    price: 5 USD/chip-hour}
workloads:
  chat: {kind: serve, demand: 43.2B tokens/day, throughput: 1000 tokens/s, critical: true}
overrides:
  late: {sites.north/a.slip: 1 months}
"""
IMPOSSIBLE = SMALL.replace("43.2B", "99B")


def run(*words, stdin=None, env=None, timeout=None, text=True):
    full = dict(os.environ, **(env or {}))
    for name in [n for n, value in (env or {}).items() if value is None]:
        full.pop(name)
    return subprocess.run([MIZAN, *words], input=stdin, capture_output=True, text=text, env=full,
                          timeout=timeout or SECONDS_MAX, check=False)


def has_control(text):
    """Characters that could drive a terminal."""
    return any((c < " " and c not in "\n\t") or "\x7f" <= c <= "\x9f" or
               "\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069" for c in text)


class Case(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = holder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, text, name="case.yaml"):
        mode = "wb" if isinstance(text, bytes) else "w"
        with open(self.path(name), mode, **({} if mode == "wb" else {"encoding": "utf-8"})) as file:
            file.write(text)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def ends(self, status, *words, **more):
        ran = run(*words, **more)
        self.assertEqual(ran.returncode, status, f"{words}: {ran.stderr[-600:]}")
        return ran


class TestExitStatus(Case):
    def test_a_plan_is_0_and_stderr_stays_empty(self):
        ran = self.ends(0, "plan", self.write(SMALL))
        self.assertEqual(ran.stderr, "")
        self.assertIn("#contracts", ran.stdout)

    def test_an_impossible_strict_plan_is_3_and_says_why_on_stderr(self):
        ran = self.ends(3, "plan", self.write(IMPOSSIBLE), "--strict")
        self.assertEqual(ran.stdout, "")
        self.assertIn("no plan satisfies", ran.stderr)

    def test_the_shipped_impossible_case_is_3_with_remedies_in_json(self):
        ran = self.ends(3, "plan", STRICT, "--strict", "--json")
        data = json.loads(ran.stdout)["data"]
        self.assertEqual(data["status"], "infeasible")
        self.assertIsNone(data["objective_usd"])
        self.assertGreater(len(data["remedies"]), 0)
        for remedy in data["remedies"]:
            again = self.ends(0, "plan", STRICT, "--strict", "--json", "--set", remedy["set"])
            self.assertEqual(json.loads(again.stdout)["data"]["status"], "optimal")

    def test_wrong_use_is_2_and_stdout_stays_empty(self):
        case = self.write(SMALL)
        for words in (["plan"], ["plan", case, case], ["plan", case, "--gap", "x"],
                      ["plan", case, "--gap", "-1"], ["plan", case, "--gap", "nan"],
                      ["plan", case, "--time-limit", "0"], ["plan", case, "--time-limit", "inf"],
                      ["plan", case, "--alternatives", "200%"], ["plan", case, "--lang", "fr"],
                      ["plan", case, "--solver", "cplex"], ["plan", case, "--set", "x"],
                      ["plan", case, "--set", "=1"], ["plan", case, "--what-if", "lose=north"],
                      ["plan", case, "--stress", "a,,b"], ["plan", case, "--sweep", "a=1,b"],
                      ["plan", case, "--sweep", "a"], ["plan", case, "--reservation", "maybe"],
                      ["plan", case, "-o", "narrow"], ["plan", case, "--override"],
                      ["plan", case, "--what-if", "lose=north@2026-99"],
                      ["check"], ["check", case, case], ["explain", "M9999"], ["explain", "a", "b"],
                      ["nonsense"]):
            with self.subTest(words=words[:1] + words[2:]):
                ran = self.ends(2, *words)
                self.assertEqual(ran.stdout, "")
                self.assertNotEqual(ran.stderr, "")

    def test_a_wrong_change_is_2_and_names_itself(self):
        case = self.write(SMALL)
        for words, name in ((["--set", "sites.nort/a.slip=1 months"], "nort/a"),
                            (["--set", "contracts.held.price=2"], "price"),
                            (["--set", "a.b.c=1"], "a"),
                            (["--set", "contracts.held.price={"], "price"),
                            (["--override", "latte"], "latte"),
                            (["--stress", "latte"], "latte"),
                            (["--what-if", "override=latte"], "latte"),
                            (["--what-if", "lose=nroth@2026-02"], "nroth"),
                            (["--sweep", "contracts.hled.price=1,2"], "hled")):
            with self.subTest(words=words):
                ran = self.ends(2, "plan", case, *words)
                self.assertIn(name, ran.stderr)
                self.assertEqual(ran.stdout, "")

    def test_unreadable_files_are_2_or_1_and_say_which(self):
        for path, status in ((self.path("missing.yaml"), 2), (self.folder, 1), ("/dev/null", 2),
                             (self.write("", "empty.yaml"), 2), (self.write("# only\n", "c"), 2)):
            for command in ("plan", "check"):
                with self.subTest(path=path, command=command):
                    ran = self.ends(status, command, path)
                    self.assertIn(os.path.basename(path), ran.stderr)
                    self.assertEqual(ran.stdout, "")

    @unittest.skipIf(os.geteuid() == 0, "root reads everything")
    def test_a_file_without_permission_is_1(self):
        path = self.write(SMALL)
        os.chmod(path, 0)
        self.ends(1, "plan", path)

    def test_a_time_limit_ends_with_4_and_a_gap(self):
        for seconds in ("2", "3", "1.5", "4", "1"):
            ran = run("plan", SHIPPED, "--gap", "0", "--time-limit", seconds, "--json", "-q")
            data = json.loads(ran.stdout)["data"]
            self.assertIn((ran.returncode, data["status"]),
                          ((0, "optimal"), (1, "stopped"), (4, "feasible")))
            if data["status"] == "feasible":
                self.assertGreater(data["gap"], 0)
                self.assertLessEqual(data["bound_usd"], data["objective_usd"])
                return
        self.skipTest("this machine finds a plan and proves it at once")


class TestWords(Case):
    def test_an_unknown_word_gets_the_nearest_known_one(self):
        case = self.write(SMALL)
        for words, near in ((["paln", case], "'plan'"), (["chekc"], "'check'"),
                            (["plan", case, "--jsno"], "'--json'"),
                            (["plan", case, "--reprot", "x"], "'--report'"),
                            (["plan", case, "--solver", "hihgs"], "'highs'"),
                            (["check", case, "--overide", "x"], "'--override'")):
            with self.subTest(words=words[:1] + words[2:]):
                self.assertIn(near, self.ends(2, *words).stderr)

    def test_help_is_0_on_stdout(self):
        for words in ([], ["-h"], ["--help"], ["help"], ["help", "plan"], ["plan", "-h"],
                      ["check", "-h"], ["explain", "-h"], ["catalogue", "-h"], ["--version"]):
            ran = self.ends(0, *words)
            self.assertNotEqual(ran.stdout, "")
            self.assertEqual(ran.stderr, "")
        self.ends(2, "help", "plam")


class TestStreams(Case):
    def test_json_alone_stands_on_stdout(self):
        case = self.write(SMALL)
        for words in (["plan", case, "--json"], ["plan", case, "--json", "--stress", "late"],
                      ["plan", case, "--json", "--what-if", "lose=north@2026-02", "--sweep",
                       "contracts.held.price=0.5,2", "--alternatives", "3%"],
                      ["check", case, "--json"]):
            ran = self.ends(0, *words)
            self.assertEqual(ran.stderr, "")
            document = json.loads(ran.stdout)
            self.assertRegex(document["schema"], r"^mizan\.[a-z]+/1$")
            self.assertIn("data", document)

    def test_json_errors_are_objects_on_stderr(self):
        case = self.write(SMALL.replace("capacity: 500 chips", "capasity: 500"))
        ran = self.ends(2, "plan", case, "--json")
        self.assertEqual(ran.stdout, "")
        for line in ran.stderr.splitlines():
            self.assertRegex(json.loads(line)["code"], r"^M\d{4}$")

    def test_a_file_from_stdin_is_as_good(self):
        case = self.write(SMALL)
        one = json.loads(self.ends(0, "plan", case, "--json").stdout)["data"]
        two = json.loads(self.ends(0, "plan", "-", "--json", stdin=SMALL).stdout)["data"]
        self.assertEqual(one["objective_usd"], two["objective_usd"])

    def test_tables_into_a_pipe_have_tabs_and_no_marks(self):
        ran = self.ends(0, "plan", self.write(SMALL), "--what-if", "lose=north@2026-02")
        self.assertIn("\t", ran.stdout)
        self.assertFalse(has_control(ran.stdout))
        self.assertNotIn("…", ran.stdout)
        with_head = ran.stdout.count("\n")
        ran = self.ends(0, "plan", self.write(SMALL), "--no-header")
        self.assertLess(ran.stdout.count("\n"), with_head)

    def test_colour_comes_only_when_asked_for(self):
        case = self.write(SMALL)
        self.assertNotIn("\x1b", self.ends(0, "plan", case, env={"NO_COLOR": None}).stdout)
        self.assertNotIn("\x1b", self.ends(0, "plan", case, "--color", "never").stdout)
        wrong = self.write("mizan: 2\n", "wrong.yaml")
        self.assertIn("\x1b[", self.ends(2, "plan", wrong, "--color", "always",
                                         env={"NO_COLOR": "1"}).stderr)
        self.assertNotIn("\x1b", self.ends(2, "plan", wrong, env={"NO_COLOR": "1"}).stderr)

    def on_terminal(self, *words, env=None):
        """What a terminal gets: a pseudo-terminal for stdout and stderr."""
        import pty
        try:
            main, other = pty.openpty()
        except OSError as error:
            self.skipTest(f"no pseudo-terminal here: {error}")
        full = {**os.environ, "TERM": "xterm", **(env or {})}
        if "NO_COLOR" not in (env or {}):
            full.pop("NO_COLOR", None)
        process = subprocess.Popen([MIZAN, *words], stdout=other, stderr=other, env=full)
        os.close(other)
        parts = []
        while True:
            try:
                part = os.read(main, 65536)
            except OSError:
                break
            if not part:
                break
            parts.append(part)
        os.close(main)
        process.wait(timeout=SECONDS_MAX)
        return b"".join(parts).decode().replace("\r\n", "\n")

    def test_a_terminal_gets_colour_unless_no_color_says_otherwise(self):
        try:
            import pty                                          # noqa: F401
        except ImportError:
            self.skipTest("no pseudo-terminals here")
        case = self.write(SMALL)
        self.assertIn("\x1b[", self.on_terminal("plan", case))
        self.assertNotIn("\x1b[", self.on_terminal("plan", case, env={"NO_COLOR": "1"}))
        self.assertNotIn("\x1b[", self.on_terminal("plan", case, env={"TERM": "dumb"}))

    def test_no_line_is_wider_than_columns_says(self):
        for columns in (120, 160):
            shown = self.on_terminal("plan", SMALL_LAB, "-q", "--color", "never",
                                     env={"COLUMNS": str(columns)})
            table = shown[shown.index("CONTRACT"):]
            for line in table[:table.index("\n\n")].splitlines():
                self.assertLessEqual(len(line), columns, line)


class TestComparisons(Case):
    def test_what_has_no_plan_has_no_numbers(self):
        case = self.write(SMALL.replace("  late:", "  more: {workloads.chat.demand: 430B "
                                                   "tokens/day}\n  late:"))
        ran = self.ends(0, "plan", case, "--strict", "--json", "--stress", "more", "--what-if",
                        "override=more", "--sweep", "workloads.chat.demand=1,10")
        data = json.loads(ran.stdout)["data"]
        for one in (data["stress"][0], data["what_if"][0], data["sweep"][0]["points"][1]):
            self.assertEqual(one["status"], "infeasible")
            self.assertIsNone(one["cost_usd"])
            self.assertIsNone(one["objective_usd"])
        self.assertEqual(data["sweep"][0]["points"][0]["status"], "optimal")


class TestFiles(Case):
    def test_what_cannot_be_written_is_1_and_named(self):
        case = self.write(SMALL)
        for option in ("--report", "--emit-fleet", "--write-mps"):
            for path in (self.path("no/where.x"), "/dev/full", self.folder):
                with self.subTest(option=option, path=path):
                    ran = self.ends(1, "plan", case, option, path)
                    self.assertIn(path, ran.stderr)
                    self.assertEqual(ran.stdout, "")
        for path in (self.path("no/where"), "/dev/null", case):
            with self.subTest(option="--out", path=path):
                self.assertIn(path, self.ends(1, "plan", case, "--out", path).stderr)

    def test_a_report_of_every_example_is_written(self):
        for case, words in ((self.write(SMALL), []), (SMALL_LAB, []), (STRICT, []),
                            (STRICT, ["--strict"]), (self.write(IMPOSSIBLE, "i.yaml"), [])):
            for language in ("en", "ar"):
                with self.subTest(case=os.path.basename(case), words=words, language=language):
                    ran = run("plan", case, *words, "--lang", language, "--reservation", "no",
                              "--report", self.path("r.html"))
                    self.assertIn(ran.returncode, (0, 3), ran.stderr[-300:])
                    self.assertTrue(self.read("r.html").startswith(b"<!"))

    def test_a_full_disk_on_stdout_is_1(self):
        case = self.write(SMALL)
        for words in (["plan", case], ["plan", case, "--json"], ["check", case], ["help"],
                      ["catalogue", "chips"], ["explain"]):
            with self.subTest(words=words), open("/dev/full", "wb") as full:
                ran = subprocess.run([MIZAN, *words], stdout=full, stderr=subprocess.PIPE,
                                     timeout=SECONDS_MAX, check=False)
                self.assertEqual(ran.returncode, 1)
                self.assertIn(b"stdout", ran.stderr)

    def test_a_reader_that_leaves_early_is_no_crash(self):
        for words in (["plan", SMALL_LAB, "--json"], ["catalogue", "contracts"], ["check",
                                                                                 "--schema"]):
            with self.subTest(words=words):
                process = subprocess.Popen([MIZAN, *words], stdout=subprocess.PIPE,
                                           stderr=subprocess.PIPE)
                process.stdout.read(10)
                process.stdout.close()
                process.stderr.read()
                process.stderr.close()
                self.assertIn(process.wait(timeout=SECONDS_MAX), (0, 1, -signal.SIGPIPE))

    def test_a_failed_report_leaves_the_old_one(self):
        case = self.write(SMALL)
        self.write("old", "r.html")
        self.ends(2, "plan", case, "--report", self.path("r.html"), "--override", "latte")
        self.assertEqual(self.read("r.html"), b"old")
        self.assertEqual(sorted(os.listdir(self.folder)), ["case.yaml", "r.html"])

    def test_equal_input_gives_equal_bytes(self):
        found = []
        for turn in ("one", "two"):
            os.mkdir(self.path(turn))
            words = ["plan", SMALL_LAB, "--json", "--sweep", "workloads.assistant.demand=0.9,1.1",
                     "--stress", "hall-late", "--what-if", "lose=cloud@2026-06",
                     "--report", "r.html", "--out", "out", "--emit-fleet", "f.yaml",
                     "--write-mps", "m.mps"]
            ran = subprocess.run([os.path.abspath(MIZAN), *words], cwd=self.path(turn),
                                 capture_output=True, timeout=SECONDS_MAX, check=False,
                                 env=dict(os.environ, SOURCE_DATE_EPOCH="1"))
            self.assertEqual(ran.returncode, 0, ran.stderr[-300:])
            files = {"stdout": ran.stdout}
            for base, _, names in os.walk(self.path(turn)):
                for name in names:
                    with open(os.path.join(base, name), "rb") as file:
                        files[os.path.relpath(os.path.join(base, name), self.path(turn))] = \
                            file.read()
            found.append(files)
        self.assertEqual(sorted(found[0]), sorted(found[1]))
        self.assertGreaterEqual(len(found[0]), 13)
        for name, content in found[0].items():
            self.assertEqual(content, found[1][name], name)
        self.assertNotIn("generated_at", json.loads(found[0]["stdout"]) or {})

    def test_an_emitted_fleet_is_a_right_file(self):
        self.ends(0, "plan", SMALL_LAB, "--emit-fleet", self.path("fleet.yaml"), "--reservation",
                  "no")
        self.assertIn("no errors", self.ends(0, "check", self.path("fleet.yaml")).stdout)


class TestInterrupt(Case):
    def interrupt(self, after, *words):
        process = subprocess.Popen([MIZAN, *words], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        time.sleep(after)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        out, err = process.communicate(timeout=SECONDS_MAX)
        return process.returncode, time.monotonic() - began, out, err

    def test_ctrl_c_ends_a_solve_within_a_second(self):
        for after in (0.2, 0.4, 0.8, 1.4, 2.0, 2.6, 3.2):
            with self.subTest(after=after):
                status, seconds, out, err = self.interrupt(
                    after, "plan", SHIPPED, "--gap", "0", "--json")
                self.assertIn(status, (0, 1, 4))
                self.assertLess(seconds, 1.0 * max(1, SECONDS_MAX / 60))
                if status == 1:
                    self.assertIn(b"stopped before a plan was found", err)
                if status == 4:
                    self.assertEqual(json.loads(out)["data"]["status"], "feasible")

    def test_an_interrupted_comparison_is_not_done(self):
        """Exit 0 says that everything that was asked for is there."""
        for after in (4.0, 6.0):
            status, seconds, out, err = self.interrupt(
                after, "plan", SHIPPED, "--json", "-q", "--what-if", "lose=aws@2028Q1",
                "--what-if", "lose=oracle@2028Q1", "--stress", "grid-slip")
            self.assertIn(status, (0, 1, 4))
            if status == 1:                                     # else the plan is there
                self.assertIn(b"stopped before a plan was found", err)
            data = json.loads(out)["data"] if out else {}
            compared = data.get("what_if", []) + data.get("stress", [])
            if status == 0:
                self.assertEqual([one for one in compared if one["status"] == "stopped"], [])
            for one in compared:
                if one["status"] == "stopped":
                    self.assertIsNone(one["cost_usd"])
            self.assertLess(seconds, 2.0 * max(1, SECONDS_MAX / 60))


ESCAPE = "\x1b]0;title\x07"
BOLD = "<b>bold</b>&amp;\"'"


class Scripts(html.parser.HTMLParser):
    """Tags of a page; names from the file must not make any."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))


class TestHostile(Case):
    def hostile(self, name):
        quoted = json.dumps(name)
        return (SMALL.replace("name: small", f"name: {quoted}")
                .replace("label: North", f"label: {quoted}")
                .replace("  held:", f"  {quoted}:").replace("  chat:", f"  {quoted}:")
                .replace("  late:", f"  {quoted}:"))

    def test_names_never_reach_the_terminal_raw(self):
        for name in (ESCAPE + "x", "a\x9b31mred", "a\x08\x08b", "\u202egnp.exe", "a\u2066b",
                     "line\u2028end", "nul\x01", "tab\tx"):
            case = self.write(self.hostile(name))
            for words in (["plan", case], ["plan", case, "--strict", "-o", "wide"],
                          ["check", case], ["plan", case, "--set", f"contracts.{name}x=1"],
                          ["plan", case, "--override", name + "x"], [name], ["explain", name],
                          ["plan", case, "--" + name], ["catalogue", name],
                          ["plan", case, "--what-if", "lose=" + name + "@2026-02"],
                          ["plan", case, "--report", "/no/" + name]):
                with self.subTest(name=name, words=words[:1]):
                    ran = run(*words)
                    self.assertIn(ran.returncode, (0, 1, 2, 3))
                    self.assertFalse(has_control(ran.stdout), repr(ran.stdout[:300]))
                    self.assertFalse(has_control(ran.stderr), repr(ran.stderr[:300]))

    def test_json_stays_json(self):
        for name in (ESCAPE + "x", BOLD, "a\\b\"c", "\u202e", "é\U0001F600"):
            ran = run("plan", self.write(self.hostile(name)), "--json")
            if ran.returncode == 0:
                ids = [c["id"] for c in json.loads(ran.stdout)["data"]["contracts"]]
                self.assertIn(name, ids)

    def page_tags(self, name):
        """Tags of the report of a case full of this name; None: the reader refused it."""
        ran = run("plan", self.write(self.hostile(name)), "--report", self.path("r.html"),
                  "--reservation", "no", "--what-if", "override=" + name, "--alternatives", "3%")
        if ran.returncode == 2:
            return None
        self.assertEqual(ran.returncode, 0, ran.stderr[-300:])
        parser = Scripts()
        parser.feed(self.read("r.html").decode("utf-8"))
        return parser.seen

    def test_names_never_reach_the_page_as_markup(self):
        plain = self.page_tags("plain")
        for name in (BOLD, "<script>alert(1)</script>", "</title><img src=x onerror=alert(1)>",
                     "\"><svg onload=alert(1)>", "' onmouseover='alert(1)", "</script><i>",
                     "-->", "]]>", "javascript:alert(1)", "<!--", "<!--<script>"):
            with self.subTest(name=name):
                seen = self.page_tags(name)
                if seen is None:
                    continue
                self.assertEqual({tag for tag, _ in seen}, {tag for tag, _ in plain})
                for tag, attributes in seen:
                    for key, value in attributes.items():
                        self.assertFalse(key.startswith("on"), f"{tag} {key}")
                        self.assertFalse((value or "").strip().startswith("javascript:"))
                page = self.read("r.html").decode("utf-8")
                self.assertEqual([tag for tag, _ in seen].count("script"),
                                 [tag for tag, _ in plain].count("script"))
                self.assertEqual(page.count("</script>"),
                                 [tag for tag, _ in plain].count("script"))
                self.assertNotIn("<script>alert", page)

    def test_huge_and_odd_numbers_are_refused_or_planned(self):
        for old, new in (("500 chips", "1e400 chips"), ("500 chips", "999999999999T chips"),
                         ("500 chips", "-5 chips"), ("500 chips", "nan chips"),
                         ("500 chips", "inf chips"), ("500 chips", "0x10 chips"),
                         ("500 chips", "1e17 chips"), ("500 chips", "1e-300 chips"),
                         ("43.2B", "1e17"), ("43.2B", "1e-9"), ("2 USD", "1e15 USD"),
                         ("1.2, power", "1e9, power"), ("1000 tokens/s", "1e-12 tokens/s"),
                         ("1000 tokens/s", "1e17 tokens/s"), ("months: 3", "months: 600"),
                         ("months: 3", "months: 601"), ("months: 3", "months: 99999999999"),
                         ("months: 3", "months: 0"), ("months: 3", "years: -1"),
                         ("2026-12", "2199-12"), ("2026-01", "9999-01"), ("80%", "1e9%"),
                         ("1 kW/chip", "1e16 W/chip"), ("2 MW", "1e17 MW"), ("2 MW", "1e-17 MW")):
            with self.subTest(new=new):
                ran = run("plan", self.write(SMALL.replace(old, new)), "--json", "--reservation",
                          "no")
                if ran.returncode == 1:                         # honest: its check caught it
                    self.assertIn("nothing is reported", ran.stderr)
                    continue
                self.assertIn(ran.returncode, (0, 2), ran.stderr[-300:])
                if ran.returncode == 0:
                    self.assertNotIn("Infinity", ran.stdout)
                    self.assertNotIn("NaN", ran.stdout)
                    json.loads(ran.stdout)

    def test_large_and_deep_files_end_soon(self):
        megabytes = 10 * 1024 * 1024
        for name, text in (("x", "x" * megabytes), ("#", "#" * megabytes), ("a:", "a:\n" * 500000),
                           ("[", "[" * 100000), ("{", "{a: " * 100000),
                           ("- ", "- " * 100000), ("blanks", " " * megabytes),
                           ("indent", "".join(" " * i + f"k{i}:\n" for i in range(2000))),
                           ("keys", "".join(f"k{i}: 1\n" for i in range(400000))),
                           ("partners", "partners:\n" + "".join(f"  p{i}: {{}}\n"
                                                                for i in range(100000))),
                           ("quote", "\"" * 999999), ("nul", "mizan: 1\0" * 100),
                           ("bom", "\ufeff" + SMALL), ("crlf", SMALL.replace("\n", "\r\n")),
                           ("tabs", SMALL.replace("  ", "\t")),
                           ("alias", "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
                               f"{chr(98 + i)}: &{chr(98 + i)} [" + ",".join(
                                   f"*{chr(97 + i)}" for _ in range(9)) + "]\n"
                               for i in range(9))),
                           ("self", "a: &a [*a]\n"), ("merge", "<<: {mizan: 1}\n"),
                           ("two", SMALL + "---\n" + SMALL), ("tag", "!!python/object:os.x {}\n")):
            with self.subTest(name=name):
                began = time.monotonic()
                ran = run("check", self.write(text), timeout=30)
                self.assertIn(ran.returncode, (0, 2), ran.stderr[-300:])
                self.assertLess(len(ran.stderr), 200000)
                self.assertLess(time.monotonic() - began, 15)

    def test_bytes_that_are_no_text_are_refused(self):
        for text in (b"\xff\xfe\x00", b"name: \xc3\x28\n", b"\x00" * 100, bytes(range(256)),
                     b"name: \xed\xa0\x80\n", SMALL.encode("utf-16")):
            ran = run("plan", self.write(text), text=False)
            self.assertIn(ran.returncode, (0, 2))


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith(("-", "Test")):
        MIZAN = sys.argv.pop(1)
    unittest.main()
