"""The report as one page that needs no other file."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

from build_decoder.models.nerve_cuff.report.tables import Table

__all__ = ["Section", "page"]

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:1080px;margin:2em auto;padding:0 1em;color:#222}
p{overflow-wrap:anywhere}
table{border-collapse:collapse;margin:.8em 0 1.6em;font-size:13px}
caption{text-align:left;font-weight:600;padding:.3em 0}
th,td{padding:.25em .45em;text-align:right;border-bottom:1px solid #ddd}td{white-space:nowrap}
th:first-child,td:first-child{text-align:left}td:first-child{white-space:pre}
th{vertical-align:bottom}.wide{overflow-x:auto}
@media print{.wide{overflow-x:visible}table{font-size:9px}}
figure{margin:1.2em 0}figure svg{max-width:100%;height:auto}figcaption{font-size:13px;color:#444}
"""


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Parameters
    ----------
    title, text:
        Heading, and a paragraph.
    tables:
        Its tables.
    figures:
        SVG and caption of each.
    """

    title: str
    text: str
    tables: Sequence[Table]
    figures: Sequence[tuple[str, str]] = ()


def page(title: str, lead: str, sections: Sequence[Section]) -> str:
    """The page as HTML; `lead` is its first paragraph."""
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{html.escape(title)}</h1><p>{html.escape(lead)}</p>",
    ]
    for section in sections:
        parts.append(f"<h2>{html.escape(section.title)}</h2><p>{html.escape(section.text)}</p>")
        parts += [_table(table) for table in section.tables]
        for number, (svg, caption) in enumerate(section.figures):
            # What is before the element is of a file of its own; identifiers are of one page.
            inline = svg[svg.index("<svg") :]
            mark = f"f{number}"
            inline = (
                inline.replace('id="', f'id="{mark}')
                .replace("url(#", f"url(#{mark}")
                .replace('href="#', f'href="#{mark}')
            )
            parts.append(
                f"<figure>{inline}<figcaption>{html.escape(caption)}</figcaption></figure>"
            )
    return "\n".join([*parts, "</body></html>", ""])


def _table(table: Table) -> str:
    def cells(tag: str, texts: Sequence[str]) -> str:
        return "".join(f"<{tag}>{html.escape(text)}</{tag}>" for text in texts)

    rows = "".join(f"<tr>{cells('td', row)}</tr>" for row in table.rows)
    return (
        f"<div class='wide'><table><caption>{html.escape(table.title)}</caption>"
        f"<thead><tr>{cells('th', table.head)}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
