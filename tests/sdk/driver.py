"""The official Python SDK behind a line protocol: a JSON call per line in, a JSON answer per line out.

It is run by the interpreter of .venv-phonepe-sdk with the simulator's address as its only argument.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from phonepe.sdk.pg import env  # type: ignore[import-not-found]
from phonepe.sdk.pg.common.exceptions import PhonePeException  # type: ignore[import-not-found]
from phonepe.sdk.pg.common.models.request.meta_info import MetaInfo  # type: ignore[import-not-found]
from phonepe.sdk.pg.common.models.request.refund_request import RefundRequest  # type: ignore[import-not-found]
from phonepe.sdk.pg.payments.v2.models.request.create_sdk_order_request import (  # type: ignore[import-not-found]
    CreateSdkOrderRequest,
)
from phonepe.sdk.pg.payments.v2.models.request.standard_checkout_pay_request import (  # type: ignore[import-not-found]
    StandardCheckoutPayRequest,
)
from phonepe.sdk.pg.payments.v2.standard_checkout_client import (  # type: ignore[import-not-found]
    StandardCheckoutClient,
)


def point_at(simulator: str) -> None:
    env.SANDBOX_PG_BASE_URL = env.SANDBOX_OAUTH_BASE_URL = f"{simulator}/apis/pg-sandbox"
    env.SANDBOX_EVENT_INGESTION_BASE_URL = f"{simulator}/apis/pg-ingestion"
    env.PROD_PG_BASE_URL = env.PROD_PCI_PG_BASE_URL = f"{simulator}/apis/pg"
    env.PROD_OAUTH_BASE_URL = f"{simulator}/apis/identity-manager"
    env.PROD_EVENT_INGESTION_BASE_URL = f"{simulator}/apis/pg-ingestion"


class Calls:
    def __init__(self) -> None:
        self._client: Any = None

    def log_in(self, stage: str, secret: str) -> None:
        self._client = StandardCheckoutClient("PAVATISIM", 1, secret, env.Env[stage], should_publish_events=False)

    def pay(self, order: str, amount: int, redirect_url: str) -> Any:
        return self._client.pay(
            StandardCheckoutPayRequest.build_request(
                order, amount, redirect_url, expire_after=600, meta_info=MetaInfo(udf1="tenant-7", udf11="inv_42")
            )
        )

    def sdk_order(self, order: str, amount: int) -> Any:
        return self._client.create_sdk_order(CreateSdkOrderRequest.build_standard_checkout_request(order, amount))

    def status(self, order: str, details: bool) -> Any:
        return self._client.get_order_status(order, details)

    def transaction(self, transaction: str) -> Any:
        return self._client.get_transaction_status(transaction)

    def refund(self, refund: str, order: str, amount: int) -> Any:
        return self._client.refund(RefundRequest.build_refund_request(refund, amount, order))

    def refund_status(self, refund: str) -> Any:
        return self._client.get_refund_status(refund)

    def validate(self, user: str, password: str, header: str, body: str) -> Any:
        return self._client.validate_callback(user, password, header, body)


def answer(call: Callable[..., Any], given: dict[str, Any]) -> dict[str, Any]:
    try:
        got = call(**given)
    except PhonePeException as refusal:
        error = {"kind": type(refusal).__name__, "http_status": refusal.http_status_code, "code": refusal.code}
        return {"error": error}
    except Exception as crash:  # noqa: BLE001 - whatever the SDK raises is an answer here.
        return {"error": {"kind": type(crash).__name__, "http_status": None, "code": None}}
    return {"got": json.loads(got.to_json()) if got is not None else None}


def main() -> None:
    point_at(sys.argv[1])
    calls = Calls()
    for line in sys.stdin:
        name, given = json.loads(line)
        sys.stdout.write(json.dumps(answer(getattr(calls, name), given)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
