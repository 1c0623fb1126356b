"""People at the page: what they see, what is kept of them, and what nobody learns too early."""

from __future__ import annotations

import csv
import dataclasses
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from html import unescape
from itertools import count

import pytest
from play_server import ENV, PATIENCE, Server

import proactive_gym.play.seat as seat_module
import proactive_gym.play.study as study_module
from proactive_gym import ENVIRONMENTS
from proactive_gym.cli import main
from proactive_gym.envs.conversation import Conversation
from proactive_gym.envs.desk import Desk
from proactive_gym.envs.moment import Moment
from proactive_gym.errors import InputError
from proactive_gym.evaluation import evaluate
from proactive_gym.evaluation.run_directory import RunDirectory
from proactive_gym.play.names import agent_name
from proactive_gym.play.pages import Pages
from proactive_gym.play.site import LONGEST_FORM, Site
from proactive_gym.play.study import Study

SMALL = {"image_size": 48}
TINY = ("--image-size", "48")


@pytest.fixture
def studies(tmp_path):
    """Makes studies, each in a folder of its own, and ends them."""
    opened = []
    numbers = count()

    def make(env=ENV, episodes=2, *, feedback=True, out=None, seed=0, **env_kwargs):
        folder = out or tmp_path / f"run{next(numbers)}"
        study = Study(env, episodes, folder, seed, feedback, SMALL | env_kwargs)
        opened.append(study)
        return study

    yield make
    for study in opened:
        study.__exit__()


class Browser:
    """What a browser does without a script, and everything that was ever sent to it."""

    def __init__(self, study: Study | None = None, site: Site | None = None) -> None:
        from starlette.testclient import TestClient

        self.site = site or Site(study)
        self.client = TestClient(self.site.application("127.0.0.1"), base_url="http://127.0.0.1")
        self.received: list[bytes] = []
        self.open()

    def _note(self, response):
        for each in (*response.history, response):
            self.received.append(str(each.headers).encode() + each.content)
        self.status, self.page = response.status_code, response.text
        return self

    def open(self):
        return self._note(self.client.get("/"))

    def post(self, to: str, **fields: str):
        return self._note(self.client.post(f"/{to}", data=fields))

    def sit(self, name: str = "Anna"):
        return self.post("sit", name=name)

    def look(self) -> bytes:
        """All pictures on the page; the last of them in full."""
        for address in re.findall(r'src="(picture/[^"]+)"', self.page):
            response = self.client.get(f"/{address}")
            assert response.status_code == 200
            self.received.append(str(response.headers).encode() + response.content)
        return response.content

    def press(self, place: int):
        """The button at that place."""
        numbers = [number for number, _ in self.options]
        return self.post("reply", stamp=self.stamp, option=numbers[place % len(numbers)])

    def go_on(self):
        return self.post("reply", stamp=self.stamp)

    @property
    def kind(self) -> str:
        return re.search(r'data-kind="(\w+)"', self.page)[1]

    @property
    def stamp(self) -> str:
        return re.search(r'name="stamp" value="([^"]+)"', self.page)[1]

    @property
    def options(self) -> list[tuple[str, str]]:
        """Numbers and texts of the buttons, in order."""
        return [
            (number, unescape(text))
            for number, text in re.findall(r'name="option" value="(\d+)".*?<span>(.*?)</span>', self.page)
        ]

    def play(self, press=lambda turn: turn):
        """On until all is played, pressing the button at the place that ``press`` gives for a turn's number."""
        turn = 0
        while self.kind in ("asking", "ended"):
            if self.kind == "asking":
                self.press(press(turn))
                turn = turn + 1 if self.kind == "asking" else 0
            else:
                self.go_on()
        return self


class SamePresses:
    """The agent that does what ``Browser.play`` does."""

    name = "person:Anna"

    def act(self, turns):
        return [turn.on_offer()[turn.number % len(turn.on_offer())] for turn in turns]


def lines(study: Study) -> list[dict]:
    text = study.run.episodes.read_text(encoding="utf-8") if study.run.episodes.exists() else ""
    assert text == "" or text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


# --- a run like any other ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_a_person_leaves_the_run_that_an_agent_with_the_same_replies_leaves(env, studies, tmp_path):
    study = studies(env, 3, control="mixed", hint=True)
    browser = Browser(study).sit().play()
    assert browser.kind == "done"
    evaluate(SamePresses(), env, episodes=3, out=tmp_path / "agent", control="mixed", hint=True, **SMALL)
    assert study.run.episodes.read_bytes() == (tmp_path / "agent" / "episodes.jsonl").read_bytes()
    plan = [RunDirectory(folder).configuration()["plan"] for folder in (study.run.folder, tmp_path / "agent")]
    assert plan[0] == plan[1]


