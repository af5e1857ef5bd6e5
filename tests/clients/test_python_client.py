"""openapi-python-client makes a client of openapi.json that takes what docs/api.md sends and reads what we answer."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from tests.api.conftest import edge  # noqa: F401  A fixture.
from tests.api.driver import Edge
from tests.clients.bodies import DOCUMENT, ROOT, documented, model_of

NAME = "made_client"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    folder = tmp_path_factory.mktemp("client")
    tools = Path(sys.executable).parent  # It formats with the ruff that is beside it.
    maker = [str(tools / "openapi-python-client"), "generate", "--meta", "none"]
    paths = os.environ | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    places = ["--path", str(ROOT / "openapi.json"), "--output-path", str(folder / NAME)]
    made = subprocess.run(
        [*maker, "--fail-on-warning", *places], env=paths, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(folder))
    yield importlib.import_module(f"{NAME}.client")
    sys.path.remove(str(folder))


def model(name: str) -> Any:
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return getattr(importlib.import_module(f"{NAME}.models.{snake}"), name)


def operation(tag: str, name: str) -> Any:
    return importlib.import_module(f"{NAME}.api.{tag}.{name}")


def test_every_operation_can_be_called(client: ModuleType) -> None:
    for path in DOCUMENT["paths"].values():
        for each in path.values():
            assert callable(operation(each["tags"][0], each["operationId"]).sync_detailed)


@pytest.mark.parametrize(("name", "body"), documented(), ids=lambda value: value if isinstance(value, str) else "")
def test_it_accepts_each_body_of_the_guide_and_adds_nothing(
    client: ModuleType, name: str, body: dict[str, Any]
) -> None:
    assert model(model_of(name)).from_dict(body).to_dict() == body


def test_it_opens_pays_and_refunds_a_payment(client: ModuleType, edge: Edge) -> None:  # noqa: F811
    def handle(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else None
        headers = {name: request.headers.get(name, "") for name in ("idempotency-key", "x-tenant-id")}
        response = edge.call(request.method, request.url.raw_path.decode(), body, headers=headers)
        return httpx.Response(response.status, text=response.text)

    caller = client.AuthenticatedClient(
        "http://api.example", token="t", httpx_args={"transport": httpx.MockTransport(handle)}
    )
    by = {"client": caller, "x_tenant_id": "ws_demo"}
    order = model("PaymentRequest").from_dict(documented()[0][1])
    payment = operation("payments", "create_payment").sync_detailed(body=order, idempotency_key="k1", **by).parsed
    assert type(payment.next_action).__name__ == "RedirectAction"
    edge.world.payer("pay", payment.attempts[0].attempt_id)
    fresh = operation("payments", "refresh_payment").sync_detailed(payment.payment_id, **by).parsed
    assert (fresh.status, fresh.amount_captured, type(fresh.next_action).__name__) == ("completed", 49900, "NoAction")
    wanted = model("RefundRequest").from_dict({"amount": 10000})
    refund = operation("refunds", "create_refund").sync_detailed(
        payment.payment_id, body=wanted, idempotency_key="r1", **by
    )
    assert (refund.status_code, refund.parsed.amount) == (201, 10000)
    missing = operation("refunds", "get_refund").sync_detailed("rfd_01JD0000000000000000000001", **by)
    assert (missing.status_code, missing.parsed.error.code) == (404, "not_found")
    again = operation("payments", "create_payment").sync_detailed(body=order, idempotency_key="k2", **by).parsed.error
    assert (type(again).__name__, again.details.payment_id) == ("DuplicateOrderProblem", payment.payment_id)
