"""Checks of a protocol, its deliveries or one file, storing nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.markdown import Markdown
from rich.markup import escape

from assets.storage.home import Home, read_protocol_file
from data_contracts.protocol.file_names import read_name
from data_contracts.protocol.protocol import Protocol
from data_contracts.protocol.unused_settings import unused_settings
from data_contracts.reading.faults import Fault, InputRefused
from pipelines.command_line import exit_codes
from pipelines.command_line.printing import console, show_faults

if TYPE_CHECKING:
    from assets.intake.receipts import FileReceipt


BESIDE_THE_PROTOCOL = ("economics.yaml", "judgements.yaml")


def check_and_show(home: Home, path: Path, project: str | None, language: str) -> int:
    """Check a protocol, a project folder with deliveries, or one file."""
    if not path.exists():
        show_faults(
            [Fault("There is no such file.", "Give a project folder, a project.yaml or a delivered file.", str(path))]
        )
        return exit_codes.REFUSED
    if path.is_file() and path.suffix not in (".yaml", ".yml"):
        return _check_file(home, path, project, language)
    if path.name in BESIDE_THE_PROTOCOL:
        fix = f"Check the folder instead: trin check {path.parent}."
        show_faults([Fault("This file can only be checked together with its protocol.", fix, str(path))])
        return exit_codes.USAGE
    is_project = path.is_dir()
    file = path / "project.yaml" if is_project else path
    protocol = read_protocol_file(file, str(file), file.absolute().parent.name if is_project else None)
    console.print(
        f"[green]✓[/green] {protocol.id}: protocol {protocol.sha256[:12]}, its plan {protocol.plan_sha256[:12]}"
    )
    unused = unused_settings(protocol)
    if unused:
        words = f"{', '.join(unused)}: declared but ignored, because design {protocol.design} does not use it"
        console.print(f"[yellow]![/yellow] {escape(words)}")
    if not is_project:
        return exit_codes.OK
    # A project folder outside the home may have its own inbox beside it.
    folder = path.resolve().parent.parent
    own = Home(folder) if (folder / "inbox" / protocol.id).is_dir() else home
    _check_words(own, protocol, path)
    return _check_deliveries(own, protocol, language)


def _check_words(home: Home, protocol: Protocol, folder: Path) -> None:
    """Check the account, signed judgements and dossier studies."""
    from assets.project_files.accounts import economics_settings
    from assets.project_files.dossier import paper_studies
    from assets.project_files.judgements import signed_answers

    account = economics_settings(home, protocol, folder)
    if account is not None:
        words = f"economics.yaml: {len(account.consequences)} consequences, in prices of {account.report_price_year}"
        console.print(f"[green]✓[/green] {words}")
    signed = signed_answers(home, protocol)
    if signed is not None:
        current = "" if signed.is_current else ", but for a different plan, so the answers do not count"
        console.print(f"[green]✓[/green] judgements.yaml: signed by {escape(signed.signed_by)}{current}")
    studies = paper_studies(home, protocol.id)
    if studies:
        console.print(f"[green]✓[/green] dossier: {len(studies)} studies")


def _check_deliveries(home: Home, protocol: Protocol, language: str) -> int:
    from assets.intake.arrivals import waiting_files
    from assets.intake.delivery_log import earlier_reading, in_force, pending_refusals, read_delivery_log
    from assets.intake.obstacles import missing_faults
    from assets.intake.reception import examine

    register = read_delivery_log(home, protocol.id)
    counted = in_force(register, protocol)
    waiting = waiting_files(home.inbox / protocol.id)
    receipts = [examine(home, protocol, path) for path in waiting]
    for receipt in receipts:
        _show(receipt, language)
    for entry in sorted({item.entry.number: item.entry for item in counted}.values(), key=lambda e: e.number):
        words = f"no. {entry.number} {entry.file}: {entry.accepted_rows} of {entry.total_rows} rows, in use"
        console.print(f"[green]✓[/green] {escape(words)}")
    replaced = {receipt.file for receipt in receipts if receipt.state != "refused"}
    refused = [e for e in pending_refusals(register, protocol) if e.file not in replaced]
    for entry in refused:
        console.print(f"[red]✗[/red] {escape(f'no. {entry.number} {entry.file}: refused, see its receipt')}")
    anew = earlier_reading(register, protocol)
    for entry in anew:
        words = f"no. {entry.number} {entry.file}: read under an earlier version of the protocol; send it again"
        console.print(f"[red]✗[/red] {escape(words)}")
    missing = missing_faults(register, protocol, waiting=[path.name for path in waiting])
    show_faults(missing)
    is_refused = missing or refused or anew or any(receipt.state == "refused" for receipt in receipts)
    return exit_codes.REFUSED if is_refused else exit_codes.OK


def _check_file(home: Home, path: Path, project: str | None, language: str) -> int:
    from assets.intake.reception import examine

    known = home.project_ids()
    chosen = [project] if project else _expecting(home, path, known)
    if len(chosen) != 1:
        several = f"More than one project expects a file with this name: {', '.join(chosen)}."
        what = several if chosen else "No project's protocol expects a file with this name."
        fix = f"Choose a project with --project. Known: {', '.join(known) or 'none'}."
        show_faults([Fault(what, fix, "the file")])
        return exit_codes.USAGE
    receipt = examine(home, home.protocol(chosen[0]), path)
    _show(receipt, language)
    return exit_codes.REFUSED if receipt.state == "refused" else exit_codes.OK


def _expecting(home: Home, path: Path, known: list[str]) -> list[str]:
    """Return the projects that a file may belong to.

    This is the project whose inbox it is in, or else those whose protocol expects its name.
    """
    folder = path.resolve().parent
    if folder.parent == home.inbox.resolve() and folder.name in known:
        return [folder.name]
    found = []
    for project in known:
        try:
            protocol = home.protocol(project)
        except InputRefused:
            continue
        if any(read_name(delivery.files, path.name) for delivery in protocol.deliveries):
            found.append(project)
    return found


def _show(receipt: FileReceipt, language: str) -> None:
    from assets.intake.receipts import receipt_markdown

    console.print(Markdown(receipt_markdown(receipt, language)))
    console.print()
