"""Logs of files and programs: read from our moment on, through rotation, and within bounds."""

import os
import sys

import pytest

from prodverify.record.findings import Unjudged
from prodverify.wire import clock, log_file
from prodverify.wire.log_command import LogCommand
from prodverify.wire.log_file import LogFile
from prodverify.wire.log_lines import Read


def append(path, text):
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "service.log"


@pytest.fixture
def follow(path):
    """Follows the file, with what was in it before."""
    opened = []

    def begin(before="", **how):
        if before:
            path.write_text(before, encoding="utf-8")
        opened.append(LogFile(path, **how))
        return opened[-1]

    yield begin
    for log in opened:
        log.close()


def test_a_file_is_read_from_our_moment_on(follow, path):
    log = follow("old\n")
    append(path, "new\n\nnewer\nunfini")

    assert ("new", "newer") == log.read("").lines
    append(path, "shed\n")
    assert ("new", "newer", "unfinished") == log.read("").lines


def test_the_rest_of_a_line_that_was_begun_before_is_nobodys(follow, path):
    log = follow("begun and ")
    append(path, "not ended")
    assert () == log.read("").lines
    append(path, " here\nnew\n")
    assert ("new",) == log.read("").lines


def test_a_file_that_is_not_there_yet_is_read_from_its_beginning(follow, path):
    log = follow()
    assert () == log.read("").lines
    with pytest.raises(Unjudged, match=r"service\.log can be read; there is no such file"):
        log.seen()
    append(path, "first\n")
    assert ("first",) == log.read("").lines
    log.seen()


def test_the_end_of_a_file_that_is_rotated_is_read_before_the_new_one(follow, path):
    log = follow("old\n")
    append(path, "last\n")
    held = path.open("a", encoding="utf-8")
    path.rename(path.with_suffix(".1"))
    assert ("last",) == log.read("").lines
    held.write("of the old one\n")
    held.close()
    append(path, "first\n")

    assert ("last", "of the old one", "first") == log.read("").lines


def test_a_file_that_is_copied_and_truncated_is_read_from_its_beginning(follow, path):
    log = follow("a long line of before\n" * 9)
    append(path, "last\n")
    assert ("last",) == log.read("").lines
    os.truncate(path, 0)
    append(path, "first\n")

    assert ("last", "first") == log.read("").lines
    assert "may be gone" in log.read("").note


def test_a_file_of_two_gigabytes_is_not_read_whole(follow, path, monkeypatch):
    with path.open("wb") as file:
        file.truncate(2 << 30)
        file.seek(0, os.SEEK_END)
        file.write(b"\n")
    read = []
    pread = os.pread
    monkeypatch.setattr(log_file.os, "pread", lambda *of: read.append(of[1]) or pread(*of))
    log = follow()
    append(path, "new\n")

    assert ("new",) == log.read("").lines
    assert sum(read) <= 2 << 20


def test_no_more_is_held_than_may_be(follow, path):
    log = follow("old\n", most_bytes=12)
    append(path, "first\nsecond\nthird\n")

    assert (("first",), "only the first 12 bytes were read") == (log.read("").lines, log.read("").note)


def test_no_more_lines_are_read_than_may_be(follow, path, monkeypatch):
    monkeypatch.setattr("prodverify.wire.log_lines.MOST_LINES", 2)
    log = follow()
    append(path, "first\nsecond\n")
    assert Read(("first", "second")) == log.read("")
    append(path, "third\n")

    assert Read(("first", "second"), "only 2 lines were read") == log.read("")


def test_what_is_no_utf_8_is_kept_to_be_judged(follow, path):
    log = follow("old\n")
    with path.open("ab") as file:
        file.write(b'{"a": "\xff"}\n')

    assert ('{"a": "\udcff"}',) == log.read("").lines


def test_what_is_no_file_is_told_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(Unjudged, match="can be read; it is no file"):
            LogFile(place)


