"""The tree as git knows it, and what its documents hold."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r"(?ms)^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^ *```$")
_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")


@cache
def tree() -> tuple[Path, ...]:
    """Every file that is tracked, or would be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file())


def markdown() -> list[Path]:
    """Every document."""
    return [path for path in tree() if path.suffix == ".md"]


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of ``text`` in one language, without the indentation of their list."""
    return [
        "".join(line.removeprefix(match["indent"]) for line in match["text"].splitlines(keepends=True))
        for match in _BLOCK.finditer(text)
        if match["language"] == language
    ]


def links(text: str) -> list[str]:
    """Targets of links and pictures that stay in the tree, without their anchors."""
    prose = _BLOCK.sub("", text)
    return [target.partition("#")[0] for target in _LINK.findall(prose) if "://" not in target and target[0] != "#"]
