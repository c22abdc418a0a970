"""The owner's end of a supervisor child, through which everything is started that must not outlive a run."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from prodverify.data import sweep
from prodverify.data.account import Account

_ROOT = Path(__file__).resolve().parents[2]
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from prodverify.data.keeper import main; "
    "sys.exit(main(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))"
)
_ANSWER_SECONDS = 15.0  # for what is done at once; 40 ms when idle, so this is for a machine under heavy load
_STOP_SECONDS = 8.0  # the child needs 4 s at most


class SupervisorError(Exception):
    """The supervisor child could not do what it was asked, or is gone; the message says which."""


class Supervisor:
    """
    A child process that owns the processes and folders of one run.

    All of them are gone when ``stop()`` returns, and soon after this process ends, in whatever way it ends. Methods may
    be called from any one thread at a time; ``stop()`` from any thread, at any time, more than once.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], channel: socket.socket, complaints: IO[bytes], ledgers: Path
    ) -> None:
        self._process = process
        self._channel = channel
        self._complaints = complaints
        self._ledgers = ledgers
        self._asking = threading.Lock()
        self._stopping = threading.Lock()
        self._stopped = False
        self._number = 0
        self._received = b""

    @classmethod
    def start(cls, ledgers: Path, *, inherit: Sequence[int] = ()) -> Self:
        """
        Start the child, and do not wait for it. ``ledgers`` is an existing private folder, where it writes down what
        it owns; ``inherit`` are file descriptors that it may hand on to what it spawns. Raises SupervisorError.
        """
        ours, its = socket.socketpair()
        complaints = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the child
        arguments = [str(_ROOT), str(its.fileno()), str(os.getpid()), str(ledgers)]
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _START, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=complaints,
                stderr=complaints,
                pass_fds=[its.fileno(), *inherit],
                start_new_session=True,  # Ctrl-C in a terminal is for its owner to decide about
                cwd="/",
            )
        except OSError as problem:
            ours.close()
            complaints.close()
            raise SupervisorError(f"The supervisor child of PostgreSQL could not be started: {problem}.") from problem
        finally:
            its.close()
        return cls(process, ours, complaints, ledgers)

    @property
    def pid(self) -> int:
        """The number of the child."""
        return self._process.pid

    def make_folder(self, path: Path, account: Account | None = None) -> Path:
        """Make a folder of mode 0700, which belongs to ``account`` or us and is removed at the end."""
        owner = (account.uid, account.gid) if account else (os.geteuid(), os.getegid())
        self._ask("folder", path=str(path), uid=owner[0], gid=owner[1])
        return path

    def spawn(
        self,
        name: str,
        argv: Sequence[str | Path],
        *,
        env: Mapping[str, str],
        cwd: Path,
        log: Path,
        account: Account | None = None,
        descriptors: Sequence[int] = (),
        gated: bool = False,
        quit_signal: signal.Signals = signal.SIGKILL,
    ) -> int:
        """
        Start a program and return its process number. ``name`` is for the other methods.

        It leads a session of its own; its output is added to the file ``log``. ``descriptors`` were inherited by the
        child and are handed over: the child closes its own. With ``gated`` its standard input is a pipe that says
        nothing until ``release()``. ``quit_signal`` ends it cleanly; it is sent at the end, and when the child dies.
        """
        other = account if account and not account.ours else None
        answer = self._ask(
            "spawn",
            name=name,
            argv=[str(part) for part in argv],
            env=dict(env),
            cwd=str(cwd),
            log=str(log),
            descriptors=list(descriptors),
            gated=gated,
            quit_signal=int(quit_signal),
            uid=other.uid if other else None,
            gid=other.gid if other else None,
        )
        return int(answer["pid"])

    def leave_network(self) -> str:
        """Let nothing that is spawned from now on reach a network; empty where that worked, else why not."""
        return str(self._ask("leave_network")["refused"])

    def release(self, name: str) -> None:
        """Write one newline to the standard input of a gated program, and close it."""
        self._ask("release", name=name)

    def wait(self, name: str, seconds: float) -> int:
        """Wait for a program's end and return its exit status, negative for a signal."""
        return int(self._ask("wait", seconds, name=name, seconds=seconds)["status"])

    def wait_for_line(self, name: str, file: Path, line: int, text: str, seconds: float) -> int | None:
        """Wait until line ``line``, counted from 0, of ``file`` is ``text``; an exit status where the program ended."""
        answer = self._ask("wait_for_line", seconds, name=name, file=str(file), line=line, text=text, seconds=seconds)
        return None if answer["status"] is None else int(answer["status"])

    def end(self, name: str, number: signal.Signals, seconds: float) -> int:
        """Send a program a signal, wait for its end and return its exit status."""
        return int(self._ask("end", seconds, name=name, signal=int(number), seconds=seconds)["status"])

    def stop(self) -> None:
        """End everything that the child owns, and the child. What it could not remove itself is swept."""
        with self._stopping:
            if self._stopped:
                return
            with suppress(OSError):  # a child that is gone has closed the channel
                self._channel.shutdown(socket.SHUT_RDWR)
            try:
                status = self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                status = self._process.wait()
            self._channel.close()
            self._complaints.close()
            self._stopped = True
        if status != 0:
            sweep.sweep(self._ledgers)

    def _ask(self, verb: str, patience: float = 0.0, /, **details: Any) -> dict[str, Any]:
        with self._asking:
            self._number += 1
            try:
                self._channel.settimeout(patience + _ANSWER_SECONDS)
                self._channel.sendall(json.dumps({**details, "verb": verb, "number": self._number}).encode() + b"\n")
                while (answer := self._hear())["number"] != self._number:
                    continue  # the answer to a question that was interrupted
            except TimeoutError as problem:
                raise SupervisorError(f"The supervisor child did not answer to {verb!r} in time.") from problem
            except OSError as problem:
                raise SupervisorError(f"The supervisor child is gone{self._complaint()}.") from problem
        if "error" in answer:
            raise SupervisorError(answer["error"])
        return answer

    def _hear(self) -> dict[str, Any]:
        while b"\n" not in self._received:
            received = self._channel.recv(65536)
            if not received:
                raise ConnectionResetError("end of channel")
            self._received += received
        line, _, self._received = self._received.partition(b"\n")
        return dict(json.loads(line))

    def _complaint(self) -> str:
        if self._complaints.closed:
            return ""
        self._complaints.seek(0)
        lines = self._complaints.read().decode(errors="replace").strip().splitlines()
        return f": {lines[-1]}" if lines else ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
