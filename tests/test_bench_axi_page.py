"""The page of the register map is what the code says."""

from build_decoder.bench.axi.page import FILE, page


def test_the_page_is_what_the_code_says():
    assert FILE.read_text() == page(), "run python -m build_decoder.bench.axi.page"
