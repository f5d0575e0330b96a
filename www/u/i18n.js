// Words for people: the pages' own catalogues, and `{en: ..., zh-CN: ...}` from the hall.
import zh from "./words-zh.js";
import en from "./words-en.js";

const CATALOGUES = {"zh-CN": zh, en};

/** Which of `known` fits `wanted` best: itself, its base language, or null. */
export function match(wanted, known) {
  if (!wanted) return null;
  const base = wanted.split("-")[0];
  return known.find((k) => k === wanted) ?? known.find((k) => k.split("-")[0] === base) ?? null;
}

/** The page's own words; `yue` and `zh-HK` read Chinese, all else without a catalogue reads English. */
export function t(lang, key, values = {}) {
  const name = match(lang, Object.keys(CATALOGUES)) ?? (/^(yue|wuu|nan|hak)\b/.test(lang ?? "") ? "zh-CN" : "en");
  const text = CATALOGUES[name][key] ?? CATALOGUES.en[key];
  return text === undefined ? key : text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

/** Whether the catalogues hold this key. */
export const known = (key) => key in CATALOGUES.en;

/** The hall's words in `lang`: as core/words.py picks (itself, base language, English, the first). */
export function pick(words, lang) {
  if (words === null || words === undefined) return "";
  if (typeof words !== "object") return String(words);
  const name = match(lang, Object.keys(words));
  return words[name] ?? words.en ?? Object.values(words)[0] ?? "";
}

/** The language that `pick` would answer in, for a `lang` attribute. */
export function picked(words, lang) {
  if (words === null || typeof words !== "object") return lang;
  return match(lang, Object.keys(words)) ?? ("en" in words ? "en" : (Object.keys(words)[0] ?? lang));
}

/** What speakers call their language. */
export function languageName(lang) {
  if (lang === "zh-CN" || lang === "zh") return "中文";
  if (lang === "yue") return "粵語";
  try {
    return new Intl.DisplayNames([lang], {type: "language"}).of(lang);
  } catch {
    return lang;
  }
}

const two = (n) => String(n).padStart(2, "0");
let wall = null; // the hall's clock, which the screen's own zone may not be

/** From now on times are told in this zone (Asia/Shanghai); the browser's own if there is no such one. */
export function setZone(timeZone) {
  const digits = {hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23"};
  try {
    wall = new Intl.DateTimeFormat("en-GB", {...digits, timeZone});
  } catch {
    wall = new Intl.DateTimeFormat("en-GB", digits);
  }
}
setZone();

/** 24 h, as flight boards do: 09:05:07. `stamp` is Unix seconds. */
export const hms = (stamp) => wall.format(new Date(stamp * 1000));

/** 24 h, four digits: 09:05. */
export const hm = (stamp) => hms(stamp).slice(0, 5);

/** 192 s -> 03:12; 3750 s -> 1:02:30. */
export function span(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const rest = `${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}`;
  return s >= 3600 ? `${Math.floor(s / 3600)}:${rest}` : rest;
}

/** A wait in words: "about 15 min", "about 12–20 min"; "" when it is not known. */
export function wait(lang, estimate) {
  if (estimate === null || estimate === undefined) return "";
  const [low, high] = (Array.isArray(estimate) ? estimate : [estimate, estimate]).map((s) => Math.max(1, Math.round(s / 60)));
  return low === high ? t(lang, "wait.about", {n: low}) : t(lang, "wait.range", {low, high});
}

/** A refusal in the reader's language: the hall's own sentence when it has one, else what the code means. */
export function refusal(lang, error) {
  const own = `refused.${error.code}`;
  const said = error.message && error.message !== error.code ? error.message : "";
  // The hall answers in one language; a visitor who chose another reads the code's meaning instead.
  const chinese = /[\u3400-\u9fff]/.test(said);
  const wantsChinese = /^(zh|yue|wuu|nan|hak)\b/.test(lang ?? "");
  if (said && (chinese === wantsChinese || !known(own))) return said;
  return known(own) ? t(lang, own) : said || t(lang, "refused.failed");
}
