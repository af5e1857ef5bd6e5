"""A case is for a person; closing it lets the gateway speak again."""

from __future__ import annotations

import pytest

from payments.domain.payment import Payment
from payments.usecases.cases import close_case, list_cases
from payments.usecases.errors import CaseNotFound
from tests.world import OWNER, WORKSPACE, World


def a_held_payment(world: World) -> Payment:
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.fault("wrong_amount", "status", times=-1)
    world.advance(61)
    world.sweep()
    return world.payment(answer["payment_id"])


def close(world: World) -> None:
    (case,) = list_cases(WORKSPACE, world.parts)
    close_case(WORKSPACE, case.id, "asked PhonePe", OWNER, world.parts)


def test_a_closed_case_releases_its_payment_and_the_gateway_decides_anew(silent_world: World) -> None:
    world = silent_world
    payment = a_held_payment(world)
    world.admin("DELETE", "/_sim/faults")
    close(world)
    assert list_cases(WORKSPACE, world.parts) == []
    assert world.payment(payment.id).review_kind is None
    world.advance(400)
    world.sweep()
    assert world.payment(payment.id).status == "completed"
    assert world.timeline(payment.id)[-3:] == ["payment.under_review", "payment.released", "attempt.completed"]


def test_what_the_gateway_still_contradicts_is_held_again(silent_world: World) -> None:
    world = silent_world
    payment = a_held_payment(world)
    close(world)
    world.advance(400)
    world.sweep()
    assert world.payment(payment.id).review_kind == "amount"
    assert [case.kind for case in list_cases(WORKSPACE, world.parts)] == ["amount_mismatch"]


def test_closing_twice_is_closing_once_and_others_see_no_case(silent_world: World) -> None:
    world = silent_world
    payment = a_held_payment(world)
    close(world)
    version = world.payment(payment.id).version
    close_case(WORKSPACE, f"amount_mismatch:{payment.id}", "again", OWNER, world.parts)
    assert world.payment(payment.id).version == version
    with pytest.raises(CaseNotFound):
        close_case("ws_other", f"amount_mismatch:{payment.id}", "", OWNER, world.parts)


def test_an_answer_from_another_merchant_account_is_a_case(silent_world: World) -> None:
    world = silent_world
    answer = world.initiate()
    world.payer("pay", answer["attempt_id"])
    world.parts.gateway("phonepe").merchant_ref = "MANOTHER"
    world.advance(61)
    world.sweep()
    assert world.payment(answer["payment_id"]).review_kind == "merchant"
