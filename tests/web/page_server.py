#!/usr/bin/env python3
"""page_server.py FOLDER: the pages of tests/control/render_pages as the daemon would serve them.

Prints its port. Every answer has the dashboard's policy. Beside the daemon's routes there are some
for the test: /test/kind?is=NORMAL picks the fleet, /test/emit?id=N sends an event, /test/down?is=1
ends the streams and refuses new ones (and panels), /test/seen tells what was asked as JSON.
"""
import http.server
import json
import os
import queue
import sys
import threading
import urllib.parse

POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
         ".svg": "image/svg+xml", ".html": "text/html; charset=utf-8"}


class State:
    folder = ""
    kind = "normal"
    down = False
    streams = []
    last_ids = []
    panels = []
    paths = []
    lock = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def send(self, status, body, kind="text/html; charset=utf-8"):
        body = body if isinstance(body, bytes) else body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def send_file(self, *parts):
        path = os.path.join(State.folder, *parts)
        if not os.path.isfile(path):
            self.send(404, "no such file: " + path)
            return
        with open(path, "rb") as file:
            self.send(200, file.read(), TYPES[os.path.splitext(path)[1]])

    def stream(self):
        if State.down:
            self.send(503, "down")
            return
        events = queue.Queue()
        with State.lock:
            State.last_ids.append(self.headers.get("Last-Event-ID"))
            State.streams.append(events)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            self.wfile.write(b"retry: 2000\n\n")
            self.wfile.flush()
            while True:
                text = events.get()
                if text is None:
                    return
                for half in (text[: len(text) // 2], text[len(text) // 2 :]):
                    self.wfile.write(half.encode())
                    self.wfile.flush()
        except OSError:
            pass

    def test(self, what, query):
        if what == "kind":
            State.kind = query["is"][0]
        elif what == "emit":
            number = int(query["id"][0])
            data = json.dumps({"seq": number, "job": 4142, "kind": "placed", "partner": "own"})
            for events in State.streams:
                events.put(f"id: {number}\nevent: placed\ndata: {data}\n\n")
        elif what == "down":
            State.down = query["is"][0] == "1"
            for events in State.streams if State.down else []:
                events.put(None)
            State.streams = [] if State.down else State.streams
        elif what == "clear":
            State.last_ids, State.panels, State.paths = [], [], []
        self.send(200, json.dumps({"last_ids": State.last_ids, "panels": State.panels,
                                   "paths": State.paths}), "application/json")

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query)
        part = url.path.strip("/").split("/")
        if part[0] == "test":
            self.test(part[1], query)
            return
        State.paths.append(self.path)
        if part[0] == "assets":
            self.send_file("assets", part[1])
        elif url.path == "/v1/events":
            self.stream()
        elif "panel" in query:
            names = query["panel"][0].split(",")
            State.panels.append(names)
            if State.down:
                self.send(503, "down")
                return
            body = b""
            for name in names:
                path = os.path.join(State.folder, "normal", f"panel-{name}.html")
                if os.path.isfile(path):
                    with open(path, "rb") as file:
                        body += file.read()
            self.send(200, body)
        elif url.path == "/":
            self.send_file(State.kind, "overview.html")
        elif url.path == "/jobs":
            self.send_file(State.kind, "jobs.html")
        elif part[0] == "jobs":
            self.send_file(State.kind, "waiting.html" if part[1] in ("4142", "89996") else
                           "problem.html" if part[1] == "4711" else "job.html")
        else:
            self.send(404, "not here")


def main():
    State.folder = sys.argv[1]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
