"""Each defect of a place of backups turns exactly the checks red that its fault names, and is gone once undone."""

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fixtures.backups import schemes_before, sizes_before, taken_of, whole_of
from fixtures.data import Found
from fixtures.relay.damages import places
from fixtures.relay.history import KEPT, earlier
from fixtures.relay.planted.backups import FAULTS
from prodverify.data.backups.encryption import scheme_of
from prodverify.data.backups.files import newest
from prodverify.data.backups.folder import Folder
from prodverify.data.backups.names import folder_name
from prodverify.judges import backup_files, backup_schedule, backups
from prodverify.record.states import state_of
from prodverify.target.load import load

ROOT = Path(__file__).parents[3]
PROMISED = load("local", root=ROOT, environ={}).promises.backups
NAMED = {fault.name: fault.checks for fault in FAULTS}
MODULE = "test_backups.py::"


@pytest.fixture
def place(shop_taken):
    """A place whose schedule has run for days, where all folders above but two of its own are everybody's to pass."""
    with tempfile.TemporaryDirectory(prefix="pv-place-", dir="/tmp") as above:
        Path(above).chmod(0o711)
        directory = Path(above) / "home" / "backups"
        for folder in (directory.parent, directory, day := directory / folder_name(shop_taken.manifest.taken_at)):
            folder.mkdir(mode=0o700)
        for path in (shop_taken.path, shop_taken.manifest_path):
            shutil.copy2(path, day)
        earlier(directory, newest(directory))
        yield directory


def states(directory):
    """The state of each check by its name, by what the practice target promises."""
    folder, now = Folder(directory), datetime.now(UTC)
    listed = folder.backups()
    if not listed:
        return {}
    found = Found(folder, listed[0], listed, folder.fetch(listed[0], directory), now, 0.0)
    whole, name = whole_of(found), found.stored.name
    taken = taken_of(found, whole, PROMISED.header_time_zone)
    scheme, before = scheme_of(found.backup.path), schemes_before(found)
    percent, last = PROMISED.min_size_percent, PROMISED.size_of_last
    judged = {
        "test_newest_backup_is_fresh": backups.judge_age(taken, PROMISED.max_age_seconds, now),
        "test_schedule_is_kept": backup_schedule.judge_schedule(listed, PROMISED, now),
        "test_newest_backup_has_its_usual_size": backup_files.judge_size(found.stored, found.alike, percent, last),
        "test_retention_is_kept": backup_schedule.judge_retention(listed, PROMISED, now),
        "test_newest_backup_is_whole": [
            *backup_files.judge_integrity(whole),
            *backup_files.judge_earlier_sizes(sizes_before(found)),
        ],
        "test_newest_backup_is_encrypted_as_promised": [
            *backup_files.judge_encryption(name, PROMISED.encryption, scheme, ""),
            *backup_files.judge_earlier_encryption(before, PROMISED.encryption),
        ],
        "test_newest_backup_is_private": backup_files.judge_privacy(name, found.open_to, PROMISED.private, {}),
        "test_manifest_belongs_to_its_backup": backups.judge_manifest(found.backup),
    }
    return {check: state_of(findings).value for check, findings in judged.items()}


def test_a_sound_place_passes(place):
    assert {"pass"} == set(states(place).values())
    assert 1 + KEPT == len(Folder(place).backups())


@pytest.mark.parametrize("name", sorted({*places.DAMAGES} - {"backup-missing"}))
def test_exactly_the_checks_that_a_fault_names_turn_red(place, shop, name):
    places.DAMAGES[name].deed(place, shop)
    checks = NAMED.get(name, (f"{MODULE}test_newest_backup_is_whole",))  # those that the drill's faults name as well
    named = {check.removeprefix(MODULE) for check in checks if check.startswith(MODULE)}

    assert named == {check for check, state in states(place).items() if state not in {"pass", "warn"}}


def test_what_was_undone_leaves_an_empty_folder_for_nobody_else(place, shop):
    places.DAMAGES["backup-open"].deed(place, shop)
    places.undo(place)

    assert [] == list(place.iterdir())
    assert [0o700, 0o700] == [folder.stat().st_mode & 0o777 for folder in (place, place.parent)]
