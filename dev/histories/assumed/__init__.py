"""What the histories assume about each gateway: one module for each, with its `ASSUMED`.

Only the proof reads it. It is written from the gateway's page and not from its adapter, so that each checks the other.
What the code itself reads is in `payments.gateways.facts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import import_module


class Holds(StrEnum):
    """What makes the gateway authorize instead of capture."""

    NEVER = ""
    BY_CHECKOUT = "checkout"  # Also by a token, where it charges tokens.
    BY_TOKEN = "token"  # noqa: S105  And by nothing else.


@dataclass(frozen=True, slots=True)
class Labels:
    """How the labels of points begin: calls, and webhooks with their number where others of that name come before."""

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
    takes: str = ""  # The call that captures an order, where one is needed.
    again: str = ""  # Of a dispute that needs another answer.
    charges: str = ""
    reversed: str = ""
    back_in_part: str = ""  # Of one of two refunds at the dashboard, which comes back.


@dataclass(frozen=True, slots=True)
class Assumed:
    """The defaults are those of the sample that `make gateway` makes."""

    labels: Labels | None = None  # None: no flow is written for it yet.
    country: str = "IN"  # Of the workspaces that use it: INR in India, else USD.
    # Checkouts.
    unpaid_becomes: str = "open"  # State of an unpaid order in the end; `expired`: at the time that our request set.
    left_becomes: str = ""  # Its state after the system went on to another gateway; "": then it is never opened.
    closes_checkouts: bool = False
    is_unfound: bool = False  # If the create answer is lost, the checkout cannot be found.
    is_searched: bool = False  # Its lists are read where an answer was lost.
    finds_by_our_id: bool = False  # Also before the creation was answered.
    makes_anew: bool = False  # A create call that arrives twice makes two orders.
    stays_open: bool = False  # After a decline the payer may try another card on the same page.
    waits_by_token: bool = False  # Only a debit by token stays pending for days.
    # Money.
    takes_by_asking: bool = False  # An order captures and authorizes nothing until we call, whatever its payer did.
    holds: Holds = Holds.NEVER
    captures_parts: bool = True
    lets_go: bool = True  # It can void an authorization; otherwise the authorization lapses.
    tokens: Mapping[str, str] = field(default_factory=dict)  # By the outcome of their charge.
    refused_amount: tuple[int, str] | None = None  # An amount off the currency's step, and that currency.
    pays_twice: bool = True  # A paid order can be paid again.
    second_is_equal: bool = False  # A second debit has the order's amount.
    tells_first_alone: bool = False  # Its answer names only the first of two debits.
    # Refunds and disputes.
    least_refund: int = 1  # In minor units.
    tells_no_total: bool = False  # A status has no total of refunds: only the webhook of a refund reports it.
    sums_up_refunds: bool = False  # Refunds at its dashboard are looked for in the payment.
    reverses: bool = False  # It reverses other than by a refund or dispute.
    refunds_in_dispute: bool = True  # By our call, while a dispute is open.
    refunds_disputed: bool = False  # Also more than the dispute leaves; then there is a case.
    dashboard_refunds_in_dispute: bool = True  # By hand, while a dispute is open.
    asks_again: bool = False  # Its simulator asks for another answer after a dispute was answered.
    # Webhooks.
    proves_anew: bool = False  # A proof is valid for minutes, so each delivery gets a new one.
    stranger: str = ""  # What its webhooks name instead of our id, where they never have that.


@cache
def assumed_of(gateway: str) -> Assumed:
    its: Assumed = import_module(f"dev.histories.assumed.{gateway}").ASSUMED
    return its
