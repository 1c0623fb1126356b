// The page works without this: every button sends a form. With it, only what changes is replaced, letters press
// buttons, and what the user says is announced.
"use strict";

const page = () => document.getElementById("page");
const keys = document.getElementById("keys");
let busy = false;

async function send(form, button) {
  if (busy) return;
  busy = true;
  page().setAttribute("aria-busy", "true");
  const fields = new URLSearchParams(new FormData(form));
  if (button?.name) fields.append(button.name, button.value);
  try {
    const response = await fetch(form.action, { method: "POST", body: fields });
    const next = new DOMParser().parseFromString(await response.text(), "text/html");
    await decoded(next.querySelector("img.picture")?.getAttribute("src"));
    document.title = next.title;
    page().replaceWith(document.adoptNode(next.getElementById("page")));
    window.scrollTo(0, 0);
    arrive();
  } catch {
    page().removeAttribute("aria-busy");
    complain("The server does not answer. What you finished is kept; try again once it runs.");
  } finally {
    busy = false;
  }
}

// So that the picture is there with the words, not after them.
async function decoded(source) {
  if (!source) return;
  const picture = new Image();
  picture.src = source;
  await picture.decode().catch(() => {});
}

function arrive() {
  page().querySelector("[data-focus]")?.focus({ preventScroll: true });
  document.getElementById("said").textContent = page().querySelector("[data-say]")?.dataset.say ?? "";
  const letters = page().querySelector("[data-letter]") !== null;
  keys.parentElement.hidden = !letters;
}

function complain(sentence) {
  let notice = document.getElementById("complaint");
  if (!notice) {
    notice = document.createElement("p");
    notice.id = "complaint";
    notice.className = "notice";
    notice.setAttribute("role", "alert");
    page().append(notice);
  }
  notice.textContent = sentence;
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  send(event.target, event.submitter);
});

// The second click of a double click is not meant for what has come under the pointer meanwhile.
document.addEventListener("click", (event) => {
  if (event.detail > 1 && event.target.closest("button")) event.preventDefault();
}, true);

document.addEventListener("keydown", (event) => {
  const elsewhere = event.ctrlKey || event.metaKey || event.altKey || event.repeat;
  if (elsewhere || !keys.checked || event.key.length !== 1 || event.target.closest("input:not([type]), textarea")) return;
  const wanted = event.key.toUpperCase();
  const button = [...page().querySelectorAll("[data-letter]")].find((each) => each.dataset.letter === wanted);
  if (button) {
    event.preventDefault();
    button.focus();
    button.click();
  }
});

keys.checked = localStorage.getItem("keys") !== "off";
keys.addEventListener("change", () => localStorage.setItem("keys", keys.checked ? "on" : "off"));
arrive();
