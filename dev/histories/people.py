"""Payers, the operator, people at the gateway's dashboard, and attackers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from dev.histories import proofs
from dev.histories.assumed import assumed_of
from dev.histories.cloud import Cloud
from dev.histories.plan import LONGER_THAN_ANY_HISTORY, SECOND, Act
from dev.histories.scheduler import Ended
from dev.histories.settings import WORKSPACE
from dev.histories.shop import OWNER, Shop, unheard
from dev.histories.whole import list_cases
from gateway_simulators.kit.gateway import ClosedError, LedgerOrder, NotOfferedError, UnknownError
from payments.domain.records.case import OUTCOMES, Case
from payments.domain.records.event import Why
from payments.domain.values.account import Account
from payments.gateways.contract.errors import WebhookForged
from payments.gateways.contract.webhooks import WebhookRequest
from payments.usecases.case import approve as approvals
from payments.usecases.case import decide as cases
from payments.usecases.case.wanted import FIELD, Wanted
from payments.usecases.dispute.import_list import sync_listed
from payments.usecases.errors import ApprovalNotAllowed, CaseChanged, DecisionNotPossible, UnknownGateway
from payments.usecases.ports import Ports
from payments.usecases.reconciliation.run import Window, reconcile
from payments.usecases.webhook.receive import receive_webhook

_LOOKS_AGAIN_MS = 20_000.0
_LOOKS_MAX = 30
FINANCE = Why("user:finance", "approved")
_REVIEW_S = 7_200.0
_STRANGER = "att_01JD0000000000000000000000"


class People:
    def __init__(self, cloud: Cloud, shop: Shop) -> None:
        self.cloud, self.shop = cloud, shop
        self.reports: list[dict[str, Any]] = []
        self.captured_wrongly: list[str] = []  # Webhooks that should have been refused and were not.

    def at_page(self, act: Act, looks: int = 0) -> None:
        """The payer acts once there is a page: the newest, or the one before."""
        pages = self.shop.orders[act.order].pages
        page = pages[max(0, len(pages) - 1 - act.more["page"])] if pages else ""
        # If two orders have one name, the shop got the URL of only one of them, and which one is not known here.
        if page and self.cloud.theirs.count(page) == 1:
            with suppress(ClosedError):
                for step, under in AT_PAGE[act.do]:
                    self.cloud.theirs.act(page, step, under=under)
                self.cloud.acted[act.do] += 1
                if act.do == "wait":
                    self._await_end(act, page)
            self.cloud.something_happened(None)
            self.cloud.post.watch_gateways()
        elif looks < _LOOKS_MAX:
            self.cloud.after(_LOOKS_AGAIN_MS, lambda: self.at_page(act, looks + 1))

    def _await_end(self, act: Act, attempt_id: str) -> None:
        """What the gateway makes of pending money: drawn by the plan, or after two hours decided by the id."""
        ends = act.more.get("ends", "complete" if attempt_id[-1] < "J" else "deny")
        if ends:
            after_ms = act.more.get("ends_s", _REVIEW_S) * SECOND
            self.cloud.after(after_ms, lambda: self._end_pending(attempt_id, ends))

    def _end_pending(self, attempt_id: str, ends: str) -> None:
        self.cloud.trace.tell(self.cloud.scheduler.now_ms, f"what is pending is to {ends}")
        with suppress(ClosedError, UnknownError, NotOfferedError):
            self.cloud.theirs.end_pending(attempt_id, completes=ends == "complete")
            self.cloud.acted[f"pending: {ends}"] += 1
        self.cloud.something_happened(None)
        self.cloud.post.watch_gateways()

    # The operator, and people at the gateway's dashboard.

    def decide_cases(self, act: Act) -> None:
        """Each open case is decided with one of its outcomes; above the limit, finance approves."""
        choice = int(act.more.get("choice", 0))

        def decide_all(ports: Ports) -> object:
            for case in list_cases(WORKSPACE, ports):
                outcomes = OUTCOMES[case.kind]
                outcome = outcomes[choice % len(outcomes)]
                known = {"reference": "bank transfer 1", "attempt_id": self._attempt_of(case)}
                its_field = FIELD.get(outcome, "")
                wanted = Wanted(outcome, "looked at", **({its_field: known[its_field]} if its_field else {}))
                with suppress(DecisionNotPossible, CaseChanged, ApprovalNotAllowed):
                    _, approval = cases.decide_case(case.id, wanted, ports.context(WORKSPACE, OWNER))
                    if approval:
                        approvals.approve(approval.id, "seen", ports.context(WORKSPACE, FINANCE))
            return None

        self.cloud.invoke("cases", "decide cases", decide_all, unheard)

    def _attempt_of(self, case: Case) -> str:
        """Of a payment with refunds: an attempt that was paid."""
        pages = (
            page for known in self.shop.orders.values() if known.payment_id == case.payment_id for page in known.pages
        )
        return next(iter(pages), "att_none")

    def reconcile(self, act: Act | None = None) -> None:
        def run(ports: Ports) -> object:
            now = ports.clock.now()
            start = now - LONGER_THAN_ANY_HISTORY
            return reconcile(Window(start, now), False, ports.context(WORKSPACE, OWNER))

        def ended(how: Ended) -> None:
            if isinstance(how.value, dict):
                self.reports.append(how.value)

        self.cloud.invoke("reconcile", "reconcile", run, ended)

    def _paid_order(self, act: Act) -> LedgerOrder:
        found = (self.cloud.theirs.order(attempt_id) for attempt_id in self.shop.orders[act.order].pages)
        for order in found:
            if order and order.state == "paid":
                return order
        raise ClosedError(f"{act.order} is not paid")

    def refund_by_hand(self, act: Act) -> None:
        order = self._paid_order(act)
        self.cloud.theirs.refund_by_hand(order.id, max(100, order.captured // act.more["share"]))

    def reverse(self, act: Act) -> None:
        """The gateway reverses the payment itself."""
        order = self._paid_order(act)
        self.cloud.theirs.reverse(order.id, max(1, order.captured // act.more["share"]))

    def return_refund(self, act: Act) -> None:
        """A completed refund comes back; of several, the one that the plan selects."""
        can = [refund for _, refund in self.cloud.theirs.refunds() if refund.state == "completed"]
        if not can:
            raise ClosedError("nothing was refunded")
        self.cloud.theirs.return_refund(can[act.more["which"] % len(can)].ref)

    def dispute(self, act: Act) -> None:
        """Open a dispute, of at most what was captured."""
        order = self._paid_order(act)
        amount = max(1, order.captured // act.more["share"])
        if (
            amount + sum(one.amount for _, one in self.cloud.theirs.disputes() if one.order == order.id)
            > order.captured
        ):
            raise ClosedError(f"{order.id} is disputed already")
        self.cloud.theirs.open_dispute(order.id, amount, act.more["phase"])

    def end_dispute(self, act: Act) -> None:
        """Decide the newest dispute."""
        for _, dispute in list(self.cloud.theirs.disputes())[-1:]:
            self.cloud.theirs.end_dispute(dispute.ref, act.more["how"])

    def contest_dispute(self, act: Act) -> None:
        for _, dispute in list(self.cloud.theirs.disputes())[-1:]:
            if dispute.state == "open":
                self.cloud.theirs.contest_dispute(dispute.ref)

    def list_disputes(self, act: Act | None = None) -> None:
        """The daily schedule."""
        self.cloud.invoke("disputes", "list of disputes", sync_listed, unheard)

    def fail_refund(self, act: Act) -> None:
        for _, refund in list(self.cloud.theirs.refunds()):
            if refund.state == "open":
                self.cloud.theirs.end_refund(refund.ref, completes=False)
                return

    def fail_at_gateway(self, act: Act) -> None:
        """The gateway itself ends an order, perhaps before its shop has received the answer."""
        for _, order in list(self.cloud.theirs.orders()):
            if order.state == "open":
                self.cloud.theirs.act(order.id, "decline")
                return

    def tell_again(self, act: Act) -> None:
        self.cloud.theirs.act(self._paid_order(act).id, "tell_again")

    # Attackers.

    def crowd(self, act: Act) -> None:
        self.cloud.theirs.add_foreign(act.more["count"], act.more["over_s"])

    def forge(self, act: Act) -> None:
        """Send the truth or a lie about the order, without a valid proof."""

        def ended(how: Ended) -> None:
            if not isinstance(how.error, WebhookForged) and not how.was_killed:
                self.captured_wrongly.append("without proof")

        self._tell_lie(act, proofs.forged, ended)

    def misaddress(self, act: Act) -> None:
        """Send a webhook with the main account's proof to an address that no account has."""

        def ended(how: Ended) -> None:
            if not isinstance(how.error, UnknownGateway) and not how.was_killed:
                self.captured_wrongly.append(f"at {act.more['gateway']}/{act.more['account']}")

        self._tell_lie(act, proofs.proof, ended, Account(act.more["gateway"], act.more["account"]))

    def lie(self, act: Act) -> None:
        """Send a lie with a valid proof: only the gateway's own answer may count."""
        self._tell_lie(act, proofs.proof, unheard)

    def tell_of_stranger(self, act: Act) -> None:
        self._tell_lie(Act(act.at_ms, act.do), proofs.proof, unheard)

    def _tell_lie(
        self,
        act: Act,
        prove: Callable[[str, bytes, float], dict[str, str]],
        ended: Callable[[Ended], None],
        at: Account | None = None,
    ) -> None:
        """`at` is the account of the address; None: the gateway's main one."""
        pages = self.shop.orders[act.order].pages if act.order else [_STRANGER]
        about = pages[-1] if pages else "att_none"
        found = next(((name, order) for name, order in self.cloud.theirs.orders() if order.id == about), None)
        gateway = found[0] if found else self.cloud.gateways[0]
        ref = found[1].ref if found else assumed_of(gateway).stranger
        body = proofs.webhook_body(gateway, about, ref)
        request = WebhookRequest(body, prove(gateway, body, self.cloud.scheduler.now_ms / 1000))
        account = at or Account(gateway)
        self.cloud.invoke(
            "webhook", f"lie about {act.order}", lambda ports: receive_webhook(account, request, ports), ended
        )


# What the payer does, step by step, and the gateway's fault at each step.
AT_PAGE: dict[str, tuple[tuple[str, str], ...]] = {
    "pay": (("pay", ""),),
    "decline": (("decline", ""),),
    "fail_then_pay": (("fail_one_try", ""), ("pay", "")),
    "wait": (("wait", ""),),
    "abandon": (("abandon", ""),),
    "pay_late": (("pay", "late_success"),),
    "pay_twice": (("pay", "double_pay"),),
    "pay_after_the_end": (("pay", "late_success"),),
}
