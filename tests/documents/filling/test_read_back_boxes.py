"""Boxes as other forms have them are read back too: turned, framed, in radio groups, at several places, in lists."""

import itertools
from pathlib import Path
from typing import Any

import pytest

from app.documents.errors import ReadBackFailed
from app.documents.filling.compile import compile_blank
from app.documents.filling.fill import fill
from app.documents.filling.full_read_back import full_read_back
from app.documents.filling.read_back import read_back
from tests.documents.filling.made import INFO, blank, check, drawn, text

FRAME = "/MK<</BG[0.9]/BC[0 0 1]{}>>/BS<</W 1>>"


def turned(rotation: int) -> str:
    box = (50, 300, 250, 316) if rotation in (0, 180) else (300, 300, 316, 500)
    return text("a", *box, more=f"/MK<</R {rotation}>>")


KINDS: dict[str, tuple[tuple[str, ...], dict[str, str | bool]]] = {
    **{f"turned by {turn}": ((turned(turn),), {"a": "Beispiel"}) for turn in (0, 90, 180, 270)},
    **{f"aligned {q}": ((text("a", more=f"/Q {q}"),), {"a": "Beispiel"}) for q in (0, 1, 2)},
    "lines": ((text("a", 50, 600, 250, 700, more="/Ff 4096"),), {"a": "One\nTwo and some more words, " * 3}),
    "lines to the right": ((text("a", 50, 600, 250, 700, more="/Ff 4096/Q 2"),), {"a": "One\nTwo\nThree"}),
    "cells": ((text("a", more="/Ff 16777216/MaxLen 9"),), {"a": "123456"}),
    "cells from the right": ((text("a", more="/Ff 16777216/MaxLen 9/Q 2"),), {"a": "123456"}),
    "cells in a frame": ((text("a", more="/Ff 16777216/MaxLen 9" + FRAME.format("")),), {"a": "123456"}),
    "a frame": ((text("a", more=FRAME.format("")),), {"a": "Beispiel"}),
    "a framed box": ((check("a", more=""), text("b", more=FRAME.format(""))), {"a": True, "b": "x"}),
    "an automatic size": ((text("a", more="").replace("/Helv 10 Tf", "/Helv 0 Tf"),), {"a": "Beispiel"}),
    "a list": ((text("a", more="/Opt[[(DE)(Germany)][(FR)(France)]]/Ff 131072").replace("/Tx", "/Ch"),), {"a": "FR"}),
    "two places": ((text("a"), text("a", 50, 500, 250, 516)), {"a": "Beispiel"}),
    "small marks": ((text("a", 50, 700, 62, 708),), {"a": "X"}),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_fillable", [False, True])
def test_every_kind_of_box_is_read_back(kind: str, is_fillable: bool) -> None:
    widgets, values = KINDS[kind]
    compiled = compile_blank(blank(*widgets))
    filled = fill(compiled, values, info=INFO, fillable=is_fillable)
    for reader in (read_back, full_read_back):
        reader(filled.pdf, compiled, values, info=INFO, fillable=is_fillable)
        for name in values:
            less = {other: value for other, value in values.items() if other != name}
            with pytest.raises(ReadBackFailed):
                reader(filled.pdf, compiled, less, info=INFO, fillable=is_fillable)
            empty = fill(compiled, less, info=INFO, fillable=is_fillable).pdf
            with pytest.raises(ReadBackFailed) as missed:
                reader(empty, compiled, values, info=INFO, fillable=is_fillable)
            assert any(name in one for one in missed.value.missing)


FORM = """<html lang=en><head><title>Substitute</title><style>@page {{ size: letter }} input {{ border: 0.5pt solid }}
</style></head><body><form><p><label for=n>Name</label><input id=n name=name style="width: 200pt; appearance: auto">
<p><label for=c>Agreed</label><input type=checkbox id=c name=agreed style="appearance: auto">
<p><input type=radio name=kind value=one style="appearance: auto"><input type=radio name=kind value=two
 style="appearance: auto">{}</form></body></html>"""


@pytest.mark.parametrize("is_fillable", [False, True])
def test_a_blank_of_our_own_is_read_back(is_fillable: bool) -> None:
    compiled = compile_blank(drawn(FORM.format("<p>Words of the form")))
    radios = [widget.name for widget in compiled.widgets.values() if widget.radio]
    values: dict[str, str | bool] = {"name": "Łódź 東京", "agreed": True, radios[1]: True}
    filled = fill(compiled, values, info=INFO, fillable=is_fillable)
    for reader in (read_back, full_read_back):
        reader(filled.pdf, compiled, values, info=INFO, fillable=is_fillable)
        for changed in ({"agreed": False}, {radios[1]: False, radios[0]: True}, {"name": "Łódź"}):
            with pytest.raises(ReadBackFailed):
                reader(filled.pdf, compiled, {**values, **changed}, info=INFO, fillable=is_fillable)


def test_two_documents_of_one_blank_are_not_taken_for_each_other(irs_blanks: Path) -> None:
    compiled = compile_blank((irs_blanks / "fw8ben.pdf").read_bytes())
    names: list[Any] = [widget.name for widget in compiled.widgets.values() if widget.kind == "text"][:4]
    documents = {name: fill(compiled, {name: "12"}, info=INFO).pdf for name in names}
    for one, other in itertools.permutations(names, 2):
        with pytest.raises(ReadBackFailed) as failed:
            read_back(documents[one], compiled, {other: "12"}, info=INFO)
        assert other in failed.value.missing


@pytest.mark.parametrize("is_fillable", [False, True])
def test_what_the_blank_presets_is_expected_until_a_value_takes_its_place(is_fillable: bool) -> None:
    form = blank(text("a", more="/V(preset)"), check("b").replace("/AS/Off/V/Off", "/AS/On/V/On"))
    compiled = compile_blank(form)
    kept = fill(compiled, {}, info=INFO, fillable=is_fillable).pdf
    taken = fill(compiled, {"a": "", "b": False}, info=INFO, fillable=is_fillable).pdf
    for reader in (read_back, full_read_back):
        reader(kept, compiled, {}, info=INFO, fillable=is_fillable)
        reader(taken, compiled, {"a": "", "b": False}, info=INFO, fillable=is_fillable)
        with pytest.raises(ReadBackFailed):
            reader(taken, compiled, {}, info=INFO, fillable=is_fillable)
        with pytest.raises(ReadBackFailed):
            reader(kept, compiled, {"a": "", "b": False}, info=INFO, fillable=is_fillable)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_turned_page_is_read_back(rotation: int) -> None:
    compiled = compile_blank(blank(text("a"), page=f"/Rotate {rotation}"))
    filled = fill(compiled, {"a": "Beispiel"}, info=INFO)
    read_back(filled.pdf, compiled, {"a": "Beispiel"}, info=INFO)
    full_read_back(filled.pdf, compiled, {"a": "Beispiel"}, info=INFO)
