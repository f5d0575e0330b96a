// The rating terminal: idle until a service is finished at its counter, then one question, one tap, thanks.
import {css, html, nothing} from "../vendor/lit.js";
import {requestId} from "./socket.js";
import {Screen} from "./screen.js";
import "./rating.js";
import * as i18n from "./i18n.js";

const MAX_KEPT = 200; // ratings kept while the hall is not there
const KEEP_TRYING = ["offline", "timeout", "busy", "not_stored"];
const REPEAT = 600; // ms: a key that bounces is one press

class Rate extends Screen {
  static properties = {slide: {state: true}, over: {state: true}};

  constructor() {
    super();
    this.slide = 0;
    this.over = true;
    this._shown = performance.now();
    this._pressed = -REPEAT;
    addEventListener("resize", () => this._measure());
    addEventListener("contextmenu", (event) => event.preventDefault());
    addEventListener("keydown", (event) => this._key(event));
  }

  take(doc) {
    const before = this.doc?.poll?.id;
    super.take(doc);
    this._measure();
    if (doc.poll && doc.poll.id !== before) {
      this.over = false;
      const own = i18n.match(doc.poll.language, this.languages(doc));
      if (own) this.setLanguage(own);
    }
    // Asked no more, and not answered: the next visitor is there, or the end of the service was taken back.
    if (!doc.poll && !this.over && (this.question?.phase ?? "ask") === "ask") this._end();
    this._deliver();
  }

  get counter() {
    return this.place.view.split("/")[1];
  }

  get question() {
    return this.renderRoot.querySelector("u-rating");
  }

  idle() {
    return !this.question?.busy;
  }

  tick() {
    super.tick();
    const {slides = [], poll} = this.doc ?? {};
    if (poll && poll.until < this.now() && this.question?.phase === "ask") this._end(); // also without the hall
    if (slides.length && performance.now() - this._shown > slides[this.slide % slides.length].seconds * 1000) {
      this.slide = (this.slide + 1) % slides.length;
      this._shown = performance.now();
    }
    this._deliver();
  }

  /** What becomes of the link is no visitor's concern: what they tap is kept. */
  banner() {
    return nothing;
  }

  screen() {
    const {site, title, counter} = this.doc;
    const asking = !this.over;
    return html`<div class="frame" data-test="rate" data-asking=${asking}>
      <header>
        <span class="site">${this.words(site.name)}</span>
        <span class="place">${this.words(title)}</span>
        ${this.languages(this.doc).filter((l) => l !== this.lang && /^(zh|en)/.test(l)).slice(0, 1).map(
          (lang) => html`<button class="lang" lang=${lang} data-test="lang-${lang}" @click=${() => this.setLanguage(lang)}>
            ${i18n.languageName(lang)}</button>`)}
      </header>
      <main class=${asking ? "asking" : "quiet"}>
        <h1 class="hidden">${this.t("rate.title", {place: this.pick(counter.name)})}</h1>
        ${this._card()}
        ${asking
          ? html`<u-rating large .doc=${this.doc} .lang=${this.lang} @rated=${this._rated} @over=${() => this._end()}></u-rating>`
          : this._slide()}
      </main>
    </div>`;
  }

  _card() {
    const {staff} = this.doc;
    if (!staff) return nothing;
    return html`<aside data-test="card">
      ${staff.photo ? html`<img src=${staff.photo} alt="">` : nothing}
      <p class="name">${this.words(staff.name)}</p>
      ${staff.title ? html`<p>${this.words(staff.title)}</p>` : nothing}
      ${staff.number ? html`<p class="num">${this.t("rate.number", {number: staff.number})}</p>` : nothing}
      ${staff.stars
        ? html`<p class="stars" role="img" aria-label=${this.t("rate.stars", {n: staff.stars})} data-test="stars">
            ${"★".repeat(staff.stars)}<span>${"☆".repeat(5 - staff.stars)}</span></p>`
        : nothing}
    </aside>`;
  }

  _slide() {
    const {slides = []} = this.doc;
    const slide = slides[this.slide % (slides.length || 1)];
    if (!slide) return html`<p class="welcome" data-test="welcome">${this.t("rate.welcome")}</p>`;
    return html`<article data-test="slide">
      ${slide.image ? html`<img src=${slide.image} alt=${this.pick(slide.title)}>` : nothing}
      ${slide.title ? html`<h2>${this.words(slide.title)}</h2>` : nothing}
      ${slide.text ? html`<p>${this.words(slide.text)}</p>` : nothing}
    </article>`;
  }

