"""Predictions of the instance's own models through the official SDK: by bytes, by file, by URL, with every option."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from clarifai.client.input import Inputs
from clarifai.client.model import Model
from clarifai_grpc.grpc.api import resources_pb2, service_pb2
from clarifai_grpc.grpc.api.status import status_code_pb2
from limpid_fixtures import fresh

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "packages/runner/src/media/samples"
DOG = PICTURES / "dog.jpg"
# Four seconds of the dog, then four of hens.
VIDEO = ROOT / "acceptance/media/dog-then-hens.mp4"
MAIN = {"user_id": "clarifai", "app_id": "main"}
GENERAL = "general-image-recognition"


@pytest.fixture(scope="module")
def files():
    """A server on this machine that the platform may fetch from."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(ROOT)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def model(url, owner):
    def open_model(model_id=GENERAL, **more):
        return Model(model_id=model_id, base_url=url, pat=owner.pat, **{**MAIN, **more})

    return open_model


def values(data):
    return {concept.name: concept.value for concept in data.concepts}


def expect_dog(response):
    assert response.status.code == status_code_pb2.SUCCESS
    assert response.status.description == "Ok"
    (output,) = response.outputs
    assert output.status.code == status_code_pb2.SUCCESS
    found = values(output.data)
    assert found["dog"] > 0.9
    assert list(found.values()) == sorted(found.values(), reverse=True)
    return output


def test_by_bytes(model):
    output = expect_dog(model().predict_by_bytes(DOG.read_bytes(), input_type="image"))
    assert len(output.data.concepts) == 20
    for concept in output.data.concepts:
        assert (concept.app_id, concept.user_id) == ("main", "clarifai")
        assert concept.id.startswith("ai_")


def test_by_filepath(model):
    expect_dog(model().predict_by_filepath(str(DOG), input_type="image"))


def test_by_url(model, files):
    expect_dog(model().predict_by_url(f"{files}/packages/runner/src/media/samples/dog.jpg", input_type="image"))


def test_the_type_of_the_input_is_that_of_the_model(model):
    expect_dog(model().predict_by_bytes(DOG.read_bytes()))


def test_former_ids_and_version_ids_answer_too(model):
    expect_dog(model("aaa03c23b3724a16a56b629203edc62c").predict_by_bytes(DOG.read_bytes(), input_type="image"))
    version = {"id": "aa9ca48295b37401f8af92ad1af0d91d"}
    output = expect_dog(model(model_version=version).predict_by_bytes(DOG.read_bytes(), input_type="image"))
    assert output.model.model_version.id == version["id"]
    newest = expect_dog(model().predict_by_bytes(DOG.read_bytes(), input_type="image"))
    assert newest.model.model_version.id == "aa7f35c01e0642fda5cf400f543e7c40"


def test_an_app_that_lacks_the_model_finds_the_shared_one(model, stub, owner):
    app = resources_pb2.App(id=fresh("lacking"))
    request = service_pb2.PostAppsRequest(user_app_id=owner.mine, apps=[app])
    assert stub.PostApps(request, metadata=owner.metadata).status.code == status_code_pb2.SUCCESS
    place = {"user_id": owner.user_id, "app_id": app.id}
    expect_dog(model(**place).predict_by_bytes(DOG.read_bytes(), input_type="image"))
    with pytest.raises(Exception, match="Model does not exist"):
        model("no-such-model", **place)
    request = service_pb2.DeleteAppRequest(user_app_id=resources_pb2.UserAppIDSet(**place))
    assert stub.DeleteApp(request, metadata=owner.metadata).status.code == status_code_pb2.SUCCESS
    with pytest.raises(Exception, match="Model does not exist"):
        model(**place)
    # Without an app there is only the shared one.
    expect_dog(model(user_id="", app_id="").predict_by_bytes(DOG.read_bytes(), input_type="image"))


