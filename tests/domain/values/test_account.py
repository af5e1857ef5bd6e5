"""Which account of a gateway a record belongs to: always that of its attempt."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from payments.domain.records.dispute import Dispute, DisputePhase, DisputeSnapshot, DisputeStatus
from payments.domain.records.event import Why
from payments.domain.records.payment import Payment
from payments.domain.records.workspace import faults_in
from payments.domain.rules import disputing, importing, refunding, transitions
from payments.domain.values.account import FORM, Account
from payments.domain.values.money import Money
from tests.domain.rules.test_money_rules import PAID, START, WHY, a_payment, moved

EU = Account("phonepe", "eu")
AT = START + timedelta(seconds=60)


def paid_at_eu() -> Payment:
    payment = moved(a_payment(), PAID)
    return payment.with_attempt(replace(payment.current, account_name="eu"))


def test_an_account_is_written_as_gateway_and_name_and_main_where_none_is_named() -> None:
    assert Account.of("phonepe:eu") == EU
    assert Account.of("phonepe") == Account.of("phonepe:main") == Account("phonepe", "main")
    assert (str(EU), str(Account("stripe"))) == ("phonepe:eu", "stripe:main")


@pytest.mark.parametrize("text", ["phonepe", "phonepe:eu", "phonepe:a-1", "phonepe:" + "a" * 31])
def test_what_can_name_an_account(text: str) -> None:
    assert FORM.fullmatch(text)


@pytest.mark.parametrize(
    "text", ["", "phonepe:", ":eu", "phonepe:EU", "phonepe:1", "phonepe:e u", "phonepe:" + "a" * 32]
)
def test_what_cannot_name_an_account(text: str) -> None:
    assert not FORM.fullmatch(text)


def test_money_that_came_twice_was_captured_at_the_same_account() -> None:
    payment = paid_at_eu()
    change = transitions.paid_again(payment, payment.current, "att_2", "ref_2", payment.amount, WHY, AT)
    copy = next(one for one in change.payment.attempts if one.id == "att_2")
    assert copy.account == EU
    back = refunding.excess_refunded(change, "att_2", "rfd_1", AT)
    assert back.refund
    assert back.refund.account == EU


def test_a_refund_made_without_us_is_of_the_attempts_account() -> None:
    payment = paid_at_eu()
    assert importing.outside_refund(payment, payment.current, "rfd_1", 100, AT).account == EU


def test_a_dispute_is_of_the_attempts_account() -> None:
    payment = paid_at_eu()
    snapshot = DisputeSnapshot(
        "DSP1", Money(100, "INR"), DisputePhase.CHARGEBACK, DisputeStatus.OPEN, "OPEN", opened_at=AT
    )
    change = disputing.opened(payment, payment.current, "dsp_1", snapshot, Why("gateway", "webhook"), AT)
    assert change
    (dispute,) = (record for record in change.records if isinstance(record, Dispute))
    assert dispute.account == EU


@pytest.mark.parametrize(
    ("gateways", "is_right"),
    [
        (("phonepe:eu", "stripe"), True),
        (("phonepe:main",), True),
        (("phonepe", "phonepe:eu"), False),
        (("phonepe:eu", "phonepe:us"), False),
        (("adyen:eu",), False),
        (("phonepe:",), False),
        ((5,), False),
    ],
)
def test_a_workspace_names_one_account_of_each_gateway(gateways: tuple[object, ...], is_right: bool) -> None:
    assert (not faults_in({"gateways": gateways}, ("phonepe", "stripe"))) is is_right
