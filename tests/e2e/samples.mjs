// What there is to look at: every demo answer, and every sample and gallery widget of ChatKit.

import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { binary, repository } from './server.mjs';

export const json = (path) => JSON.parse(readFileSync(join(repository, path), 'utf8'));

/** Options for a view that shows a tree, whatever tool it was opened for. */
export const shown = (tree) => ({ tool: 'get_order', result: { content: [], _meta: { 'dev.toolface/widget': { tree } } } });

/** Name and tree of each widget of a folder that renders with its data, as the binary draws it. */
function rendered(folder) {
  return readdirSync(join(repository, folder))
    .filter((name) => name.endsWith('.data.json'))
    .map((name) => name.replace('.data.json', ''))
    .filter((name) => !WITHOUT_DATA.includes(name))
    .map((name) => {
      const at = join(repository, folder, name);
      const args = ['render', `${at.replace(/\.named$/, '')}.widget`, '--as', 'tree', '--data', `@${at}.data.json`];
      return [name, JSON.parse(execFileSync(binary, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))];
    });
}

/** What these have as data lacks something that their template needs; `line_select.named` has it. */
const WITHOUT_DATA = ['line_select'];

export const EVERY = json('tests/fixtures/trees/every-component.json');

/** The options with the answer in them, got once: some tools write, and would answer something else the second time. */
export async function answered(stage, { tool, args, result }) {
  return { tool, args, result: result ?? (await stage.client().callTool({ name: tool, arguments: args })) };
}

/** Name and options of each. */
export const SAMPLES = [
  ...json('tests/clients/examples.json').calls.map((call) => {
    const values = Object.values(call.arguments).slice(0, 1);
    return [[call.tool, ...values].join('-'), { tool: call.tool, args: call.arguments }];
  }),
  ...['samples', 'gallery'].flatMap((folder) => rendered(`tests/fixtures/chatkit/${folder}`)).map(([name, tree]) => [name, shown(tree)]),
  ['every-component', shown(EVERY)],
];
