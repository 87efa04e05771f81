"""Items, one way or another."""

from __future__ import annotations

import time
import uuid

from clarifai_grpc.grpc.api.status import status_code_pb2 as codes

from .messages import GENERATE, STREAM, UNARY, carry, drain, item, request
from .registry import scenario


@scenario()
def unary(server, runner):
    runner.start()
    stream = server.hub.next_stream()
    stream.metadata([("req_id", "req-from-server")])
    stream.send(carry(item(UNARY, request("predict", prompt="hello"), processing_id="proc-1")))
    drain(stream, server.hub, 5)
    server.hub.note("end from the server", call=stream.call)
    stream.end()
    time.sleep(4)


@scenario()
def generate(server, runner):
    runner.start()
    stream = server.hub.next_stream()
    stream.send(
        carry(
            item(GENERATE, request("generate", prompt="one two three", pause=0.3)),
            req_id="req-in-status",
        )
    )
    drain(stream, server.hub, 5)
    stream.end()
    time.sleep(4)


@scenario()
def stream(server, runner):
    runner.start()
    line = server.hub.next_stream()
    item_id = uuid.uuid4().hex
    for word in ("a", "b", "c"):
        line.send(carry(item(STREAM, request("stream", prompt=word), item_id)))
        time.sleep(0.5)
    server.hub.note("RUNNER_STREAM_END to the runner")
    line.send(carry(code=codes.RUNNER_STREAM_END, text="Runner Stream End"))
    drain(line, server.hub, 6)
    line.end()
    time.sleep(3)
    server.hub.note("the same, ended by a half close")
    line = server.hub.next_stream()
    for word in ("a", "b"):
        line.send(carry(item(STREAM, request("stream", prompt=word), item_id + "2")))
        time.sleep(0.5)
    line.end()
    drain(line, server.hub, 6)
    time.sleep(3)


@scenario()
def three_in_a_row_two_at_once(server, runner):
    runner.start()
    for n in range(3):
        line = server.hub.next_stream()
        line.send(carry(item(UNARY, request("predict", prompt=f"row {n}"))))
        drain(line, server.hub, 3)
        line.end()
    one, two = server.hub.next_stream(), server.hub.next_stream()
    for line in (one, two):
        line.send(carry(item(UNARY, request("predict", prompt="sleep=2 both"))))
    for line in (one, two):
        drain(line, server.hub, 5)
        line.end()
    time.sleep(2)


@scenario()
def several_items(server, runner):
    """Two items in one message; then a second item on a stream that is busy; then one after it is done."""
    runner.start()
    line = server.hub.next_stream()
    line.send(
        carry(
            item(UNARY, request("predict", prompt="first")),
            item(UNARY, request("predict", prompt="second")),
        )
    )
    drain(line, server.hub, 4)
    line.end()
    line = server.hub.next_stream()
    line.send(carry(item(UNARY, request("predict", prompt="sleep=1 busy"))))
    line.send(carry(item(UNARY, request("predict", prompt="queued"))))
    drain(line, server.hub, 4)
    line.end()
    line = server.hub.next_stream()
    line.send(carry(item(GENERATE, request("generate", prompt="a b c d", pause=0.4))))
    time.sleep(0.5)
    line.send(carry(item(GENERATE, request("generate", prompt="x y"))))
    drain(line, server.hub, 4)
    line.end()
    time.sleep(2)


@scenario()
def method_types(server, runner):
    """Types that do not match the method, and none at all."""
    runner.start()
    for kind, method in (
        (0, "predict"),
        (3, "predict"),
        (UNARY, "generate"),
        (GENERATE, "predict"),
        (UNARY, "nothing"),
    ):
        line = server.hub.next_stream()
        server.hub.note("sending", kind=kind, method=method)
        line.send(carry(item(kind, request(method, prompt="a b"))))
        drain(line, server.hub, 6)
        line.end()
    line = server.hub.next_stream()
    server.hub.note("no request in the item")
    line.send(carry(item(UNARY)))
    drain(line, server.hub, 6)
    line.end()


@scenario()
def exceptions(server, runner):
    runner.start()
    line = server.hub.next_stream()
    line.send(carry(item(UNARY, request("predict", prompt="raise at once"))))
    drain(line, server.hub, 4)
    line.end()
    line = server.hub.next_stream()
    line.send(carry(item(GENERATE, request("generate", prompt="one raise! two", pause=0.2))))
    drain(line, server.hub, 4)
    line.end()
    line = server.hub.next_stream()
    line.send(carry(item(GENERATE, request("generate", prompt="raise before the first"))))
    drain(line, server.hub, 4)
    line.end()
    line = server.hub.next_stream()
    line.send(carry(item(STREAM, request("stream", prompt="fine"), "s1")))
    time.sleep(0.3)
    line.send(carry(item(STREAM, request("stream", prompt="raise in the stream"), "s1")))
    drain(line, server.hub, 4)
    line.end()
    time.sleep(2)


@scenario(concurrency=2)
def end_in_streams(server, runner):
    """RUNNER_STREAM_END to a generate and to a unary that are at work; a stream with an end before any item."""
    runner.start()
    line = server.hub.next_stream()
    line.send(carry(item(GENERATE, request("generate", prompt="a b c d e f", pause=0.3))))
    time.sleep(0.5)
    line.send(carry(code=codes.RUNNER_STREAM_END, text="Runner Stream End"))
    drain(line, server.hub, 4)
    line.end()
    line = server.hub.next_stream()
    line.send(carry(item(UNARY, request("predict", prompt="sleep=1 x"))))
    line.send(carry(code=codes.RUNNER_STREAM_END, text="Runner Stream End"))
    drain(line, server.hub, 4)
    line.end()
    line = server.hub.next_stream()
    server.hub.note("one stream message carries item and RUNNER_STREAM_END together")
    line.send(
        carry(
            item(STREAM, request("stream", prompt="only")),
            code=codes.RUNNER_STREAM_END,
            text="Runner Stream End",
        )
    )
    drain(line, server.hub, 4)
    line.end()
    time.sleep(1)


@scenario(concurrency=1)
def long_unary(server, runner):
    """A predict of 70 s; nothing is said meanwhile."""
    runner.start()
    line = server.hub.next_stream()
    line.send(carry(item(UNARY, request("predict", prompt="sleep=70 long"))))
    drain(line, server.hub, 90)
    line.end()


@scenario(concurrency=1)
def slow_caller(server, runner):
    """A stream whose caller is silent for longer and longer."""
    runner.start()
    line = server.hub.next_stream()
    line.send(carry(item(STREAM, request("stream", prompt="first"), "slow")))
    for pause in (20, 50, 70):
        time.sleep(pause)
        server.hub.note("next word", after=pause)
        line.send(carry(item(STREAM, request("stream", prompt=f"after {pause}"), "slow")))
        if line.half_closed.wait(2):
            break
    drain(line, server.hub, 5)


@scenario(concurrency=1)
def big_answer(server, runner):
    """An answer beyond 128 MiB."""
    runner.start()
    line = server.hub.next_stream()
    line.send(carry(item(UNARY, request("predict", prompt="big=140"))))
    drain(line, server.hub, 30)
    line.end()


@scenario()
def never_ended(server, runner):
    """The server answers the runner's half close with nothing: are streams used up?"""
    runner.start()
    for n in range(6):
        line = server.hub.next_stream()
        line.send(carry(item(UNARY, request("predict", prompt=f"item {n}"))))
        drain(line, server.hub, 3)
    time.sleep(60)
