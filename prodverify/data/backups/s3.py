"""Backups in storage that speaks S3: read by GET and HEAD, written only where one is published or removed."""

from __future__ import annotations

import contextlib
import re
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from prodverify.data.backups import s3_reading
from prodverify.data.backups.files import MOST_OF_A_MANIFEST, BackupFile, described
from prodverify.data.backups.folder import CONTENTS, MOST, Gone, ordered, sha256_in, unreadable
from prodverify.data.backups.names import MANIFEST, UNFINISHED, Naming, manifest_name
from prodverify.data.backups.place import NameTaken
from prodverify.data.backups.s3_client import Client, Missing
from prodverify.data.backups.stored import Stored
from prodverify.record.findings import Unjudged
from prodverify.target.backups import S3
from prodverify.target.load import Target

_LEFT = timedelta(days=1)
"""No upload of ours takes as long; younger ones may be under way."""
_NOTE = "underway"
"""A key in the folder of one that is: its content is the name of the backup that is stored or removed."""
_MOST_OF_A_NOTE = 4096


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket of backups, or a folder of one. See ``places.Place``."""

    client: Client = field(repr=False)
    bucket: str
    prefix: str
    """Empty, or with a slash at its end."""
    naming: Naming

    @classmethod
    def opened(cls, declared: S3, target: Target, naming: Naming) -> Bucket:
        """The bucket that is declared, not asked yet. Raises ``Unjudged`` without the extra ``backups``."""
        prefix = declared.prefix.strip("/")
        return cls(Client.of(declared, target), declared.bucket, f"{prefix}/" if prefix else "", naming)

    def describe(self) -> str:
        """``s3://bucket/prefix``, with the host where it is not AWS."""
        at = f" at {self.client.host}" if self.client.host else ""
        return f"s3://{self.bucket}/{self.prefix}{at}"

    def address(self, name: str) -> str:
        """``s3://bucket/prefix/name``."""
        return f"s3://{self.bucket}/{self.prefix}{name}"

    def backups(self) -> tuple[Stored, ...]:
        """Every backup in it, the newest first: a few requests, one for each thousand keys. Raises ``Unjudged``."""
        keys = {entry["Key"][len(self.prefix) :]: entry for entry in self._entries(self.prefix)}
        folders = {name.rpartition("/")[0] for name in keys if name.rpartition("/")[2] == CONTENTS}
        directories: dict[str, list[dict[str, Any]]] = {name: [] for name in folders if self.naming.is_backup(name)}
        found = []
        for name, entry in keys.items():
            within = directories.get(name.rpartition("/")[0])
            if within is not None:
                within.append(entry)
            elif self.naming.is_backup(name):
                found.append(self._stored(name, [entry], keys))
        return ordered(found + [self._stored(name, entries, keys) for name, entries in directories.items()])

    def fetch(self, stored: Stored, folder: Path) -> BackupFile:
        """
        A copy of the backup in a new folder within ``folder``, compared with what the storage says of it.

        Raises ``Unjudged`` where it cannot be read or there is no room for it.
        """
        room = Path(tempfile.mkdtemp(prefix="fetched-", dir=folder))
        path = room / stored.file_name
        keys = self._keys(stored)
        s3_reading.room_for(sum(entry["Size"] for entry in keys), room)
        whole = self.prefix + stored.name
        try:
            if [entry["Key"] for entry in keys] == [whole]:
                s3_reading.download(self.client, self.bucket, whole, path)
            else:
                path.mkdir(mode=0o700)
                for entry in keys:
                    s3_reading.download(self.client, self.bucket, entry["Key"], path / entry["Key"].rpartition("/")[2])
        except Missing:
            raise self._gone(stored) from None
        return self._described(stored, path)

    def manifest(self, stored: Stored) -> BackupFile:
        """What is beside the backup; its path is one at which nothing is."""
        return self._described(stored, Path(stored.file_name))

    def beginning(self, stored: Stored, length: int) -> bytes:
        """Its first bytes. Raises ``Unjudged``."""
        try:
            return s3_reading.content(self.client, self.bucket, self.prefix + stored.name, length)
        except Missing:
            self._keys(stored)
            return b""  # the key of a directory is that of no object

    def checksum(self, stored: Stored) -> str:
        """The sha256 in the object beside it. Raises ``Unjudged``."""
        key = f"{self.prefix}{stored.name}.sha256"
        try:
            return sha256_in(s3_reading.content(self.client, self.bucket, key, 4096))
        except Missing:
            return ""

    def open_to(self, stored: Stored) -> tuple[str, ...]:
        """Everybody, where the bucket's policy says so, and we may read that it does."""
        public = self.client.about(self.bucket).get("public") == "true"
        return ("everybody: the bucket's policy is public",) if public else ()

    def protection(self, stored: Stored) -> dict[str, str]:
        """How the storage encrypts the object and keeps what is overwritten; what we may not ask is left out."""
        told = {name: value for name, value in self.client.about(self.bucket).items() if name != "public"}
        with contextlib.suppress(Missing):
            encryption = self.client.head(self.bucket, self._keys(stored)[0]["Key"]).get("ServerSideEncryption")
            told |= {"encryption": str(encryption)} if encryption else {}
        return told

    def workspace(self) -> AbstractContextManager[Path]:
        """That of this machine for temporary files."""
        return contextlib.nullcontext(Path(tempfile.gettempdir()))

    def publish(self, draft: Path, name: str, manifest_text: str) -> None:
        """
        Upload ``draft`` under a key that is no backup's, compare, and only then copy it to ``name`` within the storage.

        What killed processes left is removed first. Raises ``NameTaken``, ``OSError`` and ``Unjudged``.
        """
        self._clear()
        final, beside = self.prefix + name, manifest_name(name)
        files = sorted(draft.iterdir(), key=_contents_last) if draft.is_dir() else [draft]
        if next(self._entries(final), None) is not None:
            raise NameTaken(self.address(name))
        made: list[str] = []
        work = self._work()
        try:
            self._note(work, name)
            for path in files:
                self.client.upload(self.bucket, work + path.name, path)
            if not self.client.create(self.bucket, self.prefix + beside, manifest_text.encode()):
                raise NameTaken(self.address(beside))
            made.append(self.prefix + beside)
            for path in files:
                made.insert(0, f"{final}/{path.name}" if draft.is_dir() else final)
                self.client.copy(self.bucket, work + path.name, made[0])
        except BaseException:
            self._discard(made)
            raise
        finally:
            self._discard([*(work + path.name for path in files), work + _NOTE])

    def remove(self, stored: Stored) -> None:
        """
        Remove a backup, then its manifest; what is left of both where that is interrupted goes with a later upload.

        Raises ``FileNotFoundError`` where it is gone, and ``Unjudged``, also where the storage keeps it locked.
        """
        keys = sorted((entry["Key"] for entry in self._held(stored)), key=lambda key: not key.endswith(CONTENTS))
        if not keys:
            raise FileNotFoundError(self.address(stored.name))
        work = self._work()
        self._note(work, stored.name)
        for key in [*keys, self.prefix + manifest_name(stored.name)]:
            self.client.delete(self.bucket, key)
        self._discard([work + _NOTE])

    def _stored(self, name: str, entries: list[dict[str, Any]], keys: Iterable[str]) -> Stored:
        moment = self.naming.moment(name)
        stored = Stored(
            name=name,
            taken_at=moment.start if moment else None,
            size_bytes=sum(entry["Size"] for entry in entries),
            has_manifest=manifest_name(name) in keys,
            span_seconds=moment.span_seconds if moment else 1.0,
            modified_at=max(entry["LastModified"].astimezone(UTC) for entry in entries),
        )
        if moment is None and stored.has_manifest:
            held = self.manifest(stored).manifest
            return Stored(name, held.taken_at if held else None, stored.size_bytes, True, 1.0, stored.modified_at)
        return stored

    def _described(self, stored: Stored, path: Path) -> BackupFile:
        latest = stored.taken_at or stored.modified_at or datetime.now(UTC)
        if not stored.has_manifest:
            return described(path, None, stored.taken_at, latest)
        key = self.prefix + manifest_name(stored.name)
        try:
            content = s3_reading.content(self.client, self.bucket, key, MOST_OF_A_MANIFEST)
        except Missing:
            content = None  # removed since it was listed
        return described(path, content, stored.taken_at, latest)

    def _keys(self, stored: Stored) -> list[dict[str, Any]]:
        """The entries of one backup. Raises ``Unjudged``, and ``Gone`` where there is none."""
        if found := self._held(stored):
            return found
        raise self._gone(stored)

    def _gone(self, stored: Stored) -> Gone:
        step = "repeat the run; a backup that is removed while it is read was too old, or its name is used twice"
        return Gone(unreadable(self.describe(), f"{stored.name} is there no longer", step))

    def _held(self, stored: Stored) -> list[dict[str, Any]]:
        """What there is of one backup: the entry of its key, or those of the files of its directory."""
        whole = self.prefix + stored.name
        own = re.compile(re.escape(whole) + r"(?:/[^/]+)?")
        return [
            entry
            for entry in self._entries(whole)
            if own.fullmatch(entry["Key"]) and entry["Key"].rpartition("/")[2] not in {".", ".."}
        ]

    def _entries(self, prefix: str) -> Iterator[dict[str, Any]]:
        for number, entry in enumerate(self.client.entries(self.bucket, prefix)):
            if number >= MOST:
                step = "name the folder that holds the backups and nothing else as prefix in [backups.s3]"
                raise Unjudged(unreadable(self.describe(), f"more than {MOST} keys", step))
            yield entry

    def _clear(self) -> None:
        """Remove what we left where we were killed, by exact key and id; where we may not, it stays."""
        before, ours = datetime.now(UTC) - _LEFT, self.prefix + UNFINISHED
        left = [entry["Key"] for entry in self._entries(ours) if entry["LastModified"] < before]
        for key in left:
            with contextlib.suppress(Unjudged):
                if key.rpartition("/")[2] == _NOTE:
                    self._forget(key, before)
                self.client.delete(self.bucket, key)
        self._abort(ours, before)

    def _abort(self, prefix: str, before: datetime) -> None:
        """End uploads and copies in parts that nobody ended; a key may well store and not see these."""
        with contextlib.suppress(Unjudged):
            for upload in self.client.uploads(self.bucket, prefix):
                if upload["Initiated"] < before:
                    self.client.abort(self.bucket, upload["Key"], upload["UploadId"])

    def _forget(self, note: str, before: datetime) -> None:
        """
        Remove what is left of a backup that was not stored whole, or whose removal had begun.

        A note may be anybody's who can write here, and we may remove more than they: whatever it says, nothing goes
        that belongs to a backup.
        """
        with contextlib.suppress(Missing, UnicodeDecodeError):
            name = s3_reading.content(self.client, self.bucket, note, _MOST_OF_A_NOTE).decode()
            if not self.naming.is_backup(name):
                return
            self._abort(self.prefix + name, before)
            beside = manifest_name(name)
            found = [entry["Key"] for entry in self._entries(self.prefix + beside.removesuffix(MANIFEST))]
            held = {key[len(self.prefix) :].removesuffix(f"/{CONTENTS}") for key in found}
            if not any(self.naming.is_backup(each) for each in held):
                for key in found:
                    if key == self.prefix + beside or key.startswith(f"{self.prefix}{name}/"):
                        self.client.delete(self.bucket, key)

    def _work(self) -> str:
        return f"{self.prefix}{UNFINISHED}{secrets.token_hex(8)}/"

    def _note(self, work: str, name: str) -> None:
        """Say in the folder ``work`` that the backup ``name`` is stored or removed."""
        self.client.create(self.bucket, work + _NOTE, name.encode())

    def _discard(self, keys: list[str]) -> None:
        for key in keys:
            with contextlib.suppress(Unjudged):  # the first trouble is the one to tell; the next upload clears the rest
                self.client.delete(self.bucket, key)


def _contents_last(path: Path) -> tuple[bool, str]:
    # a directory is a backup from the moment at which its table of contents is there
    return path.name == CONTENTS, path.name
