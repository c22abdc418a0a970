"""
A content security policy as the HTTP Observatory reads it: for its grade alone, not for ours.

Where it differs from browsers (a repeated directive is invalid, ``frame-ancestors *`` is no defect, only what the
first of several policies names is let through) it is followed all the same: mdn-http-observatory, tests/csp.js.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from prodverify.judges import csp
from prodverify.judges.csp import Policy
from prodverify.wire.exchange import HeaderList

_BROAD = frozenset({"ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"})
_INLINE = frozenset({"'unsafe-inline'", "data:"})
_TRUSTED = ("'sha256-", "'sha384-", "'sha512-", "'nonce-")
_PASSIVE = ("img-src", "media-src")
_MAY_REPEAT = frozenset({"report-uri", "report-to"})
_NOT_IN_PAGES = ("frame-ancestors", "report-uri", "sandbox")
_SHORTEST = len("img-src") - 1

Directives = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Read:
    """What was read: ``wrong`` is the result where nothing was. ``repeats``: it repeats what may be repeated."""

    directives: Directives
    wrong: str = ""
    repeats: bool = False

    @property
    def frames(self) -> tuple[str, ...] | None:
        """The sources of ``frame-ancestors``, whose mere presence the test x-frame-options counts; None without."""
        sources = self.directives.get("frame-ancestors")
        return None if sources is None else tuple(sources)

    def result(self, *, https: bool) -> str:
        """The result of the test content-security-policy, by its published name."""
        found = self.wrong or _judged(self.directives, https)
        passed = found.endswith(("-default-src-none", "-no-unsafe", "-style-src-only", "-passive-content-only"))
        return "csp-implemented-but-duplicate-directives" if passed and self.repeats else found


def read(headers: HeaderList, *, meta: Sequence[str] = ()) -> Read:
    """The policies of the header lines, and those that the page states itself."""
    lines = [part.strip() for line in headers.all(csp.NAME) for part in line.split(",")]
    policies = [csp.parse(text) for text in (*lines, *meta)]
    if any(len(text) < _SHORTEST for text in (*lines, *meta)) or any(
        set(policy.repeated) - _MAY_REPEAT for policy in policies
    ):
        return Read({}, "csp-header-invalid")
    if not lines and not any(policy.directives.keys() - set(_NOT_IN_PAGES) for policy in policies):
        reporting = any(line.strip() for line in headers.all(csp.REPORT_ONLY))
        return Read({}, f"csp-not-implemented{'-but-reporting-enabled' if reporting else ''}")
    return Read(_together(policies), repeats=any(policy.repeated for policy in policies))


def _together(policies: Iterable[Policy]) -> Directives:
    """One policy out of several: of what the first names, what the others name too; of the rest, nothing."""
    merged: Directives = {}
    for number, policy in enumerate(policies):
        for name, sources in policy.directives.items():
            lowered = [source.lower() for source in sources] or (["'none'"] if name.endswith("-src") else [])
            merged[name] = lowered if number == 0 else [s for s in merged.get(name, []) if s in lowered] or ["'none'"]
    return merged


def _judged(directives: Directives, https: bool) -> str:
    scripts = _effective(_listed(directives, "script-src"))
    trusted = any(source.startswith(_TRUSTED) for source in scripts)
    if "'strict-dynamic'" in scripts:
        if not trusted:
            return "csp-header-invalid"
        scripts = [s for s in scripts if not s.startswith(tuple(_BROAD)) and s not in ("'self'", "'unsafe-inline'")]
        # Whatever else falls back to the same list loses these sources, too.
        directives = {**directives, "script-src" if "script-src" in directives else "default-src": scripts}
    styles = _effective(_listed(directives, "style-src"))
    active = [s for name, sources in directives.items() if name not in (*_PASSIVE, "script-src") for s in sources]
    passive = [s for name in _PASSIVE for s in directives.get(name, directives.get("default-src", []))]
    if (_BROAD | _INLINE) & set(scripts) or _BROAD & set(_listed(directives, "object-src")):
        return "csp-implemented-with-unsafe-inline"
    if https and _insecure([*active, *scripts]):
        return "csp-implemented-with-insecure-scheme"
    if "'unsafe-eval'" in (*scripts, *styles):
        return "csp-implemented-with-unsafe-eval"
    if https and _insecure(passive):
        return "csp-implemented-with-insecure-scheme-in-passive-content-only"
    if (_BROAD | _INLINE) & set(styles):
        return "csp-implemented-with-unsafe-inline-in-style-src-only"
    none = directives.get("default-src") == ["'none'"]
    return "csp-implemented-with-no-unsafe-default-src-none" if none else "csp-implemented-with-no-unsafe"


def _listed(directives: Directives, name: str) -> list[str]:
    return directives.get(name, directives.get("default-src", ["*"]))


def _effective(sources: list[str]) -> list[str]:
    if any(source.startswith(_TRUSTED) for source in sources):
        return [source for source in sources if source != "'unsafe-inline'"]
    return sources


def _insecure(sources: Iterable[str]) -> bool:
    return any(source.startswith(("http:", "ftp:")) for source in sources)
