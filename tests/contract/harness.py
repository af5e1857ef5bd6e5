"""What the contract suite needs of a gateway's simulator: a payer, faults, and the gateway's own records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import httpx

from payments.domain.records.payment import Attempt
from payments.domain.records.refund import Refund
from payments.domain.values.terms import AS_IT_COMES, Terms
from payments.gateways.contract.gateway import Gateway
from payments.gateways.contract.payments import CheckoutDetails
from payments.gateways.contract.webhooks import WebhookRequest

# Payments pending for days; a completed refund that comes back; a dashboard refund whose webhook names the payment; a
# reversal; an authorization that lapses.
AFTER_THE_END = frozenset({"wait", "return", "by_hand", "reverse", "lapse"})


class Harness(Protocol):
    """One gateway on one simulator, in process, on a clock that the test moves."""

    gateway: Gateway
    gateway_without_webhook_secret: Gateway
    currency: str
    refunds_need_ref: bool
    proof_covers_body: bool
    decline_ends_it: bool  # False if the page lets the payer try again.
    never_closes: bool  # An unpaid checkout can be paid for ever and cannot be closed.
    # The adapter fetches access tokens; other gateways have keys that are valid until they are rotated.
    has_tokens: bool
    shows: frozenset[str]  # Of AFTER_THE_END: what its simulator and its adapter do.
    authorization_life_s: float  # Afterwards an authorization without a capture lapses.

    @property
    def secrets(self) -> frozenset[str]:
        """Texts that no log and no error may contain: credentials, tokens in use, personal data of the payer."""

    @property
    def faults(self) -> Mapping[str, list[str]]:
        """The simulator's faults, with the ops that each may hit."""

    def new_attempt(self, minor: int = 49900, terms: Terms = AS_IT_COMES) -> Attempt: ...

    def new_authorized(self, minor: int = 49900) -> Attempt:
        """An attempt whose payer has authorized; only where the gateway authorizes."""

    def order(self) -> CheckoutDetails: ...

    def new_refund(self, attempt: Attempt, minor: int) -> Refund: ...

    def new_under_way(self, minor: int = 49900) -> Attempt:
        """An attempt whose payer has acted and whose payment takes days; only for gateways whose `shows` has `wait`."""

    def new_searched(self) -> Attempt:
        """An attempt that only a search finds if its create answer is lost; only where a gateway needs a search."""

    def token_for(self, outcome: str) -> str:
        """The token of an instrument that is `ok`, `declined` or `needs_action`; only where tokens can be charged."""

    # The payer and time.

    def pay(self, attempt: Attempt) -> None: ...

    def decline(self, attempt: Attempt) -> None: ...

    def abandon(self, attempt: Attempt) -> None: ...

    def pay_late(self, attempt: Attempt) -> None:
        """After `late_success` was armed and the time is over: if the payer must act for it, let the payer act."""

    def pass_time(self, seconds: float) -> None: ...

    def add_foreign(self, count: int) -> None:
        """Others at the same account make so many objects in the last ten minutes; only where a search is needed."""

    # What the payer's bank and the gateway do afterwards. Amounts are minor units; refs are the gateway's.

    def end_pending(self, attempt: Attempt, *, completes: bool) -> None:
        """End a pending payment."""

    def end_refund(self, refund: Refund, *, completes: bool) -> None: ...

    def return_refund(self, refund: Refund) -> None:
        """Let a completed refund come back."""

    def refund_by_hand(self, attempt: Attempt, minor: int) -> str:
        """Refund at the gateway's dashboard; returns the refund's ref."""

    def reverse(self, attempt: Attempt, minor: int) -> str:
        """Let the gateway reverse the payment; returns the reversal's ref."""

    def open_dispute(self, attempt: Attempt, minor: int, phase: str = "chargeback") -> str: ...

    def end_dispute(self, ref: str, act: str) -> None:
        """`act` is win, lose, withdraw or reopen."""

    # What goes wrong: `op` is token, pay, status, capture, cancel, refund, refund_status or dispute.

    def fault(self, fault: str, op: str) -> None: ...

    def answer_next(self, response: httpx.Response) -> None:
        """Something between us and the gateway answers the next call, other than for a token; the call never
        arrives.
        """

    def refusal(self, code: str, http_status: int) -> httpx.Response:
        """An error answer in the gateway's format."""

    def report_code(self, name: str) -> None:
        """The next answer has an unknown status."""

    def forget_tokens(self) -> None:
        """Invalidate the issued tokens."""

    # What happened at the gateway.

    def things_to_pay(self, attempt: Attempt) -> int: ...

    def captured(self, attempt: Attempt) -> int: ...

    def authorized(self, attempt: Attempt) -> int:
        """The amount that is authorized, and neither captured nor voided."""

    def refunded(self, attempt: Attempt) -> int: ...

    def calls(self) -> Mapping[str, int]: ...

    # Webhooks.

    def all_webhooks(self) -> list[WebhookRequest]:
        """All webhooks that the gateway sent, oldest first."""

    def sent_again(self, webhook: WebhookRequest) -> WebhookRequest:
        """A second delivery of this webhook."""

    def signed(self, body: bytes) -> WebhookRequest:
        """The body with the gateway's valid proof."""

    def wrongly_signed(self, body: bytes) -> WebhookRequest: ...

    def unknown_event(self, attempt: Attempt) -> bytes: ...
