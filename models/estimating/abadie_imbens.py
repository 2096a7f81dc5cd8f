"""Matching with replacement and ties, with valid standard errors.

Errors account for how often a control was used.

The chance error of a control used for many participants counts many
times over; treating the pairs as independent makes errors too small.

Source: Abadie & Imbens (2006), "Large sample properties of matching
estimators for average treatment effects", Econometrica 74; the details (ties
shared equally, one residual variance) are those of R's Matching 4.10.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
TIE_DISTANCE = 1e-5
"""Squared distances in standard deviations of the score that differ by less are ties (Matching's default)."""


@dataclass(frozen=True, slots=True)
class TiedMatches:
    """For each participant all controls at the smallest distance.

    Attributes
    ----------
    participant, control : ndarray of int, shape (k,)
        Positions in the arrays that were given, sorted by participant.
    share : ndarray of float, shape (k,)
        One over the number of ties, so that each participant's shares sum to one.
    """

    participant: NDArray[np.int64]
    control: NDArray[np.int64]
    share: Array


@dataclass(frozen=True, slots=True)
class ReplacedMatching:
    """Effect on participants from matching with replacement.

    Attributes
    ----------
    value, standard_error : float
    naive_error : float
        What the error would be if pairs were independent; shown to explain the difference, never used.
    most_uses : float
        How many participants the most used control is matched with.
    """

    value: float
    standard_error: float
    naive_error: float
    most_uses: float


def match_with_ties(logit: Array, treated: NDArray[np.bool_], *, tie_distance: float = TIE_DISTANCE) -> TiedMatches:
    """Match every participant with all nearest controls.

    All of them if several are equally near.

    Parameters
    ----------
    logit : ndarray of float, shape (n,)
    treated : ndarray of bool, shape (n,)
    tie_distance : float
        On the scale of squared standard deviations.

    Returns
    -------
    TiedMatches
        No order of rows can change who is matched, since no tie is broken.

    Raises
    ------
    ValueError
        If one of the groups is empty.
    """
    people, controls = np.flatnonzero(treated), np.flatnonzero(~treated)
    if len(people) == 0 or len(controls) == 0:
        raise ValueError("Both groups need somebody.")
    spread = float(logit.std(ddof=1)) or 1.0
    order = np.argsort(logit[controls], kind="stable")
    scores = logit[controls][order] / spread
    own = logit[people] / spread
    place = np.searchsorted(scores, own)
    below = np.abs(own - scores[np.clip(place - 1, 0, len(scores) - 1)])
    above = np.abs(scores[np.clip(place, 0, len(scores) - 1)] - own)
    reach = np.sqrt(np.minimum(below, above) ** 2 + tie_distance)
    first = np.searchsorted(scores, own - reach, side="left")
    last = np.searchsorted(scores, own + reach, side="right")
    counts = last - first
    participant = np.repeat(people, counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    control = controls[order][np.repeat(first, counts) + within]
    return TiedMatches(participant, control, np.repeat(1.0 / counts, counts))


def matching_estimate(y: Array, matches: TiedMatches) -> ReplacedMatching:
    """Estimate the effect on participants, with the Abadie-Imbens error.

    Parameters
    ----------
    y : ndarray of float, shape (n,)
        Outcomes of everybody.
    matches : TiedMatches
        Or any matching with replacement: participants, controls, and shares that sum to one for each participant.

    Returns
    -------
    ReplacedMatching
        The chance variation of a control is half the mean squared residual of pairs, the same for everybody, as R's
        Matching takes it by default.
    """
    people, index = np.unique(matches.participant, return_inverse=True)
    count = len(people)
    counterfactual = np.bincount(index, weights=matches.share * y[matches.control], minlength=count)
    gains = y[people] - counterfactual
    value = float(gains.mean())
    residual = y[matches.participant] - y[matches.control] - value
    noise = 0.5 * float((matches.share * residual**2).sum()) / count
    uses = np.bincount(matches.control, weights=matches.share, minlength=len(y))
    squares = np.bincount(matches.control, weights=matches.share**2, minlength=len(y))
    variance = (float(((gains - value) ** 2).sum()) + noise * float((uses**2 - squares).sum())) / count**2
    return ReplacedMatching(
        value=value,
        standard_error=float(np.sqrt(variance)),
        naive_error=float(np.sqrt(2 * noise / count)),
        most_uses=float(uses.max()),
    )
