"""The cache is a folder of ours; what is in it is whole, or is made again."""

from __future__ import annotations

import os
import stat
import tempfile
import threading
from pathlib import Path

import pytest

from prodverify.data import cache as caches
from prodverify.data.account import Account, unprivileged
from prodverify.data.cache import Cache, CacheError

OURS = Account(os.geteuid(), os.getegid(), "us", ours=True)


@pytest.fixture
def made() -> list[Path]:
    """Every draft that was made."""
    return []


def make_into(made: list[Path]):  # type: ignore[no-untyped-def]
    def make(draft: Path) -> None:
        made.append(draft)
        (draft / "base").mkdir(parents=True)
        (draft / "base" / "1").write_bytes(b"page" * 2048)
        (draft / "PG_VERSION").write_text("18\n")

    return make


def test_a_template_is_made_once(cache: Cache, made: list[Path]) -> None:
    with cache.template("key", make_into(made)) as (first, warm_first):
        pass
    with cache.template("key", make_into(made)) as (second, warm_second):
        pass

    assert (len(made), warm_first, warm_second) == (1, False, True)
    assert first == second == cache.templates / "key"


@pytest.mark.parametrize("damage", ["flip", "truncate", "remove", "add", "rename", "unseal"])
def test_a_damaged_template_is_made_again(cache: Cache, made: list[Path], damage: str) -> None:
    with cache.template("key", make_into(made)) as (path, _):
        pass
    page = path / "base" / "1"
    match damage:
        case "flip":
            page.write_bytes(b"pagf" + page.read_bytes()[4:])
        case "truncate":
            os.truncate(page, 4096)
        case "remove":
            page.unlink()
        case "add":
            (path / "base" / "2").write_bytes(b"")
        case "rename":
            page.rename(path / "base" / "3")
        case "unseal":
            (cache.templates / "key.seal").unlink()

    with cache.template("key", make_into(made)) as (path, warm):
        content = (path / "base" / "1").read_bytes()

    assert (content, warm, len(made)) == (b"page" * 2048, False, 2)


def test_what_could_not_be_made_is_not_there(cache: Cache, made: list[Path]) -> None:
    def make_half(draft: Path) -> None:
        draft.mkdir()
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"), cache.template("key", make_half):
        pass
    with cache.template("key", make_into(made)) as (_, warm):
        assert not warm


def test_two_that_want_the_same_template_at_once_make_it_once(cache: Cache, made: list[Path]) -> None:
    both, seen = threading.Barrier(2), []

    def want() -> None:
        both.wait()
        with cache.template("key", make_into(made)) as (path, warm):
            seen.append((warm, (path / "PG_VERSION").read_text()))

    threads = [threading.Thread(target=want) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(seen) == [(False, "18\n"), (True, "18\n")]
    assert len(made) == 1


def test_templates_that_nobody_used_for_long_are_removed(cache: Cache, made: list[Path]) -> None:
    for number in range(8):
        with cache.template(f"key-{number}", make_into(made)):
            pass
        os.utime(cache.templates / f"key-{number}.seal", (number, number))

    kept = {path.name for path in cache.templates.iterdir() if path.is_dir()}

    assert kept == {f"key-{number}" for number in range(2, 8)}


def test_the_named_home_comes_first(cache_home: Path) -> None:
    cache = Cache.locate(unprivileged(), {"XDG_CACHE_HOME": str(cache_home), "HOME": "/nonexistent"})

    assert cache.folder == cache_home / "prodverify"
    assert stat.S_IMODE(cache.ledgers.stat().st_mode) == 0o700


def test_a_home_that_cannot_be_written_to_is_passed_over() -> None:
    cache = Cache.locate(OURS, {"XDG_CACHE_HOME": "/proc/none", "HOME": "/proc/none"})

    system = Path("/var/cache"), Path(tempfile.gettempdir()).resolve()
    assert cache.folder.parent in system
    assert cache.folder.stat().st_uid == os.geteuid()
    assert os.access(cache.ledgers, os.W_OK)


def test_a_relative_home_is_passed_over(cache_home: Path) -> None:
    cache = Cache.locate(OURS, {"XDG_CACHE_HOME": "here", "HOME": str(cache_home)})

    assert cache.folder == cache_home / ".cache" / "prodverify"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers run as somebody else")
def test_a_home_that_the_servers_account_cannot_pass_is_passed_over_and_left_as_it_is(cache_home: Path) -> None:
    home = cache_home / "home"
    (home / ".cache").mkdir(parents=True)
    home.chmod(0o700)

    cache = Cache.locate(unprivileged(), {"HOME": str(home)})

    assert not cache.folder.is_relative_to(home)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_folder_that_others_can_write_to_is_not_trusted(cache_home: Path) -> None:
    (cache_home / "prodverify").mkdir()
    (cache_home / "prodverify").chmod(0o777)

    cache = Cache.locate(unprivileged(), {"XDG_CACHE_HOME": str(cache_home)})

    assert not cache.folder.is_relative_to(cache_home)


def test_whoever_has_no_place_at_all_is_told_every_reason(cache_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (cache_home / f"prodverify-{os.geteuid()}").symlink_to("/etc")
    monkeypatch.setattr(tempfile, "tempdir", str(cache_home))
    monkeypatch.setattr(caches, "_SYSTEM", Path("/proc/none"))

    with pytest.raises(CacheError, match=r"/proc/none/prodverify .*is not a folder that only we can.*XDG_CACHE_HOME"):
        Cache.locate(OURS, {"XDG_CACHE_HOME": "/proc/none", "HOME": ""})
