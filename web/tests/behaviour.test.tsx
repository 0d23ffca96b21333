import { render } from "preact";
import { act } from "preact/test-utils";
import { beforeEach, expect, test, vi } from "vitest";
import type { Action, FormValues, Host, Node } from "../shared/contract";
import { Widget } from "../shared/widget";

vi.stubGlobal("ResizeObserver", class { observe() {} disconnect() {} });

let root: HTMLElement;
let fired: { action: Action; values: FormValues | undefined }[];
let settle: { resolve(): void; reject(problem: Error): void };
let opened: string[];

beforeEach(() => {
  document.body.innerHTML = "<div></div>";
  root = document.body.firstElementChild as HTMLElement;
  fired = [];
  opened = [];
});

const host: Host = {
  act: (action, values) =>
    new Promise((resolve, reject) => {
      fired.push({ action, values });
      settle = { resolve, reject };
    }),
  open: (url) => opened.push(url),
  locale: "en",
  timeZone: "UTC",
  theme: "light",
};

const show = (tree: Node) => act(() => render(<Widget tree={tree} host={host} />, root));
const find = <E extends HTMLElement>(selector: string) => root.querySelector(selector) as E;
const click = (selector: string) => act(() => find(selector).click());
const type = (selector: string, value: string) =>
  act(() => {
    const field = find<HTMLInputElement>(selector);
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });

const form = (given = "", button = "Send"): Node => ({
  type: "Card",
  children: [
    {
      type: "Form",
      key: "f",
      onSubmitAction: { type: "send", payload: { id: 1 } },
      children: [
        { type: "Label", value: "Name", fieldName: "user.name" },
        { type: "Input", name: "user.name", required: true, defaultValue: given },
        { type: "Checkbox", name: "news", label: "News" },
        { type: "Button", label: button, submit: true },
      ],
    },
  ],
});

test("an invalid form is not sent and says why beside the field", async () => {
  await show(form());
  await click("button");
  expect(fired).toHaveLength(0);
  expect(find("input").getAttribute("aria-invalid")).toBe("true");
  expect(find("[role=alert]")).not.toBeNull();
});

test("a valid form sends its values, once for a double click", async () => {
  await show(form());
  await type("input", "Ada");
  await click("button");
  await click("button");
  expect(fired).toEqual([{ action: { type: "send", payload: { id: 1 } }, values: { user: { name: "Ada" }, news: false } }]);
  expect(find("button").getAttribute("aria-busy")).toBe("true");
  await act(async () => settle.resolve());
  expect(find("button").getAttribute("aria-busy")).toBeNull();
});

test("Enter in a field submits", async () => {
  await show(form("Ada"));
  await act(() => void find("input").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true })));
  expect(fired).toHaveLength(1);
});

test("a refusal is said in words, and what was typed stays", async () => {
  await show(form());
  await type("input", "Ada");
  await click("button");
  await act(async () => settle.reject(new Error("This day is taken.")));
  expect(find("[role=alert]").textContent).toBe("This day is taken.");
  expect(find<HTMLInputElement>("input").value).toBe("Ada");
});

test("a new tree keeps what was typed, even where the field is made anew, unless it brings another value", async () => {
  await show(form());
  await type("input", "Ada");
  await show({ type: "Card", children: [{ type: "Text", value: "Almost" }, { type: "Box", children: form("", "Again").children as Node[] }] });
  expect(find<HTMLInputElement>("input").value).toBe("Ada");
  await show(form("Grace"));
  expect(find<HTMLInputElement>("input").value).toBe("Grace");
});

test("an action of the container makes the widget inert meanwhile", async () => {
  await show({ type: "Card", children: [], confirm: { label: "Yes", action: { type: "yes" } }, cancel: { label: "No", action: { type: "no" } } });
  await click(".tf-card-footer button:last-child");
  expect(find(".tf-stage").hasAttribute("inert")).toBe(true);
  await act(async () => settle.resolve());
  expect(find(".tf-stage").hasAttribute("inert")).toBe(false);
});

test("a card that is a form confirms with its values", async () => {
  await show({
    type: "Card", asForm: true, confirm: { label: "Save", action: { type: "save" } },
    children: [{ type: "Text", value: "Milk", editable: { name: "todo.title", required: true } }],
  });
  await type("input", "Bread");
  await click(".tf-card-footer button");
  expect(fired).toEqual([{ action: { type: "save" }, values: { todo: { title: "Bread" } } }]);
});

test("a choice outside of a form brings its value", async () => {
  await show({
    type: "Card",
    children: [{ type: "Select", name: "size", options: [{ value: "s", label: "S" }, { value: "m", label: "M" }], onChangeAction: { type: "pick" } }],
  });
  await act(() => {
    const select = find<HTMLSelectElement>("select");
    select.value = "m";
    select.dispatchEvent(new Event("change", { bubbles: true }));
  });
  expect(fired).toEqual([{ action: { type: "pick" }, values: { size: "m" } }]);
});

test("a list shows the rest when asked", async () => {
  const rows = Array.from({ length: 12 }, (_, row) => ({ type: "ListViewItem", key: `${row}`, children: [{ type: "Text", value: `Row ${row}` }] }));
  await show({ type: "ListView", limit: 5, children: rows });
  expect(root.querySelectorAll("li")).toHaveLength(5);
  expect(find(".tf-more").textContent).toBe("Show 7 more");
  await click(".tf-more");
  expect(root.querySelectorAll("li")).toHaveLength(12);
});

test("what is unknown or broken is noted, the rest is drawn", async () => {
  const quiet = vi.spyOn(console, "error").mockImplementation(() => {});
  const broken = { type: "Chart", get data(): never { throw new Error("broken"); } } as unknown as Node;
  await show({ type: "Card", children: [{ type: "Hologram", children: [{ type: "Text", value: "inside" }] }, broken, { type: "Text", value: "after" }] });
  expect([...root.querySelectorAll("[role=note]")].map((note) => note.textContent)).toEqual(["Hologram is not known here", "Chart could not be drawn"]);
  expect(root.textContent).toContain("inside");
  expect(root.textContent).toContain("after");
  quiet.mockRestore();
});

test("links of Markdown open through the page", async () => {
  await show({ type: "Card", children: [{ type: "Markdown", value: "[there](https://example.com/a)" }] });
  await click("a");
  expect(opened).toEqual(["https://example.com/a"]);
});

test("a card that folds does so once its main action has run", async () => {
  await show({ type: "Card", collapsed: true, children: [{ type: "Text", value: "Folded words" }], confirm: { label: "Yes", action: { type: "yes" } } });
  expect(root.textContent).toContain("Folded words");
  await click(".tf-card-footer button");
  await act(async () => settle.resolve());
  expect(root.textContent).not.toContain("Folded words");
  await click(".tf-more");
  expect(root.textContent).toContain("Folded words");
});
