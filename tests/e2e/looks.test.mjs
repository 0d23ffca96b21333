// Every demo answer and every sample looks as it did: pictures in `baseline`, light and dark, at 360 and 720 px.
// TOOLFACE_BASELINE=update makes them anew; look at each before committing it. What differs is put into `differs`.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';
import { Stage } from './browser.mjs';
import { SAMPLES, answered } from './samples.mjs';
import { here } from './server.mjs';

const UPDATE = process.env.TOOLFACE_BASELINE === 'update';
/** Of all pixels, how many may differ; and how many px the height: fonts differ a little between machines. */
const PIXELS = 0.02;
const HEIGHT = 4;

let stage;
before(async () => (stage = await Stage.start()));
after(() => stage?.close());

/** What is wrong with a picture, if anything is. */
function difference(name, picture) {
  const path = join(here, 'baseline', `${name}.png`);
  if (UPDATE || !existsSync(path)) {
    mkdirSync(join(here, 'baseline'), { recursive: true });
    writeFileSync(path, picture);
    return UPDATE ? undefined : `${name}: there was no baseline`;
  }
  const [was, is] = [readFileSync(path), picture].map((bytes) => PNG.sync.read(bytes));
  if (was.width !== is.width || Math.abs(was.height - is.height) > HEIGHT) {
    return kept(name, picture, `is ${is.width}×${is.height}, was ${was.width}×${was.height}`);
  }
  const height = Math.min(was.height, is.height);
  const top = (png) => png.data.subarray(0, 4 * png.width * height);
  const differing = pixelmatch(top(was), top(is), undefined, was.width, height, { threshold: 0.2 });
  return differing > PIXELS * was.width * height ? kept(name, picture, `${differing} pixels differ`) : undefined;
}

function kept(name, picture, what) {
  mkdirSync(join(here, 'differs'), { recursive: true });
  writeFileSync(join(here, 'differs', `${name}.png`), picture);
  return `${name}: ${what}`;
}

for (const [name, options] of SAMPLES) {
  test(name, async () => {
    const wrong = [];
    const same = await answered(stage, options);
    for (const width of [360, 720]) {
      const view = await stage.open({ ...same, width, media: { viewport: { width: 900, height: 3200 } } });
      await view.frame.locator('#root .tf').first().waitFor();
      for (const theme of ['light', 'dark']) {
        await view.host('context', { theme });
        await view.frame.locator(`html[data-theme=${theme}]`).waitFor({ state: 'attached' });
        await view.settled();
        wrong.push(difference(`${name}-${width}-${theme}`, await view.page.locator('iframe').screenshot()));
      }
      await view.browserContext.close();
    }
    assert.deepEqual(wrong.filter(Boolean), []);
  });
}
