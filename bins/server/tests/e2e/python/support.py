"""The real binary, and clients of it by python-socketio. Needs the binary's path in SERVER_BIN."""

import json
import os
import queue
import re
import signal
import subprocess
import tempfile
import urllib.request

import socketio

PATIENCE = 10


class Server:
    """The real binary in a directory of its own."""

    def __init__(self, **settings):
        self.directory = tempfile.TemporaryDirectory()
        defaults = {
            "HOST": "127.0.0.1",
            "PORT": "0",
            "PROMETHEUS_PORT": "0",
            "NODE_ENV": "development",
            "JWT_SECRET": "an end-to-end secret of more than thirty-two bytes",
            "RATE_LIMIT_MAX_REQUESTS": "0",
            "LOG_LEVEL": "warn",
        }
        self.process = subprocess.Popen(
            [os.environ["SERVER_BIN"]],
            cwd=self.directory.name,
            env=defaults | settings,
            stdout=subprocess.PIPE,
            text=True,
        )
        port = re.search(r"http://[^\s:/]+:(\d+)", self.process.stdout.readline()).group(1)
        self.url = f"http://127.0.0.1:{port}"

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=40)
        self.process.stdout.close()
        self.directory.cleanup()
        return code

    def token(self, headers=None):
        request = urllib.request.Request(f"{self.url}/auth/token", method="POST", headers=headers or {})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)["accessToken"]


class Peer:
    """A client that queues what it hears, by event."""

    EVENTS = (
        "connected queue-joined matched offer answer candidate message reaction call-ended peer-disconnected error"
    ).split()

    def __init__(self, server, transports, namespace):
        self.namespace = namespace
        self.heard = {name: queue.Queue() for name in self.EVENTS}
        self.client = socketio.Client(reconnection=False)
        for name in self.EVENTS:
            self.client.on(name, self.heard[name].put, namespace=namespace)
        self.client.connect(
            server.url,
            transports=transports,
            namespaces=[namespace],
            auth={"token": f"Bearer {server.token()}"},
            wait_timeout=PATIENCE,
        )
        self.next("connected")

    def next(self, name):
        return self.heard[name].get(timeout=PATIENCE)

    def ask(self, event, payload):
        return self.client.call(event, payload, namespace=self.namespace, timeout=PATIENCE)

    def emit(self, event, payload):
        self.client.emit(event, payload, namespace=self.namespace)
