#!/usr/bin/env python3
"""What a gateway costs: a Toolface asked directly, and through another one with a tool that is bound to it.

    cargo build --release
    python3 benches/gateway.py [target/release/toolface] [seconds]

Sixteen requests at a time, of one thread that does little else: over HTTP, on sixteen connections, to an upstream of
2026-07-28 and to a session of 2025-11-25, and on the pipe of a program. Both sides in turns, three times. The upstream
answers with data that are fixed, so nearly all that is measured is the way. Tells calls per second, times as clients
see them, what the gateway adds to them, and the processor time of the gateway per call.
"""

import json
import os
import pathlib
import re
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = str(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/release/toolface").resolve())
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 3.0
AT_ONCE = 16
TURNS = 3
CALL = {"name": "search", "arguments": {"query": "socks"}}
DATA = {"query": "socks", "heading": "No socks", "count": 0, "suggestions": [{"label": "Shoes", "query": "shoes"}]}
LEGACY = "2025-11-25"
ABOUT = {"name": "bench", "version": "1"}


def message(id, method, params):
    return json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).encode()


def http(body, headers):
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return (
        f"POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        f"accept: application/json, text/event-stream\r\ncontent-length: {len(body)}\r\n{head}\r\n"
    ).encode() + body


def modern(id):
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": ABOUT,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    headers = {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": CALL["name"]}
    return http(message(id, "tools/call", {**CALL, "_meta": meta}), headers)


def session(port):
    """Calls in a session that was begun. In one session no two at a time may have the same number."""
    hello = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": ABOUT}
    with socket.create_connection(("127.0.0.1", port)) as begun:
        begun.sendall(http(message(0, "initialize", hello), {"connection": "close"}))
        answer = b"".join(iter(lambda: begun.recv(1 << 16), b""))
    headers = {"mcp-session-id": re.search(rb"(?i)mcp-session-id: (\S+)", answer)[1].decode()}
    headers["mcp-protocol-version"] = LEGACY
    started = json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}).encode()
    with socket.create_connection(("127.0.0.1", port)) as begun:
        begun.sendall(http(started, {**headers, "connection": "close"}))
        begun.recv(1 << 16)
    return lambda id: http(message(id, "tools/call", CALL), headers)


class Connections:
    """Sixteen connections, a request on each."""

    def __init__(self, port, request):
        self.all = [socket.create_connection(("127.0.0.1", port)) for _ in range(AT_ONCE)]
        for one in self.all:
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.requests = {one.fileno(): request(id) for id, one in enumerate(self.all, 1)}

    def run(self, seconds):
        times, began, got, poll = [], {}, {}, select.epoll()
        by = {one.fileno(): one for one in self.all}
        for number, one in by.items():
            poll.register(number, select.EPOLLIN)
            began[number], got[number] = time.perf_counter(), b""
            one.sendall(self.requests[number])
        until = time.perf_counter() + seconds
        while began:
            for number, _ in poll.poll():
                got[number] += by[number].recv(1 << 16)
                if not is_whole(got[number]):
                    continue
                now = time.perf_counter()
                times.append(now - began.pop(number))
                check(got[number])
                got[number] = b""
                if now < until:
                    began[number] = time.perf_counter()
                    by[number].sendall(self.requests[number])
        poll.close()
        return times

    def close(self):
        for one in self.all:
            one.close()


def is_whole(answer):
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found:
        return False
    if length := re.search(rb"(?i)content-length: (\d+)", head):
        return len(body) >= int(length[1])
    return body.endswith(b"0\r\n\r\n")


def check(answer):
    if b'"structuredContent"' not in answer or b'"isError":true' in answer:
        raise SystemExit(f"no answer: {answer[:2000].decode()}")


