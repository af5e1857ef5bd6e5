"""The merchant's server: it sends requests, repeats them with the same key, and compares the answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from dev.histories.assumed import assumed_of
from dev.histories.cloud import Cloud
from dev.histories.plan import Act, Plan
from dev.histories.scheduler import Ended
from dev.histories.settings import BASE_URL, OTHER_WORKSPACE, WORKSPACE
from payments.domain.records.approval import Approval
from payments.domain.records.event import Why
from payments.domain.records.payment import Payment
from payments.domain.records.refund import ReasonCode, Refund
from payments.domain.values import checkout_tokens
from payments.domain.values.money import Money
from payments.domain.values.terms import ActionKind, CaptureMode, Terms
from payments.store.contract.claims import StoredAnswer
from payments.store.contract.workspaces import Workspace
from payments.usecases.errors import DuplicateOrder, InvalidState, KeyReused
from payments.usecases.idempotency import key_of
from payments.usecases.payment.cancel import cancel_payment
from payments.usecases.payment.capture import capture_payment
from payments.usecases.payment.create import NewPayment, initiate_payment
from payments.usecases.payment.refresh import refresh_payment
from payments.usecases.payment.retry import RetryOptions, retry_payment
from payments.usecases.payment.return_payer import return_payer
from payments.usecases.ports import Ports
from payments.usecases.refund.create import NewRefund, refund_payment

OWNER = Why("user:owner", "initiate")
_API_GIVES_UP_MS = 30_000.0
_AGAIN_MS = (2_000.0, 5_000.0, 35_000.0, 60_000.0, 120_000.0)


@dataclass
class Order:
    """What the merchant knows of one order."""

    payment_id: str = ""
    pages: list[str] = field(default_factory=list)  # Attempts with a page that the payer was sent to, or a charge.
    tokens: list[str] = field(default_factory=list)
    checkout_tokens: list[str] = field(default_factory=list)


class Shop:
    def __init__(self, cloud: Cloud, plan: Plan) -> None:
        self.cloud, self.plan = cloud, plan
        self.orders = {order: Order() for order in plan.amounts}
        self.answers: dict[tuple[str, ...], str] = {}
        self.differing: list[str] = []

    def initiate(self, act: Act) -> None:
        workspace = OTHER_WORKSPACE if act.more.get("workspace") else WORKSPACE
        minor = act.more.get("minor", self.plan.amounts[act.order])
        body = f"{act.order} {minor}".encode()
        key = key_of("create_payment", f"{act.order}-{act.more['key']}", body, ANSWERS)

        def ask(ports: Ports) -> object:
            order = self._wanted(act.order, minor, ports.store.within(workspace).get_workspace())
            return initiate_payment(order, key, ports.context(workspace, OWNER))

        same = ("initiate", workspace, act.order, act.more["key"], str(minor))
        self._ask("initiate", f"initiate {act.order}", ask, same, act.more.get("tries", 0))

    def retry(self, act: Act) -> None:
        # A replaced order gets another payment id later, and so another request.
        payment_id = self.orders[act.order].payment_id
        if not payment_id:
            return
        key = key_of("retry", f"{act.order}-{act.more['key']}", payment_id.encode(), ANSWERS)
        options = self._retry_options(act)

        def ask(ports: Ports) -> object:
            workspace = ports.store.within(WORKSPACE).get_workspace()
            return retry_payment(workspace, payment_id, options, key, ports.context(WORKSPACE, OWNER))

        same = ("retry", act.order, act.more["key"], payment_id)
        self._ask("initiate", f"retry {act.order}", ask, same, act.more["tries"])

    def _wanted(self, order: str, minor: int, workspace: Workspace) -> NewPayment:
        return NewPayment(
            workspace=workspace,
            merchant_order_id=f"ORD-{order}",
            amount=Money(minor, self.plan.currency),
            gateway="" if self.plan.is_routed else self.plan.gateways[0],
            return_url="https://known.example/done",
            expires_in_s=self.plan.lives_s[order],
            terms=self._terms(order),
        )

    def _terms(self, order: str) -> Terms:
        way = self.plan.way(order)
        token = assumed_of(self.plan.gateways[0]).tokens[way.token] if way.token else ""
        return Terms(capture=CaptureMode.MANUAL if way.is_manual else CaptureMode.AUTO, source_token=token)

    def _retry_options(self, act: Act) -> RetryOptions:
        """One of the retries differs: with a declined card, or at another gateway."""
        gateways, is_other = self.plan.gateways, act.more["key"] == "r2"
        if self.plan.way(act.order).token:
            return RetryOptions(source_token=assumed_of(gateways[0]).tokens["declined" if is_other else "ok"])
        return RetryOptions(gateway=gateways[-1] if is_other else "")

    def capture(self, act: Act) -> None:
        minor = act.more["minor"]
        self._tell(act, lambda payment_id, ports: capture_payment(payment_id, minor, ports.context(WORKSPACE, OWNER)))

    def cancel(self, act: Act) -> None:
        self._tell(act, lambda payment_id, ports: cancel_payment(payment_id, "", ports.context(WORKSPACE, OWNER)))

    def _tell(self, act: Act, do: Callable[[str, Ports], object]) -> None:
        """A request without a key: repeating it has no second effect."""
        if payment_id := self.orders[act.order].payment_id:
            self.cloud.invoke("capture", f"{act.do} {act.order}", lambda ports: do(payment_id, ports), unheard)

    def refund(self, act: Act) -> None:
        known, minor = self.orders[act.order], act.more["minor"]
        if not known.payment_id:
            return
        order = NewRefund(known.payment_id, minor, "", ReasonCode.CUSTOMER_REQUEST, "")
        # A payment that replaces another has its own keys.
        name = f"{act.order}-{act.more['key']}-{known.payment_id}"
        key = key_of("refund", name, f"{known.payment_id} {minor}".encode(), ANSWERS)

        def ask(ports: Ports) -> object:
            return refund_payment(order, key, ports.context(WORKSPACE, OWNER))

        same = ("refund", act.order, act.more["key"], str(minor), known.payment_id)
        self._ask("refund", f"refund {act.order}", ask, same, act.more["tries"])

    def _ask(self, function: str, name: str, ask: Callable[[Ports], object], same: tuple[str, ...], tries: int) -> None:
        """Send a request, and repeat it with the same key until there is a good answer. A killed function gives
        none.
        """
        requested_at = self.cloud.scheduler.now_ms

        def ended(how: Ended) -> None:
            if isinstance(how.value, StoredAnswer):
                return self._remember_reply(same, how.value)
            if same in self.answers and isinstance(how.error, DuplicateOrder | KeyReused | InvalidState):
                self.differing.append(f"{same}: answered before, now {type(how.error).__name__}")
            if tries > 0:
                waited = self.cloud.scheduler.now_ms - requested_at
                pause = _AGAIN_MS[min(tries, len(_AGAIN_MS)) - 1]
                wait = max(pause, _API_GIVES_UP_MS - waited) if how.was_killed else pause
                self.cloud.after(wait, lambda: self._ask(function, name, ask, same, tries - 1))
            return None

        self.cloud.invoke(function, name, ask, ended)

    def _remember_reply(self, same: tuple[str, ...], reply: StoredAnswer) -> None:
        earlier = self.answers.setdefault(same, reply.body)
        if earlier != reply.body:
            self.differing.append(f"{same}: {earlier} and {reply.body}")
        text = json.loads(reply.body)
        if same[-1].isdigit() and text["amount"] != int(same[-1]):
            self.differing.append(f"{same}: answered for another amount, {reply.body}")
        if same[0] == "refund" or same[1] == OTHER_WORKSPACE:
            return
        known = self.orders[same[2] if same[0] == "initiate" else same[1]]
        known.payment_id = text["payment_id"]
        if text["is_there"] and text["attempt_id"] not in known.pages:
            known.pages.append(text["attempt_id"])
            known.tokens.append(checkout_tokens.return_token(text["checkout_token"], WORKSPACE))
            known.checkout_tokens.append(text["checkout_token"])

    def refresh(self, act: Act) -> None:
        known = self.orders[act.order]
        if known.payment_id:
            why = Why("user:owner", "refresh")
            self.cloud.invoke(
                "checkout",
                f"refresh {act.order}",
                lambda ports: refresh_payment(known.payment_id, ports.context(WORKSPACE, why)),
                unheard,
            )

    def come_back(self, act: Act) -> None:
        known = self.orders[act.order]
        if known.tokens:
            token = known.tokens[-1]
            self.cloud.invoke(
                "checkout",
                f"return {act.order}",
                lambda ports: return_payer(known.payment_id, token, ports),
                unheard,
            )


def unheard(how: Ended) -> None:
    """An answer that nobody waits for."""


class ShopAnswers:
    """The simulated API's answers to requests with a key."""

    def payment(self, payment: Payment, checkout_token: str) -> StoredAnswer:
        view = {
            "payment_id": payment.id,
            "attempt_id": payment.current.id,
            "status": payment.status,
            "is_there": payment.current.terms.is_direct or payment.current.next_action.kind is not ActionKind.NONE,
            "checkout_token": checkout_token,
            "amount": payment.amount.minor,
        }
        return StoredAnswer(201, json.dumps(view))

    def refund(self, refund: Refund) -> StoredAnswer:
        view = {"refund_id": refund.id, "status": refund.status, "amount": refund.amount.minor}
        return StoredAnswer(201, json.dumps(view))

    def approval(self, approval: Approval) -> StoredAnswer:
        return StoredAnswer(202, json.dumps({"approval_id": approval.id, "amount": approval.amount.minor}))

    def return_address(self, payment_id: str, return_token: str) -> str:
        return f"{BASE_URL}/v1/checkouts/{payment_id}/return?rt={return_token}"


ANSWERS = ShopAnswers()
