"""The same port over HTTP/1.1, with curl as the documentation uses it."""

import json
import subprocess

import pytest
from limpid_fixtures import fresh

HTTP_STATUS = "\n%{http_code} %{content_type}"


def curl(url, *args):
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "20", "--write-out", HTTP_STATUS, *args, url],
        capture_output=True,
        text=True,
        check=True,
    )
    body, _, written = done.stdout.rpartition("\n")
    code, _, content_type = written.partition(" ")
    return int(code), body, content_type


def call(url, *args, key=None):
    """A JSON call; the HTTP code and the parsed answer."""
    headers = ["-H", f"Authorization: Key {key}"] if key else []
    code, body, content_type = curl(url, *headers, *args)
    assert content_type.startswith("application/json"), content_type
    return code, json.loads(body)


def send(verb, body):
    return ["-X", verb, "-H", "Content-Type: application/json", "-d", json.dumps(body)]


def test_health_and_readiness(url):
    assert curl(f"{url}/healthz")[0] == 200
    assert curl(f"{url}/readyz")[0] == 200


def test_metrics_are_prometheus_text(url):
    code, body, content_type = curl(f"{url}/metrics")
    assert code == 200 and content_type.startswith("text/plain")
    assert "# TYPE " in body


def test_auth_methods_need_no_key(url):
    assert call(f"{url}/v2/auth/methods")[0] == 200


def test_openapi_names_every_documented_path(url):
    code, document = call(f"{url}/openapi.json")
    assert code == 200
    assert document["openapi"].startswith("3.")
    assert "post" in document["paths"]["/v2/users/{user_app_id.user_id}/apps/{user_app_id.app_id}/inputs"]
    assert len(document["paths"]) > 200


@pytest.mark.parametrize("path", ["/v2/users/me", "/v2/users/{user_id}"])
def test_get_user(url, owner, path):
    code, answer = call(f"{url}{path.format(user_id=owner.user_id)}", key=owner.pat)
    assert code == 200
    assert answer["status"]["code"] == 10000
    assert answer["status"]["description"] == "Ok"
    assert answer["status"]["req_id"]
    assert answer["user"]["id"] == owner.user_id


def test_bad_key(url):
    code, answer = call(f"{url}/v2/users/me", key="nope")
    assert code == 401
    assert answer["status"]["code"] == 11008
    assert answer["status"]["description"] == "Invalid API key or Invalid API key/application pair"


def test_no_key(url):
    code, answer = call(f"{url}/v2/users/me")
    assert 400 <= code < 500
    assert answer["status"]["code"] == 11102
    assert answer["status"]["description"] == "Invalid request"


def test_keys_from_birth_to_death(url, owner):
    keys = f"{url}/v2/users/{owner.user_id}/keys"
    description = fresh("curl")
    body = {"keys": [{"description": description, "scopes": ["All"], "type": "personal_access_token"}]}
    code, made = call(keys, *send("POST", body), key=owner.pat)
    assert code == 200, made
    secret = made["keys"][0]["id"]
    assert call(f"{url}/v2/users/me", key=secret)[1]["user"]["id"] == owner.user_id

    patch = {"action": "overwrite", "keys": [{"id": secret, "description": f"{description} 2"}]}
    assert call(keys, *send("PATCH", patch), key=owner.pat)[0] == 200
    listed = call(f"{keys}?per_page=1000", key=owner.pat)[1]["keys"]
    assert [key["description"] for key in listed].count(f"{description} 2") == 1
    assert secret not in json.dumps(listed)

    assert call(f"{keys}/{secret}", "-X", "DELETE", key=owner.pat)[0] == 200
    assert call(f"{url}/v2/users/me", key=secret)[0] == 401


def test_an_empty_list_is_shown(url, owner):
    code, answer = call(f"{url}/v2/users/{owner.user_id}/keys?page=900", key=owner.pat)
    assert code == 200
    assert answer["keys"] == []


def test_sign_in_with_a_password_makes_a_token(url, owner):
    """The way of the client's own script that makes keys for its tests."""
    body = {"email": owner.email, "password": owner.password}
    code, answer = call(f"{url}/v2/login", *send("POST", body))
    assert code == 200, answer
    assert answer["v2_user_id"] == owner.user_id
    session = ["-H", f"X-Clarifai-Session-Token: {answer['session_token']}"]
    wanted = {"description": "from a session", "scopes": ["All"], "type": "personal_access_token", "apps": []}
    code, made = call(
        f"{url}/v2/users/{owner.user_id}/keys", *session, *send("POST", {"keys": [wanted]})
    )
    assert code == 200, made
    secret = made["keys"][0]["id"]
    assert call(f"{url}/v2/users/me", key=secret)[0] == 200
    call(f"{url}/v2/users/{owner.user_id}/keys/{secret}", "-X", "DELETE", key=owner.pat)


def test_a_wrong_password_tells_nothing(url, owner):
    def sign_in(email, password):
        code, answer = call(f"{url}/v2/login", *send("POST", {"email": email, "password": password}))
        answer["status"].pop("req_id", None)
        return code, answer

    wrong = sign_in(owner.email, "not the password")
    assert wrong[0] == 401
    assert "session_token" not in wrong[1]
    assert sign_in("nobody@localhost", "not the password") == wrong


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["-X", "POST", "-H", "Content-Type: application/json", "-d", "{not json"], 400),
        (send("POST", {"keys": "no list"}), 400),
        (["-X", "PUT"], 405),
    ],
    ids=["no JSON", "wrong type", "wrong verb"],
)
def test_bad_requests_are_told(url, owner, args, code):
    found, answer = call(f"{url}/v2/users/{owner.user_id}/keys", *args, key=owner.pat)
    assert found == code, answer
    assert answer["status"]["code"] not in (0, 10000)
    assert answer["status"]["description"]


def test_a_path_that_is_not_there(url, owner):
    code, answer = call(f"{url}/v2/no/such/path", key=owner.pat)
    assert code == 404
    assert answer["status"]["code"] not in (0, 10000)


def test_two_way_streams_are_for_grpc(url, owner):
    code, answer = call(f"{url}/v2/models/outputs/stream", *send("POST", {}), key=owner.pat)
    assert code == 400
    assert "gRPC" in answer["status"]["details"]


def test_h2c_with_prior_knowledge_shares_the_port(url):
    code, _, _ = curl(f"{url}/clarifai.api.V2/GetUser", "--http2-prior-knowledge", "-X", "POST")
    # Not a gRPC call: the HTTP/2 side must answer it, not hang or break the connection.
    assert 200 <= code < 500
