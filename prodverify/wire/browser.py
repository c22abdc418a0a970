"""What a browser says of itself when it sends a form: the site that it is at, by which services know forgeries."""

from __future__ import annotations

from prodverify.target.load import Target

Pairs = tuple[tuple[str, str], ...]


def origin(target: Target) -> str:
    """The site as its users see it: over HTTPS where that ends in front of the service."""
    address = target.base_url.rstrip("/")
    return f"https://{address.partition('://')[2]}" if target.promises.tls.terminated else address


def lines(target: Target, path: str) -> Pairs:
    """The header lines that come with a form of the page at ``path``."""
    site = origin(target)
    return (("Origin", site), ("Referer", f"{site}{path}"))
