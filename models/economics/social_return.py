"""Social return on investment: the account plus values without price.

Changes with a price are in the account; changes without one are here. The two
never count the same thing (`economics_rules.py`), so that the ratio of the
account and the social return differ by the proxies and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_contracts.economics.settings import EconomicsSettings, Proxy
from data_contracts.results.public_record import PublicRecord
from models.economics.account import Numbers, persistence
from models.economics.discounting import discount_factors
from models.economics.inputs import Inputs, effect_of, in_report_year
from models.economics.uncertainty import triangular_draws

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ProxyValue:
    """Value of a change to somebody, per participant.

    Attributes
    ----------
    proxy : Proxy
    value : float
        Present value as declared.
    draws : ndarray of float, shape (draws,)
        Present value in each draw.
    """

    proxy: Proxy
    value: float
    draws: Array


def proxy_values(
    settings: EconomicsSettings,
    inputs: Inputs,
    middle: Numbers,
    draws: Numbers,
    records: Mapping[str, PublicRecord],
    z: Array,
    seed: int,
) -> tuple[ProxyValue, ...]:
    """Return every proxy's present value.

    Parameters
    ----------
    settings, inputs
        Of the account.
    middle, draws : Numbers
        The account's inputs as declared, and its draws: how long the effect lasts is the same here.
    records : mapping
        Published records by outcome.
    z : ndarray of float, shape (draws,)
        How far the effect is from its middle in each draw, in standard deviations.
    """
    factors = discount_factors(inputs.horizon)[1:]

    def kept(numbers: Numbers) -> Array:
        left = persistence(inputs, numbers) @ factors
        return np.asarray(left * numbers.attribution * (1.0 - numbers.displacement), dtype=float)

    found = []
    for proxy in settings.proxies:
        effect = effect_of(records[proxy.outcome])
        worth = in_report_year(proxy.value_a_year, settings)
        price = triangular_draws(f"proxy {proxy.name}", worth, len(z), seed)
        drawn = (effect.value + effect.better * effect.sd * z) * price * kept(draws)
        found.append(ProxyValue(proxy, float(effect.value * worth.mean * kept(middle)[0]), drawn))
    return tuple(found)
