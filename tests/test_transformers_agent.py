"""The agent of transformers' models, end to end on tiny ones of each family."""

from __future__ import annotations

import json
import math
import shutil
import warnings
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("transformers")
import tiny_models
import torch
import transformers as tf

from proactive_gym import InputError, evaluate, rollouts
from proactive_gym.agents import Failure, ModelOptions, Scored, Turn, make_agent
from proactive_gym.agents.asking import Asking, messages, pictures, tools
from proactive_gym.agents.cache import Cached
from proactive_gym.agents.hf_decoding import Sampled, Unrepeated, tool_called
from proactive_gym.agents.hf_prompts import PictureCountError
from proactive_gym.agents.presets import checkpoint_of, presets
from proactive_gym.judging import Speaker
from proactive_gym.menu import Kind

ALL = list(tiny_models.FAMILIES)
SEVERAL = [family for family in ALL if family != "instructblip"]
OPTIONS = ("a teapot", "a kettle", "I do not know", "Please move it left", "Please move it right")
KINDS = (Kind.ANSWER, Kind.ANSWER, Kind.ABSTENTION, Kind.INTERVENTION, Kind.INTERVENTION)
SIZES = ((64, 64), (48, 96), (30, 40), (90, 30), (64, 64), (20, 70), (64, 64), (28, 28))


@pytest.fixture(autouse=True)
def _processors_without_torchvision(monkeypatch):
    monkeypatch.setattr(tf.AutoProcessor, "from_pretrained", tiny_models.load_processor)


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory):
    made = {}

    def folder(family):
        if family not in made:
            made[family] = tiny_models.save(family, tmp_path_factory.mktemp("models") / family)
        return made[family]

    return folder


@pytest.fixture
def agent_of(folder_of):
    def agent(model="llava", asking=None, **options):
        folder = folder_of(model) if model in ALL else model
        given = {"device": "cpu", "dtype": "float32", "max_new_tokens": 6, **options}
        return make_agent(f"hf:{folder}", ModelOptions(asking=asking or Asking(), **given))

    return agent


@pytest.fixture
def edited(tmp_path):
    """A model whose files a test may spoil."""

    def folder(edit=None, family="llava"):
        return tiny_models.save(family, tmp_path / "edited", edit)

    return folder


def a_turn(number=0, size=(64, 64), options=OPTIONS, history=(), words="What is this?"):
    pixels = np.random.default_rng(number).integers(0, 256, (*size, 3), dtype=np.uint8)
    mask = np.ones(len(options), np.int8)
    words = f"{words} {'Look closely. ' * (number % 5)}"
    return Turn(pixels, words, options, mask, words, f"e{number}", len(history), KINDS[: len(options)], history)


def turns_of(number=8):
    return [a_turn(place, SIZES[place % len(SIZES)]) for place in range(number)]


def later_turn(earlier=2, **changed):
    history = tuple((a_turn(place), 3) for place in range(earlier))
    return replace(a_turn(9, history=history), **changed)


def with_other_block(turn):
    pixels = turn.image.copy()
    pixels[8:40, 8:40] = 255 - pixels[8:40, 8:40]
    return replace(turn, image=pixels)


def say(agent, monkeypatch, *texts):
    """Have the model write these words, one reply after the other."""
    tokenizer, written = agent._prompts.tokenizer, iter(texts)

    def generate(input_ids, **_):
        rows = [[*tokenizer.encode(next(written), add_special_tokens=False), 2] for _ in input_ids]
        longest = max(map(len, rows))
        said = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
        return torch.cat([input_ids, said], dim=1)

    monkeypatch.setattr(agent._model, "generate", generate)


# --- The same, whatever the batch -------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ALL)
def test_episodes_are_the_same_however_many_are_played_at_once(agent_of, family):
    agent = agent_of(family)
    played = {
        num_envs: [
            [exchange.reply for exchange in trajectory.exchanges]
            for trajectory in rollouts(agent, "ProactiveSuite-v0", 33, num_envs, image_size=64, reply="text")
        ]
        for num_envs in (1, 8, 32)
    }
    assert played[1] == played[8] == played[32]
    assert len({reply for replies in played[1] for reply in replies}) > 5  # it does not say the same to everything


