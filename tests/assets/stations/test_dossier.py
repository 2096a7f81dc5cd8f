"""Studies on paper and texts held against results, through the commands that people use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assets.project_files.dossier import paper_studies, tagged_dossier
from assets.storage.home import Home
from data_contracts.home_files.dossier import PaperStudy
from data_contracts.ladder.ladder import design_facts
from data_contracts.reading.faults import InputRefused
from data_contracts.reading.section_reading import read_section
from data_contracts.results.paper_record import PaperRecord
from models.evidence.claim_lint import lint_claim, sentences_of
from models.evidence.paper_study import dossier_verdict, tag_paper_study
from tests.support.places import ROOT
from tests.support.runs import QUARTER, run_demo
from tests.worlds.test_unseen_study import run

DOSSIER = ROOT / "projects" / "i-gang" / "dossier"
RESULT = "i-gang.2026Q3.in_work_or_education"


def study(**changes: Any) -> PaperStudy:
    fields: dict[str, Any] = {
        "dossier_version": "1",
        "id": "a-study",
        "name": "A study",
        "claim": "32 % against 12 %.",
        "about": "this_project",
        "source": {"title": "T", "publisher": "P", "year": 2011, "read": "full"},
        "outcome": {"label": "In work", "type": "binary"},
        "reports": {"treated_value": 0.32, "control_value": 0.12},
    }
    return PaperStudy.model_validate(fields | changes)


def tagged(paper: PaperStudy) -> dict[str, Any]:
    return tag_paper_study(paper, "p").model_dump(mode="json")


@pytest.fixture(scope="module")
def published() -> dict[str, dict[str, Any]]:
    found = [
        tag_paper_study(read_section(p.read_text(encoding="utf-8"), p.name, PaperStudy), "i-gang")
        for p in sorted(DOSSIER.glob("*.yaml"))
    ]
    return {study.study: study.model_dump(mode="json") for study in found}


# The shipped dossier --------------------------------------------------------------------------------------------------


def test_figures_without_people_have_no_interval(published: dict[str, dict[str, Any]]) -> None:
    casa = published["casa-32-12"]
    assert (casa["status"], casa["estimate"], casa["interval_low"]) == ("not_estimable", None, None)
    assert "no interval is possible" in casa["status_reason"]["en"]
    assert (casa["evidence"]["rung"], casa["evidence"]["claimed_rung"]) == (5, 4)


def test_a_modelled_saving_is_called_one(published: dict[str, dict[str, Any]]) -> None:
    cebr = published["cebr-2010"]
    assert cebr["money"]["is_modelled"]
    assert "worked out from assumptions" in cebr["status_reason"]["en"]
    assert cebr["money"]["missing"] == ["per", "payer", "price_year", "modelled"]


def test_a_share_with_nobody_to_compare_with_is_the_lowest_rung(published: dict[str, dict[str, Any]]) -> None:
    release = published["release-2015"]
    assert release["evidence"]["rung"] == 7
    assert "not compared with anything" in release["status_reason"]["en"]


def test_what_was_found_not_to_help_is_there_too(published: dict[str, dict[str, Any]]) -> None:
    assert published["sfi-2016"]["finding_in_words"] == "no_clear_difference"
    assert published["cebr-2014"]["finding_in_words"] == "not_read"


def test_together_they_do_not_say_that_it_works(published: dict[str, dict[str, Any]]) -> None:
    together = dossier_verdict([PaperRecord.model_validate(row) for row in published.values()])
    assert together.verdict == "cannot_tell"
    assert together.with_interval == 0
    for row in published.values():
        assert row["claims"]["verdict"] == "cannot_tell"
        assert row["evidence"]["certainty"] == "very_low"
    for word in ("virker", "works", "led to", "førte til"):
        assert word not in str(together.text).lower()


# Rules on paper -------------------------------------------------------------------------------------------------------


def test_numbers_of_people_make_an_interval_and_it_is_newcombes() -> None:
    """50 and 50 people give 4 to 36 points, 600 and 600 give 16 to 25."""
    facts = {"has_participant_outcomes": True, "reference_rate_declared": True}
    for n, low, high in ((50, 0.04, 0.36), (600, 0.16, 0.25)):
        reports = {"treated_value": 0.32, "control_value": 0.12, "n_treated": n, "n_control": n}
        found = tagged(study(reports=reports, facts=facts))
        assert found["status"] == "estimated"
        assert (found["interval_low"], found["interval_high"]) == pytest.approx((low, high), abs=0.01)
        assert found["diagnostics"]["e_value"] == pytest.approx(4.77, abs=0.01)


def test_a_source_may_give_its_own_interval_or_error() -> None:
    own = tagged(study(reports={"estimate": 0.1, "interval_low": 0.0, "interval_high": 0.2}))
    error = tagged(study(reports={"estimate": 0.1, "standard_error": 0.051}))
    assert (own["interval_low"], own["interval_high"]) == (0.0, 0.2)
    assert (error["interval_low"], error["interval_high"]) == pytest.approx((0.0, 0.2), abs=0.001)


def test_nobody_said_what_would_matter() -> None:
    facts = {"has_participant_outcomes": True, "reference_rate_declared": True}
    reports = {"estimate": 0.1, "interval_low": -0.1, "interval_high": 0.3}
    found = tagged(study(reports=reports, facts=facts))
    assert found["claims"]["verdict"] == "cannot_tell"
    assert "nobody wrote down" in str(found["claims"]["can"])


@pytest.mark.parametrize("name", list(design_facts()))
def test_a_fact_less_on_paper_never_gives_a_better_rung(name: str) -> None:
    values: dict[str, Any] = {"assignment_list_sha256": "0" * 64}
    values |= dict.fromkeys(("pooled_studies_count", "waves_count", "raters_count"), 2)
    everything = {n: values.get(n, True) for n in design_facts()}
    full = tagged(study(facts=everything))["evidence"]
    fewer = tagged(study(facts={n: v for n, v in everything.items() if n != name}))["evidence"]
    assert fewer["rung"] >= full["rung"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("facts: {has_lottery: true}", "no design fact has_lottery"),
        ("facts: {waves_count: many}", "whole number"),
        ("facts: {analysed_as_assigned: 2}", "true or false"),
        ("facts: {assignment_list_sha256: false}", "hash of 64"),
        ("facts: {waves_count: ²}", "whole number"),
        ("reports: {treated_value: 32, control_value: 12, n_treated: 100}", "share between 0 and 1"),
        ("reports: {treated_value: -0.2, control_value: 0.1}", "share between 0 and 1"),
        ("reports: {estimate: 0.2, interval_low: 0.3, interval_high: 0.1}", "below interval_high"),
        ("reports: {estimate: 0.2, interval_low: 0.5, interval_high: 0.6}", "must contain the difference"),
        ("reports: {treated_value: 0.32, control_value: 0.12, estimate: -0.4}", "not the difference"),
        ("reports: {treated_value: 0.32, control_value: 0.12, finding: not_read}", "cannot be not_read"),
        ("money: {amount_dkk: -5, is_modelled: true}", "greater than 0"),
        ("conduct: {open_domains: [zodiac]}", "Input should be"),
        ("claim: Maria 010170-1234 kom i job", "person number"),
        ('claim: "N \\e[2J"', "control characters"),
        ("reports: {interval_low: 0.1}", "both interval_low and interval_high"),
        ("effect: 12", "not known"),
        ("about: us", "Input should be"),
    ],
)
def test_a_file_with_a_fault_is_refused_in_words(change: str, said: str) -> None:
    text = (DOSSIER / "casa-32-12.yaml").read_text(encoding="utf-8")
    key = change.partition(":")[0]
    kept = [line for line in text.splitlines() if not line.startswith(f"{key}:")]
    with pytest.raises(InputRefused) as refused:
        read_section("\n".join([*kept, change, ""]), "dossier/a.yaml", PaperStudy)
    assert any(said in str(fault) for fault in refused.value.faults), [str(f) for f in refused.value.faults]


def test_a_file_under_another_name_is_refused_and_names_nobody(small_home: Home) -> None:
    folder = small_home.projects / "small" / "dossier"
    folder.mkdir()
    text = (DOSSIER / "casa-32-12.yaml").read_text(encoding="utf-8")
    (folder / "other-name.yaml").write_text(text)
    (folder / "0101801234 Hansen.yaml").write_text("x: [")
    with pytest.raises(InputRefused) as refused:
        paper_studies(small_home, "small")
    said = " ".join(str(fault) for fault in refused.value.faults)
    assert "Make them equal" in said
    assert "0101801234" not in said


# Through the commands -------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.xdist_group("demo")
def test_a_dossier_goes_from_its_folder_to_explain_and_to_the_published_files(demo_home: Home) -> None:
    home = str(demo_home.root)
    code, text = run("explain", "--home", home, "i-gang.dossier.casa-32-12", "--language", "en")
    assert code == 0
    for part in ("Rung 5 of 7", "no interval is possible", "Why this rung", "What would lift the result"):
        assert part in text
    code, text = run("check", "--home", home, str(demo_home.projects / "i-gang"))
    assert "dossier: 7 studies" in text
    published = json.loads((demo_home.published / "2026Q3" / "dossier.json").read_text())
    assert [len(own["studies"]) for own in published] == [7]
    page = (demo_home.published / "2026Q3" / "site" / "projekt" / "i-gang.html").read_text()
    assert "32 % kom i arbejde eller uddannelse" in page
    assert "kan papirerne ikke afgøre" in page
    assert len(tagged_dossier(demo_home, "i-gang")) == 7


@pytest.mark.slow
@pytest.mark.xdist_group("demo")
def test_a_release_is_held_against_a_result(demo_home: Home, tmp_path: Path) -> None:
    home = str(demo_home.root)
    for language in ("da", "en"):
        code, text = run(
            "lint-claim", "--home", home, "--language", language, "--result", RESULT, "I Gang virker: 45 % kom i job."
        )
        assert code == 3
        assert text.count("✗") >= 3
    code, text = run("lint-claim", "--home", home, "--result", RESULT, "Om indsatsen virker, kan ikke afgøres.")
    assert code == 0
    code, _ = run("lint-claim", "--home", home, "--result", "i-gang.2026Q3.nothing", "x")
    assert code == 2


@pytest.mark.slow
@pytest.mark.xdist_group("demo")
def test_three_results_are_explained_on_one_screen_each_in_two_languages(demo_home: Home) -> None:
    words = {
        "da": (
            "Hvorfor dette trin",
            "Hvad kan være galt",
            "Søgt efter og ikke fundet",
            "Hvad der ville løfte resultatet",
        ),
        "en": ("Why this rung", "What could be wrong", "Looked for and not found", "What would lift the result"),
    }
    for language, parts in words.items():
        for project in ("i-gang", "i-gang-null", "i-gang-rate"):
            code, text = run(
                "explain",
                "--home",
                str(demo_home.root),
                f"{project}.2026Q3.in_work_or_education",
                "--language",
                language,
            )
            assert code == 0
            assert len(text.splitlines()) <= 62
            assert all(part in text for part in (*parts[:2], parts[3]))


@pytest.mark.slow
def test_a_changed_plan_is_told_with_what_changed(small_home: Home) -> None:
    """Locked at the first run; later a wider caliper: the tag says so, and what was run before is counted."""
    run_demo(small_home)
    path = small_home.projects / "small" / "project.yaml"
    text = path.read_text()
    path.write_text(text.replace("caliper_sd_logit: 0.5", "caliper_sd_logit: 0.9"))
    run_demo(small_home)
    record = json.loads((small_home.restricted / "results" / str(QUARTER) / "results.json").read_text())[0]
    changes = record["evidence"]["protocol_changes"]
    assert changes == [{"key": "comparison.caliper_sd_logit", "kind": "changed", "before": "0.5", "after": "0.9"}]
    states = {s["code"]: s for s in record["evidence"]["error_sources"]}
    assert states["protocol_changed"]["state"] == "serious"
    assert "comparison.caliper_sd_logit" in states["protocol_changed"]["finding"]["en"]
    assert states["multiplicity"]["state"] == "serious"
    assert "4 other calculations were run under an earlier version" in states["multiplicity"]["finding"]["en"]
    page = (small_home.published / str(QUARTER) / "site" / "resultat" / f"{record['result_id']}.html").read_text()
    assert "comparison.caliper_sd_logit" in page


@pytest.mark.slow
def test_a_lock_that_was_taken_away_is_no_promise(small_home: Home) -> None:
    run_demo(small_home)
    (small_home.ledger / "protocol_locks" / "small.json").unlink()
    path = small_home.projects / "small" / "project.yaml"
    path.write_text(path.read_text().replace("caliper_sd_logit: 0.5", "caliper_sd_logit: 0.9"))
    for _ in range(2):
        run_demo(small_home, again=True)
        record = json.loads((small_home.restricted / "results" / str(QUARTER) / "results.json").read_text())[0]
        states = {s["code"]: s for s in record["evidence"]["error_sources"]}
        assert states["protocol_changed"]["state"] == "not_measured"
        assert "not shown that the plan was fixed" in states["protocol_changed"]["finding"]["en"]


@pytest.mark.slow
def test_signed_answers_count_for_the_plan_they_were_signed_for(small_home: Home) -> None:
    run_demo(small_home)

    def bias() -> dict[str, Any]:
        rows = json.loads((small_home.restricted / "results" / str(QUARTER) / "results.json").read_text())
        return rows[0]["evidence"]["risk_of_bias"]

    assert (bias()["overall"], bias()["signed_by"]) == ("serious", None)
    plan = small_home.protocol("small").plan_sha256
    path = small_home.projects / "small" / "judgements.yaml"
    text = 'judgements_version: "1"\nsigned_by: A. Person, analyst\nsigned_on: 2026-10-01\nplan_sha256: "PLAN"\nanswers:\n  "1.1": {answer: PY, because: {da: Fordi., en: Because.}}\n'
    path.write_text(text.replace("PLAN", plan[:12]))
    assert "signed by A. Person" in run("check", "--home", str(small_home.root), str(small_home.projects / "small"))[1]
    run_demo(small_home)
    signed = bias()
    assert signed["signed_by"] == "A. Person, analyst, 2026-10-01"
    assert {d["domain"]: d["judgement"] for d in signed["domains"]}["confounding"] == "low_except_confounding"
    path.write_text(text.replace("PLAN", "0" * 12))
    run_demo(small_home)
    assert bias()["signed_by"] is None
    path.write_text(text.replace("PLAN", plan[:12]).replace('"1.1"', '"1.2"'))
    outcome = run_demo(small_home)[0]
    assert outcome.state == "refused"
    assert "judgements.yaml" in " ".join(outcome.messages)


# Texts ----------------------------------------------------------------------------------------------------------------


def test_abbreviations_do_not_end_a_sentence() -> None:
    assert len(sentences_of("Det koster 160.000 kr. pr. deltager. Og mere.")) == 2
    assert sentences_of("One.\nTwo\n\nThree") == ["One.", "Two", "Three"]
    assert sentences_of("") == []


HOSTILE = [
    ("Projektet har ikke kun hjulpet flere i job, det virker.", "causal"),
    ("Tallene om I Gang viser, at indsatsen virker.", "causal"),
    ("Thanks to I Gang, mothers are in work.", "causal"),
    ("The project is proven.", "proven"),
    ("Metoden er evidensbaseret.", "proven"),
    ("Alle kommuner bør få den samme effekt.", "everybody"),
    ("Det er den bedste indsats i landet.", "ranking"),
    ("Et lodtrækningsforsøg viser en forskel.", "not_a_trial"),
    ("Resultatet er på trin 2.", "rung"),
    ("En krone bliver til fem.", "money_payer"),
    ("£8.38 per £1", "money_price_year"),
    ("14 mia. kr. kan spares", "money_per_what"),
]


@pytest.mark.parametrize(("text", "code"), HOSTILE)
def test_sentences_that_claim_too_much(text: str, code: str, published: dict[str, dict[str, Any]]) -> None:
    found = [fault.code for fault in lint_claim(text, published["sfi-2016"])]
    assert code in found, found


RELEASE = "29 % mod 12 % i en lignende gruppe; forskellen er fra +13 til +21 procentpoint. "
SAID = {
    "estimate": 0.17,
    "interval_low": 0.13,
    "interval_high": 0.21,
    "treated_value": 0.29,
    "control_value": 0.12,
    "outcome_type": "binary",
    "confidence_level": 0.95,
    "claims": {"verdict": "promising"},
    "evidence": {"rung": 4, "rung_detail": "4a"},
}
ODD = [
    ("I Gang fører\ntil mere arbejde.", "causal"),
    ("I Gang fører  til job.", "causal"),
    ("I Gang vir\u00adker.", "causal"),
    ("I Gang \x1b[31mvirker\x1b[0m.", "causal"),
    ("I Gang fo\u0308rer til. Ｉ Ｇａｎｇ ｖｉｒｋｅｒ.", "causal"),
    ("99\u00a0% af deltagerne kom i job.", "rate_alone"),
    ("Nobody doubts that I Gang works.", "causal"),
    ("Man ved ikke om andre indsatser virker, men I Gang virker.", "causal"),
    (RELEASE + "95 % af deltagerne kom i arbejde mod 12 %.", "other_number"),
    (RELEASE + "17 % af deltagerne er i arbejde mod 13 %.", "other_number"),
    (RELEASE + "Forskellen er -17 procentpoint.", "other_number"),
    (RELEASE + "9 ud af 10 deltagere mod 1 ud af 10.", "other_number"),
    (RELEASE + "Der er ingen effekt.", "no_effect"),
    (RELEASE + "Der er ingen sikker effekt.", "no_effect"),
    (RELEASE + "Det betaler sig.", "other_amount"),
    (RELEASE + "Dobbelt så mange kom i arbejde.", "other_number"),
]


@pytest.mark.parametrize(("text", "code"), ODD)
def test_odd_letters_lines_and_numbers_hide_nothing(text: str, code: str) -> None:
    found = [fault.code for fault in lint_claim(text, SAID)]
    assert code in found, found
    assert lint_claim(RELEASE, SAID) == ()


@pytest.mark.parametrize(
    ("text", "amount", "is_known"),
    [
        ("14 mia. kr. pr. år for staten i 2010-priser", 14e9, True),
        ("14 milliarder kr. pr. år for staten i 2010-priser", 14e9, True),
        ("14 milliarder kr. pr. år for staten i 2010-priser", 14e6, False),
        ("0.16 million DKK per participant for the state in 2010 prices", 160_000, True),
        ("160.000 kr. pr. år for staten i 2010-priser, og 900 mio. kr. mere", 160_000, False),
    ],
)
def test_amounts_are_read_with_their_zeros(text: str, amount: float, is_known: bool) -> None:
    found = lint_claim(text, SAID | {"money": {"amount_dkk": amount}})
    assert ("other_amount" not in [fault.code for fault in found]) == is_known, found


def test_a_figure_torn_over_two_paragraphs_is_none() -> None:
    assert lint_claim("Der kom 29\n\n% er et tegn.", SAID) == ()


def test_a_long_text_of_denials_is_read_in_one_go() -> None:
    """Looking back stops at the clause; without that the work would grow with the square of the text."""
    assert lint_claim("ikke virker " * 4000, SAID) == ()


FAIR = [
    "Om indsatsen virker, kan ikke afgøres.",
    "Det er uklart, om indsatsen førte til flere i job.",
    "Nobody knows whether the project works.",
    "Vi har ikke vist, at indsatsen virker.",
    "It cannot be said whether it led to more work.",
    "Mødrene fik en mentor og deltog i grupper to gange om ugen.",
]


@pytest.mark.parametrize("text", FAIR)
def test_sentences_that_claim_nothing_are_left_alone(text: str, published: dict[str, dict[str, Any]]) -> None:
    assert lint_claim(text, published["sfi-2016"]) == ()
