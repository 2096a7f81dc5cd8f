"""DoWhy: a causal model with propensity score matching for the ATT.

It matches on the score rather than its logit, with replacement and without a caliper, and also matches the controls.
"""

import logging
import sys
import warnings

import numpy as np
import pandas as pd
from dowhy import CausalModel
from sklearn.linear_model import LogisticRegression

from bench.speed.people import COVARIATES
from bench.speed.stopwatch import Stopwatch

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

watch = Stopwatch()
frame = pd.read_parquet(sys.argv[1])
frame["treated"] = frame["treated"].astype(bool)
watch.step("read")
model = CausalModel(frame, treatment="treated", outcome="y", common_causes=list(COVARIATES))
estimand = model.identify_effect(proceed_when_unidentifiable=True)
watch.step("identify")
estimate = model.estimate_effect(
    estimand,
    method_name="backdoor.propensity_score_matching",
    target_units="att",
    method_params={"init_params": {"propensity_score_model": LogisticRegression(C=np.inf, max_iter=1000)}},
)
watch.step("fit and match")
pairs = int(frame["treated"].sum())
watch.tell(note=f"{pairs:,} pairs, with replacement, no caliper, difference {estimate.value:.4f}")