def test_what_made_an_output_is_told_without_its_settings(model):
    output = expect_dog(model().predict_by_bytes(DOG.read_bytes(), input_type="image"))
    assert (output.model.id, output.model.user_id, output.model.app_id) == (GENERAL, "clarifai", "main")
    assert output.model.model_type_id == "visual-classifier"
    assert not output.model.model_version.HasField("output_info")
    assert output.id
    assert output.created_at.seconds > 0


def predicted(model, **output_config):
    response = model().predict_by_bytes(DOG.read_bytes(), input_type="image", output_config=output_config)
    return values(response.outputs[0].data)


def test_max_concepts(model):
    found = predicted(model, max_concepts=3)
    assert len(found) == 3
    assert len(predicted(model, max_concepts=150)) == 150


def test_min_value(model):
    found = predicted(model, min_value=0.98)
    assert 1 <= len(found) < 20
    assert min(found.values()) >= 0.98


def test_select_concepts_by_name_and_by_id(model):
    by_name = predicted(model, select_concepts=[resources_pb2.Concept(name="dog"), resources_pb2.Concept(name="cat")])
    assert list(by_name) == ["dog", "cat"]
    assert by_name["dog"] > 0.9 > 0.1 > by_name["cat"]
    response = model().predict_by_bytes(DOG.read_bytes(), input_type="image", output_config={"max_concepts": 200})
    dog = next(concept for concept in response.outputs[0].data.concepts if concept.name == "dog")
    by_id = predicted(model, select_concepts=[resources_pb2.Concept(id=dog.id)])
    assert list(by_id) == ["dog"]


@pytest.mark.parametrize(("sample_ms", "times"), [(2000, [1000, 3000, 5000, 7000]), (4000, [2000, 6000])])
def test_frames_of_a_video(model, sample_ms, times):
    response = model().predict_by_bytes(
        VIDEO.read_bytes(), input_type="video", output_config={"sample_ms": sample_ms, "max_concepts": 12}
    )
    frames = response.outputs[0].data.frames
    assert [frame.frame_info.time for frame in frames] == times
    assert [frame.frame_info.index for frame in frames] == list(range(len(times)))
    assert all(len(frame.data.concepts) == 12 for frame in frames)
    assert values(frames[0].data)["dog"] > 0.8
    last = values(frames[-1].data)
    assert last["bird"] > 0.8 > last.get("dog", 0)


def test_a_frame_a_second_by_default_and_by_file_and_url(model, files):
    by_file = model().predict_by_filepath(str(VIDEO), input_type="video")
    by_url = model().predict_by_url(f"{files}/acceptance/media/dog-then-hens.mp4", input_type="video")
    for response in (by_file, by_url):
        times = [frame.frame_info.time for frame in response.outputs[0].data.frames]
        assert times == [500, 1500, 2500, 3500, 4500, 5500, 6500, 7500]


def test_min_value_and_select_concepts_count_for_each_frame(model):
    wanted = [resources_pb2.Concept(name="dog"), resources_pb2.Concept(name="bird")]
    response = model().predict_by_bytes(
        VIDEO.read_bytes(), input_type="video", output_config={"sample_ms": 4000, "select_concepts": wanted}
    )
    assert [list(values(frame.data)) for frame in response.outputs[0].data.frames] == [["dog", "bird"], ["bird", "dog"]]
    sure = model().predict_by_bytes(
        VIDEO.read_bytes(), input_type="video", output_config={"sample_ms": 4000, "min_value": 0.9}
    )
    for frame in sure.outputs[0].data.frames:
        assert min(values(frame.data).values()) >= 0.9


@pytest.mark.parametrize("sample_ms", [50, 60001])
def test_a_distance_between_frames_beyond_the_limits_is_refused(model, sample_ms):
    with pytest.raises(Exception, match="sample_ms is 100 to 60000"):
        model().predict_by_bytes(VIDEO.read_bytes(), input_type="video", output_config={"sample_ms": sample_ms})


