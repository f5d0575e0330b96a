// What else may be done to a ticket: a nurse's triage and inner area, a reception's note and case, a pharmacist's ready,
// a manager's place in line. Loaded when it is wanted; what the ticket is now is asked, it may be in nobody's list.
import {html, nothing} from "../vendor/lit.js";

const URGENCIES = [null, 1, 2, 3, 4, 5]; // null: the queue's own
const PLACES = ["front", "end", "keep"];
const LONGEST = {note: 500, case: 64, reason: 200};
const SPLIT_IN = ["pending", "waiting", "staged", "called", "serving"];
const MOST_PARTS = 8;

export class More {
  constructor(page) {
    this.page = page;
  }

  /** A ticket by id, or by number as it was typed. */
  async open(named) {
    const {page} = this;
    let ticket, targets;
    await page.run("ticket.get", {ticket: named}, false, (answer) => ({ticket} = answer));
    if (ticket) await page.run("counter.targets", {}, true, (answer) => (targets = answer));
    if (targets) this._show(ticket, targets);
  }

  _show(ticket, targets) {
    const {page} = this;
    const waiting = ticket.state === "waiting";
    const options = [
      ...(ticket.state === "pending" ? this._ready(ticket) : []),
      {label: page.t("counter.more.urgency"), note: this._urgency(ticket), then: () => this._pick(ticket, "urgency", this._urgencies(ticket))},
      targets.classes.length > 1 && {label: page.t("counter.more.class"), note: ticket.class, then: () => this._pick(ticket, "class", this._classes(ticket, targets))},
      {label: page.t("counter.more.note"), note: ticket.note ?? "", then: () => this._write(ticket, "note")},
      {label: page.t("counter.more.case"), note: ticket.case ?? "", then: () => this._write(ticket, "case")},
      waiting && {label: page.t("counter.more.stage"), then: () => this._pick(ticket, "stage", this._doors(ticket, targets))},
      ticket.party > 1 && SPLIT_IN.includes(ticket.state) &&
        {label: page.t("counter.more.split"), note: page.t("counter.party", {n: ticket.party}), then: () => this._pick(ticket, "split", this._parts(ticket))},
      waiting && targets.may_move && {label: page.t("counter.more.move"), then: () => this._pick(ticket, "move", this._places(ticket))},
    ].filter(Boolean);
    page.open({name: "more", title: this._title(ticket), content: () => this._facts(ticket), options});
  }

  /** A second list of choices. */
  _pick(ticket, what, options) {
    const {page} = this;
    const none = options.length ? undefined : () => html`<p class="empty" data-test="no-choice">${page.t("counter.more.nothing")}</p>`;
    page.open({name: "more", title: `${ticket.number} · ${page.t(`counter.more.${what}`)}`, content: none, options});
  }

  /** Something is typed: a note, the number of a case, the reason of a move. */
  async _write(ticket, what, then = (text) => this._update(ticket, {[what]: text || null})) {
    const {page} = this;
    const save = (event) => {
      event.preventDefault();
      const text = event.target.querySelector("input").value.trim();
      if (!text && what === "reason") return;
      page.escape();
      then(text);
    };
    const content = () => html`<form @submit=${save}>
      <label>${page.t(`counter.more.${what}`)}<input class="wide" data-test="said" autocomplete="off" maxlength=${LONGEST[what]}
        ?required=${what === "reason"} .value=${ticket[what] ?? ""} /></label>
      <button class="primary" data-test="save">${page.t("counter.more.save")}</button>
      ${what === "note" ? html`<small>${page.t("counter.more.note.hint")}</small>` : nothing}
    </form>`;
    await page.open({name: "more", title: ticket.number, content, options: []});
    page.renderRoot.querySelector(".panel input")?.focus();
  }

  _title(ticket) {
    return `${ticket.number} · ${this.page.queueName(ticket.queue)}`;
  }

  _facts(ticket) {
    const {page} = this;
    return html`<p class="facts" data-test="facts"><span>${page.t(`counter.more.state.${ticket.state}`)}</span>
      ${ticket.party > 1 ? html`<span>${page.t("counter.party", {n: ticket.party})}</span>` : nothing}</p>`;
  }

  _urgency({urgency}) {
    return urgency ? `${urgency}` : this.page.t("counter.more.urgency.none");
  }

  _ready(ticket) {
    const {page} = this;
    const ready = (data) => () => this._do(ticket, "ticket.ready", data);
    return [
      {label: page.t("counter.ready"), note: page.t("counter.more.ready.more"), then: ready({})},
      {label: page.t("counter.more.ready_front"), then: ready({place: "front"})},
    ];
  }

  _urgencies(ticket) {
    const {page} = this;
    return URGENCIES.map((urgency) => ({
      label: urgency === null ? page.t("counter.more.urgency.own") : page.t("counter.urgency", {n: urgency}),
      note: ticket.urgency === urgency ? "✓" : "",
      then: () => this._update(ticket, {urgency}),
    }));
  }

  _classes(ticket, {classes}) {
    return classes.map((name) => ({
      label: name,
      note: ticket.class === name ? "✓" : "",
      then: () => this._update(ticket, {class: name}),
    }));
  }

  /** The open counters that serve its queue, this one first. */
  _doors(ticket, {counters}) {
    const {page} = this;
    const {id, name, state, serves} = page.doc.counter;
    const here = {id, name, open: state !== "closed", queues: serves.map((s) => s.queue)};
    return [here, ...counters]
      .filter((one) => one.open && one.queues.includes(ticket.queue))
      .map((one) => ({
        label: page.words(one.name),
        note: one.id === id ? page.t("counter.more.here") : "",
        then: () => this._do(ticket, "ticket.stage", {counter: one.id}),
      }));
  }

  /** Each alone, or one part of so many. */
  _parts(ticket) {
    const {page} = this;
    const {party} = ticket;
    const alone = {label: page.t("counter.more.split.alone"), note: page.t("counter.more.split.numbers", {n: party}), then: () => this._do(ticket, "ticket.split", {})};
    const two = Array.from({length: Math.min(party - 1, MOST_PARTS)}, (_, n) => [n + 1, party - n - 1]);
    return [
      alone,
      ...two.filter(() => party > 2).map((into) => ({label: into.join(" + "), then: () => this._do(ticket, "ticket.split", {into})})),
    ];
  }

  /** Where to, then why: both are written down with who did it. */
  _places(ticket) {
    const {page} = this;
    return PLACES.map((to) => ({
      label: page.t(`counter.place.${to}`),
      then: () => this._write(ticket, "reason", (reason) => this._do(ticket, "ticket.move", {to, reason})),
    }));
  }

  _update(ticket, said) {
    return this._do(ticket, "ticket.update", said);
  }

  _do(ticket, action, data) {
    const {page} = this;
    return page.run(action, {ticket: ticket.id, ...data}, false, (answer) => {
      const numbers = (answer?.tickets ?? []).map((one) => one.number);
      const number = [ticket.number, ...numbers.filter((one) => one !== ticket.number)].join(", ");
      page.say(page.t("counter.more.saved", {number}), true);
    });
  }
}
