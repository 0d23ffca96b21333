// Makes the pictures of docs/studio.md from the demo: `node tests/e2e/studio-pictures.mjs`, with a binary built and the
// packages of this folder installed.

import { join } from 'node:path';
import { repository } from './server.mjs';
import { Studio, view } from './studio.mjs';

const studio = await Studio.start();
const order = encodeURIComponent('{"order_id":"1001"}');
const pictures = [
  ['overview', '', {}, (page) => page.locator('.picture').nth(4).getByText(/./).first().waitFor({ state: 'attached' })],
  ['tool', `/tools/get_order?args=${order}&tab=tree`, {}, async (page) => {
    await (await view(page)).getByText('Arriving').waitFor();
    await page.locator('.tree-line', { hasText: /^0:Title/ }).hover();
  }],
  ['widget', '/widgets/order-card', { colorScheme: 'dark' }, (page) => page.getByRole('region', { name: 'Preview' }).getByText('Arriving').first().waitFor()],
  ['clients', `/clients?tool=track_package`, { size: { width: 1600, height: 1160 }, colorScheme: 'dark' }, (page) => page.getByText('The same view in').waitFor()],
];
for (const [name, route, options, ready] of pictures) {
  const page = await studio.open(route, options);
  await ready(page);
  await page.waitForTimeout(700);
  await page.screenshot({ path: join(repository, `docs/studio-${name}.png`) });
}
await studio.close();
