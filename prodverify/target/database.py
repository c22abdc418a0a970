"""What is promised of the live database."""

from __future__ import annotations

from pydantic import Field

from prodverify.target.section import PositiveInt, SecretName, Section


class Database(Section):
    """``[database]``: the live database, read only."""

    dsn: SecretName = Field(description="name of the secret that holds the connection string")
    statement_timeout_ms: PositiveInt = Field(5000, description="longest statement of ours, in milliseconds")