@pytest.mark.parametrize("family", ["llava", "qwen3_vl", "internvl"])
def test_letters_are_the_same_however_many_are_asked_at_once(agent_of, family):
    agent = agent_of(family, decide="letter")
    turns = turns_of(33)
    by_size = [[said for at in range(0, 33, size) for said in agent.act(turns[at : at + size])] for size in (1, 8, 32)]
    for one, *others in zip(*by_size, strict=True):
        for other in others:
            assert one.choice == other.choice and one.confidences == pytest.approx(other.confidences, abs=1e-4)


@pytest.mark.parametrize("family", ALL)
def test_pictures_of_many_sizes_share_a_batch(agent_of, family):
    agent = agent_of(family)
    together = agent.act(turns_of())
    assert together == [agent.act([turn])[0] for turn in turns_of()]
    assert all(isinstance(reply, str) for reply in together)


@pytest.mark.parametrize("family", SEVERAL)
def test_conversations_of_many_lengths_share_a_batch(agent_of, family):
    agent = agent_of(family, Asking("images"), decide="letter")
    turns = [later_turn(earlier, episode=f"e{earlier}") for earlier in (0, 1, 2)]
    for one, other in zip(agent.act(turns), [agent.act([turn])[0] for turn in turns], strict=True):
        assert one.choice == other.choice
        assert one.confidences == pytest.approx(other.confidences, abs=1e-4)


def test_sampled_replies_are_the_same_in_any_batch_and_differ_by_seed(agent_of):
    agent = agent_of(temperature=1.0)
    together = agent.act(turns_of())
    assert together == [agent.act([turn])[0] for turn in turns_of()]
    assert agent.act(turns_of()[::-1]) == together[::-1]
    assert agent_of(temperature=1.0, seed=1).act(turns_of()) != together
    assert agent_of().act(turns_of()) != together


def test_sampling_draws_as_often_as_is_likely():
    scores = torch.tensor([[0.0, 1.0, 2.0, -math.inf]]).repeat(4000, 1)
    left = Sampled(2.0, [f"row {row}" for row in range(4000)])(torch.zeros(4000, 0), scores)
    assert ((left == 0).sum(1) == 1).all()
    shares = (left == 0).double().mean(0)
    assert shares.tolist() == pytest.approx((scores[0] / 2).softmax(0).tolist(), abs=0.03)


def test_the_penalty_on_repetition_does_not_see_the_padding(agent_of, edited):
    def repeat(model, _):
        model.generation_config.repetition_penalty = 1.7
        model.generation_config.pad_token_id = 300  # a word like any other

    folder = edited(repeat)
    agent = agent_of(folder)
    turns = turns_of()
    together = agent.act(turns)
    assert together == [agent.act([turn])[0] for turn in turns]
    assert together != agent_of().act(turns)
    scores = torch.tensor([[1.0, -1.0, 1.0, 1.0]])
    left = Unrepeated(2.0, torch.tensor([[0, 1]]))(torch.tensor([[0, 1, 2]]), scores)
    assert left.tolist() == [[1.0, -2.0, 0.5, 1.0]]  # 0 is in the padding only
    own = tf.AutoModelForImageTextToText.from_pretrained(folder)
    prompts = agent._prompts
    conversation = messages(turns[0], Asking())
    inputs = prompts.encode([prompts.render(conversation)], [pictures(conversation)])
    row = own.generate(**inputs, max_new_tokens=6, do_sample=False)[0, inputs["input_ids"].shape[1] :]
    assert together[0] == prompts.tokenizer.decode(row, skip_special_tokens=True).strip()


@pytest.mark.parametrize("family", SEVERAL)
def test_the_input_is_what_transformers_itself_makes(agent_of, family):
    agent = agent_of(family, Asking("images"))
    prompts = agent._prompts
    asked = [messages(later_turn(earlier), Asking("images")) for earlier in (0, 2)]
    ours = prompts.encode([prompts.render(item) for item in asked], [pictures(item) for item in asked])
    theirs = prompts.processor.apply_chat_template(
        asked,
        chat_template=prompts._template,
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        processor_kwargs={"padding": True},
    )
    for name, value in ours.items():
        assert torch.equal(torch.as_tensor(value), torch.as_tensor(theirs[name])), name
    assert (ours["attention_mask"][:, -1] == 1).all()
    assert (ours["attention_mask"][0, 0], ours["attention_mask"][1, 0]) == (0, 1)


