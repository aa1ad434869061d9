// Draws every .dot file beside this one as .svg with Graphviz compiled to WebAssembly: no Graphviz to install.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { instance } from "@viz-js/viz";

const folder = new URL(".", import.meta.url);
const target = process.argv[2] ?? fileURLToPath(folder);
const viz = await instance();

for (const name of readdirSync(folder).filter((name) => name.endsWith(".dot"))) {
  const svg = viz.renderString(readFileSync(new URL(name, folder), "utf8"), { format: "svg" });
  writeFileSync(`${target}/${name.replace(/dot$/, "svg")}`, svg);
}
