"""What replies are read to: tables of phrasings, and properties that hold for any text."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proactive_gym.reading import HALF, Reading, read, read_open, strict_readings

MENU = ("Move the blocks to the left.", "I cannot tell.", "Mug.", "Orange.", "Banana.", "Hot dog.", "Dog.")
LEFT, CANNOT, MUG, ORANGE, BANANA, HOT_DOG, DOG = range(7)
LONG = (
    "Rewind the video.", "Wait for the object to appear.", "I cannot answer this question.", "Cup.", "Cupcake.",
    "Mouse.", "Computer mouse.", "Great_pyrenees.", "Elephant.", "Straße.", "İstanbul.", "香蕉。", "केला", "T-shirt.",
    "Vitamin C.",
)  # fmt: skip
REWIND, WAIT, CANNOT_ANSWER, CUP, CUPCAKE, MOUSE, COMPUTER_MOUSE, PYRENEES, ELEPHANT = range(9)
STRASSE, ISTANBUL, BANANA_ZH, BANANA_HI, T_SHIRT, VITAMIN_C = range(9, 15)
TWO = ("I cannot tell.", "I do not know.", "Dog.", "Cat.", "Move the camera up.")


def lenient(reply, menu=MENU, offered=None):
    return read(reply, menu, offered or [True] * len(menu))


def strict(reply, menu, offered=None):
    return read(reply, menu, offered or [True] * len(menu), Reading.STRICT)


CHOICES = [
    # a letter alone
    ("B", CANNOT), ("b", CANNOT), ("B.", CANNOT), ("(B)", CANNOT), ("[B]", CANNOT), ("B)", CANNOT), ("**B**", CANNOT),
    ("`B`", CANNOT), ('"B"', CANNOT), ("'b'", CANNOT), ("B!", CANNOT), (" \n b \n", CANNOT), ("- B", CANNOT),
    ("## B", CANNOT), ("> B", CANNOT), ("| B |", CANNOT), ("1. B", CANNOT), ("_B_", CANNOT), ("B 😀", CANNOT),
    ("👉 B", CANNOT), ("Ｂ", CANNOT), ("ｂ）", CANNOT), ("【B】", CANNOT), ("「B」", CANNOT), ("Ⓑ", CANNOT),
    ("B。", CANNOT), ("B\u200b", CANNOT), ("B<|im_end|>", CANNOT), ("B</s>", CANNOT), ("<b>B</b>", CANNOT),
    ("A", LEFT), ("a", LEFT), ("A.", LEFT), ("(a)", LEFT), ("**A**", LEFT), ("G", DOG),
    # a letter in a sentence
    ("B: x", CANNOT), ("Answer: B", CANNOT), ("answer: b", CANNOT), ("Answer: A", LEFT), ("The answer is B", CANNOT),
    ("The answer is **A**", LEFT), ("The answer is A.", LEFT), ("The answer is (a).", LEFT), ("Option B", CANNOT),
    ("option a", LEFT), ("I choose option (b).", CANNOT), ("I'd go with C", MUG), ("I’d go with A.", LEFT),
    ("I would pick B.", CANNOT), ("My final answer is: C", MUG), ("Final answer: **C. Mug**", MUG),
    ("maybe E", BANANA), ("The correct option is (A)", LEFT), ("A is correct", LEFT), ("C seems the best answer", MUG),
    ("选B", CANNOT), ("答案：B", CANNOT), ("答案是B。", CANNOT), ("Assistant: B", CANNOT),
    ("B, because the dog is hidden", CANNOT),
    # a text
    ("banana", BANANA), ("Banana.", BANANA), ("BANANA", BANANA), ("It's a banana.", BANANA), ("A banana.", BANANA),
    ("This is a banana", BANANA), ("a banana", BANANA), ("An orange!", ORANGE), ("“Banana”", BANANA),
    ("_Banana_", BANANA), ("* banana", BANANA), ("These are bananas.", BANANA), ("It's the dog's.", DOG),
    ("I think this is a dog?", DOG), ("hot dog", HOT_DOG), ("It's a hot-dog", HOT_DOG), ("a **hot** dog", HOT_DOG),
    ("dog", DOG), ("Could you please move the blocks to the left?", LEFT), ("move blocks to the left", LEFT),
    ("I'd like you to move these blocks to the left, thanks", LEFT),
    # letter and text; where they contradict, the text wins
    ("B. I cannot tell.", CANNOT), ("E. Banana.", BANANA), ("E) banana", BANANA), ("(E) Banana", BANANA),
    ("E - a banana", BANANA), ("**E. Banana**", BANANA), ("**E.** Banana", BANANA), ("Banana (E)", BANANA),
    ("B. Banana.", BANANA), ("B. Orange.", ORANGE), ("A. A mug", MUG), ("A. an orange", ORANGE),
    ("Orange (option B)", ORANGE),
    # structure
    ('{"answer": "B"}', CANNOT), ('{"choice": "Move the blocks to the left."}', LEFT), ("{'option': 'A'}", LEFT),
    ('```json\n{"answer": "B"}\n```', CANNOT), ('{"reasoning": "A or C?", "answer": "C"}', MUG),
    ('{"answer": "C", "reason": "A is wrong, B too"}', MUG), ('{"A": false, "E": true}', BANANA),
    (r"\boxed{B}", CANNOT), (r"$\boxed{\text{A}}$", LEFT), (r"So it is $\boxed{\text{(B)}}$.", CANNOT),
    ("<answer>B</answer>", CANNOT), ("<answer>\nBanana.\n</answer>", BANANA),
    ("<think>Is it A or C?</think>B", CANNOT), ("A dog? Hm.\n</think>\n\nB", CANNOT), ("B<think>A</think>", CANNOT),
    ("<|begin_of_box|>B<|end_of_box|>", CANNOT), ("~~A~~ B", CANNOT),
    # several lines, reasoning that ends in the answer
    ("Let me see.\nIt could be a dog or a banana.\n\nB", CANNOT), ("B\n\nThe dog or the mug may be hidden.", CANNOT),
    ("A. Move the blocks to the left.\n\nIt might be a dog or a mug.", LEFT),
    ("It could be A or C. The colour is odd. So the answer is C.", MUG),
    ("First I thought of a dog. The skin is yellow and the shape is bent.\n\n**Answer:** E", BANANA),
    ("A. Move the blocks to the left.\nB. I cannot tell.\nC. Mug.\n\nAnswer: C", MUG),
    ("Is it a dog or a mug? It has a handle, so it is a mug.", MUG),
    ("The answer is A. Wait. The answer is B.", CANNOT),
    # abstentions
    ("I can't tell", CANNOT), ("I can’t tell.", CANNOT), ("I can not tell", CANNOT), ("cannot tell", CANNOT),
    ("I cannot tell what this is", CANNOT), ("I cannot tell if it's a dog or a banana.", CANNOT),
    ("I don't know", CANNOT), ("I dont know!", CANNOT), ("I do not know.", CANNOT), ("I'm not sure.", CANNOT),
    ("It is impossible to say.", CANNOT), ("Unable to determine", CANNOT), ("No idea", CANNOT),
    ("It's unclear.", CANNOT), ("It might be a dog, but I cannot tell.", CANNOT),
    ("Either dog or mug, I can't say.", CANNOT), ("I'm not sure, but I'd say banana", BANANA),
    ("I don't know what it is. Please move the blocks to the left.", LEFT),
    ("Move the blocks to the left. I can't see the object.", LEFT),
    ("I can't tell, move the blocks to the left", LEFT),
    ("I can't tell if it's a dog or a mug, but I think it's a dog.", DOG),
]  # fmt: skip


@pytest.mark.parametrize(("reply", "choice"), CHOICES)
def test_lenient_reads_what_people_and_models_write(reply, choice):
    assert lenient(reply) == choice


LONG_CHOICES = [
    ("I", ELEPHANT), ("I.", ELEPHANT), ("I. Elephant.", ELEPHANT), ("Option I", ELEPHANT),
    ("The answer is I", ELEPHANT), ("(i)", ELEPHANT), ("I think it is a cup", CUP), ("I, for one, see a mouse", MOUSE),
    ("The answer is, I think, F", MOUSE), ("a cupcake", CUPCAKE), ("a computer mouse", COMPUTER_MOUSE),
    ("mouse", MOUSE), ("great pyrenees", PYRENEES), ("Great Pyrenees.", PYRENEES), ("great-pyrenees", PYRENEES),
    ("GREAT_PYRENEES", PYRENEES), ("STRASSE", STRASSE), ("eine Straße", STRASSE), ("İSTANBUL", ISTANBUL),
    ("Istanbul", ISTANBUL), ("istanbul", ISTANBUL), ("香蕉", BANANA_ZH), ("这是香蕉。", BANANA_ZH),
    ("यह केला है", BANANA_HI), ("a T-shirt", T_SHIRT), ("T shirt", T_SHIRT), ("N", T_SHIRT), ("vitamin c", VITAMIN_C),
    ("It is vitamin C.", VITAMIN_C), ("C", CANNOT_ANSWER), ("I can't answer this", CANNOT_ANSWER),
    ("I don't know", CANNOT_ANSWER), ("Wait for object to appear", WAIT), ("I'd rewind the video", REWIND),
]  # fmt: skip


@pytest.mark.parametrize(("reply", "choice"), LONG_CHOICES)
def test_lenient_knows_words_from_letters_on_a_long_menu(reply, choice):
    assert lenient(reply, LONG) == choice


SILENCE = [
    # nothing, or nothing that is on the menu
    "", "   ", "\n", "?", "…", "H", "Z.", "cat", "A cat.", "I think", "hotdog", "dogma", "watchdog", "dog-like",
    "oranges-ish", "It is a", "The answer is a", "The answer is a.", "U.S.", "T-shirt", "E-mail", "C++", "C#", "non-B",
    "20°C", "Plan B", "vitamin C", "A/C", "D'accord", "<think>The answer is B", '{"answer": null}', "Answer 2",
    # negations
    "it is NOT A", "not A", "not a", "NOT B.", "not: B", "not (B)", "**Not** B", "not option B", "not\tB", "Not... B",
    "not a banana", "It isn't B", "It isn’t B", "It isnt B", "It ain't a dog", "anything but C",
    "everything except the mug", "neither A nor B", "neither a dog nor a mug", "I rule out D", "definitely no orange",
    "can't be the dog", "A is wrong", "rather than B", "B is incorrect", "B, which is wrong", "B is ruled out",
    "B has been ruled out", "B can be excluded", "A and B are wrong", "A, B and C are incorrect", "It's not A, B or C",
    "Not the dog, the mug or the banana.", "The answer is not A.", "Answer: not B", "<answer>not B</answer>",
    '{"answer": "not B"}', r"\boxed{\text{not } B}", "I don't think it's a banana", "I wouldn't choose B",
    "I doubt it's a dog", "There is no dog here", "It is never B", "A? No.", "B: no", "A dog? I don't think so.",
    "It looks like a dog, but it isn't.", "The dog is not visible.", "far from a banana", "nothing like a dog",
    "unlike a dog", "Wrong: A", "It would be wrong to say B", "B ❌", "!B", "non-dog", "Ignore B",
    "The answer is B. No, B is wrong.", "It cannot possibly be the dog", "without a mug",
    # two at once
    "A or B", "A/B", "A and B", "either dog or mug", "A, B, C", "dog and banana", "Mug, orange or banana", "B\nC",
    "The answer is A or B.", "Answer: C or D", "Choose between A and B", "It's A. Wait, no, it's B.",
    "It looks like a dog but it is a banana",
    "A. Move the blocks to the left.\nB. I cannot tell.\nC. Mug.\nD. Orange.", '{"A": 0.4, "B": 0.6}', "- dog\n- mug",
    "Isn't it a dog?", "No dog, no mug.", "no, not B",
    "A. Move the blocks to the left. B. I cannot tell. C. Mug. D. Orange.",
]  # fmt: skip


@pytest.mark.parametrize("reply", SILENCE)
def test_lenient_reads_nothing_into_denials_doubts_and_noise(reply):
    assert lenient(reply) is None


TURNED = [
    ("It is not A, it is B", CANNOT), ("The answer isn't A, it's B.", CANNOT), ("not A but B", CANNOT),
    ("not A, but B", CANNOT), ("not A; B", CANNOT), ("Not A. B.", CANNOT), ("A is wrong, B is right", CANNOT),
    ("No, it is B", CANNOT), ("B, not A", CANNOT), ("B rather than A", CANNOT), ("B instead of A", CANNOT),
    ("B and not A", CANNOT), ("A? No. B? No. C? Yes.", MUG), ("Not the mug, choose the banana", BANANA),
    ("I don't think it's a dog, it's a banana.", BANANA), ("Both A and B are wrong; C", MUG),
    ("The banana is out of the question. Dog.", DOG), ("unlike a dog, it is a banana", BANANA),
    ("It's C, A is wrong", MUG), ("I see a mug and no dog", MUG), ("Is it a dog? No, it's a banana.", BANANA),
    ("A is less likely than C", MUG), ("There is no doubt it is a dog", DOG), ("nothing but a dog", DOG),
    ("It is not only yellow but a banana", BANANA), ("no dog, no mug, just an orange", ORANGE), ("~~dog~~ mug", MUG),
    ("Mug? No, dog.", DOG), ("No, B.", CANNOT), ("It's a dog, isn't it?", DOG), ("I eliminated A, so C", MUG),
    ("It cannot be a dog, because dogs have fur. It is a mug.", MUG),
]  # fmt: skip


@pytest.mark.parametrize(("reply", "choice"), TURNED)
def test_lenient_reads_what_is_affirmed_beside_a_denial(reply, choice):
    assert lenient(reply) == choice


@pytest.mark.parametrize(
    ("reply", "choice"),
    [
        ("I can't tell", 0), ("I cannot tell what it is", 0), ("I don't know", 1), ("I do not know what this is", 1),
        ("I can't say", None), ("no idea", None), ("I can't tell; I don't know", None),
        ("I'm not sure it's a dog", None), ("I don't know. Move the camera up.", 4),
    ],
)  # fmt: skip
def test_among_several_abstentions_only_their_own_words_name_one(reply, choice):
    assert lenient(reply, TWO) == choice


def test_only_an_offered_abstention_is_meant_by_abstaining_words():
    assert lenient("no idea", TWO, [True, False, True, True, True]) == 0
    assert lenient("no idea", MENU, [True, False, True, True, True, True, True]) is None


def test_options_with_negations_in_them_are_read_all_the_same():
    menu = ("Two people.", "No people.", "Neither A nor B.", "Not a fruit.")
    assert [lenient(text, menu) for text in menu] == [0, 1, 2, 3]
    assert lenient("There are no people", menu) == 1
    assert lenient("It is not a fruit", menu) == 3


def test_letters_run_over_what_is_on_offer():
    offered = [False, True, True, False, True, True, True]
    assert lenient("A", MENU, offered) == CANNOT
    assert lenient("The answer is C.", MENU, offered) == BANANA
    assert lenient("F", MENU, offered) is None


@pytest.mark.parametrize("reply", ["Orange.", "D. Orange.", "It's an orange", "A. Orange", '{"answer": "orange"}'])
def test_what_is_not_on_offer_cannot_be_chosen(reply):
    assert lenient(reply) == ORANGE
    assert lenient(reply, MENU, [True, True, True, False, True, True, True]) is None


def test_an_option_whose_text_is_a_letter_takes_that_letter():
    menu = ("Move.", "C.", "B.", "A.")
    assert [lenient(reply, menu) for reply in ("A", "B.", "The answer is C", "D")] == [3, 2, 1, 3]


def test_menus_longer_than_the_alphabet():
    menu = tuple(f"thing {number}." for number in range(60))
    assert lenient("Z", menu) == 25
    assert lenient("AA", menu) == 26
    assert lenient("BB. thing 53.", menu) == 53
    assert lenient("AB", MENU) is None


def test_the_same_text_twice_is_read_as_the_one_on_offer():
    assert lenient("the dog", ("Dog.", "Cat.", "Dog."), [False, True, True]) == 2
    assert lenient("dog", ("Dog.", "Cat.", "Dog.")) == 0


KEYWORDS = {
    LEFT: ("move those blocks", "blocks to the left", "push the blocks"),
    MUG: ("cup", "thing"),
    DOG: ("thing",),
}


@pytest.mark.parametrize(
    ("reply", "choice"),
    [
        ("move those blocks away please", LEFT), ("Could you move the blocks?", LEFT), ("push blocks aside", LEFT),
        ("It's a cup", MUG), ("It's not a cup", None), ("It's a cupboard", None), ("a thing", None), ("B", None),
        ("Answer: B", None), ("a banana", BANANA), ("not the banana but the dog", DOG), ("I have no idea", CANNOT),
        ("I can't tell what it is, could you push the blocks aside?", LEFT), ("dog or mug", None), ("", None),
        ("A hot dog, I'd say", HOT_DOG),
    ],
)  # fmt: skip
def test_free_words_are_matched_against_texts_and_keywords(reply, choice):
    assert read_open(reply, MENU, [True] * 7, KEYWORDS) == choice


def test_free_words_name_only_what_is_on_offer():
    assert read_open("push the blocks", MENU, [False] + [True] * 6, KEYWORDS) is None
    assert read_open("push the blocks", MENU, [True] * 7) is None


# Strict: the benchmark's reading.

FRUIT = ("Move it.", "I cannot tell.", "Vitamin c.", "Tablet.", "Banana.", "Orange.")
MOVE, TELL, VITAMIN, TABLET, YELLOW, ROUND = range(6)


@pytest.mark.parametrize(
    ("reply", "choice"),
    [
        # the text, whatever its case and spaces, and its period
        ("Banana.", YELLOW), ("banana.", YELLOW), (" b a n a n a. ", YELLOW), ("Banana", None), ("banana", None),
        ("Banana!", None), ("BANANA.", None), ("I cannot tell.", TELL), ("I can't tell.", None),
        ("It is a banana.", None),
        # everything up to the last capital with a period on the first line is cut off
        ("E. Banana.", YELLOW), ("B. Banana.", YELLOW), ("Z. Banana.", YELLOW),
        ("I think A. Orange. or E. Banana.", YELLOW), ("Vitamin C. Tablet.", TABLET), ("It is not A. Orange.", ROUND),
        ("Reasoning.\nE. Banana.", None), ("E.\nBanana.", YELLOW), ("TV.", None),
        # letters
        ("B", TELL), ("b", TELL), ("B.", TELL), ("B .", TELL), (" b ", TELL), ("B. anything", TELL),
        ("B. Banana", TELL), ("F", ROUND), ("G", None), ("(B)", None), ("B)", None), ("B: x", None),
        ("Answer: B", None), ("`B`", None), ("**B. x**", None), ("Option B.", None), ("B,", None), ("maybe B", None),
        ("The answer is B.", None), ("", None), ("#", None), ("É", None), ("İ", None), ("zzz", None),
    ],
)  # fmt: skip
def test_strict_is_the_benchmarks_reading(reply, choice):
    assert strict(reply, FRUIT) == choice


@pytest.mark.parametrize(
    ("reply", "choice"), [("", 1), ("TV.", 1), ("CD.", 1), ("A.", 1), ("B. ", 1), ("B", 1), ("A", 0), ("TV", None)]
)
def test_strict_cannot_tell_what_ends_in_a_capital_from_nothing(reply, choice):
    assert strict(reply, ("Wait.", "TV.", "Radio.")) == choice


def test_strict_letters_shift_with_what_is_on_offer():
    offered = [False, True, True, False, True, True]
    assert [strict(reply, FRUIT, offered) for reply in "ABCDE"] == [TELL, VITAMIN, YELLOW, ROUND, None]
    assert strict("Move it.", FRUIT, offered) is None
    assert strict("A. Move it.", FRUIT, offered) == TELL


def test_strict_letters_go_on_past_z_and_then_collide():
    menu = [f"thing {number}." for number in range(40)]
    assert strict("[", menu) == 26
    assert strict("a", menu) == 0
    assert strict("`", menu) == 31


def test_strict_reading_looks_through_answers_and_other_options_apart():
    blocks = [[number for number in range(6) if number != ROUND], [ROUND]]
    assert strict_readings("A. Orange.", FRUIT, [True] * 6, blocks) == [ROUND, MOVE]
    assert strict_readings("Orange.", FRUIT, [True] * 6, blocks) == [ROUND]
    assert strict_readings("A", FRUIT, [True] * 6, blocks) == [MOVE]
    # In one and the same block the text alone counts.
    assert strict_readings("A. Orange.", FRUIT, [True] * 6, [range(6)]) == [ROUND]


def test_the_first_of_two_equal_texts_is_read():
    assert strict("Mug.", ("mug.", "Mug .", "Mug.")) == 0


# Properties.

unhurried = settings(deadline=None)  # a busy machine is no error; the time reading takes has a test of its own

WORDS = st.sampled_from(
    ["red", "green", "old", "kettle", "drum", "lamp", "bell", "anchor", "violin", "castle", "zebra", "whistle", "sofa"]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=3, unique=True).map(lambda words: " ".join(words).capitalize() + ".")
MENUS = st.lists(TEXTS, min_size=2, max_size=12, unique_by=lambda text: text.lower())
SHOWN = st.lists(st.booleans(), min_size=len(LONG), max_size=len(LONG))
FRAGMENTS = st.sampled_from(
    [*MENU, *LONG, *"ABCGIai", "not", "no", "is", "answer", "The answer is", "or", "and", "but", "cannot", "I",
    "a", "wrong",
     "<think>", "</think>", "\\boxed{", "}", '{"answer": "', '"', "**", "`", "\n", ".", ", ", ": ", "(", ")", "~~",
     "\ue000", "\U000f0001", "\U00100001", "\ud800", "\x00", "\u0307", "İ", "ﷺ", "香"]
)  # fmt: skip
REPLIES = st.text() | st.lists(FRAGMENTS, max_size=30).map(" ".join) | st.lists(FRAGMENTS, max_size=30).map("".join)


@unhurried
@given(REPLIES, SHOWN, st.sampled_from(Reading))
def test_any_reply_gives_an_offered_option_or_none(reply, offered, reading):
    choice = read(reply, LONG, offered, reading)
    assert choice is None or offered[choice]
    assert read(reply, LONG, offered, reading) == choice


@unhurried
@given(REPLIES, SHOWN, st.dictionaries(st.integers(0, len(LONG) - 1), st.lists(st.text(max_size=9), max_size=3)))
def test_any_free_words_give_an_offered_option_or_none(reply, offered, keywords):
    choice = read_open(reply, LONG, offered, keywords)
    assert choice is None or offered[choice]


@unhurried
@given(st.lists(st.text(max_size=20), max_size=9), st.text(max_size=40), st.sampled_from(Reading))
def test_any_menu_will_do(menu, reply, reading):
    for said in (reply, *menu):
        choice = read(said, menu, [True] * len(menu), reading)
        assert choice is None or 0 <= choice < len(menu)


@unhurried
@given(MENUS, st.sampled_from(Reading), st.data())
def test_text_letter_and_both_are_read_back(menu, reading, data):
    offered = data.draw(st.lists(st.booleans(), min_size=len(menu), max_size=len(menu)))
    shown = [number for number, on in enumerate(offered) if on]
    for letter, number in zip("ABCDEFGHIJKL", shown, strict=False):
        for reply in (menu[number], letter, letter.lower(), f"{letter}.", f"{letter}. {menu[number]}"):
            assert read(reply, menu, offered, reading) == number, reply


@unhurried
@given(MENUS, st.data())
def test_lenient_reads_a_choice_in_any_usual_frame(menu, data):
    number = data.draw(st.integers(0, len(menu) - 1))
    letter, text = "ABCDEFGHIJKL"[number], menu[number].rstrip(".")
    frames = (
        "**{}**",
        "({})",
        "The answer is {}.",
        "Answer: {}",
        "I choose {}.",
        '{{"answer": "{}"}}',
        "\\boxed{{{}}}",
    )
    frame = data.draw(st.sampled_from(frames))
    for said in (letter, text, f"{letter}. {text}", text.upper()):
        assert lenient(frame.format(said), menu) == number, frame.format(said)


@unhurried
@given(MENUS, st.data())
def test_lenient_never_reads_a_denied_option(menu, data):
    number = data.draw(st.integers(0, len(menu) - 1))
    letter, text = "ABCDEFGHIJKL"[number], menu[number].rstrip(".")
    denials = (
        "not {}", "It is not {}.", "It isn't {}", "definitely not {}!", "anything but {}", "I rule out {}",
        "not **{}**", "{} is wrong.", "{} is incorrect", "{} is not right", "It can't be {}", "neither {}",
        "The answer is not {}.",
    )  # fmt: skip
    denial = data.draw(st.sampled_from(denials))
    for said in (letter, letter.lower(), text, f"{letter}. {text}"):
        assert lenient(denial.format(said), menu) is None, denial.format(said)


@unhurried
@given(MENUS, st.data())
def test_lenient_reads_the_option_that_replaces_a_denied_one(menu, data):
    wrong, right = data.draw(st.lists(st.integers(0, len(menu) - 1), min_size=2, max_size=2, unique=True))
    frame = data.draw(st.sampled_from(("It is not {}, it is {}.", "Not {}, but {}.", "{} is wrong. The answer is {}.")))
    assert lenient(frame.format("ABCDEFGHIJKL"[wrong], "ABCDEFGHIJKL"[right]), menu) == right
    assert lenient(frame.format(menu[wrong].rstrip("."), menu[right].rstrip(".")), menu) == right


@unhurried
@given(st.lists(WORDS, max_size=40).map(" ".join), st.sampled_from((" ", "\n", ". ", "\n\n", ", so ")))
def test_an_answer_is_found_among_other_words(noise, gap):
    for said in ("Answer: E", "The answer is E.", "I choose E", "The answer is a banana."):
        assert lenient(f"{noise}{gap}{said}") == BANANA
        assert lenient(f"{said}{gap}{noise}.") == BANANA


# Length.

HOSTILE = [
    "a", " ", "\n", "not ", "A. ", "B, ", "B or ", "B) ", "banana, ", "cannot ", "I cannot tell ", "answer: ",
    "answer ", ":", "so ", "not B, ", "B is not ", "move the ", "<think>", "</think>", "<answer>", "<", "(", "**B**",
    "~~", "__B__", '{"answer": ', "\\boxed{", "'s", "A.A.", "\u0301\u0323", "ﷺ", "香", "😀", "İ", "\x00", "\ue000",
    "\U000f0000", "B" + " " * 50, "B\n", "TV.",
]  # fmt: skip


@pytest.mark.parametrize("reading", Reading)
def test_a_megabyte_of_anything_is_read_at_once(reading):
    for piece in HOSTILE:
        for end in ("", "B"):
            reply = piece * (1_000_000 // len(piece)) + end
            start = time.perf_counter()
            read(reply, MENU, [True] * 7, reading)
            assert time.perf_counter() - start < 1.5, piece


def test_both_ends_of_a_long_reply_are_read():
    filler = "The picture is dark and little is to be seen. " * (HALF // 10)
    assert lenient(f"{filler}\nAnswer: E") == BANANA
    assert lenient(f"Banana. {filler}") == BANANA
    assert lenient(f"{filler} Banana. {filler}") is None
    assert lenient(f"<think>{filler} A. {filler}</think>E") == BANANA


def test_a_reply_that_is_json_is_read_by_its_answer():
    for number, letter in enumerate("ABCDEFG"):
        said = {"thought": "It may be a dog or an orange.\nOr not.", "answer": letter}
        assert lenient(json.dumps(said)) == number
        assert lenient(f"```json\n{json.dumps(said, indent=2)}\n```") == number
