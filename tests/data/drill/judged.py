"""What every judge says of a drill, and backups with another content."""

import gzip
from dataclasses import replace

from prodverify.data.archives.reading import sha256
from prodverify.data.backups.files import manifest_path, opened
from prodverify.data.backups.manifest import Manifest
from prodverify.judges import restore, restore_time, restored_content, restored_structure

KEY_TABLES = ("workspaces", "public.api_keys", "sessions")
END = b"--\n-- PostgreSQL database dump complete"


def everything(report, mode="manifest"):
    return [
        *restore.judge_restorability(report),
        *restore.judge_key_tables(report, KEY_TABLES),
        *restored_content.judge(report, mode),
        *restored_structure.judge(report),
        *restore.judge_integrity(report),
        *restore_time.judge_rto(report, 60.0),
    ]


def rules(report, mode="manifest"):
    return sorted({finding.rule for finding in everything(report, mode)})


def rewrite(path, old, new, *, adjusted=True):
    """The backup at ``path`` with ``new`` in the place of ``old``, behind a manifest that is right about its file."""
    script = gzip.decompress(path.read_bytes())
    assert old in script
    path.write_bytes(gzip.compress(script.replace(old, new, 1)))
    if adjusted:
        beside = manifest_path(path)
        manifest = Manifest.from_text(beside.read_bytes())
        hashed, size = sha256(path), path.stat().st_size
        changed = replace(manifest, sha256=hashed, size_bytes=size, plain_sha256=hashed, plain_size_bytes=size)
        beside.write_text(changed.as_text())
    return opened(path)
