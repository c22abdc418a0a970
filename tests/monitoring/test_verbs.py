"""`alerts`, `dashboard` and `openslo` start nothing, need no secret, and write whole files or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from prodverify.cli.door import main
from tests.monitoring.files import ODD, ROOT, promised, relay

GOLDEN = Path(__file__).parent / "golden"
LAUGHS = b"a: &a [x, x, x, x, x, x, x, x]\nb: &b [" + b"*a, " * 8 + b"]\nc: [" + b"*b, " * 8 + b"]\n"
SECRET = '[secrets]\nkey = { env = "NOBODY_HAS_SET_THIS" }\nother = { file = "nowhere" }\n'


@pytest.fixture
def odd_file(tmp_path: Path) -> Path:
    """A target file whose secrets are not at hand."""
    file = tmp_path / "odd.toml"
    file.write_text(ODD.replace("[monitoring]", f"{SECRET}[monitoring]", 1))
    return file


def test_alerts_prints_the_rule_file_alone(capsys) -> None:
    assert 0 == main(["alerts", "--target", "local"])

    told = capsys.readouterr()
    assert (GOLDEN / "rules.yaml").read_text() == told.out
    assert "" == told.err


def test_the_other_verbs_print_theirs(capsys) -> None:
    assert 0 == main(["dashboard", "--target", "local"])
    assert (GOLDEN / "dashboard.json").read_text() == capsys.readouterr().out
    assert 0 == main(["openslo", "--target", "local"])
    assert (GOLDEN / "openslo.yaml").read_text() == capsys.readouterr().out


def test_out_writes_all_files_and_names_them(tmp_path: Path, capsys) -> None:
    folder = tmp_path / "new" / "folder"

    assert 0 == main(["alerts", "--target", "local", "--out", str(folder)])

    written = sorted(path.name for path in GOLDEN.iterdir() if path.name != "openslo.yaml")
    assert written == sorted(path.name for path in folder.iterdir())
    assert {str(folder / name) for name in written} == set(capsys.readouterr().out.split())
    assert all((GOLDEN / name).read_text() == (folder / name).read_text() for name in written)


def test_tests_of_other_objectives_are_said_and_kept(tmp_path: Path, capsys) -> None:
    left = tmp_path / "rules-7s.test.yaml"
    left.write_text("")

    assert 0 == main(["alerts", "--target", "local", "--out", str(tmp_path)])

    assert f"{left} is of other objectives, and would fail: remove it\n" == capsys.readouterr().err
    assert left.exists()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, capsys) -> None:
    (tmp_path / "file").write_text("")

    assert 1 == main(["alerts", "--target", "local", "--out", str(tmp_path / "file")])
    assert capsys.readouterr().err.startswith(f"nothing more can be written to {tmp_path / 'file'}: ")


@pytest.mark.parametrize("verb", ["alerts", "dashboard", "openslo"])
def test_no_secret_is_needed(verb: str, odd_file: Path, capsys) -> None:
    assert 0 == main([verb, "--target", str(odd_file)])
    assert promised(ODD).slos[0].name in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["alerts", "dashboard"])
def test_what_is_odd_is_said_beside_what_is_printed(verb: str, odd_file: Path, capsys) -> None:
    main([verb, "--target", str(odd_file)])

    told = capsys.readouterr().err
    assert '[[slos]] "four-nines": one bad event of 300 fires alert FourNinesErrorRateHigh' in told
    assert '[[slos]] "unmeasured": Prometheus cannot tell of it' in told


@pytest.mark.parametrize("verb", ["alerts", "dashboard", "openslo"])
def test_a_wrong_target_is_status_four_with_complaints(verb: str, tmp_path: Path, capsys) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text('version = 1\nname = "wrong"\n[[slos]]\nname = "a"\nobjective_percent = 200\n')

    assert 4 == main([verb, "--target", str(file)])
    assert "objective_percent: expected less than 100, came 200" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["alerts", "dashboard", "openslo"])
def test_nothing_to_write_is_said(verb: str, tmp_path: Path, capsys) -> None:
    file = tmp_path / "bare.toml"
    file.write_text('version = 1\nname = "bare"\nbase_url = "http://127.0.0.1:1"\n')

    assert 1 == main([verb, "--target", str(file)])
    told = capsys.readouterr()
    assert ("", True) == (told.out, "[[slos]]" in told.err)


def test_an_openslo_file_is_printed_as_objectives(capsys) -> None:
    assert 0 == main(["openslo", "--from", str(GOLDEN / "openslo.yaml")])

    told = capsys.readouterr()
    assert relay().slos == promised(f'version = 1\nname = "x"\n{told.out}').slos
    assert "" == told.err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: [", "no YAML: "),
        (b"[" * 5000, "no YAML of objectives: line 1: it is nested too deeply"),
        (b"- " * 5000, "no YAML of objectives: line 1: it is nested too deeply"),
        (LAUGHS, "no YAML of objectives: line 2: the alias *a is not followed: write out what it stands for"),
        (b"a: !!python/name:os.system x", "no YAML of objectives: line 1: the tag tag:yaml.org,2002:python/name:os.sy"),
        (b"a: !!int ''", "no YAML of objectives: line 1: the tag tag:yaml.org,2002:int is not known: leave it out"),
        (b"kind: SLO\nkind: SLI\n", "no YAML of objectives: line 2: kind stands there twice"),
        (b"a: 2026-13-01", "no YAML of objectives: month must be in 1..12"),
        (b"a: 1" + b":1" * 99, "no YAML of objectives: line 1: a number of more than 100 characters"),
        (b"#" * ((8 << 20) + 1), "more than 8 MiB, which is no file of objectives"),
        ("\ufeffkind: SLO\n".encode(), "document 1: apiVersion: expected openslo/v1, came None"),
        (b"\xff", "no UTF-8"),
        (b"", "no document of kind SLO"),
        (b"kind: SLO\n", "document 1: apiVersion: expected openslo/v1, came None"),
    ],
)
def test_a_wrong_openslo_file_is_said_in_one_line_each(content: bytes, said: str, tmp_path: Path, capsys) -> None:
    file = tmp_path / "slo.yaml"
    file.write_bytes(content)

    assert 1 == main(["openslo", "--from", str(file)])
    assert capsys.readouterr().err.startswith(f"{file}: {said}")


def test_an_openslo_file_of_too_many_values_is_not_read_into_memory(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.setattr("prodverify.monitoring.yaml_text.MOST_EVENTS", 1000)
    file = tmp_path / "slo.yaml"
    file.write_text("[" + "1," * 1000 + "1]")

    assert 1 == main(["openslo", "--from", str(file)])
    assert (
        f"{file}: no YAML of objectives: line 1: more than 1,000 values, lists and tables\n" == capsys.readouterr().err
    )


def test_complaints_are_fifty_at_most_and_move_no_cursor(tmp_path: Path, capsys) -> None:
    file = tmp_path / "slo.yaml"
    file.write_text('---\n"\\e[31m": 1\n' + "---\n7\n" * 60)

    assert 1 == main(["openslo", "--from", str(file)])
    told = capsys.readouterr().err
    assert (51, True, False) == (told.count("\n"), told.endswith(f"{file}: and 11 more\n"), "\x1b" in told)


def test_a_missing_openslo_file_is_said(tmp_path: Path, capsys) -> None:
    assert 1 == main(["openslo", "--from", str(tmp_path / "none.yaml")])
    assert f"{tmp_path / 'none.yaml'}: No such file or directory\n" == capsys.readouterr().err


def test_the_example_target_becomes_rules_too(capsys) -> None:
    assert 0 == main(["alerts", "--target", str(ROOT / "targets" / "example.toml")])
    assert "LightEndpointLatencyHigh" in capsys.readouterr().out
