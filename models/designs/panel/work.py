"""Computations of a panel design on one outcome's waves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import scipy
from numpy.typing import NDArray

from data_contracts.designs.panel.settings import PanelSettings
from data_contracts.protocol.protocol import Protocol
from data_contracts.reading.limits import limit
from models.designs.panel import checks as panel_checks
from models.designs.panel.checks import Panel
from models.designs.panel.estimators import (
    few_reach,
    few_units_interval,
    fewest_clusters,
    mean_after,
    mean_change,
    two_way_columns,
    two_way_fixed_effects,
)
from models.designs.panel.group_time import (
    GroupTime,
    Summary,
    band_reach,
    dynamic_summary,
    event_times,
    group_time_effects,
    no_effect_before,
    simple_summary,
    sums_of,
)
from models.statistics.wild_bootstrap import wild_cluster_p
from models.values.breakdown import Measure, ResultPart
from models.values.design_findings import PanelFindings
from models.values.estimates import Estimate
from models.values.refusal import Refusal

Array = NDArray[np.float64]


class PanelWork:
    """One outcome's panel, and what is worked out on it."""

    def __init__(self, panel: Panel, weight: Array, cluster: NDArray[np.int64] | None, protocol: Protocol) -> None:
        self.panel, self.weight, self.cluster = panel, weight, cluster
        self.settings, self.level, self.seed = (
            protocol.settings(PanelSettings),
            protocol.effects.confidence_level,
            protocol.seed,
        )
        has_groups = bool((panel.start[panel.treated] > 0).any())
        self.found: GroupTime | None = None
        if has_groups and self.settings.estimator != "before_after":
            found = group_time_effects(panel, weight, self.settings.compared_with)
            self.found = found if found.is_effect.any() else None
        self.events: dict[int, Summary] = {} if self.found is None else event_times(self.found, weight, cluster)

    @property
    def counts(self) -> dict[int, int]:
        """Treated units that each time since the start rests on."""
        if self.found is None:
            return {}
        since = self.found.time - self.found.group
        return {int(e): int(self.found.in_group[:, since == e].any(axis=1).sum()) for e in np.unique(since)}

    @property
    def smallest_start(self) -> int:
        """Units of the starting time that has the fewest."""
        _, sizes = np.unique(self.panel.start[self.panel.treated], return_counts=True)
        return int(sizes.min(initial=len(self.panel.y)))

    @property
    def fewest_at_a_time(self) -> int:
        """Treated units at the time after the start that the fewest have reached."""
        return min((n for e, n in self.counts.items() if e >= 0), default=0)

    def by(self, name: str) -> Estimate | Refusal:
        """Estimate in one way.

        A single treated unit gets its interval from the others.
        """
        found = self._plain(name)
        if isinstance(found, Refusal) or self.treated_count > limit("few_treated"):
            return found
        others = None if name == "before_after" else self._from_others(name, found.value)
        if others is None:
            # Nothing tells how much a single unit, or a single cluster, changes by itself.
            return found if self.treated_count > 1 else Refusal("one_treated_unit")
        error, low, high, _ = others
        return replace(
            found, standard_error=error, low=low, high=high, interval_method="changes of units without the project"
        )

    def _from_others(self, name: str, value: float) -> tuple[float, float, float, float] | None:
        """Return what units without the project show.

        Not where clusters hide how many there are.
        """
        if self.cluster is not None and self.treated_count < self.panel.treated.sum():
            return None
        return few_units_interval(
            self.panel, value, partial(self._value, name), confidence_level=self.level, seed=self.seed
        )

    def _value(self, name: str, panel: Panel) -> float:
        """Return the same estimator's value on another panel.

        The panel has the same times, and every unit counts once.
        """
        one = np.ones(len(panel.y))
        if name == "group_time":
            found = group_time_effects(panel, one, self.settings.compared_with)
            if self.settings.summary == "dynamic":
                return dynamic_summary(event_times(found, one, None), None).value
            return simple_summary(found, one, None).value
        made = (
            two_way_fixed_effects(panel, one, None, confidence_level=self.level)
            if name == "two_way_fixed_effects"
            else mean_change(panel, one, None, is_compared=True, confidence_level=self.level)
        )
        return float("nan") if isinstance(made, Refusal) else made.value

    @property
    def treated_count(self) -> int:
        """Clusters with the project; without clusters, units."""
        if self.cluster is None:
            return int(self.panel.treated.sum())
        return len(np.unique(self.cluster[self.panel.treated]))

    def _plain(self, name: str) -> Estimate | Refusal:
        if name == "two_way_fixed_effects":
            return two_way_fixed_effects(self.panel, self.weight, self.cluster, confidence_level=self.level)
        if name != "group_time":
            is_compared = name == "difference_in_differences"
            return mean_change(
                self.panel, self.weight, self.cluster, is_compared=is_compared, confidence_level=self.level
            )
        summary = self._summary()
        if summary is None:
            return Refusal("no_comparison")
        sums = sums_of(summary.influence, self.cluster)
        # Few who decide the number leave few degrees of freedom, and an error that is too small by their number.
        error = summary.standard_error * float(np.sqrt(self.treated_count / max(1, self.treated_count - 1)))
        reach = few_reach(sums, fewest_clusters(self.panel, self.cluster), self.level) * error
        top = mean_after(self.panel, self.weight)
        return Estimate(
            "group_time",
            summary.value,
            error,
            summary.value - reach,
            summary.value + reach,
            "Student, influence values by cluster" if self.cluster is not None else "Student, influence values",
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
        """Yield the other summaries and tests before the start.

        What holds with few clusters is among them.
        """
        reach = float(scipy.stats.norm.isf((1 - self.level) / 2))
        found = []
        if self.found is not None:
            summaries = [("group_time_simple", simple_summary(self.found, self.weight, self.cluster))]
            if self.settings.units == "places" or self.fewest_at_a_time > limit("redact_at_or_below"):
                # Each time counts once in it: of people, one who started early would be most of a time.
                summaries.append(("group_time_dynamic", dynamic_summary(self.events, self.cluster)))
            for code, summary in summaries:
                half = reach * summary.standard_error
                found.append(Measure(code, summary.value, summary.value - half, summary.value + half))
        two_way = two_way_fixed_effects(self.panel, self.weight, self.cluster, confidence_level=self.level)
        if isinstance(two_way, Estimate):
            found.append(Measure("two_way", two_way.value, two_way.low, two_way.high))
        checks = {
            "pre_trend_p": self.pre_trend_p(),
            "placebo_period_p": self._check(panel_checks.placebo_period_p),
            "lead_p": self._check(panel_checks.lead_p),
            "wild_bootstrap_p": self.wild_p(),
        }
        found += [Measure(code, p) for code, p in checks.items() if p is not None]
        if self.treated_count <= limit("few_treated") and self.settings.estimator != "before_after":
            own = self._plain(self.settings.estimator)
            others = None if isinstance(own, Refusal) else self._from_others(self.settings.estimator, own.value)
            if others is not None:
                found.append(Measure("placebo_units_p", others[3]))
        found.append(Measure("clusters", float(self.clusters_count)))
        return tuple(found)

    @property
    def clusters_count(self) -> int:
        """Units that are independent of each other."""
        return len(self.panel.y) if self.cluster is None else len(np.unique(self.cluster))

    @property
    def checked(self) -> Panel | None:
        """The panel that tests before the start are made on.

        Clusters are represented by their means; None with too few of them treated.
        """
        if fewest_clusters(self.panel, self.cluster) <= limit("few_treated"):
            return None
        if self.cluster is None:
            return self.panel
        labels = np.unique(self.cluster)
        starts = [np.unique(self.panel.start[self.cluster == label]) for label in labels]
        if any(len(found) > 1 for found in starts):
            return None  # units of one cluster start at different times: its mean is nobody's
        means = [
            np.average(self.panel.y[self.cluster == c], axis=0, weights=self.weight[self.cluster == c]) for c in labels
        ]
        return Panel(np.vstack(means), np.array([found[0] for found in starts], dtype=np.int64))

    def _check(self, test: Callable[[Panel], float | None]) -> float | None:
        return None if self.checked is None else test(self.checked)

    def pre_trend_p(self) -> float | None:
        """Test changes before the start.

        All of them at once where there are units enough, else a difference in slopes.
        """
        if self.checked is None:
            return None
        fewest = fewest_clusters(self.panel, self.cluster)
        test = None if self.found is None else no_effect_before(self.found, self.cluster, fewest)
        return panel_checks.pre_trend_p(self.checked) if test is None else test[1]

    def wild_p(self) -> float | None:
        """Return the fixed-effects coefficient's p by the wild bootstrap.

        It is used where ordinary errors need more clusters.
        """
        if self.clusters_count > limit("most_clusters_for_wild") or self.panel.treated.all():
            return None
        x, y = two_way_columns(self.panel, self.weight)
        root = np.sqrt(self.weight)[:, None]
        labels = np.arange(len(self.weight)) if self.cluster is None else self.cluster
        flat = np.repeat(labels, self.panel.never)
        if float((x**2).sum()) < 1e-12:
            return None
        return wild_cluster_p((x * root).reshape(-1, 1), (y * root).ravel(), 0, flat, seed=self.seed)

    def parts(self, first: int) -> tuple[ResultPart, ...]:
        """Yield effects by time since the start, and means wave by wave.

        Effects have a band that holds for all of them.
        """
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
            count = self.counts.get(e, 0)
            if self.settings.units == "people":
                # Who started when few did would be seen in every time that others have reached too.
                count = min(count, self.smallest_start)
            parts.append(ResultPart("event_time", label, s.value, s.value - half, s.value + half, count=count))
        return tuple(parts)

    def findings(self, effect: float, protocol: Protocol) -> PanelFindings:
        """Return what detectors are given."""
        change = panel_checks.control_change(self.panel)
        share = None if change is None or effect == 0 else change / effect
        starts = np.unique(self.panel.start[self.panel.treated])
        group_time = self._summary()
        two_way = two_way_fixed_effects(self.panel, self.weight, self.cluster, confidence_level=self.level)
        return PanelFindings(
            pre_trend_p=self.pre_trend_p(),
            placebo_period_p=self._check(panel_checks.placebo_period_p),
            control_trend_share=share,
            clusters_count=self.clusters_count,
            treated_units_count=self.treated_count,
            lead_p=self._check(panel_checks.lead_p),
            has_covariates_after_start=False,
            start_times_count=len(starts),
            two_way=two_way.value if isinstance(two_way, Estimate) else None,
            group_time=None if group_time is None else group_time.value,
            dip_smd=panel_checks.dip_smd(self.panel),
            unemployment_change_share=protocol.settings(PanelSettings).unemployment_change_share,
        )
