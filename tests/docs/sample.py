"""
What the documents quote: a check, a whole file, and what a failing case says, from a real run.

``python -m tests.docs.sample`` writes them anew.
"""

from __future__ import annotations

import ast
import re
import sys
import tempfile
from pathlib import Path

from tests.docs.stage import ROOT, relay, suite

README, GUIDE = ROOT / "README.md", ROOT / "docs" / "guide.md"
SHOWN_TARGET = "/tmp/relay.toml"
_FENCE = r"(?ms)^(?P<mark><!-- {mark}: (?P<what>[^\n]*) -->\n```\w*\n)(?P<text>.*?)^```$"
FAILURE, CHECK, FILE = (re.compile(_FENCE.format(mark=mark)) for mark in ("sample failure", "sample check", "file"))
_VARYING = (
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:PORT"),
    (re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}"), "RUN"),
    (re.compile(r" in \d+ ms"), " in N ms"),
)


def source(check: str) -> str:
    """The check that a node id without brackets names, with its marks, as its file has it."""
    file, _, name = check.partition("::")
    text = (ROOT / file).read_text(encoding="utf-8")
    function = next(node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == name)
    first = min(node.lineno for node in (function, *function.decorator_list))
    return "\n".join(text.splitlines()[first - 1 : function.end_lineno]) + "\n"


def failure(fault: str, case: str, folder: Path) -> str:
    """What the case says on the terminal where Relay has the fault."""
    target = folder / "relay.toml"
    with relay(target, fault):
        done = suite(case, "--target", str(target), reports=folder / "reports")
        output = done.stdout + done.stderr
    told = re.search(r"(?ms)^_+ test_\w+(?:\[[^\n]*\])? _+\n(?P<text>.*?^  runbook [^\n]*\n)", output)
    if not told:
        raise RuntimeError(f"the failure of {case} is not told:\n{output}")
    return told["text"].replace(str(target), SHOWN_TARGET)


def named(match: re.Match[str]) -> tuple[str, str]:
    """Fault and node id that the sample's mark names."""
    fault, _, case = match["what"].partition(", ")
    return fault, case


def normalised(text: str) -> str:
    """``text`` without what differs between two runs."""
    for pattern, word in _VARYING:
        text = pattern.sub(word, text)
    return text


def main() -> None:
    """Writes what README and guide quote."""
    readme, guide = README.read_text(encoding="utf-8"), GUIDE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        readme = FAILURE.sub(lambda match: f"{match['mark']}{failure(*named(match), Path(folder))}```", readme)
    readme = CHECK.sub(lambda match: f"{match['mark']}{source(match['what'])}```", readme)
    guide = FILE.sub(lambda match: f"{match['mark']}{(ROOT / match['what']).read_text(encoding='utf-8')}```", guide)
    README.write_text(readme, encoding="utf-8")
    GUIDE.write_text(guide, encoding="utf-8")
    sys.stdout.write("README.md and docs/guide.md quote what is so today\n")


if __name__ == "__main__":
    main()