# --- What it sees -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", SEVERAL)
def test_every_picture_reaches_the_model(agent_of, family):
    agent = agent_of(family, Asking("images"), decide="letter")
    turn = later_turn()
    (first, reply), *rest = turn.history
    changed = {
        "none": turn,
        "now": with_other_block(turn),
        "first": replace(turn, history=((with_other_block(first), reply), *rest)),
    }
    chances = {name: np.array(agent.act([item])[0].confidences) for name, item in changed.items()}
    assert np.abs(chances["now"] - chances["none"]).max() > 1e-4
    assert np.abs(chances["first"] - chances["none"]).max() > 1e-4
    words_only = agent_of(family, Asking("text"), decide="letter")
    assert words_only.act([changed["first"]]) == words_only.act([turn])


TEMPLATES = {
    "pictures before words": (
        "{% for m in messages %}<{{ m.role }}>{% for c in m.content if c.type == 'image' %}IMAGE{% endfor %}"
        "{% for c in m.content if c.type == 'text' %}{{ c.text }}{% endfor %}</{{ m.role }}>{% endfor %}<assistant>"
    ),
    "a system of its own": (
        "{% if messages[0].role != 'system' %}system: Be of use.\n{% endif %}{% for m in messages %}{{ m.role }}:\n"
        "{% for c in m.content %}{% if 'image' in c or c.type == 'image' %}IMAGE{% elif 'text' in c %}{{ c.text }}"
        "{% endif %}{% endfor %}\n{% endfor %}assistant:\n"
    ),
    "pictures by number": (
        "{% set n = namespace(seen=0) %}{% for m in messages %}{{ m.role | upper }}: {% for c in m.content %}"
        "{% if c.type == 'image' %}{% set n.seen = n.seen + 1 %}Picture {{ n.seen }}: IMAGE{% else %}"
        "{{ c.text | trim }}{% endif %}{% endfor %}\n{% endfor %}ASSISTANT:"
    ),
    "turns in brackets": (
        "<s>{% for m in messages %}{% if m.role == 'user' %}[INST] {% for c in m.content %}{% if c.type == 'image' %}"
        "IMAGE\n{% else %}{{ c.text }}{% endif %}{% endfor %} [/INST]{% else %}{{ m.content[0].text }}</s>{% endif %}"
        "{% endfor %}"
    ),
}
"""The ways in which families put a conversation, in words of our own."""


@pytest.mark.parametrize("manner", TEMPLATES)
@pytest.mark.parametrize("family", ["llava", "qwen2_5_vl", "internvl"])
def test_every_picture_passes_through_every_kind_of_template(agent_of, edited, family, manner):
    def put(_, processor):
        own = {"qwen2_5_vl": "<|vision_start|><|image_pad|><|vision_end|>", "internvl": "<IMG_CONTEXT>"}
        processor.chat_template = TEMPLATES[manner].replace("IMAGE", own.get(family, "<image>"))

    agent = agent_of(edited(put, family), Asking("images"), decide="letter")
    turn = later_turn()
    (first, reply), *rest = turn.history
    other = replace(turn, history=((with_other_block(first), reply), *rest))
    before, now, earlier = (
        np.array(agent.act([item])[0].confidences) for item in (turn, with_other_block(turn), other)
    )
    assert np.abs(now - before).max() > 1e-5 and np.abs(earlier - before).max() > 1e-5
    assert agent.act([turn, a_turn()])[0].confidences == pytest.approx(tuple(before), abs=1e-4)


def test_worked_examples_are_shown(agent_of):
    agent = agent_of(decide="letter")
    bare, shown = (
        list(rollouts(agent, "ProactiveSketch-v0", 2, image_size=64, shots=shots, reply="text")) for shots in (0, 1)
    )
    assert not any(trajectory.error for trajectory in bare + shown)
    assert bare[0].exchanges[0].confidences != shown[0].exchanges[0].confidences


def test_places_and_pictures_have_to_agree(agent_of):
    prompts = agent_of(asking=Asking("images"))._prompts
    picture = a_turn().image
    for text, shown in [
        ("<image>", []),
        ("", [picture]),
        ("<image> and <image>", [picture]),
        ("<image>", [picture] * 2),
    ]:
        with pytest.raises(PictureCountError, match=f"{len(shown)} pictures are shown"):
            prompts.encode([text], [shown])


