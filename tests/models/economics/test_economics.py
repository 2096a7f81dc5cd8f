"""Accounts in money: worked by hand to the øre, nothing counted twice, and every column in the total."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from data_contracts.economics.price_catalogue import Reason, illustrative_catalogue, price_index
from data_contracts.economics.rules import read_economics
from data_contracts.economics.settings import EconomicsSettings
from data_contracts.protocol.protocol import Protocol
from data_contracts.protocol.reading import read_protocol
from data_contracts.reading.faults import InputRefused
from data_contracts.results.public_record import PublicRecord
from models.detectors.registry import account_sources
from models.economics.account import by_year, central, columns_of, persistence, present_values
from models.economics.discounting import discount_factors, in_prices_of, rate_of_year
from models.economics.inputs import Inputs, effect_of, inputs_of
from models.economics.old_claims import implied_costs
from models.economics.payback import payback_years
from models.economics.report import account_of, findings_of
from models.economics.uncertainty import break_evens, draw, spreads, tornado
from models.economics.who_pays import side_payments
from tests.support.example_record import published_result
from tests.support.places import ROOT

I_GANG = ROOT / "projects" / "i-gang"


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return read_protocol((I_GANG / "project.yaml").read_text(encoding="utf-8"))


def result(outcome: str = "in_work_or_education", **changes: Any) -> PublicRecord:
    return published_result(outcome, primary=outcome == "in_work_or_education", **changes)


RECORDS = {name: result(name) for name in ("in_work_or_education", "off_cash_benefit")}
SURE = {"why_certain": "Agreed in a contract"}
NONE = {"value": 0, "low": 0, "high": 0} | SURE
ALL = {"value": 1, "low": 1, "high": 1} | SURE
NAF = 1.28


def declared(**changes: Any) -> dict[str, Any]:
    """A course for 1,500 kroner that saves the municipality a service worth 10,000 a year for each more in work."""
    service = {"name": "care", "label": "Care", "unit": "year", "kind": "service", "counts": "care", "amount": 10_000}
    service |= {
        "low": 10_000,
        "high": 10_000,
        "price_year": 2023,
        "paid_by": {"municipality": 1},
        "source": "Example",
    } | SURE
    cost = {"name": "course", "label": "Course", "amount": 1500, "low": 1500, "high": 1500, "per": "participant"}
    cost |= {"paid_by": {"municipality": 1}, "price_year": 2023, "source": "Example"} | SURE
    row = {"outcome": "in_work_or_education", "price": "care", "units_a_year": -1, "low": -1, "high": -1} | SURE
    half = {"value": 0.5, "low": 0.5, "high": 0.5} | SURE
    return {
        "economics_version": "1",
        "report_price_year": 2023,
        "costs": [cost],
        "consequences": [row],
        "duration": {"full_years": ALL, "drop_off": half, "horizon_years": 2},
        "displacement": NONE,
        "attribution": ALL,
        "prices": [service],
    } | changes


def settings_of(**changes: Any) -> EconomicsSettings:
    return EconomicsSettings.model_validate(declared(**changes))


def net_of(made: EconomicsSettings, records: dict[str, PublicRecord] | None = None) -> tuple[float, float]:
    """Return gain and cost in what changes hands: all columns but society's own."""
    gains, costs = present_values(*(lambda i: (i, central(i)))(inputs_of(made, records or RECORDS)))
    assert gains.sum() == pytest.approx(gains[0, :-1].sum() * NAF)  # only services here, so society's is the factor
    assert costs.sum() == pytest.approx(costs[0, :-1].sum() * NAF)
    return float(gains[0, :-1].sum()), float(costs[0, :-1].sum())


def test_an_account_by_hand_to_the_oere() -> None:
    """0.2 of a person more, 10,000 a year: 2,000 in year 1, half of it in year 2; 2,000/1.035 + 1,000/1.035² − 1,500."""
    gain, cost = net_of(settings_of())
    assert round(gain, 2) == 2865.88
    assert cost == 1500.0
    assert round(gain - cost, 2) == 1365.88


def test_factors_follow_the_rates_year_by_year_and_do_not_jump() -> None:
    factors = discount_factors(80)
    assert factors[0] == 1.0
    assert factors[1] == pytest.approx(1 / 1.035)
    assert factors[35] == pytest.approx(1.035**-35)
    assert factors[36] == pytest.approx(1.035**-35 / 1.025)
    assert factors[71] == pytest.approx(1.035**-35 * 1.025**-35 / 1.015)
    assert (np.diff(factors) < 0).all()


