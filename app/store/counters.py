"""Gapless numbers: a counter row incremented in the transaction that issues."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.models.audit import CounterRow


@dataclass(frozen=True, slots=True)
class Number:
    """A number just taken, the text of it, and the date it bears."""

    value: int
    text: str
    issued_on: date


def next_number(session: Session, pattern: str, day: date) -> Number:
    """Take the next number of a series; see :func:`next_numbers`."""
    return next_numbers(session, pattern, day, 1)[0]


def next_numbers(session: Session, pattern: str, day: date, count: int) -> tuple[Number, ...]:
    """Take the next ``count`` (at least one) numbers of a series; they exist if and only if the transaction commits.

    Args:
        pattern: such as ``"DE-CN-{year}-{n:06d}"``; one counter a pattern and year. The row stays locked to the commit.
        day: the issue date; a later date already used in the series wins, so that dates never go back as numbers grow.
    """
    series = pattern.replace("{year}", f"{day.year:04d}")
    dialect_insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    statement = dialect_insert(CounterRow).values(series=series, value=count, last_date=day)
    statement = statement.on_conflict_do_update(
        index_elements=["series"], set_={"value": CounterRow.value + count}
    ).returning(CounterRow.value, CounterRow.last_date)
    last, last_date = session.execute(statement).one()
    issued_on = max(last_date, day)
    if issued_on != last_date:
        session.query(CounterRow).filter_by(series=series).update(
            {CounterRow.last_date: issued_on}, synchronize_session=False
        )
    values = range(last - count + 1, last + 1)
    return tuple(Number(value, pattern.format(year=day.year, n=value), issued_on) for value in values)
