"""Where a target file is, and what it says as plain values, before any of it is judged."""

from __future__ import annotations

import datetime
import math
import re
import tomllib
from pathlib import Path
from typing import Any

from prodverify.target.files import FileRefused, content
from prodverify.target.wording import Complaint, Place, TargetError, came, nearest

LARGEST_BYTES = 1024 * 1024
"""A target file of a hundred endpoints with their schemas takes a tenth of this."""

DEEPEST = 64
"""Levels of lists and tables in each other, far more than a JSON Schema takes."""

SUFFIX = ".toml"
POSITION = re.compile(r"(?P<what>.*?) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL)
"""How tomllib ends its messages."""

PLAIN = {
    "Cannot overwrite a value": "this key stands here a second time",
    "Cannot declare": "this section stands here a second time",
    "Illegal character '\\n'": "text without its closing quote",
    "Invalid value": "expected a value: text in quotes, a number, true, false, a list or a table",
}
"""Messages of tomllib that a person may not understand, by their beginning."""


def found(named: str, root: Path) -> Path:
    """
    The absolute path that ``named`` means: ``root/targets/NAME.toml``, or a path itself.

    It is a path where it holds a separator or ends in .toml. Raises TargetError where there is no such file.
    """
    is_path = "/" in named or named.endswith(SUFFIX)
    path = Path(named) if is_path else root / "targets" / f"{named}{SUFFIX}"
    if named and _exists(path):
        return path.absolute()
    existing = sorted(file.stem for file in (root / "targets").glob(f"*{SUFFIX}"))
    missing = f"there is no file {shown(path)}" if is_path else f"there is no targets/{named}{SUFFIX}"
    near = nearest(path.stem, existing) if existing else ""
    offer = near if "did you mean" in near else ""
    listed = f"targets that exist: {', '.join(existing) or 'none'}"
    raise TargetError([f"no such target {came(named)}: {missing}{offer or ';'} {listed}"])


def shown(path: Path) -> str:
    """``path`` as complaints name it: from the working directory, where it is below that."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def read(path: Path) -> bytes:
    """The file's bytes. Raises TargetError where it is no file that can be read."""
    try:
        return content(path, largest=LARGEST_BYTES)
    except FileRefused as refused:
        raise TargetError([f"{shown(path)}: {refused}"]) from None


def said(raw: bytes, path: Path) -> dict[str, Any]:
    """
    What the file says, dates as text in ISO 8601, which is what JSON has for them.

    A byte order mark and CRLF line ends are accepted. Raises TargetError where it is not TOML, or says nothing.
    """
    try:
        values = tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        text = f"line {line}: expected UTF-8, came byte 0x{raw[error.start]:02x}; save the file as UTF-8"
        raise TargetError([f"{shown(path)}: {text}"]) from None
    except RecursionError:
        raise TargetError([f"{shown(path)}: expected TOML, came lists or tables too deep to read"]) from None
    except tomllib.TOMLDecodeError as error:
        raise TargetError([f"{shown(path)}: {_worded(str(error))}"]) from None
    except ValueError:  # of int(), for thousands of digits
        raise TargetError([f"{shown(path)}: expected TOML, came a number too long to read"]) from None
    if not values:
        raise TargetError([f"{shown(path)}: is empty; expected at least version, name and base_url"])
    wrong: list[Complaint] = []
    plain: dict[str, Any] = _plain_value(values, (), wrong)
    if wrong:
        raise TargetError([complaint.sentence(shown(path)) for complaint in wrong])
    return plain


def _exists(path: Path) -> bool:
    try:
        return path.exists() or path.is_symlink()
    except PermissionError:
        return True  # reading it says so
    except (OSError, ValueError):  # a name that no file can have
        return False


def _worded(message: str) -> str:
    match = POSITION.fullmatch(message)
    if not match:
        return f"expected TOML: {message}"
    what = next((plain for beginning, plain in PLAIN.items() if match["what"].startswith(beginning)), match["what"])
    where = f"line {match['line']}, column {match['column']}" if match["line"] else "at its end"
    return f"{where}: expected TOML: {what}"


def _plain_value(value: Any, place: Place, wrong: list[Complaint]) -> Any:
    if len(place) > DEEPEST:
        wrong.append(Complaint(place[:3], f"expected at most {DEEPEST} levels of lists and tables"))
        return None
    match value:
        case dict():
            return {key: _plain_value(inner, (*place, key), wrong) for key, inner in value.items()}
        case list():
            return [_plain_value(inner, (*place, number), wrong) for number, inner in enumerate(value)]
        case datetime.date() | datetime.time():
            return value.isoformat()
        case float() if not math.isfinite(value):
            wrong.append(Complaint(place, f"expected a finite number, came {value}"))
        case int() if value.bit_length() > 63:
            wrong.append(Complaint(place, "expected a number of at most 64 bits (TOML 1.0)"))
    return value
