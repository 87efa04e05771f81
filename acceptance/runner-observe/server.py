"""A V2 server that serves the resources a runner asks for from memory and logs every message.

One JSON line per event: {t, call, rpc, what, ...}. ProcessRunnerItems streams are handed to a
scenario (scenarios/) that plays the platform's side by hand.
"""

from __future__ import annotations

import itertools
import json
import queue
import threading
import time
import uuid
from concurrent import futures

import grpc
from clarifai_grpc.grpc.api import resources_pb2 as res
from clarifai_grpc.grpc.api import service_pb2 as api
from clarifai_grpc.grpc.api.status import status_code_pb2 as codes
from clarifai_grpc.grpc.api.status import status_pb2
from google.protobuf import message_factory
from google.protobuf.json_format import MessageToDict

V2 = api.DESCRIPTOR.services_by_name["V2"]


def plain(message):
    return MessageToDict(message, preserving_proto_field_name=True)


class Log:
    def __init__(self, path):
        self.file = open(path, "a", buffering=1)
        self.lock = threading.Lock()
        self.start = time.monotonic()

    def write(self, what, **fields):
        line = json.dumps({"t": round(time.monotonic() - self.start, 3), "what": what, **fields})
        with self.lock:
            self.file.write(line + "\n")


class Stream:
    """One ProcessRunnerItems call seen from the platform."""

    def __init__(self, hub, call, context):
        self.hub, self.call, self.context = hub, call, context
        self.inbox: queue.Queue = queue.Queue()
        self.outbox: queue.Queue = queue.Queue()
        self.start = None
        self.closed = threading.Event()
        self.half_closed = threading.Event()

    def receive(self, timeout=None):
        """Next message of the runner; None when it half-closed or went away."""
        return self.inbox.get(timeout=timeout)

    def send(self, message):
        self.outbox.put(("message", message))

    def end(self):
        self.outbox.put(("end", None))

    def fail(self, code, text):
        self.outbox.put(("fail", (code, text)))

    def metadata(self, pairs):
        self.outbox.put(("metadata", pairs))


class Hub:
    def __init__(self, log):
        self.log = log
        self.work: queue.Queue = queue.Queue()
        self.control: queue.Queue = queue.Queue()
        self.count = itertools.count(1)

    def next_stream(self, timeout=60) -> Stream:
        """The oldest work stream that is open and unused."""
        while True:
            stream = self.work.get(timeout=timeout)
            if not stream.closed.is_set():
                return stream

    def note(self, text, **fields):
        self.log.write("note", text=text, **fields)
        print(f"[{time.monotonic() - self.log.start:8.3f}] {text}", flush=True)


OK = status_pb2.Status(code=codes.SUCCESS, description="Ok")
MISSING = status_pb2.Status(code=codes.CONN_DOES_NOT_EXIST, description="Resource does not exist")


class Resources:
    """The few rows a runner's start-up reads and writes; every Post stores what it was given."""

    def __init__(self):
        self.rows: dict[tuple[str, str], object] = {}
        self.overrides: dict[str, object] = {}

    def answer(self, rpc, request):
        if rpc in self.overrides:
            return self.overrides[rpc](request)
        return getattr(self, rpc, self.unknown)(request)

    def unknown(self, request):
        return None

    def get(self, kind, key, make):
        row = self.rows.get((kind, key))
        return make(row) if row is not None else None

    def GetUser(self, r):
        user_id = r.user_app_id.user_id
        return api.SingleUserResponse(
            status=OK, user=res.User(id="u" if user_id in ("", "me") else user_id)
        )

    def GetComputeCluster(self, r):
        return self.get(
            "cluster",
            r.compute_cluster_id,
            lambda x: api.SingleComputeClusterResponse(status=OK, compute_cluster=x),
        )

    def PostComputeClusters(self, r):
        for x in r.compute_clusters:
            x.user_id = "u"
            x.ClearField("key")
            self.rows["cluster", x.id] = x
        return api.MultiComputeClusterResponse(status=OK, compute_clusters=r.compute_clusters)

    def GetNodepool(self, r):
        return self.get(
            "nodepool", r.nodepool_id, lambda x: api.SingleNodepoolResponse(status=OK, nodepool=x)
        )

    def PostNodepools(self, r):
        for x in r.nodepools:
            self.rows["nodepool", x.id] = x
        return api.MultiNodepoolResponse(status=OK, nodepools=r.nodepools)

    def GetApp(self, r):
        return self.get(
            "app", r.user_app_id.app_id, lambda x: api.SingleAppResponse(status=OK, app=x)
        )

    def PostApps(self, r):
        for x in r.apps:
            x.user_id = "u"
            self.rows["app", x.id] = x
        return api.MultiAppResponse(status=OK, apps=r.apps)

    def PatchApp(self, r):
        return self.get(
            "app", r.user_app_id.app_id, lambda x: api.SingleAppResponse(status=OK, app=x)
        )

    def GetModel(self, r):
        row = self.rows.get(("model", r.model_id))
        if row is None:
            return api.SingleModelResponse(
                status=status_pb2.Status(
                    code=codes.MODEL_DOES_NOT_EXIST, description="Model does not exist"
                )
            )
        return api.SingleModelResponse(status=OK, model=row)

    def PostModels(self, r):
        models = list(r.models) or [r.model]
        for x in models:
            x.user_id, x.app_id, x.name = "u", r.user_app_id.app_id, x.name or x.id
            self.rows["model", x.id] = x
        return api.SingleModelResponse(status=OK, model=models[0])

    def PatchModels(self, r):
        return api.MultiModelResponse(
            status=OK, models=[self.rows["model", x.id] for x in r.models]
        )

    def PostModelVersions(self, r):
        row = self.rows["model", r.model_id]
        version = r.model_versions[0]
        version.id = version.id or uuid.uuid4().hex
        version.user_id, version.app_id = "u", row.app_id
        version.status.code = codes.MODEL_TRAINED
        row.model_version.CopyFrom(version)
        self.rows["version", version.id] = version
        return api.SingleModelResponse(status=OK, model=row)

    def PatchModelVersions(self, r):
        return api.MultiModelVersionResponse(
            status=OK, model_versions=[self.rows["version", x.id] for x in r.model_versions]
        )

    def GetModelVersion(self, r):
        row = (
            self.rows.get(("version", r.version_id)) or self.rows["model", r.model_id].model_version
        )
        return api.SingleModelVersionResponse(status=OK, model_version=row)

    def ListRunners(self, r):
        return api.MultiRunnerResponse(
            status=OK,
            runners=[x for (k, _), x in self.rows.items() if k == "runner"] if r.page < 2 else [],
        )

    def PostRunners(self, r):
        for x in r.runners:
            x.id = x.id or str(uuid.uuid4())
            x.nodepool.CopyFrom(self.rows["nodepool", r.nodepool_id])
            self.rows["runner", x.id] = x
        return api.MultiRunnerResponse(status=OK, runners=r.runners)

    def GetRunner(self, r):
        return self.get(
            "runner", r.runner_id, lambda x: api.SingleRunnerResponse(status=OK, runner=x)
        )

    def DeleteRunners(self, r):
        for runner_id in r.ids:
            self.rows.pop(("runner", runner_id), None)
        return api.MultiRunnerResponse(status=OK)

    def GetDeployment(self, r):
        return self.get(
            "deployment",
            r.deployment_id,
            lambda x: api.SingleDeploymentResponse(status=OK, deployment=x),
        )

    def PostDeployments(self, r):
        for x in r.deployments:
            x.user_id = "u"
            self.rows["deployment", x.id] = x
        return api.MultiDeploymentResponse(status=OK, deployments=r.deployments)

    def PatchDeployments(self, r):
        return api.MultiDeploymentResponse(
            status=OK, deployments=[self.rows["deployment", x.id] for x in r.deployments]
        )


