"""What the platform's side says in each observed case. Names are the sections of docs/runner-protocol.md."""

from __future__ import annotations

import queue
import signal
import time
import uuid

import grpc
from clarifai_grpc.grpc.api import resources_pb2 as res
from clarifai_grpc.grpc.api import service_pb2 as api
from clarifai_grpc.grpc.api.status import status_code_pb2 as codes
from clarifai_grpc.grpc.api.status import status_pb2

ALL = {}
UNARY, GENERATE, STREAM = 1, 2, 4


def scenario(concurrency=2, env=None):
    def register(function):
        function.concurrency, function.env = concurrency, env
        ALL[function.__name__.replace("_", "-")] = function
        return function

    return register


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


@scenario(concurrency=3)
def start(server, runner):
    """Start-up calls and an idle stream left alone for three minutes."""
    runner.start()
    streams = [server.hub.next_stream() for _ in range(3)]
    server.hub.note("all streams open", calls=[s.call for s in streams])
    time.sleep(150)


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
    stream.send(carry(item(GENERATE, request("generate", prompt="one two three", pause=0.3)), req_id="req-in-status"))
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


codes_for_idle("codes-25xxx", [codes.RUNNER_DOES_NOT_EXIST, codes.RUNNER_PERMISSION_DENIED, codes.RUNNER_INVALID_ARGUMENT, codes.RUNNER_INVALID_REQUEST, codes.RUNNER_PROCESSING_FAILED, codes.RUNNER_STREAM_END, codes.RUNNER_ITEM_CANCELLED, codes.RUNNER_STREAM_START])
codes_for_idle("codes-conn", [codes.CONN_KEY_INVALID, codes.CONN_CREDENTIALS_INVALID, codes.CONN_INSUFFICIENT_SCOPES, codes.CONN_THROTTLED, codes.FAILURE, codes.INTERNAL_SERVER_ISSUE, codes.NOT_IMPLEMENTED])
codes_for_idle("codes-missing", [codes.CONN_DOES_NOT_EXIST, codes.CONN_DOES_NOT_EXIST])


def grpc_failures(name, failures):
    @scenario(concurrency=1)
    def run(server, runner):
        runner.start()
        for code in failures:
            line = server.hub.next_stream(330)
            time.sleep(0.5)
            server.hub.note("failing", call=line.call, code=str(code))
            line.fail(code, "said the server")
        time.sleep(20)

    ALL[name] = ALL.pop("run")


grpc_failures("grpc-errors", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNIMPLEMENTED])


@scenario()
def never_ended(server, runner):
    """The server answers the runner's half close with nothing: are streams used up?"""
    runner.start()
    for n in range(6):
        line = server.hub.next_stream()
        line.send(carry(item(UNARY, request("predict", prompt=f"item {n}"))))
        drain(line, server.hub, 3)
    time.sleep(60)


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
    line.send(carry(item(UNARY, request("predict", prompt="first")), item(UNARY, request("predict", prompt="second"))))
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
    for kind, method in ((0, "predict"), (3, "predict"), (UNARY, "generate"), (GENERATE, "predict"), (UNARY, "nothing")):
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


def cancel_message(item_id, in_response, in_item):
    message = carry(code=codes.RUNNER_ITEM_CANCELLED if in_response else codes.SUCCESS, text="said the server")
    if item_id:
        one = api.RunnerItem(id=item_id)
        if in_item:
            one.processing_info.status.code = codes.RUNNER_ITEM_CANCELLED
        message.runner_items.append(one)
    return message


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
            server.hub.note("cancel", channel=channel, in_response=in_response, in_item=in_item, item=item_id[:8])
            (control if channel == "control" else line).send(cancel_message(item_id, in_response, in_item))
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


@scenario(concurrency=2)
def caller_gone(server, runner):
    """The server just ends or aborts the call while the model works."""
    runner.start()
    words = " ".join(f"w{n}" for n in range(20))
    for how in ("end", "abort"):
        for kind, method, prompt in ((UNARY, "predict", "sleep=2 done"), (GENERATE, "generate", words), (STREAM, "stream", "word")):
            line = server.hub.next_stream()
            arguments = {"prompt": prompt, **({"pause": 0.25} if method == "generate" else {})}
            line.send(carry(item(kind, request(method, **arguments))))
            time.sleep(1)
            server.hub.note(how, method=method, call=line.call)
            line.end() if how == "end" else line.fail(grpc.StatusCode.CANCELLED, "caller gone")
            time.sleep(6 if method == "generate" else 3)


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
    line.send(carry(item(STREAM, request("stream", prompt="only")), code=codes.RUNNER_STREAM_END, text="Runner Stream End"))
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


@scenario(concurrency=1)
def big_answer(server, runner):
    """An answer beyond 128 MiB."""
    runner.start()
    line = server.hub.next_stream()
    line.send(carry(item(UNARY, request("predict", prompt="big=140"))))
    drain(line, server.hub, 30)
    line.end()


@scenario(concurrency=32)
def thirty_two(server, runner):
    """How streams come at the CLI's default concurrency."""
    runner.start()
    time.sleep(6)


@scenario(concurrency=3, env={"OBSERVED_ADMIT": "0"})
def not_admitted(server, runner):
    """check_admission answers False for ten seconds."""
    runner.start()
    time.sleep(15)


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


@scenario(concurrency=1)
def deadline(server, runner):
    """An idle stream until its deadline of half an hour (slow; not for every run)."""
    runner.start()
    line = server.hub.next_stream()
    line.closed.wait(1900)
    server.hub.note("closed", call=line.call)
    again = server.hub.next_stream(120)
    server.hub.note("opened again", call=again.call)


@scenario(concurrency=2)
def fatal_grpc_errors(server, runner):
    """Which gRPC codes end the runner's process, and with which exit code."""
    for code in ("UNAUTHENTICATED", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "INTERNAL", "UNKNOWN", "UNIMPLEMENTED", "ABORTED"):
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


@scenario(concurrency=1, env={"CLARIFAI_RUNNER_REPLICA_ID": "replica-of-the-agent", "CLARIFAI_CONTROL_CHANNEL_ENABLE": "false"})
def replica_env(server, runner):
    """What the two environment variables do."""
    runner.start()
    server.hub.next_stream()
    time.sleep(3)


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
