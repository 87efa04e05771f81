"""What a caller without rights is told: always in `status`, never as a gRPC error."""

import pytest
import requests
from clarifai.client.user import User
from clarifai_grpc.grpc.api import resources_pb2, service_pb2
from clarifai_grpc.grpc.api.status import status_code_pb2
from limpid_fixtures import as_key

KEY_INVALID = "Invalid API key or Invalid API key/application pair"
ME = service_pb2.GetUserRequest(user_app_id=resources_pb2.UserAppIDSet(user_id="me"))


@pytest.mark.parametrize(
    "metadata",
    [
        as_key("0123456789abcdef0123456789abcdef"),
        as_key("x"),
        (("authorization", "no-scheme"),),
        (("x-clarifai-session-token", "0123456789abcdef"),),
    ],
    ids=["unknown key", "short key", "no scheme", "unknown session"],
)
def test_bad_credentials_are_named_in_band(stub, metadata):
    status = stub.GetUser(ME, metadata=metadata).status
    assert status.code == status_code_pb2.CONN_KEY_INVALID
    assert status.description == KEY_INVALID


def test_no_credentials_are_an_invalid_request(stub):
    status = stub.GetUser(ME).status
    assert status.code == status_code_pb2.CONN_INVALID_REQUEST
    assert status.description == "Invalid request"


def test_the_json_channel_reads_the_same_text(json_stub):
    status = json_stub.GetUser(ME, metadata=as_key("0123456789abcdef0123456789abcdef")).status
    assert status.code == status_code_pb2.CONN_KEY_INVALID
    assert status.description == KEY_INVALID


def test_rest_without_credentials(url):
    answer = requests.get(f"{url}/v2/users/me", timeout=10)
    assert 400 <= answer.status_code < 500
    assert answer.json()["status"]["code"] == status_code_pb2.CONN_INVALID_REQUEST


def test_the_sdk_raises_with_our_text(url):
    with pytest.raises(Exception, match=KEY_INVALID):
        User(user_id="me", base_url=url, pat="not-a-token").get_user_info(user_id="me")


def test_a_user_who_is_not_there_and_one_who_is_hidden_look_alike(stub, owner, stranger):
    def ask(user_id):
        request = service_pb2.GetUserRequest(user_app_id=resources_pb2.UserAppIDSet(user_id=user_id))
        return stub.GetUser(request, metadata=stranger.metadata)

    absent, hidden = ask("nobody-has-this-id"), ask(owner.user_id)
    assert absent.status.code == status_code_pb2.CONN_DOES_NOT_EXIST
    assert absent.status.description == "Resource does not exist"
    absent.status.req_id = hidden.status.req_id
    assert hidden == absent


def test_a_server_stream_ends_with_the_status_in_its_first_message(stub):
    answers = list(stub.GenerateModelOutputs(service_pb2.PostModelOutputsRequest()))
    assert [answer.status.code for answer in answers] == [status_code_pb2.CONN_INVALID_REQUEST]


@pytest.mark.parametrize("requests_sent", [1, 20])
def test_a_two_way_stream_ends_with_the_status_in_its_first_message(stub, requests_sent):
    # The platform refuses while the client still sends: the stream must end in order all the same, every time.
    for _ in range(20):
        sent = iter([service_pb2.PostModelOutputsRequest()] * requests_sent)
        answers = list(stub.StreamModelOutputs(sent))
        assert [answer.status.code for answer in answers] == [status_code_pb2.CONN_INVALID_REQUEST]
