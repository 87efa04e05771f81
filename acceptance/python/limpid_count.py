"""Writes how many tests passed, failed and were skipped to the file that LIMPID_TEST_REPORT names."""

import json
import os


class Count:
    def __init__(self, path):
        self.path = path
        self.passed = set()
        self.failed = set()
        self.skipped = set()

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.failed.add(report.nodeid)
        elif report.skipped:
            self.skipped.add(report.nodeid)
        elif report.when == "call":
            self.passed.add(report.nodeid)

    def pytest_collectreport(self, report):
        if report.failed:
            self.failed.add(report.nodeid)

    def pytest_sessionfinish(self):
        totals = {
            "passed": len(self.passed - self.failed),
            "failed": len(self.failed),
            "skipped": len(self.skipped),
        }
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(json.dumps(totals))


def pytest_configure(config):
    path = os.environ.get("LIMPID_TEST_REPORT")
    if path:
        config.pluginmanager.register(Count(path), "limpid-totals")
