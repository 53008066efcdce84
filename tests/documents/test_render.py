"""Drawing: the same bytes everywhere, only bundled fonts, no network, and hostile names are just names."""

import hashlib
import os
import subprocess
import sys
import textwrap
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from app.documents import fonts
from app.documents.check import check
from app.documents.errors import DrawingFailed, InvalidFacts
from app.documents.examples import CUSTOMER, EXAMPLES, credit_note, tax_id_evidence
from app.documents.facts import CreditNote, Facts
from app.documents.page import compose
from app.documents.render import draw, identity, render
from app.i18n import SHIPPED
from tests.documents.golden import pages_of

HOSTILE = [
    "<script>alert(1)</script>",
    "</style><style>*{display:none}</style>",
    "{{7*7}} {% for x in y %}",
    "${7*7} #{7*7}",
    '<link rel=attachment href="file:///etc/passwd">',
    '<img src="http://127.0.0.1:9/x.png">',
    "&amp; &lt;b&gt; &#x202e;",
    '"><svg onload=x>',
    "=cmd|' /C calc'!A0",
    "../../etc/passwd CON",
]
NAMES = [
    "Ωμέγα Α.Ε.",
    "ООО «Ромашка»",
    "Þórður Ðæ Ąžuolas Ğüneş Ỗắ",
    "株式会社﨑髙",
    "北京软件有限公司",
    "臺灣軟體股份有限公司",
    "주식회사 소프트웨어",
    "شركة البرمجيات المحدودة",
    "תוכנה בע״מ",
    "บริษัท ซอฟต์แวร์ จำกัด",
    "सॉफ्टवेयर प्राइवेट लिमिटेड",
    "মেঘনা সফটওয়্যার",
    "தமிழ் மென்பொருள்",
    "Հայկական ՍՊԸ",
    "საქართველო",
    "q̃ q̃uick ẍ́ efﬁcient",
    "i" * 300,
    "W" * 300,
]


def drawn(facts: Facts) -> bytes:
    return draw(facts.kind, facts.to_json()).pdf


def named(name: str) -> CreditNote:
    return replace(credit_note(), customer=replace(CUSTOMER, name=name))


def text_of(pdf: bytes) -> str:
    return "".join(box.text for page in pages_of(pdf) for box in page)


@pytest.mark.parametrize("language", SHIPPED)
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_drawn_and_read_back_in_every_language(name: str, language: str) -> None:
    facts = EXAMPLES[name](language)
    result = draw(facts.kind, facts.to_json())
    assert result.sha256 == hashlib.sha256(result.pdf).hexdigest()
    assert result.pages == len(PdfReader(BytesIO(result.pdf)).pages)


def test_the_same_facts_give_the_same_bytes_after_other_documents_were_drawn() -> None:
    first = drawn(credit_note("fr"))
    drawn(EXAMPLES["credit_note_japan"]("de"))
    assert drawn(credit_note("fr")) == first


def test_another_process_with_other_fonts_settings_and_hash_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    empty = tmp_path / "fonts.conf"
    empty.write_text("<fontconfig></fontconfig>", encoding="utf-8")
    program = """
        from app.documents.examples import EXAMPLES
        from app.documents.render import draw
        for name in ("credit_note", "credit_note_japan"):
            facts = EXAMPLES[name]("de")
            print(draw(facts.kind, facts.to_json()).sha256)
    """
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "FONTCONFIG_FILE": str(empty),
        "PYTHONHASHSEED": "4711",
        "TZ": "Pacific/Kiritimati",
        "LC_ALL": "C",
        "SOURCE_DATE_EPOCH": "1",
    }
    program = textwrap.dedent(program)
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    here = [draw(f.kind, f.to_json()).sha256 for f in (EXAMPLES[n]("de") for n in ("credit_note", "credit_note_japan"))]
    assert done.stdout.split() == here


def test_only_bundled_fonts_are_in_the_file() -> None:
    page: Any = PdfReader(BytesIO(drawn(EXAMPLES["credit_note_japan"]("en")))).pages[0]
    families = {str(font["/BaseFont"]).split("+")[1] for font in page["/Resources"]["/Font"].values()}
    assert families == {"Noto-Sans", "Noto-Sans-Bold", "Noto-Sans-CJK-JP"}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_printed_as_it_is_and_does_nothing(name: str) -> None:
    pdf = drawn(named(name))
    assert "".join(name.split()) in "".join(text_of(pdf).split())
    root: Any = PdfReader(BytesIO(pdf)).trailer["/Root"]
    assert "/EmbeddedFiles" not in root.get("/Names", {})
    assert "Credit note" in text_of(pdf)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_any_script_is_drawn_without_a_missing_glyph(name: str) -> None:
    assert text_of(drawn(named(name)))


def test_direction_overrides_and_invisible_letters_are_not_drawn() -> None:
    pdf = drawn(named("Acme\u202e GmbH\u200b \u2066Ltd\x07"))
    assert "Acme GmbH Ltd" in text_of(pdf)


