"""The words of the conversation: menu, dialogue, reward, spaces, draws, errors, and the rules of an episode."""

from __future__ import annotations

import pickle
import string
from collections import Counter
from dataclasses import dataclass, replace
from itertools import islice, product

import numpy as np
import pytest
from gymnasium.spaces import Discrete
from hypothesis import assume, given
from hypothesis import strategies as st

from proactive_gym import InputError, Outcome, Reward
from proactive_gym.dialogue import dialogue
from proactive_gym.draw import Draw
from proactive_gym.episode import Episode, State
from proactive_gym.errors import check_choice, check_whole
from proactive_gym.menu import Kind, Menu, Option, letter, lettered
from proactive_gym.setting import Setting
from proactive_gym.sources.assemble import Matter, assemble
from proactive_gym.spaces import FreeText, Options
from proactive_gym.world import SUFFICIENT, World

# --- Menu and dialogue ------------------------------------------------------------------------------------------------


def spreadsheet_letters():
    """A … Z, AA … ZZ, AAA …: the columns of a spreadsheet, told in another way than the package does."""
    for length in (1, 2, 3):
        yield from map("".join, product(string.ascii_uppercase, repeat=length))


def test_letters_go_on_beyond_z():
    expected = list(islice(spreadsheet_letters(), 5000))
    assert [letter(number) for number in range(5000)] == expected
    assert [letter(number) for number in (0, 25, 26, 27, 51, 52, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "AB",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
    ]


menus = st.lists(st.tuples(st.text(string.printable.replace("\n", "").replace("\r", ""), min_size=1), st.booleans()))


@given(menus)
def test_letters_are_contiguous_over_what_is_on_offer(menu):
    texts, offered = [text for text, _ in menu], [on for _, on in menu]
    lines = [line for line in lettered(texts, offered).split("\n") if line]
    shown = [text for text, on in menu if on]
    assert lines == [f"{sign}. {text}" for sign, text in zip(spreadsheet_letters(), shown, strict=False)]


def test_a_long_menu_has_a_letter_for_each_option():
    lines = lettered([f"option {number}" for number in range(60)], [True] * 60).split("\n")
    assert lines[25] == "Z. option 25" and lines[26] == "AA. option 26" and lines[59] == "BH. option 59"


def test_a_menu_knows_its_kinds_and_texts():
    menu = Menu([Option("a", Kind.ANSWER), Option("b", Kind.INTERVENTION, "wait"), Option("c", Kind.ANSWER)])
    assert menu.texts == ("a", "b", "c")
    assert menu.of_kind(Kind.ANSWER) == [0, 2] and menu.of_kind(Kind.INTERVENTION) == [1]
    assert menu.of_kind(Kind.ABSTENTION) == []
    assert pickle.loads(pickle.dumps(menu)) == menu


def test_the_dialogue_is_question_hint_and_menu():
    assert dialogue("What?", "", ["Dog.", "Cat.", "Wait."], [True, False, True]) == (
        "What?\nChoose one of these options:\nA. Dog.\nB. Wait.\nReply with one option and nothing else."
    )
    braces = dialogue("{menu}?", "", ["{question}."], [True], "<{question}|{menu}>")
    assert braces == "<{menu}?|A. {question}.>"
    assert dialogue("What?", "Look!", ["Dog."], [True]).startswith("What? Look!\n")


@pytest.mark.parametrize(("hint", "said"), [("", "What?"), ("Look!", "What? Look!")])
def test_without_a_menu_there_are_no_instructions(hint, said):
    assert dialogue("What?", hint, (), ()) == said


# --- The rules of an episode ------------------------------------------------------------------------------------------

NAMES = ("left", "right", "up", "down")
MENU = Menu(
    [
        Option("Yes.", Kind.ANSWER),
        Option("Left!", Kind.INTERVENTION, "left"),
        Option("No.", Kind.ANSWER, "right"),
        Option("I cannot tell.", Kind.ABSTENTION),
        Option("Right!", Kind.INTERVENTION, "right"),
        Option("Up!", Kind.INTERVENTION, "up"),
        Option("Down!", Kind.INTERVENTION, "down"),
    ]
)
RIGHT, WRONG, GIVE_UP = 2, 0, 3
ASKING = {MENU[number].name: number for number in MENU.of_kind(Kind.INTERVENTION)}


@dataclass(frozen=True)
class Maze(World):
    """Rooms with doors: per room where each named door leads, which doors are walled up, and how much is seen."""

    doors: tuple[dict[str, int], ...]
    walled: tuple[frozenset[str], ...]
    seen: tuple[float | None, ...]
    start: int = 0
    best: int = 0
    turns: int = 4

    def picture(self, place):
        return place

    def moves(self, place):
        return self.doors[place]

    def spent(self, place):
        return self.walled[place]

    def sufficiency(self, place):
        return self.seen[place]


@st.composite
def mazes(draw, known=False):
    rooms = draw(st.integers(1, 6))
    room = st.integers(0, rooms - 1)
    doors = [draw(st.dictionaries(st.sampled_from(NAMES), room)) for _ in range(rooms)]
    walled = [frozenset(draw(st.sets(st.sampled_from(NAMES)))) - set(open_doors) for open_doors in doors]
    level = st.sampled_from([0.0, 0.5, 0.79, SUFFICIENT, 1.0])
    seen = [draw(level if known else level | st.none()) for _ in range(rooms)]
    turns = draw(st.integers(1, 5))
    return Maze(tuple(doors), tuple(walled), tuple(seen), draw(room), draw(room), turns)


def episode_in(maze: Maze, **changes) -> Episode:
    given = {"name": "toy/0", "scenario": "maze", "question": "Is it?", "hint": "", "menu": MENU, "answer": RIGHT}
    return Episode(**{**given, "world": maze, "start": maze.start, "turns": maze.turns, **changes})


def line_of(rooms: int, turns: int, **changes) -> Episode:
    """A corridor: "right" leads on, "left" back; only the last room shows enough, and its "right" is walled up."""
    doors = [
        {name: there for name, there in (("left", room - 1), ("right", room + 1)) if 0 <= there < rooms}
        for room in range(rooms)
    ]
    walled = [frozenset({"right"} if room == rooms - 1 else ()) for room in range(rooms)]
    seen = [0.0] * (rooms - 1) + [1.0]
    return episode_in(Maze(tuple(doors), tuple(walled), tuple(seen), 0, rooms - 1, turns), **changes)


@given(mazes(), st.booleans(), st.lists(st.integers(0, 99), min_size=6, max_size=6))
def test_an_episode_ends_within_its_turns(maze, single_turn, whims):
    episode = episode_in(maze, single_turn=single_turn)
    state, asked = episode.begin(), 0
    for replies in range(1, maze.turns + 1):
        offered = [number for number, on in enumerate(episode.offered(state)) if on]
        choice = offered[whims[replies - 1] % len(offered)]
        before, state = state, episode.reply(state, choice)
        asked += MENU[choice].kind is Kind.INTERVENTION
        assert state.requests == asked <= maze.turns
        if state.over:
            assert state.places == before.places
            break
        assert state.outcome is Outcome.REQUESTED and MENU[choice].kind is Kind.INTERVENTION and not single_turn
        assert state.places[:-1] == before.places and state.turn == before.turn + 1
        assert state.place == maze.doors[before.place][MENU[choice].name]
    assert state.over


@given(mazes())
def test_only_spent_interventions_are_off_the_menu(maze):
    episode = episode_in(maze)
    for place in range(len(maze.doors)):
        offered = episode.offered(State((place,)))
        off = {option.name for option, on in zip(MENU, offered, strict=True) if not on}
        assert off == set(maze.walled[place])
        assert all(on for option, on in zip(MENU, offered, strict=True) if option.kind is not Kind.INTERVENTION)


@given(mazes(known=True), st.integers(0, 3))
def test_the_route_is_the_shortest(maze, turns_gone):
    """Against all sequences of interventions, tried out one by one."""
    assume(turns_gone < maze.turns)
    episode = episode_in(maze)
    state = State((maze.start,) * (turns_gone + 1), turns_gone)

    def arrives(route):
        place = maze.start
        for name in route:
            if name not in maze.doors[place]:
                return False
            place = maze.doors[place][name]
        return maze.seen[place] >= SUFFICIENT

    left = maze.turns - len(state.places)
    lengths = [length for length in range(left + 1) if any(map(arrives, product(NAMES, repeat=length)))]
    route = episode.route(state)
    assert (None if route is None else len(route)) == (lengths[0] if lengths else None)
    if route is None:
        return
    for name in route:
        state = episode.reply(state, ASKING[name])
        assert state.outcome is Outcome.REQUESTED and not state.over
    assert episode.reply(state, RIGHT).outcome is Outcome.CORRECT


@given(mazes())
def test_requests_needed_is_the_length_of_the_route(maze):
    episode = episode_in(maze)
    route = episode.route(episode.begin())
    assert episode.requests_needed == (None if route is None else len(route))


def test_each_kind_of_reply_has_its_outcome():
    episode = line_of(rooms=3, turns=3)
    begin = episode.begin()
    for choice, outcome in (
        (RIGHT, Outcome.CORRECT),
        (WRONG, Outcome.WRONG),
        (GIVE_UP, Outcome.ABSTAINED),
        (None, Outcome.UNREADABLE),
    ):
        assert episode.reply(begin, choice) == State((0,), 0, outcome, over=True)
    assert episode.reply(begin, ASKING["right"]) == State((0, 1), 1, Outcome.REQUESTED)


def test_a_request_that_mends_nothing_ends_the_episode():
    episode = line_of(rooms=3, turns=3)
    assert episode.reply(episode.begin(), ASKING["up"]) == State((0,), 1, Outcome.USELESS_REQUEST, over=True)


def test_a_request_on_the_last_turn_exhausts_the_episode():
    episode = line_of(rooms=5, turns=3)
    state = episode.begin()
    for _ in range(2):
        state = episode.reply(state, ASKING["right"])
        assert not state.over
    assert episode.reply(state, ASKING["right"]) == State((0, 1, 2), 3, Outcome.EXHAUSTED, over=True)
    assert episode.reply(state, ASKING["up"]).outcome is Outcome.USELESS_REQUEST
    assert episode.reply(state, RIGHT).outcome is Outcome.CORRECT


def test_a_single_turn_ends_whatever_the_reply():
    episode = line_of(rooms=3, turns=3, single_turn=True)
    assert episode.reply(episode.begin(), ASKING["right"]) == State((0,), 1, Outcome.REQUESTED, over=True)
    assert episode.reply(episode.begin(), ASKING["up"]).outcome is Outcome.USELESS_REQUEST
    assert episode.route(episode.begin()) is None and episode.requests_needed == 2


def test_a_route_needs_a_turn_for_the_answer():
    assert line_of(rooms=4, turns=4).requests_needed == 3
    assert line_of(rooms=4, turns=3).requests_needed is None
    assert line_of(rooms=1, turns=1).requests_needed == 0


def test_states_are_plain_values_to_branch_from():
    episode = line_of(rooms=4, turns=4)
    state = episode.reply(episode.begin(), ASKING["right"])
    kept = pickle.dumps(state)
    there, back = episode.reply(state, ASKING["right"]), episode.reply(state, ASKING["left"])
    assert (there.places, back.places) == ((0, 1, 2), (0, 1, 0))
    assert pickle.loads(kept) == state and hash(pickle.loads(kept)) == hash(state)
    assert episode.reply(pickle.loads(kept), ASKING["right"]) == there


def test_sufficiency_is_told_for_each_picture_or_not_at_all():
    episode = line_of(rooms=2, turns=3)
    state = episode.reply(episode.begin(), ASKING["right"])
    assert episode.sufficiency(state) == (0.0, 1.0)
    unsure = episode_in(replace(episode.world, seen=(0.0, None)))
    assert unsure.sufficiency(state) is None and unsure.requests_needed is None


# --- Putting an episode together --------------------------------------------------------------------------------------


def matter(episode: Episode, **changes) -> Matter:
    given = {
        "name": "toy/0",
        "scenario": "corridor",
        "question": "Which?",
        "hint": "Hint: walk.",
        "answers": ["Dog.", "Cat.", "Cow.", "Hen."],
        "asking": [
            Option("I cannot tell.", Kind.ABSTENTION),
            Option("Go left.", Kind.INTERVENTION, "left"),
            Option("Go right.", Kind.INTERVENTION, "right"),
        ],
        "own": frozenset({"left", "right"}),
        "world": episode.world,
    }
    return Matter(**{**given, **changes})


def assembled(setting: Setting | None = None, rooms: int = 4, turns: int = 5, **changes) -> Episode:
    return assemble(matter(line_of(rooms, turns), **changes), setting or Setting(), Draw("toy"))


def test_the_right_answer_is_the_first_of_the_matter():
    places = Counter()
    for number in range(200):
        episode = assemble(matter(line_of(4, 5)), Setting(), Draw(f"toy {number}"))
        assert episode.texts[episode.answer] == "Dog."
        places[episode.answer] += 1
    assert len(places) == 7 and min(places.values()) > 10


def test_an_intervention_of_any_name_never_takes_an_answer_off_the_menu():
    """In the last room "right" is spent; so might be any name that a scenario of one's own gives."""
    episode = assembled()
    offered = episode.offered(State((3,)))
    off = {option.text for option, on in zip(episode.menu, offered, strict=True) if not on}
    assert off == {"Go right."}


def test_a_budget_counts_requests():
    for budget in range(6):
        episode = assembled(Setting(budget=budget))
        assert episode.turns == min(5, budget + 1)
        assert episode.requests_needed == (3 if budget >= 3 else None)


def test_the_clear_setting_starts_at_the_best_place_with_answers_only():
    episode = assembled(Setting(clear=True))
    assert episode.start == 3 and episode.turns == 1 and episode.requests_needed == 0
    assert sorted(episode.texts) == ["Cat.", "Cow.", "Dog.", "Hen."]


def test_hints_are_the_scenarios_or_the_users():
    assert assembled().hint == ""
    assert assembled(Setting(hint=True)).hint == "Hint: walk."
    assert assembled(Setting(hint="Ask!")).hint == "Ask!"


def test_foreign_interventions_leave_out_the_scenarios_own():
    foreign = {name: (f"Please {name}.",) for name in ("left", "right", "wait", "zoom", "shake")}
    for number in range(30):
        episode = assemble(matter(line_of(4, 5)), Setting(foreign=foreign), Draw(f"toy {number}"))
        names = {option.name for option in episode.menu if option.kind is Kind.INTERVENTION}
        assert len(names) == 2 and names <= {"wait", "zoom", "shake"}


# --- Reward -----------------------------------------------------------------------------------------------------------


def test_each_outcome_pays_its_own():
    reward = Reward(correct=1, wrong=2, abstained=3, request=4, useless_request=5, unreadable=6)
    assert {outcome: reward.of(outcome) for outcome in Outcome} == {
        Outcome.CORRECT: 1.0,
        Outcome.WRONG: 2.0,
        Outcome.ABSTAINED: 3.0,
        Outcome.REQUESTED: 4.0,
        Outcome.USELESS_REQUEST: 5.0,
        Outcome.EXHAUSTED: 5.0,
        Outcome.UNREADABLE: 6.0,
    }


def test_accuracy_pays_for_correct_answers_alone():
    reward = Reward.named("accuracy")
    assert [outcome for outcome in Outcome if reward.of(outcome)] == [Outcome.CORRECT]
    assert reward == Reward() and Reward.named(reward) is reward


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), -float("inf"), 10**400, True, "1", None, 1j],
    ids=lambda value: repr(value)[:8],
)
def test_pay_is_a_finite_number(value):
    with pytest.raises(InputError, match=r"Reward\(wrong=…\) is .*finite number"):
        Reward(wrong=value)


