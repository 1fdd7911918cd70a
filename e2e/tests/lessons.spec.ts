// Every lesson walked to its end as a student would who has no graphics adapter: by its own buttons, on the recorded runs. Then the
// shortest one live, resumed after a reload and left with one's own settings back.

import { type Browser, chromium } from 'playwright';
import { chromiumFlags, findChromium } from '../tools/chromium.mjs';
import { expect, test } from './fixtures.ts';
import { doStep, LESSONS } from './lessonSteps.ts';

/** A browser of its own, without any of the flags that offer WebGPU. */
async function withoutGpu(): Promise<Browser> {
  const args = chromiumFlags('software').filter((flag) => !/gpu|vulkan|angle|swiftshader/i.test(flag));
  return chromium.launch({
    executablePath: (await findChromium()) ?? undefined,
    args: [...args, '--disable-gpu'],
  });
}

test('without a graphics adapter every lesson can be followed to its end on the recorded runs', async ({
  home,
}) => {
  const browser = await withoutGpu();
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const thrown: string[] = [];
  page.on('pageerror', (error) => thrown.push(error.message));
  await page.goto(`${home}#lesson=`);
  await expect(page.getByTestId('lesson-list')).toBeVisible();
  await page.locator('[data-testid=data-panel][data-state=ready]').waitFor({ state: 'attached' });
  expect(await page.evaluate(async () => (await navigator.gpu?.requestAdapter()) ?? null)).toBeNull();
  const step = page.getByTestId('lesson-step');
  for (const [lesson, steps] of Object.entries(LESSONS)) {
    await page.getByTestId(`begin-${lesson}`).click();
    for (let at = 1; at <= steps; at++) {
      await doStep(page);
      await expect(step, `${lesson}, step ${at}`).toHaveAttribute('data-done', 'true');
      await page.getByTestId('lesson-next').click();
    }
    await expect(page.getByTestId(`lesson-${lesson}`)).toHaveAttribute('data-done', 'true');
  }
  await expect(page.getByTestId('recorded')).toHaveCount(0);
  expect(thrown).toEqual([]);
  await browser.close();
});

test('a lesson is followed live, goes on after a reload, and gives the settings back', async ({
  app,
  page,
}) => {
  await app.open({ seed: 11 });
  await page.keyboard.press('c');
  await page.getByTestId('begin-views').click();
  const step = page.getByTestId('lesson-step');
  await expect(page.getByTestId('views').locator('canvas')).toHaveCount(2);
  await step.getByTestId('act-nextFilm').click();
  await expect(step).toHaveAttribute('data-done', 'true');
  await page.getByTestId('lesson-next').click();
  await page.reload();
  await expect(step).toHaveAttribute('data-step', 'guess');
  await page.getByTestId('lesson-leave').click();
  await page.getByTestId('lessons-close').click();
  await expect(page.getByTestId('field-seed').getByRole('textbox')).toHaveValue('11');
});
