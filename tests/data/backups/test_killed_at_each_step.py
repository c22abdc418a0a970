"""Before whatever step of storing or removing a backup we are killed, it is whole or none, and the rest is swept."""

import json
import os
import shutil
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest

from prodverify.data.backups import s3
from prodverify.data.backups.folder import Folder
from prodverify.data.backups.names import manifest_name
from tests.data.backups.conftest import KEY, KEY_ID

ROOT = Path(__file__).parents[3]
STEM = "2026-01-31/app_backup_20260131_090000"
NEXT = "2026-02-01/app_backup_20260201_090000.sql.gz"
SMALL = b"content"
LARGE = b"content" * 1_300_000  # which is uploaded in parts
FILES = {"3001.dat.gz": b"rows", "toc.dat": b"what is in it"}


@pytest.fixture(scope="module")
def victim():
    """Stores or removes a backup and is killed before a step; says whether it was."""
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("killed_at.py"))],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), "key_id": KEY_ID, "key": KEY},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip

        def kill(**asked):
            process.stdin.write(json.dumps({"s3": None, **asked}) + "\n")
            process.stdin.flush()
            status = int(process.stdout.readline())
            assert status in {0, -9}
            return status == -9

        yield kill
        process.stdin.close()


def draft_of(form, tmp_path, content):
    draft = tmp_path / f"draft{form}"
    if form == ".dir":
        draft.mkdir()
        for name, content in FILES.items():
            (draft / name).write_bytes(content)
    else:
        draft.write_bytes(content)
    return draft


def size_of(draft):
    return sum(each.stat().st_size for each in (draft.iterdir() if draft.is_dir() else [draft]))


@pytest.mark.parametrize("form", [".sql.gz", ".dir"])
@pytest.mark.parametrize("deed", ["publish", "remove"])
def test_in_a_folder(victim, tmp_path, deed, form):
    draft, name, ended = draft_of(form, tmp_path, SMALL), STEM + form, []
    size = size_of(draft)
    for step in count():
        place = Folder(tmp_path / f"place{step}")
        with place.workspace() as work:
            given = work / draft.name
            shutil.copytree(draft, given) if form == ".dir" else shutil.copy(draft, given)
            if deed == "remove":
                place.publish(given, name, "{}")
            was_killed = victim(
                deed=deed, step=step, folder=str(place.directory), draft=str(given), name=name, manifest="{}"
            )
            # as it is where the victim's own folder is not removed by anybody
            held = [(each.name, each.size_bytes, each.has_manifest) for each in place.backups()]
            if not was_killed:
                break
            shutil.copytree(work, place.directory / ".unfinished-left")
        for left in place.directory.glob(".unfinished-*"):
            os.utime(left, (0, 0))
        with place.workspace():  # as the next backup does
            pass

        expected = [] if held == [] else [name, manifest_name(name), *(f"{name}/{file}" for file in FILES)]
        there = {str(path.relative_to(place.directory)) for path in place.directory.glob("*/**/*")}
        assert there == set(expected if form == ".dir" else expected[:2]), step
        assert held in ([], [(name, size, True)]), step
        ended.append(bool(held))

    assert held == ([] if deed == "remove" else [(name, size, True)])
    assert {True, False} == {*ended, bool(held)}
    assert sorted(ended, reverse=deed == "remove") == ended


@pytest.mark.parametrize(
    ("deed", "form", "apart"),
    [
        ("publish", ".dir", 4),
        ("remove", ".sql.gz", 2),
        *(pytest.param(deed, form, 1, marks=pytest.mark.proof)
          for deed in ("publish", "remove") for form in (".sql.gz", ".dir")),
    ],
)  # fmt: skip
def test_in_storage(victim, tmp_path, declared, bucket, asked, monkeypatch, deed, form, apart):
    draft, name, ended = draft_of(form, tmp_path, LARGE if apart == 1 else SMALL), STEM + form, []
    size = size_of(draft)
    following = tmp_path / "next"
    following.write_bytes(b"next")
    told = declared.model_dump(mode="json")
    for step in count(0, apart):
        if deed == "remove":
            bucket.publish(draft, name, "{}")
        was_killed = victim(deed=deed, step=step, s3=told, draft=str(draft), name=name, manifest="{}")
        held = [(each.name, each.size_bytes, each.has_manifest) for each in bucket.backups()]
        if not was_killed:
            break
        with monkeypatch.context() as patched:
            patched.setattr(s3, "_LEFT", -s3._LEFT)
            bucket.publish(following, NEXT, "{}")

        whole = [name] if form != ".dir" else [f"{name}/{file}" for file in FILES]
        expected = {NEXT, manifest_name(NEXT), *([*whole, manifest_name(name)] if held else [])}
        keys = asked.list_objects_v2(Bucket=declared.bucket)["Contents"]
        assert {f"nightly/{each}" for each in expected} == {each["Key"] for each in keys}, step
        assert [] == bucket.client.uploads(declared.bucket, "")
        assert held in ([], [(name, size, True)]), step
        ended.append(bool(held))
        for stored in bucket.backups():
            bucket.remove(stored)

    assert held == ([] if deed == "remove" else [(name, size, True)])
    assert {True, False} == {*ended, bool(held)}
    assert sorted(ended, reverse=deed == "remove") == ended
