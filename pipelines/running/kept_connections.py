"""Dagster's history in SQLite, with connections that are kept between questions.

Dagster opens a database anew for every event that it writes and every question
that it asks, some thousand times in a project's run, and compiles every
statement again: a quarter of the run's processor time. Tables and files are
the same, so a home can be opened with and without.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import yaml
from dagster import DagsterInstance, EventLogEntry
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage
from dagster._core.storage.legacy_storage import CompositeStorage
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, inspect

MOST_KEPT = 8
"""Databases that one process keeps open: the common ones, and those of the runs that it last wrote or read."""
BUSY_SECONDS = 30
"""How long a writer waits for another, as Dagster's own event log does."""


class _Kept:
    """Engines by address; each keeps two connections, and opens more while those are taken."""

    def __init__(self) -> None:
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._lock = threading.Lock()
        self._process = os.getpid()

    def engine(self, address: str) -> Engine:
        """Return the engine of an address; the one unused for longest is closed where there are too many."""
        with self._lock:
            if self._process != os.getpid():
                # SQLite's connections must not be carried over a fork, nor closed by the child.
                for engine in self._engines.values():
                    engine.dispose(close=False)
                self._engines.clear()
                self._process = os.getpid()
            if address not in self._engines:
                settings = {"timeout": BUSY_SECONDS, "check_same_thread": False}
                self._engines[address] = create_engine(address, pool_size=2, max_overflow=-1, connect_args=settings)
            self._engines.move_to_end(address)
            while len(self._engines) > MOST_KEPT:
                self._engines.popitem(last=False)[1].dispose()
            return self._engines[address]

    def close(self) -> None:
        """Close every connection; the next question opens one again."""
        with self._lock:
            while self._engines:
                self._engines.popitem()[1].dispose(close=self._process == os.getpid())


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all, and leave one that somebody else was quicker to write."""
    making = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with making.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(making)
    finally:
        making.unlink(missing_ok=True)


class KeptEventLog(SqliteEventLogStorage):
    """Dagster's event log in SQLite."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._kept = _Kept()
        self._blank: bytes | None = None
        super().__init__(base_dir, inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._kept.engine(self.conn_string_for_shard(shard))
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as connection:
                yield connection

    def _initdb(self, engine: Engine, for_index_shard: bool = False) -> None:
        """Make a run's database as a copy of one that was made before; Dagster reads all its migrations for each."""
        path = Path(engine.url.database or "")
        if self._blank is not None and not for_index_shard and not path.exists():
            _write_whole(path, self._blank)
            return
        is_new = not path.exists()
        super()._initdb(engine, for_index_shard)
        if is_new and not for_index_shard:
            with closing(sqlite3.connect(path)) as connection:
                self._blank = connection.serialize()

    def has_table(self, table_name: str) -> bool:
        """Tell whether a table is there; asked before every question about partitions, and while an event is written."""
        with self._kept.engine(self.conn_string_for_shard(INDEX_SHARD_NAME)).connect() as connection:
            return bool(inspect(connection).has_table(table_name))

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        """Open the folder that the settings name."""
        return cls(inst_data=inst_data, **config_value)

    def store_event(self, event: EventLogEntry) -> None:
        """Write an event, and touch the run's file, which those who look on watch.

        With connections that stay open an event stands in SQLite's log beside the file until there are many.
        """
        super().store_event(event)
        with suppress(FileNotFoundError):
            os.utime(self.path_for_shard(event.run_id))

    def wipe(self) -> None:
        """Delete everything; the files of runs are removed, so nothing may hold them."""
        self._kept.close()
        super().wipe()

    def dispose(self) -> None:
        """Close."""
        super().dispose()
        self._kept.close()


class KeptRuns(SqliteRunStorage):
    """Dagster's list of runs in SQLite."""

    def __init__(self, conn_string: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._kept = _Kept()
        super().__init__(conn_string, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        """Open the folder that the settings name."""
        return cls.from_local(inst_data=inst_data, **config_value)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Lend a connection for one transaction."""
        with self._kept.engine(self._conn_string).begin() as connection:
            yield connection

    def dispose(self) -> None:
        """Close."""
        super().dispose()
        self._kept.close()


class KeptInstance(DagsterInstance):
    """Dagster's instance whose storage, unless its settings name one, is the folder they lie in, kept open.

    The folder is not written into the settings, so that a home can be moved.
    """

    @staticmethod
    def config_schema() -> dict[str, Any]:
        """Return settings of its own: none."""
        return {}

    @staticmethod
    def config_defaults(base_dir: str) -> Mapping[str, ConfigurableClassData | None]:
        """Return Dagster's defaults with another storage."""
        theirs = InstanceRef.config_defaults(base_dir)
        ours = {"run_storage": KeptRuns.__name__, "event_log_storage": KeptEventLog.__name__}
        parts = {
            name: ConfigurableClassData(__name__, ours[name], part.config_yaml) if name in ours else part
            for name in ("run_storage", "event_log_storage", "schedule_storage")
            if (part := theirs[name]) is not None
        }
        # `CompositeStorage` is how Dagster puts three storages together.
        together = yaml.safe_dump({name: part._asdict() for name, part in parts.items()})
        storage = ConfigurableClassData(CompositeStorage.__module__, CompositeStorage.__name__, together)
        return {**theirs, **parts, "storage": storage}
