"""Attrition: what losing people may have done to an estimate.

Belongs here: the model behind the What Works Clearinghouse boundary. Does not
belong here: counting the lost (effects does that).
"""

from __future__ import annotations

from scipy.stats import norm


def expected_attrition_bias(
    lost_treated_share: float, lost_control_share: float, *, rho_treated: float, rho_control: float
) -> float:
    """Bias in standard deviations if loss depends on the outcome (WWC 2014, "Assessing attrition bias").

    The group with more loss is given `rho_treated`, the stronger dependence, so the answer is
    the same whichever group lost more.

    Parameters
    ----------
    lost_treated_share, lost_control_share : float
        Share of each group without an outcome, 0-1.
    rho_treated, rho_control : float
        Correlation between the outcome and the wish to stay; .45 and .39 are the cautious values.

    Returns
    -------
    float
        Absolute bias; infinite if a whole group is lost.
    """
    high, low = max(lost_treated_share, lost_control_share), min(lost_treated_share, lost_control_share)
    if high >= 1:
        return float("inf")
    return abs(rho_treated * _selection(high) - rho_control * _selection(low))


def _selection(lost: float) -> float:
    """Mean shift of those who stay when a share `lost` leaves (inverse Mills ratio)."""
    return float(norm.pdf(norm.ppf(lost)) / (1 - lost)) if lost > 0 else 0.0
