"""Answers as people hold them: a sequence that shows itself in a notebook and turns into a table, data or text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.errors import SetupError
from regard.plan import Answer
from regard.present import document, table, words

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from regard.model import Metric
    from regard.plan import AnswerCell


class Answers(tuple[Answer, ...]):
    """The answers to one question, one for each metric, in the order asked.

    Of a question about one metric, `metric` and `cells` are its definition and its numbers.
    """

    __slots__ = ()

    @property
    def cells(self) -> tuple[AnswerCell, ...]:
        """Every number, metric by metric."""
        return tuple(cell for answer in self for cell in answer.cells)

    @property
    def metric(self) -> Metric:
        """The definition that was used.

        Raises:
            ValueError: when the question was about several metrics.
        """
        (answer,) = self
        return answer.metric

    @property
    def sql(self) -> tuple[str, ...]:
        """The statements that were run, each once."""
        return tuple(dict.fromkeys(sql for answer in self for sql in answer.sql))

    def to_arrow(self) -> pa.Table:
        """Return one row for each number, with its period, dimensions, interval, target, change and context."""
        return document.to_arrow(self)

    def to_pandas(self) -> pd.DataFrame:
        """Return the same as a data frame.

        Raises:
            SetupError: when pandas is not installed.
        """
        try:
            import pandas as pd  # noqa: F401, PLC0415 - an extra: most never need it
        except ImportError:
            raise SetupError("pandas is not installed; get it with: pip install 'regard[pandas]'") from None
        frame: pd.DataFrame = self.to_arrow().to_pandas()
        return frame

    def to_csv(self) -> str:
        """Return the same as CSV that no spreadsheet will run."""
        return document.to_csv(self)

    def documents(self) -> list[dict[str, object]]:
        """Return the JSON documents that `regard ask --json` prints."""
        return [document.document(answer) for answer in self]

    def _repr_html_(self) -> str:
        return document.html(self)

    def __repr__(self) -> str:
        """Read as the sentences that sum each answer up."""
        return "\n".join(words.summary(answer, cell) for answer in self for cell in table.latest(answer))