class Server:
    def __init__(self, log_path, port=0):
        self.log = Log(log_path)
        self.hub = Hub(self.log)
        self.resources = Resources()
        self.calls = itertools.count(1)
        self.on_stream = None
        self.port = port

    def start(self):
        self.grpc = grpc.server(
            futures.ThreadPoolExecutor(max_workers=300),
            handlers=[self._generic()],
            options=[
                ("grpc.max_receive_message_length", 1 << 30),
                ("grpc.max_send_message_length", 1 << 30),
            ],
        )
        self.port = self.grpc.add_insecure_port(f"127.0.0.1:{self.port}")
        self.grpc.start()
        return self

    def stop(self):
        self.grpc.stop(0).wait()

    def _generic(self):
        handlers = {}
        for method in V2.methods:
            request = message_factory.GetMessageClass(method.input_type)
            response = message_factory.GetMessageClass(method.output_type)
            if method.name == "ProcessRunnerItems":
                handlers[method.name] = grpc.stream_stream_rpc_method_handler(
                    self._process, request.FromString, response.SerializeToString
                )
            elif not method.client_streaming and not method.server_streaming:
                handlers[method.name] = grpc.unary_unary_rpc_method_handler(
                    self._unary(method.name, response),
                    request.FromString,
                    response.SerializeToString,
                )
        return grpc.method_handlers_generic_handler("clarifai.api.V2", handlers)

    def _open(self, rpc, context):
        call = next(self.calls)
        self.log.write(
            "open",
            call=call,
            rpc=rpc,
            peer=context.peer(),
            deadline=context.time_remaining(),
            metadata={
                k: v if isinstance(v, str) else "<bytes>" for k, v in context.invocation_metadata()
            },
        )
        return call

    def _unary(self, rpc, response_type):
        def handle(request, context):
            call = self._open(rpc, context)
            self.log.write("request", call=call, rpc=rpc, message=plain(request))
            answer = self.resources.answer(rpc, request)
            if answer is None:
                answer = response_type(status=MISSING)
            self.log.write("response", call=call, rpc=rpc, message=plain(answer))
            return answer

        return handle

    def _process(self, requests, context):
        call = self._open("ProcessRunnerItems", context)
        stream = Stream(self.hub, call, context)

        def ended():
            stream.closed.set()
            stream.outbox.put(("end", None))
            self.log.write(
                "closed", call=call, code=str(context.code()), active=context.is_active()
            )

        context.add_callback(ended)

        def read():
            try:
                for message in requests:
                    self.log.write(
                        "from-runner", call=call, bytes=message.ByteSize(), message=plain(message)
                    )
                    if stream.start is None:
                        stream.start = message
                        if message.runner_id.startswith("control-"):
                            self.hub.control.put(stream)
                        else:
                            self.hub.work.put(stream)
                        if self.on_stream:
                            self.on_stream(stream)
                        continue
                    stream.inbox.put(message)
                self.log.write("half-close", call=call)
            except Exception as error:
                self.log.write("read-error", call=call, error=repr(error)[:200])
            stream.half_closed.set()
            stream.inbox.put(None)

        threading.Thread(target=read, daemon=True).start()
        while True:
            kind, value = stream.outbox.get()
            if kind == "message":
                self.log.write("to-runner", call=call, message=plain(value))
                yield value
            elif kind == "metadata":
                self.log.write("initial-metadata", call=call, metadata=dict(value))
                context.send_initial_metadata(value)
            elif kind == "fail":
                self.log.write("fail", call=call, code=str(value[0]))
                context.abort(*value)
            else:
                self.log.write("end", call=call)
                return
