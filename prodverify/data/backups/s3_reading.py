"""Objects of S3 as local files: each is compared with what the storage says of it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path

from prodverify.data.backups.folder import unreadable
from prodverify.data.backups.s3_client import Client, Interrupted
from prodverify.record.findings import Unjudged, inconclusive

_TRIES = 3
_SPARE_BYTES = 64 << 20
_MD5 = re.compile(r'"?([0-9a-f]{32})"?')


def download(client: Client, bucket: str, key: str, path: Path) -> None:
    """
    Write the object to ``path``, new and private; what breaks off goes on where it stopped, of the same version.

    Its size is compared, and its MD5 where the ETag is one: that of an upload in parts, or of one encrypted with a key
    of KMS, is not. Raises ``Unjudged`` and ``s3_client.Missing``.
    """
    digest = hashlib.md5(usedforsecurity=False)
    written, tag, size = 0, "", None
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for left in reversed(range(_TRIES)):
            try:
                answer = client.get(bucket, key, start=written, tag=tag)
                size = answer.total_bytes if size is None else size
                tag = answer.tag
                for piece in answer.pieces():
                    file.write(piece)
                    digest.update(piece)
                    written += len(piece)
            except Interrupted as broken:
                if not left:
                    raise Unjudged(unreadable(f"s3://{bucket}/{key}", str(broken), broken.next_step)) from None
                continue
            except OSError as error:
                raise _no_room(path.parent, error.strerror or str(error)) from None
            break
    match = _MD5.fullmatch(tag)
    plain = match is not None and answer.encrypted in {"", "AES256"}
    if written != size or (plain and match is not None and match[1] != digest.hexdigest()):
        observed = f"{written} of {size} bytes" if written != size else "bytes of another MD5 than its ETag says"
        step = "repeat the run; where it stays so, the storage or a proxy before it alters what it answers"
        raise Unjudged(unreadable(f"s3://{bucket}/{key}", observed, step))


def content(client: Client, bucket: str, key: str, longest: int) -> bytes:
    """The first ``longest`` bytes of the object. Raises ``Unjudged`` and ``s3_client.Missing``."""
    held = b""
    try:
        for piece in client.get(bucket, key, start=0, tag="").pieces():
            held += piece
            if len(held) > longest:
                break
    except Interrupted as broken:
        raise Unjudged(unreadable(f"s3://{bucket}/{key}", str(broken), broken.next_step)) from None
    return held[:longest]


def room_for(size_bytes: int, folder: Path) -> None:
    """Raises ``Unjudged`` where ``folder`` has no room for as many bytes."""
    free = shutil.disk_usage(folder).free
    if free < size_bytes + _SPARE_BYTES:
        raise _no_room(folder, f"{free >> 20} MiB are free, and the backup has {size_bytes >> 20} MiB")


def _no_room(folder: Path, why: str) -> Unjudged:
    step = "make room there, or set TMPDIR to a folder on a larger disk"
    return Unjudged(inconclusive("backup-not-fetched", f"room for the backup in {folder}", why, next_step=step))
