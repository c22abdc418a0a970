"""A target that promises nothing of any HTTP service needs no address of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from prodverify.target.load import TargetError, load

ROOT = Path(__file__).resolve().parents[2]
DATABASE = '[secrets]\ndsn = { env = "OUR_DSN" }\n[database]\ndsn = "dsn"\n'


def read(folder: Path, content: str) -> str:
    file = folder / "ours.toml"
    file.write_text(f'version = 1\nname = "ours"\n{content}', encoding="utf-8")
    return load(str(file), root=ROOT, environ={"OUR_DSN": "postgresql://ours"}).base_url


@pytest.mark.parametrize(
    "section",
    [
        '[[migrations]]\nfolder = "versions"\n',
        '[schema]\nsnapshot = "schema.txt"\n',
        '[cache]\naddress = "dsn"\n',
        '[backups]\ndirectory = "backups"\n',
        '[recovery]\ncopies = "copies"\ndatabase = "ours"\n',
    ],
    ids=["migrations", "schema", "cache", "backups", "recovery"],
)
def test_a_section_about_data_asks_for_no_address(tmp_path: Path, section: str) -> None:
    assert read(tmp_path, DATABASE + section) == ""


def test_a_section_about_a_service_beside_it_asks_for_one(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="base_url: is missing"):
        read(tmp_path, DATABASE + '[schema]\nsnapshot = "schema.txt"\n[[health]]\nname = "up"\npath = "/up"\n')
