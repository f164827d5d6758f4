"""A daemon that serves canned answers of docs/api/openapi.yaml, for tests of the client commands.

It lives in threads of the test, on a Unix socket and on a TCP port. Every request is kept in
`requests`; `faults` is a list of what to do to the next requests to POST /v1/jobs: "drop" (take it,
break off without an answer), "refuse" (answer 503), a number (wait so many seconds first).
"""

import copy
import http.server
import json
import os
import socket
import socketserver
import threading
import time
import urllib.parse

NOW = "2026-05-04T14:10:00Z"
TOKEN = "secret-of-ops"
HOSTILE = "evil\x1b]0;owned\x07\x1b[2Jname\u202e"


def job(number, name, state, **more):
    row = {
        "id": number, "name": name, "state": state, "partner": None, "site": None, "chip": None,
        "chips": 1, "nodes": None, "attempts": 0, "restarts": 0, "exit_code": None, "team": None,
        "owner": "ada", "priority": 50, "array_job": None, "array_index": None,
        "submitted_at": "2026-05-04T14:00:00Z", "started_at": None, "ended_at": None,
        "expected_start_at": None, "age_s": 600.0, "run_s": None, "time_limit_s": None,
        "cost_usd_per_hour": None, "contract": None, "checkpoint": None, "note": None,
    }
    row.update(more)
    return row


JOBS = [
    job(4127, "pretrain-9", "running", partner="azure", site="azure/westus3", chip="h100-sxm",
        chips=512, nodes="n1,n2", attempts=1, age_s=68400.0, run_s=68400.0, time_limit_s=95000.0,
        cost_usd_per_hour=1536.0, contract="azure-250b"),
    job(4140, "distill", "restarting", partner="own", site="own/mi1", chip="gb300", chips=64,
        attempts=2, restarts=1, age_s=180.0, cost_usd_per_hour=157.44,
        note="node lost, checkpoint 14 min old"),
    job(4142, "evals", "pending", chips=32, age_s=660.0,
        expected_start_at="2026-05-04T14:35:00Z", note="waits: quota team-eval"),
    job(4120, "warmup", "done", partner="aws", site="use1", chip="gb300", chips=8, attempts=1,
        exit_code=0, started_at="2026-05-04T13:00:00Z", ended_at="2026-05-04T13:30:00Z",
        age_s=1800.0),
    job(4121, "broken", "failed", partner="aws", site="use1", chip="gb300", chips=8, attempts=1,
        exit_code=3, started_at="2026-05-04T13:00:00Z", ended_at="2026-05-04T13:01:00Z",
        age_s=60.0, note="exit code 3 on a2"),
]
ENDED = ("done", "failed", "cancelled")

