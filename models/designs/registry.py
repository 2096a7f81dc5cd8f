"""The code of every declared design, found in the folder of its name."""

from __future__ import annotations

from data_contracts.designs.declared import declared_designs
from data_contracts.reading.design_folders import own_parts
from models.designs.interface import Design
from models.values.design_findings import OwnFindings

DESIGNS: dict[str, Design] = own_parts("models", "design", "DESIGN")
"""By name, from the top of the ladder down; `design.py` of each folder names its own as `DESIGN`."""

OWN_FINDINGS: dict[str, type[OwnFindings]] = own_parts("models", "findings", "FINDINGS")
"""By design: what only its own detectors read, where `findings.py` of its folder names it as `FINDINGS`."""

without_code = declared_designs().keys() - DESIGNS
if without_code:
    raise ImportError(f"Designs without models/designs/<name>/design.py: {', '.join(sorted(without_code))}")
