"""Making the sellers' forms ready to be filled: their blanks are drawn and compiled before the first request."""

from app.desk import Desk
from app.documents.tax_form import form_to_use
from app.services.issue_document import TAX_FORMS
from app.services.read_sellers import sellers_in_force


def prepare_forms(desk: Desk) -> dict[str, str]:
    """Seller to the blank its form is filled into, ``official`` or ``substitute``; sellers without a form are left out.

    Raises:
        DrawingFailed: see :func:`app.documents.tax_form.form_to_use`.
        OSError: the folder of forms cannot be written.
    """
    return {
        code: form_to_use(seller.tax_form.kind, seller.tax_form.revision, desk.settings.forms_dir).blank
        for code, seller in sellers_in_force(desk).items()
        if seller.tax_form and seller.tax_form.kind in TAX_FORMS
    }
