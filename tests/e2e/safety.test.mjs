// What a tree may hold and must not do: scripts, other addresses, parts nobody knows. Axe, keyboard, narrow frames.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import axe from 'axe-core';
import { Stage, withView } from './browser.mjs';
import { EVERY, SAMPLES, json, shown } from './samples.mjs';

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.close());

const HOSTILE = [
  '<img src=x onerror="window.hacked = 1">',
  '<script>window.hacked = 1</script>',
  '"><svg onload="window.hacked = 1">',
  'javascript:window.hacked=1',
  ' java\nscript:window.hacked=1',
  'data:text/html,<script>top.hacked=1</script>',
  '[press](javascript:window.hacked=1) ![x](javascript:window.hacked=1) <a href="javascript:window.hacked=1">x</a>',
  '[press](data:text/html;base64,PHNjcmlwdD4=) <javascript:window.hacked=1>',
  '</script><script>window.hacked = 1</script>',
  '${window.hacked = 1}{{constructor.constructor("window.hacked=1")()}}',
];

/** Props that are read or followed; all others are names of sizes, colours and the like. */
const READ = /^(value|label|title|text|src|alt|href|url|name|placeholder|ariaLabel|fieldName|defaultValue|favicon|icon|iconStart|iconEnd)$/;
const ANY = /^(?!type$|key$|id$|theme$)/;

/** The tree with `text` for every string prop whose name matches. */
function poisoned(value, text, props, name = '') {
  if (Array.isArray(value)) return value.map((item) => poisoned(item, text, props, name));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, poisoned(item, text, props, key)]));
  }
  return typeof value === 'string' && props.test(name) ? text : value;
}

for (const [text, props] of HOSTILE.flatMap((text) => [READ, ANY].map((props) => [text, props]))) {
  test(`nothing comes of ${JSON.stringify(text)} in every ${props === ANY ? 'prop' : 'text and address'}`, async () => {
    const view = await stage.open(shown(poisoned(EVERY, text, props)));
    await view.frame.locator('#root > *').first().waitFor();
    const frame = await view.inner();
    for (const control of await view.frame.locator('a, button').all()) await control.click({ timeout: 300, force: true }).catch(() => {});
    const bad = await frame.evaluate(() => ({
      hacked: window.hacked,
      scripts: document.querySelectorAll('#root script, #root svg[onload], #root [onerror], #root iframe').length,
      links: [...document.querySelectorAll('#root [href], #root [src], #root [action], #root [formaction]')]
        .flatMap((e) => ['href', 'src', 'action', 'formaction'].map((name) => e.getAttribute(name)))
        .filter((url) => url && !/^(https?:|mailto:|#|data:image\/)/.test(url)),
    }));
    const { links } = await view.log();
    await view.browserContext.close();
    assert.deepEqual(bad, { hacked: undefined, scripts: 0, links: [] });
    assert.ok(links.every((url) => /^(https?|mailto):/.test(url)), String(links));
    assert.deepEqual(view.requests, []);
    assert.deepEqual(view.errors.filter((line) => !/img-src/.test(line)), []);
  });
}

test('an unknown component: the rest is drawn, and it is said what is missing', () =>
  withView(stage, shown({ type: 'Card', children: [{ type: 'Hologram', value: 1 }, { type: 'Text', value: 'still here' }] }), async (view) => {
    await view.sees('still here');
    await view.sees(/Hologram/);
  }));

test('trees that are none do not leave the page empty', async () => {
  for (const tree of [{ type: 'Nonsense' }, { type: 'Card', children: 'no' }, { type: 'Card', children: [null, 3, { type: 7 }] }, { type: 'Chart' }]) {
    await withView(stage, shown(tree), async (view) => {
      await view.frame.locator('#root > *').first().waitFor();
    });
  }
});

/** Samples whose own colours have too little contrast. */
const PALE = ['cat_profile', 'event_list', 'line_select.named'];

/** Serious and critical violations, in words. */
async function violations(view, sample) {
  const frame = await view.inner();
  await frame.evaluate(axe.source);
  const { violations: found } = await frame.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .filter(({ id }) => id !== 'color-contrast' || !PALE.includes(sample))
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ').slice(0, 300)}`);
}

describe('every demo answer and every sample', () => {
  for (const [name, options] of SAMPLES) {
    test(name, async () => {
      const view = await stage.open({ ...options, width: 280 });
      try {
        await view.frame.locator('#root .tf').first().waitFor();
        const { wide, seen } = await (await view.inner()).evaluate(() => ({
          wide: document.documentElement.scrollWidth,
          seen: document.getElementById('root').getBoundingClientRect().height,
        }));
        assert.ok(wide <= 280, `${wide} px wide`);
        assert.ok(seen > 20, 'nothing is drawn');
        for (const theme of ['light', 'dark']) {
          await view.host('context', { theme });
          await view.frame.locator(`html[data-theme=${theme}]`).waitFor({ state: 'attached' });
          assert.deepEqual(await violations(view, name), [], theme);
        }
        // Pictures of samples lie elsewhere; the policy refuses them, and that is all that may be refused.
        assert.deepEqual(view.errors.filter((line) => !/img-src|violates the following Content Security/.test(line)), []);
      } finally {
        await view.browserContext.close();
      }
    });
  }
});

test('by keyboard alone: a button, and where the focus goes', () =>
  withView(stage, { tool: 'get_order', args: { order_id: '1001' } }, async (view) => {
    await view.sees('Track package');
    await view.frame.locator('body').focus();
    const frame = await view.inner();
    const focused = () => frame.evaluate(() => document.activeElement?.textContent?.trim());
    for (let n = 0; n < 30 && (await focused()) !== 'Track package'; n++) await view.page.keyboard.press('Tab');
    assert.equal(await focused(), 'Track package');
    const outline = await frame.evaluate(() => {
      const { outlineStyle, boxShadow } = getComputedStyle(document.activeElement);
      return outlineStyle !== 'none' || boxShadow !== 'none';
    });
    assert.ok(outline, 'the focus cannot be seen');
    await view.page.keyboard.press('Enter');
    await view.sees('In transit');
    assert.notEqual(await frame.evaluate(() => document.activeElement?.tagName), 'BODY');
  }));

test('a double click asks once', () =>
  withView(stage, { tool: 'get_order', args: { order_id: '1001' } }, async (view) => {
    await view.button('Track package').dblclick();
    await view.sees('In transit');
    const { calls } = await view.log();
    assert.equal(calls.filter((call) => call.name === 'track_package').length, 1);
  }));
