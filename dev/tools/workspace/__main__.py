"""The command line. See `python -m dev.tools.workspace --help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any

from dev.tools.workspace import commands
from dev.tools.workspace.changes import Author, ChangedMeanwhileError, Plan, described, save
from dev.tools.workspace.commands import RefusedError
from dev.tools.workspace.connection import Connection, open_connection
from dev.tools.workspace.state import State, get_state, list_workspace_ids
from payments.api.routes import ROLES
from payments.domain.records.case import DEPLOYMENT
from payments.domain.records.workspace import DEFAULTS, LATE_SUCCESS, faults_in
from payments.domain.values.clock import to_text
from payments.gateways.registry import GATEWAYS
from payments.store.contract.errors import StoreError

_STAGE = "stage"  # In place of a list of gateways: the stage's own order.
_EXAMPLES = f"""\
examples:
  python -m dev.tools.workspace create ws_shop --name "My shop" --owner SUB_OF_ONE --owner SUB_OF_TWO --stage sandbox
  python -m dev.tools.workspace add-member ws_shop SUB --role finance --stage sandbox
  python -m dev.tools.workspace set ws_shop --late-success review --dry-run --stage sandbox
  python -m dev.tools.workspace show ws_shop --stage sandbox
  python -m dev.tools.workspace debug ws_shop --minutes 30 --stage sandbox
  python -m dev.tools.workspace add-member {DEPLOYMENT} SUB --role operator --stage sandbox

