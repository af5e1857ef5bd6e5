"""What every simulated gateway shares: a model with time, faults and webhooks, and an app that serves calls under
faults.

The model does no I/O: clock and random source are injected. Faults and call counts are kept by op: `token`, `pay` (a
new checkout or a direct charge), `status`, `capture`, `cancel`, `refund`, `refund_status`, `dispute` (fetch, list,
accept).
"""

from __future__ import annotations

import json
import threading
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from werkzeug.wrappers import Request, Response

from gateway_simulators.kit.faults import BEFORE_ACTING, EACH, ON_THE_WIRE, REJECT, Fault, Faults
from gateway_simulators.kit.http import AnswerLostError, RefusedError, Router, View, json_answer
from gateway_simulators.kit.outbox import Outbox, Webhook
from gateway_simulators.kit.replay import Diary
from gateway_simulators.kit.timers import Timers

OPS = ("token", "pay", "status", "capture", "cancel", "refund", "refund_status", "dispute")
ABOUT_WEBHOOKS = ("no_webhook", "duplicate_webhook", "late_webhook")
NEW_CODE = "A_NEW_WORD"
MAIN = "main"  # The account of a merchant with a single account.
_STATES = ("status", "state", "dispute_state")
GARBAGE = "<html><head><title>503</title></head><body><h1>Service Temporarily Unavailable</h1></body></html>"


class GatewayRefusal(Exception):
    """An error answer in the gateway's own format: HTTP status and body."""

    def __init__(self, http_status: int, body: Mapping[str, Any], message: str = "") -> None:
        super().__init__(message or f"{http_status} {body}")
        self.http_status = http_status
        self.body = dict(body)


class ClosedError(Exception):
    """The act is no longer possible: the order, refund or dispute has ended already."""


class UnknownError(LookupError):
    """No order, refund or dispute has this id."""


class NotOfferedError(Exception):
    """This gateway does not offer the operation."""


@dataclass(frozen=True, slots=True)
class LedgerOrder:
    """One order as the gateway knows it. `id` is the merchant's id of it.

    `state` is open, authorized, paid, failed, expired or cancelled. Amounts are minor units. `account` is the merchant
    account, where a merchant has several.
    """

    id: str
    ref: str
    amount: int
    currency: str
    state: str
    authorized: int
    captured: int
    refunded: int
    account: str = MAIN


@dataclass(frozen=True, slots=True)
class LedgerCapture:
    order: str
    ref: str
    amount: int
    at: float


@dataclass(frozen=True, slots=True)
class LedgerRefund:
    """One refund. `id` is the merchant's id, where the gateway has it; `amount` is in minor units.

    `state` is open, completed, failed or returned (it had completed, and the money came back). `made_by` is api, hand
    (at the gateway's dashboard) or reversal (by the gateway itself).
    """

    id: str
    ref: str
    order: str
    amount: int
    state: str
    made_by: str = "api"


@dataclass(frozen=True, slots=True)
class LedgerDispute:
    """One dispute. `order` is the merchant's id of the order; `amount` is in minor units.

    `phase` is inquiry, chargeback, pre_arbitration or arbitration. `state` is open, under_review, won, lost or closed.
    `money` is none, debited (from the merchant) or returned.
    """

    ref: str
    order: str
    amount: int
    phase: str
    state: str
    money: str


PHASES = ("inquiry", "chargeback", "pre_arbitration", "arbitration")
DISPUTE_ACTS = ("win", "lose", "withdraw", "reopen")


