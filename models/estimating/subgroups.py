"""Estimates for declared subgroups and for each municipality.

They are for analysts and for pooling. Together with the total they could
reveal small groups, so that no page shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data_contracts.protocol.comparison_settings import Subgroup
from data_contracts.reading.knowledge import read_knowledge
from models.people.cohort import meets
from models.statistics.power_and_q import benjamini_hochberg, two_sided_p
from models.values.breakdown import SubgroupEstimate
from models.values.estimates import Estimate

Found = tuple[Estimate | None, str | None, int, int]
"""Estimate, or the reason why there is none; participants and comparison people it rests on."""


def site_estimates(people: pd.DataFrame, within: Callable[[NDArray[np.bool_]], Found]) -> tuple[SubgroupEstimate, ...]:
    """Estimate within every municipality that participants come from.

    Parameters
    ----------
    people : DataFrame
        `municipality_code`, and `treated` where there are others than participants.
    within : callable
        From a mask of the people of one municipality to what was found there.

    Returns
    -------
    tuple of SubgroupEstimate
        Named by the municipality's code, in its order. Empty where there are fewer than two, or where a participant's
        municipality is not known: places would then not make up the whole.
    """
    if "municipality_code" not in people:
        return ()
    codes = people["municipality_code"]
    own = people["treated"].astype(bool) if "treated" in people else pd.Series(True, index=people.index)
    if codes[own].isna().any() or codes[own].nunique() < 2:
        return ()
    found = []
    for code in sorted(codes[own].astype("str").unique()):
        inside = (codes.astype("str") == code).to_numpy(dtype=bool)
        found.append(SubgroupEstimate(code, *within(inside)))
    return tuple(found)


def subgroup_estimates(
    people: pd.DataFrame, subgroups: Sequence[Subgroup], within: Callable[[NDArray[np.bool_]], Found]
) -> tuple[SubgroupEstimate, ...]:
    """Estimate for every declared subgroup.

    With q-values over those that gave a number.

    Parameters
    ----------
    people : DataFrame
        One column per covariate that subgroups name.
    within : callable
        From a mask of the people of one subgroup to what was found there.

    Returns
    -------
    tuple of SubgroupEstimate
        In declared order.
    """
    rows = [(one.name, *within(meets(people, one).to_numpy(dtype=bool))) for one in subgroups]
    p = [two_sided_p(e.value, e.standard_error) for _, e, *_ in rows if e is not None]
    q = iter(benjamini_hochberg(p) if p else [])
    return tuple(SubgroupEstimate(*row, q_value=None if row[1] is None else next(q)) for row in rows)


def site_name(code: str) -> dict[str, str]:
    """Return a municipality's name; its code where it has none.

    The name is the same in both languages.
    """
    name = str(read_knowledge("municipalities")["municipalities"].get(code, code))
    return {"da": name, "en": name}
