"""Reception of files and assembly of tables, as the stations do it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from assets.intake.assembly import assemble
from assets.intake.reading.delivery import JudgedTable
from assets.intake.receipts import FileReceipt, TableReceipt
from assets.intake.reception import take_in
from assets.storage.home import Home
from assets.storage.rows import accepted_rows
from data_contracts.calendar.quarters import Quarter
from data_contracts.tables.declared import TABLES

QUARTER = Quarter(2026, 3)
DAY = date(2026, 10, 15)


@dataclass(frozen=True)
class Taken:
    """The result of a delivery."""

    receipts: list[FileReceipt]
    home: Home
    project: str

    @property
    def receipt(self) -> FileReceipt:
        """The only receipt."""
        (receipt,) = self.receipts
        return receipt

    def table(self, table: str, quarter: Quarter = QUARTER) -> JudgedTable:
        """Return a quarter's table as the stations get it."""
        return assemble(self.home, self.home.protocol(self.project), table, quarter).table

    def accepted(self, table: str, quarter: Quarter = QUARTER) -> pd.DataFrame:
        """Return the accepted rows of a quarter's table."""
        judged = self.table(table, quarter)
        return accepted_rows(judged.frame, judged.contract)

    def of(self, table: str) -> TableReceipt:
        """Return the only receipt's part about a table."""
        (found,) = [t for t in self.receipt.tables if t.table == table]
        return found

    def rules(self, table: str) -> dict[str, tuple[int, ...]]:
        """Return the rows that each rule of a table refused."""
        return {r.rule: r.rows for r in self.of(table).refusals}


def take(home: Home, project: str = "small", day: date = DAY) -> Taken:
    """Receive the files in a project's inbox."""
    return Taken(take_in(home, home.protocol(project), day), home, project)


def everything_written(home: Home) -> bytes:
    """Return every byte below a home, with stored tables decompressed."""
    parts = []
    for path in sorted(p for p in home.root.rglob("*") if p.is_file()):
        parts += [str(path.relative_to(home.root)).encode(), path.read_bytes()]
        if path.suffix == ".parquet" and path.read_bytes()[:4] == b"PAR1":
            parts.append(pd.read_parquet(path).to_csv(index=False).encode())
    return b"\n".join(parts)


__all__ = ["DAY", "QUARTER", "TABLES", "Taken", "everything_written", "take"]