PARTNERS = [
    {"name": "aws", "label": "AWS", "driver": "slurm", "state": "lost",
     "problem": "slurmrestd 401: token expired 2 h ago", "nodes": 8, "nodes_up": 7, "chips": 64,
     "chips_used": 0, "chips_used_by_others": 16, "jobs": 0, "contracts": ["aws-38b"],
     "cost_usd_per_hour": 0.0, "heard_s": 7200.0},
    {"name": "azure", "label": "Azure", "driver": "slurm", "state": "ok", "problem": None,
     "nodes": 96, "nodes_up": 96, "chips": 768, "chips_used": 512, "chips_used_by_others": 0,
     "jobs": 1, "contracts": ["azure-250b", "azure-spot"], "cost_usd_per_hour": 1536.0,
     "heard_s": 1.5},
    {"name": "own", "label": "Own", "driver": "local", "state": "drained", "problem": None,
     "nodes": 8, "nodes_up": 8, "chips": 64, "chips_used": 64, "chips_used_by_others": 0,
     "jobs": 1, "contracts": [], "cost_usd_per_hour": 157.44, "heard_s": 0.2},
]
NODES = [
    {"partner": "aws", "site": "aws/use1", "name": "n0231", "state": "down",
     "reason": "heartbeat 45 s", "chip": "gb300", "chips": 8, "chips_free": 0, "jobs": [],
     "pretend": False},
    {"partner": "azure", "site": "azure/westus3", "name": "n1", "state": "up", "reason": None,
     "chip": "h100-sxm", "chips": 8, "chips_free": 0, "jobs": [4127], "pretend": False},
]
CONTRACTS = [
    {"name": "azure-250b", "partner": "azure", "kind": "committed", "commit_usd": 250e9,
     "due_usd": 10e6, "spent_usd": 2.44e6, "spent_percent": 24.4, "rate_usd_per_hour": 1536.0,
     "price_usd_per_chip_hour": 3.0, "marginal_usd_per_chip_hour": 0.0, "running_chips": 512,
     "start": "2026-01-01", "end": "2032-12-31", "runs_out_at": "2026-11-26T08:00:00Z"},
    {"name": "azure-spot", "partner": "azure", "kind": "on-demand", "commit_usd": None,
     "due_usd": None, "spent_usd": 0.0, "spent_percent": None, "rate_usd_per_hour": 0.0,
     "price_usd_per_chip_hour": 5.25, "marginal_usd_per_chip_hour": 5.25, "running_chips": 0,
     "start": None, "end": None, "runs_out_at": None},
]
EVENTS = [
    {"seq": 1, "at": "2026-05-04T14:07:05Z", "job": None, "attempt": None, "kind": "node-lost",
     "partner": "aws", "actor": None, "text": "node aws/use1/n0231 lost (heartbeat 45 s)"},
    {"seq": 2, "at": "2026-05-04T14:07:06Z", "job": 4140, "attempt": 1, "kind": "ended",
     "partner": "aws", "actor": None, "text": "job 4140 stopped, checkpoint 13:53 verified"},
    {"seq": 3, "at": "2026-05-04T14:09:00Z", "job": 4140, "attempt": 2, "kind": "placed",
     "partner": "own", "actor": None, "text": "job 4140 placed at own/mi1"},
]
WHY = """Job 4142 'evals' waits (11 min). Expected start ~14:35 (25 min).

  Nearest place   own/mi1      48 free >= 32 needed    blocked: quota 'team-eval' 96 of 96 in use
  2nd             aws/use1     16 free <  32 needed
"""
PLACES = [
    {"partner": "oracle", "site": "abilene", "chip": "gb300", "free_chips": 2304,
     "need_chips": 512, "why": None, "text": "", "frees_at": None, "contract": "oracle-300b",
     "price_usd_per_chip_hour": 3.41, "cost_usd": 78400.0, "is_chosen": True},
    {"partner": "aws", "site": "use1", "chip": "gb300", "free_chips": 384, "need_chips": 512,
     "why": "capacity", "text": "128 chips short until 18:20", "frees_at": "2026-05-04T18:20:00Z",
     "contract": "aws-38b", "price_usd_per_chip_hour": 3.18, "cost_usd": 73100.0,
     "is_chosen": False},
]
LOG = "".join("line %d\n" % i for i in range(1, 101))


class Fake:
    def __init__(self, directory):
        self.path = os.path.join(directory, "mizan.sock")
        self.requests = []
        self.faults = []
        self.jobs = copy.deepcopy(JOBS)
        self.partners = copy.deepcopy(PARTNERS)
        self.events = copy.deepcopy(EVENTS)
        self.places = copy.deepcopy(PLACES)
        self.tokens = [{"name": "ops", "role": "operator", "created_at": NOW}]
        self.keys = {}
        self.log = LOG.encode()
        self.log_piece = 8 << 20  # bytes of a log in one answer
        self.log_breaks = []      # numbers of bytes after which the next streams break off
        self.log_ends = []        # the same, but ended well: the daemon stops, the job goes on
        self.stream_events = 2    # events before a stream breaks off
        self.page = 10000
        self.next_id = 5000
        self.servers = []

    def start(self, tcp=True):
        fake = self

        class Handler(RequestHandler):
            daemon_state = fake

        if os.path.exists(self.path):
            os.unlink(self.path)
        self.servers = [UnixServer(self.path, Handler)]
        if tcp:
            self.servers.append(TcpServer(("127.0.0.1", 0), Handler))
            self.url = "http://127.0.0.1:%d" % self.servers[1].server_address[1]
        for server in self.servers:
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self):
        for server in self.servers:
            server.shutdown()
            server.server_close()
        self.servers = []
        if os.path.exists(self.path):
            os.unlink(self.path)


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass  # a client that left


