"""The deployment that is simulated."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from local.credentials import secret_of
from payments.gateways.eligibility import TABLE, Row
from payments.gateways.registry import GATEWAYS
from payments.runtime.settings import Settings

WORKSPACE, OTHER_WORKSPACE = "ws_demo", "ws_other"
BASE_URL = "http://127.0.0.1:8000"
SIMULATOR_URL = "http://127.0.0.1:8101"
PREFIX = "pavati-dev-"
_EARLIEST = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)


def start_of_histories(table: Iterable[Row]) -> datetime:
    """No earlier than the newest row: each gateway may take what the table says."""
    newest = max(row.since for row in table)
    return max(_EARLIEST, datetime.combine(newest, _EARLIEST.timetz()))


START_MS = start_of_histories(TABLE).timestamp() * 1000

SETTINGS = Settings(
    stage="dev",
    table_prefix=PREFIX,
    gateway_mode="simulator",
    simulator_url=SIMULATOR_URL,
    gateways=GATEWAYS,
    gateway_secret_prefix="pavati/dev",
    phonepe_client_id="PAVATISIM",
    phonepe_client_version="1",
    phonepe_webhook_auth="sha256",
    phonepe_webhook_signature_header="",
    phonepe_merchant_id="MSIM0001",
    return_url_allowlist=("https://shop.example",),
    public_base_url=BASE_URL,
    poll_state_machine_arn="",
    clock="",
)


def webhook_url(gateway: str) -> str:
    return f"{BASE_URL}/v1/webhooks/{gateway}"


@cache
def secret(gateway: str) -> dict[str, Any]:
    return secret_of(gateway, webhook_url(gateway))
