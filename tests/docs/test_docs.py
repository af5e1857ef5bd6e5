"""The documents and the code name the same things."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from dev.tools.expand import ROOT, read_template
from payments.api.errors import CODES
from payments.domain.records.case import OUTCOMES, CaseKind
from payments.gateways.registry import GATEWAYS
from payments.usecases.metrics import Metric
from tests.gateways.fakes import a_secret

PAYMENTS = ROOT / "layers/common/payments"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md")), *sorted(ROOT.glob("packages/*/README.md"))]
BY_NAME = {str(page.relative_to(ROOT)): page for page in PAGES}


def page(name: str) -> str:
    return (ROOT / name).read_text()


def code() -> str:
    """The package's source without its comments."""
    return re.sub(r"  # .*", "", "\n".join(path.read_text() for path in sorted(PAYMENTS.rglob("*.py"))))


def found(pattern: str, text: str) -> set[str]:
    return set(re.findall(pattern, text))


def unsaid(names: Iterable[str], name_of_page: str) -> list[str]:
    """Names that the page does not show as code."""
    text = page(name_of_page)
    wanted = sorted(names)
    assert wanted
    return [name for name in wanted if f"`{name}`" not in text]


def environments(template: dict[str, Any]) -> Iterator[str]:
    holders = [
        template["Globals"]["Function"],
        *(each.get("Properties", {}) for each in template["Resources"].values()),
    ]
    for holder in holders:
        yield from holder.get("Environment", {}).get("Variables", {})


def test_every_variable_that_the_settings_read_is_explained() -> None:
    assert (
        unsaid(
            found(r'"([A-Z]+_[A-Z_]+|STAGE)"', page("layers/common/payments/runtime/settings.py")), "docs/settings.md"
        )
        == []
    )


def test_every_variable_that_the_template_sets_is_explained() -> None:
    assert unsaid(environments(read_template()), "docs/settings.md") == []


def test_every_parameter_and_output_of_the_template_is_explained() -> None:
    template = read_template()
    assert unsaid([*template["Parameters"], *template["Outputs"]], "docs/settings.md") == []


def test_the_defaults_of_the_parameters_are_those_of_the_template() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (?:`([^`]+)`|(empty|none)) \| ", page("docs/settings.md"), re.MULTILINE)
    written = {name: value or {"empty": "", "none": None}[absent] for name, value, absent in rows}
    declared = {name: each.get("Default") for name, each in read_template()["Parameters"].items()}
    assert {name: written[name] for name in declared} == {
        name: default if default is None else str(default) for name, default in declared.items()
    }


@pytest.mark.parametrize("name", GATEWAYS)
def test_every_field_of_a_secret_is_explained(name: str) -> None:
    names = [field.name for field in a_secret(name, {}).fields]
    assert unsaid(names, f"docs/gateways/{name}.md") == []
    assert name != "phonepe" or unsaid(names, "docs/settings.md") == []


def test_every_error_code_is_explained() -> None:
    assert unsaid(CODES, "docs/api.md") == []


def routes() -> set[tuple[str, str]]:
    paths: dict[str, dict[str, Any]] = json.loads(page("openapi.json"))["paths"]
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}


def test_every_route_is_explained() -> None:
    assert unsaid((f"{method} {path}" for method, path in routes()), "docs/api.md") == []


def test_every_metric_is_explained() -> None:
    alarms = page("stacks/alarms.yaml")
    shown = found(r"Namespace: Pavati, MetricName: (\w+)|Namespace: Pavati\n +MetricName: (\w+)", alarms)
    assert unsaid({*Metric} | {"".join(pair) for pair in shown}, "docs/metrics.md") == []


def test_every_metric_is_counted() -> None:
    assert found(r"\bMetric\.([A-Z0-9_]+)", code()) == set(Metric.__members__)


def alarms_of(kind: str) -> list[str]:
    return [name for name, each in read_template()["Resources"].items() if each["Type"] == kind]


def test_every_alarm_is_explained() -> None:
    alarms = alarms_of("AWS::CloudWatch::Alarm") + alarms_of("AWS::CloudWatch::CompositeAlarm")
    pages = page("docs/metrics.md") + page("docs/slo.md")
    assert [name for name in alarms if f"`{name}`" not in pages] == []


def test_every_alarm_that_notifies_has_an_entry_in_the_runbook() -> None:
    rows = re.findall(r"^\| `(\w+Alarm)` \|(.*)$", page("docs/metrics.md") + page("docs/slo.md"), re.MULTILINE)
    sent = {name: row for name, row in rows if "](runbook.md#" in row or "log line `crash`" in row}
    resources = read_template()["Resources"]
    reported = [name for kind in ("Alarm", "CompositeAlarm") for name in alarms_of(f"AWS::CloudWatch::{kind}")]
    assert [name for name in reported if "AlarmActions" in resources[name]["Properties"] and name not in sent] == []


def test_every_kind_of_log_line_is_explained() -> None:
    kinds = found(r'(?:note|Step|logger\.error)\(\s*"([a-z_.]+)"', code())
    assert unsaid(kinds, "docs/metrics.md") == []


def test_every_kind_of_case_has_its_decision_in_the_runbook() -> None:
    assert unsaid(CaseKind, "docs/runbook.md") == []


def words(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell.partition(":")[0].replace("with `", "with "))


