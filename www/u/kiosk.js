// The kiosk: choose a service, take a number. One tap is one ticket, however often it is tapped.
import {html, nothing, repeat} from "../vendor/lit.js";
import {requestId} from "./socket.js";
import {Screen} from "./screen.js";
import {closedPage, drawing, looks, refusalPage, stillThere, ticketPage} from "./kiosk-parts.js";
import {LONGEST, SHORTEST, bookedLooks, bookedPage, isBooking, pressed} from "./kiosk-booked.js";
import {icon} from "./icons.js";
import * as i18n from "./i18n.js";

const WARNING = 20; // seconds to say "I am still here"
const WITHOUT_PAPER = 30; // seconds to photograph what was not printed
const SETTLE = 700; // ms in which the second half of a double tap is not taken for "done"
const READ_WITHIN = 2_000; // ms between two signs of one card: a reader types them at once
const DUMB = ["paper_out", "fault", "offline", "none"];

class Kiosk extends Screen {
  static properties = {
    path: {state: true}, // ids of the menus walked into
    ticket: {state: true}, // kiosk.issue's answer
    refusal: {state: true},
    booked: {state: true}, // what who has an appointment has typed so far, or null
    card: {state: true}, // the number of a card that told no queue: it goes with the service that is chosen next
    busy: {state: true}, // id of the node being issued
    warning: {state: true}, // seconds left before everything is wiped, or null
    settling: {state: true},
    left: {state: true},
    big: {type: Boolean, reflect: true},
    low: {type: Boolean, reflect: true},
  };
  static styles = [...Screen.styles, looks, bookedLooks];

