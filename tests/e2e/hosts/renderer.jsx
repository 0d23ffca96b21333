// Host page 2: `AppRenderer` of @mcp-ui/client, as a React app uses it.

import { AppRenderer } from '@mcp-ui/client';
import { useState } from 'react';
import { createRoot } from 'react-dom/client';
import { answer, hostContext, hostInfo, log, page, server, strip } from './common.js';

let set;

// The library makes its bridge anew when these change.
const hostCapabilities = { openLinks: {}, serverTools: {}, message: { text: {} } };

function Host({ tool, view, options }) {
  const [state, change] = useState({ context: hostContext(tool, options) });
  set = (part) => change((before) => ({ ...before, ...part }));
  return (
    <AppRenderer
      toolName={tool.name}
      toolResourceUri={view.uri}
      html={view.html}
      sandbox={view.config}
      hostInfo={hostInfo}
      hostCapabilities={hostCapabilities}
      hostContext={state.context}
      toolInput={state.input}
      toolInputPartial={state.partial}
      toolResult={state.result}
      toolCancelled={state.cancelled}
      onCallTool={(params) => answer(params, options)}
      onOpenLink={async ({ url }) => (log.links.push(url), {})}
      onMessage={async (params) => (log.messages.push(params), {})}
      onSizeChanged={(size) => log.sizes.push(size)}
      onError={(error) => log.errors.push(String(error))}
    />
  );
}

async function open(options) {
  const tool = await server.tool(options.tool);
  const view = await page(tool, options);
  view.config = { url: view.sandbox, csp: view.csp };
  const box = document.querySelector('#box');
  box.style.width = `${options.width ?? 720}px`;
  createRoot(box).render(<Host tool={tool} view={view} options={options} />);
  // A view tells its height once it is initialized.
  while (log.sizes.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function run(options) {
  const args = options.args ?? {};
  set({ input: args });
  const result = options.result ?? (await server.call({ name: options.tool, arguments: args }));
  set({ result: strip(result, options.strip) });
}

window.host = {
  log,
  open,
  run,
  partial: (args) => set({ partial: { arguments: args } }),
  cancel: () => set({ cancelled: true }),
  context: (context) => set({ context: { ...context } }),
};
