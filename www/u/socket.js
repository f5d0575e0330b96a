// One socket a page: signs in, pings, comes back after a loss, resumes its view, and sends calls again that had no answer.
//
// A call carries a request_id, so sending it twice does it once. Every wait has a limit and every list a bound.

const PING_EVERY = 10_000;
const DEAD_AFTER = 20_000;
const RETRY_FIRST = 250;
const RETRY_CAP = 10_000;
const ASK_AGAIN = 3_000; // for a view that is not there
const MAX_CALLS = 16;

export class CallError extends Error {
  /** A refusal: `code` for machines, `message` for people; `offline` and `timeout` are this page's own. */
  constructor(code, message = "", fields = null) {
    super(message || code);
    this.code = code;
    this.fields = fields;
  }
}

/** 128 random bits as hex; crypto.randomUUID is missing on plain http, getRandomValues is not. */
export function requestId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}

/** How long to wait before try `n` (0, 1, ...): 0.25 s doubled up to 10 s, give or take half, so that screens spread. */
export function retryDelay(n, random = Math.random()) {
  return Math.min(RETRY_FIRST * 2 ** n, RETRY_CAP) * (0.5 + random);
}

export class Socket {
  /**
   * `changed(state)`: connecting | live | lost | refused. `reload(version)`: the server is of another version than before.
   */
  constructor({token, changed = () => {}, reload = () => {}, url = null}) {
    this.token = token;
    this.state = "connecting";
    this.heard = 0; // performance.now() of the last frame
    this.lostSince = performance.now(); // null while live
    this.asOf = null; // wall time in ms when we last knew
    this._askedAt = null; // performance.now() of the first ping after which nothing was heard
    this._changed = changed;
    this._reload = reload;
    this._url = url ?? `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/websocket`;
    this._id = 0;
    this._tries = 0;
    this._pending = new Map(); // id -> what to do with its result
    this._calls = new Map(); // request_id -> a call without an answer yet
    this._views = new Map(); // view -> {view, then, fail, boot, seq, id}
    this._version = null;
    this._wake = () => document.visibilityState === "visible" && this._hurry();
    addEventListener("online", this._wake);
    document.addEventListener("visibilitychange", this._wake);
    this._open();
  }

  /** Hear of each version of a view; `fail(error)` if it may not be read or is not there. `once`: then do not ask again. */
  subscribe(view, then, fail = () => {}, {once = false} = {}) {
    const subscription = {view, then, fail, once, boot: null, seq: null, id: null};
    this._views.set(view, subscription);
    if (this.state === "live") this._subscribe(subscription);
  }

  /**
   * Do an action; answers its data or throws a CallError. Unless `wait`, a call while the link is lost is refused at
   * once. A call under way when the link breaks is sent again under the same id.
   */
  call(action, data, {id = requestId(), timeout = 10_000, wait = false, language = null} = {}) {
    if (this.state !== "live" && !wait) return Promise.reject(new CallError("offline"));
    if (this._calls.size >= MAX_CALLS) return Promise.reject(new CallError("busy"));
    return new Promise((resolve, reject) => {
      const end = (settle) => (value) => {
        clearTimeout(timer);
        this._calls.delete(id);
        settle(value);
      };
      const call = {action, data, id, language, resolve: end(resolve), reject: end(reject)};
      const timer = setTimeout(() => call.reject(new CallError("timeout")), timeout);
      this._calls.set(id, call);
      if (this.state === "live") this._send(call);
    });
  }

  /** Milliseconds that a ping waits for anything to be heard: a cable pulled out closes nothing. */
  get unanswered() {
    return this._askedAt === null ? 0 : performance.now() - this._askedAt;
  }

  /** Ask now whether the hall is there, unless it was just heard; answers whether it did. */
  probe(quiet = 900) {
    if (this.state !== "live" || performance.now() - this.heard < quiet) return false;
    this._ping();
    return true;
  }

  close() {
    this._closed = true;
    removeEventListener("online", this._wake);
    document.removeEventListener("visibilitychange", this._wake);
    clearTimeout(this._retry);
    this._drop();
  }

  _open() {
    if (this._closed) return;
    let socket;
    try {
      socket = this._socket = new WebSocket(this._url);
    } catch {
      this._later();
      return;
    }
    const mine = (then) => (event) => this._socket === socket && then(event);
    this.heard = performance.now();
    socket.onmessage = mine((event) => this._hear(event.data));
    socket.onclose = mine(() => this._lose());
    socket.onerror = mine(() => {}); // a close follows
    clearInterval(this._pulse);
    this._pulse = setInterval(() => this._beat(), PING_EVERY / 2);
  }

