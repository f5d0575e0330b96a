// The caller's smaller sizes: a strip that stays on top of other programs, and nothing at all but the keys.
import {css, html, nothing, render} from "../vendor/lit.js";
import {choices, sheet} from "./counter-parts.js";
import {base} from "./styles.js";
import {cap, listen} from "./keys.js";
import * as i18n from "./i18n.js";

const STRIP = {width: 540, height: 132};
const OPEN = {width: 540, height: 460}; // while there is something to choose
const SHOWN = ["next", "recall", "finish", "hold", "undo", "no_show"]; // the others by key, or in the full size
const NEEDS_TICKET = new Set(["recall", "finish", "hold", "no_show"]);

/** A window of its own, always on top where the browser can; null if it may not. `{close, draw, focused, root}`. */
export async function openMini(page) {
  const pip = window.documentPictureInPicture;
  const on = (await pip?.requestWindow(STRIP).catch(() => null)) ?? window.open("", "usher.mini", `popup,width=${STRIP.width},height=${STRIP.height}`);
  if (!on) return null;
  const {document: paper} = on;
  paper.head.innerHTML = "";
  const link = paper.createElement("link");
  Object.assign(link, {rel: "stylesheet", href: new URL("/static/u/tokens.css", location.href).href});
  const host = paper.createElement("main");
  const root = host.attachShadow({mode: "open"});
  const style = paper.createElement("style");
  style.textContent = `${base.cssText}\n${miniLooks.cssText}`;
  const strip = paper.createElement("div");
  root.append(style, strip);
  paper.head.append(link);
  paper.body.style.margin = "0";
  paper.body.replaceChildren(host);

  let panel = null;
  const mini = {
    root,
    get focused() {
      return paper.hasFocus();
    },
    close: () => on.close(),
    draw: () => {
      Object.assign(paper.documentElement, {lang: page.lang});
      paper.documentElement.dataset.mode = document.documentElement.dataset.mode ?? "auto";
      paper.title = document.title;
      render(inside(page), strip, {host: page});
      if (panel === page.panel) return;
      panel = page.panel;
      const {width, height} = panel ? OPEN : STRIP;
      try {
        on.resizeTo(width, height + (on.outerHeight - on.innerHeight));
      } catch {
        // only right after a key or click; then it scrolls
      }
      if (mini.focused) root.querySelector(".options button")?.focus();
    },
  };
  // A page behind other windows may rest for a minute; the small window, which is seen, keeps it awake.
  const awake = on.setInterval(() => page.tick(), 1000);
  const deaf = listen(page, on);
  const gone = () => {
    removeEventListener("pagehide", mini.close);
    deaf();
    if (page.mini === mini) page.mini = null;
    page.requestUpdate();
  };
  on.addEventListener("pagehide", () => (on.clearInterval(awake), gone()), {once: true});
  addEventListener("pagehide", mini.close);
  mini.draw();
  on.focus();
  return mini;
}

/** The page itself in one of the small sizes (`?size=mini`, `?size=hidden`). */
export function small(page) {
  const name = html`<h1 class="hidden">${page.words(page.doc.counter.name)}</h1>`;
  return page.size === "hidden" ? hidden(page, name) : html`<main>${name}${inside(page)}</main>`;
}

/** Nothing is seen but what must be: a refusal, a choice, the number being typed. */
function hidden(page, name) {
  const {ticket, counter} = page.doc;
  return html`<main class="veil" data-test="hidden" data-state=${counter.state}>
    ${name}
    <p class="hidden" role="status">${ticket?.number ?? ""} ${state(page)}</p>
    ${page.panel || page.notice || page.lost || page.lease.elsewhere(page.doc) ? inside(page) : nothing}
    <div class="found">${page.panel || page.notice ? nothing : field(page)}
      <button data-test="show" @click=${() => page.act("hide")}>${page.t("counter.show")}${key(page, "hide")}</button></div>
  </main>`;
}

const state = (page) => page.t(`counter.${page.doc.counter.state === "idle" ? "free" : page.doc.counter.state}`);

function key(page, name) {
  const first = page.keys()[name]?.[0];
  return first ? html`<kbd aria-hidden="true">${cap(first)}</kbd>` : nothing;
}

