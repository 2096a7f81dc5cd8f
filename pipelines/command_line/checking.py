"""Checking a protocol and deliveries without storing anything.

Belongs here: what `trin check` shows. Does not belong here: the rules.
"""

from __future__ import annotations

from pathlib import Path

from rich.markdown import Markdown

from assets.home import Home, read_protocol_file
from data_contracts.faults import Fault, InputRefused
from data_contracts.protocol import Protocol
from data_contracts.table_contract import TABLES
from pipelines.command_line import printing
from pipelines.command_line.printing import console, show_faults


def check_and_show(home: Home, path: Path, language: str) -> int:
    """Check what lies at a path: a protocol file, or a project folder with its deliveries."""
    file = path / "project.yaml" if path.is_dir() else path
    is_project = path.is_dir()
    if not file.exists():
        show_faults([Fault("There is no such file.", "Give a project folder or a project.yaml.", str(path))])
        return printing.REFUSED
    if file.suffix not in (".yaml", ".yml"):
        fix = "Give the project's folder; its deliveries are found through the protocol."
        show_faults([Fault("This is not a protocol.", fix, file.name)])
        return printing.USAGE
    try:
        protocol = read_protocol_file(file, str(file), file.absolute().parent.name if is_project else None)
    except InputRefused as refused:
        show_faults(refused.faults)
        return printing.REFUSED
    console.print(f"[green]✓[/green] {protocol.id}: protocol {protocol.sha256[:12]}")
    if not is_project:
        return printing.OK
    # A project folder outside the home brings its own inbox, if it has one beside it.
    folder = path.resolve().parent.parent
    own = Home(folder) if (folder / "inbox" / protocol.id).is_dir() else home
    return _check_deliveries(own, protocol, language)


def _check_deliveries(home: Home, protocol: Protocol, language: str) -> int:
    from assets.intake.delivery import receive
    from assets.intake.receipts import receipt_markdown

    code = printing.OK
    for table in TABLES:
        if not any(d.table == table for d in protocol.deliveries):
            continue
        try:
            received = receive(home, protocol, table)
        except InputRefused as refused:
            show_faults(refused.faults)
            code = printing.REFUSED
            continue
        for receipt in received.receipts:
            console.print(Markdown(receipt_markdown(receipt, language)))
            console.print()
        rows = len(received.frame)
        refused_rows = int((~received.frame["is_accepted"]).sum())
        if received.refused_files or (rows and refused_rows / rows > received.contract.largest_refused_share):
            code = printing.REFUSED
    return code
