#!/usr/bin/env python3
"""The client commands against a daemon that serves canned answers (fake_daemon.py).

    test_client.py          with MIZAN in the environment; run from the root of the repository

What each screen looks like is kept in tests/system/client/: NAME.tty as on a terminal of 80 columns,
NAME.pipe as into a pipe, both with what went to stderr below a line "--- stderr, exit N". With
MIZAN_GOLDEN=write they are written anew, to be read before they are committed.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import fake_daemon  # noqa: E402
from client_case import MIZAN, SECONDS_MAX, Case  # noqa: E402

GOLDEN = os.path.join(HERE, "client")
MAN = os.path.join(HERE, "..", "..", "docs", "man")
CLIENT_COMMANDS = ("submit ps why logs cancel hold release move drain resume partners nodes "
                   "contracts events top doctor token").split()


SCREENS = {
    "ps": ["ps"],
    "ps-all": ["ps", "--all"],
    "ps-some": ["ps", "4127", "4120-4121"],
    "ps-columns": ["ps", "-a", "-o", "id,state,exit_code,submitted_at", "--sort", "-id",
                   "--where", "owner=ada"],
    "why": ["why", "4142"],
    "partners": ["partners"],
    "nodes": ["nodes"],
    "contracts": ["contracts"],
    "events": ["events"],
    "events-job": ["events", "--job", "4140"],
    "logs": ["logs", "4127", "--tail", "3"],
    "cancel": ["cancel", "4127"],
    "cancel-dry": ["cancel", "4127", "4140-4142", "--dry-run"],
    "cancel-ended": ["cancel", "4120"],
    "cancel-some": ["cancel", "--yes", "4120", "4127"],
    "hold": ["hold", "4142"],
    "release": ["release", "4142"],
    "move": ["move", "4127", "--to", "own"],
    "drain": ["drain", "azure/n1"],
    "drain-dry": ["drain", "azure", "--move", "--dry-run"],
    "drain-nobody": ["drain", "nobody"],
    "resume": ["resume", "azure"],
    "token-ls": ["token", "ls"],
    "token-add": ["token", "add", "ci", "--role", "user"],
    "token-rm": ["token", "rm", "ops", "--yes"],
    "submit": ["submit", "-G", "8", "-J", "hello", "--", "true"],
    "submit-never": ["submit", "-G", "9999", "--", "true"],
    "submit-dry": ["submit", "-N", "64", "--chips-per-node", "8", "-t", "72h", "--chip",
                   "h100-sxm", "--dry-run", "--", "./train.sh"],
    "submit-wrong": ["submit", "--nods", "8", "--", "true"],
}


class Screens(Case):
    """What users see."""

    def check(self, name, out, err, code):
        path = os.path.join(GOLDEN, name)
        text = "%s--- stderr, exit %d\n%s" % (out, code, err)
        text = text.replace(self.directory, "DIRECTORY")
        if os.environ.get("MIZAN_GOLDEN") == "write":
            os.makedirs(GOLDEN, exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(text, file.read(), path)

    def test_screens_on_a_terminal_and_in_a_pipe(self):
        for name, words in SCREENS.items():
            with self.subTest(name):
                code, out, err = self.run_tty(*words)
                self.check(name + ".tty", out, err, code)
            with self.subTest(name + " in a pipe"):
                result = self.run_mizan(*words)
                self.check(name + ".pipe", result.stdout, result.stderr, result.returncode)
                self.assertNotIn("…", result.stdout)
                self.assertNotIn("█", result.stdout)

    def test_tables_fit_the_terminal(self):
        for columns in (60, 80, 100, 140):
            for words in (["ps"], ["partners"], ["contracts"], ["nodes"], ["events"]):
                _, out, _ = self.run_tty(*words, env={"COLUMNS": str(columns)})
                if columns >= 80 or words == ["events"]:
                    self.assertLessEqual(max(len(line) for line in out.split("\n")), columns, out)

    def test_colour_is_on_terminals_alone_and_never_carries_meaning_alone(self):
        coloured = {"NO_COLOR": ""}
        _, with_colour, _ = self.run_tty("ps", env=coloured)
        _, plain, _ = self.run_tty("ps")
        self.assertIn("\x1b[32mrunning", with_colour)
        self.assertEqual(re.sub("\x1b\\[[0-9]*m", "", with_colour), plain)
        self.assertNotIn("\x1b", self.run_mizan("ps", env=coloured).stdout)
        self.assertIn("\x1b[3", self.run_tty("ps", "--color", "always")[1])

    def test_doctor_names_each_problem_and_its_fix(self):
        result = self.run_mizan("doctor")
        rows = [line.split("\t") for line in result.stdout.splitlines()]
        checks = {row[1]: row for row in rows}
        self.assertEqual(result.returncode, 1)
        self.assertEqual([row[1] for row in rows][:4], ["binary", "data", "daemon", "time"])
        self.assertEqual(checks["partner aws"][0], "error")
        self.assertIn("token expired", checks["partner aws"][2])
        self.assertEqual(checks["partner own"][0], "warning")
        self.assertEqual(checks["partner own"][3], "mizan resume own")
        self.assertEqual(checks["partner azure"][0], "ok")
        _, out, _ = self.run_tty("doctor")
        for mark in ("✓ binary", "✗ partner aws", "▲ partner own", "fix: mizan resume own"):
            self.assertIn(mark, out)
        self.fake.partners = [p for p in self.fake.partners if p["state"] != "lost"]
        self.assertEqual(self.run_mizan("doctor").returncode, 0)
        document = json.loads(self.run_mizan("doctor", "--json").stdout)
        self.assertEqual(document["schema"], "mizan.doctor/1")
        self.assertEqual(document["data"][0]["check"], "binary")
        self.fake.stop()
        result = self.run_mizan("doctor")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stdout, "error\tdaemon\tcannot reach .*\tmizan up\n")

    def test_top_and_watch_draw_a_screen_and_leave_it_at_q(self):
        for words in (["top", "-n", "1"], ["ps", "-w"]):
            process, outer = self.start_tty(*words, stdin_tty=True, stderr_tty=True)
            out = self.read_tty(outer, until="$1,693/h")
            out += self.read_tty(outer, until="4127", seconds=10) if "4127" not in out else ""
            self.assertIn("\x1b[?1049h", out)
            self.assertIn("pretrain-9", out)
            os.write(outer, b"q")
            out += self.read_tty(outer, until="\x1b[?1049l")
            self.assertIn("\x1b[?1049l", out)
            self.assertEqual(process.wait(SECONDS_MAX), 0)

    def test_a_screen_says_when_it_is_stale_and_recovers(self):
        process, outer = self.start_tty("top", "-n", "1", stdin_tty=True, stderr_tty=True)
        self.read_tty(outer, until="4127")
        self.fake.stop()
        self.read_tty(outer, until="stale since")
        self.fake.start(tcp=False)
        self.read_tty(outer, until="4127")
        process.send_signal(signal.SIGINT)
        self.assertIn("\x1b[?1049l", self.read_tty(outer, until="\x1b[?1049l"))
        self.assertEqual(process.wait(SECONDS_MAX), 0)

    def test_watch_needs_a_terminal(self):
        result = self.run_mizan("ps", "-w")
        self.assertEqual(result.returncode, 2)
        self.assertIn("needs a terminal", result.stderr)


class Forms(Case):
    """JSON, columns, filters."""

    def test_json_is_the_servers_document(self):
        for words, schema in ((["ps"], "mizan.ps/1"), (["partners"], "mizan.partners/1"),
                              (["nodes"], "mizan.nodes/1"), (["contracts"], "mizan.contracts/1"),
                              (["events"], "mizan.events/1"), (["why", "4142"], "mizan.why/1"),
                              (["token", "ls"], "mizan.tokens/1")):
            document = json.loads(self.run_mizan(*words, "--json").stdout)
            self.assertEqual(document["schema"], schema)
            self.assertEqual(document["generated_at"], fake_daemon.NOW)
        document = json.loads(self.run_mizan("ps", "--all", "--json").stdout)
        self.assertEqual(sorted(document["data"], key=lambda j: j["id"]),
                         sorted(fake_daemon.JOBS, key=lambda j: j["id"]))

    def test_jsonl_is_an_object_a_line_filtered_and_sorted(self):
        result = self.run_mizan("ps", "--all", "--jsonl", "--where", "partner=aws", "--sort", "id")
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual([row["id"] for row in rows], [4120, 4121])
        result = self.run_mizan("ps", "-a", "--jsonl", "--sort", "-cost_usd_per_hour")
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual([row["id"] for row in rows], [4127, 4140, 4142, 4121, 4120])

    def test_where_means_the_value_of_the_json_key(self):
        out = self.run_mizan("ps", "-a", "--no-header", "-o", "id", "--where", "exit_code=3").stdout
        self.assertEqual(out, "4121\n")
        out = self.run_mizan("ps", "-a", "--no-header", "-o", "id", "--where", "note=").stdout
        self.assertEqual(out, "4127\n4120\n")

    def test_an_unknown_column_names_the_nearest(self):
        for words in (["-o", "id,stat"], ["--sort", "stat"], ["--where", "stat=x"]):
            result = self.run_mizan("ps", *words)
            self.assertEqual(result.returncode, 2)
            self.assertIn("did you mean 'state'?", result.stderr)
            self.assertEqual(result.stdout, "")

    def test_filters_go_to_the_server(self):
        self.run_mizan("ps", "--state", "pending,held", "--team", "a&b", "--owner", "ada",
                       "--partner", "aws", "--name", "x y")
        query = self.last_request("GET")["query"]
        self.assertEqual({k: query[k] for k in ("state", "team", "owner", "partner", "name")}, {
            "state": "pending,held", "team": "a&b", "owner": "ada", "partner": "aws",
            "name": "x y"})
        self.run_mizan("ps")
        self.assertEqual(self.last_request("GET")["query"]["state"], "live")
        self.run_mizan("ps", "--all")
        self.assertNotIn("state", self.last_request("GET")["query"])
        result = self.run_mizan("ps", "--state", "runing")
        self.assertEqual(result.returncode, 2)
        self.assertIn("Did you mean 'running'?", result.stderr)

    def test_all_pages_are_read(self):
        self.fake.page = 2
        document = json.loads(self.run_mizan("ps", "-a", "--json").stdout)
        self.assertEqual(len(document["data"]), 5)
        self.assertIsNone(document["next_cursor"])

    def test_quiet_leaves_only_the_result(self):
        result = self.run_mizan("ps", "-q")
        self.assertEqual(result.stderr, "")
        self.assertIn("pretrain-9", result.stdout)


class Errors(Case):
    """What goes wrong, in words and as exit statuses."""

    def test_an_unreachable_daemon_is_three_lines_and_exit_5(self):
        self.fake.stop()
        for words in (["ps"], ["why", "1"], ["cancel", "1"], ["logs", "1"], ["events", "-f"],
                      ["top"], ["drain", "a"], ["ps", "1"], ["logs", "-f", "1"], ["contracts"],
                      ["submit", "--retry", "0", "--", "true"]):
            result = self.run_mizan(*words)
            self.assertEqual((words, result.returncode), (words, 5))
            self.assertEqual(result.stderr, (
                "mizan: cannot reach the daemon at %s: no such file\n"
                "  It is not running for this user. Start it:  mizan up\n"
                "  Use another one:                            "
                "mizan --server https://mizan.example:8730 %s\n") % (self.fake.path, words[0]))
            self.assertEqual(result.stdout, "")

    def test_a_socket_that_nobody_serves(self):
        self.fake.stop()
        dead = socket.socket(socket.AF_UNIX)
        dead.bind(self.fake.path)
        dead.close()
        result = self.run_mizan("ps")
        self.assertEqual(result.returncode, 5)
        self.assertIn("It does not answer there. Start it:", result.stderr)

    def test_where_the_daemon_is(self):
        cases = (
            ({"MIZAN_SERVER": None, "XDG_RUNTIME_DIR": "/run/x"}, [], "/run/x/mizan.sock"),
            ({"MIZAN_SERVER": None, "XDG_STATE_HOME": "/s"}, [], "/s/mizan/mizan.sock"),
            ({"MIZAN_SERVER": None, "HOME": "/h"}, [], "/h/.local/state/mizan/mizan.sock"),
            ({"MIZAN_SERVER": "unix:/a.sock"}, [], "/a.sock"),
            ({"MIZAN_SERVER": "unix:/a.sock"}, ["--server", "unix:/b.sock"], "/b.sock"),
            ({}, ["--server=http://127.0.0.1:1/"], "http://127.0.0.1:1:"),
        )
        for env, words, place in cases:
            for line in (["ps", *words], [*words, "ps"]):
                result = self.run_mizan(*line, env=env)
                self.assertEqual(result.returncode, 5)
                self.assertIn("the daemon at " + place, result.stderr)
        result = self.run_mizan("ps", "--server", "somewhere")
        self.assertEqual(result.returncode, 2)
        self.assertIn("is not an address", result.stderr)

    def test_the_socket_that_exists_is_taken(self):
        state = os.path.join(self.directory, "state")
        os.makedirs(os.path.join(state, "mizan"))
        os.rename(self.fake.path, os.path.join(state, "mizan", "mizan.sock"))
        result = self.run_mizan("ps", env={"MIZAN_SERVER": None, "XDG_STATE_HOME": state,
                                           "XDG_RUNTIME_DIR": self.directory})
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_with_json_an_error_is_one_object(self):
        result = self.run_mizan("cancel", "--json", "99")
        self.assertEqual(result.returncode, 2)
        error = json.loads(result.stderr)
        self.assertEqual((error["schema"], error["code"], error["exit_status"]),
                         ("mizan.error/1", "M0604", 2))
        self.fake.stop()
        result = self.run_mizan("ps", "--jsonl")
        self.assertEqual(result.returncode, 5)
        self.assertIn("cannot reach", json.loads(result.stderr)["message"])

    def test_tokens_come_from_files_alone(self):
        path = os.path.join(self.directory, "token")
        with open(path, "w", encoding="ascii") as file:
            file.write(fake_daemon.TOKEN + "\n")
        there = ["--server", self.fake.url]
        result = self.run_mizan("cancel", "4127", *there)
        self.assertEqual(result.returncode, 1)
        self.assertIn("M0620", result.stderr)
        self.assertIn("MIZAN_TOKEN_FILE", result.stderr)
        self.assertEqual(self.run_mizan("cancel", "4127", *there, "--token-file", path).returncode,
                         0)
        self.assertEqual(
            self.run_mizan("cancel", "4127", *there, env={"MIZAN_TOKEN_FILE": path}).returncode, 0)
        self.assertEqual(self.run_mizan("--token-file", path, *there, "hold", "4142").returncode, 0)
        with open(path, "w", encoding="ascii") as file:
            file.write("wrong")
        result = self.run_mizan("cancel", "4127", *there, "--token-file", path)
        self.assertEqual(result.returncode, 1)
        with open(path, "w", encoding="ascii") as file:
            file.write("a\r\nX-Other: b")
        result = self.run_mizan("ps", "--token-file", path)
        self.assertEqual(result.returncode, 2)
        self.assertIn("holds no token", result.stderr)
        self.assertEqual(self.run_mizan("ps", "--token-file", path + "x").returncode, 1)

    def test_a_server_that_is_something_else(self):
        self.fake.route = None
        old = fake_daemon.RequestHandler.route
        try:
            fake_daemon.RequestHandler.route = \
                lambda handler, *_: handler.answer(200, b"<html>", "text/html")
            result = self.run_mizan("ps")
            self.assertEqual(result.returncode, 1)
            self.assertIn("is it another program?", result.stderr)
            fake_daemon.RequestHandler.route = \
                lambda handler, *_: handler.answer(502, b"<html>", "text/html")
            result = self.run_mizan("ps")
            self.assertEqual(result.returncode, 1)
            self.assertIn("HTTP status 502", result.stderr)
        finally:
            fake_daemon.RequestHandler.route = old

    def test_wrong_use_is_exit_2_and_asks_nobody(self):
        cases = (["why"], ["why", "x"], ["why", "1", "2"], ["cancel"], ["cancel", "7-3"],
                 ["cancel", "0"], ["cancel", "--all", "3"], ["cancel", "--state", "held", "3"],
                 ["logs", "1", "--tail", "-3"], ["logs", "1", "--rank", "x"], ["move"], ["drain"],
                 ["drain", "/n"], ["token"], ["token", "add", "x"], ["token", "add", "x", "--role",
                 "root"], ["token", "show"], ["submit"], ["submit", "--"], ["ps", "--sort"],
                 ["ps", "--all=yes"], ["ps", "--color", "blue"], ["events", "--limit", "0"],
                 ["partners", "x"], ["top", "-n", "0"], ["completion"], ["completion", "csh"],
                 ["submit", "-N", "2", "-G", "3", "--", "x"],
                 ["submit", "--retry", "soon", "--", "x"], ["submit", "-N"],
                 ["submit", "--idempotency-key", "a b", "--", "x"])
        for words in cases:
            result = self.run_mizan(*words)
            self.assertEqual((words, result.returncode), (words, 2), result.stderr)
            self.assertEqual(result.stdout, "")
            self.assertTrue(result.stderr.startswith("mizan: "), result.stderr)
        self.assertEqual(self.fake.requests, [])

    def test_the_nearest_word(self):
        self.assertIn("Did you mean 'cancel'?", self.run_mizan("cancle").stderr)
        self.assertIn("did you mean '--where'?", self.run_mizan("ps", "--were=x").stderr)
        self.assertIn("did you mean '--nodes'?",
                      self.run_mizan("submit", "--nods=2", "--", "x").stderr)


class Safety(Case):
    def test_one_job_is_cancelled_without_a_question_several_are_not(self):
        self.assertEqual(self.run_mizan("cancel", "4127").returncode, 0)
        result = self.run_mizan("cancel", "4127", "4140")
        self.assertEqual(result.returncode, 2)
        self.assertIn("Cancel 2 jobs: 4127, 4140\n", result.stderr)
        self.assertIn("give --yes", result.stderr)
        deleted = [r for r in self.fake.requests if r["method"] == "DELETE"]
        self.assertEqual(len(deleted), 1)
        self.assertEqual(self.run_mizan("cancel", "--yes", "4127,4140", "4142").returncode, 0)
        deleted = [r["path"] for r in self.fake.requests if r["method"] == "DELETE"]
        self.assertEqual(deleted[1:], ["/v1/jobs/4127", "/v1/jobs/4140", "/v1/jobs/4142"])

    def test_all_means_the_users_own_live_jobs(self):
        self.run_mizan("cancel", "--all", "--yes")
        query = self.last_request("GET")["query"]
        self.assertEqual(query["state"], "live")
        self.assertIn("owner", query)
        result = self.run_mizan("cancel", "--all", "--yes", "--owner", "ada", "--state", "pending")
        self.assertEqual(result.stdout, "job 4142 is being cancelled\n")

    def test_a_terminal_is_asked(self):
        for answer, code, deletes in ((b"n\n", 1, 0), (b"y\n", 0, 2)):
            process, outer = self.start_tty("cancel", "4127", "4140", stdin_tty=True,
                                            stderr_tty=True)
            self.read_tty(outer, until="[y/N]")
            os.write(outer, answer)
            self.read_tty(outer)
            self.assertEqual(process.wait(SECONDS_MAX), code)
            self.assertEqual(len([r for r in self.fake.requests if r["method"] == "DELETE"]),
                             deletes)

    def test_what_moves_and_removes_asks(self):
        for words in (["drain", "azure", "--move"], ["token", "rm", "ops"], ["move", "4127-4128"],
                      ["hold", "1", "2"]):
            self.assertEqual(self.run_mizan(*words).returncode, 2)
        self.assertEqual({r["method"] for r in self.fake.requests}, {"GET"})

    def test_dry_runs_change_nothing(self):
        for words in (["cancel", "4127"], ["hold", "4142"], ["move", "4127"], ["drain", "azure"],
                      ["token", "rm", "ops"], ["token", "add", "x", "--role", "user"]):
            result = self.run_mizan(*words, "--dry-run")
            self.assertEqual((words, result.returncode), (words, 0))
            self.assertIn("Nothing was done.", result.stderr)
        self.assertEqual({r["method"] for r in self.fake.requests} - {"GET"}, set())

    def test_bodies_of_changes(self):
        self.run_mizan("move", "4127", "--to", 'a"b')
        self.assertEqual(self.last_request("POST")["body"], {"to": 'a"b'})
        self.run_mizan("move", "4127")
        self.assertEqual(self.last_request("POST")["body"], {})
        self.run_mizan("drain", "azure/n1", "--move", "--yes")
        self.assertEqual(self.last_request("POST")["body"], {"node": "n1", "move": True})
        self.assertEqual(self.last_request("POST")["path"], "/v1/partners/azure:drain")
        self.run_mizan("resume", "azure/n1")
        self.assertEqual(self.last_request("POST")["body"], {"node": "n1"})
        self.run_mizan("drain", "a b%c")
        self.assertEqual(self.last_request("POST")["path"], "/v1/partners/a b%c:drain")

    def test_a_token_goes_into_a_new_file_of_its_owner(self):
        path = os.path.join(self.directory, "ci.token")
        result = self.run_mizan("token", "add", "ci", "--role", "user", "--out", path)
        self.assertEqual((result.returncode, result.stdout), (0, ""))
        with open(path, encoding="ascii") as file:
            self.assertEqual(file.read(), "tok-123\n")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        posts = len(self.fake.requests)
        result = self.run_mizan("token", "add", "ci", "--role", "user", "--out", path)
        self.assertEqual(result.returncode, 2)
        self.assertIn("No token was made", result.stderr)
        self.assertEqual(len(self.fake.requests), posts)


class Hostile(Case):
    """A name can never drive the terminal."""

    def has_control(self, text):
        return any((c < " " and c not in "\n\t\x1b") or "\x7f" <= c <= "\x9f" or
                   "\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069"
                   for c in re.sub("\x1b\\[[0-9]*m", "", text)) or \
            "\x1b" in re.sub("\x1b\\[[0-9]*m", "", text)

    def test_hostile_names_everywhere(self):
        evil = fake_daemon.HOSTILE
        for row in self.fake.jobs:
            for key in ("name", "note", "partner", "site", "chip", "team", "owner", "nodes"):
                row[key] = evil
        for row in self.fake.partners:
            row.update(name=evil, problem=evil, label=evil, driver=evil, contracts=[evil])
        for row in self.fake.events:
            row.update(kind=evil, text=evil, partner=evil)
        for row in self.fake.places:
            row.update(partner=evil, site=evil, text=evil, contract=evil)
        self.fake.tokens[0]["name"] = evil
        for words in (["ps"], ["ps", "-o", "wide"], ["partners", "-o", "wide"], ["events"],
                      ["token", "ls"], ["doctor"], ["drain", evil, "--dry-run"], ["top"],
                      ["submit", "--dry-run", "--", "x"]):
            result = self.run_mizan(*words)
            self.assertFalse(self.has_control(result.stdout + result.stderr), words)
            self.assertIn("evil", result.stdout + result.stderr, words)
            if words != ["top"]:
                _, out, err = self.run_tty(*words, env={"NO_COLOR": ""})
                self.assertFalse(self.has_control(out + err), words)

    def test_a_hostile_sentence_of_a_server(self):
        old = fake_daemon.RequestHandler.route

        def route(*_):
            raise fake_daemon.Problem(400, fake_daemon.HOSTILE, fake_daemon.HOSTILE)
        try:
            fake_daemon.RequestHandler.route = route
            for words in (["ps"], ["cancel", "1"], ["logs", "1"], ["doctor"]):
                result = self.run_mizan(*words)
                self.assertFalse(self.has_control(result.stdout + result.stderr), words)
        finally:
            fake_daemon.RequestHandler.route = old

    def test_logs_keep_their_colours_and_cannot_drive_a_terminal(self):
        self.fake.log = (b"\x1b[1;31mred\x1b[0m \xc3\xa9\xe2\x82\xac\tx\rY\n"
                         b"\x1b]0;title\x07\x1b[2J\x1b[6n\x1bc\xc2\x9b31m\xff\xe2\x82\x00\x1bPq\x1b\\"
                         b"\xe2\x80\xae end\n\x1b[")
        raw = self.run_mizan("logs", "4127", text=False).stdout
        self.assertEqual(raw, self.fake.log)
        _, out, _ = self.run_tty("logs", "4127")
        self.assertTrue(out.startswith("\x1b[1;31mred\x1b[0m é€\tx\rY\n"), repr(out))
        rest = out.split("\n", 1)[1]
        self.assertFalse(any(c < " " and c != "\n" for c in rest), repr(rest))
        self.assertNotIn("\u202e", rest)
        self.assertIn(" end\n", rest)
        _, out, _ = self.run_tty("logs", "4127", "--tail", "1", "-f")
        self.assertFalse("\x1b" in out)


class Submit(Case):
    def write(self, name, text):
        with open(os.path.join(self.directory, name), "w", encoding="utf-8") as file:
            file.write(text)
        return name

    def sent(self):
        return [r for r in self.fake.requests if r["path"] == "/v1/jobs" and r["method"] == "POST"]

    def test_a_command_a_script_a_job_file_and_standard_input(self):
        result = self.run_mizan("submit", "-G", "4", "--", "python", "x.py", "--lr", "3e-4")
        self.assertEqual(result.stdout, "job 5000 'python' accepted\n")
        body = self.sent()[-1]["body"]
        self.assertEqual(body["command"], ["python", "x.py", "--lr", "3e-4"])
        self.assertEqual((body["chips"], body["workdir"]), (4, self.directory))
        self.write("train.sh", "#!/bin/sh\n#SBATCH --job-name=big -N 4\necho $1\n")
        result = self.run_mizan("submit", "train.sh", "-t", "2h", "one", "--", "--two")
        self.assertEqual(result.stdout, "job 5001 'big' accepted\n", result.stderr)
        body = self.sent()[-1]["body"]
        self.assertEqual((body["args"], body["nodes"], body["time_s"]), (["one", "--two"], 4, 7200))
        self.write("job.yaml", "name: y\nrun: echo\nchips: 2\n")
        result = self.run_mizan("submit", "--chips=8", "job.yaml")
        self.assertEqual(result.stdout, "job 5002 'y' accepted\n", result.stderr)
        self.assertEqual(self.sent()[-1]["body"]["chips"], 8)
        result = self.run_mizan("submit", "-", stdin="#!/bin/sh\ntrue\n")
        self.assertEqual(result.returncode, 0, result.stderr)
        result = self.run_mizan("submit", "job.yaml", "word")
        self.assertEqual(result.returncode, 2)
        self.assertIn("only a script takes arguments", result.stderr)

    def test_the_environment_stays_here(self):
        self.run_mizan("submit", "--env", "A=1", "--", "x", env={"SECRET_OF_MINE": "s3cret"})
        request = self.sent()[-1]
        self.assertNotIn("s3cret", json.dumps(request))
        self.assertEqual(request["body"]["env"], {"A": "1"})

    def test_a_wrong_file_is_shown_with_its_line_and_nothing_is_sent(self):
        self.write("job.yaml", "name: y\nrun: echo\nchps: 2\n")
        result = self.run_mizan("submit", "job.yaml")
        self.assertEqual(result.returncode, 2)
        self.assertIn("--> job.yaml:3:1", result.stderr)
        self.assertEqual(self.fake.requests, [])
        result = self.run_mizan("submit", "--json", "job.yaml")
        self.assertEqual(json.loads(result.stderr.splitlines()[0])["line"], 3)
        self.assertEqual(self.run_mizan("submit", "none.yaml").returncode, 1)

    def test_every_submission_has_a_key_of_its_own(self):
        self.run_mizan("submit", "--", "x")
        self.run_mizan("submit", "--", "x")
        self.run_mizan("submit", "--idempotency-key", "mine", "--", "x")
        result = self.run_mizan("submit", "--idempotency-key", "mine", "--", "x")
        keys = [r["headers"]["Idempotency-Key"] for r in self.sent()]
        self.assertRegex(keys[0], "^[0-9a-f]{32}$")
        self.assertNotEqual(keys[0], keys[1])
        self.assertEqual(keys[2:], ["mine", "mine"])
        self.assertEqual(result.stdout, "job 5002 'x' was accepted before\n")
        result = self.run_mizan("submit", "--idempotency-key", "mine", "--", "y")
        self.assertEqual(result.returncode, 2)
        self.assertIn("M0607", result.stderr)

    def test_a_broken_answer_and_a_busy_daemon_are_tried_again_with_the_same_key(self):
        self.fake.faults = ["drop", "refuse", "drop"]
        result = self.run_mizan("submit", "--", "x")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout, "job 5000 'x' was accepted before\n")
        self.assertEqual(len(self.sent()), 4)
        self.assertEqual(len({r["headers"]["Idempotency-Key"] for r in self.sent()}), 1)
        self.assertEqual(len({json.dumps(r["body"]) for r in self.sent()}), 1)
        self.assertEqual(len([j for j in self.fake.jobs if j["id"] >= 5000]), 1)

    def test_a_restart_of_the_daemon_is_waited_for(self):
        self.fake.stop()
        timer = threading.Timer(1.0, lambda: self.fake.start(tcp=False))
        timer.start()
        result = self.run_mizan("submit", "--", "x")
        timer.join()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(self.sent()), 1)
        self.assertIn("the daemon is away", result.stderr)

    def test_when_nobody_knows_it_says_so_and_how_to_make_sure(self):
        self.fake.faults = ["drop"] * 100
        result = self.run_mizan("submit", "--retry", "1s", "--", "x")
        self.assertEqual(result.returncode, 5)
        key = self.sent()[0]["headers"]["Idempotency-Key"]
        self.assertIn("Nobody knows whether the job was accepted.", result.stderr)
        self.assertIn("--idempotency-key " + key, result.stderr)

    def test_wait_gives_the_exit_code(self):
        def end():
            while not [j for j in self.fake.jobs if j["id"] == 5000]:
                time.sleep(0.02)
            time.sleep(0.2)
            self.fake.stop()  # the wait goes on over a restart
            time.sleep(0.2)
            self.fake.start(tcp=False)
            self.fake.jobs[-1].update(state="failed", exit_code=7, ended_at=fake_daemon.NOW)
        thread = threading.Thread(target=end)
        thread.start()
        result = self.run_mizan("submit", "--wait", "--", "x")
        thread.join()
        self.assertEqual(result.returncode, 7, result.stderr)
        self.assertIn("job 5000 failed, exit status 7", result.stderr)

    def test_a_wait_is_left_and_the_job_goes_on(self):
        process = subprocess.Popen([MIZAN, "submit", "--wait", "--", "x"], env=self.env,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   cwd=self.directory)
        self.assertEqual(process.stdout.readline(), "job 5000 'x' accepted\n")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=SECONDS_MAX)
        self.assertEqual(process.returncode, 4)
        self.assertIn("mizan logs -f 5000", err)
        self.assertNotIn("DELETE", [r["method"] for r in self.fake.requests])

    def test_a_dry_run_submits_nothing_and_says_when_no_place_will_do(self):
        result = self.run_mizan("submit", "--dry-run", "--", "x")
        self.assertEqual(result.returncode, 0)
        self.assertEqual(self.sent(), [])
        self.fake.places = [dict(fake_daemon.PLACES[1], frees_at=None)]
        result = self.run_mizan("submit", "--dry-run", "--", "x")
        self.assertEqual(result.returncode, 3)
        self.assertIn("No place will do", result.stderr)
        document = json.loads(self.run_mizan("submit", "--dry-run", "--json", "--", "x").stdout)
        self.assertEqual(document["schema"], "mizan.why/1")

    def test_options_of_sbatch_that_do_nothing_are_named(self):
        result = self.run_mizan("submit", "--mail-user=me", "--", "x")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("'mail-user' is ignored", result.stderr)


class Streams(Case):
    def test_events_resume_behind_the_last_one(self):
        process = subprocess.Popen([MIZAN, "events", "-f", "--jsonl"], env=self.env,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        seqs = [json.loads(process.stdout.readline())["seq"] for _ in range(9)]
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=SECONDS_MAX)
        self.assertEqual(process.returncode, 0)
        self.assertEqual(seqs, list(range(1, 10)))
        heads = [r["headers"].get("Last-Event-ID") for r in self.fake.requests
                 if "event-stream" in r["headers"].get("Accept", "")]
        self.assertEqual(heads[:3], ["3", "5", "7"])
        self.assertIn("it goes on behind", err)

    def test_events_of_one_job_and_lines_for_people(self):
        process, outer = self.start_tty("events", "-f", "--job", "4140")
        out = self.read_tty(outer, until="own/mi1")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=SECONDS_MAX)
        self.assertEqual(out.splitlines()[0].split()[:4], ["14:07", "4140", "ended", "aws"])
        self.assertNotIn("n0231", out)

    def test_a_closed_pipe_ends_a_stream(self):
        process = subprocess.Popen([MIZAN, "events", "-f"], env=self.env, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        process.stdout.readline()
        process.stdout.close()
        process.wait(SECONDS_MAX)

    def test_logs_whole_tail_and_follow(self):
        log = fake_daemon.LOG
        self.assertEqual(self.run_mizan("logs", "4127").stdout, log)
        self.assertEqual(self.run_mizan("logs", "4127", "-f").stdout, log)
        self.assertEqual(self.run_mizan("logs", "4127", "--tail", "2").stdout,
                         "line 99\nline 100\n")
        self.assertEqual(self.run_mizan("logs", "4127", "-n0").stdout, "")
        self.assertEqual(self.run_mizan("logs", "4127", "-n500").stdout, log)
        self.assertEqual(self.run_mizan("logs", "4127", "-f", "-n", "2").stdout,
                         "line 99\nline 100\n")
        self.fake.log = b"".join(b"%070d\n" % i for i in range(20000))
        out = self.run_mizan("logs", "4127", "-n", "3000").stdout
        self.assertEqual(out.encode(), b"".join(b"%070d\n" % i for i in range(17000, 20000)))
        self.assertEqual(self.run_mizan("logs", "4127", "--rank", "9").returncode, 2)
        self.fake.log_piece = 100000
        self.assertEqual(self.run_mizan("logs", "4127", text=False).stdout, self.fake.log)
        self.fake.log = b""
        self.fake.jobs[0]["ended_at"] = None
        result = self.run_mizan("logs", "4127")
        self.assertEqual((result.returncode, result.stdout), (0, ""))
        self.assertEqual(result.stderr, "mizan: logs: job 4127 has written nothing yet\n")

    def test_follow_goes_on_at_the_byte_where_it_broke_off(self):
        self.fake.log_breaks = [100, 7]
        result = self.run_mizan("logs", "4127", "-f")
        self.assertEqual(result.stdout, fake_daemon.LOG)
        self.assertEqual(result.returncode, 0)
        offsets = [r["query"]["offset"] for r in self.fake.requests if r["path"].endswith("/logs")]
        self.assertEqual(offsets, ["0", "100", "107", str(len(fake_daemon.LOG))])

    def test_follow_goes_on_when_the_daemon_ended_the_stream_and_not_the_job(self):
        self.fake.log_ends = [50, 0, 7]
        self.fake.log_breaks = []
        result = self.run_mizan("logs", "4127", "-f")
        self.assertEqual((result.returncode, result.stdout), (0, fake_daemon.LOG))


class Help(Case):
    def options_of(self, command):
        result = self.run_mizan(command, "--help")
        self.assertEqual(result.returncode, 0, command)
        self.assertEqual(result.stderr, "")
        self.assertIn("Exit status", result.stdout, command)
        return re.findall(r"^  (?:-\w, )?(--[a-z-]+)", result.stdout, re.M)

    def test_every_command_has_help_and_a_man_page_with_all_its_options(self):
        for command in CLIENT_COMMANDS + ["completion", "backup", "restore"]:
            options = self.options_of(command)
            self.assertIn("--help", options)
            self.assertEqual(self.run_mizan("help", command).stdout,
                             self.run_mizan(command, "-h").stdout)
            with open(os.path.join(MAN, "mizan-%s.1.scd" % command), encoding="utf-8") as file:
                page = file.read().replace("\\", "")
            self.assertIn("# EXIT STATUS", page)
            for option in options:
                self.assertIn("*%s*" % option, page, command)
            for option in re.findall(r"\*(--[a-z-]+)\*", page):
                self.assertIn(option, options, command)

    def test_the_front_door_is_one_screen_and_names_every_command(self):
        out = self.run_mizan().stdout
        self.assertLessEqual(len(out.splitlines()), 24)
        self.assertLessEqual(max(len(line) for line in out.splitlines()), 90)
        words = out.split()
        for command in CLIENT_COMMANDS:
            self.assertIn(command, words)
        self.assertEqual(out, self.run_mizan("-h").stdout)
        self.assertEqual(out, self.run_mizan("help").stdout)

    def test_completion_is_a_script_that_the_shell_reads(self):
        for shell in ("bash", "zsh", "fish"):
            script = self.run_mizan("completion", shell).stdout
            for command in CLIENT_COMMANDS + ["plan", "sim", "size"]:
                self.assertIn(command, script)
            self.assertIn("checkpoint-every", script)
            if shutil.which(shell):
                result = subprocess.run([shell, "-n"], input=script, text=True, check=False,
                                        capture_output=True)
                self.assertEqual((shell, result.returncode, result.stderr), (shell, 0, ""))

    def complete(self, *words):
        script = """
            set -- %s
            COMP_WORDS=("$@"); COMP_CWORD=$(($#-1))
            _mizan; printf '%%s\\n' "${COMPREPLY[@]}"
        """ % " ".join("'%s'" % w for w in words)
        env = dict(self.env, PATH=os.path.dirname(MIZAN) + ":" + os.environ["PATH"])
        result = subprocess.run(["bash", "-c", 'eval "$(mizan completion bash)"; ' + script],
                                env=env, text=True, capture_output=True, check=True,
                                cwd=self.directory)
        return result.stdout.split()

    def test_bash_completes_commands_options_jobs_and_partners(self):
        self.assertEqual(self.complete("mizan", "can"), ["cancel"])
        self.assertEqual(self.complete("mizan", "ps", "--wh"), ["--where"])
        self.assertEqual(self.complete("mizan", "why", "414"), ["4142", "4140"])
        self.assertEqual(self.complete("mizan", "move", "4127", "--to", "a"), ["aws", "azure"])
        self.assertEqual(self.complete("mizan", "submit", "--partners", "o"), ["own"])
        self.assertEqual(self.complete("mizan", "ps", "--state", "runn"), ["running"])

    def test_a_hostile_name_is_not_run_by_completion(self):
        trap = os.path.join(self.directory, "trap")
        self.fake.partners[0]["name"] = "$(touch${IFS}%s)" % trap
        self.assertEqual(self.complete("mizan", "drain", ""), ["azure", "own"])
        self.assertFalse(os.path.exists(trap))


if __name__ == "__main__":
    unittest.main()
