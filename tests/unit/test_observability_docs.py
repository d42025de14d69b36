"""docs/observability.md names what there is: metrics, alerts, checks, settings."""

import re
from pathlib import Path

import yaml
from prometheus_client import CollectorRegistry

from fulfillment.domain.workload import Workload
from fulfillment.entrypoints.doctor.checks import CHECKS
from fulfillment.settings import variables
from fulfillment.telemetry.metrics import REGISTRY
from fulfillment.telemetry.workload_metrics import WorkloadGauges

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "observability.md").read_text(encoding="utf-8")


def first_cells(heading: str) -> list[str]:
    """Return the first cell of each row of the tables under a heading."""
    section = re.split(r"^##+ ", TEXT.split(f" {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[
        0
    ]
    rows = [row.split("|")[1].strip(" `") for row in section.splitlines() if row.startswith("|")]
    return [cell for cell in rows if not set(cell) <= {"-"}]


async def test_every_metric_is_described() -> None:
    """Those that the code has, and no others."""
    registry = CollectorRegistry()
    gauges = WorkloadGauges(registry)

    async def look() -> Workload:
        return Workload(orders=(), tasks=(), late={}, back_ordered_units=0)

    await gauges.look(look)
    families = [*REGISTRY.collect(), *registry.collect()]
    ours = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in families
        if family.name.startswith("fulfillment_")
    }
    told = {cell for cell in first_cells("Metrics") if cell.startswith("fulfillment_")}
    assert ours == told


def test_every_alert_says_what_to_do() -> None:
    """The table has the alerts' names, in their order."""
    rules = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text(encoding="utf-8"))
    names = [rule["alert"] for group in rules["groups"] for rule in group["rules"]]
    assert ["alert", *names] == first_cells("The alerts")


def test_every_check_is_described() -> None:
    """The table has the checks' names, in their order."""
    assert ["check", "settings", *(check.name for check in CHECKS)] == first_cells(
        "What is wrong with a set-up"
    )


def test_every_setting_exists() -> None:
    """A variable that is named sets something."""
    assert set(re.findall(r"FULFILLMENT_[A-Z_]+", TEXT)) - set(variables()) == set()
