from __future__ import annotations

import base64

import pytest

from tests.security.attacks.judge import Judge
from tests.security.attacks.scene import Scene, a_post, a_raw_payment
from tests.security.attacks.structures import (
    FLAGS,
    GOOD,
    MINIMUM,
    NO_SUCH_FIELDS,
    NOT_ONE_OBJECT,
    OTHER_MEDIA,
    TOO_LARGE,
)


@pytest.mark.parametrize("name", NOT_ONE_OBJECT)
def test_a_body_that_is_not_one_plain_object_is_answered_with_the_right_form(
    judge: Judge, scene: Scene, name: str
) -> None:
    body = NOT_ONE_OBJECT[name]
    for event in (a_raw_payment(body), a_post(scene.ours.refunds, body)):
        assert "Send" in judge(event, "invalid_request").message


@pytest.mark.parametrize("name", NO_SUCH_FIELDS)
def test_a_field_that_is_not_there_or_not_so_is_refused(judge: Judge, name: str) -> None:
    judge(a_raw_payment(NO_SUCH_FIELDS[name]), "invalid_request")


@pytest.mark.parametrize("name", TOO_LARGE)
def test_a_body_over_64_kilobytes_is_refused(judge: Judge, name: str) -> None:
    assert "64 KB" in judge(a_raw_payment(TOO_LARGE[name]), "request_too_large").message


@pytest.mark.parametrize("name", OTHER_MEDIA)
def test_other_media_and_encodings_are_refused(judge: Judge, name: str) -> None:
    judge(a_raw_payment(GOOD, headers=OTHER_MEDIA[name]), "unsupported_media_type", *OTHER_MEDIA[name].values())


@pytest.mark.parametrize("name", FLAGS)
def test_the_base64_flag_is_believed(judge: Judge, name: str) -> None:
    body, is_flagged, code = FLAGS[name]
    judge(a_raw_payment(GOOD) | {"body": body, "isBase64Encoded": is_flagged}, code)


@pytest.mark.parametrize("body", [GOOD, GOOD.ljust(65_500), b" \r\n\t" + GOOD + b"\n"], ids=["plain", "long", "spaced"])
@pytest.mark.parametrize("is_flagged", [True, False])
def test_a_good_order_passes_either_way(judge: Judge, body: bytes, is_flagged: bool) -> None:
    event = a_raw_payment(body)
    if not is_flagged:
        event |= {"body": base64.b64decode(event["body"]).decode(), "isBase64Encoded": False}
    assert judge.edge.send(event).status == 201


def test_there_are_enough_structures() -> None:
    assert len(set(NOT_ONE_OBJECT.values())) == len(NOT_ONE_OBJECT)
    assert len(NOT_ONE_OBJECT) >= MINIMUM
