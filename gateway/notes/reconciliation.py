"""The reconciliation: one page that says whether all files of a closed day tie."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.clearing.charges import PARTICIPANT
from gateway.notes.document import Document, Table
from gateway.notes.letter import table_of
from gateway.notes.published import PublishedDay, is_promised
from gateway.notes.spelling import count, money
from gateway.notes.ties import Sum, Ties
from gateway.notes.words import Words, words_in
from protocol.files import manifest
from protocol.files.fault import FileFault
from protocol.files.manifest import Manifest
from protocol.vocabulary import Currency, Market

FILES = ("file", "profile", "records", "verdict")
TIES = ("what", "left", "right", "difference", "verdict")
AMOUNTS = ("bought", "sold", *PARTICIPANT, "net")
FIRMS = ("firm", "market", "currency", "fills", *AMOUNTS)


class Reconciliation(NamedTuple):
    """The page, and how many ties there are, and how many of them are amiss."""

    document: Document
    ties: int
    amiss: int


def reconciliation(folder: Path, language: str) -> Reconciliation:
    """Return the reconciliation of the day in a folder, like data/20261120.

    Raises Mistake where there are no files to compare.
    """
    words = words_in(language)
    day = PublishedDay(folder)
    files = [is_promised(day.directory / entry.name, entry) for entry in day.manifest.files]
    before = day_before(day)
    told: list[Sum] = []
    if all(files):
        told = list(Ties(day, before, words).all())
    amiss = files.count(False) + sum(not tie.ties for tie, _ in told)
    number = len(files) + len(told)
    result = words["some_amiss"] if amiss else words["all_tie"]
    tables = [firms_table(words, day.rows("money"))] if all(files) else []
    named = day.manifest.previous_manifest_sha256
    remarks = [] if before else [words["no_yesterday" if named else "first_day"]]
    document = Document(
        language,
        day.business_date,
        words["sender"],
        words["reconciliation"],
        facts_of(words, day.manifest, day.sha256),
        (ties_table(words, told), *tables, files_table(words, day.manifest, files)),
        (*remarks, result.format(number, amiss)),
        is_page=True,
    )
    return Reconciliation(document, number, amiss)


def day_before(day: PublishedDay) -> PublishedDay | None:
    """Return the day whose manifest the day's own names as the previous, if it lies beside it."""
    named = day.manifest.previous_manifest_sha256
    for folder in sorted(day.folder.resolve().parent.glob("[0-9]" * 8), reverse=True):
        try:
            found = manifest.read(folder / "clearing")
        except FileFault:
            continue
        if manifest.digest_of(found) == named:
            return PublishedDay(folder)
    return None


def facts_of(words: Words, promised: Manifest, sha256: str) -> tuple[tuple[str, str], ...]:
    return (
        (words["business_date"], promised.business_date),
        (words["source"], words["generation"].format(promised.generation)),
        (words["manifest"], f"SHA-256 {sha256}"),
        (words["run"], promised.run),
        (words["previous"], promised.previous_manifest_sha256 or "–"),
    )


def verdict(words: Words, is_well: bool) -> str:
    return words["ok" if is_well else "amiss"]


def ties_table(words: Words, told: list[Sum]) -> Table:
    lines = [
        {
            "what": tie.what,
            "left": spell(tie.left),
            "right": spell(tie.right),
            "difference": spell(tie.left - tie.right),
            "verdict": verdict(words, tie.ties),
        }
        for tie, is_money in told
        for spell in [money if is_money else count]
    ]
    return table_of(words, words["ties"], TIES, lines)


def files_table(words: Words, promised: Manifest, files: list[bool]) -> Table:
    lines = [
        {
            "file": entry.name,
            "profile": entry.profile,
            "records": count(entry.records),
            "verdict": verdict(words, is_well),
        }
        for entry, is_well in zip(promised.files, files, strict=True)
    ]
    return table_of(words, words["files"], FILES, lines)


def firms_table(words: Words, rows: np.ndarray) -> Table:
    """Return the totals of each firm, market and currency."""
    lines = [
        {
            "firm": str(firm),
            "market": words[f"market.{Market(market).name}"],
            "currency": words[f"currency.{Currency(currency).name}"],
            "fills": count(int(of["fills"].sum())),
            **{name: money(int(of[name].sum())) for name in AMOUNTS},
        }
        for firm, market, currency, of in by_firm(rows)
    ]
    return table_of(words, words["firms"], FIRMS, lines)


def by_firm(rows: np.ndarray) -> Iterator[tuple[int, int, int, np.ndarray]]:
    """Yield the rows of each firm, market and currency."""
    keys = rows[["firm", "market", "currency"]]
    for firm, market, currency in sorted(set(keys.tolist())):
        is_of = (rows["firm"] == firm) & (rows["market"] == market)
        yield firm, market, currency, rows[is_of & (rows["currency"] == currency)]
