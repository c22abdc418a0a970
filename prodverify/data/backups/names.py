"""What a backup is called: when it was taken, by its name, and what belongs to it. Pure: no file is looked at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

ENDINGS = re.compile(
    r"(?:\.(?:sql|dump|dir|tar|pgdump|backup|custom|bak))?(?:\.(?:gz|zst|lz4))?(?:\.(?:age|gpg|pgp|enc))?$"
)
"""What the name of a backup ends with: its format, what packed it from outside, what encrypted it."""
MANIFEST = ".manifest.json"
UNFINISHED = ".unfinished-"
"""How the folder of a backup in the making begins; nothing in such a folder is a backup."""
_BESIDE = (MANIFEST, ".sha256")
_NO_NAMES = frozenset({"", ".", ".."})
_MOMENT = "%Y%m%d_%H%M%S"
_OWN = re.compile(
    r"(?P<name>[^.].*)_backup_(?P<at>\d{8}_\d{6})\.(?:sql|dump|dir|tar)(?:\.(?:gz|zst|lz4))?(?:\.(?:age|gpg))?"
)
_DIGITS = {
    "%Y": r"\d{4}",
    "%m": r"\d{2}",
    "%d": r"\d{2}",
    "%H": r"\d{2}",
    "%M": r"\d{2}",
    "%S": r"\d{2}",
    "%j": r"\d{3}",
}
DIRECTIVES = (*_DIGITS, "%%", "*")
"""What a pattern may hold beside literal characters: as in strftime, and ``*`` for anything within one part."""
_PIECES = re.compile(r"%.|\*|[^%*]+|%", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Moment:
    """When a backup was taken by its name: at ``start``, in UTC, or up to ``span_seconds`` later."""

    start: datetime
    span_seconds: float


class PatternError(ValueError):
    """A pattern that names nothing; the text is one clause that says what was expected."""


@dataclass(frozen=True, slots=True)
class Naming:
    """
    How a place names its backups, relative to the place.

    Without ``pattern`` it is ours, ``[FOLDER/]NAME_backup_YYYYMMDD_HHMMSS`` and an ending; with ``name`` it is that
    NAME alone. A pattern holds strftime's directives of ``DIRECTIVES``; one that holds none says nothing of the time.
    Raises ``PatternError``.
    """

    pattern: str = ""
    zone: tzinfo = UTC
    name: str = ""

    def __post_init__(self) -> None:
        if self.pattern:
            self.parts()
            given = set(directives(self.pattern))
            if given and "%Y" not in given:
                raise PatternError("expected %Y with %m and %d, or with %j, or no directive at all")
            if given and not ({"%m", "%d"} <= given or "%j" in given):
                raise PatternError("expected the day as %m and %d, or as %j, beside %Y")

    def parts(self) -> tuple[re.Pattern[str], ...]:
        """One expression for each part of a path, folders first. Raises ``PatternError``."""
        if not self.pattern:
            return (re.compile(r"[^.].*"), _OWN)
        parts = self.pattern.split("/")
        if not _NO_NAMES.isdisjoint(parts):
            raise PatternError("expected a path below the place, such as nightly/db-%Y-%m-%d.dump")
        return tuple(re.compile(_expression(part), re.DOTALL) for part in parts)

    @property
    def dated(self) -> bool:
        """Whether names say when a backup was taken."""
        return not self.pattern or bool(directives(self.pattern))

    def shown(self) -> str:
        """The pattern as a person writes it."""
        return self.pattern or f"{self.name or 'NAME'}_backup_YYYYMMDD_HHMMSS.sql.gz"

    def called(self, name: str) -> str:
        """The NAME in ``name``, which is that of one database; empty where a pattern says which are meant."""
        match = None if self.pattern else _OWN.fullmatch(name.rpartition("/")[2])
        return match["name"] if match else ""

    def is_backup(self, name: str) -> bool:
        """Whether ``name``, relative to the place, is that of a backup, by its form alone."""
        parts = name.split("/")
        if name.endswith(_BESIDE) or any(part in _NO_NAMES or part.startswith(UNFINISHED) for part in parts):
            return False
        if self.pattern:
            expected = self.parts()
            matches = len(expected) == len(parts) and all(map(re.Pattern.fullmatch, expected, parts))
            return matches and (not self.dated or self.moment(name) is not None)
        folder, _, last = name.rpartition("/")
        shallow = "/" not in folder and not folder.startswith(".")
        ours = self.called(last)
        return shallow and ours != "" and self.name in ("", ours) and self.moment(name) is not None

    def moment(self, name: str) -> Moment | None:
        """When ``name`` says that it was taken; ``None`` where it does not say, or says no date that there is."""
        if not self.pattern:
            match = _OWN.fullmatch(name.rpartition("/")[2])
            return self._read(match["at"], _MOMENT, 1.0) if match else None
        match = re.fullmatch(_expression(self.pattern), name, re.DOTALL)
        wanted = list(dict.fromkeys(directives(self.pattern)))
        if match is None or not wanted:
            return None
        said = {directive: match[directive[1:]] for directive in wanted}
        return self._read(" ".join(said.values()), " ".join(said), _span(said))

    def _read(self, text: str, form: str, span_seconds: float) -> Moment | None:
        try:
            # where clocks go back an hour is there twice; the earlier one is the older backup
            start = datetime.strptime(text, form).replace(tzinfo=self.zone).astimezone(UTC)
            start + timedelta(seconds=span_seconds)
        except (ValueError, OverflowError):
            return None  # digits that are no date, such as 20261399_990000
        return Moment(start, span_seconds)


OURS = Naming()
"""Our own names."""


def naming(pattern: str = "", time_zone: str = "UTC", name: str = "") -> Naming:
    """The naming of a target's words. Raises ``PatternError``, and ``ValueError`` or ``KeyError`` of another zone."""
    return Naming(pattern, UTC if time_zone == "UTC" else ZoneInfo(time_zone), name)


