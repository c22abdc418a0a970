"""
Backups in every format that pg_dump and packers can write here, and what becomes of them when a bit or an end is lost.

``written`` makes them, ``flips`` and ``cuts`` damage copies of one by seeds, ``outcome`` says what a restore without
manifest makes of one. No fixture is needed, so that a benchmark can use them too.
"""

from __future__ import annotations

import gzip
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import lz4.frame

from prodverify.data.archives.archive import DamagedDump, Refused, examine
from prodverify.data.binaries import Binaries
from prodverify.record.findings import Unjudged

FORMATS = {
    "plain.sql": ("--format=plain",),
    "custom.dump": ("--format=custom",),
    "custom-none.dump": ("--format=custom", "--compress=0"),
    "custom-zstd.dump": ("--format=custom", "--compress=zstd"),
    "custom-lz4.dump": ("--format=custom", "--compress=lz4"),
    "directory.dir": ("--format=directory",),
    "directory-none.dir": ("--format=directory", "--compress=0"),
    "directory-zstd.dir": ("--format=directory", "--compress=zstd"),
    "directory-lz4.dir": ("--format=directory", "--compress=lz4"),
    "tar.tar": ("--format=tar",),
}
"""Names of backups, and pg_dump's options for each."""
PACKED = ("plain.sql", "custom.dump", "custom-none.dump", "tar.tar")
"""Those that are packed from outside too."""


@dataclass(frozen=True)
class Written:
    """Backups of one database by name, and the names of those that this pg_dump cannot write."""

    files: dict[str, Path] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()


def written(programs: Binaries, dsn: str, folder: Path) -> Written:
    """Every backup of the database of ``dsn`` that can be made, in ``folder``."""
    files, lacking = {}, []
    for name, options in FORMATS.items():
        path = folder / name
        command = [str(programs.tool("pg_dump")), f"--dbname={dsn}", f"--file={path}", *options]
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            files[name] = path
        else:
            lacking.append(name)
    for name in PACKED:
        content = files[name].read_bytes()
        for ending, pack in PACKERS.items():
            packed = folder / f"{name}.{ending}"
            packed.write_bytes(pack(content))
            files[packed.name] = packed
    return Written(files, tuple(lacking))


def zstd_packed(content: bytes, *, checksum: bool = True) -> bytes:
    """As the program zstd packs, or as libraries do, which leave the checksum out."""
    from backports import zstd

    return zstd.compress(content, options={zstd.CompressionParameter.checksum_flag: int(checksum)})


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": lambda content: gzip.compress(content, 1, mtime=0),
    "zst": zstd_packed,
    "lz4": lambda content: lz4.frame.compress(content, content_checksum=True),
}


def flips(path: Path, folder: Path, seeds: range) -> Iterator[Path]:
    """A copy of ``path`` in ``folder`` for each seed, with one bit turned; the same place is used for all."""
    for seed in seeds:
        chance = random.Random(seed)
        copy, victim = _copied(path, folder, chance)
        content = bytearray(victim.read_bytes())
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        victim.write_bytes(content)
        yield copy


def cuts(path: Path, folder: Path, seeds: range) -> Iterator[Path]:
    """A copy of ``path`` in ``folder`` for each seed, whose file, or one of whose files, ends too early."""
    for seed in seeds:
        chance = random.Random(seed)
        copy, victim = _copied(path, folder, chance)
        content = victim.read_bytes()
        victim.write_bytes(content[: chance.randrange(len(content))])
        yield copy


def outcome(path: Path, programs: Binaries, dsn: str, *, jobs: int = 1) -> str:
    """
    What becomes of a backup that is restored into the empty database of ``dsn`` without looking at a manifest.

    ``damaged``, ``refused``, ``unjudged`` or ``restored``: then what was restored may be something else, which only a
    comparison tells.
    """
    try:
        examine(path).restore(programs, dsn, jobs=jobs, deadline_seconds=60.0)
    except DamagedDump:
        return "damaged"
    except Refused:
        return "refused"
    except Unjudged:
        return "unjudged"
    return "restored"


def _copied(path: Path, folder: Path, chance: random.Random) -> tuple[Path, Path]:
    copy = folder / path.name
    if not path.is_dir():
        shutil.copyfile(path, copy)
        return copy, copy
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(path, copy)
    return copy, chance.choice([each for each in sorted(copy.iterdir()) if each.stat().st_size])
