"""Saved searches and annotation filters through the official stubs and REST: kept, changed, run, held, forgotten."""

import time

import pytest
import requests
from clarifai.client.input import Inputs
from clarifai.client.user import User
from clarifai_grpc.grpc.api import resources_pb2, service_pb2
from clarifai_grpc.grpc.api.status import status_code_pb2
from limpid_fixtures import expect_success, fresh

TEXTS = {
    "bread": "How to bake a loaf of bread",
    "cake": "A recipe for chocolate cake",
    "engine": "The cylinders of a car engine",
}
RECIPES = resources_pb2.Rank(annotation=resources_pb2.Annotation(data={"text": {"raw": "baking in the kitchen"}}))


def labelled(name):
    concept = resources_pb2.Concept(id=name, value=1)
    return resources_pb2.Filter(annotation=resources_pb2.Annotation(data=resources_pb2.Data(concepts=[concept])))


def search_of(*filters, ranks=(), **more):
    return resources_pb2.Search(query=resources_pb2.Query(filters=filters, ranks=ranks), **more)


class Library:
    """An app of its own with three texts, two of them labelled, and ways to ask of it."""

    def __init__(self, stub, owner, url):
        self.stub, self.owner = stub, owner
        self.user = User(user_id=owner.user_id, base_url=url, pat=owner.pat)
        self.app = self.user.create_app(app_id=fresh("saved"), base_workflow="Text")
        self.at = resources_pb2.UserAppIDSet(user_id=owner.user_id, app_id=self.app.id)
        self.rest = f"{url}/v2/users/{owner.user_id}/apps/{self.app.id}"
        inputs = Inputs(user_id=owner.user_id, app_id=self.app.id, base_url=url, pat=owner.pat)
        labels = {"bread": ["food"], "engine": ["car"]}
        inputs.upload_inputs(
            [inputs.get_text_input(name, raw_text=raw, labels=labels.get(name)) for name, raw in TEXTS.items()],
            show_log=False,
        )
        deadline = time.monotonic() + 120
        done = status_code_pb2.INPUT_DOWNLOAD_SUCCESS
        while {one.status.code for one in self.ask("ListInputs").inputs} != {done}:
            assert time.monotonic() < deadline
            time.sleep(0.2)

    def send(self, rpc, account=None, **fields):
        request = getattr(service_pb2, f"{rpc}Request")(user_app_id=self.at, **fields)
        return getattr(self.stub, rpc)(request, metadata=(account or self.owner).metadata)

    def ask(self, rpc, **fields):
        response = self.send(rpc, **fields)
        expect_success(response)
        return response

    def ask_rest(self, verb, path, body=None):
        headers = {"Authorization": f"Key {self.owner.pat}"}
        answer = requests.request(verb, f"{self.rest}/{path}", headers=headers, json=body, timeout=30).json()
        assert answer["status"]["code"] == status_code_pb2.SUCCESS, answer
        return answer

    def save(self, search, rpc="PostInputsSearches"):
        search.save = True
        return self.ask(rpc, searches=[search]).searches[0]


@pytest.fixture(scope="module")
def library(stub, owner, url):
    made = Library(stub, owner, url)
    yield made
    made.user.delete_app(made.app.id)


def found(response):
    return [(hit.input.id, hit.annotation.id, round(hit.score, 5)) for hit in response.hits]


@pytest.mark.parametrize(
    ("rpc", "search"),
    [
        ("PostInputsSearches", search_of(labelled("food"))),
        ("PostInputsSearches", search_of(ranks=[RECIPES], min_value=0.1)),
        ("PostInputsSearches", search_of(ranks=[RECIPES], algorithm="brute_force", metric="COSINE_DISTANCE")),
        ("PostAnnotationsSearches", search_of(labelled("car"))),
        ("PostSearches", search_of(labelled("car"))),
    ],
)
def test_saved_it_answers_as_unsaved(library, rpc, search):
    now = library.ask(rpc, searches=[search])
    assert len(now.hits) > 0
    kept = resources_pb2.Search()
    kept.CopyFrom(search)
    kept.id, kept.name = fresh("search"), "Kept"
    saved = library.save(kept, rpc)
    assert (saved.id, saved.name, saved.application_id) == (kept.id, "Kept", library.app.id)
    assert saved.query == search.query
    later = library.ask("PostSearchesByID", id=saved.id)
    assert found(later) == found(now)
    again = library.ask_rest("POST", f"searches/{saved.id}", {"pagination": {"page": 1, "per_page": 1}})
    assert [hit["input"]["id"] for hit in again["hits"]] == [now.hits[0].input.id]
    library.ask("DeleteSearch", id=saved.id)
    assert library.send("PostSearchesByID", id=saved.id).status.code == status_code_pb2.CONN_DOES_NOT_EXIST


def test_saving_runs_nothing(library):
    search = search_of(labelled("food"), save=True)
    response = library.ask("PostInputsSearches", searches=[search])
    assert len(response.hits) == 0
    library.ask("DeleteSearch", id=response.searches[0].id)


