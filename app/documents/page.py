"""Facts to HTML: one sandboxed Jinja environment a language; templates read facts and catalogues and nothing else."""

from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from app.documents import labels
from app.documents.columns import columns_of
from app.documents.facts import CorrectedInvoice, CreditNote, Facts
from app.i18n import Language, language

TEMPLATES = Path(__file__).parents[2] / "templates"


def compose(facts: Facts) -> str:
    """The HTML page of a document; every fact in it is escaped, none is interpreted."""
    environment = _environment(facts.header.language)
    template = environment.get_template(f"print/{facts.kind}.html")
    taxed = isinstance(facts, CreditNote | CorrectedInvoice)
    columns = columns_of(facts, language(facts.header.language)) if taxed else None
    return template.render(facts=facts, header=facts.header, currency=getattr(facts, "currency", ""), columns=columns)


@lru_cache(maxsize=32)
def _environment(tag: str) -> ImmutableSandboxedEnvironment:
    words = language(tag)
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.install_gettext_translations(words.translations, newstyle=True)  # type: ignore[attr-defined]
    environment.filters |= _filters(words)
    environment.globals["page_now"] = Markup('<span class="page-now"></span>')
    environment.globals["page_all"] = Markup('<span class="page-all"></span>')
    return environment


def _filters(words: Language) -> dict[str, Any]:
    from jinja2 import pass_context

    @pass_context
    def amount(context: Any, value: Any) -> str:
        return words.amount(value, context["currency"])

    @pass_context
    def tax_total(context: Any, row: Any) -> str:
        return labels.tax_total(words, row, context["currency"])

    named = ("reason", "rate", "tax_id", "status", "offline", "arrival", "offset")
    sheet = ("registration", "place", "role", "form", "revision", "payment_terms", "further", "grouped")
    formats = ("number", "quantity", "percent", "date", "moment", "country")
    return (
        {"amount": amount, "tax_total": tax_total}
        | {name: partial(getattr(labels, name), words) for name in named + sheet}
        | {name: getattr(words, name) for name in formats}
    )
