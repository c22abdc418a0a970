"""A target file alone has backups in storage verified: listed, fetched once, judged, and nothing of it left."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prodverify.data.backups.names import folder_name

ROOT = Path(__file__).parents[3]
KEY_ID, KEY = "AKIAEXAMPLEEXAMPLE00", "a-secret-key-of-nobody"  # pragma: allowlist secret
TARGET = """
version = 1
name = "ours"
base_url = "{storage}"
[permits]
restores = true
[secrets]
key_id = {{ env = "OUR_KEY_ID" }}
key = {{ env = "OUR_KEY" }}
[backups]
name = "shop"
max_age_seconds = 3600.0
min_size_percent = 50.0
retention_days = 30
encryption = "{encryption}"
[backups.s3]
bucket = "{bucket}"
prefix = "nightly"
endpoint = "{storage}"
access_key_id = "key_id"
secret_access_key = "key"
"""


@pytest.fixture
def stored(asked, declared, shop_taken):
    """The bucket's name; in it the backup of a shop."""
    for path in (shop_taken.path, shop_taken.manifest_path):
        key = f"nightly/{folder_name(shop_taken.manifest.taken_at)}/{path.name}"
        asked.put_object(Bucket=declared.bucket, Key=key, Body=path.read_bytes(), ServerSideEncryption="AES256")
    return declared.bucket


def verified(tmp_path, *asked, **words):
    """The state of each check, its findings, and what the run left in its folder for temporary files."""
    file, room, reports = (tmp_path / name for name in ("ours.toml", "room", "reports"))
    file.write_text(TARGET.format(**words))
    room.mkdir()
    environ = {"OUR_KEY_ID": KEY_ID, "OUR_KEY": KEY, "TMPDIR": str(room), "PRODVERIFY_REPORTS": str(reports)}
    command = [sys.executable, "-m", "pytest", f"--target={file}", "-p", "no:cacheprovider"]
    command += asked or ["checks/test_backups.py"]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **environ}, capture_output=True, timeout=120, check=False)
    (record,) = (path for path in reports.glob("runs/*/record.json") if not path.parent.is_symlink())
    said = record.read_text("utf-8")
    assert KEY not in said
    return {case["id"].partition("::")[2]: case for case in json.loads(said)["checks"]}, list(room.iterdir())


def test_backups_in_storage_are_verified_and_what_it_encrypts_by_itself_does_not_count(stored, storage, tmp_path):
    cases, left = verified(tmp_path, storage=storage, bucket=stored, encryption="age")
    encryption = cases.pop("test_newest_backup_is_encrypted_as_promised")

    assert {"test_schedule_is_kept": "not_run"} == {
        name: case["state"] for name, case in cases.items() if case["state"] != "pass"
    }
    assert ["backup-encrypted-by-storage", "backup-encryption-differs"] == [
        finding["rule"] for finding in encryption["findings"]
    ]
    assert (7, []) == (len(cases), left)


def test_a_backup_is_drilled_by_its_name_where_the_newest_cannot_be_fetched(stored, asked, storage, tmp_path):
    (name,) = (
        each["Key"] for each in asked.list_objects_v2(Bucket=stored)["Contents"] if each["Key"].endswith(".sql.gz")
    )
    newer = f"nightly/{datetime.now(UTC) + timedelta(minutes=1):shop_backup_%Y%m%d_%H%M%S.sql.gz}"
    asked.put_object(Bucket=stored, Key=newer, Body=b"content", StorageClass="GLACIER")
    drill = ("checks/test_drill.py::test_backup_restores", "--backup", name.removeprefix("nightly/"))
    cases, _ = verified(tmp_path, *drill, storage=storage, bucket=stored, encryption="none")

    assert "warn" == cases["test_backup_restores"]["state"]


@pytest.mark.proof
def test_a_bucket_out_of_reach_is_inconclusive_in_every_case(storage, tmp_path):
    cases, _ = verified(tmp_path, storage=storage, bucket="no-such-bucket", encryption="age")

    assert {"inconclusive", "not_run"} == {case["state"] for case in cases.values()}
