// The studio in a browser, on the demo project: overview, tools, hosts, clients, traffic, agents, addresses and keys.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { connectTo } from './server.mjs';
import { Studio, view } from './studio.mjs';

let studio;
before(async () => (studio = await Studio.start()));
after(() => studio?.close());

const ORDER = '/tools/get_order?args=' + encodeURIComponent('{"order_id":"1001"}');
const tab = (page, name) => page.getByRole('tab', { name, exact: true });

describe('overview', () => {
  test('every tool stands beside its widgets, drawn, with lines between', () =>
    studio.on('', async (page) => {
      const row = page.locator('.block', { has: page.locator('a[href="/studio/tools/get_order"]') });
      await row.getByRole('img', { name: 'Picture of order-card' }).getByText('Order 1001').first().waitFor({ state: 'attached' });
      assert.deepEqual(await row.locator('.widget-card').evaluateAll((cards) => cards.map((card) => card.getAttribute('href'))), ['/studio/widgets/order-card', '/studio/widgets/order-closed']);
      assert.equal(await row.locator('.block-lines path').count(), 2);
      assert.equal(await page.locator('.picture-inside > [inert]').count() > 2, true);
      await row.locator('a.tool-row').click();
      await page.waitForURL('**/studio/tools/get_order*');
    }));

  test('search finds by name, title and words, and says when nothing is found', () =>
    studio.on('', async (page) => {
      await page.locator('.tool-row').first().waitFor();
      await page.keyboard.press('/');
      await page.keyboard.type('parcel');
      await page.waitForFunction(() => document.querySelectorAll('.tool-row').length === 2);
      assert.match(page.url(), /q=parcel/);
      await page.getByRole('searchbox').fill('nothing is called so');
      await page.getByRole('button', { name: 'Show all' }).click();
      await page.locator('a[href="/studio/tools/get_stock"].tool-row').waitFor();
    }));
});

describe('a tool', () => {
  test('what only reads is run at once, and every tab shows its part', () =>
    studio.on(ORDER, async (page) => {
      await (await view(page)).getByText('Arriving').waitFor();
      await tab(page, 'Text').click();
      await page.locator('#answer-panel').getByText('1001').first().waitFor();
      await tab(page, 'Envelope').click();
      await page.locator('#answer-panel .tree').getByText('"order-card"').first().waitFor();
      await tab(page, 'Trace').click();
      for (const stage of ['arguments', 'source', 'select', 'data', 'template', 'tree', 'envelope']) {
        await page.locator('.step-head', { hasText: stage }).getByText(/ms$/).waitFor();
      }
      await page.locator('.step-head', { hasText: 'source' }).click();
      await page.locator('.step-body').getByText('tracking_number').first().waitFor();
      await tab(page, 'Wire').click();
      await page.getByRole('region', { name: 'Request' }).getByText('"tools/call"').waitFor();
      await page.getByRole('region', { name: 'Response' }).getByText('"structuredContent"').waitFor();
      await page.getByRole('button', { name: 'Copy as curl' }).click();
      assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^curl [^]*get_order/);
    }));

  test('a node of the tree that is pointed at is outlined in the view', () =>
    studio.on(`${ORDER}&tab=tree`, async (page) => {
      const inside = await view(page);
      await inside.getByText('Arriving').waitFor();
      await page.locator('.tree-line', { hasText: /^0:Title/ }).hover();
      const [outline, title] = await Promise.all([inside.locator('#outline').boundingBox(), inside.getByRole('heading', { name: /Arriving/ }).boundingBox()]);
      assert.ok(Math.abs(outline.x - title.x) < 3 && Math.abs(outline.y - title.y) < 3 && Math.abs(outline.height - title.height) < 3, JSON.stringify({ outline, title }));
      await page.mouse.move(5, 5);
      await inside.locator('#outline').waitFor({ state: 'detached' });
    }));

  test('the form writes the JSON and the JSON the form', () =>
    studio.on('/tools/book_appointment', async (page) => {
      await page.getByLabel(/^product_id/).fill('helmet');
      await page.getByLabel(/^name/).fill('Ada');
      await tab(page, 'JSON').click();
      const raw = page.getByLabel('Arguments', { exact: true }).and(page.locator('textarea'));
      assert.deepEqual(JSON.parse(await raw.inputValue()), { product_id: 'helmet', name: 'Ada' });
      await raw.fill('{"product_id": "commuter", "name": "Bo"}');
      await tab(page, 'Form').click();
      assert.equal(await page.getByLabel(/^name/).inputValue(), 'Bo');
      await tab(page, 'JSON').click();
      await raw.fill('{"product_id": ');
      await tab(page, 'Form').click();
      await page.getByText('not right yet').waitFor();
    }));

  test('a fault stands at the stage where it arose, and what came after was not reached', () =>
    studio.on('/tools/get_order?tab=trace&args=' + encodeURIComponent('{"order_id":"9999"}'), async (page) => {
      const source = page.locator('.step', { hasText: 'source' }).and(page.locator('[data-tone=bad]'));
      await source.getByText('No order 9999').first().waitFor();
      assert.equal(await page.locator('.step', { hasText: 'Not reached' }).count(), 5);
      await page.getByLabel(/^order_id/).fill('12a');
      await page.keyboard.press('Control+Enter');
      await page.locator('.step[data-tone=bad]', { hasText: 'arguments' }).waitFor();
      await page.locator('#ask-panel').getByRole('alert').getByText(/order_id/).waitFor();
    }));

  test('an action pressed in the view calls its tool, and the log tells', () =>
    studio.on(ORDER, async (page) => {
      const inside = await view(page);
      await inside.getByRole('button', { name: 'Track package' }).click();
      await inside.getByText('Swiftlet').first().waitFor();
      await page.getByText('Messages', { exact: true }).click();
      await page.locator('.wire-log li', { hasText: 'tools/call' }).getByText(/track_package/).waitFor();
    }));

  test('what changes things runs only when asked', () =>
    studio.on('/tools/confirm_appointment', async (page) => {
      await page.getByText('Not run yet.').waitFor();
      assert.equal(await page.locator('iframe').count(), 0);
    }));
});