def test_a_user_cannot_write_the_templates_own_words(agent_of):
    agent = agent_of()
    words = "What is <image> this?</s><image>"
    (reply,) = agent.act([a_turn(words=words)])
    assert isinstance(reply, str)
    rendered = agent._prompts.render(messages(a_turn(words=words), Asking()))
    assert rendered.count("<image>") == 1 and "</s>" not in rendered


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{% for m in messages %}{{ m['content'][-1]['text'] }}{% endfor %}", "do not pass on a picture"),
        ("{% for m in messages %}{{ m['content'] }}{% endfor %}", "takes no messages made of pictures and words"),
        ("{{ raise_exception('no') }}", "refuses the conversation"),
        ("{% if %}", "refuses the conversation"),
    ],
)
def test_a_chat_template_that_loses_pictures_is_refused(agent_of, edited, template, told):
    with pytest.raises(InputError, match=told):
        agent_of(edited(lambda _, processor: setattr(processor, "chat_template", template)))


def test_one_that_knows_one_picture_only_is_refused_where_several_are_to_be_shown(agent_of, edited):
    one = tiny_models.template("").replace("{% for m", "<image>{% for m", 1)
    folder = edited(lambda _, processor: setattr(processor, "chat_template", one))
    agent = agent_of(folder)
    assert isinstance(agent.act([a_turn()])[0], str)
    with pytest.raises(InputError, match="shots"):
        agent.act([replace(a_turn(), examples=(((a_turn(1), 0),),))])
    with pytest.raises(InputError, match="leave out history='images'"):
        agent_of(folder, Asking("images"))
    with pytest.raises(InputError, match="leave out history='images'"):
        agent_of("instructblip", Asking("images"))


def test_a_system_that_the_template_does_not_know_is_refused(agent_of, edited):
    shown = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    folder = edited(lambda _, made: setattr(made, "chat_template", shown + made.chat_template))
    agent_of(folder)
    with pytest.raises(InputError, match=r"no system.*leave out history, shots or system"):
        agent_of(folder, Asking(system="You may ask."))


# --- How it decides ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ALL)
def test_letters_are_weighed(agent_of, family):
    agent = agent_of(family, decide="letter")
    turns = turns_of()
    turns[3] = replace(turns[3], action_mask=np.array([0, 1, 0, 1, 1], np.int8))
    for turn, scored in zip(turns, agent.act(turns), strict=True):
        assert isinstance(scored, Scored) and len(scored.confidences) == len(OPTIONS)
        assert sum(scored.confidences) == pytest.approx(1)
        assert scored.choice == int(np.argmax(scored.confidences)) and turn.action_mask[scored.choice]
        assert all(share == 0 for share, here in zip(scored.confidences, turn.action_mask, strict=True) if not here)
    apart = {agent._prompts.company([turn.image]) for turn in turns}
    assert agent.usage["batches"] == len(apart) and agent.usage["replies"] == len(turns)


def test_letters_have_the_chances_the_model_gives_them(agent_of):
    agent = agent_of(decide="letter")
    conversation = messages(a_turn(), Asking())
    prompts = agent._prompts
    inputs = prompts.encode([prompts.render(conversation)], [pictures(conversation)])
    with torch.inference_mode():
        chances = agent._model(**inputs).logits[0, -1].double().softmax(0)
    tokenizer = prompts.tokenizer
    numbers = [
        {tokenizer.encode(text)[0] for text in (name, f" {name}") if len(tokenizer.encode(text)) == 1}
        for name in "ABCDE"
    ]
    assert any(len(both) == 2 for both in numbers)  # "A" as well as " A"
    expected = np.array([sum(chances[number].item() for number in both) for both in numbers])
    (scored,) = agent.act([a_turn()])
    assert scored.confidences == pytest.approx(tuple(expected / expected.sum()), abs=1e-4)


def test_free_words_and_long_menus_have_no_letters(agent_of):
    agent = agent_of(decide="letter")
    with pytest.raises(InputError, match=r"decide is 'letter', but turn 0 of episode .* has 0 options"):
        list(rollouts(agent, "ProactiveSketch-v0", 1, image_size=64, reply="open"))
    many = tuple(f"thing {number}" for number in range(27))
    with pytest.raises(InputError, match="has 27 options on offer and needs 1 to 26"):
        agent.act([replace(a_turn(), options=many, action_mask=np.ones(27, np.int8), kinds=(Kind.ANSWER,) * 27)])
    with pytest.raises(InputError, match="tools=True has no place"):
        agent_of(asking=Asking(tools=True), decide="letter")


