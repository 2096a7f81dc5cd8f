"""The current names in Trin that others rely on.

`python -m tests.spec.names_now KIND …` updates kinds of names in `tests/reference/names.json`, or all kinds if none is
named. The kinds in `IN_HOMES` need a run of the demo, which takes a minute.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    import click
    from dagster import RepositoryDefinition

    from assets.storage.home import Home

ROOT = Path(__file__).resolve().parents[2]
STORED = ROOT / "tests" / "reference" / "names.json"


# Dagster.


def repository() -> RepositoryDefinition:
    """Return the repository of the code location."""
    from dagster import DagsterInstance

    from assets.storage.home import Home
    from pipelines.definitions import build_defs

    # Dagster resolves definitions with the process's latest instance, so one must be open.
    with DagsterInstance.ephemeral(), tempfile.TemporaryDirectory() as folder:
        return build_defs(home=Home(Path(folder))).get_repository_def()


def dimensions(partitions: Any) -> str:
    """Return the names of partition dimensions."""
    if partitions is None:
        return "nothing"
    return " and ".join(getattr(partitions, "partition_dimension_names", ["quarter"]))


def assets() -> dict[str, str]:
    nodes = repository().asset_graph.asset_nodes
    return {node.key.to_user_string(): f"group {node.group_name}" for node in nodes}


def asset_checks() -> list[str]:
    return sorted(f"{c.asset_key.to_user_string()}: {c.name}" for c in repository().asset_graph.asset_check_keys)


def jobs() -> list[str]:
    return sorted(job.name for job in repository().get_all_jobs() if not job.name.startswith("__"))


def schedules() -> dict[str, str]:
    return {s.name: f"{s.job_name} at {s.cron_schedule} {s.execution_timezone}" for s in repository().schedule_defs}


def sensors() -> dict[str, str]:
    return {s.name: " ".join(t.job_name for t in s.targets) or "no job" for s in repository().sensor_defs}


def partitions() -> dict[str, Any]:
    from assets.storage.partitions import partition_key, projects_partitions
    from data_contracts.calendar.quarters import Quarter

    found = repository()
    return {
        "assets": {n.key.to_user_string(): dimensions(n.partitions_def) for n in found.asset_graph.asset_nodes},
        "jobs": {name: dimensions(found.get_job(name).partitions_def) for name in jobs()},
        "dynamic": projects_partitions.name,
        "key": str(partition_key("i-gang", Quarter(2026, 3))),
    }


def code_location() -> Any:
    """Return what workspace files, here and elsewhere, refer to."""
    return yaml.safe_load((ROOT / "workspace.yaml").read_text(encoding="utf-8"))["load_from"]


# The command line.


def commands() -> dict[str, list[str]]:
    from pipelines.command_line.main import trin

    return dict(verbs(trin, "trin"))


def verbs(command: click.Command, name: str) -> Iterator[tuple[str, list[str]]]:
    """Yield a verb and its subcommands with arguments and options."""
    yield name, [said(p) for p in command.params]
    for below, verb in sorted(getattr(command, "commands", {}).items()):
        yield from verbs(verb, f"{name} {below}")


def said(parameter: click.Parameter) -> str:
    """Return an argument or option in one line."""
    is_flag = getattr(parameter, "is_flag", False)
    name = "/".join(parameter.opts) if parameter.param_type_name == "option" else parameter.human_readable_name
    choices = getattr(parameter.type, "choices", None)
    parts = [name] if is_flag else [f"{name} {'|'.join(choices) if choices else parameter.type.name}"]
    parts += ["required"] * parameter.required + ["several"] * parameter.multiple
    if isinstance(parameter.default, str):
        parts.append(f"default {parameter.default}")
    if parameter.envvar:
        parts.append(f"or {parameter.envvar}")
    return ", ".join(parts)


def exit_codes() -> dict[str, int]:
    from pipelines.command_line import exit_codes

    return {name.lower(): getattr(exit_codes, name) for name in ("OK", "FAILED", "USAGE", "REFUSED", "NO_HOME")}


def environment() -> list[str]:
    """Return the environment variables that occur in the program."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    folders = {name.rstrip("*") for name in project["tool"]["setuptools"]["packages"]["find"]["include"]}
    texts = (path.read_text(encoding="utf-8") for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted({name for text in texts for name in re.findall(r"\bTRIN_[A-Z_]+", text)})


# Files that people write, and files that programs read.


def shown(schema: dict[str, Any]) -> str:
    """Return the type of a key in short form."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "const" in schema or "enum" in schema:
        return "|".join(str(value) for value in schema.get("enum", [schema.get("const")]))
    for together in ("anyOf", "oneOf"):
        if together in schema:
            return " or ".join(shown(part) for part in schema[together])
    kind = str(schema.get("type", "anything"))
    inside = schema.get("items") or schema.get("additionalProperties")
    return f"{kind} of {shown(inside)}" if isinstance(inside, dict) else kind


def keys_of(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the keys of every part of a schema, required ones with `*`."""
    parts = {**schema.get("$defs", {}), schema.get("title", "list"): {k: v for k, v in schema.items() if k != "$defs"}}
    return {
        name: {key + "*" * (key in part.get("required", ())): shown(p) for key, p in part["properties"].items()}
        if "properties" in part
        else shown(part)
        for name, part in parts.items()
    }


def record_schema() -> dict[str, Any]:
    from data_contracts.results.result_record import ResultRecord

    return keys_of(ResultRecord.model_json_schema())


def published_schema() -> dict[str, Any]:
    from assets.release.public_files import record_schema as published

    return keys_of(published())


def protocol_schema() -> dict[str, Any]:
    from data_contracts.protocol.protocol import Protocol

    return keys_of(Protocol.model_json_schema())


def other_settings() -> dict[str, Any]:
    from data_contracts.economics.settings import EconomicsSettings
    from data_contracts.home_files.dossier import PaperStudy
    from data_contracts.home_files.judgements import Judgements
    from data_contracts.home_files.site_settings import SiteSettings

    files = {
        "dossier/<study>.yaml": PaperStudy,
        "economics.yaml": EconomicsSettings,
        "judgements.yaml": Judgements,
        "site.yaml": SiteSettings,
    }
    return {name: keys_of(model.model_json_schema()) for name, model in files.items()}


def delivered_tables() -> dict[str, list[str]]:
    from data_contracts.tables.declared import TABLES, contract_text

    contracts = {table: yaml.safe_load(contract_text(table))["schema"][0]["properties"] for table in TABLES}
    return {table: [column["name"] for column in columns] for table, columns in contracts.items()}


# Contents of a home after a run.


def published_folder(demo: Home) -> Path:
    (folder,) = demo.published.iterdir()
    return folder


def published_files(demo: Home, released: Home) -> list[str]:
    """Return paths below `published/<quarter>/`, which others link to."""
    folder = published_folder(demo)
    files = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name.replace(folder.name, "<quarter>") for name in files)


