"""What is promised about the service's own description."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from prodverify.target.section import Path, Section

MOST_GENERATED = 20

Generated = Annotated[int, Field(ge=0, le=MOST_GENERATED)]
Methods = tuple[Literal["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"], ...]


class OperationException(Section):
    """Operations that need no row."""

    operation: str = Field(
        min_length=3, description='operations, as "GET /internal/*" in the words of the document; * stands for anything'
    )
    reason: str = Field(min_length=10, description="why")


class OpenApi(Section):
    """``[openapi]``: the document in which the service describes its operations."""

    path: Path | None = Field(None, description="path that answers with the document, as JSON")
    file: str | None = Field(None, description="file that holds it, as JSON, where the service does not answer with it")
    role: str = Field("anonymous", description="role that reads the path")
    base_path: str | None = Field(
        None, description="what stands before the document's paths here; absent: what its servers say"
    )
    covered: bool = Field(False, description="every operation is in this file; false: one that is not is a warning")
    documented: bool = Field(
        False, description="every endpoint of profile api is in the document; false: one that is not is told"
    )
    generated: Generated = Field(
        0,
        description="requests made from the document for each operation of generated_methods; 0: none. Needs the extra openapi",
    )
    generated_role: str = Field("anonymous", description="role that sends them")
    generated_methods: Methods = Field(
        ("GET",),
        min_length=1,
        description="methods of those operations; others than GET, HEAD and OPTIONS need the permit writes, and what they make stays",
    )
    generated_exceptions: tuple[OperationException, ...] = Field(
        (), description="operations that nothing generated is sent to, with the reason"
    )
    exceptions: tuple[OperationException, ...] = Field((), description="operations that need no row, with the reason")
