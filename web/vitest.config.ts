// Runs the unit tests of the drawing in a small stand-in for a browser.

import { defineConfig } from "vitest/config";

export default defineConfig({ test: { include: ["tests/**/*.test.{ts,tsx}"], environment: "happy-dom" } });
