"""What people bring in their first hour: plain surveys, orders without amounts, outages by day, JSON, cover sheets.

Headers are those of tools and public data sets that were met; rows are made up. Expected values are worked out by hand.
"""

from __future__ import annotations

import io
import json
import re

import openpyxl
import pytest

from regard.errors import SourceError
from regard.model import moment
from regard.sources.arrival import arrive, currency

SECONDS = 1_000_000


@pytest.fixture
def arrived(place):
    """Return a function that lets one file arrive and loads it; nothing is written by hand."""

    def come(name: str, text: str | bytes):
        path = place.write(f"data/{name}", text)
        [found] = arrive([path], place.root, place.tables)
        place.mapping(found.text, found.name)
        assert place.mistakes() == []
        return found, place.load()

    return come


# -- surveys -----------------------------------------------------------------------------------------------------------


def test_the_plainest_survey_loads(arrived, place):
    """An answer a row, with a number of its own and a score: no survey with its questions across."""
    found, report = arrived(
        "answers.csv",
        "response_id,date,customer_id,score,agent_id,feedback\n"
        "1,2026-04-07,C1,5,A1,fine\n2,2026-04-07,C2,3,A2,slow\n3,2026-04-08,C3,1,A1,no\n",
    )
    assert found.draft.recogniser.name == "survey_single"
    assert (report.refused, place.column("response", "score")) == (0, [5.0, 3.0, 1.0])
    assert place.column("response", "source_party") == ["C1", "C2", "C3"]
    assert place.column("response", "text") == ["fine", "slow", "no"]


def test_a_scale_in_a_header_and_two_ways_to_write_a_day(arrived, place):
    """`score_0_10` is the scale though no 0 occurs; the file's name says what it measures; 10/01 is read day first."""
    found, _ = arrived(
        "nps_responses.csv",
        "response_id,survey_date,respondent_email,score_0_10\n"
        "a,2026-03-29,x@x.example,8\nb,15/11/2025,y@x.example,6\nc,10/01/2026,z@x.example,10\n"
        "d,2026-03-01,w@x.example,3\n",
    )
    rows = place.rows("response")
    assert {(one["question_kind"], one["scale_min"], one["scale_max"]) for one in rows} == {("nps", 0.0, 10.0)}
    assert [f"{moment(one['answered_at']):%m-%d}" for one in rows] == ["03-29", "11-15", "01-10", "03-01"]
    assert rows[0]["source_party"] == "x@x.example"
    assert {one["survey_id"] for one in rows} == {"survey"}  # the day of an answer is no name of a survey
    assert "guessed: by its name" in found.text


def test_questions_across_without_a_number_of_the_answer(arrived, place):
    """A survey is told by a rating in a header; whose row it is tells rows apart."""
    found, _ = arrived(
        "pricing.csv",
        "customer_id,survey_date,max_rush,price_score,satisfaction_pricing\n"
        "C1,2026-10-15,400,3,3\nC2,2026-09-20,250,2,5\nC3,2026-08-30,700,4,4\nC4,2026-11-05,150,1,2\nC5,2026-11-06,15,5,1\n",
    )
    assert found.draft.recogniser.name == "survey_questions"
    asked = {(one["question_id"], one["question_kind"]) for one in place.rows("response")}
    assert asked == {("price_score", "driver"), ("satisfaction_pricing", "csat")}


def test_a_column_that_is_called_as_ours_is_told_apart(arrived, place):
    """A file with a column `score` among its questions: what unpivoting makes of them has another name."""
    rows = "".join(f"{i},2026-01-05,{1 + i % 5},{5 - i % 5}\n" for i in range(10))
    found, report = arrived("s.csv", "submission id,submitted,score,effort score\n" + rows)
    assert "to: answer\n" in found.text
    assert (report.sources[0].loaded["response"], report.refused) == (20, 0)
    assert sorted(place.column("response", "score")) == sorted([1.0, 2.0, 3.0, 4.0, 5.0] * 4)


