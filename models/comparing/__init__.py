"""From scores to comparable groups: matching, weighting, balance, overlap and the gate. Sees no outcome."""
