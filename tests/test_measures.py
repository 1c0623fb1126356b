"""What the stored episodes say of an agent: asking as detection, effort, confidence, mistakes, position."""

import math
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import proactive_gym
from proactive_gym.evaluation import SCENARIO_IDS
from proactive_gym.evaluation.confidence import CONFIDENCE, area, risk_coverage
from proactive_gym.evaluation.decisions import DETECTION, decisions, detection
from proactive_gym.evaluation.effort import EFFORT, frontier, gain, ideal_gain, net, regret, repeated, wasted
from proactive_gym.evaluation.mistakes import GOOD, Ending, ending, endings
from proactive_gym.evaluation.position import POSITION, flip_rate, places
from proactive_gym.evaluation.statistics import average, resampled, share

NUMBERS = count()
KINDS = ("answer", "intervention", "answer", "abstention", "answer", "intervention", "answer")
RIGHT, ASK, WRONG, GIVE_UP = 0, 1, 2, 3


def row(*outcomes, sufficiency=None, needed=None, choices=None, **more):
    """A stored episode with these outcomes, turn by turn."""
    usual = {"correct": RIGHT, "wrong": WRONG, "abstained": GIVE_UP, "unreadable": None}
    asked = [outcome in ("requested", "useless_request", "exhausted") for outcome in outcomes]
    return {
        "episode": f"toy/{next(NUMBERS)}",
        "kinds": [*KINDS],
        "options": [f"option {number}" for number in range(len(KINDS))],
        "offered": ["1" * len(KINDS)] * len(outcomes),
        "pictures": [*range(len(outcomes))],
        "choices": [usual.get(outcome, ASK) for outcome in outcomes] if choices is None else choices,
        "outcomes": [*outcomes],
        "outcome": outcomes[-1],
        "requests": sum(asked),
        "requests_needed": needed,
        "sufficiency": sufficiency,
        "confidences": None,
        **more,
    }


def asking(name, rows):
    return detection(rows)[name].value


def value(measures, name, rows):
    return measures[name](rows).value


# --- Asking as detection ----------------------------------------------------------------------------------------------

HIT = row("requested", "correct", sufficiency=[0.1, 1.0], needed=1)
MISS = row("wrong", sufficiency=[0.1], needed=1)
NEEDLESS = row("useless_request", sufficiency=[1.0], needed=0)
SAW = row("correct", sufficiency=[1.0], needed=0)
VAIN = row("requested", "abstained", sufficiency=[0.1, 0.1], needed=None)


def test_every_turn_is_a_decision():
    assert [(each.asked, each.sufficient, each.called_for) for each in decisions(HIT)] == [
        (True, False, True),
        (False, True, False),
    ]
    assert [each.called_for for each in decisions(VAIN)] == [False, False]
    assert decisions(row("wrong")) == []
    assert decisions(row("wrong", sufficiency=[1.0], offered=["1011101"], needed=0)) == []  # there was no way to ask


def test_asking_is_detected():
    rows = [HIT, HIT, HIT, MISS, NEEDLESS, SAW, SAW, VAIN]
    assert asking("precision", rows) == pytest.approx(3 / 5)
    assert asking("recall", rows) == pytest.approx(3 / 4)
    assert asking("over_asking", rows) == pytest.approx(1 / 6)  # the last turns of the hits count as well
    assert asking("vain_asking", rows) == pytest.approx(1 / 2)


def test_over_and_under_confidence_show_in_deeds():
    gave_up = row("abstained", sufficiency=[1.0], needed=0)
    unreadable = row("unreadable", sufficiency=[1.0], needed=0)
    rows = [HIT, MISS, MISS, VAIN, NEEDLESS, SAW, gave_up, unreadable]
    assert asking("answered_blind", rows) == pytest.approx(2 / 5)  # neither asking nor giving up is
    assert asking("hesitated", rows) == pytest.approx(2 / 5)  # asked once, gave up once


