"""Secret values: read from where ``[secrets]`` says they are, and never shown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

from prodverify.target.asking import BearerRole, HeaderRole, SecretSource
from prodverify.target.files import FileRefused, content, resolved
from prodverify.target.model import Promises
from prodverify.target.references import credentials_of
from prodverify.target.wording import Complaint, Place, nearest

SHORTEST = 8
"""Characters. A shorter value stands in innocent text by chance and cannot be redacted."""

LARGEST_BYTES = 65536

VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
"""Variables as people name them. A name of another kind is not repeated: it may be the secret, written there by mistake."""


class _NoValue(Exception):  # noqa: N818 - it never leaves this module
    """Why a source holds no value."""


class SecretValues(Mapping[str, str]):
    """Name of each secret and its value. Prints names alone."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"SecretValues({', '.join(f'{name}=***' for name in self._values)})"


def read(promises: Promises, folder: Path, environ: Mapping[str, str]) -> tuple[SecretValues, tuple[Complaint, ...]]:
    """The values of all secrets that are at hand, and what is wrong with the others. Embedded ones are not at hand."""
    values: dict[str, str] = {}
    complaints: list[Complaint] = []
    for name, source in promises.secrets.items():
        place: Place = ("secrets", name)
        given = [key for key in ("env", "file", "embedded") if getattr(source, key) is not None]
        if len(given) != 1:
            text = f"expected exactly one of env, file and embedded, came {' and '.join(given) or 'none'}"
            complaints.append(Complaint(place, text))
        elif source.embedded is None:
            try:
                values[name] = _value(source, folder, environ)
            except (FileRefused, _NoValue) as refused:
                complaints.append(Complaint((*place, given[0]), str(refused)))
    complaints.extend(wrong_values(promises, values))
    return SecretValues(values), tuple(complaints)


def wrong_values(promises: Promises, values: Mapping[str, str]) -> Iterator[Complaint]:
    """Values that cannot be redacted, or that no header can carry as they are."""
    for name, value in values.items():
        # Spaces at the ends do not count: a value of nothing else stands in every indented text.
        if (characters := len(value.strip())) < SHORTEST:
            text = f"expected a value of at least {SHORTEST} characters, came {characters}; less cannot be redacted"
            yield Complaint(("secrets", name), text)
        if any(unicodedata.category(character) in {"Cc", "Cs"} for character in value):
            yield Complaint(("secrets", name), "expected one line of UTF-8 text without control characters")
    for role_name, role in promises.roles.items():
        if not isinstance(role, HeaderRole | BearerRole):
            continue
        for secret in credentials_of(role):
            if any(not "!" <= character <= "~" for character in values.get(secret, "")):
                text = f'expected visible ASCII characters without spaces: a header carries it for role "{role_name}"'
                yield Complaint(("secrets", secret), text)


def _value(source: SecretSource, folder: Path, environ: Mapping[str, str]) -> str:
    if source.env is not None:
        return _from_environment(source.env, environ)
    path = resolved(source.file or "", folder)
    try:
        value = content(path, largest=LARGEST_BYTES, secret=True).decode().strip("\r\n")
    except UnicodeDecodeError:
        raise _NoValue(f"expected UTF-8 text in {path}") from None
    if not value:
        raise _NoValue(f"{path} is empty")
    return value


def _from_environment(variable: str, environ: Mapping[str, str]) -> str:
    value = environ.get(variable, "").strip("\r\n")
    if value:
        return value
    if not VARIABLE.fullmatch(variable):
        raise _NoValue("names no environment variable that is set; expected a NAME in capitals")
    if variable in environ:
        raise _NoValue(f"environment variable {variable} is empty")
    near = nearest(variable, environ)
    offer = near if "did you mean" in near else ""
    raise _NoValue(f"environment variable {variable} is not set{offer}")
