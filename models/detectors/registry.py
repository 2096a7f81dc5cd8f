"""Which detector looks for which error source."""

from __future__ import annotations

from collections.abc import Callable

from data_contracts.ladder.ladder import economics_sources, rungs
from data_contracts.reading.design_folders import own_parts
from models.detectors import comparison_sources, effect_sources, judgement_sources, panel_sources, plan_sources
from models.detectors import synthesis_sources as synthesis
from models.detectors.interface import Conduct, Detection, Findings
from models.values.design_findings import AccountFindings

DETECTORS: dict[str, Callable[[Findings], Detection]] = {
    "group_differences": comparison_sources.group_differences,
    "no_overlap": comparison_sources.no_overlap,
    "register_limited_covariates": comparison_sources.register_limited_covariates,
    "not_transferable": comparison_sources.not_transferable,
    "contaminated_controls": comparison_sources.contaminated_controls,
    "immortal_time": comparison_sources.immortal_time,
    "unmeasured_confounding": effect_sources.unmeasured_confounding,
    "attrition": effect_sources.attrition,
    "creaming": effect_sources.creaming,
    "underpowered": effect_sources.underpowered,
    "imprecise_intervention": plan_sources.imprecise_intervention,
    "multiplicity": plan_sources.multiplicity,
    "repeated_looks": plan_sources.repeated_looks,
    "protocol_changed": plan_sources.protocol_changed,
    "outside_factors": panel_sources.outside_factors,
    "reverse_causality": panel_sources.reverse_causality,
    "staggered_timing": panel_sources.staggered_timing,
    "regression_to_mean": panel_sources.regression_to_mean,
    "all_or_nothing_works": panel_sources.all_or_nothing_works,
    "publication_bias": synthesis.publication_bias,
    "included_study_quality": synthesis.included_study_quality,
    "heterogeneity": synthesis.heterogeneity,
    "hawthorne_placebo": synthesis.hawthorne_placebo,
    "expert_interest": judgement_sources.expert_interest,
    "many_readings": judgement_sources.many_readings,
    "double_counting": judgement_sources.double_counting,
    "stale_prices": judgement_sources.stale_prices,
}
for own in own_parts("models", "detectors", "DETECTORS").values():
    DETECTORS |= own


def detect(rung: int, findings: Findings) -> tuple[Detection, ...]:
    """Look for every error source of a rung.

    Parameters
    ----------
    rung : int
        1 to 7.
    findings : Findings

    Returns
    -------
    tuple of Detection
        Exactly one per source that the ladder lists for the rung, in its order; those of accounts
        follow where there is one.
    """
    codes = [*rungs()[rung].error_sources]
    if findings.account is not None:
        codes += economics_sources()
    return tuple(DETECTORS[code](findings) for code in codes)


def account_sources(account: AccountFindings) -> tuple[Detection, ...]:
    """Look for the error sources of an account in money.

    Parameters
    ----------
    account : AccountFindings
    """
    findings = Findings(Conduct("numeric", "higher_is_better"), account=account)
    return tuple(DETECTORS[code](findings) for code in economics_sources())
