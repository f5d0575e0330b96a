// The panel at a counter: keyboard first. One key is the commonest pair, finish and next; nothing is queued blindly.
import {html, nothing, repeat} from "../vendor/lit.js";
import {Screen} from "./screen.js";
import * as offer from "./counter-choices.js";
import {booked, choices, elsewhere, looks, sheet, timer} from "./counter-parts.js";
import {cap, holdable, letters, listen} from "./keys.js";
import {Lease} from "./lease.js";
import * as i18n from "./i18n.js";

const GUARD = 600; // ms in which the same key or button does nothing again
const LATE = 2_000; // ms that a ping, sent each second, waits for an answer: then nothing more is pressed
const SIZES = ["full", "mini", "hidden"];
const TABS = ["waiting", "held", "missed", "pending", "staged", "booked"];
const ALWAYS = 3; // the tabs shown also when nobody is there
const NOTICE = 8_000; // ms a refusal stays

class Counter extends Screen {
  static properties = {
    tab: {state: true},
    panel: {state: true}, // null | "sheet" | {name, title, options}
    where: {state: true}, // place in line after a transfer
    notice: {state: true}, // {text, info}
    busy: {state: true},
    number: {state: true}, // being typed
    staff: {state: true},
    size: {state: true}, // full | mini | hidden: how much of it is shown
  };
  static styles = [...Screen.styles, looks];

