#!/usr/bin/env python3
"""What a gateway costs: the demo asked directly, and through a tool that is bound to it.

    cargo build --release
    python3 benches/gateway.py [target/release/toolface] [seconds]

Sixteen clients on kept connections, MCP 2026-07-28 over HTTP. Tells calls per second, times as clients see them, and
the processor time of each server per call.
"""

import http.client
import json
import multiprocessing
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "target/release/toolface")
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 5.0
CLIENTS = 16


def serve(folder):
    command = [PROGRAM, "serve", "--dir", str(folder), "--listen", "127.0.0.1:0", "--log", "toolface::call=warn,info"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if at := re.search(r" at http://([0-9.]+):(\d+)/mcp", line):
            return process, int(at[2])
    raise SystemExit(f"{folder} is not served")


def request(method, name, arguments):
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params = {"name": name, "arguments": arguments, "_meta": meta}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    headers = {
        "content-type": "application/json",
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": method,
        "mcp-name": name,
    }
    return body, headers


def client(port, until, out):
    body, headers = request("tools/call", "get_stock", {"symbol": "PDLP"})
    connection = http.client.HTTPConnection("127.0.0.1", port)
    times = []
    while time.monotonic() < until:
        start = time.perf_counter()
        connection.request("POST", "/mcp", body, headers)
        answer = connection.getresponse().read()
        times.append(time.perf_counter() - start)
        if b'"isError":true' in answer or b'"result"' not in answer:
            out.put(answer.decode())
            return
    out.put(times)


def used(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(what, port, servers, seconds):
    before = [used(server) for server in servers]
    out, until = multiprocessing.Queue(), time.monotonic() + seconds
    clients = [multiprocessing.Process(target=client, args=(port, until, out)) for _ in range(CLIENTS)]
    for one in clients:
        one.start()
    answers = [out.get() for _ in clients]
    for one in clients:
        one.join()
    for answer in answers:
        if isinstance(answer, str):
            raise SystemExit(f"{what}: {answer[:2000]}")
    times = sorted(time for one in answers for time in one)
    cpu = [(used(server) - then) / len(times) * 1000 for server, then in zip(servers, before)]
    at = lambda part: times[min(len(times) - 1, int(len(times) * part))] * 1000
    print(
        f"{what:8} {len(times) / seconds:8.0f} calls/s   p50 {at(0.5):6.2f} ms   p99 {at(0.99):6.2f} ms   "
        f"processor per call, upstream and gateway: {cpu[0]:.3f} ms, {cpu[1]:.3f} ms"
    )


def main():
    upstream, port = serve(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        gateway = pathlib.Path(folder)
        (gateway / "tools").mkdir()
        (gateway / "widgets").symlink_to(ROOT / "widgets")
        (gateway / "toolface.toml").write_text(
            f"[server]\nname = 'gateway'\n[connections.up]\nkind = 'mcp'\nurl = 'http://127.0.0.1:{port}/mcp'\n"
        )
        widget = re.search(r'^widget = .*$', (ROOT / "tools/get_stock.toml").read_text(), re.MULTILINE)[0]
        (gateway / "tools/get_stock.toml").write_text(
            f"{widget}\nsource = {{ connection = 'up', call = 'get_stock' }}\ndata = {{ select = '.data' }}\n"
        )
        middle, behind = serve(gateway)
        try:
            both = (upstream, middle)
            for what, where in (("direct", port), ("through", behind)):
                measure(f"({what})", where, both, 1)
                measure(what, where, both, SECONDS)
        finally:
            middle.terminate()
            upstream.terminate()
            middle.wait()
            upstream.wait()


if __name__ == "__main__":
    main()