def test_one_rate_for_all_years_before_would_jump() -> None:
    """A wrong twin: the rate of the last year for every year; a krone of year 36 would be worth more than one of year 35."""
    twin = np.array([(1 + rate_of_year(max(1, year))) ** -year for year in range(80)])
    assert twin[36] > twin[35]
    assert twin[71] > twin[70]


def test_prices_of_another_year_follow_consumer_prices() -> None:
    index = price_index()
    assert in_prices_of(100.0, 2015, 2023, index) == pytest.approx(index[2023])
    assert in_prices_of(in_prices_of(70.0, 2016, 2022, index), 2022, 2016, index) == pytest.approx(70.0)
    assert index[2015] == pytest.approx(100.0, abs=0.05)


def test_a_project_brings_a_later_years_prices_with_their_source(protocol: Protocol) -> None:
    open_years = {"full_years": {"value": 1, "low": 1, "high": 2}, "drop_off": {"value": 0.5, "low": 0.3, "high": 0.6}}
    fields = declared(
        duration=open_years, report_price_year=2024, price_index=[{"year": 2024, "index": 130.0, "source": "Example"}]
    )
    later = read_economics(json.dumps(fields), "economics.yaml", protocol)
    ratio = 130.0 / price_index()[2023]
    assert account_of(later, RECORDS)["cost_per_participant"] == pytest.approx(1500 * ratio)
    assert "price_index" in {row["kind"] for row in account_of(later, RECORDS)["assumptions"]}
    assert account_of(later, RECORDS)["assumptions"]


def full(protocol: Protocol) -> EconomicsSettings:
    return read_economics((I_GANG / "economics.yaml").read_text(encoding="utf-8"), "economics.yaml", protocol)


def test_the_columns_make_up_the_total_in_every_year_and_draw(protocol: Protocol) -> None:
    made = full(protocol)
    inputs = inputs_of(made, RECORDS)
    numbers = draw(inputs, 500, 1)
    gains, costs = present_values(inputs, numbers)
    # Society, reckoned by itself in what consumers pay: services, production and costs by the factor, transfers by nothing.
    kinds = {price.name: price.kind for price in illustrative_catalogue().prices}
    worth = {"transfer": 0.0, "service": -NAF, "production": NAF}
    each = numbers.effects * numbers.units * numbers.prices * np.array([worth[kinds[name]] for name in inputs.names])
    kept = numbers.attribution * (1 - numbers.displacement)
    left = persistence(inputs, numbers) @ discount_factors(inputs.horizon)[1:]
    assert gains.sum(axis=1) == pytest.approx(each.sum(axis=1) * kept * left)
    assert costs.sum(axis=1) == pytest.approx(NAF * numbers.costs[:, 0])
    account = account_of(made, RECORDS)
    assert sum(row["net"] for row in account["columns"]) == pytest.approx(account["total"]["net"])
    factors = discount_factors(account["horizon"])
    by_payer = {row["payer"]: row["net"] for row in account["columns"]}
    for payer, net in by_payer.items():
        years = [row["net"] * factors[row["year"]] for row in account["years"] if row["payer"] == payer]
        assert sum(years) == pytest.approx(net)


def test_a_transfer_moves_money_and_makes_none() -> None:
    benefit = {"outcome": "off_cash_benefit", "price": "cash_benefit_month", "units_a_year": -12}
    inputs = inputs_of(settings_of(consequences=[benefit]), RECORDS)
    gains, _ = present_values(inputs, central(inputs))
    named = dict(zip(columns_of(inputs), gains[0], strict=True))
    assert named["municipality"] > 0 > named["person"]
    assert gains.sum() == pytest.approx(0.0, abs=1e-9)


@given(st.floats(0.1, 10), st.floats(-0.5, 0.5))
@settings(max_examples=30)
def test_linear_in_prices_and_in_the_effect(factor: float, effect: float) -> None:
    base = settings_of()
    records = {"in_work_or_education": result(estimate=effect, interval_low=effect - 0.1, interval_high=effect + 0.1)}
    gain, _ = net_of(base, records)
    dearer = base.prices[0].model_copy(update={"amount": 10_000 * factor, "low": None, "high": None})
    assert net_of(base.model_copy(update={"prices": (dearer,)}), records)[0] == pytest.approx(gain * factor, abs=1e-9)
    assert gain == pytest.approx(net_of(base)[0] * effect / 0.2, abs=1e-9)


