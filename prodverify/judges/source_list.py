"""
What a list of sources in a content security policy lets through.

CSP level 3, sections 2.3.1 (grammar), 6.7.2 (matching) and 6.7.3 ("does a source list allow all inline behavior").
Keywords, schemes and hosts compare without case; nonces and hashes are only recognised, never compared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NONCE_OR_HASH = re.compile(r"'(?:nonce|sha256|sha384|sha512)-[a-z0-9+/_=-]+'", re.IGNORECASE | re.ASCII)
_BROAD = re.compile(
    r"(?:https?|ftp|wss?):"  # any address of a scheme
    r"|(?:[a-z][a-z0-9+.-]{0,20}://)?\*(?:\.\*)?(?::(?:\*|[0-9]{1,5}))?(?:/.*)?",  # any host
    re.IGNORECASE | re.ASCII,
)
# Browsers trust the machine that they run on without TLS.
_INSECURE = re.compile(
    r"(?:http|ws|ftp):(?!//(?:localhost|127\.[0-9.]{1,12}|\[::1\])(?:[:/]|\Z)).*", re.IGNORECASE | re.ASCII
)
_UNQUOTED = frozenset({"self", "none", "unsafe-inline", "unsafe-eval", "strict-dynamic"})


@dataclass(frozen=True, slots=True)
class SourceList:
    """The sources of one directive, as they stand in the policy. An empty list lets nothing through."""

    sources: tuple[str, ...]

    @property
    def trusts_scripts_by_themselves(self) -> bool:
        """A nonce or hash says which script may run, whatever its address."""
        return any(_NONCE_OR_HASH.fullmatch(source) for source in self.sources)

    @property
    def any(self) -> str:
        """The first source that lets anything through at all, or nothing: reports and 'none' do not."""
        return next((s for s in self.sources if s.lower() not in ("'none'", "'report-sample'")), "")

    @property
    def strict_dynamic(self) -> bool:
        """Trusted scripts pass their trust on; addresses are then ignored."""
        return self._has("'strict-dynamic'")

    def inline(self, *, script: bool) -> str:
        """The source that lets every inline script (or style) through, or nothing."""
        if self.trusts_scripts_by_themselves or (script and self.strict_dynamic):
            return ""
        return "'unsafe-inline'" if self._has("'unsafe-inline'") else ""

    def evaluation(self) -> str:
        """The source that lets text become code, or nothing."""
        return "'unsafe-eval'" if self._has("'unsafe-eval'") else ""

    def broad(self, *, script: bool = False) -> str:
        """The first source that lets any host through, or nothing."""
        return self._first(_BROAD, script=script)

    def data(self, *, script: bool = False) -> str:
        """``data:``, where what stands in the address itself is let through."""
        return self._first(re.compile("data:", re.IGNORECASE), script=script)

    def insecure(self, *, script: bool = False) -> str:
        """The first source that is asked for without TLS, or nothing."""
        return self._first(_INSECURE, script=script)

    def unquoted(self) -> str:
        """A keyword without its quotes, which browsers take for a host of that name, or nothing."""
        return next((source for source in self.sources if source.lower() in _UNQUOTED), "")

    def _has(self, keyword: str) -> bool:
        return any(source.lower() == keyword for source in self.sources)

    def _first(self, form: re.Pattern[str], *, script: bool) -> str:
        if script and self.strict_dynamic:
            return ""
        return next((source for source in self.sources if form.fullmatch(source)), "")
