// Saves steps where there is a script; every page works without it.
"use strict";

// A summary of errors is what a person should hear first.
const summary = document.querySelector("[data-focus]");
if (summary) summary.focus();

// Copy buttons appear only where copying works.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    if (!source) return;
    const said = button.parentElement.querySelector("[data-said]");
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
      said.textContent = button.dataset.done;
    } catch {
      said.textContent = "Your browser didn’t allow copying. Select it and copy it yourself.";
    }
  });
}

// A revealed passphrase leaves the page after a minute, and when the page is left.
const secret = document.getElementById("secret");
if (secret) {
  const until = Date.now() + Number(secret.dataset.hideAfter) * 1000;
  for (const one of secret.querySelectorAll("[data-only-script]")) one.hidden = false;
  const seconds = secret.querySelector("[data-seconds]");
  const hide = () => {
    clearInterval(ticking);
    secret.remove();
    const note = document.getElementById("hidden-again");
    if (note) note.hidden = false;
  };
  const ticking = setInterval(() => {
    const left = Math.ceil((until - Date.now()) / 1000);
    if (left <= 0) hide();
    else seconds.textContent = String(left);
  }, 500);
  window.addEventListener("pagehide", hide);
}

// Progress follows the export's events; when it is over, the page is loaded anew.
const progress = document.getElementById("progress");
if (progress && progress.dataset.events && window.EventSource) {
  let shown = "";
  const events = new EventSource(progress.dataset.events);
  events.addEventListener("state", async (event) => {
    const body = JSON.parse(event.data);
    const now = [body.state, body.stage, body.reason, body.next_at].join(" ");
    if (now === shown) return;
    shown = now;
    if (body.state !== progress.dataset.state) {
      events.close();
      window.location.reload();
      return;
    }
    const answer = await fetch(progress.dataset.progress, { headers: { Accept: "text/html" } });
    if (answer.ok && !answer.redirected) progress.innerHTML = await answer.text();
  });
  events.addEventListener("end", () => events.close());
  window.addEventListener("pagehide", () => events.close());
}
