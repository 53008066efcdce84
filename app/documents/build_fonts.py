"""Make the bundled fonts from Debian's Noto packages: ``python -m app.documents.build_fonts``.

Needs ``fonts-noto-core`` and ``fonts-noto-cjk``; nothing else in the house reads a system font. The result is
committed under ``templates/fonts`` with its digests, so a build is needed only when a script is added. It stays under
8 MB in all.
"""

import hashlib
import logging
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

from app.documents.fonts import FONTS, SUMS

DEBIAN = Path("/usr/share/fonts")
CORE = DEBIAN / "truetype/noto"
CJK = DEBIAN / "opentype/noto"
LIMIT = 8 * 1024 * 1024  # bytes, all fonts together

# Blocks of the Latin, Greek and Cyrillic alphabets, punctuation, currency signs and letter-like signs.
ALPHABETS = (
    (0x0020, 0x007E),
    (0x00A0, 0x052F),
    (0x1AB0, 0x1AFF),
    (0x1D00, 0x1DBF),
    (0x1DC0, 0x1FFF),
    (0x2000, 0x206F),
    (0x2070, 0x218F),
    (0x2190, 0x22FF),
    (0x2C60, 0x2C7F),
    (0x2DE0, 0x2E42),
    (0xA640, 0xA69F),
    (0xA720, 0xA7FF),
    (0xAB30, 0xAB6F),
    (0xFB00, 0xFB06),
    (0xFE20, 0xFE2F),
    (0xFFFC, 0xFFFD),
)
SCRIPTS = (
    "Arabic",
    "Armenian",
    "Bengali",
    "Devanagari",
    "Georgian",
    "Gujarati",
    "Gurmukhi",
    "Hebrew",
    "Kannada",
    "Malayalam",
    "Tamil",
    "Telugu",
    "Thai",
)


@dataclass(frozen=True, slots=True)
class Cut:
    """One bundled font: the file it is cut from, which face of it, and the characters kept (none: all)."""

    target: str
    source: Path
    characters: frozenset[int] | None = None
    features: tuple[str, ...] = ("*",)
    dropped: tuple[str, ...] = ("DSIG", "MATH")


def cuts() -> Iterator[Cut]:
    """Every font of the bundle."""
    alphabets = frozenset(chain.from_iterable(range(a, b + 1) for a, b in ALPHABETS))
    features = ("kern", "mark", "mkmk", "ccmp", "locl", "liga", "tnum", "lnum", "sups")
    for weight in ("Regular", "Bold"):
        yield Cut(f"NotoSans-{weight}.ttf", CORE / f"NotoSans-{weight}.ttf", alphabets, features)
    for script in SCRIPTS:
        name = f"NotoSans{script}-Regular.ttf"
        yield Cut(name, CORE / name)
    # The Japanese face draws Chinese characters in their Japanese shapes; vertical metrics are not needed.
    for weight, characters in (("Regular", east_asian()), ("Bold", japanese())):
        yield Cut(
            f"NotoSansCJKjp-{weight}.otf",
            CJK / f"NotoSansCJK-{weight}.ttc",
            characters,
            ("ccmp", "ljmo", "vjmo", "tjmo"),
            ("BASE", "VORG", "vhea", "vmtx"),
        )


def japanese() -> frozenset[int]:
    """The characters of JIS X 0208 with the vendors' additions that stand in Japanese names, kana and wide forms."""
    # A space between two ideographs is taken from their font: without ASCII it would be a missing glyph.
    wide = set(range(0x20, 0x7F)) | {0xA0} | set(range(0x3000, 0x3100)) | set(range(0xFF01, 0xFFEF))
    return frozenset(wide.union(_letters("cp932", chain(range(0x81, 0xA0), range(0xE0, 0xFD)), range(0x40, 0xFD))))


def east_asian() -> frozenset[int]:
    """The characters of the national sets: JIS X 0213, GB 2312, Big5, KS X 1001."""
    rows = range(0xA1, 0xFF)
    trails = {"big5hkscs": range(0x40, 0xFF)}
    sets = ("euc_jisx0213", "gb2312", "big5hkscs", "euc_kr")
    return frozenset(japanese().union(*(_letters(name, rows, trails.get(name, rows)) for name in sets)))


def _letters(codec: str, leads: Iterable[int], trails: Iterable[int]) -> Iterator[int]:
    trails = tuple(trails)
    for lead in leads:
        for trail in trails:
            yield from map(ord, bytes((lead, trail)).decode(codec, errors="ignore"))


def build(cut: Cut) -> bytes:
    """Cut one font; the same source gives the same bytes."""
    font = TTFont(cut.source, fontNumber=0, recalcTimestamp=False, lazy=True)
    options = subset.Options(
        layout_features=list(cut.features),
        hinting=False,
        notdef_outline=True,
        name_IDs=["*"],
        name_languages=[0x409],
        drop_tables=list(cut.dropped),
    )
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=cut.characters if cut.characters is not None else font.getBestCmap())
    subsetter.subset(font)
    target = FONTS / cut.target
    font.save(target)
    return target.read_bytes()


def main() -> int:
    """Build every font and write the digests; exit 1 when the bundle is larger than it may be."""
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    sums, size = [], 0
    for cut in cuts():
        content = build(cut)
        size += len(content)
        sums.append(f"{hashlib.sha256(content).hexdigest()}  {cut.target}")
        sys.stdout.write(f"{len(content):>9}  {cut.target}\n")
    SUMS.write_text("\n".join(sums) + "\n", encoding="ascii")
    sys.stdout.write(f"{size:>9}  of {LIMIT}\n")
    return 0 if size <= LIMIT else 1


if __name__ == "__main__":
    raise SystemExit(main())
