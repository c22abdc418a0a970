"""A physical copy is recovered to the moment that is wanted, or it is told why not."""

import gzip
import shutil
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest

from prodverify.data.cluster import ClusterError
from prodverify.data.drill.refusing import unjudged
from prodverify.data.drill.wishes import Question
from prodverify.data.recovery import copies, copying
from prodverify.data.recovery.copies import examine
from prodverify.data.recovery.packing import DamagedCopy
from prodverify.data.recovery.recovery import ORDER, Wishes, recover
from prodverify.data.recovery.server import Recovering
from prodverify.data.recovery.source import PARTS, FolderSource
from prodverify.judges import recovery, restored_structure
from prodverify.record.findings import Unjudged
from prodverify.record.states import state_of

WISHES = Wishes("postgres", amcheck=False)


def rows(report):
    return report.drill.restored.tables["t"].rows


def state(report):
    return str(state_of([*recovery.judge_copy(report), *recovery.judge_recovery(report)]))


@pytest.fixture
def left(monkeypatch):
    """Every private folder that was made and is still there."""
    made, begin = [], Recovering.begin.__func__

    def noted(cls, *given, **named):
        made.append(begin(cls, *given, **named))
        return made[-1]

    monkeypatch.setattr(Recovering, "begin", classmethod(noted))
    return lambda: [each.server.place for each in made if each.server.place.exists()]


@pytest.mark.parametrize("name", ["plain", "packed"])
def test_a_copy_comes_back_at_each_moment(archiving, left, name):
    copy = examine(archiving.folder / name)
    alone = recover(FolderSource(copy, None), WISHES)
    whole = recover(FolderSource(copy, archiving.wal), WISHES)
    between = recover(FolderSource(copy, archiving.wal), Wishes("postgres", until=archiving.moment))

    assert [100, 0, 101] == [rows(alone), rows(whole), rows(between)]
    assert ["pass"] * 3 == [state(report) for report in (alone, whole, between)]
    assert alone.reached is None
    assert copy.taken_at <= between.reached < archiving.moment < whole.reached
    assert between.drill.integrity.unavailable == "" or between.drill.integrity.unavailable.startswith(
        "this PostgreSQL"
    )
    assert all(report.verified for report in (alone, whole, between))
    assert "pass" == str(state_of(restored_structure.judge(whole.drill)))
    assert [] == left()


def test_wal_that_ends_before_the_wanted_moment_is_a_failure(archiving, left):
    source = FolderSource(examine(archiving.folder / "plain"), archiving.wal)
    report = recover(source, Wishes("postgres", until=archiving.moment + timedelta(days=1)))

    assert "before configured recovery target was reached" in report.drill.refusal
    assert "fail" == state(report)
    assert "inconclusive" == str(state_of(recovery.judge_recovery_time(report, 60.0)))
    assert [] == left()


def test_packed_wal_is_unpacked_on_its_way(archiving, own):
    for path in (own / "wal").iterdir():
        if len(path.name) == 24:
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
            path.unlink()

    assert 0 == rows(recover(FolderSource(examine(own / "base"), own / "wal"), WISHES))


def test_a_gap_in_the_archive_is_named(own):
    copy = examine(own / "base")
    (own / "wal" / copy.first_segment).unlink()
    report = recover(FolderSource(copy, own / "wal"), WISHES)

    assert copy.first_segment == report.missing
    assert ["recovery-point", "recovery-wal-missing"] == [finding.rule for finding in recovery.judge_recovery(report)]


def test_a_flipped_bit_is_found_before_anything_runs(own, left):
    path = next(each for each in sorted((own / "base" / "global").iterdir()) if each.stat().st_size >= 8192)
    content = bytearray(path.read_bytes())
    content[4000] ^= 1
    path.write_bytes(content)
    report = recover(FolderSource(examine(own / "base"), None), WISHES)

    assert path.name in report.drill.damage
    assert report.drill.restored is None
    assert "fail" == str(state_of(recovery.judge_copy(report)))
    assert [] == left()