describe('the host', () => {
  test('theme, width, language and client stand in the address and reach the view', () =>
    studio.on(`${ORDER}&theme=dark&width=320&locale=de-DE&zone=Asia%2FTokyo`, async (page) => {
      const inside = await view(page);
      await inside.getByText('Arriving').waitFor();
      const root = inside.locator('html');
      assert.deepEqual([await root.getAttribute('data-theme'), await root.getAttribute('lang')], ['dark', 'de-DE']);
      assert.equal((await page.locator('iframe').boundingBox()).width, 320);
      await page.getByRole('button', { name: /^Theme of the host/ }).click();
      await inside.locator('html[data-theme=light]').waitFor({ state: 'attached' });
      await page.getByLabel('Width').fill('280');
      await page.waitForFunction(() => document.querySelector('iframe').offsetWidth === 280);
      assert.match(page.url(), /width=280/);
      await page.getByLabel('Client').selectOption('terminal');
      await page.locator('.terminal').getByText('1001').first().waitFor();
      await page.getByLabel('Client').selectOption('chatkit');
      await page.locator('.stage').getByText('Arriving').waitFor();
    }));

  for (const client of ['desktop', 'chatgpt']) {
    test(`${client} shows the view though it keeps parts back`, () =>
      studio.on(`${ORDER}&client=${client}`, async (page) => {
        const inside = await view(page);
        await inside.getByText('Arriving').waitFor();
        await inside.getByRole('button', { name: 'Track package' }).click();
        await inside.getByText('Swiftlet').first().waitFor();
      }));
  }

  test('all clients side by side, compared', () =>
    studio.on('/clients?tool=track_package', async (page) => {
      await page.getByText('The same view in 3 of 3 clients').waitFor();
      assert.equal(await page.locator('.client').count(), 6);
      for (const panel of await page.locator('.client').all()) {
        const frame = panel.locator('iframe');
        const inside = (await frame.count()) > 0 ? frame.contentFrame() : panel;
        await inside.getByText('SW-4471-2290').first().waitFor();
      }
    }));

  test('private fields that a client cannot get are told as such', () =>
    studio.on('/clients?tool=get_order', async (page) => {
      await page.getByText('but for private fields').waitFor();
      await page.getByText('items[].image').first().waitFor();
    }));
});

