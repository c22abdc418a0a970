"""Logs of files, programs and Loki: read from our moment on, through rotation, and within bounds."""

import json
import os
import sys
import time
from urllib.parse import parse_qs, urlsplit

import pytest

from prodverify.record.findings import Unjudged
from prodverify.wire import clock, log_file
from prodverify.wire.log_command import LogCommand
from prodverify.wire.log_file import LogFile
from prodverify.wire.loki import LokiLog
from prodverify.wire.neighbour import Neighbour
from prodverify.wire.redaction import Redactor

TOKEN = "t0ken-of-loki"  # pragma: allowlist secret
LOGS = '[[endpoints]]\nname = "list"\npath = "/"\n[logs]\nendpoint = "list"\n[logs.loki]\naddress = "loki"\n'
LOKI = LOGS + 'token = "loki_token"\nheaders = { X-Scope-OrgID = "shop" }\nquery = "{app=\\"shop\\"}"\n'


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
    append(path, "first\n")
    assert ("first",) == log.read("").lines


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
    ],
)
def test_a_program_that_fails_is_told_in_its_own_words(tmp_path, command, words):
    with pytest.raises(Unjudged, match=words):
        printed_by(tmp_path, *command)


def test_a_program_that_does_not_end_is_ended_with_all_that_it_started(tmp_path):
    with pytest.raises(Unjudged, match=r"ends within 0.5 s; it was ended"):
        printed_by(tmp_path, "sh", "-c", "sleep 300 & echo $! > child; echo {}; wait", seconds=0.5)
    child = int((tmp_path / "child").read_text())

    def gone():
        try:
            with open(f"/proc/{child}/stat", encoding="ascii") as file:
                return True if file.read().rpartition(")")[2].split()[0] == "Z" else None
        except FileNotFoundError:
            return True

    assert clock.poll(gone, within_seconds=5.0, what="the child is gone")


def test_a_program_that_prints_without_end_is_cut(tmp_path, monkeypatch):
    monkeypatch.setattr("prodverify.wire.log_command.MOST_BYTES", 100_000)
    printed = printed_by(tmp_path, "yes", "{}")

    assert "only 100,000 bytes were read" == printed.note
    assert {"{}"} == set(printed.lines)


def answered(lines):
    """As Loki documents its answer: streams of pairs, times in ns as text."""
    values = [[str(1_795_262_400_000_000_000 + int(line[-3])), line] for line in lines]
    streams = [{"stream": {"app": "shop"}, "values": values[::2]}, {"stream": {"app": "shop"}, "values": values[1::2]}]
    return json.dumps({"status": "success", "data": {"resultType": "streams", "result": streams, "stats": {}}}).encode()


@pytest.fixture
def loki(serve, aim, run):
    """A log in Loki, and the server that stands in for it; no real one is at hand here."""
    opened = []

    def start(answer):
        server = serve(answer)
        target = aim("https://127.0.0.1:9", LOKI, secrets={"loki": f"{server.url}/tenant", "loki_token": TOKEN})
        store, redactor = target.promises.logs.loki, Redactor(target.secrets, run.folder)
        how = {"address": store.address, "token": store.token, "headers": store.headers, "redactor": redactor}
        opened.append(Neighbour("Loki", target, run, **how))
        return LokiLog(opened[-1], store.query), server

    yield start
    for neighbour in opened:
        neighbour.close()


def test_loki_is_asked_for_the_request_and_for_what_came_beside_it(loki, respond):
    def answer(asked):
        named = "|=" in parse_qs(urlsplit(asked.target).query)["query"][0]
        return respond(200, answered(['{"id":"r-1"}'] if named else ['{"id":"r-0"}', '{"id":"r-1"}', '{"id":"r-2"}']))

    log, server = loki(answer)

    assert ('{"id":"r-0"}', '{"id":"r-1"}', '{"id":"r-2"}') == log.read("r-1").lines
    first, second = (urlsplit(asked.target) for asked in server.asked[:2])
    stated = parse_qs(first.query)
    assert ("/tenant/loki/api/v1/query_range", '{app="shop"} |= `r-1`') == (first.path, stated["query"][0])
    assert ['{app="shop"}'] == parse_qs(second.query)["query"]
    assert int(stated["start"][0]) < time.time_ns() < int(stated["end"][0])
    assert f"Bearer {TOKEN}" == server.asked[0].header("Authorization")
    assert "shop" == server.asked[0].header("X-Scope-OrgID")


def test_loki_that_has_no_such_line_yet_is_asked_once(loki, respond):
    log, server = loki(lambda asked: respond(200, answered([])))

    assert () == log.read("r-1").lines
    assert 1 == len(server.asked)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (400, b"parse error at line 1", "status 400"),
        (401, b"no org id", "status 401"),
        (404, b"404 page not found", "status 404"),
        (200, b'{"status":"success","data":{"resultType":"matrix","result":[]}}', "something else"),
        (200, b"<html>", "a body that is no JSON"),
        (200, b'{"status":"success","data":{"resultType":"streams","result":[{"values":[["x"]]}]}}', "something else"),
    ],
)
def test_what_is_no_answer_of_loki_cannot_be_judged(loki, respond, status, body, words):
    log, _ = loki(lambda asked: respond(status, body))

    with pytest.raises(Unjudged, match=words):
        log.read("r-1")