def test_what_is_asked_for_on_the_last_turn_is_in_vain():
    spent = row("requested", "exhausted", sufficiency=[0.1, 0.2], needed=1)
    assert [each.called_for for each in decisions(spent)] == [True, False]
    assert asking("precision", [spent]) == asking("precision", [HIT, VAIN])


def test_to_have_been_right_always_is_no_certainty():
    sure = detection([HIT] + [row("requested", "correct", sufficiency=[0, 1], needed=1) for _ in range(9)])["recall"]
    assert sure.value == sure.high == 1 and sure.low == pytest.approx(1 / (1 + 1.96**2 / 10), abs=1e-3)
    twins = [f"family {number // 2}" for number in range(20)]
    assert share([True] * 20, twins) == share([True] * 10)


def test_sensitivity_and_bias_are_those_of_signal_detection_theory():
    hit_rate, false_alarm_rate = 3.5 / 5, 1.5 / 7
    z = {0.7: 0.5244005, 1.5 / 7: -0.7916386}
    rows = [HIT, HIT, HIT, MISS, NEEDLESS, SAW, SAW]
    assert asking("d_prime", rows) == pytest.approx(z[hit_rate] - z[false_alarm_rate], abs=1e-6)
    assert asking("criterion", rows) == pytest.approx(-(z[hit_rate] + z[false_alarm_rate]) / 2, abs=1e-6)
    always, never = [HIT, NEEDLESS] * 20, [MISS, SAW] * 20
    assert asking("criterion", always) < 0 < asking("criterion", never)
    assert asking("d_prime", never) == pytest.approx(0)


@pytest.mark.parametrize("name", DETECTION)
def test_what_cannot_be_known_is_not_measured(name):
    assert all(map(math.isnan, detection([row("wrong"), row("requested", "correct")])[name]))
    assert all(map(math.isnan, detection([])[name]))
    estimate = detection([HIT, HIT, HIT, MISS, NEEDLESS, SAW, SAW, VAIN])[name]
    assert estimate.low <= estimate.value <= estimate.high


# --- Effort -----------------------------------------------------------------------------------------------------------


def test_requests_are_held_against_those_needed():
    assert [wasted(each) for each in (HIT, MISS, NEEDLESS, SAW, VAIN)] == [0, 0, 1, 0, 1]
    late = row(*["requested"] * 4, "correct", sufficiency=[0.1, 0.2, 1.0, 1.0, 1.0], needed=2)
    assert wasted(late) == 2 and value(EFFORT, "wasted", [late, HIT]) == 1


def test_a_request_that_leads_back_is_repeated():
    to_and_fro = row("requested", "requested", "requested", "wrong", pictures=[0, 1, 0, 2])
    assert repeated(to_and_fro) == [False, True, False]
    assert repeated(row("requested", pictures=[0])) == []  # nothing was shown any more
    assert value(EFFORT, "repeated", [to_and_fro, row("wrong")]) == pytest.approx(1 / 3)
    assert all(map(math.isnan, EFFORT["repeated"]([row("wrong")])))


def test_regret_is_against_someone_who_asks_when_that_pays():
    assert ideal_gain(HIT, 0.1) == pytest.approx(0.9) and gain(HIT, 0.1) == pytest.approx(0.9)
    assert ideal_gain(HIT, 0.9) == ideal_gain(VAIN, 0.1) == 1 / 4  # rather guess among four
    assert regret([HIT, SAW], 0.1).value == pytest.approx(0)
    assert regret([MISS], 0.1).value == pytest.approx(0.9)
    assert regret([VAIN], 0.1).value == pytest.approx(0.35)
    assert math.isnan(regret([row("wrong")]).value)
    assert net([HIT, MISS], 0.5).value == pytest.approx(0.25)
    assert ideal_gain({**HIT, "kinds": []}, 0.9) == pytest.approx(0.1)  # no menu, nothing to guess among
    assert math.isnan(regret([row("requested", sufficiency=[0.1], needed=1), HIT]).value)  # single turns