def test_what_a_krone_brings_does_not_depend_on_the_currency() -> None:
    gain, cost = net_of(settings_of())
    other = declared()
    for row in (*other["costs"], *other["prices"]):  # both in another money
        row |= {name: row[name] / 7.46 for name in ("amount", "low", "high")}
    euros = net_of(EconomicsSettings.model_validate(other))
    assert euros[0] / euros[1] == pytest.approx(gain / cost)


def test_no_effect_loses_exactly_what_it_costs() -> None:
    records = {"in_work_or_education": result(estimate=0.0, interval_low=-0.05, interval_high=0.05)}
    account = account_of(settings_of(), records)
    named = {row["payer"]: row["net"] for row in account["columns"]}
    assert named["municipality"] == -1500.0
    assert account["total"]["net"] == pytest.approx(-1500.0 * NAF)
    assert account["break_even"][0]["share_of_effect"] is None
    assert account["total"]["payback_year"] is None


def test_draws_agree_with_what_can_be_worked_out() -> None:
    """Means of independent triangular and normal inputs multiply; the draws' mean is within four of its errors of that."""
    wide = declared()
    wide["duration"]["full_years"] = {"value": 1, "low": 1, "high": 2}
    wide["prices"][0] |= {"low": 5_000, "high": 12_000}
    wide["consequences"][0] |= {"low": -1.5, "high": -0.5}
    wide["costs"][0] |= {"low": 1_000, "high": 3_000}
    wide["displacement"] = {"value": 0.1, "low": 0.0, "high": 0.3}
    inputs = inputs_of(EconomicsSettings.model_validate(wide), RECORDS)
    gains, costs = present_values(inputs, draw(inputs, 200_000, 7))
    net = (gains - costs)[:, :-1].sum(axis=1)
    mean_price, mean_units, mean_cost = (5_000 + 10_000 + 12_000) / 3, -(1.5 + 1 + 0.5) / 3, (1_000 + 1_500 + 3_000) / 3
    # Half is left in year 2 if the whole effect holds one year, 0.5^(2 - y) if it holds y, for y triangular from 1 to 2
    # with its top at 1: the density is 2 (2 - y), so the mean is the integral of 2 t 0.5^t over t from 0 to 1.
    log = np.log(0.5)
    second = 2 * (0.5 / log - (0.5 - 1) / log**2)
    kept, left = 1 - (0.1 + 0.0 + 0.3) / 3, 1 / 1.035 + second / 1.035**2
    expected = 0.2 * -mean_units * mean_price * kept * left - mean_cost
    assert abs(net.mean() - expected) < 4 * net.std() / np.sqrt(len(net))
    middle = np.subtract(*present_values(inputs, central(inputs)))[0, :-1].sum()
    assert middle == pytest.approx(
        expected, abs=0.01 * 0.2 * 10_000
    )  # what the page says first; years enter as a power
    wrong = 0.2 * 10_000 * 0.9 * left - 1_500  # a wrong twin: every input at its top instead of its mean
    assert abs(net.mean() - wrong) > 4 * net.std() / np.sqrt(len(net))


def test_the_same_draws_each_time_and_whatever_else_is_declared(protocol: Protocol) -> None:
    made = full(protocol)
    assert account_of(made, RECORDS) == account_of(made, RECORDS)
    turned = made.model_copy(update={"consequences": tuple(reversed(made.consequences))})
    assert account_of(turned, RECORDS)["total"] == account_of(made, RECORDS)["total"]
    one = draw(inputs_of(settings_of(), RECORDS), 100, 3)
    two = draw(inputs_of(settings_of(displacement={"value": 0.1, "low": 0, "high": 0.3}), RECORDS), 100, 3)
    assert (one.effects == two.effects).all()


def test_a_low_rung_widens_and_never_shifts() -> None:
    def spread(rung: int) -> tuple[float, float, float]:
        records = {
            "in_work_or_education": result(evidence={"rung": rung, "rung_detail": str(rung), "certainty": "low"})
        }
        total = account_of(settings_of(), records)["total"]
        return total["net"], total["low"], total["high"]

    trial, matched, rate = spread(2), spread(4), spread(5)
    assert trial[0] == matched[0] == rate[0]
    assert rate[1] < matched[1] < trial[1] < trial[2] < matched[2] < rate[2]


