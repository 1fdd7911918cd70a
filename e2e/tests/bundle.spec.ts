// What is served: the page's own code holds no engine, and every answer carries the policy.

import { expect, test } from './fixtures.ts';

test('the page loads no TensorFlow.js; the worker does', async ({ page, home, request }) => {
  const html = await (await request.get(home)).text();
  const scripts = [...html.matchAll(/(?:src|href)="([^"]+\.js)"/g)].map(
    (match) => new URL(match[1]!, home).href,
  );
  expect(scripts.length).toBeGreaterThan(0);
  for (const script of scripts) {
    expect(await (await request.get(script)).text()).not.toMatch(/tfjs|WEBGPU_CPU_FORWARD/);
  }
  const asked: string[] = [];
  page.context().on('request', (given) => asked.push(given.url()));
  await page.goto(home);
  await expect.poll(() => asked.some((url) => /engine\.worker/.test(url))).toBe(true);
  const worker = asked.find((url) => /engine\.worker/.test(url))!;
  expect((await request.get(worker)).headers()['content-security-policy']).toContain("default-src 'none'");
});

test('the page is isolated and cannot reach another origin', async ({ page, home, watch }) => {
  watch.allow(/Content Security Policy/);
  await page.goto(home);
  expect(await page.evaluate(() => window.crossOriginIsolated)).toBe(true);
  const reached = await page.evaluate(() =>
    fetch('https://example.invalid/').then(
      () => true,
      () => false,
    ),
  );
  expect(reached).toBe(false);
});