def test_the_run_gets_the_same_report(studies, capsys):
    study = studies()
    Browser(study).sit("Anna <b>").play()
    folder = study.run.folder
    waited = time.monotonic() + PATIENCE
    while not (folder / "report.html").exists() and time.monotonic() < waited:
        time.sleep(0.05)  # it is written beside the last page
    study.report()  # … and again once the server ends, whoever is still at it
    assert main(["report", str(folder)]) == 0
    assert "person:Anna <b>" in capsys.readouterr().out
    assert "person:Anna &lt;b&gt;" in (folder / "report.html").read_text(encoding="utf-8")
    assert "person:Anna <b>" in (folder / "summary.csv").read_text(encoding="utf-8")


def test_how_long_a_reply_took_is_kept_apart(studies):
    study = studies()
    Browser(study).sit().play()
    times = [json.loads(line) for line in (study.run.folder / "timing.jsonl").read_text().splitlines()]
    assert [time["episode"] for time in times] == study.names
    for told, row in zip(times, lines(study), strict=True):
        assert told["agent"] == "person:Anna" and len(told["by_reply"]) == len(row["replies"])
        assert told["seconds"] == pytest.approx(sum(told["by_reply"]), abs=0.01)


@pytest.mark.parametrize(("reply", "written"), [("text", "B"), ("open", "Move it, please")])
def test_written_replies_are_read_as_a_models_are(reply, written, studies, tmp_path):
    study = studies(episodes=1, reply=reply)
    browser = Browser(study).sit()
    assert "<textarea" in browser.page and not browser.options
    assert ("B." in unescape(browser.page)) is (reply == "text")
    while browser.kind == "asking":
        browser.post("reply", stamp=browser.stamp, words=f"  {written} ")

    class Writes:
        name = "person:Anna"

        def act(self, turns):
            return [written for _ in turns]

    evaluated = evaluate(Writes(), ENV, episodes=1, reply=reply, **SMALL)
    assert lines(study) == evaluated.rows
    said = re.search(r"<q>(.*?)</q>", browser.page)[1]
    assert unescape(said).startswith(f"{written} → " if reply == "text" else written)  # told back at the end


def test_an_empty_reply_is_none(studies):
    study = studies(episodes=1, reply="open")
    browser = Browser(study).sit()
    browser.post("reply", stamp=browser.stamp, words="  ")
    assert browser.status == 400 and "empty" in browser.page
    assert browser.open().kind == "asking" and lines(study) == []


def test_a_picture_that_cannot_be_shown_is_said_and_owed(studies, monkeypatch):
    from proactive_gym.errors import PictureError

    study = studies(episodes=1)
    paint = study.desk.source.paint
    monkeypatch.setattr(study.desk.source, "paint", lambda _: (_ for _ in ()).throw(PictureError("x.png is torn.")))
    browser = Browser(study).sit()
    assert browser.kind == "ended" and "does not count" in browser.page
    assert [row["error"] for row in lines(study)] == ["PictureError: x.png is torn."]
    assert browser.go_on().kind == "done"
    monkeypatch.setattr(study.desk.source, "paint", paint)
    browser.post("leave")
    assert browser.sit().kind == "asking"


@pytest.mark.parametrize(
    ("control", "requests", "said"),
    [
        (None, 0, "You did not ask; it takes 2 requests to see it."),
        (None, 1, "You asked once; it takes 2 requests to see it."),
        (None, 2, "You asked twice, as often as it takes."),
        ("sufficient", 0, "You did not ask, and there was no need to."),
        ("sufficient", 1, "You asked once; the first picture was enough."),
        ("unhelpful", 1, "You asked once; asking could not have helped here."),
    ],
)
def test_in_the_end_it_is_said_how_often_to_ask(control, requests, said, studies):
    study = studies(episodes=1, control=control)
    browser = Browser(study).sit()
    kinds = [option.kind for option in study.desk.begin(study.names[0]).episode.menu]
    for _ in range(requests):
        browser.press(kinds.index("intervention"))
    browser.press(kinds.index("abstention"))
    assert said in browser.page and "You gave up." in browser.page


