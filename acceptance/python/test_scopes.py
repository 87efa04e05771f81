"""What credentials may hold, and what the status codes mean."""

import pytest
import requests
from clarifai_grpc.grpc.api import service_pb2
from clarifai_grpc.grpc.api.status import status_code_pb2
from limpid_fixtures import expect_success


@pytest.fixture(scope="module")
def session(url, owner):
    """Signed in, as the pages are on which a person chooses scopes."""
    body = {"email": owner.email, "password": owner.password}
    answer = requests.post(f"{url}/v2/login", json=body, timeout=30)
    assert answer.status_code == 200, answer.text
    return (("x-clarifai-session-token", answer.json()["session_token"]),)


def test_every_scope_is_listed_with_what_it_needs(stub, owner, session):
    request = service_pb2.ListScopesRequest(user_app_id=owner.mine, key_type="personal_access_token")
    response = stub.ListScopes(request, metadata=session)
    expect_success(response)
    scopes = {found.scope for found in response.scope_deps}
    assert {"Inputs:Add", "Inputs:Get", "Predict", "Keys:Add"} <= scopes
    endpoints = {found.endpoint: list(found.depending_scopes) for found in response.endpoint_deps}
    assert "Keys:Add" in endpoints["/clarifai.api.V2/PostKeys"]


def test_the_list_is_for_sessions_only(stub, owner):
    request = service_pb2.ListScopesRequest(user_app_id=owner.mine)
    status = stub.ListScopes(request, metadata=owner.metadata).status
    assert status.code == status_code_pb2.CONN_INSUFFICIENT_SCOPES


def test_app_keys_hold_less_than_tokens(stub, owner, session):
    def endpoints(key_type):
        request = service_pb2.ListScopesRequest(user_app_id=owner.mine, key_type=key_type)
        response = stub.ListScopes(request, metadata=session)
        expect_success(response)
        return {found.endpoint for found in response.endpoint_deps}

    of_apps, of_tokens = endpoints("app_specific_key"), endpoints("personal_access_token")
    assert of_apps < of_tokens
    assert "/clarifai.api.V2/PostKeys" not in of_apps


def test_a_token_tells_its_scopes_in_three_ways(stub, owner):
    answers = [
        stub.MyScopes(service_pb2.MyScopesRequest(), metadata=owner.metadata),
        stub.MyScopesUser(service_pb2.MyScopesUserRequest(user_app_id=owner.mine), metadata=owner.metadata),
        stub.MyScopesRoot(service_pb2.MyScopesRootRequest(), metadata=owner.metadata),
    ]
    for answer in answers:
        expect_success(answer)
        assert list(answer.scopes) == list(answers[0].scopes)


def test_the_status_codes_are_those_of_the_clients(stub):
    response = stub.ListStatusCodes(service_pb2.ListStatusCodesRequest())
    expect_success(response)
    told = {found.code: found.description for found in response.statuses}
    assert told[10000] == "Ok"
    assert told[21200] == "Model does not exist"
    assert told[30101] == "Input format unsupported"
    # Codes that the client's enumeration does not know are newer than it; none of its own may be missing.
    missing = {name for name, code in status_code_pb2.StatusCode.items() if code not in told}
    assert missing <= {"ZERO"}


def test_one_status_code_is_told_as_the_status_itself(stub):
    request = service_pb2.GetStatusCodeRequest(status_code_id="21200")
    status = stub.GetStatusCode(request).status
    assert (status.code, status.description) == (21200, "Model does not exist")
