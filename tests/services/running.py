"""Servers and applications of others, started on loopback in a folder of their own, well configured and badly."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.examples.foreign import environment, free_port, node_modules, serving

HERE = Path(__file__).parent
PASSWORD, KEY, READER, WRITER = "practice-4711", "practice-key-4712", "practice-reader-4713", "practice-writer-4714"
OTHER_PASSWORD = "practice-other-4715"  # pragma: allowlist secret
# bcrypt of PASSWORD with its least cost: what Caddy's own program prints takes most of a second to verify each time.
HASHED = "$2b$04$vq9rhEKuLTbLZ8sgY/wTbuE/eJ6q.2TPJDyCJ7yheNqMov4JMkH/."
SITE = {
    "index.html": '<!doctype html><title>Practice</title><script src="/app.js"></script><p>Hello</p>',
    "app.js": 'document.title = "Practice";',
    "private/page.html": "<!doctype html><title>Members</title><p>For members</p>",
    ".git/HEAD": "ref: refs/heads/main\n",
    "files/a.txt": "a\n",
}


@dataclass(frozen=True)
class Running:
    """A service that listens, and what its target file needs of the environment."""

    url: str
    secrets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """A service that can be started; ``target`` is its target file, ``tools`` are programs that it needs."""

    start: Callable[[Path, str], Iterator[Running]]
    target: str
    tools: tuple[str, ...] = ()

    @property
    def missing(self) -> str:
        """The first program that the machine does not have."""
        return next((tool for tool in self.tools if shutil.which(tool) is None), "")


def _site(folder: Path) -> None:
    for name, text in SITE.items():
        place = folder / "site" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    (folder / "tmp").mkdir(exist_ok=True)
    # nginx and Caddy, started by root, read as somebody else.
    for place in (folder, *folder.rglob("*")):
        place.chmod(0o755 if place.is_dir() else 0o644)


def _filled(name: str, folder: Path, **values: object) -> Path:
    text = (HERE / name).read_text(encoding="utf-8")
    for word, value in {"FOLDER": folder, **values}.items():
        text = text.replace(word, str(value))
    filled = folder / Path(name).name
    filled.write_text(text, encoding="utf-8")
    return filled


def _nginx(folder: Path, how: str) -> Iterator[Running]:
    _site(folder)
    digest = base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()
    (folder / "htpasswd").write_text(f"alice:{{SHA}}{digest}\n", encoding="ascii")
    (folder / "htpasswd").chmod(0o644)
    port = free_port()
    config = _filled(f"nginx/{how}.conf", folder, PORT=port)
    with serving(["nginx", "-e", "stderr", "-c", config, "-p", folder], port, folder / "log"):
        yield Running(f"http://127.0.0.1:{port}", {"PRACTICE_PASSWORD": PASSWORD})


def _caddy(folder: Path, how: str) -> Iterator[Running]:
    _site(folder)
    port = free_port()
    config = _filled(f"caddy/{how}.caddyfile", folder, PORT=port, HASH=HASHED)
    home = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", config]
    with serving(command, port, folder / "log", env=home):
        yield Running(f"http://127.0.0.1:{port}", {"PRACTICE_PASSWORD": PASSWORD})


def _helmet(folder: Path, how: str) -> Iterator[Running]:
    port = free_port()
    modules = node_modules("helmet", HERE / "helmet") / "node_modules"
    environ = {**os.environ, "NODE_PATH": str(modules), "PORT": str(port), "PRACTICE_KEY": KEY}
    with serving(["node", HERE / "helmet" / "app.js"], port, folder / "log", env=environ):
        yield Running(f"http://127.0.0.1:{port}", {"PRACTICE_KEY": KEY})


def _verdaccio(folder: Path, how: str) -> Iterator[Running]:
    port = free_port()
    program = node_modules("verdaccio", HERE / "verdaccio") / "node_modules" / "verdaccio" / "bin" / "verdaccio"
    config = _filled("verdaccio/config.yaml", folder)
    with serving(["node", program, "-c", config, "-l", f"127.0.0.1:{port}"], port, folder / "log", cwd=folder):
        _published(f"http://127.0.0.1:{port}")
        secrets = {"PRACTICE_PASSWORD": PASSWORD, "PRACTICE_OTHER_PASSWORD": OTHER_PASSWORD}
        yield Running(f"http://127.0.0.1:{port}", secrets)


def _published(url: str) -> None:
    """Two accounts, and a package that only whoever has one may read; all by the registry's own interface."""
    tokens = []
    for name, password in (("alice", PASSWORD), ("bob", OTHER_PASSWORD)):
        made = httpx.put(f"{url}/-/user/org.couchdb.user:{name}", json={"name": name, "password": password})
        tokens.append(made.raise_for_status().json()["token"])
    version = {"name": "practice", "version": "1.0.0", "dist": {"tarball": f"{url}/practice/-/practice-1.0.0.tgz"}}
    attached = {"content_type": "application/octet-stream", "data": "eA==", "length": 1}
    package = {
        "_id": "practice",
        "name": "practice",
        "dist-tags": {"latest": "1.0.0"},
        "versions": {"1.0.0": version},
        "_attachments": {"practice-1.0.0.tgz": attached},
    }
    head = {"Authorization": f"Bearer {tokens[0]}"}
    httpx.put(f"{url}/practice", json=package, headers=head).raise_for_status()


def _django(folder: Path, how: str) -> Iterator[Running]:
    port = free_port()
    python = environment("django", HERE / "django" / "requirements.lock") / "bin" / "python"
    environ = {
        **os.environ,
        "PORT": str(port),
        "PRACTICE_FOLDER": str(folder),
        "PRACTICE_SECURITY": how,
        "PRACTICE_DJANGO_SECRET": "practice-only",
        "PRACTICE_PASSWORD": PASSWORD,
    }
    with serving([python, HERE / "django" / "app.py"], port, folder / "log", env=environ):
        yield Running(f"http://127.0.0.1:{port}", {"PRACTICE_PASSWORD": PASSWORD})


def _fastapi(folder: Path, how: str) -> Iterator[Running]:
    port = free_port()
    secrets = {"PRACTICE_READER": READER, "PRACTICE_WRITER": WRITER}
    environ = {**os.environ, "PORT": str(port), **secrets}
    with serving([sys.executable, HERE / "fastapi" / "app.py"], port, folder / "log", env=environ):
        yield Running(f"http://127.0.0.1:{port}", secrets)


KNOWN: Mapping[str, Known] = {
    "nginx-good": Known(_nginx, "nginx/target.toml", ("nginx",)),
    "nginx-bad": Known(_nginx, "nginx/target.toml", ("nginx",)),
    "caddy-good": Known(_caddy, "caddy/target.toml", ("caddy",)),
    "caddy-bad": Known(_caddy, "caddy/target.toml", ("caddy",)),
    "helmet": Known(_helmet, "helmet/target.toml", ("node", "npm")),
    "django-on": Known(_django, "django/target.toml"),
    "django-off": Known(_django, "django/target-off.toml"),
    "fastapi": Known(_fastapi, "fastapi/target.toml"),
    "verdaccio": Known(_verdaccio, "verdaccio/target.toml", ("node", "npm")),
}


@contextmanager
def running(name: str, folder: Path) -> Iterator[Running]:
    """Runs the service of that name in ``folder`` until the block ends."""
    yield from KNOWN[name].start(folder, name.partition("-")[2])
