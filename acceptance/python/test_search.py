"""Searches through the official SDK, stubs and REST: every filter, every rank, on pictures and texts that the built-in
models have looked at."""

import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from clarifai.client.input import Inputs
from clarifai.client.search import Search
from clarifai.client.user import User
from clarifai.errors import UserError
from clarifai_grpc.grpc.api import resources_pb2, service_pb2
from clarifai_grpc.grpc.api.status import status_code_pb2
from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct
from limpid_fixtures import expect_success, fresh

PICTURES = Path(__file__).resolve().parents[2] / "packages/runner/src/media/samples"
DOG = PICTURES / "dog.jpg"
PENDING = (status_code_pb2.INPUT_DOWNLOAD_PENDING, status_code_pb2.INPUT_DOWNLOAD_IN_PROGRESS)
# In the order in which they are added.
ANIMALS = ["dog", "duck", "chicken", "sheep", "astronaut"]


@pytest.fixture(scope="module")
def files():
    """A server on this machine that the platform may fetch from."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(PICTURES)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class Place:
    """An app of its own, and ways to search it."""

    def __init__(self, stub, owner, url, base):
        self.stub, self.owner, self.url = stub, owner, url
        self.user = User(user_id=owner.user_id, base_url=url, pat=owner.pat)
        self.app = self.user.create_app(app_id=fresh("search"), base_workflow=base)
        self.ids = {"user_id": owner.user_id, "app_id": self.app.id}
        self.at = resources_pb2.UserAppIDSet(**self.ids)
        self.auth = {"base_url": url, "pat": owner.pat}
        self.inputs = Inputs(**self.ids, **self.auth)

    def add(self, *inputs):
        self.inputs.upload_inputs(list(inputs), show_log=False)
        deadline = time.monotonic() + 120
        while any(self.status(one.id) in PENDING for one in inputs):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert {self.status(one.id) for one in inputs} == {status_code_pb2.INPUT_DOWNLOAD_SUCCESS}

    def status(self, input_id):
        request = service_pb2.GetInputRequest(user_app_id=self.at, input_id=input_id)
        response = self.stub.GetInput(request, metadata=self.owner.metadata)
        expect_success(response)
        return response.input.status.code

    def hits(self, ranks=({},), filters=({},), **options):
        options = {"top_k": 100, **options}
        # The client takes filters apart, so each call gets its own.
        query = {"ranks": [dict(one) for one in ranks], "filters": [dict(one) for one in filters]}
        pages = list(Search(**self.ids, **self.auth, **options).query(**query))
        return [hit for page in pages for hit in page.hits]

    def find(self, *args, **options):
        return [hit.input.id for hit in self.hits(*args, **options)]

    def ask(self, rpc, **fields):
        request = getattr(service_pb2, f"{rpc}Request")(user_app_id=self.at, **fields)
        return getattr(self.stub, rpc)(request, metadata=self.owner.metadata)

    def ask_rest(self, rpc, **fields):
        """The same over REST. (The JSON channel of the client breaks on its own protobuf when it sends concepts.)"""
        kind = {"PostSearches": "", "PostInputsSearches": "inputs/", "PostAnnotationsSearches": "annotations/"}[rpc]
        request = getattr(service_pb2, f"{rpc}Request")(**fields)
        answer = requests.post(
            f"{self.url}/v2/users/{self.owner.user_id}/apps/{self.app.id}/{kind}searches",
            headers={"Authorization": f"Key {self.owner.pat}"},
            json=json_format.MessageToDict(request, preserving_proto_field_name=True),
            timeout=30,
        )
        return json_format.ParseDict(answer.json(), service_pb2.MultiSearchResponse(), ignore_unknown_fields=True)


@pytest.fixture(scope="module")
def zoo(stub, owner, url):
    place = Place(stub, owner, url, "General")
    place.app.create_dataset("birds")
    breed = Struct()
    breed.update({"Breed": "Saint Bernard", "where": {"room": 7, "shelves": [1, 2]}})
    more = {
        "dog": {"labels": ["pet", "good"], "geo_info": [-30.0, 40.0], "metadata": breed},
        "duck": {"dataset_id": "birds", "labels": ["bird"]},
        "chicken": {"dataset_id": "birds", "labels": ["bird", "pet"]},
    }
    made = [
        place.inputs.get_input_from_file(input_id=name, image_file=str(PICTURES / f"{name}.jpg"), **more.get(name, {}))
        for name in ANIMALS
    ]
    place.add(*made)
    place.add(place.inputs.get_text_input(input_id="note", raw_text="nothing to see"))
    yield place
    place.user.delete_app(place.app.id)


@pytest.fixture(scope="module")
def library(stub, owner, url):
    place = Place(stub, owner, url, "Text")
    texts = {
        "bread": "How to bake a loaf of bread",
        "cake": "A recipe for chocolate cake",
        "engine": "The cylinders of a car engine",
    }
    place.add(*(place.inputs.get_text_input(input_id=name, raw_text=raw) for name, raw in texts.items()))
    yield place
    place.user.delete_app(place.app.id)


@pytest.fixture(scope="module")
def gallery(stub, owner, url):
    place = Place(stub, owner, url, "Universal")
    place.add(
        *(
            place.inputs.get_input_from_file(input_id=name, image_file=str(PICTURES / f"{name}.jpg"))
            for name in ANIMALS
        )
    )
    yield place
    place.user.delete_app(place.app.id)


def concepts(*names, **more):
    return {"concepts": [{"name": name, "value": 1, **more} for name in names]}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([{}], [*ANIMALS, "note"]),
        ([concepts("pet")], ["dog", "chicken"]),
        ([concepts("good", "bird")], ["dog", "duck", "chicken"]),
        ([concepts("pet"), concepts("bird")], ["chicken"]),
        ([concepts("pet"), concepts("unheard-of")], []),
        ([{"concepts": [{"id": "pet", "value": 1}]}], ["dog", "chicken"]),
        ([{"input_types": ["image"]}], ANIMALS),
        ([{"input_types": ["text", "video"]}], ["note"]),
        ([{"input_types": ["audio", "video"]}], []),
        ([{"input_types": ["image"]}, {"input_status_code": 30000}], ANIMALS),
        # Parts of one input filter widen each other.
        ([{"input_types": ["audio", "video"], "input_status_code": 30000}], [*ANIMALS, "note"]),
        ([{"input_status_code": 30001}], []),
        ([{"input_dataset_ids": ["birds"]}], ["duck", "chicken"]),
        ([{"input_dataset_ids": ["random_dataset"]}], []),
        ([{"input_dataset_ids": ["birds"]}, concepts("pet")], ["chicken"]),
        ([{"metadata": {"Breed": "Saint Bernard"}}], ["dog"]),
        ([{"metadata": {"where": {"shelves": [2]}}}], ["dog"]),
        ([{"metadata": {"where": {"shelves": [3]}}}], []),
        ([{"geo_point": {"longitude": -29.0, "latitude": 40.0, "geo_limit": 100}}], ["dog"]),
        ([{"geo_point": {"longitude": -29.0, "latitude": 40.0, "geo_limit": 50}}], []),
    ],
    ids=str,
)
def test_filters(zoo, filters, expected):
    assert zoo.find(filters=filters) == expected
    assert {hit.score for hit in zoo.hits(filters=filters)} <= {1.0}


def test_a_hit_has_the_whole_input(zoo, owner):
    (hit,) = zoo.hits(filters=[concepts("good")])
    assert hit.input.id == "dog"
    assert hit.input.data.image.hosted.prefix
    assert hit.input.status.code == status_code_pb2.INPUT_DOWNLOAD_SUCCESS
    assert {concept.name for concept in hit.annotation.data.concepts} == {"pet", "good"}
    assert (hit.user_id, hit.app_id) == (owner.user_id, zoo.app.id)


def test_pages(zoo):
    search = Search(**zoo.ids, **zoo.auth, pagination=True)
    images = [{"input_types": ["image"]}]
    (second,) = search.query(filters=[dict(one) for one in images], page_no=2, per_page=2)
    assert [hit.input.id for hit in second.hits] == ANIMALS[2:4]
    assert list(search.query(filters=[dict(one) for one in images], page_no=9, per_page=2)) == []
    everything = [hit for page in search.query() for hit in page.hits]
    assert len(everything) == 6
    assert len(zoo.hits(top_k=3)) == 3


def test_too_many_pages_are_told_as_the_client_expects(zoo):
    search = Search(**zoo.ids, **zoo.auth, pagination=True)
    with pytest.raises(UserError, match="exceed the limit"):
        list(search.query(page_no=11, per_page=1000))


def test_by_the_bytes_of_a_picture(zoo):
    hits = zoo.hits(ranks=[{"image_bytes": DOG.read_bytes()}])
    assert [hit.input.id for hit in hits][0] == "dog"
    assert len(hits) == len(ANIMALS)
    assert hits[0].score == pytest.approx(1, abs=1e-3)
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_by_the_url_of_a_picture(zoo, files):
    hits = zoo.hits(ranks=[{"image_url": f"{files}/dog.jpg"}])
    by_bytes = zoo.hits(ranks=[{"image_bytes": DOG.read_bytes()}])
    assert [(hit.input.id, hit.score) for hit in hits] == [(hit.input.id, hit.score) for hit in by_bytes]


@pytest.mark.parametrize("options", [{"metric": "cosine", "algorithm": "brute_force"}, {"metric": "euclidean"}])
def test_both_metrics_agree_on_who_is_nearest(zoo, options):
    (first, *_) = zoo.hits(ranks=[{"image_bytes": (PICTURES / "duck.jpg").read_bytes()}], **options)
    assert first.input.id == "duck"
    assert first.score == pytest.approx(1, abs=1e-3)


def test_filters_come_before_ranks(zoo):
    picture = [{"image_bytes": DOG.read_bytes()}]
    assert zoo.find(picture, [{"input_dataset_ids": ["birds"]}], top_k=1) != ["dog"]
    assert set(zoo.find(picture, [{"input_dataset_ids": ["birds"]}])) == {"duck", "chicken"}
    assert zoo.find(picture, [concepts("pet")]) == ["dog", "chicken"]
    assert zoo.find(picture, [{"input_types": ["text"]}]) == []


def test_by_a_predicted_concept(zoo):
    hits = zoo.hits(ranks=[concepts("dog")])
    assert hits[0].input.id == "dog"
    assert hits[0].score > 0.9
    assert hits[0].annotation.model_version_id
    combined = zoo.hits(ranks=[concepts("dog"), {"image_bytes": DOG.read_bytes()}])
    assert combined[0].input.id == "dog"
    absent = zoo.find(ranks=[{"concepts": [{"name": "dog", "value": 0}]}])
    assert absent[-1] == "dog"
    assert len(absent) == 6


def test_searching_by_the_words_of_a_model_adds_none_to_the_app(zoo):
    zoo.find(ranks=[concepts("dog")])
    assert "dog" not in {concept.name for concept in zoo.app.list_concepts()}


def search_of(ranks=(), filters=(), **fields):
    return resources_pb2.Search(query=resources_pb2.Query(ranks=ranks, filters=filters), **fields)


def annotated(**fields):
    return resources_pb2.Annotation(**fields)


def labelled(*names, **fields):
    named = [resources_pb2.Concept(name=name, value=1) for name in names]
    return annotated(data=resources_pb2.Data(concepts=named), **fields)


def test_by_an_input(zoo):
    rank = resources_pb2.Rank(annotation=annotated(input_id="chicken"))
    response = zoo.ask("PostInputsSearches", searches=[search_of(ranks=[rank])])
    expect_success(response)
    assert response.hits[0].input.id == "chicken"
    absent = resources_pb2.Rank(annotation=annotated(input_id="absent"))
    response = zoo.ask("PostInputsSearches", searches=[search_of(ranks=[absent])])
    assert response.status.code == status_code_pb2.CONN_DOES_NOT_EXIST
    unseen = resources_pb2.Rank(annotation=annotated(input_id="note"))
    response = zoo.ask("PostInputsSearches", searches=[search_of(ranks=[unseen])])
    assert response.status.code == status_code_pb2.SEARCH_BY_NOT_FULLY_INDEXED_INPUT


def test_duplicates_by_a_least_score(zoo):
    picture = resources_pb2.Image(base64=DOG.read_bytes())
    rank = resources_pb2.Rank(annotation=annotated(data=resources_pb2.Data(image=picture)))
    response = zoo.ask("PostInputsSearches", searches=[search_of(ranks=[rank], min_value=0.95)])
    expect_success(response)
    assert [hit.input.id for hit in response.hits] == ["dog"]
    # The search is told again, without the picture's bytes.
    assert response.searches[0].min_value == pytest.approx(0.95)
    assert len(response.SerializeToString()) < 20_000


def test_hits_are_counted(zoo):
    pets = resources_pb2.Filter(annotation=labelled("pet"))
    response = zoo.ask("PostInputsSearches", searches=[search_of(), search_of(filters=[pets])], only_count=True)
    expect_success(response)
    assert [count.estimated_total for count in response.hit_counts] == [6, 2]
    assert len(response.hits) == 0


@pytest.mark.parametrize("way", ["ask", "ask_rest"])
def test_of_annotations_all_filters_ask_of_one(zoo, way):
    box = resources_pb2.BoundingBox(top_row=0.1, left_col=0.1, bottom_row=0.5, right_col=0.5)
    name = fresh("ear")
    region = resources_pb2.Region(
        region_info=resources_pb2.RegionInfo(bounding_box=box),
        data=resources_pb2.Data(concepts=[resources_pb2.Concept(id=name, value=1)]),
    )
    boxed = annotated(input_id="dog", data=resources_pb2.Data(regions=[region]))
    expect_success(zoo.ask("PostAnnotations", annotations=[boxed]))

    def found(*filters, rpc="PostAnnotationsSearches"):
        filters = [resources_pb2.Filter(annotation=one) for one in filters]
        response = getattr(zoo, way)(rpc, searches=[search_of(filters=filters)])
        expect_success(response)
        return [(hit.input.id, len(hit.annotation.data.regions)) for hit in response.hits]

    assert found(labelled(name)) == [("dog", 1)]
    assert found(labelled("good")) == [("dog", 0)]
    assert found(labelled(name), labelled("good")) == []
    assert found(labelled(name), labelled("good"), rpc="PostInputsSearches") == [("dog", 1)]


def test_by_who_annotated_and_what_was_noted(zoo, owner):
    note = Struct()
    note.update({"k": {"a": 1}})
    made = annotated(input_id="sheep", data=resources_pb2.Data(), annotation_info=note)
    made.status.code = status_code_pb2.ANNOTATION_PENDING
    expect_success(zoo.ask("PostAnnotations", annotations=[made]))
    pending = annotated()
    pending.status.code = status_code_pb2.ANNOTATION_PENDING
    for wanted in (annotated(annotation_info=note), pending):
        response = zoo.ask(
            "PostAnnotationsSearches", searches=[search_of(filters=[resources_pb2.Filter(annotation=wanted)])]
        )
        expect_success(response)
        assert [hit.input.id for hit in response.hits] == ["sheep"]
    mine = resources_pb2.Filter(annotation=annotated(user_id=owner.user_id))
    response = zoo.ask("PostInputsSearches", searches=[search_of(filters=[mine])])
    assert {"dog", "duck", "chicken", "sheep"} <= {hit.input.id for hit in response.hits}


@pytest.mark.parametrize("way", ["ask", "ask_rest"])
def test_the_older_form(zoo, way):
    def found(*ands):
        response = getattr(zoo, way)("PostSearches", query=resources_pb2.Query(ands=ands))
        expect_success(response)
        return [hit.input.id for hit in response.hits]

    said = resources_pb2.Input(data=resources_pb2.Data(concepts=[resources_pb2.Concept(name="good", value=1)]))
    assert found(resources_pb2.And(input=said)) == ["dog"]
    picture = resources_pb2.Data(image=resources_pb2.Image(base64=DOG.read_bytes()))
    shown = resources_pb2.Output(input=resources_pb2.Input(data=picture))
    assert found(resources_pb2.And(output=shown))[0] == "dog"
    seen = resources_pb2.Output(data=resources_pb2.Data(concepts=[resources_pb2.Concept(name="dog", value=1)]))
    assert found(resources_pb2.And(output=seen))[0] == "dog"
    assert found(resources_pb2.And(output=seen), resources_pb2.And(input=said, negate=True))[0] != "dog"


def test_negated_over_rest(zoo, url, owner):
    path = f"/v2/users/{owner.user_id}/apps/{zoo.app.id}"
    query = {"filters": [{"annotation": {"data": {"concepts": [{"name": "pet"}]}}, "negate": True}]}
    for kind in ("inputs", "annotations"):
        answer = requests.post(
            f"{url}{path}/{kind}/searches",
            headers={"Authorization": f"Key {owner.pat}"},
            json={"searches": [{"query": query}]},
            timeout=30,
        ).json()
        assert answer["status"]["code"] == 10000, answer
        assert [hit["input"]["id"] for hit in answer["hits"]] == ["duck", "sheep", "astronaut", "note"]
        assert answer["hits"][0]["score"] == 1


def test_a_new_input_is_found_at_once(zoo):
    name = fresh("again")
    zoo.add(zoo.inputs.get_input_from_file(input_id=name, image_file=str(DOG)))
    try:
        assert set(zoo.find(ranks=[{"image_bytes": DOG.read_bytes()}], top_k=2)) == {"dog", name}
    finally:
        zoo.inputs.delete_inputs([resources_pb2.Input(id=name)])
    assert name not in zoo.find(ranks=[{"image_bytes": DOG.read_bytes()}])


def test_words_find_texts(library):
    assert library.find(ranks=[{"text_raw": "A recipe for chocolate cake"}])[0] == "cake"
    assert library.find(ranks=[{"text_raw": "baking in the kitchen"}])[-1] == "engine"
    assert library.find(ranks=[{"text_raw": "repairing a motor vehicle"}])[0] == "engine"


def test_words_find_pictures(gallery):
    assert gallery.find(ranks=[{"text_raw": "a photo of a dog"}])[0] == "dog"
    assert gallery.find(ranks=[{"text_raw": "sheep on a meadow"}])[0] == "sheep"


def test_words_need_a_model_for_words(zoo):
    with pytest.raises(Exception, match="Universal or Text"):
        zoo.hits(ranks=[{"text_raw": "a dog"}])


def test_another_may_not_search_it(zoo, stranger):
    request = service_pb2.PostInputsSearchesRequest(user_app_id=zoo.at, searches=[search_of()])
    response = zoo.stub.PostInputsSearches(request, metadata=stranger.metadata)
    assert response.status.code == status_code_pb2.CONN_DOES_NOT_EXIST
    assert len(response.hits) == 0
