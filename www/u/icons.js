// A few plain drawings for kiosk menus, by Material Design name; a path under /local/ is shown as it is.
import {html, svg, nothing} from "../vendor/lit.js";

const PEOPLE = svg`<circle cx="9" cy="8" r="3.5"/><path d="M2.5 20c0-4 3-6.5 6.5-6.5s6.5 2.5 6.5 6.5"/><path d="M15 5a3.5 3.5 0 0 1 0 6.5M17.5 14c2.5.8 4 3 4 6"/>`;
const PERSON = svg`<circle cx="12" cy="7.5" r="4"/><path d="M4 21c0-4.5 3.5-7 8-7s8 2.5 8 7"/>`;
const BUILDING = svg`<path d="M5 21V4h9v17M14 10h5v11M2.5 21h19M8 8h3M8 12h3M8 16h3"/>`;
const BANK = svg`<path d="M3 9.5 12 4l9 5.5H3zM5 10v8M10 10v8M14 10v8M19 10v8M2.5 21h19"/>`;
const CARD = svg`<rect x="2.5" y="5" width="19" height="14" rx="2"/><path d="M2.5 10h19M6 15h4"/>`;
const CARD_OFF = svg`<path d="M8 5h11.5a2 2 0 0 1 2 2v11M17 19H4.5a2 2 0 0 1-2-2V7a2 2 0 0 1 1-1.7M12 10h9.5M2.5 10H7M3 3l18 18"/>`;
const PAPER = svg`<path d="M6 2.5h8l5 5v14H6zM14 2.5v5h5M9 12h7M9 16h7"/>`;
const CASH = svg`<rect x="2.5" y="6" width="19" height="12" rx="1"/><circle cx="12" cy="12" r="3"/><path d="M6 9.5v.1M18 14.5v.1"/>`;
const CLOCK = svg`<rect x="3" y="5" width="18" height="16" rx="2"/><path d="M3 10h18M8 2.5V7M16 2.5V7M12 13v3h3"/>`;
const QUESTION = svg`<circle cx="12" cy="12" r="9.5"/><path d="M9 9.5a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 17.5v.1"/>`;
const ALERT = svg`<path d="M12 3 22 20.5H2zM12 9.5v5M12 17.5v.1"/>`;
const HEART = svg`<path d="M3 12h4l2.5-6 5 12 2.5-6h4"/>`;
const PILL = svg`<path d="M4.5 13.5l9-9a4.2 4.2 0 0 1 6 6l-9 9a4.2 4.2 0 0 1-6-6zM9 9l6 6"/>`;
const HOUSE = svg`<path d="M3 11.5 12 4l9 7.5M5.5 10v11h13V10M10 21v-6h4v6"/>`;
const STAR = svg`<path d="M12 3l2.8 5.8 6.2.9-4.5 4.4 1 6.3L12 17.5 6.5 20.4l1-6.3L3 9.7l6.2-.9z"/>`;
const KEY = svg`<circle cx="8" cy="15.5" r="4.5"/><path d="M11.5 12.5 21 3M17 7l3 3"/>`;
const PHONE = svg`<rect x="6.5" y="2.5" width="11" height="19" rx="2"/><path d="M11 18.5h2"/>`;
const WHEELCHAIR = svg`<circle cx="11" cy="4" r="1.8"/><path d="M11 7v7h6l3 6M11 10h5M8.5 11.5a5.2 5.2 0 1 0 6.8 7"/>`;
const GEM = svg`<path d="M6.5 4h11L22 9.5 12 21 2 9.5zM2 9.5h20M9 9.5 12 21l3-11.5L12 4z"/>`;
const TICKET = svg`<path d="M3 7h18v3.5a1.5 1.5 0 0 0 0 3V17H3v-3.5a1.5 1.5 0 0 0 0-3zM14 7v2M14 11v2M14 15v2"/>`;
const LIST = svg`<path d="M8 6h13M8 12h13M8 18h13M3.5 6v.1M3.5 12v.1M3.5 18v.1"/>`;

const DRAWN = {
  account: PERSON,
  person: PERSON,
  "account-group": PEOPLE,
  "account-multiple": PEOPLE,
  "office-building": BUILDING,
  domain: BUILDING,
  briefcase: BUILDING,
  bank: BANK,
  "credit-card": CARD,
  "credit-card-off": CARD_OFF,
  "card-account-details": CARD,
  "file-document": PAPER,
  "file-document-outline": PAPER,
  checkbook: PAPER,
  "book-open": PAPER,
  cash: CASH,
  "cash-multiple": CASH,
  "currency-cny": CASH,
  calendar: CLOCK,
  "calendar-clock": CLOCK,
  "calendar-check": CLOCK,
  "help-circle": QUESTION,
  information: QUESTION,
  alert: ALERT,
  "alert-circle": ALERT,
  hospital: HEART,
  "heart-pulse": HEART,
  stethoscope: HEART,
  pill: PILL,
  home: HOUSE,
  "diamond-stone": GEM,
  diamond: GEM,
  star: STAR,
  crown: STAR,
  key: KEY,
  cellphone: PHONE,
  phone: PHONE,
  wheelchair: WHEELCHAIR,
  "human-wheelchair": WHEELCHAIR,
  "format-list-bulleted": LIST,
};

/** A drawing for `mdi:account` (a ticket for one not drawn here), a picture for `/local/x.svg`; a menu has the list. */
export function icon(name, {menu = false} = {}) {
  if (name?.startsWith("/local/")) return html`<img class="icon" src=${name} alt="" />`;
  const drawing = DRAWN[name?.replace(/^mdi:/, "").replace(/-outline$/, "")] ?? (menu ? LIST : name ? TICKET : null);
  if (!drawing) return nothing;
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor"
    stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">${drawing}</svg>`;
}
