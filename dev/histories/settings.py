"""The settings of the simulated deployment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from dev.local.credentials import document_named, gateway_of
from payments.domain.values.account import MAIN, Account
from payments.gateways.facts import WEBHOOK, Row
from payments.gateways.registry import GATEWAYS, all_rows
from payments.runtime.settings import Settings

WORKSPACE, OTHER_WORKSPACE = "ws_demo", "ws_other"
BASE_URL = "http://127.0.0.1:8000"
SIMULATOR_URL = "http://127.0.0.1:8101"
PREFIX = "pavati-dev-"
_EARLIEST = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)


def start_of_histories(table: Iterable[Row]) -> datetime:
    """No earlier than the newest row of the facts, so that each gateway may behave as the facts say."""
    newest = max(row.since for row in table)
    return max(_EARLIEST, datetime.combine(newest, _EARLIEST.timetz()))


START_MS = start_of_histories(all_rows()).timestamp() * 1000

SETTINGS = Settings(
    stage="dev",
    table_prefix=PREFIX,
    gateway_mode="simulator",
    simulator_url=SIMULATOR_URL,
    accounts=tuple(map(Account, GATEWAYS)),
    former_accounts=(),
    gateway_secret_prefix="pavati/dev",
    return_url_allowlist=("https://shop.example",),
    public_base_url=BASE_URL,
    poll_state_machine_arn="",
    clock="",
)

WRONG_FORMS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("gateways", {"L": [{"S": "nobody"}]}),
    ("gateways", {"N": "7"}),
    ("gateways", {"NULL": True}),
    ("two_person_above", {"N": "-1"}),
    ("debug_until", {"S": "tomorrow"}),
    ("debug_until", {"S": "2026-11-20T14:00:00+00:00"}),
    ("two_person_above", {"N": "0.5"}),
    ("two_person_above", {"BOOL": True}),
)


def webhook_url(gateway: str) -> str:
    return f"{BASE_URL}/v1/webhooks/{gateway}"


def account_at(url: str) -> Account:
    """The account to which a webhook address belongs."""
    gateway, _, account = url.removeprefix(f"{BASE_URL}/v1/webhooks/").partition("/")
    return Account(gateway, account or MAIN)


def webhook_secret(gateway: str) -> dict[str, Any]:
    return secret(f"{SETTINGS.gateway_secret_prefix}/{gateway}/{MAIN}/{WEBHOOK}")


@cache
def secret(name: str) -> dict[str, Any]:
    return document_named(name, webhook_url(gateway_of(name)))
