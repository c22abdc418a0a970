"""What an upload that did not end leaves in storage goes, then or with the next one, and nothing of a backup does."""

import pytest

from prodverify.data.backups import s3
from prodverify.record.findings import Unjudged

OLD, NEW = "2026-01-30/app_backup_20260130_090000.sql.gz", "2026-01-31/app_backup_20260131_090000.sql.gz"


@pytest.mark.parametrize(("step", "calls"), [("create", 1), ("upload", 1), ("create", 2), ("copy", 1)])
def test_an_upload_that_is_interrupted_leaves_nothing(bucket, keys, tmp_path, monkeypatch, step, calls):
    done, left = getattr(bucket.client, step), [None] * calls

    def interrupted(*arguments):
        left.pop()
        if not left:
            raise KeyboardInterrupt
        return done(*arguments)

    monkeypatch.setattr(bucket.client, step, interrupted)
    draft = tmp_path / "draft"
    draft.write_bytes(b"content")

    with pytest.raises(KeyboardInterrupt):
        bucket.publish(draft, NEW, "{}")
    assert keys() == []


def test_what_killed_uploads_left_is_cleared_by_exact_key_and_id(
    bucket, asked, declared, put, keys, tmp_path, monkeypatch
):
    put(".unfinished-0123/draft")
    put("somebody-else")
    for key in ("nightly/.unfinished-0123/large", "nightly/somebody-else-large"):
        asked.create_multipart_upload(Bucket=declared.bucket, Key=key)
    draft = tmp_path / "draft"
    draft.write_bytes(b"content")
    bucket.publish(draft, OLD, "{}")
    assert "nightly/.unfinished-0123/draft" in keys()  # it may be under way

    monkeypatch.setattr(s3, "_LEFT", -s3._LEFT)
    bucket.publish(draft, NEW, "{}")
    assert [key for key in keys() if "unfinished" in key] == []
    assert "nightly/somebody-else" in keys()
    assert [each["Key"] for each in bucket.client.uploads(declared.bucket, "")] == ["nightly/somebody-else-large"]


def test_a_removal_that_is_interrupted_is_ended_by_a_later_upload(bucket, put, keys, tmp_path, monkeypatch):
    delete, left = bucket.client.delete, [None]

    def interrupted(*arguments):
        if not left:
            raise KeyboardInterrupt
        left.pop()
        delete(*arguments)

    put(OLD)
    put(OLD.replace(".sql.gz", ".manifest.json"))
    (stored,) = bucket.backups()
    with monkeypatch.context() as patched:
        patched.setattr(bucket.client, "delete", interrupted)
        with pytest.raises(KeyboardInterrupt):
            bucket.remove(stored)
    assert f"nightly/{OLD.replace('.sql.gz', '.manifest.json')}" in keys()
    assert bucket.backups() == ()

    monkeypatch.setattr(s3, "_LEFT", -s3._LEFT)
    draft = tmp_path / "draft"
    draft.write_bytes(b"content")
    bucket.publish(draft, NEW, "{}")
    assert {f"nightly/{NEW}", f"nightly/{NEW.replace('.sql.gz', '.manifest.json')}"} == set(keys())


def test_a_key_that_may_not_write_is_told_what_it_needs(bucket, refused, keys, tmp_path):
    refused("PutObject")
    draft = tmp_path / "draft"
    draft.write_bytes(b"content")

    with pytest.raises(Unjudged) as caught:
        bucket.publish(draft, NEW, "{}")
    assert "s3:PutObject" in caught.value.finding.next_step
    assert keys() == []


@pytest.mark.parametrize("operation", ["DeleteObject", "ListMultipartUploads"])
def test_a_key_that_may_not_clear_stores_all_the_same(bucket, put, refused, tmp_path, monkeypatch, operation):
    put(".unfinished-0123/draft")
    monkeypatch.setattr(s3, "_LEFT", -s3._LEFT)
    refused(operation)
    draft = tmp_path / "draft"
    draft.write_bytes(b"content")
    bucket.publish(draft, NEW, "{}")

    assert [(NEW, True)] == [(each.name, each.has_manifest) for each in bucket.backups()]


@pytest.mark.parametrize(
    "note", [b"", b"\xff", b"notes.txt", OLD.encode(), OLD.replace(".sql.gz", ".dump").encode(), b"../" + OLD.encode()]
)
def test_a_note_of_somebody_else_removes_nothing_of_a_backup(bucket, put, keys, tmp_path, monkeypatch, note):
    for name in (OLD, OLD.replace(".sql.gz", ".manifest.json"), "notes.txt"):
        put(name)
    before = keys()
    put(".unfinished-0123/underway", note)
    monkeypatch.setattr(s3, "_LEFT", -s3._LEFT)
    draft = tmp_path / "draft"
    draft.write_bytes(b"content")
    bucket.publish(draft, NEW, "{}")

    assert set(keys()) == {*before, f"nightly/{NEW}", f"nightly/{NEW.replace('.sql.gz', '.manifest.json')}"}


def test_a_backup_that_is_gone_is_not_removed_again(bucket, put, keys):
    put(f"{OLD}")
    (stored,) = bucket.backups()
    bucket.remove(stored)

    with pytest.raises(FileNotFoundError):
        bucket.remove(stored)
    assert [] == keys()
