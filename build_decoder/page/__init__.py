"""``report.html``: what a build is, on one page that needs nothing but a browser."""

from build_decoder.page.write import PAGE_FILE, write_page

__all__ = ["PAGE_FILE", "write_page"]
