"""Why no backup was taken: what PostgreSQL, pg_dump or the disk said, in a sentence that says what to do."""

from __future__ import annotations

import re

from prodverify.data.connection import location, without_password

# pg_dump waits for locks under a statement timeout, and has no other
_LOCKED = r"lock timeout|statement timeout|could not obtain lock"
_ADVICE = {
    _LOCKED: "somebody else has locked a table: take the backup when no migration runs, "
    "or raise lock_timeout_seconds in [backups.taking]",
    r"permission denied|may lack SELECT": "let the role of the DSN read everything: GRANT pg_read_all_data TO it",
    r"row-level security": "a policy hides rows from the role of the DSN: let it be one with BYPASSRLS",
    r"during recovery": "a standby has no rows of unlogged tables: take the backup from the primary",
    r"conflict with recovery": "raise max_standby_streaming_delay of the standby, or take it from the primary",
    r"does not exist": "it was dropped or renamed meanwhile: take the backup again",
    r"out of shared memory": "raise max_locks_per_transaction of the server",
    r"not built with|does not support compression": 'say compression = "gzip" in [backups.taking], '
    "or name programs that have it as binaries there",
}
_DISK = re.compile(r"could not (?:write|close|open|sync|fsync|create)\b.*: ((?:No space|File too large|Disk quota).*)")


class BackupFailed(Exception):  # noqa: N818 - a sentence for whoever asked for the backup
    """No backup was taken and nothing was left; the text is one sentence, without password."""


class LockedMeanwhile(BackupFailed):
    """pg_dump did not get a lock that we have; the next attempt may."""


def refused(said: str, dsn: str, tool: str = "") -> Exception:
    """What to raise for what the server said, or ``tool``: ``OSError`` where it is about our disk."""
    errors = [line for line in said.splitlines() if "error:" in line] if tool else []
    message = without_password(errors[0] if errors else said, dsn).removeprefix(f"{tool}: error: ")
    if full := _DISK.search(message):
        return OSError(0, full[1])
    advice = next((f"; {words}" for pattern, words in _ADVICE.items() if re.search(pattern, message)), "")
    who = f"{tool} could not dump {location(dsn)}" if tool else f"{location(dsn)} cannot be counted"
    kind = LockedMeanwhile if tool and re.search(_LOCKED, message) else BackupFailed
    return kind(f"{who}: {message}{advice}")