  constructor() {
    super();
    Object.assign(this, {tab: "waiting", panel: null, notice: null, busy: false, number: "", staff: "", where: "end"});
    this._hold = holdable(this, "no_show");
    this.lease = new Lease((data) => this.call("counter.lease", {counter: this.counter, ...data}));
    this.t = this.t.bind(this);
    this.size = SIZES.find((size) => size === this.place.query.get("size")) ?? "full";
    this.escape = () => {
      this.panel = null;
      this.number = "";
      (this.mini?.focused ? this.mini.root : this.renderRoot).activeElement?.blur();
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
    this._end = listen(this);
    this._look = () => document.visibilityState === "visible" && this.socket?.probe(0);
    document.addEventListener("visibilitychange", this._look);
  }

  /** Function -> keys, as the YAML has them. */
  keys() {
    return this.doc?.keys ?? {};
  }

  /** Whether a letter alone is a key. */
  singles() {
    return letters.on(this.doc?.single_keys);
  }

  sheet() {
    this.panel = this.panel === "sheet" ? null : "sheet";
  }

  /** A key or button goes down: whom it is about, should it be held. */
  press() {
    this._pressed = this.doc?.ticket?.id;
  }

  /** It stayed down: a no-show is meant, of the visitor it was pressed for. */
  held(command) {
    const {ticket} = this.doc ?? {};
    if (command !== "no_show" || !ticket || ticket.id !== this._pressed) return undefined;
    return this._do("counter.no_show");
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this._end();
    document.removeEventListener("visibilitychange", this._look);
    this.mini?.close();
  }

  get counter() {
    return this.place.view.split("/")[1];
  }

  idle() {
    return false; // a panel in use is never reloaded under the hands; a new day's start is soon enough
  }

  tick() {
    super.tick();
    if (this.socket?.probe(0)) setTimeout(() => this.requestUpdate(), LATE + 10);
    if (this.live) this.lease.keep(this.doc);
    this.requestUpdate(); // timers
  }

  take(doc) {
    super.take(doc);
    this.lease.keep(doc);
    // What a choice was about is gone: a digit must not do it to the next visitor.
    if (this.panel?.ticket !== undefined && this.panel.ticket !== (doc.ticket?.id ?? null)) this.panel = null;
  }

  /** Connected, and the hall answers: a cable pulled out is noticed by this. */
  get live() {
    return super.live && this.socket.unanswered < LATE;
  }

  /** One function, from a key or a button. */
  act(command) {
    const now = performance.now();
    if (this._last?.command === command && now - this._last.at < GUARD) return undefined;
    this._last = {command, at: now};
    if (command === "mini" || command === "hide") return this._resize(command);
    if (this.panel?.options && (command === "finish" || command === this.panel.name)) return this.option(this._picked());
    if (this.panel && this.panel !== "sheet") this.panel = null;
    const {ticket, counter} = this.doc ?? {};
    if (!this.doc || this.busy || this.lease.elsewhere(this.doc)) return undefined;
    if (counter.state === "closed" && command !== "sign_in") return this._say(this.t("counter.closed"));
    if (["recall", "no_show", "hold", "transfer", "finish", "start", "put_back", "served", "more"].includes(command) && !ticket)
      return this._say(this.t("counter.no_ticket"));
    switch (command) {
      case "next":
        return this._do("counter.call_next", ticket ? {current: "finish"} : {});
      case "no_show":
        return this._noShow(ticket);
      case "hold":
        return this._open(offer.hold(this, ticket), ticket);
      case "transfer":
        return this._transfer(ticket);
      case "served":
        return this.doc.service?.codes.length ? this._open(offer.services(this), ticket) : undefined;
      case "more":
        return this._more(ticket.id);
      case "undo":
        return this._undoable() ? this._do("counter.undo") : this._say(this.t("counter.nothing_to_undo"));
      case "pause":
        return counter.state === "paused" || counter.pausing ? this._do("counter.resume") : this._open(offer.pause(this));
      case "call_number":
        return this._digit("");
      case "sign_in":
        if (counter.state !== "closed") return undefined;
        return this._signInNow(this.staff ? {staff: this.staff} : {});
      default:
        return this._do(`counter.${command}`);
    }
  }

  /** What a choice does. */
  run(action, data, here = true, done = null) {
    return this._do(action, data, here, null, done);
  }

  /** Another panel of choices. */
  open(panel) {
    return this._open(panel);
  }

  queueName(queue) {
    return this._queueName(queue);
  }

  /** What else may be done to this ticket, in nobody's way until it is wanted. */
  async _more(named) {
    const {More} = await import("./counter-more.js");
    this.more ??= new More(this);
    return this.more.open(named);
  }

  say(text, info = false) {
    this._say(text, info);
  }

  /** Whoever shows the voucher of a booking is here. */
  arrived(appointment) {
    return this._do("appointment.check_in", {appointment, origin: `counter.${this.counter}`}, false, null, ({ticket}) =>
      this._say(this.t("counter.checked_in", {number: ticket.number}), true));
  }

  async _do(action, data = {}, here = true, refused = null, done = null) {
    if (this.busy) return undefined;
    if (this.gone || !this.live) return this._say(this.t("counter.link.lost"));
    this.busy = true;
    this.notice = null;
    try {
      const answer = await this.call(action, here ? {counter: this.counter, ...data} : data);
      done?.(answer);
    } catch (error) {
      if (!refused?.(error)) this._say(i18n.refusal(this.lang, error));
    } finally {
      this.busy = false;
    }
    return undefined;
  }

  /** Before the first recall a no-show must be meant: the key is held, see `held`. */
  _noShow(ticket) {
    return ticket.calls < 2 ? this._say(this.t("counter.hold_down"), true) : this._do("counter.no_show");
  }

  /** Small on top of other programs, or nothing shown at all; and back. */
  async _resize(command) {
    const {openMini} = await this._smaller();
    if (command === "hide") {
      this.size = this.size === "hidden" ? "full" : "hidden";
    } else if (this.size !== "full") {
      this.size = "full";
    } else if (this.mini) {
      this.mini.close();
    } else {
      this.mini = await openMini(this);
      if (!this.mini) this._say(this.t("counter.mini.blocked"));
    }
  }

  /** Loaded when it is wanted: the full size needs none of it. */
  async _smaller() {
    const smaller = await import("./counter-mini.js");
    if (!this.small) {
      this.renderRoot.adoptedStyleSheets.push(smaller.miniLooks.styleSheet);
      this.small = smaller.small;
      this.requestUpdate();
    }
    return smaller;
  }

  firstUpdated() {
    if (this.size !== "full") this._smaller();
  }

  _signInNow(data) {
    return this._do("counter.sign_in", data, true, (error) => {
      const ask = ["counter_taken", "signed_in_elsewhere"].includes(error.code);
      if (ask) this._open(offer.takeOver(this, error, data));
      return ask;
    });
  }

  /** Where one may be sent is asked when it is wanted; by then another visitor may be here. */
  async _transfer(ticket) {
    this.where = "end";
    await this._do("counter.targets", {}, true, null, (targets) => {
      this._targets = targets;
      if (this.doc.ticket?.id === ticket.id) this._open(offer.transfer(this, ticket, this.where, targets), ticket);
    });
  }

  /** Where in line after the transfer that is being chosen. */
  stand(where) {
    this.where = where;
    this._open(offer.transfer(this, this.doc.ticket, where, this._targets), this.doc.ticket, false);
  }

  /** What can still be undone: {action, number, left}, in whole seconds. */
  _undoable() {
    const undo = this.doc?.undo;
    const left = undo ? Math.min(8, Math.ceil(undo.until - this.now())) : 0;
    return left > 0 ? {...undo, left} : null;
  }

  _picked() {
    const root = this.mini?.focused ? this.mini.root : this.renderRoot;
    const buttons = [...root.querySelectorAll(".panel .options button")];
    return Math.max(0, buttons.indexOf(root.activeElement));
  }

  async _open(panel, ticket, focus = true) {
    this.panel = ticket ? {...panel, ticket: ticket.id} : panel;
    await this.updateComplete;
    if (focus && !this.mini?.focused) this.renderRoot.querySelector(".panel .options button")?.focus();
  }

  /** A digit picks in an open panel; else it begins a number to call, those above the letters if single keys count. */
  digit(d, onTheRow) {
    if (this.panel?.options) return this.option(Number(d) - 1);
    return onTheRow && !this.singles() ? false : this._digit(d);
  }

  _digit(d) {
    const root = this.mini?.focused ? this.mini.root : this.renderRoot;
    const field = root.querySelector("#number");
    if (!field) return false;
    this.number += d;
    return field.focus();
  }

  /** `12` calls A012 where only one such number is there; where several are, it asks which. */
  _callNumber(event, then = null) {
    event.preventDefault();
    const typed = this.number.trim().toUpperCase();
    this.number = "";
    event.target.closest("form").querySelector("#number").blur();
    if (!typed) return;
    if (this.tab === "booked" && !then) {
      this.arrived(typed);
      return;
    }
    const pick = then ?? ((ticket) => this._callThis(ticket));
    const all = TABS.filter((tab) => tab !== "booked").flatMap((tab) => this.doc[tab]);
    const found = all.filter((t) => t.number.toUpperCase() === typed);
    const alike = found.length ? found : all.filter((t) => /^\d+$/.test(typed) && Number(t.number.replace(/^\D+/, "")) === Number(typed));
    if (alike.length > 1) {
      const options = alike.map((t) => ({label: t.number, note: this._queueName(t.queue), then: () => pick(t.id)}));
      this._open({title: this.t("counter.call_number.which"), options});
    } else {
      pick(alike[0]?.id ?? typed);
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
    if (this.size !== "full" && this.small) return this.small(this);
    return html`<div class="frame" data-test="counter" data-state=${counter.state}>
      <header>
        <h1>${this.words(counter.name)}</h1>
        <span class="state ${counter.state}" data-test="state">${this.t(`counter.${counter.state === "idle" ? "free" : counter.state}`)}</span>
        ${counter.pause_reason ? html`<span>${this.words(counter.pause_reason)}</span>` : nothing}
        ${counter.staff ? html`<span>${this.t("counter.signed_in_as", {name: this.pick(counter.staff)})}</span>` : nothing}
        <span class="push link ${this.lost ? "lost" : ""}" role="status" data-test="link">
          ${this.t(this.lost ? "counter.link.lost" : this.live ? "counter.link.live" : "counter.link.connecting")}</span>
        ${closed ? nothing : html`<button data-test="pause" ?disabled=${this._off} @click=${() => this.act("pause")}>
              ${this.t(counter.state === "paused" || counter.pausing ? "counter.resume" : "counter.pause")}${this._cap("pause")}</button>
            <button data-test="sign_out" ?disabled=${this._off || Boolean(ticket)} @click=${() => this.act("sign_out")}>
              ${this.t("counter.sign_out")}</button>`}
        <button data-test="mini-button" @click=${() => this.act("mini")}>${this.t("counter.mini")}${this._cap("mini")}</button>
        <button data-test="sheet-button" aria-label=${this.t("counter.sheet")} @click=${() => (this.panel = "sheet")}>?</button>
        ${this._languageButton()}
      </header>
      <main class="frame-main">
        <section class="now ${counter.state}" aria-label=${this.t("counter.actions")}>
          ${this._mine(ticket)} ${this._upcoming(counter)} ${closed ? this._signIn() : this._buttons(ticket)}
          <div class="word">
            <p class="notice ${this.notice?.info ? "info" : ""}" role="alert" data-test="notice">${this.notice?.text ?? ""}</p>
            ${closed ? nothing : this._undoButton()}
          </div>
        </section>
        <div class="below">${this._lists()} ${this._served()}</div>
      </main>
      ${this.panel === "sheet" ? sheet(this) : this.panel ? choices(this, this.panel) : nothing}
      ${this.lease.elsewhere(this.doc) ? elsewhere(this, this.doc.lease) : nothing}
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
    const reasons = this.doc.called?.reasons;
    return html`<div class="mine">
      <p class="number num" data-test="number">${ticket.number}</p>
      <p class="facts">
        <span>${this._queueName(ticket.queue)}</span>
        ${ticket.party > 1 ? html`<span>${this.t("counter.party", {n: ticket.party})}</span>` : nothing}
        <span data-test="calls">${this.t("counter.called_times", {n: ticket.calls})}</span>
        ${ticket.class && ticket.class !== "normal" ? html`<span>${ticket.class}</span>` : nothing}
        ${this._urgent(ticket)}
        ${ticket.case ? html`<span>${this.t("counter.more.case")} ${ticket.case}</span>` : nothing}
        <button data-test="more-now" ?disabled=${this._off} @click=${() => this._more(ticket.id)}>${this.t("counter.more")}${this._cap("more")}</button>
      </p>
      ${ticket.note ? html`<p class="note" data-test="note">${ticket.note}</p>` : nothing}
      ${timer(this, this.doc.service)} ${this._done()}
      ${reasons?.length ? html`<p class="why" data-test="why">${this.t("counter.why")} ${reasons.map((r) => this.pick(r)).join(" · ")}</p>` : nothing}
    </div>`;
  }

  /** What was done for the visitor so far; each can be taken back. */
  _done() {
    const {codes, done} = this.doc.service ?? {codes: [], done: []};
    if (!codes.length) return nothing;
    const name = (code) => this.words(codes.find((c) => c.code === code)?.name ?? code);
    return html`<p class="done" data-test="done">
      ${done.map(({code, quantity}) => html`<span class="chip" data-code=${code}>${name(code)} <b class="num">× ${quantity}</b>
        <button data-test="less" aria-label="${this.t("counter.served_less")} ${code}" ?disabled=${this._off}
          @click=${() => this._do("counter.served", {code, quantity: -1})}>−</button></span>`)}
      <button data-test="served" ?disabled=${this._off} @click=${() => this.act("served")}>${this.t("counter.served")}${this._cap("served")}</button>
    </p>`;
  }

  _upcoming(counter) {
    const {next, waiting, held} = this.doc;
    const waited = next && (next.waited ?? (next.since ? this.now() - next.since : null));
    return html`<div class="upcoming">
      <p>${next ? this.t("counter.next_is") : this.t("counter.next_none")}</p>
      ${next
        ? html`<p class="facts"><span class="number num" data-test="next-number">${next.number}</span>
            <span>${this._queueName(next.queue)}</span>
            ${waited === null ? nothing : html`<span class="num">${this.t("counter.waited", {time: i18n.span(waited)})}</span>`}</p>
            ${next.reasons?.length ? html`<p class="why" data-test="next-why">${this.t("counter.why")} ${this.pick(next.reasons[0])}</p>` : nothing}`
        : nothing}
      ${counter.auto_call !== null ? html`<p class="why" data-test="auto">${this.t(counter.by_hand ? "counter.auto.rests" : "counter.auto")}</p>` : nothing}
      <p class="totals num" data-test="totals">
        ${this.t("counter.totals", {waiting: waiting.length, held: held.length, served: counter.served_today})}</p>
    </div>`;
  }

  _buttons(ticket) {
    const off = this._off;
    const button = (command, {enabled = true, primary = false, apart = false, then = () => this.act(command)} = {}) => {
      const {down, up} = apart ? this._hold : {};
      return html`<button class="${primary ? "primary" : ""} ${apart ? "apart" : ""}" data-test=${command}
        ?disabled=${off || !enabled} @click=${then} @pointerdown=${down} @pointerup=${up} @pointerleave=${up}
        @pointercancel=${up}>${this.t(`counter.${command}`)}${this._cap(command)}</button>`;
    };
    const called = ticket?.state === "called";
    return html`<div class="buttons">
      ${button("next", {primary: true})}
      ${button("finish", {enabled: Boolean(ticket)})}
      ${button("recall", {enabled: called})}
      ${button("start", {enabled: called})}
      ${button("hold", {enabled: Boolean(ticket)})}
      ${button("transfer", {enabled: Boolean(ticket)})}
      ${button("put_back", {enabled: Boolean(ticket)})}
      ${button("no_show", {enabled: called, apart: true})}
    </div>`;
  }

  /** In a place of its own, so that nothing moves under the hand when it says what it undoes. */
  _undoButton() {
    const undo = this._undoable();
    return html`<button class="undo" data-test="undo" ?disabled=${this._off || !undo} @click=${() => this.act("undo")}>
      ${this.t("counter.undo")}${undo ? html` <span data-test="undo-what">${this.t(`counter.undo.${undo.action.split(".")[1]}`)} ${undo.number}</span>
        <b class="num" data-test="undo-left" aria-hidden="true">${undo.left}</b>` : nothing}${this._cap("undo")}</button>`;
  }

  /** What is printed on the first key of this function. */
  _cap(command) {
    const key = this.keys()[command]?.[0];
    return key ? html`<kbd aria-hidden="true">${cap(key)}</kbd>` : nothing;
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
        ${this._tabs().map((tab) => html`<button role="tab" id="tab-${tab}" aria-controls="list" data-test="tab-${tab}"
          aria-selected=${tab === this.tab} tabindex=${tab === this.tab ? 0 : -1} @click=${() => (this.tab = tab)}>
          ${this.t(`counter.tab.${tab}`)} <span class="num">${this.doc[tab].length}</span></button>`)}
      </div>
      <div class="list" id="list" role="tabpanel" aria-labelledby="tab-${this.tab}" tabindex="0">
        ${this.tab === "booked" && rows.length
          ? booked(this, rows)
          : rows.length
          ? html`<table>
              <thead><tr>${["number", "queue", "wait", "act"].map((c) => html`<th scope="col">${this.t(`counter.column.${c}`)}</th>`)}</tr></thead>
              <tbody>${repeat(rows, (t) => t.id, (t) => this._line(t))}</tbody>
            </table>`
          : html`<p class="empty">${this.t("counter.empty")}</p>`}
      </div>
      <form @submit=${this._callNumber}>
        <label for="number">${this.t(this.tab === "booked" ? "counter.booked_code" : "counter.call_number")}
          <input id="number" data-test="call-number" inputmode="text" autocomplete="off" maxlength="32" .value=${this.number}
            ?disabled=${this.doc.counter.state === "closed"} @input=${(e) => (this.number = e.target.value)} /></label>
        <button ?disabled=${this._off || this.doc.counter.state === "closed"}>${this.t(this.tab === "booked" ? "counter.check_in" : "counter.call")} <kbd aria-hidden="true">⏎</kbd></button>
        <button type="button" data-test="more-number" ?disabled=${this._off || !this.number.trim()}
          @click=${(event) => this._callNumber(event, (ticket) => this._more(ticket))}>${this.t("counter.more")}</button>
      </form>
    </section>`;
  }

  _line(ticket) {
    const off = this._off || this.doc.counter.state === "closed";
    const back = {held: ["counter.release", "ticket.release"], missed: ["counter.requeue", "ticket.requeue"],
      pending: ["counter.ready", "ticket.ready"]}[this.tab];
    return html`<tr data-test="line" data-number=${ticket.number} @dblclick=${() => off || this._callThis(ticket.id)}>
      <td class="num">${ticket.number}</td>
      <td>${this._queueName(ticket.queue)}${ticket.class && ticket.class !== "normal" ? html` · ${ticket.class}` : nothing}
        ${ticket.reserved ? html` · ${this.t("counter.kept", {counter: ticket.reserved})}` : nothing}
        ${ticket.party > 1 ? html` · ${this.t("counter.party", {n: ticket.party})}` : nothing}
        ${this._urgent(ticket)}
        ${ticket.step === null ? nothing : html` · ${this.t("counter.step")} ${ticket.step}`}
        ${ticket.note ? html`<br /><small class="note">${ticket.note}</small>` : nothing}</td>
      <td class="num">${ticket.since ? i18n.span(this.now() - ticket.since) : "—"}</td>
      <td>
        ${back ? html`<button data-test="back" ?disabled=${this._off} aria-label="${this.t(back[0])} ${ticket.number}"
          @click=${() => this._do(back[1], {ticket: ticket.id}, false)}>${this.t(back[0])}</button>` : nothing}
        <button data-test="call" ?disabled=${off} aria-label="${this.t("counter.call")} ${ticket.number}"
          @click=${() => this._callThis(ticket.id)}>${this.t("counter.call")}</button>
        <button data-test="more" ?disabled=${this._off} aria-label="${this.t("counter.more")} ${ticket.number}"
          @click=${() => this._more(ticket.id)}>⋯</button>
      </td>
    </tr>`;
  }

  _urgent({urgency}) {
    return urgency ? html` <span class="urgent" data-test="urgent">${this.t("counter.urgency", {n: urgency})}</span>` : nothing;
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
    const tabs = this._tabs();
    this.tab = tabs[(tabs.indexOf(this.tab) + step + tabs.length) % tabs.length];
    this.updateComplete.then(() => this.renderRoot.querySelector(`#tab-${this.tab}`).focus());
  }

  _tabs() {
    return TABS.filter((tab, n) => n < ALWAYS || tab === this.tab || this.doc[tab].length);
  }

  _queueName(queue) {
    const found = this.doc.queues.find((q) => q.queue === queue);
    return found ? this.words(found.name) : queue;
  }

  /** Missed for longer than a moment. */
  get lost() {
    return this.gone > 0 || (this.socket?.unanswered ?? 0) >= LATE;
  }

  updated() {
    if (!this.doc) return;
    const {counter, ticket, waiting} = this.doc;
    document.title = [ticket?.number, waiting.length, this.pick(counter.name)].filter((one) => one !== undefined).join(" · ");
    this.mini?.draw();
  }

  get _off() {
    return this.busy || this.gone > 0 || !this.live || this.lease.elsewhere(this.doc);
  }
}

customElements.define("u-counter", Counter);
