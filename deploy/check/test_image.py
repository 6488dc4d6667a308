"""The Dockerfile: linted, and its build context holds all that cargo wants."""

import fnmatch
import json
import os
import re
import shutil
import tempfile
import unittest
from pathlib import Path

from support import DEPLOY, ROOT, run, tool

DOCKERFILE = DEPLOY / "Dockerfile"


class Image(unittest.TestCase):
    def lint(self, path):
        return run(tool("hadolint"), "--format", "json", str(path))

    def test_hadolint_has_nothing_to_say(self):
        done = self.lint(DOCKERFILE)
        self.assertEqual((done.returncode, json.loads(done.stdout)), (0, []))

    def test_hadolint_would_notice(self):
        with tempfile.TemporaryDirectory() as directory:
            broken = Path(directory) / "Dockerfile"
            broken.write_text(DOCKERFILE.read_text().replace("WORKDIR /src", "WORKDIR src"))
            self.assertNotEqual(self.lint(broken).returncode, 0)

    def test_it_runs_as_nobody_special_stops_on_sigterm_and_checks_itself(self):
        final = DOCKERFILE.read_text().split("\nFROM ")[-1]
        user = re.search(r"^USER (\d+):(\d+)$", final, re.M)
        self.assertGreaterEqual(int(user.group(1)), 1000)
        self.assertIn("\nSTOPSIGNAL SIGTERM\n", final)
        self.assertRegex(final, r'HEALTHCHECK .*CMD \["video-chat-server", "healthcheck"\]')

    def test_the_toolchain_is_the_pinned_one(self):
        pinned = re.search(r'channel = "([\d.]+)"', (ROOT / "rust-toolchain.toml").read_text()).group(1)
        self.assertIn(f"FROM rust:{pinned}-", DOCKERFILE.read_text())

    def test_the_context_is_enough_for_cargo(self):
        with tempfile.TemporaryDirectory() as directory:
            for relative in context():
                target = Path(directory) / relative
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / relative, target)
            done = run("cargo", "metadata", "--locked", "--offline", "--filter-platform=x86_64-unknown-linux-gnu",
                "--format-version=1", cwd=directory)
            self.assertEqual(done.returncode, 0, done.stderr)
            for source in Path(directory).rglob("*.rs"):
                self.included_files_are_there(source)

    def included_files_are_there(self, source):
        for name in re.findall(r'include_(?:str|bytes)!\(\s*"([^"]+)"', source.read_text()):
            self.assertTrue((source.parent / name).exists(), f"{source.name} includes {name}, which the context leaves out")


def context():
    """The tracked files that .dockerignore lets through: the last pattern that fits decides."""
    patterns = [line for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line and line[0] != "#"]
    tracked = run("git", "-c", "safe.directory=*", "ls-files", "-z", cwd=ROOT).stdout.split("\0")
    for path in filter(None, tracked):
        parents = ["/".join(path.split("/")[: depth + 1]) for depth in range(path.count("/") + 1)]
        ignored = False
        for pattern in patterns:
            wanted = pattern.lstrip("!").removeprefix("**/")
            names = [os.path.basename(part) for part in parents] if "**/" in pattern else parents
            if any(part.count("/") == wanted.count("/") and fnmatch.fnmatch(part, wanted) for part in names):
                ignored = not pattern.startswith("!")
        if not ignored and (ROOT / path).exists():
            yield path


if __name__ == "__main__":
    unittest.main()
