"""One font as PDF objects: a composite font whose character codes are the glyph numbers of the bundled file.

Glyph numbers are retained when the file is cut, and a CFF font gets the identity character set, so that code, CID and
glyph number are one number for every reader. (Without that poppler and PDFium draw nothing where MuPDF draws the text.)
"""

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import uharfbuzz as hb

from app.documents.filling.faces import Face

# What a reader of PDFs needs of a font file; shaping is done and characters are found before the file is embedded.
_KEPT = ("CFF ", "cmap", "glyf", "head", "hhea", "hmtx", "loca", "maxp")
_FLAGS = (
    hb.SubsetFlags.RETAIN_GIDS
    | hb.SubsetFlags.CFF_IDENTITY_CHARSET
    | hb.SubsetFlags.NO_HINTING
    | hb.SubsetFlags.NO_LAYOUT_CLOSURE
    | hb.SubsetFlags.NO_BIDI_CLOSURE
)
_SYMBOLIC = 4  # /Flags: the font has characters beyond the standard Latin set, PDF 32000-1 table 123
_BLOCK = 100  # a CMap section holds at most this many entries


@dataclass(frozen=True, slots=True)
class EmbeddedFont:
    """A font ready to be written; ``resource`` is its name in a ``/Font`` resource dictionary, without slash."""

    resource: str
    name: str
    face: Face
    program: bytes  # the cut file, deflated
    length: int  # of the cut file, bytes
    widths: bytes
    to_unicode: bytes  # deflated

    def objects(self, first: int) -> tuple[bytes, ...]:
        """The bodies of the objects ``first``, ``first + 1`` ...; the font itself is the first of them.

        Each is what stands between ``obj`` and ``endobj``.
        """
        name, face = self.name.encode("ascii"), self.face
        kind, key = (b"CIDFontType0", b"FontFile3") if face.is_cff else (b"CIDFontType2", b"FontFile2")
        program = b"/Subtype/OpenType" if face.is_cff else b"/Length1 %d" % self.length
        return (
            b"<</Type/Font/Subtype/Type0/BaseFont/%b/Encoding/Identity-H/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>"
            % (name, first + 1, first + 4),
            b"<</Type/Font/Subtype/%b/BaseFont/%b/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
            b"/FontDescriptor %d 0 R%b/DW 1000/W[%b]>>"
            % (kind, name, first + 2, b"" if face.is_cff else b"/CIDToGIDMap/Identity", self.widths),
            b"<</Type/FontDescriptor/FontName/%b/Flags %d/FontBBox[%d %d %d %d]/ItalicAngle 0/Ascent %d/Descent %d"
            b"/CapHeight %d/XHeight %d/StemV 80/%b %d 0 R>>"
            % (name, _SYMBOLIC, *face.box, face.ascent, face.descent, face.cap_height, face.x_height, key, first + 3),
            _stream(program, self.program),
            _stream(b"", self.to_unicode),
        )


def _stream(entries: bytes, deflated: bytes) -> bytes:
    return b"<<%b/Filter/FlateDecode/Length %d>>stream\n%b\nendstream" % (entries, len(deflated), deflated)


def embed(resource: str, face: Face, texts: Mapping[int, str]) -> EmbeddedFont:
    """Cut ``face`` down to the glyphs of ``texts`` (glyph number to the text it stands for); same input, same bytes."""
    return _embed(resource, face, tuple(sorted(texts.items())))


@lru_cache(maxsize=64)
def _embed(resource: str, face: Face, texts: tuple[tuple[int, str], ...]) -> EmbeddedFont:
    glyphs = [glyph for glyph, _ in texts]
    cut = hb.SubsetInput()
    cut.flags = _FLAGS
    cut.glyph_set.update(glyphs)
    cut.drop_table_tag_set.update(int.from_bytes(tag.encode(), "big") for tag in face.tables if tag not in _KEPT)
    program: bytes = hb.subset(face.preprocessed, cut).blob.data
    return EmbeddedFont(
        resource=resource,
        name=f"{_tag(program)}+{face.name}",
        face=face,
        program=zlib.compress(program, 9),
        length=len(program),
        widths=_widths(face, glyphs),
        to_unicode=zlib.compress(_to_unicode(texts), 9),
    )


def _tag(program: bytes) -> str:
    """Six letters that say "a subset", PDF 32000-1 section 9.6.4, taken from the bytes so that they never collide."""
    number = int.from_bytes(hashlib.sha256(program).digest()[:8], "big")
    return "".join(chr(65 + number // 26**place % 26) for place in range(6))


def _widths(face: Face, glyphs: Iterable[int]) -> bytes:
    """The /W array's contents, thousandths of the size: glyph numbers that follow each other share one list."""
    runs: list[list[int]] = []
    for glyph in glyphs:
        if runs and glyph == runs[-1][-1] + 1:
            runs[-1].append(glyph)
        else:
            runs.append([glyph])
    return "".join(f"{run[0]}[{' '.join(str(face.advance(glyph)) for glyph in run)}]" for run in runs).encode("ascii")


def _to_unicode(texts: tuple[tuple[int, str], ...]) -> bytes:
    return "\n".join(_cmap_lines(texts)).encode("ascii")


def _cmap_lines(texts: tuple[tuple[int, str], ...]) -> Iterator[str]:
    yield "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap"
    yield "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def"
    yield "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def"
    yield "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange"
    for start in range(0, len(texts), _BLOCK):
        block = texts[start : start + _BLOCK]
        yield f"{len(block)} beginbfchar"
        yield from (f"<{glyph:04X}> <{text.encode('utf-16-be').hex().upper()}>" for glyph, text in block)
        yield "endbfchar"
    yield "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
