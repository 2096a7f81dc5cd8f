"""psmpy: logistic regression, then k-d tree matching, no replacement.

Its caliper is a distance rather than a share, and 0.3.16 has no matching by `knn_matched` any more.
"""

import sys

import pandas as pd
from psmpy import PsmPy

from bench.speed.covariates import CALIPER
from bench.speed.stopwatch import Stopwatch

watch = Stopwatch()
frame = pd.read_parquet(sys.argv[1])
watch.step("read")
psm = PsmPy(frame, treatment="treated", indx="id", exclude=["y"])
psm.logistic_ps(balance=False)
watch.step("fit")
caliper = CALIPER * float(psm.predicted_data["propensity_logit"].std())
psm.kdtree_matched(matcher="propensity_logit", replacement=False, caliper=caliper, drop_unmatched=True)
watch.step("match")
pairs = psm.matched_ids.dropna()
y = frame.set_index("id")["y"]
first, second = (y.loc[pairs.iloc[:, column].astype(int)].to_numpy() for column in (0, 1))
difference = float((first - second).mean())
watch.tell(note=f"{len(pairs):,} pairs, without replacement, caliper, difference {difference:.4f}")
