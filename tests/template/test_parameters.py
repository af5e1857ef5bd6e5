"""The deployment's parameters: what CloudFormation refuses before it makes anything."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

import pytest

from dev.tools.deploy_check.settings import UNRELEASED
from dev.tools.expand import ROOT, read_template
from payments.runtime.settings import BadSetting, read_settings

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
    "DeletionProtection": "false",
    "PublicBaseUrl": "",
    "CustomDomain": "false",
}
SANDBOX = {
    "Stage": "sandbox",
    "GatewayMode": "sandbox",
    "SimulatorUrl": "",
    "Gateways": "phonepe",
    "DeletionProtection": "false",
    "PublicBaseUrl": "",
    "CustomDomain": "false",
}
PRODUCTION = {
    "Stage": "production",
    "GatewayMode": "production",
    "SimulatorUrl": "",
    "Gateways": "phonepe",
    "DeletionProtection": "true",
    "PublicBaseUrl": "",
    "CustomDomain": "false",
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
    """A text with references; a joined list is in `values` as written."""
    if not isinstance(side, dict):
        return str(side)
    ((function, of),) = side.items()
    if function == "Fn::Join":
        return value_of(of[1], values)
    if function == "Fn::If":
        return value_of(of[1 if holds(TEMPLATE["Conditions"][of[0]], values) else 2], values)
    if function == "Fn::Sub":
        return re.sub(r"\$\{([\w:]+)\}", lambda name: values.get(name[1], name[0]), of)
    if function == "Fn::GetAtt":
        return values[".".join(of)]
    return str(values[of])


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


CONTRADICTIONS = [
    PRODUCTION | {"GatewayMode": "simulator", "SimulatorUrl": "https://simulator.example.com"},
    PRODUCTION | {"GatewayMode": "sandbox"},
    PRODUCTION | {"SimulatorUrl": "https://simulator.example.com"},
    PRODUCTION | {"DeletionProtection": "false"},
    PRODUCTION | {"CustomDomain": "true"},
    SANDBOX | {"SimulatorUrl": "http://127.0.0.1:8101"},
    SANDBOX | {"GatewayMode": "production"},
    SIMULATOR | {"GatewayMode": "production", "SimulatorUrl": ""},
    SIMULATOR | {"SimulatorUrl": ""},
]


def test_a_custom_domain_deploys_with_its_address_and_an_address_without_one() -> None:
    addressed = PRODUCTION | {"PublicBaseUrl": "https://pay.example.com"}
    assert refusals(addressed | {"CustomDomain": "true"}) == refusals(addressed) == []


@pytest.mark.parametrize("values", CONTRADICTIONS, ids=str)
def test_a_contradiction_is_refused_before_anything_is_made(values: Values) -> None:
    assert refusals(values) != []


def test_each_rule_alone_refuses_a_contradiction() -> None:
    alone = {found[0] for found in map(refusals, CONTRADICTIONS) if len(found) == 1}
    assert {one["AssertDescription"] for rule in TEMPLATE["Rules"].values() for one in rule["Assertions"]} == alone


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
    if "MinValue" in declared and not declared["MinValue"] <= float(value) <= declared["MaxValue"]:
        return False
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
        ("JwtIssuer", "http://127.0.0.1:8000/_local"),
        ("JwtIssuer", "https://"),
        ("JwtIssuer", "FILL-IN"),
        ("PublicBaseUrl", "https://pay.example.com/"),
        ("SimulatorUrl", "simulator"),
        ("AlarmEmail", "nobody"),
        ("PrometheusRole", "arn:aws:iam::1:role/x"),
        ("Stage", "prod"),
        ("LogRetentionDays", "7"),
        ("SuccessRateLeast", "0"),
        ("SuccessRateLeast", "101"),
        ("WebhookConcurrency", "-1"),
        ("WebhookConcurrency", "501"),
        ("SweepRowsAtOnce", "0"),
        ("SweepRowsAtOnce", "65"),
        ("GatewayMode", "live"),
        ("DeletionProtection", "yes"),
        ("CustomDomain", "pay.example.com"),
        UNRELEASED,
        ("Release", "0" * 63),
        ("DeploymentPreference", "Canary10Percent"),
        ("JwtAudience", "FILL-IN"),
        ("Gateways", "PhonePe"),
        ("Gateways", "phonepe:"),
        ("Gateways", "phonepe:EU"),
    ],
)
def test_a_wrong_value_is_refused(name: str, value: str) -> None:
    assert not accepts(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ReturnUrlAllowList", "https://shop.example.com,http://localhost:3000"),
        ("JwtIssuer", "https://id.example.com/realms/shop"),
        ("PublicBaseUrl", "https://pay.example.com"),
        ("AlarmEmail", "ops@example.com"),
        ("PrometheusRole", "prometheus-host"),
        ("SuccessRateLeast", "1"),
        ("SuccessRateLeast", "100"),
        ("WebhookConcurrency", "0"),
        ("WebhookConcurrency", "500"),
        ("SweepRowsAtOnce", "1"),
        ("SweepRowsAtOnce", "64"),
        ("LogRetentionDays", "2922"),
        ("DeletionProtection", "true"),
        ("CustomDomain", "true"),
        ("Gateways", "phonepe,phonepe:eu,stripe:a-1"),
    ],
)
def test_a_right_value_is_accepted(name: str, value: str) -> None:
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
        assert accepts(name, value) is (value not in ("FILL-IN", UNRELEASED[1])), name


def test_deployments_go_to_india_and_production_needs_confirmation() -> None:
    for environment in ("sandbox", "production"):
        assert SETTINGS[environment]["deploy"]["parameters"]["region"] == "ap-south-1"
    assert SETTINGS["production"]["deploy"]["parameters"]["confirm_changeset"] is True


@pytest.mark.parametrize("environment", ["sandbox", "production"])
def test_each_environment_is_a_stack_of_its_own_stage_and_gateways(environment: str) -> None:
    deploys = SETTINGS[environment]["deploy"]["parameters"]
    chosen = overrides(environment)
    assert (chosen["Stage"], chosen["GatewayMode"]) == (environment, environment)
    assert (deploys["stack_name"], deploys["s3_prefix"]) == (f"pavati-{environment}", f"pavati-{environment}")
    assert deploys["tags"] == ["service=pavati", f"stage={environment}"]
    assert deploys["capabilities"] == "CAPABILITY_IAM"
    assert (deploys["resolve_s3"], deploys["fail_on_empty_changeset"]) == (True, False)


def test_production_alone_protects_its_tables() -> None:
    assert overrides("production")["DeletionProtection"] == "true"
    assert PARAMETERS["DeletionProtection"]["Default"] == "false"


def test_production_keeps_its_logs_over_a_year_and_room_for_webhooks() -> None:
    """A sandbox is in a new account, which may have no concurrency to reserve."""
    assert int(overrides("production")["LogRetentionDays"]) >= 365
    assert overrides("production")["WebhookConcurrency"] == "20"
    assert "WebhookConcurrency" not in overrides("sandbox")


@pytest.mark.parametrize("rows", ["1", "64", "0", "65", "1.5", "-1"])
def test_the_sweeps_width_is_refused_by_the_code_where_the_template_refuses_it(rows: str) -> None:
    whole = rows.isdecimal() and accepts("SweepRowsAtOnce", rows)
    environ = {"TABLE_PREFIX": "p", "SIMULATOR_URL": "http://127.0.0.1:8101", "SWEEP_ROWS_AT_ONCE": rows}
    if whole:
        assert read_settings(("phonepe",), environ).rows_at_once == int(rows)
    else:
        with pytest.raises(BadSetting, match="SWEEP_ROWS_AT_ONCE is a whole number from 1 to 64"):
            read_settings(("phonepe",), environ)


def test_no_secret_is_a_parameter() -> None:
    assert [name for name in PARAMETERS if re.search("secret|password|salt", name, re.IGNORECASE)] == []


@pytest.mark.parametrize(
    ("condition", "parameter", "value"),
    [
        ("HasBrowserOrigins", "ReturnUrlAllowList", "https://shop.example.com"),
        ("HasAlarmEmail", "AlarmEmail", "ops@example.com"),
        ("HasPrometheusRole", "PrometheusRole", "prometheus-host"),
        ("HasPublicBaseUrl", "PublicBaseUrl", "https://pay.example.com"),
        ("HasCustomDomain", "CustomDomain", "true"),
        ("ReservesWebhookConcurrency", "WebhookConcurrency", "20"),
    ],
)
def test_what_is_left_empty_is_not_made(condition: str, parameter: str, value: str) -> None:
    nothing = "0" if PARAMETERS[parameter]["Type"] == "Number" else ""
    assert holds(TEMPLATE["Conditions"][condition], {parameter: value})
    assert not holds(TEMPLATE["Conditions"][condition], {parameter: nothing})


_AT_AWS = "https://${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}"


@pytest.mark.parametrize(("public", "base"), [("https://pay.example.com", "https://pay.example.com"), ("", _AT_AWS)])
def test_the_outputs_have_the_addresses_of_api_and_webhooks(public: str, base: str) -> None:
    given = {
        "PublicBaseUrl": public,
        "Stage": "production",
        "PollPaymentStateMachine": "machine",
        "AlarmTopic": "topic",
        "DataKey.Arn": "key",
    }
    reported = {name: value_of(output["Value"], given) for name, output in TEMPLATE["Outputs"].items()}
    assert reported == {
        "ApiUrl": base,
        "PhonePeWebhookUrl": f"{base}/v1/webhooks/phonepe",
        "TablePrefix": "pavati-production-",
        "PollStateMachineArn": "machine",
        "PhonePeSecretName": "pavati/production/phonepe/main/api",
        "DataKeyArn": "key",
        "AlarmTopicArn": "topic",
    }


def test_the_outputs_are_what_people_need_next() -> None:
    addresses = {"ApiUrl", "PhonePeWebhookUrl", "TablePrefix", "PollStateMachineArn"}
    wanted = addresses | {"PhonePeSecretName", "DataKeyArn", "AlarmTopicArn"}
    assert set(TEMPLATE["Outputs"]) == wanted
