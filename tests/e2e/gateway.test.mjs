// A view of another MCP server, which passes through: its page is found, drawn, and its buttons lead to its own tools.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Stage, withView } from './browser.mjs';
import { serve } from './server.mjs';
import { Shop } from './shop.mjs';

let shop;
let upstream;
let stage;
const folder = mkdtempSync(join(tmpdir(), 'toolface-gateway-'));
before(async () => {
  shop = new Shop();
  upstream = await serve(shop.folder);
  const connection = `[connections.shop]\nkind = "mcp"\nurl = "${upstream.url}/mcp"\nexpose = "all"\n`;
  writeFileSync(join(folder, 'toolface.toml'), `[server]\nname = "gate"\n${connection}`);
  stage = await Stage.start({ http: [folder, 'http'] });
});
after(async () => {
  await stage?.close();
  upstream?.close();
  shop?.remove();
  rmSync(folder, { recursive: true, force: true });
});

for (const kind of ['bridge', 'renderer']) {
  describe(kind, () => {
    const order = { tool: 'shop_get_order', args: { order_id: '1001' }, kind, client: 'http' };

    test('draws an order of the other server', () =>
      withView(stage, order, (view) => view.sees('Arriving Thu, Nov 26')));

    test('a button calls a tool by the name that the other server has for it', () =>
      withView(stage, order, async (view) => {
        await view.button('Track package').click();
        await view.sees('In transit');
        assert.equal((await view.log()).calls[0].name, 'track_package');
      }));
  });
}
