"use strict";

const said = document.getElementById("said");
const form = document.getElementById("form");
const provider = document.getElementById("provider");

async function send(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    credentials: "same-origin",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(`${told.error.message} ${told.error.fix}`);
  return told;
}

function welcome(told) {
  form.hidden = true;
  said.textContent = `You are signed in as ${told.name}.`;
}

async function begin() {
  const secret = location.hash.slice(1);
  const answer = new URLSearchParams(location.search);
  // Nothing of it stays in the address bar or in the history.
  history.replaceState(null, "", "/sign-in");
  if (secret) return welcome(await send("/control/session/link", { secret }));
  if (answer.has("state")) {
    return welcome(await send("/control/oidc/answer", Object.fromEntries(answer)));
  }
  const known = await fetch("/control/session");
  if (known.ok) return welcome(await known.json());
  return offer("Sign in.");
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const body = { person: form.person.value, password: form.password.value };
  form.password.value = "";
  send("/control/session", body).then(welcome).catch(tell);
});

provider.addEventListener("click", () => {
  send("/control/oidc", {}).then((told) => location.assign(told.url)).catch(tell);
});

async function offer(text) {
  said.textContent = text;
  form.hidden = false;
  provider.hidden = !(await (await fetch("/control/ways")).json()).oidc;
}

function tell(fault) {
  return offer(fault.message);
}

begin().catch(tell);
