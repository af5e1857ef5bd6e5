"""Reads fields that several of Razorpay's objects have. A ValueError names a missing or malformed required field."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from payments.domain.values.ids import REFUND, is_id
from payments.domain.values.status import Failure, FailureCode
from payments.gateways.kit.reading import code_of, message_of, object_of, require_match, text_of
from payments.gateways.razorpay.codes import FAILURE_BY_CODE
from payments.gateways.transport.http import Answer

REF = re.compile(r"[A-Za-z0-9_]{1,64}")
ORDER_REF = re.compile(r"(?:order|qr)_[A-Za-z0-9]{1,60}")
_SECONDS_MAX = 10**11  # Adding three days still gives a valid date.


def ref_of(answer: Answer) -> str:
    return require_match(answer, "id", REF)


def our_id_in(answer: Answer) -> str:
    """Return our attempt id as an order (`receipt`) or a QR code (`notes`) echoes it; unchecked."""
    return text_of(answer, "receipt") or text_of(object_of(answer.get("notes")), "attempt_id")


def refund_id(answer: Answer) -> str:
    """Return our refund id from `notes` or `receipt`; "" for a refund that we did not request."""
    said = (text_of(object_of(answer.get("notes")), "refund_id"), text_of(answer, "receipt"))
    return next((text for text in said if is_id(REFUND, text)), "")


def failure_of(answer: Answer, otherwise: str = "") -> Failure:
    reason, general = code_in(answer, "error_reason"), code_in(answer, "error_code")
    code = FAILURE_BY_CODE.get(reason, FailureCode.OTHER)
    return Failure(code, reason or general or otherwise, message_of(answer, "error_description"))


def code_in(answer: Answer, name: str, length: int = 64) -> str:
    """Return a code; "" for NA, which Razorpay writes for none."""
    code = code_of(answer, name, length)
    return code if code != "NA" else ""


def at(epoch_s: int) -> datetime:
    if epoch_s > _SECONDS_MAX:
        raise ValueError("created_at, close_by")
    return datetime.fromtimestamp(epoch_s, UTC)
