"""Proves that our descriptors are a superset of those the installed clarifai_grpc speaks.

    python check_descriptors.py packages/wire/gen/merged.binpb

Exits with 1 and lists every message, field, enum value, RPC and extension of theirs that ours lacks
or declares differently: number, type, label, oneof, streaming, options (http bindings, scopes,
authentication, presence in JSON).
"""

import sys
from importlib.metadata import version

from clarifai_grpc.grpc.api import service_pb2
from google.protobuf import descriptor_pb2, text_format

# Declared for the client library's own tests; nothing on the wire refers to it.
NOT_THE_API = {"proto/clarifai/api/utils/test_proto.proto"}
FIELD_TYPE = descriptor_pb2.FieldDescriptorProto.Type.Name


def theirs():
    """Every file that the service reaches through its imports, Google's aside."""
    found = {}
    todo = [service_pb2.DESCRIPTOR]
    while todo:
        file = todo.pop()
        if file.name in found or file.name.startswith("google/") or file.name in NOT_THE_API:
            continue
        found[file.name] = descriptor_pb2.FileDescriptorProto.FromString(file.serialized_pb)
        todo.extend(file.dependencies)
    return found.values()


def ours(path):
    with open(path, "rb") as file:
        return descriptor_pb2.FileDescriptorSet.FromString(file.read()).file


def options(proto):
    return text_format.MessageToString(proto.options, as_one_line=True)


def describe_field(field, message):
    oneof = ""
    if field.HasField("oneof_index"):
        oneof = f" in oneof {message.oneof_decl[field.oneof_index].name}"
    label = "repeated " if field.label == field.LABEL_REPEATED else ""
    kind = field.type_name or FIELD_TYPE(field.type)
    optional = "optional " if field.proto3_optional else ""
    return f"= {field.number}: {optional}{label}{kind}{oneof} [{options(field)}]"


def describe_extension(field):
    label = "repeated " if field.label == field.LABEL_REPEATED else ""
    return f"= {field.number}: {label}{field.type_name or FIELD_TYPE(field.type)} of {field.extendee}"


def describe_method(method):
    takes = ("stream " if method.client_streaming else "") + method.input_type
    gives = ("stream " if method.server_streaming else "") + method.output_type
    return f"({takes}) returns ({gives}) [{options(method)}]"


def flatten(files):
    """Everything that has a name, each with a text of all that must agree."""
    found = {}

    def add_enum(scope, enum):
        found[f"enum {scope}.{enum.name}"] = ""
        for value in enum.value:
            found[f"value {scope}.{enum.name}.{value.name}"] = f"= {value.number} [{options(value)}]"

    def add_message(scope, message):
        name = f"{scope}.{message.name}"
        found[f"message {name}"] = f"[{options(message)}]"
        for field in message.field:
            found[f"field {name}.{field.name}"] = describe_field(field, message)
        for nested in message.nested_type:
            add_message(name, nested)
        for enum in message.enum_type:
            add_enum(name, enum)

    for file in files:
        for message in file.message_type:
            add_message(file.package, message)
        for enum in file.enum_type:
            add_enum(file.package, enum)
        for field in file.extension:
            found[f"extension {file.package}.{field.name}"] = describe_extension(field)
        for service in file.service:
            found[f"service {file.package}.{service.name}"] = ""
            for method in service.method:
                name = f"rpc {file.package}.{service.name}.{method.name}"
                found[name] = describe_method(method)
    return found


def main(path):
    wanted = flatten(theirs())
    have = flatten(ours(path))
    faults = []
    for name, text in wanted.items():
        if name not in have:
            faults.append(f"missing {name} {text}")
        elif have[name] != text:
            faults.append(f"differs {name}\n  theirs {text}\n  ours   {have[name]}")
    print(f"clarifai_grpc {version('clarifai_grpc')}: {len(wanted)} names compared, ours {len(have)}")
    for fault in faults:
        print(fault)
    print(f"{len(faults)} faults")
    return 1 if faults or not wanted else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} merged.binpb")
    sys.exit(main(sys.argv[1]))
