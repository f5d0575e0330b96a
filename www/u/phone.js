// The visitor's own page: one sentence first, live, light; what can be done with the ticket below it.
import {css, html, nothing} from "../vendor/lit.js";
import {Screen} from "./screen.js";
import "./rating.js";
import * as i18n from "./i18n.js";

const SOON = 3; // fewer before: time to come back
const OLD = 60; // seconds until what is shown counts as out of date
const OVER = ["finished", "cancelled", "expired"];

class Phone extends Screen {
  static properties = {
    sure: {state: true}, // asked whether to give up
    busy: {state: true},
    refusal: {state: true},
    alert: {state: true}, // tell me when called
    seconds: {state: true},
    rating: {state: true}, // what was served here may be rated
  };

  constructor() {
    super();
    this.sure = this.busy = this.alert = false;
    this.refusal = null;
    addEventListener("pageshow", (event) => event.persisted && location.reload());
  }

  take(doc) {
    const before = this.doc?.ticket;
    const far = before?.state === "waiting" && !this._soon;
    super.take(doc);
    const {ticket} = doc;
    if (far && this._soon && this.alert) this._ring();
    if (ticket?.state === "called" && (before?.state !== "called" || before.calls !== ticket.calls) && this.alert) this._ring();
    if (this.refusal && before?.state !== ticket?.state) this.refusal = null;
    if (ticket && !this._asking && (OVER.includes(ticket.state) || ticket.leg > 1)) this._ask();
  }

  /** The visitor's own first: the one chosen at the kiosk. */
  languages(doc) {
    const all = super.languages(doc);
    const own = i18n.match(doc.ticket?.language, all);
    return own ? [own, ...all.filter((lang) => lang !== own)] : all;
  }

  get ticketId() {
    return this.place.view.slice("phone/".length);
  }

  tick() {
    super.tick();
    this.requestUpdate();
  }

  screen() {
    const {site, ticket, actions = []} = this.doc;
    if (!ticket) return html`<main class="over">${this._head(site)}<h1>${this.t("phone.expired")}</h1></main>`;
    const called = ticket.state === "called";
    const over = !ticket || OVER.includes(ticket.state);
    return html`<main class=${called ? "called" : over ? "over" : ""} data-test="phone" data-state=${ticket.state}>
      ${this._head(site)}
      <p class="queue">${this.words(ticket.queue_name)}</p>
      <p class="label">${this.t("phone.number")}</p>
      <p class="number num" data-test="number">${ticket.number}</p>
      <div class="said" role="status">
        <h1 data-test="sentence">${this._sentence(ticket)}</h1>
        <p class="more">${this._more(ticket)}</p>
      </div>
      ${this.refusal ? html`<p class="refusal" role="alert" data-test="refusal">${i18n.refusal(this.lang, this.refusal)}</p>` : nothing}
      ${this.rating
        ? html`<u-rating .doc=${this.rating} .lang=${this.lang} @rated=${this._rated}></u-rating>`
        : nothing}
      <div class="actions">
        ${actions.includes("requeue")
          ? html`<button class="primary" data-test="requeue" ?disabled=${this._off} @click=${() => this._do("ticket.requeue")}>
              ${this.t("phone.requeue")}</button>`
          : nothing}
        ${!over && !called && "vibrate" in navigator && !this.alert
          ? html`<button data-test="alert" @click=${this._allow}>${this.t("phone.alert")}</button>`
          : nothing}
        ${this.alert && !over ? html`<p class="more" role="status">${this.t("phone.alert.on")}</p>` : nothing}
        ${actions.includes("cancel") ? this._giveUp() : nothing}
      </div>
      ${this._updated(ticket, over)}
    </main>`;
  }

  _head(site) {
    return html`<header>
      <span class="site">${this.words(site.name)}</span>
      ${this.languages(this.doc).filter((l) => l !== this.lang && /^(zh|en)/.test(l)).slice(0, 1).map(
        (lang) => html`<button class="lang" lang=${lang} data-test="lang-${lang}" @click=${() => this.setLanguage(lang)}>
          ${i18n.languageName(lang)}</button>`)}
    </header>`;
  }

  _sentence(ticket) {
    if (ticket.state === "called") return this.t("phone.called", {place: this.pick(ticket.counter_name)});
    if (ticket.state !== "waiting") return this.t(`phone.${ticket.state}`);
    const {ahead} = this.doc;
    const wait = i18n.wait(this.lang, this.doc.estimated_wait);
    const line = ahead ? this.t("phone.ahead", {n: ahead}) : this.t("phone.next");
    return wait ? html`${line} · <span class=${this._age > OLD ? "old" : ""}>${wait}</span>` : line;
  }

  _more(ticket) {
    if (ticket.state === "called") return this.t("phone.called.now");
    if (ticket.state === "waiting") return this.t(this._soon ? "phone.soon" : "phone.near");
    if (ticket.state === "no_show") return this.t("phone.no_show.more");
    if (ticket.state === "serving" && ticket.counter_name) return this.words(ticket.counter_name);
    return nothing;
  }

  /** Whether the turn is near: told ahead, so that who waits outside comes back in time. */
  get _soon() {
    const {ticket, ahead} = this.doc;
    return ticket?.state === "waiting" && ahead !== null && ahead < SOON;
  }