def test_the_frontier_is_the_gain_at_every_price():
    rows = [HIT, MISS, SAW, NEEDLESS, VAIN, HIT]
    for price, estimate in zip((0.0, 0.1, 0.5), frontier(rows, (0.0, 0.1, 0.5)), strict=True):
        assert estimate == pytest.approx(net(rows, price))
    assert all(map(math.isnan, frontier([], (0.1,))[0]))


# --- Confidence -------------------------------------------------------------------------------------------------------


def sure(share, outcome, **more):
    rest = (1 - share) / (len(KINDS) - 1)
    shares = [rest] * len(KINDS)
    shares[RIGHT if outcome == "correct" else WRONG] = share
    return row(outcome, confidences=[shares], **more)


def test_confidence_is_held_against_accuracy():
    rows = [sure(0.9, "correct"), sure(0.8, "wrong"), sure(0.7, "correct"), sure(0.2, "wrong")]
    assert value(CONFIDENCE, "overconfidence", rows) == pytest.approx(0.65 - 0.5)
    assert value(CONFIDENCE, "answer_auroc", rows) == pytest.approx(3 / 4)
    coverage, risk = risk_coverage(rows)
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1.0] and risk.tolist() == pytest.approx([0, 1 / 2, 1 / 3, 1 / 2])


def test_asking_can_be_read_off_the_confidences():
    wants = [0.1, 0.35, 0.05, 0.05, 0.05, 0.35, 0.05]
    rows = [
        row("wrong", sufficiency=[0.0], needed=1, confidences=[wants]),
        sure(0.9, "correct", sufficiency=[1.0], needed=0),
    ]
    assert value(CONFIDENCE, "asking_auroc", rows) == 1.0
    assert decisions(rows[0])[0].mass == pytest.approx(0.7)


@pytest.mark.parametrize("name", CONFIDENCE)
def test_without_confidences_nothing_is_said_of_them(name):
    assert all(map(math.isnan, CONFIDENCE[name]([HIT, MISS, SAW])))


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=30))
def test_the_area_is_the_chance_of_the_right_order(items):
    scores, positive = [score for score, _ in items], [hit for _, hit in items]
    ups, downs = ([score for score, hit in items if hit is kind] for kind in (True, False))
    if not ups or not downs:
        assert math.isnan(area(scores, positive))
    else:
        pairs = [1.0 if up > down else 0.5 if up == down else 0.0 for up in ups for down in downs]
        assert area(scores, positive) == pytest.approx(sum(pairs) / len(pairs))


# --- Mistakes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("episode", "kind"),
    [
        (SAW, Ending.SAW),
        (HIT, Ending.ASKED_AND_SAW),
        (row("requested", sufficiency=[0.1], needed=1), Ending.ASKED),
        (row("requested"), Ending.ASKED),
        (row("requested", sufficiency=[1.0], needed=0), Ending.VAIN_REQUEST),
        (row("requested", sufficiency=[0.1]), Ending.VAIN_REQUEST),
        (row("abstained", sufficiency=[0.1]), Ending.GAVE_UP_RIGHTLY),
        (row("correct", sufficiency=[0.1], needed=1), Ending.LUCKY),
        (MISS, Ending.GUESSED),
        (row("wrong", sufficiency=[0.1]), Ending.GUESSED_HELPLESS),
        (row("wrong", sufficiency=[1.0], needed=0), Ending.MISJUDGED),
        (row("abstained", sufficiency=[0.1], needed=2), Ending.GAVE_UP_EARLY),
        (row("abstained", sufficiency=[0.9], needed=0), Ending.GAVE_UP_SEEING),
        (row("useless_request", sufficiency=[0.1], needed=2), Ending.WRONG_REQUEST),
        (NEEDLESS, Ending.VAIN_REQUEST),
        (row("exhausted", sufficiency=[0.1], needed=2), Ending.ASKED_FOR_EVER),
        (row("unreadable", sufficiency=[0.1], needed=2), Ending.MISREAD),
        (row("wrong"), Ending.WRONG),
        (row("requested", "correct"), Ending.RIGHT),
        (row("abstained"), Ending.GAVE_UP),
    ],
)
def test_every_episode_falls_under_one_heading(episode, kind):
    assert ending(episode) is kind
    assert endings([episode, episode, SAW])[kind] >= 2


