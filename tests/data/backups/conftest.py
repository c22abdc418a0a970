"""One storage that speaks S3 for all of these tests, and a bucket of its own for each."""

import http.client
import itertools
import os
import socket
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from prodverify.data.backups.names import Naming
from prodverify.data.backups.s3 import Bucket
from prodverify.data.backups.s3_client import Client
from prodverify.target.backups import S3
from prodverify.wire import clock

KEY_ID, KEY = "AKIAEXAMPLEEXAMPLE00", "a-secret-key-of-nobody"  # pragma: allowlist secret
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def storage(tmp_path_factory):
    """Its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = (tmp_path_factory.mktemp("storage") / "log").open("wb")
    command = [str(Path(sys.executable).with_name("moto_server")), "-H", "127.0.0.1", "-p", str(port)]
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "MOTO_"))}
    with log, subprocess.Popen(command, stdout=log, stderr=log, env=environ) as server:
        try:
            clock.poll(lambda: answers(port) or None, what="an answer of the storage", within_seconds=30.0)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()


def answers(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/moto-api/")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


class Secrets:
    """A target's secrets."""

    def secret(self, name):
        return {"key_id": KEY_ID, "key": KEY, "wrong_key": "another-secret-key"}[name]


@pytest.fixture(scope="session")
def asked(storage):
    """What the storage is asked beside us: a client of its own makers."""
    return boto3.client(
        "s3", endpoint_url=storage, region_name="us-east-1", aws_access_key_id=KEY_ID, aws_secret_access_key=KEY
    )


@pytest.fixture
def declared(asked, storage):
    """A new bucket as ``[backups.s3]``."""
    name = f"bucket-{next(_NUMBERS)}"
    asked.create_bucket(Bucket=name)
    return S3(
        bucket=name, prefix="nightly", endpoint=storage, region="us-east-1", access_key_id="key_id",
        secret_access_key="key", timeout_seconds=5.0,
    )  # fmt: skip


@pytest.fixture(scope="session")
def client(storage):
    """Ours, which takes half a second to make."""
    return Client.of(
        S3(bucket="any", endpoint=storage, access_key_id="key_id", secret_access_key="key", timeout_seconds=5.0),
        Secrets(),
    )


@pytest.fixture
def bucket(declared, client):
    """The same as a place."""
    return Bucket(client, declared.bucket, f"{declared.prefix}/", Naming())


@pytest.fixture
def put(asked, declared):
    """Writes an object as other programs do."""

    def write(name, content=b"content", **more):
        asked.put_object(Bucket=declared.bucket, Key=f"nightly/{name}", Body=content, **more)

    return write


@pytest.fixture
def keys(asked, declared):
    """The keys that are there now."""
    return lambda: sorted(each["Key"] for each in asked.list_objects_v2(Bucket=declared.bucket).get("Contents", []))


@pytest.fixture
def altered(client):
    """Has an event of the storage's client handled in another way, until the test ends."""
    events, handled = client._asked.meta.events, []

    def alter(event, handler):
        handled.append((event, handler))
        events.register(event, handler)

    yield alter
    for each in handled:
        events.unregister(*each)


@pytest.fixture
def refused(altered):
    """Has the storage refuse an operation with a code, until the test ends."""

    def refuse(operation, code="AccessDenied"):
        def answer(**_):
            raise ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 403}}, operation)

        altered(f"before-parameter-build.s3.{operation}", answer)

    return refuse