def outcomes_in_the_runbook() -> dict[str, list[str]]:
    """By kind of case; a row without a kind belongs to the kind above it."""
    shown: dict[str, list[str]] = {}
    kind = ""
    for row in re.findall(r"^\| (.*?) ?\| (`.*?) \| .* \| .* \|$", page("docs/runbook.md"), re.MULTILINE):
        kind = next(iter(words(row[0])), kind)
        shown.setdefault(kind, []).extend(words(row[1]))
    return {kind: shown.get(kind, []) for kind in CaseKind}


def test_every_outcome_of_a_case_is_in_the_runbook_and_no_other() -> None:
    assert outcomes_in_the_runbook() == {kind: [str(outcome) for outcome in OUTCOMES[kind]] for kind in CaseKind}


def test_every_outcome_of_a_case_is_in_the_api_and_no_other() -> None:
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| an? .*? \| (`.*) \|$", page("docs/api.md"), re.MULTILINE)
    shown = {kind: words(outcomes) for kinds, outcomes in rows for kind in words(kinds)}
    assert shown == {kind: [str(outcome) for outcome in OUTCOMES[kind]] for kind in CaseKind}


def anchors(target: Path) -> set[str]:
    """Of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_somewhere(source: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (source.parent / path) if path else source
    return target.exists() and (not anchor or anchor in anchors(target))


@pytest.mark.parametrize("name", BY_NAME)
def test_every_link_leads_somewhere(name: str) -> None:
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", page(name)) if "://" not in link]
    assert [link for link in links if not leads_somewhere(BY_NAME[name], link)] == []


@pytest.mark.parametrize("name", BY_NAME)
def test_every_test_that_is_named_exists(name: str) -> None:
    named = found(r"\btests/[\w/]+\.py", page(name)) | found(r"`(tests(?:/\w+)+)`", page(name))
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", BY_NAME)
def test_no_page_contains_two_versions_of_a_text(name: str) -> None:
    assert found(r"(?m)^(?:<<<<<<<|=======|>>>>>>>).*$", page(name)) == set()


def shell_blocks(name: str) -> list[str]:
    return re.findall(r"^ *```sh\n(.*?)^ *```", page(name), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", BY_NAME)
def test_every_shell_block_can_be_parsed(name: str) -> None:
    for block in shell_blocks(name):
        parsed = subprocess.run(["sh", "-n"], input=block, text=True, capture_output=True, check=False)
        assert (parsed.returncode, parsed.stderr) == (0, ""), block


def calls(block: str) -> Iterator[tuple[str, str]]:
    """The method and path of each request to the API."""
    for line in block.replace("\\\n", " ").splitlines():
        for path in re.findall(r"\$API(/v1[^\s\"'?]*)", line):
            given = re.search(r"-X (\w+)", line)
            yield given[1] if given else ("POST" if " -d " in line else "GET"), path


def is_routed(method: str, path: str) -> bool:
    templates = [template for routed, template in routes() if routed == method]
    return any(re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", template), path) for template in templates)


@pytest.mark.parametrize("name", BY_NAME)
def test_every_request_in_a_shell_block_has_a_route(name: str) -> None:
    query = [call for block in shell_blocks(name) for call in calls(block)]
    assert [call for call in query if not is_routed(*call)] == []


def test_the_readme_plays_the_main_job() -> None:
    query = [call for block in shell_blocks("README.md") for call in calls(block)]
    assert query[0] == ("POST", "/v1/payments")
    assert [path for method, path in query if method == "POST"][-1].endswith("/refunds")


@pytest.mark.parametrize("name", BY_NAME)
def test_every_import_of_a_script_in_a_page_is_there(name: str) -> None:
    imports = re.findall(r"(?m)^from (payments\.[\w.]+) import (\w+)$", page(name))
    assert [(module, what) for module, what in imports if not hasattr(import_module(module), what)] == []
