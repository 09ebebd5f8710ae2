"""Progress on standard error: a moving bar on a terminal, plain lines anywhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

Tell = Callable[[str], None]


@contextmanager
def progress(title: str) -> Iterator[Tell]:
    """Show that something takes its time; the block tells what it is at."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda stage: console.print(f"{title}: {stage} …", markup=False, highlight=False)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda stage: bar.update(task, description=f"{title}: {stage}")
