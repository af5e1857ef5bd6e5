"""What people do at the API beside the shop: read, send requests that must be refused, answer requests, decide rare
cases.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from dev.histories.cloud import Cloud
from dev.histories.plan import LONGER_THAN_ANY_HISTORY, Act
from dev.histories.settings import OTHER_WORKSPACE, WORKSPACE
from dev.histories.shop import ANSWERS, OWNER, Shop, unheard
from dev.histories.whole import list_approvals, list_cases, list_disputes, list_payments, list_reports
from dev.histories.wrong import ask_wrongly, refused
from payments.api.checkout.responses import CheckoutView
from payments.api.payment.responses import PaymentView
from payments.domain.records.approval import Approval
from payments.domain.records.case import DEPLOYMENT, OUTCOMES, Outcome
from payments.domain.records.event import Why
from payments.domain.records.payment import Payment
from payments.domain.records.refund import ReasonCode
from payments.domain.records.workspace import is_debugged
from payments.domain.values import checkout_tokens
from payments.usecases.case import approve as approvals
from payments.usecases.case import decide as cases
from payments.usecases.case.wanted import Wanted
from payments.usecases.context import Context
from payments.usecases.dispute import read as disputes
from payments.usecases.dispute.accept import accept_dispute
from payments.usecases.dispute.refresh import refresh_dispute
from payments.usecases.errors import UseCaseError
from payments.usecases.gateway.offers import list_gateways
from payments.usecases.idempotency import key_of
from payments.usecases.payment import read as status
from payments.usecases.payment.read import PaymentFilter
from payments.usecases.payment.return_payer import return_payer
from payments.usecases.payment.verify import verify_payment
from payments.usecases.ports import Ports
from payments.usecases.reconciliation import reports
from payments.usecases.reconciliation.run import Window, reconcile
from payments.usecases.refund.create import NewRefund
from payments.usecases.refund.force import request_forced_refund
from payments.usecases.refund.read import get_refund, list_refunds

FINANCE = Why("user:finance", "approved")

Job = Callable[[Ports], object]


@dataclass(frozen=True, slots=True)
class Desk:
    cloud: Cloud
    shop: Shop

    def read(self, act: Act) -> None:
        """Read everything, page by page."""
        tokens = [(known.payment_id, token) for known in self.shop.orders.values() for token in known.checkout_tokens]

        def read_all(ports: Ports) -> object:
            _read_workspace(ports)
            for payment in _payments(ports):
                _read_payment(payment, ports)
            return [_read_checkout(payment_id, token, ports) for payment_id, token in tokens]

        self._invoke("status", "read", read_all)

    def ask_wrongly(self, act: Act) -> None:
        """Send some wrong requests; each must be refused and change nothing."""
        start, shop = act.more["first"], self.shop
        self._invoke("status", "ask wrongly", lambda ports: ask_wrongly(start, shop, ports))

    def verify(self, act: Act) -> None:
        """The payer's browser reports back without a proof."""
        for payment_id in self._known(act):
            self._invoke("checkout", "verify", partial(_verify, payment_id))

    def accept_dispute(self, act: Act) -> None:
        """Accept every dispute, then refresh it."""

        def accept(ports: Ports) -> object:
            for one in list_disputes(WORKSPACE, None, None, ports):
                with suppress(UseCaseError):
                    accept_dispute(one.id, "not worth it", ports.context(WORKSPACE, OWNER))
                    refresh_dispute(one.id, ports.context(WORKSPACE, OWNER))
            return None

        self._invoke("disputes", "accept disputes", accept)

    def force_refund(self, act: Act) -> None:
        """One person requests the refund with a reason, although a chargeback is open; another approves or refuses."""
        minor, agrees = act.more["minor"], act.more["agrees"]
        for payment_id in self._known(act):
            order = NewRefund(payment_id, minor, "", ReasonCode.CUSTOMER_REQUEST, "as promised")
            self._invoke("refund", f"forced refund {act.order}", partial(_force, order, agrees))

    def ask_approval(self, act: Act) -> None:
        """Decisions that need two persons. The one who asked may not approve or ask for something else: both are
        refused.
        """
        choice = int(act.more["choice"])

        def ask(ports: Ports) -> object:
            for case in list_cases(WORKSPACE, ports):
                outcome = OUTCOMES[case.kind][choice % len(OUTCOMES[case.kind])]
                with suppress(UseCaseError):
                    wanted = Wanted(outcome, "asked", reference="r" if outcome is Outcome.REFUNDED_OUTSIDE else "")
                    _, approval = cases.decide_case(case.id, wanted, ports.context(WORKSPACE, OWNER))
                    _, again = cases.decide_case(case.id, wanted, ports.context(WORKSPACE, OWNER))
                    if approval and again and act.more["is_answered"]:
                        _refuse(approval.id, case.id, replace(wanted, note="otherwise"), ports)
            return None

        self._invoke("cases", "ask for approval", ask)

    def answer(self, act: Act) -> None:
        """Finance approves everything that was asked for; if `times` is 2, it is also refused right after."""

        def answer_all(how: Callable[[str, str, Context], Approval], ports: Ports) -> object:
            for approval in list_approvals(WORKSPACE, ports):
                with suppress(UseCaseError):
                    how(approval.id, "seen", ports.context(WORKSPACE, FINANCE))
            return None

        self._invoke("cases", "answer", partial(answer_all, approvals.approve))
        if act.more["times"] > 1:
            self._invoke("cases", "answer", partial(answer_all, approvals.refuse))

    def try_reconcile(self, act: Act) -> None:
        """A dry run, which changes nothing."""

        def run(ports: Ports) -> object:
            now = ports.clock.now()
            return reconcile(Window(now - LONGER_THAN_ANY_HISTORY, now), True, ports.context(WORKSPACE, OWNER))

        self._invoke("reconcile", "dry run", run)

    def decide_deployment(self, act: Act) -> None:
        """Operators decide about orders that no workspace has, two at the same time."""
        choice = int(act.more["choice"])
        ours = [known.payment_id for known in self.shop.orders.values() if known.payment_id]

        def decide(ports: Ports) -> object:
            for case in list_cases(DEPLOYMENT, ports):
                outcome = OUTCOMES[case.kind][choice % len(OUTCOMES[case.kind])]
                payment_id = (ours[-1] if ours else "none") if outcome is Outcome.OURS else ""
                wanted = Wanted(outcome, "looked at", payment_id=payment_id)
                with suppress(UseCaseError):
                    cases.decide_case(case.id, wanted, ports.context(DEPLOYMENT, OWNER))
                    cases.decide_case(case.id, wanted, ports.context(DEPLOYMENT, OWNER))
            return None

        for _ in range(act.more["times"]):
            self._invoke("cases", "decide for the deployment", decide)

    def _known(self, act: Act) -> list[str]:
        payment_id = self.shop.orders[act.order].payment_id
        return [payment_id] if payment_id else []

    def _invoke(self, function: str, name: str, job: Job) -> None:
        self.cloud.invoke(function, name, job, unheard)


