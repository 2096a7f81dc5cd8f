"""Dagster's SQLite storage with persistent connections.

Dagster opens a database for every event that it writes and every query, some thousand times in a project's run, and
compiles every statement again: a quarter of the run's processor time. Tables and files are the same, so a home can be
opened with and without.
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
"""Databases that a process keeps open: the common ones, and those of the most recently used runs."""
BUSY_SECONDS = 30
"""How long a writer waits for the lock, as in Dagster's own event log."""


class _Kept:
    """Engines by address, each with a pool of two connections.

    An engine opens more connections while those two are in use.
    """

    def __init__(self) -> None:
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._lock = threading.Lock()
        self._process = os.getpid()

    def engine(self, address: str) -> Engine:
        """Return an address's engine, evicting the least recently used one."""
        with self._lock:
            if self._process != os.getpid():
                # SQLite connections must not survive a fork, nor be closed by the child.
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
        """Close every connection; the next query reopens one."""
        with self._lock:
            while self._engines:
                self._engines.popitem()[1].dispose(close=self._process == os.getpid())


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file atomically, unless another process already wrote it."""
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
    """Dagster's event log in SQLite, with persistent connections."""

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
        """Create a run's database by copying an earlier one.

        Dagster would otherwise read all its migrations for each run.
        """
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
        """Return whether a table exists, using a kept connection.

        Dagster asks before every partition query and while it writes an event.
        """
        with self._kept.engine(self.conn_string_for_shard(INDEX_SHARD_NAME)).connect() as connection:
            return bool(inspect(connection).has_table(table_name))

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        """Return a log on the folder in the settings."""
        return cls(inst_data=inst_data, **config_value)

    def store_event(self, event: EventLogEntry) -> None:
        """Write an event, and touch the run's file, which observers watch.

        With persistent connections an event stays in SQLite's write-ahead log, beside the file, until the next checkpoint.
        """
        super().store_event(event)
        with suppress(FileNotFoundError):
            os.utime(self.path_for_shard(event.run_id))

    def wipe(self) -> None:
        """Delete everything, closing connections to the removed files first."""
        self._kept.close()
        super().wipe()

    def dispose(self) -> None:
        """Close all connections."""
        super().dispose()
        self._kept.close()


class KeptRuns(SqliteRunStorage):
    """Dagster's run storage in SQLite, with persistent connections."""

    def __init__(self, conn_string: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._kept = _Kept()
        super().__init__(conn_string, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        """Return a run storage on the folder in the settings."""
        return cls.from_local(inst_data=inst_data, **config_value)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Yield a connection for one transaction."""
        with self._kept.engine(self._conn_string).begin() as connection:
            yield connection

    def dispose(self) -> None:
        """Close all connections."""
        super().dispose()
        self._kept.close()


class KeptInstance(DagsterInstance):
    """Dagster instance that defaults to persistent storage in its folder.

    The folder is not written into the settings, so that a home can be moved.
    """

    @staticmethod
    def config_schema() -> dict[str, Any]:
        """Return an empty schema, because the class has no settings."""
        return {}

    @staticmethod
    def config_defaults(base_dir: str) -> Mapping[str, ConfigurableClassData | None]:
        """Return Dagster's defaults with persistent storage."""
        theirs = InstanceRef.config_defaults(base_dir)
        ours = {"run_storage": KeptRuns.__name__, "event_log_storage": KeptEventLog.__name__}
        parts = {
            name: ConfigurableClassData(__name__, ours[name], part.config_yaml) if name in ours else part
            for name in ("run_storage", "event_log_storage", "schedule_storage")
            if (part := theirs[name]) is not None
        }
        # `CompositeStorage` combines Dagster's three storages.
        together = yaml.safe_dump({name: part._asdict() for name, part in parts.items()})
        storage = ConfigurableClassData(CompositeStorage.__module__, CompositeStorage.__name__, together)
        return {**theirs, **parts, "storage": storage}