  _drop() {
    clearInterval(this._pulse);
    const socket = this._socket;
    this._socket = this._askedAt = null;
    if (socket) {
      socket.onmessage = socket.onclose = socket.onerror = null;
      socket.close();
    }
    this._pending.clear();
    for (const subscription of this._views.values()) subscription.id = null;
  }

  _lose() {
    this._drop();
    if (this.state === "refused" || this._closed) return;
    if (this.state === "live") this.lostSince = performance.now();
    this._be("lost");
    this._later();
  }

  _later() {
    clearTimeout(this._retry);
    this._retry = setTimeout(() => this._open(), retryDelay(this._tries++));
  }

  /** The network is back or the page is looked at again: do not sit out the wait. */
  _hurry() {
    if (this.state === "live" || this._socket || this._closed || this.state === "refused") return;
    clearTimeout(this._retry);
    this._tries = 0;
    this._open();
  }

  _beat() {
    // Of a page that is not looked at the browser lets timers rest for a minute: what counts is an unanswered ping.
    const quiet = performance.now() - this.heard;
    if (this.state === "live" ? this.unanswered >= DEAD_AFTER - PING_EVERY : quiet >= DEAD_AFTER) this._lose();
    else this.probe(PING_EVERY / 2);
  }

  _ping() {
    this._askedAt ??= performance.now();
    this._write({type: "ping"});
  }

  _be(state) {
    this.state = state;
    this._changed(state);
  }

  _write(message, then = null) {
    const id = ++this._id;
    if (then) this._pending.set(id, then);
    this._socket.send(JSON.stringify({id, ...message}));
    return id;
  }

  _hear(text) {
    this.heard = performance.now();
    this._askedAt = null;
    this.asOf = Date.now();
    let heard;
    try {
      heard = JSON.parse(text);
    } catch {
      return; // not ours to mend: the next frame or the next connection will do
    }
    for (const message of Array.isArray(heard) ? heard : [heard]) this._take(message);
  }

  _take(message) {
    switch (message.type) {
      case "auth_required":
        this._socket.send(JSON.stringify({type: "auth", access_token: this.token ?? ""}));
        break;
      case "auth_ok":
        this._enter(message.usher_version ?? null);
        break;
      case "auth_invalid":
        this._be("refused");
        this._drop();
        break;
      case "result": {
        const then = this._pending.get(message.id);
        this._pending.delete(message.id);
        then?.(message);
        break;
      }
      case "event":
        this._event(message);
        break;
    }
  }

  _enter(version) {
    this._tries = 0;
    this.lostSince = null;
    if (this._version !== null && version !== this._version) this._reload(version);
    this._version = version;
    this._be("live");
    for (const subscription of this._views.values()) this._subscribe(subscription);
    for (const call of this._calls.values()) this._send(call);
  }

  _subscribe(subscription) {
    const {view, boot, seq} = subscription;
    clearTimeout(subscription.again);
    const resume = boot === null ? {} : {boot, seq};
    subscription.id = this._write({type: "usher/subscribe_view", view, ...resume}, (result) => {
      if (!result.success) {
        // The hall may still be starting: ask again until it knows the view.
        subscription.boot = subscription.seq = null;
        subscription.fail(new CallError(result.error?.code ?? "unknown", result.error?.message));
        clearTimeout(subscription.again);
        if (subscription.once) {
          this._views.delete(subscription.view);
          return;
        }
        subscription.again = setTimeout(() => this.state === "live" && this._subscribe(subscription), ASK_AGAIN);
        return;
      }
      subscription.boot = result.result?.boot ?? subscription.boot;
    });
  }

  _event({id, event}) {
    for (const subscription of this._views.values()) {
      if (subscription.id !== id) continue;
      if (event.resync) {
        // We were too slow: what we hold may have gaps, so ask for the whole.
        subscription.boot = subscription.seq = null;
        this._subscribe(subscription);
        return;
      }
      subscription.boot = event.boot ?? subscription.boot;
      subscription.seq = event.seq ?? subscription.seq;
      subscription.then(event.doc);
      return;
    }
  }

  _send(call) {
    const {action, data, id, language} = call;
    this._write({type: "usher/call", action, data, request_id: id, ...(language ? {language} : {})}, (result) => {
      if (result.success) call.resolve(result.result ?? {});
      else call.reject(new CallError(result.error?.code ?? "failed", result.error?.message, result.error?.fields));
    });
  }
}
