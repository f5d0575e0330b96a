// How the kiosk looks: sizes in real millimetres (--u-mm), four shapes of page.
import {css, html, nothing} from "../vendor/lit.js";

/** A QR drawing (SVG text from the hall) as a node; null if it is not one. */
export function drawing(text, label) {
  if (!text) return null;
  const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  if (svg.localName !== "svg") return null;
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  return document.importNode(svg, true);
}

/** The ticket just issued: number, how many before, where to sit, the way to the phone page. */
export function ticketPage(page, {ticket, ahead, estimate, name, qr, link, printing, hint, left, total}) {
  const {t} = page;
  return html`<section class="ticket" data-test="ticket" aria-labelledby="number">
    <div class="said" role="status">
      <p class="lead">${name}</p>
      <p class="hidden">${t("kiosk.your_number")}</p>
      <h1 id="number" class="num number" tabindex="-1" data-test="number">${ticket.number}</h1>
      <p class="ahead">${ahead ? t("kiosk.ahead", {n: ahead}) : t("kiosk.first")}${estimate ? html` · ${estimate}` : nothing}</p>
      ${hint ? html`<p class="hint">${hint}</p>` : nothing}
    </div>
    <div class="take">
      ${qr ? html`<div class="qr" data-test="qr">${qr}</div>` : nothing}
      ${printing
        ? html`<p class="paper" data-test="printing">${t("kiosk.take_paper")}</p>`
        : html`<p class="paper photo" data-test="photo">${qr ? t("kiosk.photo_qr") : t("kiosk.photo")}</p>`}
      ${qr && printing ? html`<p class="small">${t("kiosk.scan")}</p>` : nothing}
      ${!qr && link ? html`<p class="small">${link}</p>` : nothing}
    </div>
    <button class="primary done" data-test="done" @click=${page.done} ?disabled=${page.settling}>
      ${t("kiosk.done")}
    </button>
    <progress class="left" max=${total} .value=${left} aria-label=${t("kiosk.closes")}></progress>
  </section>`;
}

/** Why there was no ticket, and the way on. */
export function refusalPage(page, {text}) {
  return html`<section class="message" role="alert" data-test="refusal">
    <h1 tabindex="-1">${page.t("kiosk.no_ticket")}</h1>
    <p>${text}</p>
    <button class="primary done" data-test="done" @click=${page.done} ?disabled=${page.settling}>${page.t("kiosk.back")}</button>
  </section>`;
}

export function closedPage(page, {reason}) {
  return html`<section class="message" data-test="closed">
    <h1 tabindex="-1">${page.t("kiosk.closed")}</h1>
    <p>${reason || page.t("kiosk.closed.more")}</p>
  </section>`;
}

/** Are you still there? Seen and announced; any touch goes on. */
export function stillThere(page, {seconds}) {
  return html`<div class="veil" data-test="idle">
    <div class="ask" role="alertdialog" aria-modal="true" aria-labelledby="still" aria-describedby="wipes">
      <h2 id="still">${page.t("kiosk.still_there")}</h2>
      <p id="wipes">${page.t("kiosk.wipes", {n: seconds})}</p>
      <button class="primary done" data-test="stay" @click=${page.stay}>${page.t("kiosk.stay")}</button>
    </div>
  </div>`;
}