def test_embeddings_of_pictures_and_words_in_one_space(model):
    both = model("multimodal-clip-embed")
    picture = both.predict_by_bytes(DOG.read_bytes(), input_type="image").outputs[0].data.embeddings[0]
    near = both.predict_by_bytes(b"a dog", input_type="text").outputs[0].data.embeddings[0]
    far = both.predict_by_bytes(b"a church organ", input_type="text").outputs[0].data.embeddings[0]
    assert picture.num_dimensions == near.num_dimensions == len(near.vector) == 512

    def likeness(text):
        return sum(a * b for a, b in zip(picture.vector, text.vector))

    assert likeness(near) > likeness(far)


def test_faces_are_boxed(model):
    response = model("face-detection").predict_by_filepath(str(PICTURES / "astronaut.jpg"), input_type="image")
    box = response.outputs[0].data.regions[0].region_info.bounding_box
    assert 0 <= box.top_row < box.bottom_row <= 1
    assert 0 <= box.left_col < box.right_col <= 1


def test_colors(model):
    response = model("color-recognition").predict_by_filepath(str(DOG), input_type="image")
    colors = response.outputs[0].data.colors
    assert sum(color.value for color in colors) == pytest.approx(1, abs=0.01)
    assert colors[0].w3c.name


def ask(stub, owner, inputs, model_id=GENERAL):
    request = service_pb2.PostModelOutputsRequest(
        user_app_id=resources_pb2.UserAppIDSet(**MAIN), model_id=model_id, inputs=inputs
    )
    response = stub.PostModelOutputs(request, metadata=owner.metadata)
    # A model that is starting answers so that clients come again.
    while response.status.code in (status_code_pb2.MODEL_DEPLOYING, status_code_pb2.MODEL_BUSY_PLEASE_RETRY):
        response = stub.PostModelOutputs(request, metadata=owner.metadata)
    return response


def picture(file=DOG):
    return Inputs.get_input_from_bytes("", image_bytes=file.read_bytes())


def test_outputs_stand_in_the_order_of_the_inputs(stub, owner):
    files = [PICTURES / f"{name}.jpg" for name in ("dog", "sheep", "duck")]
    response = ask(stub, owner, [picture(file) for file in files])
    assert response.status.code == status_code_pb2.SUCCESS
    named = [values(output.data) for output in response.outputs]
    # Of the three, each word is likeliest where its picture stands.
    for index, word in enumerate(["dog", "sheep", "bird"]):
        likeliness = [found.get(word, 0) for found in named]
        assert likeliness.index(max(likeliness)) == index, named


def test_each_input_fails_alone(stub, owner):
    gone = resources_pb2.Input(data=resources_pb2.Data(image=resources_pb2.Image(url="http://example.invalid/a.jpg")))
    empty = resources_pb2.Input(data=resources_pb2.Data())
    response = ask(stub, owner, [picture(), gone, empty])
    assert response.status.code == status_code_pb2.MIXED_STATUS
    assert [output.status.code for output in response.outputs] == [10000, 30002, 30104]
    alone = ask(stub, owner, [gone])
    assert alone.status.code == 30002
    assert [output.status.code for output in alone.outputs] == [30002]


def test_text_for_a_model_of_pictures_is_unsupported(stub, owner):
    text = Inputs.get_input_from_bytes("", text_bytes=b"a dog")
    response = ask(stub, owner, [text])
    assert response.status.code == 30101
    assert response.status.description == "Input format unsupported"
    assert len(response.outputs) == 1


def test_at_most_128_inputs(stub, owner):
    text = Inputs.get_input_from_bytes("", text_bytes=b"a dog")
    refused = ask(stub, owner, [text] * 129, "english-text-embedding")
    assert refused.status.code == 40001
    taken = ask(stub, owner, [text] * 128, "english-text-embedding")
    assert taken.status.code == status_code_pb2.SUCCESS
    assert {tuple(output.data.embeddings[0].vector) for output in taken.outputs} == {
        tuple(taken.outputs[0].data.embeddings[0].vector)
    }


def test_over_rest_as_over_grpc(stub, json_stub, owner):
    over_grpc = ask(stub, owner, [picture()])
    over_rest = ask(json_stub, owner, [picture()])
    assert values(over_rest.outputs[0].data) == pytest.approx(values(over_grpc.outputs[0].data))
