"""Inputs of every kind through the official SDK and stubs: added, waited for, listed, fetched, patched, deleted."""

import hashlib
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from clarifai.client.input import Inputs
from clarifai_grpc.grpc.api import resources_pb2, service_pb2
from clarifai_grpc.grpc.api.status import status_code_pb2, status_pb2
from google.protobuf.struct_pb2 import Struct
from limpid_fixtures import as_key, expect_success, fresh

MEDIA = Path(__file__).resolve().parents[1] / "media"
PENDING = (status_code_pb2.INPUT_DOWNLOAD_PENDING, status_code_pb2.INPUT_DOWNLOAD_IN_PROGRESS)
DONE = status_code_pb2.INPUT_DOWNLOAD_SUCCESS


@pytest.fixture(scope="module")
def files():
    """A server on this machine that the platform may fetch from."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(MEDIA)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class App:
    def __init__(self, stub, owner, url, metadata=None):
        self.stub, self.owner = stub, owner
        self.id = fresh("inputs")
        self.metadata = metadata or owner.metadata
        self.place = resources_pb2.UserAppIDSet(user_id=owner.user_id, app_id=self.id)
        self.sdk = Inputs(user_id=owner.user_id, app_id=self.id, base_url=url, pat=owner.pat)
        made = self.call("PostApps", user_app_id=owner.mine, apps=[resources_pb2.App(id=self.id)])
        expect_success(made)

    def call(self, rpc, **fields):
        fields.setdefault("user_app_id", self.place)
        method = getattr(self.stub, rpc)
        kind = getattr(service_pb2, f"{rpc}Request")
        return method(kind(**fields), metadata=self.metadata)

    def post(self, *inputs, **fields):
        return self.call("PostInputs", inputs=inputs, **fields)

    def get(self, input_id):
        response = self.call("GetInput", input_id=input_id)
        expect_success(response)
        return response.input

    def wait(self, *ids):
        """Inputs once nothing is to be done on them any more."""
        deadline = time.monotonic() + 30
        found = [self.get(input_id) for input_id in ids]
        while any(one.status.code in PENDING for one in found):
            assert time.monotonic() < deadline, found
            time.sleep(0.1)
            found = [self.get(input_id) for input_id in ids]
        return found

    def listed(self, **fields):
        response = self.call("ListInputs", **fields)
        expect_success(response)
        return [one.id for one in response.inputs]


@pytest.fixture(scope="module")
def shared(stub, owner, url):
    """An app for tests that add their own inputs and look at nothing else."""
    app = App(stub, owner, url)
    yield app
    app.call("DeleteApp")


@pytest.fixture
def app(stub, owner, url):
    made = App(stub, owner, url)
    yield made
    made.call("DeleteApp")


def text(input_id, raw="some text", **data):
    return resources_pb2.Input(id=input_id, data=resources_pb2.Data(text=resources_pb2.Text(raw=raw), **data))


def concept(concept_id, value):
    return resources_pb2.Concept(id=concept_id, value=value)


def struct(**fields):
    made = Struct()
    made.update(fields)
    return made


def fetch(account, address):
    return requests.get(address, headers={"Authorization": f"Key {account.pat}"}, timeout=20)


KINDS = {
    "image": ("card.jpg", "image"),
    "png": ("card.png", "image"),
    "tiff": ("card.tiff", "image"),
    "bmp": ("card.bmp", "image"),
    "gif": ("loop.gif", "image"),
    "video": ("clip.mp4", "video"),
    "gif-video": ("loop.gif", "video"),
    "audio": ("tone.wav", "audio"),
    "mp3": ("tone.mp3", "audio"),
}


@pytest.mark.parametrize("way", ["url", "file", "bytes"])
@pytest.mark.parametrize("name", KINDS)
def test_the_sdk_uploads_every_kind_in_every_way(shared, files, name, way):
    file, kind = KINDS[name]
    input_id = fresh(f"{name}-{way}")
    source = {
        # A query of its own: the same URL may not come twice.
        "url": f"{files}/{file}?{input_id}",
        "file": str(MEDIA / file),
        "bytes": (MEDIA / file).read_bytes(),
    }[way]
    upload = getattr(shared.sdk, f"upload_from_{way}")
    upload(input_id=input_id, **{f"{kind}_{way}": source})
    (found,) = shared.wait(input_id)
    assert found.status.code == DONE, found.status
    medium = getattr(found.data, kind)
    if way == "url":
        assert medium.url == source
    assert "orig" in medium.hosted.sizes
    hosted = fetch(shared.owner, f"{medium.hosted.prefix}/orig/{medium.hosted.suffix}")
    assert hosted.status_code == 200
    assert hosted.content == (MEDIA / file).read_bytes()


def test_facts_of_media_are_told(shared):
    for kind, file in (("image", "card.jpg"), ("video", "clip.mp4"), ("audio", "tone.wav")):
        shared.sdk.upload_from_file(input_id=f"facts-{kind}", **{f"{kind}_file": str(MEDIA / file)})
    image, video, audio = shared.wait("facts-image", "facts-video", "facts-audio")
    info = image.data.image.image_info
    assert (info.width, info.height, info.format) == (320, 240, "JPEG")
    info = video.data.video.video_info
    assert (info.width, info.height, info.frame_count) == (96, 64, 10)
    assert abs(info.duration_seconds - 2) < 0.2
    info = audio.data.audio.audio_info
    assert (info.sample_rate, round(info.duration_seconds)) == (8000, 1)


@pytest.mark.parametrize("raw", ["a short text", "grün 😀\n" * 5000], ids=["short", "long"])
def test_texts_are_hosted_too(shared, raw):
    input_id = fresh("text")
    shared.sdk.upload_text(input_id=input_id, raw_text=raw)
    (found,) = shared.wait(input_id)
    assert found.status.code == DONE
    answer = fetch(shared.owner, found.data.text.url)
    assert answer.content.decode() == raw
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert found.data.text.text_info.char_count == len(raw)


def test_image_and_text_in_one_input(shared, files):
    input_id = fresh("both")
    made = shared.sdk.get_multimodal_input(input_id=input_id, raw_text="what?", image_url=f"{files}/card.png?{input_id}")
    _, response = shared.sdk.upload_inputs([made])
    expect_success(response)
    (found,) = shared.wait(input_id)
    assert found.data.image.image_info.width == 64
    assert found.data.text.raw == "what?"


def test_upload_and_wait_as_the_sdk_does_it(app):
    inputs = [app.sdk.get_text_input(f"t{n}", f"text {n}", labels=["odd"] if n % 2 else None) for n in range(300)]
    app.sdk._bulk_upload(inputs, batch_size=128)
    assert len(list(app.sdk.list_inputs())) == 300
    assert len(list(app.sdk.list_inputs(page_no=2, per_page=200))) == 100
    assert len(list(app.sdk.list_inputs(input_type="image"))) == 0
    labelled = [one for one in app.sdk.list_inputs() if one.data.concepts]
    assert len(labelled) == 150
    assert {one.data.concepts[0].name for one in labelled} == {"odd"}


def test_a_broken_file_is_the_only_one_that_fails(app):
    good = (MEDIA / "card.jpg").read_bytes()
    broken = good[: len(good) // 2]
    inputs = [
        app.sdk.get_input_from_bytes(input_id=name, image_bytes=bytes)
        for name, bytes in (("good1", good), ("broken", broken), ("good2", good))
    ]
    job_id, response = app.sdk.upload_inputs(inputs, show_log=False)
    expect_success(response)
    assert app.sdk._wait_for_inputs(job_id)
    failed = app.sdk._delete_failed_inputs(inputs)
    assert [one.id for one in failed] == ["broken"]
    assert app.listed() == ["good1", "good2"]


def test_download_inputs_returns_what_was_uploaded(app):
    sent = []
    for kind, file in (("image", "card.jpg"), ("video", "clip.mp4"), ("audio", "tone.wav")):
        app.sdk.upload_from_file(input_id=kind, **{f"{kind}_file": str(MEDIA / file)})
        sent.append((MEDIA / file).read_bytes())
    app.sdk.upload_text(input_id="text", raw_text="a text")
    sent.append(b"a text")
    app.wait("image", "video", "audio", "text")
    assert app.sdk.download_inputs(list(app.sdk.list_inputs())) == sent


def test_a_job_is_known_at_once_and_ends(app):
    job_id, response = app.sdk.upload_inputs([text("a"), text("b")], show_log=False)
    expect_success(response)
    job = app.call("GetInputsAddJob", id=job_id)
    expect_success(job)
    progress = job.inputs_add_job.progress
    assert progress.pending_count + progress.in_progress_count + progress.success_count == 2
    app.wait("a", "b")
    job = app.call("GetInputsAddJob", id=job_id).inputs_add_job
    assert (job.progress.pending_count, job.progress.success_count) == (0, 2)
    assert job.status.code == status_code_pb2.JOB_COMPLETED
    assert [one.id for one in app.call("ListInputsAddJobs").inputs_add_jobs] == [job_id]
    expect_success(app.call("CancelInputsAddJob", id=job_id))


def test_a_repeated_call_gets_the_first_answer(app):
    first = app.post(text(""), text("a"), inputs_add_job_id="same")
    second = app.post(text(""), text("a"), inputs_add_job_id="same")
    expect_success(second)
    assert [one.id for one in second.inputs] == [one.id for one in first.inputs]
    assert len(app.listed()) == 2


def test_a_duplicate_id_is_told_in_the_words_that_the_sdk_compares(app):
    app.post(text("a"))
    response = app.post(text("b"), text("a"))
    assert response.status.code == status_code_pb2.MIXED_STATUS
    assert response.inputs[1].status.details == "Input has a duplicate ID."
    response = app.post(text("a"))
    assert response.status.code == status_code_pb2.FAILURE
    assert response.inputs[0].status.code == status_code_pb2.INPUT_DUPLICATE
    suffixed = app.post(text("a"), input_id_conflict_resolution=resources_pb2.SUFFIX)
    expect_success(suffixed)
    assert suffixed.inputs[0].id == "a-1"


def test_a_url_may_not_come_twice_unless_it_is_allowed(app, files):
    def image(input_id, **fields):
        picture = resources_pb2.Image(url=f"{files}/card.png", **fields)
        return resources_pb2.Input(id=input_id, data=resources_pb2.Data(image=picture))

    expect_success(app.post(image("a")))
    assert app.post(image("b")).inputs[0].status.code == status_code_pb2.INPUT_DUPLICATE
    expect_success(app.post(image("c", allow_duplicate_url=True)))


def test_bad_urls_fail_the_input_and_nothing_else(app, files):
    urls = {
        "missing": f"{files}/none.jpg",
        "page": f"{files}/",
        "private": "http://169.254.169.254/latest/meta-data/",
        "loopback": "http://[::1]:1/a.png",
    }
    inputs = [app.sdk.get_input_from_url(input_id=name, image_url=url) for name, url in urls.items()]
    _, response = app.sdk.upload_inputs(inputs, show_log=False)
    expect_success(response)
    codes = {one.id: one.status.code for one in app.wait(*urls)}
    assert codes == {"missing": 30002, "page": 30101, "private": 30106, "loopback": 30106}
    assert not app.get("page").data.image.hosted.sizes


@pytest.mark.parametrize("channel", ["grpc", "json"])
def test_labels_values_place_and_metadata_on_both_channels(stub, json_stub, app, channel):
    app.stub = stub if channel == "grpc" else json_stub
    data = {
        "concepts": [concept("yes", 1), concept("no", 0)],
        "metadata": struct(key1=123, key2={"inner": ["a", {"b": True}]}),
        "geo": resources_pb2.Geo(geo_point=resources_pb2.GeoPoint(longitude=55.0, latitude=66)),
    }
    expect_success(app.post(text("i", **data)))
    found = app.get("i").data
    assert [(one.id, one.name, one.value) for one in found.concepts] == [("yes", "yes", 1.0), ("no", "no", 0.0)]
    assert found.metadata["key1"] == 123
    assert found.metadata["key2"]["inner"][1]["b"] is True
    assert (found.geo.geo_point.longitude, found.geo.geo_point.latitude) == (55, 66)
    patch = resources_pb2.Input(
        id="i",
        data=resources_pb2.Data(
            concepts=[concept("third", 1)],
            metadata=struct(more="value"),
            geo=resources_pb2.Geo(geo_point=resources_pb2.GeoPoint(longitude=77, latitude=88)),
        ),
    )
    response = app.call("PatchInputs", inputs=[patch], action="merge")
    expect_success(response)
    after = response.inputs[0].data
    assert [one.id for one in after.concepts] == ["yes", "no", "third"]
    assert (after.metadata["key1"], after.metadata["more"]) == (123, "value")
    assert after.geo.geo_point.latitude == 88
    assert after.text.raw == "some text"


def test_a_label_without_a_value_is_positive_over_rest_only(stub, url, app):
    body = {"inputs": [{"id": "rest", "data": {"text": {"raw": "x"}, "concepts": [{"id": "c"}]}}]}
    answer = requests.post(
        f"{url}/v2/users/{app.owner.user_id}/apps/{app.id}/inputs",
        json=body,
        headers={"Authorization": f"Key {app.owner.pat}"},
        timeout=20,
    ).json()
    assert answer["inputs"][0]["data"]["concepts"][0]["value"] == 1
    expect_success(app.post(text("grpc", concepts=[resources_pb2.Concept(id="c")])))
    assert app.get("rest").data.concepts[0].value == 1
    assert app.get("grpc").data.concepts[0].value == 0


def test_the_sdk_patches_inputs(app):
    app.sdk.upload_inputs([text("i", concepts=[concept("tree", 1), concept("water", 1)])], show_log=False)

    def patched(action, **data):
        app.sdk.patch_inputs([resources_pb2.Input(id="i", data=resources_pb2.Data(**data))], action=action)
        return [(one.id, one.value) for one in app.get("i").data.concepts]

    assert patched("merge", concepts=[concept("tree", 0)]) == [("tree", 0), ("water", 1)]
    assert patched("remove", concepts=[resources_pb2.Concept(id="water")]) == [("tree", 0)]
    assert patched("overwrite", concepts=[concept("cat", 1)]) == [("cat", 1)]
    assert patched("overwrite", metadata=struct(b=3)) == []
    assert dict(app.get("i").data.metadata) == {"b": 3}


def test_deleted_inputs_do_not_exist(app):
    _, response = app.sdk.upload_inputs([text(f"t{n}") for n in range(5)], show_log=False)
    expect_success(response)
    expect_success(app.call("DeleteInputs", ids=[]))
    assert len(app.listed()) == 5
    app.sdk.delete_inputs(list(app.sdk.list_inputs(page_no=1, per_page=3)))
    assert app.listed() == ["t3", "t4"]
    expect_success(app.call("DeleteInput", input_id="t3"))
    assert app.call("GetInput", input_id="t3").status.code == status_code_pb2.CONN_DOES_NOT_EXIST
    assert app.call("DeleteInputs", ids=[str(n) for n in range(129)]).status.code != status_code_pb2.SUCCESS
    app.sdk.delete_inputs(list(app.sdk.list_inputs()))
    assert app.listed() == []


def test_a_stream_walks_through_all_inputs(app):
    ids = [f"i{n:02}" for n in range(12)]
    for input_id in ids:
        expect_success(app.post(text(input_id)))
    seen, last = [], ""
    while True:
        response = app.call("StreamInputs", per_page=5, last_id=last)
        expect_success(response)
        if not response.inputs:
            break
        seen += [one.id for one in response.inputs]
        last = seen[-1]
    assert seen == ids
    backwards = app.call("StreamInputs", per_page=3, descending=True)
    assert [one.id for one in backwards.inputs] == ["i11", "i10", "i09"]


def test_counts_and_filters_by_status(app, files):
    bad = app.sdk.get_input_from_url(input_id="bad", image_url=f"{files}/none.jpg")
    expect_success(app.post(text("a"), text("b"), bad))
    app.wait("a", "b", "bad")
    counts = app.call("GetInputCount").counts
    assert (counts.processed, counts.to_process, counts.errors) == (2, 0, 1)
    done = status_pb2.Status(code=DONE)
    assert app.listed(status=done) == ["a", "b"]
    assert app.listed(status=done, ids=["bad", "b"], per_page=2) == ["b"]
    assert app.listed(page=1000, per_page=500) == []


def test_129_inputs_and_two_videos_are_too_many(app):
    assert app.post(*(text(f"t{n}") for n in range(129))).status.code != status_code_pb2.SUCCESS
    clip = resources_pb2.Video(base64=(MEDIA / "clip.mp4").read_bytes())
    videos = [resources_pb2.Input(id=name, data=resources_pb2.Data(video=clip)) for name in ("a", "b")]
    assert app.post(*videos).status.code != status_code_pb2.SUCCESS
    assert app.listed() == []


def test_a_large_image_is_refused_by_itself(app):
    data = (MEDIA / "card.png").read_bytes() + bytes(21_000_000)
    large = resources_pb2.Input(id="large", data=resources_pb2.Data(image=resources_pb2.Image(base64=data)))
    response = app.post(large, text("small"))
    assert response.status.code == status_code_pb2.MIXED_STATUS
    assert response.inputs[0].status.code == status_code_pb2.INPUT_OVER_LIMIT
    assert app.listed() == ["small"]


def hosted_urls(found):
    for kind in ("image", "video"):
        medium = getattr(found.data, kind)
        for size in medium.hosted.sizes:
            yield size, f"{medium.hosted.prefix}/{size}/{medium.hosted.suffix}"


def test_hosted_media_opens_to_good_credentials_only(stub, app, url, stranger):
    image, clip = (MEDIA / "card.jpg").read_bytes(), (MEDIA / "clip.mp4").read_bytes()
    app.sdk.upload_from_bytes(input_id="image", image_bytes=image)
    app.sdk.upload_from_bytes(input_id="video", video_bytes=clip)
    found = app.wait("image", "video")
    key = resources_pb2.Key(description=fresh("hosting"), scopes=["All"], apps=[resources_pb2.App(id=app.id)])
    made = stub.PostKeys(service_pb2.PostKeysRequest(user_app_id=app.owner.mine, keys=[key]), metadata=app.owner.metadata)
    expect_success(made)
    app_key = made.keys[0].id
    session = requests.post(
        f"{url}/v2/login", json={"email": app.owner.email, "password": app.owner.password}, timeout=20
    ).json()["session_token"]
    zeros = "0" * 32
    sizes = []
    for one, original in zip(found, (image, clip)):
        for size, address in hosted_urls(one):
            sizes.append(size)
            assert address.startswith(url)
            for secret in (app.owner.pat, app_key):
                for means in (
                    {"headers": {"authorization": f"Key {secret}"}},
                    {"cookies": {"x-clarifai-api-key": secret}},
                ):
                    answer = requests.get(address, timeout=20, **means)
                    assert answer.status_code == 200, (address, means)
                    if size == "orig":
                        assert hashlib.md5(answer.content).digest() == hashlib.md5(original).digest()
                    else:
                        assert answer.headers["Content-Type"] == "image/jpeg"
            for means in (
                {"headers": {"X-Clarifai-Session-Token": session}},
                {"cookies": {"x_clarifai_session_token": session}},
            ):
                assert requests.get(address, timeout=20, **means).status_code == 200
            for means in (
                {"headers": {"authorization": f"Key {zeros}"}},
                {"headers": {"X-Clarifai-Session-Token": zeros}},
                {"cookies": {"x-clarifai-api-key": zeros}},
                {"cookies": {"x_clarifai_session_token": zeros}},
            ):
                assert requests.get(address, timeout=20, **means).status_code == 401
            assert requests.get(address, timeout=20).status_code == 404
            assert fetch(stranger, address).status_code == 404
    assert sorted(sizes) == ["large", "orig", "orig", "small", "thumbnail", "tiny"]


def test_a_part_of_a_medium_can_be_fetched(shared):
    clip = (MEDIA / "clip.mp4").read_bytes()
    input_id = fresh("range")
    shared.sdk.upload_from_bytes(input_id=input_id, video_bytes=clip)
    (found,) = shared.wait(input_id)
    headers = {"Authorization": f"Key {shared.owner.pat}", "Range": "bytes=100-199"}
    answer = requests.get(found.data.video.url, headers=headers, timeout=20)
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes 100-199/{len(clip)}"
    assert answer.content == clip[100:200]
    again = {"Authorization": f"Key {shared.owner.pat}", "If-None-Match": answer.headers["ETag"]}
    assert requests.get(found.data.video.url, headers=again, timeout=20).status_code == 304


def test_an_app_key_needs_no_ids(stub, app):
    key = resources_pb2.Key(description=fresh("app key"), scopes=["All"], apps=[resources_pb2.App(id=app.id)])
    made = stub.PostKeys(service_pb2.PostKeysRequest(user_app_id=app.owner.mine, keys=[key]), metadata=app.owner.metadata)
    secret = as_key(made.keys[0].id)
    response = stub.PostInputs(service_pb2.PostInputsRequest(inputs=[text("i")]), metadata=secret)
    expect_success(response)
    expect_success(stub.GetInput(service_pb2.GetInputRequest(input_id="i"), metadata=secret))
