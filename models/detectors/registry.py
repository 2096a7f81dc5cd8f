"""The detector of each error source.

A detector is the function with the source's name; they are found by listing.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

from data_contracts.ladder.ladder import economics_sources, error_sources, rungs
from data_contracts.reading.design_folders import own_parts
from models import detectors
from models.detectors.interface import Conduct, Detection, Findings
from models.values.design_findings import AccountFindings

Detector = Callable[[Findings], Detection]


def _listed() -> dict[str, Detector]:
    """Return every detector by the code of its source.

    Detectors of designs are included.

    Raises
    ------
    ValueError
        If a source has two detectors.
    """
    names = [module.name for module in iter_modules(detectors.__path__) if module.name.endswith("_sources")]
    rooms = [vars(import_module(f"{detectors.__name__}.{name}")) for name in sorted(names)]
    rooms += own_parts("models", "detectors", "DETECTORS").values()
    found: dict[str, Detector] = {}
    for code in error_sources():
        own = [room[code] for room in rooms if code in room]
        if len(own) > 1:
            raise ValueError(f"The error source {code} has {len(own)} detectors.")
        found |= dict.fromkeys([code], own[0]) if own else {}
    return found


DETECTORS = _listed()


def detect(rung: int, findings: Findings) -> tuple[Detection, ...]:
    """Look for every error source of a rung.

    Parameters
    ----------
    rung : int
        1 to 7.

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
    """Look for the error sources of an account in money."""
    findings = Findings(Conduct("numeric", "higher_is_better"), account=account)
    return tuple(DETECTORS[code](findings) for code in economics_sources())