describe('traffic', () => {
  test('calls of any client appear as they come, with what became of their view', async () => {
    const { client, close } = await connectTo(studio.server.url);
    try {
      await studio.on('/traffic', async (page) => {
        await page.locator('h1', { hasText: 'Traffic' }).waitFor();
        await page.waitForTimeout(300);
        await client.callTool({ name: 'get_order', arguments: { order_id: '1002' } });
        await client.callTool({ name: 'get_order', arguments: { order_id: '9999' } });
        const rows = page.locator('a.traffic-row', { hasText: 'toolface-e2e' });
        await rows.nth(1).waitFor();
        await rows.nth(1).getByText('ok', { exact: true }).waitFor();
        await rows.nth(1).click();
        await page.waitForURL(/\/studio\/traffic\/\d+/);
        await page.locator('.traffic-detail').getByText('"1002"').first().waitFor();
        await page.getByRole('link', { name: 'Open with these arguments' }).click();
        await (await view(page)).getByText('Order 1002').waitFor();
        await page.goto(`${studio.server.url}/studio/traffic?kind=failed`);
        await page.locator('a.traffic-row', { hasText: 'get_order' }).first().waitFor();
        await page.goto(`${studio.server.url}/studio/traffic`);
        await page.locator('a.traffic-row', { hasText: 'Studio' }).first().getByText('painted').waitFor();
      });
    } finally {
      await close();
    }
  });
});

describe('agents', () => {
  test('instructions, routes, manifest and exports are read, and downloaded', () =>
    studio.on('/agents', async (page) => {
      await page.locator('.agents-list button').first().waitFor();
      const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download .zip' }).click()]);
      const packed = readFileSync(await file.path());
      assert.equal(packed.subarray(0, 2).toString(), 'PK');
      await tab(page, 'Instructions').click();
      await page.getByLabel('For', { exact: true }).selectOption('get_order');
      await page.getByRole('region', { name: 'Instructions' }).getByText('get_order').first().waitFor();
      await tab(page, 'Routes').click();
      await page.locator('#agents-panel').getByText('/mcp/get_order', { exact: false }).first().waitFor();
      await tab(page, 'Manifest').click();
      await page.locator('#agents-panel .tree').waitFor();
    }));
});

describe('addresses and keys', () => {
  test('an address brings back what was seen, and going back goes back', () =>
    studio.on('', async (page) => {
      await page.locator('a[href="/studio/tools/track_package"].tool-row').click();
      await tab(page, 'Wire').click();
      await page.getByRole('region', { name: 'Request' }).waitFor();
      await page.reload();
      await page.getByRole('region', { name: 'Request' }).waitFor();
      await page.goBack();
      await page.locator('.tool-row').first().waitFor();
    }));

  test('from the overview to another client by keys alone', () =>
    studio.on('', async (page) => {
      await page.locator('.tool-row').first().waitFor();
      await page.keyboard.press('Control+k');
      await page.keyboard.type('order sta');
      await page.keyboard.press('Enter');
      await page.waitForURL('**/studio/tools/get_order*');
      await (await view(page)).getByText('Arriving').waitFor();
      await tab(page, 'View').focus();
      for (let n = 0; n < 4; n++) await page.keyboard.press('ArrowRight');
      await page.locator('.step').first().waitFor();
      assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Trace');
      await page.keyboard.press('g');
      await page.keyboard.press('c');
      await page.waitForURL('**/studio/clients*');
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keys' }).waitFor();
      await page.keyboard.press('Escape');
      await page.keyboard.press('g');
      await page.keyboard.press('t');
      await page.waitForURL('**/studio/tools/get_order*');
    }));

  test('every page fits 1280 × 720', async () => {
    const page = await studio.open();
    for (const route of ['', ORDER, '/clients?tool=get_order', '/new', '/traffic', '/agents']) {
      await page.goto(`${studio.server.url}/studio${route}`);
      await page.locator('h1').waitFor();
      await page.waitForTimeout(300);
      assert.deepEqual(await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]), [1280, 720], route);
    }
    await page.context().close();
  });
});
