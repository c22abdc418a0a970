"""`python -m prodverify drill` restores a backup, says what came of it, and leaves nothing however it ends."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import pytest

from prodverify.data.account import unprivileged
from prodverify.data.backups.files import manifest_path
from prodverify.data.cache import Cache
from prodverify.data.drill import history
from prodverify.data.sweep import sweep
from prodverify.wire import clock
from tests.data.drill.judged import END, rewrite

ROOT = Path(__file__).parents[3]
PERMIT = "[permits]\nrestores = true\n"
BACKUPS = """
[backups]
directory = "kept"
key_tables = ["workspaces"]
rto_seconds = 60.0
[[backups.drill.queries]]
name = "forty"
sql = "SELECT count(*) FROM workspaces"
expect = 40
"""
MIGRATIONS = """
[[migrations]]
name = "told"
manifest = "heads"
[[migrations]]
tool = "detect"
heads = ["0008"]
[[migrations]]
name = "asked"
code_path = "/heads"
"""


@pytest.fixture
def target(tmp_path, copied):
    """A target file beside a folder of one backup."""
    kept = tmp_path / "kept"
    kept.mkdir()
    for path in (copied, manifest_path(copied)):
        shutil.move(path, kept)

    def write(sections):
        path = tmp_path / "shop.toml"
        path.write_text(f'version = 1\nname = "shop"\nbase_url = "https://shop.example"\n{sections}')
        return path

    return write


@pytest.fixture
def kept(tmp_path, copied, target):
    return tmp_path / "kept" / copied.name


def started(*arguments, folder):
    return subprocess.Popen(
        [sys.executable, "-m", "prodverify", "drill", *map(str, arguments)],
        cwd=ROOT, env={**os.environ, "PRODVERIFY_REPORTS": str(folder)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def drill(*arguments, folder):
    with started(*arguments, folder=folder) as process:
        out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def arguments_of(pid):
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    return []


def serving(owner):
    """The folder of the server that a drill of this process has started and that accepts connections; else None."""
    every = {path.name: arguments_of(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()}
    keepers = {pid for pid, said in every.items() if str(owner) in said and "prodverify.data.keeper" in " ".join(said)}
    for pid, said in every.items():
        with suppress(OSError, IndexError):
            parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]
            if parent in keepers and "-D" in said:
                data = Path(said[said.index("-D") + 1])
                if "ready" in (data / "postmaster.pid").read_text():
                    return data.parent
    return None


def test_a_sound_backup_keeps_every_promise(target, tmp_path, kept):
    status, out, err = drill("--target", target(PERMIT + BACKUPS), folder=tmp_path)

    assert (0, "") == (status, err)
    assert out.startswith(f"{kept.name}  plain + gzip, ")
    assert out.endswith("The backup keeps every promise.\n")
    assert "  pass         query forty\n" in out
    assert "a lower bound: fsync off" in out
    assert "the drills before" not in out
    assert 1 == len((tmp_path / "runs" / "drills" / "shop.jsonl").read_text().splitlines())


def noted_fast(path):
    """Notes three drills that took less than no time, so that any other is slower by more than a busy machine is."""
    entry = history.Entry("2026-01-01T00:00:00+00:00", "shop", 1, 1.0, "18", recovery=-1.0, stages={})
    path.parent.mkdir(parents=True)
    path.write_text(f"{json.dumps(asdict(entry))}\n" * 3)


def test_a_drill_that_is_slower_than_those_before_is_told(target, tmp_path, kept):
    noted_fast(tmp_path / "runs" / "drills" / "shop.jsonl")
    path = target(PERMIT + BACKUPS.replace("[[b", "[backups.drill]\nslower_percent = 50.0\n[[b"))
    _, out, _ = drill("--target", path, folder=tmp_path)

    assert "  warn         the drills before\n      restore-slower: expected at most 50 % slower than -1.00 s" in out


def test_a_backup_of_another_name_is_told(target, tmp_path, kept):
    for path in kept.parent.glob("shop_*"):
        path.rename(path.with_name(path.name.replace("shop_", "other_")))
    _, out, _ = drill("--target", target(PERMIT + BACKUPS), folder=tmp_path)

    assert "  warn         name\n      backups-of-another-name: expected backups called shop, as the target is" in out


def test_a_backup_that_breaks_a_promise_is_told_with_what_to_do(target, tmp_path, kept):
    rewrite(kept, b"workspace 7\n", b"workspace seven\n")
    status, out, _ = drill("--target", target(PERMIT + BACKUPS), "--backup", kept.name, folder=tmp_path)

    assert 1 == status
    assert "  fail         content, automatic\n      restore-content-differs: expected the content of workspaces" in out
    assert out.endswith("The backup breaks a promise.\n")
    assert "workspace seven" not in out


def test_the_code_is_told_from_wherever_the_target_says(target, tmp_path, kept):
    (tmp_path / "heads").write_text("0007\n")
    status, out, _ = drill("--target", target(PERMIT + BACKUPS + MIGRATIONS), folder=tmp_path)

    assert 1 == status
    assert "  pass         migrations, told\n" in out
    assert "  fail         migrations, detect\n      migrations-unknown-revision: expected head 0008" in out
    assert "  inconclusive migrations, asked\n" in out
    assert "run checks/test_drill.py or checks/test_recovery.py, which ask it" in out


@pytest.mark.proof
def test_a_damaged_file_is_told(target, tmp_path, kept):
    kept.write_bytes(kept.read_bytes()[:-100])
    status, out, _ = drill("--target", target(PERMIT + BACKUPS), folder=tmp_path)

    assert 1 == status
    assert "backup-damaged" in out


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        pytest.param(
            "",
            "it has no [backups], so there is nothing to drill; add one with its directory.",
            marks=pytest.mark.proof,
        ),
        (BACKUPS, "it does not permit a drill; add restores = true to [permits]."),
    ],
)
def test_what_is_not_declared_or_permitted_is_told(target, tmp_path, sections, said):
    status, out, err = drill("--target", target(sections), folder=tmp_path)

    assert (1, "") == (status, out)
    assert err.endswith(f"{said}\n")


def test_a_backup_that_is_not_there_is_inconclusive(target, tmp_path):
    status, out, err = drill("--target", target(PERMIT + BACKUPS), "--backup", "other.sql.gz", folder=tmp_path)

    assert (10, "") == (status, out)
    assert err.startswith("INCONCLUSIVE: a backup other.sql.gz in ")


@pytest.mark.skipif(sys.platform != "linux", reason="the server is found in /proc")
@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGINT, marks=pytest.mark.proof),
        pytest.param(signal.SIGTERM, marks=pytest.mark.proof),
        signal.SIGKILL,
    ],
)
def test_nothing_is_left_of_a_drill_that_is_ended(target, tmp_path, kept, number):
    kept.write_bytes(gzip.compress(gzip.decompress(kept.read_bytes()).replace(END, b"SELECT pg_sleep(60);\n" + END)))
    manifest_path(kept).unlink()
    with started("--target", target(PERMIT + BACKUPS), folder=tmp_path) as process:
        folder = clock.poll(lambda: serving(process.pid), within_seconds=30.0, what="the drill's server ran")
        process.send_signal(number)
        _, err = process.communicate(timeout=30)

    assert process.returncode == (-signal.SIGKILL if number is signal.SIGKILL else 130)
    assert "Traceback" not in err
    sweep(Cache.locate(unprivileged()).ledgers)
    clock.poll(lambda: None if folder.exists() else True, within_seconds=15.0, what="its folder was removed")
