"""The page of service levels and the template's alarms say the same."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from dev.tools.expand import ROOT, read_template
from payments.usecases.webhook.apply import APPLIED_WITHIN
from tests.template.operations import BURN_ALARMS, SLOS, WINDOWS

PAGE = (ROOT / "docs/slo.md").read_text()
RESOURCES = read_template()["Resources"]
NAMES = {"Success": "success", "Webhook": "webhook delivery", "Response": "response", "Uptime": "uptime"}
RATES = {"Fast": 14.4, "Slow": 6.0}
Queries = dict[str, dict[str, Any]]


def queries(slo: str, part: str) -> Queries:
    wanted = RESOURCES[f"{slo}Slo{part}Alarm"]["Properties"]["Metrics"]
    return {query["Id"]: query for query in wanted}


def objective(slo: str) -> float:
    row = re.search(rf"^\| {NAMES[slo]} \|.* \| ([\d.]+) % \| 30 days \|$", PAGE, re.MULTILINE)
    assert row
    return float(row[1])


def budget(slo: str) -> float:
    """The budget as written above the formula."""
    found = re.search(rf"^{NAMES[slo].capitalize()}, budget ([\d.]+) %", PAGE, re.MULTILINE)
    assert found
    return float(found[1])


def formula(slo: str) -> str:
    """The indented lines after the paragraph that names it."""
    _, _, after = PAGE.partition(f"\n{NAMES[slo].capitalize()}, budget ")
    block = re.search(r"\n\n((?:    .+\n)+)", after)
    assert block
    return " ".join(block[1].split())


@pytest.mark.parametrize("slo", SLOS)
def test_the_formula_of_the_page_is_that_of_all_four_windows(slo: str) -> None:
    parts = [f"{rate}{window}" for rate, windows in WINDOWS.items() for window in windows]
    expressions = {" ".join(queries(slo, part)["judged"]["Expression"].split()) for part in parts}
    assert expressions == {formula(slo)}


@pytest.mark.parametrize("slo", SLOS)
def test_the_budget_is_what_the_objective_leaves(slo: str) -> None:
    assert budget(slo) == pytest.approx(100 - objective(slo))
    assert slo == "Response" or formula(slo).endswith(f" / {budget(slo):g}, 0)")


@pytest.mark.parametrize("slo", SLOS)
def test_a_name_of_a_formula_is_the_metric_that_the_page_says(slo: str) -> None:
    _, _, after = PAGE.partition(f"\n{NAMES[slo].capitalize()}, budget ")
    words = " ".join(after.split("\n\n")[0].split())
    wanted = {of: query["MetricStat"] for of, query in queries(slo, "Fast1h").items() if of != "judged"}
    response = dict(re.findall(r"`(\w+)` is [^`]*`(\w+)`", words))
    assert response == {of: stat["Metric"]["MetricName"] for of, stat in wanted.items()}


@pytest.mark.parametrize("slo", SLOS)
@pytest.mark.parametrize("rate", RATES)
def test_the_page_has_the_windows_and_the_threshold(slo: str, rate: str) -> None:
    thresholds = {RESOURCES[f"{slo}Slo{rate}{window}Alarm"]["Properties"]["Threshold"] for window in WINDOWS[rate]}
    row = re.search(rf"^\| `{slo}Slo{rate}BurnAlarm` \| `(\w+)` \| `(\w+)` \| ([^|]+) \|", PAGE, re.MULTILINE)
    assert row
    assert [row[1], row[2]] == [f"{part}Alarm" for part in BURN_ALARMS[f"{slo}Slo{rate}Burn"]]
    if slo == "Response":
        stats = {queries(slo, f"{rate}{window}")["took"]["MetricStat"]["Stat"] for window in WINDOWS[rate]}
        assert (stats, thresholds) == ({row[3].split()[0]}, {3000})
        assert row[3].split()[0] == f"p{100 - RATES[rate] * budget(slo):g}"
    else:
        assert ({float(row[3])}, {float(threshold) for threshold in thresholds}) == ({RATES[rate]}, {RATES[rate]})


def test_a_late_webhook_is_late_in_the_code_too() -> None:
    assert timedelta(minutes=2) == APPLIED_WITHIN
    assert "applied within two minutes" in PAGE
