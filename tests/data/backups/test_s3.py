"""Backups in storage that speaks S3: listed, fetched whole, published whole or not at all."""

import hashlib
import os
import socket
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fixtures.backups import schemes_before
from fixtures.data import Found
from prodverify.data.backups import s3_reading
from prodverify.data.backups.manifest import Manifest
from prodverify.data.backups.names import Naming
from prodverify.data.backups.place import NameTaken
from prodverify.data.backups.places import NoBackup, Stored, named, newest
from prodverify.data.backups.s3 import Bucket
from prodverify.record.findings import Unjudged
from tests.data.backups.conftest import Secrets

OLD, NEW = "2026-01-30/app_backup_20260130_090000.sql.gz", "2026-01-31/app_backup_20260131_090000.sql.gz"
AT = datetime(2026, 1, 31, 9, 0, 0, tzinfo=UTC)


def opened(declared, **changes):
    return Bucket.opened(declared.model_copy(update=changes), Secrets(), Naming())


def refusal(place):
    with pytest.raises(Unjudged) as caught:
        place.backups()
    assert (caught.value.finding.severity, caught.value.finding.rule) == ("inconclusive", "backups-unreadable")
    return caught.value.finding


def test_backups_are_listed_the_newest_first_by_their_names(bucket, put):
    for name in (OLD, NEW, NEW.replace(".sql.gz", ".manifest.json"), "notes.txt", ".unfinished-a/x/" + OLD):
        put(name)

    assert [(NEW, AT, 7, True), (OLD, AT.replace(day=30), 7, False)] == [
        (each.name, each.taken_at, each.size_bytes, each.has_manifest) for each in bucket.backups()
    ]
    assert newest(bucket).name == named(bucket, NEW.rpartition("/")[2]).name == NEW


def test_more_keys_than_one_answer_holds_are_all_listed(bucket, put, altered):
    for number in range(7):
        put(f"db-{number}.dump")
    altered("provide-client-params.s3.ListObjectsV2", lambda params, **_: {**params, "MaxKeys": 3})

    assert len(replace(bucket, naming=Naming("db-*.dump")).backups()) == 7


def test_an_empty_bucket_has_no_backup(bucket):
    with pytest.raises(NoBackup, match=r"NAME_backup_YYYYMMDD_HHMMSS\.sql\.gz in s3://bucket-"):
        newest(bucket)


def test_what_is_fetched_is_what_was_stored(bucket, put, tmp_path):
    content = os.urandom(3 << 20)
    put(NEW, content)
    backup = bucket.fetch(newest(bucket), tmp_path)

    assert backup.path.read_bytes() == content
    assert (backup.taken_at, backup.manifest, backup.complaint) == (AT, None, "")
    assert backup.path.stat().st_mode & 0o777 == 0o600


def test_an_object_of_several_parts_is_fetched_whole(bucket, asked, declared, tmp_path):
    key, parts = f"nightly/{NEW}", [os.urandom(5 << 20), b"the end"]
    upload = asked.create_multipart_upload(Bucket=declared.bucket, Key=key)["UploadId"]
    told = [
        asked.upload_part(Bucket=declared.bucket, Key=key, UploadId=upload, PartNumber=number, Body=part)["ETag"]
        for number, part in enumerate(parts, 1)
    ]
    asked.complete_multipart_upload(
        Bucket=declared.bucket, Key=key, UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(told, 1)]},
    )  # fmt: skip

    assert bucket.fetch(newest(bucket), tmp_path).path.read_bytes() == b"".join(parts)