def test_a_disk_that_fails_is_told(follow, path, monkeypatch):
    log = follow("old\n")
    append(path, "new\n")
    monkeypatch.setattr(log_file.os, "pread", lambda *of: (_ for _ in ()).throw(OSError(116, "Stale file handle")))

    with pytest.raises(Unjudged, match="can be read; Stale file handle"):
        log.read("")


def printed_by(tmp_path, *command, seconds=10.0):
    log = LogCommand(command, folder=tmp_path, deadline_seconds=seconds, clean=lambda text: text)
    return log.read("r-1")


def test_a_program_prints_lines_without_a_shell(tmp_path):
    printed = printed_by(
        tmp_path, sys.executable, "-c", "import sys; print(*sys.argv[1:], sep='\\n')", "{request_id}", "$HOME; ls"
    )

    assert ("r-1", "$HOME; ls") == printed.lines


def test_a_program_is_told_since_when(tmp_path):
    (since,) = printed_by(tmp_path, "echo", "{since}").lines

    assert clock.now() - 60 < int(since) <= clock.now()


@pytest.mark.parametrize(
    ("told", "lines"), [('a warning\n{"a": 1}', ("out", "a warning", '{"a": 1}')), ("a warning", ("out",))]
)
def test_stderr_is_a_log_where_objects_stand_there_and_else_words(tmp_path, told, lines):
    code = "import sys; print('out'); print(sys.argv[1], file=sys.stderr)"

    assert lines == printed_by(tmp_path, sys.executable, "-c", code, told).lines


def test_a_program_that_finds_nothing_fails_without_words(tmp_path):
    (tmp_path / "service.log").write_text("other\n")

    assert () == printed_by(tmp_path, "grep", "{request_id}", "service.log").lines


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("sh", "-c", "echo 'alice came' >&2; echo 'you must log in' >&2; exit 1"), "status 1: you must log in"),
        (("no-such-program-at-all",), "No such file or directory"),
        (("sh", "-c", "echo 'no way to pg://me:hunter22@db/x' >&2; exit 1"), "status 1: words that hold a secret"),
        (("sh", "-c", "echo '--password=hunter22' >&2; exit 1"), r"status 1: --password=\[redacted\]"),
        (("sh", "-c", r"printf 'no \377 UTF-8\033[0m' >&2; exit 1"), r"no \\udcff UTF-8\\x1b"),
    ],
)
def test_a_program_that_fails_is_told_in_its_own_words(tmp_path, command, words):
    with pytest.raises(Unjudged, match=words):
        printed_by(tmp_path, *command)


@pytest.mark.parametrize("left", ["", "setsid"])
def test_a_program_that_does_not_end_is_ended_with_all_that_it_started(tmp_path, left):
    with pytest.raises(Unjudged, match=r"ends within 0.3 s; it was ended"):
        printed_by(tmp_path, "sh", "-c", f"{left} sleep 300 & echo $! > child; echo {{}}; wait", seconds=0.3)
    assert gone_soon(tmp_path)


def test_what_a_program_leaves_behind_is_ended(tmp_path):
    assert ("{}",) == printed_by(tmp_path, "sh", "-c", "setsid sleep 300 >&- 2>&- & echo $! > child; echo {}").lines
    assert gone_soon(tmp_path)


def gone_soon(tmp_path):
    child = int((tmp_path / "child").read_text())

    def gone():
        try:
            with open(f"/proc/{child}/stat", encoding="ascii") as file:
                return True if file.read().rpartition(")")[2].split()[0] == "Z" else None
        except FileNotFoundError:
            return True

    return clock.poll(gone, within_seconds=5.0, what="the child is gone")


def test_a_program_that_prints_without_end_is_cut(tmp_path, monkeypatch):
    monkeypatch.setattr("prodverify.wire.log_command.MOST_BYTES", 100_000)
    printed = printed_by(tmp_path, "yes", "{}")

    assert "only 100,000 bytes were read" == printed.note
    assert {"{}"} == set(printed.lines)
    assert "only 100,000 bytes were read" == printed_by(tmp_path, "sh", "-c", "yes >&2").note
