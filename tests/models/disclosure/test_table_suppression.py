"""Tables of people: no small group can be worked out from what is printed, totals and all.

The attacker reads the printed table only. She knows the policy and, more than she could in fact, which cells were hidden
for being small. A group of 1 to 7 is safe if at least as many sizes are possible for it as for a printed count: five.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from data_contracts.results.public_record import PlaceRow
from models.disclosure.places import open_places
from models.disclosure.policy import default_policy, safe_count
from models.disclosure.record import publish
from models.disclosure.table_suppression import protected_table
from tests.support.example_record import example_record

POLICY = default_policy()
ENOUGH = 5
MANY = 10_000.0


def people(**counts: int) -> pd.DataFrame:
    return pd.DataFrame({"town": np.repeat(list(counts), list(counts.values()))})


def printed(table: pd.DataFrame) -> dict[str, int | None]:
    return {
        "all" if pd.isna(row.town) else str(row.town): None if row.is_hidden else int(row.count_)
        for row in table.rename(columns={"count": "count_"}).itertuples()
    }


def test_small_groups_are_hidden_and_others_rounded() -> None:
    assert printed(protected_table(people(Aarhus=41, Odense=23, Randers=3), ["town"], POLICY)) == {
        "Aarhus": 40,
        "Odense": 25,
        "Randers": None,
        "all": 65,
    }


def test_a_further_group_is_hidden_where_the_total_would_tell() -> None:
    """38 people in Aarhus stand as 40, at least 38; of 39 in all, one is left for Randers."""
    table = protected_table(people(Aarhus=38, Randers=1), ["town"], POLICY, is_total_known=True)
    assert printed(table) == {"Aarhus": None, "Randers": None, "all": 40}
    alone = protected_table(people(Aarhus=37, Randers=1), ["town"], POLICY)
    assert printed(alone) == {"Aarhus": 35, "Randers": None, "all": 40}  # rounded, the total leaves enough open


def test_that_none_of_a_few_is_somewhere_is_not_said() -> None:
    rows = pd.DataFrame({"town": ["A"] * 30 + ["B"] * 5, "sex": ["f", "m"] * 15 + ["f"] * 5})
    table = protected_table(rows, ["town", "sex"], POLICY)
    assert table[table["town"] == "B"]["is_hidden"].all()


def test_nobody_may_be_said_and_everybody_not() -> None:
    """That nobody comes from a town tells of nobody; that everybody in it is out of work tells of everybody."""
    rows = pd.DataFrame({"town": ["A"] * 30 + ["B"] * 40, "work": ["no"] * 30 + ["yes"] * 20 + ["no"] * 20})
    open_table = protected_table(rows, ["town", "work"], POLICY).set_index(["town", "work"])
    assert open_table.loc[("A", "yes"), "count"] == 0
    closed = protected_table(rows, ["town", "work"], POLICY, tells=["work"]).set_index(["town", "work"])
    assert closed.loc[("A", "yes"), "is_hidden"]
    assert closed.loc[("A", "no"), "is_hidden"]
    assert not closed.loc[("B", np.nan), "is_hidden"]


def test_codes_that_are_numbers_are_codes_and_no_totals() -> None:
    """A tool that takes the code 0, -1 or a margin's name for something else shows what it should hide."""
    for codes in ([0, 1, 2], [-1, 0, 751], [461, 751, 9999]):
        rows = pd.DataFrame({"town": np.repeat(codes, [40, 30, 3]), "sex": np.tile([0, 1], 37)[:73]})
        as_numbers = protected_table(rows, ["town", "sex"], POLICY)
        as_text = protected_table(rows.astype("str"), ["town", "sex"], POLICY)
        pd.testing.assert_frame_equal(as_numbers, as_text)
        small = as_numbers[as_numbers["town"] == str(codes[2])]
        assert small["is_hidden"].all()
    named = protected_table(people(All=40, Total=30, nan=3), ["town"], POLICY)
    assert len(named) == 4
    assert named["town"].isna().sum() == 1


def test_somebody_without_a_code_is_refused() -> None:
    with pytest.raises(ValueError, match="no code"):
        protected_table(pd.DataFrame({"town": ["A", None]}), ["town"], POLICY)


def test_the_order_of_people_does_not_matter() -> None:
    rng = np.random.default_rng(3)
    rows = random_people(rng)
    table = protected_table(rows, list(rows), POLICY)
    shuffled = rows.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(table, protected_table(shuffled, list(rows), POLICY))


