"""Requests that must be refused: about things that do not exist, and for what a gateway cannot do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from dev.histories.assumed import Holds, assumed_of
from dev.histories.plan import Plan
from dev.histories.settings import WORKSPACE
from dev.histories.shop import ANSWERS, OWNER, Shop
from dev.histories.whole import list_cases
from gateway_simulators import GATEWAYS
from payments.domain.records.case import DEPLOYMENT, Outcome
from payments.domain.records.refund import ReasonCode
from payments.domain.values.money import Money
from payments.domain.values.terms import CaptureMode, MethodType, Terms
from payments.usecases.case import approve as approvals
from payments.usecases.case import decide as cases
from payments.usecases.case.wanted import Wanted
from payments.usecases.dispute import read as disputes
from payments.usecases.dispute.accept import accept_dispute
from payments.usecases.errors import UseCaseError
from payments.usecases.idempotency import key_of
from payments.usecases.payment import read as status
from payments.usecases.payment.cancel import cancel_payment
from payments.usecases.payment.capture import capture_payment
from payments.usecases.payment.create import NewPayment, initiate_payment
from payments.usecases.payment.read import get_checkout
from payments.usecases.payment.retry import RetryOptions, retry_payment
from payments.usecases.payment.verify import verify_payment
from payments.usecases.ports import Ports
from payments.usecases.reconciliation import reports
from payments.usecases.refund.create import NewRefund, refund_payment
from payments.usecases.refund.read import get_refund, list_refunds

_IN_ONE_INVOCATION = 8
_NONE = "none"
_MANUAL, _TOKEN, _UPI = Terms(capture=CaptureMode.MANUAL), Terms(source_token="tok_1"), Terms(MethodType.UPI)

Ask = Callable[[], object]


class NotRefused(Exception):
    """A request that must be refused was not."""


def refused(ask: Ask) -> None:
    """Raises NotRefused if `ask` succeeds; passes on errors of the store and the gateways."""
    try:
        ask()
    except UseCaseError:
        return
    raise NotRefused("a wrong request was not refused")


def ask_wrongly(start: int, shop: Shop, ports: Ports) -> None:
    """Send some of the requests, from number `start` on."""
    asks = [*_about_known(shop, ports), *_about_nothing(ports), *_for_no_gateway(shop.plan, ports), *_of_cases(ports)]
    for number in range(_IN_ONE_INVOCATION):
        refused(asks[(start + number) % len(asks)])


def _about_known(shop: Shop, ports: Ports) -> Iterator[Ask]:
    """A refund in another currency, and a retry with a used token."""
    context = ports.context(WORKSPACE, OWNER)
    for name, known in shop.orders.items():
        if known.payment_id:
            order = NewRefund(known.payment_id, 100, "XTS", ReasonCode.OTHER, "")
            key = key_of("wrong", known.payment_id, b"", ANSWERS)
            yield partial(refund_payment, order, key, context)
            if shop.plan.way(name).token:
                workspace = ports.store.within(WORKSPACE).get_workspace()
                requested = (workspace, known.payment_id, RetryOptions(), key, context)
                yield partial(retry_payment, *requested)


def _about_nothing(ports: Ports) -> Sequence[Ask]:
    order = NewRefund(_NONE, 100, "", ReasonCode.OTHER, "")
    key = key_of("wrong", _NONE, b"", ANSWERS)
    workspace = ports.store.within(WORKSPACE).get_workspace()
    return (
        lambda: status.get_payment(WORKSPACE, _NONE, ports),
        lambda: status.list_events(WORKSPACE, _NONE, ports),
        lambda: get_checkout(_NONE, "no token", ports),
        lambda: capture_payment(_NONE, None, ports.context(WORKSPACE, OWNER)),
        lambda: cancel_payment(_NONE, "", ports.context(WORKSPACE, OWNER)),
        lambda: verify_payment(_NONE, {}, ports.context(WORKSPACE, OWNER)),
        lambda: retry_payment(workspace, _NONE, RetryOptions(), key, ports.context(WORKSPACE, OWNER)),
        lambda: refund_payment(order, key, ports.context(WORKSPACE, OWNER)),
        lambda: get_refund(WORKSPACE, _NONE, ports),
        lambda: list_refunds(WORKSPACE, _NONE, ports),
        lambda: disputes.get_dispute(WORKSPACE, _NONE, ports),
        lambda: disputes.list_payment_disputes(WORKSPACE, _NONE, ports),
        lambda: accept_dispute(_NONE, "", ports.context(WORKSPACE, OWNER)),
        lambda: approvals.approve(_NONE, "", ports.context(WORKSPACE, OWNER)),
        lambda: reports.get_report(WORKSPACE, _NONE, ports),
        lambda: cases.decide_case(_NONE, Wanted(Outcome.NOTED, ""), ports.context(WORKSPACE, OWNER)),
        lambda: cases.decide_case(_NONE, Wanted(Outcome.NOTED, ""), ports.context(DEPLOYMENT, OWNER)),
    )


def _for_no_gateway(plan: Plan, ports: Ports) -> Sequence[Ask]:
    first = plan.gateways[0]
    other = next(name for name in GATEWAYS if assumed_of(name).country != plan.country)

    def initiate(gateway: str, amount: Money, terms: Terms = Terms()) -> Ask:  # noqa: B008  It is frozen.
        def ask() -> object:
            workspace = ports.store.within(WORKSPACE).get_workspace()
            wanted = NewPayment(workspace, "ORD-WRONG", amount, gateway, "https://known.example/", 600, terms=terms)
            key = key_of("create_payment", "wrong", b"", ANSWERS)
            return initiate_payment(wanted, key, ports.context(WORKSPACE, OWNER))

        return ask

    usual = Money(49_900, plan.currency)
    always = (
        initiate("nobody", usual),
        initiate(other, usual),
        initiate("", Money(49_900, "XTS")),
        initiate(first, Money(49_900, "XTS"), _UPI),
        initiate(first, Money(0, plan.currency)),
    )
    return (*always, *(initiate(first, usual, terms) for terms in _cannot(first)), *_off_step(first, initiate))


def _cannot(gateway: str) -> Iterator[Terms]:
    its = assumed_of(gateway)
    if its.holds is not Holds.BY_CHECKOUT:
        yield _MANUAL
    if not its.tokens:
        yield _TOKEN


def _off_step(first: str, initiate: Callable[[str, Money], Ask]) -> Sequence[Ask]:
    amount = assumed_of(first).refused_amount
    return (initiate(first, Money(*amount)),) if amount else ()


def _of_cases(ports: Ports) -> Sequence[Ask]:
    """Decisions with a field too many, a field missing, or an outcome of another kind of case."""
    known = list_cases(WORKSPACE, ports)[:1]
    wrong = (
        Wanted(Outcome.NOT_OURS, ""),
        Wanted(Outcome.REFUNDED_OUTSIDE, ""),
        Wanted(Outcome.WRITE_OFF, "", reference="r"),
        Wanted(Outcome.NOTED, "", attempt_id="a"),
    )
    return [_decision(case.id, wanted, ports) for case in known for wanted in wrong]


def _decision(case_id: str, wanted: Wanted, ports: Ports) -> Ask:
    return lambda: cases.decide_case(case_id, wanted, ports.context(WORKSPACE, OWNER))
