"""Check of a text against a tag.

It finds sentences that the evidence does not cover.

Nothing here writes prose: a finding quotes the text and the rule.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from data_contracts.phrases import bilingual
from data_contracts.reading.knowledge import read_knowledge
from data_contracts.reading.limits import limit

Record = Mapping[str, Any]
SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!\bpr\.)(?<!\bkr\.)(?<!\bca\.)(?<!\bmio\.)(?<!\bmia\.)(?<!\bnr\.)\s+(?=[A-ZÆØÅ0-9“\"'(])|\n{2,}|\n(?=\s*[-*•])"
)
INVISIBLE = re.compile(
    r"\x1b\[[0-9;]*[a-zA-Z]|[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0b-\x1f\x7f-\x9f]"
)


@dataclass(frozen=True, slots=True)
class ClaimFault:
    """One thing a text says that the evidence does not cover.

    Attributes
    ----------
    code : str
        The rule.
    sentence : int
        1 is the first.
    excerpt : str
        The words, as they stand in the text.
    why : dict of str to str
    """

    code: str
    sentence: int
    excerpt: str
    why: dict[str, str]


def lint_claim(text: str, record: Record) -> tuple[ClaimFault, ...]:
    """Check a text against a result.

    Parameters
    ----------
    text : str
        A sentence, a press release, a report.
    record : mapping
        A published result record, or a tagged study from a dossier.

    Returns
    -------
    tuple of ClaimFault
        In the order of the text; faults of the whole text (a missing interval) come last. Empty if everything is covered.
    """
    parts = sentences_of(text)
    faults: list[ClaimFault] = []
    for number, sentence in enumerate(parts, start=1):
        faults += _sentence_faults(sentence, number, record)
    return (*faults, *_text_faults(parts, record))


def plain_text(text: str) -> str:
    """Return a text as it reads.

    Letters are composed, invisible signs removed, blanks made alike, and hard-wrapped lines joined.
    """
    text = unicodedata.normalize("NFKC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = INVISIBLE.sub("", text)
    text = re.sub(r"[^\S\n]+", " ", text)
    return re.sub(r"(?<!\n)\n(?![\n]| ?[-*•])", " ", text).strip()


def sentences_of(text: str) -> list[str]:
    """Split a text into sentences.

    Danish abbreviations do not end one, nor do lines that go on.
    """
    return [part.strip() for part in SENTENCE_END.split(plain_text(text)) if part and part.strip()]


def _sentence_faults(sentence: str, number: int, record: Record) -> Iterator[ClaimFault]:
    small = sentence.lower()

    def fault(code: str, excerpt: str, **blanks: dict[str, str] | str) -> ClaimFault:
        return ClaimFault(code, number, excerpt, bilingual(f"lint.{code}", **blanks))

    evidence = record["evidence"]
    rung = str(evidence["rung_detail"])
    causal = _claimed("causal", small)
    null = _claimed("no_effect", small)
    if causal and not null and record["claims"]["verdict"] != "works_in_trial":
        yield fault("causal", sentence[slice(*causal)], rung=rung)
    certain = _find("no_certain", small)
    if (null and not certain) or (certain and record["claims"]["verdict"] != "no_certain_effect"):
        yield fault("no_effect", sentence[slice(*(null or certain or (0, 0)))])
    for code in ("proven", "everybody", "ranking"):
        found = _claimed(code, small)
        if found:
            yield fault(code, sentence[slice(*found)])
    for code, name in (("other_amount", "money_words"), ("other_number", "counted_in_words")):
        found = _claimed(name, small)
        if found:
            yield fault(code, sentence[slice(*found)])
    trial = _claimed("trial_words", small)
    if trial and evidence["rung"] > limit("claims.weakest_trial_rung"):
        yield fault("not_a_trial", sentence[slice(*trial)], rung=rung)
    for match in _pattern("rung_named").finditer(small):
        if int(match.group(1)) < evidence["rung"]:
            yield fault("rung", sentence[slice(*match.span())], rung=rung)
    yield from (fault(code, excerpt) for code, excerpt in _money_faults(sentence, small, record))
    levels = [m.span(1) for m in _pattern("level").finditer(small)]
    shares = [
        (m.span(), float(_plain(m.group(1))), "share")
        for m in _pattern("share").finditer(small)
        if m.span(1) not in levels
    ]
    for match in _pattern("out_of").finditer(small):
        if float(match.group(2)) > 0:
            shares.append((match.span(), 100 * float(match.group(1)) / float(match.group(2)), "share"))
    if shares and not _find("comparison", small) and len(shares) < 2:
        yield fault("rate_alone", sentence[slice(*shares[0][0])])
    points = [(m.span(), float(_plain(m.group(1))), "points") for m in _pattern("points").finditer(small)]
    for span, value, kind in (*shares, *points):
        if not _is_known(value, kind, record, is_signed=small[span[0]] in "+-−"):
            yield fault("other_number", sentence[slice(*span)])


def _text_faults(parts: list[str], record: Record) -> Iterator[ClaimFault]:
    """Find faults of the whole: figures without an interval anywhere."""
    with_figures = (i for i, part in enumerate(parts, 1) if any(_pattern(n).search(part.lower()) for n in FIGURES))
    where = next(with_figures, None)
    if where is None:
        return
    if record["estimate"] is None:
        yield ClaimFault("no_number", where, parts[where - 1], bilingual("lint.no_number"))
    elif not _find("interval", " ".join(parts).lower()):
        yield ClaimFault("no_interval", where, parts[where - 1], bilingual("lint.no_interval"))


FIGURES = ("share", "out_of", "points")


def _money_faults(sentence: str, small: str, record: Record) -> Iterator[tuple[str, str]]:
    money = next(
        (m for m in _pattern("money").finditer(small) if re.search(r"\d|\b(en|one|hver|every)\b", small)), None
    )
    if money is None:
        return
    around = sentence[max(0, money.start() - 25) : money.end() + 5].strip()
    known = record.get("money") or {}
    amounts = _amounts(small)
    if not amounts or amounts != {known.get("amount_dkk")}:
        yield "other_amount", around
    elif known.get("is_modelled") and not _find("modelled", small):
        yield "money_modelled", around
    for code, name in (("money_payer", "payer"), ("money_price_year", "price_year"), ("money_per_what", "per_what")):
        if not _find(name, small):
            yield code, around


def _amounts(small: str) -> set[float]:
    """Return the amounts that a sentence names beside a currency.

    Thousands may be set apart by points, commas or blanks.
    """
    found = set()
    for match in _pattern("amount").finditer(small):
        number, word = match.groups()
        if _pattern("money").search(match.group(0)) is None:
            continue
        is_grouped = re.fullmatch(r"\d{1,3}([ .,]\d{3})+", number)
        value = float(re.sub(r"[ .,]", "", number) if is_grouped else number.replace(",", "."))
        found.add(round(value * _multiple(word or ""), 2))
    return found


MULTIPLES = (
    ("milliard", 1e9),
    ("mia", 1e9),
    ("bn", 1e9),
    ("billioner", 1e12),
    ("billion", 1e9),
    ("mil", 1e6),
    ("mio", 1e6),
    ("t", 1e3),
)


def _multiple(word: str) -> float:
    return next((value for start, value in MULTIPLES if word.startswith(start)), 1.0)


def _is_known(value: float, kind: str, record: Record, *, is_signed: bool) -> bool:
    """Return whether a number is one of the result's.

    The number is in per cent or points; a sign that is written must be right.
    """
    names: tuple[str, ...] = ("treated_value", "control_value")
    if kind == "points":
        names = ("estimate", "interval_low", "interval_high", "always_valid_low", "always_valid_high")
    if record["outcome_type"] != "binary":
        return False
    for known in (record.get(name) for name in names):
        if known is None:
            continue
        apart = known * 100 - value if is_signed else abs(known) * 100 - abs(value)
        if abs(apart) <= limit("lint.tolerance_points"):
            return True
    return False


def _plain(text: str) -> str:
    return text.replace("−", "-").replace(",", ".")


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(read_knowledge("claim_words")[name])


@cache
def _patterns(name: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(text) for text in read_knowledge("claim_words")[name])


def _find(name: str, small: str) -> tuple[int, int] | None:
    """Return the first place of any pattern of a list, or of the one pattern."""
    listed = isinstance(read_knowledge("claim_words")[name], list)
    spans = [
        m.span() for pattern in (_patterns(name) if listed else (_pattern(name),)) for m in pattern.finditer(small)
    ]
    return min(spans, default=None)


def _claimed(name: str, small: str) -> tuple[int, int] | None:
    """Return the first place that is said and not taken back."""
    if _pattern("not_shown").search(small) or small.endswith("?"):
        return None
    is_unknown = _pattern("unknown").search(small) is not None
    spans = sorted(m.span() for pattern in _patterns(name) for m in pattern.finditer(small))
    reach = int(limit("lint.clause_reach"))
    return next(
        (span for span in spans if not _is_taken_back(small[max(0, span[0] - reach) : span[0]], is_unknown)),
        None,
    )


def _is_taken_back(before: str, is_unknown: bool) -> bool:
    if _pattern("tentative").search(before) or (is_unknown and _pattern("asked_before").search(before)):
        return True
    for pattern in _patterns("not_a_denial"):
        if pattern.search(before):
            return False
    return _pattern("denied_before").search(before) is not None
