// How the counter's panel looks, and its small panels: where to transfer, why to pause, which keys there are.
import {css, html, nothing} from "../vendor/lit.js";
import {PLACES} from "./counter-choices.js";
import * as i18n from "./i18n.js";
import {cap, letters} from "./keys.js";

/** A numbered choice; a digit picks, Escape leaves. `options`: [{label, note, then}]; `content` stands above them. */
export function choices(page, {name, title, content, options}) {
  return html`<section class="panel" role="dialog" aria-labelledby="panel" data-test="panel">
    <h2 id="panel">${title}</h2>
    ${name === "transfer" ? html`<p class="places" role="radiogroup" aria-label=${page.t("counter.place")}>
      ${PLACES.map((where) => html`<button role="radio" data-test="place-${where}" aria-checked=${page.where === where}
        @click=${() => page.stand(where)}>${page.t(`counter.place.${where}`)}</button>`)}</p>` : nothing}
    ${content?.() ?? nothing}
    <ol class="options">
      ${options.map(({label, note}, n) => html`<li>
        <button data-test="option" @click=${() => page.option(n)}>
          <kbd class="num">${n < 9 ? n + 1 : ""}</kbd><span>${label}</span>${note ? html`<small>${note}</small>` : nothing}
        </button>
      </li>`)}
    </ol>
    <button data-test="close" @click=${page.escape}>${page.t("counter.close")} <kbd>Esc</kbd></button>
  </section>`;
}

/** How long the visitor is served, and how long it should take. Over it is said in words as well as in colour. */
export function timer(page, service) {
  if (!service?.since) return nothing;
  const taken = Math.max(0, page.now() - service.since);
  if (service.limit === null) return html`<p class="timer num" data-test="timer">${i18n.span(taken)}</p>`;
  const over = taken > service.limit;
  return html`<p class="timer num ${over ? "over" : ""}" data-test="timer" data-over=${over}>
    ${i18n.span(taken)}
    <progress max=${service.limit} value=${Math.min(taken, service.limit)} aria-hidden="true"></progress>
    <small>${page.t(over ? "counter.over" : "counter.target", {time: i18n.span(service.limit)})}</small>
  </p>`;
}

/** Another browser is at this counter: nothing can be pressed here until it is taken over. */
export function elsewhere(page, lease) {
  return html`<section class="panel elsewhere" role="alertdialog" aria-labelledby="elsewhere" data-test="elsewhere">
    <h2 id="elsewhere">${page.t("counter.elsewhere")}</h2>
    <p>${page.t("counter.elsewhere.more", {name: lease.name, time: i18n.hm(lease.since)})}</p>
    <button class="primary" data-test="take-over" ?disabled=${page.gone > 0 || !page.live}
      @click=${() => page.lease.hold(true)}>${page.t("counter.take_over")}</button>
  </section>`;
}

/** Who is expected today; who comes to the counter with a voucher is checked in here. */
export function booked(page, rows) {
  return html`<table>
    <thead><tr>${["time", "queue", "name", "act"].map((c) => html`<th scope="col">${page.t(`counter.column.${c}`)}</th>`)}</tr></thead>
    <tbody>${rows.map(({id, at, type, name, party}) => html`<tr data-test="booking">
      <td class="num">${i18n.hm(at)}</td>
      <td>${page.words(type)}${party > 1 ? html` · ${page.t("counter.party", {n: party})}` : nothing}</td>
      <td>${name ?? "—"}</td>
      <td><button data-test="check-in" ?disabled=${page._off} aria-label="${page.t("counter.check_in")} ${i18n.hm(at)} ${name ?? ""}"
        @click=${() => page.arrived(id)}>${page.t("counter.check_in")}</button></td>
    </tr>`)}</tbody>
  </table>`;
}

/** The sheet behind `?`. */
export function sheet(page) {
  return html`<section class="panel" role="dialog" aria-labelledby="panel" data-test="sheet">
    <h2 id="panel">${page.t("counter.sheet")}</h2>
    <dl class="keys">
      ${Object.entries(page.keys()).map(([command, keys]) => html`<div data-test="key" data-function=${command}>
        <dt>${[...new Set(keys.map(cap))].map((c) => html`<kbd>${c}</kbd>`)}${keys.length ? nothing : page.t("counter.sheet.none")}</dt>
        <dd>${page.t(`counter.${command}`)}</dd>
      </div>`)}
      <div><dt><kbd>0–9</kbd></dt><dd>${page.t("counter.sheet.digits")}</dd></div>
      <div><dt><kbd>?</kbd></dt><dd>${page.t("counter.sheet.help")}</dd></div>
    </dl>
    <label class="check"><input type="checkbox" .checked=${page.singles()} @change=${(e) => letters.choose(e.target.checked)} />
      ${page.t("counter.sheet.off")}</label>
    <button data-test="close" @click=${page.escape}>${page.t("counter.close")} <kbd>Esc</kbd></button>
  </section>`;
}

