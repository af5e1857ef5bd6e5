"""How a payment moves. Pure: a record and what was learned in, a change or nothing out.

Rank never falls, `completed` is absorbing, and the only exit of a dead attempt is a proved late success.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from payments.domain.case import Case, CaseKind
from payments.domain.change import Change, Reference
from payments.domain.event import Why
from payments.domain.money import Money
from payments.domain.payment import Attempt, Hold, Payment, Step, recorded
from payments.domain.status import Failure, FailureCode, Status, reason

# A gateway that has never heard of an attempt this long after its newest create call will never hear of it.
SETTLE = timedelta(minutes=15)
# Past expiry the gateway may take this long to make up its mind.
EXPIRY_GRACE = timedelta(seconds=120)
LATE_GRANT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class News:
    """What a gateway proved about one attempt. `amount` is the gateway's own."""

    status: Status
    amount: Money | None = None
    ref: str = ""
    failure: Failure | None = None
    is_foreign: bool = False  # It answered for another order or another merchant.
    hold_expires_at: datetime | None = None
    found_ref: str = ""  # Of a checkout whose making was answered to nobody.


def opened(payment: Payment, why: Why, at: datetime) -> Change:
    """A new payment with its first attempt."""
    step = Step("payment.created", payment.live.id, "", Status.CREATED, payment.amount.minor)
    recorded_payment, event = recorded(payment, step, why, at)
    return Change(recorded_payment, (event,), references=(_named(payment.live),))


def _named(attempt: Attempt) -> Reference:
    """By its own id, which is what gateways see."""
    return Reference(attempt.id, attempt.id, attempt.gateway)


def _told_as(change: Change, attempt: Attempt, ref: str) -> Change:
    """With the gateway's name for the attempt, by which its webhooks will call it; "" where it has none."""
    told = (Reference(ref, attempt.id, attempt.gateway, is_ours=False),) if ref else ()
    return replace(change, references=change.references + told)


def can_retry(payment: Payment) -> bool:
    """Whether the order may be tried again: every attempt dead by proof, nothing kept, nobody asked to look."""
    is_over = all(attempt.status.is_dead or attempt.is_surplus for attempt in payment.attempts)
    return is_over and not payment.kept_attempt_id and payment.hold is None


def retried(payment: Payment, attempt: Attempt, why: Why, at: datetime) -> Change:
    """The next attempt, opened only when every earlier one is dead by proof."""
    moved = replace(payment, attempts=(*payment.attempts, attempt), status=Status.CREATED)
    moved, event = recorded(
        moved, Step("attempt.created", attempt.id, "", Status.CREATED, attempt.amount.minor), why, at
    )
    return Change(moved, (event,), references=(_named(attempt),))


def resent(payment: Payment, attempt_id: str, why: Why, at: datetime) -> Change:
    """A create call is about to go out again, with the same id."""
    expires_at = at + timedelta(seconds=payment.expires_in_s)  # The gateway counts from the call that reaches it.
    attempt = replace(payment.attempt(attempt_id), sent_at=at, expires_at=expires_at)
    step = Step("attempt.resent", attempt_id, attempt.status, attempt.status)
    moved, event = recorded(payment.with_attempt(attempt), step, why, at)
    return Change(moved, (event,))


def failed_over(
    payment: Payment, attempt_id: str, failure: Failure, successor: Attempt, why: Why, at: datetime
) -> Change | None:
    """Nothing was opened at one gateway, so another is asked. None where the attempt has ended or begun otherwise."""
    attempt = payment.attempt(attempt_id)
    if attempt.status is not Status.CREATED:
        return None
    closed = _closed(payment, attempt, News(Status.FAILED, failure=failure), why, at)
    return closed.then(retried(closed.payment, successor, why, at))


def acknowledged(payment: Payment, attempt: Attempt, news_ref: str, why: Why, at: datetime) -> Change:
    """The gateway took the attempt: `attempt` carries its references. Never lowers a status that ran ahead."""
    status = Status.PENDING if attempt.status is Status.CREATED else attempt.status
    kind = "attempt.pending" if status is not attempt.status else "attempt.opened"
    note = "charge sent" if attempt.terms.is_direct else "checkout opened"
    step = Step(kind, attempt.id, attempt.status, status, note=note)
    change = _moved(payment, replace(attempt, status=status), step, why, at)
    return _told_as(change, attempt, news_ref)


def capture_asked(payment: Payment, attempt: Attempt, minor: int, why: Why, at: datetime) -> Change:
    """The intent, before the gateway is asked: `minor` of what is held is to be taken."""
    step = Step("attempt.capture_asked", attempt.id, attempt.status, attempt.status, minor)
    return _moved(payment, replace(attempt, capturing=minor), step, why, at)