def test_a_strong_measured_factor_widens_more_than_the_rungs_share() -> None:
    assert effect_of(result()).bias_sd == pytest.approx(0.05)
    assert effect_of(result(diagnostics={"benchmark_adjusted": 0.11})).bias_sd == pytest.approx(0.09)
    assert effect_of(result(evidence={"rung": 2, "certainty": "high"})).bias_sd == 0.0
    assert effect_of(result(evidence={"rung": 4, "certainty": "very_low"})).bias_sd == pytest.approx(0.2)


def test_intervals_hold_the_share_they_say() -> None:
    """Inputs drawn as declared: nine of ten new draws lie between limits that were found from others."""
    inputs = inputs_of(settings_of(), RECORDS)
    limits = spreads((lambda g, c: g - c)(*present_values(inputs, draw(inputs, 20_000, 1))))[0]
    fresh = (lambda g, c: g - c)(*present_values(inputs, draw(inputs, 20_000, 2)))[:, 0]
    assert ((fresh >= limits.low) & (fresh <= limits.high)).mean() == pytest.approx(0.9, abs=0.01)
    assert (fresh > 0).mean() == pytest.approx(limits.probability_of_gain, abs=0.01)


def test_where_the_gain_ends() -> None:
    account = account_of(settings_of(), RECORDS)
    row = account["break_even"][0]
    assert row["share_of_effect"] == pytest.approx(1500 / 2865.877850)
    assert row["effect"] + row["bias"] == pytest.approx(0.2)
    assert row["share_low"] == pytest.approx(row["share_of_effect"])  # nothing but the effect is open here
    wide = declared()
    wide["prices"][0] |= {"low": 6_000, "high": 14_000}
    row = account_of(EconomicsSettings.model_validate(wide), RECORDS)["break_even"][0]
    # Inversely as the price: 5 % and 95 % of the triangle lie 4,000 (1 - sqrt(0.1)) from its top.
    reach = 4_000 * (1 - np.sqrt(0.1))
    for end, price in (("share_low", 10_000 + reach), ("share_high", 10_000 - reach)):
        assert row[end] == pytest.approx(1500 / (2865.877850 * price / 10_000), rel=0.02)
    at = {"in_work_or_education": result(estimate=row["effect"], interval_low=0.0, interval_high=0.3)}
    assert account_of(settings_of(), at)["total"]["net"] == pytest.approx(0.0, abs=1e-9)
    inputs = inputs_of(settings_of(), RECORDS)
    middle = central(inputs)
    assert break_evens(inputs, middle, middle, [0])[0].share == pytest.approx(1500 / 2865.877850)


def test_payback_is_when_it_has_come_back_for_good() -> None:
    def year(*net: float, last_cost: int = 0) -> float:
        return float(payback_years(np.array([net]), last_cost)[0])

    assert year(-100.0, 50.0, 60.0) == 2
    assert year(-100.0, 120.0, -60.0) == np.inf
    assert year(-100.0, 20.0) == np.inf
    assert year(0.0, 50.0, 50.0, -60.0, 10.0, last_cost=3) == 3
    assert year(0.0, 10.0, 10.0, -60.0, 10.0, last_cost=3) == np.inf
    inputs = inputs_of(settings_of(), RECORDS)
    assert year(*by_year(inputs, central(inputs)).sum(axis=1)) == 1


def test_payback_has_an_interval_and_a_chance() -> None:
    """An effect above 0.155 pays in year 1, one above 0.105 in year 2, a smaller one never: draws say how often."""
    record = result(estimate=0.22, interval_low=0.16, interval_high=0.28)
    total = account_of(settings_of(), {"in_work_or_education": record})["total"]
    never = norm.cdf(1500 / 2865.877850 * 0.2, 0.22, effect_of(record).sd)
    assert never < 0.05 < norm.cdf(0.155, 0.22, effect_of(record).sd)
    assert (total["payback_low"], total["payback_year"], total["payback_high"]) == (1, 1, 2)
    assert total["probability_of_payback"] == pytest.approx(1 - never, abs=0.015)
    poor = account_of(settings_of(), {"in_work_or_education": result(estimate=0.05)})["total"]
    assert (poor["payback_year"], poor["payback_high"]) == (None, None)