@pytest.mark.parametrize("value", [1, 0.5, np.float32(0.5), np.int64(2)])
def test_pay_is_a_float_whatever_number_it_was(value):
    assert type(Reward(request=value).of(Outcome.REQUESTED)) is float


# --- Spaces -----------------------------------------------------------------------------------------------------------


@given(st.text())
def test_free_text_holds_any_string(text):
    assert FreeText().contains(text)


def test_free_text_is_bounded():
    space = FreeText(5)
    assert space.contains("") and space.contains("héllo") and space.contains("\N{GRINNING FACE}" * 5)
    assert not space.contains("sixsix") and not space.contains(b"abc") and not space.contains(3)
    assert space == FreeText(5) != FreeText(6)
    assert repr(space) == "FreeText(5)"


def test_free_text_samples_are_seeded_and_contained():
    one, other = FreeText(20, seed=3), FreeText(20, seed=3)
    samples = [one.sample() for _ in range(50)]
    assert samples == [other.sample() for _ in range(50)]
    assert all(one.contains(text) and text.isprintable() for text in samples) and len(set(samples)) > 10


def test_options_sample_what_is_on_offer():
    space = Options(5)
    assert {int(space.sample()) for _ in range(200)} == set(range(5))
    space.offer((False, True, False, True, False))
    assert {int(space.sample()) for _ in range(100)} == {1, 3}
    assert {int(space.sample(np.array([1, 0, 0, 0, 0], dtype=np.int8))) for _ in range(20)} == {0}
    assert {int(space.sample(probability=np.array([0, 0, 1.0, 0, 0]))) for _ in range(20)} == {2}
    masked = Discrete(5, seed=7)
    space.seed(7)
    mask = np.array([0, 1, 0, 1, 0], dtype=np.int8)
    assert [space.sample() for _ in range(50)] == [masked.sample(mask) for _ in range(50)]
    space.offer((False,) * 5)
    assert {int(space.sample()) for _ in range(200)} == set(range(5))