@pytest.mark.parametrize(
    ("cells", "scores", "ends"),
    [
        (["5 - Very satisfied", "3 - Neutral", "1 - Very dissatisfied", "N/A"], [5, 3, 1, None], (1, 5)),
        (["5/5", "3/5", "1/5", "4/5"], [5, 3, 1, 4], (1, 5)),
        (["9/10", "3/10", "0/10", "10/10"], [9, 3, 0, 10], (0, 10)),
        (["Good (4)", "Bad (2)", "Good (4)", "Fine (7)"], [4, 2, 4, 7], (1, 7)),
        (
            ["\u2605\u2605\u2605\u2605\u2606", "\u2605\u2606\u2606\u2606\u2606", "\u2605\u2605\u2605\u2605\u2605", ""],
            [4, 1, 5, None],
            (1, 5),
        ),
        (["Very satisfied", "satisfied", "Neutral", "Strongly disagree"], [5, 4, 3, 1], (1, 5)),
    ],
)
def test_ratings_in_words(arrived, place, cells, scores, ends):
    """A text that says a number, or a word of a scale, is a rating, in one column as across; the guess is marked."""
    rows = "".join(f"{i},2026-01-05,{cell}\n" for i, cell in enumerate(cells))
    found, report = arrived("one.csv", "response id,submitted,rating\n" + rows)
    assert (report.refused, place.column("response", "score")) == (0, scores)
    assert (place.column("response", "scale_min")[0], place.column("response", "scale_max")[0]) == ends
    assert "guessed: what number each text stands for" in found.text
    (place.root / "sources" / "one.yaml").unlink()
    asked = "How satisfied are you with us?"
    found, report = arrived(
        "across.csv",
        f"response id,submitted,{asked},comment\n" + re.sub(r"^(.*)$", r"x\1,no", rows.strip(), flags=re.MULTILINE),
    )
    assert found.draft.recogniser.name == "survey_questions"
    assert (report.refused, place.column("response", "score")[-4:]) == (0, scores)


def test_words_and_numbers_across_are_each_on_their_scale(arrived, place):
    """An online form: one question in words, one from 0 to 10 by its header."""
    kinds = ["Very satisfied", "Neutral", "Very dissatisfied", "Satisfied", "Dissatisfied"]
    rows = "".join(f"3/{13 + i}/2026 10:0{i}:00,c{i}@x.example,{kinds[i]},{2 * i}\n" for i in range(5))
    head = "Timestamp,Email Address,How satisfied are you with our service?,Would you recommend us? (0-10)\n"
    _, report = arrived("form.csv", head + rows)
    assert report.refused == 0
    found = place.rows("response")
    assert [one["score"] for one in found if one["question_kind"] == "csat"] == [5.0, 3.0, 1.0, 4.0, 2.0]
    assert [one["score"] for one in found if one["question_kind"] == "nps"] == [0.0, 2.0, 4.0, 6.0, 8.0]
    assert {(one["question_kind"], one["scale_max"]) for one in found} == {("csat", 5.0), ("nps", 10.0)}


def test_means_of_several_answers_are_no_answers(place):
    """4.45 is no answer of anybody: no share is made of it, and why stands above the mapping."""
    path = place.write(
        "data/accounts.csv",
        "account_id,open_tickets,csat_score\n" + "".join(f"A{i},0,{3.45 + i / 7:.2f}\n" for i in range(8)),
    )
    [found] = arrive([path], place.root, place.tables)
    assert found.draft.tables == []
    assert "means of several answers, and no answers" in found.text


def test_halves_are_answers(arrived, place):
    """3.5 stars of 5 is an answer."""
    arrived("stars.csv", "id,submitted,stars\n1,2026-01-05,3.5\n2,2026-01-05,4.5\n3,2026-01-05,1\n4,2026-01-05,2\n")
    assert place.column("response", "score") == [3.5, 4.5, 1.0, 2.0]
    assert place.column("response", "scale_max") == [5.0] * 4


