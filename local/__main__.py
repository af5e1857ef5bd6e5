"""python -m local"""

import signal
import sys
import threading
from types import FrameType

from local import processes
from local.console import Console
from local.intrinsics import UnresolvedError
from local.options import StackError, parse_options
from local.stack import Stack

_WRONG_USE = 2


def main() -> int:
    console = Console()
    asked_to_end = threading.Event()

    def end(signal_number: int, frame: FrameType | None) -> None:
        asked_to_end.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    try:
        stack = Stack(parse_options(sys.argv[1:]), console)
        stack.start()
        console.say(_welcome(stack))
        asked_to_end.wait()
        stack.stop()
    except (StackError, UnresolvedError) as fault:
        console.say(str(fault))
        return _WRONG_USE
    finally:
        processes.kill_all()
    console.say("Stopped.")
    return 0


def _welcome(stack: Stack) -> str:
    options = stack.options
    speed = "" if options.speed == 1 else f"Time runs {options.speed:g} times faster.\n"
    return (
        f"\nPavati runs on this machine.\n\n"
        f"  API and demo shop  {options.url}\n"
        f"  PhonePe simulator  {options.simulator_url}\n"
        f"  Functions' logs    {options.logs}\n\n"
        f"{speed}"
        f"Open {options.url} and press Pay: the shop creates a payment and sends you to PhonePe's pay page, which is "
        f"a simulator here.\nPay, decline, or close the page, and watch the payment's timeline in the shop. "
        f"Ctrl-C ends everything; the data stays in {options.state}.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
