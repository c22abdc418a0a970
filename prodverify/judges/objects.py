"""
What belongs to others is not given away, nor told apart from nothing, and who may not write is told so first.

OWASP API Security API1:2023 (object level) and API5:2023 (function level); ASVS 5.0 8.2.2, 8.4.1. A refusal proves
something only beside the same question that the owner was answered, and beside an id that nothing has.
"""

from __future__ import annotations

from prodverify.judges import refusal, template
from prodverify.judges.likeness import Likeness, likeness
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, Severity, fail, inconclusive, warn
from prodverify.target.refusals import Refusals
from prodverify.wire.exchange import Exchange

CLAUSE = "ASVS 5.0 8.2.2, 8.4.1"


def judge_stranger(
    owned: Exchange,
    strange: Exchange,
    control: Exchange,
    *,
    ids: tuple[str, str],
    hides_existence: bool,
    refusals: Refusals | None = None,
) -> list[Finding]:
    """
    Deviations of what a role of another workspace gets.

    ``owned`` is the owner's answer, ``strange`` the other role's answer to the same question, ``control`` its answer
    for an id that nothing has; ``ids`` are the two ids, which answers may repeat.
    """
    wanted = "a stranger is refused what belongs to others"
    if not refusal.succeeded(owned, refusals):
        advice = (
            "Correct owner, listed_path and id_at of the object: a refusal proves nothing where the owner gets one."
        )
        observed = f"the owner got {owned.status}"
        return [inconclusive("object-unproven", "the owner reads the object", observed, next_step=advice)]
    for answer in (strange, control):
        if answer.status == 429:
            return [inconclusive("object-limited", wanted, "429: a limiter answered")]
        if answer.status >= 500:
            return [fail("object-breaks", wanted, f"status {answer.status}")]
    if strange.status == control.status == 401:
        advice = "See that the stranger's credential is valid, and that it may read such objects of its own."
        return [inconclusive("object-stranger-unknown", wanted, "401 for any id", next_step=advice)]
    same = _same(strange, control, ids)
    if refusal.succeeded(strange, refusals):
        return _answered(owned, strange, same, wanted)
    if same:
        return []
    observed = f"status {strange.status} for the object, {control.status} for an id that nothing has"
    if strange.status == control.status:
        observed = f"status {strange.status} for both, with {_bodies(strange, control, ids)}"
    return [_told(observed, hides_existence)]


def judge_write(exchange: Exchange, role: str, *, refusals: Refusals | None = None) -> list[Finding]:
    """
    Deviations of the answer to a role that may not write, asked for an id that nothing has.

    ``refusals``: how a refusal with a status of success looks, and one for want of a permission.
    """
    wanted = f"403 for {quote(role, 60)}, before anything is looked up"
    observed = f"status {exchange.status}"
    if exchange.status == 403 or refusal.forbids(exchange, refusals):
        return []
    if exchange.status == 429:
        return [inconclusive("write-limited", wanted, "429: a limiter answered")]
    if exchange.status >= 500:
        return [fail("write-breaks", wanted, observed, clause="ASVS 5.0 8.2.1")]
    if refusal.succeeded(exchange, refusals):
        advice = "Ask for the permission before the object is looked up; a refusal by the body is told in [refusals]."
        return [fail("write-granted", wanted, observed, clause="ASVS 5.0 8.2.1", next_step=advice)]
    why = {
        200: "the body refuses, in other words than those of refusals.forbidden",
        401: "its credential is not valid here",
        405: "nobody may do that here, or the path knows another method",
    }.get(exchange.status, "it was looked up or read before anybody asked who may")
    advice = "See which comes first; only 403, or refusals.forbidden, shows that the role is refused."
    return [inconclusive("write-unclear", wanted, f"{observed}: {why}", next_step=advice)]


def _answered(owned: Exchange, strange: Exchange, same: bool, wanted: str) -> list[Finding]:
    seen = likeness(owned, strange)
    given = {
        Likeness.SAME: "the owner's body",
        Likeness.SHAPED: "a body of the same members as the owner's",
    }.get(seen)
    if given and not (same and seen is Likeness.SHAPED):
        advice = "Look objects up by workspace and id, never by id alone."
        return [fail("object-given-away", wanted, f"status {strange.status} with {given}", next_step=advice)]
    if same:
        return [warn("object-refused-as-success", wanted, f"status {strange.status} for any id, with {seen}")]
    observed = f"status {strange.status} with another body than the owner's, and than for an id that nothing has"
    return [fail("object-answered", wanted, observed, next_step="See what the body tells a stranger.")]


def _told(observed: str, hides_existence: bool) -> Finding:
    severity = Severity.FAIL if hides_existence else Severity.WARN
    return Finding(
        severity,
        "object-existence-told",
        "an object of others is not told apart from none",
        observed,
        clause="RFC 9110 section 15.5.4",
        next_step="Answer 404 to both, in the same words.",
    )


def _same(strange: Exchange, control: Exchange, ids: tuple[str, str]) -> bool:
    return strange.status == control.status and template.of(strange, ids) == template.of(control, ids)


def _bodies(strange: Exchange, control: Exchange, ids: tuple[str, str]) -> str:
    return f"{quote(template.of(strange, ids), 60)} and {quote(template.of(control, ids), 60)}"
