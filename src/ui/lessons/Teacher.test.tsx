// @vitest-environment happy-dom
// The teacher's page has every lesson with its minutes, which are those of the hour, its link and what it pins; and it says all of it
// in the language chosen.

import { screen } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { LESSON_IDS, LESSON_MINUTES } from '../../store/lessons/table.ts';
import { setLanguage } from '../../store/page/language.ts';
import { WORDS } from '../../words/words.ts';
import { mount } from '../testPage.tsx';
import { Teacher } from './Teacher.tsx';

afterEach(() => setLanguage('en'));

describe("the teacher's page", () => {
  it('plans forty-five minutes, each lesson with its link', () => {
    mount(<Teacher />);
    expect(Object.values(LESSON_MINUTES).reduce((sum, minutes) => sum + minutes, 0)).toBe(45);
    for (const id of LESSON_IDS) {
      const row = screen.getByTestId(`plan-${id}`);
      expect(row.querySelector('a')!.getAttribute('href')).toContain(`#lesson=${id}`);
    }
    expect(screen.getByTestId('plan-leak').textContent).toContain('40–45 min');
    expect(screen.getByTestId('plan-terms').textContent).toContain('Variance weight 25→0');
  });

  it('speaks Chinese', () => {
    setLanguage('zh');
    mount(<Teacher />);
    expect(screen.getByTestId('teacher').textContent).toContain(WORDS.zh.lessons.leak.title);
    expect(screen.getByTestId('teacher').getAttribute('lang')).toBe('zh-Hans');
  });
});
