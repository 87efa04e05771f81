"""Every RPC, over gRPC and REST, as nobody, with a narrow key, as a stranger and as the owner."""

import json
import uuid

import grpc
import pytest
import requests
from clarifai_grpc.grpc.api.status import status_code_pb2
from limpid_fixtures import as_key, read_account
from sweep import (
    INVALID_REQUEST,
    KEY_INVALID,
    NO_SCOPES,
    NOT_IMPLEMENTED,
    SUCCESS,
    call_grpc,
    call_rest,
    claimed,
    fill,
    load_rpcs,
)

RPCS = load_rpcs()
MISSING, PARTIAL = claimed("not yet"), claimed("partial")
APP = "sweep-app"
IDS = {
    "app": APP,
    "concept": "sweep-concept",
    "input": "sweep-input",
    "dataset": "sweep-dataset",
    "model": "sweep-model",
    "workflow": "sweep-workflow",
    "annotation_filter": "sweep-filter",
    "track": "sweep-track",
    "upload": "sweep-upload",
    "": "sweep-input",
}
MARK = f"seen-only-by-its-owner-{uuid.uuid4().hex}"
NARROW, OTHER = "Collectors:Get", "Tasks:Get"

every_rpc = pytest.mark.parametrize("rpc", RPCS, ids=lambda rpc: rpc.name)
# What deletes comes last, so that what comes before still has something to see.
deletes_last = pytest.mark.parametrize(
    "rpc",
    sorted(RPCS, key=lambda rpc: (rpc.name.startswith("Delete"), rpc.name == "DeleteApp")),
    ids=lambda rpc: rpc.name,
)

# Of a track, so that no stream of annotations is empty.
FRAME = {"data": {"regions": [{"track_id": IDS["track"], "region_info": {"point": {}}}]}}
SEEDS = [
    ("/v2/users/me/apps", {"apps": [{"id": APP, "name": MARK, "description": MARK, "metadata": {"m": MARK}}]}),
    (f"/v2/users/me/apps/{APP}/concepts", {"concepts": [{"id": IDS["concept"], "name": MARK}]}),
    (
        f"/v2/users/me/apps/{APP}/inputs",
        {"inputs": [{"id": IDS["input"], "data": {"text": {"raw": MARK}, "metadata": {"m": MARK}}}]},
    ),
    (
        f"/v2/users/me/apps/{APP}/annotations",
        {"annotations": [{"input_id": IDS["input"], "annotation_info": {"m": MARK}, "data": {"frames": [FRAME]}}]},
    ),
    (
        f"/v2/users/me/apps/{APP}/inputs/{IDS['input']}/annotation_tracks",
        {"annotation_tracks": [{"id": IDS["track"], "concept": {"id": MARK}}]},
    ),
    (f"/v2/users/me/apps/{APP}/datasets", {"datasets": [{"id": IDS["dataset"], "description": MARK}]}),
    (
        f"/v2/users/me/apps/{APP}/inputs/searches",
        {"searches": [{"id": IDS[""], "name": MARK, "query": {}, "save": True}]},
    ),
    (
        f"/v2/users/me/apps/{APP}/annotation_filters",
        {"annotation_filters": [{"id": IDS["annotation_filter"], "search": {"name": MARK, "query": {}}}]},
    ),
    (
        f"/v2/users/me/apps/{APP}/uploads",
        {"uploads": [{"id": IDS["upload"], "content_name": MARK, "content_length": 9}]},
    ),
    (
        f"/v2/users/me/apps/{APP}/inputs/uploads",
        {
            "inputs_uploads": [
                {
                    "inputs_add_job_id": "sweep-job",
                    "upload": {"content_name": MARK, "content_length": 9},
                    "input_template": {"data": {"metadata": {"m": MARK}}},
                }
            ]
        },
    ),
    (f"/v2/users/me/apps/{APP}/models", {"model": {"id": IDS["model"], "description": MARK}}),
    ("/v2/users/me/keys", {"keys": [{"description": MARK, "scopes": ["All"], "type": "personal_access_token"}]}),
]


@pytest.fixture(scope="module")
def sweeper():
    """An owner whose things the sweep may spoil."""
    return read_account("LIMPID_TEST_SWEEPER")


@pytest.fixture(scope="module")
def channel(url):
    with grpc.insecure_channel(url.removeprefix("http://")) as opened:
        yield opened


@pytest.fixture(scope="module")
def seeds(url, sweeper):
    """Things of the sweeper that hold the mark: path → code of the answer."""
    headers = {"Authorization": f"Key {sweeper.pat}"}
    return {
        path: requests.post(url + path, json=body, headers=headers, timeout=30).json()["status"]["code"]
        for path, body in SEEDS
    }


