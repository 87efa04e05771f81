"""Every RPC of the service, read from the platform's descriptors, and ways to call each over gRPC and REST."""

import json
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import grpc
import requests
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

ROOT = Path(__file__).resolve().parents[2]
DESCRIPTORS = os.environ.get("LIMPID_TEST_DESCRIPTORS") or ROOT / "packages/wire/gen/merged.binpb"
DEADLINE = 20
SUCCESS, NOT_IMPLEMENTED = 10000, 10040
KEY_INVALID, NO_SCOPES, INVALID_REQUEST = 11008, 11007, 11102


@dataclass(frozen=True)
class Answer:
    code: int
    told: str
    text: str
    """Everything that the platform sent, to look for what it should not have."""
    http: int = 0


@dataclass(frozen=True)
class Rpc:
    method: object
    request: type
    response: type
    auth: str
    scopes: tuple
    bindings: tuple

    @property
    def name(self):
        return self.method.name

    @cached_property
    def path(self):
        return f"/{self.method.containing_service.full_name}/{self.name}"

    @property
    def streams(self):
        return self.method.client_streaming or self.method.server_streaming


def load_rpcs(path=DESCRIPTORS):
    files = descriptor_pb2.FileDescriptorSet.FromString(Path(path).read_bytes())
    # A pool of its own: the clients registered older versions of the same files.
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.AddSerializedFile(file.SerializeToString())
    options = message_factory.GetMessageClass(pool.FindMessageTypeByName("google.protobuf.MethodOptions"))
    http = pool.FindExtensionByName("google.api.http")
    auth = pool.FindExtensionByName("clarifai.auth.util.cl_auth_type")
    scopes = pool.FindExtensionByName("clarifai.auth.util.cl_depending_scopes")
    claimed = set()
    rpcs = []
    for method in pool.FindServiceByName("clarifai.api.V2").methods:
        found = options.FromString(method.GetOptions().SerializeToString())
        names = scopes.enum_type.values_by_number
        rpcs.append(
            Rpc(
                method=method,
                request=message_factory.GetMessageClass(method.input_type),
                response=message_factory.GetMessageClass(method.output_type),
                auth=auth.enum_type.values_by_number[found.Extensions[auth]].name,
                scopes=tuple(names[n].name.replace("_", ":", 1) for n in found.Extensions[scopes]),
                bindings=tuple(own_bindings(found.Extensions[http], claimed)),
            )
        )
    return rpcs


def own_bindings(rule, claimed):
    """Verb and template of each binding that no earlier RPC claims: the first declared wins."""
    for binding in (rule, *rule.additional_bindings):
        verb = binding.WhichOneof("pattern")
        template = getattr(binding, verb)
        shape = (verb, re.sub(r"\{[^}]*\}", "{}", template))
        if shape not in claimed:
            claimed.add(shape)
            yield verb.upper(), template


def fill(rpc, user_id=None, app_id=None, ids=None):
    """A request that names a place and, where it can, things in it."""
    request = rpc.request()
    if user_id and "user_app_id" in rpc.method.input_type.fields_by_name:
        request.user_app_id.user_id = user_id
        request.user_app_id.app_id = app_id or ""
    for field in rpc.method.input_type.fields:
        if field.type != field.TYPE_STRING or not re.search(r"(^|_)ids?$", field.name):
            continue
        noun = re.sub(r"_?ids?$", "", field.name)
        value = (ids or {}).get(noun, "absent")
        if field.is_repeated if hasattr(field, "is_repeated") else field.label == field.LABEL_REPEATED:
            getattr(request, field.name).append(value)
        else:
            setattr(request, field.name, value)
    return request


def call_grpc(channel, rpc, request, metadata=()):
    """The first message of the answer. A gRPC error is the caller's to see: it never may happen."""
    serialize, parse = rpc.request.SerializeToString, rpc.response.FromString
    kind = (
        "stream_stream"
        if rpc.method.client_streaming
        else "unary_stream"
        if rpc.method.server_streaming
        else "unary_unary"
    )
    made = getattr(channel, kind)(rpc.path, serialize, parse)
    given = iter([request]) if rpc.method.client_streaming else request
    answer = made(given, metadata=metadata, timeout=DEADLINE)
    if rpc.streams:
        first = next(answer, None)
        if first is None:
            assert answer.code() == grpc.StatusCode.OK
            return Answer(SUCCESS, "", "")
        answer.cancel()
        answer = first
    return read_message(answer)


def read_message(message):
    status = getattr(message, "status", None)
    assert status is not None and status.code != 0, f"no status in {message}"
    return Answer(status.code, f"{status.description} {status.details}", str(message))


def call_rest(url, rpc, request, key=None):
    verb, template = rpc.bindings[0]
    path = re.sub(r"\{([^}=]+)[^}]*\}", lambda m: quote(field_of(request, m.group(1)), safe=""), template)
    given = {} if verb == "GET" else {"json": json_format.MessageToDict(request, preserving_proto_field_name=True)}
    headers = {"Authorization": f"Key {key}"} if key else {}
    answer = requests.request(verb, url + path, headers=headers, timeout=DEADLINE, **given)
    where = f"{verb} {path}: {answer.status_code} {answer.text[:500]}"
    try:
        # A stream is many documents; the first has the status.
        body, _ = json.JSONDecoder().raw_decode(answer.text.lstrip())
        status = body["status"]
    except (ValueError, KeyError, TypeError) as error:
        raise AssertionError(f"no status in {where}") from error
    told = f"{status.get('description', '')} {status.get('details', '')}"
    return Answer(status["code"], told, answer.text, answer.status_code)


def field_of(message, path):
    for part in path.split("."):
        message = getattr(message, part)
    return str(message or "absent")


def claimed(standing):
    """RPCs of which docs/coverage.md says that they are `works`, `partial` or `not yet`."""
    table = (ROOT / "docs/coverage.md").read_text(encoding="utf-8")
    return set(re.findall(rf"^\| `(\w+)` \| {standing} \|", table, re.MULTILINE))
