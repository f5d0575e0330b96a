// What the small panels of a counter offer: [{label, note, then}], a digit picks.
import * as i18n from "./i18n.js";

const WHOM = ["anyone", "counter", "step"];
export const PLACES = ["end", "keep", "front"];

/** Where the visitor goes: other queues first, then who or what they are kept for. `where` is their place in line there. */
export function transfer(page, ticket, where, targets) {
  const {queues} = targets;
  const send = (data) => page.run("ticket.transfer", {ticket: ticket.id, place: where, ...data}, false);
  const to = queues
    .filter((q) => q.queue !== ticket.queue)
    .map((q) => ({
      label: page.words(q.name),
      note: q.paused ? page.t("counter.paused") : `${q.waiting} ${page.t("kiosk.waiting")}`,
      then: () => send({queue: q.queue}),
    }));
  const counters = targets.counters.map((c) => ({
    label: page.words(c.name),
    note: page.t(c.open ? "counter.kept_for_counter" : "counter.closed"),
    then: () => send({counter: c.id, ...(c.queues.includes(ticket.queue) ? {} : {queue: c.queues[0]})}),
  }));
  const staff = targets.staff.map((s) => ({
    label: page.words(s.name),
    note: page.t(s.counter === null ? "counter.staff_away" : "counter.kept_for_staff"),
    then: () => send({staff: s.id}),
  }));
  const pools = targets.pools.map((pool) => ({
    label: pool,
    note: page.t("counter.kept_for_pool"),
    then: () => send({pool}),
  }));
  return {name: "transfer", title: page.t("counter.transfer_to"), options: [...to, ...counters, ...staff, ...pools]};
}

/** Without papers, with the papers here, until another step is done. */
export function hold(page, ticket) {
  const options = WHOM.map((who) => ({
    label: page.t(`counter.hold.${who}`),
    note: page.t(`counter.hold.${who}.more`),
    then: () => page.run("ticket.hold", {ticket: ticket.id, for: who}, false),
  }));
  return {name: "hold", title: page.t("counter.hold_how"), options};
}

export function pause(page) {
  const options = page.doc.pause_reasons.map(({id, name}) => ({
    label: page.words(name),
    then: () => page.run("counter.pause", {reason: id}),
  }));
  return {name: "pause", title: page.t("counter.pause_why"), options};
}

/** What was done for the visitor: each pick counts one more. */
export function services(page) {
  const {codes, done} = page.doc.service;
  const options = codes.map(({code, name}) => {
    const n = done.find((one) => one.code === code)?.quantity ?? 0;
    return {label: page.words(name), note: n ? `× ${n}` : code, then: () => page.run("counter.served", {code})};
  });
  return {name: "served", title: page.t("counter.served_what"), options};
}

/** Signing in was refused: somebody sits here, or you sit elsewhere. */
export function takeOver(page, error, data) {
  return {
    name: "take_over",
    title: i18n.refusal(page.lang, error),
    options: [{label: page.t("counter.take_over"), then: () => page.run("counter.sign_in", {...data, move: true})}],
  };
}
