// Of two browsers at one counter one acts; the other is asked whether it takes over. The hall decides, see counter.lease.
import {requestId} from "./socket.js";

const SAY_EVERY = 15_000; // ms; the hall lets go after 45 s
const KEY = "usher.panel";

export class Lease {
  /** `say(data)` calls counter.lease. */
  constructor(say) {
    this._say = say;
    this.id = requestId();
    this._was = sessionStorage.getItem(KEY); // of this tab before it was loaded anew
    this._at = -Infinity;
    this._asking = false;
    this.barred = false; // who may not hold a lease (a link of an installer's own) acts without
  }

  /** Whether another page is the one in use. */
  elsewhere(doc) {
    return Boolean(!this.barred && doc?.lease && doc.lease.panel !== this.id && doc.lease.panel !== this._was);
  }

  /** Once a second, while the link is live: ask for it where nobody has it, and say that this page is still there. */
  keep(doc) {
    if (!doc || this.barred || this.elsewhere(doc)) return;
    if (doc.lease?.panel === this.id && performance.now() - this._at < SAY_EVERY) return;
    this.hold();
  }

  async hold(take = false) {
    if (this._asking) return;
    this._asking = true;
    try {
      const {mine} = await this._say({panel: this.id, take, ...(this._was ? {was: this._was} : {})});
      this._was = null;
      if (mine) {
        this._at = performance.now();
        sessionStorage.setItem(KEY, this.id);
      }
    } catch (error) {
      this.barred = error.code === "not_permitted";
    } finally {
      this._asking = false;
    }
  }
}
