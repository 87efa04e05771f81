"""Who am I: every way in which the official clients ask."""

import pytest
from clarifai.client.user import User
from clarifai.versions import CLIENT_VERSION
from clarifai_grpc.grpc.api import resources_pb2, service_pb2
from limpid_fixtures import expect_success

ME = service_pb2.GetUserRequest(user_app_id=resources_pb2.UserAppIDSet(user_id="me"))


def test_sdk_reads_the_user_behind_the_token(url, owner):
    response = User(user_id="me", base_url=url, pat=owner.pat).get_user_info(user_id="me")
    assert response.user.id == owner.user_id
    assert response.user.primary_email == owner.email


def test_sdk_reads_the_user_by_its_id(url, owner):
    response = User(user_id=owner.user_id, base_url=url, pat=owner.pat).get_user_info()
    assert response.user.id == owner.user_id


def test_sdk_lists_no_organizations(url, owner):
    assert User(user_id=owner.user_id, base_url=url, pat=owner.pat).list_organizations() == []


def test_status_of_success_is_exact_and_carries_the_prefix_of_the_client(url, owner):
    status = User(user_id="me", base_url=url, pat=owner.pat).get_user_info(user_id="me").status
    assert status.code == 10000
    assert status.description == "Ok"
    assert "SUCCESS" in str(status)
    assert status.req_id.startswith(f"sdk-python-{CLIENT_VERSION}")


def test_request_ids_differ(stub, owner):
    ids = {stub.GetUser(ME, metadata=owner.metadata).status.req_id for _ in range(20)}
    assert len(ids) == 20


def test_json_channel_answers_what_grpc_answers(stub, json_stub, owner):
    over_grpc = stub.GetUser(ME, metadata=owner.metadata)
    over_json = json_stub.GetUser(ME, metadata=owner.metadata)
    expect_success(over_grpc)
    over_grpc.status.req_id = over_json.status.req_id
    assert over_json == over_grpc


@pytest.mark.parametrize("user_id", ["", "me", None])
def test_a_token_stands_for_its_user(stub, owner, user_id):
    named = {} if user_id is None else {"user_app_id": resources_pb2.UserAppIDSet(user_id=user_id)}
    response = stub.GetUser(service_pb2.GetUserRequest(**named), metadata=owner.metadata)
    expect_success(response)
    assert response.user.id == owner.user_id


def test_a_bearer_token_is_a_token_too(stub, owner):
    response = stub.GetUser(ME, metadata=(("authorization", f"Bearer {owner.pat}"),))
    expect_success(response)


def test_each_user_is_himself(stub, owner, stranger):
    assert stub.GetUser(ME, metadata=stranger.metadata).user.id == stranger.user_id != owner.user_id
