// Hosts that take a part out of every result: the page finds the tree elsewhere, or says what there is. Never nothing.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PATIENCE, Stage, withView } from './browser.mjs';
import { Shop } from './shop.mjs';

const ORDER = { tool: 'get_order', args: { order_id: '1001' } };
const SEEN = 'Arriving Thu, Nov 26';
const RENDER = 'toolface_render';
const ALL = ['_meta', 'structuredContent', 'content'];

let stage;
let shop;
before(async () => {
  shop = new Shop();
  stage = await Stage.start({ http: [shop.folder, 'http'] });
});
after(async () => {
  await stage?.close();
  shop?.remove();
});

const called = async (view) => (await view.log()).calls.map((call) => call.name);

for (const kind of ['bridge', 'renderer']) {
  describe(kind, () => {
    const cases = [
      ['everything but _meta', ['structuredContent', 'content'], []],
      ['_meta', ['_meta'], [RENDER]],
      ['_meta and content', ['_meta', 'content'], [RENDER]],
      ['_meta and structuredContent', ['_meta', 'structuredContent'], [RENDER]],
      ['everything', ALL, ['get_order']],
    ];
    for (const [what, strip, calls] of cases) {
      test(`without ${what}`, () =>
        withView(stage, { ...ORDER, kind, strip }, async (view) => {
          await view.sees(SEEN);
          assert.deepEqual(await called(view), calls);
        }));
    }

    test('a tool that writes is not called again', () =>
      withView(stage, { tool: 'confirm_appointment', kind, strip: ALL, args: visit() }, async (view) => {
        await view.sees('Done.');
        assert.deepEqual(await called(view), []);
        assert.equal(shop.visitors().filter((name) => name === 'Once Only').length, kind === 'bridge' ? 1 : 2);
      }));

    test('where nothing can be called, the data is shown as a list', () =>
      withView(stage, { ...ORDER, kind, strip: ['_meta'], refuseCalls: true }, async (view) => {
        await view.sees(SEEN);
        await view.sees(/order id:/i);
        assert.ok(!(await view.text()).includes('{'), 'JSON is shown');
      }));

    test('a failure is an alert', () =>
      withView(stage, { tool: 'get_order', args: { order_id: '9999' }, kind }, async (view) => {
        await view.frame.getByRole('alert').getByText('No order 9999').waitFor();
      }));
  });
}

const visit = () => ({ product_id: 'commuter', kind: 'test-ride', day: shop.freeDay(), time: '11:00', name: 'Once Only' });

test('the nested envelope is understood', async () => {
  const { structuredContent } = await stage.client().callTool({ name: 'get_order', arguments: ORDER.args });
  const { widget_id: id, widget_type: type, data } = structuredContent;
  for (const result of [
    { structuredContent: { widget: { id, type }, data } },
    { content: [{ type: 'text', text: 'Here it is.' }, { type: 'text', text: JSON.stringify({ widget: { id, type }, data }) }] },
  ]) {
    await withView(stage, { ...ORDER, result }, async (view) => {
      await view.sees(SEEN);
      assert.deepEqual(await called(view), [RENDER]);
    });
  }
});

test('text alone is drawn as Markdown', () =>
  withView(stage, { ...ORDER, result: { content: [{ type: 'text', text: 'Your order is **on its way**.' }] }, refuseCalls: true }, async (view) => {
    assert.equal(await view.frame.locator('strong, b').innerText(), 'on its way');
  }));

test('a refused call of a button says so beside it', () =>
  withView(stage, { ...ORDER, refuseCalls: true }, async (view) => {
    await view.button('Track package').click();
    await view.sees('This host calls no tools.');
    await view.sees(SEEN);
  }));

test('an action’s answer that lost its tree is drawn by the server', async () => {
  const answer = await stage.client().callTool({ name: 'track_package', arguments: { tracking_number: 'SW-4471-2290' } });
  const answers = { track_package: { content: answer.content } };
  await withView(stage, { ...ORDER, answers }, async (view) => {
    await view.button('Track package').click();
    await view.sees('In transit');
  });
});

test('a newer result is not covered by an older one', () =>
  withView(stage, ORDER, async (view) => {
    await view.button('Track package').click();
    await view.sees('In transit');
    // Hosts send the first result again when they draw their own page anew.
    await view.run();
    await view.page.waitForTimeout(100);
    await view.sees('In transit');
  }));

test('ChatGPT’s own interface is the second choice', async () => {
  const { structuredContent, _meta } = await stage.client().callTool({ name: 'get_order', arguments: ORDER.args });
  for (const given of [{ toolResponseMetadata: _meta }, { toolOutput: structuredContent }]) {
    const init = `window.openai = ${JSON.stringify(given)};`;
    await withView(stage, { ...ORDER, strip: ALL, init }, async (view) => {
      await view.sees(SEEN);
      assert.deepEqual([...new Set(await called(view))], given.toolOutput ? [RENDER] : []);
    });
  }
});

test('without any bridge, ChatGPT’s own interface does', async () => {
  const client = stage.client();
  const { structuredContent, _meta } = await client.callTool({ name: 'get_order', arguments: ORDER.args });
  const track = await client.callTool({ name: 'track_package', arguments: { tracking_number: 'SW-4471-2290' } });
  const init = `window.openai = {
    toolOutput: ${JSON.stringify(structuredContent)}, toolResponseMetadata: ${JSON.stringify(_meta)}, theme: 'dark', locale: 'en-US',
    callTool: async (name) => (window.called = name, ${JSON.stringify(track)}),
    sendFollowUpMessage: async ({ prompt }) => { window.prompted = prompt },
  };`;
  const { tools } = await client.listTools();
  const uri = tools.find((tool) => tool.name === 'get_order')._meta.ui.resourceUri;
  const html = (await client.readResource({ uri })).contents[0].text;
  const page = await stage.browser.newPage();
  await page.addInitScript(init);
  await page.goto('about:blank');
  await page.setContent(`<iframe sandbox="allow-scripts" style="width:700px;height:600px"></iframe>`);
  await page.locator('iframe').evaluate((frame, text) => (frame.srcdoc = text), html);
  const frame = page.frameLocator('iframe');
  await frame.getByText(SEEN).waitFor({ timeout: PATIENCE });
  assert.equal(await frame.locator('html').getAttribute('data-theme'), 'dark');
  await frame.getByRole('button', { name: 'Get help' }).click();
  await page.frames()[1].waitForFunction('window.prompted');
  await frame.getByRole('button', { name: 'Track package' }).click();
  await frame.getByText('In transit').first().waitFor({ timeout: PATIENCE });
  assert.equal(await page.frames()[1].evaluate('window.called'), 'track_package');
  await page.close();
});
