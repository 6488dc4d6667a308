"""The alerts: expressions that parse, over metrics that the server really has."""

import re
import unittest

import promql_parser
from support import Server, load


class Prometheus(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        groups = load("prometheus/alerts.yml")["groups"]
        cls.rules = [rule for group in groups for rule in group["rules"]]

    def test_every_expression_parses(self):
        for rule in self.rules:
            with self.subTest(rule["alert"]):
                promql_parser.parse(rule["expr"])

    def test_the_parser_would_notice(self):
        with self.assertRaises(ValueError):
            promql_parser.parse("sum(rate(video_chat_errors_total[5m])")

    def test_every_alert_is_whole(self):
        self.assertEqual(len({rule["alert"] for rule in self.rules}), len(self.rules))
        for rule in self.rules:
            self.assertIn(rule["labels"]["severity"], {"page", "ticket"})
            self.assertTrue(rule["annotations"]["summary"])
            self.assertRegex(rule["for"], r"^\d+[mh]$")

    def test_every_metric_exists(self):
        with Server() as server:
            exposed = dict(re.findall(r"^# TYPE (\S+) (\S+)$", server.request("/metrics"), re.M))
        used = {name for rule in self.rules for name in re.findall(r"\bvideo_chat_\w+", rule["expr"])}
        self.assertGreater(len(used), 5)
        for name in used:
            base = re.sub(r"_(bucket|count|sum)$", "", name)
            kind = "histogram" if base != name else exposed.get(name)
            self.assertIsNotNone(exposed.get(base), name)
            self.assertEqual(exposed[base], kind, name)

    def test_the_scrape_finds_the_rules_and_the_job_of_the_alerts(self):
        config = load("prometheus/prometheus.yml")
        self.assertEqual(config["rule_files"], ["alerts.yml"])
        jobs = {job["job_name"] for job in config["scrape_configs"]}
        for rule in self.rules:
            self.assertLessEqual(set(re.findall(r'job="([^"]+)"', rule["expr"])), jobs)


if __name__ == "__main__":
    unittest.main()
