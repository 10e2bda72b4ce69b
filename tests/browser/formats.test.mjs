// Formats for other programs, with parsers that are not ours.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { validateXML } from "xmllint-wasm";

import { run } from "./browser.mjs";

const schema = readFileSync(new URL("../fixtures/junit.xsd", import.meta.url), "utf8");
const valid = async (contents) =>
  validateXML({ xml: [{ fileName: "report.xml", contents }], schema: [schema], maxMemoryPages: 4096 });

test("JUnit follows its schema", async () => {
  for (const [args, failures] of [
    [["compare"], 0],
    [["compare", "nil-or-node", "nil-check-missing-node", "containerd-11091"], 1],
  ]) {
    const xml = run([...args, "--format", "junit", "--quiet"], [0, 1]);
    const { valid: follows, errors } = await valid(xml);
    assert.ok(follows, JSON.stringify(errors));
    assert.equal(xml.includes("<failure"), failures > 0);
  }
});

test("the schema refuses what is no JUnit", async () => {
  const { valid: follows } = await valid('<testsuites><testsuite name="a" tests="1"/></testsuites>');
  assert.equal(follows, false);
});