def test_options_are_contained_on_offer_or_not():
    space = Options(5)
    space.offer((False, True, False, True, False))
    assert space.contains(0) and not space.contains(5) and not space.contains(-1)


# --- Draws ------------------------------------------------------------------------------------------------------------


def test_the_streams_are_pinned_for_ever():
    """Episode names are kept in run folders and papers: no other numbers may ever come out."""
    stream = Draw("x")
    assert [stream.unit() for _ in range(3)] == [0.6307877176639078, 0.5969190493245499, 0.48345759559674273]
    stream = Draw("scenes/occlusion/test/0")
    assert [stream.whole(0, 999) for _ in range(4)] == [39, 580, 663, 256]
    stream = Draw("é 更多")
    assert [stream.whole(0, 999) for _ in range(4)] == [544, 227, 547, 614]
    assert Draw("x").some("abcdefgh", 3) == ["f", "a", "e"]
    assert Draw("x").shuffled(range(8)) == [5, 0, 4, 6, 1, 3, 2, 7]
    assert Draw("x").one("abc") == "b"
    assert Draw("x").between(-1, 1) == 0.2615754353278157
    assert Draw("x").chance(0.64) and not Draw("x").chance(0.63)


def is_even(counts: Counter, kinds: int) -> bool:
    """All kinds came, none of them five standard deviations off."""
    expected = sum(counts.values()) / kinds
    return len(counts) == kinds and all(abs(count - expected) < 5 * expected**0.5 for count in counts.values())


