"""
The grade that the HTTP Observatory would give: information beside the rules, never a judgement of ours.

mdn-http-observatory 1.6.3, src/analyzer/tests and src/scanner/index.js; what a result adds stands in target/grades.
Its bonuses vanish below 90, so that its score may fall where a service gets better. What it does not see is told
beside the grade where it applies; besides, it guesses session cookies by their names, counts those that an answer takes
away, and sends one foreign origin.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from prodverify.judges import cookies, csp, meta, observatory_csp, observatory_page, structured
from prodverify.judges.members import of
from prodverify.judges.observatory_page import host
from prodverify.judges.quotation import quote
from prodverify.judges.source_list import SourceList
from prodverify.record.findings import Finding, info
from prodverify.target.grades import grades
from prodverify.wire.exchange import Exchange, HeaderList

CLAUSE = "mdn-http-observatory 1.6.3, src/grader/charts.js"
HALF_A_YEAR = 15_552_000

_GOOD_REFERRERS = frozenset({"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"})
_BAD_REFERRERS = frozenset({"origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade"})
_SAME_SITE = frozenset({"lax", "strict", "none"})
_NUMBER = re.compile(r"\s{0,20}[+-]?[0-9]{1,18}", re.ASCII)
_RANKED = (
    "",
    "cookies-without-secure-flag-but-protected-by-hsts",
    "cookies-without-secure-flag",
    "cookies-session-without-secure-flag-but-protected-by-hsts",
    "cookies-samesite-flag-invalid",
    "cookies-anticsrf-without-samesite-flag",
    "cookies-session-without-httponly-flag",
    "cookies-session-without-secure-flag",
)
"""What is wrong with cookies; the last that applies counts."""


@dataclass(frozen=True, slots=True)
class Seen:
    """
    What a run has seen of a service.

    ``page`` is the answer that is graded; ``https`` also behind a terminator, ``trusted`` where its certificate
    verified. ``foreign`` is the answer to a page of ``origin``; None: not asked. ``route`` are the addresses that
    plain HTTP leads over, its own the first; empty: nothing answers there; None: not known. ``route_trusted`` is false
    where TLS was not agreed on there. ``preloaded`` are hosts that browsers know to be on HTTPS.
    """

    page: Exchange
    https: bool
    trusted: bool = True
    foreign: Exchange | None = None
    origin: str = ""
    route: tuple[str, ...] | None = None
    route_trusted: bool = True
    preloaded: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Grade:
    """``results`` by test; tests that could not be told are left out, and add nothing."""

    score: int
    letter: str
    results: Mapping[str, str]


def results(seen: Seen) -> dict[str, str]:
    """The result of each test that ``seen`` tells something about, by their published names."""
    headers = seen.page.headers
    page = meta.read(seen.page.text[: meta.LONGEST_HEAD]) if "html" in seen.page.media_type else meta.NOTHING
    policy = observatory_csp.read(headers, meta=page.policies)
    transport = _transport(seen)
    found = {
        "content-security-policy": policy.result(https=seen.https),
        "cookies": _cookies(headers, grades().tests["strict-transport-security"][transport].passes),
        "cross-origin-resource-sharing": _sharing(seen),
        "redirection": _redirection(seen),
        "referrer-policy": _referrers((*headers.all("referrer-policy"), *filter(None, [page.referrer]))),
        "strict-transport-security": transport,
        "subresource-integrity": observatory_page.result(seen.page, https=seen.https),
        "x-content-type-options": _sniffing(headers),
        "x-frame-options": _framing(headers, policy.frames is not None),
        "cross-origin-resource-policy": _resource(headers),
        "cross-origin-embedder-policy": _token(headers, "embedder", ("require-corp", "credentialless", "unsafe-none")),
        "cross-origin-opener-policy": _token(
            headers, "opener", ("same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none")
        ),
    }
    return {test: result for test, result in found.items() if result}


def grade(found: Mapping[str, str]) -> Grade:
    """Score and grade of results: bonuses count from 90 on, and nothing is below 0."""
    table = grades()
    adds = [table.tests[test][result].adds for test, result in found.items()]
    without = 100 + sum(number for number in adds if number < 0)
    score = max(0, 100 + sum(adds) if without >= table.bonuses_from else without)
    return Grade(score, table.letter(score), found)


def judge(seen: Seen) -> list[Finding]:
    """The grade as a remark, and beside it what it does not see here."""
    graded = grade(results(seen))
    table = grades().tests
    lost = [f"{result} {adds}" for test, result in graded.results.items() if (adds := table[test][result].adds) < 0]
    observed = f"{graded.score}, grade {graded.letter}; {quote(', '.join(lost), 300) or 'nothing deducted'}"
    found = [info("observatory-grade", "information beside the rules", observed, clause=CLAUSE)]
    if untold := [test for test in table if test not in graded.results]:
        found.append(info("observatory-untold", "every test told", f"not asked in this run: {', '.join(untold)}"))
    return [*found, *_unseen(seen.page.headers, graded)]


def _unseen(headers: HeaderList, graded: Grade) -> list[Finding]:
    found = []
    sources = observatory_csp.read(headers).frames or ()
    if graded.results["x-frame-options"].endswith("via-csp") and (broad := SourceList(sources).broad()):
        observed = f"frame-ancestors {quote(broad, 60)} counts as protection"
        found.append(info("observatory-blind-framing", "frame-ancestors that keeps somebody out", observed))
    names = {name for policy in csp.policies(headers) for name in policy.directives}
    if names and (unset := [name for name in ("base-uri", "form-action") if name not in names]):
        observed = f"{' and '.join(unset)} missing, at no cost"
        found.append(info("observatory-blind-fallback", "base-uri and form-action", observed))
    return found


def _transport(seen: Seen) -> str:
    if seen.https and host(seen.page.url) in seen.preloaded:
        return "hsts-preloaded"
    if not seen.https:
        return "hsts-not-implemented-no-https"
    if not seen.trusted:
        return "hsts-invalid-cert"
    lines = seen.page.headers.all("strict-transport-security")
    if not lines:
        return "hsts-not-implemented"
    said = ", ".join(lines)[:1024]
    ages = [part.strip()[8:128] for part in said.lower().split(";") if part.strip().startswith("max-age=")]
    number = _NUMBER.match(ages[-1]) if ages else None
    if "," in said or not ages:
        return "hsts-header-invalid"
    # What it cannot read as a number counts as long, a quoted number too.
    long = not number or int(number[0]) >= HALF_A_YEAR
    return f"hsts-implemented-max-age-{'at-least' if long else 'less-than'}-six-months"


def _cookies(headers: HeaderList, hsts: bool) -> str:
    set_there = [cookies.parse(line) for line in headers.all("set-cookie")]
    places = {(c.name, c.attributes.get("path", "/"), c.attributes.get("domain", "")): c for c in set_there if c.name}
    kept = [cookie for cookie in places.values() if cookie.name != "heroku-session-affinity"]
    if not kept:
        return "cookies-not-found"
    worst = ""
    for wrong in (wrong for cookie in kept for wrong in _wrongs(cookie, hsts)):
        worst = _worse(worst, wrong)
    if any(cookie.attributes.get("samesite", "lax").lower() not in _SAME_SITE for cookie in set_there):
        worst = _worse(worst, "cookies-samesite-flag-invalid")
    if worst:
        return worst
    same_site = all(_same_site(cookie) for cookie in kept)
    return f"cookies-secure-with-httponly-sessions{'-and-samesite' if same_site else ''}"


def _wrongs(cookie: cookies.Cookie, hsts: bool) -> list[str]:
    name, said = cookie.name.lower(), cookie.attributes
    session = "login" in name or "sess" in name
    behind = "-but-protected-by-hsts" if hsts else ""
    wrong = []
    if "secure" not in said:
        wrong.append(f"cookies-without-secure-flag{behind}")
        if _same_site(cookie) == "none":
            wrong.append("cookies-samesite-flag-invalid")
        if session:
            wrong.append(f"cookies-session-without-secure-flag{behind}")
    if "csrf" in name and not _same_site(cookie):
        wrong.append("cookies-anticsrf-without-samesite-flag")
    if session and "httponly" not in said:
        wrong.append("cookies-session-without-httponly-flag")
    return wrong


def _same_site(cookie: cookies.Cookie) -> str:
    said = cookie.attributes.get("samesite", "").lower()
    return said if said in _SAME_SITE else ""


def _worse(one: str, other: str) -> str:
    return max(one, other, key=_RANKED.index)


def _sharing(seen: Seen) -> str:
    if seen.foreign is None:
        return ""
    start = "cross-origin-resource-sharing-"
    told = seen.foreign.headers.first("access-control-allow-origin")[:256].strip()
    if not told:
        return start + "not-implemented"
    if told == "*":
        return start + "implemented-with-public-access"
    counted = seen.foreign.headers.first("access-control-allow-credentials").strip().lower() == "true"
    return start + f"implemented-with-{'universal' if told == seen.origin and counted else 'restricted'}-access"


def _redirection(seen: Seen) -> str:
    route = seen.route
    if route is None:
        return ""
    if not route:
        return "redirection-not-needed-no-http"
    if not seen.route_trusted:
        return "redirection-invalid-cert"
    if all(host(address) in seen.preloaded for address in route):
        return "redirection-all-redirects-preloaded"
    if len(route) == 1:
        return "redirection-missing"
    if not route[-1].lower().startswith("https:"):
        return "redirection-not-to-https"
    if route[1].lower().startswith("http:"):
        return "redirection-not-to-https-on-initial-redirection"
    return "redirection-to-https" if host(route[0]) == host(route[1]) else "redirection-off-host-from-http"


def _referrers(lines: tuple[str, ...]) -> str:
    if not lines:
        return "referrer-policy-not-implemented"
    known = [token.lower() for token in of(lines) if token.lower() in _GOOD_REFERRERS | _BAD_REFERRERS]
    if not known:
        return "referrer-policy-header-invalid"
    return f"referrer-policy-{'private' if known[-1] in _GOOD_REFERRERS else 'unsafe'}"


def _sniffing(headers: HeaderList) -> str:
    said = ", ".join(headers.all("x-content-type-options")).strip().lower()
    known = {"": "not-implemented", "nosniff": "nosniff"}
    return f"x-content-type-options-{known.get(said, 'header-invalid')}"


def _framing(headers: HeaderList, frames: bool) -> str:
    said = headers.first("x-frame-options").strip().lower()
    if frames:
        return "x-frame-options-implemented-via-csp"
    if not said:
        return "x-frame-options-not-implemented"
    if said in ("deny", "sameorigin"):
        return "x-frame-options-sameorigin-or-deny"
    return f"x-frame-options-{'allow-from-origin' if said.startswith('allow-from') else 'header-invalid'}"


def _resource(headers: HeaderList) -> str:
    said = ", ".join(headers.all("cross-origin-resource-policy")).strip().lower()
    if not said:
        return "corp-not-implemented"
    known = said in ("same-origin", "same-site", "cross-origin")
    return f"corp-implemented-with-{said}" if known else "corp-header-invalid"


def _token(headers: HeaderList, which: str, known: tuple[str, ...]) -> str:
    lines = headers.all(f"cross-origin-{which}-policy")
    start = f"co{which[0]}p"
    if not any(line.strip() for line in lines):
        return f"{start}-not-implemented"
    said = structured.token(lines) if len(lines) == 1 else None
    return f"{start}-implemented-with-{said}" if said in known else f"{start}-header-invalid"
