"""Models, versions and model types, as the official client reads and writes them."""

import pytest
import requests
from clarifai.client.app import App
from clarifai.client.model import Model
from clarifai.client.user import User
from clarifai_grpc.grpc.api import resources_pb2, service_pb2
from clarifai_grpc.grpc.api.status import status_code_pb2
from google.protobuf.struct_pb2 import Struct
from limpid_fixtures import as_key, expect_success, fresh


def struct(**values):
    made = Struct()
    made.update(values)
    return made


@pytest.fixture(scope="module")
def user(url, owner):
    return User(user_id=owner.user_id, base_url=url, pat=owner.pat)


@pytest.fixture(scope="module")
def app(user):
    made = user.create_app(app_id=fresh("models"), base_workflow="Empty")
    yield made
    user.delete_app(made.id)


@pytest.fixture
def model(app):
    """A model with two versions, the second with a setting."""
    made = app.create_model(fresh("crop"), model_type_id="image-crop", description="cuts")
    made.create_version(description="first")
    info = resources_pb2.OutputInfo(params=struct(margin=1.5))
    made.create_version(description="second", output_info=info)
    return made


def test_a_created_model_is_found_again(app, model):
    found = app.model(model.id)
    assert (found.id, found.model_type_id, found.description) == (model.id, "image-crop", "cuts")
    assert found.app_id == app.id


def test_a_version_answers_with_the_ids_that_the_client_works_on_with(app, owner, model):
    version = model.create_version(description="third")
    assert version.model_info.user_id == owner.user_id
    assert version.model_info.app_id == app.id
    assert version.model_version.id
    assert version.model_version.status.code == status_code_pb2.MODEL_TRAINED


def test_versions_are_listed_newest_first(model):
    listed = list(model.list_versions())
    assert [version.model_version.description for version in listed] == ["second", "first"]
    page = list(model.list_versions(page_no=2, per_page=1))
    assert [version.model_version.description for version in page] == ["first"]


def test_settings_come_back_as_they_were_sent(app, model):
    newest = app.model(model.id).model_version
    assert dict(newest.output_info.params) == {"margin": 1.5}


def test_a_version_is_chosen_by_its_id(url, owner, app, model):
    first = list(model.list_versions())[-1].model_version.id
    chosen = Model(
        model_id=model.id,
        model_version={"id": first},
        user_id=owner.user_id,
        app_id=app.id,
        base_url=url,
        pat=owner.pat,
    )
    chosen.load_info()
    assert chosen.model_version.description == "first"


def test_a_deleted_version_is_gone(model):
    newest = list(model.list_versions())[0].model_version.id
    model.delete_version(newest)
    assert newest not in [version.model_version.id for version in model.list_versions()]


def test_models_of_an_app_are_listed_with_their_versions(app, model):
    listed = {found.id: found for found in app.list_models()}
    assert listed[model.id].model_version.app_id == app.id
    assert [found.id for found in app.list_models(filter_by={"model_type_id": "image-crop"})] != []
    assert list(app.list_models(filter_by={"model_type_id": "text-to-audio"})) == []


def test_the_table_of_models_can_be_made(user, app, model):
    rows = user.list_models(user_id=user.id, app_id=app.id, show=False)
    row = next(row for row in rows if row["id"] == model.id)
    assert (row["user_id"], row["app_id"], row["model_type"]) == (user.id, app.id, "image-crop")
    everything = user.list_models(user_id="all", show=False)
    featured = user.list_models(user_id="all", show=False, featured_only=True)
    assert len(featured) < len(everything)


def test_method_signatures_keep_their_order(stub, owner, app):
    name = fresh("methods")
    app.create_model(name, model_type_id="any-to-any")
    place = resources_pb2.UserAppIDSet(user_id=owner.user_id, app_id=app.id)
    methods = [
        resources_pb2.MethodSignature(name=method, method_type=index + 1)
        for index, method in enumerate(["predict", "generate", "chat"])
    ]
    version = resources_pb2.ModelVersion(
        pretrained_model_config=resources_pb2.PretrainedModelConfig(local_dev=True),
        method_signatures=methods,
        num_threads=16,
        build_info=resources_pb2.BuildInfo(platform="linux/amd64"),
    )
    request = service_pb2.PostModelVersionsRequest(user_app_id=place, model_id=name, model_versions=[version])
    expect_success(stub.PostModelVersions(request, metadata=owner.metadata))
    request = service_pb2.GetModelVersionRequest(user_app_id=place, model_id=name)
    response = stub.GetModelVersion(request, metadata=owner.metadata)
    expect_success(response)
    found = response.model_version
    assert list(found.method_signatures) == methods
    assert (found.num_threads, found.build_info.platform) == (16, "linux/amd64")
    assert found.status.code == status_code_pb2.MODEL_TRAINED
    listed = app.list_models(filter_by={"search": name})
    assert [m.name for m in next(listed).model_version.method_signatures] == ["predict", "generate", "chat"]


def test_a_patch_touches_what_it_carries(app, model):
    app.patch_model(model.id, action="merge", notes="n", toolkits=["one"], image_url="https://example.test/a.png")
    app.patch_model(model.id, action="merge", toolkits=["two"])
    found = app.model(model.id)
    assert (found.description, found.notes) == ("cuts", "n")
    assert list(found.toolkits) == ["one", "two"]
    app.patch_model(model.id, action="overwrite", toolkits=["three"])
    assert list(app.model(model.id).toolkits) == ["three"]
    app.patch_model(model.id, action="remove", image_url="https://example.test/a.png")
    assert not app.model(model.id).image.url


