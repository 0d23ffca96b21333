// The studio in a browser, on the demo project and on ones made for it: overview, tools, hosts, clients, addresses, keys,
// size and speed, and what a widget may not reach.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { PATIENCE } from './browser.mjs';
import { connectTo, repository } from './server.mjs';
import { Studio, findings, folder, view } from './studio.mjs';

/** How much slower than on the machine the goals are for. */
const SLACK = 4;

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

  for (const colorScheme of ['light', 'dark']) {
    test(`nothing serious that axe finds, ${colorScheme}`, async () => {
      const routes = ['', '?show=faults', ORDER, ...['text', 'envelope', 'tree', 'trace', 'wire'].map((name) => `${ORDER}&tab=${name}`), `${ORDER}&pane=json`, `${ORDER}&pane=about`, `${ORDER}&pane=file`, `${ORDER}&client=terminal`, '/tools/book_appointment', '/clients?tool=track_package', '/traffic', '/agents', '/agents/routes', '/nowhere'];
      const page = await studio.open('', { colorScheme });
      const found = [];
      for (const route of routes) {
        await page.goto(`${studio.server.url}/studio${route}`);
        await page.locator('h1').waitFor();
        await page.waitForTimeout(500);
        found.push(...(await findings(page, route)));
      }
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog').waitFor();
      found.push(...(await findings(page, 'palette')));
      assert.deepEqual(found, []);
      await page.context().close();
    });
  }

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