def test_an_agreement_says_what_is_needed_and_how_often_it_suffices() -> None:
    """The municipality pays 1,500 and the region's service is saved: it is made whole by exactly that, for certain."""
    region = declared()["prices"][0] | {"paid_by": {"region": 1}}
    account = account_of(settings_of(prices=[region]), RECORDS)
    (row,) = account["side_payments"]
    assert (row["payer"], row["receiver"]) == ("region", "municipality")
    assert row["amount"] == row["low"] == row["high"] == 1500
    gains = [r["probability_of_gain"] for r in account["columns"] if r["payer"] == "region"]
    assert gains == [1.0] or gains[0] > account["probability_all_whole"]
    needs = norm.cdf(1500 / 2865.877850 * 0.2, 0.2, effect_of(result()).sd)
    assert account["probability_all_whole"] == pytest.approx(1 - needs, abs=0.015)


def test_the_largest_swing_stands_first_and_moves_one_thing() -> None:
    swings = tornado(inputs_of(settings_of(displacement={"value": 0.1, "low": 0, "high": 0.2}), RECORDS))
    sizes = [abs(s.at_high - s.at_low) for s in swings]
    assert sizes == sorted(sizes, reverse=True)
    found = {s.name: s for s in swings}
    assert set(found) == {"effect", "displacement"}
    assert found["displacement"].at_low == pytest.approx(NAF * (2865.877850 - 1500), abs=0.01)


@given(
    st.dictionaries(
        st.sampled_from(["municipality", "region", "state", "foundation"]), st.floats(-1e5, 1e5), min_size=2
    )
)
@settings(max_examples=200)
def test_side_payments_leave_every_payer_whole_or_say_that_none_can(net: dict[str, float]) -> None:
    payments = side_payments(net | {"person": -500.0, "society": 900.0})
    after = dict(net)
    if payments is None:
        assert sum(net.values()) < 0
        return
    for row in payments:
        assert row.amount >= 0
        after[row.payer] -= row.amount
        after[row.receiver] += row.amount
    assert sum(after.values()) == pytest.approx(sum(net.values()), abs=1e-6)
    assert all(value > -0.05 for value in after.values())
    assert not {"person", "society"} & {name for row in payments for name in (row.payer, row.receiver)}


def test_the_social_return_is_the_account_and_the_proxies_and_nothing_else(protocol: Protocol) -> None:
    account = account_of(full(protocol), RECORDS)
    total, social = account["total"], account["social_return"]
    proxies = sum(row["value"] for row in social["proxies"])
    assert social["shared_with_account"] == total["gain"]
    assert social["ratio"] == pytest.approx(total["gain_per_krone"] + proxies / total["cost"])
    assert social["low"] < social["ratio"] < social["high"]


def test_an_effect_without_a_number_has_no_account_and_its_cost_stands() -> None:
    for status in ("suppressed", "not_estimable", "pooled_only", "told"):
        account = account_of(settings_of(), {"in_work_or_education": result(status=status)})
        assert account["is_estimated"] is False
        assert account["cost_per_participant"] == 1500
        assert "total" not in account
    assert account_of(settings_of(), {})["without_number"] == ["in_work_or_education"]


def test_five_for_one_and_160000_is_a_course_of_32_to_40_thousand() -> None:
    assert implied_costs(160_000, 5) == (32_000, 40_000)
    with pytest.raises(ValueError, match="more than one"):
        implied_costs(160_000, 1)


def test_everything_invented_says_so(protocol: Protocol) -> None:
    assert illustrative_catalogue().is_illustrative
    assert all(
        price.is_illustrative and price.source and "nvented" in price.source.en
        for price in illustrative_catalogue().prices
    )
    account = account_of(full(protocol), RECORDS)
    assert account["is_illustrative"]
    assert account_of(settings_of(), RECORDS)["is_illustrative"] is False


# Nothing twice, nothing without a payer ---------------------------------------------------------------------------------


BENEFIT = {"name": "cash_benefit_month", "label": "X", "unit": "u", "counts": "income_support", "amount": 12000}
BENEFIT |= {"kind": "transfer", "price_year": 2023, "paid_by": {"municipality": 1}, "received_by": {"person": 1}}
BENEFIT_AS_SERVICE = {k: v for k, v in BENEFIT.items() if k != "received_by"} | {"kind": "service"}
NAMED = {"label": "X", "unit": "u", "amount": 900, "price_year": 2023}
TAX = NAMED | {
    "name": "tax",
    "kind": "transfer",
    "counts": "tax",
    "paid_by": {"person": 1},
    "received_by": {"state": 1},
}
TAXED = {"outcome": "in_work_or_education", "price": "tax", "units_a_year": 12}
HOURS = NAMED | {"name": "hours", "kind": "production", "counts": "hours", "received_by": {"state": 1}}
WORKED = {"outcome": "in_work_or_education", "price": "hours", "units_a_year": 800}


