"""Ages, indexes, room, pages, settings, standbys and slots, on both sides of every limit."""

import pytest

from prodverify.data.health.indexes import BadIndex
from prodverify.data.health.replication import Replication, Slot, Standby
from prodverify.data.health.storage import Pages
from prodverify.data.health.wraparound import Age, Ages
from prodverify.judges import indexes, replication, server_settings, storage, wraparound

LIMITS = {"transactions": 200_000_000, "multixacts": 400_000_000}
MIB = 1024**2


def said(findings):
    return [f"{finding.severity} {finding.rule}" for finding in findings]


@pytest.mark.parametrize(
    ("age", "kind", "expected"),
    [
        (200_000_001, "transactions", ["info wraparound"]),
        (240_000_000, "transactions", ["info wraparound"]),
        (240_000_001, "transactions", ["warn wraparound-approaching"]),
        (240_000_001, "multixacts", ["info wraparound"]),
        (480_000_001, "multixacts", ["warn wraparound-approaching"]),
        (1_288_490_188, "transactions", ["warn wraparound-approaching"]),
        (1_288_490_189, "transactions", ["fail wraparound-near"]),
        (1_288_490_189, "multixacts", ["fail wraparound-near"]),
        (1_288_490_189, "something new", ["fail wraparound-near"]),
        (0, "transactions", ["info wraparound"]),
        (-5, "transactions", ["info wraparound"]),
    ],
)
def test_ages_are_judged_at_their_limits(age, kind, expected):
    ages = Ages((Age("database shop", kind, age),), Age("table public.orders", kind, age), LIMITS)

    assert expected == said(wraparound.judge(ages, 60.0))


def test_no_ages_at_all_are_no_failure():
    assert ["info wraparound"] == said(wraparound.judge(Ages((), None, {}), 60.0))


def test_an_invalid_index_breaks_the_promise_unless_it_is_under_way():
    assert [] == indexes.judge([])
    assert ["fail index-invalid"] == said(indexes.judge([BadIndex("public.orders_at", "orders", False)]))
    assert ["info index-under-way"] == said(indexes.judge([BadIndex("public.orders_at", "orders", True)]))


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        (0, "info storage"),
        (800 * MIB - 1, "info storage"),
        (800 * MIB, "warn storage-scarce"),
        (900 * MIB - 1, "warn storage-scarce"),
        (900 * MIB, "fail storage-full"),
        (2000 * MIB, "fail storage-full"),
    ],
)
def test_room_is_judged_at_its_limits(used, expected):
    assert [expected] == said(storage.judge_room("this database", used, 1000 / 1024, 80.0, 90.0))


@pytest.mark.parametrize(
    ("checksums", "failures", "telling"),
    [(True, (), True), (False, (), False), (False, (("database shop", 1),), True)],
)
def test_pages_without_checksums_tell_nothing(checksums, failures, telling):
    assert telling is Pages(checksums, failures).telling


def test_one_failed_checksum_is_one_too_many():
    assert [] == storage.judge_pages(Pages(True, ()))
    assert [] == storage.judge_pages(Pages(False, ()))
    (finding,) = storage.judge_pages(Pages(True, (("database shop", 1),)))
    assert ("fail page-damaged", "1 failure of checksums in database shop") == (*said([finding]), finding.observed)


