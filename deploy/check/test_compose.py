"""compose.yaml: its schema, its promises about secrets, and the server's opinion of its environment."""

import re
import tempfile
import unittest
from pathlib import Path

from support import DEPLOY, SECRET, check_config, load, run, seconds, tool

TEXT = (DEPLOY / "compose.yaml").read_text()
REFERENCE = re.compile(r"(?<!\$)\$\{(\w+)(:[?-])?([^}]*)\}")


def filled(value):
    """A value with every variable set."""
    known = {"TRUSTED_PROXIES": "", "CORS_ORIGINS": "https://app.example.org", "TURN_HOST": "turn.example.org"}
    return REFERENCE.sub(lambda match: known.get(match.group(1), SECRET), str(value))


class Compose(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.compose = load("compose.yaml")
        cls.server = cls.compose["services"]["server"]
        cls.coturn = cls.compose["services"]["coturn"]
        cls.environment = {key: filled(value) for key, value in cls.server["environment"].items()}

    def validate(self, path):
        return run(tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(path))

    def test_it_fits_the_compose_specification(self):
        done = self.validate(DEPLOY / "compose.yaml")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_validator_would_notice(self):
        with tempfile.TemporaryDirectory() as directory:
            broken = Path(directory) / "compose.yaml"
            broken.write_text(TEXT.replace("stop_grace_period", "stop_grace_periode"))
            self.assertNotEqual(self.validate(broken).returncode, 0)

    def test_no_secret_has_a_default_or_is_written_down(self):
        references = REFERENCE.findall(TEXT)
        names = {name for name, _, _ in references}
        self.assertLessEqual({"JWT_SECRET", "TURN_SHARED_SECRET", "REDIS_PASSWORD"}, names)
        for name, operator, _ in references:
            if re.search("SECRET|PASSWORD", name):
                self.assertEqual(operator, ":?", f"{name} must stop compose when it is missing")
        for key, value in self.server["environment"].items():
            if re.search("SECRET|PASSWORD", key):
                self.assertTrue(value.startswith("${"), key)

    def test_the_example_names_every_variable_one_must_set(self):
        needed = {name for name, operator, _ in REFERENCE.findall(TEXT) if operator == ":?"}
        example = re.findall(r"^(\w+)=(.*)$", (DEPLOY / ".env.example").read_text(), re.M)
        self.assertEqual({name for name, _ in example}, needed)
        for name, value in example:
            if re.search("SECRET|PASSWORD", name):
                self.assertEqual(value, "", f"{name} has an example value somebody will use")

    def test_the_server_takes_this_environment(self):
        code, settings, complaint = check_config(self.environment)
        self.assertEqual(code, 0, complaint)
        self.assertLessEqual(set(self.environment), set(settings), "a key the server does not know")
        self.assertEqual(settings["NODE_ENV"], "production")

    def test_the_server_refuses_it_without_each_secret(self):
        for key in ("JWT_SECRET", "TURN_SHARED_SECRET"):
            code, _, complaint = check_config(self.environment | {key: ""})
            self.assertEqual(code, 2, key)
            self.assertIn(key, complaint)

    def test_the_drain_fits_into_the_grace(self):
        drain = int(self.server["environment"]["DRAIN_TIMEOUT_MS"]) / 1000
        self.assertGreater(seconds(self.server["stop_grace_period"]), drain)

    def test_the_relay_and_its_ports_are_those_of_turnserver_conf(self):
        conf = dict(re.findall(r"^([\w-]+)=(.*)$", (DEPLOY / "coturn/turnserver.conf").read_text(), re.M))
        low, high = conf["min-port"], conf["max-port"]
        port = conf["listening-port"]
        for wanted in (f"{low}-{high}:{low}-{high}/udp", f"{port}:{port}/udp", f"{port}:{port}/tcp"):
            self.assertIn(wanted, self.coturn["ports"])
        self.assertEqual(self.server["environment"]["TURN_PORT"], port)
        mounted = [volume for volume in self.coturn["volumes"] if volume.startswith("./coturn/turnserver.conf:")]
        self.assertEqual(len(mounted), 1)
        self.assertIn(f"--static-auth-secret={SECRET}", [filled(part) for part in self.coturn["command"]])

    def test_redis_is_waited_for(self):
        self.assertEqual(self.server["depends_on"]["redis"]["condition"], "service_healthy")
        self.assertIn("healthcheck", self.compose["services"]["redis"])


if __name__ == "__main__":
    unittest.main()
