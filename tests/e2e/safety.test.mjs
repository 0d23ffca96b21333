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

const card = (...children) => ({ type: 'Card', size: 'full', children });
const row = (...children) => ({ type: 'Row', children });
const form = (...children) => card({ type: 'Form', key: 'f', onSubmitAction: { type: 'send' }, children });

test('every colour of badges and buttons can be read, light and dark', () => {
  const matrix = (type, variants, colors) =>
    variants.map((variant) => ({ type: 'Row', wrap: 'wrap', children: colors.map((color) => ({ type, color, variant, label: `${color} ${variant}` })) }));
  const tree = card(
    ...matrix('Badge', ['solid', 'soft', 'outline'], ['secondary', 'success', 'danger', 'warning', 'info', 'discovery']),
    ...matrix('Button', ['solid', 'soft', 'outline', 'ghost'], ['primary', 'secondary', 'info', 'discovery', 'success', 'caution', 'warning', 'danger']),
  );
  return withView(stage, { ...shown(tree), width: 720 }, async (view) => {
    for (const theme of ['light', 'dark']) {
      await view.host('context', { theme });
      await view.frame.locator(`html[data-theme=${theme}]`).waitFor({ state: 'attached' });
      assert.deepEqual(await violations(view), [], theme);
    }
  });
});

const SIZES = [{ value: 's', label: 'Small' }, { value: 'l', label: 'Large' }];

test('a required choice left open gets the focus, where it can be seen', async () => {
  for (const field of [{ type: 'Checkbox', name: 'choice', label: 'I agree', required: true }, { type: 'RadioGroup', name: 'choice', options: SIZES, required: true }]) {
    await withView(stage, shown(form(field, { type: 'Button', label: 'Send', submit: true })), async (view) => {
      await view.button('Send').click();
      await view.frame.getByRole('alert').waitFor();
      const seen = await (await view.inner()).evaluate(() => {
        const { activeElement } = document;
        const { width, height } = activeElement.getBoundingClientRect();
        return { name: activeElement.name, visible: activeElement.checkVisibility({ opacityProperty: true }) && width > 8 && height > 8 };
      });
      assert.deepEqual(seen, { name: 'choice', visible: true });
      assert.deepEqual((await view.log()).messages, []);
    });
  }
});

test('a changed choice in a form sends its new value', () =>
  withView(
    stage,
    shown(form(
      { type: 'Checkbox', name: 'news', label: 'News', onChangeAction: { type: 'news.set' } },
      { type: 'RadioGroup', name: 'size', options: SIZES, onChangeAction: { type: 'size.set' } },
    )),
    async (view) => {
      await view.frame.getByText('News').click();
      await view.logged((log) => log.messages.length === 1);
      await view.frame.getByText('Large').click();
      const { messages } = await view.logged((log) => log.messages.length === 2);
      assert.match(JSON.stringify(messages[0]), /news.*true/);
      assert.match(JSON.stringify(messages[1]), /size.*\bl\b/);
    },
  ));

test('a checkbox keeps focus and tick when a new tree draws it elsewhere', () => {
  const boxes = ['One', 'Two', 'Three'].map((label) => ({ type: 'Checkbox', name: label.toLowerCase(), label }));
  const again = card({ type: 'Text', value: 'New' }, { type: 'Box', children: form(...boxes).children });
  return withView(stage, shown(form(...boxes)), async (view) => {
    await view.frame.getByText('Two').click();
    await view.frame.getByRole('checkbox', { name: 'Two' }).focus();
    await view.run(shown(again));
    await view.sees('New');
    const kept = await (await view.inner()).evaluate(() => ({
      focus: document.activeElement.labels?.[0]?.textContent,
      ticks: [...document.querySelectorAll('input')].map(({ checked }) => checked),
    }));
    assert.deepEqual(kept, { focus: 'Two', ticks: [false, true, false] });
  });
});

const LONG = 'Donaudampfschifffahrtsgesellschaftskapitaenswitwe';
const buttons = (...labels) => labels.map((label) => ({ type: 'Button', label }));
const badges = (...labels) => labels.map((label) => ({ type: 'Badge', label }));
const title = { type: 'Title', value: 'A rather long title of several words' };
const days = (...names) =>
  row(...names.map((value) => ({ type: 'Col', flex: 1, align: 'center', children: [{ type: 'Caption', value }, { type: 'Icon', name: 'lucide:sun' }, { type: 'Text', value: '21°' }] })));
const NARROW = card(
  row(...buttons('Accept', 'Maybe later', 'Decline invitation')),
  row(title, { type: 'Spacer' }, ...buttons('Edit', 'Share', 'Delete')),
  row(...badges('Short', 'In stock now', 'Free delivery', 'Two years guarantee')),
  row(title, { type: 'Spacer' }, ...badges('Delivered on Tuesday afternoon')),
  row(title, { type: 'Spacer' }, ...badges('Delivered on Tuesday')),
  days('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'),
  days('Monday', 'Tuesday', 'Wednesday', 'Thursday'),
  ...buttons(LONG, 'Confirm the appointment with the specialist on Tuesday afternoon'),
  ...badges(LONG, 'A badge with quite a lot of words in it, more than fit'),
  { type: 'Checkbox', name: 'c', label: LONG },
  { type: 'RadioGroup', name: 'r', options: [{ value: 'x', label: LONG }] },
  row(...buttons(LONG, LONG, LONG)),
  row({ type: 'DatePicker', name: 'd', clearable: true, defaultValue: '2026-12-05' }, { type: 'Select', name: 's', options: SIZES }, ...buttons('Book')),
  row(...Array.from({ length: 5 }, () => ({ type: 'Col', children: [{ type: 'Text', value: LONG }] }))),
);

