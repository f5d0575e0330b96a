// The panel at a counter: keyboard first. One key is the commonest pair, finish and next; nothing is queued blindly.
import {html, nothing, repeat} from "../vendor/lit.js";
import {Screen} from "./screen.js";
import {choices, looks, sheet} from "./counter-parts.js";
import {KEYS, cap, listen} from "./keys.js";
import * as i18n from "./i18n.js";

const SURE = 3_000; // ms in which a second no-show is meant
const TABS = ["waiting", "held", "missed"];
const REASONS = ["lunch", "back_soon", "meeting", "system"];
const NOTICE = 8_000; // ms a refusal stays

class Counter extends Screen {
  static properties = {
    tab: {state: true},
    panel: {state: true}, // null | "sheet" | {title, options}
    notice: {state: true}, // {text, info}
    busy: {state: true},
    number: {state: true}, // being typed
    staff: {state: true},
  };
  static styles = [...Screen.styles, looks];

  constructor() {
    super();
    Object.assign(this, {tab: "waiting", panel: null, notice: null, busy: false, number: "", staff: ""});
    this.t = this.t.bind(this);
    this.escape = () => {
      this.panel = null;
      this.number = "";
      this.renderRoot.activeElement?.blur();
    };
    this.option = (n) => {
      const {options} = this.panel ?? {};
      if (!options?.[n]) return;
      this.panel = null;
      options[n].then();
    };
  }

  connectedCallback() {
    super.connectedCallback();
    this._end = listen({
      act: (command) => this.act(command),
      digit: (d) => this._digit(d),
      sheet: () => (this.panel = this.panel === "sheet" ? null : "sheet"),
      escape: this.escape,
    });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this._end();
  }

  get counter() {
    return this.place.view.split("/")[1];
  }

  idle() {
    return false; // a panel in use is never reloaded under the hands; a new day's start is soon enough
  }

  tick() {
    super.tick();
    this.requestUpdate(); // timers
  }

  take(doc) {
    super.take(doc);
  }

  /** One command, from a key or a button. */
  act(command) {
    if (this.panel && this.panel !== "sheet") this.panel = null;
    const {ticket, counter} = this.doc ?? {};
    if (!this.doc || this.busy) return undefined;
    if (counter.state === "closed" && command !== "sign_in") return this._say(this.t("counter.closed"));
    if (["recall", "no_show", "hold", "transfer", "finish", "start", "put_back"].includes(command) && !ticket)
      return this._say(this.t("counter.no_ticket"));
    switch (command) {
      case "next":
        return this._do("counter.call_next", ticket ? {current: "finish"} : {});
      case "no_show":
        return this._noShow(ticket);
      case "hold":
        return this._do("ticket.hold", {ticket: ticket.id}, false);
      case "transfer":
        return this._transfer(ticket);
      case "pause":
        return counter.state === "paused" || counter.pausing ? this._do("counter.resume") : this._pause();
      case "sign_in":
        return this._do("counter.sign_in", this.staff ? {staff: this.staff} : {});
      default:
        return this._do(`counter.${command}`);
    }
  }

  async _do(action, data = {}, here = true) {
    if (this.gone || !this.live) return this._say(this.t("counter.link.lost"));
    this.busy = true;
    this.notice = null;
    try {
      await this.call(action, here ? {counter: this.counter, ...data} : data);
    } catch (error) {
      this._say(i18n.refusal(this.lang, error));
    } finally {
      this.busy = false;
    }
    return undefined;
  }

  /** Before the first recall a no-show must be meant: it is asked twice. */
  _noShow(ticket) {
    const now = performance.now();
    if (ticket.calls < 2 && !(this._asked?.id === ticket.id && now - this._asked.at < SURE)) {
      this._asked = {id: ticket.id, at: now};
      return this._say(this.t("counter.press_again"), true);
    }
    return this._do("counter.no_show");
  }

