"""What every section of a target file has in common: frozen, strict, no unknown key."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema


class Section(BaseModel):
    """A table of the target file. Each field's description is the line that explains its key."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=60)]
SecretName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]*$", max_length=60)]
Path = Annotated[str, StringConstraints(pattern=r"^/", max_length=2000)]
Method = Annotated[str, StringConstraints(pattern=r"^[A-Z]+$", max_length=20)]
Status = Annotated[int, Field(ge=100, le=599)]
Pointer = Annotated[str, StringConstraints(pattern=r"^(/([^/~]|~[01])*)*$")]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Percent = Annotated[float, Field(gt=0, lt=100)]
MOST = 999_999_999
"""More than anybody means, and what days, socket timeouts and PostgreSQL still take."""

PositiveInt = Annotated[int, Field(gt=0, le=MOST)]
PositiveFloat = Annotated[float, Field(gt=0, le=MOST)]
JsonObject = dict[str, Any]


def _word(value: object) -> object:
    """A truth or a number as JSON writes it, so that a file may say it without quotes."""
    return json.dumps(value) if isinstance(value, bool | int | float) else value


Word = Annotated[str, BeforeValidator(_word), WithJsonSchema({"type": ["string", "boolean", "number"]})]

ANONYMOUS = "anonymous"
"""The role that nobody declares: no credential at all."""
