"""Tracks through a video, the annotations of its frames, and the states of a task's annotations, through the official
stubs and REST."""

import time

import pytest
import requests
from clarifai.client.input import Inputs
from clarifai.client.user import User
from clarifai_grpc.grpc.api import resources_pb2, service_pb2
from clarifai_grpc.grpc.api.status import status_code_pb2
from limpid_fixtures import expect_success, fresh, open_stub

BOX = resources_pb2.RegionInfo(bounding_box=resources_pb2.BoundingBox(bottom_row=0.5, right_col=0.5))
POINT = resources_pb2.RegionInfo(point=resources_pb2.Point(row=0.5, col=0.5))


def drawn(name, number, track, shape=BOX):
    region = resources_pb2.Region(region_info=shape, track_id=track)
    info = resources_pb2.FrameInfo(number=number, time=number * 40)
    frame = resources_pb2.Frame(frame_info=info, data=resources_pb2.Data(regions=[region]))
    return resources_pb2.Annotation(id=name, input_id="film", data=resources_pb2.Data(frames=[frame]))


class Cinema:
    """An app with one input, on whose frames two cars are drawn."""

    def __init__(self, stub, owner, url):
        self.stub, self.owner = stub, owner
        self.user = User(user_id=owner.user_id, base_url=url, pat=owner.pat)
        self.app = self.user.create_app(app_id=fresh("cinema"))
        self.at = resources_pb2.UserAppIDSet(user_id=owner.user_id, app_id=self.app.id)
        self.rest = f"{url}/v2/users/{owner.user_id}/apps/{self.app.id}"
        inputs = Inputs(user_id=owner.user_id, app_id=self.app.id, base_url=url, pat=owner.pat)
        inputs.upload_inputs([inputs.get_text_input("film", raw_text="a car goes by")], show_log=False)
        deadline = time.monotonic() + 60
        done = status_code_pb2.INPUT_DOWNLOAD_SUCCESS
        while {one.status.code for one in self.ask("ListInputs").inputs} != {done}:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        shapes = [drawn("b0", 0, "blue"), drawn("r2", 2, "red"), drawn("r0", 0, "red"), drawn("r1", 1, "red", POINT)]
        self.ask("PostAnnotations", annotations=shapes)

    def request(self, rpc, fields):
        return getattr(service_pb2, f"{rpc}Request")(user_app_id=self.at, **fields)

    def send(self, rpc, account=None, **fields):
        return getattr(self.stub, rpc)(self.request(rpc, fields), metadata=(account or self.owner).metadata)

    def ask(self, rpc, **fields):
        response = self.send(rpc, **fields)
        expect_success(response)
        return response

    def stream(self, rpc, **fields):
        answers = list(getattr(self.stub, rpc)(self.request(rpc, fields), metadata=self.owner.metadata))
        for answer in answers:
            expect_success(answer)
        return answers

    def ask_rest(self, verb, path, body=None):
        headers = {"Authorization": f"Key {self.owner.pat}"}
        answer = requests.request(verb, f"{self.rest}/{path}", headers=headers, json=body, timeout=30).json()
        assert answer["status"]["code"] == status_code_pb2.SUCCESS, answer
        return answer


@pytest.fixture(scope="module")
def cinema(stub, owner, url):
    made = Cinema(stub, owner, url)
    yield made
    made.user.delete_app(made.app.id)


def ids(answers):
    return [one.id for one in answers]


def test_a_few_frames_at_once(cinema):
    def found(**fields):
        return ids(cinema.ask("PostTrackAnnotationsSearches", input_id="film", **fields).annotations)

    assert found() == ["b0", "r0", "r1", "r2"]
    assert found(track_id="red") == ["r0", "r1", "r2"]
    assert found(track_id="red", frame_number_start=1, max_frames=1) == ["r1"]
    assert found(frame_time_start=40) == ["r1", "r2"]
    assert found(annotation_type="POINT") == ["r1"]
    body = {"track_id": "red", "frame_number_start": 1}
    answer = cinema.ask_rest("POST", "inputs/film/track_annotations/searches", body)
    assert [one["id"] for one in answer["annotations"]] == ["r1", "r2"]
    too_many = cinema.send("PostTrackAnnotationsSearches", input_id="film", max_frames=61)
    assert too_many.status.code == status_code_pb2.ANNOTATION_INVALID_ARGUMENT


