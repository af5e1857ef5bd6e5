"""A payment's new attempt, and the tokens of its checkout."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from payments.domain.records.payment import Attempt, Payment
from payments.domain.values import checkout_tokens
from payments.domain.values.account import Account
from payments.domain.values.ids import ATTEMPT
from payments.domain.values.status import Status
from payments.domain.values.terms import Terms
from payments.usecases.ports import Ports


def with_tokens(payment: Payment, token: str) -> Payment:
    """The payment with the hashes of a new checkout token and of its return token."""
    return replace(
        payment,
        checkout_token_hashes=(*payment.checkout_token_hashes, checkout_tokens.fingerprint(token)),
        return_token_hashes=(
            *payment.return_token_hashes,
            checkout_tokens.fingerprint(checkout_tokens.return_token(token, payment.workspace_id)),
        ),
    )


def new_attempt(number: int, payment: Payment, account: Account, terms: Terms, ports: Ports) -> Attempt:
    """A new attempt for the payment's amount, which expires after the payment's `expires_in_s`."""
    now = ports.clock.now()
    return Attempt(
        id=ports.ids.new(ATTEMPT, now),
        number=number,
        gateway=account.gateway,
        account_name=account.name,
        amount=payment.amount,
        status=Status.CREATED,
        created_at=now,
        sent_at=now,
        expires_at=now + timedelta(seconds=payment.expires_in_s),
        terms=terms,
    )
