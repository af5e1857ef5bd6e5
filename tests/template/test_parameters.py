"""The deployment's parameters: what CloudFormation refuses before anything is made."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

import pytest

from tools.expand import ROOT, read_template

TEMPLATE = read_template()
PARAMETERS = TEMPLATE["Parameters"]
SETTINGS = tomllib.loads((ROOT / "samconfig.toml").read_text())
Values = Mapping[str, str]

GATEWAYS = "phonepe,razorpay,paypal,stripe,square"
SIMULATOR = {
    "Stage": "dev",
    "GatewayMode": "simulator",
    "SimulatorUrl": "http://127.0.0.1:8101",
    "Gateways": GATEWAYS,
}
SANDBOX = {
    "Stage": "sandbox",
    "GatewayMode": "sandbox",
    "SimulatorUrl": "",
    "Gateways": "phonepe",
}
PRODUCTION = {
    "Stage": "production",
    "GatewayMode": "production",
    "SimulatorUrl": "",
    "Gateways": "phonepe",
}


def holds(condition: Any, values: Values) -> bool:
    """A rule's condition over parameters and literals."""
    ((function, arguments),) = condition.items()
    if function == "Fn::Not":
        return not holds(arguments[0], values)
    if function == "Fn::And":
        return all(holds(one, values) for one in arguments)
    if function == "Fn::Contains":
        return value_of(arguments[1], values) in value_of(arguments[0], values).split(",")
    assert function == "Fn::Equals"
    left, right = (value_of(side, values) for side in arguments)
    return left == right


def value_of(side: Any, values: Values) -> str:
    return str(values[side["Ref"]] if isinstance(side, dict) else side)


def refusals(values: Values) -> list[str]:
    return [
        assertion["AssertDescription"]
        for rule in TEMPLATE["Rules"].values()
        if holds(rule["RuleCondition"], values)
        for assertion in rule["Assertions"]
        if not holds(assertion["Assert"], values)
    ]


@pytest.mark.parametrize("values", [SIMULATOR, SANDBOX, PRODUCTION], ids=lambda values: values["Stage"])
def test_each_stage_deploys(values: Values) -> None:
    assert refusals(values) == []


@pytest.mark.parametrize(
    "values",
    [
        PRODUCTION | {"GatewayMode": "simulator", "SimulatorUrl": "https://simulator.example.com"},
        PRODUCTION | {"GatewayMode": "sandbox"},
        PRODUCTION | {"SimulatorUrl": "https://simulator.example.com"},
        SANDBOX | {"SimulatorUrl": "http://127.0.0.1:8101"},
        SIMULATOR | {"SimulatorUrl": ""},
    ],
    ids=str,
)
def test_a_contradiction_is_refused_before_anything_is_made(values: Values) -> None:
    assert refusals(values) != []


SUBSETS = ("stripe", "square,paypal", "phonepe", GATEWAYS)


@pytest.mark.parametrize("stage", [SIMULATOR, SANDBOX, PRODUCTION], ids=lambda values: values["Stage"])
@pytest.mark.parametrize("gateways", SUBSETS)
def test_no_gateway_needs_a_parameter(stage: Values, gateways: str) -> None:
    assert refusals({**stage, "Gateways": gateways}) == []


@pytest.mark.parametrize("gateways", SUBSETS)
def test_each_subset_is_a_value_of_the_parameter(gateways: str) -> None:
    assert accepts("Gateways", gateways)


def accepts(parameter: str, value: str) -> bool:
    declared = PARAMETERS[parameter]
    items = value.split(",") if declared["Type"] == "CommaDelimitedList" else [value]
    if "AllowedValues" in declared and value not in map(str, declared["AllowedValues"]):
        return False
    return all(re.fullmatch(declared.get("AllowedPattern", ".*"), item) for item in items)


@pytest.mark.parametrize("name", [name for name, declared in PARAMETERS.items() if "Default" in declared])
def test_every_default_is_acceptable(name: str) -> None:
    assert accepts(name, str(PARAMETERS[name]["Default"]))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ReturnUrlAllowList", "*"),
        ("ReturnUrlAllowList", "https://*.example.com"),
        ("ReturnUrlAllowList", "https://shop.example.com/"),
        ("ReturnUrlAllowList", "http://shop.example.com"),
        ("ReturnUrlAllowList", "https://shop.example.com,javascript:alert(1)"),
        ("ReturnUrlAllowList", "https://user@shop.example.com"),
        ("ReturnUrlAllowList", "http://localhost:*"),
        ("JwtIssuer", "http://issuer.example.com"),
        ("PublicBaseUrl", "https://pay.example.com/"),
        ("SimulatorUrl", "simulator"),
        ("AlarmEmail", "nobody"),
        ("PrometheusRole", "arn:aws:iam::1:role/x"),
        ("Stage", "prod"),
        ("LogRetentionDays", "7"),
    ],
)
def test_a_wrong_value_is_refused(name: str, value: str) -> None:
    assert not accepts(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ReturnUrlAllowList", "https://shop.example.com,http://localhost:3000"),
        ("JwtIssuer", "https://id.example.com/realms/shop"),
        ("JwtIssuer", "http://127.0.0.1:8000/_local"),
        ("PublicBaseUrl", "https://pay.example.com"),
        ("AlarmEmail", "ops@example.com"),
        ("PrometheusRole", "prometheus-host"),
    ],
)
def test_a_right_value_is_taken(name: str, value: str) -> None:
    assert accepts(name, value)


def overrides(environment: str) -> dict[str, str]:
    pairs = SETTINGS[environment]["deploy"]["parameters"]["parameter_overrides"]
    return dict(pair.split("=", 1) for pair in pairs)


@pytest.mark.parametrize("environment", ["sandbox", "production"])
def test_the_deployment_settings_name_parameters_that_exist_and_all_that_have_no_default(environment: str) -> None:
    chosen = overrides(environment)
    assert set(chosen) <= set(PARAMETERS)
    assert {name for name, declared in PARAMETERS.items() if "Default" not in declared} <= set(chosen)
    assert refusals({name: chosen.get(name, str(PARAMETERS[name].get("Default", ""))) for name in PARAMETERS}) == []


@pytest.mark.parametrize("environment", ["sandbox", "production"])
def test_what_is_not_filled_in_is_refused_and_the_rest_is_acceptable(environment: str) -> None:
    for name, value in overrides(environment).items():
        assert accepts(name, value) is (value != "FILL-IN"), name


def test_deployments_go_to_india_and_production_asks_first() -> None:
    for environment in ("sandbox", "production"):
        assert SETTINGS[environment]["deploy"]["parameters"]["region"] == "ap-south-1"
    assert SETTINGS["production"]["deploy"]["parameters"]["confirm_changeset"] is True


def test_no_secret_is_a_parameter() -> None:
    assert [name for name in PARAMETERS if re.search("secret|password|salt", name, re.IGNORECASE)] == []


def test_the_outputs_are_what_people_need_next() -> None:
    wanted = {"ApiUrl", "PhonePeWebhookUrl", "TablePrefix", "PollStateMachineArn", "PhonePeSecretName", "AlarmTopicArn"}
    assert set(TEMPLATE["Outputs"]) == wanted
