// The committed page is what its sources make, and it can be what the server needs of it.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { repository } from './server.mjs';

const pages = ['view.html', 'studio.html'];
const read = (name) => readFileSync(join(repository, 'web/dist', name), 'utf8');
const committed = read('view.html');

test('built again, the pages are the same to the byte', () => {
  const folder = mkdtempSync(join(tmpdir(), 'toolface-dist-'));
  try {
    execFileSync('npm', ['run', '--silent', 'build'], { cwd: join(repository, 'web'), env: { ...process.env, TOOLFACE_DIST: folder }, stdio: 'pipe' });
    for (const name of pages) {
      assert.ok(readFileSync(join(folder, name), 'utf8') === read(name), `web/dist/${name} is old: run \`npm run build\` in web/ and commit it`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the server finds its places', () => {
  assert.equal(read('studio.html').split('<!--toolface:studio-->').length, 2);
  for (const place of ['<title>Toolface</title>', '<!--toolface:data-->', '<!--toolface:skeleton-->']) {
    assert.equal(committed.split(place).length, 2, place);
  }
});

test('nothing in it asks the network or makes code of text', () => {
  assert.doesNotMatch(committed, /\beval\(|new Function\b|\bfetch\(|XMLHttpRequest|WebSocket|new Worker|createObjectURL|import\(/);
  const markup = committed.replace(/<script[^>]*>[^]*?<\/script>/g, (script) => script.slice(0, script.indexOf('>')));
  assert.doesNotMatch(markup, /<(script|img|link)[^>]+(src|href)=/);
});
