// Draws every tree it is given in light and dark at 360 and 720 px, keeps a picture of each and one sheet per tree, and says
// what is too wide (at 280 px as well) and what axe finds. Build the gallery first: npm run size, then
// node gallery/shots.mjs FOLDER TREE.json...

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { chromium } from "playwright-core";

const [out, ...files] = process.argv.slice(2);
if (!out || files.length === 0) throw new Error("usage: shots.mjs FOLDER TREE.json...");
const gallery = await readFile(new URL("../node_modules/.gallery/index.html", import.meta.url), "utf8");
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const boxes = ".tf-card, .tf-card-body, .tf-list, .tf-box, .tf-item, .tf-button, .tf-field";

await mkdir(out, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const found = [];

async function draw(tree, name, width, theme) {
  const context = await browser.newContext({ viewport: { width, height: 100 }, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.on("pageerror", (error) => found.push(`${name}: ${error.message}`));
  await page.route(/^https?:/, (route) => route.abort());
  await page.setContent(gallery);
  await page.evaluate(([tree, theme]) => window.show(tree, theme), [tree, theme]);
  await page.waitForTimeout(120);
  const wide = await page.evaluate((boxes) => {
    const clipped = [...document.querySelectorAll(boxes)].filter((box) => box.scrollWidth > box.clientWidth + 1);
    const { scrollWidth, clientWidth } = document.documentElement;
    return [...clipped.map((box) => `${box.className} ${box.textContent.slice(0, 40)}`), ...(scrollWidth > clientWidth ? ["the page"] : [])];
  }, boxes);
  if (wide.length > 0) found.push(`${name} at ${width}: too wide: ${wide[0]}`);
  return { context, page };
}

async function check(page, name) {
  await page.addScriptTag({ path: axe });
  const { violations } = await page.evaluate(() => window.axe.run(document.querySelector(".tf"), { resultTypes: ["violations"] }));
  for (const { id, impact, nodes } of violations) {
    if (["serious", "critical"].includes(impact)) found.push(`${name}: ${id}: ${nodes.map((node) => node.html.slice(0, 150)).join(" | ")}`);
  }
}

for (const file of files) {
  const tree = JSON.parse(await readFile(file, "utf8"));
  if (typeof tree !== "object") continue;
  const name = basename(file).replace(/(\.expected)?\.json$/, "");
  const pictures = [];
  for (const width of [280, 360, 720]) {
    for (const theme of width === 280 ? ["light"] : ["light", "dark"]) {
      const { context, page } = await draw(tree, name, width, theme);
      const picture = await page.screenshot({ fullPage: true });
      await writeFile(join(out, `${name}-${width}-${theme}.png`), picture);
      pictures.push(`<img width="${width}" src="data:image/png;base64,${picture.toString("base64")}">`);
      if (width === 360) await check(page, `${name} ${theme}`);
      await context.close();
    }
  }
  const sheet = await browser.newPage({ viewport: { width: 2490, height: 100 } });
  await sheet.setContent(`<body style="margin:0;background:#888;display:flex;gap:8px;align-items:start">${pictures.join("")}`);
  await sheet.screenshot({ path: join(out, `${name}.sheet.png`), fullPage: true });
  await sheet.close();
}
await browser.close();
console.log(found.join("\n") || "nothing found");
