"""Where the heads of the code come from: a git revision, a file of the build, a service."""

import os
import subprocess
import time

import pytest

from prodverify.data.migrations import declared, git
from prodverify.data.migrations.alembic import TOOL
from prodverify.data.migrations.history import Recorded
from prodverify.data.migrations.source import code_of
from prodverify.data.migrations.sqlx import TOOL as SQLX
from prodverify.data.migrations.tools import TOOLS
from prodverify.judges.migrations import judge
from prodverify.judges.pointer import Absent
from prodverify.record.findings import Unjudged
from prodverify.target.migrations import Migrations

AUTHOR = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@a", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@a"}


@pytest.fixture
def repository(tmp_path):
    """Two commits, of which the first is tagged v1, and a change that nobody committed."""
    folder = tmp_path / "repository"
    scripts = folder / "app" / "versions"
    scripts.mkdir(parents=True)

    def run(*arguments):
        quiet = {**os.environ, **AUTHOR, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        subprocess.run(["git", *arguments], cwd=folder, env=quiet, check=True, capture_output=True)

    run("init", "-q")
    (folder / ".gitattributes").write_text("* text eol=crlf\n")
    (scripts / "a.py").write_text("revision = 'a'\n")
    (scripts / "link.py").symlink_to("a.py")
    run("add", ".")
    run("commit", "-q", "-m", "one")
    run("tag", "v1")
    (scripts / "b.py").write_text("revision = 'b'\ndown_revision = 'a'\n")
    run("add", ".")
    run("commit", "-q", "-m", "two")
    (scripts / "c.py").write_text("revision = 'c'\ndown_revision = 'b'\n")
    return folder


@pytest.mark.parametrize(("revision", "heads"), [("v1", {"a"}), ("HEAD", {"b"}), ("HEAD~1", {"a"})])
def test_scripts_are_read_as_they_are_at_a_revision(repository, revision, heads):
    with git.folder_at(repository, revision, "app/versions/") as folder:
        assert heads == TOOL.history(folder).heads
        assert "versions" == folder.name
    assert not folder.exists()


def test_bytes_are_those_of_the_repository_whatever_a_checkout_would_make_of_them(repository):
    with git.folder_at(repository, "v1", "app/versions") as folder:
        assert b"revision = 'a'\n" == (folder / "a.py").read_bytes()
        assert ["a.py"] == [path.name for path in folder.iterdir()]


@pytest.mark.parametrize(
    ("revision", "folder", "complaint"),
    [
        ("v9", "app/versions", "no revision v9"),
        ("--output=x", "app/versions", "no revision --output=x"),
        ("v1", "app/gone", "no folder app/gone at v1"),
        ("v1", "../elsewhere", r"no folder \.\./elsewhere at v1"),
    ],
)
def test_what_the_repository_does_not_have_is_no_verdict(repository, revision, folder, complaint):
    with pytest.raises(Unjudged, match=complaint), git.folder_at(repository, revision, folder):
        pass


def test_a_folder_that_is_no_repository_is_no_verdict(tmp_path):
    with pytest.raises(Unjudged, match="not a git repository"), git.folder_at(tmp_path, "v1", ""):
        pass
    with pytest.raises(Unjudged, match="cannot change to"), git.folder_at(tmp_path / "gone", "v1", ""):
        pass


@pytest.mark.parametrize(("seconds", "left"), [(3500, True), (3700, False)])
def test_what_a_killed_run_left_is_swept_once_it_is_old(repository, tmp_path, monkeypatch, seconds, left):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "pv-scripts-left").mkdir()
    then = time.time() - seconds
    os.utime(tmp_path / "pv-scripts-left", (then, then))

    with git.folder_at(repository, "v1", "app/versions"):
        assert left == (tmp_path / "pv-scripts-left").exists()


def test_without_git_one_sentence_says_so(repository, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(Unjudged, match="there is no git on this machine"), git.folder_at(repository, "v1", ""):
        pass


def test_an_environment_of_a_hook_does_not_lead_to_another_repository(repository, monkeypatch, tmp_path):
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))

    with git.folder_at(repository, "v1", "app/versions") as folder:
        assert {"a"} == TOOL.history(folder).heads


