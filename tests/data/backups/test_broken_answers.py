"""An answer of storage that breaks off goes on where it stopped; one that never ends is no verdict."""

import http.server
import threading

import pytest

from prodverify.data.backups.names import Naming
from prodverify.data.backups.s3 import Bucket
from prodverify.data.backups.s3_reading import download
from prodverify.record.findings import Unjudged
from prodverify.target.backups import S3

CONTENT = bytes(range(256)) * 8192
TAG = '"0123-2"'  # of an upload in parts, which is no MD5


class Secrets:
    """A target's secrets."""

    def secret(self, name):
        return f"a value of {name}"


class Breaking(http.server.BaseHTTPRequestHandler):
    """Answers with half of what is left, and ends the connection; the whole of it once ``breaks`` is used up."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        asked = self.headers.get("Range", "bytes=0-")
        start = int(asked.removeprefix("bytes=").rstrip("-"))
        self.server.asked.append((asked, self.headers.get("If-Match")))
        left = CONTENT[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(left)))
        self.send_header("ETag", TAG)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        self.end_headers()
        self.server.breaks -= 1
        self.wfile.write(left[: len(left) // 2] if self.server.breaks >= 0 else left)
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def serving():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Breaking) as server:
        server.asked, server.breaks = [], 0
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def client(serving):
    storage = S3(
        bucket="ours", endpoint=f"http://127.0.0.1:{serving.server_port}", access_key_id="key_id",
        secret_access_key="key", timeout_seconds=5.0,
    )  # fmt: skip
    return Bucket.opened(storage, Secrets(), Naming()).client


@pytest.mark.parametrize("breaks", [0, 1, 2])
def test_an_answer_that_breaks_off_goes_on_where_it_stopped(serving, client, tmp_path, breaks):
    serving.breaks = breaks
    download(client, "ours", "db.dump", tmp_path / "db.dump")

    assert (tmp_path / "db.dump").read_bytes() == CONTENT
    assert {TAG} == {tag for _, tag in serving.asked[1:]} or not breaks  # of the same version
    assert ["bytes=0-", "bytes=1048576-", "bytes=1572864-"][: breaks + 1] == [asked for asked, _ in serving.asked]


def test_an_answer_that_breaks_off_each_time_is_no_verdict(serving, client, tmp_path):
    serving.breaks = 9
    with pytest.raises(Unjudged, match="the answer broke off") as caught:
        download(client, "ours", "db.dump", tmp_path / "db.dump")

    assert 3 == len(serving.asked)
    assert "backups-unreadable" == caught.value.finding.rule
