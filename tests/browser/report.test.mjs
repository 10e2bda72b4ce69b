// The regression report as a page.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { open, run } from "./browser.mjs";

let browser;
let file;
before(async () => {
  browser = await open();
  file = join(browser.directory, "report.html");
  run(["compare", "v2.3.3", "v2.3.4", "--quiet", "--format", "html", "--output", file], [1]);
});
after(() => browser.close());

test("the page says what regressed, and shows its trace", async () => {
  const page = await browser.page(file);
  assert.match(await page.title(), /v2\.3\.3 → v2\.3\.4/);
  assert.match(await page.locator("header").innerText(), /regressed/);
  const line = page.locator("#line-1");
  assert.equal(await line.locator("svg").first().isVisible(), false);
  await browser.look(page, "report-light");
  await line.locator("> summary").click();
  const diagram = line.locator("svg").first();
  assert.equal(await diagram.isVisible(), true);
  // A class of the style that the policy lets in, and not of the browser.
  const fill = await diagram.locator("rect.page").evaluate((rect) => getComputedStyle(rect).fill);
  assert.equal(fill, "rgb(255, 255, 255)");
  assert.match(await diagram.textContent(), /options-accepted|type-as-configured/);
  await line.locator("details > summary").first().click();
  assert.ok((await line.locator("ol.steps").first().locator("li").count()) > 5);
  await browser.look(page, "report-trace", { fullPage: true });
  page.assertQuiet();
  await page.close();
});

test("every difference, every changed verdict and the command are there", async () => {
  const page = await browser.page(file);
  const text = await page.locator("body").innerText();
  for (const part of ["introspection", "every-handler", "By ranges of versions", "SHA-256", "shimproof compare v2.3.3 v2.3.4 --format html"]) {
    assert.ok(text.includes(part), part);
  }
  assert.ok((await page.locator(".matrix td.regressed").count()) > 0);
  const traces = await page.locator("[id^=trace-]").count();
  assert.ok(traces > 0);
  assert.equal(await page.locator("[id^=trace-] svg").count(), traces);
  page.assertQuiet();
  await page.close();
});

test("the keyboard is enough", async () => {
  const page = await browser.page(file);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  // The buttons, then the first fold.
  for (let press = 0; press < 40; press += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement.parentElement?.id === "line-1")) break;
  }
  await page.keyboard.press("Enter");
  assert.equal(await page.locator("#line-1").evaluate((line) => line.open), true);
  page.assertQuiet();
  await page.close();
});

test("a link opens its trace, and buttons open and fold all", async () => {
  const page = await browser.page(file);
  await page.evaluate(() => { location.hash = "#trace-2"; });
  await page.waitForFunction(() => document.getElementById("trace-2").open);
  await page.getByRole("button", { name: "Open all" }).click();
  assert.equal(await page.locator("details:not([open])").count(), 0);
  await page.getByRole("button", { name: "Fold all" }).click();
  assert.equal(await page.locator("details[open]").count(), 0);
  page.assertQuiet();
  await page.close();
});

test("it is dark where the reader wants it dark, and narrow on a telephone", async () => {
  const dark = await browser.page(file, { colorScheme: "dark" });
  const background = await dark.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(background, "rgb(15, 20, 26)");
  await browser.look(dark, "report-dark");
  dark.assertQuiet();
  await dark.close();
  const narrow = await browser.page(file, { width: 390, height: 800 });
  await narrow.getByRole("button", { name: "Open all" }).click();
  const wide = await narrow.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 390, `${wide} pixels`);
  await browser.look(narrow, "report-narrow");
  narrow.assertQuiet();
  await narrow.close();
});

test("it prints with everything unfolded", async () => {
  const page = await browser.page(file);
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  assert.equal(await page.locator("details:not([open])").count(), 0);
  assert.equal(await page.getByRole("button", { name: "Open all" }).isVisible(), false);
  const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(background, "rgb(255, 255, 255)");
  const paper = await page.pdf({ format: "A4" });
  assert.ok(paper.length > 100_000);
  page.assertQuiet();
  await page.close();
});

test("nothing of a text is run as markup", async () => {
  const page = await browser.page(file);
  assert.equal(await page.locator("script").count(), 1);
  const policy = await page.locator("meta[http-equiv=Content-Security-Policy]").getAttribute("content");
  assert.match(policy, /default-src 'none'.*script-src 'sha256-/);
  await page.close();
});
