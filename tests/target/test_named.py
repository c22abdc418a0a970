"""What is named on the command line is verified, or refused in one line; nothing else stands in for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def verified(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "pytest", "checks/", *arguments],
        cwd=ROOT,
        env={**os.environ, "PRODVERIFY_TARGET": "local"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("named", "complaint"),
    [
        pytest.param("", 'no such target "": there is no targets/.toml;', id="a-variable-that-is-not-set"),
        pytest.param("LOCAL", 'there is no targets/LOCAL.toml; did you mean "local"?', id="capitals"),
        pytest.param("./a\x1b[31m\n", "there is no file a\\x1b[31m\\n;", id="control-characters"),
        pytest.param(os.fsdecode(b"./\xff"), "there is no file \\udcff;", id="not-utf8"),
        pytest.param("/dev/zero", "expected a file at /dev/zero, came a pipe, socket or device", id="device"),
    ],
)
def test_a_wrong_name_is_refused_in_one_line_whatever_else_could_be_meant(named, complaint):
    done = verified("--target", named)
    (line,) = (done.stdout + done.stderr).strip().splitlines()
    assert done.returncode == 4
    assert line.startswith("ERROR: ")
    assert complaint in line


def test_an_empty_version_is_no_version_to_expect():
    done = verified("--expect-version", "")
    assert done.returncode == 4
    assert "argument --expect-version: expected a version, came an empty text" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