def test_a_stricter_policy_never_shows_more() -> None:
    rng = np.random.default_rng(4)
    for _ in range(5):
        rows = random_people(rng)
        shown = protected_table(rows, list(rows), POLICY)
        strict = protected_table(rows, list(rows), replace(POLICY, redact_at_or_below=12))
        small = rows.astype("str").groupby(list(rows)).size()
        hidden = strict.set_index(list(rows)).loc[small[small <= 12].index, "is_hidden"]
        assert hidden.all()
        assert strict["is_hidden"].sum() >= shown["is_hidden"].sum()


# The attacker ---------------------------------------------------------------------------------------------------------

SHAPES = ((2, 2), (3, 2), (3, 3), (4, 3), (5, 2), (6, 2), (2, 2, 2), (2, 3, 2))


def random_people(rng: np.random.Generator) -> pd.DataFrame:
    """A table as projects have them: many small cells, some empty, codes that are whole numbers."""
    shape = SHAPES[rng.integers(len(SHAPES))]
    counts = rng.negative_binomial(1, rng.choice([0.03, 0.06, 0.12]), size=shape)
    if not counts.sum():
        counts[(0,) * len(shape)] = 9
    codes = np.array(np.unravel_index(np.repeat(np.arange(counts.size), counts.ravel()), shape)).T
    return pd.DataFrame(codes + rng.integers(-1, 2), columns=list("abc")[: len(shape)])


def told(rows: pd.DataFrame, table: pd.DataFrame) -> tuple[int, int]:
    """Count groups of 1 to 7 in a table, and those whose size the attacker knows to fewer than five possibilities."""
    names = list(rows)
    levels = [sorted(table[name].dropna().unique()) for name in names]
    atoms = list(itertools.product(*levels))
    text = rows.astype("str")
    truth = np.array([(text == list(atom)).all(axis=1).sum() for atom in atoms])
    equations, limits = [], []
    groups: list[np.ndarray] = []
    for row in table.to_dict("records"):
        inside = np.array(
            [all(pd.isna(row[n]) or row[n] == c for n, c in zip(names, atom, strict=True)) for atom in atoms]
        )
        groups.append(inside)
        low, high = what_is_known(row, int(truth[inside].sum()), is_within_few(row, rows, names))
        equations += [inside.astype(float), -inside.astype(float)]
        limits += [high, -low]
    small = known = 0
    dark = np.array([bool(h) for h in table["is_hidden"][: len(atoms)]])
    unions = [*groups, *(group & dark for group in groups)]
    for inside in {g.tobytes(): g for g in unions}.values():
        if not 1 <= truth[inside].sum() <= 7:
            continue
        small += 1
        ends = []
        for sign in (1.0, -1.0):
            solved = linprog(
                sign * inside.astype(float),
                A_ub=np.array(equations),
                b_ub=np.array(limits, dtype=float),
                bounds=(0, MANY),
                integrality=np.ones(len(atoms)),
            )
            assert solved.status == 0
            ends.append(round(sign * solved.fun))
        assert ends[0] <= truth[inside].sum() <= ends[1]
        known += ends[1] - ends[0] + 1 < ENOUGH
    return small, known


def what_is_known(row: dict[str, Any], truth: int, is_within: bool) -> tuple[float, float]:
    if not row["is_hidden"]:
        fitting = [n for n in range(int(row["count"]) + 4) if safe_count(n, POLICY) == row["count"]]
        return min(fitting), max(fitting)
    if is_within:
        return 0, 7
    return (1, 7) if 1 <= truth <= 7 else (8, MANY) if truth else (0, MANY)


def is_within_few(row: dict[str, Any], rows: pd.DataFrame, names: list[str]) -> bool:
    """Whether a cell is part of a total of 1 to 7: hidden with all of that total, and nothing else is known of it."""
    text = rows.astype("str")
    own = {name: row[name] for name in names if not pd.isna(row[name])}
    for size in range(1, len(own)):
        for kept in itertools.combinations(own, size):
            if 1 <= (text[list(kept)] == [own[name] for name in kept]).all(axis=1).sum() <= 7:
                return True
    return 1 <= len(rows) <= 7 and bool(own)


