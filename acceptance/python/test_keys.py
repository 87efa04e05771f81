"""Personal access tokens, made and revoked through the official stubs."""

import pytest
from clarifai_grpc.grpc.api import resources_pb2, service_pb2
from clarifai_grpc.grpc.api.status import status_code_pb2
from limpid_fixtures import as_key, expect_success, fresh

ME = service_pb2.GetUserRequest(user_app_id=resources_pb2.UserAppIDSet(user_id="me"))


def list_keys(stub, account, **filters):
    request = service_pb2.ListKeysRequest(user_app_id=account.mine, per_page=1000, **filters)
    response = stub.ListKeys(request, metadata=account.metadata)
    expect_success(response)
    return list(response.keys)


def find_by_description(keys, description):
    found = [key for key in keys if key.description == description]
    assert len(found) == 1, [key.description for key in keys]
    return found[0]


def patch(stub, account, key, action="overwrite"):
    request = service_pb2.PatchKeysRequest(user_app_id=account.mine, keys=[key], action=action)
    return stub.PatchKeys(request, metadata=account.metadata)


def delete(stub, account, key_id):
    request = service_pb2.DeleteKeyRequest(user_app_id=account.mine, key_id=key_id)
    return stub.DeleteKey(request, metadata=account.metadata)


def test_a_new_token_works_at_once(stub, owner, make_key):
    secret = make_key(["All"])
    response = stub.GetUser(ME, metadata=as_key(secret))
    expect_success(response)
    assert response.user.id == owner.user_id


def test_a_secret_is_shown_once(stub, owner, make_key):
    description = fresh("shown once")
    secret = make_key(["All"], description=description)
    key = find_by_description(list_keys(stub, owner), description)
    assert key.type == "personal_access_token"
    assert key.id and key.id != secret
    assert list(key.scopes) == ["All"]
    assert key.created_at.seconds > 0
    assert secret not in str(list_keys(stub, owner))
    assert owner.pat not in str(list_keys(stub, owner))


def test_the_public_id_opens_nothing(stub, owner, make_key):
    description = fresh("public id")
    make_key(["All"], description=description)
    public_id = find_by_description(list_keys(stub, owner), description).id
    assert stub.GetUser(ME, metadata=as_key(public_id)).status.code == status_code_pb2.CONN_KEY_INVALID


def test_get_accepts_the_secret_and_the_public_id(stub, owner, make_key):
    description = fresh("get")
    secret = make_key(["All"], description=description)
    public_id = find_by_description(list_keys(stub, owner), description).id
    for key_id in (secret, public_id):
        request = service_pb2.GetKeyRequest(user_app_id=owner.mine, key_id=key_id)
        response = stub.GetKey(request, metadata=owner.metadata)
        expect_success(response)
        assert response.key.id == public_id
        assert response.key.description == description


def test_patch_replaces_description_and_scopes(stub, owner, make_key):
    secret = make_key(["All"], description=fresh("before"))
    after = fresh("after")
    response = patch(stub, owner, resources_pb2.Key(id=secret, description=after, scopes=["Keys:Get"]))
    expect_success(response)
    key = find_by_description(list_keys(stub, owner), after)
    assert list(key.scopes) == ["Keys:Get"]
    # New scopes hold from the next call on.
    denied = stub.PostKeys(service_pb2.PostKeysRequest(user_app_id=owner.mine), metadata=as_key(secret))
    assert denied.status.code == status_code_pb2.CONN_INSUFFICIENT_SCOPES


def test_patch_knows_one_action(stub, owner, make_key):
    secret = make_key(["All"])
    response = patch(stub, owner, resources_pb2.Key(id=secret, description="x"), action="merge")
    assert response.status.code != status_code_pb2.SUCCESS
    assert "merge" in response.status.details


def test_a_revoked_token_stops_at_once(stub, owner, make_key):
    secret = make_key(["All"])
    expect_success(stub.GetUser(ME, metadata=as_key(secret)))
    expect_success(delete(stub, owner, secret))
    assert stub.GetUser(ME, metadata=as_key(secret)).status.code == status_code_pb2.CONN_KEY_INVALID
    assert delete(stub, owner, secret).status.code == status_code_pb2.CONN_DOES_NOT_EXIST


