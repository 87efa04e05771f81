"""The official `clarifai model local-runner` serves a model.py through the platform to every kind of client."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
from clarifai.client.model import Model
from clarifai_grpc.grpc.api import resources_pb2, service_pb2
from clarifai_grpc.grpc.api.status import status_code_pb2
from google.protobuf import json_format
from limpid_fixtures import expect_success

ACCEPTANCE = Path(__file__).resolve().parents[1]
FIXTURE = ACCEPTANCE / "fixtures/three-method-model"
CLARIFAI = Path(sys.executable).parent / "clarifai"
APP, MODEL, DEPLOYMENT = "local-runner-app", "three-methods", "local-three-methods"
READY_WITHIN = 60


@dataclass
class Runner:
    """The command line as a developer starts it, in a home of its own that a restart finds again."""

    folder: Path
    env: dict
    process: subprocess.Popen | None = None
    logs: list = field(default_factory=list)

    def start(self):
        log = self.folder / f"runner-{len(self.logs)}.log"
        self.logs.append(log)
        with open(log, "wb") as out:
            # A group of its own, so that whatever it starts ends with it.
            self.process = subprocess.Popen(
                [CLARIFAI, "model", "local-runner", ".", "--concurrency", "4"],
                cwd=self.folder / "model",
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self):
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait(20)
        self.process = None

    def told(self):
        return "\n".join(log.read_text(errors="replace")[-4000:] for log in self.logs)


@pytest.fixture(scope="module")
def runner(tmp_path_factory, url, owner):
    folder = tmp_path_factory.mktemp("local-runner")
    shutil.copytree(FIXTURE, folder / "model")
    config = folder / "model/config.yaml"
    config.write_text(config.read_text().replace("user_id: owner", f"user_id: {owner.user_id}"))
    home = folder / "home"
    home.mkdir()
    env = {name: value for name, value in os.environ.items() if not name.startswith("CLARIFAI_")}
    env |= {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "CLARIFAI_API_BASE": url,
        "CLARIFAI_PAT": owner.pat,
        "CLARIFAI_USER_ID": owner.user_id,
    }
    made = Runner(folder, env)
    made.start()
    yield made
    made.kill()


def post_outputs(stub, owner, method="which", timeout=60, **parts):
    """One unary call of the bare stub, which repeats nothing."""
    data = resources_pb2.Data()
    data.metadata["_method_name"] = method
    for name, value in parts.items():
        data.parts.add(id=name, data=resources_pb2.Data(string_value=value))
    return stub.PostModelOutputs(
        service_pb2.PostModelOutputsRequest(
            user_app_id=resources_pb2.UserAppIDSet(user_id=owner.user_id, app_id=APP),
            model_id=MODEL,
            runner_selector=resources_pb2.RunnerSelector(
                deployment=resources_pb2.Deployment(id=DEPLOYMENT, user_id=owner.user_id)
            ),
            inputs=[resources_pb2.Input(data=data)],
        ),
        metadata=owner.metadata,
        timeout=timeout,
    )


def part_of(output):
    """Results come back as the one part `return`."""
    return output.data.parts[0].data if output.data.parts else output.data


def wait_until_served(runner, stub, owner):
    """The process id of the runner, once its deployment answers."""
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        assert runner.process.poll() is None, f"the runner ended by itself\n{runner.told()}"
        response = post_outputs(stub, owner)
        if response.status.code == status_code_pb2.SUCCESS:
            return part_of(response.outputs[0]).int_value
        time.sleep(0.3)
    raise AssertionError(f"not served within {READY_WITHIN} s: {response.status}\n{runner.told()}")


@pytest.fixture(scope="module")
def served(runner, stub, owner):
    return wait_until_served(runner, stub, owner)


@pytest.fixture(scope="module")
def model_url(owner):
    return f"https://clarifai.com/{owner.user_id}/{APP}/models/{MODEL}"


@pytest.fixture(scope="module")
def model(served, model_url, url, owner):
    return Model(
        url=model_url,
        deployment_id=DEPLOYMENT,
        deployment_user_id=owner.user_id,
        base_url=url,
        pat=owner.pat,
    )


def test_python_sdk_predict(model):
    assert model.predict(prompt="from python", times=2) == "FROM PYTHON FROM PYTHON"


def test_python_sdk_generate(model):
    assert list(model.generate(prompt="one two three")) == ["one", "two", "three"]


def test_python_sdk_stream(model):
    assert list(model.stream(prompt=iter(["a", "b"]))) == ["1:a", "2:b", "total:2"]


def test_error_of_the_model_reaches_the_caller(served, stub, owner):
    response = post_outputs(stub, owner, "predict", prompt="fail")
    assert response.status.code != status_code_pb2.SUCCESS
    assert "asked to fail" in str(response)


def test_rest(served, url, owner):
    answer = requests.post(
        f"{url}/v2/users/{owner.user_id}/apps/{APP}/models/{MODEL}/outputs",
        headers={"Authorization": f"Key {owner.pat}"},
        json={
            "inputs": [
                {
                    "data": {
                        "metadata": {"_method_name": "predict"},
                        "parts": [{"id": "prompt", "data": {"string_value": "from curl"}}],
                    }
                }
            ]
        },
        timeout=60,
    )
    told = answer.json()
    assert answer.status_code == 200, told
    assert told["status"]["code"] == status_code_pb2.SUCCESS
    assert "FROM CURL" in json.dumps(told["outputs"][0]["data"])


def test_node_sdk(served, model_url):
    done = subprocess.run(
        ["node", ACCEPTANCE / "node/call-three-methods.mjs", model_url, DEPLOYMENT],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout.strip().splitlines()[-1])
    assert {"predict", "generate", "stream", "which"} <= set(told["methods"])
    assert told["predict"] == "FROM NODE FROM NODE"
    assert told["generate"] == ["one", "two", "three"]


def outputs_request(owner, method, **parts):
    data = resources_pb2.Data()
    data.metadata["_method_name"] = method
    for name, value in parts.items():
        data.parts.add(id=name, data=value)
    return service_pb2.PostModelOutputsRequest(
        user_app_id=resources_pb2.UserAppIDSet(user_id=owner.user_id, app_id=APP),
        model_id=MODEL,
        inputs=[resources_pb2.Input(data=data)],
    )


def measured(url, name):
    """The sum of what `/metrics` says under lines that begin so."""
    told = requests.get(f"{url}/metrics", timeout=20).text
    return sum(float(line.split()[-1]) for line in told.splitlines() if line.startswith(name))


CANCELLED = 'limpid_runner_item_seconds_count{kind="generate",outcome="cancelled"}'


def leave_over_grpc(stub, owner, request):
    answers = stub.GenerateModelOutputs(request, metadata=owner.metadata, timeout=60)
    expect_success(next(answers))
    expect_success(next(answers))
    answers.cancel()


def leave_over_rest(url, owner, request):
    with requests.post(
        f"{url}/v2/users/{owner.user_id}/apps/{APP}/models/{MODEL}/outputs/generate",
        headers={"Authorization": f"Key {owner.pat}", "Content-Type": "application/json"},
        data=json_format.MessageToJson(request, preserving_proto_field_name=True),
        stream=True,
        timeout=60,
    ) as answer:
        lines = answer.iter_lines()
        for _ in range(2):
            assert json.loads(next(lines))["status"]["code"] == status_code_pb2.SUCCESS


def test_callers_who_hang_up_in_mid_stream_leave_the_runner_to_others(served, stub, url, owner):
    """More of them than the runner has places: the last ones wait for those whose callers are gone."""
    until = resources_pb2.Data(int_value=60)
    every = resources_pb2.Data(float_value=0.1)
    request = outputs_request(owner, "count", until=until, every=every)
    before = measured(url, CANCELLED)
    for n in range(6):
        if n % 2:
            leave_over_rest(url, owner, request)
        else:
            leave_over_grpc(stub, owner, request)
    deadline = time.monotonic() + 30
    while measured(url, CANCELLED) < before + 6 or measured(url, "limpid_runner_in_flight") > 0:
        assert time.monotonic() < deadline, f"{measured(url, CANCELLED) - before} were cancelled"
        time.sleep(0.2)
    whole = outputs_request(owner, "count", until=resources_pb2.Data(int_value=3))
    counted = [
        part_of(answer.outputs[0]).int_value
        for answer in stub.GenerateModelOutputs(whole, metadata=owner.metadata, timeout=60)
        if answer.outputs
    ]
    assert counted == [1, 2, 3]
    expect_success(post_outputs(stub, owner, "predict", prompt="after"))


def test_killed_and_started_again(runner, served, stub, owner):
    runner.kill()
    response = post_outputs(stub, owner)
    assert response.status.code == status_code_pb2.MODEL_DEPLOYING, response.status

    runner.start()
    again = wait_until_served(runner, stub, owner)
    assert again != served
    expect_success(post_outputs(stub, owner, "predict", prompt="again"))
