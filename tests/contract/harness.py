"""What the contract suite needs of a gateway's stand-in: a payer, faults, and a look at what really happened."""

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

# Money that is under way for days; a completed refund that comes back; a refund made at the dashboard, whose webhook
# names the payment; money that the gateway takes back; an authorization that lapses.
AFTER_THE_END = frozenset({"wait", "return", "by_hand", "reverse", "lapse"})


class Harness(Protocol):
    """One gateway on one simulator, in-process, with time in hand."""

    gateway: Gateway
    gateway_without_webhook_secret: Gateway
    currency: str
    refunds_need_ref: bool
    proof_covers_body: bool
    decline_ends_it: bool  # False where the page lets the payer try again.
    never_closes: bool  # An unpaid checkout stays payable for ever, and nobody can close it.
    has_tokens: bool  # An access token is fetched; other gateways have keys that live until they are rotated.
    shows: frozenset[str]  # Of AFTER_THE_END: what its simulator and its adapter do.
    authorization_life_s: float  # After it an authorization that nobody captured lapses.

    @property
    def secrets(self) -> frozenset[str]:
        """Must never be seen in a log or an error: credentials, tokens in use, personal data of the payer."""

    @property
    def faults(self) -> Mapping[str, list[str]]:
        """Those that the simulator knows, with the ops that each may hit."""

    def new_attempt(self, minor: int = 49900, terms: Terms = AS_IT_COMES) -> Attempt: ...

    def new_authorized(self, minor: int = 49900) -> Attempt:
        """One whose payer has agreed to be charged later; only where money can be held."""

    def order(self) -> CheckoutDetails: ...

    def new_refund(self, attempt: Attempt, minor: int) -> Refund: ...

    def new_under_way(self, minor: int = 49900) -> Attempt:
        """An attempt whose payer has acted and whose money takes days; only for gateways whose `shows` has `wait`."""

    def new_searched(self) -> Attempt:
        """An attempt that only a search finds once the answer of its create call is lost; where a gateway needs one."""

    def token_for(self, outcome: str) -> str:
        """Of an instrument that is `ok`, `declined` or `needs_action`; only where a token can be charged."""

    # The payer and time.

    def pay(self, attempt: Attempt) -> None: ...

    def decline(self, attempt: Attempt) -> None: ...

    def abandon(self, attempt: Attempt) -> None: ...

    def pay_late(self, attempt: Attempt) -> None:
        """After `late_success` was armed and its time is over: where the payer must act for it, he does."""

    def pass_time(self, seconds: float) -> None: ...

    def add_foreign(self, count: int) -> None:
        """Others at the same account make so much in the last ten minutes; only where something is searched for."""

    # What the payer's bank and the gateway do afterwards. Amounts are minor units; refs are the gateway's.

    def end_pending(self, attempt: Attempt, *, completes: bool) -> None:
        """Of money under way."""

    def end_refund(self, refund: Refund, *, completes: bool) -> None: ...

    def return_refund(self, refund: Refund) -> None:
        """It had completed, and comes back."""

    def refund_by_hand(self, attempt: Attempt, minor: int) -> str:
        """At the gateway's dashboard; the refund's ref."""

    def reverse(self, attempt: Attempt, minor: int) -> str:
        """The gateway takes back what it had paid out; the ref of what took it."""

    def open_dispute(self, attempt: Attempt, minor: int, phase: str = "chargeback") -> str: ...

    def end_dispute(self, ref: str, act: str) -> None:
        """`act` is win, lose, withdraw or reopen."""

    # What goes wrong: `op` is token, pay, status, capture, cancel, refund, refund_status or dispute.

    def fault(self, fault: str, op: str) -> None: ...

    def answer_next(self, response: httpx.Response) -> None:
        """The next call, other than for a token, is answered by something in between and never arrives."""

    def refusal(self, code: str, http_status: int) -> httpx.Response:
        """As the gateway refuses a request."""

    def report_code(self, name: str) -> None:
        """The next answer's status is a word that nobody has seen."""

    def forget_tokens(self) -> None:
        """Tokens that were issued are no longer accepted."""

    # What happened at the gateway.

    def things_to_pay(self, attempt: Attempt) -> int: ...

    def captured(self, attempt: Attempt) -> int: ...

    def authorized(self, attempt: Attempt) -> int:
        """What is held and neither taken nor let go."""

    def refunded(self, attempt: Attempt) -> int: ...

    def calls(self) -> Mapping[str, int]: ...

    # Webhooks.

    def all_webhooks(self) -> list[WebhookRequest]:
        """What the gateway sent, oldest first."""

    def sent_again(self, webhook: WebhookRequest) -> WebhookRequest:
        """As the gateway delivers it a second time."""

    def signed(self, body: bytes) -> WebhookRequest:
        """With the proof that the gateway would give to this body."""

    def wrongly_signed(self, body: bytes) -> WebhookRequest: ...

    def unknown_event(self, attempt: Attempt) -> bytes: ...