  _giveUp() {
    if (!this.sure)
      return html`<button class="quiet" data-test="cancel" ?disabled=${this._off} @click=${() => (this.sure = true)}>
        ${this.t("phone.cancel")}</button>`;
    return html`<div class="sure" role="group" aria-labelledby="sure" data-test="sure">
      <p id="sure">${this.t("phone.cancel.sure")}</p>
      <button class="danger" data-test="cancel-yes" ?disabled=${this._off} @click=${() => this._do("ticket.cancel")}>
        ${this.t("phone.cancel.yes")}</button>
      <button data-test="cancel-no" @click=${() => (this.sure = false)}>${this.t("phone.cancel.no")}</button>
    </div>`;
  }

  _updated(ticket, over) {
    const at = (this.socket?.asOf ?? Date.now()) / 1000;
    const key = this._age > OLD ? "phone.stale" : "phone.updated";
    return html`<p class="updated num">
      ${ticket.issued ? html`${this.t("phone.issued", {time: i18n.hm(ticket.issued)})}${over ? nothing : " · "}` : nothing}
      ${over ? nothing : this.t(key, {time: i18n.hms(at)})}
    </p>`;
  }

  /** Seconds since the hall was last heard. */
  get _age() {
    return this.socket?.asOf ? (Date.now() - this.socket.asOf) / 1000 : 0;
  }

  get _off() {
    return this.busy || this.gone > 0;
  }

  /** Where the hall takes ratings there is a second view; elsewhere this page asks once and no more. */
  _ask() {
    this._asking = true;
    this.socket?.subscribe(`rating/${this.ticketId}`, (doc) => (this.rating = doc), () => (this._asking = false), {once: true});
  }

  async _rated({detail: {what, data}}) {
    try {
      await this.call(`feedback.${what}`, {ticket: this.ticketId, ...data}, {wait: true});
    } catch (error) {
      this.refusal = error;
    }
  }

  async _do(action) {
    this.busy = true;
    this.refusal = null;
    try {
      await this.call(action, {ticket: this.ticketId});
    } catch (error) {
      this.refusal = error;
    } finally {
      this.busy = this.sure = false;
    }
  }

  /** Sound and vibration need a touch first. */
  _allow() {
    this.alert = true;
    this._audio = new AudioContext();
    this._audio.resume().catch(() => {});
    navigator.vibrate?.(60);
  }

  _ring() {
    navigator.vibrate?.([300, 150, 300, 150, 600]);
    const {currentTime: now} = this._audio;
    for (const [at, frequency] of [[0, 784], [0.3, 622], [0.9, 784], [1.2, 622]]) {
      const tone = new OscillatorNode(this._audio, {frequency});
      const loud = new GainNode(this._audio, {gain: 0.4});
      tone.connect(loud).connect(this._audio.destination);
      tone.start(now + at);
      tone.stop(now + at + 0.25);
    }
  }

  static styles = [
    ...Screen.styles,
    css`
      :host {
        min-height: 100vh;
        min-height: 100dvh;
        display: flex;
      }
      main {
        flex: 1;
        width: 100%;
        max-width: 40rem;
        margin-inline: auto;
        display: flex;
        flex-direction: column;
        gap: var(--u-space-3);
        padding: var(--u-space-4);
        text-align: center;
        font-size: var(--u-text-3);
      }
      header {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: var(--u-space-3);
        padding-bottom: var(--u-space-3);
        border-bottom: var(--u-rule) solid var(--u-hair);
        text-align: start;
      }
      .site {
        font-weight: 600;
      }
      .queue {
        margin-top: var(--u-space-5);
        font-size: var(--u-text-4);
      }
      .label {
        color: var(--u-muted);
        font-size: var(--u-text-2);
      }
      .number {
        font-size: clamp(64px, 26vw, 140px);
        font-weight: 700;
        line-height: 1;
      }
      .said {
        margin-block: var(--u-space-4);
        padding: var(--u-space-5) var(--u-space-4);
        background: var(--u-surface);
        border: var(--u-rule) solid var(--u-line);
        border-radius: var(--u-radius);
      }
      h1 {
        font-size: var(--u-text-5);
        line-height: 1.3;
      }
      .more {
        margin-top: var(--u-space-2);
        color: var(--u-muted);
      }
      .old {
        color: var(--u-muted);
        text-decoration: line-through;
      }
      .actions {
        display: grid;
        gap: var(--u-space-3);
        margin-top: auto;
      }
      .actions button {
        min-height: 56px;
        font-size: var(--u-text-3);
      }
      .actions .quiet {
        background: none;
        border-color: transparent;
        text-decoration: underline;
      }
      .danger {
        background: var(--u-bad);
        border-color: var(--u-bad);
        color: var(--u-surface);
      }
      .sure {
        display: grid;
        gap: var(--u-space-3);
        padding: var(--u-space-4);
        border: var(--u-rule) solid var(--u-bad);
        border-radius: var(--u-radius);
        background: var(--u-surface);
      }
      .refusal {
        padding: var(--u-space-3);
        color: var(--u-bad);
        font-weight: 600;
      }
      .updated {
        color: var(--u-muted);
        font-size: var(--u-text-1);
      }
      main.over .number {
        color: var(--u-muted);
      }
      main.called {
        max-width: none;
        background: var(--u-call);
        color: var(--u-on-call);
      }
      main.called :is(.more, .label, .updated) {
        color: inherit;
      }
      main.called header {
        border-color: var(--u-on-call);
      }
      main.called .said {
        background: var(--u-call);
        border: 3px solid var(--u-on-call);
      }
      main.called h1 {
        font-size: clamp(34px, 11vw, 72px);
        line-height: 1.15;
      }
    `,
  ];
}

customElements.define("u-phone", Phone);