def test_a_rating_of_tickets_that_do_not_say_when_they_were_opened(arrived, place):
    """Support cases need an opening; where there is none, the answers of the customers are loaded all the same."""
    found, _ = arrived(
        "customer_support_tickets.csv",
        "Ticket ID,Customer Email,Date of Purchase,Ticket Status,First Response Time,Time to Resolution,"
        "Customer Satisfaction Rating\n"
        "1,a@x.example,2021-03-22,Closed,2023-06-01 11:14:38,2023-06-01 18:05:38,4.0\n"
        "2,b@x.example,2021-05-22,Closed,2023-06-01 12:14:38,2023-06-02 01:57:40,2.0\n"
        "3,c@x.example,2020-07-14,Open,,,\n"
        "4,d@x.example,2020-07-15,Closed,2023-06-01 01:00:00,2023-06-01 02:00:00,5.0\n",
    )
    assert place.column("response", "score") == [4.0, 2.0, None, 5.0]
    assert f"{moment(place.rows('response')[0]['answered_at']):%H:%M}" == "18:05"
    assert "no column says when it was answered" in found.text


def test_a_help_desk_that_asks_good_or_bad(arrived, place):
    """Good and bad are the ends of a scale; what was only offered is no answer."""
    arrived(
        "tickets.csv",
        "Id,Requester email,Created at,Solved at,Status,Satisfaction Score,First reply time in minutes\n"
        "1,a@x.example,2026-03-01 10:00:00,2026-03-01 12:00:00,Solved,Good,3\n"
        "2,b@x.example,2026-03-02 10:00:00,2026-03-02 12:00:00,Solved,Bad,6\n"
        "3,c@x.example,2026-03-03 10:00:00,2026-03-03 12:00:00,Solved,Offered,9\n",
    )
    assert place.column("response", "score") == [5.0, 1.0]
    assert len(place.rows("case")) == 3


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (["03:17.4", "27:43.2", "59:57.5"], "a sheet showed minutes and seconds"),
        (["3 hours ago", "yesterday", "2 days ago"], "nobody can tell from when that counts"),
    ],
)
def test_times_of_which_only_a_part_is_left_are_told(arrived, place, cells, why):
    """What cannot be a first response is not guessed: why not, and what to do, stands above the mapping."""
    rows = "".join(f"{i},a@x.example,2026-03-0{i} 10:00,{cell},Open\n" for i, cell in enumerate(cells, 1))
    head = "Ticket ID,Email,Created,First response,Status\n"
    path = place.write("data/cut.csv", head.replace("Status", "Resolved") + rows.replace("Open", "2026-03-09 10:00"))
    [found] = arrive([path], place.root, place.tables)
    assert "first_human_reply_at" not in [line.name for line in found.draft.tables[0].columns]
    assert why in found.text


# -- support cases -----------------------------------------------------------------------------------------------------


def test_a_day_of_closing_lies_after_a_time_of_opening(arrived, place):
    """Opened at ten, closed that day: at its first moment it would be closed before it was opened, and turned away."""
    found, report = arrived(
        "closed.csv",
        "Ticket ID,Email,Created,Resolved,Status\n1,a@x.example,2026-03-01 10:00,2026-03-01,Closed\n"
        "2,b@x.example,2026-03-02 11:00,2026-03-04,Closed\n",
    )
    assert report.refused == 0
    assert [f"{moment(at):%d %H:%M:%S}" for at in place.column("case", "resolved_at")] == ["01 23:59:59", "04 23:59:59"]
    assert "guessed: its day has no time, so its end is taken" in found.text
    assert f"{found.draft.last:%Y-%m-%d}" == "2026-03-04"


def test_days_of_opening_and_closing_beside_a_length_of_time(arrived, place):
    """Hours that were worked are counted from the day of opening, and the day of closing ends after them."""
    _, report = arrived(
        "tickets.csv",
        "ticket_id,opened_date,closed_date,status,resolution_time_hours,satisfaction_score\n"
        "1001,2026-09-01,2026-09-01,Closed,1,5\n1002,2026-09-01,2026-09-02,Closed,6,4\n1003,2026-09-02,2026-09-02,Closed,3,2\n",
    )
    assert report.refused == 0
    lasted = [(one["resolved_at"] - one["opened_at"]) / 3600 / SECONDS for one in place.rows("case")]
    assert lasted == [1, 6, 3]
    assert place.column("response", "score") == [5.0, 4.0, 2.0]


