"""The command, but for how it ends by errors and signals: arguments, a build, what is shown."""

from rich.console import Console
from rich.markup import escape

from build_decoder import boards
from build_decoder.arguments import Arguments, parse
from build_decoder.exit_status import ExitStatus
from build_decoder.flow import Flow
from build_decoder.models.command import say
from build_decoder.models.errors import InputError, printable
from build_decoder.output_folder import OutputFolder
from build_decoder.pareto import pareto_table
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
        for name in boards.board_names():
            board = boards.get(name)
            console.print(f"{name:12} {board.title}, {board.device}", markup=False)
        return ExitStatus.DONE
    return _build(arguments, console)


def _build(arguments: Arguments, console: Console) -> ExitStatus:
    output = OutputFolder(arguments.output)
    try:
        with output as folder, StatusLine(console) as line:

            def announce(name: str) -> None:
                show_stage(console, name)
                line.stage(name)

            flow = Flow(arguments, folder, announce, line)
            status = flow.run_pareto() if arguments.pareto else flow.run()
    except InputError as error:
        raise InputError(output.with_final_paths(str(error))) from None
    if flow.front:
        console.print(pareto_table(flow.model, flow.front, flow.board, flow.report.clock_mhz))
    console.print(closing_table(flow.report, escape(printable(str(arguments.output)))))
    for warning in flow.report.warnings:
        say(f"warning: {output.with_final_paths(warning)}")
    if flow.message:
        say(f"{flow.reason}: {output.with_final_paths(flow.message)}")
    return status


class _Console(Console):
    def on_broken_pipe(self):
        raise  # the BrokenPipeError; rich's own way is to exit at once, with status 1

    def show_cursor(self, show: bool = True) -> bool:
        return False  # see StatusLine
