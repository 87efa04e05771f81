"""Processes and connections that end."""

from __future__ import annotations

import signal
import time

import grpc
from clarifai_grpc.grpc.api.status import status_code_pb2 as codes

from .messages import GENERATE, carry, drain, item, request
from .registry import scenario


@scenario(concurrency=1)
def killed(server, runner):
    """kill -9 of the runner in the middle, then a second start with the same saved state, then SIGTERM and SIGINT."""
    words = " ".join(f"w{n}" for n in range(20))
    for sig in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        runner.start()
        line = server.hub.next_stream()
        line.send(carry(item(GENERATE, request("generate", prompt=words, pause=0.25))))
        time.sleep(1)
        server.hub.note("signal", signal=str(sig))
        runner.kill(sig)
        drain(line, server.hub, 8)
        server.hub.note("exit", code=runner.wait(20))
        line.end()


@scenario(concurrency=4)
def terminated(server, runner):
    """SIGTERM to an idle runner, and to one that has lost its server once."""
    runner.start()
    for _ in range(4):
        server.hub.next_stream()
    server.hub.note("SIGTERM while idle")
    runner.kill(signal.SIGTERM)
    server.hub.note("exit", code=runner.wait(30))
    runner.start()
    for _ in range(4):
        server.hub.next_stream()
    server.stop()
    time.sleep(1)
    server.start()
    for _ in range(4):
        server.hub.next_stream()
    server.hub.note("SIGTERM after a reconnect")
    runner.kill(signal.SIGTERM)
    try:
        server.hub.note("exit", code=runner.wait(40))
    except Exception:
        server.hub.note("does not exit")


@scenario(concurrency=2)
def server_gone(server, runner):
    """The server stops and comes back on the same port."""
    runner.start()
    server.hub.next_stream()
    time.sleep(1)
    server.hub.note("server stops")
    server.stop()
    time.sleep(20)
    server.hub.note("server is back")
    server.start()
    time.sleep(30)


@scenario(concurrency=32)
def server_gone_32(server, runner):
    """As server-gone at the default concurrency: does the runner give up?"""
    runner.start()
    time.sleep(3)
    server.hub.note("server stops")
    server.stop()
    time.sleep(40)
    server.hub.note("server is back", runner_exit=runner.child.poll())
    server.start()
    time.sleep(40)


@scenario(concurrency=1)
def control_lost(server, runner):
    """How soon the control connection is back after each kind of end."""
    runner.start()
    for how in ("end", "retry", "unavailable", "cancelled"):
        control = server.hub.control.get(timeout=60)
        time.sleep(1)
        server.hub.note("control", how=how, call=control.call)
        if how == "retry":
            control.send(carry(code=codes.RUNNER_NEEDS_RETRY, text="Runner Needs Retry"))
            control.end()
        elif how == "end":
            control.end()
        else:
            control.fail(getattr(grpc.StatusCode, how.upper()), "said the server")
    server.hub.control.get(timeout=60)
