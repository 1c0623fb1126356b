"use strict";
// Lays out the replay. Everything in the data may come from a model: it is only ever set as text.
(() => {
  const data = JSON.parse(document.getElementById("replay-data").textContent);
  const list = document.getElementById("plays");
  const more = document.getElementById("more");
  const count = document.getElementById("count");
  const find = (id) => document.getElementById(id);
  const STEP = 12;
  let shown = STEP;

  function make(tag, kind, text) {
    const element = document.createElement(tag);
    if (kind) element.className = kind;
    if (text !== undefined && text !== null) element.textContent = text;
    return element;
  }

  const plain = (word) => word.replaceAll("_", " ");
  const letter = (place) => (place < 26 ? String.fromCharCode(65 + place) : String(place + 1));

  function lettered(offered, number) {
    return letter(offered.slice(0, number).replaceAll("0", "").length);
  }

  function header(play) {
    const top = make("header");
    top.append(make("b", "", play.agent), make("span", "", `${plain(play.scenario)} · ${play.episode}`));
    top.append(make("span", data.good.includes(play.ending) ? "badge good" : "badge", plain(play.ending)));
    if (play.needed !== null) top.append(make("span", "", `needs ${play.needed} request${play.needed === 1 ? "" : "s"}`));
    else if (play.known) top.append(make("span", "", "nothing on the menu can help"));
    return top;
  }

  function menu(play) {
    const items = make("ul", "menu");
    play.options.forEach((option, number) => {
      const named = play.hidden ? option : `${lettered(play.turns[0].offered, number)}. ${option}`;
      const right = number === play.answer;
      items.append(make("li", right ? "right" : "", right ? `${named} ✓` : named));
    });
    if (play.hidden && play.options.length) items.prepend(make("li", "", "(not shown to the agent)"));
    return items;
  }

  function picture(play, turn) {
    const source = turn.picture === null ? "" : data.pictures[turn.picture];
    if (!source.startsWith("data:image/webp;base64,")) return make("div", "blank", "no picture");
    const image = make("img");
    image.src = source;
    image.alt = `What the user showed in turn ${turn.number + 1}`;
    image.loading = "lazy";
    return image;
  }

  function sight(turn) {
    const part = document.createDocumentFragment();
    if (turn.seen === null) return part;
    const meter = make("div", turn.seen >= data.sufficient ? "meter enough" : "meter");
    const level = make("i");
    level.style.width = `${Math.round(100 * turn.seen)}%`;
    meter.append(level);
    part.append(meter, make("div", "seen", `shows ${Math.round(100 * turn.seen)} % · ${turn.seen >= data.sufficient ? "enough" : "not enough"}`));
    return part;
  }

  function told(play, turn) {
    const chosen = turn.choice === null ? "nothing on the menu" : play.options[turn.choice] ?? `option ${turn.choice}`;
    const likely = turn.likely === null ? "" : ` (${Math.round(100 * turn.likely)} %)`;
    const part = document.createDocumentFragment();
    part.append(make("p", `choice ${turn.outcome}`, `» ${chosen}${likely}`), make("div", "seen", plain(turn.outcome)));
    if (turn.reply !== null && turn.reply !== chosen) part.append(make("p", "written", `wrote: ${turn.reply}`));
    if (turn.best !== null) {
      const same = turn.best === turn.choice;
      part.append(make("p", "oracle", same ? "oracle: the same" : `oracle: ${play.options[turn.best] ?? "–"}`));
    }
    if (turn.said !== null) {
      const said = make("details");
      said.append(make("summary", "", "the user's words"), make("div", "", data.said[turn.said]));
      part.append(said);
    }
    return part;
  }

  function turns(play) {
    const strip = make("ol", "turns");
    let before = -1;
    for (const turn of play.turns) {
      if (turn.number > before + 1) strip.append(make("li", "gap", `… ${turn.number - before - 1} turns …`));
      const item = make("li");
      item.append(picture(play, turn), sight(turn), told(play, turn));
      strip.append(item);
      before = turn.number;
    }
    return strip;
  }

  function card(play) {
    const article = make("article", "play");
    article.append(header(play), make("p", "question", play.question), menu(play), turns(play));
    return article;
  }

  function words(play) {
    const replies = play.turns.map((turn) => turn.reply ?? "");
    return [play.agent, play.scenario, play.episode, play.question, ...play.options, ...replies].join("\n").toLowerCase();
  }

  const searched = data.plays.map(words);

  function fits(play, number) {
    const is = (id, value) => !find(id).value || find(id).value === value;
    const text = find("text").value.trim().toLowerCase();
    return is("agent", play.agent) && is("scenario", play.scenario) && is("ending", play.ending) &&
      (!find("needless").checked || play.needless) && (!find("blind").checked || play.blind) &&
      (!text || searched[number].includes(text));
  }

  function show() {
    const fitting = data.plays.filter(fits);
    list.replaceChildren(...fitting.slice(0, shown).map(card));
    count.textContent = `${Math.min(shown, fitting.length)} of ${fitting.length} episodes that fit`;
    more.hidden = fitting.length <= shown;
  }

  function fill(id, values) {
    for (const value of values) {
      const option = make("option", "", plain(value));
      option.value = value;
      find(id).append(option);
    }
    find(id).parentElement.hidden = values.length < 2;
  }

  fill("agent", data.agents);
  fill("scenario", data.scenarios);
  fill("ending", data.endings);
  for (const id of ["needless", "blind"]) find(id).parentElement.hidden = !data.plays.some((play) => play.known);
  find("filters").addEventListener("input", () => { shown = STEP; show(); });
  find("filters").addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", () => { shown += STEP; show(); });
  show();
})();
