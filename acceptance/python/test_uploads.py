"""Uploads in parts through the official gRPC client and over REST, and what is made of them."""

import base64
import os

import pytest
import requests
from clarifai_grpc.grpc.api import resources_pb2, service_pb2
from clarifai_grpc.grpc.api.status import status_code_pb2
from limpid_fixtures import expect_success, fresh


class Place:
    def __init__(self, stub, owner):
        self.stub, self.owner = stub, owner
        self.id = fresh("uploads")
        self.where = resources_pb2.UserAppIDSet(user_id=owner.user_id, app_id=self.id)

    def ask(self, rpc, request="", **fields):
        made = getattr(service_pb2, f"{request or rpc}Request")(user_app_id=self.where, **fields)
        return getattr(self.stub, rpc)(made, metadata=self.owner.metadata)

    def call(self, rpc, **fields):
        response = self.ask(rpc, **fields)
        expect_success(response)
        return response

    def put(self, upload_id, *parts):
        return self.ask(
            "PutUploadContentParts",
            upload_id=upload_id,
            content_parts=[
                resources_pb2.UploadContentPart(part_number=number, data=data) for number, data in parts
            ],
        )


@pytest.fixture(scope="module")
def place(stub, owner):
    made = Place(stub, owner)
    apps = [resources_pb2.App(id=made.id)]
    expect_success(
        stub.PostApps(
            service_pb2.PostAppsRequest(user_app_id=owner.mine, apps=apps), metadata=owner.metadata
        )
    )
    yield made
    stub.DeleteApp(service_pb2.DeleteAppRequest(user_app_id=made.where), metadata=owner.metadata)


def begin(place, length, name="file.bin"):
    upload = resources_pb2.Upload(content_name=name, content_length=length)
    return place.call("PostUploads", uploads=[upload]).uploads[0]


def test_an_upload_is_resumed_after_a_break(place):
    size = 3 * 1024 * 1024
    content = os.urandom(2 * size + 12345)
    parts = {1: content[:size], 2: content[size : 2 * size], 3: content[2 * size :]}
    upload = begin(place, len(content))
    assert upload.status.code == status_code_pb2.UPLOAD_IN_PROGRESS
    for number in (3, 1):
        expect_success(place.put(upload.id, (number, parts[number])))
    seen = place.call("GetUpload", upload_id=upload.id).upload
    assert 0 < seen.status.percent_completed < 100
    # The client does not know what arrived, and begins from the start.
    for number in (1, 2, 3):
        last = place.put(upload.id, (number, parts[number]))
        expect_success(last)
    assert last.upload.status.code == status_code_pb2.UPLOAD_DONE
    key = {"Authorization": f"Key {place.owner.pat}"}
    got = requests.get(last.upload.content_url, headers=key, timeout=60)
    assert got.content == content
    assert requests.get(last.upload.content_url, timeout=60).status_code == 404


def test_another_content_under_the_same_number_is_a_conflict(place):
    upload = begin(place, 4)
    expect_success(place.put(upload.id, (1, b"ab")))
    assert place.put(upload.id, (1, b"xy")).status.code == status_code_pb2.UPLOAD_CONFLICT
    assert place.put(upload.id, (2, b"cd")).upload.status.code == status_code_pb2.UPLOAD_DONE


def test_uploads_are_listed_and_deleted(place):
    made = [begin(place, 1).id for _ in range(3)]
    listed = place.call("ListUploads", page=1, per_page=2).uploads
    assert [upload.id for upload in listed] == made[:0:-1]
    place.call("DeleteUploads", ids=made)
    left = [upload.id for upload in place.call("ListUploads").uploads]
    assert not set(made) & set(left)
    assert place.ask("GetUpload", upload_id=made[0]).status.code == status_code_pb2.CONN_DOES_NOT_EXIST


def test_the_same_over_rest(place, url):
    base = f"{url}/v2/users/{place.owner.user_id}/apps/{place.id}/uploads"
    key = {"Authorization": f"Key {place.owner.pat}"}
    upload = {"content_name": "a.txt", "content_length": 11}
    made = requests.post(base, headers=key, json={"uploads": [upload]}, timeout=30).json()["uploads"][0]
    text = b"hello world"
    for number, data in ((2, text[6:]), (1, text[:6])):
        part = {"part_number": number, "data": base64.b64encode(data).decode()}
        answer = requests.put(
            f"{base}/{made['id']}/content_parts",
            headers=key,
            json={"content_parts": [part]},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
    done = requests.get(f"{base}/{made['id']}", headers=key, timeout=30).json()["upload"]
    assert done["status"]["code"] == status_code_pb2.UPLOAD_DONE
    assert requests.get(done["content_url"], headers=key, timeout=30).content == text
