"""What a stage tells beside the files that it leaves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from build_decoder.exit_status import ExitStatus
from build_decoder.models.errors import ToolError, ToolMissing

__all__ = ["StageResult"]


@dataclass(frozen=True, kw_only=True)
class StageResult:
    """Outcome of a stage.

    Parameters
    ----------
    figures
        Entries of the report, called as the attributes of `build_decoder.report.Report`.
    warnings
        What a user should know before the build is used, one line each.
    status
        How the command ends if it ends with this stage.
    reason, message
        Why the status is not 0: a word or two, and a line.
    """

    figures: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    status: ExitStatus = ExitStatus.DONE
    reason: str | None = None
    message: str | None = None

    @classmethod
    def stopped(cls, status: ExitStatus, message: str, **more) -> "StageResult":
        """The result of a stage after which no other runs; ``more`` are parameters."""
        reason = status.name.lower().replace("_", " ")
        return cls(status=status, message=message, **{"reason": reason} | more)

    @classmethod
    def of_tool(cls, error: ToolError, **more) -> "StageResult":
        """The result of a stage one of whose tools failed or is missing."""
        if not isinstance(error, ToolMissing):
            more = {"reason": "tool failed"} | more
        return cls.stopped(ExitStatus.TOOL_MISSING, str(error), **more)
