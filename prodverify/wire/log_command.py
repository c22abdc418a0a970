"""Log lines that a program of the team's prints: no shell, bounded in time and output, and nothing of it is left."""

from __future__ import annotations

import json
import os
import secrets
import selectors
import shlex
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from prodverify.judges import secrecy
from prodverify.judges.quotation import quote
from prodverify.record.findings import Unjudged, inconclusive
from prodverify.wire import clock, sensitive
from prodverify.wire.log_lines import MOST_BYTES, Read, read_of

_PIECE_BYTES = 1 << 16
_MARK = "PRODVERIFY_READING"
"""What a program started has this of its environment, also where it left the program's group and its session."""
_ENDING_SECONDS = 2.0


class LogCommand:
    """
    Runs ``command`` each time that it is read, in ``folder`` and with our environment.

    ``{request_id}`` and ``{since}`` (Unix seconds, a little before our moment) are replaced in its arguments. What it
    prints on stderr counts where JSON is among it, as ``docker logs`` passes on what a container said there; else
    it is the program's own words.
    """

    def __init__(
        self, command: Sequence[str], *, folder: Path, deadline_seconds: float, clean: Callable[[str], str]
    ) -> None:
        self._command, self._folder, self._clean = tuple(command), folder, clean
        self._deadline_seconds = deadline_seconds
        self._since = int(clock.now()) - 1

    def read(self, request_id: str) -> Read:
        """What it prints. Raises Unjudged where it cannot be run, fails with words, or does not end in time."""
        stated = {"{request_id}": request_id, "{since}": str(self._since)}
        arguments = [_filled(argument, stated) for argument in self._command]
        status, out, err, note = self._ran(arguments)
        read, said = read_of(out, note), read_of(err)
        if any(_is_object(line) for line in said.lines):
            return Read((*read.lines, *said.lines), read.note or said.note)
        if status != 0 and said.lines and not read.lines and not note:  # a note says that we ended it
            step = f"run it by hand: {self._told(shlex.join(arguments), 200)}"
            observed = f"status {status}: {self._told(said.lines[-1], 120)}"
            raise Unjudged(inconclusive("log-command-failed", "the command prints log lines", observed, next_step=step))
        return read

    def close(self) -> None:
        """Nothing of it is left."""

    def _told(self, text: str, longest: int) -> str:
        """Its own words. They may hold a secret that nobody told us, as the password of what it logs in to."""
        told = sensitive.body_text(self._clean(text))
        return "words that hold a secret" if secrecy.shape_of(told) else quote(told, longest)

    def _ran(self, arguments: list[str]) -> tuple[int, bytes, bytes, str]:
        name, mark = Path(arguments[0]).name, secrets.token_hex(16)
        try:
            process = subprocess.Popen(
                arguments,
                cwd=self._folder,
                env={**os.environ, _MARK: mark},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as trouble:
            step = "correct command in [logs], or install the program here"
            why = trouble.strerror or type(trouble).__name__
            raise Unjudged(inconclusive("log-command-failed", f"{name} runs", why, next_step=step)) from None
        try:
            with clock.waiting("a program prints log lines"):
                out, err, note = self._heard(process, name)
                status = process.wait(max(0.1, self._deadline_seconds))
        except subprocess.TimeoutExpired:
            raise self._late(name) from None
        finally:
            _end(process)
            _end_strays(f"{_MARK}={mark}".encode())
        return status, out, err, note

    def _heard(self, process: subprocess.Popen[bytes], name: str) -> tuple[bytes, bytes, str]:
        """What comes until both ends are closed, or enough has come."""
        assert process.stdout is not None
        assert process.stderr is not None
        until = clock.monotonic() + self._deadline_seconds
        heard = {process.stdout.fileno(): bytearray(), process.stderr.fileno(): bytearray()}
        out, err = heard.values()
        with selectors.DefaultSelector() as selector:
            for descriptor in heard:
                selector.register(descriptor, selectors.EVENT_READ)
            while selector.get_map():
                left = until - clock.monotonic()
                if left <= 0:
                    raise self._late(name)
                for key, _ in selector.select(left):
                    piece = os.read(key.fd, _PIECE_BYTES)
                    heard[key.fd] += piece
                    if not piece:
                        selector.unregister(key.fd)
                if len(out) + len(err) > MOST_BYTES:
                    _end(process)
                    return bytes(out[: out.rfind(b"\n") + 1]), bytes(err), f"only {MOST_BYTES:,} bytes were read"
        return bytes(out), bytes(err), ""

    def _late(self, name: str) -> Unjudged:
        expected = f"{name} ends within {self._deadline_seconds:g} s"
        step = "let it print what is there and end: without --follow, and for the last minute alone"
        return Unjudged(inconclusive("log-command-late", expected, "it was ended", next_step=step))


def _filled(argument: str, stated: dict[str, str]) -> str:
    for placeholder, value in stated.items():
        argument = argument.replace(placeholder, value)
    return argument


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends its whole group, also where it has ended itself and left others behind."""
    with suppress(ProcessLookupError, PermissionError):  # macOS says EPERM for a group of zombies
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream:
            stream.close()


def _end_strays(marked: bytes) -> None:
    """Ends what left the group, by its environment, which only Linux tells."""

    def none_left() -> bool | None:
        strays = [int(place.parent.name) for place in Path("/proc").glob("[0-9]*/environ") if marked in _content(place)]
        for stray in strays:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(stray, signal.SIGKILL)
        return None if strays else True

    with suppress(clock.NotInTime):
        clock.poll(none_left, within_seconds=_ENDING_SECONDS, what="all that a program started is gone")


def _content(place: Path) -> bytes:
    try:
        return place.read_bytes()
    except OSError:  # gone meanwhile, or somebody else's
        return b""
