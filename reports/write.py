"""Writes the evidence of a run: all of it or nothing, searched for secrets before anybody else can read it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from prodverify.record.run import RunRecord
from prodverify.record.verdict import EXIT_INCONCLUSIVE, EXIT_SECRET, Word
from reports import junit, metrics, metrics_summary, page, summary

PAGE = "report.html"
SUMS = "sha256sums"
METRICS = "metrics.prom"
RECORD = "record.json"
BROKEN = "unrendered.txt"
_UNFINISHED = ".unfinished-"
_STALE_SECONDS = 3600
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class EvidenceError(Exception):
    """The evidence could not be written; the text is one sentence that says where, why and what to do."""


class Searcher(Protocol):
    """Knows the secrets of a run, as ``prodverify.wire.redaction.Redactor`` does."""

    def find(self, data: bytes) -> list[str]:
        """Names of the secrets that stand in ``data`` in any form."""
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """
    What was written.

    ``secrets`` names what was found in the outputs: then they were deleted, ``folder`` and ``page`` are None and
    ``exit_status`` is 3. ``absent`` names further files that were announced and not there.
    """

    folder: Path | None
    exit_status: int
    page: Path | None
    secrets: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


def write(
    record: RunRecord, runs: Path, *, redactor: Searcher, extra_files: Mapping[str, Path] | None = None
) -> Written:
    """
    Writes ``runs/<utc>-<target>-<run id>/`` (mode 0700, files 0600) and points ``latest`` beside ``runs`` at it.

    ``extra_files`` (name in the folder to path) are moved in. Every file is searched for every secret that
    ``redactor`` knows; one hit deletes them all, and ``latest`` too, so that nobody takes an older run for this one.
    Raises EvidenceError where the folder cannot be written; nothing unfinished stays. Where a page cannot be rendered,
    too: then the record is written without its pages, with what broke beside it.
    """
    extra = {name: path for name, path in (extra_files or {}).items() if path.is_file()}
    absent = tuple(name for name in extra_files or {} if name not in extra)
    folder = runs / folder_name(record)
    unfinished = runs / f"{_UNFINISHED}{folder.name}"
    latest = runs.parent / "latest"
    broken = ""
    if latest.exists() and not latest.is_symlink():
        raise EvidenceError(f"{latest} is to be a link to the newest run, and something else is there; move it away")
    with _told(folder, unfinished):
        runs.mkdir(parents=True, exist_ok=True)
        _sweep(runs)
        unfinished.mkdir(mode=0o700)
        try:
            contents = dict(_rendered(record, _last_success(record, runs), tuple(extra)))
        except Exception as trouble:  # noqa: BLE001 - whatever it is, the record is worth more than a page
            broken = type(trouble).__name__
            contents = {RECORD: _json(unwritten(record)), BROKEN: traceback.format_exc().encode()}
        for name, content in contents.items():
            _put(unfinished / name, content)
        for name, path in extra.items():
            shutil.move(path, unfinished / name)
            (unfinished / name).chmod(0o600)
        _put(unfinished / SUMS, _sums(unfinished))
        secrets = _secrets_in(unfinished, redactor)
        if secrets:
            shutil.rmtree(unfinished)
            latest.unlink(missing_ok=True)
            return Written(None, EXIT_SECRET, None, secrets, absent)
        unfinished.rename(folder)
        _point(latest, folder)
    if broken:
        raise EvidenceError(
            f"no page could be rendered ({broken}); the record of the run is {folder / RECORD}, and {BROKEN} beside it"
            " says what broke: report that as a defect"
        )
    return Written(folder, record.exit_status, folder / PAGE, (), absent)


def folder_name(record: RunRecord) -> str:
    """``<utc>-<target>-<run id>``: names sort by time."""
    utc = _UNSAFE.sub("", record.started_at.partition(".")[0].partition("+")[0].replace("-", "").replace(":", ""))
    return "-".join(_UNSAFE.sub("_", part) for part in (f"{utc.removesuffix('Z')}Z", record.target, record.run_id))


def unwritten(record: RunRecord) -> RunRecord:
    """The same run without its evidence, or without a page to read it on, which is no GO."""
    if record.exit_status:
        return record
    rule = "the evidence could not be written"
    return replace(record, verdict=Word.INCONCLUSIVE.value, rule=rule, exit_status=EXIT_INCONCLUSIVE)


def secret_sentence(secrets: tuple[str, ...]) -> str:
    """What a person is told after a hit: names of the secrets, never values."""
    return (
        f"the outputs held the value of {', '.join(secrets)} and were deleted; "
        "rotate it, as other logs may hold it too, and report which check told it"
    )


def _rendered(record: RunRecord, last_success: float, extra: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    texts = {
        "summary.md": summary.render(record),
    }
    if week := metrics_summary.render(record):
        texts[metrics_summary.NAME] = week
    files = (*sorted((*texts, RECORD, "junit.xml", METRICS, *extra)), SUMS)
    texts[PAGE] = page.render(record, files=files)
    yield RECORD, _json(record)
    for name, text in texts.items():
        yield name, text.encode("utf-8", "backslashreplace")
    yield "junit.xml", junit.render(record)
    yield METRICS, metrics.render(record, last_success=last_success)


def _json(record: RunRecord) -> bytes:
    text = json.dumps(record.as_dict(), ensure_ascii=False, indent=1, allow_nan=False)
    return f"{text}\n".encode("utf-8", "backslashreplace")


def _put(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)


def _sums(folder: Path) -> bytes:
    """What ``sha256sum -c`` reads."""
    lines = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(folder.iterdir()))
    return "".join(lines).encode()


def _secrets_in(folder: Path, redactor: Searcher) -> tuple[str, ...]:
    found = {name: None for path in sorted(folder.iterdir()) for name in redactor.find(path.read_bytes())}
    return tuple(found)


def _last_success(record: RunRecord, runs: Path) -> float:
    """Carried on from run to run, as a textfile collector sees the newest file alone."""
    for path in sorted(runs.glob(f"*/{METRICS}"), reverse=True):
        if path.parent.name.startswith(_UNFINISHED):
            continue
        when = metrics.last_success(path.read_text("utf-8", "replace"), target=record.target, mode=record.mode)
        if when is not None:
            return when
    return 0.0


def _sweep(runs: Path) -> None:
    """Removes what a killed run left half written. A younger one may still be at it."""
    for path in runs.glob(f"{_UNFINISHED}*"):
        if path.stat().st_mtime < time.time() - _STALE_SECONDS:
            shutil.rmtree(path, ignore_errors=True)


def _point(latest: Path, folder: Path) -> None:
    """A symbolic link is replaced by rename, so that a reader sees the old run or the new one."""
    beside = latest.with_name(f".latest-{folder.name}")
    beside.unlink(missing_ok=True)
    beside.symlink_to(os.path.relpath(folder, latest.parent), target_is_directory=True)
    beside.replace(latest)


@contextmanager
def _told(folder: Path, unfinished: Path) -> Iterator[None]:
    """Nothing unfinished stays, and a full disk is one sentence."""
    try:
        yield
    except OSError as trouble:
        raise EvidenceError(
            f"the evidence could not be written to {folder}: {trouble.strerror or trouble}; "
            "make room or permit writing there, and run again"
        ) from trouble
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
