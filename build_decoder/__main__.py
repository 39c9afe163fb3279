"""``python -m build_decoder``: from a trained network to a bitstream."""

import sys

from build_decoder.models.command import exit_status

__all__ = ["main"]


def main(argv: list[str] | None = None) -> int:
    """Run the command with ``argv``, the process's own arguments if None; its exit status."""
    return exit_status(lambda: _run(argv), prefix="error: ", tools=True)


def _run(argv: list[str] | None) -> int:
    # All of it takes a second to import, in which a signal may come.
    from build_decoder.command import run

    return run(argv)


if __name__ == "__main__":
    sys.exit(main())
