"""DoubleML: interactive regression model for the ATT, in five folds."""

import sys
import warnings

import numpy as np
import pandas as pd
from doubleml import DoubleMLData, DoubleMLIRM
from sklearn.linear_model import LinearRegression, LogisticRegression

from bench.speed.people import COVARIATES
from bench.speed.stopwatch import Stopwatch

warnings.filterwarnings("ignore")
np.random.seed(1)
frame = pd.read_parquet(sys.argv[1])
watch = Stopwatch()
data = DoubleMLData(frame, y_col="y", d_cols="treated", x_cols=list(COVARIATES))
model = DoubleMLIRM(
    data,
    ml_g=LinearRegression(),
    ml_m=LogisticRegression(C=np.inf, max_iter=1000),
    n_folds=5,
    score="ATTE",
)
model.fit()
watch.step("fit")
watch.tell(note=f"effect {model.coef[0]:.4f}, standard error {model.se[0]:.4f}")
