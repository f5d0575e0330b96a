// One rating: faces with words, then for a bad one what was wrong, then thanks. The same on the terminal and on the phone.
import {LitElement, css, html, nothing, svg} from "../vendor/lit.js";
import {base} from "./styles.js";
import * as i18n from "./i18n.js";

const SETTLE = 400; // ms in which the second half of a double tap is not taken for an answer to the next question

const HEAD = svg`<circle cx="24" cy="24" r="20"/>`;
const EYES = svg`<path d="M17 18v3M31 18v3"/>`;
// Each is another drawing, not another colour.
const FACES = {
  great: svg`${HEAD}<path d="M13.5 20c1-3 5-3 6 0M28.5 20c1-3 5-3 6 0"/><path class="full" d="M13 27h22c-1 7-5.5 10-11 10s-10-3-11-10z"/>`,
  good: svg`${HEAD}${EYES}<path d="M15 29c4 6 14 6 18 0"/>`,
  fair: svg`${HEAD}${EYES}<path d="M16 31h16"/>`,
  bad: svg`${HEAD}${EYES}<path d="M15 34c4-6 14-6 18 0"/>`,
  awful: svg`${HEAD}<path d="M14 16l6 4-6 3M34 16l-6 4 6 3"/><path class="full" d="M15 36c1-7 5-9 9-9s8 2 9 9z"/>`,
};

class Rating extends LitElement {
  static properties = {
    doc: {attribute: false}, // levels, poll, prompt, thanks, reasons, limits
    lang: {},
    large: {type: Boolean, reflect: true}, // a terminal: as large as fingers need
    phase: {state: true}, // ask | reasons | thanks | over
    chosen: {state: true}, // reasons
  };

  constructor() {
    super();
    this.large = false;
    this._begin(null);
  }

