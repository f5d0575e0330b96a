// The kiosk's page for who has an appointment: a code is typed on big keys, or a scanner types it.
import {css, html, nothing} from "../vendor/lit.js";

export const MOST = 15; // characters on the line, as long as a phone number; a scanned address or card is longer, and not shown
export const SHORTEST = 3; // characters of a card
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "erase", "0", "ok"];
export const LONGEST = 512; // characters a scanner may type

/** What a key does to the text: a new text, or null for "that is all". */
export function pressed(text, key) {
  if (key === "ok" || key === "Enter") return null;
  if (key === "erase" || key === "Backspace") return text.slice(0, -1);
  return key.length === 1 && text.length < LONGEST ? text + key : text;
}

/** Whether what was scanned is a booking's and no card: its QR code, or its code where codes are taken. */
export function isBooking(text, takes) {
  return takes.length > 0 && (/(^|\/)a\.[\w-]+\.[\w-]+$/.test(text) || (takes.includes("code") && /^(\d{6}|\d{8})$/.test(text)));
}

/** 427837 -> 427 837: as it stands on the booking. */
export function spaced(text) {
  if (text.length > MOST) return "…";
  return /^\d{4,8}$/.test(text) ? text.replace(/^(\d{3,4}?)(?=\d{3,4}$)/, "$1\u2009") : text;
}

/** The page: what is typed so far, the keys, and what may be shown here. */
export function bookedPage(page, {text, takes, busy, pressed}) {
  const {t} = page;
  return html`<section class="booked" data-test="booked" aria-labelledby="booked">
    <div class="asked">
      <h1 id="booked" tabindex="-1">${t("kiosk.booked.title")}</h1>
      <p>${takes.map((one) => t(`kiosk.booked.${one}`)).join(t("kiosk.booked.or"))}</p>
      <p class="typed num" data-test="typed" role="status" aria-label=${t("kiosk.booked.typed")}>${spaced(text) || "\u00a0"}</p>
    </div>
    <div class="keys" role="group" aria-label=${t("kiosk.booked.keys")}>
      ${KEYS.map((key) => html`<button
        class=${key === "ok" ? "primary" : "num"}
        data-test="key-${key}"
        ?disabled=${busy || (key === "ok" && !text)}
        aria-label=${key === "erase" ? t("kiosk.booked.erase") : nothing}
        @click=${() => pressed(key)}
      >${key === "erase" ? "⌫" : key === "ok" ? t("kiosk.booked.ok") : key}</button>`)}
    </div>
  </section>`;
}

export const bookedLooks = css`
  .booked {
    flex: 1;
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    align-items: center;
    gap: calc(var(--u-mm) * 10);
  }
  .booked h1 {
    font-size: 1.4em;
    line-height: var(--u-leading-tight);
  }
  .booked h1:focus-visible {
    outline: none;
    box-shadow: none; /* it is focused to be read out, not to be used */
  }
  .booked .asked {
    display: grid;
    gap: calc(var(--u-mm) * 6);
    max-width: 20em;
  }
  .booked .typed {
    min-height: 1.5em;
    padding: 0 0.3em;
    overflow: hidden;
    white-space: nowrap;
    font-size: 1.8em;
    font-weight: 600;
    letter-spacing: 0.06em;
    background: var(--u-surface);
    border: 3px solid var(--u-brand);
    border-radius: calc(var(--u-mm) * 2);
  }
  .booked .keys {
    display: grid;
    grid-template-columns: repeat(3, calc(var(--u-mm) * 30));
    grid-auto-rows: min(calc(var(--u-mm) * 24), 15vh);
    gap: calc(var(--u-mm) * 4);
  }
  .booked .keys button {
    font-size: 1.3em;
    padding: 0;
  }
  .booked .keys .primary {
    font-size: 1em;
  }
  :host([low]) .booked {
    align-items: end;
  }
  @media (orientation: portrait) {
    .booked {
      grid-template-columns: 1fr;
      justify-items: center;
      align-content: center;
    }
  }
`;