/** A project of many: tool `n` answers in widget `n % widgets`. */
function many(tools, widgets) {
  const files = { 'toolface.toml': '[server]\nname = "many"\n' };
  for (let n = 0; n < widgets; n++) {
    const sample = { title: `Thing ${n}`, state: 'new', lines: [{ name: 'One', value: '1' }, { name: 'Two', value: '2' }] };
    files[`widgets/thing-${n}.widget`] = {
      version: '1.0',
      name: `Thing ${n}`,
      template: '{"type":"Card","children":[{"type":"Row","children":[{"type":"Title","value":{{ title | tojson }}},{"type":"Badge","label":{{ state | tojson }}}]}{%- for line in lines -%},{"type":"Row","children":[{"type":"Text","value":{{ line.name | tojson }}},{"type":"Spacer"},{"type":"Caption","value":{{ line.value | tojson }}}]}{%- endfor -%}]}',
      jsonSchema: { type: 'object', properties: { title: { type: 'string' }, state: { type: 'string' }, lines: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' }, value: { type: 'string' } }, required: ['name', 'value'] } } }, required: ['title', 'state', 'lines'] },
      outputJsonPreview: {},
      encodedWidget: '',
    };
    files['toolface.toml'] += `[widgets.thing-${n}]\nid = "wig_thing${n}"\n`;
    files[`data/${n}.json`] = sample;
  }
  for (let n = 0; n < tools; n++) {
    files[`tools/tool_${n}.toml`] = `title = "Tool ${n}"\ndescription = "Shows thing ${n % widgets}, the way tool ${n} does it. Use it for nothing else."\nwidget = "thing-${n % widgets}"\n[annotations]\nread_only = true\n[source]\nfile = "data/${n % widgets}.json"\n`;
  }
  return folder(files);
}

describe('many', () => {
  test('the overview of 100 widgets can be used soon', async () => {
    const project = many(100, 100);
    const large = await Studio.start(project.path);
    try {
      const page = await large.open('', { size: { width: 1280, height: 720 } });
      // Once to warm the machine's caches, then for real.
      const times = [];
      for (let n = 0; n < 3; n++) {
        await page.goto('about:blank');
        const start = performance.now();
        await page.goto(`${large.server.url}/studio`);
        await page.locator('.picture').getByText('Thing 0').first().waitFor({ state: 'attached' });
        await page.keyboard.press('/');
        await page.waitForFunction(() => document.activeElement?.matches('input[type=search]'));
        times.push(performance.now() - start);
      }
      console.log(`overview of 100 widgets: ${times.map((time) => time.toFixed(0)).join(', ')} ms (goal 1500)`);
      assert.ok(Math.min(...times) < 1500 * SLACK);
      await page.keyboard.type('thing-57');
      await page.waitForFunction(() => document.querySelectorAll('.widget-card').length === 1);
    } finally {
      await large.close();
      project.close();
    }
  });

  test('1,000 tools are scrolled without lag, and few are drawn', async () => {
    const project = many(1000, 40);
    const large = await Studio.start(project.path);
    try {
      await large.on('', async (page) => {
        await page.locator('.tool-row').first().waitFor();
        assert.match(await page.locator('.head p').innerText(), /1,00\d tools/);
        const { frames, drawn } = await page.evaluate(async () => {
          const list = document.querySelector('.overview');
          const frames = [];
          let before = performance.now();
          for (let n = 0; n < 90; n++) {
            list.scrollTop += 300;
            await new Promise(requestAnimationFrame);
            frames.push(performance.now() - before);
            before = performance.now();
          }
          return { frames: frames.toSorted((a, b) => a - b), drawn: document.querySelectorAll('.tool-row').length };
        });
        console.log(`1,000 tools: median frame ${frames[45].toFixed(1)} ms, 95 % ${frames[85].toFixed(1)} ms, ${drawn} tools drawn`);
        assert.ok(drawn < 150, `${drawn} are drawn`);
        assert.ok(frames[45] < 34 * SLACK && frames[85] < 120 * SLACK, String(frames));
        await page.keyboard.press('Control+k');
        await page.keyboard.type('tool 777');
        await page.keyboard.press('Enter');
        await page.waitForURL('**/studio/tools/tool_777*');
        await (await view(page)).getByText('Thing 17').waitFor();
      });
    } finally {
      await large.close();
      project.close();
    }
  });
});

test('an empty project tells how to begin', async () => {
  const project = folder({ 'toolface.toml': '[server]\nname = "fresh"\n', 'tools/.keep': '', 'widgets/.keep': '' });
  const fresh = await Studio.start(project.path);
  try {
    await fresh.on('', async (page) => {
      await page.getByText('Nothing here yet').waitFor();
      assert.equal(await page.locator('.begin-way').count(), 3);
      assert.deepEqual(await findings(page, 'empty'), []);
    });
  } finally {
    await fresh.close();
    project.close();
  }
});

describe('what a widget may not reach', () => {
  test('its frame has an origin of its own, no token, and no way to the studio', async () => {
    const page = await studio.open(ORDER);
    const inside = await view(page);
    await inside.getByText('Arriving').waitFor();
    const frame = page.frames().find((one) => one.url().includes('/studio/view/'));
    const token = await page.evaluate(() => JSON.parse(document.querySelector('meta[name=toolface-studio]').content).token);
    const reached = await frame.evaluate(async (secret) => {
      const tries = {
        parent: () => window.parent.document.title,
        token: () => window.parent.document.querySelector('meta').content,
        storage: () => localStorage.length,
        cookie: () => document.cookie,
        top: () => void (window.top.location = 'about:blank'),
        popup: () => window.open('/studio').document.title,
        api: () => fetch('/studio/api/project').then((answer) => answer.text()),
        known: () => fetch('/studio/api/project', { headers: { 'x-toolface-studio': secret } }).then((answer) => answer.text()),
        beacon: () => new Promise((resolve, reject) => Object.assign(new Image(), { onload: resolve, onerror: () => reject(new Error('refused')), src: '/studio/api/project' })),
        frame: () => new Promise((resolve, reject) => {
          const inner = Object.assign(document.createElement('iframe'), { src: '/studio', onload: () => { try { resolve(inner.contentDocument.title); } catch (error) { reject(error); } } });
          document.body.append(inner);
          setTimeout(() => reject(new Error('never')), 1_000);
        }),
      };
      const got = { origin: self.origin, secret: document.documentElement.outerHTML.includes(secret) };
      for (const [name, attempt] of Object.entries(tries)) {
        try {
          got[name] = await attempt();
        } catch {
          // Refused, as it must be.
        }
      }
      return got;
    }, token);
    assert.deepEqual(Object.fromEntries(Object.entries(reached).filter(([, value]) => value !== undefined && value !== null)), { origin: 'null', secret: false });
    assert.match(page.url(), /\/studio\/tools\/get_order/);
    // It cannot speak to the API through its host either: what it may call is a tool, and nothing is made of other messages.
    await frame.evaluate(() => {
      for (const method of ['studio/save', 'api/project', 'tools/list', '__proto__']) window.parent.postMessage({ jsonrpc: '2.0', id: `id ${method}`, method, params: {} }, '*');
      window.parent.postMessage({ jsonrpc: '2.0', id: 'path', method: 'tools/call', params: { name: '../../new/widget', arguments: {} } }, '*');
      window.answers = {};
      window.addEventListener('message', ({ data }) => (window.answers[data.id] = data));
    });
    await frame.waitForFunction(() => Object.keys(window.answers).length >= 5, undefined, { timeout: PATIENCE });
    assert.ok(Object.values(await frame.evaluate(() => window.answers)).every((answer) => answer.error));
    await page.context().close();
  });

  test('the API answers nobody without the token, and nobody from elsewhere', async () => {
    const { url } = studio.server;
    const ask = (headers = {}, path = '/studio/api/project') => fetch(url + path, { headers }).then((answer) => answer.status);
    assert.equal(await ask(), 403);
    assert.equal(await ask({ 'x-toolface-studio': 'wrong' }), 403);
    const page = await (await fetch(`${url}/studio`)).text();
    const token = /"token":"([^"]+)"/.exec(page.replaceAll('&quot;', '"'))[1];
    assert.equal(await ask({ 'x-toolface-studio': token }), 200);
    assert.equal(await ask({ 'x-toolface-studio': token, origin: 'http://evil.example' }), 403);
  });
});

test('the page keeps its budget and asks nobody else', async () => {
  const page = readFileSync(join(repository, 'web/dist/studio.html'));
  const packed = gzipSync(page, { level: 9 }).length;
  console.log(`web/dist/studio.html: ${page.length} bytes, ${packed} gzip`);
  assert.ok(packed <= 600_000);
  const answer = await fetch(`${studio.server.url}/studio`, { headers: { 'accept-encoding': 'identity' } });
  assert.match(answer.headers.get('content-security-policy'), /default-src 'none'/);
  assert.doesNotMatch(page.toString().replace(/<script[^>]*>[^]*?<\/script>/g, ''), /<(script|img|link)[^>]+(src|href)="(?!data:)/);
});

