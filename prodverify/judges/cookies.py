"""
Cookies that carry a session are kept from scripts, from plain HTTP and from other sites.

RFC 6265bis section 5 (what browsers store), ASVS 5.0 3.3. Deletions, and cookies of load balancers, are passed over.
Findings name a cookie and its attributes, never its value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from prodverify.judges import http_date
from prodverify.judges.quotation import quote
from prodverify.record.findings import Finding, Severity, fail, info, warn
from prodverify.wire.exchange import HeaderList

CLAUSE = "RFC 6265bis section 5.7, ASVS 5.0 3.3"

LONGEST_BYTES = 4096
LONGEST_LIFE_SECONDS = 34_560_000
"""400 days: browsers cut longer lives (RFC 6265bis section 5.5)."""

LOAD_BALANCERS = frozenset(
    {"awsalb", "awsalbcors", "awselb", "__cf_bm", "_cfuvid", "heroku-session-affinity", "arraffinity"}
)
READ_BY_SCRIPTS = frozenset({"xsrf-token", "csrftoken", "csrf-token", "_csrf", "csrf_token"})
"""Double-submit tokens: a script has to read them, so HttpOnly would break them."""


@dataclass(frozen=True, slots=True)
class Cookie:
    """One Set-Cookie line, as browsers read it; attribute names are in lower case, the last of a name counts."""

    name: str
    value: str = field(repr=False)
    attributes: dict[str, str]

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
        key, _, argument = part.partition("=")
        attributes[key.strip().lower()] = argument.strip()
    return Cookie(name.strip() if equals else "", (value if equals else pair).strip(), attributes)


def judge(headers: HeaderList, *, https: bool, session: Collection[str] = ()) -> list[Finding]:
    """
    Deviations of every cookie of one answer; ``session`` names those whose loss ends the session.

    Expiry is judged against the answer's own Date.
    """
    now = http_date.parse(headers.first("date"))
    wanted = {name.lower() for name in session}
    found: list[Finding] = []
    for line in headers.all("set-cookie"):
        cookie = parse(line)
        if _deletes(cookie, now) or cookie.name.lower() in LOAD_BALANCERS:
            continue
        found += _stored(cookie, https)
        found += _session(cookie, https) if cookie.name.lower() in wanted else _other(cookie, https)
        found += _size(cookie)
    return found


def _deletes(cookie: Cookie, now: float | None) -> bool:
    if "max-age" in cookie.attributes:
        life = _seconds(cookie.attributes["max-age"])
        return life is not None and life <= 0
    expires = http_date.parse(cookie.attributes.get("expires", ""))
    # Without a Date of the answer only the far past is certain.
    return expires is not None and expires <= (86400.0 if now is None else now)


def _seconds(text: str) -> int | None:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        return None
    return int(text[:12])


def _stored(cookie: Cookie, https: bool) -> Iterator[Finding]:
    """What makes a browser drop the cookie."""
    # A nameless cookie is sent back as its value alone, which must not pass for a prefixed name.
    name = (cookie.name or cookie.value).lower()
    secure = "secure" in cookie.attributes
    if name.startswith(("__secure-", "__host-")) and not (secure and cookie.name):
        yield fail("cookie-prefix-broken", "Secure beside the prefix", f"browsers drop it: {cookie.shown()}")
    elif name.startswith("__host-") and (
        cookie.attributes.get("path") != "/" or cookie.attributes.get("domain", "") != ""
    ):
        yield fail("cookie-prefix-broken", "Path=/ and no Domain", f"browsers drop it: {cookie.shown()}")
    if cookie.attributes.get("samesite", "").lower() == "none" and not secure:
        yield fail("cookie-none-insecure", "Secure beside SameSite=None", f"browsers drop it: {cookie.shown()}")
    if secure and not https:
        yield warn("cookie-secure-over-http", "an answer over HTTPS", f"browsers drop it: {cookie.shown()}")


def _session(cookie: Cookie, https: bool) -> Iterator[Finding]:
    shown = cookie.shown()
    if https and "secure" not in cookie.attributes:
        yield fail("cookie-secure-missing", "Secure on a session cookie", shown)
    if "httponly" not in cookie.attributes:
        yield fail("cookie-httponly-missing", "HttpOnly on a session cookie", shown)
    same_site = cookie.attributes.get("samesite", "").lower()
    if same_site not in ("lax", "strict", "none"):
        yield warn("cookie-samesite-missing", "SameSite=Lax or Strict on a session cookie", shown)
    elif same_site == "none":
        yield warn("cookie-samesite-none", "SameSite=Lax or Strict on a session cookie", shown)
    if https and not cookie.name.lower().startswith(("__host-", "__secure-")):
        yield info("cookie-prefix-missing", "a name with __Host-", shown, clause="ASVS 5.0 3.3.1")
    if cookie.attributes.get("domain", ""):
        yield warn("cookie-domain", "no Domain on a session cookie", shown)


def _other(cookie: Cookie, https: bool) -> Iterator[Finding]:
    shown = cookie.shown()
    if https and "secure" not in cookie.attributes:
        yield warn("cookie-secure-missing", "Secure on every cookie", shown)
    if "httponly" not in cookie.attributes and cookie.name.lower() not in READ_BY_SCRIPTS:
        yield info("cookie-httponly-missing", "HttpOnly, unless a script reads it", shown)
    if cookie.attributes.get("samesite", "").lower() not in ("lax", "strict"):
        yield info("cookie-samesite-missing", "SameSite=Lax or Strict", shown)


def _size(cookie: Cookie) -> Iterator[Finding]:
    size = len(cookie.name.encode("utf-8", "replace")) + len(cookie.value.encode("utf-8", "replace"))
    if size > LONGEST_BYTES:
        yield Finding(Severity.WARN, "cookie-too-long", f"at most {LONGEST_BYTES} bytes", f"{size} bytes")
    life = _seconds(cookie.attributes.get("max-age", ""))
    if life is not None and life > LONGEST_LIFE_SECONDS:
        yield warn("cookie-lives-long", f"Max-Age <= {LONGEST_LIFE_SECONDS}", cookie.shown())
