"""When a gateway refuses: its code and text reach the timeline and the staff, but no payer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from payments.gateways.registry import GATEWAYS
from tests.api.driver import GOOD_ORDER, Context, Edge
from tests.e2e.commands import RUNBOOK
from tests.e2e.pages import sections
from tests.runtime.written import written_to
from tests.world import make_world

CURRENCY = {"phonepe": "INR", "razorpay": "INR", "paypal": "USD", "stripe": "USD", "square": "USD"}
REFUSALS = {name: import_module(f"gateway_simulators.{name}.errors").REFUSALS["refund"] for name in CURRENCY}
# After these the refund is sent again: the keys may be corrected, and what is pending may end.
NOT_FOR_GOOD = [
    ("paypal", "account"),
    ("stripe", "key_expired"),
    ("square", "token_expired"),
    ("square", "pending"),
]
REASONS = [(name, reason) for name in CURRENCY for reason in REFUSALS[name] if (name, reason) not in NOT_FOR_GOOD]


def _runbook_codes() -> dict[str, set[str]]:
    """The codes in the runbook's table of refused refunds, by gateway."""
    found: dict[str, set[str]] = {}
    rows = re.findall(r"^\| (\w+) \| ((?:`\w+`(?:, )?)+) \|", sections(RUNBOOK)["Refund failed"], re.MULTILINE)
    for gateway, codes in rows:
        found.setdefault(gateway.lower(), set()).update(re.findall(r"`(\w+)`", codes))
    return found


RUNBOOK_CODES = _runbook_codes()


@pytest.fixture
def edge(capfd: pytest.CaptureFixture[str]) -> Iterator[Edge]:
    world = make_world(1, delivers_webhooks=False, accounts=GATEWAYS)
    with written_to(capfd) as written:
        yield Edge(world, written)


def paid(edge: Edge, name: str) -> dict[str, Any]:
    edge.world.workspace(country="IN" if CURRENCY[name] == "INR" else "US")
    request = GOOD_ORDER | {"gateway": name, "currency": CURRENCY[name]}
    payment: dict[str, Any] = edge.call("POST", "/v1/payments", request, key="pay").json
    edge.world.payer("pay", payment["attempts"][0]["attempt_id"], at=name)
    edge.world.advance(5)
    payment |= edge.call("POST", f"/v1/payments/{payment['payment_id']}/refresh").json
    assert payment["status"] == "completed"
    return payment


def answers_of(name: str, reason: str) -> tuple[str, str]:
    """Code and text in the simulator's body, whatever their fields are called."""
    body = REFUSALS[name][reason].body
    error = body.get("error") or (body.get("errors") or body.get("details") or [body])[0]
    codes = [error.get(each) for each in ("reason", "issue", "code", "type")]
    words = [error.get(each) for each in ("description", "detail", "message")] + [body.get("message")]
    return next(code for code in codes if code and code != "NA"), next(filter(None, words))


@pytest.mark.parametrize(("name", "reason"), REASONS)
def test_a_refused_refund_says_why_in_the_gateways_own_words(edge: Edge, name: str, reason: str) -> None:
    payment = paid(edge, name)
    pid, (code, words) = payment["payment_id"], answers_of(name, reason)
    arm = {"fault": "reject", "op": "refund", "reason": reason}
    edge.world.admin("POST", "/_sim/faults", arm, at=name)
    edge.written.text()
    refund = edge.call("POST", f"/v1/payments/{pid}/refunds", {"amount": 500}, key="refund").json
    assert refund["status"] == "failed"
    assert refund["failure"] == {"code": "rejected", "gateway_code": code, "message": words}
    assert edge.call("GET", f"/v1/refunds/{refund['refund_id']}").json["failure"] == refund["failure"]
    lines = [line for line in edge.written.lines() if line.get("message") == "gateway.failed"]
    assert [(line["gateway"], line["operation"], line["refund_id"]) for line in lines] == [
        (name, "create_refund", refund["refund_id"])
    ]
    assert words in lines[0]["why"]
    events = edge.call("GET", f"/v1/payments/{pid}/events", sub="support").json["data"]
    assert events[-1]["kind"] == "refund.failed"
    assert events[-1]["note"] == f"rejected {code}: {words}"
    assert code in RUNBOOK_CODES[name], f"the runbook does not say what to do about {code}"


