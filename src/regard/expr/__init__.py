"""The metric language: its nodes, its grammar, its plain words, and the slow evaluator that decides what is true."""

from regard.expr.check import TESTS as TESTS, Types as Types, check as check
from regard.expr.evaluate import Scope as Scope, evaluate as evaluate, policy_name as policy_name
from regard.expr.lookup import JOINT as JOINT, Lookup as Lookup
from regard.expr.nodes import (
    CLOCKS as CLOCKS,
    MINUTE_US as MINUTE_US,
    UNITS_US as UNITS_US,
    Call as Call,
    Clock as Clock,
    Literal as Literal,
    Name as Name,
    Node as Node,
    Parameter as Parameter,
    Reference as Reference,
    Type as Type,
    conjuncts as conjuncts,
    names as names,
    parameters as parameters,
    rewrite as rewrite,
    walk as walk,
)
from regard.expr.parse import Level as Level, parse as parse
from regard.expr.show import duration as duration, show as show, words as words