def test_a_directory_is_one_backup(bucket, put, tmp_path):
    name = "2026-01-31/app_backup_20260131_090000.dir"
    for file in ("toc.dat", "3001.dat.gz"):
        put(f"{name}/{file}", file.encode())
    put("2026-01-30/app_backup_20260130_090000.dir/3001.dat.gz")  # without its table of contents: no backup
    (stored,) = bucket.backups()
    fetched = bucket.fetch(stored, tmp_path).path

    assert (stored.name, stored.size_bytes) == (name, 18)
    assert {"toc.dat": b"toc.dat", "3001.dat.gz": b"3001.dat.gz"} == {p.name: p.read_bytes() for p in fetched.iterdir()}


def test_a_name_without_a_date_is_dated_by_its_manifest(bucket, put, shop_taken):
    values = shop_taken.manifest.as_dict()
    values["dump"]["file"] = "latest.sql.gz"
    put("latest.sql.gz", shop_taken.path.read_bytes())
    put("latest.manifest.json", Manifest.from_dict(values).as_text().encode())
    (stored,) = replace(bucket, naming=Naming("latest.sql.gz")).backups()

    assert (stored.taken_at, stored.has_manifest) == (Manifest.from_dict(values).taken_at, True)


def test_a_published_backup_is_a_backup_and_nothing_else_is_left(bucket, keys, tmp_path, shop_taken):
    draft = tmp_path / "draft"
    draft.write_bytes(b"content" * 1_300_000)  # in parts
    bucket.publish(draft, NEW, shop_taken.manifest.as_text())

    assert keys() == [f"nightly/{NEW.replace('.sql.gz', '.manifest.json')}", f"nightly/{NEW}"]
    assert bucket.fetch(newest(bucket), tmp_path).path.stat().st_size == 9_100_000


def test_a_published_directory_is_one_backup(bucket, keys, tmp_path):
    draft = tmp_path / "draft"
    draft.mkdir()
    for file in ("toc.dat", "3001.dat.gz"):
        (draft / file).write_bytes(b"content")
    bucket.publish(draft, "app_backup_20260131_090000.dir", "{}")
    (stored,) = bucket.backups()

    assert (stored.name, stored.size_bytes, stored.has_manifest) == ("app_backup_20260131_090000.dir", 14, True)
    bucket.remove(stored)
    assert keys() == []


@pytest.mark.parametrize("there", [NEW, NEW.replace(".sql.gz", ".manifest.json")])
def test_nothing_is_overwritten(bucket, put, keys, tmp_path, there):
    put(there, b"of somebody else")
    draft = tmp_path / "draft"
    draft.write_bytes(b"content")

    with pytest.raises(NameTaken, match="is there already, and nothing is overwritten"):
        bucket.publish(draft, NEW, "{}")
    assert keys() == [f"nightly/{there}"]


def test_nothing_but_reading_leaves_this_machine_by_itself(bucket, declared, put, keys):
    put(NEW)
    with pytest.raises(AssertionError, match="DELETE while storage is only read"):
        bucket.client._asked.delete_object(Bucket=declared.bucket, Key=f"nightly/{NEW}")

    assert keys() == [f"nightly/{NEW}"]


def test_a_removed_backup_is_gone_with_its_manifest_and_no_other(bucket, put, keys):
    for name in (OLD, NEW, NEW.replace(".sql.gz", ".manifest.json")):
        put(name)
    bucket.remove(newest(bucket))

    assert keys() == [f"nightly/{OLD}"]


def test_a_bucket_that_is_not_there_is_no_verdict(declared):
    assert refusal(opened(declared, bucket="no-such-bucket")).observed == "404 NoSuchBucket"


def test_a_host_that_is_dead_is_no_verdict(declared):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    finding = refusal(opened(declared, endpoint=f"http://127.0.0.1:{port}", timeout_seconds=0.2))

    assert "EndpointConnectionError" in finding.observed
    assert finding.next_step.startswith("check endpoint in [backups.s3]")


