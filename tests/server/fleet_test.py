"""Three servers with one store behind nginx, HAProxy and Caddy, as docs/FLEET.md configures them: one is killed in the middle of answers,
another is told to end, and every conversation goes on elsewhere, with the answers of a single server.

usage: fleet_test.py PROGRAM DOCUMENT
"""
import concurrent.futures
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
DOCUMENT = sys.argv.pop(2)
from conversations_test import ENDLESS  # noqa: E402
from shared_states_test import STORY, Sharing  # noqa: E402  (takes PROGRAM from the arguments)

KEY = {"Authorization": "Bearer a-secret"}
CONVERSATIONS, TURNS, TOKENS = int(os.environ.get("RWKVK_FLEET_CONVERSATIONS", "12")), 4, 80
PATIENCE = 90  # seconds for one answer, with leases of servers that died
READING = 0.02 * CONVERSATIONS  # seconds that a person reads, in which states are left behind answers


def wish(conversation, turn):
    said = f"I am number {conversation}. " + (STORY if turn == 0 else f"Question {turn}: where did I walk?")
    return {**ENDLESS, "input": said, "seed": 100 * conversation + turn, "max_output_tokens": TOKENS}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def snippet(language):
    with open(DOCUMENT, encoding="utf-8") as document:
        return re.search(rf"^```{language}\n(.*?)^```$", document.read(), re.M | re.S).group(1)


class Client:
    """Does as the official ones do: what may go better is sent again."""

    def __init__(self, port):
        self.port = port
        self.repeated = 0

    def once(self, body, session):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("POST", "/v1/responses", json.dumps(body), {**KEY, "Content-Type": "application/json", "X-Session-Id": session})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status != 200:
            if answer.status not in (409, 500, 502, 503, 504):
                raise AssertionError(f"{answer.status}: {text}")
            return None
        if not body.get("stream"):
            return json.loads(text)
        last = text.rstrip("\n").split("data: ")[-1]
        whole = text.endswith("\n\n") and json.loads(last)["type"] in ("response.completed", "response.incomplete")
        return json.loads(last)["response"] if whole else None

    def answer(self, body, session):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                told = self.once(body, session)
            except (OSError, http.client.HTTPException):
                told = None
            if told:
                assert told["rwkvk"]["committed"], told["rwkvk"]
                return told
            self.repeated += 1
            time.sleep(0.3)
        raise AssertionError(f"no answer within {PATIENCE} s")

    def converse(self, conversation, told=lambda: None, turns=TURNS, previous=None):
        """The fingerprints of its turns; the last of them."""
        prints = []
        for turn in range(turns):
            body = {**wish(conversation, turn), "stream": conversation % 2 == 1}
            if previous and conversation % 3 == 0 and not self.repeated:
                body["conversation"] = previous["conversation"]  # as long as nobody can have appended for us
            elif previous:
                body["previous_response_id"] = previous["id"]
            previous = self.answer(body, f"session {conversation}")
            prints.append(previous["rwkvk"]["fingerprint"])
            told()
            time.sleep(READING)
        return prints


