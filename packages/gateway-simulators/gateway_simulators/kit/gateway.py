"""What every simulated gateway shares: a model with time, faults and news, and an app that serves calls under faults.

The model is pure: clock and random source are handed in. Ops, by which faults and counts go: `token`, `pay` (a new
checkout or a direct charge), `status`, `capture`, `cancel`, `refund`, `refund_status`, `dispute` (fetch, list, accept).
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
MAIN = "main"  # The account of a merchant who has one.
_STATES = ("status", "state", "dispute_state")
GARBAGE = "<html><head><title>503</title></head><body><h1>Service Temporarily Unavailable</h1></body></html>"


class GatewayRefusal(Exception):
    """An answer that is an error, in the gateway's own words."""

    def __init__(self, http_status: int, body: Mapping[str, Any], message: str = "") -> None:
        super().__init__(message or f"{http_status} {body}")
        self.http_status = http_status
        self.body = dict(body)


class ClosedError(Exception):
    """The payer, or whoever is at the controls, came too late or twice."""


class UnknownError(LookupError):
    """No order, refund or dispute of this id."""


class NotOfferedError(Exception):
    """This gateway has no such thing."""


@dataclass(frozen=True, slots=True)
class LedgerOrder:
    """One attempt as the gateway knows it. `id` is the merchant's id of it; `state` is open, authorized, paid, failed,
    expired or cancelled; amounts are minor units; `account` is the merchant's, of several.
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
    """`id` is the merchant's, where the gateway has it.

    `state` is open, completed, failed or returned (completed once, and come back since). `made_by` is api, hand (at the
    gateway's dashboard) or reversal (by the gateway itself).
    """

    id: str
    ref: str
    order: str
    amount: int
    state: str
    made_by: str = "api"


@dataclass(frozen=True, slots=True)
class LedgerDispute:
    """`order` is the merchant's id of the attempt; `phase` inquiry, chargeback, pre_arbitration or arbitration; `state`
    open, under_review, won, lost or closed; `money` none, taken or returned.
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
    """Subclasses hold the gateway's records and rules."""

    # By op and reason: what fault `reject` answers. Such as depend on nothing that the simulator knows; the others it
    # says by itself.
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

    # What tests, the controls and the histories may ask and do, whichever gateway it is.

    @abstractmethod
    def ledger_orders(self) -> list[LedgerOrder]: ...

    @abstractmethod
    def ledger_captures(self) -> list[LedgerCapture]:
        """All money ever taken, in order."""

    @abstractmethod
    def ledger_refunds(self) -> list[LedgerRefund]: ...

    @abstractmethod
    def act(self, order_id: str, act: str) -> None:
        """The payer pays, declines, tries and fails, waits or walks away (`pay decline fail_one_try wait abandon`), or
        the gateway tells its news again (`tell_again`). Raises UnknownError, ClosedError.
        """

    @abstractmethod
    def end_refund(self, refund_id: str, *, completes: bool) -> None:
        """Raises UnknownError, ClosedError."""

    @abstractmethod
    def refund_by_hand(self, order_id: str, amount: int) -> str:
        """At the gateway's dashboard; the refund's id. Raises UnknownError, GatewayRefusal."""

    def end_pending(self, order_id: str, *, completes: bool) -> None:
        """Ends what an act `wait` began. Raises UnknownError, ClosedError."""
        raise NotOfferedError("nothing stays pending here")

    def return_refund(self, refund_id: str) -> None:
        """A completed refund comes back. Raises UnknownError, ClosedError."""
        raise NotOfferedError("no refund comes back here")

    def reverse(self, order_id: str, amount: int) -> str:
        """The gateway takes back what it had paid out; the ref of what took it. Raises UnknownError, ClosedError."""
        raise NotOfferedError("no payment is reversed here")

    def open_dispute(self, order_id: str, amount: int, phase: str, reason: str, respond_in_s: float) -> str:
        """The dispute's ref. `reason` "" is the usual one. Raises UnknownError, ClosedError."""
        raise NotOfferedError("nothing is disputed here")

    def contest_dispute(self, ref: str) -> None:
        """The merchant answers at the dashboard. Raises UnknownError, GatewayRefusal."""
        raise NotOfferedError("no dispute is answered at a dashboard here")

    def end_dispute(self, ref: str, act: str) -> None:
        """One of DISPUTE_ACTS. Raises UnknownError, ClosedError."""
        raise NotOfferedError("nothing is disputed here")

    def ledger_disputes(self) -> list[LedgerDispute]:
        return []

    def add_foreign(self, count: int, over_s: float) -> None:
        """Objects of somebody else at the same account, made one by one in the last `over_s` seconds. Lists show them,
        no ledger does.
        """
        raise NotOfferedError("nothing is searched for here")

    def under_way(self) -> set[str]:
        """The merchant's ids of orders whose payer has acted and whose money is neither captured nor refused."""
        return set()

    @abstractmethod
    def forget(self) -> None:
        """All records, but not the credentials given out."""

    def tick(self) -> None:
        """Lets happen what was due by now."""
        self.timers.run_due()

    def count(self, op: str, subject: str = "") -> None:
        self.calls[op, subject] += 1

    def take_webhooks(self) -> list[Webhook]:
        paid, self._webhooks = self._webhooks, []
        return paid

    def announce(self, op: str, *makes: Callable[[float], Webhook]) -> None:
        """All news of one happening are late, lost or doubled together. Each of `makes` is handed the time at which
        its webhook is due; each copy is a delivery of its own.
        """
        late = self.faults.take(op, "late_webhook")
        copies = 0 if self.faults.take(op, "no_webhook") else 2 if self.faults.take(op, "duplicate_webhook") else 1
        delay = 0.0
        if late is not None:
            delay = self._late_webhook_seconds if late.seconds is None else late.seconds
        self._webhooks += [make(self.timers.now() + delay) for make in makes for _ in range(copies)]

    def overtake(self, op: str, subject: str) -> bool:
        """True when the news of this call has to arrive before its answer (`webhook_first`)."""
        return False

    def amount_shown(self, op: str, amount: int) -> int:
        """Only this one answer is wrong."""
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
    """A gateway's HTTP surface over its model. Thin: prove the caller, ask the model, answer in the gateway's words."""

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
        self.model, self.outbox, self.speed = model, outbox, speed  # Speed of the clock, for a page's countdown.
        self.lock: AbstractContextManager[object] = diary or threading.RLock()
        self._diary, self._sleep, self._slow_seconds = diary, sleep, slow_seconds
        super().__init__(routes)

    @abstractmethod
    def is_let_in(self, op: str, request: Request) -> bool:
        """Whether the caller's credentials are good for this call."""

    @abstractmethod
    def unauthorized(self, op: str) -> GatewayRefusal: ...

    @abstractmethod
    def error(self, http_status: int) -> GatewayRefusal:
        """In the gateway's form, with no more to say than this status."""

    def revoke(self, request: Request) -> None:
        """The credentials of this call are worth nothing from now on, where such a thing exists."""

    def account_of(self, request: Request) -> str:
        """The account that a call is made for."""
        return MAIN

    def remembered(self) -> Mapping[str, Any]:
        """What a reset must not forget: credentials given out."""
        return {}

    def tick(self) -> None:
        """What is due happens; its news goes to the outbox."""
        with self.lock:
            self._act_on_due()
            self.post_webhooks()

    def pump(self) -> int:
        """For tests: what is due happens, and every webhook due is delivered. Returns how many posts were tried."""
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
        """One call of the merchant's server: proof, faults, counting. `subject` is our id in it, or empty."""
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
        """A caller without good credentials gets nothing done, so faults after acting wait for the next call."""
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
    """The same with states of which nobody has heard: whoever reads it must not take it for an end."""
    if isinstance(reported, dict):
        return {
            name: NEW_CODE if name in _STATES and reported[name] else _reworded(reported[name]) for name in reported
        }
    return [_reworded(each) for each in reported] if isinstance(reported, list) else reported


def times_of(now: float, count: int, over_s: float) -> list[float]:
    """`count` times, evenly in the last `over_s` seconds, oldest first."""
    return [now - over_s * (1 - (number + 0.5) / count) for number in range(count)]


def wrong(amount: int) -> int:
    """One major unit less, or two more where that would be half or less. Made wrong twice it is never right again,
    and two wrong ones are never in sum the right one.
    """
    return amount - 100 if amount > 200 else amount + 200
