// How the lobby manager's page looks: cards of queues and counters, a line, and what may be done to one ticket.
import {css, html, nothing} from "../vendor/lit.js";
import * as i18n from "./i18n.js";

const PLACES = ["end", "keep", "front"];
const BACK = {held: ["counter.release", "ticket.release"], no_show: ["counter.requeue", "ticket.requeue"],
  pending: ["counter.ready", "ticket.ready"]}; // prettier-ignore
const MOVED = new Set(["waiting", "pending", "staged"]);

export function queueCard(page, q) {
  const shown = page.queue === q.id;
  const oldest = q.oldest === null ? null : i18n.span(page.now() - q.oldest);
  const more = ["held", "missed", "pending"].filter((kind) => q[kind]);
  return html`<li class="card ${q.paused ? "paused" : ""}" data-test="queue" data-queue=${q.id}>
    <h3>${page.words(q.name)}</h3>
    <p class="big num" data-test="waiting">${q.waiting}</p>
    <p class="num">${oldest ? page.t("lobby.oldest", {time: oldest}) : nothing} ${i18n.wait(page.lang, q.wait)}</p>
    ${more.length ? html`<p class="muted num">${more.map((kind) => `${page.t(`counter.tab.${kind}`)} ${q[kind]}`).join(" · ")}</p>` : nothing}
    ${q.paused || q.closed ? html`<p class="told" data-test="told">${q.paused ? page.t("counter.paused") : nothing} ${page.words(q.reason ?? (q.paused ? "" : q.closed))}</p>` : nothing}
    <p class="row">
      <button data-test="show" aria-expanded=${shown} aria-label="${page.t(shown ? "counter.close" : "lobby.show")} ${page.pick(q.name)}" @click=${() => page.show(q.id)}>${page.t(shown ? "counter.close" : "lobby.show")}</button>
      <button data-test="issue" aria-label="${page.t("lobby.issue")} ${page.pick(q.name)}" ?disabled=${page.off} @click=${() => page.run("queue.issue", {queue: q.id}).then((a) => a?.ticket && page.open(a.ticket.id))}>
        ${page.t("lobby.issue")}</button>
      <button data-test=${q.paused ? "resume" : "pause"} aria-label="${page.t(q.paused ? "counter.resume" : "counter.pause")} ${page.pick(q.name)}" ?disabled=${page.off} @click=${() => page.run(q.paused ? "queue.resume" : "queue.pause", {queue: q.id})}>
        ${page.t(q.paused ? "counter.resume" : "counter.pause")}</button>
    </p>
  </li>`;
}

export function counterCard(page, c) {
  const taken = c.since && c.number ? page.now() - c.since : null;
  const over = taken !== null && c.limit !== null && taken > c.limit;
  return html`<li class="card counter" data-test="counter" data-counter=${c.id} data-state=${c.state}>
    <h3>${page.words(c.name)} <span class="state ${c.state}">${page.t(`counter.${c.state === "idle" ? "free" : c.state}`)}</span></h3>
    <p>${c.number
      ? html`<button class="num number" data-test="at" @click=${() => page.open(c.ticket)}>${c.number}</button>
          <span class="num ${over ? "over" : ""}">${i18n.span(taken)}${over ? ` · ${page.t("counter.over", {time: i18n.span(c.limit)})}` : nothing}</span>`
      : html`<span class="muted">${c.reason ? page.words(c.reason) : "—"}</span>`}</p>
    <p class="muted num">${c.staff ? html`${page.words(c.staff)} · ` : nothing}${page.t("lobby.served", {n: c.served})}</p>
    <p class="muted">${c.serves.map((q, n) => html`${n ? " · " : ""}${page.queueName(q)}`)}</p>
  </li>`;
}

export function ticketRow(page, t) {
  const since = t.times.waiting ?? t.times.issued;
  return html`<li><button class="ticket" data-test="ticket" data-number=${t.number} @click=${() => page.open(t.id)}>
    <b class="num">${t.number}</b>
    <span>${t.state === "waiting" ? nothing : page.t(`lobby.state.${t.state}`)} ${t.class === "normal" ? nothing : t.class}
      ${t.party > 1 ? page.t("counter.party", {n: t.party}) : nothing}</span>
    <span class="num push">${since ? i18n.span(page.now() - since) : "—"}</span>
  </button></li>`;
}