def published_tables(demo: Home, released: Home) -> dict[str, list[str]]:
    """Return columns of tables in `marts.duckdb` and of public files."""
    import duckdb

    folder = published_folder(demo)
    with duckdb.connect(str(folder / "marts.duckdb"), read_only=True) as marts:
        tables = sorted(row[0] for row in marts.execute("SELECT table_name FROM duckdb_tables()").fetchall())
        found = {t: [row[0] for row in marts.execute(f'DESCRIBE "{t}"').fetchall()] for t in tables}
    for path in sorted(folder.glob("*.csv")):
        head = path.read_text(encoding="utf-8-sig").splitlines()[0]
        found[path.name] = [name.strip('"') for name in head.split(";" if head.count(";") > head.count(",") else ",")]
    return found


def home_folders(demo: Home, released: Home) -> list[str]:
    """Return paths in a home, without quarters, projects and numbers."""
    return sorted({shape for home in (demo, released) for shape in shapes(home)})


SHAPES = (
    (r"^(published/<quarter>|restricted/proposals/<quarter>-pages)/.*", r"\1/…"),
    (r"^(released/<quarter>/v)\d+/", r"\1<number>/"),
    (r"^(released/<quarter>/v<number>/site)/.*", r"\1/…"),
    (r"(?<=<quarter>-v)\d+(?=\.)", "<number>"),
    (r"^(projects/<project>/dossier)/[^/]+\.yaml$", r"\1/<study>.yaml"),
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<run>"),
    (r"\b\d{4}-\d\d-\d\d\b", "<day>"),
    (r"(?<=/)\d{4}(-\d+)?(?=[.-])", "<number>"),
)


