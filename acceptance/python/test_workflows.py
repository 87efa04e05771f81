"""Workflows from YAML and back, as the official client does it."""

import pytest
import yaml
from clarifai.client.app import App
from clarifai.client.user import User
from clarifai.client.workflow import Workflow
from clarifai_grpc.grpc.api import resources_pb2, service_pb2
from clarifai_grpc.grpc.api.status import status_code_pb2
from google.protobuf.struct_pb2 import Struct
from limpid_fixtures import expect_success, fresh

CROPPER = """\
workflow:
  id: {id}
  nodes:
    - id: any-v1.5
      model:
        model_id: whatever
    - id: cropper
      model:
        model_id: margin-100-image-crop-custom
        model_type_id: image-crop
        description: Cuts with a margin of 1.3
        output_info:
          params:
            margin: 1.3
      node_inputs:
        - node_id: any-v1.5
"""


@pytest.fixture(scope="module")
def user(url, owner):
    return User(user_id=owner.user_id, base_url=url, pat=owner.pat)


@pytest.fixture(scope="module")
def app(user):
    """An app with a model for nodes to name."""
    made = user.create_app(app_id=fresh("workflows"), base_workflow="Empty")
    made.create_model("whatever", model_type_id="any-to-any").create_version()
    yield made
    user.delete_app(made.id)


@pytest.fixture
def config(tmp_path):
    def write(text):
        path = tmp_path / f"{fresh('config')}.yml"
        path.write_text(text if isinstance(text, str) else yaml.dump(text))
        return str(path)

    return write


@pytest.fixture
def cropper(app, config):
    name = fresh("cropper")
    return app.create_workflow(config_filepath=config(CROPPER.format(id=name)), display=False)


def test_a_workflow_makes_the_models_that_are_missing(app, owner, cropper):
    assert [node.id for node in cropper.nodes] == ["any-v1.5", "cropper"]
    node = cropper.nodes[1]
    assert (node.model.user_id, node.model.app_id) == (owner.user_id, app.id)
    assert node.node_inputs[0].node_id == "any-v1.5"
    made = app.model("margin-100-image-crop-custom")
    assert made.model_version.id == node.model.model_version.id
    assert made.model_version.output_info.params["margin"] == pytest.approx(1.3)


def test_the_same_settings_make_no_other_version(app, config, cropper):
    again = app.create_workflow(
        config_filepath=config(CROPPER.format(id=cropper.id)), generate_new_id=True, display=False
    )
    assert again.id != cropper.id
    assert again.nodes[1].model.model_version.id == cropper.nodes[1].model.model_version.id


def test_an_export_makes_an_equal_workflow(app, owner, config, cropper, tmp_path):
    first, second = tmp_path / "first.yml", tmp_path / "second.yml"
    cropper.export(str(first))
    exported = yaml.safe_load(first.read_text())
    assert exported["workflow"]["nodes"][1]["model"] == {
        "model_id": "margin-100-image-crop-custom",
        "model_version_id": cropper.nodes[1].model.model_version.id,
        "user_id": owner.user_id,
        "app_id": app.id,
    }
    exported["workflow"]["id"] = fresh("copy")
    copied = config(exported)
    app.create_workflow(config_filepath=copied, display=False).export(str(second))
    with open(copied, encoding="utf-8") as file:
        assert second.read_text() == file.read()


def test_a_workflow_is_listed_read_and_deleted(url, owner, app, cropper):
    assert cropper.id in [found.id for found in app.list_workflows()]
    found = Workflow(
        workflow_id=cropper.id, user_id=owner.user_id, app_id=app.id, base_url=url, pat=owner.pat
    )
    assert len(list(found.list_versions())) == 1
    app.delete_workflow(cropper.id)
    with pytest.raises(Exception, match="Resource does not exist"):
        app.workflow(cropper.id)


@pytest.fixture
def versions(stub, owner, app):
    """Versions of a workflow, asked for below the SDK: its own objects lose them."""

    def read(workflow_id):
        place = resources_pb2.UserAppIDSet(user_id=owner.user_id, app_id=app.id)
        request = service_pb2.ListWorkflowVersionsRequest(user_app_id=place, workflow_id=workflow_id)
        response = stub.ListWorkflowVersions(request, metadata=owner.metadata)
        expect_success(response)
        return list(response.workflow_versions)

    return read


