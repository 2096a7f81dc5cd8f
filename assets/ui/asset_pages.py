"""Markdown on asset pages: escaped text, and the same SVG as the site."""

from __future__ import annotations

import base64
import re

from dagster import MarkdownMetadataValue, MetadataValue

PICTURE_LANGUAGE = "da"
"""Drawing takes about 40 ms per picture, so each is drawn once, with text in both languages beside it."""


def markdown(text: str) -> MarkdownMetadataValue:
    """Return Markdown metadata, with tags and links in names escaped.

    Parameters
    ----------
    text : str
        Our own text with names and labels of projects. It never uses tags or links itself.
    """
    return MetadataValue.md(harmless(text))


def harmless(text: str) -> str:
    """Return text without tags, links and pictures, keeping code blocks."""
    return re.sub(r"\]\s*(?=[(\[:])", "\\\\]", text.replace("<", "&lt;"))


def picture(svg: str) -> MarkdownMetadataValue:
    """Return an SVG as Markdown metadata, with its own text alternative."""
    encoded = base64.b64encode(svg.encode()).decode()
    return MetadataValue.md(f"![](data:image/svg+xml;base64,{encoded})")
