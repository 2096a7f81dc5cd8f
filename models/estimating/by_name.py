"""Estimates by the estimators that a plan names.

From a comparison and an outcome.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules

import numpy as np
from numpy.typing import NDArray

from data_contracts.reading.design_folders import joined
from models import estimating
from models.estimating.analysed import Analysed
from models.estimating.bootstrap import bootstrap_interval
from models.values.estimates import Estimate
from models.values.refusal import Refusal

Array = NDArray[np.float64]


Estimator = Callable[[Analysed], Estimate | Refusal]


def _listed() -> dict[str, Estimator]:
    """Return the estimators of every module of this folder by name.

    Raises
    ------
    ValueError
        If two modules have an estimator of one name.
    """
    found: dict[str, Estimator] = {}
    for module in sorted(module.name for module in iter_modules(estimating.__path__) if module.name != "by_name"):
        own: dict[str, Estimator] = getattr(import_module(f"{estimating.__name__}.{module}"), "ESTIMATORS", {})
        found = joined("estimators", found, own)
    return found


ESTIMATORS = _listed()


def estimate_by(name: str, data: Analysed) -> Estimate | Refusal:
    """Estimate an effect in one way.

    Parameters
    ----------
    name : str
        A key of `ESTIMATORS`.

    Returns
    -------
    Estimate or Refusal
        The reason (a code in `gates.yaml`) where there is no number with an interval.
    """
    found = ESTIMATORS[name](data)
    if isinstance(found, Refusal):
        return found
    if data.plan.effects.interval == "cluster_bootstrap":
        cluster = data.sets[data.weight > 0] if name.startswith("matched_") and data.has_sets else None
        low, high = bootstrap_interval(
            found, cluster, seed=data.plan.seed, confidence_level=data.plan.effects.confidence_level
        )
        found = replace(found, low=low, high=high, interval_method="cluster bootstrap-t, 999 draws")
    return found if is_usable(found) else Refusal("zero_standard_error")


def is_usable(estimate: Estimate) -> bool:
    """Say whether an estimate has a number and an interval with a width."""
    numbers = (estimate.value, estimate.standard_error, estimate.low, estimate.high)
    return bool(np.isfinite(numbers).all()) and estimate.high > estimate.low
