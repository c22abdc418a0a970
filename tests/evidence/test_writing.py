"""Evidence is written whole or not at all, is readable by its owner alone, and holds no secret."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from prodverify.record.run import RunRecord
from prodverify.record.states import State
from prodverify.wire.redaction import Redactor
from reports import metrics
from reports.write import EvidenceError, folder_name, secret_sentence, write
from tests.record.sample import case, exchange, one_of_each, run

ROOT = Path(__file__).parent.parent.parent
SECRET = 'k3y/with+"quotes" & spaces'  # pragma: allowlist secret
REDACTOR = Redactor({"admin_key": SECRET})
FILES = {"record.json", "report.html", "junit.xml", "summary.md", "metrics.prom", "sha256sums"}


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "reports" / "runs"


def green(run_id: str, mode: str = "gate") -> RunRecord:
    record = run([case("checks/test_health.py::test_path[alive]", State.PASS)], run_id=run_id, mode=mode)
    return replace(record, started_at=f"2026-11-2{run_id[-1]}T00:00:00Z", ended_at=f"2026-11-2{run_id[-1]}T00:00:07Z")


def test_all_files_are_there_and_their_sums_are_right(runs: Path) -> None:
    written = write(one_of_each(), runs, redactor=REDACTOR)

    assert written.folder is not None
    assert FILES == {path.name for path in written.folder.iterdir()}
    checked = subprocess.run(["sha256sum", "-c", "sha256sums"], cwd=written.folder, capture_output=True, check=True)
    assert 5 == checked.stdout.count(b": OK")
    assert one_of_each().as_dict() == json.loads((written.folder / "record.json").read_text("utf-8"))
    assert (written.folder / "report.html", 1) == (written.page, written.exit_status)


def test_only_the_owner_can_read_it(runs: Path, tmp_path: Path) -> None:
    extra = tmp_path / "details.html"
    extra.write_text("details")
    extra.chmod(0o644)

    folder = write(one_of_each(), runs, redactor=REDACTOR, extra_files={"details.html": extra}).folder

    assert folder is not None
    assert 0o700 == folder.stat().st_mode & 0o777
    assert {0o600} == {path.stat().st_mode & 0o777 for path in folder.iterdir()}


def test_the_folder_says_when_what_and_which_run() -> None:
    assert "20261121T022357Z-local-20261121T022357Z-1f2e3d4c" == folder_name(one_of_each())
    odd = replace(one_of_each(), started_at="2026-11-21T02:23:57.123+00:00", target="../etc", run_id="a/b")
    assert "20261121T022357Z-.._etc-a_b" == folder_name(odd)


def test_latest_is_the_newest_run(runs: Path) -> None:
    latest = runs.parent / "latest"
    for run_id in ("r1", "r2"):
        folder = write(green(run_id), runs, redactor=REDACTOR).folder
        assert folder == latest.resolve()

    assert not Path(os.readlink(latest)).is_absolute()
    assert ["latest", "runs"] == sorted(path.name for path in runs.parent.iterdir())


def test_further_files_are_moved_in_summed_and_linked(runs: Path, tmp_path: Path) -> None:
    extra = tmp_path / "details.html"
    extra.write_text("details")
    given = {"details.html": extra, "locust.html": tmp_path / "locust.html"}

    written = write(one_of_each(), runs, redactor=REDACTOR, extra_files=given)

    assert written.folder is not None
    assert not extra.exists()
    assert ("locust.html",) == written.absent
    assert "details.html" in (written.folder / "sha256sums").read_text()
    assert '<a href="details.html">' in (written.folder / "report.html").read_text("utf-8")


@pytest.mark.parametrize(
    "form",
    [SECRET, quote(SECRET, safe=""), base64.b64encode(SECRET.encode()).decode(), json.dumps(SECRET)[1:-1]],
    ids=["raw", "url", "base64", "json"],
)
@pytest.mark.parametrize("where", ["extra", "body", "claim"])
def test_a_secret_in_any_output_deletes_them_all(runs: Path, tmp_path: Path, form: str, where: str) -> None:
    write(green("r1"), runs, redactor=REDACTOR)
    (tmp_path / "details.html").write_text(f"<p>{form}</p>" if where == "extra" else "")
    told = case(
        "a.py::b",
        State.FAIL,
        form if where == "claim" else "",
        exchanges=(exchange(body=form if where == "body" else ""),),
    )

    written = write(
        run([told], run_id="r2"), runs, redactor=REDACTOR, extra_files={"details.html": tmp_path / "details.html"}
    )

    assert (3, None, None) == (written.exit_status, written.folder, written.page)
    assert ("admin_key",) == written.secrets
    assert SECRET not in secret_sentence(written.secrets)
    assert ["20261121T000000Z-local-r1"] == [path.name for path in runs.iterdir()]
    assert not (runs.parent / "latest").is_symlink()


def test_where_nothing_can_be_written_that_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file, not a folder")

    with pytest.raises(EvidenceError) as caught:
        write(one_of_each(), tmp_path / "reports" / "runs", redactor=REDACTOR)

    told = str(caught.value)
    assert told.startswith(f"the evidence could not be written to {tmp_path}/reports/runs/20261121T022357Z-local-")
    assert told.endswith(": Not a directory; make room or permit writing there, and run again")


def test_a_folder_in_the_place_of_latest_is_not_touched(runs: Path) -> None:
    latest = runs.parent / "latest"
    latest.mkdir(parents=True)

    with pytest.raises(EvidenceError, match="something else is there; move it away"):
        write(one_of_each(), runs, redactor=REDACTOR)

    assert [latest] == list(runs.parent.iterdir())


def test_a_full_disk_leaves_no_half_folder(runs: Path) -> None:
    runs.mkdir(parents=True)
    command = [sys.executable, "-m", "tests.evidence.full_disk", str(runs)]

    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)

    assert "the evidence could not be written to" in told.stdout
    assert "File too large" in told.stdout
    assert [] == list(runs.iterdir())


def test_what_a_killed_run_left_is_swept_once_it_is_stale(runs: Path) -> None:
    stale, young = runs / ".unfinished-old", runs / ".unfinished-new"
    for folder in (stale, young):
        folder.mkdir(parents=True)
        (folder / "record.json").write_text("{")
    os.utime(stale, (time.time() - 7200,) * 2)

    write(one_of_each(), runs, redactor=REDACTOR)

    assert not stale.exists()
    assert young.exists()


def last_success(folder: Path | None) -> float | None:
    assert folder is not None
    return metrics.last_success((folder / "metrics.prom").read_text(), target="local", mode="gate")


def test_the_last_success_is_carried_from_run_to_run(runs: Path) -> None:
    never = write(one_of_each(), runs, redactor=REDACTOR)
    success = write(green("r2"), runs, redactor=REDACTOR)
    write(green("r3", mode="canary"), runs, redactor=REDACTOR)
    failed = write(replace(one_of_each(), started_at="2026-11-24T00:00:00Z"), runs, redactor=REDACTOR)

    assert 0.0 == last_success(never.folder)
    assert last_success(success.folder) == last_success(failed.folder) == metrics.ended_at(green("r2"))


def test_a_damaged_metrics_file_of_an_older_run_says_nothing(runs: Path) -> None:
    older = runs / "20200101T000000Z-local-x"
    older.mkdir(parents=True)
    (older / "metrics.prom").write_bytes(b"\xff{{{ broken\n")

    assert 0.0 == last_success(write(one_of_each(), runs, redactor=REDACTOR).folder)


def test_importing_the_writer_loads_no_template_engine() -> None:
    heavy = "{'jinja2', 'prometheus_client'}"
    asked = f"import sys, reports.write, reports.terminal; sys.exit(bool({heavy} & set(sys.modules)))"

    subprocess.run([sys.executable, "-c", asked], cwd=ROOT, check=True, timeout=30)


def test_a_page_that_breaks_leaves_the_record_of_a_run_that_is_no_go(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> str:
        raise KeyError(SECRET[:3])

    monkeypatch.setattr("reports.page.render", breaks)
    with pytest.raises(EvidenceError, match=r"^no page could be rendered \(KeyError\); the record of the run is /"):
        write(green("r1"), runs, redactor=REDACTOR)

    (folder,) = runs.iterdir()
    assert {"record.json", "unrendered.txt", "sha256sums"} == {path.name for path in folder.iterdir()}
    told = json.loads((folder / "record.json").read_text("utf-8"))
    assert ("INCONCLUSIVE", "the evidence could not be written", 10) == (
        told["verdict"],
        told["rule"],
        told["exit_status"],
    )
    assert folder == (runs.parent / "latest").resolve()
