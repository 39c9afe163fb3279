"""Boards, the shell around a decoder, its host link and driver, and the tools that build it.

Nothing is imported from here on purpose: ``boards.driver`` runs on hosts without Amaranth.
"""

from build_decoder.boards.known import board_names, get

__all__ = ["board_names", "get"]
