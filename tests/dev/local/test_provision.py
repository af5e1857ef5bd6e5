"""What `make run` puts in place: secrets that fit the simulators, and workspaces to try all gateways in."""

import json
from datetime import date
from importlib import import_module
from typing import Any

import pytest

from dev.dynamodb_model import DynamoDB
from dev.local.blueprint import SecretSpec
from dev.local.credentials import secrets_of
from dev.local.provision import create_secrets, create_tables, seed_workspaces
from dev.local.testing import blueprint
from dev.tools.workspace.state import get_state
from payments.gateways.eligibility import is_eligible
from payments.gateways.registry import GATEWAYS
from payments.store.dynamodb.client import FencedClient
from tests.gateways.fakes import a_secret

URL = "http://127.0.0.1:8000/v1/webhooks"
TODAY = date(2026, 11, 20)
TABLE = "pavati-dev-workspaces"


class Secrets(dict[str, Any]):
    def create_secret(self, Name: str, SecretString: str) -> None:  # noqa: N803 - boto3's names.
        self[Name] = json.loads(SecretString)


def database() -> DynamoDB:
    made = DynamoDB(lambda: 0.0)
    create_tables(made, [table for table in blueprint().tables if table.name == TABLE])
    seed_workspaces(made, TABLE)
    return made


def seeded() -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = database().scan(TableName=TABLE)["Items"]
    return items


def workspaces() -> dict[str, Any]:
    return {item["pk"]["S"].split("#")[1]: item for item in seeded() if item["sk"]["S"] == "WORKSPACE"}


def members(workspace: str) -> set[str]:
    """The members in the table, each with its event."""
    state = get_state(FencedClient(database(), "pavati-dev-", workspace), workspace)
    assert state.is_unbroken
    return {member.subject for member in state.members.values() if member.is_backed}


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_every_gateway_reads_all_it_needs_from_its_secrets(gateway: str) -> None:
    calls, webhooks = secrets_of(gateway, f"{URL}/{gateway}")
    secret, module = {**calls, **webhooks}, import_module(f"payments.gateways.{gateway}")
    found = module.Settings(a_secret(gateway, secret))
    found.secret.refuse_misfits(*secret)
    parts = {field.name: field.part for field in found.secret.fields}
    assert [{parts[name] for name in each} for each in (calls, webhooks)] == [{"api"}, {"webhook"}]
    assert all(value for value in secret.values())
    for name, value in secret.items():
        stored = getattr(
            found, {"webhook_signature_keys": "signature_keys", "webhook_id": "webhook_ids"}.get(name, name)
        )
        assert stored in (value, tuple(value), (value,))


def test_each_gateways_secret_is_filled_and_another_one_is_random() -> None:
    filled = Secrets()
    names = [f"pavati/dev/{gateway}/main/{part}" for gateway in GATEWAYS for part in ("api", "webhook")]
    create_secrets(filled, [SecretSpec("Any", name) for name in (*names, "dev/thing")], URL)
    assert filled["pavati/dev/square/main/webhook"]["notification_url"] == f"{URL}/square"
    assert filled["pavati/dev/phonepe/main/api"]["client_secret"] == "sim-client-secret"
    assert len(filled["dev/thing"]["value"]) == 32


def test_a_further_account_has_secrets_of_its_own() -> None:
    filled = Secrets()
    names = [f"pavati/dev/{gateway}/main/{part}" for gateway in ("phonepe", "stripe") for part in ("api", "webhook")]
    create_secrets(filled, [SecretSpec("Any", name) for name in names], URL)
    assert {*filled} == {*names, "pavati/dev/phonepe/second/api", "pavati/dev/phonepe/second/webhook"}
    assert filled["pavati/dev/phonepe/second/api"]["merchant_id"] == "MSIM0002"
    assert filled["pavati/dev/phonepe/second/webhook"]["webhook_logins"] == ["second_user:secondPass123"]


def test_every_gateway_has_a_demo_workspace_of_its_country() -> None:
    tried = {}
    for item in workspaces().values():
        country, currency = item["country"]["S"], {"IN": "INR", "US": "USD"}[item["country"]["S"]]
        for name in (each["S"] for each in item["gateways"]["L"]):
            tried[name] = is_eligible(name, country, currency, None, TODAY)
    assert tried == dict.fromkeys(GATEWAYS, True)


def test_the_demo_workspaces_have_the_same_members() -> None:
    found = workspaces()
    assert [each["S"] for each in found["ws_demo"]["gateways"]["L"]] == ["phonepe", "razorpay"]
    assert [each["S"] for each in found["ws_us"]["gateways"]["L"]] == ["stripe", "square", "paypal"]
    assert members("ws_demo") == members("ws_us") > {"owner", "owner2", "finance", "finance2"}
    assert members("ws_other") == {"other_owner", "other_owner2"}


def test_what_somebody_changed_stays_changed_at_the_next_start() -> None:
    made = database()
    key: Any = {"pk": {"S": "T#ws_demo#WS"}, "sk": {"S": "WORKSPACE"}}
    values = {":name": {"S": "Mine"}}
    made.update_item(
        TableName=TABLE, Key=key, UpdateExpression="SET late_success = :name", ExpressionAttributeValues=values
    )
    before = made.scan(TableName=TABLE)["Items"]
    seed_workspaces(made, TABLE)
    assert made.scan(TableName=TABLE)["Items"] == before


def test_the_deployment_has_an_operator_and_is_no_workspace() -> None:
    assert members("_deployment") == {"operator"}
    assert {item["sk"]["S"] for item in seeded() if item["pk"]["S"] == "WORKSPACES"} == set(workspaces())
    assert "_deployment" not in workspaces()