def test_people_and_models_come_in_one_report(studies, tmp_path, capsys):
    study = studies()
    Browser(study).sit().play()
    study.report()
    evaluate("oracle", ENV, episodes=2, out=tmp_path / "models", **SMALL)
    assert main(["report", str(study.run.folder), str(tmp_path / "models"), "--out", str(tmp_path / "both")]) == 0
    with (tmp_path / "both" / "comparison.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["agent"] for row in rows} == {"person:Anna", "oracle"}
    assert len({(row["source"], row["setting"]) for row in rows}) == 1, "they stand in one table"


def test_a_list_of_episodes_is_played(tmp_path):
    evaluate("abstain", ENV, episodes=3, out=tmp_path / "run", **SMALL)
    assert main(["filter", str(tmp_path / "run"), "--out", str(tmp_path / "kept.json")]) == 0
    with Study(ENV, None, tmp_path / "people", 0, True, SMALL, tmp_path / "kept.json") as study:
        assert study.names == [f"scenes/occlusion/test/{number}" for number in range(3)]
        Browser(study).sit().play()
        assert [row["episode"] for row in lines(study)] == study.names


# --- nothing is told too early ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_nothing_that_is_sent_tells_the_answer_before_the_end(env, studies):
    """With free words no menu names it; all responses are searched, their headers and pictures too."""
    study = studies(env, 3, reply="open", control="mixed")
    browser = Browser(study).sit("xyz")
    for name in study.names:
        episode = study.desk.begin(name).episode
        answer = episode.texts[episode.answer].rstrip(".")
        secret = [name, answer, *episode.world.moves(episode.start), "requests_needed"]
        browser.look()
        sent = b"\n".join(browser.received).lower()
        assert not [word for word in secret if re.search(rf"\b{re.escape(word.lower())}\b".encode(), sent)]
        browser.post("reply", stamp=browser.stamp, words="qqq")
        assert browser.kind == "ended" and answer in unescape(browser.page)
        browser.go_on()
        browser.received.clear()


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_the_page_is_the_same_whichever_option_is_right(env, studies, monkeypatch):
    begin = Desk.begin

    def page(shift: int) -> str:
        def shifted(desk, name):
            told = begin(desk, name)
            episode = dataclasses.replace(told.episode, answer=shift)
            return Conversation(Moment(episode, told.manner, episode.begin()))

        monkeypatch.setattr(Desk, "begin", shifted)
        browser = Browser(studies(env, 1)).sit()
        stamp = browser.stamp
        assert len(browser.options) > 4
        return browser.page.replace(stamp, "…")

    assert page(0) == page(1) == page(4)


def test_options_of_all_kinds_look_alike(studies):
    browser = Browser(studies()).sit()
    buttons = re.findall(r"<button name=.*?</button>", browser.page)
    bare = {re.sub(r'value="\d+"|"[A-Z]"|>[A-Z]<|<span>.*</span>', "", button) for button in buttons}
    assert len(buttons) == 7 and len(bare) == 1


def test_a_picture_is_a_picture_and_nothing_else(studies):
    browser = Browser(studies()).sit()
    content = browser.look()
    chunks, at = [], 8
    while at < len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        chunks.append(content[at + 4 : at + 8])
        at += length + 12
    assert set(chunks) == {b"IHDR", b"IDAT", b"IEND"}
    alt = re.search(r'class="picture"[^>]*alt="([^"]*)"', browser.page)[1]
    assert alt == "The picture that you are asked about, number 1"


def test_another_persons_picture_is_nobody_elses_to_see(studies):
    study = studies()
    site = Site(study)
    anna, bert = Browser(site=site).sit("Anna"), Browser(site=site).sit("Bert")
    address = re.search(r'src="(picture/[^"]+)"', anna.page)[1]
    assert anna.client.get(f"/{address}").status_code == 200
    assert bert.client.get(f"/{address}").status_code == 404


def test_without_feedback_nothing_is_said_of_how_it_went(studies):
    study = studies(episodes=3, feedback=False, reply="open")
    browser = Browser(study).sit()
    answers = [study.desk.begin(name).episode for name in study.names]
    while browser.kind == "asking":
        browser.post("reply", stamp=browser.stamp, words="qqq")
    assert browser.kind == "done" and len(lines(study)) == 3
    sent = b"\n".join(browser.received)
    assert not [episode for episode in answers if episode.texts[episode.answer].rstrip(".").encode() in sent]
    assert "figures" not in browser.page


# --- several people, several tabs -------------------------------------------------------------------------------------


def test_many_people_at_once_leave_whole_lines(studies):
    study = studies(episodes=3)
    site = Site(study)

    def person(number: int) -> None:
        Browser(site=site).sit(f"P{number}").play(lambda turn: turn + number)

    threads = [threading.Thread(target=person, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    rows = lines(study)
    assert len(rows) == len({(row["agent"], row["episode"]) for row in rows}) == 36
    assert {row["agent"] for row in rows} == {f"person:P{number}" for number in range(12)}


def test_a_second_tab_can_not_reply_to_what_is_over(studies):
    study = studies(episodes=1)
    browser = Browser(study).sit()
    stale, number = browser.stamp, browser.options[0][0]
    browser.press(0)
    seen = browser.page
    for _ in range(3):
        assert browser.post("reply", stamp=stale, option=number).page == seen
    assert len(lines(study)) == (browser.kind == "ended")


def test_a_button_pressed_in_two_tabs_at_once_counts_once(studies):
    study = studies(episodes=1)
    browser = Browser(study).sit()
    place = next(place for place, (number, _) in enumerate(browser.options) if is_request(study, int(number)))
    fields = {"stamp": browser.stamp, "option": browser.options[place][0]}
    threads = [threading.Thread(target=browser.client.post, args=("/reply",), kwargs={"data": fields}) for _ in "1234"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "number 2" in browser.open().page  # one request, not four
    while browser.kind == "asking":
        browser.press(0)
    assert len(lines(study)) == 1


def is_request(study: Study, number: int) -> bool:
    return study.desk.begin(study.names[0]).episode.menu[number].kind == "intervention"


def test_a_name_in_use_is_given_once(studies, monkeypatch):
    study = studies()
    site = Site(study)
    first, second = Browser(site=site).sit("Anna"), Browser(site=site)
    assert second.sit(" anna ").status == 400 and "another window" in second.page
    assert second.sit("Bert").kind == "asking"
    monkeypatch.setattr(study_module, "IDLE", -1.0)
    third = Browser(site=site).sit("anna")
    assert third.kind == "asking" and "<bdi>Anna</bdi>" in third.page
    assert first.press(0).kind == "entrance" and "no longer kept" in first.page and 'value="Anna"' in first.page


def test_whoever_comes_back_goes_on_under_the_first_spelling(studies):
    study = studies(episodes=3)
    browser = Browser(study).sit("Ánna  B")
    while browser.kind == "asking":
        browser.press(0)
    browser.post("leave")
    assert browser.kind == "entrance"
    again = Browser(study).sit("ánna b")
    assert "Episode 2 of 3" in again.page and "<bdi>Ánna B</bdi>" in again.page
    again.play()
    rows = lines(study)
    assert [row["episode"] for row in rows] == study.names
    assert {row["agent"] for row in rows} == {"person:Ánna B"}
    assert Browser(study).sit("Ánna B").kind == "done"


def test_there_is_an_end_to_seats(studies, monkeypatch):
    monkeypatch.setattr(study_module, "SEATS", 2)
    site = Site(studies())
    assert [Browser(site=site).sit(name).status for name in "ABC"] == [200, 200, 400]


# --- names, forms, foreign sites --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "a\x00b", "a\u202eb", "a\u200bb", "\ud800", "a\x1b[31mb"])
def test_a_name_that_cannot_be_seen_or_is_too_long_is_none(name):
    with pytest.raises(InputError, match="A name"):
        agent_name(name)


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><img src=x>', "{{ 7*7 }}", "O’Hara & sons", "李雷 🙂"]
)
def test_any_name_is_shown_as_it_is_and_never_as_markup(name, studies):
    browser = Browser(studies()).sit(name)
    assert browser.kind == "asking"
    shown = re.search(r"<bdi>(.*?)</bdi>", browser.page)[1]
    assert unescape(shown) == name and "<" not in shown
    browser.post("leave")
    assert browser.sit(name + "\u202e").status == 400  # the field still holds what was typed
    assert unescape(re.search(r'name="name" value="([^"]*)"', browser.page)[1]) == name + "\u202e"


@pytest.mark.parametrize("option", ["", "99", "-1", "0.5", "９", "None", "1; DROP"])
def test_what_is_not_on_offer_cannot_be_pressed(option, studies):
    study = studies()
    browser = Browser(study).sit()
    stamp = browser.stamp
    browser.post("reply", stamp=stamp, option=option)
    assert browser.status == 400 and "none of the options" in browser.page
    assert browser.open().stamp == stamp and lines(study) == []


def test_forms_are_bounded_and_come_from_this_page(studies):
    browser = Browser(studies())
    assert browser.post("sit", name="x" * (LONGEST_FORM + 1)).status == 400 and "longer than" in browser.page
    assert browser.client.post("/sit", content=b"\xff\xfe").status_code == 400
    assert browser.client.post("/sit", content="&".join("a=1" for _ in range(99))).status_code == 400
    foreign = browser.client.post("/sit", data={"name": "A"}, headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 400 and "another site" in foreign.text
    assert browser.client.get("/", headers={"host": "evil.example"}).status_code == 400
    for path in ("/picture/x", "/report.html", "/../run.json", "/%2e%2e/run.json", "/episodes.jsonl"):
        assert browser.client.get(path).status_code == 404


def test_nothing_is_loaded_from_elsewhere_or_kept(studies):
    browser = Browser(studies()).sit()
    pages = [browser.page, browser.press(0).page]
    assets = [browser.client.get(f"/{name}") for name in browser.site.pages.assets]
    for text in (*pages, *(asset.text for asset in assets)):
        assert not re.search(r"(src|href|action|url|import|fetch)[\s=(\"']+(https?:)?//", text)
    for response in (browser.client.get("/"), *assets):
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert response.headers["cache-control"] in ("no-store", "no-cache")
    cookies = browser.client.post("/sit", data={"name": "B"}, follow_redirects=False).headers.get_list("set-cookie")
    assert len(cookies) == 2 and all("HttpOnly" in cookie and "SameSite=lax" in cookie for cookie in cookies)


# --- for those who do not see, or use no mouse ------------------------------------------------------------------------


def test_the_page_speaks(studies):
    browser = Browser(studies()).sit()
    assert '<html lang="en">' in browser.page and 'role="status" aria-live="polite"' in browser.page
    said = unescape(re.search(r'data-say="([^"]*)"', browser.page)[1])
    question = unescape(re.search(r"<h1>(.*?)</h1>", browser.page)[1])
    assert said.startswith("Picture 1.") and question in said
    letters = re.findall(r'data-letter="(\w)" aria-keyshortcuts="(\w)"', browser.page)
    assert [letter for letter, _ in letters] == list("ABCDEFG") and all(one == other for one, other in letters)
    assert all("alt=" in image for image in re.findall(r"<img[^>]*>", browser.page))


def test_people_are_told_what_models_are_told(studies):
    """Question, hint, options with their letters, in the same words."""
    study = studies(hint=True)
    browser = Browser(study).sit()
    conversation = study.desk.begin(study.names[0])
    text = " ".join(unescape(re.sub(r"<[^>]+>", " ", browser.page[browser.page.index("<main") :])).split())
    for line in conversation.dialogue.splitlines():
        assert re.sub(r"^([A-Z])\. ", r"\1 ", line) in text


# --- trouble ----------------------------------------------------------------------------------------------------------


def test_an_episode_waits_until_the_disk_has_room(studies, monkeypatch):
    study = studies(episodes=1)
    browser = Browser(study).sit()
    append, full = study.run.append, [True, True]

    def tried(rows):
        if full and full.pop():
            raise InputError("episodes.jsonl cannot be written: No space left on device.")
        return append(rows)

    monkeypatch.setattr(study.run, "append", tried)
    while browser.kind == "asking":
        browser.press(0)
    assert browser.kind == "trouble" and "No space left" in browser.page and lines(study) == []
    assert browser.go_on().kind == "trouble"
    assert browser.go_on().kind == "ended" and len(lines(study)) == 1


def test_a_source_that_fails_is_said_and_stops_nobody_else(studies, monkeypatch):
    study = studies()
    site = Site(study)
    bert = Browser(site=site).sit("Bert")
    begin = study.desk.begin
    monkeypatch.setattr(study.desk, "begin", lambda name: (_ for _ in ()).throw(InputError("Row 3 is damaged.")))
    anna = Browser(site=site).sit("Anna")
    assert anna.kind == "trouble" and "Row 3 is damaged." in anna.page
    monkeypatch.setattr(study.desk, "begin", begin)
    assert bert.play().kind == "done"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_leaves_nobody_waiting(studies, monkeypatch):
    study = studies()
    monkeypatch.setattr(study.desk, "begin", lambda name: 1 / 0)
    assert "the terminal says why" in Browser(study).sit().page


def test_a_picture_that_does_not_come_is_said(studies, monkeypatch):
    monkeypatch.setattr(seat_module, "PATIENCE", 0.05)
    study = studies()
    browser = Browser(study).sit()
    (seat,) = study._seats
    with study.room:
        seat.view = None
    assert "reload" in browser.open().page and browser.status == 400


def refused(capsys, *arguments: str) -> str:
    """The one sentence that the command ends with."""
    assert main(["play", *arguments, "--no-browser"]) == 1
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1
    return told.err


def test_wrong_input_is_one_sentence(capsys, tmp_path, monkeypatch):
    out = ["--out", str(tmp_path / "run"), "--port", "0"]
    assert "'ProactiveOclusion-v0'" in refused(capsys, "ProactiveOclusion-v0", *out)
    assert "episodes is 0" in refused(capsys, ENV, *out, "--episodes", "0")
    assert "seed is -1" in refused(capsys, ENV, *out, "--seed", "-1")
    assert "port is 99999" in refused(capsys, ENV, "--port", "99999")
    assert "data_dir" in refused(capsys, ENV, *out, "--source", "proactivebench")
    assert "control" in refused(capsys, ENV, *out, "--control", "some")
    assert "nowhere.invalid" in refused(capsys, ENV, "--host", "nowhere.invalid", *out[:2])
    assert not (tmp_path / "run").exists()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"Port {port}" in refused(capsys, ENV, "--port", port, *out[:2])
    evaluate("random", ENV, episodes=1, out=tmp_path / "other", **SMALL)
    assert "another configuration" in refused(capsys, ENV, "--port", "0", "--out", str(tmp_path / "other"))
    assert not (tmp_path / "other" / "play.lock").exists()
    (tmp_path / "file").write_text("")
    assert "cannot be used" in refused(capsys, ENV, "--port", "0", "--out", str(tmp_path / "file" / "run"))
    with Study(ENV, 1, tmp_path / "held", 0, True, {}):
        assert "in use by another" in refused(capsys, ENV, "--port", "0", "--out", str(tmp_path / "held"))
    monkeypatch.setattr("proactive_gym.cli_play.NEEDED", ("starlette", "no_such_module"))
    assert "pip install 'proactive-gym[play]'" in refused(capsys, ENV, *out)


def test_other_settings_are_another_run(studies, tmp_path):
    study = studies(episodes=1, out=tmp_path / "run")
    Browser(study).sit().play()
    study.__exit__()
    with pytest.raises(InputError, match="feedback was True and is now False"):
        studies(episodes=1, out=tmp_path / "run", feedback=False)


# --- the whole command ------------------------------------------------------------------------------------------------


def test_a_killed_server_loses_no_finished_episode_and_the_same_command_goes_on(tmp_path):
    out = tmp_path / "run"
    first = Server(out, *TINY)
    page = first.until_over(first.send("sit", name="Anna"))
    assert 'data-kind="ended"' in page
    first.send("reply", stamp=re.search(r'name="stamp" value="([^"]+)"', page)[1])  # on to the second
    first.end(signal.SIGKILL)
    with (out / "episodes.jsonl").open("ab") as file:
        file.write(b'{"agent":"person:An')  # as if it had been writing
    second = Server(out, *TINY)
    page = second.send("sit", name="Anna")
    assert "Episode 2 of 2" in page
    second.until_over(page)
    status, said, complaints = second.end(signal.SIGINT)
    assert (status, complaints) == (0, "")
    assert "person:Anna" in said and (out / "report.html").exists()
    rows = [json.loads(line) for line in (out / "episodes.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len({row["episode"] for row in rows}) == len(rows) == 2


def test_a_server_that_nobody_came_to_says_so(tmp_path):
    status, said, complaints = Server(tmp_path / "run", *TINY).end(signal.SIGTERM)
    assert (status, complaints) == (0, "") and "Nobody finished" in said


def test_the_page_is_imported_only_for_playing():
    code = "import sys, proactive_gym.cli as c; c._parser(); "
    code += "print([name for name in ('starlette', 'uvicorn') if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ), check=True
    )
    assert done.stdout.strip() == "[]"


def test_all_templates_ask_for_what_they_are_given(studies):
    """The entrance with a message, and the sentence without a seat: strict templates fail on what is missing."""
    pages = Pages(studies())
    assert "no longer" in pages.entrance("Anna", "It is no longer.") and "Stopped" in pages.trouble("It is.")