def test_two_that_look_like_one_gain_pass_with_a_reason_that_is_shown(protocol: Protocol) -> None:
    fields = yaml.safe_load((I_GANG / "economics.yaml").read_text(encoding="utf-8"))
    fields["prices"] = [HOURS]
    fields["consequences"].append(WORKED | {"why_not_the_same": "The father's hours, not hers"})
    made = read_economics(yaml.safe_dump(fields), "economics.yaml", protocol)
    rows = [row for row in account_of(made, RECORDS)["assumptions"] if row["why_not_the_same"]]
    assert [row["name"] for row in rows] == ["hours"]


def test_a_cost_shared_by_participants_stands_beside_how_many_were_evaluated(protocol: Protocol) -> None:
    cost = declared()["costs"][0] | {"per": "project", "participants": 40}
    records = {"in_work_or_education": result(n_treated=60)}
    rows = account_of(settings_of(costs=[cost]), records)["assumptions"]
    assert [(row["participants"], row["evaluated"]) for row in rows if row["kind"] == "cost"] == [(40, 60)]


def refused(protocol: Protocol, change: Callable[[dict[str, Any]], Any]) -> str:
    fields = yaml.safe_load((I_GANG / "economics.yaml").read_text(encoding="utf-8"))
    change(fields)
    with pytest.raises(InputRefused) as found:
        read_economics(yaml.safe_dump(fields, allow_unicode=True), "economics.yaml", protocol)
    text = str(found.value)
    assert "economics.yaml" in text
    return text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f["costs"][0].update(amount=-5, low=-6, high=-4), "why_negative"),
        (lambda f: f["costs"][0].update(amount="36.000", low="32.000", high="40.000"), "thousand"),
        (lambda f: f["scenario"].update(people="1.000"), "thousand"),
        (lambda f: f["costs"][0].update(per="project", participants="1.000"), "thousand"),
        (lambda f: f["costs"][0].update(per="project", participants=10**400), "less than or equal"),
        (lambda f: f["costs"][0].update(low=-400), "why_negative"),
        (lambda f: f["costs"][0].update(amount=-5, low=-6, high=-4, why_negative="The state pays us back"), "cannot be negative"),
        (lambda f: f["costs"][0].update(amount=0, low=0, high=0, why_certain="Somebody gives it away"), "cost of 0"),
        (lambda f: f["costs"][0].update(low=36000, high=36000.001), "why_certain"),
        (lambda f: f["costs"][0].update(low=36000, high=36000, why_certain="."), "Give a reason"),
        (lambda f: f["duration"]["drop_off"].update(low=0.25, high=0.25, why_certain="It is certain, we think"), "for certain"),
        (lambda f: f["costs"][0].update(year=2), "after the outcome was measured"),
        (lambda f: f["duration"].update(horizon_years=1), "too late for any year with gains"),
        (lambda f: f.update(payers={"town": {"da": "Kommunen", "en": "Town"}}), "already has this label"),
        (lambda f: f.update(prices=[BENEFIT_AS_SERVICE]), "this price is different"),
        (lambda f: (f.update(prices=[BENEFIT]), f["consequences"][0].update(units_a_year=-13, low=-14, high=-1)), "more than 12"),
        (lambda f: f["consequences"][0].update(units_a_year=-12, low=None, high=None), "the range exceeds that"),
        (lambda f: f.update(price_index=[{"year": 2024, "index": 10000, "source": "X"}]), "more than 15%"),
        (lambda f: f.update(price_index=[{"year": 2025, "index": 120, "source": "X"}]), "without gaps"),
        (lambda f: f.update(payers={"society": "X"}), "predefined payer"),
        (lambda f: f["consequences"][0].update(units_a_year=-1e300), "greater than or equal"),
        (lambda f: f["costs"][0]["paid_by"].update(churches=0.25, municipality=0.5), "churches"),
        (lambda f: f["costs"][0].pop("price_year"), "costs[1].price_year: This key is missing"),
        (lambda f: f["costs"][0].pop("per"), "costs[1].per: This key is missing"),
        (lambda f: f["costs"][0].update(paid_by={"municipality": 0.7}), "sum to 1"),
        (lambda f: f["costs"][0].update(per="project"), "participants"),
        (lambda f: f["duration"].update(horizon_years=0), "horizon_years"),
        (lambda f: f["duration"].update(horizon_years=30), "why_longer"),
        (lambda f: f["duration"]["full_years"].update(high=11), "longer than the horizon"),
        (lambda f: f["duration"]["full_years"].update(low=2, high=2), "why_certain"),
        (lambda f: f["costs"][0].update(low=36000, high=36000), "why_certain"),
        (lambda f: f["consequences"][0].update(low=-11, high=-11), "why_certain"),
        (lambda f: f["consequences"][0].update(units_a_year=-13, low=-14), "more than 12"),
        (lambda f: f.pop("attribution"), "attribution: This key is missing"),
        (lambda f: f.pop("displacement"), "displacement: This key is missing"),
        (lambda f: (f.update(prices=[TAX]), f["consequences"].append(TAXED)), "the tax would be counted twice"),
        (lambda f: (f.update(prices=[HOURS]), f["consequences"].append(WORKED)), "could be counted twice"),
        (lambda f: f.update(deadweight=0.2), "count that twice"),
        (lambda f: f.update(report_price_year=2031), "no price index for 2031"),
        (lambda f: f["consequences"].append(f["consequences"][0] | {"source": "Again"}), "counted twice"),
        (lambda f: f["consequences"][0].update(outcome="in_work"), "no such outcome"),
        (lambda f: f["consequences"][0].update(price="cash_benefit"), "no such price"),
        (lambda f: f["consequences"][0].update(low=-5, high=-4), "range must contain"),
        (lambda f: f["proxies"][0].update(counts="production"), "counted twice"),
        (lambda f: f["displacement"].update(high=1.5), "less than or equal to 1"),
        (lambda f: f.update(savings=1), "not known"),
    ],
)  # fmt: skip
def test_a_wrong_account_is_refused_by_name(
    protocol: Protocol, change: Callable[[dict[str, Any]], Any], words: str
) -> None:
    assert words in refused(protocol, change)


