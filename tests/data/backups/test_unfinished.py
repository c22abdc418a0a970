"""What a killed backup left is removed by the next one, and nothing else is."""

import os

import pytest

from prodverify.data.backups.place import NameTaken, publish, unfinished


@pytest.fixture
def left(tmp_path):
    """What is there after a kill between the name of the manifest and that of the dump."""
    folder = tmp_path / ".unfinished-left"
    day = tmp_path / "2026-01-31"
    folder.mkdir()
    day.mkdir()
    (folder / "shop.sql.gz").write_text("dump")
    (day / "shop.manifest.json").write_text("{}")
    (folder / "publishing").write_text(f"{day / 'shop.manifest.json'}\n{day / 'shop.sql.gz'}")
    os.utime(folder, (0, 0))
    return folder


def names(tmp_path):
    return sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))


def test_a_manifest_whose_dump_never_got_its_name_goes(left, tmp_path):
    with unfinished(tmp_path):
        pass

    assert ["2026-01-31"] == names(tmp_path)


def test_a_manifest_whose_dump_has_its_name_stays(left, tmp_path):
    (left / "shop.sql.gz").rename(tmp_path / "2026-01-31" / "shop.sql.gz")
    os.utime(left, (0, 0))
    with unfinished(tmp_path):
        pass

    assert ["2026-01-31", "2026-01-31/shop.manifest.json", "2026-01-31/shop.sql.gz"] == names(tmp_path)


@pytest.mark.parametrize("note", ["", "x", "/etc/hostname\n/nowhere", "../../other\n/nowhere", "a\nb\nc"])
def test_a_note_that_names_anything_else_removes_nothing_else(left, tmp_path, note):
    other = tmp_path.parent / "other"
    other.touch()
    (left / "publishing").write_text(note)
    os.utime(left, (0, 0))
    with unfinished(tmp_path):
        pass

    assert ["2026-01-31", "2026-01-31/shop.manifest.json"] == names(tmp_path)
    assert other.exists()


def test_what_another_backup_is_making_now_stays(tmp_path):
    with unfinished(tmp_path) as first:
        os.utime(first, (0, 0))
        with unfinished(tmp_path):
            assert first.exists()

    assert [] == names(tmp_path)


@pytest.mark.parametrize("kind", ["file", "folder"])
@pytest.mark.parametrize("taken", ["manifest", "dump"])
def test_a_name_that_is_taken_is_refused_and_left(tmp_path, kind, taken):
    final, manifest = tmp_path / "day" / "shop.dump", tmp_path / "day" / "shop.manifest.json"
    final.parent.mkdir()
    (final if taken == "dump" else manifest).write_text("before")
    with unfinished(tmp_path) as work:
        draft = work / "shop.dump"
        draft.mkdir() if kind == "folder" else draft.touch()
        with pytest.raises(NameTaken, match="is there already, and nothing is overwritten"):
            publish(draft, final, manifest, "{}")

    assert [(final if taken == "dump" else manifest).name] == [path.name for path in final.parent.iterdir()]
    assert "before" == next(final.parent.iterdir()).read_text()


def test_a_signal_after_the_name_was_given_takes_it_back(tmp_path, monkeypatch):
    final, manifest = tmp_path / "day" / "shop.dump", tmp_path / "day" / "shop.manifest.json"
    rename = type(tmp_path).rename

    def interrupted(path, to):
        renamed = rename(path, to)
        if to == final:
            raise KeyboardInterrupt
        return renamed

    monkeypatch.setattr(type(tmp_path), "rename", interrupted)
    with unfinished(tmp_path) as work:
        (work / "shop.dump").touch()
        with pytest.raises(KeyboardInterrupt):
            publish(work / "shop.dump", final, manifest, "{}")

    assert ["day"] == names(tmp_path)
