// Makes www/vendor/ out of what npm brought: one plain ES module a library, its licence beside it.
//
// lit.js holds lit and all its directives in one request:
//   import {LitElement, html, css, repeat} from "../vendor/lit.js";
import {copyFileSync, mkdirSync, readdirSync, rmSync} from "node:fs";
import {fileURLToPath} from "node:url";
import {build} from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const vendor = `${root}www/vendor`;
const directives = readdirSync(`${root}node_modules/lit/directives`).filter((name) => name.endsWith(".js"));
const parts = ["lit", "lit/directive.js", "lit/async-directive.js", ...directives.map((name) => `lit/directives/${name}`)];

rmSync(vendor, {recursive: true, force: true});
mkdirSync(vendor, {recursive: true});
await build({
  stdin: {contents: parts.map((part) => `export * from "${part}";`).join("\n"), resolveDir: root},
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2021",
  legalComments: "inline",
  outfile: `${vendor}/lit.js`,
});
copyFileSync(`${root}node_modules/lit/LICENSE`, `${vendor}/lit.LICENSE.txt`);
