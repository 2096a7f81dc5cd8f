"""Pooling and signs of missing studies: metafor's numbers, worlds with known truth, properties, and a wrong twin."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.designs.systematic_review.small_studies import egger, peese, pet_peese, trim_and_fill
from models.statistics.pooling import pool
from tests.support.places import REFERENCE

R = json.loads((REFERENCE / "metafor_bcg.json").read_text())
Y, V = np.array(R["yi"]), np.array(R["vi"])
EXACT = 1e-6  # metafor's own iterations stop at about 1e-5 of the variance, so its last digits are its own
NAMES = {"EE": "common", "DL": "dersimonian_laird", "REML": "reml"}


@pytest.mark.parametrize("name", NAMES)
def test_pooled_effects_are_those_of_metafor(name: str) -> None:
    found = pool(Y, V, between=NAMES[name])
    assert found.estimate == pytest.approx(R[name]["est"], abs=EXACT)
    assert found.standard_error == pytest.approx(R[name]["se"], abs=EXACT)
    assert (found.low, found.high) == pytest.approx(R[name]["ci"], abs=EXACT)
    assert found.tau_squared == pytest.approx(R[name]["tau2"], abs=EXACT)
    assert found.i_squared == pytest.approx(R[name]["I2"] / 100, abs=EXACT)
    assert (found.q, found.q_p) == pytest.approx((R[name]["Q"], 0.0), abs=1e-5)


def test_prediction_interval_egger_pet_and_peese_are_those_of_metafor() -> None:
    found = pool(Y, V)
    assert (found.prediction_low, found.prediction_high) == pytest.approx(R["pred_int"], abs=EXACT)
    line = egger(Y, V)
    assert (line.slope_t, line.slope_p) == pytest.approx((R["egger_lm"]["t"], R["egger_lm"]["p"]), abs=1e-6)
    assert line.degrees_of_freedom == R["egger_lm"]["df"]
    assert (line.intercept, line.intercept_error) == pytest.approx((R["pet"]["b0"], R["pet"]["se"]), abs=EXACT)
    curve = peese(Y, V)
    assert (curve.intercept, curve.intercept_error) == pytest.approx((R["peese"]["b0"], R["peese"]["se"]), abs=EXACT)


@pytest.mark.parametrize("name", ["trimfill_REML", "trimfill_EE"])
def test_trim_and_fill_is_that_of_metafor(name: str) -> None:
    found = trim_and_fill(Y, V, between="reml" if name.endswith("REML") else "common")
    assert found.missing_count == R[name]["k0"]
    assert (found.estimate, found.standard_error) == pytest.approx((R[name]["est"], R[name]["se"]), abs=EXACT)


def draw(rng: np.random.Generator, k: int, effect: float, tau: float) -> tuple[np.ndarray, np.ndarray]:
    variances = rng.uniform(0.01, 0.15, k)
    return rng.normal(effect, np.sqrt(tau**2 + variances)), variances


def coverage(between: str, draws: int = 600) -> float:
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(draws):
        found = pool(*draw(rng, 20, 0.3, 0.25), between=between)
        held += found.low <= 0.3 <= found.high
    return held / draws


@pytest.mark.slow
def test_intervals_cover_the_truth_and_those_that_deny_differences_do_not() -> None:
    """Normal intervals of 20 unlike studies hold 92-96 %; the common-effect model, the wrong twin here, far less."""
    assert 0.91 <= coverage("reml") <= 0.97
    assert coverage("common") < 0.80


def test_egger_rejects_as_often_as_it_says_and_sees_studies_that_vanished() -> None:
    rng = np.random.default_rng(5)
    honest = [egger(*draw(rng, 30, 0.2, 0.0)).slope_p <= 0.10 for _ in range(500)]
    assert 0.06 <= np.mean(honest) <= 0.14
    seen, shifted = [], []
    for _ in range(200):
        v = np.exp(rng.uniform(np.log(0.002), np.log(0.25), 120))
        y = rng.normal(0.0, np.sqrt(v))
        kept = (y / np.sqrt(v) > 1.0) | (rng.random(len(y)) < 0.15)
        y, v = y[kept], v[kept]
        seen.append(egger(y, v).slope_p <= 0.10)
        shifted.append(abs(pet_peese(y, v, alpha=0.1).intercept) < pool(y, v).estimate)
    assert np.mean(seen) > 0.5
    assert np.mean(shifted) > 0.9


@given(st.permutations(range(len(Y))), st.floats(0.2, 5.0), st.floats(-3, 3))
def test_order_scale_and_origin_change_nothing_but_themselves(order: list[int], scale: float, shift: float) -> None:
    base = pool(Y, V)
    moved = pool(scale * Y[order] + shift, scale**2 * V[order])
    assert moved.estimate == pytest.approx(scale * base.estimate + shift, abs=1e-6)
    assert moved.i_squared == pytest.approx(base.i_squared, abs=1e-6)
    assert egger(-Y, V).slope_p == pytest.approx(egger(Y, V).slope_p)
    assert trim_and_fill(-Y, V).estimate == pytest.approx(-trim_and_fill(Y, V).estimate, abs=1e-9)
