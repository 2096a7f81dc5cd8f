"""Pictures on asset pages: the same SVG as on the site, inside Markdown.

Belongs here: wrapping an SVG so that the Dagster UI shows it. Does not belong
here: drawing.
"""

from __future__ import annotations

import base64

from dagster import MarkdownMetadataValue, MetadataValue


def picture(svg: str, text: str = "") -> MarkdownMetadataValue:
    """Return an SVG as Markdown metadata with an alternative text."""
    encoded = base64.b64encode(svg.encode()).decode()
    return MetadataValue.md(f"![{text}](data:image/svg+xml;base64,{encoded})")
