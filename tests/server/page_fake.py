"""A server whose answers a test chooses. What it does not answer itself (the page's files, with their headers) it takes from a real one."""
import http.client
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PROPS = {"model_path": "fake.gguf", "model_alias": "fake", "device": "test device", "build_info": "rwkvk 9.9", "system_fingerprint": "b0-0",
         "total_slots": 1, "default_generation_settings": {"params": {"temperature": 0.5, "top_p": 0.25, "top_k": 0, "presence_penalty": 0,
                                                                      "frequency_penalty": 0, "penalty_decay": 0.99}}}
LAST = [{"choices": [{"delta": {}, "finish_reason": "stop"}], "timings": {"cache_n": 30, "prompt_n": 10, "predicted_n": 25, "predicted_per_second": 12.5, "predicted_ms": 2000}},
        {"choices": [], "system_fingerprint": "b0-0", "rwkvk": {"seed": 7, "fingerprint": "00ff00ff00ff00ff"},
         "usage": {"prompt_tokens": 40, "completion_tokens": 25, "prompt_tokens_details": {"cached_tokens": 30}}}]


def content(text):
    return {"choices": [{"delta": {"content": text}}]}


def reasoning(text):
    return {"choices": [{"delta": {"reasoning_content": text}}]}


class Fake:
    """`answers`: words of a question -> chunks, of which numbers are pauses and events are waited for; other questions are answered with their number and words."""

    def __init__(self, real_port):
        self.answers, self.requests, self.state, self.left = {}, [], "ok", threading.Event()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                fake.get(self)

            def do_POST(self):
                fake.post(self)

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.handle_error = lambda *_: None  # clients leave, and are meant to
        self.real_port, self.url = real_port, f"http://127.0.0.1:{self.http.server_port}/"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()

    def get(self, client):
        if client.path not in ("/health", "/props"):
            return self.pass_on(client)
        if self.state == "lost":
            client.close_connection = True
            return None
        if self.state != "ok":
            return self.send(client, 503, {"error": {"code": self.state, "message": self.state}})
        return self.send(client, 200, PROPS if client.path == "/props" else {"status": "ok"})

    def pass_on(self, client):
        real = http.client.HTTPConnection("127.0.0.1", self.real_port, timeout=30)
        real.request("GET", client.path)
        answer = real.getresponse()
        body = answer.read()
        client.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("date", "server", "connection"):
                client.send_header(name, value)
        client.end_headers()
        client.wfile.write(body)
        real.close()

    def post(self, client):
        request = json.loads(client.rfile.read(int(client.headers["Content-Length"])))
        if self.state != "ok":
            return self.get_refused(client)
        self.requests.append(request)
        question = request["messages"][-1]["content"]
        client.send_response(200)
        client.send_header("Content-Type", "text/event-stream")
        client.send_header("Connection", "close")
        client.end_headers()
        chunks = self.answers.get(question, [content(f"Answer {len(self.requests)} to {question}")])
        try:
            for chunk in [{"choices": [{"delta": {"role": "assistant", "content": None}}]}, *chunks, *LAST]:
                if isinstance(chunk, (int, float)):
                    time.sleep(chunk)
                elif isinstance(chunk, threading.Event):
                    chunk.wait(60)
                else:
                    client.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
            client.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            self.left.set()
        client.close_connection = True
        return None

    def get_refused(self, client):
        if self.state == "lost":
            client.close_connection = True
        else:
            self.send(client, 503, {"error": {"code": self.state, "message": self.state}})

    @staticmethod
    def send(client, status, body):
        text = json.dumps(body).encode()
        client.send_response(status)
        client.send_header("Content-Type", "application/json")
        client.send_header("Content-Length", str(len(text)))
        client.end_headers()
        client.wfile.write(text)
