"""Pure functions: arrays and frames in, frozen values out.

No Dagster, no DuckDB, no files but the contracts' own YAML, no clock, no network, no global state. What the
numbers mean is in `data_contracts/`; when they are made is in `pipelines/`.

Wings, bottom to top: `statistics`, `people` and `doubt`, `values`, `score`, `comparing` and `economics`,
`estimating`, `detectors`, `evidence`, `designs` and `disclosure`. Imports run downwards only.
"""
