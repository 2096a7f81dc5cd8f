"""Duration of 100 accounts of ten payers and 10,000 draws."""

from __future__ import annotations

import time

from data_contracts.economics.settings import EconomicsSettings
from models.economics.report import account_of
from tests.support.example_record import published_result

PROJECTS, PAYERS = 100, 10
YEAR = 2023


def settings(seed: int) -> EconomicsSettings:
    """Return an account with ten payers and ten consequences."""
    payers = {f"payer.{i}": f"Payer {i}" for i in range(PAYERS)}
    prices = [
        {
            "name": f"p{i}",
            "label": "P",
            "unit": "u",
            "kind": "transfer",
            "counts": f"c{i}",
            "amount": 1000 + 10 * i + seed,
        }
        | {"low": 500, "high": 2500, "price_year": YEAR, "paid_by": {f"payer.{i}": 1}}
        | {"received_by": {f"payer.{(i + 1) % PAYERS}": 1}}
        for i in range(PAYERS)
    ]
    uses = [{"outcome": "o", "price": f"p{i}", "units_a_year": -3, "low": -4, "high": -1} for i in range(PAYERS)]
    cost = {
        "name": "c",
        "label": "C",
        "amount": 900,
        "low": 700,
        "high": 1200,
        "per": "participant",
        "price_year": YEAR,
    }
    return EconomicsSettings.model_validate(
        {
            "economics_version": "1",
            "report_price_year": YEAR,
            "costs": [cost | {"paid_by": {"payer_0": 1}}],
            "consequences": uses,
            "duration": {
                "full_years": {"value": 2, "low": 1, "high": 3},
                "drop_off": {"value": 0.2, "low": 0.1, "high": 0.5},
            },
            "displacement": {"value": 0.1, "low": 0, "high": 0.3},
            "attribution": {"value": 1, "low": 0.8, "high": 1},
            "prices": prices,
            "payers": payers,
        }
    )


def main() -> None:
    """Print the duration."""
    record = published_result("o", interval_low=0.1, interval_high=0.3)
    declared = [settings(i) for i in range(PROJECTS)]
    start = time.perf_counter()
    made = [account_of(one, {"o": record}) for one in declared]
    spent = time.perf_counter() - start
    print(
        f"{PROJECTS} accounts of {len(made[0]['columns']) - 1} payers, {made[0]['draws']} draws each, "
        f"with tornado and break-even: {spent:.1f} s"
    )


if __name__ == "__main__":
    main()