def capture_refused(payment: Payment, attempt: Attempt, said: str, why: Why, at: datetime) -> Change:
    """The gateway said no, and still holds the money: another amount may be asked for, or it may be let go."""
    step = Step("attempt.capture_refused", attempt.id, attempt.status, attempt.status, attempt.capturing, said)
    return _moved(payment, replace(attempt, capturing=0), step, why, at)


def cancel_asked(payment: Payment, attempt: Attempt, reason_text: str, why: Why, at: datetime) -> Change:
    """The intent, before the gateway is asked."""
    step = Step("attempt.cancel_asked", attempt.id, attempt.status, attempt.status, note=reason_text)
    return _moved(payment, replace(attempt, is_cancelling=True), step, why, at)


def paid_again(
    payment: Payment, attempt: Attempt, copy_id: str, ref: str, amount: Money, why: Why, at: datetime
) -> Change:
    """Further money was taken for one attempt: kept apart as an attempt of its own, which nobody keeps."""
    surplus = Attempt(
        id=copy_id,
        number=attempt.number,
        gateway=attempt.gateway,
        amount=amount,
        status=Status.COMPLETED,
        created_at=at,
        sent_at=at,
        expires_at=attempt.expires_at,
        checkout_ref=attempt.checkout_ref,
        payment_ref=ref,
        captured=amount.minor,
        is_surplus=True,
        copy_of=attempt.id,
    )
    place = payment.attempts.index(attempt)  # Before it: the newest attempt stays the last.
    attempts = (*payment.attempts[:place], surplus, *payment.attempts[place:])
    step = Step("attempt.paid_again", copy_id, "", Status.COMPLETED, amount.minor, "surplus: to be refunded in full")
    moved, event = recorded(replace(payment, attempts=attempts), step, why, at)
    return Change(moved, (event,), references=(_named(surplus),))


def released(payment: Payment, case: Case, why: Why, at: datetime) -> Change:
    """A person has looked: the hold ends, and the next look at the gateway decides again."""
    step = Step("payment.released", payment.live.id, payment.status, payment.status, note=case.id)
    moved, event = recorded(replace(payment, hold=None), step, why, at)
    return Change(replace(moved, due_at=at), (event,), (case,))


def outcome_unknown(payment: Payment, attempt_id: str, why: Why, at: datetime) -> Change:
    """The gateway's answer was lost: said in the timeline, nothing concluded. It may be paid, so it is pending."""
    attempt = payment.attempt(attempt_id)
    if payment.status is Status.CREATED:
        payment = replace(payment, status=Status.PENDING)
    step = Step(
        "attempt.outcome_unknown", attempt_id, attempt.status, attempt.status, note="the gateway's answer was lost"
    )
    moved, event = recorded(payment, step, why, at)
    return Change(moved, (event,))


def refused(payment: Payment, attempt_id: str, failure: Failure, why: Why, at: datetime) -> Change | None:
    """The gateway refused to open the checkout: a definite no. None where the attempt has ended otherwise."""
    attempt = payment.attempt(attempt_id)
    return _closed(payment, attempt, News(Status.FAILED, failure=failure), why, at) if attempt.status.is_open else None


def advance(payment: Payment, attempt_id: str, news: News, late_success: str, why: Why, at: datetime) -> Change | None:
    """What the gateway's answer changes; None when it changes nothing. `late_success`: grant, refund or hold."""
    attempt = payment.attempt(attempt_id)
    if attempt.checkout_ref or not news.found_ref:
        return _advanced(payment, attempt, news, late_success, why, at)
    change = _advanced(payment, replace(attempt, checkout_ref=news.found_ref), news, late_success, why, at)
    return change and _told_as(change, attempt, news.found_ref)


def _advanced(
    payment: Payment, attempt: Attempt, news: News, late_success: str, why: Why, at: datetime
) -> Change | None:
    if hold := contradiction(attempt, news):
        return _held(payment, attempt, hold, news, why, at)
    news = _settled(attempt, news, at)
    if attempt.status is Status.COMPLETED or news.status.rank <= attempt.status.rank or is_stuck(payment):
        return None
    if news.status is Status.COMPLETED:
        return _captured(payment, attempt, news, late_success, why, at)
    if news.status.is_dead:
        return _closed(payment, attempt, news, why, at)
    step = Step(f"attempt.{news.status}", attempt.id, attempt.status, news.status)
    moved = replace(
        attempt,
        status=news.status,
        payment_ref=news.ref or attempt.payment_ref,
        expires_at=news.hold_expires_at or attempt.expires_at,
    )
    return _moved(payment, moved, step, why, at)


def _settled(attempt: Attempt, news: News, at: datetime) -> News:
    """Silence becomes an answer only after its window: unknown there, or still pending well past expiry."""
    is_over = at > attempt.expires_at + EXPIRY_GRACE
    if news.status is Status.CREATED and attempt.status is Status.CREATED and at > attempt.sent_at + SETTLE:
        return News(
            Status.FAILED, failure=Failure(FailureCode.OTHER, message="the gateway never heard of this attempt")
        )
    if news.status is Status.AUTHORIZED:
        return news  # Money is held: only the gateway says when no more.
    if news.status.is_open and attempt.status.is_open and attempt.status is not Status.CREATED and is_over:
        return News(Status.EXPIRED, failure=Failure(FailureCode.EXPIRED, message="not completed by its expiry"))
    return news


