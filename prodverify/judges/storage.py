"""There is room for what is to come, and what is read is what was written."""

from __future__ import annotations

from prodverify.data.health.storage import Pages
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, fail, info, warn

GIB = 1024.0**3


def judge_room(what: str, used_bytes: int, most_gib: float, warn_percent: float, fail_percent: float) -> list[Finding]:
    """Less than ``fail_percent`` of ``most_gib`` is used, and from ``warn_percent`` on somebody is told (SPEC D5)."""
    percent = 100.0 * used_bytes / (most_gib * GIB)
    observed = f"{what}: {used_bytes / GIB:.3f} of {most_gib:g} GiB, {percent:.1f} %"
    if percent >= fail_percent:
        step = "remove what nobody needs, or make room, before writes fail"
        return [fail("storage-full", f"less than {fail_percent:g} % used", observed, next_step=step)]
    if percent >= warn_percent:
        step = "find what grows, and plan for more room"
        return [warn("storage-scarce", f"less than {warn_percent:g} % used", observed, next_step=step)]
    return [info("storage", f"less than {warn_percent:g} % used", observed)]


def judge_pages(pages: Pages) -> list[Finding]:
    """
    No page came back from the disk otherwise than it was written, as far as somebody read it since the last reset.

    https://www.postgresql.org/docs/current/checksums.html
    """
    return [
        fail(
            "page-damaged",
            "every page that is read is what was written",
            f"{failures} {'failure' if failures == 1 else 'failures'} of checksums in {quote(whose, 80)}",
            next_step="trust the disk no more: fail over or restore, run pg_amcheck, then look at the hardware;"
            " pg_stat_reset() in that database lets go of the count once all is mended",
        )
        for whose, failures in pages.failures
    ]
