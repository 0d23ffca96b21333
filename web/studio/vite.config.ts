// Builds the studio into one file, web/dist/studio.html: `npx vite build --config studio/vite.config.ts` in web/.

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
    page.fileName = "studio.html";
    page.source = `${String(page.source).trimEnd()}\n`;
  },
};

/** Widgets are drawn in shadow roots, which get their style as text (`parts/drawn.tsx`): the page itself needs none of it. */
const apart: Plugin = {
  name: "toolface-style-apart",
  enforce: "pre",
  resolveId(source, importer) {
    return importer?.endsWith("/shared/widget.tsx") && source.endsWith(".css") ? "\0no-style" : undefined;
  },
  load: (id) => (id === "\0no-style" ? "" : undefined),
};

export default defineConfig({
  root: here("."),
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: process.env.TOOLFACE_DIST ?? here("../dist"),
    emptyOutDir: false,
    target: "es2022",
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
  },
  plugins: [apart, viteSingleFile({ removeViteModuleLoader: true }), named],
});
