"""A real Prometheus whose past is written by the test, and the client that asks it."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from prodverify.target.load import Target, load
from prodverify.wire import clock
from prodverify.wire.neighbour import Neighbour
from prodverify.wire.prometheus import Prometheus
from prodverify.wire.redaction import Redactor
from prodverify.wire.run import Run

PROGRAMS = ("prometheus", "promtool")
START_SECONDS = 20.0


@dataclass
class Past:
    """Series with their times, as OpenMetrics."""

    families: dict[str, list[str]] = field(default_factory=dict)

    def add(self, family: str, name: str, labels: str, points: list[tuple[float, float]]) -> None:
        lines = [f"{name}{{{labels}}} {value:g} {at:.0f}\n" for at, value in points]
        self.families.setdefault(family, []).extend(lines)

    def text(self) -> str:
        parts = [f"# TYPE {family}\n{''.join(lines)}" for family, lines in self.families.items()]
        return "".join([*parts, "# EOF\n"])


@dataclass(frozen=True)
class Watched:
    """Prometheus at an address, and what asks it."""

    url: str
    prometheus: Prometheus
    target: Callable[[str], Target]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def programs() -> None:
    """Skips where this machine has no Prometheus; the machine that everything must pass on has it."""
    missing = [program for program in PROGRAMS if not shutil.which(program)]
    if missing and not os.environ.get("CI"):
        pytest.skip(f"needs {' and '.join(missing)}")


@pytest.fixture(scope="session")
def remembering(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Past], Watched]]:
    """Prometheus with a past, which nothing is scraped by."""
    programs()
    with contextlib.ExitStack() as opened:

        def start(past: Past) -> Watched:
            folder = tmp_path_factory.mktemp("prometheus")
            (folder / "past.txt").write_text(past.text(), encoding="utf-8")
            (folder / "prometheus.yml").write_text("global: {}\n", encoding="utf-8")
            written = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=1458h", "--quiet"]
            subprocess.run([*written, "past.txt", "data"], cwd=folder, check=True, capture_output=True, timeout=60)
            url = f"http://127.0.0.1:{(port := free_port())}"
            options = ["--storage.tsdb.path=data", "--storage.tsdb.retention.time=400d", "--log.level=error"]
            listening = [f"--web.listen-address=127.0.0.1:{port}", "--config.file=prometheus.yml"]
            process = subprocess.Popen(["prometheus", *options, *listening], cwd=folder, stderr=subprocess.DEVNULL)
            opened.callback(lambda: (process.terminate(), process.wait(10)))
            clock.poll(lambda: ready(url), within_seconds=START_SECONDS, what="Prometheus is ready")
            return watched(url, folder, opened)

        yield start


def ready(url: str) -> bool | None:
    try:
        with urllib.request.urlopen(f"{url}/-/ready", timeout=5) as answer:
            return answer.status == 200 or None
    except OSError:
        return None


def watched(url: str, folder: Path, opened: contextlib.ExitStack) -> Watched:
    """What asks a Prometheus at ``url``."""

    def target(text: str) -> Target:
        path = folder / "ours.toml"
        head = 'version = 1\nname = "ours"\n[secrets]\nprometheus_address = { env = "OURS" }\n'
        path.write_text(f"{head}{text}", encoding="utf-8")
        return load(str(path), root=folder, environ={"OURS": url})

    mine = target('[monitoring]\nprometheus = "prometheus_address"\n')
    run = Run.begin(folder / "runs")
    redactor = Redactor(mine.secrets, run.folder)
    neighbour = Neighbour("Prometheus", mine, run, address="prometheus_address", token=None, redactor=redactor)
    opened.callback(neighbour.close)
    return Watched(url, Prometheus(neighbour), target)
