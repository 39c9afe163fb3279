"""The line at the bottom of a terminal: the stage, its seconds so far, and what is going on."""

import contextlib
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.text import Text

from build_decoder.models.errors import printable
from build_decoder.models.progress import Detail

__all__ = ["StatusLine", "newest_log_line"]

_LOGS = (".log", ".rpt", ".tim")
_TAIL = 4096


class StatusLine:
    """Shows itself while it is entered, on a terminal only; a :data:`~models.progress.Progress`.

    Anything else is printed above it. It leaves no trace, and the cursor is never hidden, so that
    there is nothing to put right if the process is killed.

    Parameters
    ----------
    console
        Where it is shown, if that is a terminal that can go back to the start of a line.
    """

    def __init__(self, console: Console):
        self._stage = ""
        self._start = time.monotonic()
        self._detail: Detail = ""
        self._live = None
        # A console may take itself for a terminal because a variable says so.
        terminal = sys.stdout is not None and sys.stdout.isatty() and console.is_terminal
        if terminal and not console.is_dumb_terminal:
            self._live = Live(self, console=console, transient=True, refresh_per_second=4)

    def stage(self, name: str) -> None:
        """Start to count the seconds of stage ``name``."""
        self._stage, self._start, self._detail = name, time.monotonic(), ""

    def __call__(self, detail: Detail) -> None:
        self._detail = detail

    def __enter__(self):
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *exception):
        if self._live is not None:
            self._live.stop()

    def __rich__(self) -> Text:
        detail = self._detail
        if callable(detail):
            # A file that is looked at may go at any moment.
            with contextlib.suppress(OSError, ValueError):
                detail = detail()
        text = f"  {self._stage} {time.monotonic() - self._start:.0f} s"
        if isinstance(detail, str) and detail:
            text += f": {printable(detail)}"
        return Text(text, style="dim", no_wrap=True, overflow="ellipsis")


def newest_log_line(folder: Path) -> Callable[[], str]:
    """A detail: name and last line of the log in ``folder`` that was written last."""

    def line() -> str:
        logs = [path for path in folder.iterdir() if path.suffix in _LOGS]
        if not logs:
            return ""
        newest = max(logs, key=lambda path: path.stat().st_mtime)
        with newest.open("rb") as stream:
            stream.seek(max(0, newest.stat().st_size - _TAIL))
            lines = stream.read().decode(errors="replace").split("\n")
        # The last one may not be whole yet.
        said = [text.strip() for text in lines[:-1] if text.strip()]
        return f"{newest.stem}: {said[-1]}" if said else newest.stem

    return line
