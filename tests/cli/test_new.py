"""`regard new metric`: a file of one's own, begun with another's, kept only when it is right."""

from __future__ import annotations

from regard.workspace import Workspace

LIKE = ("--like", "csat_top2")


def test_it_writes_what_differs_and_shows_both(run, copied):
    """The file takes everything over but what was said; the months stand side by side."""
    done = run(
        "-C", copied, "new", "metric", "email_csat", *LIKE, "--where", "channel = 'email'", "--title", 'By "mail"'
    )
    assert done.code == 0, done.err
    made = Workspace.open(copied)
    assert made.check() == []
    own, other = made.metric("email_csat"), made.metric("csat_top2")
    assert own.title == 'By "mail"'
    assert own.hash != other.hash
    assert own.value == other.value
    [cell] = made.ask("email_csat", start="2026-01-01", end="2026-02-01")[0].cells
    [same] = made.ask("csat_top2", start="2026-01-01", end="2026-02-01", where="channel = 'email'")[0].cells
    assert (cell.estimate.value, cell.estimate.n) == (same.estimate.value, same.estimate.n)
    line = next(line for line in done.out.splitlines() if line.startswith("2026-01"))
    assert line.count("%") >= 1


def test_a_parameter_is_another_only_where_it_is_said(run, copied):
    """`--parameter` sets one; the others stand as comments, with what they may be."""
    done = run("-C", copied, "new", "metric", "kind_nps", "--like", "nps", "--parameter", "promoter_from=8")
    assert done.code == 0, done.err
    made = Workspace.open(copied).metric("kind_nps")
    assert {name: setting.value for name, setting in made.parameters.items()} == {"promoter_from": 8, "detractor_to": 6}
    assert "#   detractor_to: 6    # 0 to 10" in (copied / "metrics" / "kind_nps.yaml").read_text()


def test_a_file_with_a_mistake_is_not_kept(run, copied):
    """The mistake is told with its place and a suggestion; nothing has changed."""
    done = run("-C", copied, "new", "metric", "wrong", *LIKE, "--where", "chanel = 'email'")
    assert done.code == 1
    assert "did you mean 'channel'" in done.err
    assert not (copied / "metrics" / "wrong.yaml").exists()


def test_a_dry_run_leaves_nothing(run, copied):
    """What would be written is shown, and not written."""
    done = run("-C", copied, "new", "metric", "tried", *LIKE, "--dry-run")
    assert done.code == 0
    assert "like: csat_top2" in done.out
    assert not (copied / "metrics" / "tried.yaml").exists()


def test_before_the_first_load_there_is_no_history(run, unloaded):
    """The file is written all the same, and the next step said."""
    done = run("-C", unloaded, "new", "metric", "early", *LIKE)
    assert done.code == 0
    assert "regard load" in done.err
    assert (unloaded / "metrics" / "early.yaml").exists()


def test_what_cannot_be(run, copied):
    """A taken id, one that is none, a parameter that is not there, and an unknown metric to begin with."""
    for said, words in (
        (("nps", *LIKE), "there is a metric 'nps' already"),
        (("Up", *LIKE), "is no id"),
        (("../up", *LIKE), "is no id"),
        (("other", *LIKE, "--parameter", "k=3"), "is not NAME=VALUE of csat_top2"),
        (("other", "--like", "csat_top3"), "did you mean"),
    ):
        done = run("-C", copied, "new", "metric", *said)
        assert done.code != 0
        assert words in done.err