def test_another_line_ending_is_another_checksum(tmp_path):
    (tmp_path / "1_a.sql").write_bytes(b"SELECT 1;\r\n")
    (tmp_path / "2_b.sql").write_bytes(b"SELECT 1;\n")

    checksums = SQLX.history(tmp_path).checksums

    assert {"1", "2"} == checksums.keys()
    assert checksums["1"] != checksums["2"]


@pytest.mark.parametrize(
    ("text", "pointer", "heads"),
    [
        ("0007\n", None, {"0007"}),
        ("# made by the build\n\na\r\nb\n", None, {"a", "b"}),
        ("\ufeffa", None, {"a"}),
        ('{"migrations": {"heads": ["a", "b"]}}', "/migrations/heads", {"a", "b"}),
        ('{"version": 20240101}', "/version", {"20240101"}),
        ('"a"', "", {"a"}),
    ],
)
def test_a_file_of_the_build_tells_the_heads(tmp_path, text, pointer, heads):
    (tmp_path / "heads").write_text(text, encoding="utf-8", newline="")

    assert heads == set(declared.from_manifest(tmp_path / "heads", pointer))


@pytest.mark.parametrize(
    ("content", "pointer", "complaint"),
    [
        (b"", None, "no head in it"),
        (b"\xff\xfe", None, "neither UTF-8 text nor JSON"),
        (b"{", "/heads", "no JSON"),
        (b"[" * 100_000, "/heads", "no JSON"),
        (b'{"heads": ["a"]}', None, "JSON, of which manifest_at would have to say where the heads are"),
        (b'\n[\n"a"\n]', None, "JSON, of which manifest_at would have to say where the heads are"),
        (b'"a"', None, "JSON, of which manifest_at would have to say where the heads are"),
        (b'{"heads": []}', "/heads", "no head in it"),
        (b'{"heads": {}}', "/heads", "dict at heads/heads"),
        (b'{"heads": [true]}', "/heads", "list at heads/heads"),
        (b"{}", "/heads", "nothing at heads/heads"),
    ],
)
def test_a_file_that_tells_no_heads_is_no_verdict(tmp_path, content, pointer, complaint):
    (tmp_path / "heads").write_bytes(content)

    with pytest.raises(Unjudged, match=complaint):
        declared.from_manifest(tmp_path / "heads", pointer)


def test_a_file_that_is_not_there_is_no_verdict(tmp_path):
    with pytest.raises(Unjudged, match="No such file or directory"):
        declared.from_manifest(tmp_path / "gone", None)


@pytest.mark.parametrize(
    ("value", "heads"), [("a", {"a"}), (["a", "b"], {"a", "b"}), ([], set()), (None, set()), (7, {"7"})]
)  # fmt: skip
def test_a_service_may_report_its_heads(value, heads):
    assert Recorded(frozenset(heads), "/health/heads") == declared.reported(value, "/health/heads", TOOL.manner)


def test_one_head_that_a_service_reports_is_the_newest_of_all():
    assert "latest" == declared.reported("7", "/heads", SQLX.manner).means
    assert "latest" == declared.reported(["7"], "/heads", SQLX.manner).means
    assert "all" == declared.reported(["6", "7"], "/heads", SQLX.manner).means


@pytest.mark.parametrize("value", [{"a": 1}, ["a", 7.5], "", [""], True, Absent("no such member")])
def test_a_report_of_another_shape_is_no_verdict(value):
    with pytest.raises(Unjudged, match="a head of migrations, or a list of heads"):
        declared.reported(value, "/health/heads", TOOL.manner)


@pytest.mark.parametrize("value", [None, []])
def test_a_service_that_tells_no_head_of_its_code_says_nothing(value):
    with pytest.raises(Unjudged, match="nothing at /build"):
        declared.heads_of(value, "/build", "code_at")


