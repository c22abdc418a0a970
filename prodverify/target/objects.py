"""What is promised about single objects: who may read one, and who may write none."""

from __future__ import annotations

from pydantic import Field

from prodverify.target.section import JsonObject, Method, Name, Path, Pointer, Section

PLACEHOLDER = "{id}"
"""What stands for the id in a path."""


class ForbiddenWrite(Section):
    """A write that some roles may not do; it is asked for ids that nothing has."""

    method: Method = Field("DELETE", description="HTTP method")
    path: Path | None = Field(None, description="path, the id as {id}; absent: that of the object")
    body: JsonObject | None = Field(None, description="JSON body to send")
    roles: tuple[str, ...] = Field(min_length=1, description="roles that may not do it")


class Object(Section):
    """One of ``[[objects]]``: a kind of thing that has an id and belongs to somebody."""

    name: Name = Field(description="name of this kind of object in the evidence")
    path: Path = Field(description="path of one object, its id as {id}")
    owner: str | None = Field(None, description="role that reads its own object")
    strangers: tuple[str, ...] = Field((), description="roles of other workspaces, which may not read it")
    listed_path: Path | None = Field(None, description="path by which the owner finds the id of an object")
    id_at: Pointer | None = Field(None, description="JSON Pointer of that id in the answer, as /items/0/id")
    id: str | None = Field(None, description="id of an object of the owner, where no list has it")
    missing_id: str | None = Field(
        None, description="id of the same shape that nothing has; absent: made up after the owner's"
    )
    hides_existence: bool = Field(
        False, description="strangers cannot tell an object of others from none; false: a difference is a warning"
    )
    writes: tuple[ForbiddenWrite, ...] = Field((), description="writes that some roles may not do")