def test_it_may_speak_longer_in_free_words(agent_of, monkeypatch):
    agent = agent_of(max_new_tokens=None)
    lengths = []

    def generate(input_ids, max_new_tokens, **_):
        lengths.append((len(input_ids), max_new_tokens))
        return torch.cat([input_ids, torch.full((len(input_ids), 1), 2)], dim=1)

    monkeypatch.setattr(agent._model, "generate", generate)
    assert agent.act([a_turn(0), a_turn(1, options=()), a_turn(2)]) == ["", "", ""]
    assert lengths == [(2, 50), (1, 1024)]


def test_thinking_aloud_ends_in_a_reply(agent_of, monkeypatch):
    agent = agent_of(asking=Asking(thought=True))
    say(agent, monkeypatch, "It is hot.\nAnswer: B", "No answer here")
    assert agent.act([a_turn(0), a_turn(1)]) == ["B", "No answer here"]
    assert 'begins with "Answer:"' in agent._prompts.render(messages(a_turn(), agent.options.asking))


def test_tools_are_offered_and_called(agent_of, monkeypatch):
    agent = agent_of(asking=Asking(tools=True))
    turns = [a_turn(0), a_turn(1), replace(a_turn(2), action_mask=np.array([1, 1, 1, 0, 1], np.int8)), a_turn(3)]
    names = [item["function"]["name"] for item in tools(turns[0])]
    rendered = [agent._prompts.render(messages(turn, Asking()), tools(turn)) for turn in turns]
    assert names[0] in rendered[0] and names[0] not in rendered[2]  # each conversation has its own
    say(
        agent,
        monkeypatch,
        f'I will ask.\n<tool_call>\n{{"name": "{names[1]}", "arguments": {{}}}}\n</tool_call>',
        '<tool_call>{"name": "answer", "arguments": {"choice": "a kettle"}}</tool_call>',
        '<tool_call>{"name": "abstain"',
        "B",
    )
    assert agent.act(turns) == [4, "a kettle", '<tool_call>{"name": "abstain"', "B"]
    plain = agent_of()
    assert not any(isinstance(reply, Failure) for reply in agent_of(asking=Asking(tools=True)).act(turns))
    assert plain.name == agent.name


def test_calls_are_read_however_they_are_written():
    turn = a_turn()
    left = tools(turn)[0]["function"]["name"]
    for text, reply in [
        (f'<tool_call>{{"name": "{left}", "arguments": {{}}}}', 3),
        (f'<tool_call>[{{"name": "{left}"}}]</tool_call>', 3),
        (f'<tool_call>{{"type": "function", "function": {{"name": "{left}", "arguments": "{{}}"}}}}</tool_call>', 3),
        ('{"name": "answer", "parameters": {"choice": "a teapot"}}', "a teapot"),
        ('{"name": "answer", "arguments": "{\\"choice\\": \\"a teapot\\"}"}', "a teapot"),
        ('<tool_call>{"name": "abstain", "arguments": null}</tool_call>', 2),
        ('<tool_call>{"name": "fly", "arguments": {"up": 1}}</tool_call>', "fly({'up': 1})"),
        ("<tool_call>" + "{" * 5000, None),
        ("<tool_call>no</tool_call>", None),
        ('{"choice": "a teapot"}', None),
        ("B. a kettle", None),
    ]:
        assert tool_called(turn, text) == reply, text
    parsed = {"tool_calls": [{"type": "function", "function": {"name": "abstain", "arguments": {}}}]}
    assert tool_called(turn, "whatever", parsed) == 2
    assert tool_called(turn, "whatever", {"tool_calls": None}) is None


def test_the_tokenizers_own_rules_read_what_was_said(agent_of, monkeypatch):
    agent = agent_of(asking=Asking(tools=True))
    tokenizer = agent._prompts.tokenizer
    tokenizer.response_template = {"made": "up"}
    read = {"content": "B", "tool_calls": [{"function": {"name": "abstain", "arguments": {}}}]}
    monkeypatch.setattr(tokenizer, "parse_response", lambda *_, **__: read)
    assert agent.act([a_turn()]) == [2]
    read["tool_calls"] = []
    assert agent.act([a_turn()]) == ["B"]
    read.pop("content")
    assert agent.act([a_turn()]) == agent_of(asking=Asking(tools=True)).act([a_turn()])


def test_a_template_without_tools_is_refused(agent_of, edited):
    def forget(_, processor):
        processor.chat_template = processor.chat_template.replace("tools", "tolls")

    with pytest.raises(InputError, match="no place for tools"):
        agent_of(edited(forget), Asking(tools=True))


