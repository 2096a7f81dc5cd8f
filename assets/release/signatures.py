"""Names of proposers and approvers, and reasons for a release.

The system cannot authenticate who types; it only refuses a variant spelling of the same name.
"""

from __future__ import annotations

import re
import unicodedata

from data_contracts.reading.faults import Fault

LONGEST_REASON = 300
LIKE_A_PERSON = re.compile(r"(?<!\d)\d{6}[-\s]?\d{4}(?!\d)")


def same_name(one: str, other: str) -> bool:
    """Return whether names match, ignoring case, accents and punctuation."""
    return bool(_bare(one)) and _bare(one) == _bare(other)


def _bare(name: str) -> str:
    spelt = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in spelt if letter.isalnum() and unicodedata.category(letter) != "Mn")


def name_faults(name: str) -> list[Fault]:
    """Return faults in a name; empty if it can be a person's name."""
    spelt = unicodedata.normalize("NFC", name)
    fix = "Write a name in Latin letters, e.g. “Anne Holm”."
    is_plain = all(_may_stand(letter) for letter in spelt)
    if not is_plain or sum(letter.isalpha() for letter in spelt) < 2 or len(spelt) > 100:
        return [Fault("This is not a person's name.", fix, "--by")]
    return []


def _may_stand(letter: str) -> bool:
    if letter in " .'-":
        return True
    return letter.isalpha() and unicodedata.name(letter, "").startswith("LATIN ")


def reason_faults(reason: str | None) -> list[Fault]:
    """Return faults in a reason, which pages show permanently."""
    if reason is None:
        return []
    faults = []
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for letter in reason):
        faults.append(
            Fault("The reason contains invisible characters.", "Write it as one line of plain text.", "--reason")
        )
    if len(reason) > LONGEST_REASON:
        faults.append(Fault(f"The reason is longer than {LONGEST_REASON} characters.", "Shorten it.", "--reason"))
    if LIKE_A_PERSON.search(reason):
        what = "The reason contains what may be a person number."
        faults.append(Fault(what, "Remove it, because the archive shows the reason permanently.", "--reason"))
    if not any(letter.isalnum() for letter in reason):
        faults.append(
            Fault("The reason is empty or too short.", "Describe in a few words what has changed.", "--reason")
        )
    return faults
