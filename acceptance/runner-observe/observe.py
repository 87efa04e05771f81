"""Runs the official runner against the logging server, one scenario at a time.

    python observe.py --clarifai VENV/bin/clarifai --out DIR [scenario ...]

DIR/<scenario>.jsonl holds the dialogue, DIR/<scenario>.txt what the runner printed.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import signal
import subprocess
import sys
import time
import traceback

import scenarios
from server import Server

HERE = pathlib.Path(__file__).parent


class Runner:
    """The CLI's local runner as a child in its own process group."""

    def __init__(self, clarifai, port, out, concurrency=2, env=None, home=None):
        self.clarifai, self.port, self.out = clarifai, port, out
        self.concurrency, self.env, self.home = concurrency, env or {}, home
        self.child = None

    def start(self):
        env = {
            **os.environ,
            "HOME": str(self.home),
            "CLARIFAI_API_BASE": f"http://127.0.0.1:{self.port}",
            "CLARIFAI_PAT": "x",
            "CLARIFAI_USER_ID": "u",
            "PYTHONUNBUFFERED": "1",
            **self.env,
        }
        self.child = subprocess.Popen(
            [
                self.clarifai,
                "model",
                "local-runner",
                str(HERE / "model"),
                "--concurrency",
                str(self.concurrency),
                "-v",
            ],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=self.out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        return self

    def kill(self, sig=signal.SIGKILL):
        if self.child.poll() is None:
            os.killpg(self.child.pid, sig)

    def wait(self, timeout=30):
        return self.child.wait(timeout)


def run(name, scenario, options):
    log = options.out / f"{name}.jsonl"
    log.unlink(missing_ok=True)
    print(f"== {name}", flush=True)
    with open(options.out / f"{name}.txt", "w") as out:
        server = Server(log).start()
        home = options.out / f"{name}.home"
        home.mkdir(exist_ok=True)
        runner = Runner(
            options.clarifai, server.port, out, scenario.concurrency, scenario.env, home
        )
        try:
            scenario(server, runner)
            server.hub.note("scenario done")
            return True
        except Exception:
            traceback.print_exc()
            return False
        finally:
            if runner.child:
                runner.kill()
                runner.wait()
            server.stop()
            time.sleep(0.2)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--clarifai", required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    names = options.names or list(scenarios.ALL)
    failed = [name for name in names if not run(name, scenarios.ALL[name], options)]
    print("failed:", failed) if failed else print("all done")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