def test_draws_are_uniform():
    stream = Draw("uniform")
    assert is_even(Counter(int(20 * stream.unit()) for _ in range(20_000)), 20)
    assert is_even(Counter(stream.whole(-3, 3) for _ in range(7_000)), 7)
    assert is_even(Counter(stream.one("abcdef") for _ in range(6_000)), 6)
    assert is_even(Counter(tuple(stream.shuffled("abcd")) for _ in range(12_000)), 24)
    assert is_even(Counter(tuple(stream.some("abcde", 2)) for _ in range(10_000)), 20)
    assert is_even(Counter(stream.chance(0.5) for _ in range(4_000)), 2)
    assert all(2.5 <= stream.between(2.5, 3.0) < 3.0 for _ in range(1_000))


def test_neighbouring_names_give_unrelated_streams():
    firsts = [Draw(f"scenes/occlusion/test/{number}").unit() for number in range(5_000)]
    assert is_even(Counter(int(10 * number) for number in firsts), 10)
    assert abs(np.corrcoef(firsts[:-1], firsts[1:])[0, 1]) < 0.07


@given(st.lists(st.integers(), unique=True), st.integers(0, 30), st.text())
def test_some_are_different_ones_of_the_items(items, number, name):
    if number > len(items):
        with pytest.raises(ValueError, match="cannot be drawn"):
            Draw(name).some(items, number)
        return
    before = list(items)
    found = Draw(name).some(items, number)
    assert len(found) == number == len(set(found)) and set(found) <= set(items) and items == before


