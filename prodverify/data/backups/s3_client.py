"""The few requests that storage with S3's interface is asked, and what its refusals mean."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from prodverify.data.backups.folder import unreadable
from prodverify.judges.quotation import quote
from prodverify.record.findings import Unjudged
from prodverify.target.backups import S3
from prodverify.target.load import Target

_READING = frozenset({"GET", "HEAD"})
_TRIES = 3
_PIECE = 1 << 20
_DENIED = frozenset({"AccessDenied", "403"})
_ABSENT = frozenset({"NoSuchKey", "404", "NotFound"})
_READ = "let the key list and read this bucket: s3:ListBucket and s3:GetObject"
_WRITE = "let the key write and remove in this bucket, too: s3:PutObject and s3:DeleteObject"
_STEPS = {
    "NoSuchBucket": "check bucket, endpoint and region in [backups.s3]",
    "InvalidAccessKeyId": "check access_key_id in [backups.s3], and whether it is a key of this storage",
    "SignatureDoesNotMatch": "check secret_access_key in [backups.s3], and the clock of this machine",
    "ExpiredToken": "renew session_token in [backups.s3]",
    "RequestTimeTooSkewed": "set the clock of this machine",
    "PermanentRedirect": "name the bucket's region in [backups.s3]",
    "AuthorizationHeaderMalformed": "name the bucket's region in [backups.s3]",
    "InvalidObjectState": "bring the backup back from the archive tier, or keep the newest ones out of it",
    "EntityTooLarge": "take the backup in a format that compresses",
}
_ELSEWHERE = "check endpoint in [backups.s3], and whether this machine reaches it"


class Missing(Exception):  # noqa: N818 - a state of the storage
    """There is no object of that key."""


class Interrupted(Exception):  # noqa: N818 - a state of the network
    """An answer broke off; ``next_step`` says what to do if it does so again."""

    next_step = "repeat the run where the network is better, or raise timeout_seconds in [backups.s3]"


@dataclass(frozen=True, slots=True)
class Answer:
    """The content of one object from where it was asked for; ``tag`` is its ETag, with the quotes."""

    total_bytes: int
    tag: str
    encrypted: str
    """How the storage encrypts it by itself: empty, or such as ``AES256``."""
    body: Any = field(repr=False)

    def pieces(self) -> Iterator[bytes]:
        """The bytes. Raises ``Interrupted``."""
        from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]

        try:
            yield from self.body.iter_chunks(_PIECE)
        except (BotoCoreError, OSError) as error:
            raise Interrupted(quote(f"the answer broke off: {type(error).__name__}")) from None
        finally:
            self.body.close()


class Client:
    """
    One storage. Each method raises ``Unjudged`` where it is out of reach or refuses.

    Unless a method that changes something is called, nothing but GET and HEAD leaves this machine.
    """

    def __init__(self, asked: Any, host: str) -> None:
        self._asked = asked
        self.host = host
        """The host and port that the target names; empty for AWS."""
        self._changing = False
        asked.meta.events.register("before-send.s3", self._guard)

    @classmethod
    def of(cls, declared: S3, target: Target) -> Client:
        """The storage of ``[backups.s3]``, not asked yet. Raises ``Unjudged`` without the extra ``backups``."""
        where = f"s3://{declared.bucket}"
        try:
            import boto3  # type: ignore[import-untyped]
            from botocore.config import Config  # type: ignore[import-untyped]
        except ImportError:
            step = "install the extra that reads S3: pip install 'prodverify[backups]'"
            raise Unjudged(unreadable(where, "boto3 is not installed", step)) from None
        with _told(where):
            session = boto3.session.Session(
                aws_access_key_id=_value(target, declared.access_key_id),
                aws_secret_access_key=_value(target, declared.secret_access_key),
                aws_session_token=_value(target, declared.session_token),
            )
            region = declared.region or session.region_name or "us-east-1"
            config = Config(
                connect_timeout=declared.timeout_seconds,
                read_timeout=declared.timeout_seconds,
                retries={"total_max_attempts": _TRIES, "mode": "standard"},
                # what other makers' storage does not know yet is not sent unasked
                request_checksum_calculation="when_required",
            )
            asked = session.client("s3", region_name=region, endpoint_url=declared.endpoint or None, config=config)
        return cls(asked, urlsplit(declared.endpoint).netloc.rpartition("@")[2])

    def entries(self, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
        """``Key``, ``Size``, ``LastModified`` of each key that begins with ``prefix``, a thousand a request."""
        with _told(f"s3://{bucket}/{prefix}"):
            for page in self._asked.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
                yield from page.get("Contents", [])

    def get(self, bucket: str, key: str, *, start: int, tag: str) -> Answer:
        """The object's content from byte ``start``, of the version ``tag``. Raises ``Missing`` too."""
        more = {"Range": f"bytes={start}-", "IfMatch": tag} if start else {}
        with _told(f"s3://{bucket}/{key}"):
            said = self._asked.get_object(Bucket=bucket, Key=key, **more)
        whole = said.get("ContentRange", "").rpartition("/")[2]
        total = int(whole) if whole.isdigit() else int(said["ContentLength"])
        return Answer(total, said.get("ETag", ""), said.get("ServerSideEncryption", ""), said["Body"])

    def head(self, bucket: str, key: str) -> dict[str, Any]:
        """What the storage says of the object. Raises ``Missing`` too."""
        with _told(f"s3://{bucket}/{key}"):
            return dict(self._asked.head_object(Bucket=bucket, Key=key))

    def about(self, bucket: str) -> dict[str, str]:
        """What protects it: ``versioning``, ``object_lock``, ``public``; what we may not ask is left out."""
        told = {}
        for name, ask, read in (
            ("versioning", "get_bucket_versioning", lambda said: said.get("Status", "off")),
            ("object_lock", "get_object_lock_configuration", _lock),
            ("public", "get_bucket_policy_status", lambda said: str(said["PolicyStatus"]["IsPublic"]).lower()),
        ):
            with contextlib.suppress(Unjudged, Missing, KeyError), _told(f"s3://{bucket}"):
                told[name] = str(read(getattr(self._asked, ask)(Bucket=bucket)))
        return told

    def upload(self, bucket: str, key: str, path: Path) -> None:
        """Upload a file, in parts where it is large, and compare its size there. Raises ``OSError`` too."""
        with self._writing(), _told(f"s3://{bucket}/{key}", _WRITE):
            self._asked.upload_file(str(path), bucket, key)
        stored, size = int(self.head(bucket, key)["ContentLength"]), os.stat(path).st_size
        if stored != size:
            raise Unjudged(unreadable(f"s3://{bucket}/{key}", f"{stored} of {size} bytes arrived", _ELSEWHERE))

    def create(self, bucket: str, key: str, content: bytes) -> bool:
        """Write a new object; whether there was none of that key."""
        from botocore.exceptions import ClientError

        with _told(f"s3://{bucket}/{key}", _WRITE):
            try:
                with self._writing():
                    self._asked.put_object(Bucket=bucket, Key=key, Body=content, IfNoneMatch="*")
            except ClientError as error:
                if _code(error) in {"PreconditionFailed", "ConditionalRequestConflict", "412"}:
                    return False
                if _code(error) not in {"NotImplemented", "501"}:
                    raise
            else:
                return True
        if next(self.entries(bucket, key), {}).get("Key") == key:  # storage that knows no conditions
            return False
        with self._writing(), _told(f"s3://{bucket}/{key}", _WRITE):
            self._asked.put_object(Bucket=bucket, Key=key, Body=content)
        return True

    def copy(self, bucket: str, key: str, other: str) -> None:
        """Copy an object within the bucket, in parts where it is large."""
        with self._writing(), _told(f"s3://{bucket}/{other}", _WRITE):
            self._asked.copy({"Bucket": bucket, "Key": key}, bucket, other)

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object; one that is gone already is no trouble."""
        with self._writing(), _told(f"s3://{bucket}/{key}", _WRITE):
            self._asked.delete_object(Bucket=bucket, Key=key)

    def uploads(self, bucket: str, prefix: str) -> list[dict[str, Any]]:
        """``Key``, ``UploadId`` and ``Initiated`` of the uploads in parts that nobody ended."""
        with _told(f"s3://{bucket}/{prefix}"):
            pages = self._asked.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix)
            return [dict(upload) for page in pages for upload in page.get("Uploads", [])]

    def abort(self, bucket: str, key: str, upload: str) -> None:
        """End one of them, by its id."""
        with self._writing(), _told(f"s3://{bucket}/{key}", _WRITE):
            self._asked.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        self._changing = True
        try:
            yield
        finally:
            self._changing = False

    def _guard(self, request: Any, **_: object) -> None:
        if request.method not in _READING and not self._changing:
            raise AssertionError(f"{request.method} while storage is only read")


def _value(target: Target, name: str | None) -> str | None:
    return target.secret(name) if name else None


def _lock(said: dict[str, Any]) -> str:
    return str(said["ObjectLockConfiguration"].get("ObjectLockEnabled", "off"))


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextlib.contextmanager
def _told(where: str, denied: str = _READ) -> Iterator[None]:
    """A refusal or a failure as a sentence that says what to do; ``denied`` where our key may not."""
    from boto3.exceptions import Boto3Error, S3UploadFailedError  # type: ignore[import-untyped]
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

    try:
        yield
    except ClientError as error:
        code, status = _code(error), error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", "")
        if code in _ABSENT:
            raise Missing(where) from None
        step = denied if code in _DENIED else _STEPS.get(code, _ELSEWHERE)
        raise Unjudged(unreadable(where, quote(f"{status} {code}"), step)) from None
    except (NoCredentialsError, PartialCredentialsError):
        step = (
            "name secrets as access_key_id and secret_access_key in [backups.s3], or set AWS_ACCESS_KEY_ID and its like"
        )
        raise Unjudged(unreadable(where, "no credentials", step)) from None
    except S3UploadFailedError as error:
        raise Unjudged(unreadable(where, quote(str(error).rpartition(": ")[2]), _ELSEWHERE)) from None
    except (BotoCoreError, Boto3Error) as error:
        raise Unjudged(unreadable(where, quote(f"{type(error).__name__}: {error}"), _ELSEWHERE)) from None
    except ValueError as error:  # what botocore says of an endpoint or a region that is none
        raise Unjudged(unreadable(where, quote(str(error)), _ELSEWHERE)) from None
