"""The API is attacked by its own description: whatever comes, no fault of the server, and no answer undescribed."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from regard.web import Settings, make_app
from regard.web.api.declaring import ROOT

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="session")
def description(demo):
    """What the API says of itself."""
    app = make_app(demo, Settings(sign_in=False, hosts=("testserver", "localhost")))
    return schemathesis.openapi.from_asgi(f"{ROOT}/openapi.json", app)


HOW = settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def attacked(operation, mode):
    """Send requests to an operation, such as it allows or such as it forbids; returns how many."""
    sent = []

    @HOW
    @given(case=operation.as_strategy(generation_mode=mode))
    def attack(case):
        sent.append(case)
        case.validate_response(case.call(), checks=CHECKS)

    try:
        attack()
    except Unsatisfiable:  # nothing that is sent to it could be wrong
        assert mode is schemathesis.GenerationMode.NEGATIVE
    return len(sent)


def test_no_request_breaks_the_server(description):
    """Requests that the description allows, and such as it forbids, are answered as it says."""
    operations = [found.ok() for found in description.get_all_operations()]
    assert len(operations) >= 15
    for operation in operations:
        assert sum(attacked(operation, mode) for mode in schemathesis.GenerationMode) > 0, operation.label


HOSTILE = (
    "' or 1=1 --",
    "nps'; drop table metric; --",
    "${jndi:ldap://x}",
    "{{7*7}}",
    "../../etc/passwd",
    "%00",
    "\u0000",
    "\ud83d\ude00" * 3,
    "(" * 400,
    "not " * 120 + "channel = 'x'",
    "channel = 'x' and " * 30 + "channel = 'y'",
    "-" * 400 + "1 = 1",
    "9" * 400,
    "1e999 = 1",
    "if(" * 100,
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("field", ["where", "metric", "by", "from", "as_of", "set", "offset"])
def test_hostile_texts_are_refused_in_words(client, field, text):
    """Whatever stands in a parameter, the answer is a refusal that says why, or a number: never a fault."""
    given = {"metric": "nps", "grain": "all"} | {
        field: text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    }
    shown = client.get(f"{ROOT}/ask", params=given)
    assert shown.status_code in (200, 400, 422), shown.text
    if shown.status_code != 200:
        assert shown.json()["detail"]


@pytest.mark.parametrize("path", ["/metrics/%2e%2e%2f", "/metrics/%00", "/incidents/%ff", "/metrics/" + "a" * 5000])
def test_hostile_paths_are_refused_in_words(client, path):
    """A name in the address that is none is not found, or not of the shape of a name."""
    assert client.get(f"{ROOT}{path}").status_code in (400, 404, 422)