def test_a_name_of_invisible_letters_alone_is_refused() -> None:
    with pytest.raises(InvalidFacts) as raised:
        drawn(named("\u202e\u200b"))
    assert [(f.pointer, f.code) for f in raised.value.faults] == [("/customer/name", "empty")]


def test_a_character_that_no_font_has_is_named_and_nothing_is_drawn() -> None:
    with pytest.raises(DrawingFailed) as raised:
        drawn(named("Café 🎉 GmbH 𓀀"))
    assert raised.value.code == "glyph_missing"
    assert raised.value.faults[0].pointer == "/customer/name"
    assert "U+1F389 PARTY POPPER" in raised.value.faults[0].detail
    assert "U+13000" in raised.value.faults[0].detail
    assert "Café" not in raised.value.faults[0].detail


def test_a_language_without_catalogue_is_refused() -> None:
    facts = credit_note()
    with pytest.raises(InvalidFacts) as raised:
        drawn(replace(facts, header=replace(facts.header, language="tlh")))
    assert raised.value.faults[0].code == "unsupported_language"


@pytest.mark.parametrize(
    ("language", "currency", "places", "total"),
    [
        ("en", "JPY", 0, "JPY\u00a0238"),
        ("de", "EUR", 2, "237,60\u00a0EUR"),
        ("fr", "KWD", 3, "237,600\u00a0KWD"),
        ("en", "BHD", 3, "BHD\u00a0237.600"),
    ],
)
def test_amounts_have_their_currency_and_its_decimals(language: str, currency: str, places: int, total: str) -> None:
    assert total in text_of(drawn(credit_note(language, currency=currency, places=places)))


def test_amounts_of_twelve_digits_stay_in_their_columns() -> None:
    facts = credit_note("fr", currency="KWD", places=3)
    factor = Decimal(10) ** 9
    line = facts.lines[0]
    line = replace(line, net=line.net * factor, tax=line.tax * factor, gross=line.gross * factor)
    total = replace(facts.tax_totals[0], net=line.net, tax=line.tax)
    totals = replace(facts.totals, net=line.net, tax=line.tax, gross=line.gross)
    refund = replace(facts.refund, amount=line.tax) if facts.refund else None
    facts = replace(facts, lines=(line,), tax_totals=(total,), totals=totals, offset_amount=line.net, refund=refund)
    boxes = [box for page in pages_of(drawn(facts)) for box in page]
    row = [
        next(b for b in boxes if b.text == t)
        for t in ("49\u202f000\u202f000\u202f000,000", "9\u202f800\u202f000\u202f000,000")
    ]
    assert row[0].right < row[1].left


def test_the_german_credit_note_is_never_called_gutschrift() -> None:
    text = text_of(drawn(credit_note("de")))
    assert "Rechnungskorrektur" in text
    assert "Gutschrift" not in text


def test_500_rows_are_drawn_each_once_and_no_row_is_split() -> None:
    result = draw("credit_note", credit_note(rows=500).to_json())
    references = Counter(box.text for page in pages_of(result.pdf) for box in page)
    assert references["CAD-PRO-1Y"] == 167
    assert 10 <= result.pages <= 40


def test_an_address_outside_the_bundle_stops_the_drawing() -> None:
    facts = check("credit_note", credit_note().to_json())
    for address in (
        "http://127.0.0.1:9/x",
        "file:///etc/passwd",
        "asset:../../pyproject.toml",
        "data:text/css,x",
        "asset:",
    ):
        html = compose(facts).replace("</head>", f'<link rel="stylesheet" href="{address}"></head>')
        with pytest.raises(DrawingFailed) as raised:
            render(html, identity(facts))
        assert raised.value.code == "resource_refused"


def test_the_file_is_archivable_tagged_and_names_its_document() -> None:
    facts = credit_note("fr")
    reader = PdfReader(BytesIO(drawn(facts)))
    root: Any = reader.trailer["/Root"]
    information: Any = reader.trailer["/Info"]
    xmp = root["/Metadata"].get_data().decode("utf-8")
    assert not reader.is_encrypted
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert root["/OutputIntents"][0]["/DestOutputProfile"].get_data()
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]["/K"]
    assert root["/Lang"] == "fr"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert 'part="3"' in xmp
    assert 'conformance="A"' in xmp
    assert f"<dc:identifier>{facts.header.document_id}</dc:identifier>" in xmp
    assert xmp.count("</rdf:RDF>") == 1
    assert information["/CreationDate"] == information["/ModDate"] == "D:20261122"
    assert information["/Title"] == "Facture d’avoir DE-CN-2026-000417"
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index, union-attr]
            descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
            assert {"/FontFile2", "/FontFile3"} & set(descriptor)
    assert reader.trailer["/ID"]


def test_number_code_and_id_stand_on_the_page() -> None:
    facts = tax_id_evidence()
    text = text_of(drawn(facts))
    for value in (facts.header.number, facts.header.code, facts.header.document_id, facts.header.verify_url):
        assert value in text


def test_the_readers_own_script_order_does_not_hide_a_missing_font() -> None:
    assert fonts.undrawable("Ab\u202f\u00a0\u00ad€") == ()
    assert fonts.undrawable(["a🎉", "🎉b"]) == ("🎉",)
