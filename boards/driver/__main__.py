"""``python -m build_decoder.boards.driver``: golden data through a board."""

import sys

from build_decoder.boards.driver.command_line import main

if __name__ == "__main__":
    sys.exit(main())
