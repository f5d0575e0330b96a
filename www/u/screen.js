// What every page is: a view kept live, a language, an honest word when the link is lost, never a blank screen.
import {LitElement, html, nothing} from "../vendor/lit.js";
import {CallError, Socket} from "./socket.js";
import {base} from "./styles.js";
import * as i18n from "./i18n.js";

const STALE = 3; // seconds without the hall until it is said
const SILENT = 30; // ... until what is shown counts for nothing
const ASK_AGAIN = 60; // seconds until a screen whose link was refused tries it again
const STORED = "usher.token";

/** This page's address: `/display/hall?key=...` shows the view display/hall, `/t/<token>` the one its token names. */
export function here(address = location) {
  const query = new URLSearchParams(address.search);
  const parts = address.pathname.split("/").filter(Boolean).map(decodeURIComponent);
  const short = ["t", "a"].includes(parts[0]) && parts.length === 2;
  const link = short ? parts[1] : query.get("key");
  const view = short ? viewOf(link) : parts.join("/");
  return {view, token: link ?? stored(), link, query};
}

/** The view that a signed link opens: it is written in the link itself. A ticket's is short: t.<ticket>.<seal>; a booking's begins with a. */
export function viewOf(link) {
  const [kind, name] = link?.split(".") ?? [];
  if (kind === "t") return `phone/${name}`;
  if (kind === "a") return `booking/${name}`;
  try {
    const body = atob(link.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"));
    const [name, scopes] = JSON.parse(new TextDecoder().decode(Uint8Array.from(body, (c) => c.charCodeAt(0))));
    return scopes.find((s) => s.startsWith("view:"))?.slice(5) ?? name;
  } catch {
    return null;
  }
}

/** The token of who signed in on this browser, or null. */
export const stored = () => localStorage.getItem(STORED);
export const store = (token) => (token ? localStorage.setItem(STORED, token) : localStorage.removeItem(STORED));

/** Which language: asked for in the address, chosen before, the hall's first, the browser's. */
export function firstLanguage(query, languages = []) {
  return query.get("lang") ?? languages[0] ?? navigator.languages?.find((l) => /^(zh|en)/.test(l)) ?? "zh-CN";
}

export class Screen extends LitElement {
  static properties = {
    doc: {state: true},
    lang: {state: true},
    gone: {state: true}, // 0 | 3 | 30: how badly the hall is missed
    fault: {state: true}, // why there is nothing to show
  };
  static styles = [base];

  constructor() {
    super();
    this.doc = null;
    this.gone = 0;
    this.fault = null;
    this.place = here();
    this._skew = 0; // ms the hall's clock is ahead of this one
    this.setLanguage(firstLanguage(this.place.query));
    const mode = this.place.query.get("mode");
    if (mode) document.documentElement.dataset.mode = mode;
  }

  connectedCallback() {
    super.connectedCallback();
    this._ticking = setInterval(() => this.tick(), 1000);
    this.connect();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this._ticking);
    this.socket?.close();
  }

  connect() {
    if (!this.place.view) {
      this.fault = "no_view";
      return;
    }
    this.socket = new Socket({
      token: this.place.token,
      changed: (state) => this._linked(state),
      reload: () => (this._stale = true),
    });
    this.socket.subscribe(
      this.place.view,
      (doc) => this._take(doc),
      (error) => (this.fault = error.code === "not_permitted" || error.code === "unauthorized" ? "not_permitted" : "no_view"),
    );
  }

  /** A new version of the view. A page that wants to do more with it overrides this. */
  take(doc) {
    this.doc = doc;
  }

  /** Once a second. */
  tick() {
    const lost = this.socket?.lostSince === null || !this.socket ? 0 : (performance.now() - this.socket.lostSince) / 1000;
    if (this.fault === "refused" && this.place.link && lost > ASK_AGAIN) location.reload(); // a mended link needs no hand
    this.gone = this.fault ? 0 : lost >= SILENT ? SILENT : lost >= STALE ? STALE : 0;
    if (this._stale && this.idle()) location.reload();
  }

  /** Whether nobody would mind a reload now. */
  idle() {
    return true;
  }

  get live() {
    return this.socket?.state === "live";
  }

  /** The hall's clock in Unix seconds. */
  now() {
    return (Date.now() + this._skew) / 1000;
  }

  call(action, data, options = {}) {
    if (!this.socket) return Promise.reject(new CallError("offline"));
    return this.socket.call(action, data, {language: this.lang, ...options});
  }

  t(key, values) {
    return i18n.t(this.lang, key, values);
  }

  pick(words) {
    return i18n.pick(words, this.lang);
  }

  /** The hall's words with their own language marked where it is not the page's. */
  words(words) {
    const lang = i18n.picked(words, this.lang);
    const text = i18n.pick(words, this.lang);
    return lang === this.lang ? text : html`<span lang=${lang}>${text}</span>`;
  }

  willUpdate() {
    this.toggleAttribute("lost", this.gone > 0 && !this.fault);
  }

  setLanguage(lang) {
    this.lang = lang;
    document.documentElement.lang = lang;
  }

  render() {
    if (this.fault) return this.faultSlate();
    const banner = this.gone ? this.banner() : nothing;
    if (!this.doc) return html`<main>${this.gone ? this.slate("lost") : this.slate("connecting")}</main>${banner}`;
    return html`${banner}${this.screen()}`;
  }

  banner() {
    const at = this.socket?.asOf;
    return html`<div class="banner" role="status" data-test="banner">
      ${at && this.doc ? this.t("link.lost_since", {time: i18n.hm(at / 1000)}) : this.t("link.connecting")}
    </div>`;
  }

  slate(name) {
    return html`<div class="slate" data-test="slate-${name}">
      <h1>${this.t(`slate.${name}`)}</h1>
      <p>${this.t(`slate.${name}.more`)}</p>
    </div>`;
  }

  faultSlate() {
    return html`<main>
      <div class="slate" data-test="slate-${this.fault}">
        <h1>${this.t(`slate.${this.fault}`)}</h1>
        <p>${this.t(`slate.${this.fault}.more`)}</p>
        ${this.place.link ? nothing : html`<p><a class="button primary" href="/">${this.t("slate.to_index")}</a></p>`}
      </div>
    </main>`;
  }

  _linked(state) {
    if (state === "refused") this.fault = "refused";
    if (state === "live") this._setClock();
    if (state === "live" && this.fault) this.fault = null;
    this.requestUpdate();
  }

  _take(doc) {
    const first = this.doc === null;
    this.fault = null;
    if (first) i18n.setZone(doc.site?.time_zone);
    this.take(doc);
    if (first && !this.place.query.get("lang")) this.setLanguage(firstLanguage(this.place.query, this.languages(doc)));
    if (first) document.title = [this.pick(doc.title), this.pick(doc.site?.name)].filter(Boolean).join(" · ") || document.title;
  }

  languages(doc) {
    return doc.languages ?? doc.site?.languages ?? [];
  }

  /** A screen's clock may be wrong by hours; the answer's Date header tells the hall's to the second. */
  async _setClock() {
    try {
      const sent = Date.now();
      const answer = await fetch("/api/usher/health", {cache: "no-store", signal: AbortSignal.timeout(5000)});
      const said = Date.parse(answer.headers.get("date"));
      const skew = said + 500 - (sent + Date.now()) / 2;
      if (Number.isFinite(skew)) this._skew = Math.abs(skew) > 1500 ? skew : 0;
    } catch {
      // keeps the skew it had
    }
  }
}
