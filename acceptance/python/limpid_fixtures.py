"""The platform under test and its users, as every suite sees them: through addresses and credentials only."""

import json
import os
import uuid
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from clarifai_grpc.channel.clarifai_channel import ClarifaiChannel
from clarifai_grpc.grpc.api import resources_pb2, service_pb2, service_pb2_grpc
from clarifai_grpc.grpc.api.status import status_code_pb2


@dataclass(frozen=True)
class Account:
    url: str
    user_id: str
    email: str
    pat: str
    password: str

    @property
    def metadata(self):
        return (("authorization", f"Key {self.pat}"),)

    @property
    def mine(self):
        return resources_pb2.UserAppIDSet(user_id=self.user_id)


def read_account(variable):
    path = os.environ.get(variable)
    if not path:
        raise RuntimeError(f"{variable} names no credentials file: run the suites with npm run acceptance")
    with open(path, encoding="utf-8") as file:
        found = json.load(file)
    # A user added later has no address of its own.
    found.setdefault("url", os.environ["LIMPID_TEST_URL"])
    return Account(**{name: found.get(name, "") for name in Account.__dataclass_fields__})


@pytest.fixture(scope="session")
def url():
    return os.environ["LIMPID_TEST_URL"]


@pytest.fixture(scope="session")
def owner():
    return read_account("LIMPID_TEST_CREDENTIALS")


@pytest.fixture(scope="session")
def stranger():
    return read_account("LIMPID_TEST_STRANGER")


def open_stub(url):
    """A stub of clarifai_grpc over h2c."""
    address = urlsplit(url)
    channel = ClarifaiChannel.get_insecure_grpc_channel(base=address.hostname, port=address.port)
    # The stub must be made before another kind of channel is: the package switches a global.
    return service_pb2_grpc.V2Stub(channel), channel


@pytest.fixture(scope="session")
def stub(url):
    made, channel = open_stub(url)
    yield made
    channel.close()


@pytest.fixture(scope="session")
def json_stub(url):
    return service_pb2_grpc.V2Stub(ClarifaiChannel.get_json_channel(base_url=url))


@pytest.fixture
def make_key(stub, owner):
    """Makes keys of the owner and revokes what is left of them."""
    made = []

    def make(scopes, endpoints=(), description="acceptance", account=owner):
        request = service_pb2.PostKeysRequest(
            user_app_id=account.mine,
            keys=[
                resources_pb2.Key(
                    description=description,
                    scopes=scopes,
                    endpoints=endpoints,
                    type="personal_access_token",
                )
            ],
        )
        response = stub.PostKeys(request, metadata=account.metadata)
        expect_success(response)
        secret = response.keys[0].id
        made.append((account, secret))
        return secret

    yield make
    for account, secret in made:
        stub.DeleteKey(
            service_pb2.DeleteKeyRequest(user_app_id=account.mine, key_id=secret),
            metadata=account.metadata,
        )


def as_key(secret):
    return (("authorization", f"Key {secret}"),)


def expect_success(response):
    assert response.status.code == status_code_pb2.SUCCESS, response.status


def fresh(prefix):
    return f"{prefix}-{uuid.uuid4().hex[:12]}"
