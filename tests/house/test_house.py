"""The house: knowledge as data, no clock and no engine in models, nothing that only one machine knows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from data_contracts.phrases import phrases
from data_contracts.reading.safe_yaml import read_own, read_yaml
from tests.support.places import ROOT

ROOMS = ("assets", "dashboards", "data_contracts", "models", "pipelines", "projects")


def modules() -> list[Path]:
    return sorted(p for room in ROOMS for p in (ROOT / room).rglob("*.py") if p.read_text(encoding="utf-8").strip())


def test_no_key_of_a_yaml_file_stands_twice() -> None:
    """The second would silently take the first one's place."""
    for folder in ("data_contracts", "projects"):
        for path in (ROOT / folder).rglob("*.yaml"):
            if not path.name.endswith(".odcs.yaml"):
                read_yaml(path.read_text(encoding="utf-8"), path.name)


def test_our_own_yaml_means_what_the_reader_in_python_says() -> None:
    """The one in C is faster, and not everybody's PyYAML has it."""
    home = ROOT / "data_contracts"
    for path in home.rglob("*.yaml"):
        assert read_own(*path.relative_to(home).parts) == yaml.safe_load(path.read_text(encoding="utf-8")), path.name


def test_models_and_contracts_touch_no_clock_and_no_file_but_the_contracts_own() -> None:
    for path in (p for p in modules() if p.relative_to(ROOT).parts[0] in ("models", "data_contracts")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(?<![\w.])open\(|\.read_bytes\(", text), path
        for line in (line for line in text.splitlines() if ".read_text(" in line):
            assert 'files("data_contracts' in line, path
        for word in (
            "datetime.now",
            "date.today",
            "time.time",
            "os.environ",
            "random.random",
            "np.random.seed",
        ):
            assert word not in text, f"{path}: {word}"


def test_no_pickle_no_unsafe_yaml_no_shell() -> None:
    for path in modules():
        text = path.read_text(encoding="utf-8")
        for word in ("import pickle", "yaml.load(", "eval(", "os.system", "shell=True"):
            assert word not in text, f"{path}: {word}"


def test_every_phrase_is_said_somewhere() -> None:
    texts = "".join(
        p.read_text(encoding="utf-8")
        for room in ROOMS
        for p in (ROOT / room).rglob("*")
        if p.suffix in (".py", ".html")
    )
    keys = {key.removesuffix("_unnumbered") for key in phrases("da")}
    # Keys of a group are often built: the group is named in the code, its member comes from a value.
    built = {key.partition(".")[0] for key in keys if "." in key}
    groups = {group for group in built if re.search(rf"""["'{{]{group}\.""", texts) or f'"{group}"' in texts}
    assert groups == built
    unused = sorted(key for key in keys if key not in texts and key.partition(".")[0] not in groups)
    # Faults of files are made from their code.
    codes = ("fault_", "remedy_")
    unused = [k for k in unused if not any(k.startswith(c) and f'"{k.removeprefix(c)}"' in texts for c in codes)]
    assert unused == []


def test_reference_pages_are_those_the_code_makes() -> None:
    from pipelines.documentation.reference_pages import FOLDER, pages

    for name, text in pages().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, f"{name} is stale: run make docs"


@pytest.mark.slow
def test_pages_of_methods_and_validation_are_those_the_code_makes() -> None:
    from bench.truth.validation import PAGE, page
    from pipelines.documentation.method_pages import EXAMPLES, FOLDER, pages

    for name, text in pages().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, f"{name} is stale: run make docs"
    for name in EXAMPLES:
        assert (FOLDER / f"{name.replace('_', '-')}.svg").stat().st_size > 1000

    def without_rounding(text: str) -> str:
        return re.sub(r"\| \de-\d+ \|", "| tiny |", text)  # the last bit is the machine's

    assert without_rounding(PAGE.read_text(encoding="utf-8")) == without_rounding(page()), "run make docs"


@pytest.mark.slow
def test_pages_of_designs_are_those_the_code_makes() -> None:
    from pipelines.documentation.design_pages import FOLDER, pages_and_pictures

    texts, pictures = pages_and_pictures()
    for name, text in texts.items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, f"{name} is stale: run make docs"
    for name in pictures:
        assert (FOLDER / name).stat().st_size > 1000


def test_stations_know_no_design_but_through_the_registry() -> None:
    """Nothing in assets and pipelines asks which design or rung it is; only the registry leads to a design's code."""
    names = set(read_designs())
    for room in ("assets", "pipelines"):
        for path in (ROOT / room).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            assert not re.search(
                r"\.design\s*(==|!=|in\b)|intended_rung|rung[\w\]\"']*\s*(==|!=|<=|>=|<|>)\s*\d", text
            ), path
            assert not [name for name in names if f'"{name}"' in text], path


def read_designs() -> list[str]:
    from data_contracts.designs.declared import declared_designs
    from models.designs.registry import DESIGNS

    names = list(declared_designs())
    assert names == list(DESIGNS)
    return names


def test_every_way_to_compare_is_in_the_table_the_code_and_the_protocol() -> None:
    from typing import get_args

    from data_contracts.protocol.comparison_settings import Estimator, Method
    from data_contracts.reading.knowledge import read_knowledge
    from models.comparing.methods import METHODS
    from models.estimating.by_name import ESTIMATORS

    table = read_knowledge("comparison_methods")
    assert set(table["methods"]) == set(METHODS) == set(get_args(Method)) - {"reference_rate", "none"}
    assert (
        set(table["estimators"])
        == set(ESTIMATORS)
        == set(get_args(Estimator)) - {"difference_to_rate", "of_the_design"}
    )
    for facts in table["methods"].values():
        for estimator in facts["estimators"]:
            assert set(facts["estimands"]) <= set(table["estimators"][estimator]["estimands"])


def test_the_lock_names_no_host() -> None:
    for name in ("requirements.lock", "requirements-browser.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        options = re.findall(r"--[a-z-]+", text)
        assert set(options) == {"--hash"}  # nothing that says where packages come from
        pins = [line for line in text.splitlines() if re.match(r"[a-z]", line)]
        assert all("==" in line for line in pins)
        assert text.count("--hash=sha256:") >= len(pins)


def test_hooks_run_the_tools_of_make_lint_at_versions_of_the_lock() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert not re.search(r"(?<![\w.])/(?!/)", "".join(re.findall(r"entry:.*", text))), "a hook names a machine's path"
    (repo,) = yaml.safe_load(text)["repos"]
    assert repo["repo"] == "local"
    commands = {" ".join(hook["entry"].split()[:1]).removeprefix(".venv/bin/") for hook in repo["hooks"]}
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert recipe is not None
    assert commands == set(re.findall(r"\$\(BIN\)/([a-z]+)", recipe[1]))
    assert all(re.search(rf"^{name}==", lock, re.MULTILINE) for name in commands)


def test_the_readme_shows_the_two_commands_and_exists_in_danish() -> None:
    for name in ("README.md", "README.da.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "make run" in text
        assert "make test" in text


def test_links_in_the_documentation_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not target.startswith("mailto:"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_how_to_pages_come_in_both_languages_and_name_real_commands() -> None:
    from pipelines.command_line.main import trin

    folder = ROOT / "docs" / "how-to"
    english = {p.stem for p in folder.glob("*.md") if not p.stem.endswith(".da")}
    assert english == {p.stem.removesuffix(".da") for p in folder.glob("*.da.md")}
    for page in folder.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        for verb in re.findall(r"(?:`|^)trin ([a-z]+)", text, re.MULTILINE):
            assert verb in trin.commands, f"{page.name}: trin {verb}"
