import { afterEach, describe, expect, test, vi } from "vitest";
import { border, box, color, flex, length, radius, safeCss, sides, spacing } from "../shared/tokens";

describe("colours", () => {
  test("tokens mean what their place says", () => {
    expect(color("secondary", "text", "light")).toBe("var(--color-text-secondary)");
    expect(color("surface-elevated", "background", "light")).toBe("var(--color-surface-elevated)");
    expect(color("subtle", "border", "light")).toBe("var(--color-border-subtle)");
    expect(color("orange", "chart", "light")).toBe("var(--orange-400)");
    expect(color("orange", "text", "light")).toBe("orange");
  });
  test("primitive colours, those missing from the set included", () => {
    expect(color("blue-500", "text", "dark")).toBe("var(--blue-500)");
    expect(color("teal-400", "background", "dark")).toBe("var(--teal-400)");
    expect(color("gray-450", "text", "dark")).toBe("var(--gray-450)");
    expect(color("red-450", "text", "dark")).toBe("var(--red-400)");
    expect(color("alpha-90", "text", "dark")).toBe("color-mix(in oklab, var(--alpha-base) 90%, transparent)");
    expect(color("alpha-02", "text", "dark")).toBe("color-mix(in oklab, var(--alpha-base) 2%, transparent)");
    expect(color("green-a100", "text", "dark")).toContain("var(--green-400) 45%");
  });
  test("a colour per theme, and any CSS colour or gradient", () => {
    const both = { light: "orange-700", dark: "#fff" };
    expect(color(both, "text", "light")).toBe("var(--orange-700)");
    expect(color(both, "text", "dark")).toBe("#fff");
    expect(color("linear-gradient(135deg, #fff 0%, #000 100%)", "background", "light")).toContain("gradient");
    expect(color("burlywood", "text", "light")).toBe("burlywood");
  });
  test("nothing that fetches or leaves its property", () => {
    for (const bad of ["url(https://x.example/a.png)", "URL( x )", "image-set('a' 1x)", "red; color: blue", "u\\72l(x)", "</style>"]) {
      expect(color(bad, "background", "light")).toBeUndefined();
      expect(safeCss(bad)).toBeUndefined();
    }
  });
});

describe("colours a browser does not know", () => {
  afterEach(() => vi.unstubAllGlobals());
  test("are as if not stated, so that nothing vanishes with them", () => {
    vi.stubGlobal("CSS", { supports: (_: string, value: string) => value !== "danger" });
    expect(border({ size: 3, color: "danger", style: "dashed" }, "light")).toEqual({ border: "3px dashed var(--color-border)" });
    expect(color("danger", "background", "light")).toBeUndefined();
    expect(color("danger", "chart", "light")).toBeUndefined();
    expect(color("danger", "text", "light")).toBe("var(--color-text-danger)");
    expect(border({ size: 3, color: "hotpink" }, "light")).toEqual({ border: "3px solid hotpink" });
  });
});

test.each([
  ["100vh", "800px"], ["80dvh", "640px"], ["50.5svh", "404px"], [".5lvh", "4px"], ["10vb", "80px"], ["10vmin", "80px"],
  ["10VMAX", "80px"], ["5dvmin", "40px"], ["10cqh", "80px"], ["calc(100vh - 2rem)", "calc(800px - 2rem)"],
  ["min(100%, 50vh, 20vw)", "min(100%, 400px, 20vw)"], ["-5vh", "-40px"], ["100vw", "100vw"], ["50%", "50%"], ["1e1vh", "80px"],
])("no length follows the height of its own frame: %s", (stated, meant) => {
  expect(length(stated)).toBe(meant);
  expect(spacing(stated)).toBe(meant);
  expect(flex(`0 0 ${stated}`)).toBe(`0 0 ${meant}`);
});

test("numbers are px for lengths and units of 4 px for spacing", () => {
  expect(length(12)).toBe("12px");
  expect(length("50%")).toBe("50%");
  expect(spacing(3)).toBe("12px");
  expect(spacing(1.5)).toBe("6px");
  expect(spacing("3rem")).toBe("3rem");
  expect(sides(2)).toEqual({ top: "8px", right: "8px", bottom: "8px", left: "8px" });
  expect(sides({ x: 4, top: 1 })).toEqual({ top: "4px", right: "16px", bottom: undefined, left: "16px" });
  expect(radius("full")).toBe("9999px");
  expect(radius("odd")).toBeUndefined();
});

test("borders in all three forms", () => {
  expect(border(1, "light")).toEqual({ border: "1px solid var(--color-border)" });
  expect(border({ size: 2, color: "strong", style: "dashed" }, "light")).toEqual({ border: "2px dashed var(--color-border-strong)" });
  const some = border({ top: { size: 1 }, x: 3 }, "light");
  expect(some).toMatchObject({ borderTop: "1px solid var(--color-border)", borderLeft: "3px solid var(--color-border)" });
  expect(some.borderBottom).toBeUndefined();
});

test("a box takes its size from the nearest statement", () => {
  expect(box({ size: 25, width: 10, align: "center", justify: "between", flex: 1 }, "light")).toMatchObject({
    width: "10px", height: "25px", alignItems: "center", justifyContent: "space-between", flex: "1 1 0%",
  });
});
