"""turnserver.conf: what it denies, and a real turnserver that runs it."""

import re
import shutil
import socket
import sys
import unittest

from support import DEPLOY, run

CONF = DEPLOY / "coturn/turnserver.conf"
# One address of every range that must never be reached, plus the edges of some.
DENIED = [
    "0.0.0.1", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255", "198.18.0.1", "224.0.0.1", "255.255.255.255",
    "::1", "64:ff9b::a00:1", "fc00::1", "fd12:3456::1", "fe80::1", "ff02::1", "2002:7f00:1::1",
]  # fmt: skip
ALLOWED = ["11.0.0.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0", "2a00:1450::1", "2600::1"]


class Ranges(unittest.TestCase):
    def test_every_range_within_is_denied_and_the_internet_is_not(self):
        ranges = [packed(line) for line in re.findall(r"^denied-peer-ip=(.+)$", CONF.read_text(), re.M)]
        for address in DENIED + ALLOWED:
            family, value = number(address)
            denied = any(low[0] == family and low[1] <= value <= high[1] for low, high in ranges)
            self.assertEqual(denied, address in DENIED, address)

    def test_no_secret_is_in_the_file(self):
        self.assertNotRegex(CONF.read_text(), r"(?m)^\s*(static-auth-secret|user|cli-password)=")


def number(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return family, int.from_bytes(socket.inet_pton(family, address), "big")


def packed(line):
    low, _, high = line.partition("-")
    return number(low), number(high or low)


class Relay(unittest.TestCase):
    def test_a_real_one_relays_and_refuses(self):
        self.assertTrue(shutil.which("turnserver"), "coturn is not installed")
        done = run(
            "unshare", "--user", "--map-root-user", "--net",
            sys.executable, "-m", "unittest", "-v", "relay_in_namespace",
            cwd=DEPLOY / "check",
        )  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stderr, r"Ran 3 tests[\s\S]*\nOK\n", done.stderr)


if __name__ == "__main__":
    unittest.main()
