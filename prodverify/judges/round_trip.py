"""The newest migration can be taken back: it goes down and up again, and what it leaves is what it left before."""

from __future__ import annotations

from prodverify.data.catalog.difference import difference
from prodverify.data.catalog.round_trip import RoundTrip
from prodverify.judges.drift import SHOWN
from prodverify.judges.quotation import listed, quote
from prodverify.record.findings import Finding, fail, info

_RULES = {
    "upgrade": ("migration-upgrade-fails", "mend the migration before it is deployed"),
    "downgrade": ("migration-downgrade-fails", "mend the downgrade: a rollback needs it"),
    "upgrade again": ("migration-reapply-fails", "let the downgrade take back all that the upgrade does"),
}


def judge_round_trip(seen: RoundTrip) -> list[Finding]:
    """
    Each step succeeded, the downgrade did something, and both upgrades left the same schema.

    A downgrade that forgets something shows in the second upgrade, which fails or leaves another schema.
    """
    if seen.failed:
        rule, step = _RULES.get(seen.failed, _RULES["upgrade"])
        return [fail(rule, f"the {seen.failed} succeeds, with data in the tables", quote(seen.said), next_step=step)]
    if seen.unchanged:
        observed = "neither the schema nor any row is another, the record of migrations included"
        step = "let the command take back one migration, or write the downgrade"
        return [fail("migration-downgrade-empty", "the downgrade takes back a migration", observed, next_step=step)]
    differing = [
        fail(
            "migration-reapplied-differs",
            "the same schema after upgrade, downgrade and upgrade as after the upgrade",
            quote(line, 240),
            next_step="let the migration's upgrade and downgrade be opposites; - is what got lost, + what came",
        )
        for line in difference(seen.up, seen.again).as_lines()
    ]
    findings = differing[:SHOWN]
    if len(differing) > SHOWN:
        more = f"{len(differing) - SHOWN} more; the evidence lists them"
        findings.append(info("drift-more", f"at most {SHOWN} lines here", more))
    if seen.unread:
        observed = f"the role of the live database may not read {listed(seen.unread)}"
        findings.append(info("migration-met-no-rows", "rows in every table that the migration meets", observed))
    return findings