# --- Errors -----------------------------------------------------------------------------------------------------------


def test_a_wrong_choice_names_the_value_the_words_and_the_nearest():
    assert check_choice("reply", "text", ("choice", "text")) == "text"
    with pytest.raises(InputError) as error:
        check_choice("reply", "tekst", ("choice", "text"))
    assert str(error.value) == "reply is 'tekst', but must be one of 'choice', 'text' (did you mean 'text'?)."
    with pytest.raises(InputError) as error:
        check_choice("reply", 7, iter(("choice", "text")))
    assert str(error.value) == "reply is 7, but must be one of 'choice', 'text'."


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3)])
def test_whole_numbers_of_any_make_become_plain(value):
    number = check_whole("budget", value, 0, 3)
    assert number == 3 and type(number) is int


@pytest.mark.parametrize("value", [-1, 4, True, 2.0, "2", None, np.float64(2), [2]], ids=repr)
def test_other_numbers_are_refused_with_the_bounds(value):
    with pytest.raises(InputError) as error:
        check_whole("budget", value, 0, 3)
    assert str(error.value) == f"budget is {value!r}, but must be a whole number from 0 to 3."


def test_bounds_may_be_open_above():
    assert check_whole("seed", 10**30, 0) == 10**30
    with pytest.raises(InputError, match="seed is -1, but must be a whole number of at least 0"):
        check_whole("seed", -1, 0)


def test_input_errors_are_value_errors():
    assert issubclass(InputError, ValueError)