@pytest.mark.parametrize(
    ("seen", "promised", "accepted", "expected"),
    [
        ({"work_mem": "4MB"}, {"work_mem": "4MB"}, (), []),
        ({"work_mem": "4MB"}, {"work_mem": "8MB"}, (), ["fail setting-differs"]),
        ({"TimeZone": "UTC"}, {"timezone": "utc"}, (), []),
        ({"jit": "off"}, {"jit": "false"}, (), []),
        ({"jit": "on"}, {"jit": "false"}, (), ["fail setting-differs"]),
        ({"search_path": ""}, {"search_path": "public"}, (), ["fail setting-differs"]),
        ({}, {"no_such": "1"}, (), ["inconclusive setting-unseen"]),
        ({"fsync": "off"}, {}, (), ["warn setting-dangerous"]),
        ({"fsync": "off"}, {}, ("fsync",), []),
        ({"fsync": "off"}, {}, ("FSYNC",), []),
        ({"fsync": "on"}, {}, (), []),
        ({"fsync": "off"}, {"fsync": "on"}, (), ["fail setting-differs"]),
        ({"zero_damaged_pages": "on"}, {}, (), ["warn setting-dangerous"]),
        ({"data_checksums": "off", "autovacuum": "off"}, {}, (), ["warn setting-dangerous"] * 2),
    ],
)
def test_settings_are_compared_as_people_write_them(seen, promised, accepted, expected):
    assert expected == said(server_settings.judge(seen, promised, accepted))


@pytest.mark.parametrize(
    "value", ["host=db user=copier password=hunter2", "curl https://me:hunter2@store.example", "put --secret hunter2"]
)
def test_a_setting_that_holds_a_secret_is_not_quoted(value):
    (finding,) = server_settings.judge({"primary_conninfo": value}, {"primary_conninfo": "host=db"}, ())

    assert finding.rule == "setting-differs"
    assert "hunter2" not in finding.observed


def primary(*standbys, hidden=0):
    return Replication(False, standbys, hidden)


def near(seconds=0.0, behind=0, streaming=True):
    return Standby("follower", streaming, seconds, behind)


@pytest.mark.parametrize(
    ("seen", "standbys", "seconds", "mib", "expected"),
    [
        (primary(near(5.0)), None, 5.0, None, ["info lag"]),
        (primary(near(5.1)), None, 5.0, None, ["fail replication-lag"]),
        (primary(near(0.0, MIB)), None, None, 1.0, ["info lag"]),
        (primary(near(0.0, MIB + 1)), None, None, 1.0, ["fail replication-lag"]),
        (primary(near(9.0, 9 * MIB)), 1, 5.0, 1.0, ["fail replication-lag"] * 2),
        (primary(near(None, 9)), None, 5.0, 1.0, ["info lag"]),
        (primary(near(None, 9)), None, 5.0, None, ["inconclusive replication-lag-unknown"]),
        (primary(near(None, None)), None, None, 1.0, ["inconclusive replication-lag-unknown"]),
        (primary(near()), 1, None, None, []),
        (primary(near(streaming=False)), 1, None, None, ["fail standby-missing"]),
        (primary(), 1, 5.0, None, ["fail standby-missing"]),
        (primary(), 0, None, None, []),
        (primary(), None, 5.0, None, ["inconclusive standbys-unseen"]),
        (primary(hidden=1), 1, 5.0, None, ["inconclusive standbys-hidden"]),
        (Replication(True, (near(),)), None, 5.0, None, ["info lag"]),
        (Replication(True, (near(streaming=False),)), None, 5.0, None, ["fail standby-missing", "info lag"]),
        (Replication(True, (near(6.0),)), None, 5.0, None, ["fail replication-lag"]),
    ],
)
def test_standbys_are_judged_at_their_limits(seen, standbys, seconds, mib, expected):
    assert expected == said(replication.judge_standbys(seen, standbys, seconds, mib))


@pytest.mark.parametrize(
    ("slot", "expected"),
    [
        (Slot("s", True, 10 * MIB, False), []),
        (Slot("s", True, 10 * MIB + 1, False), ["fail slot-retains"]),
        (Slot("s", False, 0, False), ["warn slot-idle"]),
        (Slot("s", False, 10 * MIB + 1, False), ["fail slot-retains"]),
        (Slot("s", False, 0, True), ["warn slot-lost"]),
    ],
)
def test_slots_are_judged_by_what_they_hold_back(slot, expected):
    assert expected == said(replication.judge_slots([slot], 10.0))