def test_a_host_that_never_answers_is_no_verdict(declared, monkeypatch):
    monkeypatch.setattr("prodverify.data.backups.s3_client._TRIES", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        finding = refusal(opened(declared, endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_seconds=0.2))

    assert "ReadTimeoutError" in finding.observed


def test_without_credentials_there_is_no_verdict(declared, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)

    assert refusal(opened(declared, access_key_id=None, secret_access_key=None)).observed == "no credentials"


@pytest.mark.parametrize(("code", "step"), [("AccessDenied", "let the key list"), ("SlowDown", "check endpoint")])
def test_a_refusal_says_what_to_do(bucket, refused, code, step):
    refused("ListObjectsV2", code)
    finding = refusal(bucket)

    assert finding.observed == f"403 {code}"
    assert finding.next_step.startswith(step)


def test_a_backup_that_was_removed_meanwhile_is_no_verdict(bucket, tmp_path):
    with pytest.raises(Unjudged, match="is there no longer"):
        bucket.fetch(Stored(NEW, AT, 7, False), tmp_path)


def test_a_backup_that_is_removed_while_it_is_fetched_is_no_verdict(bucket, put, tmp_path, refused):
    put(NEW)
    stored = newest(bucket)
    refused("GetObject", "NoSuchKey")

    with pytest.raises(Unjudged, match="is there no longer"):
        bucket.fetch(stored, tmp_path)


def test_bytes_that_are_not_those_of_the_etag_are_no_verdict(bucket, put, tmp_path, monkeypatch):
    put(NEW)
    monkeypatch.setattr(s3_reading.hashlib, "md5", lambda **_: hashlib.sha256(b"other"))

    with pytest.raises(Unjudged, match="bytes of another MD5 than its ETag says"):
        bucket.fetch(newest(bucket), tmp_path)


def test_no_room_for_a_backup_is_no_verdict(bucket, put, tmp_path, monkeypatch):
    put(NEW)
    monkeypatch.setattr(s3_reading, "_SPARE_BYTES", 1 << 60)

    with pytest.raises(Unjudged, match="room for the backup in"):
        bucket.fetch(newest(bucket), tmp_path)


def test_what_the_storage_does_by_itself_is_told(bucket, asked, declared, put):
    put(NEW, ServerSideEncryption="AES256")
    put(f"{NEW}.sha256", b"AB" * 32 + b"  " + NEW.encode())
    asked.put_bucket_versioning(Bucket=declared.bucket, VersioningConfiguration={"Status": "Enabled"})
    stored = newest(bucket)

    assert bucket.protection(stored) == {"versioning": "Enabled", "encryption": "AES256"}
    assert (bucket.open_to(stored), bucket.checksum(stored)) == ((), "ab" * 32)


def test_what_is_gone_meanwhile_or_archived_is_not_taken_for_a_plain_file(bucket, put, asked, declared):
    names = [f"app_backup_2026013{day}_090000.dump" for day in (1, 0)] + ["app_backup_20260129_090000.dump"]
    for name, tier in zip(names, ("STANDARD", "STANDARD", "GLACIER"), strict=True):
        put(name, b"age-encryption.org/v1\n", StorageClass=tier)
    listed = bucket.backups()
    found = Found(bucket, listed[0], listed, bucket.manifest(listed[0]), AT, 0.0)
    before = schemes_before(found)
    asked.delete_object(Bucket=declared.bucket, Key=f"nightly/{names[1]}")
    later = schemes_before(found)

    assert ({names[1]: "age"}, {}) == (before.seen, later.seen)
    assert [names[2]] == list(before.refused) == list(later.refused)
    assert later.refused[names[2]].next_step.startswith("bring the backup back from the archive tier")


def test_the_first_bytes_of_a_backup_are_read(bucket, put):
    stem = "app_backup_20260131_090000"
    put(f"{stem}.dump", b"PGDMP and more")
    put(f"{stem}.dir/toc.dat")

    assert {".dump": b"PGDMP", ".dir": b""} == {
        stored.name.removeprefix(stem): bucket.beginning(stored, 5) for stored in bucket.backups()
    }
