"""python -m dev.local"""

import gc
import signal
import sys
import threading
from types import FrameType

from dev.local.claims import claim
from dev.local.options import Options, StackError, parse_options

_WRONG_USE = 2
_COLLECT_AFTER = (50_000, 20, 20)  # Python's own 700 would start a collection for every request.


def main() -> int:
    must_end = threading.Event()

    def end(signal_number: int, frame: FrameType | None) -> None:
        must_end.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    try:
        options = parse_options(sys.argv[1:])
        with claim(options):
            _run(options, must_end)
    except StackError as fault:
        sys.stdout.write(f"{fault}\n")
        return _WRONG_USE
    return 0


def _run(options: Options, must_end: threading.Event) -> None:
    from dev.local.console import Console  # Here, because importing moto takes a second
    from dev.local.stack import Stack  # and a busy port should be reported before.

    console = Console()
    stack = Stack(options, console)
    try:
        stack.start()
        gc.freeze()  # Objects made at the start live to the end: the garbage collector can skip them.
        gc.set_threshold(*_COLLECT_AFTER)
        console.say(_welcome(options))
        must_end.wait()
    finally:
        stack.stop()
    console.say("Stopped.")


def _welcome(options: Options) -> str:
    speed = "" if options.speed == 1 else f"Time runs {options.speed:g} times faster.\n"
    return (
        f"\nPavati runs on this machine.\n\n"
        f"  API and demo shop  {options.url}\n"
        f"{_simulators(options)}"
        f"  Functions' logs    {options.logs}\n\n"
        f"{speed}"
        f"Open {options.url}, choose a gateway and press Pay: the shop creates a payment and sends you to the "
        f"gateway's pay page, which is a simulator here.\n"
        f"Pay, decline, or close the page, and watch the payment's timeline in the shop.\n"
        f'POST {options.url}/_local/clock {{"advance_days": 4}} lets four days pass at once.\n'
        f"Ctrl-C ends everything; the data stays in {options.state}.\n"
    )


def _simulators(options: Options) -> str:
    lines = (f"{name:<10} http://127.0.0.1:{port}" for name, port in options.port_by_gateway.items())
    heading, indent = "  Simulators         ", "\n" + " " * 21
    return f"{heading}{indent.join(lines)}\n"


if __name__ == "__main__":
    sys.exit(main())
