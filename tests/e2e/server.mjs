// The side of a host that is no page: a real `toolface` over HTTP or stdio, the official client that talks to it, and
// two web servers, one for the host pages and one, of another origin, for the sandbox.

import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { build } from 'esbuild';

export const here = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
export const repository = join(here, '../..');
export const binary = process.env.TOOLFACE_BIN ?? join(repository, 'target/debug/toolface');

/** A client of a project over a transport: `close()` ends both. */
export async function connect(project, transport) {
  const args = ['--dir', project];
  const client = new Client(
    { name: 'toolface-e2e', version: '1.0.0' },
    { capabilities: { extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app'] } } } },
  );
  if (transport === 'stdio') {
    await client.connect(new StdioClientTransport({ command: binary, args: [...args, 'stdio'], stderr: 'ignore' }));
    return { client, close: () => client.close() };
  }
  const server = await serve(project);
  await client.connect(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`)));
  const close = async () => {
    await client.close();
    server.close();
  };
  return { client, close };
}

/** A client of a server that runs already. */
export async function connectTo(url) {
  const client = new Client({ name: 'toolface-e2e', version: '1.0.0' }, { capabilities: {} });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`)));
  return { client, close: () => client.close() };
}

/** A project served over HTTP; `url` is without a path. */
export async function serve(project) {
  const child = spawn(binary, ['--dir', project, 'serve', '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // Its log tells where it listens.
    env: { ...process.env, TOOLFACE_LOG: 'info' },
  });
  const url = await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`toolface ended with ${code}`)));
    createInterface({ input: child.stderr }).on('line', (line) => {
      const found = /(http:\/\/[^\s"]+)\/mcp/.exec(line);
      if (found) resolve(found[1]);
    });
  });
  return { url, close: () => child.kill() };
}

/** The policy a host must send, from what the page's resource declares; with nothing declared it is the strictest. */
export function policy(csp) {
  const resources = ['data:', ...(csp.resourceDomains ?? [])].join(' ');
  return [
    "default-src 'none'",
    "script-src 'unsafe-inline'",
    "style-src 'unsafe-inline'",
    `img-src ${resources}`,
    `media-src ${resources}`,
    `connect-src ${csp.connectDomains?.join(' ') || "'none'"}`,
    "frame-src 'none'",
    "object-src 'none'",
    "base-uri 'none'",
  ].join('; ');
}

const listen = (handler) =>
  new Promise((resolve) => {
    const server = createServer(handler);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });

async function bundles() {
  const { outputFiles } = await build({
    entryPoints: ['bridge.js', 'renderer.jsx'].map((name) => join(here, 'hosts', name)),
    bundle: true,
    write: false,
    outdir: '/',
    format: 'esm',
    jsx: 'automatic',
    // Not what lies in some folder above.
    tsconfigRaw: {},
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  });
  return new Map(outputFiles.map((file) => [file.path, file.text]));
}

/** Host pages for a client: `host` and `sandbox` are their addresses. */
export async function pages() {
  const scripts = await bundles();
  const files = (name) => readFileSync(join(here, 'hosts', name));
  const clients = new Map();

  async function ask(client, path, body) {
    if (path === '/tool') return (await client.listTools()).tools.find((tool) => tool.name === body.name);
    if (path === '/call') return client.callTool(body);
    return client.readResource(body);
  }

  const pageServer = await listen(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://host');
    if (request.method === 'POST') {
      let text = '';
      for await (const part of request) text += part;
      const which = new URL(request.headers.referer).searchParams.get('client');
      const answer = await ask(clients.get(which), pathname, JSON.parse(text)).then(
        (result) => ({ result }),
        (error) => ({ error: { code: error.code ?? -32603, message: error.message } }),
      );
      response.end(JSON.stringify(answer));
    } else if (scripts.has(pathname)) {
      response.setHeader('content-type', 'text/javascript').end(scripts.get(pathname));
    } else if (pathname.endsWith('.html')) {
      response.setHeader('content-type', 'text/html').end(files(pathname.slice(1)));
    } else {
      response.writeHead(404).end();
    }
  });
  const sandboxServer = await listen((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://sandbox');
    if (pathname !== '/sandbox') return response.writeHead(404).end();
    response.setHeader('content-type', 'text/html');
    response.setHeader('content-security-policy', policy(JSON.parse(searchParams.get('csp') ?? '{}')));
    response.end(files('sandbox.html'));
  });
  return {
    host: `http://127.0.0.1:${pageServer.address().port}`,
    // Another name for this machine is another site for the browser.
    sandbox: `http://localhost:${sandboxServer.address().port}/sandbox`,
    clients,
    close: () => [pageServer, sandboxServer].forEach((server) => server.close()),
  };
}