def directives(pattern: str) -> list[str]:
    """The directives of time in ``pattern``, in order."""
    return [piece for piece in _PIECES.findall(pattern) if piece in _DIGITS]


def file_name(name: str, taken_at: datetime, ending: str = ".sql.gz") -> str:
    """``<name>_backup_YYYYMMDD_HHMMSS`` and ``ending``, in UTC."""
    return f"{name}_backup_{taken_at.astimezone(UTC).strftime(_MOMENT)}{ending}"


def folder_name(taken_at: datetime) -> str:
    """``YYYY-MM-DD``, in UTC."""
    return taken_at.astimezone(UTC).strftime("%Y-%m-%d")


def manifest_name(name: str) -> str:
    """``<same>.manifest.json`` beside a backup of any ending."""
    folder, slash, last = name.rpartition("/")
    return f"{folder}{slash}{ENDINGS.sub('', last, count=1)}{MANIFEST}"


def ending_of(name: str) -> str:
    """The format, what packed it and what encrypted it, as ``name`` ends; empty where it does not say."""
    match = ENDINGS.search(name)
    return match[0] if match else ""


def _expression(pattern: str) -> str:
    seen: set[str] = set()
    made = ""
    for piece in _PIECES.findall(pattern):
        if piece in _DIGITS:
            # the same twice, as in %Y-%m-%d/db-%Y%m%d.dump, is the same moment
            made += f"(?P={piece[1:]})" if piece in seen else f"(?P<{piece[1:]}>{_DIGITS[piece]})"
            seen.add(piece)
        elif piece == "*":
            made += "[^/]*"
        elif piece == "%%":
            made += "%"
        elif piece.startswith("%"):
            raise PatternError(f"{piece} is no directive that is read here; expected some of {' '.join(DIRECTIVES)}")
        else:
            made += re.escape(piece)
    return made


def _span(said: dict[str, str]) -> float:
    if "%S" in said:
        return 1.0
    if "%M" in said:
        return 60.0
    return 3600.0 if "%H" in said else 86400.0
