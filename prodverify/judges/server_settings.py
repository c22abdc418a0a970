"""The server is set as promised, and not so that data is lost."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from prodverify.data.health.settings import DANGEROUS
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, inconclusive, warn

_SECRETIVE = re.compile(r"pass|secret|token|key=|://[^/]*@", re.IGNORECASE)
"""What a setting that holds a credential looks like: ``primary_conninfo`` and commands that archive."""
_TRUTHS = {"true": "on", "false": "off", "yes": "on", "no": "off"}


def judge(seen: Mapping[str, str], promised: Mapping[str, str], accepted: Collection[str]) -> list[Finding]:
    """
    Settings have their ``promised`` values; those that endanger data are warned of, unless they are ``accepted``.

    Names and values are compared without regard to case; ``true`` means ``on``.
    """
    values = {name.lower(): value for name, value in seen.items()}
    found = []
    for name, wanted in promised.items():
        value = values.get(name.lower())
        expected = f"{quote(name, 63)} = {quote(wanted, 80)}"
        if value is None:
            found.append(
                inconclusive(
                    "setting-unseen",
                    expected,
                    "the server has no setting of this name, or does not show it to our role",
                    next_step="compare the name with SHOW ALL; GRANT pg_read_all_settings TO the role if it is there",
                )
            )
        elif _plain(value) != _plain(wanted):
            step = "find who changed it: ALTER SYSTEM, ALTER DATABASE, ALTER ROLE or the configuration"
            found.append(fail("setting-differs", expected, _shown(value), next_step=step))
    allowed = {name.lower() for name in accepted} | {name.lower() for name in promised}
    for name, (value, cost) in DANGEROUS.items():
        if values.get(name) == value and name not in allowed:
            step = f"set it otherwise, or name it in accepted_settings of [database] if {name} is meant to be so"
            found.append(warn("setting-dangerous", f"{name} not {value}", f"{value}: {cost}", next_step=step))
    return found


def _shown(value: str) -> str:
    if _SECRETIVE.search(value):
        return "another value, which looks as if it held a secret and stays on the server"
    return quote(value, 80) or "an empty text"


def _plain(value: str) -> str:
    lowered = value.strip().lower()
    return _TRUTHS.get(lowered, lowered)
