"""The dashboard as Grafana imports it, built by Grafana's own SDK (dashboards of version 1)."""

from __future__ import annotations

import hashlib
import importlib.util
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from prodverify.monitoring.panels import Panel, Row, firing, rows
from prodverify.monitoring.telling import Speaker
from prodverify.monitoring.yaml_text import MissingExtra
from prodverify.target.model import Promises

EXTRA = 'dashboards need the extra "monitoring": pip install "prodverify[monitoring]"'
LONGEST_UID = 40
"""Characters that Grafana takes."""
RANGES = (("Last 24 hours", "now-24h"), ("Last 7 days", "now-7d"), ("Last 30 days", "now-30d"))
COLUMNS = 24
_WIDTHS = {"lines": 12, "number": 6, "gauge": 6}
_HEIGHTS = {"lines": 8, "number": 5, "gauge": 5}


def text(promises: Promises) -> str:
    """The dashboard of a target, as JSON. Raises MissingExtra."""
    if importlib.util.find_spec("grafana_foundation_sdk") is None:
        raise MissingExtra(EXTRA)
    with warnings.catch_warnings():
        # The SDK prefers dashboards of version 2, which only the newest Grafana takes; all from 10 on take version 1.
        warnings.simplefilter("ignore", DeprecationWarning)
        return _built(promises)


def _built(promises: Promises) -> str:
    from grafana_foundation_sdk.builders import dashboard as building
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.models import dashboard as models

    speaker = Speaker.of(promises)
    board = (
        building.Dashboard(f"{promises.name}: objectives")
        .uid(uid(promises.name))
        .description(f"From the target file, by python -m prodverify dashboard. Hash of its objectives: {speaker.slos}")
        .tags(["prodverify", f"slos-{speaker.slos}"])
        .refresh("30s")
        .time("now-24h", "now")
        .timepicker(
            building.TimePicker().quick_ranges(
                [building.TimeOption().display(display).from_val(begin).to("now") for display, begin in RANGES]
            )
        )
        .with_variable(building.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
        .annotation(
            building.AnnotationQuery()
            .name("Alerts that fire")
            .datasource(_source())
            .enable(True)
            .icon_color("red")
            .expr(firing(promises.name))
            .title_format("{{alertname}}")
            .text_format("{{slo}} {{severity}}")
        )
    )
    told = rows(promises)
    for row in told:
        board.with_row(building.Row(row.title))
        for panel in row.panels:
            board.with_panel(_panel(panel))
    built = board.build()
    for number, (drawn, place) in enumerate(zip(built.panels or (), _places(told), strict=True), start=1):
        drawn.id_val = number
        x, y, width, height = place
        drawn.grid_pos = models.GridPos(h=height, w=width, x=x, y=y)
    return str(JSONEncoder(sort_keys=True, indent=2).encode(built)) + "\n"


def uid(target: str) -> str:
    """What the dashboard is known by, so that it is replaced and not doubled; 40 characters at most."""
    whole = f"prodverify-{target}"
    if len(whole) <= LONGEST_UID:
        return whole
    digits = hashlib.sha256(whole.encode()).hexdigest()[:8]
    return f"{whole[: LONGEST_UID - 9]}-{digits}"


def _places(told: Sequence[Row]) -> Iterator[tuple[int, int, int, int]]:
    """x, y, width and height of each heading and panel, in Grafana's grid of 24 columns."""
    y = 0
    for row in told:
        yield 0, y, COLUMNS, 1
        x, y, tallest = 0, y + 1, 0
        for panel in row.panels:
            width, height = _WIDTHS[panel.kind], _HEIGHTS[panel.kind]
            if x + width > COLUMNS:
                x, y, tallest = 0, y + tallest, 0
            yield x, y, width, height
            x, tallest = x + width, max(tallest, height)
        y += tallest


def _panel(panel: Panel) -> Any:
    from grafana_foundation_sdk.builders import common as building_common
    from grafana_foundation_sdk.builders import gauge, prometheus, stat, timeseries
    from grafana_foundation_sdk.models import common

    builders: dict[str, Any] = {"lines": timeseries.Panel, "number": stat.Panel, "gauge": gauge.Panel}
    built = builders[panel.kind]().title(panel.title).unit(panel.unit).datasource(_source())
    if panel.description:
        built.description(panel.description)
    if panel.kind == "lines":
        built.legend(building_common.VizLegendOptions().show_legend(True).placement(common.LegendPlacement.BOTTOM))
    else:
        built.reduce_options(building_common.ReduceDataOptions().calcs(["lastNotNull"]))
    if panel.kind == "gauge":
        built.min(0).max(1)
    if panel.steps:
        built.thresholds(_thresholds(panel))
        if panel.kind == "lines":
            mode = common.GraphThresholdsStyleMode.DASHED
            built.thresholds_style(building_common.GraphThresholdsStyleConfig().mode(mode))
    for number, (expression, legend) in enumerate(panel.queries):
        query = prometheus.Dataquery().expr(expression).legend_format(legend).ref_id(_letters(number))
        built.with_target(query if panel.kind == "lines" else query.instant())
    return built


def _letters(number: int) -> str:
    """A to Z, then AA: two queries of one letter are one for Grafana."""
    return (_letters(number // 26 - 1) if number >= 26 else "") + chr(ord("A") + number % 26)


def _thresholds(panel: Panel) -> Any:
    from grafana_foundation_sdk.builders import dashboard as building
    from grafana_foundation_sdk.models import dashboard as models

    steps = [models.Threshold(value=value, color=color) for value, color in panel.steps]
    return building.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)


def _source() -> Any:
    from grafana_foundation_sdk.models.common import DataSourceRef

    return DataSourceRef(type_val="prometheus", uid="${datasource}")
