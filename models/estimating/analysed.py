"""People with an outcome, and what their comparison implies for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.comparing.methods import TRIMMED
from models.comparing.nearest import Pairs
from models.comparing.plan import Plan
from models.comparing.strata import weigh_strata
from models.comparing.weighting import pair_weights
from models.values.comparison import Comparison

Array = NDArray[np.float64]
STRATUM_METHODS = ("subclassification", "coarsened_exact")


SET_METHODS = ("nearest_neighbour", "optimal_pairs", "full_matching")


@dataclass(frozen=True, slots=True)
class Analysed:
    """People with an outcome, and what their comparison implies for them.

    Attributes
    ----------
    people : DataFrame
        With `weight` recomputed where matched people are lost.
    y : ndarray of float, shape (n,)
    pairs : Pairs or None
        Positions in `people`; only where controls may serve several participants.
    plan : Plan
    is_binary : bool
    """

    people: pd.DataFrame
    y: Array
    pairs: Pairs | None
    plan: Plan
    is_binary: bool

    @property
    def treated(self) -> NDArray[np.bool_]:
        """Who took part."""
        return self.people["treated"].to_numpy(dtype=bool)

    @property
    def weight(self) -> Array:
        """How much each person counts; 0 for those left out."""
        return self.people["weight"].to_numpy(dtype=float)

    @property
    def logit(self) -> Array:
        """Logit of everybody's score."""
        return self.people["propensity_logit"].to_numpy(dtype=float)

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Who was not trimmed."""
        return (self.people["left_out"] != TRIMMED).to_numpy(dtype=bool)

    @property
    def has_sets(self) -> bool:
        """Whether everybody compared is in one matched set."""
        settings = self.plan.comparison
        return settings.method in SET_METHODS and not settings.replace

    @property
    def sets(self) -> NDArray[np.int64]:
        """Matched set or stratum; -1 for those left out."""
        return np.where(self.weight > 0, self.people["cluster"].to_numpy(dtype=np.int64), -1)


def analysed(comparison: Comparison, y: Array, plan: Plan, *, is_binary: bool) -> Analysed:
    """Keep people with an outcome, and recompute weights.

    Weights change for those who lost a person they were matched with.

    Parameters
    ----------
    comparison : Comparison
    y : ndarray of float, shape (n,)
        NaN where the outcome is missing.
    plan : Plan
    is_binary : bool

    Returns
    -------
    Analysed
        A set or stratum that lost all of one group leaves; in the others the remaining people share its weight.
    """
    seen = np.isfinite(y)
    people = comparison.people.loc[seen].reset_index(drop=True)
    settings = plan.comparison
    pairs = None
    if settings.method in (*SET_METHODS, *STRATUM_METHODS) and not settings.replace:
        labels = people["cluster"].to_numpy(dtype=np.int64)
        strata = weigh_strata(labels, people["treated"].to_numpy(dtype=bool), everybody=settings.estimand == "ate")
        people["weight"] = strata.weights
    elif settings.replace:
        place = np.cumsum(seen) - 1
        own, others = (comparison.pairs[name].to_numpy(dtype=np.int64) for name in ("treated", "control"))
        both = seen[own] & seen[others]
        distance = comparison.pairs["distance"].to_numpy(dtype=float)[both]
        pairs = Pairs(place[own[both]], place[others[both]], distance)
        people["weight"] = pair_weights(pairs, len(people))
    return Analysed(people, y[seen], pairs, plan, is_binary)
