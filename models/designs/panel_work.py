"""What a panel design works out on one outcome's waves.

Belongs here: estimates by name, tests before the start and effects by time
since it. Does not belong here: who is in the panel (`panel.py`), estimators.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from data_contracts.protocol import Protocol
from models import panel_checks
from models.designs.interface import Measure, Part
from models.detectors.design_findings import PanelFindings
from models.estimates import Estimate
from models.group_time import (
    GroupTime,
    Summary,
    band_reach,
    dynamic_summary,
    event_times,
    group_time_effects,
    no_effect_before,
    simple_summary,
)
from models.panel_checks import Panel
from models.panel_effects import mean_after, mean_change, one_unit_interval, two_way_columns, two_way_fixed_effects
from models.wild_bootstrap import wild_cluster_p

Array = NDArray[np.float64]
MOST_CLUSTERS_FOR_WILD = 40


class PanelWork:
    """One outcome's panel, and what is worked out on it."""

    def __init__(self, panel: Panel, weight: Array, cluster: NDArray[np.int64] | None, protocol: Protocol) -> None:
        self.panel, self.weight, self.cluster = panel, weight, cluster
        self.settings, self.level, self.seed = protocol.panel, protocol.effects.confidence_level, protocol.seed
        has_groups = bool((panel.start[panel.treated] > 0).any())
        self.found: GroupTime | None = None
        if has_groups and self.settings.estimator != "before_after":
            found = group_time_effects(panel, weight, self.settings.compared_with)
            self.found = found if found.is_effect.any() else None
        self.events: dict[int, Summary] = {} if self.found is None else event_times(self.found, weight, cluster)

    def by(self, name: str) -> Estimate | str:
        """Estimate in one way; a single treated unit gets its interval from the others."""
        found = self._plain(name)
        if isinstance(found, str) or self.panel.treated.sum() > 1:
            return found
        if name == "before_after":
            return "one_treated_unit"
        interval = one_unit_interval(self.panel, found.value, confidence_level=self.level)
        if interval is None:
            return "one_treated_unit"
        error, low, high, _ = interval
        return replace(
            found, standard_error=error, low=low, high=high, interval_method="changes of units without the project"
        )

    def _plain(self, name: str) -> Estimate | str:
        if name == "two_way_fixed_effects":
            return two_way_fixed_effects(self.panel, self.weight, self.cluster, confidence_level=self.level)
        if name != "group_time":
            is_compared = name == "difference_in_differences"
            return mean_change(
                self.panel, self.weight, self.cluster, is_compared=is_compared, confidence_level=self.level
            )
        summary = self._summary()
        if summary is None:
            return "no_comparison"
        reach = float(norm.isf((1 - self.level) / 2)) * summary.standard_error
        top = mean_after(self.panel, self.weight)
        return Estimate(
            "group_time",
            summary.value,
            summary.standard_error,
            summary.value - reach,
            summary.value + reach,
            "normal, influence values by cluster" if self.cluster is not None else "normal, influence values",
            top,
            top - summary.value,
            summary.influence,
        )

    def _summary(self) -> Summary | None:
        if self.found is None:
            return None
        if self.settings.summary == "dynamic":
            return dynamic_summary(self.events, self.cluster)
        return simple_summary(self.found, self.weight, self.cluster)

    def measures(self) -> tuple[Measure, ...]:
        """The other summaries, tests before the start, and what holds with few clusters."""
        reach = float(norm.isf((1 - self.level) / 2))
        found = []
        if self.found is not None:
            for code, summary in (
                ("group_time_simple", simple_summary(self.found, self.weight, self.cluster)),
                ("group_time_dynamic", dynamic_summary(self.events, self.cluster)),
            ):
                half = reach * summary.standard_error
                found.append(Measure(code, summary.value, summary.value - half, summary.value + half))
        two_way = two_way_fixed_effects(self.panel, self.weight, self.cluster, confidence_level=self.level)
        if isinstance(two_way, Estimate):
            found.append(Measure("two_way", two_way.value, two_way.low, two_way.high))
        checks = {
            "pre_trend_p": self.pre_trend_p(),
            "placebo_period_p": panel_checks.placebo_period_p(self.panel),
            "lead_p": panel_checks.lead_p(self.panel),
            "wild_bootstrap_p": self.wild_p(),
        }
        found += [Measure(code, p) for code, p in checks.items() if p is not None]
        if self.panel.treated.sum() == 1:
            interval = one_unit_interval(
                self.panel, 0.0 if isinstance(two_way, str) else two_way.value, confidence_level=self.level
            )
            if interval is not None:
                found.append(Measure("placebo_units_p", interval[3]))
        found.append(Measure("clusters", float(self.clusters_count)))
        return tuple(found)

    @property
    def clusters_count(self) -> int:
        """Units that are independent of each other."""
        return len(self.panel.y) if self.cluster is None else len(np.unique(self.cluster))

    def pre_trend_p(self) -> float | None:
        """All changes before the start at once where there are units enough, else a difference in slopes."""
        test = None if self.found is None else no_effect_before(self.found, self.cluster)
        return panel_checks.pre_trend_p(self.panel) if test is None else test[1]

    def wild_p(self) -> float | None:
        """The fixed-effects coefficient's p where ordinary errors need more clusters."""
        if self.clusters_count > MOST_CLUSTERS_FOR_WILD or self.panel.treated.all():
            return None
        x, y = two_way_columns(self.panel, self.weight)
        root = np.sqrt(self.weight)[:, None]
        labels = np.arange(len(self.weight)) if self.cluster is None else self.cluster
        flat = np.repeat(labels, self.panel.never)
        if float((x**2).sum()) < 1e-12:
            return None
        return wild_cluster_p((x * root).reshape(-1, 1), (y * root).ravel(), 0, flat, seed=self.seed)

    def parts(self, first: int) -> tuple[Part, ...]:
        """Effects by time since the start, with a band that holds for all of them, and means wave by wave."""
        if not self.events:
            return ()
        reach = band_reach(self.events, self.cluster, confidence_level=self.level, seed=self.seed)
        word = {"month": ("måned", "month"), "quarter": ("kvartal", "quarter"), "year": ("år", "year")}
        da, en = word[self.settings.period]
        parts = []
        for e in sorted(self.events):
            s = self.events[e]
            label = {"da": f"{da} {e:+d}" if e else f"{da} 0 (start)", "en": f"{en} {e:+d}" if e else f"{en} 0 (start)"}
            half = reach * s.standard_error
            parts.append(Part("event_time", label, s.value, s.value - half, s.value + half))
        return tuple(parts)

    def findings(self, effect: float, protocol: Protocol) -> PanelFindings:
        """What detectors are told."""
        change = panel_checks.control_change(self.panel)
        share = None if change is None or effect == 0 else change / effect
        starts = np.unique(self.panel.start[self.panel.treated])
        group_time = self._summary()
        two_way = two_way_fixed_effects(self.panel, self.weight, self.cluster, confidence_level=self.level)
        return PanelFindings(
            pre_trend_p=self.pre_trend_p(),
            placebo_period_p=panel_checks.placebo_period_p(self.panel),
            control_trend_share=share,
            clusters_count=self.clusters_count,
            treated_units_count=int(self.panel.treated.sum()),
            lead_p=panel_checks.lead_p(self.panel),
            has_covariates_after_start=False,
            start_times_count=len(starts),
            two_way=two_way.value if isinstance(two_way, Estimate) else None,
            group_time=None if group_time is None else group_time.value,
            dip_smd=panel_checks.dip_smd(self.panel),
            unemployment_change_share=protocol.panel.unemployment_change_share,
        )
