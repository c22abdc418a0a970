"""
Arrivals written by hand: one call of a function for each, that asks what it likes through a client of ours.

The function stands in a Python file that ``load.written`` names, and has the name of the arrival with ``_`` for ``-``.
Its requests pass by Locust's users, so they are open-loop and judged like all others. An error in it is ours: it tells
nothing about the service.
"""

from __future__ import annotations

import importlib.util
import json as jsons
import re
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from types import ModuleType
from typing import Any, NamedTuple

import gevent

from load.connection import Answer, Connection, NoAnswer
from load.heads import ACCEPTED
from load.journeys import IDEMPOTENT, SAFE, Broken, Outcome, Step, Told, Work, attributed, traceparent
from prodverify.target.addresses import CREDENTIALS, FRAMING
from prodverify.target.wording import came, nearest
from prodverify.wire.address import visible

MOST_REQUESTS = 20
"""Of one arrival. A function that asks more often has lost its way, or is no arrival but a load of its own."""
_LONGEST_MESSAGE = 200
_LONGEST_REASON = 80
_NUMBER = re.compile(r"[0-9]+")
"""Errors are counted by reason, so that one which holds a number of its own would be one more each time."""
_NONE = Answer(0, b"", 0)


class WrittenError(Broken):
    """A hand-written arrival that cannot be used, or that broke; the text says where, and what to do."""


class BadAnswer(Exception):  # noqa: N818 - it is no error of the function
    """The service did not answer as the function expects. Unless the function catches it, its arrival is a bad one."""


