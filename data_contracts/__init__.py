"""What data mean: contracts, the ladder, the protocol, limits and phrases. No engine, no statistics.

Wings, bottom to top: `reading`; `calendar`, `phrases` and `registers`; `ladder`; `designs`, `results` and `tables`;
`protocol`; `economics` and `home_files`. Each YAML file lies with the code that reads it.
"""
