// The parts of the booking page: days with their slots as buttons, the contact form, the booking itself; and how they look.
import {css, html, nothing} from "../vendor/lit.js";

/** "Monday, 24 November": a day of the hall's calendar, whatever the phone's own zone. */
export function dayName(lang, day) {
  const names = {weekday: "long", day: "numeric", month: "long", timeZone: "UTC"};
  return new Intl.DateTimeFormat(lang, names).format(new Date(`${day}T12:00:00Z`));
}

/** Slots by day: [[day, slots], ...] in order. */
export function byDay(slots) {
  const days = new Map();
  for (const slot of slots) days.set(slot.day, [...(days.get(slot.day) ?? []), slot]);
  return [...days];
}

/** What can be booked, one button each. */
export function typeList(page, {types, choose}) {
  return html`<h1 tabindex="-1">${page.t("booking.what")}</h1>
    <ul class="types" data-test="types">
      ${types.map((one) => html`<li><button data-test="type" data-type=${one.type} @click=${() => choose(one)}>
        <b>${page.words(one.name)}</b>
        ${one.notes ? html`<span class="more">${page.words(one.notes)}</span>` : nothing}
      </button></li>`)}
    </ul>`;
}

/** The free slots, a heading a day. */
export function slotList(page, {slots, busy, choose, more}) {
  const {t, lang} = page;
  return html`<h1 tabindex="-1">${t("booking.when")}</h1>
    ${slots.length ? nothing : html`<p class="more" data-test="none">${t("booking.none")}</p>`}
    ${byDay(slots).map(([day, free]) => html`<section>
      <h2>${dayName(lang, day)}</h2>
      <ul class="slots">
        ${free.map((slot) => html`<li><button class="num" data-test="slot" data-at=${slot.at} ?disabled=${busy}
          aria-label=${`${dayName(lang, day)} ${slot.time}`} @click=${() => choose(slot)}>${slot.time}</button></li>`)}
      </ul>
    </section>`)}
    ${more ? html`<button class="quiet" data-test="later" ?disabled=${busy} @click=${more}>${t("booking.later")}</button>` : nothing}`;
}

/** Who it is for. What the hall asks must be said. */
export function contactForm(page, {asks, busy, submit}) {
  const {t} = page;
  const field = (name, type, autocomplete) => html`<label>
    <span>${t(`booking.${name}`)}${asks.includes(name) ? "" : html` <small>${t("booking.optional")}</small>`}</span>
    <input name=${name} type=${type} autocomplete=${autocomplete} maxlength="64" ?required=${asks.includes(name)} data-test=${name}>
  </label>`;
  return html`<form class="contact" data-test="contact" @submit=${submit}>
    <h2>${t("booking.who")}</h2>
    ${field("name", "text", "name")} ${field("phone", "tel", "tel")}
    ${asks.includes("case") ? field("case", "text", "off") : nothing}
    <p class="more">${t("booking.who.more")}</p>
    <button class="primary" type="submit" data-test="confirm" ?disabled=${busy}>${t("booking.confirm")}</button>
  </form>`;
}

export const looks = css`
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
    gap: var(--u-space-4);
    padding: var(--u-space-4);
    font-size: var(--u-text-3);
  }
  header {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: var(--u-space-3);
    padding-bottom: var(--u-space-3);
    border-bottom: var(--u-rule) solid var(--u-hair);
  }
  .site {
    font-weight: 600;
  }
  h1 {
    font-size: var(--u-text-5);
    line-height: 1.3;
  }
  h1:focus-visible {
    outline: none;
    box-shadow: none; /* it is focused to be read out, not to be used */
  }
  h2 {
    margin-block: var(--u-space-4) var(--u-space-2);
    font-size: var(--u-text-3);
  }
  button,
  input {
    min-height: 52px;
    font-size: var(--u-text-3);
  }
  .types {
    display: grid;
    gap: var(--u-space-3);
  }
  .types button {
    display: grid;
    gap: var(--u-space-1, 4px);
    width: 100%;
    padding: var(--u-space-3) var(--u-space-4);
    text-align: start;
  }
  .slots {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(5.2em, 1fr));
    gap: var(--u-space-3);
  }
  .slots button {
    width: 100%;
  }
  .more,
  small {
    color: var(--u-muted);
    font-size: var(--u-text-2);
  }
  .card {
    display: grid;
    gap: var(--u-space-3);
    padding: var(--u-space-4);
    background: var(--u-surface);
    border: var(--u-rule) solid var(--u-line);
    border-radius: var(--u-radius);
    text-align: center;
  }
  .card .when {
    font-size: var(--u-text-5);
    font-weight: 600;
    line-height: 1.25;
  }
  .card .code {
    font-size: clamp(40px, 14vw, 72px);
    font-weight: 700;
    line-height: 1.1;
    letter-spacing: 0.04em;
  }
  .card .qr {
    justify-self: center;
    width: min(60vw, 220px);
    background: #fff;
  }
  .card .qr svg {
    display: block;
    width: 100%;
    height: auto;
  }
  .contact,
  .contact label {
    display: grid;
    gap: var(--u-space-2);
  }
  .contact {
    gap: var(--u-space-4);
  }
  input {
    width: 100%;
    padding: 0 var(--u-space-3);
    border: 2px solid var(--u-line);
    border-radius: var(--u-radius);
    background: var(--u-surface);
    color: inherit;
  }
  .actions {
    display: grid;
    gap: var(--u-space-3);
    margin-top: auto;
  }
  .quiet {
    background: none;
    border-color: transparent;
    text-decoration: underline;
  }
  .danger {
    background: var(--u-bad);
    border-color: var(--u-bad);
    color: var(--u-surface);
  }
  .refusal {
    color: var(--u-bad);
    font-weight: 600;
  }
`;
