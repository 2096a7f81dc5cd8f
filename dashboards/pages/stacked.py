"""Tables on narrow screens, where rows are stacked and cells need labels."""

from __future__ import annotations

import re

TABLE = re.compile(r'<table class="stack.*?</table>', re.DOTALL)
HEADING = re.compile(r"<th\b[^>]*>(.*?)</th>", re.DOTALL)
ROW = re.compile(r"<tr\b.*?</tr>", re.DOTALL)
CELL = re.compile(r"<(td|th)\b")
TAGS = re.compile(r"<[^>]+>")


def with_labels(html: str) -> str:
    """Return a page with the column heading in each stacked table's cells.

    Parameters
    ----------
    html : str
        From the templates: cells in the order of headings, none spans columns, text is escaped.
    """
    return TABLE.sub(lambda table: _labelled(table.group()), html)


def _labelled(table: str) -> str:
    head, mark, body = table.partition("</thead>")
    if not mark:
        return table
    names = [TAGS.sub("", name).strip().replace('"', "&#34;") for name in HEADING.findall(head)]

    def row(found: re.Match[str]) -> str:
        columns = iter(names)

        def cell(opened: re.Match[str]) -> str:
            name = next(columns, "")
            # Row headings need no label.
            return f'<td data-label="{name}"' if name and opened.group(1) == "td" else opened.group()

        return CELL.sub(cell, found.group())

    return head + mark + ROW.sub(row, body)
