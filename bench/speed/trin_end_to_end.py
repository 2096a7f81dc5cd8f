"""An end-to-end match: read, fit the score, match 1:1, compare means."""

from __future__ import annotations

import sys

from bench.speed.stopwatch import Stopwatch

watch = Stopwatch()


def main(path: str) -> None:
    """Print the seconds of each step, and the result."""
    from pandas import read_parquet

    from bench.speed.covariates import CALIPER, coded_covariates
    from models.comparing.nearest import match_nearest
    from models.score.design_matrix import build_design_matrix
    from models.score.propensity import PropensityFit, fit_propensity

    watch.step("imports")
    frame = read_parquet(path)
    watch.step("read")
    treated = frame["treated"].to_numpy() == 1
    matrix = build_design_matrix(frame, coded_covariates())
    watch.step("build")
    fit = fit_propensity(matrix, treated)
    assert isinstance(fit, PropensityFit)
    watch.step("fit")
    strata = treated.astype("int64") * 0
    caliper = CALIPER * float(fit.logit.std())
    pairs = match_nearest(fit.logit, treated, strata, ratio=1, replace=False, caliper=caliper)
    watch.step("match")
    y = frame["y"].to_numpy()
    difference = float(y[pairs.treated].mean() - y[pairs.control].mean())
    watch.step("compare")
    watch.tell(note=f"{len(pairs.treated):,} pairs, without replacement, caliper, difference {difference:.4f}")


if __name__ == "__main__":
    main(sys.argv[1])
