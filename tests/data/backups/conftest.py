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

from prodverify.data.backups.names import Naming
from prodverify.data.backups.s3 import Bucket
from prodverify.target.backups import S3
from prodverify.wire import clock

KEY_ID, KEY = "AKIAEXAMPLEEXAMPLE00", "a-secret-key-of-nobody"
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


@pytest.fixture
def bucket(declared):
    """The same as a place."""
    return Bucket.opened(declared, Secrets(), Naming())
