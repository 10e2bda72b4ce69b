// The compatibility map as a page.

import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { open, run } from "./browser.mjs";

let browser;
let file;
before(async () => {
  browser = await open();
  file = join(browser.directory, "map.html");
  run(["map", "--quiet", "--output", file]);
});
after(() => browser.close());

const cell = (page, row, column) => page.getByRole("button", { name: new RegExp(`^containerd ${row}, shim ${column}:`) });

test("it is small enough to be attached", () => {
  assert.ok(statSync(file).size < 8 << 20, `${statSync(file).size} bytes`);
});

test("the founding case is a cell that opens its trace", async () => {
  const page = await browser.page(file, { width: 1500 });
  await browser.look(page, "map-light");
  assert.equal(await page.locator(".map tbody tr").count(), 32);
  const window2024 = cell(page, "window-2024", "runsc-20211026");
  assert.equal(await window2024.innerText(), "✗");
  assert.match(await window2024.getAttribute("aria-label"), /refused, and a property is violated/);
  assert.equal(await cell(page, "v2\\.0\\.1-v2\\.0\\.2", "runsc-20211026").innerText(), "✓");
  assert.equal(await cell(page, "window-2024", "runc-go-2\\.0").innerText(), "✓");
  await window2024.click();
  const detail = page.locator("#detail");
  await detail.locator("svg").first().waitFor();
  assert.match(await detail.innerText(), /options-accepted: the shim runsc \(runsc-20211026\) rejects containerd\.runc\.v1\.Options/);
  assert.match(await detail.locator("svg").first().textContent(), /updateContainerIOOwner/);
  assert.doesNotMatch(await detail.innerText(), /\{(type|shim|binary)\}/);
  await browser.look(page, "map-cell", { fullPage: true });
  page.assertQuiet();
  await page.close();
});

test("filters change the cells", async () => {
  const page = await browser.page(file);
  const signs = () => page.locator(".map tbody button").allInnerTexts();
  const first = await signs();
  await page.locator("#pod").selectOption({ label: "hostUsers: false, root" });
  const userns = await signs();
  assert.notDeepEqual(userns, first);
  await page.locator("#property").selectOption("options-accepted");
  assert.notDeepEqual(await signs(), userns);
  await page.locator("#property").selectOption("");
  await page.locator("#handler").selectOption("");
  await page.locator("#kubelet").selectOption("");
  assert.notDeepEqual(await signs(), userns);
  assert.ok((await page.locator("#chosen").innerText()).includes("hostUsers: false, root"));
  page.assertQuiet();
  await page.close();
});

test("other axes: containerd by kubelet, and kubelet by shim", async () => {
  const page = await browser.page(file);
  for (const [layout, rows, gone] of [["containerd,kubelet", 32, "kubelet"], ["kubelet,shim", 10, "shim"]]) {
    await page.locator("#layout").selectOption(layout);
    assert.ok((await page.locator(".map tbody tr").count()) >= rows);
    assert.equal(await page.locator(`#for-${gone}`).isVisible(), false);
    await page.locator(".map tbody button").first().click();
    await page.locator("#detail h2").waitFor();
  }
  const columns = await page.locator(".map thead th").count();
  await page.locator("#hypothetical").check();
  assert.ok((await page.locator(".map thead th").count()) > columns);
  page.assertQuiet();
  await page.close();
});

test("the keyboard moves through the map and opens a cell", async () => {
  const page = await browser.page(file);
  await page.locator(".map tbody button").first().focus();
  for (const key of ["ArrowDown", "ArrowDown", "ArrowRight", "End", "Home", "ArrowRight"]) await page.keyboard.press(key);
  const at = await page.evaluate(() => [document.activeElement.dataset.x, document.activeElement.dataset.y]);
  assert.deepEqual(at, ["1", "2"]);
  // One stop of the tabulator for the whole map.
  assert.equal(await page.locator(".map button[tabindex='0']").count(), 1);
  await page.keyboard.press("Enter");
  await page.locator("#detail h2").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), "detail");
  page.assertQuiet();
  await page.close();
});

test("what is shown can be passed on as an address", async () => {
  const page = await browser.page(file);
  await page.locator("#pod").selectOption("2");
  await page.locator(".map tbody button").nth(3).click();
  const address = page.url();
  const heading = await page.locator("#detail h2").innerText();
  await page.close();
  const again = await browser.page(file);
  await again.goto(address);
  await again.reload();
  assert.equal(await again.locator("#pod").inputValue(), "2");
  assert.equal(await again.locator("#detail h2").innerText(), heading);
  // What is no address of this page does no harm.
  await again.goto(`${address.split("#")[0]}#pod=99&layout=x&cell=9999,-1`);
  await again.reload();
  assert.equal(await again.locator(".map tbody tr").count(), 32);
  again.assertQuiet();
  await again.close();
});

test("dark, narrow and on paper", async () => {
  const dark = await browser.page(file, { colorScheme: "dark", width: 1500 });
  await browser.look(dark, "map-dark");
  dark.assertQuiet();
  await dark.close();
  const narrow = await browser.page(file, { width: 390, height: 800 });
  const wide = await narrow.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 390, `${wide} pixels`);
  await browser.look(narrow, "map-narrow");
  assert.equal(await narrow.locator("#filters").isVisible(), true);
  await narrow.emulateMedia({ media: "print" });
  assert.equal(await narrow.locator("#filters").isVisible(), false);
  assert.ok((await narrow.pdf({ format: "A4", landscape: true })).length > 20_000);
  narrow.assertQuiet();
  await narrow.close();
});

test("signs and colours differ, for those who see few colours", async () => {
  const page = await browser.page(file);
  const keys = await page.locator("#legend .key").evaluateAll((all) => all.map((one) => [one.textContent, getComputedStyle(one).backgroundColor]));
  assert.equal(new Set(keys.map(([sign]) => sign)).size, keys.length);
  assert.equal(new Set(keys.map(([, colour]) => colour)).size, keys.length);
  await page.close();
});
