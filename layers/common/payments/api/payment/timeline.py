"""A payment's timeline as the API returns it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, get_args

from pydantic import Field, WithJsonSchema

from payments.api.view import JsonView
from payments.domain.records.event import Cause, Event, Kind, split_cause


def _one_of(words: object) -> WithJsonSchema:
    """Describe the field as one of `words`, without validation: a newer version may have stored another value."""
    return WithJsonSchema({"type": "string", "enum": list(get_args(words))}, mode="serialization")


class EventView(JsonView):
    seq: int
    kind: Annotated[str, _one_of(Kind)]
    subject_id: str
    from_: str
    to: str
    actor: str
    cause: Annotated[str, _one_of(Cause)]
    gateway_event: Annotated[
        str, Field(description="of the cause webhook: the event's name at the gateway; else empty")
    ]
    at: datetime
    amount: Annotated[int | None, Field(description="of the money that the event is about, in minor units")]
    note: str

    @staticmethod
    def of(event: Event) -> EventView:
        cause, gateway_event = split_cause(event.cause)
        return EventView(
            seq=event.seq,
            kind=event.kind,
            subject_id=event.subject_id,
            from_=event.from_status,
            to=event.to_status,
            actor=event.actor,
            cause=cause,
            gateway_event=gateway_event,
            at=event.at,
            amount=event.amount_minor or None,
            note=event.note,
        )


class EventList(JsonView):
    data: tuple[EventView, ...]
    next_cursor: None

    @staticmethod
    def of(events: Sequence[Event]) -> EventList:
        return EventList(data=tuple(map(EventView.of, events)), next_cursor=None)
