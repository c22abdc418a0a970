"""
Which member of a document sounds like a secret, and which value is none any more.

OWASP Logging Cheat Sheet, "Data to exclude".
"""

from __future__ import annotations

import re

_SECRET = re.compile(
    r"(?:^|[_.-])(?:password|passwd|pwd|passphrase|secret|token|credentials?|authorization|cookie|api_?key|"
    r"private_?key|signing_?key|access_?key|session_?id|x_?api_?key)"
    r"(?:$|[_.-](?:hash|value|raw|plain|text|old|new|key)$)",
    re.ASCII,
)
_MASKED = re.compile(
    r"\s*|.{0,12}[*•●x#]{3,}.{0,8}|.{0,12}(?:\.\.\.|…).{0,8}"
    r"|.{0,3}(?:redacted|masked|filtered|hidden|removed|scrubbed|none|null|n/a|true|false|ok|valid|invalid|missing).{0,3}",
    re.IGNORECASE,
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def sounds_secret(name: str) -> bool:
    """A member of this name holds a secret, unless it is masked; ``token_id`` or ``key_name`` do not."""
    snake = _HUMP.sub("_", name[:200]).lower().replace("-", "_")
    return bool(_SECRET.search(snake))


def is_masked(value: object) -> bool:
    """Nothing of use is left in the value: stars, an ellipsis, a word such as redacted, or no text at all."""
    if isinstance(value, bool) or value is None:
        return True
    return bool(_MASKED.fullmatch(str(value)[:300]))
