"""A target: a target file that was read once, judged whole, and is frozen from then on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from prodverify.target import consistency, references, secret_values, source, transport
from prodverify.target.asking import Permits
from prodverify.target.load_run import DEFAULT_PROFILE
from prodverify.target.model import Promises
from prodverify.target.partial import shaped
from prodverify.target.secret_values import SecretValues
from prodverify.target.wording import Complaint, TargetError, nearest

_DRIVER = re.compile(r"^(postgres(?:ql)?)\+\w+(?=://)")

__all__ = ["SecretUnavailable", "SecretValues", "Target", "TargetError", "load"]


class SecretUnavailable(LookupError):  # noqa: N818 - the sentence says what is missing
    """A secret is asked for that the target does not declare, or that its embedded service has not made up yet."""


@dataclass(frozen=True, eq=False)
class Target:
    """What is verified. Relative paths of its file are resolved against ``folder``."""

    promises: Promises
    path: Path
    """The file, absolute."""
    base_url: str
    """Address of the service without a slash at its end; empty until an embedded one is located."""
    secrets: SecretValues = field(repr=False)
    """Name and value of each secret at hand; prints names alone."""
    sha256: str
    """Of the file's bytes, in hex."""
    profile: str = DEFAULT_PROFILE
    """Which arrivals of [load] a load run has."""

    @property
    def name(self) -> str:
        """The target's name, as its file gives it."""
        return self.promises.name

    @property
    def permits(self) -> Permits:
        """What may be done to it."""
        return self.promises.permits

    @property
    def folder(self) -> Path:
        """The folder of the file, absolute."""
        return self.path.parent

    def secret(self, name: str) -> str:
        """The value of the secret that ``name`` names. Raises SecretUnavailable."""
        if name in self.secrets:
            return self.secrets[name]
        if name in self.promises.secrets:
            raise SecretUnavailable(f"secret {name} is made up by the embedded service, which is not located yet")
        raise SecretUnavailable(f"no secret {name} in {self.path}{nearest(name, self.promises.secrets)}")

    @property
    def dsn(self) -> str:
        """
        The live database's connection string as libpq reads it; empty where no database is declared.

        SQLAlchemy's form names a driver behind the scheme, which is left out. Raises SecretUnavailable.
        """
        database = self.promises.database
        return _DRIVER.sub(r"\1", self.secret(database.dsn)) if database else ""

    def located(self, values: Mapping[str, str]) -> Target:
        """
        The target with what its embedded service made up.

        ``values`` holds ``base_url``, one value for each ``{ embedded = "..." }`` secret, and ``backup_directory``; what
        it holds about transport belongs to a target that declares [tls].
        Raises TargetError where one that the file refers to is missing, ValueError where nothing is embedded.
        """
        if not self.promises.embedded:
            raise ValueError(f"{self.path} has no [embedded]: nothing of it is made up by a service of ours")
        wrong: list[Complaint] = []
        made_up: dict[str, str] = {}
        for name, origin in self.promises.secrets.items():
            if origin.embedded is None:
                continue
            if origin.embedded in values:
                made_up[name] = values[origin.embedded]
            else:
                text = f"the embedded service makes up no such value{nearest(origin.embedded, values)}"
                wrong.append(Complaint(("secrets", name, "embedded"), text))
        wrong.extend(secret_values.wrong_values(self.promises, made_up))
        if wrong:
            raise TargetError([complaint.sentence(source.shown(self.path)) for complaint in wrong])
        promises, backups = self.promises, self.promises.backups
        if backups and not backups.directory and not backups.s3:
            directory = backups.model_copy(update={"directory": values["backup_directory"]})
            promises = promises.model_copy(update={"backups": directory})
        if (recovery := promises.recovery) and not recovery.copies and not recovery.pgbackrest:
            places = {"copies": values["physical_copies"], "wal": values["wal_archive"]}
            promises = promises.model_copy(update={"recovery": recovery.model_copy(update=places)})
        if (logs := promises.logs) and not (logs.file or logs.command or logs.loki):
            own = logs.model_copy(update={"file": values["relay_log"]})
            promises = promises.model_copy(update={"logs": own})
        return replace(
            self,
            promises=transport.located(promises, values),
            base_url=values["base_url"].rstrip("/"),
            secrets=SecretValues({**self.secrets, **made_up}),
        )

    def under(self, profile: str) -> Target:
        """The target whose [load] has the arrivals of ``profile``. Raises KeyError where it declares none of that name."""
        assert self.promises.load is not None
        chosen = self.promises.load.under(profile)
        return replace(self, promises=self.promises.model_copy(update={"load": chosen}), profile=profile)

    def read_only(self) -> Target:
        """The target without any permit."""
        return replace(self, promises=self.promises.model_copy(update={"permits": Permits()}))


def load(named: str, *, root: Path, environ: Mapping[str, str], with_secrets: bool = True) -> Target:
    """
    The target that ``named`` means: NAME for ``root/targets/NAME.toml``, or a PATH, which holds a / or ends in .toml.

    Without secrets, which is for what asks nobody, none is read: neither variables nor files need to be there. Raises TargetError with everything that is wrong at once.
    """
    path = source.found(named, root)
    raw = source.read(path)
    said = source.said(raw, path)
    shape = shaped(said)
    complaints = [*shape.complaints]
    secrets = SecretValues({})
    if shape.promises:
        wrong_secrets: tuple[Complaint, ...] = ()
        if with_secrets:
            secrets, wrong_secrets = secret_values.read(shape.promises, path.parent, environ)
        nameless = references.complaints(shape.promises, said)
        complaints += [complaint for complaint in nameless if not shape.silences(complaint)]
        contradictions = [*_contradictions(shape.promises, path.parent), *wrong_secrets]
        complaints += [complaint for complaint in contradictions if not shape.clouds(complaint)]
    if complaints or not shape.promises:
        order = {section: number for number, section in enumerate(said)}
        complaints.sort(key=lambda complaint: order.get(str(complaint.place[0]), len(order)))
        raise TargetError(list(dict.fromkeys(complaint.sentence(source.shown(path)) for complaint in complaints)))
    return Target(
        promises=shape.promises,
        path=path,
        base_url=(shape.promises.base_url or "").rstrip("/"),
        secrets=secrets,
        sha256=hashlib.sha256(raw).hexdigest(),
    )


def _contradictions(promises: Promises, folder: Path) -> Iterator[Complaint]:
    yield from consistency.complaints(promises)
    asking = promises.asking
    if asking.ca_bundle or asking.client_certificate or asking.client_key:
        # Imported where it is needed: OpenSSL takes 20 ms.
        from prodverify.target import certificates

        yield from certificates.complaints(asking, folder)
