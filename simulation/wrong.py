"""Requests that must be refused: about things that do not exist, and for what a gateway cannot do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from payments.domain.case import DEPLOYMENT, Outcome
from payments.domain.money import Money
from payments.domain.payment import Payment
from payments.domain.refund import ReasonCode
from payments.domain.terms import CaptureMode, MethodType, Terms
from payments.store.contract import Reply
from payments.usecases import approvals, cases, deployment, disputes, reports, status
from payments.usecases.capture import cancel_payment, capture_payment, verify_payment
from payments.usecases.cases import Wanted
from payments.usecases.errors import UseCaseError
from payments.usecases.idempotency import key_of
from payments.usecases.initiate import PaymentOrder, Retrying, initiate_payment, retry_payment
from payments.usecases.parts import Parts
from payments.usecases.refund import RefundOrder, get_refund, list_refunds, refund_payment
from simulation.plan import Plan
from simulation.settings import BASE_URL, WORKSPACE
from simulation.shop import OWNER, Shop

_IN_ONE_INVOCATION = 8
_NONE = "none"
_MANUAL, _TOKEN, _UPI = Terms(capture=CaptureMode.MANUAL), Terms(source_token="tok_1"), Terms(MethodType.UPI)

Ask = Callable[[], object]


class NotRefused(Exception):
    """A request that must be refused was not."""


def refused(ask: Ask) -> None:
    """Raises NotRefused where `ask` succeeds; passes on errors of the store and the gateways."""
    try:
        ask()
    except UseCaseError:
        return
    raise NotRefused("a wrong request was not refused")


def ask_wrongly(start: int, shop: Shop, parts: Parts) -> None:
    """Some of the requests, from number `start` on."""
    asks = [*_about_known(shop, parts), *_about_nothing(parts), *_for_no_gateway(shop.plan, parts), *_of_cases(parts)]
    for number in range(_IN_ONE_INVOCATION):
        refused(asks[(start + number) % len(asks)])


def _about_known(shop: Shop, parts: Parts) -> Iterator[Ask]:
    """A refund in another currency, and a retry with a token that was used."""
    for name, known in shop.orders.items():
        if known.payment_id:
            order = RefundOrder(WORKSPACE, known.payment_id, 100, "XTS", ReasonCode.OTHER, "")
            key = key_of(WORKSPACE, "wrong", known.payment_id, b"")
            yield partial(refund_payment, order, key, OWNER, parts, lambda refund: Reply(201, ""))
            if shop.plan.way(name).token:
                workspace = parts.store.within(WORKSPACE).get_workspace()
                asked = (workspace, known.payment_id, Retrying(), key, OWNER, parts)
                yield partial(retry_payment, *asked, _render, BASE_URL)


def _about_nothing(parts: Parts) -> Sequence[Ask]:
    order = RefundOrder(WORKSPACE, _NONE, 100, "", ReasonCode.OTHER, "")
    key = key_of(WORKSPACE, "wrong", _NONE, b"")
    workspace = parts.store.within(WORKSPACE).get_workspace()
    return (
        lambda: status.get_payment(WORKSPACE, _NONE, parts),
        lambda: status.list_events(WORKSPACE, _NONE, parts),
        lambda: status.view_checkout(_NONE, "no token", parts),
        lambda: capture_payment(WORKSPACE, _NONE, None, OWNER, parts),
        lambda: cancel_payment(WORKSPACE, _NONE, "", OWNER, parts),
        lambda: verify_payment(WORKSPACE, _NONE, {}, OWNER, parts),
        lambda: retry_payment(workspace, _NONE, Retrying(), key, OWNER, parts, _render, BASE_URL),
        lambda: refund_payment(order, key, OWNER, parts, lambda refund: Reply(201, "")),
        lambda: get_refund(WORKSPACE, _NONE, parts),
        lambda: list_refunds(WORKSPACE, _NONE, parts),
        lambda: disputes.get_dispute(WORKSPACE, _NONE, parts),
        lambda: disputes.list_payment_disputes(WORKSPACE, _NONE, parts),
        lambda: disputes.accept_dispute(WORKSPACE, _NONE, "", OWNER, parts),
        lambda: approvals.approve(WORKSPACE, _NONE, "", OWNER, parts),
        lambda: reports.get_report(WORKSPACE, _NONE, parts),
        lambda: cases.decide_case(WORKSPACE, _NONE, Wanted(Outcome.NOTED, ""), OWNER, parts),
        lambda: deployment.decide_case(DEPLOYMENT, _NONE, Wanted(Outcome.NOTED, ""), OWNER, parts),
    )


def _render(payment: Payment, checkout_token: str) -> Reply:
    return Reply(201, "")


def _for_no_gateway(plan: Plan, parts: Parts) -> Sequence[Ask]:
    first = plan.gateways[0]
    other = "square" if plan.country == "IN" else "phonepe"

    def initiate(gateway: str, amount: Money, terms: Terms = Terms()) -> Ask:  # noqa: B008  It is frozen.
        def ask() -> object:
            workspace = parts.store.within(WORKSPACE).get_workspace()
            wanted = PaymentOrder(workspace, "ORD-WRONG", amount, gateway, "https://known.example/", 600, terms=terms)
            key = key_of(WORKSPACE, "POST /v1/payments", "wrong", b"")
            return initiate_payment(wanted, key, OWNER, parts, _render, BASE_URL)

        return ask

    usual = Money(49_900, plan.currency)
    always = (
        initiate("nobody", usual),
        initiate(other, usual),
        initiate("", Money(49_900, "XTS")),
        initiate(first, Money(49_900, "XTS"), _UPI),
        initiate(first, Money(0, plan.currency)),
    )
    return (*always, *(initiate(first, usual, terms) for terms in _CANNOT.get(first, ())), *_off_step(first, initiate))


_CANNOT = {"phonepe": (_MANUAL, _TOKEN), "razorpay": (_TOKEN,), "paypal": (_TOKEN,), "square": (_MANUAL,)}


def _off_step(first: str, initiate: Callable[[str, Money], Ask]) -> Sequence[Ask]:
    return (initiate(first, Money(49_950, "TWD")),) if first == "paypal" else ()


def _of_cases(parts: Parts) -> Sequence[Ask]:
    """Decisions with a field too many, a field missing, or an outcome of another kind of case."""
    known = cases.list_cases(WORKSPACE, parts)[:1]
    wrong = (
        Wanted(Outcome.NOT_OURS, ""),
        Wanted(Outcome.REFUNDED_OUTSIDE, ""),
        Wanted(Outcome.WRITE_OFF, "", reference="r"),
        Wanted(Outcome.NOTED, "", attempt_id="a"),
    )
    return [_decision(case.id, wanted, parts) for case in known for wanted in wrong]


def _decision(case_id: str, wanted: Wanted, parts: Parts) -> Ask:
    return lambda: cases.decide_case(WORKSPACE, case_id, wanted, OWNER, parts)
