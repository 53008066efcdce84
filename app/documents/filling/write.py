"""PDF syntax as bytes: numbers, strings, streams, a whole file, and the update that is appended to one."""

import hashlib
from collections.abc import Mapping, Sequence

HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"  # the second line says that the file is not text
_ESCAPES = {ord("("): "\\(", ord(")"): "\\)", ord("\\"): "\\\\"}


def number(value: float) -> bytes:
    """A coordinate or colour: four decimals at most, no exponent."""
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return b"0" if text == "-0" else text.encode("ascii")


def numbers(*values: float) -> bytes:
    return b" ".join(map(number, values))


def text_string(text: str) -> bytes:
    """A text string: readable where it is printable ASCII, otherwise UTF-16BE with its byte order mark."""
    return byte_string(text.encode("ascii")) if text.isascii() and text.isprintable() else utf16(text)


def byte_string(value: bytes) -> bytes:
    """A string of bytes: readable where they are printable ASCII, otherwise in hexadecimal."""
    if value.isascii() and (text := value.decode("ascii")).isprintable():
        return b"(" + text.translate(_ESCAPES).encode("ascii") + b")"
    return b"<" + value.hex().upper().encode("ascii") + b">"


def utf16(text: str) -> bytes:
    """A text string as UTF-16BE with its byte order mark, in hexadecimal."""
    return b"<FEFF" + text.encode("utf-16-be", "surrogatepass").hex().upper().encode("ascii") + b">"


def name(text: str) -> bytes:
    """A name with its slash; anything but letters, digits and a few signs is written as #xx."""
    plain = b"-_.+*@!"
    encoded = text.encode("utf-8")
    return b"/" + b"".join(
        bytes([byte]) if byte < 128 and (chr(byte).isalnum() or byte in plain) else b"#%02X" % byte for byte in encoded
    )


def reference(object_number: int) -> bytes:
    return b"%d 0 R" % object_number


def stream(head: bytes, content: bytes) -> bytes:
    """A stream object; ``head`` is its dictionary without /Length and the closing brackets."""
    return b"%b /Length %d >>\nstream\n%b\nendstream" % (head, len(content), content)


def whole(objects: Sequence[bytes], trailer: bytes) -> tuple[bytes, int]:
    """A file of the objects 1, 2, ... with a classic cross-reference table.

    Args:
        trailer: entries of the trailer besides /Size.
    Returns:
        The bytes, and where the cross-reference table begins.
    """
    parts = [HEADER]
    position = len(HEADER)
    entries = [b"0000000000 65535 f \n"]
    for index, body in enumerate(objects, start=1):
        entries.append(b"%010d 00000 n \n" % position)
        part = b"%d 0 obj\n%b\nendobj\n" % (index, body)
        parts.append(part)
        position += len(part)
    size = len(objects) + 1
    parts.append(b"xref\n0 %d\n" % size)
    parts += entries
    parts.append(b"trailer\n<< /Size %d %b >>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, position))
    return b"".join(parts), position


def update(
    objects: Mapping[int, bytes], *, at: int, size: int, previous: int, trailer: bytes, first_id: bytes
) -> bytes:
    """The bytes that, appended to a file, add or replace objects.

    The second half of /ID is a digest of what is appended, so the same update has the same bytes.

    Args:
        at: length of the file so far.
        size: /Size of the file so far.
        previous: where its last cross-reference table begins.
        trailer: entries of the new trailer besides /Size, /Prev and /ID.
    """
    parts = []
    table = [b"xref\n0 1\n0000000000 65535 f \n"]  # readers expect the first table entry to be that of object 0
    position = at
    run: list[bytes] = []
    first = last = -1
    for object_number in sorted(objects):
        part = b"%d 0 obj\n%b\nendobj\n" % (object_number, objects[object_number])
        if object_number != last + 1 or not run:
            if run:
                table.append(b"%d %d\n" % (first, len(run)))
                table += run
            first, run = object_number, []
        run.append(b"%010d 00000 n \n" % position)
        last = object_number
        parts.append(part)
        position += len(part)
    table.append(b"%d %d\n" % (first, len(run)))
    table += run
    body = b"".join(parts)
    second_id = hashlib.sha256(first_id + body).digest()[:16]
    table.append(
        b"trailer\n<< /Size %d /Prev %d %b /ID [<%b> <%b>] >>\nstartxref\n%d\n%%%%EOF\n"
        % (
            max(size, last + 1),
            previous,
            trailer,
            first_id.hex().encode("ascii"),
            second_id.hex().encode("ascii"),
            position,
        )
    )
    return body + b"".join(table)