def test_an_impact_of_one_to_three_is_no_number_of_customers(arrived, place):
    """A tracker codes urgency, impact and state: its records are cases, and no minutes are made of a code."""
    found, report = arrived(
        "records.csv",
        "number,caller_id,category,urgency,impact,priority,state,assignment_group,opened_at,resolved_at,closed_at\n"
        "INC1,Ann,Network,1,2,2,2,Desk,2026-01-02 09:00:00,,\n"
        "INC2,Ben,Network,2,3,3,6,Desk,2026-01-02 11:30:00,2026-01-02 12:00:00,2026-01-02 12:30:00\n",
    )
    assert [table.table for table in found.draft.tables] == ["case"]
    assert (report.refused, place.column("case", "status")) == (0, ["open", "resolved"])
    other, _ = arrived(
        "incidents.csv",
        "id,title,impact,started,resolved\n1,API,2,2026-01-02 09:00,2026-01-02 10:00\n"
        "2,Web,3,2026-01-03 09:00,2026-01-03 10:00\n",
    )
    assert [table.table for table in other.draft.tables] == ["incident"]


# -- orders ------------------------------------------------------------------------------------------------------------


def test_a_shop_that_knows_its_customers_by_telephone(arrived, place):
    """Cash on delivery: no address of mail, so the telephone tells customers apart; the file says its currency."""
    head = "Name,Email,Financial Status,Currency,Subtotal,Created at,Lineitem quantity,Lineitem name,Phone\n"
    found, _ = arrived(
        "orders_export_1.csv",
        head + "#1,,pending,BDT,1400.00,2026-04-05 21:06:21 +0400,1,Cider,+880 1790-1\n"
        "#1,,,,,2026-04-05 21:06:21 +0400,1,Scent,+880 1790-1\n"
        "#2,,pending,BDT,600.00,2026-04-06 21:06:21 +0400,1,Cider,+88017902\n"
        "#3,,pending,BDT,600.00,2026-04-07 21:06:21 +0400,1,Cider,+88017901\n",
    )
    assert place.column("order", "source_party") == ["88017901", "88017902", "88017901"]
    assert place.column("order", "net") == [1400.0, 600.0, 600.0]
    assert currency([found.draft], place.tables).value == "BDT"


def test_orders_without_amounts_tell_who_came_back(arrived, place):
    """Who ordered and when is enough for a rate of repeats; an address in capitals is the same customer."""
    found, report = arrived(
        "orders.csv",
        "Customer Email,Order Date,Products\na@x.example,2026-10-08T16:15:14,Red\n"
        'A@X.EXAMPLE,2026-10-09T16:15:14,"White, Red"\nb@x.example,2026-10-08T10:15:14,Red\n',
    )
    assert found.draft.recogniser.name == "orders_without_amounts"
    assert report.refused == 0
    parties = place.column("order", "party_id")
    assert len(set(parties)) == 2
    assert "and not what they spend" in found.text


@pytest.mark.parametrize(
    "head",
    [
        "Bestellnummer;Kunden-E-Mail;Bestelldatum;Gesamtbetrag",
        "N\u00famero de pedido;Correo;Fecha del pedido;Importe",
        "Num\u00e9ro de commande;Courriel;Date de commande;Montant",
    ],
)
def test_headers_of_other_languages(arrived, place, head):
    """What orders are called in German, Spanish or French is known, with accents and in the encoding of Windows."""
    rows = "".join(f"{i};c{i % 2}@x.example;0{i}.03.2026;1.204,50 \u20ac\n" for i in range(1, 5))
    found, _ = arrived("export.csv", f"{head}\n{rows}".encode("cp1252"))
    assert place.column("order", "net") == [1204.5] * 4
    assert place.column("order", "source_party") == ["c1@x.example", "c0@x.example"] * 2
    assert currency([found.draft], place.tables).value == "EUR"


