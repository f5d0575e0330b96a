// What the hall speaks, one announcement after the other. Never twice, never late, and honest when it cannot be heard.

const PLAYED = "usher.said";
const REMEMBER = 200; // ids of announcements played, kept over a reload
const MAX_WAITING = 50; // announcements not yet begun; beyond, the oldest gives way
const GRACE = 3_000; // ms an announcement may overrun before the next begins
const FETCH_LIMIT = 10_000;

export class Player {
  /** `now()` is the hall's clock in Unix seconds; `changed(state)`: ready | blocked | broken. */
  constructor({now, changed = () => {}}) {
    this.state = "ready";
    this.playing = null;
    this._now = now;
    this._changed = changed;
    this._waiting = []; // {item, bytes}
    this._there = new Set(); // ids in the newest view
    this._volume = 1;
    this._played = new Set(JSON.parse(sessionStorage.getItem(PLAYED) ?? "[]"));
    this._context = new AudioContext();
    this._gain = this._context.createGain();
    this._gain.connect(this._context.destination);
    this._context.onstatechange = () => this._look();
    this._unlock = () => this._context.resume().catch(() => {});
    for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, this._unlock);
    this._unlock(); // a wall screen is started with autoplay allowed; elsewhere a touch does it
    this._first = setTimeout(() => this._look(), 800);
  }

  /** The announcements of the newest view, in order. */
  say(items, volume = 1) {
    this._volume = Math.min(1, Math.max(0, volume ?? 1));
    const there = (this._there = new Set(items.map((item) => item.id)));
    // What the hall took back is not spoken; what it stops falls silent, but for a last word that runs over.
    if (this.playing && !there.has(this.playing) && this._left() > 1) this._source?.stop();
    this._waiting = this._waiting.filter(({item}) => there.has(item.id));
    const known = new Set([...this._played, ...this._waiting.map(({item}) => item.id)]);
    for (const item of items) {
      if (known.has(item.id) || item.id === this.playing || this._late(item)) continue;
      this._waiting.push({item, bytes: this._fetch(item.url)});
    }
    if (this._waiting.length > MAX_WAITING) this._waiting.splice(0, this._waiting.length - MAX_WAITING);
    if (!this.playing) this._run();
  }

  close() {
    clearTimeout(this._first);
    for (const touch of ["pointerdown", "keydown"]) removeEventListener(touch, this._unlock);
    this._waiting = [];
    this._context.close();
  }

  /** Seconds the present announcement still has. */
  _left() {
    return this._source ? this._ends - this._context.currentTime : 0;
  }

  _late(item) {
    return item.expires !== null && item.expires !== undefined && this._now() > item.expires;
  }

  _fetch(url) {
    const bytes = fetch(url, {signal: AbortSignal.timeout(FETCH_LIMIT)}).then((answer) => {
      if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
      return answer.arrayBuffer();
    });
    bytes.catch(() => {}); // looked at when its turn comes
    return bytes;
  }

  async _run() {
    while (this._waiting.length) {
      const {item, bytes} = this._waiting.shift();
      this.playing = item.id;
      try {
        const sound = await this._context.decodeAudioData(await bytes);
        if (this._context.state !== "running") await Promise.race([this._unlock(), pause(500)]);
        // A sound that is blocked now may be allowed before the announcement is too old.
        while (this._context.state !== "running" && !this._late(item)) {
          this._be("blocked");
          await pause(250);
        }
        if (this._late(item) || !this._there.has(item.id)) continue;
        this._remember(item.id);
        this._be("ready");
        await this._play(item, sound);
      } catch (error) {
        console.error("An announcement could not be played.", item.url, error);
        this._remember(item.id);
        this._be("broken");
      } finally {
        this.playing = null;
      }
    }
  }

  _play(item, sound) {
    const start = this._context.currentTime + 0.02;
    this._gain.gain.value = Math.min(1, Math.max(0, item.volume ?? this._volume));
    const lead = item.chime ? chime(this._context, this._gain, start) : 0;
    const source = new AudioBufferSourceNode(this._context, {buffer: sound});
    source.connect(this._gain);
    source.start(start + lead);
    this._source = source;
    this._ends = start + lead + sound.duration;
    tell("u-say", {id: item.id, seconds: sound.duration, chime: Boolean(item.chime)});
    return new Promise((resolve) => {
      const limit = setTimeout(resolve, (lead + sound.duration) * 1000 + GRACE);
      source.onended = () => {
        clearTimeout(limit);
        resolve();
      };
    }).then(() => {
      source.disconnect();
      this._source = null;
      tell("u-said", {id: item.id});
    });
  }

  _remember(id) {
    this._played.add(id);
    const kept = [...this._played].slice(-REMEMBER);
    this._played = new Set(kept);
    sessionStorage.setItem(PLAYED, JSON.stringify(kept));
  }

  _look() {
    if (this._context.state === "running") {
      if (this.state === "blocked") this._be("ready");
    } else if (this._context.state !== "closed") {
      this._be("blocked");
    }
  }

  _be(state) {
    if (state === this.state) return;
    this.state = state;
    this._changed(state);
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const tell = (name, detail) => dispatchEvent(new CustomEvent(name, {detail}));

/** Two falling tones; answers how long they take in seconds. It also hides the time speech takes to make. */
function chime(context, out, start) {
  for (const [at, frequency] of [[0, 784], [0.35, 622]]) {
    const tone = new OscillatorNode(context, {frequency, type: "sine"});
    const loud = new GainNode(context, {gain: 0});
    tone.connect(loud).connect(out);
    loud.gain.setValueAtTime(0, start + at);
    loud.gain.linearRampToValueAtTime(0.5, start + at + 0.02);
    loud.gain.exponentialRampToValueAtTime(0.001, start + at + 0.6);
    tone.start(start + at);
    tone.stop(start + at + 0.62);
  }
  return 1.0;
}