class GatewayModel(ABC):
    """The records and rules of one gateway, in memory. A subclass exists for each gateway."""

    # Answers of fault `reject`, by op and reason. Only those that do not follow from the simulator's own records; the
    # others are answered without a fault.
    refusals: ClassVar[Mapping[str, Mapping[str, GatewayRefusal]]] = {}

    def __init__(
        self,
        clock: Callable[[], float],
        ops_by_fault: dict[str, tuple[str, ...]],
        late_webhook_seconds: float,
        accounts: Collection[str] = (MAIN,),
    ) -> None:
        self.clock = clock
        self.timers = Timers(clock)
        self.faults = Faults(ops_by_fault | {REJECT: tuple(self.refusals)}, self.refusals, accounts)
        self.calls: Counter[tuple[str, str]] = Counter()
        self._late_webhook_seconds = late_webhook_seconds
        self._webhooks: list[Webhook] = []

    # Operations that every gateway has, for tests and for the controls.

    @abstractmethod
    def ledger_orders(self) -> list[LedgerOrder]: ...

    @abstractmethod
    def ledger_captures(self) -> list[LedgerCapture]:
        """All captures ever made, oldest first."""

    @abstractmethod
    def ledger_refunds(self) -> list[LedgerRefund]: ...

    @abstractmethod
    def act(self, order_id: str, act: str) -> None:
        """Let the payer act, or send the order's last webhook again.

        `act` is `pay`, `decline`, `fail_one_try`, `wait` (the payer acts, the bank answers later), `abandon` or
        `tell_again` (send the webhook again). Raises UnknownError, ClosedError.
        """

    @abstractmethod
    def end_refund(self, refund_id: str, *, completes: bool) -> None:
        """Complete an open refund, or let it fail. Raises UnknownError, ClosedError."""

    @abstractmethod
    def refund_by_hand(self, order_id: str, amount: int) -> str:
        """Refund `amount` minor units at the gateway's dashboard; returns the refund's id. Raises UnknownError,
        GatewayRefusal.
        """

    def end_pending(self, order_id: str, *, completes: bool) -> None:
        """Complete or deny a payment that `wait` left pending. Raises UnknownError, ClosedError, NotOfferedError."""
        raise NotOfferedError("nothing stays pending here")

    def return_refund(self, refund_id: str) -> None:
        """Let a completed refund's money come back to the merchant. Raises UnknownError, ClosedError,
        NotOfferedError.
        """
        raise NotOfferedError("no refund comes back here")

    def reverse(self, order_id: str, amount: int) -> str:
        """Let the gateway reverse `amount` minor units of a payment; returns the gateway's id of the reversal.

        Raises UnknownError, ClosedError, NotOfferedError.
        """
        raise NotOfferedError("no payment is reversed here")

    def open_dispute(self, order_id: str, amount: int, phase: str, reason: str, respond_in_s: float) -> str:
        """Let the payer dispute `amount` minor units; returns the gateway's id of the dispute.

        `phase` is one of PHASES, `reason` the gateway's code ("" for its usual one). `respond_in_s` is the time to
        answer, in seconds. Raises UnknownError, ClosedError, NotOfferedError.
        """
        raise NotOfferedError("nothing is disputed here")

    def contest_dispute(self, ref: str) -> None:
        """Contest the dispute as the merchant does at the dashboard. Raises UnknownError, GatewayRefusal,
        NotOfferedError.
        """
        raise NotOfferedError("no dispute is answered at a dashboard here")

    def end_dispute(self, ref: str, act: str) -> None:
        """Decide a dispute: `act` is one of DISPUTE_ACTS. Raises UnknownError, ClosedError, NotOfferedError."""
        raise NotOfferedError("nothing is disputed here")

    def ledger_disputes(self) -> list[LedgerDispute]:
        return []

    def add_foreign(self, count: int, over_s: float) -> None:
        """Add `count` objects of another system at the same account, evenly over the last `over_s` seconds.

        The gateway's lists show them; the ledger does not. Raises NotOfferedError.
        """
        raise NotOfferedError("nothing is searched for here")

    def under_way(self) -> set[str]:
        """Ids (the merchant's) of orders whose payer has acted and whose money is neither captured nor declined."""
        return set()

    @abstractmethod
    def forget(self) -> None:
        """Delete all records; keep the issued credentials."""

    def tick(self) -> None:
        """Do everything that is due by now."""
        self.timers.run_due()

    def count(self, op: str, subject: str = "") -> None:
        self.calls[op, subject] += 1

    def take_webhooks(self) -> list[Webhook]:
        paid, self._webhooks = self._webhooks, []
        return paid

    def announce(self, op: str, *makes: Callable[[float], Webhook]) -> None:
        """Queue the webhooks of one happening; a webhook fault delays, drops or doubles all of them together.

        Each of `makes` receives the epoch second at which its webhook is due. It is called once per copy, as each copy
        is a delivery of its own.
        """
        late = self.faults.take(op, "late_webhook")
        copies = 0 if self.faults.take(op, "no_webhook") else 2 if self.faults.take(op, "duplicate_webhook") else 1
        delay = 0.0
        if late is not None:
            delay = self._late_webhook_seconds if late.seconds is None else late.seconds
        self._webhooks += [make(self.timers.now() + delay) for make in makes for _ in range(copies)]

    def overtake(self, op: str, subject: str) -> bool:
        """True if the webhook of this call must arrive before the call's answer (fault `webhook_first`)."""
        return False

    def amount_shown(self, op: str, amount: int) -> int:
        """The amount (minor units) to show; a wrong one, in this answer only, under fault `wrong_amount`."""
        return wrong(amount) if self.faults.take(op, "wrong_amount") else amount

    def reset(self) -> None:
        self.forget()
        self.calls.clear()
        self._webhooks.clear()
        self.timers.clear()
        self.faults.clear()

    def ledger(self) -> dict[str, Any]:
        calls = {op: sum(n for (name, _), n in self.calls.items() if name == op) for op in OPS}
        return {
            "orders": [asdict(order) | {"calls": self._calls_of(order.id)} for order in self.ledger_orders()],
            "captures": [asdict(capture) for capture in self.ledger_captures()],
            "refunds": [asdict(refund) | {"calls": self._calls_of(refund.id)} for refund in self.ledger_refunds()],
            "disputes": [asdict(dispute) for dispute in self.ledger_disputes()],
            "calls": calls,
        }

    def _calls_of(self, subject: str) -> dict[str, int]:
        return {op: self.calls[op, subject] for op in OPS if self.calls[op, subject]}


