"""Episodes whose turns another tool takes come to what our own loop makes of them."""

from __future__ import annotations

import pytest
from picks import SIDE, evaluated, pick

import proactive_gym
from proactive_gym import InputError
from proactive_gym.adapters.written import UNFINISHED, WrittenEpisodes
from proactive_gym.agents.asking import Asking, pictures
from proactive_gym.errors import PictureError


def played(episodes, name):
    episode = episodes.begin(name)
    while episode.turn is not None:
        episode.say(pick(episode.turn.image, episode.turn.dialogue))
    return episode


@pytest.mark.parametrize("env_id", list(proactive_gym.ENVIRONMENTS))
def test_the_same_episodes_come_to_the_same(env_id):
    many = 40  # so that something is asked for, whatever it is that this Pillow's pixels make the model pick
    expected = evaluated(env_id, many, seed=3, control="mixed")
    episodes = WrittenEpisodes(env_id, many, seed=3, image_size=SIDE, control="mixed")
    assert episodes.names == list(expected)
    assert {name: played(episodes, name).row("") for name in episodes.names} == expected
    assert sum(len(row["replies"]) for row in expected.values()) > many


@pytest.mark.parametrize("user", ["refusing", "clumsy", "slow", "half"])
def test_users_who_are_not_perfect_are_the_same_users(user):
    expected = evaluated("ProactiveSuite-v0", 21, user=user)
    episodes = WrittenEpisodes("ProactiveSuite-v0", 21, image_size=SIDE, user=user)
    assert {name: played(episodes, name).row("") for name in episodes.names} == expected


def test_an_episode_left_in_its_midst_is_an_error():
    episodes = WrittenEpisodes("ProactiveSketch-v0", 1, image_size=SIDE)
    episode = episodes.begin(episodes.names[0])
    assert episode.row("m")["error"] == UNFINISHED and episode.row("m")["outcome"] is None
    request = episode.conversation.best_choice()
    episode.say(episode.conversation.options[request])
    row = episode.row("m")
    assert row["error"] == UNFINISHED and row["outcomes"] == ["requested"] and row["agent"] == "m"
    episode.say("a mistake, surely")
    assert episode.row("m")["error"] is None and episode.row("m")["outcome"] == "unreadable"
    before = episode.row("m")
    episode.say("A")  # it is over
    assert episode.row("m") == before and episode.asked() == []


def test_a_picture_that_cannot_be_shown_ends_its_episode_with_an_error(monkeypatch):
    episodes = WrittenEpisodes("ProactiveSketch-v0", 1, image_size=SIDE)

    def torn(_):
        raise PictureError("x.png is torn.")

    monkeypatch.setattr(episodes.desk.source, "paint", torn)
    episode = episodes.begin(episodes.names[0])
    assert episode.turn is None and episode.row("m")["error"] == "PictureError: x.png is torn."


def test_turns_are_put_as_asked():
    asking = Asking(history="images", thought=True, system="Be brief.")
    episodes = WrittenEpisodes("ProactiveSketch-v0", 1, image_size=SIDE, asking=asking)
    episode = episodes.begin(episodes.names[0])
    request = episode.conversation.options[episode.conversation.best_choice()]
    episode.say(f"Too little is drawn.\nAnswer: {request}")
    asked = episode.asked()
    assert [message["role"] for message in asked] == ["system", "user", "assistant", "user"]
    assert len(pictures(asked)) == 2 and request in asked[2]["content"][0]["text"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"reply": "choice"}, "reply is 'choice', but a language model writes"),
        ({"controll": "mixed"}, "did you mean 'control'"),
        ({"episodes": 0}, "episodes is 0"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_impossible_arguments_are_said(arguments, message):
    with pytest.raises(InputError, match=message):
        WrittenEpisodes("ProactiveSketch-v0", **{"episodes": 1, **arguments})
