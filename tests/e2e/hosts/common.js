// What both host pages share: calls to the server behind this page, what happened so far, and parts taken out of results.

/** What the view asked for and told, in order. */
export const log = { sizes: [], messages: [], links: [], calls: [], errors: [], times: {} };

async function post(path, body) {
  const answer = await fetch(path, { method: 'POST', body: JSON.stringify(body) });
  const value = await answer.json();
  if (value.error) throw Object.assign(new Error(value.error.message), { code: value.error.code });
  return value.result;
}

export const server = {
  tool: (name) => post('/tool', { name }),
  call: (params) => post('/call', params),
  read: (params) => post('/read', params),
};

/** The result without some of its parts. */
export function strip(result, parts) {
  const kept = { ...result };
  for (const part of parts ?? []) delete kept[part];
  if (!kept.content) kept.content = [];
  return kept;
}

/** Answers a call of the view as the test wants it: refused, stripped, or as the server has it. */
export async function answer(params, options) {
  log.calls.push(params);
  if (options.refuseCalls) throw Object.assign(new Error('This host calls no tools.'), { code: -32000 });
  if (options.answers?.[params.name]) return options.answers[params.name];
  return server.call({ name: params.name, arguments: params.arguments });
}

/** The view's page and the address of the sandbox with the policy that page asks for. */
export async function page(tool, options) {
  const uri = tool._meta?.ui?.resourceUri ?? tool._meta?.['ui/resourceUri'];
  const { contents } = await server.read({ uri });
  const csp = contents[0]._meta?.ui?.csp ?? {};
  const sandbox = new URL(options.sandbox);
  sandbox.searchParams.set('csp', JSON.stringify(csp));
  return { uri, html: options.inject ? contents[0].text.replace('<head>', `<head>${options.inject}`) : contents[0].text, csp, sandbox };
}

export const hostContext = (tool, options) => ({
  toolInfo: { id: 1, tool },
  theme: 'light',
  locale: 'en-US',
  timeZone: 'America/New_York',
  displayMode: 'inline',
  platform: 'web',
  ...options.context,
});

export const hostInfo = { name: 'Toolface test host', version: '1.0.0' };
