"""Streams without work, and what the platform may say on them."""

from __future__ import annotations

import time

import grpc
from clarifai_grpc.grpc.api.status import status_code_pb2 as codes

from .messages import UNARY, carry, drain, item, request
from .registry import ALL, scenario


@scenario(concurrency=3)
def start(server, runner):
    """Start-up calls and an idle stream left alone for three minutes."""
    runner.start()
    streams = [server.hub.next_stream() for _ in range(3)]
    server.hub.note("all streams open", calls=[s.call for s in streams])
    time.sleep(150)


@scenario(concurrency=32)
def thirty_two(server, runner):
    """How streams come at the CLI's default concurrency."""
    runner.start()
    time.sleep(6)


@scenario(
    concurrency=1,
    env={
        "CLARIFAI_RUNNER_REPLICA_ID": "replica-of-the-agent",
        "CLARIFAI_CONTROL_CHANNEL_ENABLE": "false",
    },
)
def replica_env(server, runner):
    """What the two environment variables do."""
    runner.start()
    server.hub.next_stream()
    time.sleep(3)


@scenario(concurrency=3, env={"OBSERVED_ADMIT": "0"})
def not_admitted(server, runner):
    """check_admission answers False for ten seconds."""
    runner.start()
    time.sleep(15)


@scenario()
def idle_with_metadata(server, runner):
    """Initial metadata at once, then silence."""
    server.on_stream = lambda s: s.metadata([("req_id", f"req-{s.call}")])
    runner.start()
    time.sleep(150)


@scenario()
def idle_retry(server, runner):
    """RUNNER_NEEDS_RETRY after ten seconds, then the call is ended or left to the runner."""
    runner.start()
    one, two = server.hub.next_stream(), server.hub.next_stream()
    time.sleep(10)
    for line in (one, two):
        line.send(carry(code=codes.RUNNER_NEEDS_RETRY, text="Runner Needs Retry"))
    one.end()
    server.hub.note("ended only", call=one.call)
    time.sleep(8)
    three = server.hub.next_stream()
    three.send(carry(code=codes.RUNNER_NEEDS_RETRY, text="Runner Needs Retry"))
    time.sleep(0.5)
    server.hub.note("work on the stream that was told to retry", call=three.call)
    three.send(carry(item(UNARY, request("predict", prompt="late"))))
    drain(three, server.hub, 4)


@scenario()
def keep_alive(server, runner):
    """Does anything sent to an idle stream keep it open? SUCCESS without items, every 15 s."""
    runner.start()
    line = server.hub.next_stream()
    for _ in range(6):
        time.sleep(15)
        line.send(carry())
        if line.half_closed.wait(1):
            server.hub.note("half closed", call=line.call)
            break
    time.sleep(5)


@scenario()
def idle_end(server, runner):
    """An idle stream ended with OK and no message."""
    runner.start()
    for _ in range(4):
        line = server.hub.next_stream()
        time.sleep(1)
        server.hub.note("ending", call=line.call)
        line.end()
    time.sleep(6)


def codes_for_idle(name, code_list):
    @scenario(concurrency=1)
    def run(server, runner):
        runner.start()
        for code in code_list:
            line = server.hub.next_stream(330)
            time.sleep(0.5)
            server.hub.note("answering", call=line.call, code=codes.StatusCode.Name(code))
            line.send(carry(code=code, text="said the server"))
            line.end()
        time.sleep(20)

    ALL[name] = ALL.pop("run")


codes_for_idle(
    "codes-25xxx",
    [
        codes.RUNNER_DOES_NOT_EXIST,
        codes.RUNNER_PERMISSION_DENIED,
        codes.RUNNER_INVALID_ARGUMENT,
        codes.RUNNER_INVALID_REQUEST,
        codes.RUNNER_PROCESSING_FAILED,
        codes.RUNNER_STREAM_END,
        codes.RUNNER_ITEM_CANCELLED,
        codes.RUNNER_STREAM_START,
    ],
)
codes_for_idle(
    "codes-conn",
    [
        codes.CONN_KEY_INVALID,
        codes.CONN_CREDENTIALS_INVALID,
        codes.CONN_INSUFFICIENT_SCOPES,
        codes.CONN_THROTTLED,
        codes.FAILURE,
        codes.INTERNAL_SERVER_ISSUE,
        codes.NOT_IMPLEMENTED,
    ],
)
codes_for_idle("codes-missing", [codes.CONN_DOES_NOT_EXIST, codes.CONN_DOES_NOT_EXIST])


@scenario(concurrency=1)
def grpc_errors(server, runner):
    """The gRPC codes that the runner takes as a broken connection, and one that it does not."""
    runner.start()
    for code in ("UNAVAILABLE", "UNAVAILABLE", "CANCELLED", "DEADLINE_EXCEEDED", "INTERNAL"):
        line = server.hub.next_stream()
        time.sleep(0.5)
        server.hub.note("failing", call=line.call, grpc=code)
        line.fail(getattr(grpc.StatusCode, code), "said the server")
    server.hub.note("exit", code=runner.wait(20))


@scenario(concurrency=2)
def fatal_grpc_errors(server, runner):
    """Which gRPC codes end the runner's process, and with which exit code."""
    for code in (
        "UNAUTHENTICATED",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "INTERNAL",
        "UNKNOWN",
        "UNIMPLEMENTED",
        "ABORTED",
    ):
        runner.start()
        line = server.hub.next_stream()
        time.sleep(0.5)
        line.fail(getattr(grpc.StatusCode, code), "said the server")
        try:
            server.hub.note("exit", grpc=code, code=runner.wait(12))
        except Exception:
            server.hub.note("still running", grpc=code)
            runner.kill()
            runner.wait()
        while not server.hub.work.empty():
            server.hub.work.get()


@scenario(concurrency=1)
def deadline(server, runner):
    """An idle stream until its deadline of half an hour (slow; not for every run)."""
    runner.start()
    line = server.hub.next_stream()
    line.closed.wait(1900)
    server.hub.note("closed", call=line.call)
    again = server.hub.next_stream(120)
    server.hub.note("opened again", call=again.call)
