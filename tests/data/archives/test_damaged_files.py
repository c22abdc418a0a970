"""A file that is not what was written when the backup was taken never passes."""

import gzip
import random

import pytest

from prodverify.data.backups.files import manifest_path, newest, opened
from prodverify.data.drill.drill import drill
from prodverify.judges import restore
from prodverify.record.states import state_of


@pytest.mark.parametrize("seed", range(12))
def test_a_flipped_bit_never_passes(copied, seed):
    content = bytearray(copied.read_bytes())
    chance = random.Random(seed)
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    copied.write_bytes(content)
    report = drill(opened(copied))

    assert report.damage
    assert state_of(restore.judge_restorability(report)) == "fail"


@pytest.mark.parametrize("seed", range(12))
def test_a_bit_flipped_in_the_compressed_rows_is_found_without_a_manifest_too(copied, seed):
    manifest_path(copied).unlink()
    content = bytearray(copied.read_bytes())
    chance = random.Random(seed)
    content[chance.randrange(10, len(content))] ^= 1 << chance.randrange(
        8
    )  # the head of gzip, 10 bytes, is not content
    copied.write_bytes(content)

    assert drill(opened(copied)).damage


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.7, 0.99, 0.99999])
@pytest.mark.parametrize("manifest", [True, False])
def test_a_file_that_was_cut_off_never_passes(copied, share, manifest):
    content = copied.read_bytes()
    copied.write_bytes(content[: int(len(content) * share)])
    if not manifest:
        manifest_path(copied).unlink()
    report = drill(opened(copied))

    assert "cut off" in report.damage or "empty" in report.damage
    assert state_of(restore.judge_restorability(report)) == "fail"


@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_a_plain_file_that_was_cut_off_never_passes(shop_taken, tmp_path, share):
    plain = tmp_path / "shop_backup_20260101_000000.sql"
    script = gzip.decompress(shop_taken.path.read_bytes())
    plain.write_bytes(script[: int(len(script) * share)])

    assert drill(newest(tmp_path)).damage == "it is cut off: it does not end with 'PostgreSQL database dump complete'"