@pytest.mark.parametrize(
    ("name", "written", "row"),
    [
        ("alembic", "0007", "0007"),
        ("dbmate", "0007", "0007"),
        ("diesel", "2024-01-01-000000_one", "20240101000000"),
        ("ecto", "0007", "7"),
        ("flyway", "1.07.0", "1.7"),
        ("flyway", "R__all views", "R__all views"),
        ("golang-migrate", "000007", "7"),
        ("goose", "00007", "7"),
        ("rails", "0007", "7"),
        ("sqlx", "0007", "7"),
    ],
)
def test_heads_may_be_written_as_the_scripts_are_called(tmp_path, name, written, row):
    tool = TOOLS[name]
    (tmp_path / "heads").write_text(f"{written}\n")

    for entry in (Migrations(heads=(written,)), Migrations(manifest="heads")):
        code = code_of(entry, tool, tmp_path)
        assert {row} == code.heads
        assert not code.complete
        assert [] == judge(code, declared.reported(written, "/heads", tool.manner), tool.manner)
        assert [] == judge(code, Recorded(frozenset({row}), "table t", means=tool.manner.means), tool.manner)


@pytest.mark.parametrize(
    ("keys", "heads"),
    [
        ({"folder": "repository/app/versions"}, {"c"}),
        ({"folder": "app/versions", "repository": "repository", "git_revision": "v1"}, {"a"}),
        ({"folder": "repository/app/versions", "more_folders": ("more",)}, {"d"}),
        ({"heads": ("x", "y")}, {"x", "y"}),
        ({"manifest": "heads.json", "manifest_at": "/heads"}, {"b"}),
    ],
)
def test_each_source_of_a_target_is_read(repository, tmp_path, keys, heads):
    (tmp_path / "heads.json").write_text('{"heads": "b"}')
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "d.py").write_text("revision = 'd'\ndown_revision = 'c'\n")
    (repository / "app" / "versions" / "link.py").unlink()

    assert heads == code_of(Migrations(**keys), TOOL, tmp_path).heads


def test_what_only_the_service_tells_is_left_to_whoever_asks_it(tmp_path):
    assert code_of(Migrations(code_path="/heads"), TOOL, tmp_path) is None


def test_a_script_is_read_up_to_a_size_that_none_has(tmp_path, monkeypatch):
    monkeypatch.setattr("prodverify.data.migrations.tool.LARGEST_SCRIPT_BYTES", 9)
    (tmp_path / "1_a.sql").write_text("SELECT 1;")
    assert {"1"} == SQLX.history(tmp_path).known

    (tmp_path / "1_a.sql").write_text("SELECT 10;")
    with pytest.raises(Unjudged, match=r"1_a\.sql is larger than"):
        SQLX.history(tmp_path)


def test_a_folder_of_a_repository_is_read_up_to_a_number_of_files(repository, monkeypatch):
    monkeypatch.setattr("prodverify.data.migrations.git.MOST_FILES", 2)
    with git.folder_at(repository, "HEAD", "app/versions") as folder:
        assert {"b"} == TOOL.history(folder).heads

    monkeypatch.setattr("prodverify.data.migrations.git.MOST_FILES", 1)
    with pytest.raises(Unjudged, match="2 files in app/versions"), git.folder_at(repository, "HEAD", "app/versions"):
        pass


def test_a_script_of_a_repository_that_is_too_large_is_refused_and_not_passed_over(repository, monkeypatch):
    monkeypatch.setattr("prodverify.data.migrations.git.LARGEST_FILE_BYTES", 20)
    with git.folder_at(repository, "HEAD", "app/versions") as folder:
        assert [("a.py", 15), ("b.py", 35)] == sorted((path.name, path.stat().st_size) for path in folder.iterdir())
        assert b"revision = 'a'\n" == (folder / "a.py").read_bytes()
        monkeypatch.setattr("prodverify.data.migrations.tool.LARGEST_SCRIPT_BYTES", 20)
        with pytest.raises(Unjudged, match="is larger than"):
            TOOL.history(folder)


def test_a_file_of_the_build_is_read_up_to_a_size_that_none_has(tmp_path, monkeypatch):
    monkeypatch.setattr("prodverify.data.migrations.declared.LARGEST_MANIFEST_BYTES", 4)
    (tmp_path / "heads").write_text("0007")
    assert {"0007"} == set(declared.from_manifest(tmp_path / "heads", None))

    (tmp_path / "heads").write_text("00007")
    with pytest.raises(Unjudged, match="larger than"):
        declared.from_manifest(tmp_path / "heads", None)