class GatewayApp(Router, ABC):
    """A gateway's HTTP interface over its model: check the credentials, call the model, answer in the gateway's
    format.
    """

    def __init__(
        self,
        model: GatewayModel,
        outbox: Outbox,
        sleep: Callable[[float], None],
        speed: float,
        routes: Iterable[tuple[str, str, View]],
        diary: Diary | None = None,
        slow_seconds: float = 8.0,
    ) -> None:
        # `speed` is the clock's; a page's countdown needs it.
        self.model, self.outbox, self.speed = model, outbox, speed
        self.lock: AbstractContextManager[object] = diary or threading.RLock()
        self._diary, self._sleep, self._slow_seconds = diary, sleep, slow_seconds
        super().__init__(routes)

    @abstractmethod
    def is_let_in(self, op: str, request: Request) -> bool:
        """True if the caller's credentials are valid for this call."""

    @abstractmethod
    def unauthorized(self, op: str) -> GatewayRefusal: ...

    @abstractmethod
    def error(self, http_status: int) -> GatewayRefusal:
        """The gateway's error answer for this status, without any details."""

    def revoke(self, request: Request) -> None:
        """Make this call's credentials invalid from now on, where the gateway can revoke them."""

    def account_of(self, request: Request) -> str:
        """The merchant account for which the call is made."""
        return MAIN

    def remembered(self) -> Mapping[str, Any]:
        """What a reset must keep: the issued credentials."""
        return {}

    def tick(self) -> None:
        """Do everything that is due by now and put the resulting webhooks into the outbox."""
        with self.lock:
            self._act_on_due()
            self.post_webhooks()

    def pump(self) -> int:
        """For tests: do everything that is due and deliver every due webhook. Returns how many deliveries were
        tried.
        """
        self.tick()
        return self.outbox.pump()

    def post_webhooks(self) -> None:
        for webhook in self.model.take_webhooks():
            if webhook.url and not self._is_replaying:
                self.outbox.add(webhook)

    def reset(self) -> None:
        self.model.reset()
        self.outbox.clear()
        if self._diary:
            self._diary.start_again(self.remembered())

    def serve(self, op: str, request: Request, subject: str, act: Callable[[], dict[str, Any] | Response]) -> Response:
        """Serve one call of the merchant's server: apply an armed fault, check the credentials, count the call.

        `subject` is the merchant's id of what the call is about, or "". Raises RefusedError and AnswerLostError under
        faults.
        """
        with self.lock:
            self._act_on_due()
            fault = self._take_fault(op, request)
            if fault and fault.fault == "refuse":
                raise RefusedError("the simulator refused the connection")
            self.model.count(op, subject)
            answer = self._answer(op, request, fault, act)
            is_overtaken = answer.status_code in (200, 201) and self.model.overtake(op, subject)
            self.post_webhooks()
        if is_overtaken:
            self.outbox.pump()
        return self._spoil(answer, fault)

    def _act_on_due(self) -> None:
        due_at = self.model.timers.next_due_at()
        if self._diary and due_at is not None and due_at <= self.model.clock():
            self._diary.mark()
        self.model.tick()

    @property
    def _is_replaying(self) -> bool:
        return self._diary is not None and self._diary.is_replaying

    def _take_fault(self, op: str, request: Request) -> Fault | None:
        """A caller without valid credentials changes nothing, so faults that come after acting stay armed for the next
        call.
        """
        faults = {*ON_THE_WIRE, REJECT} if self.is_let_in(op, request) else BEFORE_ACTING
        return self.model.faults.take(op, *faults, account=self.account_of(request))

    def _answer(
        self, op: str, request: Request, fault: Fault | None, act: Callable[[], dict[str, Any] | Response]
    ) -> Response:
        try:
            self._fail_early(op, request, fault)
            answer = act()
        except GatewayRefusal as refusal:
            return json_answer(refusal.body, refusal.http_status)
        return answer if isinstance(answer, Response) else json_answer(answer)

    def _fail_early(self, op: str, request: Request, fault: Fault | None) -> None:
        if fault and fault.fault == "error_before":
            raise self.error(fault.status)
        if fault and fault.fault == REJECT:
            refusals = self.model.refusals[op]
            in_turn = [*refusals.values()][self.model.calls.total() % len(refusals)]
            refusal = in_turn if fault.reason == EACH else refusals[fault.reason]
            raise GatewayRefusal(refusal.http_status, refusal.body)
        if fault and fault.fault == "unauthorized":
            self.revoke(request)
            raise self.unauthorized(op)
        if not self.is_let_in(op, request):
            raise self.unauthorized(op)

    def _spoil(self, answer: Response, fault: Fault | None) -> Response:
        match fault.fault if fault else "":
            case "lose_answer":
                raise AnswerLostError("the simulator acted and lost its answer")
            case "error_after":
                error = self.error(fault.status if fault else 500)
                return json_answer(error.body, error.http_status)
            case "truncated":
                answer.set_data(answer.get_data()[: len(answer.get_data()) // 2])
            case "new_word":
                answer.set_data(json.dumps(_reworded(json.loads(answer.get_data()))))
            case "garbage":
                return Response(GARBAGE, 200, content_type="text/html")
            case "slow":
                seconds = fault.seconds if fault else None
                if not self._is_replaying:
                    self._sleep(self._slow_seconds if seconds is None else seconds)
        return answer


def _reworded(reported: Any) -> Any:
    """The answer with every state replaced by an unknown one. A client must not take an unknown state for a final
    one.
    """
    if isinstance(reported, dict):
        return {
            name: NEW_CODE if name in _STATES and reported[name] else _reworded(reported[name]) for name in reported
        }
    return [_reworded(each) for each in reported] if isinstance(reported, list) else reported


def times_of(now: float, count: int, over_s: float) -> list[float]:
    """`count` epoch times, evenly over the last `over_s` seconds, oldest first."""
    return [now - over_s * (1 - (number + 0.5) / count) for number in range(count)]


def wrong(amount: int) -> int:
    """A wrong amount: one major unit less, or two more where the amount is at most 200 minor units.

    Applied twice it never gives the right amount, and two wrong amounts never add up to the right one.
    """
    return amount - 100 if amount > 200 else amount + 200