  constructor() {
    super();
    this._reading = ""; // what a reader has typed so far
    this._ids = new Map(); // service -> request id without an answer yet
    this._wipe();
    this._touched = performance.now();
    const touched = () => (this._touched = performance.now());
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, touched, {capture: true, passive: true});
    addEventListener("contextmenu", (event) => event.preventDefault());
    addEventListener("keydown", (event) => event.key === "Escape" && (this.path.length || this.booked !== null) && this.back());
    addEventListener("keydown", (event) => this._typed(event));
    addEventListener("resize", () => this._measure());
    matchMedia("(orientation: portrait)").addEventListener("change", () => this.requestUpdate());
    this.t = this.t.bind(this);
    this.done = () => this.home(false);
    this.stay = () => {
      this._touched = performance.now();
      this.warning = null;
    };
  }

  take(doc) {
    super.take(doc);
    this._measure();
    if (this.path.length && !this._menu()) this.path = [];
  }

  languages(doc) {
    return doc.languages ?? [];
  }

  get kiosk() {
    return this.place.view.split("/")[1];
  }

  idle() {
    return !this.ticket && !this.busy && this._clean();
  }

  /** Back to the first page; with `everything` also language and sizes, for the next visitor. */
  home(everything = true) {
    const {big, low, lang} = this;
    this._wipe();
    if (!everything) Object.assign(this, {big, low});
    else if (this.doc) this.setLanguage(i18n.match(this.place.query.get("lang"), this.languages(this.doc)) ?? this.languages(this.doc)[0] ?? lang);
  }

  back() {
    if (this.booked !== null) this.booked = null;
    else this.path = this.path.slice(0, -1);
    this._focusTitle();
  }

  async choose(node) {
    if (this.busy || this.ticket || this._why(node)) return;
    if (node.menu) {
      this.path = [...this.path, node.id];
      this._focusTitle();
      return;
    }
    const data = {queue: node.queue};
    if (node.service) data.service = node.service;
    if (this.card) data.card = this.card;
    await this._draw(`${node.queue}/${node.service ?? ""}/${this.card ?? ""}`, data, node.id, () => node);
  }

  /** A card was read: it tells who it is and where they stand; if not where, a service is to be chosen. */
  readCard(card) {
    if (this.busy || this.ticket || this.refusal) return undefined;
    this.card = null;
    return this._draw(`card/${card}`, {card}, "card", (answer) => this._leaf(answer), (error) => {
      if (error.code === "which_queue") this.card = card;
      return error.code === "which_queue";
    });
  }

  /** Ask for a ticket; `node` says what stands above it, `meant` whether a refusal is no refusal. */
  async _draw(key, data, busy, node, meant = () => false) {
    const id = this._ids.get(key) ?? requestId();
    this._ids.set(key, id);
    this.busy = busy;
    try {
      const answer = await this.call("kiosk.issue", {kiosk: this.kiosk, language: this.lang, ...data}, {id, wait: true, timeout: 12_000});
      this._show({answer, node: node(answer)});
    } catch (error) {
      // After a timeout the ticket may exist: the same tap again asks for that very one.
      if (error.code !== "timeout") this._ids.delete(key);
      if (!meant(error)) this.refusal = error;
      this._settle();
    } finally {
      this.busy = null;
    }
  }

  /** "I booked": the page where a code is typed. */
  openBooked() {
    this.booked = "";
    this._byKeyboard = false;
    this._focusTitle();
  }

  /** A keyboard, or a scanner that types what it reads and ends with Enter. */
  _typed(event) {
    if (this.doc?.cards && this.booked === null) {
      this._read(event);
      return;
    }
    if (!this.doc?.check_in?.length || this.ticket || this.refusal || this.busy || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.isComposing || (this.booked === null && !/^[\w:/.-]$/.test(event.key))) return;
    if (event.key === "Enter" && !(this.booked && this._byKeyboard)) return; // a button in focus takes its own Enter
    if (event.key.length > 1 && !["Enter", "Backspace"].includes(event.key)) return;
    if (event.key === " ") return;
    event.preventDefault();
    this._byKeyboard = true;
    this._key(event.key);
  }

  /** What a reader types is on no screen. A booking's code or QR code that is scanned checks in; all else is a card. */
  _read(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const now = performance.now();
    if (now - (this._readAt ?? 0) > READ_WITHIN) this._reading = "";
    this._readAt = now;
    if (event.key.length === 1 && /^[\w:/.;?=%+-]$/.test(event.key) && this._reading.length < LONGEST) this._reading += event.key;
    else if (event.key === "Enter" && this._reading.length >= SHORTEST) {
      event.preventDefault(); // nor does it press what is in focus
      const shown = this._reading;
      this._reading = "";
      if (this.ticket || this.refusal || this.busy) return;
      if (isBooking(shown, this.doc.check_in ?? [])) this.checkIn(shown);
      else this.readCard(shown);
    }
  }

  _key(key) {
    const text = pressed(this.booked ?? "", key);
    if (text === null) this.checkIn();
    else this.booked = text;
  }

  async checkIn(shown = this.booked) {
    if (this.busy || !shown) return;
    const key = `booked/${shown}`;
    const id = this._ids.get(key) ?? requestId();
    this._ids.set(key, id);
    this.busy = "booked";
    try {
      const data = {kiosk: this.kiosk, shown, language: this.lang};
      const answer = await this.call("kiosk.check_in", data, {id, wait: true, timeout: 12_000});
      this._show({answer, node: this._leaf(answer)});
    } catch (error) {
      if (error.code !== "timeout") this._ids.delete(key);
      this.refusal = error;
      this._settle();
    } finally {
      this.busy = null;
      this.booked = null;
    }
  }

  /** What stands above a ticket that no button was pressed for. */
  _leaf({ticket, name}) {
    const leaf = this._leaves().find((n) => n.queue === ticket.queue && (n.service ?? null) === ticket.service);
    return {name: leaf?.name ?? name, estimated_wait: leaf?.estimated_wait};
  }

  _show({answer, node}) {
    this._ids.clear();
    this.ticket = {...answer, node, qrNode: drawing(answer.qr, this.t("kiosk.qr"))};
    this.warning = null;
    this._touched = performance.now();
    this._settle();
  }

  _settle() {
    this.settling = true;
    setTimeout(() => (this.settling = false), SETTLE);
    this._focusTitle();
  }

  tick() {
    super.tick();
    const {idle_s: idle = 45} = this.doc?.limits ?? {};
    const quiet = (performance.now() - this._touched) / 1000;
    if (this.ticket) {
      this.left = Math.max(0, this._stays() - quiet);
      if (this.left <= 0) this.home();
    } else if (this._clean() || this.busy) {
      this.warning = null;
      this.requestUpdate(); // the clock
    } else if (quiet >= idle + WARNING) {
      this.home();
    } else {
      this.warning = quiet >= idle ? Math.ceil(idle + WARNING - quiet) : null;
    }
  }

  screen() {
    const {site} = this.doc;
    return html`<div class="frame">
        <header><span class="site">${this.words(site.name)}</span><span class="num">${i18n.hm(this.now())}</span></header>
        ${this.ticket || this.refusal || this._unreachable || this.booked !== null || !this.doc.open ? html`<main>${this._page()}</main>` : this._choices()}
        <footer>${this._bar()}</footer>
      </div>
      ${this.warning !== null ? stillThere(this, {seconds: this.warning}) : nothing}`;
  }

  _page() {
    if (this.ticket) {
      const {ticket, ahead, link, hint, node, qrNode} = this.ticket;
      return ticketPage(this, {
        ticket,
        ahead,
        link,
        qr: qrNode,
        name: this.words(node.name),
        hint: hint ? this.words(hint) : null,
        estimate: ahead && ticket.estimate ? i18n.wait(this.lang, [ticket.estimate.low, ticket.estimate.high]) : "",
        printing: this._printing(),
        left: this.left ?? this._stays(),
        total: this._stays(),
      });
    }
    if (this.refusal) return refusalPage(this, {text: i18n.refusal(this.lang, this.refusal)});
    if (this._unreachable) return closedPage(this, {reason: ""});
    if (this.booked !== null)
      return bookedPage(this, {
        text: this.booked,
        takes: this.doc.check_in ?? [],
        busy: Boolean(this.busy),
        pressed: (key) => this._key(key),
      });
    const reasons = new Set(this._leaves().map((n) => this.pick(n.reason)));
    return closedPage(this, {reason: reasons.size === 1 ? [...reasons][0] : ""});
  }

  _choices() {
    const nodes = this._menu();
    const crumbs = this.path.map((id, depth) => this.words(this._menu(this.path.slice(0, depth)).find((n) => n.id === id).name));
    return html`<main>
      <h1 tabindex="-1">${crumbs.length ? crumbs.at(-1) : this.t("kiosk.choose")}</h1>
      ${crumbs.length > 1 ? html`<p class="crumbs">${crumbs.slice(0, -1).map((c) => html`${c} › `)}</p>` : nothing}
      ${this.card
        ? html`<p class="crumbs" role="status" data-test="card-read">${this.t("kiosk.card.read")}</p>`
        : this.doc.cards && !crumbs.length ? html`<p class="crumbs" data-test="cards">${this.t("kiosk.cards")}</p>` : nothing}
      <ul class="menu ${nodes.length <= 4 ? "few" : ""}" data-test="menu">
        ${repeat(nodes, (n) => n.id, (n) => html`<li>${this._service(n)}</li>`)}
      </ul>
    </main>`;
  }

  _service(node) {
    const why = this._why(node);
    const other = this._otherName(node);
    return html`<button
      class="service ${this.busy === node.id ? "pressed" : ""}"
      data-test="service"
      data-id=${node.id}
      data-queue=${node.queue ?? nothing}
      aria-disabled=${why ? "true" : nothing}
      aria-busy=${this.busy === node.id ? "true" : nothing}
      @click=${() => this.choose(node)}
    >
      ${icon(node.icon, {menu: Boolean(node.menu)})}
      <span class="label">
        <span class="name">${this.words(node.name)}</span>
        ${other ? html`<span class="other" lang=${other.lang}>${other.text}</span>` : nothing}
        ${node.notes && !why ? html`<span class="notes">${this.words(node.notes)}</span>` : nothing}
        ${why ? html`<span class="why">${why}</span>` : nothing}
      </span>
      ${node.menu || why
        ? nothing
        : html`<span class="count"><b class="num">${node.waiting}</b>${this.t("kiosk.waiting")}
            ${node.estimated_wait ? html`<br />${i18n.wait(this.lang, node.estimated_wait)}` : nothing}</span>`}
    </button>`;
  }

  _bar() {
    const languages = this.languages(this.doc);
    const deep = (this.path.length || this.booked !== null) && !this.ticket && !this.refusal;
    return html`${deep
        ? html`<button class="back" data-test="back" @click=${() => this.back()}>‹ ${this.t("kiosk.back")}</button>`
        : html`<span class="gap"></span>`}
      ${this.doc.check_in?.length && this.booked === null && !this.ticket && !this.refusal
        ? html`<button class="mine" data-test="booked-open" @click=${() => this.openBooked()}>${this.t("kiosk.booked")}</button>`
        : nothing}
      ${languages.length > 1
        ? languages.map((lang) => html`<button
            lang=${lang}
            data-test="lang-${lang}"
            aria-current=${lang === this.lang ? "true" : nothing}
            @click=${() => this.setLanguage(lang)}
          >${i18n.languageName(lang)}</button>`)
        : nothing}
      <button data-test="big" aria-pressed=${this.big} @click=${() => (this.big = !this.big)}>${this.t("kiosk.big")}</button>
      <button data-test="low" aria-pressed=${this.low} @click=${() => (this.low = !this.low)}>${this.t("kiosk.low")}</button>`;
  }

  updated() {
    const columns = matchMedia("(orientation: portrait)").matches ? [1, 1, 1, 1, 1, 2, 2, 2, 2] : [1, 1, 2, 2, 2, 2, 2, 2, 2];
    const shown = this.doc ? this._menu().length : 2;
    this.style.setProperty("--u-columns", this.big ? Math.min(columns[shown] ?? 2, 2) : (columns[shown] ?? 2));
    const low = this.big || matchMedia("(orientation: portrait)").matches ? 2 : 4;
    this.style.setProperty("--u-columns-low", Math.min(shown, low));
  }

  /** Why this cannot be chosen now, in words, or "". */
  _why(node) {
    if (this.gone) return this.t("kiosk.offline");
    if (node.menu) return node.menu.every((n) => this._why(n)) ? this._why(node.menu[0]) : "";
    if (node.paused) return this.pick(node.reason) || this.t("kiosk.paused");
    return "";
  }

  /** The same name for those who read the hall's other language. */
  _otherName(node) {
    const lang = this.languages(this.doc).find((l) => l !== this.lang);
    if (!lang || typeof node.name !== "object") return null;
    const text = i18n.pick(node.name, lang);
    return text === this.pick(node.name) ? null : {lang: i18n.picked(node.name, lang), text};
  }

  _menu(path = this.path) {
    let nodes = this.doc.menu;
    for (const id of path) nodes = nodes?.find((n) => n.id === id)?.menu;
    return nodes;
  }

  _leaves(nodes = this.doc.menu) {
    return nodes.flatMap((n) => (n.menu ? this._leaves(n.menu) : [n]));
  }

  /** Gone for so long that what is shown counts for nothing. */
  get _unreachable() {
    return this.gone >= 30;
  }

  _printing() {
    return this.ticket.printing && !DUMB.includes(this.doc.printer);
  }

  /** How long the ticket stays: long enough to photograph it where it is not printed. */
  _stays() {
    const stays = this.doc.limits?.return_s ?? 6;
    return this._printing() ? stays : Math.max(stays, WITHOUT_PAPER);
  }

  _clean() {
    const first = this.doc && (this.place.query.get("lang") ?? this.languages(this.doc)[0]);
    return !this.path.length && this.booked === null && !this.card && !this.refusal && !this.big && !this.low && (!this.doc || this.lang === first);
  }

  _wipe() {
    Object.assign(this, {path: [], ticket: null, refusal: null, booked: null, card: null, busy: null, warning: null, settling: false, left: null});
    Object.assign(this, {big: false, low: false});
    this._ids.clear();
  }

  /** One real millimetre in CSS pixels: from the panel's diagonal, else what a browser assumes (96 dots an inch). */
  _measure() {
    const inches = this.doc?.size?.diagonal_in;
    const ppi = Number(this.place.query.get("ppi")) || (inches ? Math.hypot(screen.width, screen.height) / inches : 96);
    this.style.setProperty("--u-mm", `${ppi / 25.4}px`);
  }

  async _focusTitle() {
    await this.updateComplete;
    this.renderRoot.querySelector("h1")?.focus({preventScroll: true});
  }
}

customElements.define("u-kiosk", Kiosk);
