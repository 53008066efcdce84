"""What HTML says of a field by ``data-*``, because WeasyPrint cannot write it into a PDF form."""

import pytest

from app.documents.filling.extras import Extra, extras_of


def test_the_data_of_inputs_textareas_and_selects_are_read_by_name() -> None:
    html = """<form><input name="ein" maxlength="9" data-comb="9" data-label="Employer ID"><input name="plain">
        <textarea name="note" data-readonly data-align="center"></textarea>
        <select name="country" data-required><option data-align="right"></select><p data-comb="3"></form>"""
    assert extras_of(html) == {
        "ein": Extra(comb=9, label="Employer ID"),
        "note": Extra(align=1, read_only=True),
        "country": Extra(required=True),
    }


@pytest.mark.parametrize("attribute", ['data-comb="nine"', 'data-comb="0"', 'data-align="middle"', "data-readonli"])
def test_a_slip_in_a_template_is_named_and_not_passed_over(attribute: str) -> None:
    with pytest.raises(ValueError, match="field ein: data-"):
        extras_of(f'<input name="ein" {attribute}>')