  /** Evaluators with four keys are keyboards: 1 is the best. A key nobody asked for is counted by the hall. */
  _key(event) {
    const n = Number(event.key);
    const now = performance.now();
    if (!Number.isInteger(n) || n < 1 || n > (this.doc?.levels?.length ?? 0) || event.repeat) return;
    if (now - this._pressed < REPEAT) return;
    this._pressed = now;
    if (!this.over && this.question?.phase === "ask") this.question.press(n);
    else if (this.live && this.over) this.call("feedback.rate", {counter: this.counter, level: String(n), at: this.now()}).catch(() => {});
  }

  _rated({detail: {what, data}}) {
    const at = what === "rate" ? {at: this.now()} : {};
    this._keep([...this._kept(), {id: requestId(), action: `feedback.${what}`, at: this.now(), data: {counter: this.counter, ...data, ...at}}]);
    this._deliver();
  }

  _end() {
    this.over = true;
    if (!this.place.query.get("lang")) this.setLanguage(this.languages(this.doc)[0] ?? this.lang);
  }

  // What was tapped is kept in this browser until the hall has it, in order, each under an id of its own.

  async _deliver() {
    if (this._delivering || !this.live) return;
    this._delivering = true;
    try {
      for (let [first] = this._kept(); first; [first] = this._kept()) {
        const old = this.now() - first.at > (this.doc?.limits?.offline_s ?? 86400);
        if (!old) await this.call(first.action, first.data, {id: first.id}).catch((error) => this._unless(error));
        this._keep(this._kept().slice(1));
      }
    } catch {
      // it is tried again in a second
    } finally {
      this._delivering = false;
    }
  }

  /** What the hall refuses is done with; what it did not hear is not. */
  _unless(error) {
    if (KEEP_TRYING.includes(error.code)) throw error;
  }

  get _box() {
    return `usher.rate.${this.counter}`;
  }

  _kept() {
    try {
      return JSON.parse(localStorage.getItem(this._box)) ?? [];
    } catch {
      return [];
    }
  }

  _keep(box) {
    if (box.length) localStorage.setItem(this._box, JSON.stringify(box.slice(-MAX_KEPT)));
    else localStorage.removeItem(this._box);
  }

  _measure() {
    const inches = this.doc?.size?.diagonal_in;
    const ppi = Number(this.place.query.get("ppi")) || (inches ? Math.hypot(screen.width, screen.height) / inches : 96);
    // A panel too small for faces of 25 mm shows them as large as it can.
    const room = Math.min(innerWidth / 130, innerHeight / 95);
    this.style.setProperty("--u-mm", `${Math.min(ppi / 25.4, room)}px`);
  }

  static styles = [
    ...Screen.styles,
    css`
      .frame {
        display: grid;
        grid-template-rows: auto 1fr;
        height: 100dvh;
      }
      header {
        display: flex;
        align-items: center;
        gap: calc(4 * var(--u-mm));
        padding: calc(3 * var(--u-mm)) calc(5 * var(--u-mm));
        border-bottom: var(--u-rule) solid var(--u-hair);
        font-size: calc(4.5 * var(--u-mm));
      }
      .site {
        font-weight: 600;
      }
      .place {
        color: var(--u-muted);
      }
      .lang {
        margin-inline-start: auto;
        min-height: calc(12 * var(--u-mm));
      }
      main {
        display: grid;
        gap: calc(6 * var(--u-mm));
        align-content: center;
        padding: calc(5 * var(--u-mm));
        overflow: hidden;
      }
      aside {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: center;
        gap: calc(2 * var(--u-mm)) calc(6 * var(--u-mm));
        font-size: calc(5 * var(--u-mm));
      }
      aside img {
        height: calc(22 * var(--u-mm));
        border-radius: var(--u-radius);
      }
      .name {
        font-size: calc(7 * var(--u-mm));
        font-weight: 600;
      }
      .stars {
        color: var(--u-warn);
        letter-spacing: 0.1em;
      }
      .stars span {
        color: var(--u-muted);
      }
      article {
        display: grid;
        justify-items: center;
        gap: calc(3 * var(--u-mm));
        text-align: center;
        font-size: calc(5.5 * var(--u-mm));
      }
      article h2,
      .welcome {
        font-size: calc(9 * var(--u-mm));
        line-height: var(--u-leading-tight);
        text-align: center;
      }
      article img {
        max-width: 100%;
        max-height: 45vh;
        object-fit: contain;
      }
    `,
  ];
}

customElements.define("u-rate", Rate);
