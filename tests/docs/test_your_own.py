"""What the README and the guide tell people to write works as it stands there."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from prodverify.target.load import load
from tests.docs import sample
from tests.docs.documents import ROOT, blocks
from tests.docs.stage import suite

KEY = "orders-reader-4711"
MINIMAL = blocks((ROOT / "README.md").read_text(encoding="utf-8"), "toml")[0]
HEADERS = {
    "Content-Type": "application/json",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Orders(BaseHTTPRequestHandler):
    """A service that keeps the promises of the README's target file."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/health":
            return self.answer(200, {"status": "ok"})
        if path != "/orders":
            return self.answer(404, {"detail": "no such path"})
        if self.headers.get_all("X-API-Key") != [KEY]:
            return self.answer(401, {"detail": "no valid key"}, ("WWW-Authenticate", "X-API-Key"))
        return self.answer(200, {"orders": []})

    def answer(self, status: int, body: dict[str, object], *more: tuple[str, str]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        for name, value in (*HEADERS.items(), *more, ("Content-Length", str(len(raw)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Nothing: the suite's output is what counts."""


@pytest.fixture(scope="module")
def orders() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Orders) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_minimal_target_file_is_whole(tmp_path: Path) -> None:
    (tmp_path / "orders.toml").write_text(MINIMAL, encoding="utf-8")

    loaded = load(str(tmp_path / "orders.toml"), root=ROOT, environ={"ORDERS_READER_KEY": KEY})

    assert ("orders", "https://api.example.com") == (loaded.name, loaded.base_url)
    assert () == tuple(loaded.permits.names())


def test_the_minimal_target_file_verifies_a_service(tmp_path: Path, orders: str) -> None:
    target = tmp_path / "orders.toml"
    target.write_text(MINIMAL.replace("https://api.example.com", orders), encoding="utf-8")

    done = suite("checks/", "--target", str(target), reports=tmp_path / "reports", ORDERS_READER_KEY=KEY)
    evidence = tmp_path / "reports" / "latest"
    record = json.loads((evidence / "record.json").read_text(encoding="utf-8"))
    told = sample.GUIDE.read_text(encoding="utf-8").partition("## Reading the evidence")[2].partition("\n## ")[0]

    assert set(re.findall(r"(?m)^\| `([\w.]+)` \|", told)) == {path.name for path in evidence.iterdir()}
    assert 0 == done.returncode, done.stdout
    assert "GO" == record["verdict"]
    assert 10 < record["counts"]["pass"]
    assert all(check["reason"] for check in record["checks"] if check["state"] == "not_run")
    assert any("[rate_limit]" in check["reason"] for check in record["checks"])


def test_the_minimal_target_file_notices_a_service_that_breaks_its_promise(tmp_path: Path, orders: str) -> None:
    target = tmp_path / "orders.toml"
    text = MINIMAL.replace("https://api.example.com", orders).replace("anonymous = 401", "anonymous = 403")
    target.write_text(text, encoding="utf-8")

    done = suite("checks/test_auth.py", "--target", str(target), reports=tmp_path / "reports", ORDERS_READER_KEY=KEY)

    assert 1 == done.returncode
    assert "expected    GET as anonymous: status 403" in done.stdout
    assert KEY not in done.stdout


def test_a_check_outside_the_clone_is_part_of_the_run(tmp_path: Path) -> None:
    guide = sample.FILE.search(sample.GUIDE.read_text(encoding="utf-8"))
    assert guide is not None
    example = ROOT / guide["what"]
    assert example.read_text(encoding="utf-8") == guide["text"]
    shutil.copytree(example.parent, tmp_path / "ours" / "checks", ignore=shutil.ignore_patterns("__pycache__"))

    arguments = ("checks/", str(tmp_path / "ours" / "checks"), "--target", "local", "-k", "described or ready")
    done = suite(*arguments, reports=tmp_path / "reports")
    record = json.loads((tmp_path / "reports" / "latest" / "record.json").read_text(encoding="utf-8"))
    claims = {check["claim"]: check["state"] for check in record["checks"]}

    assert 0 == done.returncode, done.stdout
    assert "pass" == claims["Every endpoint that we promise stands in our API description."]