def test_read_and_changed(library):
    ids = [library.save(search_of(labelled("food"), id=fresh("search"))).id for _ in range(3)]
    listed = library.ask("ListSearches", page=1, per_page=2).searches
    assert [one.id for one in listed] == ids[:2]
    assert [one["id"] for one in library.ask_rest("GET", "searches?page=2&per_page=2")["searches"]] == ids[2:]
    before = library.ask("GetSearch", id=ids[0]).search
    patch = search_of(labelled("car"), id=ids[0], name="Cars")
    after = library.ask("PatchInputsSearches", searches=[patch], action="overwrite").searches[0]
    assert (after.name, after.created_at) == ("Cars", before.created_at)
    assert [one[0] for one in found(library.ask("PostSearchesByID", id=ids[0]))] == ["engine"]
    body = {"searches": [{"id": ids[1], "min_value": 0.5}], "action": "overwrite"}
    assert library.ask_rest("PATCH", "searches", body)["searches"][0]["min_value"] == 0.5
    wrong = library.send("PatchAnnotationsSearches", searches=[patch], action="overwrite")
    assert wrong.status.code == status_code_pb2.CONN_DOES_NOT_EXIST
    assert "Unrecognized action" in library.send("PatchSearches", searches=[patch], action="merge").status.details
    for one in ids:
        library.ask_rest("DELETE", f"searches/{one}")
    assert len(library.ask("ListSearches").searches) == 0


def test_another_sees_none_of_it(library, stranger):
    saved = library.save(search_of(labelled("food"), id="private"))
    for rpc in ("GetSearch", "PostSearchesByID", "DeleteSearch"):
        assert library.send(rpc, stranger, id=saved.id).status.code == status_code_pb2.CONN_DOES_NOT_EXIST
    library.ask("DeleteSearch", id=saved.id)


def test_the_past_is_not_searched_yet(library):
    search = search_of(labelled("food"))
    search.as_of.GetCurrentTime()
    assert library.send("PostInputsSearches", searches=[search]).status.code == 10040


@pytest.fixture(scope="module")
def dataset(library):
    made = library.app.create_dataset("mixed")
    members = [resources_pb2.DatasetInput(input=resources_pb2.Input(id=name)) for name in TEXTS]
    library.ask("PostDatasetInputs", dataset_id=made.id, dataset_inputs=members)
    return made.id


def make_version(library, dataset, **fields):
    request = {"dataset_id": dataset, "dataset_versions": [resources_pb2.DatasetVersion(**fields)]}
    version = library.ask("PostDatasetVersions", **request).dataset_versions[0]
    deadline = time.monotonic() + 60
    while version.status.code != status_code_pb2.DATASET_VERSION_READY:
        assert time.monotonic() < deadline, version.status
        time.sleep(0.2)
        request = {"dataset_id": dataset, "dataset_version_id": version.id}
        version = library.ask("GetDatasetVersion", **request).dataset_version
    groups = library.ask("ListDatasetVersionMetricsGroups", **request, types=["CONCEPT_ID"])
    concepts = [group.value.string_value for group in groups.dataset_version_metrics_groups]
    return version.metrics["total"].inputs_count.value, concepts


def test_a_dataset_version_holds_what_its_filter_leaves(library, dataset):
    saved = library.save(search_of(labelled("food"), id="food"), "PostAnnotationsSearches")
    held = resources_pb2.Search(id=saved.id)
    made = library.ask(
        "PostAnnotationFilters",
        annotation_filters=[
            resources_pb2.AnnotationFilter(id="food", search=held),
            resources_pb2.AnnotationFilter(id="cars", search=search_of(labelled("car"))),
        ],
    ).annotation_filters
    assert made[0].search == saved
    assert [one.id for one in library.ask("ListAnnotationFilters", per_page=1).annotation_filters] == ["food"]
    assert library.ask("GetAnnotationFilter", annotation_filter_id="cars").annotation_filter == made[1]

    def config(name, ignore_empty_inputs=False):
        chosen = resources_pb2.AnnotationFilter(id=name)
        return resources_pb2.AnnotationFilterConfig(annotation_filter=chosen, ignore_empty_inputs=ignore_empty_inputs)

    assert make_version(library, dataset) == (3, ["car", "food"])
    assert make_version(library, dataset, annotation_filter_config=config("food")) == (3, ["food"])
    assert make_version(library, dataset, annotation_filter_config=config("food", True)) == (1, ["food"])
    patch = resources_pb2.Dataset(id=dataset, default_annotation_filter=made[1])
    patched = library.ask("PatchDatasets", datasets=[patch], action="overwrite").datasets[0]
    assert patched.default_annotation_filter.id == "cars"
    assert make_version(library, dataset) == (3, ["car"])
    # The other filter takes the first one's search.
    swap = resources_pb2.AnnotationFilter(id="cars", search=held)
    library.ask("PatchAnnotationFilters", annotation_filters=[swap], action="overwrite")
    assert make_version(library, dataset) == (3, ["food"])

    refused = library.send("DeleteSearch", id=saved.id).status
    assert refused.code == status_code_pb2.SEARCH_INVALID_REQUEST
    library.ask("DeleteAnnotationFilters", annotation_filter_ids=["food", "cars"])
    gone = library.send("GetAnnotationFilter", annotation_filter_id="food").status
    assert gone.code == status_code_pb2.CONN_DOES_NOT_EXIST
    library.ask("DeleteSearch", id=saved.id)
    assert make_version(library, dataset) == (3, ["car", "food"])


def test_filters_over_rest(library):
    query = {"filters": [{"annotation": {"user_id": "me"}}]}
    body = {"annotation_filters": [{"id": "rest", "search": {"query": query}}]}
    made = library.ask_rest("POST", "annotation_filters", body)["annotation_filters"][0]
    assert made["search"]["query"]["filters"][0]["annotation"]["user_id"] == "me"
    assert library.ask_rest("GET", "annotation_filters/rest")["annotation_filter"] == made
    # A client that sends back what it got changes nothing.
    back = {"annotation_filters": [made], "action": "overwrite"}
    assert library.ask_rest("PATCH", "annotation_filters", back)["annotation_filters"][0]["search"] == made["search"]
    library.ask_rest("DELETE", "annotation_filters", {"annotation_filter_ids": ["rest"]})
    assert library.ask_rest("GET", "annotation_filters")["annotation_filters"] == []