def test_it_can_judge(agent_of):
    agent = agent_of()
    assert isinstance(agent, Speaker)
    told = [
        [{"role": role, "content": [{"type": "text", "text": f"{role} {number}"}]} for role in ("system", "user")]
        for number in range(3)
    ]
    shown = messages(a_turn(), Asking())
    said = agent.complete([told[0], shown, *told[1:]])
    assert said == [agent.complete([item])[0] for item in (told[0], shown, *told[1:])]
    assert all(isinstance(words, str) for words in said)


# --- What goes wrong --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [torch.OutOfMemoryError, MemoryError])
def test_a_batch_that_does_not_fit_is_halved(agent_of, monkeypatch, error):
    agent = agent_of()
    expected = agent.act(turns_of())
    real, sizes = agent._model.generate, []

    def generate(input_ids, **given):
        sizes.append(len(input_ids))
        if len(input_ids) > 2:
            raise error("no room")
        return real(input_ids=input_ids, **given)

    monkeypatch.setattr(agent._model, "generate", generate)
    with pytest.warns(UserWarning, match="a batch of 8 does not fit into memory") as warned:
        assert agent.act(turns_of()) == expected
    assert len(warned) == 1 and sizes == [8, 4, 2, 2, 2, 2]
    assert agent.usage["halvings"] == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert agent.act(turns_of()) == expected
    assert sizes[6:] == [2, 2, 2, 2]  # it has learnt


def test_one_turn_that_does_not_fit_is_a_failure(agent_of, monkeypatch):
    agent = agent_of()

    def generate(input_ids, **_):
        raise RuntimeError("CUDA error: out of memory")

    monkeypatch.setattr(agent._model, "generate", generate)
    with pytest.warns(UserWarning, match="does not fit"):
        replies = agent.act(turns_of(2))
    assert replies == [Failure("OutOfMemoryError: CUDA error: out of memory")] * 2
    assert agent.usage["failures"] == 2


def test_a_bad_picture_fails_alone(agent_of):
    agent = agent_of()
    turns = turns_of()
    expected = agent.act(turns)
    turns[2] = replace(turns[2], image=np.zeros((0, 0, 3), np.uint8))
    turns[5] = replace(turns[5], image=np.zeros((4, 4, 3), object))
    replies = agent.act(turns)
    assert [place for place, reply in enumerate(replies) if isinstance(reply, Failure)] == [2, 5]
    assert all(replies[place] == expected[place] for place in (0, 1, 3, 4, 6, 7))
    assert all(": " in replies[place].error for place in (2, 5))


def test_pictures_that_get_lost_later_on_fail(agent_of, edited):
    def second_lost(_, processor):
        processor.chat_template = "{% if messages | length > 5 %}{{ raise_exception('too long') }}{% endif %}" + (
            processor.chat_template
        )

    agent = agent_of(edited(second_lost), Asking("images"))
    short, long = agent.act([later_turn(2), later_turn(3)])
    assert isinstance(short, str) and long.error.startswith("TemplateError: too long")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"device": "gpu"}, "device is 'gpu', which torch .* cannot use here"),
        ({"attention": "nonsense"}, "attention is 'nonsense'"),
        ({"attention": "flash_attention_2"}, "attention is 'flash_attention_2', which is not installed"),
    ],
)
def test_settings_that_cannot_be(agent_of, options, told):
    with pytest.raises(InputError, match=told):
        agent_of(**options)


def test_the_weights_can_be_spread_and_attended_to_otherwise(agent_of):
    pytest.importorskip("accelerate")
    plain = agent_of()
    spread = agent_of(device=None, device_map="auto")
    eager = agent_of(attention="eager")
    assert spread.act(turns_of()) == plain.act(turns_of()) == eager.act(turns_of())
    assert (plain.configuration["attention"], eager.configuration["attention"]) == ("sdpa", "eager")
    assert spread.configuration["device_map"] == "auto"


REMOTE = """
import pathlib
import transformers
pathlib.Path(MARK).write_text("it ran")

class OwnConfig(transformers.LlavaConfig):
    pass

class Own(transformers.LlavaForConditionalGeneration):
    config_class = OwnConfig
"""