def test_missing_scopes_are_named(stub, owner, make_key):
    narrow = make_key(["Keys:Get"], endpoints=["/clarifai.api.V2/ListKeys"])
    expect_success(
        stub.ListKeys(service_pb2.ListKeysRequest(user_app_id=owner.mine), metadata=as_key(narrow))
    )
    status = stub.PostKeys(
        service_pb2.PostKeysRequest(user_app_id=owner.mine), metadata=as_key(narrow)
    ).status
    assert status.code == status_code_pb2.CONN_INSUFFICIENT_SCOPES
    told = status.description + status.details
    assert "Keys:Add" in told and "/clarifai.api.V2/PostKeys" in told


def test_a_token_can_not_grant_what_it_lacks(stub, owner, make_key):
    narrow = make_key(["Keys:Add", "Keys:Get", "Apps:Get"], endpoints=["/clarifai.api.V2/PostKeys"])
    request = service_pb2.PostKeysRequest(
        user_app_id=owner.mine,
        keys=[resources_pb2.Key(description="wider", scopes=["All"], type="personal_access_token")],
    )
    before = len(list_keys(stub, owner))
    status = stub.PostKeys(request, metadata=as_key(narrow)).status
    assert status.code == status_code_pb2.CONN_INSUFFICIENT_SCOPES
    assert len(list_keys(stub, owner)) == before


@pytest.mark.parametrize("scopes", [[], ["Keys:Gett"], ["/clarifai.api.V2/NoSuchCall"]])
def test_bad_scopes_make_no_key(stub, owner, scopes):
    before = len(list_keys(stub, owner))
    good = resources_pb2.Key(description="good", scopes=["All"], type="personal_access_token")
    bad = resources_pb2.Key(description="bad", scopes=scopes, type="personal_access_token")
    request = service_pb2.PostKeysRequest(user_app_id=owner.mine, keys=[good, bad])
    status = stub.PostKeys(request, metadata=owner.metadata).status
    assert status.code == status_code_pb2.CONN_INVALID_REQUEST
    assert len(list_keys(stub, owner)) == before


def test_keys_of_another_do_not_exist(stub, owner, stranger, make_key):
    secret = make_key(["All"])
    assert delete(stub, stranger, secret).status.code == status_code_pb2.CONN_DOES_NOT_EXIST
    foreign = service_pb2.ListKeysRequest(user_app_id=owner.mine)
    assert stub.ListKeys(foreign, metadata=stranger.metadata).status.code != status_code_pb2.SUCCESS
    expect_success(stub.GetUser(ME, metadata=as_key(secret)))


def test_pages_are_exact_and_end(stub, owner, make_key):
    for number in range(3):
        make_key(["All"], description=fresh(f"page {number}"))
    total = [key.id for key in list_keys(stub, owner)]
    paged = []
    for page in range(1, len(total) + 2):
        request = service_pb2.ListKeysRequest(user_app_id=owner.mine, page=page, per_page=2)
        response = stub.ListKeys(request, metadata=owner.metadata)
        expect_success(response)
        assert len(response.keys) == max(0, min(2, len(total) - (page - 1) * 2))
        paged += [key.id for key in response.keys]
    assert paged == total


def test_the_json_channel_makes_lists_and_deletes_keys(stub, json_stub, owner):
    description = fresh("json")
    request = service_pb2.PostKeysRequest(
        user_app_id=owner.mine,
        keys=[resources_pb2.Key(description=description, scopes=["All"], type="personal_access_token")],
    )
    made = json_stub.PostKeys(request, metadata=owner.metadata)
    expect_success(made)
    listed = json_stub.ListKeys(
        service_pb2.ListKeysRequest(user_app_id=owner.mine, per_page=1000), metadata=owner.metadata
    )
    assert list(listed.keys) == list_keys(stub, owner)
    find_by_description(listed.keys, description)
    gone = json_stub.DeleteKey(
        service_pb2.DeleteKeyRequest(user_app_id=owner.mine, key_id=made.keys[0].id),
        metadata=owner.metadata,
    )
    expect_success(gone)


def test_my_scopes_tell_what_a_token_holds(stub, owner, make_key):
    endpoints = ["/clarifai.api.V2/ListKeys"]
    narrow = make_key(["Keys:Get"], endpoints=endpoints)
    response = stub.MyScopes(service_pb2.MyScopesRequest(), metadata=as_key(narrow))
    expect_success(response)
    assert list(response.scopes) == ["Keys:Get"]
    assert list(response.endpoints) == endpoints
    mine = stub.MyScopes(service_pb2.MyScopesRequest(), metadata=owner.metadata)
    assert "All" in mine.scopes or len(mine.scopes) > 90
