// The way in: sign in, and the hall's screens with the links that open them.
import {LitElement, css, html, nothing} from "../vendor/lit.js";
import {firstLanguage, store, stored} from "./screen.js";
import {base} from "./styles.js";
import * as i18n from "./i18n.js";

const PAGES = ["kiosk", "counter", "lobby", "hall", "rate", "phone"];
const USER = "usher.user"; // who signed in, to be shown
const AGAIN = 3_000; // ms until the hall is asked again

class Index extends LitElement {
  static properties = {
    lang: {state: true},
    user: {state: true},
    screens: {state: true}, // null until known
    fault: {state: true},
    busy: {state: true},
    copied: {state: true},
    down: {state: true},
  };

  constructor() {
    super();
    Object.assign(this, {user: JSON.parse(localStorage.getItem(USER)), screens: null, fault: null, busy: false, copied: null, down: false});
    this.query = new URLSearchParams(location.search);
    const mode = this.query.get("mode");
    if (mode) document.documentElement.dataset.mode = mode;
    this._speak(firstLanguage(this.query, []));
  }

  connectedCallback() {
    super.connectedCallback();
    const code = this.query.get("code");
    if (code) this._signIn({code});
    else if (stored()) this._load();
    else this.screens = undefined;
  }

  t(key, values) {
    return i18n.t(this.lang, key, values);
  }

  render() {
    return html`<main>
      <header>
        <h1>${this.t("index.title")}</h1>
        <button lang=${this._other} data-test="lang" @click=${() => this._speak(this._other)}>${i18n.languageName(this._other)}</button>
      </header>
      ${this.down ? html`<p class="fault" role="status">${this.t("index.unreachable")}</p>` : nothing}
      ${stored() ? this._hall() : this._forms()}
    </main>`;
  }

  _forms() {
    const fault = this.fault ? html`<p class="fault" role="alert" data-test="fault">${this.fault}</p>` : nothing;
    return html`${fault}
      <div class="forms">
        <form @submit=${this._submit} aria-label=${this.t("index.with_code")}>
          <label>${this.t("index.code")}<input name="code" required autocomplete="one-time-code" autocapitalize="characters"
            maxlength="64" data-test="code" /></label>
          <p class="hint">${this.t("index.code_hint")}</p>
          <button class="primary" ?disabled=${this.busy} data-test="with-code">${this.t("index.with_code")}</button>
        </form>
        <form @submit=${this._submit} aria-label=${this.t("index.with_password")}>
          <label>${this.t("index.user")}<input name="user" required autocomplete="username" maxlength="128" data-test="user" /></label>
          <label>${this.t("index.password")}<input name="password" type="password" required autocomplete="current-password"
            maxlength="1024" data-test="password" /></label>
          <button class="primary" ?disabled=${this.busy} data-test="with-password">${this.t("index.with_password")}</button>
        </form>
      </div>`;
  }

  _hall() {
    const {user, screens} = this;
    return html`<p class="who">
        ${user ? this.t("index.signed_in", {name: user.name, role: i18n.t(this.lang, `role.${user.role}`)}) : nothing}
        <button @click=${this._signOut} data-test="sign-out">${this.t("index.sign_out")}</button>
      </p>
      ${screens?.length ? html`<p class="hint">${this.t("index.private")}</p>` : nothing}
      ${screens && !screens.length ? html`<p data-test="none">${this.t("index.none")}</p>` : nothing}
      ${screens ? [...PAGES, "other"].map((page) => this._group(page)) : nothing}`;
  }

  _group(page) {
    const screens = this.screens.filter((s) => (PAGES.includes(s.page) ? s.page : "other") === page);
    if (!screens.length) return nothing;
    return html`<section aria-labelledby="page-${page}">
      <h2 id="page-${page}">${this.t(`index.page.${page}`)}</h2>
      <ul>${screens.map((s) => this._screen(s))}</ul>
    </section>`;
  }

  _screen({view, title, link}) {
    const address = new URL(link, location.origin).href;
    const name = i18n.pick(title, this.lang);
    return html`<li data-test="screen" data-view=${view}>
      <span class="name"><b>${name}</b> <span class="view">${view}</span></span>
      <input readonly .value=${address} aria-label="${this.t("index.link")}: ${name}" @focus=${(e) => e.target.select()} />
      <button @click=${() => this._copy(view, address)} aria-label="${this.t("index.copy")}: ${name}">
        ${this.copied === view ? this.t("index.copied") : this.t("index.copy")}</button>
      <a class="button primary" href=${address} target="_blank" rel="noopener" aria-label="${this.t("index.open")}: ${name}">
        ${this.t("index.open")}</a>
    </li>`;
  }

