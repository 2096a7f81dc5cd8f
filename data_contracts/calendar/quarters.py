"""Quarters: the calendar in which results are reported.

People read `2026Q3`; partition keys are quarter starts, `2026-07-01`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from data_contracts.reading.knowledge import read_knowledge

_SPOKEN = re.compile(r"(\d{4})-?[QqKk]([1-4])")


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A calendar quarter.

    Attributes
    ----------
    number : int
        1 to 4.
    """

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Quarter:
        """Read `2026Q3`, `2026K3`, `2026-Q3` or the partition key `2026-07-01`.

        Raises
        ------
        ValueError
            If the text is none of these.
        """
        spoken = _SPOKEN.fullmatch(text.strip())
        if spoken:
            return cls(int(spoken[1]), int(spoken[2]))
        try:
            start = date.fromisoformat(text.strip())
        except ValueError:
            start = None
        if start is None or start.day != 1 or start.month not in (1, 4, 7, 10):
            raise ValueError("A quarter is written like 2026Q3.")
        return cls(start.year, (start.month + 2) // 3)

    @classmethod
    def containing(cls, day: date) -> Quarter:
        """Return the quarter that contains a day."""
        return cls(day.year, (day.month + 2) // 3)

    @property
    def start(self) -> date:
        """First day of the quarter."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def end(self) -> date:
        """Last day of the quarter."""
        return self.shifted(1).start - timedelta(days=1)

    @property
    def partition_key(self) -> str:
        """Partition key: the quarter's first day, ISO."""
        return self.start.isoformat()

    def shifted(self, quarters: int) -> Quarter:
        """Return the quarter `quarters` later (earlier if negative)."""
        index = self.year * 4 + self.number - 1 + quarters
        return Quarter(index // 4, index % 4 + 1)

    def minus(self, other: Quarter) -> int:
        """Return the number of quarters from `other` to this one."""
        return (self.year - other.year) * 4 + self.number - other.number

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"


@cache
def earliest_quarter() -> Quarter:
    """Return the first quarter that results can be made of."""
    return Quarter.parse(str(read_knowledge("calendar")["earliest_quarter"]))


@cache
def schedule_lag_days() -> int:
    """Return how many days after a quarter's end its results are made.

    Raises
    ------
    ValueError
        If it is not from 0 to 27: every month has a 28th, and no more.
    """
    days = int(read_knowledge("calendar")["schedule_lag_days"])
    if not 0 <= days <= 27:
        raise ValueError(f"calendar.yaml: schedule_lag_days must be from 0 to 27, not {days}.")
    return days
