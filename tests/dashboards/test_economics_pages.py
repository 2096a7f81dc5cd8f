"""The economics page: a budget officer finds what the municipality pays and gains, how likely, on which rung, and what would change it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from assets.project_files.accounts import accounts_of, economics_settings
from assets.storage.home import Home
from dashboards.marts.results import build_marts
from dashboards.pages.site import build_site
from dashboards.words.money import account_markdown, chance, exact_kroner, kroner
from data_contracts.reading.faults import InputRefused
from models.disclosure.policy import default_policy
from models.disclosure.record import publish
from tests.support.example_account import FOLDER, example_account
from tests.support.example_record import example_record

QUARTER = "2026Q3"


def page_of(account: dict[str, Any], language: str = "da") -> str:
    public = [publish(example_record(), default_policy()).model_dump(mode="json")]
    made = build_site(build_marts(public, accounts=[account]), QUARTER)
    return made[f"{'en/' if language == 'en' else ''}oekonomi/p.html"].decode()


@pytest.fixture(scope="module")
def page() -> str:
    return page_of(example_account())


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_the_first_sentence_is_the_municipalitys_own(page: str) -> None:
    lead = re.search(r'<p class="lead">(.*?)</p>', page)
    assert lead is not None
    assert re.match(
        r"Kommunen betaler 27\.000 kr\. pr\. deltager og får [\d.]+ kr\. igen over 10 år\. Tilbage er −?[\d.]+ kr\. "
        r"\(−?[\d.]+ kr\. til −?[\d.]+ kr\.\)\. Sandsynligheden for gevinst er \d+ %\.",
        lead[1],
    )


def test_the_rung_stands_beside_the_money_and_an_account_is_no_stronger(page: str) -> None:
    assert "Trin 4a af 7: Matchet kontrolgruppe" in page
    assert "Et regnskab er ikke stærkere end den effekt, det hviler på." in page
    assert 'href="../resultat/p.2026Q3.o.html"' in page


def test_invented_amounts_say_so_above_all_and_in_each_row(page: str) -> None:
    assert page.index("Beløb på denne side er opfundet") < page.index("<h1>")
    rows = page[page.index('id="antagelser"') :]
    assert rows.count("<strong>Opfundet.</strong>") >= 4
    honest = example_account() | {"is_illustrative": False}
    assert "er opfundet for at vise" not in page_of(honest)


def test_each_payer_and_the_total_stand_in_a_row_and_by_year(page: str) -> None:
    text = words(page)
    for name in ("Kommunen", "Regionen", "Staten", "Deltagerne selv", "Fonde", "I alt"):
        assert name in text
    for year in range(1, 11):
        assert f"År {year} " in text


def test_what_would_change_the_answer_is_said_in_the_effects_own_unit(page: str) -> None:
    assert re.search(
        r"Kommunen: overskuddet er væk, hvis \d+ % af de målte forskelle ikke er indsatsens \(\d+ procentpoint for",
        words(page),
    )


def test_a_scenario_is_called_one_and_old_claims_are_read_again(page: str) -> None:
    assert "Scenarie, ikke en effekt" in page
    assert "et forløb koster 32.000 kr. til 40.000 kr." in words(page)
    assert "Det står ikke, om beløbet er pr. deltager, pr. år eller i alt." in words(page)


def test_an_effect_that_is_hidden_has_no_worth_and_says_what_the_course_costs() -> None:
    page = page_of(example_account(status="suppressed"))
    assert "hvad forløbet koster: 36.000 kr. pr. deltager" in words(page)
    assert "Sandsynligheden" not in page
    english = page_of(example_account(status="suppressed"), "en")
    assert "DKK 36,000 per participant" in words(english)


def test_faults_in_the_file_are_said_on_the_page_without_the_file(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    folder = home.projects / "i-gang"
    shutil.copytree(FOLDER, folder)
    (folder / "economics.yaml").write_text("economics_version: '1'\nsecret: 42\n")
    public = [publish(example_record(project="i-gang", result_id="i-gang.2026Q3.o"), default_policy())]
    (account,) = accounts_of(home, public)
    assert account["is_estimated"] is False
    assert any("economics.yaml, line 2" in fault for fault in account["refused"])
    made = build_site(build_marts([record.model_dump(mode="json") for record in public], accounts=[account]), QUARTER)[
        "oekonomi/i-gang.html"
    ].decode()
    assert "har fejl, så der er intet regnskab her" in made
    assert "secret" not in made
    assert "fejl" in account_markdown(account, "da")
    with pytest.raises(InputRefused):
        economics_settings(home, home.protocol("i-gang"))
    (folder / "economics.yaml").unlink()
    assert accounts_of(home, public) == []


def test_an_account_is_made_from_published_numbers_only(tmp_path: Path) -> None:
    """The exact effect differs from the rounded one; the account must not."""
    home = Home(tmp_path / "home")
    home.prepare()
    shutil.copytree(FOLDER, home.projects / "i-gang")

    def made(estimate: float) -> Any:
        rows = []
        for outcome in ("in_work_or_education", "off_cash_benefit"):
            name = {"project": "i-gang", "outcome": outcome, "result_id": f"i-gang.2026Q3.{outcome}"}
            record = example_record(estimate=estimate, primary=outcome == "in_work_or_education", **name)
            rows.append(publish(record, default_policy()))
        (account,) = accounts_of(home, rows)
        return json.dumps(account, sort_keys=True)

    assert made(0.2034) == made(0.2041)
    assert made(0.2034) != made(0.2134)


def test_amounts_are_written_as_each_language_does() -> None:
    assert kroner("da", 31_874.2) == "31.900 kr."
    assert kroner("en", -3_449) == "DKK −3,400"
    assert kroner("da", 35_554_943) == "35,6 mio. kr."
    assert kroner("en", 14e9) == "DKK 14.0 bn"
    assert exact_kroner("da", 36_000) == "36.000 kr."
    assert (chance("da", 0.0), chance("da", 0.9999), chance("da", 0.921)) == ("under 1 %", "over 99 %", "92 %")


def test_rows_for_peoples_tools_carry_interval_rung_and_status() -> None:
    marts = build_marts(
        [publish(example_record(), default_policy()).model_dump(mode="json")], accounts=[example_account()]
    )
    rows = marts["fct_economics"]
    assert {"low", "high", "rung", "status", "price_year", "is_illustrative"} <= set(rows)
    assert rows["rung"].notna().all()
    whole = rows.set_index("payer")["net"]
    assert whole.drop("total").sum() == pytest.approx(whole["total"])
    assert set(build_marts([])["fct_economics"]) >= {"payer", "net"}
