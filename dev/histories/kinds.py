"""Kinds of flows by gateway: each cell is a flow, killed at each of its points, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from dev.histories import flows_after as after
from dev.histories import flows_decided as decided
from dev.histories import flows_paying as paying
from dev.histories import flows_seldom as seldom
from dev.histories.assumed import Assumed, Holds, assumed_of
from dev.histories.flows import Flow
from dev.histories.flows_at import GATEWAYS

Cell = Flow | str  # A flow, or the reason why there is none.


@dataclass(frozen=True)
class Kind:
    """`in_full_at` is the gateway where `make test` runs all kills of it; `like` is a kind that `make test` runs
    instead.
    """

    make: Callable[[str], Flow]
    in_full_at: str = ""
    never: Mapping[str, str] = field(default_factory=dict)  # By gateway: why there is no such flow.
    like: str = ""

    def cell(self, gateway: str) -> Cell:
        return self.never.get(gateway) or self.make(gateway)

    @property
    def name(self) -> str:
        return next(self.make(gateway).name for gateway in GATEWAYS if gateway not in self.never)


def _where(reason: str, is_so: Callable[[Assumed], bool]) -> dict[str, str]:
    """The reason, for each gateway of which `is_so` holds."""
    return {gateway: reason for gateway in GATEWAYS if is_so(assumed_of(gateway))}


_NO_AUTHORIZATION = _where("it captures at once and authorizes nothing", lambda its: its.holds is Holds.NEVER)
_NO_PART = _where("it captures all or nothing", lambda its: not its.captures_parts)
_NO_VOID = _where("it cannot void an authorization, which lapses by itself", lambda its: not its.lets_go)
_NO_CLOSE = _where("it has no call that closes a checkout", lambda its: not its.closes_checkouts)
_NO_TOKEN = _where("our API charges no tokens of it", lambda its: not its.tokens)
_NO_APPROVAL = _where("its page captures or authorizes without an approval before", lambda its: not its.takes_by_asking)
_NO_REVERSAL = _where("its documents name no reversal other than a refund or a dispute", lambda its: not its.reverses)
_NO_ROUND = _where(
    "its simulator asks for no other answer after a dispute was answered", lambda its: not its.asks_again
)
_PAID_ONCE = _where("what was paid cannot be paid again", lambda its: not its.pays_twice)
_SAME_AMOUNT = _where("its second debit is of the order's amount", lambda its: its.second_is_equal)
_SAME_AMOUNT |= _where("its answer names the first debit alone", lambda its: its.tells_first_alone)
_BY_REF = _where("its refunds are booked one by one, by the gateway's id", lambda its: its.tells_no_total)
_NO_FORCE = _where("it refunds nothing while a dispute is open", lambda its: not its.refunds_in_dispute)
_NO_REFUND_THERE = _where(
    "its dashboard refunds nothing while a dispute is open", lambda its: not its.dashboard_refunds_in_dispute
)
_BY_NAME = _where(
    "the payment cannot be found by our own id before its creation was answered", lambda its: not its.finds_by_our_id
)
_STILL_OPEN = _where("a declined payer may try again at the same page", lambda its: its.stays_open)
_NO_SUM = _where(
    "what is refunded at its dashboard is not looked for in the payment", lambda its: not its.sums_up_refunds
)
_TAKES_BY_ASKING = _where(
    "late money comes only where we ask it for that, and we ask only where the workspace keeps late money",
    lambda its: its.takes_by_asking,
)


def _failover(following: str, in_full_at: str = "") -> Kind:
    """From the column's gateway to another one."""
    never = _where(
        "no workspace of the histories sells by both: in India by PhonePe and Razorpay, elsewhere by the others",
        lambda its: its.country != assumed_of(following).country,
    )
    never |= {following: "it is the first gateway itself"}
    return Kind(
        partial(paying.failover, following=following), in_full_at, never, "" if in_full_at else "failover to razorpay"
    )


def _outcomes(
    make: Callable[..., Flow], outcomes: Iterable[str], in_full_at: str, never: Mapping[str, str]
) -> Iterator[Kind]:
    """The first outcome stands for the others."""
    like = ""
    for outcome in outcomes:
        kind = Kind(partial(make, outcome=outcome), "" if like else in_full_at, never, like)
        like = like or kind.name
        yield kind