  _transfer(ticket) {
    const options = this.doc.queues
      .filter((q) => q.queue !== ticket.queue)
      .map((q) => ({
        label: this.words(q.name),
        note: `${q.waiting} ${this.t("kiosk.waiting")}`,
        then: () => this._do("ticket.transfer", {ticket: ticket.id, queue: q.queue}, false),
      }));
    this._open({title: this.t("counter.transfer_to"), options});
  }

  _hold(ticket) {
    const options = ["anyone", "counter"].map((who) => ({
      label: this.t(`counter.hold.${who}`),
      then: () => this._do("ticket.hold", {ticket: ticket.id, for: who}, false),
    }));
    this._open({title: this.t("counter.hold_how"), options});
  }

  _pause() {
    const options = REASONS.map((name) => ({
      label: this.t(`counter.reason.${name}`),
      then: () => this._do("counter.pause", {reason: {"zh-CN": i18n.t("zh-CN", `counter.reason.${name}`), en: i18n.t("en", `counter.reason.${name}`)}}),
    }));
    this._open({title: this.t("counter.pause_why"), options});
  }

  async _open(panel) {
    this.panel = panel;
    await this.updateComplete;
    this.renderRoot.querySelector(".panel button")?.focus();
  }

  /** A digit picks in an open panel; else it begins a number to call. */
  _digit(d) {
    if (this.panel?.options) {
      this.option(Number(d) - 1);
      return;
    }
    const field = this.renderRoot.querySelector("#number");
    if (!field) return;
    this.number += d;
    field.focus();
  }

  /** `12` calls A012 where only one such number is there; where several are, it asks which. */
  _callNumber(event) {
    event.preventDefault();
    const typed = this.number.trim().toUpperCase();
    this.number = "";
    this.renderRoot.querySelector("#number").blur();
    if (!typed) return;
    const all = TABS.flatMap((tab) => this.doc[tab]);
    const found = all.filter((t) => t.number.toUpperCase() === typed);
    const alike = found.length ? found : all.filter((t) => /^\d+$/.test(typed) && Number(t.number.replace(/^\D+/, "")) === Number(typed));
    if (alike.length > 1) {
      const options = alike.map((t) => ({label: t.number, note: this._queueName(t.queue), then: () => this._callThis(t.id)}));
      this._open({title: this.t("counter.call_number.which"), options});
    } else {
      this._callThis(alike[0]?.id ?? typed);
    }
  }

  _callThis(ticket) {
    return this._do("counter.call", {ticket, ...(this.doc.ticket ? {current: "finish"} : {})});
  }

  _say(text, info = false) {
    this.notice = {text, info};
    clearTimeout(this._noticeEnds);
    this._noticeEnds = setTimeout(() => (this.notice = null), NOTICE);
  }

  screen() {
    const {counter, ticket} = this.doc;
    const closed = counter.state === "closed";
    return html`<div class="frame" data-test="counter" data-state=${counter.state}>
      <header>
        <h1>${this.words(counter.name)}</h1>
        <span class="state ${counter.state}" data-test="state">${this.t(`counter.${counter.state === "idle" ? "free" : counter.state}`)}</span>
        ${counter.pause_reason ? html`<span>${this.words(counter.pause_reason)}</span>` : nothing}
        ${counter.staff ? html`<span>${this.t("counter.signed_in_as", {name: counter.staff})}</span>` : nothing}
        <span class="push link ${this.gone ? "lost" : ""}" role="status" data-test="link">
          ${this.t(this.gone ? "counter.link.lost" : this.live ? "counter.link.live" : "counter.link.connecting")}</span>
        ${closed ? nothing : html`<button data-test="pause" ?disabled=${this._off} @click=${() => this.act("pause")}>
              ${this.t(counter.state === "paused" || counter.pausing ? "counter.resume" : "counter.pause")}<kbd>P</kbd></button>
            <button data-test="sign_out" ?disabled=${this._off || Boolean(ticket)} @click=${() => this.act("sign_out")}>
              ${this.t("counter.sign_out")}</button>`}
        <button data-test="sheet-button" aria-label=${this.t("counter.sheet")} @click=${() => (this.panel = "sheet")}>?</button>
        ${this._languageButton()}
      </header>
      <main class="frame-main">
        <section class="now ${counter.state}" aria-label=${this.t("counter.actions")}>
          ${this._mine(ticket)} ${this._upcoming()} ${closed ? this._signIn() : this._buttons(ticket)}
          <p class="notice ${this.notice?.info ? "info" : ""}" role="alert" data-test="notice">${this.notice?.text ?? ""}</p>
        </section>
        <div class="below">${this._lists()} ${this._served()}</div>
      </main>
      ${this.panel === "sheet" ? sheet(this) : this.panel ? choices(this, this.panel) : nothing}
    </div>`;
  }

