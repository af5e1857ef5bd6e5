"""Reads PayPal's disputes. See docs/gateways/paypal.md, Disputes."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from payments.domain.records.dispute import DisputeMoney, DisputeSnapshot, DisputeStatus
from payments.domain.values.clock import to_text
from payments.domain.values.money import Money
from payments.gateways.kit.reading import code_of, object_of, objects_of, our_id, require_match, text_of, time_of
from payments.gateways.paypal.codes import DISPUTE_OUTCOME, DISPUTE_PHASE, DISPUTE_STATUS
from payments.gateways.paypal.fields import DISPUTE_REF, REF
from payments.gateways.paypal.money import from_amount
from payments.gateways.transport.http import Answer

_PAGE_SIZE = 10  # Each dispute of a page needs a call.
_PAGE_TOKEN = re.compile(r"[A-Za-z0-9+/=_-]{1,255}")
ACCEPT = {"note": "The claim is accepted.", "accept_claim_type": "REFUND"}


def to_list(since: datetime, cursor: str) -> dict[str, str]:
    """Return a query by the last change, which is never before the opening. `from_list` drops later disputes."""
    search = {"update_time_after": to_text(since), "page_size": str(_PAGE_SIZE)}
    return search | {"next_page_token": cursor} if cursor else search


def from_list(answer: Answer, until: datetime) -> tuple[list[str], str]:
    """Return the page's dispute ids and the next cursor. PayPal may omit `items` on an empty page."""
    if not isinstance(answer.get("items", answer.get("links")), list):
        raise ValueError("items, links")
    refs = [
        require_match(item, "dispute_id", DISPUTE_REF)
        for item in objects_of(answer.get("items"))
        if (time_of(item, "create_time") or until) <= until
    ]
    return refs, _next_token(answer)


def from_dispute(answer: Answer) -> DisputeSnapshot:
    """Return the dispute, with our attempt's id if PayPal echoes it, else with the capture's id."""
    amount, stage = from_amount(answer, "dispute_amount"), code_of(answer, "dispute_life_cycle_stage")
    status, money, code = _outcome_of(answer)
    phase = DISPUTE_PHASE.get(stage)
    subject_id, subject_ref = _subject(answer)
    return DisputeSnapshot(
        require_match(answer, "dispute_id", DISPUTE_REF),
        amount,
        phase,
        status,
        stage if phase is None and status is not None else code,
        subject_id,
        "" if subject_id else subject_ref,
        _place_of_money(answer, money),
        code_of(answer, "reason"),
        time_of(answer, "create_time"),
        time_of(answer, "seller_response_due_date"),
    )


def from_accepted(answer: Answer) -> None:
    """Read nothing: the answer to an acceptance has only a link to the dispute."""


def _outcome_of(answer: Answer) -> tuple[DisputeStatus | None, DisputeMoney, str]:
    code = code_of(answer, "status")
    if code != "RESOLVED":
        return DISPUTE_STATUS.get(code), DisputeMoney.NONE, code
    outcome = code_of(object_of(answer.get("dispute_outcome")), "outcome_code") or code
    status, money = DISPUTE_OUTCOME.get(outcome, (None, DisputeMoney.NONE))
    return status, money, outcome


def _place_of_money(answer: Answer, unseen: DisputeMoney) -> DisputeMoney:
    """Return where the money is, by the account's movements without fees; `unseen` if none are listed."""
    movements = [
        (each.get("type"), from_amount(each))
        for each in objects_of(answer.get("money_movements"))
        if each.get("affected_party") == "SELLER" and each.get("reason") in (None, "DISPUTE_SETTLEMENT")
    ]
    if not movements:
        return unseen
    debited, credited = (_sum(movements, kind) for kind in ("DEBIT", "CREDIT"))
    if debited > credited:
        return DisputeMoney.DEBITED
    return DisputeMoney.RETURNED if debited else DisputeMoney.NONE


def _sum(movements: list[tuple[object, Money]], kind: str) -> int:
    return sum(amount.minor for its_kind, amount in movements if its_kind == kind)


def _subject(answer: Answer) -> tuple[str, str]:
    """Return our attempt id as the transaction echoes it, and the capture's id; "" for what is missing."""
    for transaction in objects_of(answer.get("disputed_transactions")):
        echoes = (our_id(transaction, name) for name in ("custom", "invoice_number"))
        attempt_id = next((echo for echo in echoes if echo.startswith("att_")), "")
        capture_ref = text_of(transaction, "seller_transaction_id")
        if attempt_id or REF.fullmatch(capture_ref):
            return attempt_id, capture_ref
    return "", ""


def _next_token(answer: Answer) -> str:
    """Return the token in the next page's URL, "" on the last page. The URL itself is never fetched."""
    hrefs = [text_of(link, "href") for link in objects_of(answer.get("links")) if link.get("rel") == "next"]
    tokens = parse_qs(urlsplit(hrefs[0]).query).get("next_page_token", [""]) if hrefs else [""]
    if hrefs and not _PAGE_TOKEN.fullmatch(tokens[0]):
        raise ValueError("links: next_page_token")
    return tokens[0]
