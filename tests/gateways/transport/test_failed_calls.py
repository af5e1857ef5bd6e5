"""Each failure of each operation at each gateway: one log line says what, where, about what and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import httpx
import pytest

from payments.domain.records.payment import Attempt
from payments.domain.values.account import Account
from payments.domain.values.money import Money
from payments.domain.values.terms import CaptureMode, Terms
from payments.gateways import contract
from payments.gateways.contract.errors import GatewayError, SearchUnfinished, Unavailable, WebhookForged
from payments.gateways.contract.gateway import Gateway
from payments.gateways.contract.webhooks import WebhookRequest
from payments.gateways.registry import build_gateway
from payments.gateways.transport.reporting import OPERATIONS, FailedCall, report_to
from payments.runtime import log
from tests.gateways.fakes import NOW, MemoryVault, StillClock, a_refund, an_attempt, an_order, parts
from tests.runtime.written import Written, written_to
from tests.simulated import simulator_secret

HOOK = "https://api.example/v1/webhooks/x"
RESPONSE = "Not today, it's closed"
REFS = {
    "phonepe": ("OMO1", "T1"),
    "razorpay": ("order_SIM1", "pay_SIM1"),
    "paypal": ("ORDER1", "CAPTURE1"),
    "stripe": ("pi_1", "pi_1"),
    "square": ("O1/L1", "P1"),
}
BODIES: dict[str, Any] = {
    "phonepe": {"success": False, "code": "X_CODE", "message": RESPONSE},
    "razorpay": {"error": {"code": "X_CODE", "description": RESPONSE, "reason": "NA", "source": "NA", "step": "NA"}},
    "paypal": {
        "name": "UNPROCESSABLE_ENTITY",
        "message": "no",
        "details": [{"issue": "X_CODE", "description": RESPONSE}],
    },
    "stripe": {"error": {"type": "invalid_request_error", "code": "X_CODE", "message": RESPONSE}},
    "square": {"errors": [{"category": "INVALID_REQUEST_ERROR", "code": "X_CODE", "detail": RESPONSE}]},
}
Fail = Callable[[str], httpx.Response]


def answered(http_status: int) -> Fail:
    return lambda name: httpx.Response(http_status, json=BODIES[name])


def raised(kind: type[httpx.TransportError]) -> Fail:
    def fail(name: str) -> httpx.Response:
        raise kind("Bearer sk_test_of_a_header")

    return fail


# By failure: the log level, the errors that a read and a write may become, and the reason.
READ, WRITE = "Unavailable", "OutcomeUnknown"
KINDS: dict[str, tuple[Fail, str, set[str], str]] = {
    "refused": (answered(400), "WARNING", {"Rejected"}, f"answered 400 X_CODE: {RESPONSE}"),
    "not found": (answered(404), "WARNING", {"Rejected"}, f"answered 404 X_CODE: {RESPONSE}"),
    "forbidden": (answered(403), "ERROR", {"Rejected"}, f"answered 403 X_CODE: {RESPONSE}"),
    "keys refused": (answered(401), "ERROR", {READ}, f"answered 401 X_CODE: {RESPONSE} (check"),
    "too many": (answered(429), "WARNING", {READ}, f"answered 429 X_CODE: {RESPONSE}"),
    "broken": (answered(500), "WARNING", {READ, WRITE}, f"answered 500 X_CODE: {RESPONSE}"),
    "garbage": (lambda name: httpx.Response(200, html="<h1>?</h1>"), "WARNING", {READ, WRITE}, "answered 200"),
    "page of a proxy": (lambda name: httpx.Response(502, html="<h1>?</h1>"), "WARNING", {READ, WRITE}, "answered 502"),
    "timeout before": (raised(httpx.ConnectTimeout), "WARNING", {READ}, "was not reached: ConnectTimeout"),
    "timeout after": (raised(httpx.ReadTimeout), "WARNING", {READ, WRITE}, "answer was lost: ReadTimeout"),
    "connection refused": (raised(httpx.ConnectError), "WARNING", {READ}, "was not reached: ConnectError"),
    "connection lost": (raised(httpx.ReadError), "WARNING", {READ, WRITE}, "answer was lost: ReadError"),
}
OPS: dict[str, Callable[[Any, Attempt], object]] = {
    "create_checkout": lambda gateway, attempt: gateway.create_checkout(attempt, an_order()),
    "charge_token": lambda gateway, attempt: gateway.charge_token(directly(attempt), an_order()),
    "fetch_payment": lambda gateway, attempt: gateway.fetch_payment(opened(attempt)),
    "create_refund": lambda gateway, attempt: gateway.create_refund(a_refund(opened(attempt), 10000), opened(attempt)),
    "fetch_refund": lambda gateway, attempt: gateway.fetch_refund(a_refund(opened(attempt), 10000), opened(attempt)),
    "fetch_foreign_refund": lambda gateway, attempt: gateway.fetch_foreign_refund("RFD-1", opened(attempt)),
    "capture_payment": lambda gateway, attempt: gateway.capture_payment(opened(attempt), attempt.amount),
    "authorize_payment": lambda gateway, attempt: gateway.authorize_payment(opened(attempt)),
    "cancel_payment": lambda gateway, attempt: gateway.cancel_payment(opened(attempt)),
    "confirm_ref": lambda gateway, attempt: gateway.confirm_ref(directly(attempt), REFS[attempt.gateway][1]),
    "fetch_dispute": lambda gateway, attempt: gateway.fetch_dispute("DP1"),
    "list_disputes": lambda gateway, attempt: gateway.list_disputes(NOW, NOW),
    "accept_dispute": lambda gateway, attempt: gateway.accept_dispute("DP1"),
}
# A refusal that is an answer: a webhook named an object of others.
UNDERSTOOD = {
    (name, "confirm_ref", kind)
    for name in ("stripe", "square", "razorpay")
    for kind in ("refused", "not found", "forbidden")
}


def an_attempt_at(name: str) -> Attempt:
    amount = Money(49900, "INR" if name in ("phonepe", "razorpay") else "USD")
    return replace(an_attempt(), gateway=name, amount=amount)


def directly(attempt: Attempt) -> Attempt:
    return replace(attempt, terms=Terms(capture=CaptureMode.AUTO, source_token="cnon:ok"))


def opened(attempt: Attempt) -> Attempt:
    checkout_ref, payment_ref = REFS[attempt.gateway]
    return replace(attempt, checkout_ref=checkout_ref, payment_ref=payment_ref)


def a_gateway(name: str, fail: Fail, **secret: object) -> Any:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            return httpx.Response(200, json={"access_token": "tok", "expires_in": 3600, "token_type": "O-Bearer"})
        return fail(name)

    given = parts(answer, secret={**simulator_secret(name, HOOK), **secret})
    return build_gateway(Account(name), replace(given, on_failed=report_to(log.note)))


def _never(name: str) -> httpx.Response:
    raise AssertionError(name)


CALLS = [(name, op) for name in BODIES for op in OPS if hasattr(a_gateway(name, _never), op)]


@pytest.fixture
def written(capfd: pytest.CaptureFixture[str]) -> Iterator[Written]:
    with written_to(capfd) as found:
        yield found


def failures(written: Written) -> list[dict[str, Any]]:
    return [line for line in written.lines() if line.get("message") == "gateway.failed"]


@pytest.mark.parametrize(("name", "op"), CALLS)
@pytest.mark.parametrize("kind", KINDS)
def test_one_line_says_what_failed_where_about_what_and_why(name: str, op: str, kind: str, written: Written) -> None:
    fail, level, errors, reason = KINDS[kind]
    attempt = an_attempt_at(name)
    gateway = a_gateway(name, fail)
    if (name, op, kind) in UNDERSTOOD:
        OPS[op](gateway, attempt)
        assert failures(written) == []
        return
    with pytest.raises(GatewayError) as error:
        OPS[op](gateway, attempt)
    (line,) = failures(written)
    assert (line["gateway"], line["operation"], line["level"]) == (name, op, level)
    assert line["error"] == type(error.value).__name__
    assert line["error"] in errors
    assert reason in line["why"]
    assert "(withheld)" not in str(line)
    about = "subject_id" if op.endswith("dispute") else "attempt_id"
    assert op == "list_disputes" or line[about] == ("DP1" if op.endswith("dispute") else attempt.id)
    assert ("refund_id" in line) == (op in ("create_refund", "fetch_refund"))
    assert ("payment_id" in line) == (op in ("create_refund", "fetch_refund", "create_checkout", "charge_token"))


def test_every_operation_that_calls_a_gateway_is_tried() -> None:
    assert {op for _, op in CALLS} == set(OPERATIONS) - {"read_webhook", "is_proved"}
    assert all((name, op) in CALLS for name in BODIES for op in ("create_checkout", "create_refund", "fetch_dispute"))


@pytest.mark.parametrize(("name", "op"), CALLS)
def test_a_missing_secret_is_a_line_for_somebody_who_must_act(name: str, op: str, written: Written) -> None:
    field = {"stripe": "secret_key", "square": "access_token", "razorpay": "key_secret"}.get(name, "client_secret")
    with pytest.raises(GatewayError):
        OPS[op](a_gateway(name, _never, **{field: ""}), an_attempt_at(name))
    (line,) = failures(written)
    assert (line["gateway"], line["operation"], line["level"]) == (name, op, "ERROR")
    assert (line["error"], line["why"]) == (
        "Misconfigured",
        f"pavati/dev/{name}/main/api: field {field} is empty; fill it",
    )


@pytest.mark.parametrize("name", BODIES)
def test_a_webhook_without_its_secret_is_a_line_for_somebody_who_must_act(name: str, written: Written) -> None:
    fields = {"phonepe": "webhook_logins", "paypal": "webhook_id", "square": "webhook_signature_keys"}
    field = fields.get(name, "webhook_secrets")
    with pytest.raises(WebhookForged):
        a_gateway(name, _never, **{field: "a\nb"}).read_webhook(WebhookRequest(b"{}", {}))
    (line,) = failures(written)
    assert (line["operation"], line["level"], line["error"]) == ("read_webhook", "ERROR", "Misconfigured")
    assert line["why"] == f"pavati/dev/{name}/main/webhook: field {field} has a line break inside; paste the key again"


def test_a_webhook_without_the_address_that_its_proof_covers_is_a_line_for_somebody_who_must_act(
    written: Written,
) -> None:
    with pytest.raises(WebhookForged):
        a_gateway("square", _never, notification_url="").read_webhook(WebhookRequest(b"{}", {}))
    (line,) = failures(written)
    assert (line["level"], line["error"]) == ("ERROR", "Misconfigured")
    assert line["why"] == "pavati/dev/square/main/webhook: field notification_url is empty; fill it"


@pytest.mark.parametrize("name", BODIES)
def test_a_forged_webhook_is_no_failed_call(name: str, written: Written) -> None:
    with pytest.raises(WebhookForged):
        a_gateway(name, _never).read_webhook(WebhookRequest(b"{}", {}))
    assert failures(written) == []


def test_what_was_refused_first_is_reported_where_looking_again_fails_too(written: Written) -> None:
    answers = [httpx.Response(400, json=BODIES["razorpay"]), httpx.Response(503)]
    attempt = opened(an_attempt_at("razorpay"))
    with pytest.raises(GatewayError):
        a_gateway("razorpay", lambda name: answers.pop(0)).create_refund(a_refund(attempt, 10000), attempt)
    (line,) = failures(written)
    assert line["why"] == "Razorpay answered 503"
    assert line["earlier"] == f"Razorpay answered 400 X_CODE: {RESPONSE}"


TOKEN_GATEWAYS = ("phonepe", "paypal")


@pytest.mark.parametrize("name", TOKEN_GATEWAYS)
def test_refused_credentials_are_reported_by_the_call_that_needed_the_token(name: str, written: Written) -> None:
    refused = {"code": "INVALID_CLIENT", "error": "invalid_client", "message": RESPONSE, "error_description": RESPONSE}
    given = parts(lambda request: httpx.Response(401, json=refused), secret=simulator_secret(name, HOOK))
    counted: list[str] = []
    given = replace(given, on_failed=report_to(log.note), on_renewal_failed=lambda: counted.append(name))
    with pytest.raises(GatewayError):
        OPS["create_checkout"](build_gateway(Account(name), given), an_attempt_at(name))
    assert counted == [name]
    (line,) = failures(written)
    assert (line["operation"], line["level"]) == ("create_checkout", "ERROR")
    assert RESPONSE in line["why"]
    assert "no access token: " in line["why"]


@pytest.mark.parametrize("name", TOKEN_GATEWAYS)
def test_a_token_that_was_not_renewed_is_reported_though_the_older_one_is_still_good(
    name: str, written: Written
) -> None:
    clock, vault, renewals = StillClock(), MemoryVault(), iter((200, 503))
    token = {"access_token": "tok", "expires_in": 3600, "token_type": "O-Bearer"}
    paid = {"state": "PENDING", "amount": 49900, "id": "ORDER1", "status": "CREATED", "purchase_units": [{}]}

    def answer(request: httpx.Request) -> httpx.Response:
        is_token = request.url.path.endswith("/token")
        return httpx.Response(next(renewals), json=token) if is_token else httpx.Response(200, json=paid)

    given = replace(parts(answer, secret=simulator_secret(name, HOOK), clock=clock), vault=vault)
    counted: list[str] = []
    given = replace(given, on_renewal_failed=lambda: counted.append(name))
    gateway = build_gateway(Account(name), replace(given, on_failed=report_to(log.note)))
    for _ in range(2):
        gateway.fetch_payment(opened(an_attempt_at(name)))
        clock.sleep(2000)
    assert counted == [name]
    (line,) = failures(written)
    assert (line["gateway"], line["operation"], line["level"]) == (name, "fetch_token", "WARNING")
    assert "answered 503" in line["why"]


def test_what_one_operation_requests_of_another_is_reported_once() -> None:
    reported: list[FailedCall] = []
    given = parts(lambda request: httpx.Response(500), secret=simulator_secret("stripe", HOOK))
    gateway = build_gateway(Account("stripe"), replace(given, on_failed=reported.append))
    attempt = replace(opened(an_attempt_at("stripe")), payment_ref="")
    with pytest.raises(GatewayError):
        gateway.create_refund(a_refund(attempt, 10000), attempt)  # It has to fetch the payment first.
    assert [each.operation for each in reported] == ["create_refund"]
    with pytest.raises(GatewayError):
        gateway.fetch_payment(attempt)
    assert [each.operation for each in reported] == ["create_refund", "fetch_payment"]


def test_a_search_that_goes_on_at_the_next_check_is_no_failed_call(written: Written) -> None:
    page = {"object": "list", "data": [{"id": "cs_test_0", "client_reference_id": "att_0"}], "has_more": True}
    gateway = a_gateway("stripe", lambda name: httpx.Response(200, json=page))
    with pytest.raises(SearchUnfinished):
        gateway.fetch_payment(an_attempt_at("stripe"))
    assert failures(written) == []


def test_every_operation_of_the_contract_is_watched() -> None:
    modules = [import_module(f"{contract.__name__}.{found.name}") for found in iter_modules(contract.__path__)]
    by_name = {name: kind for module in modules for name, kind in vars(module).items() if name.startswith("Can")}
    protocols = [Gateway, *by_name.values()]
    methods = {name for kind in protocols for name, value in vars(kind).items() if callable(value) and name[0] != "_"}
    assert methods - {"require_settings"} == set(OPERATIONS)


@pytest.mark.parametrize("name", BODIES)
def test_a_webhook_whose_secret_cannot_be_read_now_is_not_called_forged(name: str, written: Written) -> None:
    def unread(_: str) -> Any:
        raise Unavailable("the secret cannot be read now")

    given = replace(parts(lambda request: _never(name)), read_secret=unread, on_failed=report_to(log.note))
    with pytest.raises(Unavailable, match="cannot be read now"):
        build_gateway(Account(name), given).read_webhook(WebhookRequest(b"{}", {}))
    (line,) = failures(written)
    assert (line["operation"], line["level"], line["error"]) == ("read_webhook", "WARNING", "Unavailable")


def test_a_list_that_fails_is_about_no_dispute(written: Written) -> None:
    with pytest.raises(GatewayError):
        a_gateway("phonepe", answered(500)).list_disputes(NOW, NOW)
    (line,) = failures(written)
    assert "subject_id" not in line