class Fleet(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        cls.keys = os.path.join(cls.folder, "keys")
        with open(cls.keys, "w", encoding="utf-8") as keys:
            keys.write("a-secret team\n")
        cls.devices = ["cpu", "cpu", "cpu"]
        listed = subprocess.run([sys.modules["serve_test"].PROGRAM, "devices"], capture_output=True, text=True, check=False).stdout
        if "llvmpipe" in listed:
            cls.devices[2] = "llvmpipe"
        else:
            print("llvmpipe is missing (Debian: mesa-vulkan-drivers): all servers are on the CPU")
        alone = Sharing("-dev", "cpu", "--api-key-file", cls.keys)
        cls.addClassCleanup(alone.process.kill)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            cls.expected = list(pool.map(Client(alone.port).converse, range(CONVERSATIONS)))
        assert alone.stop() == 0
        assert len({each for prints in cls.expected for each in prints}) == CONVERSATIONS * TURNS

    def run_until_the_end(self, command, **how):
        """A process of the test's, gone with it."""
        process = subprocess.Popen(command, **how)

        def end():
            if process.poll() is None:
                process.terminate()
            process.wait(30)
        self.addCleanup(end)
        return process

    def start_redis(self):
        self.installed("redis-server", "redis-server")
        path = os.path.join(self.folder, f"redis-{free_port()}")
        self.run_until_the_end(["redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--dir", self.folder],
                               stdout=subprocess.DEVNULL)
        while not os.path.exists(path):
            time.sleep(0.02)
        return "redis+unix:" + path

    def start_servers(self, store):
        servers = []
        for device in self.devices:
            servers.append(Sharing("-dev", device, "-np", "8", "--api-key-file", self.keys, "--store", store, ready=False))
            self.addCleanup(servers[-1].process.kill)
        for server in servers:
            server.wait_until_ready()
        return servers

    def configure(self, language, servers, port, before="", after=""):
        """The document's text with the test's addresses, in a file."""
        text = snippet(language)
        for number, server in enumerate(servers, 1):
            text = text.replace(f"10.0.0.{number}:8080", f"127.0.0.1:{server.port}")
        self.assertNotIn("10.0.0.", text)
        text, found = re.subn(r"(listen |bind :|http://:)80\b", lambda m: m.group(1) + str(port), text)
        self.assertEqual(found, 1)
        path = os.path.join(self.folder, language)
        with open(path, "w", encoding="utf-8") as file:
            file.write(before + text + after)
        return path

    def wait_for_proxy(self, port):
        for _ in range(300):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            try:
                connection.request("GET", "/health")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            finally:
                connection.close()
            time.sleep(0.1)
        raise AssertionError("the proxy does not answer")

    def check(self, start_proxy, store, drains_unseen):
        """`drains_unseen`: whether clients need not repeat anything when a server is told to end."""
        servers = self.start_servers(store)
        port = free_port()
        start_proxy(servers, port)
        self.wait_for_proxy(port)
        done = threading.Semaphore(0)
        with concurrent.futures.ThreadPoolExecutor(CONVERSATIONS) as pool:
            clients = [Client(port) for _ in range(CONVERSATIONS)]
            talks = [pool.submit(client.converse, i, done.release) for i, client in enumerate(clients)]
            for _ in range(CONVERSATIONS * TURNS // 3):
                done.acquire()
            victim = self.kill_while_it_answers(servers)
            prints = [talk.result() for talk in talks]
        self.assertEqual(prints, self.expected)
        rest = [server for server in servers if server is not victim]
        fetched = sum(server.states("fetched", **KEY) for server in rest)
        self.assertGreater(fetched, 0)
        self.assertTrue(all(self.metric(server, "steps_total") > 0 for server in rest))
        self.check_drain(port, rest, drains_unseen)
        print(f"{sum(client.repeated for client in clients)} requests were repeated, {fetched} states fetched", end=" ", flush=True)
        self.assertEqual([server.stop() for server in rest], [0, 0])

    def kill_while_it_answers(self, servers):
        for _ in range(2000):
            for server in servers:
                if self.metric(server, "num_requests_running") > 0:
                    server.process.kill()
                    server.stop()
                    return server
            time.sleep(0.005)
        raise AssertionError("no server answers")

    def check_drain(self, port, servers, unseen):
        """One of two ends while both answer: nobody misses it."""
        with concurrent.futures.ThreadPoolExecutor(CONVERSATIONS) as pool:
            clients = [Client(port) for _ in range(CONVERSATIONS)]
            begun = threading.Semaphore(0)
            talks = [pool.submit(client.converse, i, begun.release, 2) for i, client in enumerate(clients)]
            for _ in range(CONVERSATIONS // 2):
                begun.acquire()
            servers[0].process.send_signal(signal.SIGTERM)
            prints = [talk.result() for talk in talks]
        self.assertEqual(prints, [all_of_it[:2] for all_of_it in self.expected])
        if unseen:
            self.assertEqual([client.repeated for client in clients], [0] * CONVERSATIONS)
        self.assertEqual(servers[0].process.wait(60), 0)

    def metric(self, server, name):
        return float(re.search(rf"^rwkvk_{name} (\S+)$", server.get("/metrics", **KEY)[1], re.M).group(1))

    def installed(self, program, package):
        path = shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin")
        if not path:
            self.skipTest(f"{program} is missing (Debian: {package})")
        return path

    def test_nginx(self):
        program = self.installed("nginx", "nginx-light")

        def start(servers, port):
            parts = "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
            path = self.configure("nginx", servers, port, before=f"daemon off;\nmaster_process off;\npid {self.folder}/nginx.pid;\n"
                                  f"error_log {self.folder}/nginx.log;\nevents {{}}\nhttp {{\naccess_log off;\n{parts}", after="}\n")
            self.run_until_the_end([program, "-e", self.folder + "/nginx.log", "-c", path])
        self.check(start, self.start_redis(), drains_unseen=True)

    def test_haproxy(self):
        program = self.installed("haproxy", "haproxy")

        def start(servers, port):
            self.run_until_the_end([program, "-db", "-q", "-f", self.configure("haproxy", servers, port)], stderr=subprocess.DEVNULL)
        self.check(start, self.start_redis(), drains_unseen=True)

    def test_caddy(self):
        program = self.installed("caddy", "caddy")

        def start(servers, port):
            path = self.configure("caddyfile", servers, port, before="{\n    admin off\n}\n")
            home = {"HOME": self.folder, "XDG_DATA_HOME": self.folder, "XDG_CONFIG_HOME": self.folder, "PATH": os.environ["PATH"]}
            self.run_until_the_end([program, "run", "--adapter", "caddyfile", "--config", path], stderr=subprocess.DEVNULL, env=home)
        self.check(start, os.path.join(self.folder, "store"), drains_unseen=False)


if __name__ == "__main__":
    unittest.main(verbosity=2)
