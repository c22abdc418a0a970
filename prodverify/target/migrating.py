"""What an entry of ``[[migrations]]`` cannot mean."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from prodverify.target.migrations import Migrations
from prodverify.target.model import Promises
from prodverify.target.wording import Complaint, Place, alternatives, came

TABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)?")
"""An unquoted PostgreSQL identifier, with its schema or without."""

_VERSION_TABLE = re.compile(r"""[^\s.;'"]+(\.[^\s.;'"]+)?""")
"""A table, with its schema or without, whatever it is called: it is quoted wherever it is asked."""

_WITH_BRANCHES = frozenset({"alembic", "django", "detect"})
_ONE_HEAD = frozenset({"golang-migrate"})
_DEPENDENT = (
    ("git_revision", "repository", "folder"),
    ("repository", "git_revision", "git_revision"),
    ("more_folders", "folder", "folder"),
    ("manifest_at", "manifest", "manifest"),
    ("code_at", "code_path", "code_path"),
    ("reported_at", "reported_path", "reported_path"),
)
"""A key, the key without which it says nothing, and what it speaks of."""


def complaints(promises: Promises) -> Iterator[Complaint]:
    """Everything in ``[[migrations]]`` that cannot be meant."""
    labels = Counter(entry.label for entry in promises.migrations)
    for label in (label for label, entries in labels.items() if entries > 1):
        text = f'{labels[label]} entries are called "{label}", by their tool where they have no name; expected one'
        yield Complaint(("migrations", label, "name"), text)
    for entry in promises.migrations:
        for key, text in (*_wrong(entry), *_unseen(entry, promises)):
            place: Place = ("migrations", entry.label, key)
            yield Complaint(place, text)


def _unseen(entry: Migrations, promises: Promises) -> Iterator[tuple[str, str]]:
    # what a drill restores is a database, too: on a machine that reaches no other it is the only one
    if promises.database:
        return
    restored = promises.backups or promises.recovery
    if entry.tool == "detect" and (entry.reported_path or not restored):
        yield "tool", 'is "detect", which needs a database with its table, as [database]; expected the name of the tool'
    if entry.reported_path is None and not restored:
        text = "is missing; without [database] or [backups] the service has to report its heads somewhere"
        yield "reported_path", text


def _wrong(entry: Migrations) -> Iterator[tuple[str, str]]:
    if len(entry.sources) != 1:
        came_what = " and ".join(entry.sources) or "none of them"
        yield "folder", f"expected one of folder, heads, manifest or code_path, came {came_what}"
    for key, needed, of in _DEPENDENT:
        if key in entry.model_fields_set and not getattr(entry, needed):
            yield needed, f"is missing; {key} speaks of {'that' if of == needed else 'a folder in it'}"
    if entry.git_revision.startswith("-"):
        yield "git_revision", f"expected a commit, tag or branch, came {came(entry.git_revision)}"
    if entry.tool == "detect" and entry.version_table:
        yield "version_table", 'speaks of one tool; expected its name as tool instead of "detect"'
    if entry.version_table and not _VERSION_TABLE.fullmatch(entry.version_table):
        yield (
            "version_table",
            f'expected table or schema.table, as "alembic_version", came {came(entry.version_table)}',
        )
    if entry.branches and entry.tool not in _WITH_BRANCHES:
        known = alternatives(sorted(_WITH_BRANCHES - {"detect"}))
        yield "branches", f'says nothing where tool is "{entry.tool}"; expected a tool with branches: {known}'
    if entry.branches and not entry.folder:
        yield "branches", "says nothing without folder: heads alone do not tell their branch"
    if len(entry.heads) > 1 and entry.tool in _ONE_HEAD:
        yield "heads", f'expected one head where tool is "{entry.tool}", which records the latest alone'
