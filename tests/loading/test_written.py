"""What is wrong with an arrival written by hand is told in one sentence with its file and line."""

import subprocess
import sys
from pathlib import Path

import pytest

from load.blocking import Watch
from load.journeys import Broken, Step, Work
from load.written import BadAnswer, Reply, WrittenError, writing_of

ROOT = Path(__file__).resolve().parents[2]
WORK = Work("visiting", (Step("visiting", "GET", (b"Host: h\r\n",), None, (), frozenset()),), frozenset())


@pytest.fixture
def visit(tmp_path):
    """Calls the function of a file that holds ``text``, without a service."""

    def call(text, *, writes=False):
        (tmp_path / "ours.py").write_text(text)
        writing = writing_of("visiting", "ours.py", tmp_path, writes=writes)
        return writing.walk(WORK, 0, None, lambda *told: None)

    return call


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("def visiting(client):\n    return client\n", "asked nothing"),
        (
            "def visiting(client):\n    client.ask('GET', 'http://x/')\n",
            'line 2: asks for "http://x/"; expected',
        ),
        ("def visiting(client):\n    client.ask('PUT', '/x')\n", "line 2: sends PUT, which needs the permit writes"),
        (
            "def visiting(client):\n    client.ask('GET', '/x', headers={'X-Api-Key': 'k'})\n",
            'line 2: sends the header "X-Api-Key", which is not its own to send',
        ),
        ("def visiting(client, other):\n    pass\n", "TypeError: visiting() missing 1 required positional argument"),
        ("import math\n\ndef visiting(client):\n    math.sqrt(-1)\n", "line 4: ValueError"),
        ("def visiting(client):\n    raise SystemExit(0)\n", "line 2: SystemExit: 0"),
        (
            "def visiting(client):\n    try:\n        client.ask('PUT', '/x')\n    except Exception:\n        pass\n",
            "line 3: sends PUT, which needs the permit writes",
        ),
    ],
)
def test_an_error_in_it_names_its_line(visit, text, sentence):
    with pytest.raises(Broken, match=r"^load\.written visiting: ") as broken:
        visit(text)
    assert sentence in str(broken.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("def visited(client):\n    pass\n", 'has no function "visiting"; did you mean "visited"?'),
        ("def visiting(client)\n", "line 1: SyntaxError: expected ':'"),
        ("import nothing_of_this_name\n", "line 1: ModuleNotFoundError: No module named 'nothing_of_this_name'"),
        ("visiting = 7\n", 'has no function "visiting"'),
        ("raise SystemExit(0)\n", "line 1: SystemExit: 0"),
    ],
)
def test_a_file_without_it_is_told(visit, text, sentence):
    with pytest.raises(WrittenError) as wrong:
        visit(text)
    assert sentence in str(wrong.value)


def test_a_function_that_lets_nobody_else_in_is_ended_with_its_line(visit, tmp_path):
    watch = Watch([str(tmp_path / "ours.py")], patience_seconds=0.2)
    watch.start()
    text = "def visiting(client):\n    while True:\n        try:\n            sum(range(9))\n"
    text += "        except Exception:\n            pass\n"
    try:
        with pytest.raises(Broken, match=r"line [2-6]: Blocking: let nobody else in for 0\.2 s$"):
            visit(text)
    finally:
        watch.stop()


def test_a_file_may_hold_what_any_module_may(visit):
    text = "from __future__ import annotations\nfrom dataclasses import dataclass\n\n"
    text += (
        "@dataclass\nclass Visit:\n    number: int\n\ndef visiting(client):\n    raise ValueError(Visit(7).number)\n"
    )
    with pytest.raises(Broken, match=r"line 9: ValueError: 7$"):
        visit(text)


@pytest.mark.proof
def test_the_examples_are_arrivals_and_users():
    # In a process of its own: one of them imports Locust, which patches the process.
    script = """
from pathlib import Path
from load.closed import users_in
from load.written import module_of, writing_of

users = Path("load/users").absolute()
for name, file in (("browsing", "browsing.py"), ("looking", "waiting.py")):
    writing_of(name, file, users, writes=False)
    print(name, [each.__name__ for each in users_in([module_of(name, file, users)])])
"""
    told = subprocess.check_output([sys.executable, "-c", script], cwd=ROOT, text=True)
    assert told.splitlines() == ["browsing []", "looking ['Waiting']"]


def test_a_file_that_is_none_is_told(tmp_path):
    with pytest.raises(WrittenError, match=r"expected a Python file, and .*/there\.py is none"):
        writing_of("visiting", "there.py", tmp_path, writes=False)
    with pytest.raises(WrittenError, match="expected a Python file, and "):
        writing_of("visiting", "no\0path.py", tmp_path, writes=False)


def test_an_answer_that_is_not_json_is_the_services():
    assert Reply(200, b'{"a": 1}', 1.0).json() == {"a": 1}
    with pytest.raises(BadAnswer, match="answer is not JSON"):
        Reply(200, b"<html>", 1.0).json()