def contradiction(attempt: Attempt, news: News) -> Hold | None:
    """Whether the gateway's answer is about something else than we asked for."""
    if news.is_foreign:
        return Hold.MERCHANT
    if news.amount is None or news.amount == _expected(attempt, news.status):
        return None
    return Hold.CURRENCY if news.amount.currency != attempt.amount.currency else Hold.AMOUNT


def _expected(attempt: Attempt, told: Status) -> Money:
    """All of it, but for what was taken of a hold."""
    taken = attempt.captured or attempt.capturing
    return replace(attempt.amount, minor=taken) if taken and told is Status.COMPLETED else attempt.amount


def is_stuck(payment: Payment) -> bool:
    """Whether its books and the gateway's contradict each other: nothing moves until a person has looked."""
    return payment.hold is not None and payment.hold is not Hold.LATE_SUCCESS


CASE_OF_HOLD = {
    Hold.AMOUNT: CaseKind.AMOUNT_MISMATCH,
    Hold.CURRENCY: CaseKind.CURRENCY_MISMATCH,
    Hold.MERCHANT: CaseKind.MERCHANT_MISMATCH,
    Hold.LATE_SUCCESS: CaseKind.LATE_SUCCESS_HELD,
}


def _held(payment: Payment, attempt: Attempt, hold: Hold, news: News, why: Why, at: datetime) -> Change | None:
    """A contradiction is for a person: one hold, one case, nothing granted."""
    if is_stuck(payment):
        return None
    told = f"{news.amount.minor} {news.amount.currency}" if news.amount else "nothing"
    expected = _expected(attempt, news.status)
    note = f"expected {expected.minor} {expected.currency}, the gateway said {told}"
    case = Case(CASE_OF_HOLD[hold], payment.id, payment.workspace_id, at, note)
    step = Step("payment.held", attempt.id, payment.status, payment.status, note=f"{hold}: {note}")
    moved, event = recorded(replace(payment, hold=hold), step, why, at)
    return Change(moved, (event,), (case,))


def _moved(payment: Payment, attempt: Attempt, step: Step, why: Why, at: datetime) -> Change:
    moved = payment.with_attempt(attempt)
    if moved.kept is None and moved.live.id == attempt.id:
        moved = replace(moved, status=attempt.status)
    moved, event = recorded(moved, step, why, at)
    return Change(moved, (event,))


def _closed(payment: Payment, attempt: Attempt, news: News, why: Why, at: datetime) -> Change:
    step = Step(f"attempt.{news.status}", attempt.id, attempt.status, news.status, note=reason(news.failure))
    closed = replace(attempt, status=news.status, failure=news.failure)
    return _moved(payment, closed, step, why, at)


def _captured(payment: Payment, attempt: Attempt, news: News, late_success: str, why: Why, at: datetime) -> Change:
    is_late = attempt.status.is_dead
    is_surplus = bool(payment.kept_attempt_id) or (is_late and _refuses_late(attempt, late_success, at))
    taken = replace(
        attempt,
        status=Status.COMPLETED,
        captured=_expected(attempt, Status.COMPLETED).minor,
        payment_ref=news.ref or attempt.payment_ref,
        failure=None,
        is_late=is_late,
        is_surplus=is_surplus,
    )
    note = "surplus: to be refunded in full" if is_surplus else ("late" if is_late else "")
    step = Step("attempt.completed", attempt.id, attempt.status, Status.COMPLETED, taken.captured, note)
    moved = payment.with_attempt(taken)
    if not is_surplus:
        moved = replace(moved, kept_attempt_id=attempt.id, status=Status.COMPLETED)
    case = None
    if is_late and not is_surplus and late_success == "hold":
        moved = replace(moved, hold=Hold.LATE_SUCCESS)
        case = Case(CaseKind.LATE_SUCCESS_HELD, payment.id, payment.workspace_id, at, "paid after it had ended")
    moved, event = recorded(moved, step, why, at)
    return Change(moved, (event,), (case,) if case else ())


def takes_late_hold(payment: Payment, attempt: Attempt, late_success: str, at: datetime) -> bool:
    """Whether money that is held for an attempt which has ended may still be taken."""
    is_wanted = payment.live.id == attempt.id and not payment.kept_attempt_id
    is_wanted = is_wanted and not attempt.terms.is_manual and not attempt.is_cancelling
    return is_wanted and late_success == "grant" and not _refuses_late(attempt, late_success, at)


def _refuses_late(attempt: Attempt, late_success: str, at: datetime) -> bool:
    if late_success == "hold":
        return False
    return late_success == "refund" or at > attempt.expires_at + LATE_GRANT