for (const width of [280, 320, 360, 420, 720]) {
  test(`at ${width} px nothing is cut and no word is torn`, () =>
    withView(stage, { ...shown(NARROW), width }, async (view) => {
      const wrong = await (await view.inner()).evaluate(() => {
        const elements = [...document.querySelectorAll('#root .tf *')];
        const cut = elements.filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 1).map((e) => `cut: ${e.className} ${e.textContent}`);
        const edge = document.documentElement.clientWidth;
        const out = elements.filter((e) => e.getBoundingClientRect().right > edge).map((e) => `out: ${e.className} ${e.textContent}`);
        const torn = [];
        const texts = document.createTreeWalker(document.querySelector('#root .tf'), NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) {
          const { currentNode: node } = texts;
          for (const { 0: word, index } of node.data.matchAll(/\S+/g)) {
            const range = new Range();
            range.setStart(node, index);
            range.setEnd(node, index + word.length);
            if (word.length <= 20 && new Set([...range.getClientRects()].map(({ top }) => top)).size > 1) torn.push(`torn: ${word}`);
          }
        }
        const date = document.querySelector('.tf-date').offsetWidth;
        return [...cut, ...out, ...torn, ...(date < 160 ? [`date: ${date} px`] : [])];
      });
      assert.deepEqual(wrong, []);
    }));
}

test('a height of the whole window is a height, not endless', () => {
  const tall = (props) => ({ type: 'Box', ...props, children: [{ type: 'Text', value: 'High' }] });
  return withView(stage, shown(card(tall({ minHeight: '100vh' }), tall({ height: 'calc(50dvh + 10px)' }), tall({ minHeight: '10vmax' }))), async (view) => {
    const heights = await (await view.inner()).evaluate(() => [...document.querySelectorAll('.tf-box')].map((box) => box.offsetHeight));
    assert.deepEqual(heights, [800, 410, 80]);
    assert.ok((await view.log()).sizes.at(-1).height < 1500);
  });
});

test('a border of a colour nobody knows is there', () => {
  const box = (color) => ({ type: 'Box', border: { size: 3, color, style: 'dashed' }, children: [{ type: 'Text', value: 'In it' }] });
  return withView(stage, shown(card(box('danger'), box('hotpink'), { type: 'Divider', color: 'nonsense' }, { type: 'Divider' })), async (view) => {
    const looks = await (await view.inner()).evaluate(() => ({
      borders: [...document.querySelectorAll('.tf-box')].map((one) => getComputedStyle(one).border.replace(/^(\S+ \S+).*/, '$1')),
      dividers: new Set([...document.querySelectorAll('.tf-divider')].map((one) => getComputedStyle(one).backgroundColor)).size,
      pink: getComputedStyle(document.querySelectorAll('.tf-box')[1]).borderTopColor,
    }));
    assert.deepEqual(looks, { borders: ['3px dashed', '3px dashed'], dividers: 1, pink: 'rgb(255, 105, 180)' });
  });
});

test('a date typed by keyboard is told once, and clearing it keeps the focus', () =>
  withView(stage, shown(card({ type: 'DatePicker', name: 'day', clearable: true, onChangeAction: { type: 'day.set' } })), async (view) => {
    await view.frame.locator('input[type=date]').focus();
    await view.page.keyboard.type('12052026', { delay: 30 });
    await view.logged((log) => log.messages.length > 0);
    await view.page.keyboard.press('Shift+Tab');
    const { messages } = await view.log();
    assert.equal(messages.length, 1);
    assert.match(JSON.stringify(messages), /2026-12-05/);
    await view.button('Clear').click();
    assert.equal(await (await view.inner()).evaluate(() => document.activeElement.type), 'date');
  }));

test('a chart of extreme numbers and too many names is drawn without a complaint', () => {
  const data = Array.from({ length: 300 }, (_, day) => ({ day: new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10), y: [1e308, -1e308, day][day % 3] }));
  return withView(stage, { ...shown(card({ type: 'Chart', data, xAxis: 'day', showYAxis: true, series: [{ type: 'line', dataKey: 'y' }] })), width: 280 }, async (view) => {
    const { wrong, labels } = await (await view.inner()).evaluate(() => ({
      wrong: /NaN|Infinity/.test(document.querySelector('svg').outerHTML),
      labels: [...document.querySelectorAll('.tf-axes > text')].map((text) => text.getBoundingClientRect()).map(({ left, right }) => [left, right]),
    }));
    assert.equal(wrong, false);
    assert.ok(labels.length > 1 && labels.every(([left], index) => index === 0 || left > labels[index - 1][1]), JSON.stringify(labels));
  });
});
