// Stands in for ChatGPT's `window.openai` in a frame of the studio: what it holds and what it does comes from the window
// around it by messages. Put before the page's own script.
(() => {
  const waiting = new Map();
  let last = 0;
  const ask = (call, given) =>
    new Promise((resolve, reject) => {
      const id = ++last;
      waiting.set(id, { resolve, reject });
      window.parent.postMessage({ openai: "call", id, call, given }, "*");
    });
  const openai = {
    toolInput: null,
    toolOutput: null,
    toolResponseMetadata: null,
    widgetState: null,
    displayMode: "inline",
    callTool: (name, args) => ask("callTool", { name, arguments: args }),
    openExternal: ({ href }) => ask("openExternal", { href }),
    sendFollowUpMessage: ({ prompt }) => ask("sendFollowUpMessage", { prompt }),
    setWidgetState: (state) => {
      openai.widgetState = state;
      return ask("setWidgetState", { state });
    },
    requestDisplayMode: async ({ mode }) => ({ mode: mode === "inline" ? mode : "inline" }),
  };
  window.openai = openai;
  window.addEventListener("message", (event) => {
    const message = event.data;
    if (event.source !== window.parent || typeof message !== "object" || message === null) return;
    if (message.openai === "set") {
      Object.assign(openai, message.globals);
      window.dispatchEvent(new CustomEvent("openai:set_globals", { detail: { globals: message.globals } }));
    } else if (message.openai === "answer") {
      const { resolve, reject } = waiting.get(message.id) ?? {};
      waiting.delete(message.id);
      if (message.error === undefined) resolve?.(message.result);
      else reject?.(new Error(String(message.error)));
    }
  });
  window.parent.postMessage({ openai: "here" }, "*");
})();