/** One ticket, and what a manager may do to it; what may not be done now the hall refuses and says why. */
export function ticketPanel(page) {
  const {ticket: t, form, why} = page;
  const set = (key) => (e) => (page.form = {...page.form, [key]: e.target.value});
  const back = BACK[t.state];
  const live = !["finished", "cancelled", "expired"].includes(t.state);
  return html`<section class="panel" role="dialog" aria-labelledby="ticket" tabindex="-1" data-test="panel">
    <div class="row"><h2 id="ticket" class="num">${t.number}</h2>
      <span class="state ${t.state === "called" ? "calling" : ""}" data-test="state">${page.t(`lobby.state.${t.state}`)}</span>
      <button class="push" data-test="close" @click=${() => page.close()}>${page.t("counter.close")} <kbd>Esc</kbd></button></div>
    <p>${page.queueName(t.queue)}${t.counter ? html` · ${page.t("lobby.at", {counter: t.counter})}` : nothing}
      ${page.ahead === null ? nothing : html` · <span data-test="ahead">${page.t("lobby.ahead", {n: page.ahead})}</span>`}
      ${t.party > 1 ? html` · ${page.t("counter.party", {n: t.party})}` : nothing}</p>
    ${why === null
      ? html`<button data-test="why" ?disabled=${page.off} @click=${() => page.explain()}>${page.t("lobby.why")}</button>`
      : html`<ul class="why" data-test="reasons">${why.map((one) => html`<li>${page.pick(one)}</li>`)}</ul>`}
    ${live ? changes(page, t, form, set, back) : nothing}
  </section>`;
}

function changes(page, t, form, set, back) {
  const act = (action, data = {}) => page.run(action, {ticket: t.id, ...data});
  const options = (names, label, chosen) => names.map((name) => html`<option value=${name} ?selected=${name === chosen}>${label(name)}</option>`);
  const targets = page.doc.queues.filter((q) => q.id !== t.queue);
  return html`
    ${MOVED.has(t.state) ? html`<form data-test="move" @submit=${(e) => (e.preventDefault(), act("ticket.move", {to: form.place, reason: form.reason}))}>
      <h3>${page.t("lobby.move")}</h3>
      <label>${page.t("counter.place")}<select data-test="move-to" @change=${set("place")}>
        ${options(PLACES, (one) => page.t(`counter.place.${one}`), form.place)}</select></label>
      <label>${page.t("lobby.reason")}<input data-test="reason" required maxlength="200" .value=${form.reason} @input=${set("reason")} /></label>
      <button ?disabled=${page.off} data-test="do-move">${page.t("lobby.move")}</button>
    </form>` : nothing}
    <form data-test="update" @submit=${(e) => (e.preventDefault(), act("ticket.update", updated(t, form)))}>
      <h3>${page.t("lobby.update")}</h3>
      <label>${page.t("lobby.urgency")}<input type="number" min="-100" max="100" data-test="urgency" .value=${form.urgency ?? t.urgency} @input=${set("urgency")} /></label>
      <label>${page.t("lobby.class")}<select data-test="class" @change=${set("class")}>
        ${options([...new Set(["normal", ...page.doc.classes, t.class])], (one) => (one === "normal" ? page.t("lobby.normal") : one), form.class)}</select></label>
      <label class="wide">${page.t("lobby.note")}<input maxlength="500" data-test="note" .value=${form.note} @input=${set("note")} /></label>
      <button ?disabled=${page.off} data-test="do-update">${page.t("lobby.change")}</button>
    </form>
    ${targets.length ? html`<form data-test="transfer" @submit=${(e) => (e.preventDefault(), act("ticket.transfer", {queue: form.to ?? targets[0].id, place: form.where}))}>
      <h3>${page.t("counter.transfer")}</h3>
      <label>${page.t("counter.transfer_to")}<select data-test="to" @change=${set("to")}>
        ${targets.map((q) => html`<option value=${q.id} ?selected=${q.id === form.to}>${page.pick(q.name)} (${q.waiting})</option>`)}</select></label>
      <label>${page.t("counter.place")}<select data-test="where" @change=${set("where")}>
        ${options(PLACES, (one) => page.t(`counter.place.${one}`), form.where)}</select></label>
      <button ?disabled=${page.off} data-test="do-transfer">${page.t("counter.transfer")}</button>
    </form>` : nothing}
    <p class="row">
      ${back ? html`<button data-test="back" ?disabled=${page.off} @click=${() => act(back[1])}>${page.t(back[0])}</button>`
        : html`<button data-test="hold" ?disabled=${page.off} @click=${() => act("ticket.hold")}>${page.t("counter.hold")}</button>`}
      ${t.party > 1 ? html`<button data-test="split" ?disabled=${page.off} @click=${() => act("ticket.split")}>${page.t("lobby.split")}</button>` : nothing}
      <button class="push" data-test="cancel" ?disabled=${page.off} @click=${() => act("ticket.cancel")}>${page.t("lobby.cancel")}</button>
    </p>`;
}

