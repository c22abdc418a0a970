"""A small service, a target file for it, further checks, and the suite that verifies it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.session.small import SmallService
from tests.session.suite import TARGET, Suite


@pytest.fixture
def small() -> Iterator[SmallService]:
    """Healthy at /health, 200 for KEY at /things, 401 for others, 404 elsewhere."""
    with SmallService.started() as service:
        yield service


@pytest.fixture
def target(tmp_path: Path, small: SmallService) -> Callable[..., Path]:
    """Writes a target file for the small service."""

    def write(
        extra: str = "",
        *,
        permits: str = "",
        asking: str = "",
        fuzz: str = "false",
        name: str = "small.toml",
        url: str = "",
    ) -> Path:
        path = tmp_path / name
        text = TARGET.format(url=url or small.url, permits=permits, asking=asking, fuzz=fuzz)
        path.write_text(text + extra, encoding="utf-8")
        return path

    return write


@pytest.fixture
def checks(tmp_path: Path) -> Callable[..., Path]:
    """Writes a folder of further checks, outside the clone."""

    def write(**files: str) -> Path:
        folder = tmp_path / "ours" / "checks"
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / f"test_{name}.py").write_text(text, encoding="utf-8")
        return folder

    return write


@pytest.fixture
def verify(tmp_path: Path) -> Iterator[Suite]:
    """Runs the suite."""
    suite = Suite(tmp_path)
    yield suite
    suite.end()
