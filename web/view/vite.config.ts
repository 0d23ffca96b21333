// Builds the page into one file, web/dist/view.html: `npx vite build --config view/vite.config.ts` in web/.

import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { viteSingleFile } from "vite-plugin-singlefile";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Gives the file its name, and ends it with a line break. */
const named: Plugin = {
  name: "toolface-page",
  enforce: "post",
  generateBundle(_, bundle) {
    const page = bundle["index.html"];
    if (page?.type !== "asset") throw new Error("no page was built");
    page.fileName = "view.html";
    page.source = `${String(page.source).trimEnd()}\n`;
  },
};

export default defineConfig({
  root: here("."),
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: process.env.TOOLFACE_DIST ?? here("../dist"),
    emptyOutDir: false,
    target: "es2022",
    modulePreload: { polyfill: false },
  },
  plugins: [viteSingleFile({ removeViteModuleLoader: true }), named],
});
