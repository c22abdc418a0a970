"""Master and workers of one run ask the same of the same service, whatever machine each file lies on."""

import pytest

from load.alike import differing, said
from load.target import choose
from tests.loading.conftest import KEYS, TARGET

MORE = """
written = { looking = "looking.py" }
[load.profiles.soak]
rate_per_second = 1.0
"""


@pytest.fixture
def on_a_machine(tmp_path):
    """What the process of one machine says, where its file has one text in place of another."""

    def saying(old="", new="", *, function="def looking(client): ...\n", profile=None, name="here"):
        folder = tmp_path / name
        folder.mkdir()
        values = {"loads": "true", "writes": "true", "threshold": 300.0, "rate": 10.0, "duration": 20.0, "burst": 0.0}
        shares = "{ list = 1.0, looking = 1.0 }"
        text = TARGET.format(port=1, stop_early="false", shares=shares, more=MORE, **values)
        assert old in text
        file = folder / "loaded.toml"
        file.write_text(text.replace(old, new))
        (folder / "looking.py").write_text(function)
        keys = {f"LOAD_KEY_{key.upper()}": value for key, value in KEYS.items()}
        return said(choose(str(file), read_only=False, environ=keys | {"ELSEWHERE": "key-4f1d"}, profile=profile))

    return saying


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({}, []),
        ({"old": '"LOAD_KEY_ONE"', "new": '"ELSEWHERE"'}, []),  # no secret is in it, nor where it comes from
        ({"old": "127.0.0.1:1", "new": "127.0.0.1:2"}, ["base_url"]),
        ({"old": "threshold_ms = 300.0", "new": "threshold_ms = 400.0"}, ["[[slos]]"]),
        ({"old": "deadline_seconds = 2.0", "new": "deadline_seconds = 3.0"}, ["[asking]"]),
        ({"old": '["one", "two"]', "new": '["two", "one"]'}, ["[roles]"]),
        ({"old": 'path = "/list"', "new": 'path = "/all"'}, ["[[endpoints]]"]),
        ({"old": 'action = "echo"', "new": 'action = "add"'}, ["[[journeys]]"]),
        ({"old": "window_seconds = 60.0", "new": "window_seconds = 61.0"}, ["[rate_limit]"]),
        ({"old": "list = 1.0", "new": "list = 2.0"}, ["[load]"]),
        ({"profile": "soak"}, ["[load]"]),
        ({"function": "def looking(client): pass\n"}, ["load.written looking"]),
    ],
)
def test_what_two_files_do_not_say_alike_is_named(on_a_machine, changed, named):
    master, worker = on_a_machine(name="master"), on_a_machine(name="worker", **changed)
    assert list(differing(worker, master)) == list(differing(master, worker)) == named
