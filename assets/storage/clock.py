"""Today, as the home sees it."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo


def today() -> date:
    """Return the day in Denmark."""
    return datetime.now(ZoneInfo("Europe/Copenhagen")).date()