def only_small_ones(rows: pd.DataFrame) -> pd.DataFrame:
    """A wrong twin: hides small cells and totals, rounds the others, and looks no further."""
    table = protected_table(rows, list(rows), POLICY)
    text = rows.astype("str")
    for i, row in enumerate(table.to_dict("records")):
        own = [text[name] == row[name] for name in rows if not pd.isna(row[name])]
        count = int(np.logical_and.reduce(own).sum()) if own else len(rows)
        shown = safe_count(count, POLICY)
        table.loc[i, "is_hidden"] = shown is None
        table.loc[i, "count"] = pd.NA if shown is None else shown
    return table


def attack(protect: Callable[[pd.DataFrame], pd.DataFrame], count: int, seed: int = 2026) -> tuple[int, int]:
    rng = np.random.default_rng(seed)
    totals = np.zeros(2, dtype=int)
    for _ in range(count):
        rows = random_people(rng)
        totals += told(rows, protect(rows))
    return int(totals[0]), int(totals[1])


def by_the_rule(rows: pd.DataFrame) -> pd.DataFrame:
    return protected_table(rows, list(rows), POLICY)


@pytest.mark.slow
def test_of_random_tables_no_small_group_can_be_worked_out() -> None:
    small, known = attack(by_the_rule, 25)
    assert small > 50
    assert known == 0


@pytest.mark.slow
def test_the_attacker_finds_them_where_only_small_cells_are_hidden() -> None:
    small, known = attack(only_small_ones, 25)
    assert known / small > 0.02


@pytest.mark.long
def test_of_ten_thousand_random_tables_no_small_group_can_be_worked_out() -> None:
    small, known = attack(by_the_rule, 10_000, seed=1)
    print(f"{small} groups of 1 to 7 in 10,000 tables, {known} told")
    assert known == 0


def test_the_bounds_are_those_of_trying_every_table() -> None:
    """2 by 2, every cell from 0 to 24: what fits the printed numbers is counted out."""
    rng = np.random.default_rng(9)
    every = np.array(list(itertools.product(range(25), repeat=4)))
    for _ in range(6):
        truth = rng.integers(0, 20, size=4)
        rows = pd.DataFrame(np.repeat([(0, 0), (0, 1), (1, 0), (1, 1)], truth, axis=0), columns=["a", "b"])
        if rows.nunique().min() < 2:
            continue
        table = by_the_rule(rows)
        fits = np.ones(len(every), dtype=bool)
        groups = []
        for row in table.to_dict("records"):
            inside = [
                (pd.isna(row["a"]) or row["a"] == str(a)) and (pd.isna(row["b"]) or row["b"] == str(b))
                for a, b in itertools.product(range(2), repeat=2)
            ]
            groups.append(np.array(inside))
            low, high = what_is_known(row, int(truth[inside].sum()), is_within_few(row, rows, ["a", "b"]))
            sums = every[:, inside].sum(axis=1)
            fits &= (sums >= low) & (sums <= high)
        for inside in groups:
            if 1 <= truth[inside].sum() <= 7:
                assert len(np.unique(every[fits][:, inside].sum(axis=1))) >= ENOUGH


# In use: where a result's participants come from ----------------------------------------------------------------------


def place_rows(**counts: int) -> list[PlaceRow]:
    return [PlaceRow(code=code, name=code, count=count, quarter="2026Q3") for code, count in counts.items()]


def test_participants_by_municipality_hide_what_their_total_would_tell() -> None:
    """485 and 3: of 488 in all, of whom a reader may know the exact number, 485 stand as 483 to 487: one to five left."""
    assert [row.count for row in open_places(place_rows(a=485, b=3), POLICY)] == [485, None]
    assert open_places(place_rows(a=488, b=1), POLICY) == ()  # 490 is at least 488, and one is left of 489
    three = open_places(place_rows(a=488, b=1, c=33), POLICY)
    assert [row.is_hidden for row in three] == [False, True, True]
    assert open_places(place_rows(a=40), POLICY) == ()
    assert open_places([], POLICY) == ()


def test_places_of_no_record_that_is_hidden_told_or_not_estimable_are_shown() -> None:
    places = [{"code": c, "name": c, "count": 60, "quarter": "2026Q3"} for c in ("0461", "0751")]
    because = {"status_reason": {"da": "Grund", "en": "Reason"}}
    changes: list[dict[str, Any]] = [
        {"n_treated": 5},
        {"status": "told", "texts": []},
        {"status": "not_estimable"} | because,
        {"counted": "units"},
    ]
    for change in changes:
        assert publish(example_record(places=places, **change), POLICY).places == ()
    assert [row.count for row in publish(example_record(places=places), POLICY).places] == [60, 60]
