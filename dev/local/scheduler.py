"""EventBridge Scheduler: the schedules that the ticker runs."""

from collections.abc import Iterable
from typing import Any

from dev.local.blueprint import ACCOUNT, REGION, ScheduleSpec
from dev.local.protocol import Given, Refusal, Service

_GROUP = "default"


def service(schedules: Iterable[ScheduleSpec]) -> Service:
    by_name = {schedule.name: schedule for schedule in schedules}

    def get(given: Given) -> Given:
        name = given["Name"]
        if name not in by_name:
            raise Refusal("ResourceNotFoundException", f"Schedule {name} does not exist.")
        schedule = by_name[name]
        more = {"ScheduleExpression": schedule.expression, "FlexibleTimeWindow": {"Mode": "OFF"}}
        return _named(schedule) | more | {"Target": schedule.target}

    def list_all(given: Given) -> Given:
        prefix = given.get("NamePrefix", "")
        found = [schedule for name, schedule in sorted(by_name.items()) if name.startswith(prefix)]
        return {"Schedules": [_named(each) | {"Target": {"Arn": each.target.get("Arn")}} for each in found]}

    return Service("scheduler", {"GetSchedule": get, "ListSchedules": list_all})


def _named(schedule: ScheduleSpec) -> dict[str, Any]:
    arn = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/{_GROUP}/{schedule.name}"
    return {"Arn": arn, "GroupName": _GROUP, "Name": schedule.name, "State": "ENABLED"}
