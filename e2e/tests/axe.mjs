// The accessibility checker as the spec asks it; plain JavaScript, because only this file needs its package.

import { AxeBuilder } from '@axe-core/playwright';

const GRAVE = ['serious', 'critical'];

/**
 * What is serious or critical on the page as it stands, a line each.
 * @param {import('playwright').Page} page @param {boolean} coloursOnly what else there is was looked at in another theme
 * @returns {Promise<string[]>}
 */
export async function graveFindings(page, coloursOnly) {
  // In the page itself: nothing here is in frames of others, for which it opens a page of its own.
  const builder = new AxeBuilder({ page }).setLegacyMode(true);
  if (coloursOnly) builder.withRules(['color-contrast']);
  const { violations } = await builder.analyze();
  return violations
    .filter(({ impact }) => GRAVE.includes(impact ?? ''))
    .flatMap(({ id, nodes }) =>
      nodes.map(
        ({ html, failureSummary }) =>
          `${id}: ${html.slice(0, 160)} (${(failureSummary ?? '').split('\n')[1]?.trim() ?? ''})`,
      ),
    );
}
