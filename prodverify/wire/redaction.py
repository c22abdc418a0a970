"""Nothing secret reaches a message, a record or a report: redaction by value and by name, and the final search."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from prodverify.wire import disguises, lockfile, parts, telling
from prodverify.wire.exchange import Exchange
from prodverify.wire.sensitive import MASK

_KEYWORD = re.compile(r"(?:^|\s)password\s*=\s*(?:'(?P<quoted>(?:\\.|[^'\\])*)'|(?P<bare>[^'\s]\S*))")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\[\]:-]+/?")
"""An address without user, path and query opens nothing by itself, and may be that of the service."""
MIN_SECRET_CHARACTERS = 6
"""Shorter values occur by chance all over an answer; they are masked by name alone."""
_KEPT_TEXTS, _KEPT_CHARACTERS = 4096, 512
"""Header lines come again with every answer; that many of them, no longer than this, are looked through once."""


class Redactor:
    """
    Knows the secrets of a run and takes them out of what is told.

    ``secrets`` are values, or names and values. What is learned on the way (tokens, cookies, keys made by a check) is
    written to a file in ``folder`` (mode 0600) that all workers share: each takes the others' secrets out, too, and
    the controller searches the outputs for all of them. ``variables`` are names of secrets and of the environment
    variables that hold them, for the command line that repeats an exchange.
    """

    def __init__(
        self,
        secrets: Mapping[str, str] | Iterable[str],
        folder: Path | None = None,
        *,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        named = (
            secrets
            if isinstance(secrets, Mapping)
            else {f"secret_{number}": value for number, value in enumerate(secrets, 1)}
        )
        self._variables = variables or {}
        self._path = folder / "learned" if folder is not None else None
        self._lock = threading.Lock()
        self._read_bytes = 0
        self._names: dict[str, str] = {}
        self._forms: dict[str, tuple[str, ...]] = {}
        self._longest_first: tuple[str, ...] = ()
        self._masked: dict[str, str] = {}
        for name, value in named.items():
            if not _ORIGIN.fullmatch(value):
                self._add(name, value)
            self._add(f"{name}_password", _password_in(value))

    def __repr__(self) -> str:
        return f"<Redactor of {len(self._names)} secrets>"

    def learn(self, value: str, name: str = "learned") -> None:
        """Takes ``value`` for a secret from now on, in every process of the run. What is too short is not kept."""
        self._catch_up()
        if value in self._names or len(value) < MIN_SECRET_CHARACTERS:
            return
        if self._path is not None:
            line = json.dumps([name, value]).encode() + b"\n"
            with lockfile.held(self._path) as learned:
                os.pwrite(learned, line, os.fstat(learned).st_size)
            self._catch_up()
        else:
            self._add(name, value)

    def known(self) -> dict[str, str]:
        """Every secret by a name that tells them apart, those that other workers learned included."""
        self._catch_up()
        return {name: value for value, name in self._names.items()}

    def text(self, text: str) -> str:
        """
        ``text`` with every known secret masked, in whatever form (``disguises``) it stands there.

        What stands before an ellipsis, or behind one, was cut by somebody: a part of a secret is masked there, too.
        """
        self._catch_up()
        return self._text(text)

    def find(self, data: bytes) -> list[str]:
        """Names of the secrets that stand in ``data`` in any form."""
        self._catch_up()
        data = data.replace(MASK.encode(), b"\n")
        return [
            name
            for value, name in list(self._names.items())
            if any(disguises.encoded(form) in data for form in self._forms[value])
        ]

    def exchange(self, exchange: Exchange) -> dict[str, Any]:
        """The exchange as the record holds it: the only way there. Keys as in the record's schema."""
        self._catch_up()
        margin = len(self._longest_first[0]) if self._longest_first else 0
        names = {value: self._variables.get(name, name.upper()) for value, name in self._names.items()}
        return telling.exchange(exchange, self._text, margin=margin, variables=names)

    def _text(self, text: str) -> str:
        if len(text) > _KEPT_CHARACTERS:
            return self._looked_through(text)
        # Taken before looking: what is kept from before a secret was learned must not be kept after it.
        kept = self._masked
        if (masked := kept.get(text)) is None:
            masked = self._looked_through(text)
            if len(kept) < _KEPT_TEXTS:
                kept[text] = masked
        return masked

    def _looked_through(self, text: str) -> str:
        for form in self._longest_first:
            if form in text:
                text = text.replace(form, MASK)
        return parts.masked(text, self._longest_first)

    def _add(self, name: str, value: str) -> None:
        if value in self._names or len(value) < MIN_SECRET_CHARACTERS:
            return
        taken = set(self._names.values())
        unique, number = name, 1
        while unique in taken:
            number += 1
            unique = f"{name}_{number}"
        self._forms[value] = disguises.of(value)
        self._names[value] = unique
        every = {form for forms in self._forms.values() for form in forms}
        self._longest_first = tuple(sorted(every, key=len, reverse=True))
        self._masked = {}

    def _catch_up(self) -> None:
        if self._path is None:
            return
        try:
            if os.stat(self._path).st_size == self._read_bytes:
                return
        except FileNotFoundError:
            return
        with self._lock, lockfile.held(self._path) as learned:
            content = lockfile.read(learned)
            for line in content[self._read_bytes :].splitlines():
                name, value = json.loads(line)
                self._add(name, value)
            self._read_bytes = len(content)


def _password_in(value: str) -> str:
    """
    The password in a connection string; empty where it is none.

    One too short to look for stays unnamed, and so does one that its other parts give away, as postgres:postgres:
    it stands in innocent text by chance.
    """
    rest, password = _divided(value)
    return password if len(password) >= MIN_SECRET_CHARACTERS and password not in rest else ""


def _divided(value: str) -> tuple[str, str]:
    """A connection string without its password, as an address or in libpq's keyword form, and the password."""
    if match := _KEYWORD.search(value):
        password = re.sub(r"\\(.)", r"\1", match["quoted"] or match["bare"] or "")
        return value.replace(match[0], " "), password
    if "://" not in value:
        return value, ""
    try:
        stated = urlsplit(value).password or ""
    except ValueError:
        return value, ""
    return unquote(value.replace(f":{stated}@", "@", 1)), unquote(stated)