def test_a_version_is_patched(stub, owner, app, model):
    newest = list(model.list_versions())[0].model_version.id
    request = service_pb2.PatchModelVersionsRequest(
        user_app_id=resources_pb2.UserAppIDSet(user_id=owner.user_id, app_id=app.id),
        model_id=model.id,
        action="merge",
        model_versions=[
            resources_pb2.ModelVersion(
                id=newest, description="told", output_info=resources_pb2.OutputInfo(params=struct(other=[1, "x"]))
            )
        ],
    )
    response = stub.PatchModelVersions(request, metadata=owner.metadata)
    expect_success(response)
    assert response.model_versions[0].description == "told"
    assert response.model_versions[0].output_info.params["margin"] == 1.5


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"model_type_id": "nope"}, "There is no model type 'nope'"),
        ({"notes": "n" * 70_000}, "notes are longer than 64 KB"),
    ],
)
def test_what_is_no_model_is_refused(app, values, told):
    with pytest.raises(Exception, match="Invalid model argument") as raised:
        app.create_model(fresh("bad"), **values)
    assert told in str(raised.value).replace("\\'", "'")


def test_a_taken_id_is_refused(app, model):
    with pytest.raises(Exception, match="already exists"):
        app.create_model(model.id)


def test_a_deleted_model_is_told_as_clients_know_it(app):
    name = fresh("gone")
    app.create_model(name)
    app.delete_model(name)
    with pytest.raises(Exception, match="Model does not exist"):
        app.model(name)


def test_training_is_not_pretended(app):
    made = app.create_model(fresh("train"), model_type_id="embedding-classifier")
    response = made.STUB.PostModelVersions(
        service_pb2.PostModelVersionsRequest(user_app_id=made.user_app_id, model_id=made.id)
    )
    assert response.status.code == status_code_pb2.NOT_IMPLEMENTED
    assert list(made.list_versions()) == []


def test_a_stranger_sees_what_is_public(stub, owner, stranger, app, model):
    place = resources_pb2.UserAppIDSet(user_id=owner.user_id, app_id=app.id)
    request = service_pb2.GetModelRequest(user_app_id=place, model_id=model.id)
    hidden = stub.GetModel(request, metadata=stranger.metadata)
    assert hidden.status.code == status_code_pb2.MODEL_DOES_NOT_EXIST


def test_an_app_key_stays_in_its_app(stub, owner, app, model):
    request = service_pb2.PostKeysRequest(
        user_app_id=owner.mine, keys=[resources_pb2.Key(scopes=["All"], apps=[resources_pb2.App(id=app.id)])]
    )
    response = stub.PostKeys(request, metadata=owner.metadata)
    expect_success(response)
    key = as_key(response.keys[0].id)
    own = stub.GetModel(service_pb2.GetModelRequest(model_id=model.id), metadata=key)
    expect_success(own)
    listed = stub.ListModels(service_pb2.ListModelsRequest(), metadata=key)
    expect_success(listed)
    assert {found.app_id for found in listed.models} == {app.id}


def test_the_settings_of_a_type_are_read_by_the_client(app, tmp_path):
    classifier = app.create_model(fresh("params"), model_type_id="embedding-classifier")
    params = classifier.get_params(save_to=str(tmp_path / "params.yaml"))
    assert params["train_params"]["enrich_dataset"] == "Automatic"
    assert params["inference_params"] == {"min_value": 0.0}
    clusterer = app.create_model(fresh("params"), model_type_id="clusterer")
    clusterer.get_params(save_to=str(tmp_path / "more.yaml"))
    assert clusterer.get_param_info("coarse_clusters")["defaultValue"] == 32


@pytest.mark.parametrize(
    ("type_id", "inputs"),
    [("visual-classifier", ["image"]), ("text-embedder", ["text"]), ("audio-to-text", ["audio"])],
)
def test_a_type_says_what_it_takes(app, type_id, inputs):
    made = app.create_model(fresh("type"), model_type_id=type_id)
    made.load_input_types()
    assert list(made.input_types) == inputs


def test_rest_finds_types_before_models(url, owner):
    headers = {"Authorization": f"Key {owner.pat}"}
    listed = requests.get(f"{url}/v2/models/types?per_page=5", headers=headers, timeout=30).json()
    assert listed["status"]["code"] == status_code_pb2.SUCCESS
    assert len(listed["model_types"]) == 5
    one = requests.get(f"{url}/v2/models/types/image-crop", headers=headers, timeout=30).json()
    assert one["model_type"]["model_type_fields"][0]["path"] == "output_info.params.margin"


def test_an_empty_page_is_a_success_with_nothing_else(stub, owner, app):
    place = resources_pb2.UserAppIDSet(user_id=owner.user_id, app_id=app.id)
    request = service_pb2.ListModelsRequest(user_app_id=place, page=1000, per_page=10)
    response = stub.ListModels(request, metadata=owner.metadata)
    expect_success(response)
    assert [field.name for field, _ in response.ListFields()] == ["status"]


def test_a_search_by_pattern(stub, owner, app):
    for name in ("needle-one", "needle-two", "my-needle"):
        app.create_model(name)
    place = resources_pb2.UserAppIDSet(user_id=owner.user_id, app_id=app.id)

    def search(name):
        request = service_pb2.PostModelsSearchesRequest(
            user_app_id=place, model_query=resources_pb2.ModelQuery(name=name)
        )
        response = stub.PostModelsSearches(request, metadata=owner.metadata)
        expect_success(response)
        return [model.name for model in response.models]

    assert search("needle*") == ["needle-one", "needle-two"]
    assert search("*needle*") == ["my-needle", "needle-one", "needle-two"]


def test_the_shared_app_is_there_for_everybody(url, stranger):
    main = App(user_id="clarifai", app_id="main", base_url=url, pat=stranger.pat)
    assert {found.app_id for found in main.list_models()} <= {"main"}