# -- incidents ---------------------------------------------------------------------------------------------------------


def test_outages_by_day_without_numbers_of_their_own(arrived, place):
    """A day, how long and how many customers: minutes are 45 x 1200 + 30 x 800 + 60 x 1500 + 20 x 600."""
    found, _ = arrived(
        "outages.csv",
        "Date,Region,Outage_Duration_Minutes,Customers_Affected\n"
        "2026-01-15,North,45,1200\n2026-01-20,South,30,800\n2026-02-10,North,60,1500\n2026-02-18,South,20,600\n",
    )
    lost = sum(one["n_parties"] * (one["end_at"] - one["start_at"]) / 60 / SECONDS for one in place.rows("impact"))
    assert lost == 180_000
    assert sorted(place.column("impact", "region")) == ["North", "North", "South", "South"]
    assert found.draft.profile.key == ("Date", "Region")


def test_a_register_of_outages_that_does_not_always_know_how_many(arrived, place):
    """Nobody affected and nobody known are no loss, and no mistake: 12,000 x 129 and 1,200 x 290 minutes are left."""
    _, report = arrived(
        "power.csv",
        ",Respondent,Geographic Areas,State,Number of Customers Affected,Outage Start,Outage End\n"
        "295,City,North,NC ,12000.0,2026-12-31 14:21:00,2026-12-31 16:30:00\n"
        "296,Town,South,NC ,1200.0,2026-12-26 14:50:00,2026-12-26 19:40:00\n"
        "297,Port,West,WA ,0.0,2026-12-17 06:55:00,2026-12-17 07:00:00\n"
        "298,Water,East,CA CA ,,2026-12-06 21:18:00,2026-12-06 21:31:00\n"
        "299,Coast,East,DE ,500.0,2026-12-05 21:18:00,2026-12-05 21:18:00\n",
    )
    assert (report.refused, len(place.rows("incident"))) == (0, 5)
    lost = sum(one["n_parties"] * (one["end_at"] - one["start_at"]) / 60 / SECONDS for one in place.rows("impact"))
    assert lost == 12_000 * 129 + 1_200 * 290


def test_the_document_of_a_status_page(arrived, place):
    """One object around a list of incidents; all customers are affected once it is known how many there are."""
    told = {
        "id": "i1", "name": "API", "impact": "major", "created_at": "2026-03-01T10:05:00Z",
        "started_at": "2026-03-01T10:00:00Z", "resolved_at": "2026-03-01T11:00:00Z",
        "incident_updates": [{"body": "x"}],
    }  # fmt: skip
    planned = told | {"id": "i2", "impact": "maintenance"}
    found, _ = arrived("incidents.json", json.dumps({"page": {"id": "p"}, "incidents": [told, planned]}, indent=2))
    assert found.draft.profile.read.options == {"each": "incidents"}
    assert [(row["incident_id"], row.get("planned", False)) for row in place.rows("incident")] == [
        ("i1", False), ("i2", True),
    ]  # fmt: skip
    assert place.rows("impact") == []
    assert "minutes lost are unknown" in found.text
    customers = place.write("data/customers.csv", "customer_id,customer_unique_id,customer_state\nc1,ann,SP\n")
    both = arrive([place.root / "data" / "incidents.json", customers], place.root, place.tables)
    for one in both:
        place.mapping(one.text, one.name)
    assert place.mistakes() == []
    place.load()
    [lost] = place.rows("impact")
    assert (lost["share"], lost["kind"], lost["end_at"] - lost["start_at"]) == (1.0, "outage", 3600 * SECONDS)


# -- how files are written ---------------------------------------------------------------------------------------------


