// How fast the page starts and draws. The figures are printed; the bounds are generous, because machines differ.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Stage } from './browser.mjs';
import { repository } from './server.mjs';

/** How much slower than on the machine the goals are for. */
const SLACK = 6;

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.close());

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

async function five(what, goal, measure) {
  const times = [];
  for (let n = 0; n < 5; n++) times.push(await measure());
  console.log(`${what}: ${median(times).toFixed(1)} ms (goal ${goal} ms; ${times.map((t) => t.toFixed(0)).join(', ')})`);
  assert.ok(median(times) < goal * SLACK, `${what} took ${times}`);
}

async function painted(tree) {
  const view = await stage.open({ tool: 'get_order', result: { content: [], _meta: { 'dev.toolface/widget': { tree } } } });
  const frame = await view.inner();
  await frame.waitForFunction(() => window.painted !== undefined);
  const time = await frame.evaluate(() => window.painted);
  await view.browserContext.close();
  return time;
}

const text = (value) => ({ type: 'Text', value, size: 'sm' });
const row = (n) => ({
  type: 'Row',
  children: [{ type: 'Icon', name: 'cube' }, text(`Item ${n}`), { type: 'Badge', label: `${n}` }, text('$1.00')],
});
const list = (count) => ({
  type: 'ListView',
  limit: count,
  children: Array.from({ length: count }, (_, n) => ({
    type: 'ListViewItem',
    onClickAction: { type: 'item.open', payload: { n } },
    children: [{ type: 'Row', children: [text(`Row ${n}`), { type: 'Badge', label: 'new' }] }],
  })),
});

test('from the page to `initialized`', () =>
  five('HTML set → initialized', 100, async () => {
    const view = await stage.open({ tool: 'get_order', run: false });
    const { times } = await view.log();
    await view.browserContext.close();
    return times.initialized;
  }));

test('200 nodes', () =>
  five('tool-result → painted, 200 nodes', 50, () => painted({ type: 'Card', children: Array.from({ length: 40 }, (_, n) => row(n)) })));

test('a list of 2,000 nodes', () => five('tool-result → painted, 2,000-node ListView', 500, () => painted(list(400))));

test('a list of 2,000 rows', () => five('tool-result → painted, 2,000 rows (10,000 nodes)', 500, () => painted(list(2000))));

test('the page keeps its budget', () => {
  const page = readFileSync(join(repository, 'web/dist/view.html'));
  const packed = gzipSync(page, { level: 9 }).length;
  console.log(`web/dist/view.html: ${page.length} bytes, ${packed} gzip`);
  assert.ok(page.length <= 450_000 && packed <= 130_000);
});
