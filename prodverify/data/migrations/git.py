"""A folder as it is at a revision of a git repository, read from its objects: nothing is checked out."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from prodverify.record.findings import Unjudged, inconclusive

DEADLINE_SECONDS = 30.0
MOST_FILES = 20_000
LARGEST_FILE_BYTES = 16 * 1024 * 1024
MOST_BYTES = 256 * 1024 * 1024
_HEADER = 3  # object, type, size
_PREFIX = "pv-scripts-"
_LEFT_SECONDS = 3600.0  # reading takes a second


@contextmanager
def folder_at(repository: Path, revision: str, folder: str) -> Iterator[Path]:
    """
    A private copy of ``folder`` of ``repository`` at ``revision``, removed at the end.

    Files are those of ``git ls-tree -r``, and their bytes those of the objects, which no filter or line ending has
    changed. Symbolic links and submodules are left out. Raises ``Unjudged``, also where there is no git.
    """
    commit = _git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    name = commit.decode("ascii", "replace").strip()
    if not name:
        raise _unjudged(repository, f"no revision {revision}", "fetch that revision, or let git_revision name another")
    inside = folder.strip("/")
    tree = f"{name}:{'' if inside in {'', '.'} else inside}"
    listed = _git(repository, "ls-tree", "-r", "-z", "-l", "--full-tree", tree)
    if not listed:
        raise _unjudged(repository, f"no folder {folder} at {revision}", "let folder be a path inside repository")
    files = list(_files(listed))
    if len(files) > MOST_FILES or sum(size for _, _, size in files) > MOST_BYTES:
        raise _unjudged(repository, f"{len(files)} files in {folder}", "let folder name that of the scripts alone")
    _sweep()
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as private:
        # below a name of its own, as tools look at the folder's too
        root = Path(private, PurePosixPath(inside).name or "scripts")
        root.mkdir()
        _write(root, repository, [(blob, path) for blob, path, size in files if size <= LARGEST_FILE_BYTES])
        for _, path, size in files:
            if size > LARGEST_FILE_BYTES:
                _hole(_inside(root, repository, path), size)
        yield root


def _sweep() -> None:
    """Removes what runs left that were killed: copies of ours that are older than any reading of them."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            found = path.lstat()
            old = time.time() - found.st_mtime > _LEFT_SECONDS
            if old and stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid():
                shutil.rmtree(path, ignore_errors=True)


def _files(listed: bytes) -> Iterator[tuple[str, str, int]]:
    for line in listed.split(b"\0"):
        described, _, path = line.partition(b"\t")
        words = described.split()
        if len(words) == _HEADER + 1 and words[1] == b"blob" and words[0] in {b"100644", b"100755"}:
            yield words[2].decode("ascii"), os.fsdecode(path), int(words[3])


def _write(root: Path, repository: Path, files: list[tuple[str, str]]) -> None:
    answered = _git(repository, "cat-file", "--batch", given="".join(f"{blob}\n" for blob, _ in files).encode("ascii"))
    place = 0
    for _, path in files:
        end = answered.find(b"\n", place)
        words = answered[place:end].split()
        if end < 0 or len(words) != _HEADER:
            raise _untold(repository, path)
        size = int(words[2])
        _inside(root, repository, path).write_bytes(answered[end + 1 : end + 1 + size])
        place = end + 1 + size + 1


def _hole(target: Path, size: int) -> None:
    """A file of that size without its bytes: to some tools its name is enough, and the others refuse its size."""
    with target.open("wb") as file:
        file.truncate(size)


def _inside(root: Path, repository: Path, path: str) -> Path:
    """Where ``path`` of the repository belongs, in a folder that is there."""
    parts = PurePosixPath(path).parts
    if ".." in parts:
        raise _untold(repository, path)
    target = root.joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def _untold(repository: Path, path: str) -> Unjudged:
    return _unjudged(repository, f"an object that git does not tell: {path}", "run git fsck in it")


def _git(repository: Path, *arguments: str, given: bytes = b"") -> bytes:
    """What git says; empty where it refuses."""
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    for variable in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        environment.pop(variable, None)  # those of a hook that runs us speak of another repository
    try:
        done = subprocess.run(
            ["git", "-C", str(repository), "--no-replace-objects", *arguments],
            input=given,
            capture_output=True,
            timeout=DEADLINE_SECONDS,
            env=environment,
            check=False,
        )
    except FileNotFoundError:
        raise _unjudged(repository, "there is no git on this machine", "install git, or read folder as files") from None
    except subprocess.TimeoutExpired:
        raise _unjudged(repository, f"git did not end within {DEADLINE_SECONDS:g} s", "look at it") from None
    except (OSError, ValueError) as error:
        raise _unjudged(repository, f"git could not be run: {error}", "let repository name one") from None
    if done.returncode and b"not a git repository" in done.stderr:
        raise _unjudged(repository, "not a git repository", "let repository name one")
    if done.returncode and (b"dubious ownership" in done.stderr or b"cannot change to" in done.stderr):
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()[0]
        raise _unjudged(repository, said, "let repository name a git repository that this account may read")
    return b"" if done.returncode else done.stdout


def _unjudged(repository: Path, observed: str, next_step: str) -> Unjudged:
    return Unjudged(
        inconclusive(
            "migrations-revision-unreadable",
            f"the scripts of git_revision in {repository}",
            observed,
            next_step=next_step,
        )
    )
