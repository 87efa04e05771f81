"""Whatever is sent: a clear answer with its documented code, and the app is as it was, or holds all that was taken."""

import json
import struct
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from clarifai_grpc.grpc.api import resources_pb2, service_pb2
from clarifai_grpc.grpc.api.status import status_code_pb2
from google.protobuf.struct_pb2 import Struct
from limpid_fixtures import expect_success, fresh
from test_inputs import DONE, App

MEDIA = Path(__file__).resolve().parents[1] / "media"
BAD_FORMAT = status_code_pb2.CONN_BAD_REQUEST_FORMAT
UNSUPPORTED = status_code_pb2.INPUT_UNSUPPORTED_FORMAT
FAILED = status_code_pb2.INPUT_DOWNLOAD_FAILED
INVALID_URL = status_code_pb2.INPUT_INVALID_URL


@pytest.fixture
def app(stub, owner, url):
    made = App(stub, owner, url)
    yield made
    made.call("DeleteApp")


def post_raw(app, url, body, content_type="application/json"):
    return requests.post(
        f"{url}/v2/users/{app.owner.user_id}/apps/{app.id}/inputs",
        headers={"Authorization": f"Key {app.owner.pat}", "Content-Type": content_type},
        data=body,
        timeout=60,
    )


def ids_of(app):
    response = app.call("ListInputs", per_page=1000)
    expect_success(response)
    return [given.id for given in response.inputs]


def text(input_id, raw="words", **fields):
    return resources_pb2.Input(id=input_id, data=resources_pb2.Data(text=resources_pb2.Text(raw=raw), **fields))


