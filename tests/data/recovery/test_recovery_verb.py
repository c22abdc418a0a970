"""`python -m prodverify drill --recovery` brings a physical copy back, and leaves nothing however it ends."""

import signal
import sys

import pytest

from prodverify.data.account import unprivileged
from prodverify.data.cache import Cache
from prodverify.data.recovery.copies import MANIFEST
from prodverify.data.sweep import sweep
from prodverify.wire import clock
from tests.data.drill.test_drill_verb import drill, noted_fast, serving, started

PERMIT = "[permits]\nrestores = true\n"
RECOVERY = """
[recovery]
copies = "base"
wal = "wal"
database = "postgres"
key_tables = ["t"]
max_age_seconds = 3600.0
max_copy_age_seconds = 3600.0
rto_seconds = 60.0
"""
QUERY = '[[recovery.queries]]\nname = "rows"\nsql = "SELECT count(*) FROM t"\nexpect = '


@pytest.fixture
def target(own):
    def write(sections):
        path = own / "shop.toml"
        path.write_text(f'version = 1\nname = "shop"\nbase_url = "https://shop.example"\n{sections}')
        return path

    return write


def test_a_sound_copy_keeps_every_promise(own, target):
    status, out, err = drill("--recovery", "--target", target(PERMIT + RECOVERY + QUERY + "0"), folder=own)

    assert (0, "") == (status, err)
    assert out.startswith("base  physical copy, ")
    for promise in ("physical copy", "recovery", "structure", "integrity", "query rows", "RPO", "RTO"):
        assert f"  {promise}\n" in out
    assert out.endswith("The backup keeps every promise.\n")
    assert "the recoveries before" not in out
    (noted,) = own.rglob("runs/recoveries/shop.jsonl")
    assert 1 == len(noted.read_text().splitlines())


def test_a_recovery_that_is_slower_than_those_before_is_told(own, target):
    noted_fast(own / "runs" / "recoveries" / "shop.jsonl")
    slower = RECOVERY + "slower_percent = 50.0\n"
    status, out, _ = drill("--recovery", "--target", target(PERMIT + slower), folder=own)

    assert 0 == status
    assert (
        "  warn         the recoveries before\n      restore-slower: expected at most 50 % slower than -1.00 s" in out
    )


def test_a_copy_that_breaks_a_promise_is_told(own, target):
    path = target(PERMIT + RECOVERY + QUERY + "101")
    status, out, _ = drill("--recovery", "--target", path, folder=own)

    assert 1 == status
    assert "  fail         query rows\n      restore-query-differs: " in out

    (own / "base" / MANIFEST).unlink()
    (own / "base" / "backup_label").write_text("nothing\n")
    status, out, err = drill("--recovery", "--target", path, folder=own)
    assert (1, "") == (status, err)
    assert "recovery-copy-damaged: " in out


@pytest.mark.parametrize(
    ("sections", "more", "said"),
    [
        (PERMIT, (), "--recovery needs [recovery], and no --backup."),
        (PERMIT + RECOVERY, ("--backup", "x"), "--recovery needs [recovery], and no --backup."),
        (RECOVERY, (), "it does not permit a drill; add restores = true to [permits]."),
    ],
)
def test_what_is_not_declared_or_permitted_is_told(own, target, sections, more, said):
    status, out, err = drill("--recovery", "--target", target(sections), *more, folder=own)

    assert (1, "") == (status, out)
    assert err.endswith(f"{said}\n")


@pytest.mark.skipif(sys.platform != "linux", reason="the server is found in /proc")
@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGINT, marks=pytest.mark.proof),
        pytest.param(signal.SIGTERM, marks=pytest.mark.proof),
        signal.SIGKILL,
    ],
)
def test_nothing_is_left_of_a_recovery_that_is_ended(own, target, number):
    asleep = QUERY.replace("count(*) FROM t", "pg_sleep(60)") + "0"
    with started("--recovery", "--target", target(PERMIT + RECOVERY + asleep), folder=own) as process:
        folder = clock.poll(lambda: serving(process.pid), within_seconds=30.0, what="the recovered server ran")
        process.send_signal(number)
        _, err = process.communicate(timeout=30)

    assert process.returncode == (-signal.SIGKILL if number is signal.SIGKILL else 130)
    assert "Traceback" not in err
    sweep(Cache.locate(unprivileged()).ledgers)
    clock.poll(lambda: None if folder.exists() else True, within_seconds=15.0, what="its folder was removed")
