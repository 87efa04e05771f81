"""Apps and what belongs to one app only: its keys."""

import pytest
from clarifai.client.user import User
from clarifai_grpc.grpc.api import resources_pb2, service_pb2
from clarifai_grpc.grpc.api.status import status_code_pb2
from limpid_fixtures import as_key, expect_success, fresh


@pytest.fixture
def make_app(stub, owner):
    """Makes apps of the owner and deletes what is left of them."""
    made = []

    def make(app_id=None, **fields):
        app = resources_pb2.App(id=app_id or fresh("app"), **fields)
        request = service_pb2.PostAppsRequest(user_app_id=owner.mine, apps=[app])
        response = stub.PostApps(request, metadata=owner.metadata)
        expect_success(response)
        made.append(response.apps[0].id)
        return response.apps[0]

    yield make
    for app_id in made:
        stub.DeleteApp(service_pb2.DeleteAppRequest(user_app_id=place(owner, app_id)), metadata=owner.metadata)


def place(owner, app_id):
    return resources_pb2.UserAppIDSet(user_id=owner.user_id, app_id=app_id)


def get_app(stub, owner, app_id, metadata=None):
    request = service_pb2.GetAppRequest(user_app_id=place(owner, app_id))
    return stub.GetApp(request, metadata=metadata or owner.metadata)


@pytest.fixture
def app_key(stub, owner, make_app):
    """A key that opens one app, and the app."""
    app = make_app()
    key = resources_pb2.Key(description=fresh("app key"), scopes=["All"], apps=[app])
    request = service_pb2.PostKeysRequest(user_app_id=owner.mine, keys=[key])
    response = stub.PostKeys(request, metadata=owner.metadata)
    expect_success(response)
    return response.keys[0].id, app


def test_the_sdk_makes_lists_and_deletes_an_app(url, owner):
    user = User(user_id=owner.user_id, base_url=url, pat=owner.pat)
    app_id = fresh("sdk")
    app = user.create_app(app_id=app_id, base_workflow="Empty")
    assert app.id == app_id
    assert app_id in [found.id for found in user.list_apps()]
    assert user.app(app_id).id == app_id
    user.patch_app(app_id, action="overwrite", description="patched")
    assert user.app(app_id).app_info.description == "patched"
    user.delete_app(app_id)
    with pytest.raises(Exception, match="Resource does not exist"):
        user.app(app_id)


def test_an_app_names_its_owner_and_itself(stub, owner, make_app):
    app = make_app(description="told")
    found = get_app(stub, owner, app.id)
    expect_success(found)
    assert found.app.user_id == owner.user_id
    assert found.app.name == app.id
    assert found.app.description == "told"
    assert found.app.created_at.seconds > 0


def test_an_id_is_used_once(stub, owner, make_app):
    app = make_app()
    request = service_pb2.PostAppsRequest(
        user_app_id=owner.mine, apps=[resources_pb2.App(id=fresh("first")), resources_pb2.App(id=app.id)]
    )
    status = stub.PostApps(request, metadata=owner.metadata).status
    assert status.code != status_code_pb2.SUCCESS
    assert "already exists" in status.description + status.details
    # All or none: the first of the two was not made.
    listed = stub.ListApps(
        service_pb2.ListAppsRequest(user_app_id=owner.mine, per_page=1000), metadata=owner.metadata
    )
    assert request.apps[0].id not in [found.id for found in listed.apps]


def test_a_deleted_app_is_gone_and_its_id_free(stub, owner, make_app):
    app = make_app()
    request = service_pb2.DeleteAppRequest(user_app_id=place(owner, app.id))
    expect_success(stub.DeleteApp(request, metadata=owner.metadata))
    assert get_app(stub, owner, app.id).status.code == status_code_pb2.CONN_DOES_NOT_EXIST
    assert make_app(app.id).id == app.id


def test_another_may_not_see_it(stub, owner, stranger, make_app):
    app = make_app()
    hidden = get_app(stub, owner, app.id, stranger.metadata)
    absent = get_app(stub, owner, fresh("absent"), stranger.metadata)
    assert hidden.status.code == status_code_pb2.CONN_DOES_NOT_EXIST
    absent.status.req_id = hidden.status.req_id
    assert hidden == absent


