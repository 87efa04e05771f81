"""Messages of the platform's side."""

from __future__ import annotations

import queue
import uuid

from clarifai_grpc.grpc.api import resources_pb2 as res
from clarifai_grpc.grpc.api import service_pb2 as api
from clarifai_grpc.grpc.api.status import status_code_pb2 as codes
from clarifai_grpc.grpc.api.status import status_pb2

UNARY, GENERATE, STREAM = 1, 2, 4


def status(code, text="Ok", **more):
    return status_pb2.Status(code=code, description=text, **more)


def request(method, **arguments):
    data = res.Data()
    data.metadata["_method_name"] = method
    for name, value in arguments.items():
        part = data.parts.add(id=name)
        if isinstance(value, float):
            part.data.float_value = value
        else:
            part.data.string_value = value
    return api.PostModelOutputsRequest(
        user_app_id=res.UserAppIDSet(user_id="u", app_id="local-runner-app"),
        model_id="observed",
        inputs=[res.Input(id=uuid.uuid4().hex, data=data)],
        model=res.Model(id="observed", user_id="u", app_id="local-runner-app"),
    )


def item(kind, message=None, item_id=None, **info):
    return api.RunnerItem(
        id=item_id or uuid.uuid4().hex,
        processing_info=res.ProcessingInfo(runner_method_type=kind, **info),
        post_model_outputs_request=message,
    )


def carry(*items, code=codes.SUCCESS, text="Ok", **more):
    return api.MultiRunnerItemResponse(status=status(code, text, **more), runner_items=items)


def drain(stream, hub, timeout=10):
    """Everything the runner says until it half-closes, the call ends, or `timeout` of silence."""
    seen = []
    while True:
        try:
            message = stream.receive(timeout)
        except queue.Empty:
            hub.note("silence", call=stream.call, seconds=timeout)
            return seen
        if message is None:
            return seen
        seen.append(message)


def cancel_message(item_id, in_response, in_item):
    message = carry(
        code=codes.RUNNER_ITEM_CANCELLED if in_response else codes.SUCCESS, text="said the server"
    )
    if item_id:
        one = api.RunnerItem(id=item_id)
        if in_item:
            one.processing_info.status.code = codes.RUNNER_ITEM_CANCELLED
        message.runner_items.append(one)
    return message
