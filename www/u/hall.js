// The hall's screen: number -> place, newest on top, in letters as large as the distance asks; and it speaks.
import {css, html, nothing, repeat} from "../vendor/lit.js";
import {Screen} from "./screen.js";
import {Player} from "./sound.js";
import * as i18n from "./i18n.js";

const CAPITAL = 0.735; // height of a capital or digit, of the font's size
const ROW = 1.2; // height of a row of those called before, of its font's size
const COLUMN = 6.6; // and how wide a number and a place are
const FRESH = 10; // seconds a call is set off
const PAGE = 6; // seconds a line at the foot stays
const LISTEN = 30;

class Hall extends Screen {
  static properties = {sound: {state: true}, fresh: {state: true}, page: {state: true}};

  constructor() {
    super();
    this.sound = "ready";
    this.page = 0;
    this.player = new Player({now: () => this.now(), changed: (state) => (this.sound = state)});
    new ResizeObserver(() => this._measure()).observe(document.documentElement);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.player.close();
  }

  take(doc) {
    super.take(doc);
    this.player.say(doc.say ?? [], doc.volume ?? 1);
    this._measure();
  }

  idle() {
    return !this.player.playing;
  }

  tick() {
    const {gone} = this;
    super.tick();
    if (this.gone !== gone) this._measure();
    this._seconds = (this._seconds ?? 0) + 1;
    if (this._seconds % PAGE === 0) this.page += 1;
    // A still picture burns in: it moves by two pixels every ten minutes.
    if (this._seconds % 600 === 0) this.style.setProperty("--u-shift", `${((this._seconds / 600) % 2) * 2}px`);
    this.requestUpdate();
  }

  banner() {
    return this.gone >= LISTEN ? this.slate("listen") : super.banner();
  }

