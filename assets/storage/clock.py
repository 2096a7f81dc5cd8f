"""Today's date in a home."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo


def today() -> date:
    """Return today's date in Denmark."""
    return datetime.now(ZoneInfo("Europe/Copenhagen")).date()
