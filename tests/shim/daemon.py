"""A daemon for one shim: an HTTP server in threads whose every answer a test can change.

Each request is kept in `calls`. What is answered comes from `on[name]`, a function of the call that
returns (status, body), None (no answer: the connection is closed), or raises Hang (nothing, ever).
"""

import os
import socket
import threading
import time


class Hang(Exception):
    """Say nothing and keep the connection open."""


class Raw(Exception):
    """Send these bytes as they are, then close."""


def records(pairs):
    out = []
    for key, value in pairs:
        value = value if isinstance(value, bytes) else str(value).encode()
        out.append(key.encode() + b" %d\n" % len(value) + value + b"\n")
    return b"".join(out)


def parse(body):
    pairs = []
    while body:
        head, body = body.split(b"\n", 1)
        key, length = head.split(b" ")
        length = int(length)
        assert body[length:length + 1] == b"\n", body[:80]
        pairs.append((key.decode(), body[:length]))
        body = body[length + 1:]
    return pairs


class Call:
    def __init__(self, name, query, headers, body, connection):
        self.name, self.headers, self.body, self.connection = name, headers, body, connection
        self.query = dict(part.split("=", 1) for part in query.split("&") if part)
        self.at = time.monotonic()
        self.fields = {} if name == "log" else dict(parse(body))

    def __getitem__(self, key):
        return self.fields[key].decode()


class Daemon:
    def __init__(self, folder, tcp=False):
        self.calls, self.on, self.sheet, self.orders = [], {}, [], []
        self.lease_ms, self.log, self.chunked = 60000, b"", False
        self.changed = threading.Condition()
        self.path = os.path.join(folder, "daemon.sock")
        self.tcp, self.port, self.listener, self.sockets = tcp, 0, None, set()
        self.connections = 0
        self.start()

    def start(self):
        if self.tcp:
            self.listener = socket.socket(socket.AF_INET)
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.listener.bind(("127.0.0.1", self.port))
            self.port = self.listener.getsockname()[1]
        else:
            if os.path.exists(self.path):
                os.unlink(self.path)
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(self.path)
        self.listener.listen(64)
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def stop(self):
        """As if it was killed: every connection breaks."""
        listener, self.listener = self.listener, None
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        with self.changed:
            sockets, self.sockets = self.sockets, set()
        for one in sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}" if self.tcp else f"unix:{self.path}"

    def accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with self.changed:
                self.connections += 1
                self.sockets.add(client)
                number = self.connections
            threading.Thread(target=self.serve, args=(client, number), daemon=True).start()

    def serve(self, client, number):
        try:
            pending = b""
            while True:
                while b"\r\n\r\n" not in pending:
                    piece = client.recv(65536)
                    if not piece:
                        return
                    pending += piece
                head, pending = pending.split(b"\r\n\r\n", 1)
                lines = head.decode().split("\r\n")
                headers = dict(line.split(": ", 1) for line in lines[1:])
                length = int(headers["Content-Length"])
                while len(pending) < length:
                    pending += client.recv(65536)
                method, target, version = lines[0].split(" ")
                assert (method, version) == ("POST", "HTTP/1.1")
                assert headers["Authorization"] == "Bearer secret", headers
                path, _, query = target.partition("?")
                call = Call(path.rsplit("/", 1)[1], query, headers, pending[:length], number)
                pending = pending[length:]
                with self.changed:
                    self.calls.append(call)
                    self.changed.notify_all()
                self.answer(client, call)
        except (OSError, ConnectionError):
            pass
        except Hang:
            time.sleep(120)
        finally:
            with self.changed:
                self.sockets.discard(client)
            client.close()

    def answer(self, client, call):
        try:
            reply = self.on.get(call.name, getattr(self, "default_" + call.name))(call)
        except Raw as raw:
            client.sendall(raw.args[0])
            raise ConnectionError from None
        if reply is None:
            raise ConnectionError
        status, body = reply
        if self.chunked:
            chunks = b"".join(b"%x;x=y\r\n%s\r\n" % (len(body[i:i + 7]), body[i:i + 7])
                              for i in range(0, len(body), 7))
            client.sendall(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 %d Fine\r\nTransfer-Encoding: "
                           b"chunked\r\n\r\n%s0\r\nX: y\r\n\r\n" % (status, chunks))
        else:
            client.sendall(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) +
                           body)

    # What a good daemon says.
    def default_permit(self, _):
        return 200, records([("later_key", b"\0\1")] + self.sheet +
                            [("lease_ms", self.lease_ms)])

    def default_lease(self, call):
        until = time.monotonic() + int(call["wait_ms"]) / 1000
        with self.changed:
            while time.monotonic() < until:
                newer = [(n, word) for n, word in self.orders if n > int(call["seen"])]
                if newer:
                    return 200, records([("order_number", newer[0][0]), ("order", newer[0][1]),
                                         ("lease_ms", self.lease_ms)])
                self.changed.wait(until - time.monotonic())
        return 200, records([("lease_ms", self.lease_ms)])

    def default_exit(self, _):
        return 200, b""

    def default_publish(self, _):
        return 200, b""

    def default_log(self, call):
        offset = int(call.query["offset"])
        if offset <= len(self.log):
            self.log = self.log[:offset] + call.body
        return 200, records([("size", len(self.log))])

    # What a test asks.
    def order(self, number, word):
        with self.changed:
            self.orders.append((number, word))
            self.changed.notify_all()

    def of(self, name):
        with self.changed:
            return [call for call in self.calls if call.name == name]

    def wait(self, name, count=1, timeout=10):
        until = time.monotonic() + timeout
        with self.changed:
            while True:
                found = [call for call in self.calls if call.name == name]
                if len(found) >= count:
                    return found
                left = until - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"only {len(found)} of {count} calls of {name}")
                self.changed.wait(left)
