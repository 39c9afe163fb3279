"""The command, but for how it ends by errors and signals: arguments, a build, what is shown."""

from rich.console import Console
from rich.markup import escape

from build_decoder.arguments import Arguments, parse
from build_decoder.boards.known import listed
from build_decoder.exit_status import ExitStatus
from build_decoder.flow import run_flow
from build_decoder.models.command import say
from build_decoder.models.errors import InputError, printable
from build_decoder.output_folder import OutputFolder
from build_decoder.pareto import FRONT_FILE, pareto_table
from build_decoder.status_line import StatusLine
from build_decoder.terminal import closing_table, show_stage

__all__ = ["run"]


def run(argv: list[str] | None) -> ExitStatus:
    """Run the command; its exit status.

    Raises
    ------
    InputError
        If what the user gave is at fault.
    """
    console = _Console(highlight=False)
    arguments = parse(argv)
    if arguments.list_boards:
        for one in listed():
            board = one.board
            about = f"{board.title}, {board.device}" if board else f"unusable: {one.error}"
            console.print(f"{one.name:12} {about} ({one.origin})", markup=False)
        return ExitStatus.DONE
    return _build(arguments, console)


def _build(arguments: Arguments, console: Console) -> ExitStatus:
    output = OutputFolder(arguments.output)
    try:
        with output as folder, StatusLine(console) as line:

            def announce(name: str) -> None:
                show_stage(console, name)
                line.stage(name)

            ended = run_flow(arguments, folder, announce, line)
    except InputError as error:
        raise InputError(output.with_final_paths(str(error))) from None
    if arguments.pareto:
        console.print(pareto_table(arguments.output / FRONT_FILE))
    console.print(closing_table(ended.report, escape(printable(str(arguments.output)))))
    for warning in ended.report.warnings:
        say(f"warning: {output.with_final_paths(warning)}")
    if ended.last.message:
        say(f"{ended.last.reason}: {output.with_final_paths(ended.last.message)}")
    return ended.last.status


class _Console(Console):
    def on_broken_pipe(self):
        raise  # the BrokenPipeError; rich's own way is to exit at once, with status 1

    def show_cursor(self, show: bool = True) -> bool:
        return False  # see StatusLine