export const looks = css`
  :host {
    min-height: 100vh;
    background: var(--u-bg);
    font-size: var(--u-text-2);
  }
  .frame {
    display: grid;
    grid-template-rows: auto 1fr;
    gap: var(--u-space-4);
    min-height: calc(100vh - var(--u-banner-room));
    max-width: 1500px;
    margin-inline: auto;
    padding: var(--u-space-4);
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--u-space-3) var(--u-space-5);
  }
  header h1 {
    font-size: var(--u-text-5);
    line-height: 1.2;
  }
  .state {
    padding: 2px var(--u-space-3);
    border: var(--u-rule) solid var(--u-line);
    border-radius: var(--u-radius);
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
  .push {
    margin-inline-start: auto;
  }
  .link {
    display: inline-flex;
    align-items: center;
    gap: var(--u-space-2);
    color: var(--u-muted);
  }
  .link::before {
    content: "";
    width: 10px;
    height: 10px;
    border-radius: 50%;
    background: var(--u-ok);
  }
  .link.lost::before {
    background: none;
    border: 3px solid var(--u-bad);
  }
  .link.lost {
    color: var(--u-bad);
    font-weight: 600;
  }
  .now {
    display: grid;
    grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
    gap: var(--u-space-4);
    padding: var(--u-space-4) var(--u-space-5);
    background: var(--u-surface);
    border: var(--u-rule) solid var(--u-line);
    border-radius: var(--u-radius);
  }
  .now.calling {
    box-shadow: inset 12px 0 0 var(--u-call);
    padding-inline-start: calc(var(--u-space-5) + 12px);
  }
  .mine .number {
    font-size: 72px;
    font-weight: 700;
    line-height: 1.1;
  }
  .mine .none {
    font-size: var(--u-text-6);
    color: var(--u-muted);
    line-height: 1.6;
  }
  .facts {
    display: flex;
    flex-wrap: wrap;
    gap: var(--u-space-1) var(--u-space-4);
    font-size: var(--u-text-3);
  }
  .timer {
    font-size: var(--u-text-5);
    font-weight: 600;
    line-height: 1.2;
  }
  .timer progress {
    width: 8em;
    height: 12px;
    accent-color: var(--u-brand);
    vertical-align: middle;
  }
  .timer small {
    font-size: var(--u-text-2);
    font-weight: 400;
  }
  .timer.over {
    color: var(--u-bad);
  }
  .timer.over progress {
    accent-color: var(--u-bad);
  }
  .done {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--u-space-1) var(--u-space-2);
  }
  .chip {
    display: inline-flex;
    align-items: center;
    gap: var(--u-space-2);
    padding-inline-start: var(--u-space-3);
    border: var(--u-rule) solid var(--u-line);
    border-radius: var(--u-radius);
  }
  .chip button {
    border: 0;
    background: none;
  }
  .places {
    display: flex;
    margin-bottom: var(--u-space-4);
  }
  .places button {
    flex: 1;
    border-radius: 0;
  }
  .places button[aria-checked="true"] {
    background: var(--u-brand);
    color: var(--u-on-brand);
    border-color: var(--u-brand);
    font-weight: 600;
  }
  .elsewhere {
    z-index: 4;
    display: grid;
    align-content: center;
    gap: var(--u-space-4);
  }
  .why,
  .totals {
    color: var(--u-muted);
  }
  .upcoming {
    display: flex;
    flex-direction: column;
    gap: var(--u-space-1);
    justify-content: center;
    padding-inline-start: var(--u-space-5);
    border-inline-start: var(--u-rule) solid var(--u-hair);
  }
  .upcoming .number {
    font-size: var(--u-text-5);
    font-weight: 600;
  }
  .buttons {
    grid-column: 1 / -1;
    display: flex;
    flex-wrap: wrap;
    gap: var(--u-space-2);
  }
  .buttons button {
    min-height: 56px;
    font-size: var(--u-text-3);
  }
  .buttons .primary {
    min-width: 180px;
  }
  .buttons .apart {
    margin-inline-start: var(--u-space-6);
  }
  .undo {
    flex: none;
  }
  .undo b {
    display: inline-block;
    min-width: 1.2em;
    text-align: center;
  }
  kbd {
    display: inline-block;
    min-width: 1.7em;
    margin-inline-start: 0.4em;
    padding: 0 0.35em;
    border: 1px solid currentColor;
    border-radius: 4px;
    font: inherit;
    font-size: 0.8em;
    line-height: 1.5;
    text-align: center;
  }
  .word {
    grid-column: 1 / -1;
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: var(--u-space-4);
    min-height: 44px;
  }
  .notice {
    min-height: 1.6em;
    font-weight: 600;
    color: var(--u-bad);
  }
  .notice.info {
    color: var(--u-info);
  }
  .frame-main {
    display: grid;
    align-content: start;
    gap: var(--u-space-4);
  }
  .below {
    display: grid;
    grid-template-columns: minmax(0, 2fr) minmax(260px, 1fr);
    gap: var(--u-space-4);
    align-items: start;
  }
  .card {
    padding: var(--u-space-4);
    background: var(--u-surface);
    border: var(--u-rule) solid var(--u-hair);
    border-radius: var(--u-radius);
  }
  .card h2 {
    margin-bottom: var(--u-space-2);
    font-size: var(--u-text-3);
  }
  [role="tablist"] {
    display: flex;
    gap: var(--u-space-1);
    border-bottom: var(--u-rule) solid var(--u-line);
  }
  [role="tab"] {
    border: 0;
    border-radius: 0;
    background: none;
  }
  [role="tab"][aria-selected="true"] {
    font-weight: 600;
    box-shadow: inset 0 -4px 0 var(--u-brand);
  }
  .list {
    max-height: 46vh;
    overflow-y: auto;
  }
  table {
    width: 100%;
    border-collapse: collapse;
  }
  th,
  td {
    padding: var(--u-space-1) var(--u-space-2);
    border-bottom: 1px solid var(--u-hair);
    text-align: start;
  }
  th {
    color: var(--u-muted);
    font-weight: 400;
  }
  td.num:first-child {
    font-size: var(--u-text-4);
    font-weight: 600;
  }
  .upcoming .facts {
    align-items: baseline;
  }
  th:last-child,
  td:last-child {
    text-align: end;
    white-space: nowrap;
  }
  .empty {
    padding: var(--u-space-5);
    color: var(--u-muted);
    text-align: center;
  }
  .queues li {
    display: flex;
    justify-content: space-between;
    gap: var(--u-space-3);
    padding: var(--u-space-1) 0;
    border-bottom: 1px solid var(--u-hair);
  }
  form {
    display: flex;
    flex-wrap: wrap;
    gap: var(--u-space-2);
    margin-top: var(--u-space-4);
    align-items: end;
  }
  form label {
    display: grid;
    gap: 2px;
  }
  form input {
    width: 8em;
  }
  .panel {
    position: fixed;
    z-index: 3;
    inset-block: 0;
    inset-inline-end: 0;
    width: min(420px, 100vw);
    padding: var(--u-space-5);
    overflow-y: auto;
    background: var(--u-surface);
    border-inline-start: 4px solid var(--u-brand);
  }
  .panel .facts,
  .panel form {
    margin-bottom: var(--u-space-5);
  }
  .panel form label {
    flex: 1;
    gap: var(--u-space-2);
  }
  .mine .facts {
    align-items: center;
  }
  .panel .wide {
    width: 100%;
  }
  .options span {
    flex: none;
    max-width: 80%;
  }
  .note {
    overflow-wrap: anywhere;
    font-weight: 600;
  }
  .urgent {
    color: var(--u-bad);
    font-weight: 600;
  }
  .panel h2 {
    margin-bottom: var(--u-space-4);
    font-size: var(--u-text-4);
  }
  .options {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--u-space-2);
    margin-bottom: var(--u-space-5);
  }
  .options button {
    display: flex;
    gap: var(--u-space-3);
    align-items: center;
    width: 100%;
    text-align: start;
  }
  .options small {
    overflow: hidden;
    margin-inline-start: auto;
    text-overflow: ellipsis;
    white-space: nowrap;
    color: var(--u-muted);
  }
  .keys > div {
    display: flex;
    justify-content: space-between;
    gap: var(--u-space-4);
    padding: var(--u-space-1) 0;
    border-bottom: 1px solid var(--u-hair);
  }
  .check {
    display: flex;
    align-items: center;
    gap: var(--u-space-2);
    margin-block: var(--u-space-4);
  }
  .check input {
    width: 24px;
    min-height: 24px;
    accent-color: var(--u-brand);
  }
  @media (min-width: 901px) and (min-height: 640px) {
    /* all in one view: of a long list the rows scroll, not the page */
    .frame {
      height: calc(100vh - var(--u-banner-room));
    }
    .frame-main {
      min-height: 0;
      align-content: stretch;
      grid-template-rows: auto minmax(0, 1fr);
    }
    .below,
    .card:has(.list) {
      min-height: 0;
      max-height: 100%;
    }
    .card:has(.list) {
      display: flex;
      flex-direction: column;
    }
    .list {
      flex: 0 1 auto;
      min-height: 0;
      max-height: none;
    }
    thead {
      position: sticky;
      inset-block-start: 0;
      background: var(--u-surface);
    }
  }
  @media (max-width: 900px) {
    .now,
    .below {
      grid-template-columns: minmax(0, 1fr);
    }
    .upcoming {
      padding-inline-start: 0;
      border: 0;
    }
    .buttons .apart {
      margin-inline-start: 0;
    }
  }
`;