class TcpServer(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    handle_error = UnixServer.handle_error


class Problem(Exception):
    def __init__(self, status, code, detail):
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail


class RequestHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    daemon_state = None

    def log_message(self, *args):
        pass

    def address_string(self):
        return "local"

    def answer(self, status, body, kind="application/json"):
        if not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def data(self, data, schema="mizan.done/1", status=200, **more):
        self.answer(status, dict({"schema": schema, "generated_at": NOW, "data": data}, **more))

    def break_off(self):
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def handle_any(self):
        fake = self.daemon_state
        url = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(url.query))
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        fake.requests.append({"method": self.command, "path": urllib.parse.unquote(url.path),
                              "query": self.query, "headers": dict(self.headers),
                              "body": json.loads(body) if body else None})
        try:
            if self.server.__class__ is TcpServer and self.command != "GET":
                given = self.headers.get("Authorization")
                if given is None:
                    raise Problem(401, "M0620", "this needs a token")
                if given != "Bearer " + TOKEN:
                    raise Problem(403, "M0621", "the token is not known")
            self.route(fake, urllib.parse.unquote(url.path).strip("/").split("/"),
                       fake.requests[-1])
        except Problem as problem:
            self.answer(problem.status, {
                "type": "about:blank", "title": "Problem", "status": problem.status,
                "code": problem.code, "detail": problem.detail}, "application/problem+json")

    do_GET = do_POST = do_DELETE = do_PATCH = handle_any

    def route(self, fake, parts, request):
        if parts[:1] != ["v1"] or len(parts) < 2:
            raise Problem(404, "M0600", "there is no such path")
        if parts[1] == "jobs":
            self.jobs(fake, parts[2:], request)
        elif parts[1] == "placements:preview":
            self.data({"id": None, "state": "pending", "text": "", "expected_start_at": None,
                       "is_promised": False, "position": None, "waiting": 3,
                       "places": fake.places}, "mizan.why/1")
        elif parts[1] == "partners" and len(parts) == 2:
            self.data(fake.partners, "mizan.partners/1")
        elif parts[1] == "partners":
            if parts[2].split(":")[0] not in [p["name"] for p in fake.partners]:
                raise Problem(404, "M0605", "there is no partner '%s'" % parts[2].split(":")[0])
            self.data({})
        elif parts[1] == "nodes":
            self.data([n for n in NODES if self.query.get("partner") in (None, n["partner"])],
                      "mizan.nodes/1")
        elif parts[1] == "contracts":
            self.data(CONTRACTS, "mizan.contracts/1")
        elif parts[1] == "events":
            self.events(fake)
        elif parts[1] == "status":
            self.data({"version": "0.1.0", "pid": 4711, "install": "abcd1234", "started_at": NOW,
                       "state_directory": os.path.dirname(fake.path), "journal": "sqlite",
                       "jobs_known": 5, "jobs_live": 3, "event_seq": 3, "disk_free_bytes": 41e9,
                       "rss_bytes": 1, "commits": 1, "fleet": None, "http": None,
                       "clock_synchronised": True}, "mizan.status/1")
        elif parts[1] == "tokens":
            self.tokens(fake, parts[2:], request)
        else:
            raise Problem(404, "M0600", "there is no such path")

    def jobs(self, fake, parts, request):
        if not parts:
            return self.submit(fake, request) if self.command == "POST" else self.list_jobs(fake)
        number, _, action = parts[0].partition(":")
        found = [j for j in fake.jobs if str(j["id"]) == number]
        if not found:
            raise Problem(404, "M0604", "there is no job %s" % number)
        row = found[0]
        if len(parts) == 2 and parts[1] == "logs":
            return self.logs(fake, row)
        if len(parts) == 2 and parts[1] == "why":
            return self.data({"id": row["id"], "state": row["state"], "text": WHY, "places": []},
                             "mizan.why/1")
        if len(parts) == 2 and parts[1] == "events":
            return self.data([e for e in fake.events if e["job"] == row["id"]], "mizan.events/1")
        if self.command == "DELETE" or action:
            if row["state"] in ENDED:
                raise Problem(409, "M0606", "job %s has ended (%s): nothing is left to %s" % (
                    number, row["state"], action or "cancel"))
            return self.data({"id": row["id"]})
        return self.data(dict(row, spec={}, attempt_list=[], waits_for=None), "mizan.job/1")

    def list_jobs(self, fake):
        rows = sorted(fake.jobs, key=lambda j: -j["id"])
        state = self.query.get("state")
        if state:
            wanted = state.split(",")
            rows = [j for j in rows if j["state"] in wanted or
                    ("live" in wanted and j["state"] not in ENDED)]
        for key in ("team", "owner", "partner"):
            if key in self.query:
                rows = [j for j in rows if j[key] == self.query[key]]
        if "name" in self.query:
            rows = [j for j in rows if self.query["name"] in j["name"]]
        start = int(self.query.get("cursor") or 0)
        shown = rows[start:start + fake.page]
        end = start + fake.page
        self.data(shown, "mizan.ps/1", next_cursor=str(end) if end < len(rows) else None, summary={
            "live": 3, "running": 1, "running_chips": 512, "pending": 1, "pending_chips": 32,
            "restarting": 1, "cost_usd_per_hour": 1693.44})

    def submit(self, fake, request):
        fault = fake.faults.pop(0) if fake.faults else None
        if fault == "refuse":
            raise Problem(503, "M0699", "the daemon starts")
        if isinstance(fault, (int, float)):
            time.sleep(fault)
        key = self.headers.get("Idempotency-Key")
        known = fake.keys.get(key)
        if known and known[0] != request["body"]:
            raise Problem(409, "M0607", "this key was used for another job")
        count = len((request["body"].get("array") or {}).get("indices", [0])) \
            if isinstance(request["body"].get("array"), dict) else 1
        if not known:
            known = (request["body"], fake.next_id)
            fake.keys[key] = known
            fake.next_id += 1
            fake.jobs.append(job(known[1], request["body"].get("name", "?"), "running"))
            repeated = False
        else:
            repeated = True
        if fault == "drop":
            return self.break_off()
        return self.data({"id": known[1], "count": count, "repeated": repeated, "note":
                          "it can never fit: no place has 9999 chips"
                          if request["body"].get("chips") == 9999 else None},
                         "mizan.submit/1", 200 if repeated else 201)

    def logs(self, fake, row):
        log = fake.log
        offset = int(self.query.get("offset", 0))
        part = log[offset:] if offset >= 0 else log[max(0, len(log) + offset):]
        if self.query.get("rank", "0") != "0":
            raise Problem(404, "M0608", "job %d has no rank %s" % (row["id"], self.query["rank"]))
        if self.query.get("follow") != "1":
            return self.answer(200, part[:fake.log_piece], "text/plain")
        stop = fake.log_breaks.pop(0) if fake.log_breaks else None
        end = fake.log_ends.pop(0) if fake.log_ends and stop is None else None
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        shown = part[:stop if stop is not None else end]
        if shown:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(shown), shown))
        self.wfile.flush()
        if stop is not None:
            return self.break_off()
        if end is None:
            row["ended_at"] = NOW
        self.wfile.write(b"0\r\n\r\n")
        return None

    def events(self, fake):
        if "text/event-stream" not in self.headers.get("Accept", ""):
            after = int(self.query.get("after", 0))
            return self.data([e for e in fake.events if e["seq"] > after][
                -int(self.query.get("limit", 100)):], "mizan.events/1")
        after = int(self.headers.get("Last-Event-ID") or 0)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        more = [dict(EVENTS[0], seq=n, text="event %d" % n) for n in range(after + 1, after + 1 +
                                                                           fake.stream_events)]
        text = ": hello\n\n" + "".join("id: %d\nevent: %s\ndata: %s\n\n" % (
            e["seq"], e["kind"], json.dumps(e)) for e in more if e["seq"] <= 9)
        text += "id: 99\ndata: {\"seq\": 99, half"  # breaks off inside an event
        for at in range(0, len(text), 7):
            piece = text[at:at + 7].encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.flush()
        return self.break_off()

    def tokens(self, fake, parts, request):
        if self.command == "GET":
            return self.data(fake.tokens, "mizan.tokens/1")
        if self.command == "POST":
            return self.data(dict(request["body"], token="tok-123"), "mizan.token/1", 201)
        if parts[0] not in [t["name"] for t in fake.tokens]:
            raise Problem(404, "M0609", "there is no token '%s'" % parts[0])
        return self.data({})


if __name__ == "__main__":
    import sys
    served = Fake(sys.argv[1] if len(sys.argv) > 1 else ".").start()
    print("unix:%s  %s  (Ctrl-C ends it)" % (served.path, served.url), flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        served.stop()
