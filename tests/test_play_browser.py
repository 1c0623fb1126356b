"""The page in a real browser: by keyboard, by clicks, without a script, on a phone, in the dark."""

from __future__ import annotations

import json
import re
import shutil
import signal
from collections import Counter
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from play_server import Server

playwright = pytest.importorskip("playwright.sync_api", reason="needs proactive-gym[browser]")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")]

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # whatever it wanted elsewhere, it would not get
)
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}

CONTRASTS = """() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(Number).map((value) => value / 255)
      .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const colour = getComputedStyle(element).backgroundColor;
    return colour === "rgba(0, 0, 0, 0)" ? behind(element.parentElement) : colour;
  };
  return [...document.querySelectorAll("h1, p, q, dt, dd, label, kbd, button, bdi, strong")]
    .filter((element) => element.innerText?.trim() && element.offsetParent && !element.closest(".unseen"))
    .map((element) => {
      const [a, b] = [light(getComputedStyle(element).color), light(behind(element))].sort((x, y) => y - x);
      return [(a + 0.05) / (b + 0.05), element.outerHTML.slice(0, 80)];
    });
}"""


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path / "run")
    yield server
    server.process.kill()
    server.process.communicate()


@pytest.fixture
def visit(chromium, server):
    """Opens the page as someone else; in the end, nothing may have gone anywhere but to the server."""
    contexts, wanted, complaints = [], [], []

    def open_page(viewport=DESKTOP, **settings):
        context = chromium.new_context(viewport=viewport, **settings)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: wanted.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(server.address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wanted and not [address for address in wanted if not address.startswith(server.address)]
    assert [complaint for complaint in complaints if "ERR_CONNECTION" not in complaint] == []


def kind(page) -> str:
    return page.get_attribute("#page", "data-kind")


def after(page, act) -> None:
    """Do it, and wait until the next view is there."""
    old = page.get_attribute("#page", "data-kind")
    stamp = page.locator("[name=stamp]").first.get_attribute("value") if page.locator("[name=stamp]").count() else ""
    act()
    following = f'#page:not([data-kind="{old}"]), [name=stamp]:not([value="{stamp}"])'
    page.wait_for_selector(following, state="attached")


def sit(page, name: str) -> None:
    page.fill("#name", name)
    after(page, lambda: page.keyboard.press("Enter"))


def letter_of(page, words: str) -> str:
    return page.locator("[data-letter]", has_text=re.compile(words)).first.get_attribute("data-letter")


def said(page) -> str:
    return page.locator("#said").text_content()


def shot(page, file: Path | None = None) -> Image.Image:
    page.wait_for_timeout(150)
    content = page.screenshot()
    if file is not None:
        file.write_bytes(content)
    return Image.open(BytesIO(content)).convert("RGB")


def rows(server: Server, tmp_path: Path) -> list[dict]:
    return [json.loads(line) for line in (tmp_path / "run" / "episodes.jsonl").read_text().splitlines()]


def test_an_episode_by_keyboard_and_one_by_clicks(visit, server, tmp_path):
    page = visit()
    sit(page, "Anna")
    question = page.locator("h1").text_content()
    assert said(page).startswith("Picture 1.") and question in said(page)
    assert page.evaluate("document.activeElement.getAttribute('role')") == "group"

    after(page, lambda: page.keyboard.press(letter_of(page, "(Move|Slide|Push) the blocks").lower()))
    assert said(page).startswith("Picture 2.") and page.locator(".strip li").count() == 1
    page.keyboard.press("Tab")  # the first option
    ring = "(({outlineStyle, outlineWidth}) => [outlineStyle, outlineWidth])(getComputedStyle(document.activeElement))"
    assert page.evaluate(ring) == ["solid", "3px"]
    assert page.evaluate("document.activeElement.dataset.letter") == "A"
    for _ in range(letter_of(page, "cannot|do not").encode()[0] - ord("A")):
        page.keyboard.press("Tab")
    after(page, lambda: page.keyboard.press("Enter"))
    assert kind(page) == "ended" and said(page).startswith("You gave up. It is: ")
    after(page, lambda: page.keyboard.press("Enter"))  # on

    assert "Episode 2 of 2" in page.title()
    after(page, lambda: page.locator("[data-letter]", has_text="the blocks").first.dblclick())  # counts once
    page.wait_for_timeout(300)
    assert kind(page) == "asking" and page.locator(".strip li").count() == 1
    after(page, lambda: page.locator("[data-letter]", has_text=re.compile("cannot|do not")).click())
    after(page, lambda: page.get_by_role("button", name="To the end").click())
    assert kind(page) == "done" and "All 2 are played" in page.locator("h1").text_content()

    played = rows(server, tmp_path)
    assert [row["outcomes"] for row in played] == [["requested", "abstained"]] * 2
    status, told, complaints = server.end(signal.SIGINT)
    assert (status, complaints) == (0, "") and "person:Anna" in told


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_it_can_be_seen(viewport, scheme, visit, tmp_path):
    phone = viewport is PHONE
    page = visit(viewport, color_scheme=scheme, has_touch=phone, is_mobile=phone)
    seen = [shot(page, tmp_path / "entrance.png")]
    sit(page, "Anna")
    seen.append(shot(page, tmp_path / "asking.png"))
    picture = page.locator("img.picture").bounding_box()
    corner = (picture["x"], picture["y"])
    cut = seen[1].crop((*map(round, corner), round(corner[0] + picture["width"]), round(corner[1] + picture["height"])))
    assert cut.width > 250 and len(Counter(cut.resize((64, 64)).get_flattened_data())) > 300  # it is really there
    boxes = [button.bounding_box() for button in page.locator("[data-letter]").all()]
    assert all(box["height"] >= 44 and box["x"] >= 0 for box in boxes)
    assert boxes[-1]["y"] + boxes[-1]["height"] <= (2 if phone else 1) * viewport["height"]
    measured = page.evaluate(CONTRASTS)
    after(page, lambda: page.locator("[data-letter]", has_text=re.compile("cannot|do not")).click())
    seen.append(shot(page, tmp_path / "ended.png"))
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
    low = [entry for entry in (*measured, *page.evaluate(CONTRASTS)) if entry[0] < 4.5]
    assert len(measured) > 15 and low == []
    paper = [image.getpixel((2, image.height // 2)) for image in seen]
    assert all((sum(colour) > 600) is (scheme == "light") for colour in paper)


def test_letters_do_nothing_where_they_are_typed_or_switched_off(visit):
    page = visit()
    page.locator("#name").press_sequentially("abc")
    assert kind(page) == "entrance"
    after(page, lambda: page.keyboard.press("Enter"))
    page.uncheck("#keys")
    stamp = page.get_attribute("[name=stamp]", "value")
    page.keyboard.press("a")
    page.keyboard.press("Control+a")
    page.wait_for_timeout(300)
    assert page.get_attribute("[name=stamp]", "value") == stamp
    page.reload()
    assert not page.is_checked("#keys")
    page.check("#keys")
    after(page, lambda: page.keyboard.press("a"))


def test_it_works_without_a_script(visit, server, tmp_path):
    page = visit(java_script_enabled=False)
    page.fill("#name", "Anna")
    page.click("text=Begin")
    page.locator("[name=option]", has_text=re.compile("cannot|do not")).click()
    page.click("text=Next")
    page.locator(".where", has_text="2 of 2").wait_for()
    assert len(rows(server, tmp_path)) == 1


def test_two_tabs_of_one_person_and_another_person(visit, server, tmp_path):
    anna = visit()
    sit(anna, "Anna")
    other = anna.context.new_page()
    other.goto(server.address)
    give_up = re.compile("cannot|do not")
    after(anna, lambda: anna.locator("[data-letter]", has_text=give_up).click())
    after(other, lambda: other.locator("[data-letter]", has_text=re.compile("the blocks")).first.click())
    assert kind(other) == "ended"  # what the first tab did is what counts
    bert = visit()
    sit(bert, "Bert")
    after(bert, lambda: bert.locator("[data-letter]", has_text=give_up).click())
    assert [(row["agent"], row["outcome"]) for row in rows(server, tmp_path)] == [
        ("person:Anna", "abstained"),
        ("person:Bert", "abstained"),
    ]


def test_a_server_that_is_gone_is_said(visit, server):
    page = visit()
    sit(page, "Anna")
    server.process.kill()
    server.process.wait()
    page.keyboard.press("a")
    page.wait_for_selector("#complaint")
    assert "does not answer" in page.locator("#complaint").text_content() and kind(page) == "asking"


def test_a_screen_reader_hears_what_is_to_be_seen(visit):
    page = visit()
    sit(page, "Anna")
    tree = page.locator("body").aria_snapshot()
    assert 'img "The picture that you are asked about, number 1"' in tree
    assert 'group "Your reply"' in tree and 'progressbar "Finished episodes"' in tree
    assert len(re.findall(r'- button "[^"]+\."', tree)) == 7  # each by its text alone
