"""``[exposure]``: which of the paths that everybody tries may be read by everybody."""

from __future__ import annotations

from pydantic import Field

from prodverify.target.section import Path, Section


class Exposure(Section):
    """``[exposure]``: well-known paths; what is neither public nor closed is not there."""

    public: tuple[Path, ...] = Field((), description="paths that anybody may read, as /openapi.json")
    closed: tuple[Path, ...] = Field(
        (), description="paths that exist and that nobody reads without a credential, as /metrics"
    )
    directories: tuple[Path, ...] = Field(("/",), description="folders that do not list what is in them")
    unasked: tuple[Path, ...] = Field((), description="paths of the usual list that are not asked here")
    catch_all: bool = Field(False, description="one page answers every path, as that of a single-page application does")
