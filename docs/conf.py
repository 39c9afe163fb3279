"""The documentation as a site: ``sphinx-build -W docs build/site``."""

project = "build_decoder"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "build_decoder"

# Headings are link targets down to this level, as in `files.md#goldennpz`.
myst_heading_anchors = 4
exclude_patterns = ["notebooks"]

# Blocks without a language are commands and tables.
highlight_language = "none"
