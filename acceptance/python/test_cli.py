"""The official command line: login writes a context that whoami can use."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CLARIFAI = Path(sys.executable).parent / "clarifai"


@pytest.fixture
def cli(tmp_path):
    """Runs `clarifai` in a home of its own, without the environment's credentials."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLARIFAI_")}

    def run(*args):
        return subprocess.run(
            [CLARIFAI, *args],
            env={**kept, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / ".config")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def test_login_and_whoami(cli, url, owner):
    login = cli("login", url, "--pat", owner.pat)
    assert login.returncode == 0, login.stdout + login.stderr
    assert f"Logged in as {owner.user_id}" in login.stdout

    # Not --all: it reads a field that its own version of the protos lacks, and then tells nothing of the profile.
    whoami = cli("whoami", "--orgs", "-o", "json")
    assert whoami.returncode == 0, whoami.stdout + whoami.stderr
    told = json.loads(whoami.stdout.strip().splitlines()[-1])
    assert told["user_id"] == owner.user_id
    assert told["api_base"] == url
    assert told["organizations"] == []


def test_login_with_a_bad_token_is_refused(cli, url):
    login = cli("login", url, "--pat", "not-a-token")
    assert login.returncode != 0
    assert "Invalid API key" in login.stdout + login.stderr
    assert cli("whoami").returncode == 1
