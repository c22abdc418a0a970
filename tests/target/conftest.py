"""A folder with a target file and what it names, and what is said about that file."""

from __future__ import annotations

import os

import pytest

from prodverify.target.load import TargetError, load

ENVIRONMENT = {
    "OUR_KEY": "12345678",
    "EMPTY_KEY": "",
    "SHORT_KEY": "1234567",
    "SPACED_KEY": "a key with spaces",
    "BLANK_KEY": " " * 12,
    "LINES_KEY": "two lines\nof text",
    "LATIN_KEY": b"f\xfcr Latin-1 alone".decode(errors="surrogateescape"),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory, with files of every kind that a target file may name."""
    monkeypatch.chdir(tmp_path)
    for name, content, mode in (
        ("empty", b"\n", 0o600),
        ("open", b"12345678", 0o640),
        ("text", b"just text", 0o600),
        ("binary", b"\xff\xfe12345678", 0o600),
    ):
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(mode)
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


@pytest.fixture
def complaints_about(folder):
    """What is said about a target file that holds ``content``: its name taken off, its folder called FOLDER."""

    def about(content):
        file = folder / "ours.toml"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        with pytest.raises(TargetError) as wrong:
            load("ours.toml", root=folder, environ=ENVIRONMENT)
        complaints = wrong.value.complaints
        assert [complaint for complaint in complaints if not complaint.startswith("ours.toml: ")] == []
        return tuple(complaint.removeprefix("ours.toml: ").replace(str(folder), "FOLDER") for complaint in complaints)

    return about