def test_a_copy_without_manifest_is_recovered_with_a_warning(own):
    (own / "base" / copies.MANIFEST).unlink()
    label = (own / "base" / copies.LABEL).read_text()
    assert "UTC" in label
    report = recover(FolderSource(examine(own / "base"), None), WISHES)

    assert 100 == rows(report)
    assert "warn" == str(state_of(recovery.judge_copy(report)))


def test_a_packed_copy_that_is_cut_off_is_damaged(archiving, tmp_path, left):
    shutil.copytree(archiving.folder / "packed", tmp_path / "base")
    path = tmp_path / "base" / "base.tar.gz"
    path.write_bytes(path.read_bytes()[:-5000])
    report = recover(FolderSource(examine(tmp_path / "base"), None), WISHES)

    assert "cut off" in report.drill.damage
    assert [] == left()


def test_nothing_of_the_copys_own_configuration_is_used(own, tmp_path):
    witness = tmp_path / "ran"
    for name in ("postgresql.conf", "postgresql.auto.conf"):
        settings = {"archive_command": f"touch {witness}", "listen_addresses": "*", "shared_preload_libraries": "none"}
        (own / "base" / name).write_text("".join(f"{key} = '{value}'\n" for key, value in settings.items()))
    (own / "base" / "recovery.signal").touch()
    (own / "base" / copies.MANIFEST).unlink()
    report = recover(FolderSource(examine(own / "base"), own / "wal"), WISHES)

    assert 0 == rows(report)
    assert not witness.exists()


@pytest.mark.parametrize("work", [Recovering.verify, lambda here, left: here.run(None, left)])
def test_what_takes_longer_than_is_left_is_ended(archiving, beginning, work):
    given = iter([0.1])

    def left():
        if (seconds := next(given, None)) is None:
            raise unjudged("a recovery within its time", "it was still going on")
        return seconds

    here = beginning("exec sleep 60", "pg_verifybackup", "pg_waldump")
    (here.server.binaries.folder / "pg_controldata").symlink_to("/bin/true")
    copying.copy(archiving.folder / "plain", here.data, lambda _: None)
    with pytest.raises(Unjudged, match="still going on"):
        work(here, left)


def examined(here):
    here.data.mkdir()
    return here.verify(lambda: 60.0)


def combined(here):
    (here.server.place / PARTS / "0000").mkdir(parents=True)
    here.combine(lambda: 60.0)


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("kill -9 $$", "was ended by signal 9"),
        ("exit 1", "status 1"),
        ("echo 'Killed by nobody'; exit 1", "Killed by nobody"),
        ("echo 'pg_x: error: could not write file \"x\": Disk quota exceeded'; exit 1", "Disk quota exceeded"),
        ("echo 'pg_x: fatal: could not read file \"x\": Input/output error'; exit 1", "Input/output error"),
        ("echo 'pg_x: error: could not open file \"x\": Too many open files'; exit 1", "Too many open files"),
    ],
)
@pytest.mark.parametrize("work", [examined, combined])
def test_what_this_machine_lacks_is_no_verdict_on_the_copy(beginning, work, script, why):
    here = beginning(script, "pg_verifybackup", "pg_combinebackup")
    with pytest.raises(ClusterError, match=why):
        work(here)


@pytest.mark.parametrize("word", ["error", "fatal"])
def test_what_is_wrong_with_the_copy_is_one_whatever_postgresql_calls_it(beginning, word):
    here = beginning(f"echo 'pg_x: {word}: manifest checksum mismatch'; exit 1", "pg_verifybackup", "pg_combinebackup")

    assert "manifest checksum mismatch" == examined(here)
    with pytest.raises(DamagedCopy, match="not one copy: manifest checksum mismatch"):
        combined(here)


def test_the_deadline_is_without_what_nobody_waits_for(archiving, monkeypatch):
    passed = [0.0]
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + passed[0])
    monkeypatch.setattr("prodverify.data.recovery.recovery.time", clock)

    class Kept(FolderSource):
        def verify(self):
            passed[0] += 2 * WISHES.deadline_seconds
            return ""

    assert 100 == rows(recover(Kept(examine(archiving.folder / "plain"), None), WISHES))


