"""The page as a browser shows it: light, dark and printed, without a request to anybody."""

from __future__ import annotations

import re
from pathlib import Path

from reports import page
from tests.evidence.conftest import Browser
from tests.evidence.dom import elements
from tests.record.sample import many, one_of_each


def written(folder: Path, html: str) -> Path:
    path = folder / "report.html"
    path.write_text(html, "utf-8")
    return path


def test_light_and_dark_follow_the_reader(tmp_path: Path, browse: Browser) -> None:
    path = written(tmp_path, page.render(one_of_each()))
    light, dark = tmp_path / "light.png", tmp_path / "dark.png"

    browse(path, f"--screenshot={light}", "--window-size=1280,900")
    browse(path, f"--screenshot={dark}", "--window-size=1280,900", "--blink-settings=preferredColorScheme=0")

    assert light.read_bytes() != dark.read_bytes()


def test_five_thousand_cases_are_parsed_as_they_were_written(tmp_path: Path, browse: Browser) -> None:
    html = page.render(many(5000, 6))

    shown = browse(written(tmp_path, html), "--dump-dom")

    assert "NO-GO" == elements(shown, "h1")[0].text
    assert len(elements(html, "li")) == len(elements(shown, "li"))
    assert 6 == len(elements(shown, "article", "fail"))


def test_five_thousand_kept_promises_print_on_two_pages(tmp_path: Path, browse: Browser) -> None:
    path, printed = written(tmp_path, page.render(many(5000, 0))), tmp_path / "report.pdf"

    browse(path, f"--print-to-pdf={printed}")

    assert len(re.findall(rb"/Type /Page\b(?!s)", printed.read_bytes())) <= 2