# --- Position ---------------------------------------------------------------------------------------------------------


def test_places_are_counted_among_what_is_on_offer():
    shrunk = row("requested", "wrong", choices=[5, 6], offered=["1111111", "0111101"])
    assert places(shrunk) == [(5, 7), (4, 5)]
    assert places(row("unreadable", choices=[None])) == []
    first = [row("wrong", choices=[0]) for _ in range(10)]
    assert value(POSITION, "first_letter", [*first, row("wrong", choices=[6])]) == pytest.approx(10 / 11)
    assert value(POSITION, "last_letter", [shrunk]) == pytest.approx(1 / 2)
    assert value(POSITION, "first_place", first) == pytest.approx(1 - 1 / 7)
    assert value(POSITION, "last_place", first) == pytest.approx(-1 / 7)


def test_flips_are_of_the_same_menu_in_another_order():
    one = row("wrong", choices=[0])
    same_text = {**one, "options": one["options"][::-1], "choices": [6]}
    same_letter = {**one, "options": one["options"][::-1]}
    assert flip_rate([one], [same_text]).value == 0 and flip_rate([one], [same_letter]).value == 1
    assert math.isnan(flip_rate([one], [one]).value) and math.isnan(flip_rate([one], [row("wrong")]).value)


# --- Played -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("env", SCENARIO_IDS)
def test_scripted_agents_are_measured_as_what_they_are(env):
    evaluation = proactive_gym.evaluate(
        ["oracle", "never-ask", "always-ask", "abstain"], env, episodes=30, image_size=32, control="mixed"
    )
    of = {name: [row for row in evaluation.rows if row["agent"] == name] for name in dict.fromkeys(
        row["agent"] for row in evaluation.rows
    )}  # fmt: skip
    assert asking("precision", of["oracle"]) == asking("recall", of["oracle"]) == 1
    assert asking("over_asking", of["oracle"]) == value(EFFORT, "wasted", of["oracle"]) == 0
    assert set(endings(of["oracle"])) <= set(GOOD)
    assert asking("recall", of["never-ask"]) == 0 and asking("recall", of["always-ask"]) == 1
    assert asking("over_asking", of["always-ask"]) == 1  # wherever it could
    assert set(endings(of["abstain"])) == {Ending.GAVE_UP_EARLY, Ending.GAVE_UP_SEEING, Ending.GAVE_UP_RIGHTLY}
    assert regret(of["oracle"]).value <= regret(of["never-ask"]).value
    assert sum(endings(of["never-ask"]).values()) == 30


@pytest.mark.parametrize("env", SCENARIO_IDS)
def test_menus_in_another_order_hold_the_same_options(env):
    played = [
        proactive_gym.evaluate("oracle", env, episodes=20, image_size=32, menu_order=order).rows
        for order in ("shuffled", "benchmark")
    ]
    assert flip_rate(*played).value == 0


def test_foreign_interventions_put_help_out_of_reach():
    rows = proactive_gym.evaluate("oracle", "ProactiveSketch-v0", episodes=10, interventions="foreign").rows
    assert all(row["requests_needed"] is None for row in rows)
    assert set(endings(rows)) == {Ending.GAVE_UP_RIGHTLY}


# --- Statistics -------------------------------------------------------------------------------------------------------


def test_any_statistic_of_sums_has_an_interval():
    values = np.random.default_rng(0).random(300)
    counts = np.stack([values, np.ones(300)], axis=1)
    assert resampled(counts, lambda sums: sums[..., 0] / sums[..., 1]) == average(values)
    many = resampled(np.ones((3000, 1)), lambda sums: sums[..., 0])
    assert many == (3000, 3000, 3000)
