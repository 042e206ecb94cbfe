"""What somebody sees who may see only some rows: every question carries their test, and what cannot is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from regard.errors import AccessError, QuestionError
from regard.expr import Call, conjuncts, names, parse
from regard.model import has_dimension

if TYPE_CHECKING:
    from collections.abc import Callable

    from regard.plan import Plan, Question


def planned(make: Callable[[Question], Plan], question: Question, scope: str) -> Plan:
    """Return the plan of a question within a scope, "" for all rows.

    Raises:
        QuestionError: the question cannot be answered, whoever asks.
        AccessError: it cannot be answered within the scope, since nobody can tell which rows are.
    """
    try:
        return allowed(make(scoped(question, scope)), scope)
    except QuestionError:
        make(question)  # raises what is wrong with the question itself
        asked = ", ".join(question.metrics)
        raise AccessError(f"{asked} cannot be limited to what you see; you see only rows with {scope}") from None


def scoped(question: Question, scope: str) -> Question:
    """Return a question that carries a scope, once; `scope` is a checked test on dimensions, "" for all rows."""
    if not scope:
        return question
    limit = parse(scope)
    own = conjuncts(limit)
    if conjuncts(question.where)[: len(own)] == own:
        return question
    where = limit if question.where is None else Call("and", (limit, question.where))
    told = f"{scope} and ({question.where_text})" if question.where_text else scope
    return replace(question, where=where, where_text=told)


def allowed(plan: Plan, scope: str) -> Plan:
    """Return a plan whose every row can be told to be within the scope or not.

    Raises:
        AccessError: it counts rows that lack a dimension of the scope; without a scope such a filter leaves them whole.
    """
    for name in sorted(names(parse(scope))) if scope else ():
        for measure in plan.measures.values():
            if not has_dimension(plan.tables[measure.rows.table], name, plan.dimensions):
                asked = ", ".join(plan.question.metrics)
                raise AccessError(f"{asked} counts rows that have no {name}; you see only rows with {scope}")
    return plan