@pytest.fixture(scope="module")
def narrow_keys(url, sweeper):
    """One key a scope."""

    def make(scope):
        answer = requests.post(
            f"{url}/v2/users/me/keys",
            headers={"Authorization": f"Key {sweeper.pat}"},
            json={"keys": [{"description": "narrow", "scopes": [scope], "type": "personal_access_token"}]},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["keys"][0]["id"]

    return {scope: make(scope) for scope in (NARROW, OTHER)}


def ask_both(url, channel, rpc, request, key=None):
    metadata = as_key(key) if key else ()
    answers = [call_grpc(channel, rpc, request, metadata)]
    # JSON over HTTP/1.1 has no way to stream both ways.
    if rpc.bindings and not rpc.method.client_streaming:
        answers.append(call_rest(url, rpc, request, key))
    for answer in answers:
        expect_sound(answer)
    return answers


def expect_sound(answer):
    """No caller, whatever he sends, may find a fault of ours."""
    name = status_code_pb2.StatusCode.Name(answer.code) if known(answer.code) else str(answer.code)
    assert not name.startswith(("INTERNAL_", "UNCATEGORIZED", "UNEXPECTED")), f"{name}: {answer.told}"
    if answer.http >= 500:
        assert (answer.http, answer.code) == (501, NOT_IMPLEMENTED), answer.text[:500]


def known(code):
    return code in status_code_pb2.StatusCode.values()


def test_the_service_is_the_union_of_both_generations():
    names = {rpc.name for rpc in RPCS}
    assert len(names) == 297
    # The paths of these two are another's, who is declared before them.
    assert {rpc.name for rpc in RPCS if not rpc.bindings} == {"PatchRunners", "StreamAnnotations"}
    assert {"PostModules", "PostCollectors", "PostNodepoolStatus", "StreamAnnotations"} <= names


def test_the_coverage_page_names_every_rpc():
    assert MISSING | PARTIAL | claimed("works") == {rpc.name for rpc in RPCS}


def test_seeds_are_kept_or_honestly_missing(seeds):
    refused = {path: code for path, code in seeds.items() if code not in (SUCCESS, NOT_IMPLEMENTED)}
    assert not refused
    assert SUCCESS in seeds.values()


@every_rpc
def test_nobody_is_let_in(url, channel, rpc):
    for answer in ask_both(url, channel, rpc, fill(rpc)):
        if rpc.auth == "NoAuth":
            assert answer.code not in (INVALID_REQUEST, KEY_INVALID)
        else:
            assert answer.code == INVALID_REQUEST


@every_rpc
def test_a_narrow_key_is_told_what_it_lacks(url, channel, rpc, sweeper, narrow_keys):
    if rpc.name in MISSING or rpc.auth == "NoAuth" or not rpc.scopes:
        expected = None
    else:
        expected = NO_SCOPES
    scope = OTHER if NARROW in rpc.scopes else NARROW
    for answer in ask_both(url, channel, rpc, fill(rpc, sweeper.user_id, APP), narrow_keys[scope]):
        if rpc.name in MISSING:
            assert answer.code == NOT_IMPLEMENTED
        elif expected:
            assert answer.code == expected
            named = [wanted for wanted in (*rpc.scopes, rpc.path) if wanted in answer.told]
            assert named or rpc.auth == "SessionTokenAuth", answer.told


@every_rpc
def test_a_stranger_learns_nothing(url, channel, rpc, sweeper, stranger, seeds):
    secrets = [MARK, sweeper.pat, sweeper.password, sweeper.email]
    places = [fill(rpc, sweeper.user_id, APP, IDS), fill(rpc, sweeper.user_id, None, IDS), fill(rpc, ids=IDS)]
    for request in places:
        for answer in ask_both(url, channel, rpc, request, stranger.pat):
            leaked = [secret for secret in secrets if secret in answer.text]
            assert not leaked, answer.text[:2000]


@deletes_last
def test_the_owner_gets_what_the_coverage_page_says(url, channel, rpc, sweeper, seeds):
    for answer in ask_both(url, channel, rpc, fill(rpc, sweeper.user_id, APP, IDS), sweeper.pat):
        if rpc.name not in PARTIAL:
            assert (answer.code == NOT_IMPLEMENTED) == (rpc.name in MISSING), answer.told


def test_the_mark_can_be_seen_by_its_owner(url, sweeper, seeds):
    """Else the test of the stranger could not fail."""
    answer = requests.get(
        f"{url}/v2/users/me/keys?per_page=1000",
        headers={"Authorization": f"Key {sweeper.pat}"},
        timeout=30,
    )
    assert MARK in json.dumps(answer.json())
