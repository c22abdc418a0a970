"""Addresses that a caller names for its deliveries, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

ADDRESSES = (
    "http://receiver.example/",
    "http://user:pw@receiver.example/",
    "ftp://receiver.example/",
    "file:///dev/null",
    "gopher://receiver.example/",
    "http://receiver.example:22/",
    "http://2130706433:9/",
    "http://0x7f.1:9/",
    "http://127.1:9/",
    "http://[::ffff:127.0.0.1]:9/",
    "http://0.0.0.0:9/",
)


def callbacks(execute: Callable[..., httpx.Response]) -> dict[str, Any]:
    """The status that each address is answered with."""
    return {address: execute("developer", callback_url=address).status_code for address in ADDRESSES}
