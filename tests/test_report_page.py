"""The report's page: whole, readable, small, and safe whatever models and files say."""

import base64
import hashlib
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from browser import dom_of, needs_browser, screenshot
from PIL import Image

import proactive_gym
from proactive_gym.cli import main
from proactive_gym.evaluation import SCENARIO_IDS, Evaluation
from proactive_gym.reports.page import as_json
from proactive_gym.reports.reopening import reopened
from proactive_gym.reports.replay import BUDGET, Budget, replay
from proactive_gym.reports.walking import shown_turns
from proactive_gym.reports.writing import write_reports
from proactive_gym.rollout import make_desk
from proactive_gym.stored import line, stored_rows

ENVS = ("ProactiveOcclusion-v0", "ProactiveSketch-v0")
AGENTS = ("oracle", "always-ask", "never-ask", "abstain")
SETTING = {"image_size": 64, "control": "mixed"}
PLOTS = {
    *("accuracy_against_requests", "accuracy_against_requests_by_environment", "accuracy_by_scenario"),
    *("gain_against_price", "endings", "sufficiency_when_answering"),
}
HOSTILE = (
    "<script>document.title='broken'</script>",
    "</script><script>document.title='broken'</script>",
    '"><img src=x onerror="document.title=\'broken\'">',
    "<!--<script>",
    "$\\frac{1}{0}$",
    "$unbalanced",
    "_hidden ]]> & < ' \"",
    "\u202egpj.exe\x00\x1b[31m",
    "half a letter \ud800",
    "line\nbreak",
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    return proactive_gym.evaluate(list(AGENTS), ENVS, episodes=12, out=folder, **SETTING)


@pytest.fixture(scope="module")
def hostile(run, tmp_path_factory):
    """A run in which every name and word is an attack."""
    folder = tmp_path_factory.mktemp("hostile") / "run"
    folder.mkdir()
    (folder / "run.json").write_bytes((run.folder / "run.json").read_bytes())
    rows = []
    for number, row in enumerate(run.rows):
        word = HOSTILE[number % len(HOSTILE)]
        agent = HOSTILE[AGENTS.index(row["agent"])]
        replies = [word for _ in row["replies"]]
        rows.append({**row, "agent": agent, "replies": replies})
        if number % 3 == 0:
            changed = {"question": word, "options": [word] * len(row["options"]), "episode": f"{word}/{number}"}
            rows[-1] |= {**changed, "scenario": word, "wording": word}
    (folder / "episodes.jsonl").write_bytes("".join(map(line, rows)).encode(errors="backslashreplace"))
    write_reports(Evaluation(stored_rows(folder / "episodes.jsonl"), folder), folder, HOSTILE[0])
    return folder


class Page(HTMLParser):
    """The tags of a page with their attributes, and its scripts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.scripts, self._inside = [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        self._inside = None

    def handle_data(self, data):
        if self._inside == "script":
            self.scripts[-1] += data

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def whole(word):
    """Half a letter cannot be kept."""
    return word.replace("\ud800", "?")


def read(folder):
    return (folder / "report.html").read_text(encoding="utf-8")


# --- Whole ------------------------------------------------------------------------------------------------------------


def test_the_page_has_tables_plots_and_a_replay(run):
    page = Page(read(run.folder))
    headings = [tag for tag, _ in page.tags if tag in ("h1", "h2", "table", "figure")]
    assert headings.count("figure") == len(PLOTS) and headings.count("table") >= 4
    data = json.loads(page.scripts[0])
    assert len(data["plays"]) == len(run.rows) and set(data["agents"]) == set(AGENTS)
    for words in ("rendered scenes", "control=mixed", "Part of the run", "12 episodes", "When it asked"):
        assert words.replace("12", str(len(run.rows))) in read(run.folder)


def test_every_plot_is_there_as_picture_and_as_figures(run):
    folder = run.folder / "plots"
    assert {file.stem for file in folder.glob("*.png")} == PLOTS
    for file in folder.glob("*.png"):
        with Image.open(file) as picture:
            picture.load()
            assert picture.width > 500 and len(picture.convert("RGB").getcolors(1_000_000)) > 20
    assert {file.stem for file in folder.glob("*.csv")} == PLOTS - {"accuracy_against_requests_by_environment"}


def test_plots_are_there_for_light_and_for_dark_pages(run):
    page = Page(read(run.folder))
    light = [attributes["src"] for attributes in page.all("img")]
    dark = [attributes["srcset"] for attributes in page.all("source")]
    assert len(light) == len(dark) == len(PLOTS) and not set(light) & set(dark)
    assert all(attributes["media"] == "(prefers-color-scheme: dark)" for attributes in page.all("source"))
    assert all(attributes["alt"] for attributes in page.all("img"))


def test_the_page_needs_nothing_from_anywhere(run, hostile):
    for folder in (run.folder, hostile):
        for tag, attributes in Page(read(folder)).tags:
            for name in ("src", "href", "srcset", "action", "data"):
                assert attributes.get(name, "data:").startswith("data:"), (tag, name)


def test_the_same_run_gives_the_same_page(run):
    before = {file: file.read_bytes() for file in sorted(run.folder.rglob("*")) if file.is_file()}
    assert main(["report", str(run.folder)]) == 0
    assert {file: file.read_bytes() for file in sorted(run.folder.rglob("*")) if file.is_file()} == before


def test_one_agent_alone_stands_beside_the_landmarks(tmp_path):
    proactive_gym.evaluate("abstain", ENVS[0], episodes=3, out=tmp_path / "run", image_size=32)
    text = read(tmp_path / "run")
    assert "One agent only" in text and "Agents in pairs" not in text
    assert "Played on its episodes for this page" in text and "always-ask" in text


# --- Replay -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("env", SCENARIO_IDS)
def test_the_replay_shows_what_the_agent_was_shown(env):
    """Pictures are those that the environment shows for the same choices, and the oracle would do what it did."""
    kwargs = {"image_size": 96}
    rows = proactive_gym.evaluate("oracle", env, episodes=3, **kwargs).rows
    data = replay(rows, {env: make_desk(env, kwargs)}, "").data
    for row, play in zip(rows, data["plays"], strict=True):
        assert [turn["best"] for turn in play["turns"]] == [turn["choice"] for turn in play["turns"]] == row["choices"]
        desk = make_desk(env, kwargs)
        conversation = desk.begin(row["episode"])
        for turn in play["turns"]:
            (picture,) = desk.source.paint([conversation.picture])
            kind, _, text = data["pictures"][turn["picture"]].partition(",")
            assert kind == "data:image/webp;base64"
            with Image.open(io.BytesIO(base64.b64decode(text))) as shown:
                assert shown.size == (96, 96)
                mean = lambda image: image.convert("L").resize((4, 4), Image.Resampling.BOX).tobytes()  # noqa: E731
                assert all(abs(a - b) < 12 for a, b in zip(mean(shown), mean(Image.fromarray(picture)), strict=True))
            assert data["said"][turn["said"]] == conversation.dialogue
            conversation.choose(turn["choice"])


def test_what_is_over_the_budget_is_left_out_evenly(run):
    desks, problem = reopened(run.folder, ENVS)
    whole = replay(run.rows, desks, problem)
    assert whole.shown == whole.played == len(run.rows) and problem == whole.problem == ""
    for budget in (Budget(plays=24), Budget(pictures=12), Budget(size=12_000)):
        part = replay(run.rows, desks, problem, budget)
        assert 0 < part.shown < whole.shown and part.played == whole.played
        assert len(part.data["plays"]) == part.shown and len(part.data["pictures"]) <= budget.pictures
        assert len(json.dumps(part.data)) <= max(budget.size, 12_000) * 1.1
    by_agent = [play["agent"] for play in replay(run.rows, desks, problem, Budget(plays=24)).data["plays"]]
    assert {agent: by_agent.count(agent) for agent in AGENTS} == dict.fromkeys(AGENTS, 6)


def test_long_episodes_are_shown_from_both_ends():
    assert shown_turns({"outcomes": [""] * 5}, 16) == [0, 1, 2, 3, 4]
    assert shown_turns({"outcomes": [""] * 100}, 8) == [0, 1, 2, 3, 96, 97, 98, 99]


def test_filters_find_needless_requests_and_blind_guesses(run):
    plays = replay(run.rows, {}, "").data["plays"]
    needless = {play["agent"] for play in plays if play["needless"]}
    blind = {play["agent"] for play in plays if play["blind"]}
    assert needless == {"always-ask"} and "never-ask" in blind and "oracle" not in blind


def test_without_the_source_the_replay_goes_without_pictures_and_says_so(run, tmp_path):
    told = json.loads((run.folder / "run.json").read_text(encoding="utf-8"))
    told["configuration"]["env_kwargs"] = {"source": "proactivebench", "data_dir": "gone"}
    (tmp_path / "run.json").write_text(json.dumps(told), encoding="utf-8")
    desks, problem = reopened(tmp_path, ENVS)
    assert desks == {} and "gone" in problem
    shown = replay(run.rows, desks, problem)
    assert shown.shown == len(run.rows) and shown.data["pictures"] == [] and "gone" in shown.problem
    assert shown.data["plays"][0]["options"] == run.rows[0]["options"]


@pytest.mark.parametrize(
    ("kwargs", "said"),
    [
        ({"source": {"type": "my.Source", "name": None}}, "source as an object (my.Source)"),
        ({"wording": "Wording(name='x')"}, "wording as an object"),
        ({"nonsense": 1}, "nonsense"),
        ([1], "env_kwargs"),
    ],
)
def test_what_a_run_does_not_say_whole_cannot_be_opened_again(run, tmp_path, kwargs, said):
    (tmp_path / "run.json").write_text(json.dumps({"configuration": {"env_kwargs": kwargs}}), encoding="utf-8")
    desks, problem = reopened(tmp_path, ENVS)
    assert desks == {} and said in problem


def test_a_report_imports_no_module_because_a_file_names_it(tmp_path, monkeypatch):
    (tmp_path / "evil_module.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "run.json").write_text(json.dumps({"configuration": {"env_kwargs": {}}}), encoding="utf-8")
    desks, problem = reopened(tmp_path, ["evil_module:ProactiveEvil-v0"])
    assert desks == {} and "does not import" in problem


def test_a_source_that_has_changed_is_not_shown_as_what_was_played(run):
    desks, _ = reopened(run.folder, ENVS)
    rows = [{**row, "question": "Another question?"} for row in run.rows[:3]]
    shown = replay(rows, desks, "")
    assert shown.data["pictures"] == [] and "no longer what was played" in shown.problem


def test_free_words_are_replayed_with_the_menu_that_the_agent_did_not_see(tmp_path):
    evaluated = proactive_gym.evaluate("oracle", ENVS[0], episodes=3, reply="open", image_size=32, out=tmp_path / "run")
    desks, problem = reopened(evaluated.folder, [ENVS[0]])
    play = replay(evaluated.rows, desks, problem).data["plays"][0]
    assert play["hidden"] and len(play["options"]) == 7 and play["turns"][0]["best"] is not None


# --- Safe -------------------------------------------------------------------------------------------------------------


def test_only_the_pages_own_script_may_run(hostile, run):
    own = files("proactive_gym").joinpath("data/report.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()
    for folder in (hostile, run.folder):
        page = Page(read(folder))
        scripts = page.all("script")
        assert [attributes.get("type") for attributes in scripts] == ["application/json", None]
        assert page.scripts[1] == own
        (policy,) = [attributes["content"] for attributes in page.all("meta") if "http-equiv" in attributes]
        assert f"script-src 'sha256-{digest}'" in policy and "default-src 'none'" in policy
        assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
        assert not {"iframe", "object", "embed", "link", "base", "svg"} & {tag for tag, _ in page.tags}


def test_what_models_say_reaches_the_page_whole_and_as_data(hostile):
    data = json.loads(Page(read(hostile)).scripts[0])
    said = {turn["reply"] for play in data["plays"] for turn in play["turns"]}
    assert said == {whole(word) for word in HOSTILE} and set(HOSTILE[:4]) == set(data["agents"])


@pytest.mark.parametrize("word", HOSTILE)
def test_no_word_ends_the_element_that_holds_the_data(word):
    text = str(as_json({word: [word, "\u2028"]}))
    assert not set("<>&") & set(text)
    assert json.loads(text) == {whole(word): [whole(word), "\u2028"]}


def test_plots_hold_names_as_names(hostile):
    """As SVG they are well formed, and nothing in them is more than text."""
    drawn = [
        base64.b64decode(attributes["src"].partition(",")[2]).decode()
        for attributes in Page(read(hostile)).all("img")
        if attributes["src"].startswith("data:image/svg+xml")
    ]
    assert len(drawn) == len(PLOTS)
    for text in drawn:
        tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(text).iter()}
        assert not {"script", "foreignObject", "image"} & tags and "onerror" not in re.sub(r">[^<]*<", "><", text)


@needs_browser
def test_a_browser_runs_nothing_of_what_models_say(hostile):
    dom = dom_of(hostile / "report.html")
    title = re.search(r"<title>(.*?)</title>", dom).group(1)
    assert title != "broken" and "document.title" in title
    assert dom.count('<article class="play">') == 12
    assert "&lt;script&gt;document.title" in dom and "<img src=x" not in dom.replace('"', "")


@needs_browser
@pytest.mark.parametrize(
    ("act", "check"),
    [
        ("find('agent').value = 'abstain'", lambda cards: cards and all("<b>abstain</b>" in card for card in cards)),
        ("find('needless').checked = true", lambda cards: cards and all("always-ask" in card for card in cards)),
        ("find('blind').checked = true", lambda cards: cards and not any("<b>oracle</b>" in card for card in cards)),
        ("find('text').value = 'no such words'", lambda cards: not cards),
        ("find('scenario').value = 'sketch'", lambda cards: cards and all("scenes/sketch" in card for card in cards)),
    ],
)
def test_filters_filter(run, tmp_path, act, check):
    """With the page's policy taken off, so that the test can press what a person would."""
    pressed = (
        f"<script>const find = (id) => document.getElementById(id); {act};"
        "find('filters').dispatchEvent(new Event('input'));</script></body>"
    )
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", read(run.folder))
    (tmp_path / "page.html").write_text(text.replace("</body>", pressed), encoding="utf-8")
    dom = dom_of(tmp_path / "page.html")
    assert check(re.findall(r'<article class="play">.*?</article>', dom, re.DOTALL))


@needs_browser
@pytest.mark.parametrize("width", [500, 1200])
def test_nothing_sticks_out_of_a_narrow_page(run, tmp_path, width):
    """Tables and strips of pictures scroll in their own boxes."""
    fits = "document.documentElement.scrollWidth <= innerWidth ? 'fits' : 'too wide'"
    probe = f"<script>document.title = {fits}</script></body>"
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", read(run.folder))
    (tmp_path / "page.html").write_text(text.replace("</body>", probe), encoding="utf-8")
    screenshot(tmp_path / "page.html", tmp_path / "page.png", width, 1500)
    with Image.open(tmp_path / "page.png") as picture:
        assert picture.width == width and len(picture.convert("RGB").getcolors(10_000_000)) > 100
    assert "<title>fits</title>" in dom_of(tmp_path / "page.html")


# --- Small ------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("agents", [["oracle"], ["oracle", "always-ask", "random", "never-ask"]])
def test_a_page_of_200_episodes_and_more_stays_small(tmp_path, agents):
    proactive_gym.evaluate(agents, "ProactiveSketch-v0", episodes=200, out=tmp_path / "run")
    size = (tmp_path / "run" / "report.html").stat().st_size
    data = json.loads(Page(read(tmp_path / "run")).scripts[0])
    assert size <= 5_000_000
    assert len(data["plays"]) == min(BUDGET.plays // len(agents), 200) * len(agents)
