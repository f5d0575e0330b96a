// The lobby manager's page, for a desk or a hand: every queue and counter live, any ticket found, moved, changed, sent on.
import {html, nothing} from "../vendor/lit.js";
import {Screen} from "./screen.js";
import {counterCard, looks, queueCard, ticketPanel, ticketRow} from "./lobby-parts.js";
import * as i18n from "./i18n.js";

const NOTICE = 10_000; // ms a refusal or a thing done stays
const SETTLE = 300; // ms after a change until the open line is asked for again
const LISTED = 200;
const ASIDE = ["called", "serving", "staged", "pending", "held", "no_show"];

class Lobby extends Screen {
  static properties = {
    queue: {state: true}, // whose line is shown: an id, or null
    line: {state: true}, // {waiting, aside}
    ticket: {state: true}, // the one that is open
    ahead: {state: true},
    notice: {state: true}, // {text, bad}
    busy: {state: true},
    form: {state: true}, // what was typed in the ticket's panel
    why: {state: true}, // null until it was asked
  };
  static styles = [...Screen.styles, looks];

  constructor() {
    super();
    Object.assign(this, {queue: null, line: null, ticket: null, ahead: null, notice: null, busy: false, form: {}, why: null});
    this.escape = (event) => event.key === "Escape" && this.close();
  }

  connectedCallback() {
    super.connectedCallback();
    addEventListener("keydown", this.escape);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener("keydown", this.escape);
  }

  idle() {
    return !this.ticket;
  }

  tick() {
    super.tick();
    this.socket?.probe();
    this.requestUpdate(); // how long they wait
  }

  take(doc) {
    super.take(doc);
    if (this.queue && !doc.queues.some((q) => q.id === this.queue)) this.queue = this.line = null;
    clearTimeout(this._soon);
    if (this.queue || this.ticket) this._soon = setTimeout(() => this._again(), SETTLE);
  }

  get off() {
    return this.busy || this.gone > 0 || !this.live || this.socket.unanswered > 3_000;
  }

  /** Show this queue's line, or none. */
  async show(queue) {
    this.queue = this.queue === queue ? null : queue;
    this.line = null;
    await this._line();
    await this.updateComplete;
    this.renderRoot.querySelector("[data-test=line-of]")?.scrollIntoView({block: "nearest"});
  }

  async _line() {
    const {queue} = this;
    if (!queue) return;
    try {
      const [waiting, aside] = await Promise.all(
        ["waiting", ASIDE].map((state) => this.call("ticket.list", {queue, state, limit: LISTED})),
      );
      if (queue === this.queue) this.line = {waiting: waiting.tickets, total: waiting.total, aside: aside.tickets};
    } catch (error) {
      if (error.code !== "offline") this.say(i18n.refusal(this.lang, error), true);
    }
  }

  async _again() {
    await this._line();
    if (this.ticket) await this.open(this.ticket.id, false);
  }

  /** One ticket, by id or number. */
  async open(named, anew = true) {
    try {
      const {ticket, ahead} = await this.call("ticket.get", {ticket: named});
      if (!anew && this.ticket?.id !== ticket.id) return;
      Object.assign(this, {ticket, ahead});
      if (!anew) return;
      this.form = {place: "front", where: "end", to: null, reason: "", urgency: null, class: ticket.class, note: ticket.note ?? ""};
      this.why = null;
      await this.updateComplete;
      this.renderRoot.querySelector(".panel")?.focus();
    } catch (error) {
      if (anew) this.say(i18n.refusal(this.lang, error), true);
    }
  }

  close() {
    this.ticket = null;
  }

  /** Do it; what the hall refuses is said, what it did as well. */
  async run(action, data) {
    if (this.off) return this.say(this.t("counter.link.lost"), true);
    this.busy = true;
    try {
      const answer = await this.call(action, data);
      this.say(this.t("lobby.done"));
      await this._again();
      return answer;
    } catch (error) {
      return this.say(i18n.refusal(this.lang, error), true);
    } finally {
      this.busy = false;
    }
  }

  async explain() {
    try {
      const {calls, reasons} = await this.call("ticket.explain", {ticket: this.ticket.id});
      this.why = [...calls.flatMap((one) => one.reasons), ...reasons];
    } catch (error) {
      this.say(i18n.refusal(this.lang, error), true);
    }
  }

  say(text, bad = false) {
    this.notice = {text, bad};
    clearTimeout(this._ends);
    this._ends = setTimeout(() => (this.notice = null), NOTICE);
  }

  queueName(id) {
    const found = this.doc.queues.find((q) => q.id === id);
    return found ? this.words(found.name) : id;
  }

  _find(event) {
    event.preventDefault();
    const field = event.target.elements.number;
    if (field.value.trim()) this.open(field.value.trim());
    field.value = "";
  }

  screen() {
    const {queues, counters} = this.doc;
    const open = counters.filter((c) => c.state !== "closed");
    return html`<div class="frame" data-test="lobby">
      <header>
        <h1>${this.t("lobby.title")}</h1>
        <form @submit=${this._find}>
          <label for="find">${this.t("lobby.find")}</label>
          <input id="find" name="number" data-test="find" autocomplete="off" maxlength="32" />
          <button ?disabled=${this.off}>${this.t("lobby.open")}</button>
        </form>
        ${this._languageButton()}
      </header>
      <p class="notice ${this.notice?.bad || this.off ? "bad" : ""} ${this.ticket && (this.notice || this.off) ? "beside" : ""}" role="alert" data-test="notice">
        ${this.off && !this.busy ? this.t("counter.link.lost") : (this.notice?.text ?? "")}</p>
      <main>
        <section aria-labelledby="queues">
          <h2 id="queues">${this.t("lobby.queues", {n: queues.reduce((n, q) => n + q.waiting, 0)})}</h2>
          <ul class="cards">${queues.map((q) => queueCard(this, q))}</ul>
          ${this.queue ? this._shown() : nothing}
        </section>
        <section aria-labelledby="counters">
          <h2 id="counters">${this.t("lobby.counters", {open: open.length, all: counters.length})}</h2>
          <ul class="cards">${counters.map((c) => counterCard(this, c))}</ul>
        </section>
      </main>
      ${this.ticket ? ticketPanel(this) : nothing}
    </div>`;
  }

  _shown() {
    const {line} = this;
    const rows = (tickets) => html`<ol class="line">${tickets.map((t) => ticketRow(this, t))}</ol>`;
    return html`<div class="card" data-test="line-of" data-queue=${this.queue}>
      <h3>${this.queueName(this.queue)}</h3>
      ${line === null ? nothing : line.waiting.length ? rows(line.waiting) : html`<p class="muted">${this.t("counter.next_none")}</p>`}
      ${line?.total > LISTED ? html`<p class="muted">${this.t("lobby.more", {n: line.total - LISTED})}</p>` : nothing}
      ${line?.aside.length ? html`<h4>${this.t("lobby.aside")}</h4>${rows(line.aside)}` : nothing}
    </div>`;
  }

  _languageButton() {
    const other = this.languages(this.doc).find((l) => l !== this.lang && /^(zh|en)/.test(l));
    return other
      ? html`<button lang=${other} data-test="lang-${other}" @click=${() => this.setLanguage(other)}>${i18n.languageName(other)}</button>`
      : nothing;
  }
}

customElements.define("u-lobby", Lobby);
