"""Whatever lies in a folder of scripts, a tool makes a history of it or says in a sentence why not."""

import pytest

from prodverify.data.migrations.history import History, Recorded
from prodverify.data.migrations.tools import TOOLS
from prodverify.judges.migrations import judge, judge_unedited
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

XML = '<databaseChangeLog><changeSet id="1" author="ann"/></databaseChangeLog>'

ODD = {
    "a.sql": b"\xff\x00",
    "V1__a.sql": b"\xef\xbb\xbf",
    "V2__b.sql": b"\xff\xfe\x00",
    "R__.sql": b"${",
    "B9.sql": b"",
    "1_a.js": b"class",
    "1_b.ts": b"class A { name = '`",
    "x.cs": b'[Migration("")][Migration("\xff")]',
    "a_b.php": b"",
    "x.xml": b"<databaseChangeLog",
    "x.json": b'{"databaseChangeLog": {"a": 1}}',
    "x.yaml": b"databaseChangeLog: 7",
    "y.sql": b"--liquibase formatted sql\n--changeset :\n--changeset a:\n--changeset a:1 x:",
    "meta/_journal.json": b'{"entries": [{"tag": "../a", "when": 1e999}]}',
    "1/migration.sql": b"",
    "2/up.sql": b"",
    "atlas.sum": b"\n\nh1:",
    "migration_lock.toml": b"provider",
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
def test_each_odd_file_makes_a_history_that_can_be_judged_or_a_sentence(written, name):
    tool, nothing = TOOLS[name], Recorded(frozenset(), "table t", means=TOOLS[name].manner.means)
    for chosen in (*([each] for each in ODD), ODD):
        found = outcome(tool, written({each: ODD[each] for each in chosen}))
        if isinstance(found, History):
            assert [] != judge(found, nothing, tool.manner), chosen
            assert [] == judge_unedited(found, nothing, tool.manner), chosen
        else:
            assert "migrations-scripts-unreadable" == found.rule, chosen


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


def test_a_folder_of_links_to_hidden_files_holds_each_script_once(written):
    """As Kubernetes mounts a ConfigMap."""
    folder = written({"..2024_01_01/V1__a.sql": "SELECT 1;", "..2024_01_01/a.xml": XML, "..2024_01_01/1_a.rb": ""})
    (folder / "..data").symlink_to("..2024_01_01")
    for name in ("V1__a.sql", "a.xml", "1_a.rb"):
        (folder / name).symlink_to(f"..data/{name}")

    assert {"1"} == TOOLS["flyway"].history(folder).known == TOOLS["rails"].history(folder).known
    assert {"a.xml::1::ann"} == TOOLS["liquibase"].history(folder).known


@pytest.mark.parametrize("name", ["django", "ecto", "efcore", "flyway", "liquibase", "rails", "typeorm"])
def test_a_folder_with_more_files_than_any_project_is_not_walked_to_its_end(written, monkeypatch, name):
    monkeypatch.setattr("prodverify.data.migrations.numbering.MOST_FILES", 2)
    files = {"a/x": "", "node_modules/x": "", "node_modules/y": "", "b/x": ""}
    assert "no script" == outcome(TOOLS[name], written(files)).observed

    assert "more than 2 files, as beside no migrations" == outcome(TOOLS[name], written({**files, "z": ""})).observed
