"""
The effective content security policy: several policies together, each with its first directives and its fallbacks.

CSP level 3: section 2.2.1 ("parse a serialized CSP"; the first directive of a name wins), 6.8 (fallbacks) and 8.1
(several policies are all enforced, so that a defect counts where every policy has it). Defects compare by what gets
through, so a nonce beside ``'unsafe-inline'`` for old browsers is no finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from prodverify.judges.quotation import quote
from prodverify.judges.source_list import SourceList
from prodverify.record.findings import Finding, Severity, fail, warn
from prodverify.wire.exchange import HeaderList

CLAUSE = "W3C Content Security Policy Level 3"
NAME = "content-security-policy"
REPORT_ONLY = "content-security-policy-report-only"

_SCRIPTS = (("script-src-elem", "script-src", "default-src"), ("script-src", "default-src"))
_SCRIPT_ATTRIBUTES = ("script-src-attr", "script-src", "default-src")
_STYLES = (("style-src-elem", "style-src", "default-src"), ("style-src-attr", "style-src", "default-src"))
# Workers are scripts: where a script's list stands in for theirs, 'strict-dynamic' counts for them too.
_WORKERS = ("worker-src", "child-src", "script-src", "default-src")
_PASSIVE = ("img-src", "media-src")
_ACTIVE = (
    ("object-src", "default-src"),
    *_STYLES,
    ("connect-src", "default-src"),
    ("font-src", "default-src"),
    ("frame-src", "child-src", "default-src"),
    ("manifest-src", "default-src"),
)
_RENDERED = frozenset({"html", "error", "static"})
_WHITE = re.compile(r"[\t\n\f\r ]+")

Defect = Callable[["Policy"], str]


@dataclass(frozen=True, slots=True)
class Policy:
    """
    One policy: directive names in lower case with their values.

    ``repeated`` are names that stand there again in vain, ``skipped`` directives that are not ASCII.
    """

    directives: Mapping[str, tuple[str, ...]]
    repeated: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()

    def sources(self, names: Iterable[str]) -> tuple[str, SourceList] | None:
        """The first directive of ``names`` that is there, with its sources; None: nothing is restricted."""
        for name in names:
            if name in self.directives:
                return name, SourceList(self.directives[name])
        return None


def parse(serialized: str) -> Policy:
    """One policy, as browsers read it: no empty and no non-ASCII directive, the first of a name."""
    directives: dict[str, tuple[str, ...]] = {}
    repeated: list[str] = []
    skipped: list[str] = []
    for token in serialized.split(";"):
        words = _WHITE.split(token.strip(" \t\n\f\r"))
        if not words[0]:
            continue
        if not token.isascii():
            skipped.append(token)
            continue
        name = words[0].lower()
        if name in directives:
            repeated.append(name)
        else:
            directives[name] = tuple(words[1:])
    return Policy(directives, tuple(repeated), tuple(skipped))


def policies(headers: HeaderList, name: str = NAME) -> tuple[Policy, ...]:
    """The policies of every line, and of every comma in a line; one without a directive is none."""
    return _parsed(part for line in headers.all(name) for part in line.split(","))


def shared(all_policies: Sequence[Policy], defect: Defect) -> str:
    """What ``defect`` sees in the first policy, if it sees something in each; otherwise nothing."""
    seen = [defect(policy) for policy in all_policies]
    return seen[0] if seen and all(seen) else ""


def judge_scripts(headers: HeaderList, *, profile: str, https: bool = True, meta: Sequence[str] = ()) -> list[Finding]:
    """
    What the policy lets run, in an answer of this ``profile``.

    ``meta``: policies that the page states itself. Framing and nonces have judges of their own.
    """
    enforced = (*policies(headers), *_parsed(meta))
    if not enforced:
        return [_missing(headers, profile)]
    found = [
        Finding(severity, rule, expected, observed)
        for severity, rule, expected, defect in _DEFECTS
        if (observed := shared(enforced, defect))
    ]
    if profile == "html":
        found += _unset(enforced)
    if https:
        found += _insecure(enforced)
    return [*(found if profile in _RENDERED else map(_lighter, found)), *_remarks(enforced)]


def _lighter(finding: Finding) -> Finding:
    """What no browser renders lets nothing run, whatever its policy says."""
    return replace(finding, severity=Severity.WARN) if finding.severity is Severity.FAIL else finding


def _parsed(texts: Iterable[str]) -> tuple[Policy, ...]:
    return tuple(policy for policy in map(parse, texts) if policy.directives)


def _missing(headers: HeaderList, profile: str) -> Finding:
    report_only = policies(headers, REPORT_ONLY)
    observed = "only a policy that reports and does not enforce" if report_only else f"no {NAME}"
    severity = {"html": Severity.FAIL, "api": Severity.WARN}.get(profile, Severity.INFO)
    rule = "csp-report-only" if report_only else "csp-missing"
    return Finding(severity, rule, f"an enforced policy on an answer of profile {profile}", observed)


def _in_lists(chains: Iterable[Iterable[str]], look: Callable[[SourceList], str]) -> Defect:
    def defect(policy: Policy) -> str:
        for chain in chains:
            restricted = policy.sources(chain)
            if restricted and (source := look(restricted[1])):
                return f"{restricted[0]} lets {quote(source, 80)} through"
        return ""

    return defect


def _unrestricted(names: tuple[str, ...]) -> Defect:
    return lambda policy: "" if policy.sources(names) else f"neither {' nor '.join(names)} is there"


def _allowed(names: tuple[str, ...]) -> Defect:
    """Anything at all is let through, where the strictest policies say 'none'."""

    def defect(policy: Policy) -> str:
        restricted = policy.sources(names)
        return f"{restricted[0]} lets {quote(seen, 80)} through" if restricted and (seen := restricted[1].any) else ""

    return defect


_SCRIPT = ("script-src", "default-src")
_OBJECT = ("object-src", "default-src")
_DEFECTS: tuple[tuple[Severity, str, str, Defect], ...] = (
    (Severity.FAIL, "csp-script-unrestricted", "script-src or default-src", _unrestricted(_SCRIPT)),
    (
        Severity.FAIL,
        "csp-script-inline",
        "no inline script without nonce or hash",
        _in_lists((*_SCRIPTS, _SCRIPT_ATTRIBUTES), lambda found: found.inline(script=True)),
    ),
    (
        Severity.FAIL,
        "csp-script-broad",
        "scripts from named hosts",
        _in_lists(_SCRIPTS, lambda found: found.broad(script=True)),
    ),
    (
        Severity.FAIL,
        "csp-script-data",
        "no script from data: addresses",
        _in_lists(_SCRIPTS, lambda found: found.data(script=True)),
    ),
    (Severity.FAIL, "csp-object-unrestricted", "object-src or default-src", _unrestricted(_OBJECT)),
    (
        Severity.FAIL,
        "csp-object-broad",
        "plug-ins from named hosts, or none",
        _in_lists((_OBJECT,), SourceList.broad),
    ),
    (Severity.FAIL, "csp-object-data", "no plug-in from data: addresses", _in_lists((_OBJECT,), SourceList.data)),
    (Severity.INFO, "csp-object-allowed", "object-src 'none'", _allowed(_OBJECT)),
    (Severity.FAIL, "csp-base-uri-broad", "base-uri 'self' or 'none'", _in_lists((("base-uri",),), SourceList.broad)),
    (Severity.INFO, "csp-base-uri-allowed", "base-uri 'none'", _allowed(("base-uri",))),
    (
        Severity.WARN,
        "csp-form-action-broad",
        "forms to named hosts",
        _in_lists((("form-action",),), SourceList.broad),
    ),
    (Severity.WARN, "csp-eval", "no 'unsafe-eval'", _in_lists((_SCRIPT, ("style-src",)), SourceList.evaluation)),
    (
        Severity.WARN,
        "csp-style-inline",
        "no inline style without nonce or hash",
        _in_lists(_STYLES, lambda found: found.inline(script=False)),
    ),
    (
        Severity.WARN,
        "csp-style-broad",
        "styles from named hosts",
        _in_lists(_STYLES, lambda found: found.broad() or found.data()),
    ),
)


def _unset(enforced: Sequence[Policy]) -> Iterator[Finding]:
    for name in ("base-uri", "form-action"):
        if all(name not in policy.directives for policy in enforced):
            yield warn(f"csp-{name}-missing", f"{name}, which has no fallback", "not in any policy")


def _insecure(enforced: Sequence[Policy]) -> Iterator[Finding]:
    if any("upgrade-insecure-requests" in policy.directives for policy in enforced):
        return
    scripts = _in_lists((*_SCRIPTS, _WORKERS), lambda found: found.insecure(script=True))
    active = _in_lists(_ACTIVE, SourceList.insecure)
    passive = _in_lists(((name, "default-src") for name in _PASSIVE), SourceList.insecure)
    if observed := shared(enforced, scripts) or shared(enforced, active):
        yield fail("csp-source-insecure", "active content over TLS alone", observed)
    elif observed := shared(enforced, passive):
        yield warn("csp-image-insecure", "images and media over TLS alone", observed)


def _remarks(enforced: Sequence[Policy]) -> Iterator[Finding]:
    for policy in enforced:
        if policy.repeated:
            observed = f"{quote(policy.repeated[0], 60)} is there again and is ignored"
            yield warn("csp-directive-repeated", "each directive once", observed)
        if policy.skipped:
            observed = f"browsers skip {quote(policy.skipped[0].strip(), 80)}"
            yield warn("csp-directive-not-ascii", "directives in ASCII", observed)
        for name, sources in policy.directives.items():
            if keyword := SourceList(sources).unquoted():
                observed = f"{quote(name, 60)} has {quote(keyword, 40)} without quotes: a host of that name"
                yield warn("csp-keyword-unquoted", "keywords in single quotes", observed)
        scripts = policy.sources(_SCRIPT)
        if scripts and scripts[1].strict_dynamic and not scripts[1].trusts_scripts_by_themselves:
            yield warn("csp-strict-dynamic-alone", "'strict-dynamic' beside a nonce or hash", "no script can run")
