"""Copies of a blank that must be refused, made at test time from the real one: none is ever committed."""

import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, TextStringObject

NAME_FIELD = "topmostSubform[0].Page1[0].f1_01[0]"


def saved_anew(pdf: bytes, change: Callable[[PdfWriter], object] = lambda _: None) -> bytes:
    """A copy that a program opened, changed and wrote."""
    writer, target = PdfWriter(clone_from=PdfReader(BytesIO(pdf))), BytesIO()
    change(writer)
    writer.write(target)
    return target.getvalue()


def stamp_draft(writer: PdfWriter) -> None:
    """DRAFT in grey across page 1, as the authority marks what it publishes for comment."""
    page: Any = writer.pages[0]
    content = page.get_contents()
    stamped = DecodedStreamObject()
    words = b"q 0.8 g BT /TdStamp 60 Tf 1 0 0 1 80 400 Tm (DRAFT AS OF) Tj ET Q\n"
    stamped.set_data(words + b"q\n" + content.get_data() + b"\nQ")
    page[NameObject("/Contents")] = writer._add_object(stamped)
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica-Bold"}
    names = {NameObject(key): NameObject(value) for key, value in font.items()}
    page["/Resources"]["/Font"][NameObject("/TdStamp")] = DictionaryObject(names)


def comment_draft(writer: PdfWriter) -> None:
    """The same word as a comment on the page."""
    writer.add_annotation(0, FreeText(text="Draft as of May 5", rect=(50, 550, 200, 650)))


def flatten(writer: PdfWriter) -> None:
    """Fields printed into the page: there are none any more."""
    del writer.root_object["/AcroForm"]
    for page in writer.pages:
        page.pop(NameObject("/Annots"), None)


def lose_fields(writer: PdfWriter) -> None:
    """What Preview does: the tree keeps a few fields, the boxes stay on the page."""
    form: Any = writer.root_object["/AcroForm"]
    boxes = [box for box in writer.pages[0]["/Annots"] if "/T" in box.get_object()]  # type: ignore[attr-defined]
    form[NameObject("/Fields")] = ArrayObject(boxes[:5])


def fill_a_name(writer: PdfWriter) -> None:
    """A name typed into line 1."""
    writer.update_page_form_field_values(writer.pages[0], {NAME_FIELD: "Erika Mustermann"}, auto_regenerate=False)


def show_a_name(writer: PdfWriter) -> None:
    """A name that is drawn although the field says that it is empty."""
    fill_a_name(writer)
    for box in writer.pages[0]["/Annots"]:  # type: ignore[attr-defined]
        box.get_object().pop(NameObject("/V"), None)


def leave_a_tick(writer: PdfWriter) -> None:
    """A ticked box."""
    for each in writer.pages[0]["/Annots"]:  # type: ignore[attr-defined]
        box = each.get_object()
        if box.get("/FT") == "/Btn":
            state = next(name for name in box["/AP"]["/N"] if name != "/Off")
            box[NameObject("/AS")] = NameObject(state)
            return


def encrypt_for_users(writer: PdfWriter) -> None:
    """Nobody opens it without a password."""
    writer.encrypt("secret", algorithm="AES-256")


def encrypt_for_owners(writer: PdfWriter) -> None:
    """Everybody opens it, nobody may change it."""
    writer.encrypt("", "secret", algorithm="AES-256")


def many_pages(writer: PdfWriter) -> None:
    """More pages than any form has."""
    for _ in range(60):
        writer.add_blank_page(612, 792)


def xfa_only() -> bytes:
    """A form whose fields are in its XFA packet alone, behind a page that asks for another reader."""
    writer, target = PdfWriter(), BytesIO()
    page = writer.add_blank_page(612, 792)
    content, packet = DecodedStreamObject(), DecodedStreamObject()
    content.set_data(b"BT /F 12 Tf 1 0 0 1 72 700 Tm (Please wait...) Tj ET")
    packet.set_data(
        b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'><template><subform name='form1'/></template></xdp:xdp>"
    )
    font = DictionaryObject({NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1")})
    font[NameObject("/BaseFont")] = NameObject("/Helvetica")
    fonts = DictionaryObject({NameObject("/F"): font})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    page[NameObject("/Contents")] = writer._add_object(content)
    packets = ArrayObject([TextStringObject("template"), writer._add_object(packet)])
    form = DictionaryObject({NameObject("/Fields"): ArrayObject(), NameObject("/XFA"): packets})
    writer.root_object[NameObject("/AcroForm")] = form
    writer.write(target)
    return target.getvalue()


def built(*objects: bytes) -> bytes:
    """A well-formed file of numbered objects, the first one being the catalogue."""
    pdf, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(pdf))
        pdf += b"%d 0 obj%s endobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return pdf + end % (size, table, size, len(pdf))


def bomb() -> bytes:
    """A page whose content unpacks to 400 MB."""
    content = zlib.compress(b" " * 400_000_000, 9)
    stream = b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(content), content)
    font = b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R%s>>" % font
    return built(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page, stream)


def endless_fields() -> bytes:
    """A field that is its own kid."""
    form = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
    field = b"<</T(a)/FT/Tx/Kids[4 0 R 4 0 R]>>"
    return built(form, b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page, field)


def endless_pages() -> bytes:
    """A page tree that contains itself."""
    return built(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 9>>")
