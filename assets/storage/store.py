"""The store: tables and records on disk, one file per asset partition.

Each file has a SHA-256 beside it (`manifest.py`), and Parquet pages have their own checksums, so a flipped bit is
detected. While a run has the store open it holds the run's lock (`liveness.py`).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import is_dataclass
from pathlib import Path
from typing import IO, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from dagster import ConfigurableIOManager, Failure, InitResourceContext, InputContext, OutputContext
from pydantic import BaseModel, PrivateAttr

from assets.storage.audit import note
from assets.storage.dagster_failures import only_kind_and_place
from assets.storage.home import Home, json_bytes, read_json
from assets.storage.liveness import hold, let_go
from assets.storage.manifest import known_sums, verified, write_with_sum
from assets.storage.rows import empty_frame
from assets.storage.station_values import KeptDossier
from data_contracts.protocol.table_contract import compile_contract
from data_contracts.reading.faults import Fault, InputRefused
from data_contracts.results.result_record import ResultRecord
from models.values.adapter import as_data, read_as


class Store(ConfigurableIOManager):
    """Storage of frames as Parquet and of everything else as JSON.

    Attributes
    ----------
    home_folder : str
        The home's root.
    """

    home_folder: str
    _held: IO[str] | None = PrivateAttr(default=None)

    def setup_for_execution(self, context: InitResourceContext) -> None:
        """Take the run's lock (Dagster)."""
        self._held = None if context.run is None else hold(self.home, context.run.run_id)

    def teardown_after_execution(self, context: InitResourceContext) -> None:
        """Release the run's lock (Dagster)."""
        if self._held is not None and context.run is not None:
            let_go(self.home, context.run.run_id, self._held)
            self._held = None

    @property
    def home(self) -> Home:
        """The home of this store."""
        return Home(Path(self.home_folder))

    def path(self, asset: Sequence[str], project: str, quarter_key: str, suffix: str) -> Path:
        """Return the path of an asset's partition."""
        return self.home.restricted.joinpath(*asset, project, f"{quarter_key}{suffix}")

    def write(self, asset: Sequence[str], project: str, quarter_key: str, value: Any) -> None:
        """Write a frame, a frozen value, a list of them, or JSON."""
        if isinstance(value, pd.DataFrame):
            write_with_sum(self.path(asset, project, quarter_key, ".parquet"), parquet_bytes(value))
        else:
            write_with_sum(self.path(asset, project, quarter_key, ".json"), json_bytes(_plain(value)))

    def read(self, asset: Sequence[str], project: str, quarter_key: str) -> Any:
        """Return the stored value, or None."""
        parquet = self.path(asset, project, quarter_key, ".parquet")
        if parquet.is_file():
            return read_parquet(parquet)
        stored = self.path(asset, project, quarter_key, ".json")
        if not verified(stored):
            raise damaged_table(stored)
        return read_json(stored)

    def records(self, asset: Sequence[str], project: str, quarter_key: str) -> list[ResultRecord]:
        """Return stored result records, or none."""
        return read_as(list[ResultRecord], self.read(asset, project, quarter_key) or [])

    def dossier(self, project: str, quarter_key: str) -> KeptDossier | None:
        """Return a project's stored dossier, if it has one."""
        found = self.read(["evidence", "dossier"], project, quarter_key)
        return None if found is None else read_as(KeptDossier, found)

    def handle_output(self, context: OutputContext, obj: Any) -> None:
        """Store an asset's value (Dagster)."""
        if obj is None:
            return
        project, quarter_key = _partition(context)
        asset = context.asset_key.path
        with only_kind_and_place():  # Arrow's errors quote the offending cell
            self.write(asset, project, quarter_key, obj)
            suffix = ".parquet" if isinstance(obj, pd.DataFrame) else ".json"
            (known,) = known_sums(self.path(asset, project, quarter_key, suffix))
            facts = {"asset": "/".join(asset), "partition": f"{project}/{quarter_key}", "sha256_of_rows": known}
            note(self.home, "materialised", run=context.run_id, **facts)

    def load_input(self, context: InputContext) -> Any:
        """Load an upstream asset's value, as the type that is asked for.

        Dagster calls this.
        """
        project, quarter_key = _partition(context)
        with only_kind_and_place():
            value = self.read(context.asset_key.path, project, quarter_key)
        if value is None and context.asset_key.path[0] == "deliveries":
            value = self._unasked(context.asset_key.path[1], project)
        if value is None:
            station = "/".join(context.asset_key.path)
            raise Failure(
                description=f"{station} has not been materialised for this project and quarter. Materialise it first, or run the whole job.",
                allow_retries=False,
            )
        kind = context.dagster_type.typing_type
        with only_kind_and_place():
            return value if isinstance(value, pd.DataFrame) else read_as(kind, value)

    def _unasked(self, table: str, project: str) -> pd.DataFrame | None:
        """Return the empty table of a design that does not need it, or None."""
        protocol = self.home.protocol(project)
        if table in {delivery.table for delivery in protocol.deliveries}:
            return None
        return empty_frame(compile_contract(table, protocol))


def _plain(value: Any) -> Any:
    """Return frozen values as data; anything else as it is."""
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return as_data(value) if is_dataclass(value) or isinstance(value, BaseModel) else value


def _partition(context: InputContext | OutputContext) -> tuple[str, str]:
    key = context.asset_partition_key if isinstance(context, InputContext) else context.partition_key
    dimensions = getattr(key, "keys_by_dimension", None)
    if dimensions is None:
        return "all", str(key)
    return dimensions["project"], dimensions["quarter"]


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """Return a frame as Parquet with page checksums."""
    buffer = io.BytesIO()
    table = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(table, buffer, write_page_checksum=True, compression="zstd")
    return buffer.getvalue()


def read_parquet(path: Path) -> pd.DataFrame:
    """Read Parquet, verifying page checksums.

    Raises
    ------
    InputRefused
        If the file is damaged.
    """
    if not verified(path):
        raise damaged_table(path)
    try:
        table = pq.ParquetFile(path, page_checksum_verification=True, memory_map=False).read()
    except (OSError, pa.ArrowException):
        raise damaged_table(path) from None
    frame: pd.DataFrame = table.to_pandas()
    return frame


def damaged_table(path: Path) -> InputRefused:
    """Return the refusal of a damaged stored table, with how to fix it."""
    root = next((folder for folder in path.parents if Home(folder).exists), path.parent)
    name = path.relative_to(root)
    fix = "Restore it from backup, or delete it and rerun the quarter; then try again."
    if name.parts[:2] == ("restricted", "received"):
        # Delivered files are deleted once read, so only the sender still has them.
        number = int(path.stem.partition("-")[0])
        fix = f"Restore it from backup, or withdraw the file and send it again: trin withdraw {path.parent.name} {number}."
    elif name.parts[:2] == ("restricted", "identities"):
        fix = "Restore it from backup."
    return InputRefused([Fault("A stored table is damaged.", fix, name.as_posix())])