class Reply(NamedTuple):
    """One answer. ``elapsed_ms`` runs from when its request was sent to its last byte."""

    status: int
    body: bytes
    elapsed_ms: float

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON. Raises BadAnswer where it is none."""
        try:
            return jsons.loads(self.body)
        except (ValueError, RecursionError):
            raise BadAnswer("answer is not JSON") from None


class Client:
    """What a hand-written arrival asks with, as one credential of its role. It lives as long as the arrival."""

    def __init__(self, writing: Writing, work: Work, turn: int, connection: Connection, told: Told) -> None:
        self._writing, self._work, self._connection, self._told = writing, work, connection, told
        heads = work.steps[0].heads
        self._head = heads[turn % len(heads)]
        self.turn = turn
        """Counts the arrivals of this name from 0, over all workers."""
        self.asked = 0
        self.last_ms = 0.0
        self.began = self.answered = perf_counter()
        self.limited = self.stranger = False
        self.error = ""
        self.misused: WrittenError | None = None

    def ask(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        expect: int | tuple[int, ...] = (),
        label: str = "",
    ) -> Reply:
        """
        The answer to ``method`` on ``path`` of the target.

        ``json`` is sent as the body (None is no body). ``expect`` are the statuses of a good answer; without it every
        status below 400 is one. ``label`` names the request in Locust's tables.

        Raises BadAnswer where another status came, or no answer in time.
        """
        self.asked += 1
        self.limited = self.stranger = False
        self.error = ""
        try:
            request = self._request(method, path, json, body, headers or {})
        except WrittenError as misused:
            self.misused = misused  # a function that catches everything would be taken for one that was answered
            raise
        statuses = frozenset((expect,) if isinstance(expect, int) else expect)
        step = Step(label or f"{self._work.name} {self.asked}", method, (), None, (), statuses)
        sent = perf_counter()
        try:
            answer = self._connection.ask(request, method=method, keep_body=True, again=method in IDEMPOTENT)
            error = "" if step.good(answer.status) else f"status {answer.status}"
        except NoAnswer as none:
            answer, error = _NONE, str(none)
        self.answered = perf_counter()
        self.last_ms = (self.answered - sent) * 1000.0
        who = "application"
        if error and answer.status:
            who, error = attributed(self._work, step, request, answer, error)
        self._told(step, self.last_ms, self.since_ms, answer.size, error, who == "limiter")
        if error:
            self.limited, self.stranger = who == "limiter", who not in {"application", "limiter"}
            self.error = f"{step.label}: {error}"
            raise BadAnswer(error)
        return Reply(answer.status, answer.body, self.last_ms)

    @property
    def since_ms(self) -> float:
        """From when the arrival began to its last answer."""
        return (self.answered - self.began) * 1000.0

    def _request(self, method: str, path: str, json: Any, body: bytes, headers: Mapping[str, str]) -> bytes:
        if self.asked > self._writing.most_requests:
            gevent.sleep()  # lets others in, where it asks for ever
            raise WrittenError(f"asks more than {self._writing.most_requests} times in one arrival")
        if method not in SAFE and not self._writing.writes:
            raise WrittenError(f"sends {method}, which needs the permit writes")
        if not path.startswith("/"):
            raise WrittenError(f"asks for {came(path)}; expected a path of the target, which begins with /")
        if json is not None:
            body = jsons.dumps(json, separators=(",", ":")).encode()
        lines = {**ACCEPTED, **({"content-type": ("Content-Type", "application/json")} if json is not None else {})}
        for name, value in headers.items():
            if name.lower() in CREDENTIALS | FRAMING or not f"{name}{value}".isprintable():
                raise WrittenError(f"sends the header {came(name)}, which is not its own to send; see load.roles")
            lines[name.lower()] = (name, value)
        said = "".join(f"{name}: {value}\r\n" for name, value in lines.values())
        if method not in SAFE:
            said += self._writing.site
        if body or method not in SAFE:
            said += f"Content-Length: {len(body)}\r\n"
        start = f"{method} {visible(path).decode('ascii')} HTTP/1.1\r\n".encode("latin-1")
        return b"".join((start, self._head, said.encode(), traceparent(), b"\r\n", body))


@dataclass(frozen=True, slots=True)
class Writing:
    """One function, found and ready. ``site`` are the lines that come with its unsafe methods."""

    function: Callable[[Client], object]
    file: str
    writes: bool
    site: str = ""
    most_requests: int = MOST_REQUESTS

    def walk(self, work: Work, turn: int, connection: Connection, told: Told) -> Outcome:
        """One arrival. Raises WrittenError where the function itself is at fault."""
        client = Client(self, work, turn, connection, told)
        error = ""
        try:
            self.function(client)
        except BadAnswer as bad:
            error = client.error or f"{work.name}: {_NUMBER.sub('#', str(bad))[:_LONGEST_REASON]}"
        except gevent.GreenletExit:
            raise  # the run is over
        except BaseException as broken:  # an exit would end the run with whatever status it has
            raise WrittenError(self._told(work.name, broken)) from broken
        if client.misused is not None:
            raise WrittenError(self._told(work.name, client.misused))
        if not client.asked:
            raise WrittenError(f"load.written {work.name}: its function in {self.file} asked nothing")
        limited, stranger = bool(error) and client.limited, bool(error) and client.stranger
        return Outcome(client.since_ms, client.last_ms, error, limited, stranger)

    def _told(self, name: str, broken: BaseException) -> str:
        """The sentence about an error in the function, with the last line of its own file."""
        lines = [frame.lineno for frame in traceback.extract_tb(broken.__traceback__) if frame.filename == self.file]
        what = str(broken) if isinstance(broken, WrittenError) else f"{type(broken).__name__}: {broken}"
        where = f", line {lines[-1]}" if lines else ""
        return f"load.written {name}: {self.file}{where}: {what[:_LONGEST_MESSAGE]}"


def writing_of(name: str, path: str, folder: Path, *, writes: bool, site: str = "") -> Writing:
    """
    The function of the arrival ``name`` in the file ``path``, which is relative to ``folder``.

    Raises WrittenError, with one sentence, where there is none.
    """
    file = file_of(name, path, folder)
    function = getattr(_module(name, file), name.replace("-", "_"), None)
    if not callable(function):
        there = [each for each, value in vars(_module(name, file)).items() if callable(value) and each[0] != "_"]
        wanted = name.replace("-", "_")
        raise WrittenError(f"load.written {name}: {file} has no function {came(wanted)}{nearest(wanted, there)}")
    return Writing(function, str(file), writes=writes, site=site)


def module_of(name: str, path: str, folder: Path) -> ModuleType:
    """The module of that file, run once a process. Raises WrittenError."""
    return _module(name, file_of(name, path, folder))


def file_of(name: str, path: str, folder: Path) -> Path:
    """The file that ``path`` means. Raises WrittenError where it cannot be one."""
    try:
        return (folder / path).resolve()
    except ValueError:
        raise WrittenError(f"load.written {name}: expected a Python file, and {came(path)} is none.") from None


def _module(name: str, file: Path) -> ModuleType:
    called = f"written_{sha256(str(file).encode()).hexdigest()[:16]}"
    if called in sys.modules:
        return sys.modules[called]
    spec = importlib.util.spec_from_file_location(called, file)
    if not file.is_file() or spec is None or spec.loader is None:
        raise WrittenError(f"load.written {name}: expected a Python file, and {file} is none.")
    module = importlib.util.module_from_spec(spec)
    if str(file.parent) not in sys.path:
        sys.path.append(str(file.parent))  # what lies beside it may be imported
    sys.modules[called] = module  # before it runs, as everywhere: data classes look for themselves there
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as broken:
        del sys.modules[called]
        lines = [frame.lineno for frame in traceback.extract_tb(broken.__traceback__) if frame.filename == str(file)]
        line = broken.lineno or 1 if isinstance(broken, SyntaxError) else lines[-1] if lines else 0
        what = broken.msg if isinstance(broken, SyntaxError) else str(broken)
        text = f"load.written {name}: {file}, line {line}: {type(broken).__name__}: {what[:_LONGEST_MESSAGE]}"
        raise WrittenError(text) from broken
    return module
