"""Reads fields that several of PayPal's objects have. A ValueError names a missing or malformed one."""

from __future__ import annotations

import re

from payments.domain.values.status import Failure, FailureCode
from payments.gateways.kit.reading import code_of, object_of, objects_of, require_match, text_of
from payments.gateways.paypal.codes import FAILURE_BY_CODE
from payments.gateways.transport.http import Answer

REF = re.compile(r"[A-Z0-9]{1,36}")
DISPUTE_REF = re.compile(r"[A-Za-z0-9-]{1,255}")
_CAPTURE_ADDRESS = re.compile(r"/v2/payments/captures/([A-Z0-9]{1,36})$")


def id_of(answer: Answer) -> str:
    return require_match(answer, "id", REF)


def unit_of(answer: Answer) -> Answer:
    """Return the order's only purchase unit."""
    return next(iter(objects_of(answer.get("purchase_units"))), {})


def payments_of(unit: Answer, name: str) -> list[Answer]:
    return objects_of(object_of(unit.get("payments")).get(name))


def echo_of(answer: Answer) -> tuple[str, str]:
    """Return our id and the merchant account, for the caller to compare."""
    return text_of(answer, "custom_id"), text_of(object_of(answer.get("payee")), "merchant_id")


def failure_of(answer: Answer) -> Failure:
    """Return the failure by the processor's code, else by PayPal's reason, else by its status."""
    processor, details = object_of(answer.get("processor_response")), object_of(answer.get("status_details"))
    codes = (code_of(processor, "response_code"), code_of(details, "reason"), code_of(answer, "status"))
    code = next(filter(None, codes), "")
    return Failure(FAILURE_BY_CODE.get(code, FailureCode.DECLINED), code)


def capture_ref_of(refund: Answer) -> str:
    """Return the id of the capture that was refunded; "" if the refund names none."""
    hrefs = [text_of(link, "href") for link in objects_of(refund.get("links")) if link.get("rel") == "up"]
    found = next(filter(None, map(_CAPTURE_ADDRESS.search, hrefs)), None)
    ref = found[1] if found else text_of(related_ids(refund), "capture_id")
    return ref if REF.fullmatch(ref) else ""


def related_ids(resource: Answer) -> Answer:
    return object_of(object_of(resource.get("supplementary_data")).get("related_ids"))
