"""Markdown on asset pages: words that stay words, and the same SVG as on the site."""

from __future__ import annotations

import base64
import re

from dagster import MarkdownMetadataValue, MetadataValue

PICTURE_LANGUAGE = "da"
"""Drawing takes some 40 ms a picture: each is drawn once, and the words beside it stand in both languages."""


def markdown(text: str) -> MarkdownMetadataValue:
    """Return Markdown as metadata; tags and links that somebody put into a name stand as they were typed.

    Parameters
    ----------
    text : str
        Ours, with names and labels of projects in it. We use neither tags nor links ourselves.
    """
    return MetadataValue.md(harmless(text))


def harmless(text: str) -> str:
    """Take from a text what Markdown would make a tag, a link or a picture of; blocks of code keep their fences."""
    return re.sub(r"\]\s*(?=[(\[:])", "\\\\]", text.replace("<", "&lt;"))


def picture(svg: str) -> MarkdownMetadataValue:
    """Return an SVG as Markdown metadata; what it shows stands in its own text."""
    encoded = base64.b64encode(svg.encode()).decode()
    return MetadataValue.md(f"![](data:image/svg+xml;base64,{encoded})")