def test_a_follow_up_after_the_horizon_is_refused(protocol: Protocol) -> None:
    late = protocol.model_copy(
        update={
            "outcomes": tuple(
                o.model_copy(update={"from_months": 130, "before_months": 140}) for o in protocol.outcomes
            )
        }
    )
    with pytest.raises(InputRefused, match="too late for any year with gains"):
        read_economics((I_GANG / "economics.yaml").read_text(encoding="utf-8"), "economics.yaml", late)


KINDS = {
    "transfer": {"paid_by": {"municipality": 1.0}, "received_by": {"person": 1.0}},
    "service": {"paid_by": {"region": 1.0}},
    "production": {"received_by": {"person": 0.5, "state": 0.5}},
}


@pytest.mark.slow
@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(sorted(KINDS))), min_size=1, max_size=4))
@settings(max_examples=60)
def test_no_account_that_is_accepted_counts_one_thing_twice(rows: list[tuple[str, str]]) -> None:
    """Whatever consequences are declared: either each counts something of its own, or the account is refused."""
    prices = [
        {"name": f"p{i}", "label": "P", "unit": "u", "kind": kind, "counts": counts, "amount": 100, "price_year": 2023}
        | KINDS[kind]
        for i, (counts, kind) in enumerate(rows)
    ]
    uses = [{"outcome": "in_work_or_education", "price": f"p{i}", "units_a_year": 1} for i in range(len(rows))]
    open_years = {"full_years": {"value": 1, "low": 1, "high": 2}, "drop_off": {"value": 0.5, "low": 0.3, "high": 0.6}}
    text = json.dumps(declared(prices=prices, consequences=uses, duration=open_years))  # YAML too
    protocol = read_protocol((I_GANG / "project.yaml").read_text(encoding="utf-8"))
    once = len({counts for counts, _ in rows}) == len(rows)
    work = sum(kind == "production" for _, kind in rows)
    if once and work < 2:
        assert len(read_economics(text, "economics.yaml", protocol).consequences) == len(rows)
    else:
        with pytest.raises(InputRefused, match=r"counted twice|counted twice"):
            read_economics(text, "economics.yaml", protocol)


def test_older_tax_distortion_costs_the_public_more() -> None:
    def net(factor: str) -> float:
        return account_of(settings_of(tax_distortion=factor), RECORDS)["total"]["net"]

    assert net("1.2") == pytest.approx((NAF + 0.2) / NAF * net("1"))  # all of it is public money
    assert net("1") < net("1.1") < net("1.2")