@pytest.mark.parametrize("name", ["plain", "packed"])
def test_the_deadline_is_of_the_whole_recovery(archiving, left, name):
    source = FolderSource(examine(archiving.folder / name), archiving.wal)
    with pytest.raises(Unjudged, match="within 1e-09 s") as caught:
        recover(source, Wishes("postgres", deadline_seconds=1e-9))

    assert "deadline_seconds in [recovery]" in caught.value.finding.next_step
    assert [] == left()


@pytest.mark.parametrize(("major", "why"), [(99, "of version 99 are needed"), (11, "PostgreSQL 12 or newer")])
def test_another_major_is_no_verdict_on_the_copy(own, major, why):
    (own / "base" / "PG_VERSION").write_text(f"{major}\n")
    (own / "base" / copies.MANIFEST).unlink()
    with pytest.raises(Unjudged, match=why) as caught:
        recover(FolderSource(examine(own / "base"), None), WISHES)

    assert caught.value.finding.next_step


def test_queries_and_heads_are_read_where_recovery_stopped(archiving):
    def fails(connection):
        return connection.execute("SELECT * FROM alembic_version")

    wishes = Wishes(
        "postgres",
        until=archiving.moment,
        amcheck=False,
        questions=(
            Question("rows", "SELECT count(*) FROM t", expect="101"),
            Question("now", "SELECT pg_last_committed_xact()"),
        ),
        readers={"rows": lambda connection: connection.execute("SELECT max(a) FROM t").fetchone(), "none": fails},
    )
    drill = recover(FolderSource(examine(archiving.folder / "plain"), archiving.wal), wishes).drill

    assert [True, None] == [answer.equal for answer in drill.answers]
    assert "commit timestamp" in drill.answer("now").refused
    assert (101,) == drill.watched["rows"]
    assert isinstance(drill.watched["none"], Unjudged)


def test_whoever_watches_is_told_each_stage_and_how_far_it_is(archiving):
    told = []
    source = FolderSource(examine(archiving.folder / "plain"), archiving.wal)
    recover(source, WISHES, watcher=lambda stage, detail="": told.append((stage, detail)))
    stages = list(dict.fromkeys(stage for stage, _ in told))
    assert [name for name in ORDER if name in stages] == stages
    details = [detail for stage, detail in told if stage == "fetch"]

    assert ["provision", "fetch", "compare", "examine", "restore", "first_query", "contents"] == stages[:7]
    count = sum(path.name >= source.first_segment for path in archiving.wal.glob("?" * 24))
    assert f"{count} of {count} files of WAL" == details[-1]
    assert any(detail.endswith("MiB") for detail in details)


def test_wal_needs_room_too(archiving, own):
    copy = examine(own / "base")
    alone, with_wal = FolderSource(copy, None).needed_bytes, FolderSource(copy, own / "wal").needed_bytes
    segments = [path for path in (own / "wal").iterdir() if path.name >= copy.first_segment and len(path.name) == 24]

    assert with_wal - alone == sum(path.stat().st_size for path in segments)
    gzip_size = 0
    for path in segments:
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
        gzip_size += 16 << 20  # nothing tells that these are smaller than usual
    assert FolderSource(copy, own / "wal").needed_bytes - alone == gzip_size


def test_the_manifest_says_what_a_packed_copy_becomes(archiving):
    plain, packed = (FolderSource(examine(archiving.folder / name), None).needed_bytes for name in ("plain", "packed"))

    assert 0.9 * plain < packed < 1.1 * plain


def test_text_that_sorts_otherwise_here_is_told(archiving):
    if not archiving.sorts:
        pytest.skip("this PostgreSQL has no collation whose version it knows")
    source = FolderSource(examine(archiving.folder / "plain"), None)

    assert "collation und-x-icu sorts by another version" in recover(source, Wishes("sorted")).collations
    assert "" == recover(source, WISHES).collations
