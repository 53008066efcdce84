"""Facts to HTML: one sandboxed Jinja environment a language; templates read facts and catalogues and nothing else."""

from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from app.documents import labels, tax_labels
from app.documents.columns import columns_of, ledger_of, taxes_of
from app.documents.facts import Facts, RefundStatement, RowFacts
from app.documents.text import is_right_to_left
from app.i18n import Language, language

TEMPLATES = Path(__file__).parents[2] / "templates"


def compose(facts: Facts) -> str:
    """The HTML page of a document; every fact in it is escaped, none is interpreted."""
    environment = _environment(facts.header.language)
    template = environment.get_template(f"print/{facts.kind}.html")
    widths = _widths(facts, language(facts.header.language))
    return template.render(facts=facts, header=facts.header, currency=getattr(facts, "currency", ""), **widths)


def _widths(facts: Facts, words: Language) -> dict[str, Any]:
    """The columns of the tables that a kind of document has."""
    if isinstance(facts, RowFacts):
        return {"columns": columns_of(facts, words), "taxes_width": taxes_of(facts, words)}
    return {"ledger": ledger_of(facts, words)} if isinstance(facts, RefundStatement) else {}


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


def directed(text: str) -> str:
    """A text in its own direction, as ``dir="auto"`` does in a browser: the line around it keeps the page's."""
    return Markup('<bdi dir="rtl">{}</bdi>').format(text) if is_right_to_left(text) else text


def _filters(words: Language) -> dict[str, Any]:
    from jinja2 import pass_context

    @pass_context
    def amount(context: Any, value: Any) -> str:
        return words.amount(value, context["currency"])

    @pass_context
    def tax_total(context: Any, row: Any) -> str:
        return labels.tax_total(words, row, context["currency"])

    named = ("reason", "rate", "tax_id", "status", "offline", "arrival", "offset", "headings", "credited")
    sheet = ("registration", "place", "role", "form", "revision", "payment_terms", "further", "grouped")
    taxes = ("sale_title", "own_number", "preamble", "tax_type", "jurisdiction", "outcome", "taxability", "confidence")
    taxes += ("movement", "balance", "numbered")
    formats = ("number", "quantity", "percent", "date", "moment", "country")
    return (
        {"amount": amount, "tax_total": tax_total}
        | {name: partial(getattr(labels, name), words) for name in named + sheet}
        | {name: partial(getattr(tax_labels, name), words) for name in taxes}
        | {name: getattr(words, name) for name in formats}
        | {"owed": tax_labels.owed, "directed": directed}
    )
