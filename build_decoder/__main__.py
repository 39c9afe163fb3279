"""``python -m build_decoder``: from a trained network to a bitstream."""

import sys

from rich.console import Console

import boards
from build_decoder.arguments import parse
from build_decoder.exit_status import ExitStatus
from build_decoder.flow import Flow
from build_decoder.output_folder import OutputFolder
from build_decoder.pareto import pareto_table
from build_decoder.terminal import closing_table, show_stage
from models.errors import InputError

__all__ = ["main"]


def main(argv: list[str] | None = None) -> int:
    """Run the command with ``argv``, the process's own arguments if None; its exit status."""
    console = Console(highlight=False)
    try:
        arguments = parse(argv)
        if arguments.list_boards:
            for name in boards.board_names():
                board = boards.get(name)
                console.print(f"{name:12} {board.title}, {board.device}", markup=False)
            return ExitStatus.DONE
        output = OutputFolder(arguments.output)
        with output as folder:
            flow = Flow(arguments, folder, lambda name: show_stage(console, name))
            status = flow.run_pareto() if arguments.pareto else flow.run()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return ExitStatus.BAD_INPUT
    if flow.front:
        console.print(pareto_table(flow.model, flow.front, flow.board, flow.report.clock_mhz))
    console.print(closing_table(flow.report, arguments.output))
    for warning in flow.report.warnings:
        print(f"warning: {output.with_final_paths(warning)}", file=sys.stderr)
    if flow.message:
        print(f"{flow.reason}: {output.with_final_paths(flow.message)}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