  willUpdate(changed) {
    const id = this.doc?.poll?.id;
    if (changed.has("doc") && id && id !== this._poll) this._begin(id);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this._timer);
  }

  /** Whether somebody is being asked, or thanked. */
  get busy() {
    return this._poll !== null && this.phase !== "over";
  }

  /** The n-th level, from 1, as a key says it. */
  press(n) {
    const level = this.doc?.levels?.[n - 1];
    if (level && this.phase === "ask") this._rate(level);
  }

  render() {
    if (!this.doc || !this.busy) return nothing;
    if (this.phase === "ask" && !this.doc.poll) return nothing;
    return html`<section data-test="rating" data-phase=${this.phase}>${this[`_${this.phase}`]()}</section>`;
  }

  _ask() {
    return html`<h2 data-test="prompt">${this._words(this.doc.prompt)}</h2>
      <div class="faces" style="--n:${this.doc.levels.length}">
        ${this.doc.levels.map(
          (level) => html`<button class=${level.face} data-test="level-${level.id}" @click=${() => this._rate(level)}>
            <svg viewBox="0 0 48 48" aria-hidden="true">${FACES[level.face]}</svg><span>${this._words(level.name)}</span>
          </button>`,
        )}
      </div>`;
  }

  _reasons() {
    return html`<h2>${this.t("rate.why")}</h2>
      <div class="chips">
        ${this.doc.reasons.map(
          (reason) => html`<button aria-pressed=${this.chosen.includes(reason.id)} data-test="reason-${reason.id}"
            @click=${() => this._toggle(reason.id)}>${this._words(reason.name)}</button>`,
        )}
      </div>
      <button class="primary done" data-test="reasons-done" @click=${() => this._done()}>
        ${this.t(this.chosen.length ? "rate.done" : "rate.skip")}</button>`;
  }

  _thanks() {
    return html`<h2 class="thanks" role="status" data-test="thanks">${this._words(this.doc.thanks)}</h2>`;
  }

  _begin(poll) {
    clearTimeout(this._timer);
    this._poll = poll;
    this.phase = "ask";
    this.chosen = [];
    this._settled = performance.now() + (poll ? 0 : SETTLE);
  }

  _rate(level) {
    if (performance.now() < this._settled) return;
    this._say("rate", {level: level.id});
    const {reasons, limits} = this.doc;
    if (level.bad && reasons.length) this._go("reasons", limits.reasons_s, () => this._done(true));
    else this._thank();
  }

  _toggle(id) {
    if (performance.now() < this._settled) return;
    this.chosen = this.chosen.includes(id) ? this.chosen.filter((one) => one !== id) : [...this.chosen, id];
    this._wait(this.doc.limits.reasons_s, () => this._done(true));
  }

  _done(late = false) {
    if (!late && performance.now() < this._settled) return;
    if (this.chosen.length) this._say("reasons", {reasons: this.chosen});
    this._thank();
  }

  _thank() {
    this._go("thanks", this.doc.limits.thanks_s, () => {
      this.phase = "over";
      this.dispatchEvent(new CustomEvent("over"));
    });
  }

  _go(phase, seconds, then) {
    this.phase = phase;
    this._settled = performance.now() + SETTLE;
    this._wait(seconds, then);
  }

  _wait(seconds, then) {
    clearTimeout(this._timer);
    this._timer = setTimeout(then, seconds * 1000);
  }

  _say(what, data) {
    this.dispatchEvent(new CustomEvent("rated", {detail: {what, data: {poll: this._poll, ...data}}}));
  }

  t(key, values) {
    return i18n.t(this.lang, key, values);
  }

  _words(words) {
    return html`<span lang=${i18n.picked(words, this.lang)}>${i18n.pick(words, this.lang)}</span>`;
  }

  static styles = [
    base,
    css`
      section {
        display: grid;
        gap: var(--u-space-4);
        text-align: center;
      }
      h2 {
        font-size: var(--u-text-4);
        line-height: var(--u-leading-tight);
      }
      .faces {
        display: grid;
        grid-template-columns: repeat(var(--n), minmax(0, 1fr));
        gap: max(calc(4 * var(--u-mm, 0px)), var(--u-space-2));
      }
      .faces button {
        display: grid;
        justify-items: center;
        align-content: start;
        gap: var(--u-space-2);
        padding: var(--u-space-3) var(--u-space-1);
        font-size: var(--u-text-2);
        line-height: var(--u-leading-tight);
        overflow-wrap: anywhere;
      }
      svg {
        width: min(100%, 72px);
        fill: none;
        stroke: var(--u-text);
        stroke-width: 3;
        stroke-linecap: round;
        stroke-linejoin: round;
      }
      .full {
        fill: currentColor;
        stroke: currentColor;
      }
      .great svg,
      .good svg {
        stroke: var(--u-ok);
        color: var(--u-ok);
      }
      .fair svg {
        stroke: var(--u-info);
      }
      .bad svg,
      .awful svg {
        stroke: var(--u-bad);
        color: var(--u-bad);
      }
      .chips {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(140px, 1fr));
        gap: var(--u-space-3);
      }
      .chips button {
        min-height: 56px;
      }
      .chips button[aria-pressed="true"] {
        border-color: var(--u-brand);
        background: var(--u-brand);
        color: var(--u-on-brand);
        font-weight: 600;
      }
      .done {
        min-height: 56px;
      }
      .thanks {
        padding-block: var(--u-space-5);
        color: var(--u-ok);
      }
      :host([large]) section {
        gap: calc(6 * var(--u-mm));
      }
      :host([large]) h2 {
        font-size: calc(10 * var(--u-mm));
      }
      :host([large]) .faces button {
        min-height: calc(38 * var(--u-mm));
        padding: calc(3 * var(--u-mm));
        font-size: calc(6 * var(--u-mm));
      }
      :host([large]) svg {
        width: min(100%, calc(25 * var(--u-mm)));
      }
      :host([large]) .chips {
        grid-template-columns: repeat(3, minmax(0, 1fr));
        gap: calc(4 * var(--u-mm));
      }
      :host([large]) :is(.chips button, .done) {
        min-height: calc(20 * var(--u-mm));
        font-size: calc(6 * var(--u-mm));
      }
      :host([large]) .thanks {
        font-size: calc(14 * var(--u-mm));
      }
    `,
  ];
}

customElements.define("u-rating", Rating);