/** Only what was changed: the rest stays the queue's own. */
function updated(t, form) {
  return {
    ...(form.urgency === null || form.urgency === "" ? {} : {urgency: Number(form.urgency)}),
    ...(form.class === t.class ? {} : {class: form.class}),
    ...(form.note === (t.note ?? "") ? {} : {note: form.note || null}),
  };
}

export const looks = css`
  :host {
    min-height: 100vh;
    background: var(--u-bg);
    font-size: var(--u-text-2);
  }
  .frame {
    max-width: 1500px;
    margin-inline: auto;
    padding: var(--u-space-4);
  }
  header,
  .row {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--u-space-2);
  }
  .frame > header form {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--u-space-2);
    margin-inline-start: auto;
  }
  .frame > header input {
    width: 8em;
  }
  h1,
  h2 {
    font-size: var(--u-text-4);
  }
  h2 {
    margin-block: var(--u-space-3) var(--u-space-2);
  }
  h3,
  h4 {
    margin: 0;
    font-size: var(--u-text-3);
  }
  h4 {
    margin-top: var(--u-space-3);
  }
  .notice {
    min-height: 1.6em;
    font-weight: 600;
    color: var(--u-info);
  }
  .notice.beside {
    position: fixed;
    z-index: 4;
    inset: auto 0 0 auto;
    width: min(456px, 100vw);
    padding: var(--u-space-2) var(--u-space-4);
    background: var(--u-surface);
    border-top: var(--u-rule) solid var(--u-line);
  }
  .notice.bad,
  .over {
    color: var(--u-bad);
    font-weight: 600;
  }
  .frame > main {
    display: grid;
    grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
    gap: var(--u-space-4);
    align-items: start;
  }
  .cards {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(100%, 240px), 1fr));
    gap: var(--u-space-2);
  }
  .card {
    display: grid;
    align-content: start;
    gap: var(--u-space-1);
    padding: var(--u-space-3);
    background: var(--u-surface);
    border: var(--u-rule) solid var(--u-hair);
    border-radius: var(--u-radius);
  }
  .card.paused {
    border-style: dashed;
    border-color: var(--u-warn);
  }
  .big {
    font-size: var(--u-text-6);
    font-weight: 700;
    line-height: 1.1;
  }
  .told {
    color: var(--u-warn);
    font-weight: 600;
  }
  .muted {
    color: var(--u-muted);
  }
  .state {
    padding: 0 var(--u-space-2);
    border: var(--u-rule) solid var(--u-line);
    border-radius: var(--u-radius);
    font-size: var(--u-text-1);
    font-weight: 600;
  }
  .state.calling {
    background: var(--u-call);
    color: var(--u-on-call);
    border-color: var(--u-on-call);
  }
  .state.serving {
    background: var(--u-brand);
    color: var(--u-on-brand);
    border-color: var(--u-brand);
  }
  .number,
  .ticket b {
    font-size: var(--u-text-4);
    font-weight: 600;
  }
  .section > .card,
  section > .card {
    margin-top: var(--u-space-3);
  }
  .ticket {
    display: flex;
    gap: var(--u-space-3);
    align-items: center;
    width: 100%;
    margin-bottom: var(--u-space-1);
    text-align: start;
  }
  .push {
    margin-inline-start: auto;
  }
  .panel {
    position: fixed;
    z-index: 3;
    inset-block: 0;
    inset-inline-end: 0;
    display: grid;
    align-content: start;
    gap: var(--u-space-3);
    width: min(460px, 100vw);
    padding: var(--u-space-4) var(--u-space-4) var(--u-space-8);
    overflow-y: auto;
    background: var(--u-surface);
    border-inline-start: 4px solid var(--u-brand);
  }
  .panel h2 {
    margin: 0;
    font-size: var(--u-text-6);
    line-height: 1.1;
  }
  .panel form {
    display: grid;
    grid-template-columns: 1fr 1fr;
    gap: var(--u-space-2);
    padding-top: var(--u-space-3);
    border-top: var(--u-rule) solid var(--u-hair);
  }
  .panel form h3,
  .panel .wide {
    grid-column: 1 / -1;
  }
  .panel label {
    display: grid;
    gap: 2px;
  }
  .panel label > * {
    width: 100%;
    min-width: 0;
  }
  .panel form > button {
    grid-column: 1 / -1;
  }
  .why {
    display: grid;
    gap: var(--u-space-1);
  }
  kbd {
    padding: 0 0.35em;
    border: 1px solid currentColor;
    border-radius: 4px;
    font: inherit;
    font-size: 0.8em;
  }
  @media (max-width: 900px) {
    .frame > main {
      grid-template-columns: minmax(0, 1fr);
    }
    .frame > header form {
      margin-inline-start: 0;
    }
  }
`;
