"""
The supervisor child: it starts the processes and makes the folders of one run, and ends them with its owner.

It is told what to do in JSON lines over a socket. When that socket closes, when its owner is gone, or on SIGTERM,
SIGINT or SIGHUP it ends every process, removes every folder and settles its ledger. On Linux its processes also get a
signal from the kernel when it is killed itself; then the folders wait for the next sweep. It knows nothing of
PostgreSQL or Relay and imports the standard library alone, so that it is up in 40 ms.
"""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prodverify.data import network
from prodverify.data.child import Child
from prodverify.data.ledger import Ledger
from prodverify.data.process import identify

_IDLE_SECONDS = 0.25  # how late the death of an owner is seen whose end of the socket somebody else holds too
_WATCHING_SECONDS = 0.004  # between looks at a file that is being waited for
_QUIT_SECONDS = 2.5  # from a process's own signal to SIGKILL
_KILL_SECONDS = 1.5  # from SIGKILL to giving up; both together stay under the 5 s promised after SIGTERM
_ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

Reply = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Awaited:
    """A question that is answered later: ``look`` gives the reply once there is one."""

    number: int
    look: Callable[[], Reply | None]
    deadline: float
    otherwise: str


class Keeper:
    """Everything that one run owns outside its own process."""

    def __init__(self, channel: socket.socket, ledger: Ledger, owner: int) -> None:
        self._channel = channel
        self._ledger = ledger
        self._owner = owner
        self._children: dict[str, Child] = {}
        self._folders: list[Path] = []
        self._awaited: _Awaited | None = None
        self._received = b""
        self._ending = False
        self._verbs: dict[str, Callable[[Reply], Reply | _Awaited]] = {
            "folder": self._make_folder,
            "spawn": self._spawn,
            "release": self._release,
            "wait": self._wait,
            "wait_for_line": self._wait_for_line,
            "end": self._end,
            "leave_network": self._leave_network,
        }

    def serve(self) -> bool:
        """Do as told until it is time to end, then end; true where nothing is left."""
        woken, wakes = socket.socketpair()
        for end in (woken, wakes, self._channel):
            end.setblocking(False)
        signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
        for number in _ENDINGS:
            signal.signal(number, self._asked_to_end)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # wakes the selector; children are collected by poll()
        with selectors.DefaultSelector() as selector:
            selector.register(woken, selectors.EVENT_READ)
            selector.register(self._channel, selectors.EVENT_READ)
            while not self._ending and os.getppid() == self._owner:
                for key, _ in selector.select(_WATCHING_SECONDS if self._awaited else _IDLE_SECONDS):
                    if key.fileobj is woken:
                        woken.recv(4096)
                    else:
                        self._listen()
                self._answer_awaited()
        return self._end_everything()

    def _asked_to_end(self, *_: object) -> None:
        self._ending = True

    def _listen(self) -> None:
        try:
            received = self._channel.recv(65536)
        except ConnectionError:
            received = b""
        if not received:
            self._ending = True
            return
        *lines, self._received = (self._received + received).split(b"\n")
        for line in lines:
            self._obey(json.loads(line))

    def _obey(self, request: Reply) -> None:
        number = request["number"]
        try:
            answer = self._verbs[request["verb"]](request)
        except (OSError, subprocess.SubprocessError) as problem:
            answer = {"error": str(problem)}
        if isinstance(answer, _Awaited):
            self._awaited = answer
        else:
            self._reply(number, answer)

    def _answer_awaited(self) -> None:
        if (awaited := self._awaited) is None:
            return
        reply = awaited.look()
        if reply is None and time.monotonic() > awaited.deadline:
            reply = {"error": awaited.otherwise}
        if reply is not None:
            self._awaited = None
            self._reply(awaited.number, reply)

    def _reply(self, number: int, reply: Reply) -> None:
        try:
            self._channel.sendall(json.dumps({**reply, "number": number}).encode() + b"\n")
        except OSError:
            self._ending = True

    def _make_folder(self, request: Reply) -> Reply:
        folder = Path(request["path"])
        self._ledger.note_folder(folder)
        self._folders.append(folder)
        folder.mkdir(mode=0o700)
        if request["uid"] != os.geteuid():
            os.chown(folder, request["uid"], request["gid"])
        return {}

    def _spawn(self, request: Reply) -> Reply:
        child = self._children[request["name"]] = Child.start(request)
        try:
            self._ledger.note_process(identify(child.process.pid), child.quit_signal)
        except ProcessLookupError:
            child.process.poll()  # it has ended already, so there is nothing to end later
        for descriptor in request["descriptors"]:
            os.close(descriptor)
        return {"pid": child.process.pid}

    def _leave_network(self, _: Reply) -> Reply:
        return {"refused": network.leave()}

    def _release(self, request: Reply) -> Reply:
        gate = self._children[request["name"]].process.stdin
        if gate is None:
            raise OSError(f"{request['name']} has no gate")
        gate.write(b"\n")
        gate.close()
        return {}

    def _wait(self, request: Reply) -> _Awaited:
        process = self._children[request["name"]].process

        def look() -> Reply | None:
            status = process.poll()
            return None if status is None else {"status": status}

        return self._later(request, look, "still ran")

    def _wait_for_line(self, request: Reply) -> _Awaited:
        process = self._children[request["name"]].process

        def look() -> Reply | None:
            if process.poll() is not None:
                return {"status": process.returncode}
            try:
                lines = Path(request["file"]).read_text(errors="replace").splitlines()
            except FileNotFoundError:
                return None
            found = len(lines) > request["line"] and lines[request["line"]].strip() == request["text"]
            return {"status": None} if found else None

        return self._later(request, look, f"had not said {request['text']!r}")

    def _end(self, request: Reply) -> _Awaited:
        child = self._children[request["name"]]
        if child.process.poll() is None:
            child.process.send_signal(request["signal"])
        return self._wait(request)

    def _later(self, request: Reply, look: Callable[[], Reply | None], what: str) -> _Awaited:
        seconds = request["seconds"]
        otherwise = f"{request['name']} {what} after {seconds:g} s"
        return _Awaited(request["number"], look, time.monotonic() + seconds, otherwise)

    def _end_everything(self) -> bool:
        for number in _ENDINGS:
            signal.signal(number, signal.SIG_IGN)
        children = list(reversed(self._children.values()))
        for child in children:
            child.quit()
        gone = self._collect(children, _QUIT_SECONDS)
        for child in children:
            child.kill()
        gone = gone or self._collect(children, _KILL_SECONDS)
        for folder in reversed(self._folders):
            shutil.rmtree(folder, ignore_errors=True)
        if gone and not any(folder.exists() for folder in self._folders):
            self._ledger.settle()
            return True
        self._ledger.close()
        return False

    def _collect(self, children: list[Child], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while running := [child for child in children if child.process.poll() is None]:
            if time.monotonic() > deadline:
                return False
            try:
                running[0].process.wait(timeout=_WATCHING_SECONDS)
            except subprocess.TimeoutExpired:
                continue
        return True


def main(descriptor: int, owner: int, directory: str) -> int:
    """Serve the owner at the other end of ``descriptor``; the exit status is 0 where nothing is left behind."""
    os.umask(0o077)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # an owner may have blocked signals, and a mask is inherited
    ledger = Ledger.create(Path(directory))
    with socket.socket(fileno=descriptor) as channel:
        return 0 if Keeper(channel, ledger, owner).serve() else 1