def test_other_nodes_are_a_new_version(app, config, cropper, versions):
    before = versions(cropper.id)
    one_node = CROPPER.format(id=cropper.id).split("    - id: cropper")[0]
    app.patch_workflow(cropper.id, action="overwrite", config_filepath=config(one_node))
    patched = app.workflow(cropper.id)
    assert [node.id for node in patched.nodes] == ["any-v1.5"]
    assert len(list(patched.list_versions())) == 2
    after = versions(cropper.id)
    assert after[1:] == before
    assert [len(version.nodes) for version in after] == [1, 2]


def test_words_are_no_new_version(app, cropper, versions):
    before = versions(cropper.id)
    app.patch_workflow(cropper.id, action="merge", description="d", notes="n", image_url="https://example.test/w.png")
    app.patch_workflow(cropper.id, action="remove", image_url="https://example.test/w.png")
    patched = app.workflow(cropper.id)
    assert (patched.description, patched.notes, patched.image.url) == ("d", "n", "")
    assert versions(cropper.id) == before


def test_a_taken_id_is_refused(app, config, cropper):
    with pytest.raises(Exception, match="already exists"):
        app.create_workflow(config_filepath=config(CROPPER.format(id=cropper.id)), display=False)


def node(name, *inputs, model="whatever", **more):
    return resources_pb2.WorkflowNode(
        id=name,
        model=resources_pb2.Model(id=model),
        node_inputs=[resources_pb2.NodeInput(node_id=other) for other in inputs],
        **more,
    )


def post(stub, owner, app, nodes, name=None):
    return stub.PostWorkflows(
        service_pb2.PostWorkflowsRequest(
            user_app_id=resources_pb2.UserAppIDSet(user_id=owner.user_id, app_id=app.id),
            workflows=[resources_pb2.Workflow(id=name or fresh("graph"), nodes=nodes)],
        ),
        metadata=owner.metadata,
    )


@pytest.mark.parametrize(
    ("nodes", "code"),
    [
        ([node("a", "b"), node("b", "a")], status_code_pb2.WORKFLOW_INVALID_GRAPH),
        ([node("a"), node("a")], status_code_pb2.WORKFLOW_INVALID_GRAPH),
        ([node("a", "absent")], status_code_pb2.WORKFLOW_NO_MATCHING_INPUT),
        ([node(f"n{index}") for index in range(21)], status_code_pb2.WORKFLOW_INVALID_ARGUMENT),
        ([node("a", model="nobody-made-this")], status_code_pb2.MODEL_DOES_NOT_EXIST),
    ],
)
def test_what_is_no_graph_is_refused(stub, owner, app, nodes, code):
    assert post(stub, owner, app, nodes).status.code == code


def test_settings_of_a_node_come_back(stub, owner, app):
    params = Struct()
    params.update({"temperature": 0.5, "stop": ["\n"]})
    override = resources_pb2.OutputInfo(params=params)
    response = post(
        stub, owner, app, [node("a", suppress_output=True, output_info_override=override), node("b", "a")]
    )
    expect_success(response)
    first, second = response.workflows[0].nodes
    assert (first.suppress_output, second.suppress_output) == (True, False)
    assert first.output_info_override.params == params
    assert app.workflow(response.workflows[0].id).nodes[0].output_info_override.params == params


def test_empty_is_there_for_everybody(url, stranger):
    main = App(user_id="clarifai", app_id="main", base_url=url, pat=stranger.pat)
    assert "Empty" in [found.id for found in main.list_workflows(page_no=1, per_page=10)]
    assert list(main.workflow("Empty").nodes) == []


def test_an_empty_page_is_a_success_with_nothing_else(stub, owner, app):
    place = resources_pb2.UserAppIDSet(user_id=owner.user_id, app_id=app.id)
    request = service_pb2.ListWorkflowsRequest(user_app_id=place, page=1000, per_page=10)
    response = stub.ListWorkflows(request, metadata=owner.metadata)
    expect_success(response)
    assert [field.name for field, _ in response.ListFields()] == ["status"]
