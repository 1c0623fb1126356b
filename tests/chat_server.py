"""A chat endpoint for the tests, which behaves as badly as it is told."""

from __future__ import annotations

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def completion(content="B", finish="stop", **message):
    said = {"role": "assistant", "content": content, **message}
    usage = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}
    return {
        **{"id": "1", "object": "chat.completion", "created": 0, "model": "m"},
        **{"choices": [{"index": 0, "message": said, "finish_reason": finish}], "usage": usage},
    }


def a_call(name, arguments):
    call = {"id": "1", "type": "function", "function": {"name": name, "arguments": arguments}}
    return completion(None, "tool_calls", tool_calls=[call])


def error(message, **more):
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None, **more}}


class Server:
    """A chat endpoint that behaves as ``reply(body, number)`` says.

    It returns what to send: a completion, ``(status, body)`` or ``(status, body, headers)``; ``None`` cuts the
    connection off.
    """

    def __init__(self):
        self.reply = lambda body, number: completion()
        self.models = {"object": "list", "data": []}
        self.bodies, self.keys, self.paths = [], [], []
        self.running = self.most = 0
        self.lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                server.serve(self)

            def do_GET(self):
                send(self, server.models)

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_):
                pass

        self.http = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def serve(self, handler):
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        with self.lock:
            number = len(self.bodies)
            self.bodies.append(body)
            self.keys.append(handler.headers["Authorization"])
            self.paths.append(handler.path)
            self.running += 1
            self.most = max(self.most, self.running)
        try:
            answer = self.reply(body, number)
        finally:
            with self.lock:
                self.running -= 1
        if answer is None:
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        send(handler, answer)


def send(handler, answer):
    """Send a body, ``(status, body)`` or ``(status, body, headers)``."""
    status, content, headers = (*answer, {})[:3] if isinstance(answer, tuple) else (200, answer, {})
    content = content if isinstance(content, bytes) else json.dumps(content).encode()
    sent = {"Content-Type": "application/json", "Content-Length": len(content), **headers}
    handler.send_response(status)
    for name, value in sent.items():
        handler.send_header(name, str(value))
    handler.end_headers()
    handler.wfile.write(content)
