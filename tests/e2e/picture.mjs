// Makes docs/views.png, the picture the README opens with: answers of the demo, as the view draws them.
// `node tests/e2e/picture.mjs`, with a binary built and the packages of this folder installed.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stage } from './browser.mjs';
import { json } from './samples.mjs';
import { repository } from './server.mjs';

const WIDTH = 380;
/** Columns of tools, each with the place of its call among the examples of that tool, and a theme. */
const COLUMNS = [
  [['get_order', 0, 'light'], ['search_products', 1, 'dark']],
  [['track_package', 0, 'dark'], ['get_order', 1, 'light']],
  [['get_stock', 0, 'light'], ['get_profile', 0, 'dark']],
  [['book_appointment', 0, 'light'], ['search_products', 0, 'dark']],
];

const { calls } = json('tests/clients/examples.json');
const stage = await Stage.start();

async function shot([tool, n, theme]) {
  const { arguments: args } = calls.filter((call) => call.tool === tool)[n];
  const media = { deviceScaleFactor: 2, colorScheme: theme, viewport: { width: 900, height: 2000 } };
  const view = await stage.open({ tool, args, width: WIDTH, media });
  await view.host('context', { theme });
  await view.frame.locator(`html[data-theme=${theme}]`).waitFor({ state: 'attached' });
  await view.settled();
  const picture = await view.frame.locator('#root .tf').first().screenshot({ omitBackground: true });
  await view.close();
  return `<img src="data:image/png;base64,${picture.toString('base64')}" width="${WIDTH}">`;
}

const columns = [];
for (const column of COLUMNS) {
  const images = [];
  for (const one of column) images.push(await shot(one));
  columns.push(`<div>${images.join('')}</div>`);
}
const page = await stage.browser.newPage({ deviceScaleFactor: 1.25, viewport: { width: COLUMNS.length * (WIDTH + 28) + 28, height: 600 } });
await page.setContent(`<!doctype html><style>
  body { margin: 0; padding: 28px; background: linear-gradient(120deg, #d9e8f5, #e6dcf2 60%, #f6e3d8); }
  body, div { display: flex; gap: 28px; align-items: start; }
  div { flex-direction: column; }
  img { border-radius: 16px; box-shadow: 0 8px 28px #0002; }
</style>${columns.join('')}`);
writeFileSync(join(repository, 'docs/views.png'), await page.screenshot({ fullPage: true }));
await stage.close();
