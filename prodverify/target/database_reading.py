"""Rules of ``[database]`` that go beyond the type of one key."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodverify.target.database import OURS_TO_SET, Database
from prodverify.target.model import Promises
from prodverify.target.wording import Complaint, Place, came

_QUERY = re.compile(r"\s*(select|with|values|table)\b[^;]*;?\s*", re.IGNORECASE)
_SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,62}")


def complaints(promises: Promises) -> Iterator[Complaint]:
    """What ``[database]`` cannot mean."""
    database = promises.database
    if database is None:
        return
    if database.warn_percent > database.fail_percent:
        text = f"expected at most fail_percent ({database.fail_percent:g}), came {database.warn_percent:g}"
        yield Complaint(("database", "warn_percent"), text)
    if database.role != database.role.strip():
        text = f"expected the name of a role without spaces around it, came {came(database.role)}"
        yield Complaint(("database", "role"), text)
    for number, name in enumerate(database.long_applications):
        if not name.strip("*? "):
            text = f'expected the name of an application, as "pg_dump" or "report*", came {came(name)}'
            yield Complaint(("database", "long_applications", number), text)
    yield from _settings(database)
    yield from _objectives(database)
    yield from _pools(database)


def _settings(database: Database) -> Iterator[Complaint]:
    named: list[tuple[Place, str]] = [(("database", "settings", name), name) for name in database.settings]
    named += [(("database", "accepted_settings", n), name) for n, name in enumerate(database.accepted_settings)]
    for place, name in named:
        if not _SETTING.fullmatch(name):
            yield Complaint(place, f'expected the name of a setting, as "max_wal_size", came {came(name)}')
        elif place[1] == "settings" and name.lower() in OURS_TO_SET:
            yield Complaint(place, "is set by the suite for its own transaction, so that it cannot see what others get")


def _objectives(database: Database) -> Iterator[Complaint]:
    names = [objective.name for objective in database.objectives]
    for number, objective in enumerate(database.objectives):
        place = ("database", "objectives", number)
        if objective.name in names[:number]:
            yield Complaint((*place, "name"), f"names {came(objective.name)} a second time")
        if not _QUERY.fullmatch(objective.query):
            text = (
                f"expected one statement that begins with SELECT, WITH, VALUES or TABLE, came {came(objective.query)}"
            )
            yield Complaint((*place, "query"), text)
        if objective.max_sample is not None and objective.max_sample <= objective.sample:
            text = f"expected more than sample ({objective.sample}), came {objective.max_sample}"
            yield Complaint((*place, "max_sample"), text)


def _pools(database: Database) -> Iterator[Complaint]:
    names = [pool.name for pool in database.pools]
    for number, pool in enumerate(database.pools):
        place = ("database", "pools", number)
        if pool.name in names[:number]:
            yield Complaint((*place, "name"), f"names {came(pool.name)} a second time")
        if any(not name.strip() for name in pool.databases):
            yield Complaint((*place, "databases"), 'expected names of databases, as "shop", came an empty one')
