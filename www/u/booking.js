// The booking page: /book chooses what and when; /a/<token> is one booking, where its holder says who it is for, moves
// or cancels it, and finds the code for the kiosk.
import {html, nothing} from "../vendor/lit.js";
import {requestId} from "./socket.js";
import {Screen} from "./screen.js";
import {contactForm, dayName, looks, slotList, typeList} from "./booking-parts.js";
import * as i18n from "./i18n.js";

const DAYS = 4; // asked for at once

class Booking extends Screen {
  static properties = {
    type: {state: true}, // what is being booked
    slots: {state: true}, // the free ones, or null while none are asked for
    busy: {state: true},
    refusal: {state: true},
    sure: {state: true}, // asked whether to cancel
  };
  static styles = [...Screen.styles, looks];

  constructor() {
    super();
    this.type = this.slots = this.refusal = null;
    this.busy = this.sure = false;
    this.t = this.t.bind(this);
    addEventListener("pageshow", (event) => event.persisted && location.reload());
  }

  /** The visitor's own first: the one it was booked in. */
  languages(doc) {
    const all = super.languages(doc);
    const own = i18n.match(doc.appointment?.language, all);
    return own ? [own, ...all.filter((lang) => lang !== own)] : all;
  }

  screen() {
    const {site, appointment} = this.doc;
    return html`<main data-test="booking" data-state=${appointment?.state ?? "new"}>
      <header>
        <span class="site">${this.words(site.name)}</span>
        ${this.languages(this.doc).filter((l) => l !== this.lang && /^(zh|en)/.test(l)).slice(0, 1).map(
          (lang) => html`<button lang=${lang} data-test="lang-${lang}" @click=${() => this.setLanguage(lang)}>
            ${i18n.languageName(lang)}</button>`)}
      </header>
      ${this.refusal ? html`<p class="refusal" role="alert" data-test="refusal">${i18n.refusal(this.lang, this.refusal)}</p>` : nothing}
      ${this.slots ? this._slots() : appointment ? this._one(appointment) : this._new()}
    </main>`;
  }

  _new() {
    const {types} = this.doc;
    if (!types.length) return html`<h1>${this.t("booking.over")}</h1>`;
    return typeList(this, {types, choose: (one) => this._choose(one.type)});
  }

  _slots() {
    return html`${slotList(this, {
        slots: this.slots,
        busy: this.busy,
        choose: (slot) => this._settleOn(slot.at),
        more: this.until < this._last ? () => this._more() : null,
      })}
      <button class="quiet" data-test="back" @click=${() => ((this.slots = null), (this.refusal = null))}>‹ ${this.t("booking.back")}</button>`;
  }

  _one(one) {
    const [day, time] = one.time.split(" ");
    const {actions = []} = this.doc;
    return html`<section class="card" aria-labelledby="what">
        <h1 id="what" tabindex="-1">${this.words(one.name)}</h1>
        <p class="when"><span class="num">${time}</span><br />${dayName(this.lang, day)}</p>
        ${one.staff_name ? html`<p>${this.words(one.staff_name)}</p>` : nothing}
        ${one.party > 1 ? html`<p>${this.t("booking.party", {n: one.party})}</p>` : nothing}
        <p role="status" data-test="state">${this.t(`booking.${one.state}`)}</p>
        ${one.state === "booked" && one.code
          ? html`<p class="code num" data-test="code">${one.code.replace(/^(.{3})/, "$1\u2009")}</p>
              ${this._qr(this.doc.qr)}
              <p class="more">${this.t("booking.check_in", {time: i18n.hm(one.check_in_from)})}</p>`
          : nothing}
        ${one.ticket ? html`<a class="button primary" data-test="ticket" href=${one.ticket}>${this.t("booking.ticket", {number: one.number})}</a>` : nothing}
        ${one.notes ? html`<p class="more">${this.words(one.notes)}</p>` : nothing}
      </section>
      ${actions.includes("confirm")
        ? contactForm(this, {asks: this.doc.types[0]?.asks ?? [], busy: this.busy, submit: (event) => this._confirm(event)})
        : nothing}
      <div class="actions">
        ${actions.includes("change") ? html`<button data-test="change" @click=${() => this._choose(one.type)}>${this.t("booking.change")}</button>` : nothing}
        ${actions.includes("cancel") ? this._giveUp() : nothing}
      </div>`;
  }

  _giveUp() {
    if (!this.sure) return html`<button class="quiet" data-test="cancel" @click=${() => (this.sure = true)}>${this.t("booking.cancel")}</button>`;
    return html`<div role="group" class="card" aria-labelledby="sure" data-test="sure">
      <p id="sure">${this.t("booking.cancel.sure")}</p>
      <button class="danger" data-test="cancel-yes" ?disabled=${this.busy} @click=${() => this._do("appointment.cancel")}>${this.t("booking.cancel")}</button>
      <button data-test="cancel-no" @click=${() => (this.sure = false)}>${this.t("booking.keep")}</button>
    </div>`;
  }

  _qr(text) {
    if (!text) return nothing;
    const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    if (svg.localName !== "svg") return nothing;
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", this.t("booking.qr"));
    return html`<div class="qr" data-test="qr">${document.importNode(svg, true)}</div>`;
  }

  async _choose(type) {
    this.type = type;
    this.until = 0;
    await this._asking(async () => {
      this.slots = (await this._ask(0)).slots;
      this.until = DAYS;
    });
    await this.updateComplete;
    this.renderRoot.querySelector("h1")?.focus();
  }

  _more() {
    return this._asking(async () => {
      const more = await this._ask(this.until);
      this.slots = [...this.slots, ...more.slots];
      this.until += DAYS;
    });
  }

  /** How many days ahead can be booked. */
  get _last() {
    return Math.ceil((this.doc.types.find((one) => one.type === this.type)?.ahead ?? 0) / 86400);
  }

  _ask(from) {
    const day = new Date((this.now() + from * 86400) * 1000).toLocaleDateString("en-CA", {timeZone: this.doc.site.time_zone});
    const party = this.doc.appointment?.party ?? 1;
    return this.call("appointment.slots", {type: this.type, day, days: DAYS, party});
  }

  /** A slot is chosen: the booking moves there, or it is held until we know for whom. */
  _settleOn(at) {
    const {appointment} = this.doc;
    return this._asking(async () => {
      if (appointment) {
        await this.call("appointment.change", {appointment: appointment.id, at}, {id: requestId()});
        this.slots = null;
        return;
      }
      const data = {type: this.type, at, hold: true, language: this.lang, origin: "web"};
      location.assign((await this.call("appointment.book", data, {id: requestId()})).link);
    });
  }

  _confirm(event) {
    event.preventDefault();
    const given = Object.fromEntries([...new FormData(event.target)].filter(([, text]) => text.trim()));
    return this._do("appointment.confirm", given);
  }

  _do(action, data = {}) {
    return this._asking(async () => {
      await this.call(action, {appointment: this.doc.appointment.id, ...data});
      this.sure = false;
    });
  }

  async _asking(work) {
    if (this.busy) return;
    this.busy = true;
    this.refusal = null;
    try {
      await work();
    } catch (error) {
      this.refusal = error;
    } finally {
      this.busy = false;
    }
  }
}

customElements.define("u-booking", Booking);
