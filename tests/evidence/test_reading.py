"""The page can be read by everybody: static, structured, and with enough contrast in each scheme."""

from __future__ import annotations

import re
from itertools import pairwise, product
from pathlib import Path

import pytest

import reports.page
from prodverify.record.states import State
from reports import page
from tests.evidence.dom import elements, one, texts
from tests.record.sample import one_of_each

EACH = page.render(one_of_each(), files=("record.json", "junit.xml"))
CSS = Path(reports.page.__file__).with_name("report.css").read_text("utf-8")


def test_the_page_is_static_and_asks_nobody() -> None:
    policy = next(found for found in elements(EACH, "meta") if "http-equiv" in found.attributes)
    loading = {"script", "img", "link", "iframe", "object", "embed", "form", "base", "video", "audio", "source"}

    assert policy.attributes["content"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert loading & {element.tag for element in elements(EACH)} == set()
    assert [name for element in elements(EACH) for name in element.attributes if name.startswith("on")] == []
    assert re.findall(r"url\(|@import", CSS) == []


def test_the_page_says_that_it_is_unsigned() -> None:
    assert "The sums show integrity, not authenticity: this evidence is unsigned." in one(EACH, "footer").text


def test_structure_tells_as_much_as_looks() -> None:
    assert "en" == one(EACH, "html").attributes["lang"]
    assert 1 == len(elements(EACH, "main")) == len(elements(EACH, "h1"))
    assert all("scope" in found.attributes for found in elements(EACH, "th"))
    labels = {found.attributes["aria-labelledby"] for found in elements(EACH, "section")}
    assert labels == labels & {found.attributes.get("id") for found in elements(EACH)}
    levels = [int(found.tag[1]) for found in elements(EACH) if re.fullmatch("h[1-6]", found.tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_each_state_has_a_word_and_a_shape_besides_its_colour() -> None:
    legend = texts(EACH, "ul", "legend")[0]

    assert "✕ 1 failed ? 1 inconclusive ! 1 error ▲ 1 warned ◇ 1 waived ✓ 2 passed – 1 not run" == legend


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


SCHEMES = [
    {name: value if len(value) == 7 else "#" + "".join(2 * digit for digit in value[1:]) for name, value in found}
    for found in (
        re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block) for block in re.findall(r":root \{([^}]*)\}", CSS)
    )
]
INKS = ("ink", "quiet", "link", *(state.value for state in State))


@pytest.mark.parametrize("scheme", SCHEMES, ids=["light", "dark", "print"])
@pytest.mark.parametrize(("ink", "ground"), list(product(INKS, ("paper", "sheet"))))
def test_text_has_the_contrast_of_wcag_aa(scheme: dict[str, str], ink: str, ground: str) -> None:
    assert contrast(scheme[ink], scheme[ground]) >= 4.5
