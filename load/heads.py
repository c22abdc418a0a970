"""The head lines of every request, one head for each credential of the role that asks it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from load.credentials import lines_of, logs_in
from load.journeys import SAFE
from load.sessions import Sessions
from prodverify import __version__
from prodverify.target.asking import CookieRole
from prodverify.target.load import Target
from prodverify.target.section import ANONYMOUS
from prodverify.wire import browser
from prodverify.wire.address import split, visible
from prodverify.wire.client import RUN_HEADER
from prodverify.wire.identity import Lines

ACCEPTED: Mapping[str, tuple[str, str]] = {
    "accept": ("Accept", "*/*"),
    "accept-encoding": ("Accept-Encoding", "identity"),
}
"""What a request says unless the target file says otherwise."""


class Heads:
    """Makes heads for one target and one run."""

    def __init__(self, target: Target, run_id: str, sessions: Sessions) -> None:
        self._target, self._sessions = target, sessions
        address, _ = split(target.base_url)
        ours = (
            ("Host", address.authority),
            ("User-Agent", f"prodverify/{__version__} (load; run {run_id})"),
            (RUN_HEADER, run_id),
        )
        self._ours = {name.lower(): (name, value) for name, value in ours}
        self._asked = {name.lower(): (name, value) for name, value in target.promises.asking.headers.items()}

    def of(self, name: str, method: str, path: str, role: str, declared: Lines = ()) -> Sequence[bytes]:
        """The heads of one request of ``name``; where ``role`` logs in, its one head changes with each log-in."""
        said = {line[0].lower(): line for line in declared}
        lines = {**self._ours, **ACCEPTED, **self._asked, **said}
        start = f"{method} {visible(path).decode('ascii')} HTTP/1.1\r\n"
        return self._with_credentials(name, role, start + _text(lines.values()) + self.site(method, role))

    def unfinished(self, name: str, role: str) -> Sequence[bytes]:
        """What all requests of ``name`` have in common: no first line, and nothing of what they accept."""
        return self._with_credentials(name, role, _text({**self._ours, **self._asked}.values()))

    def site(self, method: str, role: str) -> str:
        """The lines by which a browser that sends a form says where it is."""
        browsing = isinstance(self._target.promises.roles.get(role), CookieRole) and method not in SAFE
        return _text(browser.lines(self._target, "/")) if browsing else ""

    def _with_credentials(self, name: str, role: str, start: str) -> Sequence[bytes]:
        if role == ANONYMOUS:
            return (start.encode("latin-1"),)
        if logs_in(self._target.promises, role):
            return self._sessions.heads(name, role, lambda lines: _head(start, lines))
        known = lines_of(self._target.promises, role, self._target.secret)
        return tuple(_head(start, (line,)) for line in known)


def _text(lines: Iterable[tuple[str, str]]) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in lines)


def _head(start: str, lines: Lines) -> bytes:
    for name, value in lines:
        if not value or not value.isprintable() or value != value.strip():
            raise ValueError(
                f"a credential for the header {name} is empty or holds characters that no header can carry."
            )
    return (start + _text(lines)).encode()
