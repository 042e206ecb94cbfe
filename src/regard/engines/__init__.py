"""Engines turn a plan into cells. Only here do drivers run SQL for a question; the oracle is one more engine."""

from regard.engines.duck import Duck as Duck
from regard.engines.oracle import Oracle as Oracle
