// What every page's elements share: focus, buttons, hidden text. Constructed sheets, so the content policy stays strict.
import {css} from "../vendor/lit.js";

export const base = css`
  :host {
    display: block;
    box-sizing: border-box;
    --u-banner-font: max(min(var(--u-text-3), 4.4vw), var(--u-banner, 0px));
    --u-banner-room: 0px;
    color: var(--u-text);
    font-family: var(--u-font-ui);
  }
  :host([lost]) {
    /* the banner stands above the page, not on it */
    --u-banner-room: calc(var(--u-banner-font) * 1.5 + 2 * var(--u-space-2));
    padding-block-start: var(--u-banner-room);
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  h1,
  h2,
  h3,
  p,
  ul,
  ol,
  dl,
  dd {
    margin: 0;
    padding: 0;
  }
  ul,
  ol {
    list-style: none;
  }
  .num {
    font-family: var(--u-font-num);
    font-variant-numeric: tabular-nums lining-nums;
    letter-spacing: 0;
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  button,
  .button {
    font: inherit;
    color: var(--u-text);
    background: var(--u-surface);
    border: var(--u-rule) solid var(--u-line);
    border-radius: var(--u-radius);
    min-height: var(--u-tap);
    padding: 0 var(--u-space-4);
    cursor: pointer;
    text-decoration: none;
    touch-action: manipulation;
    -webkit-tap-highlight-color: transparent;
  }
  button:active:not(:disabled):not([aria-disabled="true"]) {
    transform: translateY(1px);
    border-color: var(--u-text);
  }
  button.primary,
  .button.primary {
    background: var(--u-brand);
    border-color: var(--u-brand);
    color: var(--u-on-brand);
    font-weight: 600;
  }
  button:disabled,
  button[aria-disabled="true"] {
    background: var(--u-bg);
    border-style: dashed;
    color: var(--u-muted);
    cursor: default;
  }
  :focus-visible {
    outline: 4px solid var(--u-focus);
    outline-offset: 0;
    box-shadow: 0 0 0 8px var(--u-focus-ink);
  }
  input,
  select {
    font: inherit;
    color: var(--u-text);
    background: var(--u-surface);
    border: var(--u-rule) solid var(--u-line);
    border-radius: var(--u-radius);
    min-height: var(--u-tap);
    padding: 0 var(--u-space-3);
  }
  .banner {
    position: fixed;
    z-index: 5;
    inset: 0 0 auto 0;
    padding: var(--u-space-2) var(--u-space-4);
    background: var(--u-text);
    color: var(--u-bg);
    text-align: center;
    font-size: var(--u-banner-font);
    line-height: 1.5;
  }
  .slate {
    position: fixed;
    z-index: 4;
    inset: 0;
    display: grid;
    place-content: center;
    gap: 0.5em;
    padding: 6vmin;
    text-align: center;
    background: var(--u-bg);
    font-size: clamp(20px, 4vmin, 64px);
  }
  .slate h1 {
    font-size: 1.6em;
    line-height: var(--u-leading-tight);
  }
`;
