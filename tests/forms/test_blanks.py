"""The list of blanks: what ships is complete, and what breaks a rule is told with its line."""

import pytest

from forms.blanks import DATA, InvalidBlanks, load_blanks, revision_of, shipped_blanks

W9_AS_PUBLISHED = "2d420cbb4123dcf1fb82595b2359cfbb5d81f00b9df9d359fcc7af361d093f53"


def test_every_form_has_one_revision_in_force_with_a_published_copy() -> None:
    book = shipped_blanks()
    assert set(book.forms) == {"w9", "w8ben", "w8bene", "w8eci", "w8exp", "w8imy"}
    for form in book.forms:
        current = book.current(form)
        assert current is not None
        assert "as_published" in {copy.quality for copy in current.copies}
        assert current.address.startswith("https://www.irs.gov/pub/irs-pdf/")


def test_a_blank_is_known_by_its_digest_alone() -> None:
    book = shipped_blanks()
    found = book.of(W9_AS_PUBLISHED)
    assert found is not None
    blank, copy = found
    assert (blank.title, blank.file_name, copy.size) == ("W-9 (Rev. March 2024)", "fw9.pdf", 140815)
    assert blank.accepts(W9_AS_PUBLISHED) is copy
    assert book.of("0" * 64) is None
    assert blank.accepts("0" * 64) is None


def test_a_superseded_revision_is_known_and_nothing_of_it_is_accepted() -> None:
    old = shipped_blanks().revision("w8exp", "2017-07")
    assert old is not None
    assert (old.state, old.copies) == ("superseded", ())
    assert shipped_blanks().revision("w8exp", "2016-01") is None
    assert shipped_blanks().current("w4") is None


@pytest.mark.parametrize(
    ("printed", "revision"),
    [("Rev. March 2024", "2024-03"), ("Rev. December 1999", "1999-12"), ("Rev. 3-2024", None), ("March 2024", None)],
)
def test_printed_words_name_the_month(printed: str, revision: str | None) -> None:
    assert revision_of(printed) == revision


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("form: w9", "form: W-9", "blanks.yaml:10: form 'W-9' does not look like one"),
        ("    name: \"W-9\"\n", "", "name is missing"),
        ('revision: "2024-03"', 'revision: "2024-13"', "revision '2024-13' does not look like one"),
        ('"Rev. March 2024"', '"Rev. May 2024"', "'Rev. May 2024' is not how 2024-03 is printed"),
        ("state: superseded", "state: old", "state is current, superseded, not 'old'"),
        ("state: superseded", "state: current", "w8exp has 2 current revisions instead of one"),
        ('2017-07"\n        printed: "Rev. July 2017', '2024-07"\n        printed: "Rev. July 2024', "sorted by date"),
        ("https://www.irs.gov/pub/irs-pdf/fw9.pdf", "http://www.irs.gov/fw9.pdf", "address"),
        ("pages: 6", "pages: six", "pages is a whole number above zero, not 'six'"),
        ("bytes: 140815", "bytes: 0", "bytes is a whole number above zero"),
        ("quality: xfa_dropped", "quality: copied", "quality is as_published, xfa_dropped, not 'copied'"),
        ("confidence: medium", "confidence: sure", "confidence is high, medium, low, not 'sure'"),
        (W9_AS_PUBLISHED, W9_AS_PUBLISHED[1:], "sha256"),
        ("28d3e0c451b5e5822e0300c609282ba6b5886873035e4a7de013bbe1e9bdbd39", W9_AS_PUBLISHED, "appears twice"),
        ("  - form: w8ben\n", "  - form: w9\n", "w9 has 2 current revisions"),
        ("fields: 23", "felder: 23", "unknown key 'felder'"),
        ("        copies: []\n", "", "copies must be a list"),
        ("forms:\n", "forms: none\nx:\n", "forms must be a list that is not empty"),
    ],
)  # fmt: skip
def test_what_breaks_a_rule_is_told(before: str, after: str, said: str) -> None:
    content = DATA.read_text("utf-8")
    assert before in content
    with pytest.raises(InvalidBlanks) as raised:
        load_blanks("blanks.yaml", content.replace(before, after, 1).encode())
    assert said in str(raised.value)


def test_every_fault_is_told_at_once() -> None:
    content = DATA.read_text("utf-8").replace("pages: 6", "pages: six").replace("fields: 179", "fields: -1")
    with pytest.raises(InvalidBlanks) as raised:
        load_blanks("blanks.yaml", content.encode())
    assert [fault.detail.split()[0] for fault in raised.value.faults] == ["pages", "fields"]


@pytest.mark.parametrize("content", [b"", b"\xff", b"forms: [", b"- 1"])
def test_what_is_no_list_at_all_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidBlanks):
        load_blanks("blanks.yaml", content)
