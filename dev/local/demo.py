"""python -m dev.local.demo: orders against the running system, printed as they happen and checked at the end."""

import io
import sys
from concurrent.futures import ThreadPoolExecutor

from dev.local.console import Console
from dev.local.demo_client import NotRunning, Stack
from dev.local.options import StackError, parse_options
from dev.local.stories import DAYS_PASS_IN, DEBIT_DAYS, SHORTEST_EXPIRY_S, STORIES
from dev.local.story import Story

_AT_ONCE = 5
_WORK_SECONDS = 15  # Real seconds, whatever SPEED is.


def tell(stack: Stack, console: Console) -> int:
    stories = [Story(*words, stack, console) for words in STORIES]
    watch_s = (SHORTEST_EXPIRY_S + 15) / stack.speed + _WORK_SECONDS
    pace = "" if stack.speed == 1 else f" Time runs {stack.speed:g} times faster."
    console.say(f"{len(stories)} orders at {stack.url}: about {watch_s:.0f} s.{pace}")
    if stack.speed == 1:
        console.say("Order (c) must expire, and that takes 5 minutes: under `SPEED=20 make run` it takes 15 s.")
    console.say(f"At the end {DEBIT_DAYS} days pass at once, for the whole stack.")
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        for running in [pool.submit(story.run) for story in stories if story.letter not in DAYS_PASS_IN]:
            running.result()
        for story in stories:  # All orders share one clock, so no other may be in progress while days pass.
            if story.letter in DAYS_PASS_IN:
                story.run()
    finally:
        stack.stopped.set()
        pool.shutdown()
    for story in stories:
        console.say(f"{'NOT OK' if story.wrong else 'ok    '}  ({story.letter}) {story.title}  {story.wrong}".rstrip())
    return 1 if any(story.wrong for story in stories) else 0


def main() -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    console = Console()
    try:
        options = parse_options([])
    except StackError as fault:
        console.say(str(fault))
        return 2
    stack = Stack(options.url, options.port_by_gateway)
    try:
        stack.open()
    except NotRunning:
        console.say(
            f"No stack at {stack.url} with simulators from {options.simulator_url} on: start it by `make run` first."
        )
        return 2
    stack.forget_own_fault()
    try:
        return tell(stack, console)
    except KeyboardInterrupt:
        return 130
    finally:
        stack.forget_own_fault()


if __name__ == "__main__":
    sys.exit(main())
