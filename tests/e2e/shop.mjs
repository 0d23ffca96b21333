// A copy of the demo whose database is a file, so that a test can look into it.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repository } from './server.mjs';

export class Shop {
  #days = 0;

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'toolface-e2e-'));
    this.file = join(this.folder, 'shop.db');
    for (const part of ['tools', 'widgets', 'data']) cpSync(join(repository, part), join(this.folder, part), { recursive: true });
    // The script makes the tables, so it runs once, here; every server then finds the same file.
    this.#python('db.executescript(open(sys.argv[2]).read())', join(this.folder, 'data/shop.sql'));
    const settings = readFileSync(join(repository, 'toolface.toml'), 'utf8');
    writeFileSync(join(this.folder, 'toolface.toml'), settings.replace(/^init = .*$/m, 'file = "shop.db"'));
  }

  /** A day within the form's two months that no test used yet. */
  freeDay() {
    const day = new Date(Date.now() + (20 + this.#days++) * 86_400_000);
    return day.toISOString().slice(0, 10);
  }

  visitors() {
    return JSON.parse(this.#python('print(json.dumps([r[0] for r in db.execute("select name from appointment")]))'));
  }

  /** Takes every time of a day. */
  book(day) {
    this.#python(
      'db.execute("insert into appointment (product_id, kind, day, time, name, phone, notes, reminder)' +
        ' select \'commuter\', \'test-ride\', ?, time, \'First Visitor\', \'\', \'\', 0 from slot", [sys.argv[2]])',
      day,
    );
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }

  // Node's own SQLite needs a newer Node than the rest of this.
  #python(code, ...given) {
    const script = `import json, sqlite3, sys\ndb = sqlite3.connect(sys.argv[1])\n${code}\ndb.commit()`;
    return execFileSync('python3', ['-c', script, this.file, ...given], { encoding: 'utf8' });
  }
}
