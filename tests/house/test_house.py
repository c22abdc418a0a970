"""The house keeps its own rules: small files, no sleep outside the clock, checks that import only what they may."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 300
CHECKS_MAY_IMPORT = {"__future__", "fixtures", "prodverify", "pytest", "math", "re", "json"}


def sources(*rooms: str) -> list[Path]:
    return sorted(path for room in rooms for path in (ROOT / room).rglob("*.py"))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def called(tree: ast.AST) -> Iterator[str]:
    yield from (ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call))


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


# The practice service is a service of its own: it may wait, and its faults are slow on purpose. A load run sleeps by
# gevent, between arrivals that have their times.
MAY_NOT_SLEEP = [
    path
    for path in sources("checks", "fixtures", "prodverify", "reports")
    if "relay" not in path.parts and path != ROOT / "prodverify" / "wire" / "clock.py"
]


# More than a thousand files: as many tests would cost more to report than to run.
def test_no_file_is_longer_than_a_room_can_be() -> None:
    files = sources("checks", "fixtures", "load", "prodverify", "reports", "tests")
    lengths = {short(path): len(path.read_text(encoding="utf-8").splitlines()) for path in files}

    assert {} == {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE}


@pytest.mark.parametrize("path", sources("checks"), ids=short)
def test_a_check_imports_pytest_and_judges_and_never_locust(path: Path) -> None:
    roots = {name.partition(".")[0] for name in imported(ast.parse(path.read_text(encoding="utf-8")))}

    assert set() == roots - CHECKS_MAY_IMPORT


def fixtures_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            marks = {ast.unparse(mark).partition("(")[0] for mark in node.decorator_list}
            yield from [node.name] if "pytest.fixture" in marks else []


def parametrised(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.AnnAssign)
            and ast.unparse(node.target) == "_SOURCES"
            and isinstance(node.value, ast.Dict)
        ):
            yield from (str(key.value) for key in node.value.keys if isinstance(key, ast.Constant))


def test_no_two_plugins_have_a_fixture_or_parameter_of_one_name() -> None:
    """The later of the two would stand in for the other without a word, and its checks would fail for no reason."""
    named = [name for path in sources("fixtures") for name in fixtures_of(path)]

    named += [name for path in sources("fixtures") for name in parametrised(path)]

    assert [] == sorted({name for name in named if named.count(name) > 1})


def test_nobody_sleeps_but_the_clock() -> None:
    slept = {
        (short(path), name)
        for path in MAY_NOT_SLEEP
        for name in called(ast.parse(path.read_text(encoding="utf-8")))
        if name.endswith("sleep") and name != "clock.sleep"
    }

    assert set() == slept


@pytest.mark.parametrize("path", sources("checks"), ids=short)
def test_a_check_never_skips_itself_and_states_a_fact_with_its_authority(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    checks = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]

    assert checks
    assert set() == {"pytest.skip", "pytest.xfail", "pytest.importorskip"} & set(called(tree))
    for check in checks:
        assert ast.get_docstring(check), check.name
        assert any("mark.clause" in ast.unparse(mark) for mark in check.decorator_list), check.name
