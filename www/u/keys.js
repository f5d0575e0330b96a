// Keys of the counter: by place on the keyboard (event.code), so that a Chinese input method does not change them.
// Which key does what comes with the counter's view, see `panel: keys:` of the YAML.

const HOLD = 1_000; // ms a key or button is held down before it is meant
const CHOSEN = "usher.keys"; // on | off: letters can be switched off (WCAG 2.1.4); the numpad stays
const TYPED = /^(Shift\+)?(Key|Digit|Intl|Back(quote|slash)|Minus|Equal|Bracket|Semicolon|Quote|Comma|Period|Slash|Space)/;
const NOT_TYPED = /^(Alt\+(Shift\+)?\w+|((Ctrl|Alt|Shift)\+)*F\d+|Numpad(Add|Multiply|Subtract|Divide)|Pause|ScrollLock)$/;

const CAPS = {
  NumpadAdd: "+",
  NumpadMultiply: "*",
  NumpadSubtract: "-",
  NumpadDecimal: ".",
  NumpadDivide: "/",
  NumpadEnter: "⏎",
  Enter: "⏎",
  Backspace: "⌫",
  Space: "␣",
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  PageUp: "PgUp",
  PageDown: "PgDn",
  Delete: "Del",
  Insert: "Ins",
  Backquote: "`",
  Minus: "-",
  Equal: "=",
  BracketLeft: "[",
  BracketRight: "]",
  Backslash: "\\",
  Semicolon: ";",
  Quote: "'",
  Comma: ",",
  Period: ".",
  Slash: "/",
};

/** What is printed on the key: Alt+KeyN -> Alt+N. */
export const cap = (key) => {
  const held = key.split("+");
  const code = held.pop();
  return [...held, CAPS[code] ?? code.replace(/^Key|^Digit|^Numpad/, "")].join("+");
};

/** Whether letters alone are keys in this browser; `said` is what the YAML says, until staff choose. */
export const letters = {
  on: (said = true) => (localStorage.getItem(CHOSEN) ?? (said ? "on" : "off")) === "on",
  choose: (on) => localStorage.setItem(CHOSEN, on ? "on" : "off"),
};

/** The key with what is held beside it, as the YAML writes it: Ctrl+Alt+Shift+KeyN. */
export const chord = (event) =>
  [event.ctrlKey && "Ctrl", event.altKey && "Alt", event.shiftKey && "Shift", event.code].filter(Boolean).join("+");

/**
 * Listens to a window's keys for the page: `keys()` is function -> keys, `singles()` whether letters count; `press()`
 * before each `act(function)`, `held(function)` when the key stays down; `digit(d, onTheRow)`, `sheet()`, `escape()`.
 * Answers what ends it.
 */
export function listen(page, on = window) {
  let holding = null;
  const letGo = () => clearTimeout(holding);

  function pressed(event) {
    if (event.isComposing || event.keyCode === 229 || event.metaKey) return;
    const target = event.composedPath()[0];
    const typing = target.matches?.("input:not([type=checkbox], [type=radio]), textarea, select");
    const key = chord(event);
    if (key === "Escape" || event.key === "Escape") {
      page.escape();
      return;
    }
    // While something is typed every key is the field's own, but for those that type nothing there.
    if (typing && !NOT_TYPED.test(key)) return;
    if (event.key === "?" || (event.key === "？" && !typing)) {
      event.preventDefault();
      page.sheet();
      return;
    }
    const found = /^(?:Numpad|Digit)(\d)$/.exec(key);
    if (found) {
      if (page.digit(found[1], key.startsWith("Digit")) !== false) event.preventDefault();
      return;
    }
    const command = Object.entries(page.keys()).find(([, keys]) => keys.includes(key))?.[0];
    if (!command || (TYPED.test(key) && !page.singles())) return;
    // Enter and Space belong to the button they stand on; the numpad's Enter is a key of the panel.
    if (["Enter", "Space"].includes(key) && target.matches?.("button, a, select, summary, input, [role=tab]")) return;
    event.preventDefault();
    if (event.repeat) return;
    letGo();
    page.press();
    holding = setTimeout(() => page.held(command), HOLD);
    page.act(command);
  }

  const heard = {keydown: pressed, keyup: letGo, blur: letGo, pagehide: letGo};
  for (const [type, then] of Object.entries(heard)) on.addEventListener(type, then);
  return () => {
    letGo();
    for (const [type, then] of Object.entries(heard)) on.removeEventListener(type, then);
  };
}

/** The same for a button under finger or mouse: what lit's `@` attributes are given. */
export function holdable(page, command) {
  let holding = null;
  const letGo = () => clearTimeout(holding);
  return {
    down: () => {
      letGo();
      page.press();
      holding = setTimeout(() => page.held(command), HOLD);
    },
    up: letGo,
  };
}