def test_where_nobody_can_tell_there_is_no_chance_of_a_gain(protocol: Protocol) -> None:
    """A project without effect must not look as good as one that works."""
    for verdict in ("unresolved", "cannot_tell", "story_only"):
        records = {name: result(name, claims={"verdict": verdict}) for name in RECORDS}
        account = account_of(full(protocol), records)
        assert account["is_resolved"] is False
        assert "probability_of_gain" in account["total"]
        assert {row["probability_of_gain"] for row in account["columns"]} == {None}
        assert account["total"]["probability_of_payback"] is None
    assert account_of(full(protocol), RECORDS)["is_resolved"]


def test_what_could_be_one_gain_under_two_names_is_no_green(protocol: Protocol) -> None:
    def state(made: EconomicsSettings) -> str:
        (found,) = [d for d in account_sources(findings_of(made)) if d.code == "double_counting"]
        return str(found.state.value)

    made = full(protocol)
    assert state(made) == "clear"
    again = made.proxies[0].model_copy(update={"name": "again", "counts": "again"})
    assert state(made.model_copy(update={"proxies": (*made.proxies, again)})) == "warning"
    argued = made.consequences[0].model_copy(update={"why_not_the_same": Reason.model_validate("Another person's")})
    assert state(made.model_copy(update={"consequences": (argued, *made.consequences[1:])})) == "warning"


def test_every_input_moves_the_account(protocol: Protocol) -> None:
    """No declared number is read and left unused."""
    inputs: Inputs = inputs_of(full(protocol), RECORDS)
    base = float(np.subtract(*present_values(inputs, central(inputs))).sum())
    numbers = central(inputs)
    for name in ("effects", "units", "prices", "full_years", "drop_off", "displacement", "attribution", "costs"):
        moved = replace(numbers, **{name: getattr(numbers, name) * 0.8 + 0.01})
        assert float(np.subtract(*present_values(inputs, moved)).sum()) != pytest.approx(base), name


def test_gains_count_from_the_year_after_the_outcome_was_measured() -> None:
    late = account_of(settings_of(), RECORDS, first_year=2)
    assert [row["net"] for row in late["years"] if row["payer"] == "municipality"] == pytest.approx([-1500, 0, 2000])
    assert late["total"]["gain"] == pytest.approx(NAF * 2000 / 1.035**2)


def test_the_same_account_with_an_outcome_turned_round() -> None:
    """Off benefit or on it: fewer of the one are more of the other, and luck with both goes the same way."""
    rows = [
        {"outcome": "in_work_or_education", "price": "work_year", "units_a_year": 0.5, "low": 0.4, "high": 0.6},
        {"outcome": "off_cash_benefit", "price": "cash_benefit_month", "units_a_year": -11, "low": -12, "high": -10},
    ]
    turned = [rows[0], rows[1] | {"units_a_year": 11, "low": 10, "high": 12}]
    other = RECORDS | {
        "off_cash_benefit": result(
            "off_cash_benefit",
            estimate=-0.2,
            interval_low=-0.26,
            interval_high=-0.14,
            outcome_direction="lower_is_better",
        )
    }
    one = account_of(settings_of(consequences=rows), RECORDS)
    two = account_of(settings_of(consequences=turned), other)
    for a, b in zip(one["columns"], two["columns"], strict=True):
        assert b["net"] == pytest.approx(a["net"])
        assert (b["high"] - b["low"]) == pytest.approx(a["high"] - a["low"], rel=0.05)


def test_a_cost_of_perhaps_nothing_keeps_its_range() -> None:
    cost = declared()["costs"][0]
    nothing = cost | {"name": "nothing", "amount": 0, "low": 0, "high": 900}
    account = account_of(settings_of(costs=[cost, nothing]), RECORDS)
    assert account["total"]["cost"] == pytest.approx((1500 + 300) * NAF)
    assert "cost nothing" in {row["name"] for row in account["tornado"]}


def test_a_mean_or_a_ratio_has_no_account(protocol: Protocol) -> None:
    """1,800 dollars are not 1,800 people."""
    means = protocol.model_copy(
        update={"outcomes": tuple(o.model_copy(update={"type": "numeric"}) for o in protocol.outcomes)}
    )
    with pytest.raises(InputRefused, match="a mean or a ratio"):
        read_economics((I_GANG / "economics.yaml").read_text(encoding="utf-8"), "economics.yaml", means)
