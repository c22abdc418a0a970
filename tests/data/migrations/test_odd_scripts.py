"""Whatever lies in a folder of scripts, a tool makes a history of it or says in a sentence why not."""

import pytest

from prodverify.data.migrations.history import History
from prodverify.data.migrations.tools import TOOLS
from prodverify.record.findings import Unjudged
from tests.data.migrations.scenes import write

NAMES = (
    "1_a.py",
    "0001_initial.py",
    "app/migrations/__init__.py",
    "app/migrations/0001_initial.py",
    "app/apps.py",
    "20240101000000_a.rb",
    "20240101000000_a.exs",
    "20240101000000_a.sql",
    "20240101000000_a.up.sql",
    "20240101000000_a/migration.sql",
    "20240101000000_a/up.sql",
    "2024-01-01-000000_a/up.sql",
    "meta/_journal.json",
    "atlas.sum",
    "changelog.xml",
    "db.changelog-master.yaml",
    "changelog.json",
    "V1__a.sql",
    "R__a.sql",
    "1700000000000-a.ts",
    "1700000000000_a.js",
    "20240101000000_A.cs",
    "20240101000000_A.Designer.cs",
    "2024_01_01_000000_a.php",
)
CONTENTS = {
    "empty": "",
    "binary": "\x00\x01\udcff",
    "nested": "(" * 20_000,
    "minuses": "-" * 20_000 + "1",
    "brackets": "[" * 20_000,
    "elements": "<a>" * 5_000,
    "entities": '<!DOCTYPE a [<!ENTITY b "c">]><databaseChangeLog>&b;</databaseChangeLog>',
    "number": '{"entries": 7}',
    "list": '{"entries": [7, null, {"idx": "x", "when": [], "tag": {}}]}',
    "python": "revision = 'a'\ndown_revision = 'a'\nclass Migration:\n    replaces = [('a', 7)]\n",
}


def outcome(tool, folder):
    try:
        return tool.history(folder)
    except Unjudged as unjudged:
        return unjudged.finding


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("name", TOOLS)
def test_odd_files_make_a_history_or_a_sentence(tmp_path, name, content):
    for file in NAMES:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(CONTENTS[content].encode("utf-8", "surrogateescape"))

    found = outcome(TOOLS[name], tmp_path)

    assert isinstance(found, History) or (found.rule == "migrations-scripts-unreadable" and found.next_step)


@pytest.mark.parametrize("name", TOOLS)
def test_odd_folders_make_a_sentence(tmp_path, name):
    for each in NAMES:
        (tmp_path / "folders" / each).mkdir(parents=True)
    (tmp_path / "loop").mkdir()
    (tmp_path / "loop" / "again").symlink_to(tmp_path / "loop")
    (tmp_path / "empty").mkdir()
    write(tmp_path / "named", {"README.md": ""})

    for folder in ("folders", "loop", "empty", "named", "gone", "named/README.md"):
        assert "migrations-scripts-unreadable" == outcome(TOOLS[name], tmp_path / folder).rule