def test_a_whole_film_in_order(cinema):
    told = cinema.stream("StreamAnnotations", input_id="film")
    assert [(one.annotation.id, one.frame_fully_processed) for one in told] == [
        ("b0", False),
        ("r0", True),
        ("r1", True),
        ("r2", True),
    ]
    chosen = cinema.stream("StreamAnnotations", input_id="film", track_ids=["blue"])
    assert [one.annotation.id for one in chosen] == ["b0"]
    (refused,) = cinema.send("StreamAnnotations", input_id="none")
    assert refused.status.code == status_code_pb2.CONN_DOES_NOT_EXIST


def test_the_stream_that_older_clients_know(cinema, url):
    """This generation of the stubs has lost it; its messages are like those of the search, number by number."""
    _, channel = open_stub(url)
    ask = channel.unary_stream(
        "/clarifai.api.V2/StreamTrackAnnotationsSearches",
        service_pb2.PostTrackAnnotationsSearchesRequest.SerializeToString,
        service_pb2.SingleAnnotationResponse.FromString,
    )
    fields = {"input_id": "film", "track_id": "red", "frame_number_start": 1}
    told = list(ask(cinema.request("PostTrackAnnotationsSearches", fields), metadata=cinema.owner.metadata))
    channel.close()
    assert [one.annotation.id for one in told] == ["r1", "r2"]


def test_tracks_are_kept_and_go_with_their_annotations(cinema):
    concept = resources_pb2.Concept(id="car", value=1)
    span = {"start_frame_nr": 0, "end_frame_nr": 2, "sample_rate_frame": 1}
    track = resources_pb2.AnnotationTrack(id="red", concept=concept, **span)
    made = cinema.ask("PostAnnotationTracks", input_id="film", annotation_tracks=[track]).annotation_tracks[0]
    assert (made.id, made.input_id, made.concept.name, made.end_frame_nr) == ("red", "film", "car", 2)
    assert made.status.code == status_code_pb2.ANNOTATION_TRACK_IDLE
    again = cinema.send("PostAnnotationTracks", input_id="film", annotation_tracks=[track])
    assert "already exists" in again.status.details
    patch = {
        "annotation_tracks": [{"id": "red", "status": {"code": status_code_pb2.ANNOTATION_TRACK_APPROVED}}],
        "action": "overwrite",
    }
    cinema.ask_rest("PATCH", "inputs/film/annotation_tracks", patch)
    (listed,) = cinema.ask("ListAnnotationTracks", input_id="film").annotation_tracks
    assert (listed.status.code, listed.end_frame_nr) == (status_code_pb2.ANNOTATION_TRACK_APPROVED, 2)
    made = cinema.ask_rest("POST", "inputs/film/annotation_tracks", {"annotation_tracks": [{"id": "blue"}]})
    assert made["annotation_tracks"][0]["id"] == "blue"
    cinema.ask("DeleteAnnotationTracks", ids=["blue"])
    cinema.ask_rest("DELETE", "annotation_tracks", {"ids": ["red"], "input_id": "film"})
    assert len(cinema.ask("ListAnnotationTracks", input_id="film").annotation_tracks) == 0
    assert ids(cinema.ask("PostTrackAnnotationsSearches", input_id="film").annotations) == []


def test_the_annotations_of_a_task_are_given_a_state(cinema):
    pending = {"code": status_code_pb2.ANNOTATION_PENDING}
    said = [
        resources_pb2.Annotation(id=name, input_id="film", task_id=task, status=pending)
        for name, task in (("t1", "labelling"), ("t2", "labelling"), ("t3", "other"))
    ]
    cinema.ask("PostAnnotations", annotations=said)
    change = {"task_id": "labelling", "action": "overwrite", "status_code": "ANNOTATION_SUCCESS"}
    answer = cinema.ask("PatchAnnotationsStatus", user_ids=["me"], **change)
    assert (answer.updated_count, list(answer.user_ids)) == (2, [cinema.owner.user_id])
    body = {"status_code": status_code_pb2.ANNOTATION_AWAITING_REVIEW, "action": "overwrite"}
    assert cinema.ask_rest("PATCH", "task/labelling/annotations/status", body)["updated_count"] == 2
    found = cinema.ask("ListAnnotations", input_ids=["film"], list_all_annotations=True).annotations
    states = {one.id: one.status.code for one in found if one.id in ("t1", "t2", "t3")}
    review = status_code_pb2.ANNOTATION_AWAITING_REVIEW
    assert states == {"t1": review, "t2": review, "t3": status_code_pb2.ANNOTATION_PENDING}
