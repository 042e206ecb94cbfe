"""Questions that would be misunderstood are refused, saying what could be asked."""

from __future__ import annotations

import pytest

from regard.errors import QuestionError
from tests.golden.company import MARCH, Company, nps


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A company with a hundred answers."""
    return Company(tmp_path_factory.mktemp("refusals")).has(survey=nps(60, 20, 20)).load()


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"options": {"K22": "never"}}, "every"),
        ({"options": {"K99": "x"}}, "K22"),
        ({"options": {"K40": "seed"}}, "has the choice K40"),
        ({"compare": "lastyear"}, "year"),
        ({"grain": "decade"}, "month"),
        ({"by": ["feature"]}, "response_seq has no such dimension"),
        ({"start": "2025-05-01"}, "no day is left"),
    ],
)
def test_what_cannot_be_meant_is_refused(asked, question, said):
    """An option that none of the metrics has, a wrong comparison or an empty stretch is told, never passed over."""
    with pytest.raises(QuestionError, match=said):
        asked.value("nps", **(MARCH | question))


def test_an_option_that_one_of_two_metrics_has_is_heard(asked):
    """A choice touches the metrics that have it and leaves the others alone."""
    assert asked.values("nps", "response_rate", options={"K22": "every"}, **MARCH)[0] == 40