class Pipe:
    """A program that is asked on its standard streams, sixteen requests at a time."""

    def __init__(self, folder):
        command = [PROGRAM, "stdio", "--dir", str(folder), "--log", "error"]
        self.program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        hello = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": ABOUT}
        self.send(message("hello", "initialize", hello))
        self.rest = b""
        while not self.lines():
            pass
        self.send(json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}).encode())

    def send(self, line):
        self.program.stdin.write(line + b"\n")

    def lines(self):
        *lines, self.rest = (self.rest + self.program.stdout.read(1 << 20)).split(b"\n")
        return lines

    def run(self, seconds):
        times, began, following = [], {}, 0
        start = time.perf_counter()
        until = start + seconds

        def ask():
            nonlocal following
            following += 1
            began[following] = time.perf_counter()
            self.send(message(following, "tools/call", CALL))

        for _ in range(AT_ONCE):
            ask()
        while began:
            for line in self.lines():
                now = time.perf_counter()
                if not (id := re.search(rb'"id":(\d+)', line)):
                    continue
                times.append(now - began.pop(int(id[1])))
                check(line)
                if now < until:
                    ask()
        return times

    def close(self):
        self.program.stdin.close()
        self.program.wait()


def serve(folder):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([PROGRAM, "serve", "--dir", str(folder), "--listen", f"127.0.0.1:{port}", "--log", "error"])
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return process, port
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise SystemExit(f"{folder} is not served")


def used(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") * 1e6


def measure(about, direct, through, gateway):
    medians, lates = {}, {}
    for _ in range(TURNS):
        for what, clients in (("direct", direct), ("through", through)):
            clients.run(0.5)
            before = used(gateway)
            times = sorted(clients.run(SECONDS))
            at = lambda part: times[min(len(times) - 1, int(len(times) * part))] * 1000
            medians.setdefault(what, []).append(at(0.5))
            lates.setdefault(what, []).append(at(0.99))
            cost = f"   gateway {(used(gateway) - before) / len(times):4.0f} us a call" if what == "through" else ""
            rate = len(times) / SECONDS
            print(f"{about:16} {what:8} {rate:7.0f} calls/s   p50 {at(0.5):5.2f} ms   p99 {at(0.99):5.2f} ms{cost}")
    added = [statistics.median(all["through"]) - statistics.median(all["direct"]) for all in (medians, lates)]
    print(f"{about:16} added    {'':15}   p50 {added[0]:5.2f} ms   p99 {added[1]:5.2f} ms\n")
    direct.close()
    through.close()


def project(folder, settings, source):
    (folder / "tools").mkdir(parents=True)
    (folder / "widgets").symlink_to(ROOT / "widgets")
    (folder / "toolface.toml").write_text(f"[server]\nname = 'bench'\n[studio]\nenabled = false\n{settings}")
    tool = f"description = 'Searches'\nwidget = 'nothing-found'\n{source}\n[input.query]\ntype = 'string'\n"
    (folder / "tools/search.toml").write_text(tool)
    return folder


def main():
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        upstream = project(folder / "upstream", "", "source = { file = 'found.json' }")
        (upstream / "found.json").write_text(json.dumps(DATA))
        behind, port = serve(upstream)
        bound = "source = { connection = 'up', call = 'search' }\ndata = { select = '.data' }"
        url = f"[connections.up]\nkind = 'mcp'\nurl = 'http://127.0.0.1:{port}/mcp'\n"
        command = f"[connections.up]\nkind = 'mcp'\ncommand = ['{PROGRAM}', 'stdio', '--dir', '{upstream}', '--log', 'error']\n"
        try:
            for about, settings, asked in (
                ("HTTP 2026-07-28", url, modern),
                ("HTTP 2025-11-25", f"{url}revision = '{LEGACY}'\n", session(port)),
            ):
                gateway, front = serve(project(folder / about, settings, bound))
                try:
                    measure(about, Connections(port, asked), Connections(front, modern), gateway)
                finally:
                    gateway.terminate()
                    gateway.wait()
        finally:
            behind.terminate()
            behind.wait()
        through = Pipe(project(folder / "pipe", command, bound))
        measure("stdio 2025-11-25", Pipe(upstream), through, through.program)


if __name__ == "__main__":
    main()
