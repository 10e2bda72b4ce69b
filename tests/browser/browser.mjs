// One headless Chromium for all tests of a file, and the command that makes the pages.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** The command under test: `SHIMPROOF`, or what cargo built last for release or for debugging. */
export const shimproof = [
  process.env.SHIMPROOF,
  join(root, "target/release/shimproof"),
  join(root, "target/debug/shimproof"),
].find((path) => path && existsSync(path));
assert.ok(shimproof, "build the command first: cargo build --release");

/** Runs the command; any exit code that is listed is fine. */
export function run(args, codes = [0]) {
  try {
    return execFileSync(shimproof, args, { cwd: root, encoding: "utf8", maxBuffer: 1 << 28, stdio: "pipe" });
  } catch (error) {
    if (error.status !== null && codes.includes(error.status)) return error.stdout;
    throw new Error(`shimproof ${args.join(" ")} ends with ${error.status}: ${error.stderr}`);
  }
}

/** Starts the command and leaves it running, for what serves pages. */
export function start(args) {
  return spawn(shimproof, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
}

/**
 * A browser with a fresh profile, and a directory for the pages. `page()` opens one that fails its test on anything
 * that the console reports as an error, on an exception, and on any request that leaves the file.
 */
export async function open() {
  const directory = mkdtempSync(join(tmpdir(), "shimproof-browser-"));
  const context = await chromium.launchPersistentContext(join(directory, "profile"), {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
    viewport: { width: 1280, height: 900 },
  });
  return {
    directory,
    context,
    async page(file, { colorScheme = "light", width = 1280, height = 900 } = {}) {
      const page = await context.newPage();
      const errors = [];
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) errors.push(message.text());
      });
      page.on("pageerror", (error) => errors.push(String(error)));
      page.on("request", (request) => {
        const url = request.url();
        if (!url.startsWith("file:") && !url.startsWith("data:") && !url.startsWith("http://127.0.0.1:")) {
          errors.push(`request to ${url}`);
        }
      });
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      await page.goto(file.startsWith("http:") ? file : pathToFileURL(file).href);
      page.assertQuiet = () => assert.deepEqual(errors, []);
      return page;
    },
    /** A picture, if `SHIMPROOF_SCREENSHOTS` names a directory for them. */
    async look(page, name, options = {}) {
      const to = process.env.SHIMPROOF_SCREENSHOTS;
      if (to) await page.screenshot({ path: join(to, `${name}.png`), ...options });
    },
    async close() {
      await context.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
