"""The small service, its target file and the suite, as the tests of whole sessions have them."""

from __future__ import annotations

from tests.session.conftest import checks, small, target, verify

__all__ = ["checks", "small", "target", "verify"]
