"""Descriptions of every bundled script are drawn and read back, whole, however long; and what differs is found."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.documents.check import check
from app.documents.errors import InvalidFacts, ReadBackFailed
from app.documents.examples import CUSTOMER, credit_note
from app.documents.facts import CreditNote, Notice
from app.documents.page import compose
from app.documents.read_back import read_back
from app.documents.render import draw, identity, render

_TABLE = Path(__file__).with_name("sentences.tsv").read_text(encoding="utf-8")
SENTENCES: dict[str, str] = {script: text for script, _, text in (row.partition("\t") for row in _TABLE.splitlines())}
SCRIPTS = sorted(SENTENCES)
WORDS = {script: sentence.split() for script, sentence in SENTENCES.items()}


def described(*descriptions: str) -> CreditNote:
    """A credit note with one row for each description."""
    facts = credit_note("en", rows=len(descriptions))
    return replace(
        facts, lines=tuple(replace(row, description=d) for row, d in zip(facts.lines, descriptions, strict=True))
    )


def drawn(facts: CreditNote) -> bytes:
    return draw(facts.kind, facts.to_json()).pdf


def missing(pdf: bytes, facts: CreditNote) -> tuple[str, ...]:
    """The facts that the document does not say."""
    try:
        read_back(pdf, check(facts.kind, facts.to_json()))
    except ReadBackFailed as failed:
        return failed.missing
    return ()


@pytest.mark.parametrize("letters", [20, 100, 179])
@pytest.mark.parametrize("script", SCRIPTS)
def test_a_description_of_any_script_and_length_is_drawn_and_read_back(script: str, letters: int) -> None:
    text = SENTENCES[script]
    assert len(text) >= 179
    drawn(described(text[:letters].strip(), text[-letters:].strip()))


@pytest.mark.parametrize("script", SCRIPTS)
def test_names_addresses_and_notices_of_any_script_are_read_back(script: str) -> None:
    text, facts = SENTENCES[script], described("x")
    customer = replace(CUSTOMER, name=text[:60].strip(), address=(text[60:100].strip(), text[100:140].strip()))
    drawn(replace(facts, customer=customer, notices=(Notice(code="n", text=text, law="UStG § 14"),)))


def changed_letter(text: str) -> str:
    """A letter more than half way is another one of the same text."""
    at = next(n for n in range(len(text) // 2, len(text)) if text[n].isalpha() and not text[n].isascii())
    other = next(letter for letter in text if letter.isalpha() and not letter.isascii() and letter != text[at])
    return text[:at] + other + text[at + 1 :]


def without_word(text: str) -> str:
    words = text.split(" ")
    return " ".join(words[:-2] + words[-1:])


def with_word(text: str) -> str:
    return f"{text} {text.split(' ')[0]}"


def cut_in_half(text: str) -> str:
    return text[: len(text) // 2].strip()


def swapped_words(text: str) -> str:
    words = text.split(" ")
    return " ".join([words[1], words[0], *words[2:]])


def other_number(text: str) -> str:
    return text.replace("2026", "2025")


@pytest.mark.parametrize("script", [script for script in SCRIPTS if script != "CJK"])
@pytest.mark.parametrize("change", [changed_letter, without_word, with_word, cut_in_half, swapped_words, other_number])
def test_a_description_that_differs_is_found(script: str, change: Callable[[str], str]) -> None:
    text = SENTENCES[script]
    pdf = pdf_of(script)
    assert missing(pdf, described(text, "y")) == ()
    assert change(text) != text
    assert "lines/0" in missing(pdf, described(change(text), "y"))
    assert "lines/1" in missing(pdf, described(text, text))


_pdfs: dict[str, bytes] = {}


def pdf_of(script: str) -> bytes:
    """A credit note with the whole sentence in its first row, drawn once."""
    if script not in _pdfs:
        _pdfs[script] = drawn(described(SENTENCES[script], "y"))
    return _pdfs[script]


@pytest.mark.parametrize("script", SCRIPTS)
def test_swapped_rows_and_amounts_are_found_among_rows_of_any_script(script: str) -> None:
    text = SENTENCES[script]
    facts = described(text[:70].strip(), text[70:140].strip())
    pdf = drawn(facts)
    assert missing(pdf, replace(facts, lines=facts.lines[::-1]))
    first, second = facts.lines
    rows = (replace(first, description=second.description), replace(second, description=first.description))
    assert "lines/0" in missing(pdf, replace(facts, lines=rows))


@pytest.mark.parametrize(
    "text",
    [
        "朐胊 朓脁 〜～",  # drawn with the same glyph
        "ﻻ لا ﷲ الله",  # a form that looks as letters do
        "efﬁcient office ﬀ",
        "(שלום 1) 25% [אב] «ג»",  # brackets turn round
        "مرحبا) 12.5 (ب",
        "ক্র ক্ৰ ৰ র",  # the same glyph below a letter
        "नि ि ा",  # a mark without its letter
        "กำ น้ำ ำ",
        "ம்மா ொ",
        "بسم ﷽ 1",
        "supercalifragilistic" * 6,
        "تجديد" * 30,
        "सॉफ्टवेयर" * 18,
        "ค่าบริการ" * 18,
        "कार्यक्षमतावृद्धिप्रबन्धन" * 6,
        "ശാസ്ത്രീയസാങ്കേതികവിദ്യ" * 7,
    ],
)
def test_odd_texts_are_read_back(text: str) -> None:
    facts = described(text, "y")
    pdf = drawn(facts)
    assert "lines/0" in missing(pdf, described(text[:-1].strip() + "x", "y"))


@pytest.mark.parametrize("text", ["ி" * 100, "a" + "ा" * 9, "ก" + "ิ" * 200, "ೋ" * 30])
def test_a_flood_of_marks_of_any_script_is_refused_before_a_number_is_taken(text: str) -> None:
    with pytest.raises(InvalidFacts) as raised:
        check("credit_note", described(text).to_json())
    assert [(fault.pointer, fault.code) for fault in raised.value.faults] == [
        ("/lines/0/description", "too_many_marks")
    ]


@pytest.mark.parametrize("text", ["ி" * 8, "กี่" * 20, "नि" * 100])
def test_as_many_marks_as_a_language_needs_pass(text: str) -> None:
    drawn(described(text))


def test_a_row_that_could_be_higher_than_a_page_is_refused_before_a_number_is_taken() -> None:
    most = max(n for n in range(1, 200) if passes("﷽ " * n))
    assert most > 60
    drawn(described("﷽ " * most))
    with pytest.raises(InvalidFacts) as raised:
        check("credit_note", described("x", "﷽ " * (most + 1)).to_json())
    assert [(fault.pointer, fault.code) for fault in raised.value.faults] == [("/lines/1/description", "too_high")]


def passes(text: str) -> bool:
    try:
        check("credit_note", described(text).to_json())
    except InvalidFacts:
        return False
    return True


@pytest.mark.parametrize("text", ["株" * 500, ("lorem ipsum dolor " * 30)[:500], "m" * 500, "सॉफ्टवेयर " * 50])
def test_the_longest_ordinary_description_fits_a_page(text: str) -> None:
    drawn(described(text.strip()))


words = st.sampled_from(SCRIPTS).flatmap(
    lambda script: st.lists(
        st.one_of(
            st.sampled_from(WORDS[script]),
            st.sampled_from(WORDS[script]).map(lambda word: f"({word})"),
            st.sampled_from(["Pro", "GmbH", "2026-11", "12.5%", "№7", "A/B", "+", "«x»", "v2.0,"]),
        ),
        min_size=1,
        max_size=20,
    ).map(" ".join)
)


@pytest.mark.timeout(180)
@settings(max_examples=12, deadline=None)
@given(st.lists(words, min_size=1, max_size=4))
def test_any_words_of_any_script_are_read_back(descriptions: list[str]) -> None:
    facts = check("credit_note", described(*(text[:500].strip() for text in descriptions)).to_json())
    assert read_back(render(compose(facts), identity(facts)), facts)
