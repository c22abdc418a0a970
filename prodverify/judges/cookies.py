"""
Cookies that carry a session are kept from scripts, from plain HTTP and from other sites.

RFC 6265bis section 5 (what browsers store), ASVS 5.0 3.3. Deletions, and cookies of load balancers, are passed over.
Findings name a cookie and its attributes, never its value.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from prodverify.judges import cookie_date, http_date
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, Severity, fail, info, warn
from prodverify.target.cookies import Cookies
from prodverify.wire.exchange import HeaderList

CLAUSE = "RFC 6265bis section 5.7, ASVS 5.0 3.3"

LONGEST_BYTES = 4096
LONGEST_LIFE_SECONDS = 34_560_000
"""400 days: browsers cut longer lives (RFC 6265bis section 5.5)."""
LONGEST_ATTRIBUTE_BYTES = 1024
"""Browsers pass over an attribute whose value is longer (RFC 6265bis section 5.6)."""

LOAD_BALANCERS = (
    *("awsalb*", "awselb*", "__cf_bm", "_cfuvid", "cf_clearance", "__cflb", "heroku-session-affinity", "arraffinity*"),
    *(
        "bigipserver*",
        "incap_ses_*",
        "visid_incap_*",
        "nlbi_*",
        "ak_bmsc",
        "bm_s[vz]",
        "_abck",
        "gclb",
        "ingresscookie",
    ),
)
"""Of load balancers and what guards them, by name; the service has no say in them."""
READ_BY_SCRIPTS = frozenset({"xsrf-token", "csrftoken", "csrf-token", "_csrf", "csrf_token", "x-csrf-token", "_xsrf"})
"""Double-submit tokens: a script has to read them, so HttpOnly would break them."""

_FAR_PAST = 86400.0
"""Seconds since the epoch: what is dated before means deletion, whatever the time is."""
_STRENGTH = {"none": 0, "lax": 1, "strict": 2}
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_MAX_AGE = re.compile(r"-?[0-9]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cookie:
    """
    One Set-Cookie line, as browsers read it; attribute names are in lower case, and the last of a name counts.

    ``stored`` is false for a line that browsers pass over whole.
    """

    name: str
    value: str = field(repr=False)
    attributes: dict[str, str]
    stored: bool = True

    def shown(self) -> str:
        """The line without the value, for a finding."""
        said = (f"{name}={value}" if value else name for name, value in self.attributes.items())
        return quote("; ".join((f"{self.name}=***", *said)), 160)


def parse(line: str) -> Cookie:
    """The cookie that ``line`` sets; a line without ``=`` sets one without a name."""
    pair, *rest = line.split(";")
    name, equals, value = pair.partition("=")
    attributes: dict[str, str] = {}
    for part in rest:
        key, _, argument = (text.strip(" \t") for text in part.partition("="))
        key = key.lower()
        if key and len(argument.encode("utf-8", "replace")) <= LONGEST_ATTRIBUTE_BYTES and _counts(key, argument):
            attributes[key] = argument
    name, value = (name if equals else "").strip(" \t"), (value if equals else pair).strip(" \t")
    return Cookie(name, value, attributes, stored=bool(name or value) and not _CONTROL.search(line))


def judge(
    headers: HeaderList, *, https: bool, session: Collection[str] = (), promised: Cookies | None = None
) -> list[Finding]:
    """
    Deviations of every cookie of one answer; ``session`` names those whose loss ends the session.

    ``https`` is also true behind a TLS terminator. Expiry is judged against the answer's own Date. An exception
    leaves a remark with its reason.
    """
    promised = promised or Cookies()
    now = http_date.parse(headers.first("date"))
    found: list[Finding] = []
    for line in headers.all("set-cookie"):
        cookie = parse(line)
        if deletes(cookie, now) or ignored(cookie.name, promised):
            continue
        if not cookie.stored:
            found.append(fail("cookie-unreadable", "a line that browsers read", f"browsers drop it: {cookie.shown()}"))
            continue
        carries = cookie.name in session
        judged = [*_stored(cookie, https), *_sized(cookie, now)]
        judged += _session(cookie, https, promised, now) if carries else _other(cookie, https, promised)
        found += [_excepted(finding, cookie.name, promised) for finding in judged]
    return found


def deletes(cookie: Cookie, now: float | None) -> bool:
    """Whether the line takes the cookie away; ``now`` is the answer's own time."""
    life = _life(cookie, now)
    return life is not None and life <= 0


def ignored(name: str, promised: Cookies) -> bool:
    """Whether the cookie is none of the service's: a load balancer's, or one that the target file passes over."""
    folded = name.lower()
    return any(fnmatchcase(folded, pattern.lower()) for pattern in (*LOAD_BALANCERS, *promised.ignore))


def _counts(key: str, argument: str) -> bool:
    """Whether browsers take the attribute at all; one that they do not leaves an earlier one of its name in force."""
    if key == "max-age":
        return _MAX_AGE.fullmatch(argument) is not None
    if key == "expires":
        return cookie_date.parse(argument) is not None
    return True


def _life(cookie: Cookie, now: float | None) -> float | None:
    """Seconds that browsers keep the cookie; None for as long as they run. Max-Age counts before Expires."""
    if "max-age" in cookie.attributes:
        return float(int(cookie.attributes["max-age"][:12]))
    expires = cookie_date.parse(cookie.attributes.get("expires", ""))
    if expires is None or (now is None and expires > _FAR_PAST):
        return None  # without a Date of the answer only the far past is certain
    return expires - (_FAR_PAST if now is None else now)


