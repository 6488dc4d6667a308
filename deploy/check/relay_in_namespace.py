"""turnserver.conf in a real turnserver: it relays for who holds the server's credentials, and never to a denied range.

test_coturn.py runs this in a network namespace of its own, where an address that is public anywhere else is on the loopback.
"""

import json
import os
import socket
import subprocess
import tempfile
import time
import unittest

from support import DEPLOY, SECRET, Server, run

CONF = DEPLOY / "coturn/turnserver.conf"
PUBLIC = "11.0.0.1"
PRIVATE = "10.1.2.3"
PEER_PORT = 3480


class Relay(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for command in (
            ["ip", "link", "set", "lo", "up"],
            ["ip", "address", "add", f"{PUBLIC}/32", "dev", "lo"],
            ["ip", "address", "add", f"{PRIVATE}/32", "dev", "lo"],
        ):
            subprocess.run(command, check=True)
        cls.directory = tempfile.TemporaryDirectory()
        cls.log = open(os.path.join(cls.directory.name, "log"), "w+")
        command = [
            "turnserver", "-c", str(CONF), f"--static-auth-secret={SECRET}", "--realm=example.org",
            f"--listening-ip={PUBLIC}", f"--relay-ip={PUBLIC}", f"--pidfile={cls.directory.name}/pid", "-v",
            f"--userdb={cls.directory.name}/db",
        ]  # fmt: skip
        cls.relay = subprocess.Popen(command, stdout=cls.log, stderr=cls.log, cwd=cls.directory.name)
        cls.peers = [
            subprocess.Popen(["turnutils_peer", "-L", address, "-p", str(PEER_PORT)], stdout=subprocess.DEVNULL)
            for address in (PUBLIC, PRIVATE)
        ]
        cls.await_listening()

    @classmethod
    def await_listening(cls):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex((PUBLIC, 3478)) == 0:
                    return
            time.sleep(0.05)
        cls.log.seek(0)
        raise AssertionError(f"turnserver does not listen:\n{cls.log.read()}")

    @classmethod
    def tearDownClass(cls):
        for process in (cls.relay, *cls.peers):
            process.kill()
            process.wait()
        cls.log.close()
        cls.directory.cleanup()

    def credentials(self):
        """What the server hands out for the same secret."""
        with Server(TURN_SHARED_SECRET=SECRET, TURN_HOST=PUBLIC) as server:
            token = json.loads(server.request("/auth/token", "POST"))["accessToken"]
            return json.loads(server.request("/turn/credentials", "POST", token))

    def relayed(self, peer, username, credential):
        done = run(
            "turnutils_uclient", "-u", username, "-w", credential, "-e", peer, "-r", str(PEER_PORT),
            "-n", "3", "-m", "1", "-c", "-v", PUBLIC,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def test_it_relays_for_who_has_credentials_of_the_server(self):
        given = self.credentials()
        self.assertIn(f"turn:{PUBLIC}:3478", [url.split("?")[0] for url in given["urls"]])
        code, output = self.relayed(PUBLIC, given["username"], given["credential"])
        self.assertEqual(code, 0, output)
        self.assertRegex(output, r"tot_recv_msgs=[1-9]", output)

    def test_it_refuses_a_peer_in_a_denied_range(self):
        given = self.credentials()
        for peer in (PRIVATE, "127.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"):
            with self.subTest(peer):
                _, output = self.relayed(peer, given["username"], given["credential"])
                self.assertRegex(output, r"403|Forbidden", output)

    def test_it_refuses_other_credentials(self):
        given = self.credentials()
        _, output = self.relayed(PUBLIC, given["username"], "rubbish")
        self.assertNotRegex(output, r"tot_recv_msgs=[1-9]", output)


if __name__ == "__main__":
    unittest.main()
