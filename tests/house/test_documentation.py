"""The documentation: every link leads somewhere, the tutorial does what it says, and no page is left out."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from assets.upgrades.home_version import CURRENT
from tests.support.places import ROOT

PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")]
    if "build" not in path.parts
)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and Sphinx make them."""
    text = FENCE.sub(lambda m: m.group() if m.group().count("\n") == 0 else "", path.read_text(encoding="utf-8"))
    found = set()
    for title in re.findall(r"^#{1,6} (.+)$", text, re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).strip().lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for groups in LINK.findall(text):
        target = groups[0] or groups[1]
        if re.match(r"[a-z]+:", target):
            assert target.startswith(("https://", "http://", "mailto:")), target
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        assert path.exists(), f"{page.name} links to {target}"
        assert path.is_relative_to(ROOT), target
        if anchor and path.suffix == ".md":
            assert anchor in anchors(path), f"{page.name} links to {target}"


def test_a_link_to_nowhere_is_found(tmp_path: Path) -> None:
    """A wrong twin of the pages: without it the check could be one that finds nothing."""
    assert LINK.findall("see [this](nowhere.md#x) and ![that](gone.png)") == [("nowhere.md#x", ""), ("", "gone.png")]
    page = tmp_path / "page.md"
    page.write_text("# One title, two\n\n## `code` in it\n")
    assert anchors(page) == {"one-title-two", "code-in-it"}


def test_every_page_of_the_documentation_is_in_its_contents() -> None:
    text = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    listed = {
        name
        for name in re.findall(r"^([a-z\-/A-Z]+(?:/\*(?:\.da)?)?)$", text, re.MULTILINE)
        if "/" in name or name == "validation"
    }
    for page in (ROOT / "docs").rglob("*.md"):
        name = page.relative_to(ROOT / "docs").with_suffix("").as_posix()
        if name in ("index", "reference/project-yaml.intro"):
            continue
        folder = name.rpartition("/")[0]
        assert name in listed or f"{folder}/*" in listed or (name.endswith(".da") and f"{folder}/*.da" in listed), name


def test_the_version_is_the_newest_of_the_changes_everywhere() -> None:
    versions = re.findall(r"^## (\S+) - \d{4}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert versions == sorted(versions, key=lambda v: [int(n) for n in v.split(".")], reverse=True)
    for name, pattern in {
        "pyproject.toml": r'^version = "(.+)"$',
        "CITATION.cff": r"^version: (.+)$",
        "publiccode.yml": r"^softwareVersion: (.+)$",
        "deploy/kubernetes/values.yaml": r'registry\.example\.org/trin, tag: "(.+?)"',
    }.items():
        assert re.findall(pattern, (ROOT / name).read_text("utf-8"), re.MULTILINE) == versions[:1], name
    assert CURRENT in versions, "an upgrade leads to a version that the changes do not name"


@pytest.mark.slow
def test_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    """Its commands, in their order, in a folder of their own."""
    text = (ROOT / "docs" / "tutorial" / "your-own-study.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```(sh|yaml)\n(.*?)```", text, re.DOTALL)
    shell = [code.replace("~/trin-tutorial", str(tmp_path)) for kind, code in blocks if kind == "sh"]
    (protocol,) = [code for kind, code in blocks if kind == "yaml"]
    where = tmp_path / "home" / "projects" / "football" / "project.yaml"
    steps = [*shell[:2], f"cat > {where} <<'YAML'\n{protocol}YAML\n", *shell[2:]]
    done = subprocess.run(
        ["bash", "-e", "-c", "\n".join(steps)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ),
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "Rung" in done.stdout
    assert (tmp_path / "home" / "published" / "2026Q3" / "site" / "index.html").is_file()
    import json

    records = json.loads((tmp_path / "home" / "restricted" / "results" / "2026Q3" / "results.json").read_text())
    (own,) = [r for r in records if r["project"] == "football"]
    assert own["interval_low"] < 5 < own["interval_high"]
    assert abs(own["raw_difference"] - 5) > abs(own["estimate"] - 5)


@pytest.mark.slow
def test_the_analysts_notebook_runs_from_top_to_bottom_and_finds_the_truth() -> None:
    import json

    cells = json.loads((ROOT / "examples" / "analysts_notebook.ipynb").read_text(encoding="utf-8"))["cells"]
    names: dict[str, object] = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)  # noqa: S102
    effect, truth, raw = names["effect"], names["truth"], names["raw"]
    assert raw < 0 < truth  # type: ignore[operator]
    assert effect.low < truth < effect.high  # type: ignore[attr-defined]
