"""Receipts: what became of a file, in words people can act on.

Belongs here: writing receipts and refused rows to quarantine. Does not belong
here: deciding what is refused. A receipt never holds a value from the file.
"""

from __future__ import annotations

import pandas as pd

from assets.home import Home, write_atomically, write_json
from assets.intake.delivery import FILE, FileReceipt, Received
from assets.store import parquet_bytes
from data_contracts.phrases import LANGUAGES, phrase

MOST_ROWS_SHOWN = 50


def receipt_markdown(receipt: FileReceipt, language: str) -> str:
    """Return a receipt as Markdown.

    Parameters
    ----------
    receipt : FileReceipt
    language : {'da', 'en'}
    """

    def say(key: str, **values: object) -> str:
        return phrase(language, key, **values)

    lines = [
        f"# {say('receipt_title')}",
        "",
        f"{say('receipt_file')}: {receipt.file} (sha256 {receipt.sha256[:12]})  ",
        f"{say('receipt_table')}: {receipt.table}",
        "",
    ]
    if receipt.faults:
        lines += [say("receipt_refused_file"), ""]
        lines += [f"- {fault}" for fault in receipt.faults]
    else:
        lines.append(say("receipt_accepted", accepted=receipt.accepted, total=receipt.total))
        refused = receipt.total - receipt.accepted - receipt.repeated
        if receipt.repeated:
            lines.append(say("receipt_repeated_rows", repeated=receipt.repeated))
        if refused:
            limit = f"{receipt.largest_refused_share:.0%}"
            lines.append(say("receipt_refused_rows", refused=refused, limit=limit))
        if receipt.refusals:
            lines += [
                "",
                f"| {say('receipt_rule')} | {say('receipt_count')} | {say('receipt_rows')} | {say('receipt_fix')} |",
                "|---|---|---|---|",
            ]
        for refusal in receipt.refusals:
            shown = ", ".join(str(row) for row in refusal.rows[:MOST_ROWS_SHOWN])
            more = " …" if len(refusal.rows) > MOST_ROWS_SHOWN else ""
            lines.append(f"| `{refusal.rule}` | {len(refusal.rows)} | {shown}{more} | {say('fix_' + refusal.code)} |")
    if receipt.dropped_columns:
        lines += ["", say("receipt_dropped", columns=", ".join(receipt.dropped_columns))]
    return "\n".join([*lines, "", say("receipt_no_values"), ""])


def receipt_record(receipt: FileReceipt) -> dict[str, object]:
    """Return a receipt as data."""
    return {
        "file": receipt.file,
        "sha256": receipt.sha256,
        "table": receipt.table,
        "rows": receipt.total,
        "accepted_rows": receipt.accepted,
        "repeated_rows": receipt.repeated,
        "is_refused": bool(receipt.faults),
        "faults": [str(fault) for fault in receipt.faults],
        "refusals": [{"rule": r.rule, "count": len(r.rows), "rows": list(r.rows)} for r in receipt.refusals],
        "dropped_columns": list(receipt.dropped_columns),
    }


def file_receipts(home: Home, project: str, received: Received) -> None:
    """Write each file's receipt, and its refused rows, to the project's quarantine.

    Parameters
    ----------
    home : Home
    project : str
    received : Received
    """
    folder = home.quarantine / project
    for receipt in received.receipts:
        stem = f"{receipt.table}-{receipt.sha256[:12]}"
        write_json(folder / f"{stem}.json", receipt_record(receipt))
        for language in LANGUAGES:
            write_atomically(folder / f"{stem}.{language}.md", receipt_markdown(receipt, language).encode())
        refused = _refused_rows(received.frame, receipt)
        path = folder / f"{stem}.refused.parquet"
        if len(refused):
            write_atomically(path, parquet_bytes(refused))
        else:
            path.unlink(missing_ok=True)


def _refused_rows(frame: pd.DataFrame, receipt: FileReceipt) -> pd.DataFrame:
    return frame[(frame[FILE] == receipt.sha256) & ~frame["is_accepted"]]