  get _other() {
    return this.lang === "en" ? "zh-CN" : "en";
  }

  _speak(lang) {
    this.lang = i18n.match(lang, ["zh-CN", "en"]) ?? "en";
    document.documentElement.lang = this.lang;
    document.title = `usher · ${this.t("index.title")}`;
  }

  async _submit(event) {
    event.preventDefault();
    await this._signIn(Object.fromEntries(new FormData(event.target)));
  }

  async _signIn(how) {
    this.busy = true;
    this.fault = null;
    try {
      const answer = await this._ask("POST", "/api/usher/sign_in", how);
      store(answer.token);
      this.user = answer.user;
      localStorage.setItem(USER, JSON.stringify({name: answer.user.name, role: answer.user.role}));
      history.replaceState(null, "", location.pathname); // the code is spent: out of the address with it
      await this._load();
    } catch (error) {
      if (error.status === undefined) this.down = true;
      else this.fault = error.message;
    } finally {
      this.busy = false;
    }
  }

  async _load() {
    try {
      this.screens = await this._ask("GET", "/api/usher/screens");
      this.down = false;
    } catch (error) {
      if (error.status === 401) this._signOut();
      else if (error.status) this.fault = error.message;
      else {
        this.down = true;
        setTimeout(() => this._load(), AGAIN);
      }
    }
  }

  async _ask(method, path, body) {
    const token = stored();
    const answer = await fetch(path, {
      method,
      headers: {
        "Accept-Language": this.lang,
        ...(token ? {Authorization: `Bearer ${token}`} : {}),
        ...(body ? {"Content-Type": "application/json"} : {}),
      },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw Object.assign(new Error(said.message ?? answer.statusText), {status: answer.status});
    return said;
  }

  _signOut() {
    store(null);
    localStorage.removeItem(USER);
    this.user = this.screens = null;
    this.requestUpdate();
  }

  async _copy(view, address) {
    const field = this.renderRoot.querySelector(`[data-view="${view}"] input`);
    field.select();
    try {
      await navigator.clipboard.writeText(address);
    } catch {
      document.execCommand("copy"); // plain http has no clipboard of its own
    }
    this.copied = view;
  }

  static styles = [
    base,
    css`
      main {
        max-width: 70rem;
        margin-inline: auto;
        padding: var(--u-space-5) var(--u-space-4) var(--u-space-8);
      }
      header {
        display: flex;
        flex-wrap: wrap;
        justify-content: space-between;
        align-items: center;
        gap: var(--u-space-4);
        padding-bottom: var(--u-space-4);
        margin-bottom: var(--u-space-5);
        border-bottom: var(--u-rule) solid var(--u-line);
      }
      h1 {
        font-size: var(--u-text-5);
        line-height: 1.2;
      }
      h2 {
        margin: var(--u-space-6) 0 var(--u-space-2);
        font-size: var(--u-text-4);
      }
      .who {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: var(--u-space-3);
      }
      .hint {
        color: var(--u-muted);
      }
      .fault {
        margin-bottom: var(--u-space-4);
        padding: var(--u-space-3) var(--u-space-4);
        border: var(--u-rule) solid var(--u-bad);
        border-radius: var(--u-radius);
        color: var(--u-bad);
        font-weight: 600;
      }
      .forms {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 280px), 1fr));
        gap: var(--u-space-5);
        align-items: start;
      }
      form {
        display: grid;
        gap: var(--u-space-4);
        padding: var(--u-space-5);
        background: var(--u-surface);
        border: var(--u-rule) solid var(--u-hair);
        border-radius: var(--u-radius);
      }
      label {
        display: grid;
        gap: var(--u-space-1);
        font-weight: 600;
      }
      li {
        display: grid;
        grid-template-columns: minmax(10em, 1fr) minmax(0, 2fr) auto auto;
        gap: var(--u-space-3);
        align-items: center;
        padding: var(--u-space-3) var(--u-space-4);
        margin-bottom: var(--u-space-2);
        background: var(--u-surface);
        border: var(--u-rule) solid var(--u-hair);
        border-radius: var(--u-radius);
      }
      li input {
        width: 100%;
        min-width: 0;
        color: var(--u-muted);
        font-size: var(--u-text-1);
      }
      .view {
        color: var(--u-muted);
      }
      .button {
        display: inline-flex;
        align-items: center;
        min-height: var(--u-tap);
      }
      @media (max-width: 760px) {
        li {
          grid-template-columns: 1fr 1fr;
        }
        .name,
        li input {
          grid-column: 1 / -1;
        }
      }
    `,
  ];
}

customElements.define("u-index", Index);