function inside(page) {
  const {counter, ticket, service} = page.doc;
  const lease = page.lease.elsewhere(page.doc) ? page.doc.lease : null;
  if (lease)
    return html`<section class="strip" data-test="elsewhere"><p>${page.t("counter.elsewhere")}</p>
      <button class="primary" data-test="take-over" ?disabled=${!page.live} @click=${() => page.lease.hold(true)}>${page.t("counter.take_over")}</button></section>`;
  if (page.panel === "sheet") return sheet(page);
  if (page.panel) return choices(page, page.panel);
  const taken = service?.since ? i18n.span(page.now() - service.since) : null;
  const over = service?.since && service.limit !== null && page.now() - service.since > service.limit;
  return html`<section class="strip" data-test="mini" data-state=${counter.state} aria-label=${page.t("counter.actions")}>
    <div class="row">
      <b class="number num ${counter.state}" data-test="mini-number">${ticket?.number ?? "—"}</b>
      <span>${state(page)}</span>
      ${taken ? html`<span class="num ${over ? "over" : ""}" data-test="mini-timer">${taken}${over ? ` · ${page.t("counter.over", {time: i18n.span(service.limit)})}` : ""}</span>` : nothing}
      <span class="push num" data-test="mini-waiting">${page.t("counter.mini.waiting", {n: page.doc.waiting.length})}</span>
      ${field(page)}
    </div>
    <p class="said ${page.notice && !page.notice.info ? "bad" : ""}" role="alert" data-test="mini-said">${said(page)}</p>
    <div class="row">${counter.state === "closed" ? sign(page) : SHOWN.map((command) => button(page, command))}</div>
  </section>`;
}

function button(page, command) {
  const {ticket} = page.doc;
  const able = NEEDS_TICKET.has(command) ? ticket && (!["recall", "no_show"].includes(command) || ticket.state === "called") : true;
  const {down, up} = command === "no_show" ? page._hold : {};
  const name = page.t(`counter.${command}`);
  return html`<button class=${command === "next" ? "primary" : ""} data-test=${command} title=${name}
    ?disabled=${page._off || !able || (command === "undo" && !page._undoable())} @click=${() => page.act(command)}
    @pointerdown=${down} @pointerup=${up} @pointerleave=${up}>${name}${key(page, command)}</button>`;
}

const sign = (page) =>
  html`<button class="primary" data-test="sign_in" ?disabled=${page._off} @click=${() => page.act("sign_in")}>${page.t("counter.sign_in")}${key(page, "sign_in")}</button>`;

/** The most important line: what was refused, that the link is lost, why this one is next. */
function said(page) {
  const {next} = page.doc;
  if (page.lost || !page.live) return page.t("counter.link.lost");
  if (page.notice) return page.notice.text;
  if (!next) return page.t("counter.next_none");
  return `${page.t("counter.next_is")}: ${next.number}${next.reasons?.length ? ` · ${page.pick(next.reasons[0])}` : ""}`;
}

const field = (page) => html`<form @submit=${(e) => page._callNumber(e)}>
  <input id="number" data-test="call-number" autocomplete="off" maxlength="32" aria-label=${page.t("counter.call_number")}
    .value=${page.number} @input=${(e) => (page.number = e.target.value)} /></form>`;

export const miniLooks = css`
  .strip,
  .panel {
    display: grid;
    gap: var(--u-space-1);
    padding: var(--u-space-2);
    color: var(--u-text);
    background: var(--u-surface);
    font: var(--u-text-1) / 1.4 var(--u-font-ui);
  }
  .strip .row {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--u-space-1) var(--u-space-2);
  }
  .strip .number {
    padding: 0 var(--u-space-2);
    font-size: var(--u-text-5);
    line-height: 1.25;
    border-radius: var(--u-radius);
  }
  .strip .number.calling {
    background: var(--u-call);
    color: var(--u-on-call);
  }
  .strip .over,
  .strip .bad {
    color: var(--u-bad);
    font-weight: 600;
  }
  .strip .push {
    margin-inline-start: auto;
  }
  .strip button {
    flex: 1 0 auto;
    min-height: 36px;
    padding: 0 var(--u-space-1);
  }
  .strip form {
    display: block;
    margin: 0;
  }
  .strip input,
  .veil input {
    width: 4.5em;
    min-height: 32px;
    padding: 0 var(--u-space-1);
  }
  .strip kbd,
  .panel kbd {
    min-width: 1.4em;
    margin-inline-start: 0.3em;
    padding: 0 0.25em;
    border: 1px solid currentColor;
    border-radius: 4px;
    font: inherit;
    font-size: 0.8em;
  }
  .strip .said {
    min-height: 1.4em;
  }
  .panel .options button {
    width: 100%;
    text-align: start;
  }
  .panel h2 {
    font-size: var(--u-text-3);
  }
  .panel .options small {
    float: inline-end;
    color: var(--u-muted);
  }
  .panel button[aria-checked="true"] {
    background: var(--u-brand);
    color: var(--u-on-brand);
  }
  .panel .keys > div {
    display: flex;
    justify-content: space-between;
  }
  .veil {
    min-height: 100vh;
    background: var(--u-bg);
  }
  .veil .found {
    display: flex;
    gap: var(--u-space-2);
    align-items: center;
    padding: var(--u-space-2);
    opacity: 0;
  }
  .veil .found:focus-within {
    opacity: 1;
  }
`;