SUB is the sub claim of the person's access token. Region and profile are those of the AWS CLI
(AWS_REGION, AWS_PROFILE); --local works on make run (PORT says where).
"""
Connect = Callable[[argparse.Namespace], Connection]
Say = Callable[[str], object]


def main(arguments: Sequence[str], connect: Connect | None = None, say: Say = sys.stdout.write) -> int:
    """Returns the exit code: 0 done, 1 refused or a finding of `show`, 2 invalid arguments."""
    given = _parser().parse_args(arguments)
    try:
        connection = (connect or _connect)(given)
        return _COMMANDS[given.command](given, connection, lambda line: say(f"{line}\n"))
    except (RefusedError, ChangedMeanwhileError) as refusal:
        print(f"nothing was written: {refusal}", file=sys.stderr)  # noqa: T201  This is the tool's answer.
    except StoreError as failure:
        cure = "is make run running, and PORT the same?" if given.local else "run show to see what is there"
        print(f"DynamoDB did not do it ({failure}): {cure}", file=sys.stderr)  # noqa: T201
    return 1


def _connect(given: argparse.Namespace) -> Connection:
    return open_connection(is_local=given.local, stage=given.stage)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dev.tools.workspace",
        description="Workspaces and their members: each change is one transaction with its event.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(
        dest="command", required=True, metavar="create | add-member | remove-member | show | set | debug"
    )
    create = _verb(verbs, "create", "a new workspace with its first two owners")
    create.add_argument("--owner", action="append", default=[], metavar="SUB", help="sub claim of an owner; twice")
    add = _verb(verbs, "add-member", "a member with a role")
    add.add_argument("subject", metavar="SUB")
    add.add_argument("--role", required=True, help=f"{', '.join(ROLES)}; in {DEPLOYMENT}: operator")
    remove = _verb(verbs, "remove-member", "removes a member, within a minute")
    remove.add_argument("subject", metavar="SUB")
    _verb(verbs, "show", "settings, members and changes; all ids without WORKSPACE", is_optional=True)
    debug = _verb(
        verbs, "debug", "its requests logged at level DEBUG for a time, which ends by itself"
    ).add_mutually_exclusive_group()
    debug.add_argument("--minutes", type=int, default=30, help="1 to 60; 30 if it is not said")
    debug.add_argument("--off", action="store_true", help="end it now")
    for verb in (create, _verb(verbs, "set", "other settings; those that are not named stay")):
        _add_settings(verb)
    return parser


def _verb(verbs: Any, name: str, help_text: str, *, is_optional: bool = False) -> argparse.ArgumentParser:
    verb: argparse.ArgumentParser = verbs.add_parser(name, help=help_text, description=help_text)
    verb.add_argument("workspace", metavar="WORKSPACE", nargs="?" if is_optional else None)
    verb.add_argument("--stage", default="", help="stage of the deployment; else STAGE or TABLE_PREFIX")
    verb.add_argument("--local", action="store_true", help="the tables of make run")
    if not is_optional:
        verb.add_argument("--dry-run", action="store_true", help="show what would be written, and write nothing")
    return verb


def _add_settings(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--name")
    verb.add_argument("--late-success", help=f"money that comes after the end: {', '.join(LATE_SUCCESS)}")
    verb.add_argument("--country", help="where the merchant is, ISO 3166-1 alpha-2")
    verb.add_argument(
        "--gateways", help=f"comma between, in the order to try: {','.join(GATEWAYS)}; {_STAGE} for the stage's order"
    )
    verb.add_argument("--two-person-above", help="whole major units; a decision about more needs a second person")


def _settings(given: argparse.Namespace) -> dict[str, object]:
    """The settings that were given, as values; invalid ones are left to the rules."""
    texts = {name: getattr(given, name) for name in DEFAULTS}
    settings: dict[str, object] = {name: text for name, text in texts.items() if text is not None}
    if "gateways" in settings:
        settings["gateways"] = _accounts(str(settings["gateways"]))
    limit = str(settings.get("two_person_above", ""))
    if limit.isascii() and limit.isdigit():
        settings["two_person_above"] = int(limit)
    return settings


def _accounts(text: str) -> tuple[str, ...]:
    """Raises RefusedError: an empty list would silently send the workspace's money to the stage's own accounts."""
    names = tuple(filter(None, (name.strip() for name in text.split(","))))
    if not names:
        raise RefusedError(f"--gateways is empty: name accounts with commas between, or say {_STAGE}")
    return () if names == (_STAGE,) else names


def _create(given: argparse.Namespace, connection: Connection, say: Say) -> int:
    commands.require_workspace_id(given.workspace)
    settings = {**DEFAULTS, **_settings(given)}
    return _done(given, connection, say, lambda state, author: commands.create(state, settings, given.owner, author))


def _add(given: argparse.Namespace, connection: Connection, say: Say) -> int:
    return _done(
        given, connection, say, lambda state, author: commands.add_member(state, given.subject, given.role, author)
    )


def _remove(given: argparse.Namespace, connection: Connection, say: Say) -> int:
    return _done(given, connection, say, lambda state, author: commands.remove_member(state, given.subject, author))


def _set(given: argparse.Namespace, connection: Connection, say: Say) -> int:
    return _done(given, connection, say, lambda state, author: commands.change(state, _settings(given), author))


def _debug(given: argparse.Namespace, connection: Connection, say: Say) -> int:
    minutes = 0 if given.off else given.minutes or -1
    return _done(given, connection, say, lambda state, author: commands.debug(state, minutes, author))


def _done(given: argparse.Namespace, connection: Connection, say: Say, decide: Callable[[State, Author], Plan]) -> int:
    client = connection.client.within(given.workspace)
    plan = decide(get_state(client, given.workspace), Author(connection.actor, connection.now()))
    if given.dry_run:
        say(f"Would be written to {connection.where} in one transaction, if nobody changes it first:")
        for line in described(plan):
            say(f"  {line}")
        return 0
    save(client, plan)
    for event in plan.events:
        say(f"{event.seq:4}  {event.kind}  {event.subject or event.workspace_id}  {event.role or event.settings}")
    return 0


def _show(given: argparse.Namespace, connection: Connection, say: Say) -> int:
    if not given.workspace:
        for workspace_id in list_workspace_ids(connection.client):
            say(workspace_id)
        return 0
    state = get_state(connection.client.within(given.workspace), given.workspace)
    if state.row is None and not state.events and not state.members:
        raise RefusedError(f"there is no workspace {given.workspace}: run show without an id for a list")
    say(f"{given.workspace}  ({connection.where})")
    findings = _settings_shown(state, say) + _members_shown(state, say) + _events_shown(state, say)
    for finding in findings:
        say(f"MEND: {finding}")
    return 1 if findings else 0


def _settings_shown(state: State, say: Say) -> list[str]:
    if state.row is None:
        return []
    for name, default in DEFAULTS.items():
        value = state.settings.get(name, default)
        say(f"  {name:17} {', '.join(map(str, value)) if isinstance(value, tuple) else value}")
    if state.debug_until:
        say(f"  {'debug_until':17} {state.debug_until}")
    return [f"{fault.field} is {fault.wanted}: change it with set" for fault in faults_in(state.settings, GATEWAYS)]


def _members_shown(state: State, say: Say) -> list[str]:
    say("members")
    for member in state.members.values():
        say(f"  {member.role:9} {member.subject}{'' if member.is_backed else '   NO MEMBER: no event backs this row'}")
    unbacked = [member.subject for member in state.members.values() if not member.is_backed]
    return [f"no event backs {subject}: remove-member, then add-member if it is right" for subject in unbacked]


def _events_shown(state: State, say: Say) -> list[str]:
    say("changes")
    for event in state.events:
        what = f"{event.subject} {event.role}" if event.subject else event.settings
        say(f"  {event.seq:4}  {to_text(event.at)}  {event.kind:17}  {what}  by {event.actor}")
    return [] if state.is_unbroken else ["the stream of changes has a gap or an altered event"]


_COMMANDS: dict[str, Callable[[argparse.Namespace, Connection, Say], int]] = {
    "create": _create,
    "add-member": _add,
    "remove-member": _remove,
    "show": _show,
    "set": _set,
    "debug": _debug,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