  _languageButton() {
    const other = this.languages(this.doc).find((l) => l !== this.lang && /^(zh|en)/.test(l));
    return other
      ? html`<button lang=${other} data-test="lang-${other}" @click=${() => this.setLanguage(other)}>${i18n.languageName(other)}</button>`
      : nothing;
  }

  _mine(ticket) {
    if (!ticket) return html`<div class="mine"><p class="none" data-test="none">—</p></div>`;
    const since = ticket.times?.started ?? ticket.times?.called ?? this.doc.called?.at;
    const reasons = this.doc.called?.reasons;
    return html`<div class="mine">
      <p class="number num" data-test="number">${ticket.number}</p>
      <p class="facts">
        <span>${this._queueName(ticket.queue)}</span>
        ${ticket.party > 1 ? html`<span>${this.t("counter.party", {n: ticket.party})}</span>` : nothing}
        <span data-test="calls">${this.t("counter.called_times", {n: ticket.calls})}</span>
        ${since ? html`<span class="num">${i18n.span(this.now() - since)}</span>` : nothing}
      </p>
      ${reasons?.length ? html`<p class="why" data-test="why">${this.t("counter.why")} ${reasons.map((r) => this.pick(r)).join(" · ")}</p>` : nothing}
    </div>`;
  }

  _upcoming() {
    const {next, waiting, held, counter} = this.doc;
    const waited = next && (next.waited ?? (next.since ? this.now() - next.since : null));
    return html`<div class="upcoming">
      <p>${next ? this.t("counter.next_is") : this.t("counter.next_none")}</p>
      ${next
        ? html`<p class="facts"><span class="number num" data-test="next-number">${next.number}</span>
            <span>${this._queueName(next.queue)}</span>
            ${waited === null ? nothing : html`<span class="num">${this.t("counter.waited", {time: i18n.span(waited)})}</span>`}</p>`
        : nothing}
      <p class="totals num" data-test="totals">
        ${this.t("counter.totals", {waiting: waiting.length, held: held.length, served: counter.served_today})}</p>
    </div>`;
  }

  _buttons(ticket) {
    const off = this._off;
    const button = (command, {enabled = true, primary = false, apart = false, then = () => this.act(command)} = {}) => {
      const key = KEYS[command]?.[0];
      return html`<button class="${primary ? "primary" : ""} ${apart ? "apart" : ""}" data-test=${command}
        ?disabled=${off || !enabled} @click=${then}>${this.t(`counter.${command}`)}${key ? html`<kbd aria-hidden="true">${cap(key)}</kbd>` : nothing}</button>`;
    };
    const called = ticket?.state === "called";
    return html`<div class="buttons">
      ${button("next", {primary: true})}
      ${button("finish", {enabled: Boolean(ticket)})}
      ${button("recall", {enabled: called})}
      ${button("start", {enabled: called})}
      ${button("hold", {enabled: Boolean(ticket), then: () => this._hold(ticket)})}
      ${button("transfer", {enabled: Boolean(ticket)})}
      ${button("put_back", {enabled: Boolean(ticket)})}
      ${button("no_show", {enabled: called, apart: true})}
    </div>`;
  }