def _verify(payment_id: str, ports: Ports) -> object:
    return verify_payment(payment_id, {}, ports.context(WORKSPACE, OWNER))


def _force(order: NewRefund, agrees: bool | None, ports: Ports) -> object:
    """Ask twice with one key: there must be one request."""
    key = key_of("forced refund", order.payment_id, f"{order.minor}".encode(), ANSWERS)
    for _ in range(2):
        answer = request_forced_refund(order, key, ports.context(WORKSPACE, OWNER))
    approval_id = json.loads(answer.body)["approval_id"]
    if agrees is None:
        return None
    if agrees:
        return approvals.approve(approval_id, "seen", ports.context(WORKSPACE, FINANCE))
    return approvals.refuse(approval_id, "no", ports.context(WORKSPACE, FINANCE))


def _refuse(approval_id: str, case_id: str, otherwise: Wanted, ports: Ports) -> None:
    refused(lambda: approvals.approve(approval_id, "myself", ports.context(WORKSPACE, OWNER)))
    with suppress(UseCaseError):
        cases.decide_case(case_id, otherwise, ports.context(WORKSPACE, OWNER))
    approvals.refuse(approval_id, "no", ports.context(WORKSPACE, FINANCE))
    refused(lambda: approvals.approve(approval_id, "after all", ports.context(WORKSPACE, FINANCE)))


def _read_checkout(payment_id: str, token: str, ports: Ports) -> object:
    """The token shows its checkout. Another token, and the payment's id in another workspace, must be refused."""
    refused(lambda: return_payer(payment_id, checkout_tokens.return_token("another", WORKSPACE), ports))
    refused(lambda: status.get_payment(OTHER_WORKSPACE, payment_id, ports))
    return CheckoutView.of(status.get_checkout(payment_id, token, ports))


def _payments(ports: Ports) -> Iterator[Payment]:
    """Every payment, read in small pages. For each also read the list of its status, which must only not raise."""
    now = ports.clock.now()
    since, until = now - LONGER_THAN_ANY_HISTORY, now + LONGER_THAN_ANY_HISTORY
    for payment in list_payments(WORKSPACE, since, until, None, ports):
        yield payment
        status.list_payments(WORKSPACE, PaymentFilter(since, now, payment.status, 2, None), ports)


def _read_payment(payment: Payment, ports: Ports) -> None:
    PaymentView.of(payment, is_staff=True)
    status.find_payments(WORKSPACE, payment.merchant_order_id, ports)
    status.find_payments(WORKSPACE, "ORD-NONE", ports)
    status.list_events(WORKSPACE, payment.id, ports)
    for refund in list_refunds(WORKSPACE, payment.id, ports):
        get_refund(WORKSPACE, refund.id, ports)
        refused(partial(get_refund, OTHER_WORKSPACE, refund.id, ports))
    for dispute in disputes.list_payment_disputes(WORKSPACE, payment.id, ports):
        disputes.get_dispute(WORKSPACE, dispute.id, ports)
        refused(partial(disputes.get_dispute, OTHER_WORKSPACE, dispute.id, ports))


def _read_workspace(ports: Ports) -> None:
    store, now = ports.store.within(WORKSPACE), ports.clock.now()
    workspace = store.get_workspace()
    store.get_member("owner")
    store.get_member("stranger")
    is_debugged(workspace.debug_until, now)
    for currency, minor in (("INR", None), ("USD", 49), ("USD", 4_900)):
        list_gateways(workspace, currency, "", minor, ports)
    for of_status, due_before in ((None, None), ("open", None), ("lost", now + LONGER_THAN_ANY_HISTORY)):
        list_disputes(WORKSPACE, of_status, due_before, ports)
    list_approvals(WORKSPACE, ports)
    list_cases(WORKSPACE, ports)
    list_cases(DEPLOYMENT, ports)
    for report in list_reports(WORKSPACE, ports):
        reports.get_report(WORKSPACE, str(report["reconciliation_id"]), ports)