_OF_MONEY = ("refund", "refunded outside", "write off")
KINDS = (
    Kind(paying.initiate, "phonepe"),
    Kind(paying.repeat_answered, "phonepe"),
    Kind(paying.repeat_meanwhile, "stripe"),
    Kind(paying.repeat_never_sent, "square"),
    Kind(paying.repeat_never_heard, "phonepe"),
    Kind(paying.webhook, "phonepe"),
    Kind(paying.webhook_received, "paypal"),
    Kind(paying.webhook_of_approval, "paypal", _NO_APPROVAL),
    Kind(paying.webhook_of_authorization, "razorpay", _NO_AUTHORIZATION),
    Kind(paying.poll, "stripe"),
    Kind(paying.come_back, "razorpay"),
    Kind(paying.refresh, like="return"),
    Kind(paying.sweep, "phonepe"),
    Kind(paying.expiry, "stripe"),
    Kind(paying.under_way, "phonepe"),
    Kind(paying.charge, "stripe", _NO_TOKEN),
    Kind(paying.charge_authorized, "", _NO_TOKEN, like="charge"),
    Kind(paying.retry, "stripe"),
    _failover("phonepe"),
    _failover("razorpay", "phonepe"),
    _failover("paypal"),
    _failover("stripe"),
    _failover("square"),
    Kind(paying.replaced, "phonepe"),
    Kind(paying.capture, "razorpay", _NO_AUTHORIZATION),
    Kind(paying.capture_in_part, "stripe", _NO_AUTHORIZATION | _NO_PART),
    Kind(paying.cancel_authorization, "square", _NO_AUTHORIZATION | _NO_VOID),
    Kind(paying.cancel_checkout, "stripe", _NO_CLOSE),
    Kind(after.late_money, "phonepe"),
    Kind(after.late_money_refunded, "razorpay", _TAKES_BY_ASKING),
    Kind(after.second_debit, "razorpay", _PAID_ONCE),
    Kind(after.refund, "stripe"),
    Kind(after.refund_in_part, "phonepe"),
    Kind(after.webhook_of_refund, "razorpay"),
    Kind(after.sweep_of_refund, "phonepe"),
    Kind(after.refresh_of_refund, "stripe"),
    Kind(after.returned, "stripe"),
    Kind(after.by_hand, "phonepe"),
    Kind(after.returned_in_part, "", _BY_REF, like="refund that comes back"),
    Kind(after.reversal, "paypal", _NO_REVERSAL),
    Kind(after.dispute, "square"),
    Kind(after.dispute_lost, "razorpay"),
    Kind(after.dispute_won, like="dispute that is lost"),
    Kind(after.dispute_accepted, "razorpay"),
    Kind(after.dispute_again, "phonepe", _NO_ROUND),
    Kind(after.forced, "razorpay", _NO_FORCE),
    Kind(after.forced_too_late, "", _NO_FORCE, like="refund in spite of a dispute"),
    Kind(after.forced_too_much, "", _NO_FORCE | _NO_REFUND_THERE, like="refund in spite of a dispute"),
    Kind(after.list_of_disputes, "stripe"),
    Kind(after.report, like="sweep"),  # Both are jobs of the schedule, under a lease.
    *_outcomes(decided.about_amount, ("accept", *_OF_MONEY), "phonepe", {}),
    Kind(decided.approval, "phonepe"),
    Kind(decided.approval_void, like="decision that a second person approves"),
    *_outcomes(decided.about_further, ("accept", *_OF_MONEY), "square", _PAID_ONCE | _SAME_AMOUNT),
    *_outcomes(decided.about_late, ("accept", *_OF_MONEY), "stripe", _TAKES_BY_ASKING),
    *_outcomes(decided.about_return, _OF_MONEY, "razorpay", {}),
    *_outcomes(decided.about_refund, ("accept", *_OF_MONEY[1:]), "square", {}),
    *_outcomes(decided.about_completed_refund, ("accept", *_OF_MONEY[1:]), "razorpay", {}),
    Kind(decided.noted, "stripe"),
    Kind(seldom.decided_by_two, like="decision about an amount: accept"),
    Kind(seldom.requested_by_two, like="decision that a second person approves"),
    Kind(seldom.answered_by_two, "", _NO_FORCE, like="refund in spite of a dispute"),
    Kind(seldom.forced_under_review, "", _NO_FORCE | _NO_SUM, like="refund in spite of a dispute"),
    Kind(seldom.repeat_under_review, "", _BY_NAME, like="repeat, answer lost"),
    Kind(seldom.reconciled, "phonepe"),
    Kind(seldom.reconciled_unknown, like="reconciliation"),
    Kind(seldom.under_way_unknown, like="pending past its expiry"),
    Kind(seldom.tried_too_often, "", _STILL_OPEN, like="retry"),
    Kind(seldom.late_and_wrong, "", _TAKES_BY_ASKING, like="decision about late money: accept"),
    Kind(seldom.late_beside_another, "", _TAKES_BY_ASKING, like="decision about late money: accept"),
    Kind(seldom.acceptance_refused, like="dispute that is accepted"),
    Kind(seldom.captured_and_wrong, "", _NO_AUTHORIZATION, like="capture"),
    Kind(seldom.about_failed_refund, like="decision about a refund: accept"),
    *(
        Kind(partial(seldom.about_dead_refund, outcome=outcome), like="decision about a refund: accept")
        for outcome in _OF_MONEY[1:]
    ),
    Kind(seldom.forced_after_review, "", _NO_FORCE | _NO_SUM, like="refund in spite of a dispute"),
    Kind(seldom.about_returned_refund, like="decision about a completed refund: accept"),
)
TABLE: Mapping[str, Mapping[str, Cell]] = {
    kind.name: {gateway: kind.cell(gateway) for gateway in GATEWAYS} for kind in KINDS
}


def flows() -> Iterator[Flow]:
    """The flows of all cells that have one."""
    for row in TABLE.values():
        yield from (cell for cell in row.values() if isinstance(cell, Flow))


def flows_in_full() -> Iterator[Flow]:
    """Flows that `make test` runs in full: all kills except the doubled ones."""
    for kind in KINDS:
        cell = kind.cell(kind.in_full_at) if kind.in_full_at else ""
        if isinstance(cell, Flow):
            yield cell