def test_an_app_is_renamed(stub, owner, make_app):
    app, new_id = make_app(), fresh("renamed")
    request = service_pb2.PatchAppsIdsRequest(user_app_id=owner.mine, action="overwrite")
    request.ids.add(id=app.id, new_id=new_id)
    response = stub.PatchAppsIds(request, metadata=owner.metadata)
    expect_success(response)
    assert response.apps[0].id == new_id
    assert get_app(stub, owner, app.id).status.code == status_code_pb2.CONN_DOES_NOT_EXIST
    expect_success(get_app(stub, owner, new_id))


def test_apps_are_patched_in_three_ways(stub, owner, make_app):
    app = make_app(description="before", metadata={"kept": "yes"})

    def patch(call, request, **change):
        request.apps.append(resources_pb2.App(id=app.id, **change))
        request.action = "overwrite"
        expect_success(call(request, metadata=owner.metadata))
        return get_app(stub, owner, app.id).app

    one = service_pb2.PatchAppRequest(
        user_app_id=place(owner, app.id), app=resources_pb2.App(id=app.id, description="one"), action="overwrite"
    )
    expect_success(stub.PatchApp(one, metadata=owner.metadata))
    assert get_app(stub, owner, app.id).app.description == "one"
    many = service_pb2.PatchAppsRequest(user_app_id=owner.mine)
    assert patch(stub.PatchApps, many, description="many").description == "many"
    details = service_pb2.PatchAppsDetailsRequest(user_app_id=place(owner, app.id))
    found = patch(stub.PatchAppsDetails, details, name="a name")
    assert (found.name, found.description) == ("a name", "many")
    # A field that no patch carried is as it was.
    assert found.metadata["kept"] == "yes"


def test_apps_are_found_by_pattern(stub, owner, make_app):
    app = make_app()
    make_app()
    request = service_pb2.PostAppsSearchesRequest(
        user_app_id=owner.mine, app_query=resources_pb2.AppQuery(name=f"*{app.id[4:]}*")
    )
    response = stub.PostAppsSearches(request, metadata=owner.metadata)
    expect_success(response)
    assert [found.id for found in response.apps] == [app.id]


def test_an_app_key_needs_no_ids(stub, app_key):
    secret, app = app_key
    found = stub.GetApp(service_pb2.GetAppRequest(), metadata=as_key(secret))
    expect_success(found)
    assert found.app.id == app.id


def test_an_app_key_opens_no_other_app(stub, owner, app_key, make_app):
    secret, _ = app_key
    other = make_app()
    status = get_app(stub, owner, other.id, as_key(secret)).status
    assert status.code == status_code_pb2.CONN_KEY_INVALID
    assert status.description == "Invalid API key or Invalid API key/application pair"


def test_an_app_key_makes_neither_apps_nor_keys(stub, owner, app_key):
    secret, _ = app_key
    app = service_pb2.PostAppsRequest(user_app_id=owner.mine, apps=[resources_pb2.App(id=fresh("no"))])
    key = service_pb2.PostKeysRequest(
        user_app_id=owner.mine,
        keys=[resources_pb2.Key(description="no", scopes=["All"], type="personal_access_token")],
    )
    for status in (
        stub.PostApps(app, metadata=as_key(secret)).status,
        stub.PostKeys(key, metadata=as_key(secret)).status,
    ):
        assert status.code == status_code_pb2.CONN_INSUFFICIENT_SCOPES


def test_the_keys_of_an_app_are_listed_without_secrets(stub, owner, app_key):
    secret, app = app_key
    request = service_pb2.ListAppKeysRequest(user_app_id=place(owner, app.id))
    response = stub.ListAppKeys(request, metadata=owner.metadata)
    expect_success(response)
    # One was made with the app.
    assert len(response.keys) == 2
    assert all(key.type == "app_specific_key" for key in response.keys)
    assert all([found.id for found in key.apps] == [app.id] for key in response.keys)
    assert secret not in str(response)


def test_an_empty_app_counts_nothing(stub, owner, make_app):
    request = service_pb2.GetResourceCountsRequest(user_app_id=place(owner, make_app().id))
    response = stub.GetResourceCounts(request, metadata=owner.metadata)
    expect_success(response)
    assert (response.models, response.workflows, response.datasets) == (0, 0, 0)
