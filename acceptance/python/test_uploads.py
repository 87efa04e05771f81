"""Uploads in parts through the official gRPC client and over REST, and what is made of them."""

import base64
import io
import os
import time
import zipfile

import pytest
import requests
from clarifai_grpc.grpc.api import resources_pb2, service_pb2
from clarifai_grpc.grpc.api.status import status_code_pb2
from limpid_fixtures import expect_success, fresh
from PIL import Image

JOB_QUEUED, JOB_RUNNING = status_code_pb2.JOB_QUEUED, status_code_pb2.JOB_RUNNING


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


def post_archive(place, data, **fields):
    upload = resources_pb2.Upload(content_name="pets.zip", content_length=len(data))
    wanted = resources_pb2.InputsUpload(upload=upload, **fields)
    return place.call("PostInputsUploads", inputs_uploads=[wanted]).inputs_add_jobs[0]


def finished(place, extraction_id):
    for _ in range(300):
        job = place.call("GetInputsExtractionJob", inputs_extraction_job_id=extraction_id)
        if job.inputs_extraction_job.status.code not in (JOB_QUEUED, JOB_RUNNING):
            return job.inputs_extraction_job
        time.sleep(0.1)
    raise TimeoutError(job)


def pictures(names):
    """A ZIP file with a small picture under each name."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for index, name in enumerate(names):
            picture = io.BytesIO()
            Image.new("RGB", (16, 12), (index, 0, 0)).save(picture, "PNG")
            made.writestr(name, picture.getvalue())
    return archive.getvalue()


def test_an_archive_becomes_inputs(place):
    names = [f"{fresh('pet')}.png" for _ in range(40)]
    archive = pictures([f"train/{name}" for name in names])
    template = resources_pb2.Input(
        data=resources_pb2.Data(concepts=[resources_pb2.Concept(id="pet", value=1)])
    )
    job = post_archive(place, archive, input_template=template)
    half = len(archive) // 2
    # Out of order, and one of them twice.
    for number, part in ((2, archive[half:]), (2, archive[half:]), (1, archive[:half])):
        expect_success(place.put(job.uploads[0].id, (number, part)))
    done = finished(place, job.extraction_jobs[0].id)
    assert done.status.code == status_code_pb2.JOB_COMPLETED
    assert done.progress.image_inputs_count == len(names)
    for _ in range(300):
        told = place.call("GetInputsAddJob", id=job.id).inputs_add_job
        if told.status.code == status_code_pb2.JOB_COMPLETED:
            break
        time.sleep(0.1)
    assert told.progress.success_count == len(names)
    assert told.extraction_jobs[0].id == done.id
    inputs = place.call("ListInputs", per_page=100).inputs
    assert {made.id for made in inputs} == {f"train-{name.removesuffix('.png')}" for name in names}
    assert {concept.id for made in inputs for concept in made.data.concepts} == {"pet"}
    listed = place.call("ListInputsExtractionJobs", page=1, per_page=1).inputs_extraction_jobs
    assert [found.id for found in listed] == [done.id]


def test_an_archive_is_cancelled_and_a_broken_one_fails(place):
    archive = pictures(["a.png"])
    job = post_archive(place, archive)
    extraction = job.extraction_jobs[0].id
    cancelled = place.call("CancelInputsExtractionJobs", ids=[extraction]).inputs_extraction_jobs
    assert [found.status.code for found in cancelled] == [status_code_pb2.JOB_CANCELLED]
    refused = place.put(job.uploads[0].id, (1, archive)).status.code
    assert refused == status_code_pb2.UPLOAD_CANCELED
    broken = archive[:-10] + bytes(10)
    job = post_archive(place, broken)
    expect_success(place.put(job.uploads[0].id, (1, broken)))
    failed = finished(place, job.extraction_jobs[0].id)
    assert failed.status.code == status_code_pb2.JOB_FAILED
    assert failed.progress.failed_archives_count == 1
