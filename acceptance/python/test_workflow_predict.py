"""Workflows that run: through the official SDK, and on inputs that come into an app that is based on one."""

import time
from pathlib import Path

import pytest
from clarifai.client.input import Inputs
from clarifai.client.user import User
from clarifai.client.workflow import Workflow
from clarifai_grpc.grpc.api import resources_pb2, service_pb2
from clarifai_grpc.grpc.api.status import status_code_pb2
from limpid_fixtures import expect_success, fresh

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "packages/runner/src/media/samples"
DOG = PICTURES / "dog.jpg"
VIDEO = ROOT / "acceptance/media/dog-then-hens.mp4"
MAIN = resources_pb2.UserAppIDSet(user_id="clarifai", app_id="main")


@pytest.fixture
def workflow(url, owner):
    def open_workflow(workflow_id="General", **more):
        place = {"user_id": "clarifai", "app_id": "main"}
        return Workflow(workflow_id=workflow_id, base_url=url, pat=owner.pat, **{**place, **more})

    return open_workflow


@pytest.fixture
def make_app(url, owner):
    user = User(user_id=owner.user_id, base_url=url, pat=owner.pat)
    made = []

    def make(base):
        app_id = fresh("based")
        app = user.create_app(app_id=app_id, base_workflow=base)
        made.append(app_id)
        return app

    yield make
    for app_id in made:
        user.delete_app(app_id)


def kinds(output):
    return [field.name for field, _ in output.data.ListFields()]


def test_outputs_stand_in_the_order_of_the_nodes(workflow):
    response = workflow().predict_by_filepath(str(DOG), input_type="image")
    assert response.status.code == status_code_pb2.SUCCESS
    assert response.workflow.id == "General"
    (result,) = response.results
    assert result.status.code == status_code_pb2.SUCCESS
    assert [kinds(output) for output in result.outputs] == [["concepts"], ["embeddings"], ["clusters"]]
    assert [output.model.id for output in result.outputs] == [
        "general-image-recognition",
        "general-image-embedding",
        "general-clusterering",
    ]
    assert "dog" in [concept.name for concept in result.outputs[0].data.concepts]
    assert result.outputs[1].data.embeddings[0].num_dimensions == 1280
    assert result.outputs[2].data.clusters[0].id


def test_output_options(workflow):
    few = workflow(output_config={"max_concepts": 3}).predict_by_bytes(DOG.read_bytes(), input_type="image")
    assert len(few.results[0].outputs[0].data.concepts) == 3
    sure = workflow(output_config={"min_value": 0.98}).predict_by_bytes(DOG.read_bytes(), input_type="image")
    found = sure.results[0].outputs[0].data.concepts
    assert found
    assert min(concept.value for concept in found) >= 0.98
    wanted = [resources_pb2.Concept(name="cat")]
    one = workflow(output_config={"select_concepts": wanted}).predict_by_bytes(DOG.read_bytes(), input_type="image")
    assert [concept.name for concept in one.results[0].outputs[0].data.concepts] == ["cat"]


def test_a_video_goes_through_all_nodes_frame_by_frame(workflow):
    response = workflow(output_config={"sample_ms": 2000}).predict_by_bytes(VIDEO.read_bytes(), input_type="video")
    for output in response.results[0].outputs:
        assert [frame.frame_info.time for frame in output.data.frames] == [1000, 3000, 5000, 7000]
    frames = response.results[0].outputs[2].data.frames
    assert frames[0].data.clusters[0].id == frames[1].data.clusters[0].id != frames[3].data.clusters[0].id


def test_text_workflows(workflow):
    response = workflow("Text").predict_by_bytes(b"A dog runs over a meadow", input_type="text")
    outputs = response.results[0].outputs
    assert [kinds(output) for output in outputs] == [["embeddings"], ["clusters"]]
    assert outputs[0].data.embeddings[0].num_dimensions == 384


def test_an_input_that_no_node_reads_is_unsupported(workflow):
    with pytest.raises(Exception, match="Input format unsupported") as refused:
        workflow().predict_by_bytes(b"a dog", input_type="text")
    assert "INPUT_UNSUPPORTED_FORMAT" in str(refused.value)


def test_a_workflow_for_both_reads_both(workflow):
    picture = Inputs.get_input_from_bytes("", image_bytes=DOG.read_bytes())
    text = Inputs.get_input_from_bytes("", text_bytes=b"a dog")
    response = workflow("Universal").predict([picture, text])
    assert [result.status.code for result in response.results] == [status_code_pb2.SUCCESS] * 2
    joint = [result.outputs[1].data.embeddings[0].num_dimensions for result in response.results]
    assert joint == [512, 512]


def test_an_unknown_workflow(workflow):
    with pytest.raises(Exception, match="Resource does not exist"):
        workflow("no-such-workflow").predict_by_bytes(DOG.read_bytes(), input_type="image")


def test_inputs_fail_alone(stub, owner):
    gone = resources_pb2.Input(data=resources_pb2.Data(image=resources_pb2.Image(url="http://example.invalid/a.jpg")))
    picture = Inputs.get_input_from_bytes("", image_bytes=DOG.read_bytes())
    request = service_pb2.PostWorkflowResultsRequest(user_app_id=MAIN, workflow_id="General", inputs=[picture, gone])
    response = stub.PostWorkflowResults(request, metadata=owner.metadata)
    assert response.status.code == status_code_pb2.MIXED_STATUS
    assert [result.status.code for result in response.results] == [10000, 30002]