export const looks = css`
  :host {
    --u-scale: 1;
    --u-banner: calc(var(--u-mm) * 8);
    position: fixed;
    inset: 0;
    background: var(--u-bg);
    /* 0.7 degrees at arm's length (0.6 m) is a capital of 7.3 mm: a font of 10 mm */
    font-size: calc(var(--u-mm) * 10 * var(--u-scale));
    line-height: 1.3;
    user-select: none;
    -webkit-user-select: none;
  }
  :host([big]) {
    --u-scale: 1.4;
  }
  .frame {
    height: 100%;
    display: grid;
    grid-template-rows: auto 1fr auto;
  }
  header {
    display: flex;
    align-items: center;
    gap: 1em;
    padding: 0.5em 0.8em;
    border-bottom: var(--u-rule) solid var(--u-line);
    background: var(--u-surface);
    font-size: calc(var(--u-mm) * 10);
  }
  header .site {
    font-weight: 600;
    flex: 1;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  main {
    display: flex;
    flex-direction: column;
    gap: calc(var(--u-mm) * 6);
    min-height: 0;
    padding: calc(var(--u-mm) * 8);
    overflow-y: auto;
    overscroll-behavior: contain;
  }
  main > h1 {
    font-size: 1.25em;
    line-height: var(--u-leading-tight);
    outline: none;
  }
  .crumbs {
    color: var(--u-muted);
  }
  .menu {
    flex: 1;
    display: grid;
    gap: calc(var(--u-mm) * 4);
    grid-template-columns: repeat(var(--u-columns, 2), minmax(0, 1fr));
    grid-auto-rows: minmax(calc(var(--u-mm) * 34), 1fr);
  }
  .menu li {
    display: flex;
  }
  .service {
    flex: 1;
    min-width: 0;
    min-height: calc(var(--u-mm) * 30);
    display: grid;
    grid-template-columns: auto minmax(0, 1fr) auto;
    align-items: center;
    gap: 0 calc(var(--u-mm) * 5);
    padding: calc(var(--u-mm) * 3) calc(var(--u-mm) * 6);
    text-align: start;
    border-width: 3px;
    border-color: var(--u-brand);
    border-radius: calc(var(--u-mm) * 2);
  }
  .service .icon {
    width: calc(var(--u-mm) * 16);
    height: calc(var(--u-mm) * 16);
    color: var(--u-brand);
  }
  .service .label {
    grid-column: 2;
    min-width: 0;
  }
  .service .name {
    display: block;
    font-size: 1.2em;
    font-weight: 600;
    line-height: var(--u-leading-tight);
    overflow-wrap: break-word;
    hyphens: auto;
  }
  .service .other,
  .service .notes {
    display: block;
    color: var(--u-muted);
    font-size: calc(var(--u-mm) * 7 * var(--u-scale));
    line-height: 1.25;
  }
  .few .service .icon {
    width: calc(var(--u-mm) * 24);
    height: calc(var(--u-mm) * 24);
  }
  .few .service .name {
    font-size: 1.6em;
  }
  .service .notes {
    margin-top: 0.2em;
    color: var(--u-text);
  }
  .service .count {
    grid-column: 3;
    text-align: end;
    font-size: calc(var(--u-mm) * 7 * var(--u-scale));
    line-height: 1.2;
    color: var(--u-muted);
  }
  .service .count b {
    display: block;
    font-size: calc(var(--u-mm) * 12 * var(--u-scale));
    color: var(--u-text);
  }
  .service .why {
    display: block;
    color: var(--u-bad);
    font-size: calc(var(--u-mm) * 7.5 * var(--u-scale));
    font-weight: 600;
  }
  .service:active:not([aria-disabled="true"]),
  .service.pressed {
    background: var(--u-brand);
    color: var(--u-on-brand);
  }
  .service:active:not([aria-disabled="true"]) *,
  .service.pressed * {
    color: inherit;
  }
  .service[aria-disabled="true"] {
    border-color: var(--u-line);
  }
  .service[aria-disabled="true"] .icon {
    color: var(--u-muted);
  }
  footer {
    display: flex;
    flex-wrap: wrap;
    gap: calc(var(--u-mm) * 4);
    padding: calc(var(--u-mm) * 4) calc(var(--u-mm) * 8);
    border-top: var(--u-rule) solid var(--u-line);
    background: var(--u-surface);
    font-size: calc(var(--u-mm) * 8);
  }
  footer button {
    min-height: calc(var(--u-mm) * 20);
    min-width: calc(var(--u-mm) * 22);
    padding: 0 calc(var(--u-mm) * 4);
  }
  footer [aria-pressed="true"],
  footer [aria-current="true"] {
    border-color: var(--u-brand);
    box-shadow: inset 0 calc(var(--u-mm) * -1.2) 0 var(--u-brand);
    font-weight: 600;
  }
  footer .back {
    margin-inline-end: auto;
  }
  footer .gap {
    margin-inline-end: auto;
  }
  .done {
    min-height: calc(var(--u-mm) * 24);
    min-width: calc(var(--u-mm) * 70);
    font-size: 1.1em;
  }
  :host([low]) main {
    justify-content: flex-end;
  }
  /* Low reach: whatever is touched lies in the lower two fifths. */
  :host([low]) main > .menu {
    flex: none;
    max-height: max(calc(40vh - var(--u-mm) * 38), calc(var(--u-mm) * 34));
    overflow-y: auto;
    grid-auto-rows: minmax(calc(var(--u-mm) * 32), auto);
    grid-template-columns: repeat(var(--u-columns-low), minmax(0, 1fr));
  }
  :host([low]) .service {
    grid-template-columns: minmax(0, 1fr) auto;
    padding: calc(var(--u-mm) * 2) calc(var(--u-mm) * 4);
  }
  :host([low]) .service .icon,
  :host([low]) .service .notes {
    display: none;
  }
  :host([low]) .service .label {
    grid-column: 1;
  }
  :host([low]) .service .name {
    font-size: 1em;
  }
  :host([low]) .service .count {
    grid-column: 2;
  }
  .ticket {
    flex: 1;
    font-size: min(1em, 4.8vh); /* all of it in sight, also on a small panel */
    display: grid;
    grid-template-columns: auto auto;
    grid-template-rows: 1fr auto auto;
    gap: min(calc(var(--u-mm) * 6), 2vh) min(calc(var(--u-mm) * 40), 8vw);
    justify-content: center;
    align-items: center;
    justify-items: center;
    text-align: center;
  }
  .ticket .lead {
    font-size: 1.2em;
  }
  .ticket .number {
    margin: 0.05em 0;
    /* capitals of 30 mm and more; a long number still fits */
    font-size: min(calc(var(--u-mm) * 62), 21vw, 26vh);
    line-height: 1.05;
    outline: none;
  }
  .ticket .ahead {
    font-size: 1.15em;
    font-weight: 600;
  }
  .ticket .hint {
    margin-top: 0.5em;
  }
  .ticket .take {
    display: grid;
    justify-items: center;
    gap: 0.4em;
    max-width: calc(var(--u-mm) * 130);
  }
  .qr {
    width: min(calc(var(--u-mm) * 76), 32vh);
    padding: calc(var(--u-mm) * 2);
    background: #fff;
    border: var(--u-rule) solid var(--u-line);
  }
  .qr svg {
    display: block;
    width: 100%;
    height: auto;
  }
  .paper {
    font-weight: 600;
  }
  .photo {
    text-wrap: balance;
    padding: 0.3em 0.6em;
    border: 3px solid var(--u-warn);
    color: var(--u-warn);
    border-radius: var(--u-radius);
    background: var(--u-surface);
  }
  .small {
    color: var(--u-muted);
    font-size: min(calc(var(--u-mm) * 7.5 * var(--u-scale)), 3.6vh);
    overflow-wrap: anywhere;
  }
  .ticket .done,
  .ticket .left {
    grid-column: 1 / -1;
  }
  .left {
    width: calc(100vw - var(--u-mm) * 16);
    height: calc(var(--u-mm) * 2);
    appearance: none;
    border: 0;
    background: var(--u-hair);
  }
  .left::-webkit-progress-bar {
    background: var(--u-hair);
  }
  .left::-webkit-progress-value {
    background: var(--u-brand);
  }
  .left::-moz-progress-bar {
    background: var(--u-brand);
  }
  .message {
    flex: 1;
    display: grid;
    place-content: center;
    justify-items: center;
    gap: 0.8em;
    text-align: center;
    max-width: 26em;
    margin-inline: auto;
  }
  .message h1 {
    font-size: 1.5em;
    line-height: var(--u-leading-tight);
    outline: none;
  }
  .veil {
    position: fixed;
    inset: 0;
    z-index: 6;
    display: grid;
    place-items: end center;
    padding: calc(var(--u-mm) * 30) calc(var(--u-mm) * 8);
    background: rgb(12 17 22 / 72%);
  }
  .ask {
    display: grid;
    justify-items: center;
    gap: 0.6em;
    padding: 1em 1.4em;
    border-radius: calc(var(--u-mm) * 2);
    background: var(--u-surface);
    text-align: center;
  }
  .ask h2 {
    font-size: 1.3em;
    line-height: var(--u-leading-tight);
  }
  @media (orientation: portrait) {
    .ticket {
      grid-template-columns: 1fr;
      grid-template-rows: 1fr auto auto auto;
    }
    .ticket .number {
      font-size: min(calc(var(--u-mm) * 80), 30vw);
    }
  }
`;
