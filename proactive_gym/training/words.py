"""Everything that users of rendered scenes say, and what the tiny model is asked in its lessons on words."""

from collections.abc import Iterator

from proactive_gym.envs import SCENARIOS
from proactive_gym.envs.desk import Desk
from proactive_gym.sources.scenes.source import ABSTENTIONS
from proactive_gym.training.clear_pictures import LESSONS, names

SHOW = ("Which option is this?", "Which of these is it?", "Find it.")
"""Questions of lessons on words; what is to be found stands in the picture's place."""
THING, ACTION, REFUSAL, HELP = (
    ("A thing", "An object"),
    ("An action", "A deed"),
    ("A refusal", "No reply"),
    ("Some help",),
)
OTHER_ACTIONS = (
    "Open the door.", "Close the window.", "Press the button.", "Turn the page.", "Clean the glass.",
    "Lift the cover.", "Push the table to the left.", "Pull the box closer.", "Call a person.", "Stop the music.",
    "Play the next song.", "Cut the paper.", "Paint the wall.", "Fold the box.", "Turn the light on, please.",
    "Take the cover away.", "Add some salt.", "Draw a line.", "Wait for the rain to end.", "Move the table up.",
    "Show me the way.", "Read the text again.", "Send the letter, please.", "Go back to the house.",
    "Put the cup on the table.", "Change the battery.", "Give the dog some water.", "Look behind the door.",
    "Raise the price.", "Repair the roof.", "Step on the brake.", "Set the clock right.",
)  # fmt: skip
"""Actions that no user offers: so that "action" means more than the menus' own."""


def all_texts() -> Iterator[str]:
    """Texts that hold every word the model is to know."""
    yield from names()
    yield from ABSTENTIONS
    yield from OTHER_ACTIONS
    for phrases in (SHOW, THING, ACTION, REFUSAL, HELP):
        yield from phrases
    for scenario in SCENARIOS:
        yield scenario.hint
        yield from (text for texts in scenario.interventions.values() for text in texts)
        yield from _questions(scenario)


def _questions(scenario: object) -> Iterator[str]:
    """Questions as they are asked, with the words that scenes put into them."""
    desk = Desk((scenario,), (), {"split": "train"})  # type: ignore[arg-type]
    for number in range(LESSONS, LESSONS + 400):
        yield desk.begin(desk.named(number)).episode.question
