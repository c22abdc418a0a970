"""
The README's list of checks, made from the docstrings and clause marks of ``checks/``.

``python tests/docs/checklist.py`` writes it anew.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
BEGIN = "<!-- checks: written by `python tests/docs/checklist.py`, do not edit -->\n"
END = "<!-- end of checks -->\n"


def rendered() -> str:
    """A bullet for each promise, and under it one for each check."""
    return "\n".join(line for file in sorted((ROOT / "checks").glob("test_*.py")) for line in _promise(file)) + "\n"


def written_into(text: str) -> str:
    """``text`` of the README with the list between its marks."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README.md has no lines {BEGIN.strip()} and {END.strip()}")
    return f"{before}{BEGIN}{rendered()}{END}{after}"


def runbook_of(file: Path) -> str:
    """The path of the promise's runbook, from the root."""
    return f"docs/runbooks/{file.stem.removeprefix('test_').replace('_', '-')}.md"


def _promise(file: Path) -> Iterator[str]:
    module = ast.parse(file.read_text(encoding="utf-8"))
    name = file.stem.removeprefix("test_").replace("_", " ")
    yield f"- [{name}]({runbook_of(file)}): {_claim(module)}"
    for check in module.body:
        if isinstance(check, ast.FunctionDef) and check.name.startswith("test_"):
            clause = _clause(check, module)
            yield f"  - {_claim(check)} `{check.name}`{f' ({clause})' if clause else ''}"


def _claim(node: ast.Module | ast.FunctionDef) -> str:
    said = ast.get_docstring(node)
    if not said:
        raise ValueError(
            f"{getattr(node, 'name', 'a file of checks')} has no docstring, so nobody knows what it claims"
        )
    return " ".join(said.split("\n\n")[0].split())


def _clause(check: ast.FunctionDef, module: ast.Module) -> str:
    """The authority that the check cites; a name is looked up among the file's constants."""
    constants = {ast.unparse(node.targets[0]): node.value for node in module.body if isinstance(node, ast.Assign)}
    for decorator in check.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith(".clause"):
            cited = constants.get(ast.unparse(decorator.args[0]), decorator.args[0])
            return str(ast.literal_eval(cited))
    return ""


if __name__ == "__main__":
    README.write_text(written_into(README.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"{README.name} lists the checks of today\n")