def test_thirty_three_inputs_are_too_many(stub, owner):
    text = Inputs.get_input_from_bytes("", text_bytes=b"a dog")
    request = service_pb2.PostWorkflowResultsRequest(user_app_id=MAIN, workflow_id="Text", inputs=[text] * 33)
    assert stub.PostWorkflowResults(request, metadata=owner.metadata).status.code == 40001
    del request.inputs[32:]
    response = stub.PostWorkflowResults(request, metadata=owner.metadata)
    expect_success(response)
    assert len(response.results) == 32


def node(node_id, model_id, inputs=(), **more):
    return resources_pb2.WorkflowNode(
        id=node_id,
        model=resources_pb2.Model(id=model_id, user_id="clarifai", app_id="main"),
        node_inputs=[resources_pb2.NodeInput(node_id=one) for one in inputs],
        **more,
    )


def test_a_suppressed_node_feeds_others_and_does_not_show(make_app, workflow, stub, owner):
    app = make_app("Empty")
    nodes = [
        node("embed", "general-image-embedding", suppress_output=True),
        node("cluster", "general-clusterering", ["embed"]),
    ]
    request = service_pb2.PostWorkflowsRequest(
        user_app_id=resources_pb2.UserAppIDSet(user_id=owner.user_id, app_id=app.id),
        workflows=[resources_pb2.Workflow(id="quiet", nodes=nodes)],
    )
    expect_success(stub.PostWorkflows(request, metadata=owner.metadata))
    own = workflow("quiet", user_id=owner.user_id, app_id=app.id)
    response = own.predict_by_filepath(str(DOG), input_type="image")
    assert [kinds(output) for output in response.results[0].outputs] == [["clusters"]]


class Based:
    """An app with a base workflow, as its owner sees it."""

    def __init__(self, stub, owner, app):
        self.stub, self.owner, self.app = stub, owner, app
        self.place = resources_pb2.UserAppIDSet(user_id=owner.user_id, app_id=app.id)

    def add(self, *inputs):
        request = service_pb2.PostInputsRequest(user_app_id=self.place, inputs=inputs)
        expect_success(self.stub.PostInputs(request, metadata=self.owner.metadata))
        return [self.wait(one.id) for one in inputs]

    def wait(self, input_id):
        request = service_pb2.GetInputRequest(user_app_id=self.place, input_id=input_id)
        for _ in range(600):
            code = self.stub.GetInput(request, metadata=self.owner.metadata).input.status.code
            if code not in (30001, 30003):
                return code
            time.sleep(0.1)
        raise AssertionError(f"{input_id} was not processed within a minute")

    def annotations(self):
        request = service_pb2.ListAnnotationsRequest(user_app_id=self.place, list_all_annotations=True)
        response = self.stub.ListAnnotations(request, metadata=self.owner.metadata)
        expect_success(response)
        return response.annotations


def test_inputs_are_described_by_the_base_workflow(stub, owner, make_app):
    app = Based(stub, owner, make_app("General"))
    picture = Inputs.get_input_from_bytes("dog", image_bytes=DOG.read_bytes())
    text = Inputs.get_input_from_bytes("words", text_bytes=b"a dog")
    # What the workflow does not read is taken in all the same.
    assert app.add(picture, text) == [30000, 30000]
    (annotation,) = app.annotations()
    assert annotation.input_id == "dog"
    assert annotation.model_version_id == "aa7f35c01e0642fda5cf400f543e7c40"
    assert annotation.status.code == status_code_pb2.ANNOTATION_SUCCESS
    found = {concept.name: concept.value for concept in annotation.data.concepts}
    assert found["dog"] > 0.9


def test_faces_become_regions_to_annotate(stub, owner, make_app):
    app = Based(stub, owner, make_app("Face"))
    astronaut = (PICTURES / "astronaut.jpg").read_bytes()
    assert app.add(Inputs.get_input_from_bytes("face", image_bytes=astronaut)) == [30000]
    (annotation,) = app.annotations()
    (region,) = annotation.data.regions
    assert region.id
    assert region.region_info.bounding_box.bottom_row > 0


def test_the_empty_workflow_describes_nothing(stub, owner, make_app):
    app = Based(stub, owner, make_app("Empty"))
    assert app.add(Inputs.get_input_from_bytes("dog", image_bytes=DOG.read_bytes())) == [30000]
    assert list(app.annotations()) == []


def test_running_a_workflow_writes_nothing(stub, owner, make_app):
    app = Based(stub, owner, make_app("General"))
    picture = Inputs.get_input_from_bytes("", image_bytes=DOG.read_bytes())
    request = service_pb2.PostWorkflowResultsRequest(user_app_id=app.place, inputs=[picture])
    response = stub.PostWorkflowResults(request, metadata=owner.metadata)
    expect_success(response)
    # Without an id it is the base workflow of the app that runs.
    assert response.workflow.id == "General"
    assert list(app.annotations()) == []