  _signIn() {
    return html`<form class="buttons" @submit=${(e) => (e.preventDefault(), this.act("sign_in"))}>
      ${this.place.link
        ? html`<label>${this.t("counter.staff")}<input data-test="staff" autocomplete="off" maxlength="64" .value=${this.staff}
            @input=${(e) => (this.staff = e.target.value)} /></label>`
        : nothing}
      <button class="primary" data-test="sign_in" ?disabled=${this._off}>${this.t("counter.sign_in")}</button>
    </form>`;
  }

  _lists() {
    const rows = this.doc[this.tab];
    return html`<section class="card" aria-label=${this.t("counter.list")}>
      <div role="tablist" @keydown=${this._tabKey}>
        ${TABS.map((tab) => html`<button role="tab" id="tab-${tab}" aria-controls="list" data-test="tab-${tab}"
          aria-selected=${tab === this.tab} tabindex=${tab === this.tab ? 0 : -1} @click=${() => (this.tab = tab)}>
          ${this.t(`counter.tab.${tab}`)} <span class="num">${this.doc[tab].length}</span></button>`)}
      </div>
      <div class="list" id="list" role="tabpanel" aria-labelledby="tab-${this.tab}" tabindex="0">
        ${rows.length
          ? html`<table>
              <thead><tr>${["number", "queue", "wait", "act"].map((c) => html`<th scope="col">${this.t(`counter.column.${c}`)}</th>`)}</tr></thead>
              <tbody>${repeat(rows, (t) => t.id, (t) => this._line(t))}</tbody>
            </table>`
          : html`<p class="empty">${this.t("counter.empty")}</p>`}
      </div>
      <form @submit=${this._callNumber}>
        <label for="number">${this.t("counter.call_number")}
          <input id="number" data-test="call-number" inputmode="text" autocomplete="off" maxlength="32" .value=${this.number}
            ?disabled=${this.doc.counter.state === "closed"} @input=${(e) => (this.number = e.target.value)} /></label>
        <button ?disabled=${this._off || this.doc.counter.state === "closed"}>${this.t("counter.call")} <kbd aria-hidden="true">⏎</kbd></button>
      </form>
    </section>`;
  }

  _line(ticket) {
    const off = this._off || this.doc.counter.state === "closed";
    const back = {held: ["counter.release", "ticket.release"], missed: ["counter.requeue", "ticket.requeue"]}[this.tab];
    return html`<tr data-test="line" data-number=${ticket.number}>
      <td class="num">${ticket.number}</td>
      <td>${this._queueName(ticket.queue)}${ticket.class && ticket.class !== "normal" ? html` · ${ticket.class}` : nothing}</td>
      <td class="num">${ticket.since ? i18n.span(this.now() - ticket.since) : "—"}</td>
      <td>
        ${back ? html`<button data-test="back" ?disabled=${this._off} aria-label="${this.t(back[0])} ${ticket.number}"
          @click=${() => this._do(back[1], {ticket: ticket.id}, false)}>${this.t(back[0])}</button>` : nothing}
        <button data-test="call" ?disabled=${off} aria-label="${this.t("counter.call")} ${ticket.number}"
          @click=${() => this._callThis(ticket.id)}>${this.t("counter.call")}</button>
      </td>
    </tr>`;
  }

  _served() {
    return html`<section class="card" aria-labelledby="served">
      <h2 id="served">${this.t("counter.queues")}</h2>
      <ul class="queues">
        ${this.doc.counter.serves.map((s) => html`<li><span>${this.words(s.name)}</span><b class="num">${s.waiting}</b></li>`)}
      </ul>
    </section>`;
  }

  _tabKey(event) {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!step) return;
    this.tab = TABS[(TABS.indexOf(this.tab) + step + TABS.length) % TABS.length];
    this.updateComplete.then(() => this.renderRoot.querySelector(`#tab-${this.tab}`).focus());
  }

  _queueName(queue) {
    const found = this.doc.queues.find((q) => q.queue === queue);
    return found ? this.words(found.name) : queue;
  }

  get _off() {
    return this.busy || this.gone > 0 || !this.live;
  }
}

customElements.define("u-counter", Counter);