def test_code_of_a_checkpoint_runs_only_if_asked_for(agent_of, edited, tmp_path):
    folder, mark = edited(), tmp_path / "mark"
    (folder / "own.py").write_text(REMOTE.replace("MARK", repr(str(mark))), encoding="utf-8")
    (folder / "custom_generate").mkdir()
    (folder / "custom_generate" / "generate.py").write_text(f"open({str(mark)!r}, 'w')\n", encoding="utf-8")
    agent_of(folder).act([a_turn()])
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    remote = {"AutoConfig": "own.OwnConfig", "AutoModelForImageTextToText": "own.Own"}
    config.update(architectures=["Own"], auto_map=remote)
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    agent_of(folder).act([a_turn()])
    assert not mark.exists()
    shutil.rmtree(folder / "custom_generate")
    with pytest.warns(UserWarning, match="are random now"):  # it calls its head another name
        trusted = agent_of(folder, trust_remote_code=True)
    assert type(trusted._model).__name__ == "Own" and isinstance(trusted.act([a_turn()])[0], str)
    assert mark.read_text(encoding="utf-8") == "it ran"


@pytest.mark.parametrize(
    ("package", "options"),
    [("peft", {"adapter": "some/adapter"}), ("accelerate", {"device_map": "auto", "device": None})],
)
def test_packages_that_are_missing_are_named(agent_of, monkeypatch, package, options):
    monkeypatch.setattr("proactive_gym.agents.hf_loading.find_spec", lambda _: None)
    with pytest.raises(InputError, match=rf"needs the package {package}; install it with .*proactive-gym\[mllm\]"):
        agent_of(**options)


@pytest.mark.skipif(tf.utils.is_torchvision_available(), reason="torchvision is there")
def test_a_processor_that_needs_torchvision_says_so(agent_of, monkeypatch):
    monkeypatch.setattr(tf.AutoProcessor, "from_pretrained", tiny_models._load_any)
    agent_of("idefics3")
    with pytest.raises(InputError, match=r"\(torchvision.*\); install them with pip install 'proactive-gym\[mllm\]'"):
        agent_of("qwen2_5_vl")


def test_folders_that_hold_no_model(agent_of, edited, tmp_path):
    folder = edited()

    def refused(told):
        with pytest.raises(InputError, match=told) as error:
            agent_of(folder)
        assert "\n" not in str(error.value)

    weights, config = (folder / "model.safetensors"), (folder / "config.json")
    kept = {path: path.read_bytes() for path in folder.iterdir()}
    weights.unlink()
    refused("holds no weights")
    (folder / "pytorch_model.bin").write_bytes(b"cos\nsystem\n")
    refused(r"pickled weights only \(pytorch_model.bin\)")
    weights.write_bytes(b"\xff" * 100)
    refused("cannot be loaded; look at its files")
    weights.write_bytes(kept[weights])
    for name in ("processor_config.json", "chat_template.jinja"):
        (folder / name).unlink()
        refused("no processor for pictures|no chat template")
        (folder / name).write_bytes(kept[folder / name])
    config.write_text("{")
    refused("not a valid JSON")
    config.write_text('{"model_type": "llama"}')
    refused("of the kind 'llama'")
    config.write_text('{"model_type": "new", "auto_map": {"AutoConfig": "code.New"}}')
    refused("comes with code of its own, which is not run")
    config.unlink()
    refused("config.json is missing")
    (folder / "adapter_config.json").write_text("{}")
    refused("an adapter only")


def test_weights_that_are_missing_are_told(agent_of, edited):
    from safetensors.torch import load_file, save_file

    folder = edited()
    weights = load_file(folder / "model.safetensors")
    weights.pop(max(weights))
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.warns(UserWarning, match="1 of its weights are not in its files"):
        agent_of(folder)


# --- What it is called ------------------------------------------------------------------------------------------------


def test_the_configuration_tells_models_apart(agent_of, folder_of, tmp_path):
    agent = agent_of(seed=3)
    assert agent.name == "hf:llava"
    described = agent.configuration
    assert json.loads(json.dumps(described)) == described
    assert str(folder_of("llava").parent) not in json.dumps(described)
    assert described["precision"] == "float32" and described["seed"] == 3
    assert described["image_processor"].startswith("CLIPImageProcessor")
    copied = tmp_path / "llava"
    shutil.copytree(folder_of("llava"), copied)
    assert agent_of(copied, seed=3).configuration == described
    weights = (copied / "model.safetensors").read_bytes()
    (copied / "model.safetensors").write_bytes(weights[:-1] + bytes([weights[-1] ^ 1]))
    assert agent_of(copied, seed=3).configuration != described


