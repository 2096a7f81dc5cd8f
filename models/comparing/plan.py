"""The plan of one comparison.

Covariates, how groups are made, and what is estimated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.protocol.comparison_settings import ComparisonSettings, EffectSettings, Specification
from data_contracts.protocol.protocol import Protocol
from models.score.design_matrix import DesignMatrix, build_design_matrix
from models.score.terms import CodedCovariate


@dataclass(frozen=True, slots=True)
class Plan:
    """Choices made before outcomes are seen.

    Attributes
    ----------
    covariates : tuple of CodedCovariate
        All covariates that the settings may name.
    comparison : ComparisonSettings
    effects : EffectSettings
    seed : int
    """

    covariates: tuple[CodedCovariate, ...]
    comparison: ComparisonSettings
    effects: EffectSettings
    seed: int

    @staticmethod
    def of(protocol: Protocol) -> Plan:
        """Return the plan of a protocol."""
        return Plan(protocol.register_covariates, protocol.comparison, protocol.effects, protocol.seed)

    def specified(self, specification: Specification) -> Plan:
        """Return the plan of another declared specification."""
        effects = self.effects.model_copy(update={"estimator": specification.estimator, "alternatives": ()})
        return replace(self, comparison=specification.comparison, effects=effects)

    def without(self, names: Sequence[str]) -> Plan:
        """Return the plan without some covariates.

        They are left out of the score and of every limit.

        A placebo must not be matched on: neither exactly, nor within a caliper, nor by distance.
        """
        settings = self.comparison

        def kept(words: Sequence[str]) -> tuple[str, ...]:
            return tuple(word for word in words if word not in names)

        changes = {
            "score_covariates": kept(settings.score_covariates),
            "exact": kept(settings.exact),
            "mahalanobis": kept(settings.mahalanobis),
            "calipers": {name: width for name, width in settings.calipers.items() if name not in names},
            "cuts": {name: points for name, points in settings.cuts.items() if name not in names},
        }
        return replace(self, comparison=settings.model_copy(update=changes))

    def matrix(self, people: pd.DataFrame, learnt_from: NDArray[np.bool_] | None = None) -> DesignMatrix:
        """Return the columns of the score for some people."""
        by_name = {c.name: c for c in self.covariates}
        settings = self.comparison
        return build_design_matrix(
            people,
            [by_name[name] for name in settings.score_covariates],
            settings.score_terms,
            missing=settings.missing_covariates,
            learnt_from=learnt_from,
        )
