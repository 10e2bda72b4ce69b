// The regression report as a page.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { open, run } from "./browser.mjs";

let browser;
before(async () => {
  browser = await open();
});
after(() => browser.close());

test("the command prints its text report", () => {
  const text = run(["compare", "--color", "never"]);
  assert.match(text, /nil-check-missing-node → nil-or-node/);
});