@pytest.mark.parametrize(("name", "reason"), NOT_FOR_GOOD)
def test_a_refund_stays_open_where_the_refusal_is_not_for_good(edge: Edge, name: str, reason: str) -> None:
    pid = paid(edge, name)["payment_id"]
    # After a 401 the adapter tries again with a new token.
    arm = {"fault": "reject", "op": "refund", "reason": reason, "times": 2}
    edge.world.admin("POST", "/_sim/faults", arm, at=name)
    edge.written.text()
    refund = edge.call("POST", f"/v1/payments/{pid}/refunds", {"amount": 500}, key="refund").json
    assert refund["status"] in ("pending", "processing")
    assert refund["failure"] is None
    (line,) = [line for line in edge.written.lines() if line.get("message") == "gateway.failed"]
    assert (line["operation"], line["refund_id"]) == ("create_refund", refund["refund_id"])
    for _ in range(3):
        edge.world.advance(3601)
        edge.sweep({"job": "sweep"}, Context())
    assert edge.call("GET", f"/v1/refunds/{refund['refund_id']}").json["status"] == "completed"


def test_different_refusals_read_differently_at_every_gateway() -> None:
    for name in CURRENCY:
        reported = {answers_of(name, reason) for each, reason in REASONS if each == name}
        assert len(reported) >= 3, name


@pytest.fixture
def refused(edge: Edge) -> dict[str, Any]:
    """A payment that its gateway refused, as the caller sees it."""
    edge.world.workspace(country="US")
    edge.world.secrets["stripe"] = {"secret_key": "sk_test_simulator", "statement_descriptor_suffix": "SHOP"}
    body = {"error": {"type": "invalid_request_error", "code": "url_invalid", "message": "Not a valid URL"}}
    _refuse_next_session(edge, body)
    request = GOOD_ORDER | {"gateway": "stripe", "currency": "USD"}
    response = edge.call("POST", "/v1/payments", request, key="pay")
    assert (response.status, response.code) == (502, "gateway_error")
    details: dict[str, Any] = response.json["error"]["details"]
    return details


def _refuse_next_session(edge: Edge, body: dict[str, Any]) -> None:
    from gateway_simulators.kit.gateway import GatewayRefusal

    sessions = edge.world.sims["stripe"].model.sessions
    create = sessions.create

    def refuse(*given: Any, **named: Any) -> Any:
        sessions.create = create
        raise GatewayRefusal(400, body)

    sessions.create = refuse


def test_who_reads_timelines_reads_why_a_checkout_was_refused(edge: Edge, refused: dict[str, Any]) -> None:
    assert (refused["gateway_code"], refused["gateway_message"]) == ("url_invalid", "Not a valid URL")
    for sub in ("owner", "admin", "finance", "support"):
        payment = edge.call("GET", f"/v1/payments/{refused['payment_id']}", sub=sub).json
        reported = {"code": "rejected", "gateway_code": "url_invalid", "message": "Not a valid URL"}
        assert payment["failure"] == payment["attempts"][0]["failure"] == reported, sub
    listed = edge.call("GET", f"/v1/payments?merchant_order_id={GOOD_ORDER['merchant_order_id']}").json["data"]
    assert listed[0]["failure"]["message"] == "Not a valid URL"


def test_a_member_reads_our_own_code_alone(edge: Edge, refused: dict[str, Any]) -> None:
    path, again = f"/v1/payments/{refused['payment_id']}", GOOD_ORDER | {"gateway": "stripe", "currency": "USD"}
    for response in (
        edge.call("GET", path, sub="member"),
        edge.call("GET", "/v1/payments", sub="member"),
        edge.call("GET", f"/v1/payments?merchant_order_id={GOOD_ORDER['merchant_order_id']}", sub="member"),
        edge.call("POST", "/v1/payments", again, key="pay", sub="member"),
    ):
        assert "Not a valid URL" not in response.text
        assert "url_invalid" not in response.text
        assert "rejected" in response.text or response.code == "gateway_error"
    assert edge.call("GET", f"{path}/events", sub="member").status == 403


def test_a_payers_browser_reads_our_own_code_alone(edge: Edge) -> None:
    edge.world.workspace(country="US")
    request = GOOD_ORDER | {"gateway": "stripe", "currency": "USD", "payment_method": "pm_card_visa_chargeDeclined"}
    response = edge.call("POST", "/v1/payments", request, key="pay")
    payment = response.json
    assert payment["failure"]["message"]
    bearer = {"authorization": f"Bearer {payment['checkout_token']}"}
    path = f"/v1/checkouts/{payment['payment_id']}"
    view = edge.call("GET", path, sub=None, tenant=None, headers=bearer)
    assert view.json["failure"] == {"code": payment["failure"]["code"]}
    assert json.dumps(payment["failure"]["message"]) not in view.text