def orders(count: int = 4) -> list[dict[str, object]]:
    """Return orders as an interface gives them: what belongs together stands in one another."""
    return [
        {
            "id": number,
            "customer": {"contact": {"email": f"c{number % 2}@x.example"}},
            "times": {"created": {"at": f"2026-03-0{number}T10:00:00Z"}},
            "amounts": {"total": {"value": 10.5, "currency": "EUR"}},
        }
        for number in range(1, count + 1)
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", "\n".join(json.dumps(one) for one in orders())),
        ("a.json", "\n".join(json.dumps(one) for one in orders())),
        ("a.json", json.dumps(orders())),
        ("a.json", json.dumps(orders(), indent=2)),
    ],
)
def test_json_as_lines_and_as_one_list(arrived, place, name, text):
    """Values three deep are found by the last of their names; a list of objects is read like lines of them."""
    found, report = arrived(name, text)
    assert (found.draft.recogniser.name, report.refused) == ("orders", 0)
    assert place.column("order", "net") == [10.5] * 4
    assert place.column("order", "source_party") == ["c1@x.example", "c0@x.example"] * 2
    assert found.draft.profile.key == ("id",)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[1, 2]", "one object a line is needed"),
        ('{"a": [1,', "not JSON"),
        ("[]", "is empty: it holds no object"),
        ('[{"a": ' + "[" * 700 + "]" * 700 + "}]", "nested deeper than is read"),
    ],
)
def test_json_that_holds_no_rows_is_told(place, text, why):
    """No list of objects: one line says what is needed."""
    path = place.write("data/a.json", text)
    with pytest.raises(SourceError, match=why):
        arrive([path], place.root, place.tables)


def test_a_cover_sheet_and_a_title_above_the_header(arrived, place):
    """The first sheet that holds rows is read, below its title; a line of totals is turned away and told."""
    book = openpyxl.Workbook()
    book.active.title = "Cover"
    book.active["A1"] = "Quarterly report"
    book.active.merge_cells("A1:D1")
    sheet = book.create_sheet("Orders")
    sheet["A1"] = "Orders of March"
    sheet.merge_cells("A1:D1")
    sheet.append([])
    sheet.append(["Order ID", "Email", "Order Date", "Total"])
    for number in range(1, 6):
        sheet.append([number, f"c{number % 2}@x.example", f"2026-03-0{number}", 10.5])
    sheet.append(["Total", None, None, 52.5])
    held = io.BytesIO()
    book.save(held)
    found, report = arrived("report.xlsx", held.getvalue())
    assert found.draft.profile.read.options == {"sheet": "Orders", "skip": 2}
    assert place.column("order", "net") == [10.5] * 5
    assert report.refused == 1
    assert "other sheets that are not read: Cover" in found.text


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_two_bytes_a_letter_with_and_without_a_mark(arrived, place, encoding):
    """What a sheet saves as Unicode text is read, whether or not it begins with the mark."""
    rows = "".join(f"{i}\tc{i % 2}@x.example\t2026-03-0{i}\t10.00\n" for i in range(1, 5))
    arrived("orders.csv", ("Order ID\tEmail\tOrder Date\tTotal\n" + rows).encode(encoding))
    assert place.column("order", "net") == [10.0] * 4


def test_letters_of_another_script_are_told(place):
    """A file in the encoding of Korean Windows is no French: what to say stands above the mapping."""
    text = "id,\ub098\uc774,\ub9cc\uc871\ub3c4\n" + "".join(f"{i},{20 + i},{1 + i % 5}\n" for i in range(9))
    path = place.write("data/k.csv", text.encode("cp949"))
    [found] = arrive([path], place.root, place.tables)
    assert "such as cp949 (Korean)" in found.text
    path = place.write("data/f.csv", "id,\u00e9tat,pr\u00e9nom\n1,d\u00e9j\u00e0,Zo\u00e9\n".encode("cp1252"))
    [found] = arrive([path], place.root, place.tables)
    assert "cp949" not in found.text


def test_long_numbers_are_shown_in_full(place):
    """An id of 14 digits is no power of ten."""
    path = place.write("data/n.csv", "sku,ref\na,16718484078961\nb,16718484079000\n")
    [found] = arrive([path], place.root, place.tables)
    assert "whole, 16718484078961 to 16718484079000" in found.text