  screen() {
    const {site, title} = this.doc;
    const rows = this._rows();
    const foot = this._foot();
    return html`<div class="frame" data-test="hall">
      <header>
        <h1>${this.words(site.name)}${title && this.pick(title) !== this.pick(site.name) ? html` · ${this.words(title)}` : nothing}</h1>
        <p class="lead">${this.t("hall.now")} ${this._second((lang) => i18n.t(lang, "hall.now"))}</p>
        <p class="clock num" data-test="clock">${i18n.hm(this.now())}</p>
      </header>
      <main>
        ${rows.length
          ? html`<ol class="rows" data-test="rows">${repeat(rows, (c) => c.key, (c, n) => this._row(c, n))}</ol>`
          : html`<div class="none" data-test="none"><p>${this.t("hall.none")}</p>
              ${this._second((lang) => i18n.t(lang, "hall.none"))}</div>`}
      </main>
      <p class="hidden" role="status">${rows[0]?.state === "called" ? `${rows[0].number} → ${this.pick(rows[0].counter_name)}` : ""}</p>
      ${foot ? html`<footer data-test="message" lang=${foot.lang}>${foot.text}</footer>` : nothing}
      ${this.sound === "ready"
        ? nothing
        : html`<button class="sound" data-test="sound-${this.sound}"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M3 9v6h4l5 4V5L7 9zM16 9l5 6M21 9l-5 6" /></svg> ${this.t(`hall.${this.sound}`)}</button>`}
    </div>`;
  }

  _row(call, n) {
    const fresh = call.state === "called" && this.now() - call.at < FRESH;
    const classes = `row ${n === 0 ? "first" : ""} ${call.state} ${fresh ? "fresh" : ""}`;
    return html`<li class=${classes} data-test="call" data-number=${call.number} data-state=${call.state}>
      <span class="number num">${call.number}${call.name ? html`<span class="who">${call.name}</span>` : nothing}</span>
      <span class="arrow" aria-hidden="true"><svg viewBox="0 0 24 24"><path d="M2 12h18M13 5l7 7-7 7" /></svg></span>
      <span class="place">
        <span class="name">${this.words(call.counter_name)}</span>
        ${n === 0 ? this._second((lang) => this._other(call.counter_name, lang)) : nothing}
      </span>
    </li>`;
  }

  /** The same words in the hall's second language, small. */
  _second(words) {
    const lang = this.languages(this.doc).find((l) => l !== this.lang && /^(zh|en)/.test(l));
    const text = lang && words(lang);
    return text ? html`<span class="second" lang=${lang}>${text}</span>` : nothing;
  }

  _other(words, lang) {
    const text = typeof words === "object" ? i18n.pick(words, lang) : "";
    return text === this.pick(words) ? "" : text;
  }

  /** As many as fit: those who still have to come, newest first, then those who came. */
  _rows() {
    const all = [...(this.doc.calls ?? []), ...(this.doc.recent ?? [])];
    const seen = new Set();
    return [...all.filter((c) => c.state === "called"), ...all.filter((c) => c.state !== "called")]
      .filter((c) => !seen.has(c.number + c.counter) && seen.add(c.number + c.counter))
      .slice(0, this._fits)
      .map((c) => ({...c, key: `${c.ticket_id ?? c.number}/${c.counter}`}));
  }

  /** One still line at a time: the message, then who is paused; each in every language of the hall. */
  _foot() {
    const languages = this.languages(this.doc).filter((l) => /^(zh|en)/.test(l));
    const lines = [];
    const say = (make) => {
      for (const lang of languages.length ? languages : [this.lang]) {
        const text = make(lang);
        if (text && !lines.some((line) => line.text === text)) lines.push({lang, text});
      }
    };
    const {message} = this.doc;
    if (message && (!message.until || message.until > this.now())) say((lang) => i18n.pick(message.text, lang));
    for (const {counter_name: name, reason} of this.doc.paused ?? [])
      say((lang) => i18n.t(lang, reason ? "hall.paused.why" : "hall.paused", {name: i18n.pick(name, lang), reason: i18n.pick(reason, lang)}));
    return lines.length ? lines[this.page % lines.length] : null;
  }

  /** Letters from the distance (WEB 0.1), rows from what is left: fonts never shrink, rows do. */
  _measure() {
    const {diagonal_in: inches = 43, view_distance_m: distance = 5, rows: wished = 8} = this.doc?.size ?? {};
    const {clientWidth: width, clientHeight: height} = document.documentElement;
    const mm = Math.hypot(width, height) / (inches * 25.4);
    const cap = Math.min(height * 0.36, width * 0.15); // beyond this a small panel cannot show a row at all
    const now = Math.min((Math.max(75, (distance * 1000) / 60) * mm) / CAPITAL, cap);
    const recent = Math.min((Math.max(51, (distance * 1000) / 82) * mm) / CAPITAL, cap * 0.75);
    const room = height * (this.gone ? 0.71 : 0.78); // a banner takes some
    const columns = (width * 0.94) / recent >= COLUMN * 2 ? 2 : 1;
    const lines = Math.min(Math.ceil(wished / columns), Math.max(0, Math.floor((room - now * 1.45) / (recent * ROW))));
    this._fits = 1 + lines * columns;
    this.toggleAttribute("wide", columns === 2);
    this.style.setProperty("--u-now", `${Math.min(Math.max(now, (room - lines * recent * ROW) / 1.75), cap)}px`);
    this.style.setProperty("--u-recent", `${recent}px`);
    this.style.setProperty("--u-banner", `${height * 0.035}px`);
    this.requestUpdate();
  }

  /** A long name of a counter gives way, the number never. */
  updated() {
    for (const place of this.renderRoot.querySelectorAll(".place")) {
      const name = place.querySelector(".name");
      name.style.removeProperty("font-size");
      const over = name.scrollWidth / place.clientWidth;
      if (over > 1) name.style.setProperty("font-size", `${Math.max(0.45, 1 / over)}em`);
    }
  }

  static styles = [
    ...Screen.styles,
    css`
      :host {
        position: fixed;
        inset: 0;
        background: var(--u-bg);
        transform: translate(var(--u-shift, 0), var(--u-shift, 0));
        line-height: var(--u-leading-tight);
      }
      .frame {
        height: 100%;
        display: grid;
        grid-template-rows: auto 1fr auto;
      }
      header {
        display: grid;
        grid-template-columns: minmax(0, max-content) minmax(max-content, 1fr) auto;
        align-items: center;
        gap: 2vw;
        padding: 1.6vh 2.4vw;
        font-size: 4.6vh;
        background: var(--u-surface);
        border-bottom: var(--u-rule) solid var(--u-line);
      }
      header h1 {
        font: inherit;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      header .lead {
        text-align: center;
        color: var(--u-muted);
      }
      header .clock {
        text-align: end;
        font-size: 5.6vh;
        font-weight: 600;
      }
      main {
        min-height: 0;
        padding: 1.8vh 2.4vw;
        overflow: hidden;
      }
      .rows {
        height: 100%;
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        grid-auto-rows: calc(var(--u-recent) * 1.2);
        grid-template-rows: minmax(calc(var(--u-now) * 1.4), calc(var(--u-now) * 1.75));
        align-content: start;
        column-gap: 1.2vw;
      }
      :host([wide]) .rows {
        grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
      }
      :host([wide]) .row.first {
        grid-column: 1 / -1;
      }
      :host([wide]) .row:not(.first) {
        grid-template-columns: auto minmax(0, 1fr);
        padding: 0 0.2em;
      }
      :host([wide]) .row:not(.first) .arrow {
        display: none;
      }
      .row {
        display: grid;
        grid-template-columns: minmax(var(--u-wide), auto) auto minmax(0, 1fr);
        --u-wide: calc(var(--u-recent) * 2.7);
        align-items: center;
        gap: 0.35em;
        padding: 0 0.3em;
        font-size: var(--u-recent);
        border-bottom: var(--u-rule) solid var(--u-hair);
        color: var(--u-text);
      }
      .row.first {
        margin-bottom: 1.2vh;
        font-size: var(--u-now);
        --u-wide: 0;
        gap: 0.16em;
        padding: 0 0.14em;
      }
      .row.called {
        background: var(--u-call);
        color: var(--u-on-call);
        border: 2px solid var(--u-on-call);
        border-radius: var(--u-radius);
      }
      .number {
        font-weight: 700;
        white-space: nowrap;
      }
      .who {
        display: block;
        font-size: 0.45em;
        line-height: 1.1;
        font-weight: 500;
      }
      .row:not(.first) .number,
      .row:not(.called) .number {
        font-weight: 600;
      }
      .arrow svg {
        display: block;
        width: 0.62em;
        height: 0.62em;
        fill: none;
        stroke: currentColor;
        stroke-width: 2.6;
      }
      .first .arrow svg {
        width: 0.5em;
        height: 0.5em;
      }
      .place {
        min-width: 0;
        overflow: hidden;
      }
      .place .name {
        display: block;
        width: max-content;
        white-space: nowrap;
        font-weight: 600;
      }
      .place .second {
        display: block;
        font-size: 0.3em;
        line-height: 1.2;
        white-space: nowrap;
      }
      .row.fresh.first .arrow {
        animation: point 1s var(--u-ease) 3;
      }
      @keyframes point {
        50% {
          transform: translateX(0.12em);
        }
      }
      @media (prefers-reduced-motion: reduce) {
        .row.fresh.first .arrow {
          animation: none;
        }
      }
      .none {
        height: 100%;
        display: grid;
        place-content: center;
        justify-items: center;
        gap: 0.3em;
        text-align: center;
        font-size: min(var(--u-recent), 11vh);
        color: var(--u-muted);
      }
      .none .second {
        font-size: 0.5em;
      }
      footer {
        padding: 1.4vh 2.4vw;
        font-size: 4.6vh;
        background: var(--u-surface);
        border-top: var(--u-rule) solid var(--u-line);
        white-space: nowrap;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .sound {
        position: fixed;
        inset-block-end: 2vh;
        inset-inline-end: 2vw;
        font-size: min(3.2vh, 4vw);
        max-width: 96vw;
        min-height: 7vh;
        border-color: var(--u-bad);
      }
      .sound svg {
        width: 1.3em;
        height: 1.3em;
        vertical-align: -0.25em;
        fill: none;
        stroke: currentColor;
        stroke-width: 2;
      }
      @media (orientation: portrait) {
        header {
          grid-template-columns: 1fr auto;
          font-size: 2.6vh;
        }
        header .lead {
          display: none;
        }
        header .clock,
        footer {
          font-size: 2.6vh;
        }
      }
    `,
  ];
}

customElements.define("u-hall", Hall);