def shapes(home: Home) -> Iterator[str]:
    """Yield a home's file paths with placeholders, without locks."""
    projects = "|".join(sorted(map(re.escape, home.project_ids()), key=len, reverse=True))
    for path in home.root.rglob("*"):
        if path.is_file() and not path.name.endswith((".lock", "-wal", "-shm")):
            name = re.sub(r"\d{4}Q[1-4]", "<quarter>", path.relative_to(home.root).as_posix())
            name = re.sub(rf"(?<=/)({projects})(?=[/.])", "<project>", name)
            for pattern, word in SHAPES:
                name = re.sub(pattern, word, name)
            yield name


def demo_home(folder: Path) -> Home:
    """Return the demo home after one run."""
    from assets.storage.home import Home
    from pipelines.running.demo import set_up
    from tests.support.runs import run_demo

    home = Home(folder)
    set_up(home, demo=True)
    run_demo(home)
    return home


def released_home(folder: Path) -> Home:
    """Return a home with a released small study and an erased person."""
    from assets.release.approve import approve
    from assets.release.propose import propose
    from assets.rights.erasure import erase
    from assets.storage.home import Home
    from pipelines.running.demo import AN_HOUR, set_up
    from tests.support.runs import QUARTER, run_demo
    from tests.support.small_study import write_small_study

    home = Home(folder)
    set_up(home, demo=False)
    path = write_small_study(home)
    os.utime(path, (path.stat().st_mtime - AN_HOUR,) * 2)
    run_demo(home)
    propose(home, QUARTER, by="Anne")
    approve(home, QUARTER, by="Bo")
    erase(home, [home.protocol("small")], ["p0007"])
    return home


IN_CODE: dict[str, Callable[[], Any]] = {
    "assets": assets,
    "asset_checks": asset_checks,
    "jobs": jobs,
    "schedules": schedules,
    "sensors": sensors,
    "partitions": partitions,
    "code_location": code_location,
    "commands": commands,
    "exit_codes": exit_codes,
    "environment": environment,
    "record_schema": record_schema,
    "published_schema": published_schema,
    "protocol_schema": protocol_schema,
    "other_settings": other_settings,
    "delivered_tables": delivered_tables,
}
IN_HOMES: dict[str, Callable[[Home, Home], Any]] = {
    "published_files": published_files,
    "published_tables": published_tables,
    "home_folders": home_folders,
}


def write(kinds: list[str]) -> None:
    """Update some kinds of names in the stored file, and keep the others."""
    stored = json.loads(STORED.read_text(encoding="utf-8")) if STORED.exists() else {}
    stored |= {kind: IN_CODE[kind]() for kind in kinds if kind in IN_CODE}
    if any(kind in IN_HOMES for kind in kinds):
        with tempfile.TemporaryDirectory() as folder:
            os.environ["XDG_CONFIG_HOME"] = f"{folder}/settings"
            demo, released = demo_home(Path(folder) / "demo"), released_home(Path(folder) / "released")
            stored |= {kind: IN_HOMES[kind](demo, released) for kind in kinds if kind in IN_HOMES}
    STORED.write_text(json.dumps(stored, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    chosen = sys.argv[1:] or [*IN_CODE, *IN_HOMES]
    unknown = sorted({*chosen} - {*IN_CODE, *IN_HOMES})
    if unknown:
        sys.exit(f"There is no such kind: {', '.join(unknown)}. Known: {', '.join([*IN_CODE, *IN_HOMES])}.")
    write(chosen)
