"""make test-dates: run the tests on other days, under faketime. Arguments are pytest's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

DATES = {
    "+1 day": "tomorrow",
    "+40 days": "another month",
    "2028-02-29 12:00:00 UTC": "a leap day",
    "2027-03-31 18:29:00 UTC": "a minute before 1 April in India",
}
# Tests that wait for other processes, and long ones with a clock of their own.
LEFT_OUT = (
    "--ignore=tests/dev/local",
    "--ignore=tests/e2e",
    "--ignore=tests/browser",
    "--ignore=packages/gateway-simulators/simulator_tests/test_server.py",
    "--deselect=tests/dev/histories/test_histories.py::test_no_history_loses_or_doubles_money",
    "--deselect=tests/dev/histories/test_exhaustive.py::test_a_flow_killed_anywhere_fulfils_its_promise_no_matter_who_comes_next",
    "--deselect=tests/dev/histories/test_exhaustive.py::test_a_tenth_of_the_kills_of_a_flow_elsewhere_keeps_its_promise",
    "--deselect=tests/dev/histories/test_mutants.py::test_a_planted_bug_is_seen",
)
# Time limits must not jump with the date; and with faked file times every process would compile the sources again.
_NOT_FAKED = {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}


def command(date: str, arguments: Sequence[str]) -> list[str]:
    return ["faketime", date, sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *LEFT_OUT, *arguments]


def environment() -> dict[str, str]:
    path = [str(ROOT / "dev/tools/faketime"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | _NOT_FAKED | {"PYTHONPATH": os.pathsep.join(path)}


def main(arguments: Sequence[str]) -> int:
    if not shutil.which("faketime"):
        sys.stderr.write("faketime is needed. On Debian and Ubuntu: apt-get install faketime\n")
        return 1
    failed = [date for number, date in enumerate(DATES, 1) if not _passes(number, date, arguments)]
    sys.stderr.write(f"\nfailed: {', '.join(failed)}\n" if failed else f"\nall {len(DATES)} dates passed\n")
    return min(len(failed), 1)


def _passes(number: int, date: str, arguments: Sequence[str]) -> bool:
    sys.stderr.write(f"\n{number} of {len(DATES)}: {date}, {DATES[date]}\n")
    began = time.monotonic()
    ended = subprocess.run(command(date, arguments), cwd=ROOT, env=environment(), check=False)  # noqa: S603
    sys.stderr.write(f"{date}: {'failed' if ended.returncode else 'passed'}, {time.monotonic() - began:.0f} s\n")
    return ended.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
