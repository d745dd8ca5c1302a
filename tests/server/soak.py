"""What `rwkvk serve` is like after long use: ten thousand conversations, with forks, in each kind of store; a thousand idle
connections. It takes some minutes, so it is no part of the suite.

usage: soak.py PROGRAM [CONVERSATIONS]
"""
import concurrent.futures
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

COUNT = int(sys.argv.pop(2)) if len(sys.argv) > 2 else 10000
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from conversations_test import Talking  # noqa: E402  (takes PROGRAM from the arguments)

WAVES = 10


def resident_mb(process):
    with open(f"/proc/{process.pid}/status") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def live(server, number):
    """A conversation: two turns, another answer to the second question, and its end."""
    short = {"max_output_tokens": 4, "temperature": 1, "top_p": 1, "seed": number}
    first = server.respond(f"Hello, I am number {number}.", **short)
    second = server.respond("Who am I?", conversation=first["conversation"]["id"], **short)
    fork = server.respond("Who are you?", previous_response_id=first["id"], **short)
    for told in (first, second, fork):
        assert told["rwkvk"]["committed"], told
    again = server.respond("And now?", conversation=first["conversation"]["id"], **short)  # no lease was left
    assert again["rwkvk"]["committed"], again
    assert server.json("DELETE", "/v1/conversations/" + first["conversation"]["id"])[0] == 200
    assert server.json("GET", "/v1/responses/" + fork["id"])[0] == 404


def soak(server, count):
    """Memory after each tenth of the conversations, in MB."""
    sizes = []
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for wave in range(WAVES):
            list(pool.map(lambda number: live(server, number), range(wave * count // WAVES, (wave + 1) * count // WAVES)))
            sizes.append(resident_mb(server.process))
    return sizes


@contextlib.contextmanager
def redis(folder):
    path = os.path.join(folder, "socket")
    process = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--dir", folder], stdout=subprocess.DEVNULL)
    try:
        while not os.path.exists(path):
            time.sleep(0.05)
        yield path
    finally:
        process.terminate()
        process.wait()


def check_memory(name, sizes):
    print(f"{name}: {COUNT} conversations of 4 turns; MB after each tenth: {' '.join(f'{size:.0f}' for size in sizes)}", flush=True)
    assert sizes[-1] < 1.1 * sizes[1] + 8, "memory grows"  # the first wave fills the cache of states


def soak_memory():
    server = Talking("-dev", "cpu", "--cache-ram", "16")
    check_memory("memory", soak(server, COUNT))
    assert server.stop() == 0


def soak_folder():
    with tempfile.TemporaryDirectory() as folder:
        server = Talking("-dev", "cpu", "--cache-ram", "16", "--store", folder)
        check_memory("folder", soak(server, COUNT))
        assert server.stop() == 0
        left = [name for _, _, names in os.walk(os.path.join(folder, "c")) for name in names if name.endswith(".json")]
        assert not left, left[:3]


def soak_redis():
    if not shutil.which("redis-server"):
        return print("redis: left out, redis-server is not installed")
    with tempfile.TemporaryDirectory() as folder, redis(folder) as path:
        server = Talking("-dev", "cpu", "--cache-ram", "16", "--store", "redis+unix:" + path)
        check_memory("redis", soak(server, COUNT))
        assert server.stop() == 0
        keys = subprocess.run(["redis-cli", "-s", path, "keys", "rwkvk:{*"], capture_output=True, text=True, check=True).stdout.split()
        assert not keys, keys[:3]


def idle_connections():
    """Those that say nothing leave room for one that asks."""
    server = Talking("-dev", "cpu")
    idle = []
    for _ in range(1000):
        idle.append(socket.create_connection(("127.0.0.1", server.port), timeout=30))
    begin = time.monotonic()
    status, _ = server.get("/health")
    asked = time.monotonic() - begin
    for connection in idle:
        connection.close()
    while server.chat()["choices"][0]["finish_reason"] != "stop":
        pass
    print(f"1000 idle connections: the next is answered {status} in {1000 * asked:.0f} ms, {resident_mb(server.process):.0f} MB", flush=True)
    assert status in (200, 503)
    assert server.stop() == 0


if __name__ == "__main__":
    idle_connections()
    soak_memory()
    soak_folder()
    soak_redis()
    print(json.dumps({"ok": True}))
