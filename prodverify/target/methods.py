"""``[methods]``: what the service makes of methods other than those that its endpoints declare."""

from __future__ import annotations

from pydantic import Field

from prodverify.target.section import Method, Section


class Methods(Section):
    """``[methods]``: TRACE and verbs that nobody knows are refused, HEAD is like GET, and a method is what it says."""

    overridable: bool = Field(
        False, description="X-HTTP-Method-Override and its kin change the method of a POST, and that is meant"
    )
    unknown: Method = Field(
        "PRODVERIFY", description="made-up method that no resource knows; sent where writes are permitted"
    )
