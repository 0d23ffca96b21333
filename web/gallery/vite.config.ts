// Builds the gallery into one file, which also tells how large a page with everything in it is.

import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { viteSingleFile } from "vite-plugin-singlefile";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [viteSingleFile()],
  build: { target: "es2022", outDir: "../node_modules/.gallery", emptyOutDir: true },
});
