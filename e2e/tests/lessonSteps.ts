// How a student goes through a lesson: by the buttons of its panel, from what was recorded or by training here. For the walk of all
// lessons and for whoever wants to see their pages.

import type { Page } from 'playwright';

/** How many steps each has. */
export const LESSONS = {
  views: 3,
  predict: 3,
  terms: 4,
  simsiam: 3,
  learnt: 3,
  shortcut: 4,
  leak: 3,
};

const RECORDED = ['act-scores', 'act-watch'];
const TO_DO = ['pairs', 'expectation', 'act-nextFilm', 'guess-keep', ...RECORDED];

/** Does in a step what there is to do; a score is asked for once the run that it is of has ended. */
export async function doStep(page: Page, how: 'recorded' | 'live' = 'recorded'): Promise<void> {
  const step = page.getByTestId('lesson-step');
  // Pictures and recordings are read first; a step that is done has nothing to do.
  const offered = TO_DO.map((testId) => `[data-testid="${testId}"]`).join();
  await step
    .locator(offered)
    .or(page.locator('[data-testid="lesson-step"][data-done="true"]'))
    .first()
    .waitFor();
  const there = async (testId: string) => (await step.getByTestId(testId).count()) > 0;
  const press = async (testId: string) => {
    if (await there(testId)) await step.getByTestId(testId).click();
  };
  if (await there('pairs'))
    for (let pair = 0; pair < 6; pair++) await step.getByTestId(`pair-${pair}-same`).click();
  if (await there('expectation')) await step.getByRole('radio').first().click();
  await press('act-nextFilm');
  await press('guess-keep');
  if (how === 'recorded') return press((await there('act-scores')) ? 'act-scores' : 'act-watch');
  if (await there('act-train')) {
    await press('act-train');
    await page.locator('[data-testid=transport][data-state=done]').waitFor();
  }
  await press('act-evaluate');
}

/** From the first step to the last, with what there is to do in each. */
export async function followLesson(page: Page, steps: number, how: 'recorded' | 'live'): Promise<void> {
  for (let at = 1; at <= steps; at++) {
    await doStep(page, how);
    await page.locator('[data-testid="lesson-step"][data-done="true"]').waitFor();
    if (at < steps) await page.getByTestId('lesson-next').click();
  }
}
