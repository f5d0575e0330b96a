// Keys of the counter: by place on the keyboard (event.code), so that a Chinese input method does not change them.

const GUARD = 600; // ms in which the same key does nothing again
const OFF = "usher.keys.off"; // letters can be switched off (WCAG 2.1.4); the numpad stays

/** command -> keys; the numpad's first, as on a hardware caller. */
export const KEYS = {
  next: ["NumpadAdd", "KeyN"],
  recall: ["NumpadMultiply", "KeyR"],
  no_show: ["NumpadSubtract", "KeyX"],
  hold: ["NumpadDecimal", "KeyH"],
  transfer: ["NumpadDivide", "KeyT"],
  finish: ["NumpadEnter", "Enter"],
  start: ["KeyS"],
  put_back: ["KeyB"],
  undo: ["Backspace", "KeyU"],
  served: ["KeyC"],
  pause: ["KeyP"],
};

const CAPS = {
  NumpadAdd: "+",
  NumpadMultiply: "*",
  NumpadSubtract: "-",
  NumpadDecimal: ".",
  NumpadDivide: "/",
  NumpadEnter: "⏎",
  Enter: "⏎",
  Backspace: "⌫",
};

/** What is printed on the key. */
export const cap = (code) => CAPS[code] ?? code.replace(/^Key|^Digit|^Numpad/, "");

export const letters = {
  get on() {
    return localStorage.getItem(OFF) === null;
  },
  set on(on) {
    if (on) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  },
};

const COMMANDS = new Map(Object.entries(KEYS).flatMap(([command, codes]) => codes.map((code) => [code, command])));

/** Listens for the page; `act(command)`, `digit(d)`, `sheet()`, `escape()`. Answers what ends it. */
export function listen({act, digit, sheet, escape}) {
  let last = {command: null, at: -Infinity};

  function pressed(event) {
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.altKey || event.metaKey) return;
    const target = event.composedPath()[0];
    const typing = target instanceof HTMLInputElement && target.type !== "checkbox";
    if (event.key === "Escape") {
      escape();
      return;
    }
    // While something is typed every key is the field's own; the numpad's signs are still commands.
    if (typing && !["NumpadAdd", "NumpadMultiply", "NumpadSubtract", "NumpadDivide"].includes(event.code)) return;
    if (event.key === "?" || (event.key === "？" && !typing)) {
      event.preventDefault();
      sheet();
      return;
    }
    const found = /^(?:Numpad|Digit)(\d)$/.exec(event.code);
    if (found && !event.shiftKey) {
      event.preventDefault();
      digit(found[1]);
      return;
    }
    const command = COMMANDS.get(event.code);
    if (!command || event.shiftKey) return;
    if (event.code.startsWith("Key") && !letters.on) return;
    // Enter belongs to the button it stands on; the numpad's Enter is always "finish".
    if (event.code === "Enter" && target instanceof HTMLElement && target.matches("button, a, select, summary, [role=tab]")) return;
    event.preventDefault();
    const now = performance.now();
    if (event.repeat || (last.command === command && now - last.at < GUARD)) return;
    last = {command, at: now};
    act(command);
  }

  addEventListener("keydown", pressed);
  return () => removeEventListener("keydown", pressed);
}
