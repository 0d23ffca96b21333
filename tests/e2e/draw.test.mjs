// A widget is drawn in both hosts over both transports, and its buttons and forms lead where the project says.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Stage, withView } from './browser.mjs';
import { Shop } from './shop.mjs';

const ORDER = { tool: 'get_order', args: { order_id: '1001' } };
const FORM = { tool: 'book_appointment', args: { product_id: 'commuter' } };

let stage;
let shop;
before(async () => {
  shop = new Shop();
  stage = await Stage.start({ http: [shop.folder, 'http'], stdio: [shop.folder, 'stdio'] });
});
after(async () => {
  await stage?.close();
  shop?.remove();
});

for (const kind of ['bridge', 'renderer']) {
  for (const client of ['http', 'stdio']) {
    describe(`${kind} over ${client}`, () => {
      const on = { kind, client };

      test('draws an order, and tells its height', () =>
        withView(stage, { ...ORDER, ...on }, async (view) => {
          await view.sees('Arriving Thu, Nov 26');
          const { sizes } = await view.logged((log) => log.sizes.length > 0);
          assert.ok(sizes.at(-1).height > 100);
          assert.ok(sizes.every((size) => size.width === undefined), 'a width was told');
        }));

      test('Track package: the result replaces the card', () =>
        withView(stage, { ...ORDER, ...on }, async (view) => {
          await view.button('Track package').click();
          await view.sees('In transit');
          assert.equal(await view.frame.getByText('Arriving Thu, Nov 26').count(), 0);
          const { calls } = await view.log();
          assert.deepEqual(calls[0], { name: 'track_package', arguments: { tracking_number: 'SW-4471-2290' } });
        }));

      test('the form books a visit: there is a row', () =>
        withView(stage, { ...FORM, ...on }, async (view) => {
          const name = `Mila ${kind} ${client}`;
          await view.frame.getByLabel(/name/i).fill(name);
          await view.frame.locator('input[type=date]').fill(shop.freeDay());
          await view.frame.getByRole('button', { name: /book|confirm/i }).click();
          await view.sees('V-');
          assert.deepEqual(shop.visitors().filter((visitor) => visitor === name), [name]);
        }));
    });
  }

  describe(kind, () => {
    test('a refused booking says why, and nothing typed is lost', () =>
      withView(stage, { ...FORM, kind }, async (view) => {
        const day = shop.freeDay();
        shop.book(day);
        await view.frame.getByLabel(/name/i).fill('Second Visitor');
        await view.frame.locator('input[type=date]').fill(day);
        await view.frame.getByRole('button', { name: /book|confirm/i }).click();
        await view.sees('Nothing was booked');
        assert.equal(await view.frame.getByLabel(/name/i).inputValue(), 'Second Visitor');
        assert.ok(!shop.visitors().includes('Second Visitor'));
      }));

    test('a form that lacks something is not sent', () =>
      withView(stage, { ...FORM, kind }, async (view) => {
        await view.frame.getByLabel(/name/i).fill('');
        await view.frame.getByRole('button', { name: /book|confirm/i }).click();
        const invalid = view.frame.locator('input:invalid').first();
        await invalid.waitFor({ state: 'attached' });
        assert.deepEqual((await view.log()).calls, []);
      }));

    test('an action without a tool becomes a sentence in the chat', () =>
      withView(stage, { ...ORDER, kind }, async (view) => {
        await view.button('Get help').click();
        const { messages } = await view.logged((log) => log.messages.length > 0);
        assert.equal(messages[0].role, 'user');
        assert.match(messages[0].content[0].text, /I chose “Get help” \(order\.help\) in “.+”/);
      }));

    test('the theme follows the host', () =>
      withView(stage, { ...ORDER, kind }, async (view) => {
        await view.sees('Arriving Thu, Nov 26');
        const look = async () => (await view.inner()).evaluate(() => {
          const page = document.documentElement;
          return [page.dataset.theme, getComputedStyle(page).backgroundColor, page.style.colorScheme];
        });
        const [, light] = await look();
        await view.host('context', { theme: 'dark', locale: 'de-DE', timeZone: 'Europe/Berlin' });
        await view.frame.locator('html[data-theme=dark][lang="de-DE"]').waitFor({ state: 'attached' });
        const [theme, dark, scheme] = await look();
        assert.deepEqual([theme, scheme], ['dark', 'dark']);
        assert.notEqual(dark, light);
      }));

    test('a cancelled call says so', () =>
      withView(stage, { ...ORDER, kind, run: false }, async (view) => {
        await view.host('partial', { order_id: '10' });
        await view.host('cancel', 'the user stopped it');
        await view.sees(/Cancelled/);
      }));
  });
}

test('buttons of a replaced widget lead on, and back', () =>
  withView(stage, ORDER, async (view) => {
    await view.button('Track package').click();
    await view.sees('In transit');
    await view.frame.getByRole('button', { name: /order/i }).first().click();
    await view.sees('Arriving Thu, Nov 26');
  }));

test('while arguments stream in, the page says what is done', () =>
  withView(stage, { ...ORDER, run: false }, async (view) => {
    await view.host('partial', { order_id: '1' });
    await view.frame.locator('#status:not(:empty)').waitFor();
    await view.run();
    await view.sees('Arriving Thu, Nov 26');
  }));

test('the height shrinks with the widget', () =>
  withView(stage, { tool: 'search_products', args: {} }, async (view) => {
    await view.logged((log) => log.sizes.some((size) => size.height > 200));
    await view.run({ args: { query: 'unicycle' } });
    await view.sees('Nothing found');
    await view.logged((log) => log.sizes.at(-1).height < Math.max(...log.sizes.map((size) => size.height)));
  }));

test('pings and the end are answered, other requests are not known', () =>
  withView(stage, ORDER, async (view) => {
    const answers = await view.page.evaluate(async () => {
      const seen = [];
      const frame = document.querySelector('#view').contentWindow;
      window.addEventListener('message', ({ source, data }) => source === frame && data.id >= 900 && seen.push(data));
      ['ping', 'ui/resource-teardown', 'x/unheard-of'].forEach((method, n) =>
        window.host.raw({ jsonrpc: '2.0', id: 900 + n, method, params: {} }),
      );
      while (seen.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
      return seen;
    });
    assert.deepEqual(answers.map((a) => a.result ?? a.error.code), [{}, {}, -32601]);
  }));

test('links are opened by the host', () =>
  withView(stage, { tool: 'track_package', args: { tracking_number: 'SW-4471-2290' } }, async (view) => {
    const link = view.frame.locator('a[href^="https://example.com/track/"]').first();
    await link.click();
    const { links } = await view.logged((log) => log.links.length > 0);
    assert.deepEqual(links, ['https://example.com/track/SW-4471-2290']);
  }));
