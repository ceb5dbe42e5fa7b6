"""The dashboard for Grafana shows metrics that exist, by labels they have."""

import json
import re
from pathlib import Path

from revenge.infra.metrics import Metrics

DASHBOARD = Path(__file__).parents[2] / "packaging/grafana/revenge.json"
_METRIC = re.compile(r"\b([a-z]+(?:_[a-z]+)+)(?=[{\[)\s]|$)")
_WORDS = {"label_values", "histogram_quantile"}


def names() -> set[str]:
    """Every name Prometheus would read from a node."""
    found = set()
    for metric in Metrics().registry.collect():
        ends = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(metric.type, ("",))
        found |= {metric.name + end for end in ends}
    return found


def test_every_metric_of_the_dashboard_is_one_of_ours():
    panels = json.loads(DASHBOARD.read_text())["panels"]
    asked = {name for panel in panels for target in panel["targets"] for name in _METRIC.findall(target["expr"])} - _WORDS
    assert len(panels) > 10
    assert asked - names() == set()


def test_no_two_panels_share_a_number_and_none_is_without_a_title():
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(panel["title"] for panel in panels)
