"""Which designs there are."""

from __future__ import annotations

from models.designs.benchmarking.design import Benchmarking
from models.designs.case_study.design import CaseStudy
from models.designs.expert_assessment.design import ExpertAssessment
from models.designs.interface import Design
from models.designs.matched_control.design import MatchedControl
from models.designs.panel.design import PanelStudy
from models.designs.randomised_trial.design import RandomisedTrial
from models.designs.systematic_review.design import SystematicReview

DESIGNS: dict[str, Design] = {
    design.name: design
    for design in (
        SystematicReview(),
        RandomisedTrial(),
        PanelStudy(),
        MatchedControl(),
        Benchmarking(),
        ExpertAssessment(),
        CaseStudy(),
    )
}
