"""What the histories assume about each gateway: a module for each, of the gateway's name, with its `ASSUMED`.

Only the proof reads it. Written from the gateway's page and not from its adapter, so that the two are held against each
other. What the code itself reads is in `payments.gateways.facts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import import_module


class Holds(StrEnum):
    """What makes the gateway hold money instead of taking it."""

    NEVER = ""
    BY_CHECKOUT = "checkout"  # And by a token, where it charges tokens.
    BY_TOKEN = "token"  # noqa: S105  And by nothing else.


@dataclass(frozen=True, slots=True)
class Labels:
    """Calls as a point's label begins; webhooks with their number, where others of that name may come before."""

    makes: str
    looks: str
    refunds: str
    asks_refund: str
    paid: str  # The last webhook of a payment.
    authorized: str
    refunded: str
    by_hand: str  # Of a refund at the dashboard.
    disputed: str
    lost: str
    won: str
    takes: str = ""  # The call that takes the money of an order, where one is needed.
    again: str = ""  # Of a dispute that wants another answer.
    charges: str = ""
    reversed: str = ""
    back_in_part: str = ""  # Of one of two refunds at the dashboard, which comes back.


@dataclass(frozen=True, slots=True)
class Assumed:
    """The defaults are those of the sample that `make gateway` stamps."""

    labels: Labels | None = None  # None: no flow is written for it yet.
    country: str = "IN"  # Of the workspaces that sell by it: INR in India, else USD.
    # Checkouts.
    unpaid_becomes: str = "open"  # What an unpaid order is there in the end; `expired`: at the time that we gave it.
    left_becomes: str = ""  # What it is there if the system went on to another gateway; "": it is never opened then.
    closes_checkouts: bool = False
    is_unfound: bool = False  # If the answer to its making is lost, nobody can find the checkout.
    is_searched: bool = False  # Its lists are read where an answer was lost.
    finds_by_our_id: bool = False  # Also before the creation was answered.
    makes_anew: bool = False  # One create call that arrives twice makes two orders.
    stays_open: bool = False  # A declined payer may try another card at the same page.
    waits_by_token: bool = False  # Money is under way for days only by a token's debit.
    # Money.
    takes_by_asking: bool = False  # An order takes and holds nothing until we ask for it, whatever its payer did.
    holds: Holds = Holds.NEVER
    captures_parts: bool = True
    lets_go: bool = True  # Of what it holds; else that lapses by itself.
    tokens: Mapping[str, str] = field(default_factory=dict)  # By the fate of their charge.
    refused_amount: tuple[int, str] | None = None  # An amount off its step, and its currency.
    pays_twice: bool = True  # Whether what was paid can be paid again.
    second_is_equal: bool = False  # A second debit is of the order's amount.
    tells_first_alone: bool = False  # Its answer names only the first of two debits.
    # Refunds and disputes.
    least_refund: int = 1  # Minor units.
    tells_no_total: bool = False  # Of what went back: only the webhook of a refund tells of it.
    sums_up_refunds: bool = False  # What is refunded at its dashboard is looked for in the payment.
    reverses: bool = False  # Other than by a refund or a dispute.
    refunds_in_dispute: bool = True  # By our call, while a dispute is open.
    refunds_disputed: bool = False  # Also more than the dispute leaves; then a case says so.
    dashboard_refunds_in_dispute: bool = True  # By hand, while a dispute is open.
    asks_again: bool = False  # Its simulator wants another answer after a dispute was answered.
    # Webhooks.
    proves_anew: bool = False  # A proof is good for minutes, so each delivery gets a fresh one.
    stranger: str = ""  # What its news names instead of our id, where it never tells that.


@cache
def assumed_of(gateway: str) -> Assumed:
    its: Assumed = import_module(f"dev.histories.assumed.{gateway}").ASSUMED
    return its
