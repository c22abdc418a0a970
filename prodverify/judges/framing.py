"""
Foreign pages do not frame the service's answers.

CSP level 3 section 6.4.2: an enforced ``frame-ancestors`` overrides ``X-Frame-Options``. Of the latter only DENY and
SAMEORIGIN mean something (HTML standard, section "The X-Frame-Options header"); lines that contradict each other mean
nothing that all browsers agree on.
"""

from __future__ import annotations

from prodverify.judges.csp import policies, shared
from prodverify.judges.members import of
from prodverify.judges.quotation import quote
from prodverify.judges.source_list import SourceList
from prodverify.record.findings import Finding, Severity, info
from prodverify.wire.exchange import HeaderList

CLAUSE = "W3C Content Security Policy Level 3 section 6.4.2"
NAME = "x-frame-options"

_WANTED = "frame-ancestors 'none', 'self' or named hosts, or X-Frame-Options DENY or SAMEORIGIN"
_MEANT = frozenset({"deny", "sameorigin"})


def judge(headers: HeaderList, *, profile: str) -> list[Finding]:
    """Deviations of one answer; what is no page gives nobody anything to click, and is remarked upon."""
    with_ancestors = [policy for policy in policies(headers) if "frame-ancestors" in policy.directives]
    options = of(headers.all(NAME))
    values = {option.lower() for option in options}
    severity = Severity.FAIL if profile == "html" else Severity.INFO
    if with_ancestors:
        broad = shared(with_ancestors, lambda policy: SourceList(policy.directives["frame-ancestors"]).broad())
        if broad:
            observed = f"frame-ancestors lets {quote(broad, 80)} frame us, whatever X-Frame-Options says"
            return [Finding(severity, "framing-ancestors-broad", _WANTED, observed)]
        if not options:
            return [info("framing-options-missing", "X-Frame-Options for old browsers", "frame-ancestors alone")]
        if len(values) == 1 and values <= _MEANT:
            return []
        observed = f"{quote(', '.join(options[:5]), 120)}: frame-ancestors counts in its place"
        return [info("framing-options-overridden", "X-Frame-Options DENY or SAMEORIGIN, once", observed)]
    if len(values) == 1 and values <= _MEANT:
        return [info("framing-ancestors-missing", "frame-ancestors", "X-Frame-Options alone", clause="ASVS 5.0 3.4.6")]
    if options:
        observed = f"{quote(', '.join(options[:5]), 120)}: browsers ignore it, or disagree"
        return [Finding(severity, "framing-options-invalid", "X-Frame-Options DENY or SAMEORIGIN, once", observed)]
    return [Finding(severity, "framing-allowed", _WANTED, f"neither, on an answer of profile {profile}")]