GOOD = '{"id": "good", "data": {"text": {"raw": "a text"}}}'
BODIES = {
    "nothing that is JSON": b"inputs=1",
    "cut off": b'{"inputs": [' + GOOD.encode(),
    "more than one": b'{"inputs": [%s]} {}' % GOOD.encode(),
    "a list": b"[" + GOOD.encode() + b"]",
    "a string": b'"inputs"',
    "no UTF-8": b'{"inputs": [{"id": "good", "data": {"text": {"raw": "\xff\xfe"}}}]}',
    "inputs as a number": b'{"inputs": 7}',
    "an input as a string": b'{"inputs": [%s, "other"]}' % GOOD.encode(),
    "an id as an object": b'{"inputs": [%s, {"id": {}}]}' % GOOD.encode(),
    "a value as words": b'{"inputs": [%s, {"data": {"concepts": [{"id": "c", "value": "much"}]}}]}' % GOOD.encode(),
    "bytes that are no base64": b'{"inputs": [%s, {"data": {"image": {"base64": "***"}}}]}' % GOOD.encode(),
    "a time that is none": b'{"inputs": [%s, {"created_at": "yesterday"}]}' % GOOD.encode(),
    "depth without end": b'{"inputs": [{"data": {"metadata": ' + b'{"a":' * 20_000 + b"1" + b"}" * 20_000 + b"}}]}",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_body_that_is_wrong_anywhere_is_refused_whole(app, url, body):
    answer = post_raw(app, url, body)
    told = answer.json()
    assert answer.status_code == 400, told
    assert told["status"]["code"] == BAD_FORMAT, told
    assert told["status"]["details"]
    assert ids_of(app) == []


UNKEPT = {
    "a NUL": (r"a\u0000b", status_code_pb2.INPUT_INVALID_ARGUMENT),
    "half a character": (r"\ud83d", status_code_pb2.CONN_INVALID_REQUEST),
}


@pytest.mark.parametrize(("raw", "code"), UNKEPT.values(), ids=UNKEPT.keys())
def test_a_text_that_cannot_be_kept_is_refused_by_itself(app, url, raw, code):
    bad = '{"id": "bad", "data": {"text": {"raw": "%s"}}}' % raw
    answer = post_raw(app, url, f'{{"inputs": [{GOOD}, {bad}]}}')
    told = answer.json()
    assert (answer.status_code, told["status"]["code"]) == (207, status_code_pb2.MIXED_STATUS), told
    assert told["inputs"][1]["status"]["code"] == code, told
    assert ids_of(app) == ["good"]


def test_fields_that_nobody_knows_are_passed_over(app, url):
    body = {
        "inputs": [{"id": "good", "shoe_size": 43, "data": {"text": {"raw": "a text", "font": {"x": []}}}}],
        "colour": None,
        "also": [1, {"a": "b"}],
    }
    told = post_raw(app, url, json.dumps(body)).json()
    assert told["status"]["code"] == status_code_pb2.SUCCESS, told
    assert "shoe_size" not in json.dumps(told)
    assert ids_of(app) == ["good"]


def test_a_nul_is_refused_over_grpc_as_well(app):
    metadata = Struct()
    metadata["key"] = "a\0b"
    concepts = [resources_pb2.Concept(id="c\0", value=1)]
    for bad in (text("bad", "a\0b"), text("a\0b"), text("bad", metadata=metadata), text("bad", concepts=concepts)):
        response = app.post(text("good"), bad)
        assert response.status.code != status_code_pb2.SUCCESS
        # Whole, or by itself; never an error of ours.
        assert response.status.code < 98000, response.status
        told = [given.status.code for given in response.inputs]
        assert ids_of(app) == (["good"] if told and told[0] == status_code_pb2.INPUT_DOWNLOAD_PENDING else [])
        app.call("DeleteInputs", ids=["good"])


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb():
    """A megabyte that says it is a picture of 30,000 by 30,000 points, and is one."""
    side = 30_000
    pack = zlib.compressobj(9)
    rows = b"".join(pack.compress(b"\0" * (side + 1)) for _ in range(side)) + pack.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


JPEG = (MEDIA / "card.jpg").read_bytes()
NO_PICTURES = {
    "page.jpg": (b"<html><body>not found</body></html>", UNSUPPORTED),
    "drawing.jpg": (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', UNSUPPORTED),
    "archive.jpg": (b"PK\x03\x04" + bytes(200), UNSUPPORTED),
    "program.jpg": (b"\x7fELF" + bytes(200), UNSUPPORTED),
    "empty.jpg": (b"", UNSUPPORTED),
    "sound.jpg": ((MEDIA / "tone.wav").read_bytes(), UNSUPPORTED),
    "head.jpg": (JPEG[:3] + bytes(500), FAILED),
    "half.jpg": (JPEG[: len(JPEG) // 2], FAILED),
    "bomb.jpg": (bomb(), status_code_pb2.INPUT_OVER_LIMIT),
}


@pytest.fixture(scope="module")
def files():
    """Serves what is no picture under names and types that say it is, and leads astray."""

    class Liar(BaseHTTPRequestHandler):
        def do_GET(self):
            name = self.path.rsplit("/", 1)[-1]
            if name in NO_PICTURES:
                self.send_response(200)
                self.send_header("Content-Type", "image/jpeg")
                self.end_headers()
                self.wfile.write(NO_PICTURES[name][0])
            else:
                self.send_response(302)
                self.send_header("Location", LEADS[name])
                self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


LEADS = {
    "cloud": "http://169.254.169.254/latest/meta-data/",
    "inside": "http://10.0.0.1/a.jpg",
    "six": "http://[fd00::1]/a.jpg",
    "number": "http://2130706434/a.jpg",
    "file": "file:///etc/passwd",
}


def image(input_id, **fields):
    return resources_pb2.Input(id=input_id, data=resources_pb2.Data(image=resources_pb2.Image(**fields)))


def codes_of(app, ids):
    if ids:
        app.wait(*ids)
    return {given: app.get(given).status.code for given in ids}


def test_what_is_no_picture_fails_by_its_bytes_and_leaves_others_alone(app, files):
    names = list(NO_PICTURES)
    for sent in ("bytes", "url"):
        inputs = [
            image(f"{sent}-{name}", base64=NO_PICTURES[name][0])
            if sent == "bytes"
            else image(f"{sent}-{name}", url=f"{files}/{name}")
            for name in names
        ]
        response = app.post(*inputs, image(f"{sent}-good", base64=JPEG))
        told = {given.id: given.status.code for given in response.inputs}
        refused = {given for given, code in told.items() if code != status_code_pb2.INPUT_DOWNLOAD_PENDING}
        told |= codes_of(app, set(told) - refused)
        assert told.pop(f"{sent}-good") == DONE
        for name, (_, expected) in NO_PICTURES.items():
            # An input with no bytes at all has no medium.
            is_nothing = sent == "bytes" and name == "empty.jpg"
            wanted = status_code_pb2.INPUT_INVALID_ARGUMENT if is_nothing else expected
            assert told[f"{sent}-{name}"] == wanted, (sent, name)
        assert not refused & set(ids_of(app))


def test_no_url_leads_inside(app, files):
    urls = {
        **{f"led-{name}": f"{files}/{name}" for name in LEADS},
        "name": "http://ip6-localhost:1/a.jpg",
        "ten": "http://10.0.0.1/a.jpg",
        "mapped": "http://[::ffff:10.0.0.1]/a.jpg",
    }
    app.post(*[image(given, url=link) for given, link in urls.items()])
    codes = codes_of(app, urls)
    # A name that this machine does not know leads nowhere.
    assert codes.pop("name") in (INVALID_URL, FAILED)
    assert set(codes.values()) == {INVALID_URL}, codes


WORDS = {
    "umlauts": "Grüße aus Köln",
    "composed": "caf\u00e9",
    "decomposed": "cafe\u0301",
    "chinese": "图像识别",
    "right-to-left": "שלום עולם",
    "persian": "می\u200cخواهم",
    "family": "👨\u200d👩\u200d👧",
    "beyond": "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𐐷",
    "marks": 'a"b\\c%d&e?f#g;h',
    "longest": "ü" * 128,
    "sixty-four": "x" * 64,
}


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS.keys())
def test_every_script_everywhere(app, url, owner, word):
    metadata = Struct()
    metadata[word] = {word: [word]}
    concept = resources_pb2.Concept(id=word, name=word, value=1)
    picture = image(word, base64=JPEG)
    picture.data.concepts.append(concept)
    picture.data.metadata.CopyFrom(metadata)
    expect_success(app.post(picture, text(f"{word[:100]} 2", word)))
    app.wait(word)
    got = app.get(word)
    assert got.status.code == DONE
    assert (got.id, got.data.concepts[0].id, got.data.concepts[0].name) == (word, word, word)
    assert got.data.metadata == metadata
    assert app.get(f"{word[:100]} 2").data.text.raw == word
    where = f"{url}/v2/users/{owner.user_id}/apps/{app.id}"
    headers = {"Authorization": f"Key {owner.pat}"}
    told = requests.get(f"{where}/inputs/{quote(word, safe='')}", headers=headers, timeout=30).json()
    assert told["input"]["id"] == word, told
    assert told["input"]["data"]["metadata"] == {word: {word: [word]}}
    hosted = requests.get(got.data.image.url, headers=headers, timeout=30)
    assert hosted.content == JPEG
    found = app.call("ListConcepts")
    assert [given.id for given in found.concepts] == [word]
    streamed = app.call("StreamInputs", last_id=word, per_page=10)
    assert [given.id for given in streamed.inputs] == [f"{word[:100]} 2"]
    expect_success(app.call("DeleteInputs", ids=[word, f"{word[:100]} 2"]))
    assert ids_of(app) == []


def test_a_suffix_fits_the_longest_ids(app, url):
    longest = "ü" * 128
    given = {"id": longest, "data": {"text": {"raw": "words"}}}
    body = json.dumps({"inputs": [given], "input_id_conflict_resolution": "SUFFIX"})
    made = set()
    for _ in range(12):
        told = post_raw(app, url, body).json()
        assert told["status"]["code"] == status_code_pb2.SUCCESS, told
        made.add(told["inputs"][0]["id"])
    assert len(made) == 12
    assert max(len(given) for given in made) <= 128
    assert set(ids_of(app)) == made
    for wrong in ("ü" * 129, " x", "a/b", "..", "a\u2028b"):
        response = app.post(text(wrong))
        assert response.status.code == status_code_pb2.FAILURE, wrong
    assert set(ids_of(app)) == made


def test_ids_that_many_send_at_once_are_there_once(app):
    ids = [f"same-{n}" for n in range(40)]

    def batch(n):
        # Each in an order of its own, and each with one id twice.
        turned = ids[n * 5 :] + ids[: n * 5]
        return app.post(*[text(given, f"from {n}") for given in [*turned, turned[0]]])

    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(batch, range(8)))
    won = []
    for response in responses:
        assert response.status.code in (status_code_pb2.SUCCESS, status_code_pb2.MIXED_STATUS, status_code_pb2.FAILURE)
        for given in response.inputs:
            if given.status.code == status_code_pb2.INPUT_DOWNLOAD_PENDING:
                won.append(given.id)
            else:
                assert given.status.code == status_code_pb2.INPUT_DUPLICATE, given.status
                assert given.status.details == "Input has a duplicate ID."
    assert sorted(won) == sorted(ids)
    assert sorted(ids_of(app)) == sorted(ids)


def test_too_many_of_everything_is_told_and_nothing_is_written(app, url):
    many = [text(fresh("many")) for _ in range(129)]
    assert app.post(*many).status.code != status_code_pb2.SUCCESS
    crowd = text("crowd", concepts=[resources_pb2.Concept(id=f"c{n}", value=1) for n in range(20_000)])
    wide = text("wide", "x" * 25_000_000)
    for bad in (crowd, wide):
        response = app.post(bad)
        assert response.status.code not in (status_code_pb2.SUCCESS, status_code_pb2.INTERNAL_UNCATEGORIZED)
        assert response.status.code < 98000, response.status
    assert ids_of(app) == []
    assert not app.call("ListConcepts").concepts
