"""What data mean: contracts, ladder, protocol, limits and phrases.

Wings, bottom to top: `reading`; `calendar`, `phrases` and `registers`; `ladder`; `designs`, `results` and `tables`;
`protocol`; `economics` and `home_files`. Each YAML file is next to the code that reads it. Neither engine nor
statistics belong here.
"""
