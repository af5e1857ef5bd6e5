"""The forms of a workspace's settings, and its stream of events."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from payments.domain.records.chain import is_unbroken
from payments.domain.records.workspace import (
    COUNTRIES,
    DEFAULTS,
    LATE_SUCCESS,
    WorkspaceEvent,
    faults_in,
    form_of,
    is_debugged,
    is_subject,
)
from payments.gateways.registry import all_rows

GATEWAYS = ("phonepe", "stripe")


def faulty(**settings: Any) -> list[str]:
    return [fault.field for fault in faults_in(settings, GATEWAYS)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("late_success", text) for text in LATE_SUCCESS),
        *(("country", code) for code in ("IN", "US", "XK", "GB") if code != "XK"),
        ("gateways", ()),
        ("gateways", ("stripe", "phonepe")),
        ("two_person_above", 0),
        ("two_person_above", 10**9),
        ("name", ""),
        ("name", "Café ₹"),
        ("name", "a" * 200),
    ],
)
def test_what_has_its_form_is_right(name: str, value: object) -> None:
    assert faulty(**{name: value}) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("late_success", value) for value in ("keep", "", "Grant", None, 1, ("grant",))),
        *(("country", value) for value in ("in", "IND", "", "XX", "UK", "EU", "I", None, 91, ("IN",))),
        *(("gateways", value) for value in (("paytm",), "phonepe", ("phonepe", ""), ("phonepe", 1), (("phonepe",),))),
        *(("gateways", value) for value in ("", [], ["phonepe"], None, 0)),
        *(("country", value) for value in (["IN"], {"IN": 1}, True)),
        ("gateways", ("phonepe", "phonepe")),
        *(("two_person_above", value) for value in (-1, 1.5, "50000", True, None, (1,))),
        *(("name", value) for value in (None, 7, "a" * 201, "a\nb")),
    ],
)
def test_what_has_another_form_is_a_fault_of_that_setting_alone(name: str, value: object) -> None:
    assert faulty(**{name: value}) == [name]
    assert faulty(**{**DEFAULTS, name: value}) == [name]


def test_defaults_have_their_form_and_a_missing_setting_is_no_fault() -> None:
    assert faulty(**DEFAULTS) == faulty() == faulty(role="owner") == []


def test_a_fault_says_what_is_wanted_and_describes_the_value_without_it() -> None:
    faults = faults_in({"late_success": "s3cret", "two_person_above": 1.5, "gateways": ("x", "y")}, GATEWAYS)
    assert [(fault.field, fault.form) for fault in faults] == [
        ("late_success", "a text of 6 characters"),
        ("gateways", "a list of 2"),
        ("two_person_above", "a number with a fraction"),
    ]
    assert [fault.wanted for fault in faults][:2] == [
        "one of grant, refund, review",
        "a list of phonepe, stripe, each once; an account of its own as phonepe:name",
    ]


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("", "a text of 0 characters"),
        ((), "a list of 0"),
        (True, "a truth value"),
        (0, "a whole number"),
        (-1, "a whole number below 0"),
        (0.5, "a number with a fraction"),
        (None, "neither text, number nor list"),
        ({"a": 1}, "neither text, number nor list"),
    ],
)
def test_a_value_is_described_by_its_form(value: object, form: str) -> None:
    assert form_of(value) == form


NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("until", "is_on"),
    [
        ("2026-11-20T12:00:00.001Z", True),
        ("2026-11-20T13:00:00.000Z", True),
        ("2026-11-20T18:00:00.000+05:30", True),
        ("2026-11-20T13:00:00.001Z", False),
        ("2026-11-20T12:00:00.000Z", False),
        ("2026-11-20T12:30:00", False),
        ("2026-11-20", False),
        ("soon", False),
        ("", False),
    ],
)
def test_requests_are_logged_in_full_for_an_hour_at_most(until: str, is_on: bool) -> None:
    assert is_debugged(until, NOW) is is_on
    assert not is_debugged(until, NOW + timedelta(hours=2))


def test_countries_are_the_249_of_iso_3166_and_include_those_of_every_gateway() -> None:
    assert len(COUNTRIES) == 249
    assert all(len(code) == 2 and code.isupper() for code in COUNTRIES)
    assert {country for row in all_rows() for country in row.countries} <= COUNTRIES


@pytest.mark.parametrize("subject", ["", "a\nb", "a" * 256, None, 7])
def test_no_token_has_such_a_subject(subject: object) -> None:
    assert not is_subject(subject)


def stream(*roles: str) -> list[WorkspaceEvent]:
    events: list[WorkspaceEvent] = []
    for seq, role in enumerate(roles, start=1):
        at, before = datetime(2026, 1, seq, tzinfo=UTC), events[-1].hash if events else ""
        event = WorkspaceEvent("ws_shop", seq, "member.added", f"sub{seq}", role, "", "operator:a", at, before)
        events.append(event.sealed())
    return events


def test_a_stream_is_unbroken_until_an_event_is_altered_dropped_or_moved() -> None:
    events = stream("owner", "owner", "member")
    assert is_unbroken(events)
    assert not is_unbroken([events[0], replace(events[1], role="finance"), events[2]])
    assert not is_unbroken([events[0], replace(events[1], role="finance").sealed(), events[2]])
    assert not is_unbroken([events[0], events[2]])
    assert not is_unbroken([events[1], events[0], events[2]])


def test_an_event_that_was_stored_keeps_its_hash() -> None:
    (event,) = stream("finance")
    assert event.hash == "8626b4e9fbad1bf4387695e55b3cb432c5bb28d59a8c8f7af0c7ce57867ba50a"


def test_an_event_gives_one_role_to_one_subject_in_one_workspace() -> None:
    (event,) = stream("finance")
    assert event.grants("ws_shop", "sub1", "finance")
    assert not event.grants("ws_other", "sub1", "finance")
    assert not event.grants("ws_shop", "sub2", "finance")
    assert not event.grants("ws_shop", "sub1", "owner")
    assert not replace(event, kind="member.removed").sealed().grants("ws_shop", "sub1", "finance")
    assert not replace(event, role="owner").grants("ws_shop", "sub1", "owner")
