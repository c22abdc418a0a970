"""
Paths that everybody tries, and what proves that something real is there.

OWASP ASVS 5.0 13.4 (no source control metadata, no debug pages, no listings, documentation and metrics as meant). A
status alone proves nothing: many services answer every path with one page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from prodverify.record.findings import Severity


@dataclass(frozen=True, slots=True)
class WellKnown:
    """
    One path, of a ``group`` that is told as one.

    ``form`` is the structure that only the real thing has, None where nothing is known of it. ``severity`` is how much
    it weighs where the target file does not speak of the path.
    """

    group: str
    name: str
    path: str
    holds: str
    form: re.Pattern[bytes] | None
    severity: Severity = Severity.FAIL


def _form(pattern: str, flags: int = 0) -> re.Pattern[bytes]:
    return re.compile(pattern.encode("ascii"), flags)


_HTML = re.IGNORECASE
_LINES = re.MULTILINE

PATHS: tuple[WellKnown, ...] = (
    WellKnown(
        "source",
        "git-head",
        "/.git/HEAD",
        "the history of the source",
        _form(r"\A(?:ref: refs/[\w./-]{1,200}|[0-9a-f]{40})\s*\Z"),
    ),
    WellKnown("source", "git-config", "/.git/config", "the history of the source", _form(r"\A\s*\[core\]\s")),
    WellKnown("source", "svn", "/.svn/wc.db", "the history of the source", _form(r"\ASQLite format 3\x00")),
    WellKnown(
        "secrets",
        "env",
        "/.env",
        "settings and secrets",
        _form(r"\A(?:[ \t]*(?:#[^\n<]*)?\r?\n)*(?:export )?[A-Za-z_][A-Za-z0-9_]{0,80}=[^\n<]*(?:\r?\n|\Z)"),
    ),
    WellKnown(
        "secrets",
        "aws-credentials",
        "/.aws/credentials",
        "cloud credentials",
        _form(r"^\s*aws_(?:secret_)?access_key", _LINES),
    ),
    WellKnown("secrets", "ds-store", "/.DS_Store", "a folder's file names", _form(r"\A\x00\x00\x00\x01Bud1")),
    WellKnown(
        "secrets",
        "backup",
        "/backup.sql",
        "a copy of the database",
        _form(
            r"\A(?:\s*--[^\n]*\n)*\s*-- (?:PostgreSQL database|MySQL|MariaDB) dump|^CREATE TABLE [`\"\w.]{1,100} \(",
            _LINES,
        ),
    ),
    WellKnown(
        "diagnostics",
        "actuator",
        "/actuator",
        "internal operations",
        _form(r"\A\s*\{\s*\"_links\"\s*:\s*\{"),
        Severity.WARN,
    ),
    WellKnown(
        "diagnostics",
        "actuator-env",
        "/actuator/env",
        "settings and secrets",
        _form(r"\A\s*\{.{0,2000}\"propertySources\"\s*:", re.DOTALL),
    ),
    WellKnown(
        "diagnostics", "debug-vars", "/debug/vars", "the inside of the process", _form(r"\"(?:cmdline|memstats)\"\s*:")
    ),
    WellKnown(
        "diagnostics",
        "debug-pprof",
        "/debug/pprof/",
        "the inside of the process",
        _form(r"<title>/debug/pprof/|full goroutine stack", _HTML),
    ),
    WellKnown(
        "diagnostics",
        "server-status",
        "/server-status",
        "what the server is doing",
        _form(
            r"<title>Apache Status</title>|^Total Accesses: \d"
            r"|\AActive connections: \d{1,9} ?\r?\nserver accepts handled requests",
            _LINES,
        ),
    ),
    WellKnown(
        "diagnostics",
        "phpinfo",
        "/phpinfo.php",
        "settings and paths",
        _form(r"<title>(?:PHP [\d.]+[^<]{0,40}|phpinfo\(\))"),
    ),
    WellKnown(
        "diagnostics",
        "profiler",
        "/_profiler/",
        "requests of others",
        _form(r"<title>[^<]{0,60}Symfony Profiler", _HTML),
    ),
    WellKnown(
        "descriptions",
        "metrics",
        "/metrics",
        "internal metrics",
        _form(r"^# (?:TYPE|HELP) [A-Za-z_:][\w:]{0,200} ", _LINES),
        Severity.WARN,
    ),
    WellKnown(
        "descriptions",
        "openapi",
        "/openapi.json",
        "a description of every operation",
        _form(r"\A\s*\{.{0,4000}\"(?:openapi|swagger)\"\s*:\s*\"[23]", re.DOTALL),
        Severity.WARN,
    ),
    WellKnown(
        "descriptions",
        "docs",
        "/docs",
        "a description of every operation",
        _form(r"swagger-ui|<redoc\b|redoc\.standalone", _HTML),
        Severity.WARN,
    ),
)

LISTING = _form(
    r"<title>\s*(?:Index of /|Directory listing (?:for|of) /|Listing directory /|listing directory )|<h1>Index of /"
    # One that names the folder alone: its own script is what tells it from a page.
    r"|<body onload=['\"]init(?:Filter|Page)\(\)"
    # As JSON, which some write for whoever takes it.
    r"|\A\s*\[\s*\{\s*\"name\"\s*:\s*\"[^\"]{1,255}\"[^{}\[\]]{0,600}\"(?:is_dir|mtime)\"\s*:",
    _HTML,
)
"""What web servers write above, or as, the list of a folder's files."""


def directory(path: str) -> WellKnown:
    """A folder, which is exposed where it lists what is in it."""
    return WellKnown("listing", f"listing-{_named(path)}", path, "a folder's file names", LISTING)


def of_paths(paths: Iterable[str]) -> dict[str, WellKnown]:
    """What is known of ``paths``, by path; of others than the usual ones, only where they are."""
    usual = {known.path: known for known in PATHS}
    return {
        path: usual.get(path) or WellKnown("declared", _named(path), path, "something closed", None) for path in paths
    }


def _named(path: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "root"
