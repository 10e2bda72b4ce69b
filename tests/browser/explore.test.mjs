// Stateright's Explorer over a scenario, as `shimproof explore` serves it.

import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

import { open, start } from "./browser.mjs";

let browser;
let explorer;
let address;
before(async () => {
  explorer = start(["explore", "containerd-11091", "--address", "127.0.0.1:0"]);
  for await (const line of createInterface({ input: explorer.stdout })) {
    address = line.match(/^http:\/\/[^ ]+/)[0];
    break;
  }
  // The line is printed before the server listens.
  for (let tries = 0; tries < 100; tries++) {
    if (await fetch(`${address}.status`).then((answer) => answer.ok, () => false)) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  browser = await open();
  // Stateright has no icon, which a browser asks for all the same.
  await browser.context.route("**/favicon.ico", (route) => route.fulfill({ status: 204 }));
});
after(async () => {
  await browser?.close();
  explorer?.kill();
});

/** The links of the next actions. */
const choices = (page) => page.locator("h2:has-text('Next Action Choices') + ul a");

test("one walks to the message that gVisor rejects, and sees it drawn", async () => {
  const page = await browser.page(address);
  await choices(page).first().click();
  await page.getByText("kubelet.release: 1.31.2").waitFor();
  for (let step = 0; step < 10; step++) {
    // Whatever is no fault.
    const next = choices(page).filter({ hasNotText: /^(fault|operator):/ }).first();
    const words = await next.textContent();
    assert.doesNotMatch(words, /Action|Deliver|::/, "no dump of a struct");
    await next.click();
    await page.locator(".path-list li").nth(step + 2).waitFor();
  }
  const shown = page.locator(".main-flex-right > div").last();
  await shown.getByText("✗ type-as-configured").waitFor();
  assert.match(await shown.textContent(), /updateContainerIOOwner: UsernsOptions NODE/);
  const drawn = page.locator("svg.d");
  await drawn.waitFor();
  assert.match(await drawn.textContent(), /✗ type-as-configured: containerd sends containerd\.runc\.v1\.Options/);
  await browser.look(page, "explorer", { fullPage: true });
  page.assertQuiet();
});

test("a run to the end finds the counterexamples, and leads to them", async () => {
  const page = await browser.page(address);
  await page.getByRole("button", { name: "Run to completion" }).click();
  await page.reload();
  const found = page.getByRole("link", { name: "Always options-accepted" });
  await found.waitFor({ timeout: 20_000 });
  await found.click();
  await page.getByText("✗ type-as-configured").first().waitFor();
  page.assertQuiet();
});
