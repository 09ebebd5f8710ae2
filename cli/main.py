"""The command line: `sealedbook …`, or `./run …`.

Law: whatever goes wrong ends as one clear message on standard error and exit code 1, without
a traceback. What is running is stopped by whoever started it (`house/interruption.py`); a
command that started nothing just ends at Ctrl-C, since every step of it is safe to die at.
"""

from __future__ import annotations

import signal
import sys

from runtime.processes import keep_to_itself


def app() -> None:
    """Run the command line; the console script and `python -m cli.main` start here."""
    keep_to_itself()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # The rooms take a second to load; Ctrl-C in that second shouldn't show where.
    from cli.commands import commands  # noqa: PLC0415 - after the signal is set, as said
    from cli.words import explain  # noqa: PLC0415 - likewise

    try:
        commands()
    except Exception as error:  # noqa: BLE001 - the last resort: whatever it is, no traceback with values
        sys.stderr.write(f"sealedbook: {explain(error)}\n")
        sys.exit(1)


if __name__ == "__main__":
    app()
