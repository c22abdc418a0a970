"""What is told of a drill: where it is while it runs, and how long the ones before took."""

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from prodverify.data.catalog.contents import Contents, Structure
from prodverify.data.drill import history
from prodverify.data.drill.progress import Noted, Progress, Teller, read
from prodverify.data.drill.report import DrillReport
from prodverify.data.drill.stages import NAMES, Clock, Stages
from prodverify.wire import clock

THEN = datetime(2026, 1, 1, tzinfo=UTC)
REPORT = DrillReport(
    "a.sql.gz", THEN, THEN, None, 5, stages=Stages(restore=2.5), restored=Contents({}, Structure(), 150018, None)
)


def at(stage, detail="", seconds=0.0):
    return Progress(stage, detail, 0.0, 0.0, dict.fromkeys(NAMES, 1.0)).share(seconds)


def test_the_share_grows_from_stage_to_stage_and_never_is_whole():
    shares = [at(name, seconds=99.0) for name in NAMES]

    assert sorted(shares) == shares
    assert 0.0 == at("fetch")
    assert at("fetch", seconds=0.5) == pytest.approx(0.5 / len(NAMES))
    assert at("restore", "3 of 4 MiB") == pytest.approx(4.75 / len(NAMES))
    assert at("cleanup", "9 of 9") <= 0.99
    assert 0.0 == at("no such stage")
    assert at("restore", "0 of 0 MiB") == pytest.approx(4 / len(NAMES))


def test_the_share_grows_in_the_order_in_which_the_stages_come():
    watcher = Noted(usual={"fetch": 1.0, "provision": 1.0, "total": 2.0}, order=("provision", "fetch"))
    shares = []
    for stage in ("provision", "fetch"):
        watcher(stage, "0 of 2")
        shares.append(watcher.now().share(watcher.now().began))

    assert [0.0, 0.5] == shares


def test_a_line_says_stage_detail_time_and_share():
    progress = Progress("first_query", "3 of 4", 10.0, 12.0, dict.fromkeys(NAMES, 1.0))

    assert "drill: first query, 3 of 4, 5 s so far, about 56% done" == progress.line(15.0)
    assert progress.bar(15.0).startswith("[##############..........] drill:")


def test_another_process_reads_where_the_drill_is(tmp_path):
    file = tmp_path / "drill.progress"
    watcher = Noted(file)
    watched = Clock(watcher)
    with watched.stage("restore") as progress:
        progress("1 of 2")
        seen = read(file)

    assert "restore" == seen.stage
    assert "1 of 2" == watcher.now().detail
    watcher.over()
    assert (None, None, []) == (watcher.now(), read(file), list(tmp_path.iterdir()))


@pytest.mark.parametrize("text", ["", "[]", "{", '{"stage": 1}', "null"])
def test_a_file_that_says_nothing_is_no_drill(tmp_path, text):
    file = tmp_path / "drill.progress"
    file.write_text(text)

    assert read(file) is None


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("stream", "begins"), [(io.StringIO(), "\ndrill: restore"), (Terminal(), "\r[#")])
def test_a_drill_is_told_while_it_runs(stream, begins):
    now = clock.monotonic() - 20.0
    teller = Teller(lambda: Progress("restore", "", now, now), stream, every_seconds=0.05).start()
    clock.poll(lambda: stream.getvalue() or None, within_seconds=10.0, what="something was told")
    teller.stop()

    assert stream.getvalue().startswith(begins)
    assert stream.getvalue().endswith("\r" if stream.isatty() else "done\n")


def test_nothing_is_told_where_no_drill_runs():
    stream = io.StringIO()
    teller = Teller(lambda: None, stream, every_seconds=0.01).start()
    teller.stop()

    assert "" == stream.getvalue()


def test_a_listener_that_has_gone_ends_the_telling_and_nothing_else():
    stream = io.StringIO()
    stream.close()
    gone = Terminal()
    teller = Teller(lambda: Progress("restore", "", 0.0, 0.0), gone)
    gone.close()
    teller.start().stop()


def test_drills_are_noted_in_order_and_read_again(tmp_path):
    path = history.path_in(tmp_path, "shop")

    assert () == history.note(path, REPORT)
    (first,) = history.note(path, replace(REPORT, file="b.sql.gz"))
    assert ["a.sql.gz", "b.sql.gz"] == [entry.file for entry in history.read(path)]
    assert (2.5, 2.5, 5) == (first.recovery, first.stages["restore"], first.size_bytes)
    assert path == tmp_path / "runs" / "drills" / "shop.jsonl"


def test_a_drill_that_restored_nothing_is_not_noted(tmp_path):
    path = history.path_in(tmp_path, "shop")
    history.note(path, replace(REPORT, restored=None))

    assert () == history.read(path)


def test_as_many_drills_are_kept_as_are_needed(tmp_path, monkeypatch):
    monkeypatch.setattr(history, "KEPT", 3)
    path = history.path_in(tmp_path, "shop")
    for name in "abcde":
        history.note(path, replace(REPORT, file=name))

    assert ["c", "d", "e"] == [entry.file for entry in history.read(path)]


def test_lines_that_are_none_are_passed_over(tmp_path):
    path = history.path_in(tmp_path, "shop")
    history.note(path, REPORT)
    path.write_text(f'nonsense\n{{"at": 1}}\n[]\n{path.read_text()}{{"stages": []}}\n')

    assert ["a.sql.gz"] == [entry.file for entry in history.read(path)]
