"""A filled form's metadata: the document's id, number and code, as the drawn documents carry them, and its dates.

``app/documents/identify.py`` finds the id in /Info, or in the XMP where a program rewrote the file without /Info.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from app.documents.filling.write import stream, text_string

_PRODUCER = "taxdesk"
_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/"\
 xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
{pdfa}<dc:format>application/pdf</dc:format>
<dc:identifier>{document_id}</dc:identifier>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{subject}</rdf:li></rdf:Alt></dc:description>
<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
<pdf:Producer>{producer}</pdf:Producer>
<xmp:CreateDate>{date}</xmp:CreateDate>
<xmp:ModifyDate>{date}</xmp:ModifyDate>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """What the file's metadata say. ``created`` is aware; nothing here is read from the clock."""

    title: str
    subject: str
    author: str
    created: datetime
    document_id: str
    number: str
    code: str

    def __post_init__(self) -> None:
        if self.created.tzinfo is None:
            raise ValueError("created must say its time zone")


def information(info: Info) -> bytes:
    """The /Info dictionary."""
    date = text_string(info.created.astimezone(UTC).strftime("D:%Y%m%d%H%M%S+00'00'"))
    return b"<< /Title %b /Subject %b /Author %b /Producer %b /CreationDate %b /ModDate %b %b >>" % (
        *map(text_string, (*map(_clean, (info.title, info.subject, info.author)), _PRODUCER)),
        *(date, date),
        b"/taxdeskdocument %b /taxdesknumber %b /taxdeskcode %b"
        % tuple(map(text_string, (info.document_id, info.number, info.code))),
    )


def xmp(info: Info, pdfa: int | None) -> bytes:
    """The metadata stream, which says the same; ``pdfa`` is the part of PDF/A that the blank keeps to.

    What we draw is not tagged, so the conformance claimed is the basic one, whatever the blank's was.
    """
    claim = f"<pdfaid:part>{pdfa}</pdfaid:part>\n<pdfaid:conformance>B</pdfaid:conformance>\n" if pdfa else ""
    text = _XMP.format(
        pdfa=claim,
        document_id=escape(_clean(info.document_id)),
        title=escape(_clean(info.title)),
        subject=escape(_clean(info.subject)),
        author=escape(_clean(info.author)),
        producer=_PRODUCER,
        date=info.created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00"),
    )
    return stream(b"<< /Type /Metadata /Subtype /XML", text.encode("utf-8"))


def _clean(text: str) -> str:
    """Without what XML cannot hold; the two places must say the same."""
    return "".join(letter for letter in text if letter.isprintable())
