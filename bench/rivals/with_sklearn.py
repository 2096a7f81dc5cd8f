"""scikit-learn: logistic regression, then nearest neighbours on the logit."""

import sys

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors

from bench.speed.covariates import CALIPER
from bench.speed.people import COVARIATES
from bench.speed.stopwatch import Stopwatch

watch = Stopwatch()
frame = pd.read_parquet(sys.argv[1])
watch.step("read")
covariates = frame[list(COVARIATES)]
# An infinite C is no penalty.
fit = LogisticRegression(C=np.inf, max_iter=1000).fit(covariates, frame["treated"])
frame["logit"] = fit.decision_function(covariates)
watch.step("fit")
participants, others = frame[frame["treated"] == 1], frame[frame["treated"] == 0]
neighbours = NearestNeighbors(n_neighbors=1).fit(others[["logit"]].to_numpy())
distance, place = neighbours.kneighbors(participants[["logit"]].to_numpy())
near = distance[:, 0] <= CALIPER * frame["logit"].std()
difference = float(np.mean(participants["y"].to_numpy()[near] - others["y"].to_numpy()[place[near, 0]]))
watch.step("match")
watch.tell(note=f"{int(near.sum()):,} pairs, with replacement, caliper, difference {difference:.4f}")
