"""Callers who leave."""

from __future__ import annotations

import time
import uuid

import grpc

from .messages import GENERATE, STREAM, UNARY, cancel_message, carry, drain, item, request
from .registry import scenario


@scenario(concurrency=2)
def cancel(server, runner):
    """Where RUNNER_ITEM_CANCELLED must stand to reach the model: stream by stream, place by place."""
    runner.start()
    control = server.hub.control.get(timeout=30)
    words = " ".join(f"w{n}" for n in range(20))
    for channel in ("control", "work"):
        for in_response, in_item in ((True, False), (False, True), (True, True)):
            line = server.hub.next_stream()
            item_id = uuid.uuid4().hex
            line.send(carry(item(GENERATE, request("generate", prompt=words, pause=0.25), item_id)))
            time.sleep(1)
            server.hub.note(
                "cancel",
                channel=channel,
                in_response=in_response,
                in_item=in_item,
                item=item_id[:8],
            )
            (control if channel == "control" else line).send(
                cancel_message(item_id, in_response, in_item)
            )
            drain(line, server.hub, 3)
            line.end()
            time.sleep(1)


@scenario(concurrency=2)
def cancel_each_kind(server, runner):
    """The form that works, for unary, stream, an unknown id, an id not yet sent and a finished one."""
    runner.start()
    control = server.hub.control.get(timeout=30)
    for kind, method, prompt in ((UNARY, "predict", "sleep=3 done"), (STREAM, "stream", "word")):
        line = server.hub.next_stream()
        item_id = uuid.uuid4().hex
        line.send(carry(item(kind, request(method, prompt=prompt), item_id)))
        time.sleep(1)
        server.hub.note("cancel on control", method=method, item=item_id[:8])
        control.send(cancel_message(item_id, True, True))
        drain(line, server.hub, 4)
        line.end()
    server.hub.note("unknown id")
    control.send(cancel_message("nobody", True, True))
    time.sleep(1)
    server.hub.note("cancelled before it is sent")
    control.send(cancel_message("early", True, True))
    time.sleep(1)
    line = server.hub.next_stream()
    line.send(carry(item(GENERATE, request("generate", prompt="a b c d e f", pause=0.3), "early")))
    drain(line, server.hub, 4)
    line.end()
    line = server.hub.next_stream()
    server.hub.note("cancel in place of the work item on an idle stream")
    line.send(cancel_message("x", True, True))
    drain(line, server.hub, 4)
    line.end()
    time.sleep(2)


@scenario(concurrency=1)
def cancel_on_work_stream(server, runner):
    """The cancellation as a message of a STREAMING_STREAMING work stream, with and without its end."""
    runner.start()
    for how in ("item", "item and end", "end"):
        line = server.hub.next_stream()
        item_id = uuid.uuid4().hex
        line.send(carry(item(STREAM, request("stream", prompt="word"), item_id)))
        time.sleep(1)
        server.hub.note("cancel", how=how)
        if "item" in how:
            line.send(cancel_message(item_id, False, True))
        if how != "item":
            line.end()
        drain(line, server.hub, 5)
        line.end()
    time.sleep(2)


@scenario(concurrency=2)
def caller_gone(server, runner):
    """The server just ends or aborts the call while the model works."""
    runner.start()
    words = " ".join(f"w{n}" for n in range(20))
    for how in ("end", "abort"):
        for kind, method, prompt in (
            (UNARY, "predict", "sleep=2 done"),
            (GENERATE, "generate", words),
            (STREAM, "stream", "word"),
        ):
            line = server.hub.next_stream()
            arguments = {"prompt": prompt, **({"pause": 0.25} if method == "generate" else {})}
            line.send(carry(item(kind, request(method, **arguments))))
            time.sleep(1)
            server.hub.note(how, method=method, call=line.call)
            line.end() if how == "end" else line.fail(grpc.StatusCode.CANCELLED, "caller gone")
            time.sleep(6 if method == "generate" else 3)
