"""Ways to make the groups alike.

From a score to weights, sets, and who was left out and why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.protocol.comparison_settings import ComparisonSettings, Estimand
from models.comparing.entropy_balancing import EntropyBalance, entropy_balance
from models.comparing.nearest import Pairs, match_nearest
from models.comparing.nearness import Nearness, match_near, turned
from models.comparing.optimal_matching import match_fully, match_optimally
from models.comparing.strata import LEFT_OUT, coarsened, subclasses, weigh_strata
from models.comparing.trimming import kept_after_trimming
from models.comparing.weighting import clusters_of, pair_weights, score_weights
from models.score.design_matrix import DesignMatrix
from models.score.propensity import PropensityFit
from models.values.refusal import Refusal

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
TRIMMED, NO_MATCH, NOT_NEEDED = "trimmed", "no_match", "not_needed"
"""Why somebody is left out: outside the trimming rule, nobody within the limits, or a control nobody asked for."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Input of a method: everybody left after trimming, no outcomes.

    Attributes
    ----------
    people : DataFrame
        One row per person.
    treated : ndarray of bool, shape (n,)
    fit : PropensityFit
    matrix : DesignMatrix
        Columns of the score.
    settings : ComparisonSettings
    seed : int
    """

    people: pd.DataFrame
    treated: NDArray[np.bool_]
    fit: PropensityFit
    matrix: DesignMatrix
    settings: ComparisonSettings
    seed: int

    @property
    def caliper(self) -> float | None:
        """The caliper on the logit scale."""
        width = self.settings.caliper_sd_logit
        return None if width is None else width * float(self.fit.logit.std(ddof=1))

    @property
    def strata(self) -> Labels:
        """Stratum of each person by the covariates that must be equal."""
        if not self.settings.exact:
            return np.zeros(len(self.people), dtype=np.int64)
        grouped = self.people.groupby(list(self.settings.exact), dropna=False, sort=True)
        return np.asarray(grouped.ngroup(), dtype=np.int64)

    @property
    def nearness(self) -> Nearness:
        """Limits on covariates; a missing value has no match."""
        calipers = self.settings.calipers
        limited = [self.people[name].to_numpy(dtype=float, na_value=np.nan) for name in calipers]
        distance = [self._filled(name) for name in self.settings.mahalanobis]
        n = len(self.people)
        return Nearness(
            np.column_stack(limited) if limited else np.empty((n, 0)),
            np.array(list(calipers.values()), dtype=float),
            turned(np.column_stack(distance), self.treated) if distance else np.empty((n, 0)),
        )

    def _filled(self, name: str) -> Array:
        values = self.people[name].to_numpy(dtype=float, na_value=np.nan)
        known = np.isfinite(values)
        return np.where(known, values, values[known].mean() if known.any() else 0.0)


@dataclass(frozen=True, slots=True)
class Groups:
    """Weights and sets of people.

    Attributes
    ----------
    weight : ndarray of float, shape (n,)
        0 for those left out.
    cluster : ndarray of int, shape (n,)
        Matched set or stratum; -1 for those left out; people without matches are sets of one.
    pairs : Pairs or None
        Where people were matched one by one.
    """

    weight: Array
    cluster: Labels
    pairs: Pairs | None = None


Method = Callable[[Situation], Groups | Refusal]


def _nearest_neighbour(s: Situation) -> Groups:
    nearness, settings = s.nearness, s.settings
    n = len(s.treated)
    if nearness.is_needed:
        pairs = match_near(
            s.fit.logit,
            s.treated,
            s.strata,
            nearness,
            ratio=settings.ratio,
            replace=settings.replace,
            caliper=s.caliper,
            order=settings.order,
            seed=s.seed,
        )
    else:
        pairs = match_nearest(
            s.fit.logit,
            s.treated,
            s.strata,
            ratio=settings.ratio,
            replace=settings.replace,
            caliper=s.caliper,
            order=settings.order,
            seed=s.seed,
        )
    return Groups(pair_weights(pairs, n), clusters_of(pairs, n, replace=settings.replace), pairs)


def _optimal_pairs(s: Situation) -> Groups | Refusal:
    pairs = match_optimally(s.fit.logit, s.treated, s.strata, s.nearness, ratio=s.settings.ratio, caliper=s.caliper)
    if isinstance(pairs, Refusal):
        return pairs
    n = len(s.treated)
    return Groups(pair_weights(pairs, n), clusters_of(pairs, n, replace=False), pairs)


def _full_matching(s: Situation) -> Groups | Refusal:
    sets = match_fully(s.fit.logit, s.treated, s.strata, s.nearness, caliper=s.caliper)
    if isinstance(sets, Refusal):
        return sets
    return _of_strata(sets, s.treated, s.settings.estimand)


def _subclassification(s: Situation) -> Groups:
    everybody = s.settings.estimand == "ate"
    strata = subclasses(s.fit.logit, s.treated, s.settings.subclasses or 1, everybody=everybody)
    return Groups(strata.weights, strata.labels)


def _coarsened_exact(s: Situation) -> Groups:
    cuts = {name: (points or None) for name, points in s.settings.cuts.items()}
    return _of_strata(coarsened(s.people, s.treated, cuts).labels, s.treated, s.settings.estimand)


def _of_strata(labels: Labels, treated: NDArray[np.bool_], estimand: Estimand) -> Groups:
    strata = weigh_strata(labels, treated, everybody=estimand == "ate")
    return Groups(strata.weights, strata.labels)


def _score_weighting(s: Situation) -> Groups:
    weight, _ = score_weights(s.fit.logit, s.treated, s.settings.estimand)
    return Groups(weight, np.arange(len(weight)))


def _entropy_balancing(s: Situation) -> Groups | Refusal:
    found = entropy_balance(s.matrix.values, s.treated)
    if not isinstance(found, EntropyBalance):
        return found
    return Groups(found.weights, np.arange(len(found.weights)))


METHODS: dict[str, Method] = {
    "nearest_neighbour": _nearest_neighbour,
    "optimal_pairs": _optimal_pairs,
    "full_matching": _full_matching,
    "subclassification": _subclassification,
    "coarsened_exact": _coarsened_exact,
    "inverse_probability": _score_weighting,
    "overlap_weights": _score_weighting,
    "entropy_balancing": _entropy_balancing,
}


def form_groups(s: Situation) -> tuple[Groups, NDArray[np.object_]] | Refusal:
    """Trim people, then match or weight them.

    Returns
    -------
    (Groups, ndarray of str) or str
        Groups of everybody and why each person was left out (empty for those who were not), or the reason why no
        groups could be made.
    """
    kept = kept_after_trimming(s.fit.score, s.treated, s.settings.trimming)
    left_out = np.where(kept, "", TRIMMED).astype(object)
    if not (kept & s.treated).any() or not (kept & ~s.treated).any():
        return Refusal("nobody_after_trimming")
    inside = s if kept.all() else _kept(s, kept)
    made = METHODS[s.settings.method](inside)
    if isinstance(made, Refusal):
        return made
    if not kept.all():
        made = _spread(made, kept)
    used = made.weight > 0
    left_out[kept & ~used & s.treated] = NO_MATCH
    is_chosen = s.settings.method in ("nearest_neighbour", "optimal_pairs")
    left_out[kept & ~used & ~s.treated] = NOT_NEEDED if is_chosen else NO_MATCH
    return made, left_out


def _kept(s: Situation, kept: NDArray[np.bool_]) -> Situation:
    fit = PropensityFit(
        s.fit.score[kept], s.fit.logit[kept], s.fit.names, s.fit.coefficients, s.fit.log_likelihood, s.fit.auc
    )
    matrix = DesignMatrix(s.matrix.values[kept], s.matrix.names, s.matrix.covariates, s.matrix.dropped)
    people = s.people[kept].reset_index(drop=True)
    return Situation(people, s.treated[kept], fit, matrix, s.settings, s.seed)


def _spread(groups: Groups, kept: NDArray[np.bool_]) -> Groups:
    """Expand groups of the people kept to everybody."""
    places = np.flatnonzero(kept)
    weight = np.zeros(len(kept))
    weight[places] = groups.weight
    cluster = np.full(len(kept), LEFT_OUT, dtype=np.int64)
    cluster[places] = groups.cluster
    pairs = groups.pairs
    if pairs is not None:
        pairs = Pairs(places[pairs.treated], places[pairs.control], pairs.distance)
    return Groups(weight, cluster, pairs)
