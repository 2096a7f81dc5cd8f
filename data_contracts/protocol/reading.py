"""Reading of protocols; every fault is reported at once, with its line."""

from __future__ import annotations

from data_contracts.protocol.protocol import Protocol
from data_contracts.protocol.rules import rule_faults
from data_contracts.reading.faults import Fault, InputRefused
from data_contracts.reading.safe_yaml import line_of
from data_contracts.reading.section_reading import in_order, read_shape, spoken


def read_protocol(text: str, file: str = "project.yaml", folder: str | None = None) -> Protocol:
    """Read and check a protocol.

    Parameters
    ----------
    text : str
        Content of `project.yaml`.
    file : str
        Name used in faults.
    folder : str, optional
        Name of the file's folder; must equal the protocol's id.

    Raises
    ------
    InputRefused
        With every fault in the file.
    """
    reading = read_shape(text, file, Protocol)
    faults = list(reading.faults)
    for path, what, fix in rule_faults(reading.data, folder):
        faults.append(Fault(what, fix, file, line_of(reading.lines, path), spoken(path)))
    if faults or reading.section is None:
        raise InputRefused(in_order(faults))
    return reading.section
