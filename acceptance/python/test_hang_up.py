"""Clients who hang up in the middle: of what they send, of what they are told, or between the two."""

import random
import socket
import struct
import threading
import time
from urllib.parse import urlsplit

import pytest
import requests
from clarifai_grpc.grpc.api import resources_pb2, service_pb2
from clarifai_grpc.grpc.api.status import status_code_pb2
from google.protobuf import json_format
from limpid_fixtures import expect_success, fresh, open_stub

CHUNK = 16 * 1024
PER_CALL = 4


class CuttingProxy:
    """Stands between client and platform, and breaks both connections after so many bytes of either direction."""

    def __init__(self, url, up=None, down=None):
        self.address = (urlsplit(url).hostname, urlsplit(url).port)
        self.limits = {"up": up, "down": down}
        self.cut = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            # A client that tries again by itself is turned away: one attempt is what is looked at.
            if self.cut.is_set():
                client.close()
                continue
            server = socket.create_connection(self.address)
            for way, source, target in (("up", client, server), ("down", server, client)):
                threading.Thread(target=self.pump, args=(way, source, target), daemon=True).start()

    def pump(self, way, source, target):
        left = self.limits[way]
        try:
            while left is None or left > 0:
                data = source.recv(CHUNK if left is None else min(left, CHUNK))
                if not data:
                    break
                target.sendall(data)
                if left is not None:
                    left -= len(data)
            else:
                self.cut.set()
        except OSError:
            pass
        for end in (source, target):
            try:
                if self.cut.is_set():
                    # A reset, as of a machine that is gone, and not an orderly farewell.
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
            except OSError:
                pass


@pytest.fixture(scope="module")
def app(stub, owner):
    app_id = fresh("hang-up")
    expect_success(
        stub.PostApps(
            service_pb2.PostAppsRequest(user_app_id=owner.mine, apps=[resources_pb2.App(id=app_id)]),
            metadata=owner.metadata,
        )
    )
    place = resources_pb2.UserAppIDSet(user_id=owner.user_id, app_id=app_id)
    yield place
    stub.DeleteApp(service_pb2.DeleteAppRequest(user_app_id=place), metadata=owner.metadata)


def a_call(app, prefix):
    """Sounds of noise, which no compression makes small, with a label each: half a megabyte in all."""
    noise = random.Random(prefix)
    inputs = []
    for n in range(PER_CALL):
        samples = noise.randbytes(120_000)
        form = struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
        header = struct.pack("<4sI4s4s", b"RIFF", 36 + len(samples), b"WAVE", b"fmt ")
        header += form + struct.pack("<4sI", b"data", len(samples))
        data = resources_pb2.Data(audio=resources_pb2.Audio(base64=header + samples))
        data.concepts.add(id=f"label-{prefix}", value=1)
        inputs.append(resources_pb2.Input(id=f"{prefix}-{n}", data=data))
    return service_pb2.PostInputsRequest(user_app_id=app, inputs=inputs, inputs_add_job_id=f"job-{prefix}")


def post_over_rest(url, owner, request):
    answer = requests.post(
        f"{url}/v2/users/{owner.user_id}/apps/{request.user_app_id.app_id}/inputs",
        headers={"Authorization": f"Key {owner.pat}", "Content-Type": "application/json"},
        data=json_format.MessageToJson(request, preserving_proto_field_name=True),
        timeout=30,
    )
    # The library makes do with half of the headers, and with no body at all.
    return json_format.Parse(answer.text, service_pb2.MultiInputResponse())


def post_over_grpc(url, owner, request):
    stub, channel = open_stub(url)
    with channel:
        return stub.PostInputs(request, metadata=owner.metadata, timeout=30)


def wait_until_quiet(stub, owner, app):
    """The ids that are there, once nobody works on them any more; each is finished."""
    deadline = time.monotonic() + 30
    while True:
        told = stub.ListInputs(
            service_pb2.ListInputsRequest(user_app_id=app, per_page=1000), metadata=owner.metadata
        )
        expect_success(told)
        codes = {given.status.code for given in told.inputs}
        if codes <= {status_code_pb2.INPUT_DOWNLOAD_SUCCESS}:
            return [given.id for given in told.inputs]
        assert time.monotonic() < deadline, codes
        time.sleep(0.1)


BROKEN = "(?i)connection|reset|unavailable|socket|aborted|failed to load json"
POSTS = pytest.mark.parametrize("post", [post_over_rest, post_over_grpc])


@POSTS
def test_a_call_that_breaks_off_in_its_upload_never_was(post, stub, url, owner, app):
    prefix = fresh("half")
    for share in (0.02, 0.5, 0.98):
        request = a_call(app, prefix)
        with CuttingProxy(url, up=int(request.ByteSize() * share)) as proxy:
            with pytest.raises(Exception, match=BROKEN):
                post(proxy.url, owner, request)
            assert proxy.cut.is_set()
    time.sleep(0.5)
    assert not [given for given in wait_until_quiet(stub, owner, app) if given.startswith(prefix)]


@POSTS
def test_a_call_whose_answer_nobody_hears_is_whole_or_never_was(post, stub, url, owner, app):
    prefix = fresh("deaf")
    # At once, and behind what HTTP/2 has to say first.
    for n, down in enumerate((1, 60, 150)):
        request = a_call(app, f"{prefix}-{n}")
        with CuttingProxy(url, down=down) as proxy:
            with pytest.raises(Exception, match=BROKEN):
                post(proxy.url, owner, request)
    time.sleep(0.5)
    there = wait_until_quiet(stub, owner, app)
    for n in range(3):
        found = [given for given in there if given.startswith(f"{prefix}-{n}-")]
        assert len(found) in (0, PER_CALL), found
        # The repeated call is told what the first one did, or does it now.
        again = post_over_grpc(url, owner, a_call(app, f"{prefix}-{n}"))
        expect_success(again)
        assert [given.id for given in again.inputs] == [f"{prefix}-{n}-{i}" for i in range(PER_CALL)]
    there = [given for given in wait_until_quiet(stub, owner, app) if given.startswith(prefix)]
    assert len(there) == len(set(there)) == 3 * PER_CALL


def test_a_reader_who_leaves_in_the_middle_of_a_stream_of_inputs_finds_all_again(stub, url, owner, app):
    texts = [
        resources_pb2.Input(id=f"row-{n}", data=resources_pb2.Data(text=resources_pb2.Text(raw="word " * 800)))
        for n in range(100)
    ]
    expect_success(
        stub.PostInputs(service_pb2.PostInputsRequest(user_app_id=app, inputs=texts), metadata=owner.metadata)
    )
    wait_until_quiet(stub, owner, app)
    request = service_pb2.StreamInputsRequest(user_app_id=app, per_page=1000)
    for down in (1, 20_000, 100_000):
        with CuttingProxy(url, down=down) as proxy:
            cut, channel = open_stub(proxy.url)
            with channel, pytest.raises(Exception, match="(?i)unavailable|reset|closed"):
                cut.StreamInputs(request, metadata=owner.metadata, timeout=30)
        with CuttingProxy(url, down=down) as proxy, pytest.raises(requests.RequestException):
            requests.get(
                f"{proxy.url}/v2/users/{owner.user_id}/apps/{app.app_id}/inputs/stream?per_page=1000",
                # Plain, so that the answer is longer than what gets through.
                headers={"Authorization": f"Key {owner.pat}", "Accept-Encoding": "identity"},
                timeout=30,
            )
    whole = stub.StreamInputs(request, metadata=owner.metadata)
    expect_success(whole)
    assert {f"row-{n}" for n in range(100)} <= {given.id for given in whole.inputs}