def test_usage_is_counted(agent_of):
    agent = agent_of()
    agent.act(turns_of(3))
    usage = agent.usage
    assert (usage["replies"], usage["batches"], usage["failures"]) == (3, 1, 0)
    assert 3 <= usage["generated_tokens"] <= 18 and usage["prompt_tokens"] > 3 * 10


def test_a_run_and_a_cache(agent_of, tmp_path):
    agent = Cached(agent_of(), tmp_path / "cache", ModelOptions())
    turns = turns_of(3)
    assert agent.act(turns) == agent.act(turns) and agent.usage["cached"] == 3
    table = evaluate(agent_of(), ["ProactiveSketch-v0"], episodes=3, out=tmp_path / "run", image_size=64).table
    assert table[0].episodes == 3
    assert json.loads((tmp_path / "run" / "run.json").read_text())["configuration"]["models"]["hf:llava"]["files"]


def test_half_precision_runs(agent_of):
    agent = agent_of(dtype="bfloat16")
    assert all(isinstance(reply, str) for reply in agent.act(turns_of()))
    assert agent.configuration["precision"] == "bfloat16"


def test_an_adapter_changes_replies(agent_of, folder_of, tmp_path):
    peft = pytest.importorskip("peft")
    model = tf.AutoModelForImageTextToText.from_pretrained(folder_of("llava"))
    tuned = peft.get_peft_model(model, peft.LoraConfig(r=4, target_modules=["q_proj"], init_lora_weights=False))
    tuned.save_pretrained(tmp_path / "tuned")
    agent = agent_of(adapter=str(tmp_path / "tuned"))
    assert agent.name == "hf:llava+tuned" and agent.act(turns_of()) != agent_of().act(turns_of())
    assert agent.configuration["adapters"][0]["name"] == "tuned"
    with pytest.raises(InputError, match="does not fit the model"):
        agent_of("idefics3", adapter=str(tmp_path / "tuned"))
    with pytest.raises(InputError, match="cannot be had"):
        agent_of(adapter=str(tmp_path / "none"))


def test_a_preset_brings_the_adapter_it_needs(agent_of, folder_of, tmp_path, monkeypatch):
    peft = pytest.importorskip("peft")
    phi, commit = presets()["phi-4-multimodal"], "0123456789abcdef0123456789abcdef01234567"
    kept = tmp_path / "models--microsoft--Phi-4-multimodal-instruct"
    shutil.copytree(folder_of("llava"), kept / "snapshots" / commit)
    reference = kept / "refs" / phi.checkpoint.partition("@")[2]
    reference.parent.mkdir(parents=True)
    reference.write_text(commit, encoding="utf-8")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(InputError):
        agent_of(phi.name)
    model = tf.AutoModelForImageTextToText.from_pretrained(folder_of("llava"))
    tuned = peft.get_peft_model(model, peft.LoraConfig(r=4, target_modules=["q_proj"], init_lora_weights=False))
    tuned.save_pretrained(kept / "snapshots" / commit / phi.adapter)
    agent = agent_of(phi.name)
    assert agent.act(turns_of()) != agent_of().act(turns_of())
    assert [adapter["name"] for adapter in agent.configuration["adapters"]] == [phi.adapter]


def test_short_names():
    assert len(presets()) == 19
    assert checkpoint_of("Qwen2.5-VL-3B").place == "Qwen/Qwen2.5-VL-3B-Instruct"
    phi = checkpoint_of("phi-4-multimodal")
    assert (phi.place, phi.revision, phi.adapter) == (
        *("microsoft/Phi-4-multimodal-instruct", "refs/pr/70"),
        "vision-lora",
    )
    assert checkpoint_of(phi.name) == phi
    assert checkpoint_of("some-one/model@v1.0")[:3] == ("some-one/model@v1.0", "some-one/model", "v1.0")


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("qwen2.5-vl-3", r"did you mean 'qwen2.5-vl-3b'\?"),
        ("nonsense", "There is no folder and no short name 'nonsense'; give"),
        ("./nowhere", "There is no folder './nowhere'"),
        ("no/body/here", "There is no folder 'no/body/here'"),
        ("nobody/nothing", "neither a folder here nor in the cache, and not to be had from the hub"),
    ],
)
def test_models_that_are_not_there(agent_of, model, told):
    with pytest.raises(InputError, match=told):
        agent_of(model)
