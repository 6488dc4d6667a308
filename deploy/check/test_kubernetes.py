"""The manifests: their schemas, that they fit together, and the server's opinion of their environment."""

import tempfile
import unittest
from pathlib import Path

from support import DEPLOY, SECRET, check_config, load, run, tool

FOLDER = DEPLOY / "k8s"
SECRETS = {
    "JWT_SECRET": SECRET,
    "TURN_SHARED_SECRET": SECRET,
    "DATABASE_URL": "postgres://someone:something@database/reports",
    "REDIS_URL": "redis://redis:6379/0",
}


class Kubernetes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kustomization = load("k8s/kustomization.yaml")
        cls.objects = {doc["kind"]: doc for doc in (load(f"k8s/{name}") for name in cls.kustomization["resources"])}
        cls.pod = cls.objects["Deployment"]["spec"]["template"]["spec"]
        cls.container = cls.pod["containers"][0]
        cls.labels = cls.objects["Deployment"]["spec"]["template"]["metadata"]["labels"]

    def validate(self, path):
        return run(tool("kubernetes-validate"), "--strict", "--no-warn", str(path))

    def test_every_manifest_fits_its_schema(self):
        for name in self.kustomization["resources"]:
            with self.subTest(name):
                done = self.validate(FOLDER / name)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_validator_would_notice(self):
        with tempfile.TemporaryDirectory() as directory:
            broken = Path(directory) / "deployment.yaml"
            broken.write_text((FOLDER / "deployment.yaml").read_text().replace("readinessProbe", "readynessProbe"))
            self.assertNotEqual(self.validate(broken).returncode, 0)

    def test_kustomize_is_told_of_every_file(self):
        files = {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
        self.assertEqual(files, set(self.kustomization["resources"]))
        self.assertEqual({image["name"] for image in self.kustomization["images"]}, {self.container["image"]})

    def test_no_namespace_and_no_secret_is_written_down(self):
        self.assertNotIn("Secret", self.objects)
        for kind, manifest in self.objects.items():
            self.assertNotIn("namespace", manifest["metadata"], kind)
        for key in self.objects["ConfigMap"]["data"]:
            self.assertNotRegex(key, "SECRET|PASSWORD|DATABASE_URL|REDIS_URL")
        sources = self.container["envFrom"]
        self.assertIn({"configMapRef": {"name": self.objects["ConfigMap"]["metadata"]["name"]}}, sources)
        self.assertTrue(any("secretRef" in source for source in sources))

    def test_selectors_and_references_meet(self):
        for kind, path in (("Service", "selector"), ("NetworkPolicy", "podSelector"), ("PodDisruptionBudget", "selector")):
            selector = self.objects[kind]["spec"][path]
            self.assertLessEqual(selector.get("matchLabels", selector).items(), self.labels.items(), kind)
        target = self.objects["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
        self.assertEqual((target["kind"], target["name"]), ("Deployment", self.objects["Deployment"]["metadata"]["name"]))
        self.assertEqual(self.pod["serviceAccountName"], self.objects["ServiceAccount"]["metadata"]["name"])
        ports = {port["name"] for port in self.container["ports"]}
        self.assertEqual({port["targetPort"] for port in self.objects["Service"]["spec"]["ports"]}, ports)
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            self.assertIn(self.container[probe]["httpGet"]["port"], ports)

    def test_the_server_takes_this_environment(self):
        data = self.objects["ConfigMap"]["data"]
        code, settings, complaint = check_config(data | SECRETS)
        self.assertEqual(code, 0, complaint)
        self.assertLessEqual(set(data) | set(SECRETS), set(settings), "a key the server does not know")
        ports = {port["name"]: str(port["containerPort"]) for port in self.container["ports"]}
        self.assertEqual((settings["PORT"], settings["PROMETHEUS_PORT"]), (ports["http"], ports["metrics"]))

    def test_the_drain_fits_into_the_grace(self):
        drain = int(self.objects["ConfigMap"]["data"]["DRAIN_TIMEOUT_MS"]) / 1000
        self.assertGreater(self.pod["terminationGracePeriodSeconds"], drain)

    def test_the_pod_may_do_nothing_it_need_not(self):
        self.assertTrue(self.pod["securityContext"]["runAsNonRoot"])
        self.assertFalse(self.pod["automountServiceAccountToken"])
        self.assertFalse(self.pod["enableServiceLinks"])
        context = self.container["securityContext"]
        self.assertEqual(context["capabilities"], {"drop": ["ALL"]})
        self.assertTrue(context["readOnlyRootFilesystem"])
        self.assertFalse(context["allowPrivilegeEscalation"])
        self.assertIn("memory", self.container["resources"]["limits"])


if __name__ == "__main__":
    unittest.main()