def _stored(cookie: Cookie, https: bool) -> Iterator[Finding]:
    """What makes a browser drop the cookie."""
    # A nameless cookie is sent back as its value alone, which must not pass for a prefixed name.
    name = (cookie.name or cookie.value).lower()
    attributes, dropped = cookie.attributes, f"browsers drop it: {cookie.shown()}"
    secure = "secure" in attributes
    if name.startswith(("__secure-", "__host-")) and not (secure and cookie.name):
        yield fail("cookie-prefix-broken", "Secure beside the prefix", dropped)
    elif name.startswith("__host-") and (attributes.get("path") != "/" or attributes.get("domain", "") != ""):
        yield fail("cookie-prefix-broken", "Path=/ and no Domain", dropped)
    if attributes.get("samesite", "").lower() == "none" and not secure:
        yield fail("cookie-none-insecure", "Secure beside SameSite=None", dropped)
    if "partitioned" in attributes and not secure:
        yield fail("cookie-partitioned-insecure", "Secure beside Partitioned", dropped)
    if secure and not https:
        yield warn("cookie-secure-over-http", "an answer over HTTPS", dropped)


def _session(cookie: Cookie, https: bool, promised: Cookies, now: float | None) -> Iterator[Finding]:
    shown, attributes = cookie.shown(), cookie.attributes
    if https and "secure" not in attributes:
        yield fail("cookie-secure-missing", "Secure on a session cookie", shown, clause="ASVS 5.0 3.3.1")
    if "httponly" not in attributes:
        yield fail("cookie-httponly-missing", "HttpOnly on a session cookie", shown, clause="ASVS 5.0 3.3.4")
    yield from _same_site(cookie, promised)
    if https and not cookie.name.lower().startswith(("__host-", "__secure-")):
        yield warn("cookie-prefix-missing", "a name with __Host-", shown, clause="ASVS 5.0 3.3.1")
    domain = attributes.get("domain", "").lstrip(".").lower()
    if domain and promised.domains is None:
        yield warn("cookie-domain", "no Domain on a session cookie", shown, clause="ASVS 5.0 3.3.3")
    elif domain and domain not in {shared.lstrip(".").lower() for shared in promised.domains or ()}:
        wanted = f"a Domain of {', '.join(promised.domains or ()) or 'no other host'}"
        yield fail("cookie-shared", quote(wanted), shown, clause="target file: cookies.domains")
    life = _life(cookie, now)
    if promised.lifetime_seconds is not None and life is not None and life > promised.lifetime_seconds:
        wanted = f"a life of at most {promised.lifetime_seconds} s"
        yield fail("cookie-outlives-promise", wanted, shown, clause="target file: cookies.lifetime_seconds")


def _same_site(cookie: Cookie, promised: Cookies) -> Iterator[Finding]:
    shown, said = cookie.shown(), cookie.attributes.get("samesite", "").lower()
    if promised.same_site:
        # What is missing or unknown counts as Lax, in most browsers; a promise of Lax is kept by saying it.
        if _STRENGTH.get(said, -1) < _STRENGTH[promised.same_site]:
            wanted = f"SameSite={promised.same_site.capitalize()} on a session cookie"
            yield fail("cookie-samesite-weak", wanted, shown, clause="target file: cookies.same_site")
    elif said == "none":
        yield warn("cookie-samesite-none", "SameSite=Lax or Strict on a session cookie", shown, clause="ASVS 5.0 3.3.2")
    elif said not in _STRENGTH:
        yield warn(
            "cookie-samesite-missing", "SameSite=Lax or Strict on a session cookie", shown, clause="ASVS 5.0 3.3.2"
        )


def _other(cookie: Cookie, https: bool, promised: Cookies) -> Iterator[Finding]:
    shown, attributes = cookie.shown(), cookie.attributes
    scripted = cookie.name.lower() in READ_BY_SCRIPTS or cookie.name in promised.scripts
    if https and "secure" not in attributes:
        yield warn("cookie-secure-missing", "Secure on every cookie", shown)
    if "httponly" not in attributes and not scripted:
        yield info("cookie-httponly-missing", "HttpOnly, unless a script reads it", shown)
    if attributes.get("samesite", "").lower() not in ("lax", "strict"):
        yield info("cookie-samesite-missing", "SameSite=Lax or Strict", shown)
    if attributes.get("domain", ""):
        yield info("cookie-domain", "no Domain", shown)


def _sized(cookie: Cookie, now: float | None) -> Iterator[Finding]:
    size = len(cookie.name.encode("utf-8", "replace")) + len(cookie.value.encode("utf-8", "replace"))
    if size > LONGEST_BYTES:
        yield warn("cookie-too-long", f"at most {LONGEST_BYTES} bytes", f"browsers drop it: {size} bytes")
    life = _life(cookie, now)
    if life is not None and life > LONGEST_LIFE_SECONDS:
        yield warn("cookie-lives-long", f"a life of at most {LONGEST_LIFE_SECONDS} s", cookie.shown())


def _excepted(finding: Finding, name: str, promised: Cookies) -> Finding:
    for exception in promised.exceptions:
        if exception.rule == finding.rule and fnmatchcase(name, exception.cookie):
            return replace(finding, severity=Severity.INFO, next_step=quote(f"Excepted: {exception.reason}"))
    return finding
