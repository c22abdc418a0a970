"""The receivers of the guide, as they stand in the examples or broken in one place, started on loopback."""

from __future__ import annotations

import base64
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from fixtures.messages import Sender, Sent
from prodverify.target.load import load
from prodverify.wire import clock
from tests.examples.foreign import EXAMPLES, free_port, node_modules, serving

HERE = EXAMPLES / "receivers"
FILES = {"flask": "flask_receiver.py", "fastapi": "fastapi_receiver.py", "express": "express/receiver.js"}
SECRET = "whsec_" + base64.b64encode(b"only for practice, never anywhere else").decode()
COUNTED = re.compile(r"^webhook_signature_failures_total (\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Receiving:
    """A receiver that listens, and the target file that says what it promises."""

    url: str
    target: Path

    def sender(self) -> Sender:
        """Whoever knows its secret."""
        target = load(str(self.target), root=self.target.parent, environ={"WEBHOOK_SECRET": SECRET})
        return Sender(target.promises.receivers[0], self.url, SECRET, clock.now())

    def answer(self, sent: Sent) -> int:
        """The status that a message is answered with."""
        return httpx.post(self.url + sent.path, headers=sent.lines, content=sent.body).status_code

    def failures(self) -> int:
        """What its metric counts."""
        found = COUNTED.search(httpx.get(f"{self.url}/metrics").text)
        assert found
        return int(found[1])


@contextmanager
def receiving(name: str, folder: Path, *broken: tuple[str, str]) -> Iterator[Receiving]:
    """Runs a receiver, each text of ``broken`` in its code replaced by another, until the block ends."""
    if name == "express" and not os.environ.get("CI") and not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node or npm is not installed")
    code = (HERE / FILES[name]).read_text(encoding="utf-8")
    for right, wrong in broken:
        assert right in code
        code = code.replace(right, wrong)
    file, port = folder / Path(FILES[name]).name, free_port()
    file.write_text(code, encoding="utf-8")
    environ = {**os.environ, "WEBHOOK_SECRET": SECRET, "PORT": str(port)}
    if name == "express":
        environ["NODE_PATH"] = str(node_modules("receiver", HERE / "express") / "node_modules")
    target = folder / f"{name}.toml"
    promised = (HERE / target.name).read_text(encoding="utf-8")
    url = f"http://127.0.0.1:{port}"
    target.write_text(promised.replace("http://127.0.0.1:8000", url), encoding="utf-8")
    with serving(["node" if name == "express" else sys.executable, file], port, folder / "log", env=environ):
        yield Receiving(url, target)
