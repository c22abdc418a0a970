"""Whoever waits for a backup sees what is being done, and whoever reads a log is not flooded."""

import io
import os
import pty

from prodverify.cli.progress import Progress
from prodverify.wire.clock import poll


class Log(io.StringIO):
    """A stream that is no terminal."""


class Terminal(io.StringIO):
    """A stream that is one."""

    def isatty(self):
        return True


def test_a_log_gets_a_line_now_and_then(tmp_path):
    log, growing = Log(), tmp_path / "dump"
    growing.write_bytes(b"x" * 2_500_000)
    with Progress(log, every_seconds=0.02) as progress:
        assert log.getvalue() == ""
        progress("dumping", growing)
        poll(lambda: log.getvalue().count("\n") >= 2 or None, within_seconds=5, what="two lines")
        progress("checking", tmp_path / "gone")
        poll(lambda: "checking" in log.getvalue() or None, within_seconds=5, what="what is done now")

    lines = log.getvalue().splitlines()
    assert lines[0] == "dumping: 2.5 MB, 0 s"
    assert lines[-1] == "checking: 0.0 MB, 0 s"
    assert "\r" not in log.getvalue()


def test_a_terminal_gets_one_line_that_changes_and_is_gone_at_the_end(tmp_path):
    terminal = Terminal()
    (tmp_path / "1.dat").write_bytes(b"x" * 1_000_000)
    (tmp_path / "2.dat").write_bytes(b"x" * 1_000_000)
    with Progress(terminal, every_seconds=0.02) as progress:
        progress("storing", tmp_path)
        poll(lambda: terminal.getvalue().count("\r") >= 2 or None, within_seconds=5, what="two looks")

    assert terminal.getvalue().startswith("\r\x1b[Kstoring: 2.0 MB, 0 s")
    assert terminal.getvalue().endswith("\r\x1b[K")
    assert "\n" not in terminal.getvalue()


def test_work_that_is_done_at_once_says_nothing(tmp_path):
    log = Log()
    with Progress(log) as progress:
        progress("dumping", tmp_path)

    assert log.getvalue() == ""


def test_a_real_terminal_is_recognised(tmp_path):
    ours, its = pty.openpty()
    with os.fdopen(its, "w") as stream, Progress(stream, every_seconds=0.02) as progress:
        progress("dumping", tmp_path)
        said = os.read(ours, 100)
    os.close(ours)

    assert said.startswith(b"\r\x1b[Kdumping: 0.0 MB")
