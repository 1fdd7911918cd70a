// @vitest-environment happy-dom
// A part of the page that throws while it is drawn is replaced by what went wrong; the rest stays, and it can be drawn again.

import { fireEvent, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { AppError } from '../../util/errors.ts';
import { mount } from '../testPage.tsx';
import { ErrorBoundary } from './ErrorNotice.tsx';
import { Section } from './Section.tsx';

let broken = true;

function Part() {
  if (broken) throw new AppError('image-corrupt', 'the data ends early.');
  return <p>curves</p>;
}

it('names the part and the error, leaves its neighbours alone, and draws the part again', () => {
  const quiet = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  mount(
    <>
      <ErrorBoundary part="The charts">
        <Part />
      </ErrorBoundary>
      <p>neighbour</p>
    </>,
  );
  const notice = screen.getByTestId('error');
  expect(notice.dataset.code).toBe('image-corrupt');
  expect(notice.textContent).toContain('The charts could not be drawn');
  expect(notice.textContent).toContain('the data ends early.');
  expect(screen.getByText('neighbour')).toBeTruthy();
  broken = false;
  fireEvent.click(screen.getByText('Draw again'));
  expect(screen.getByText('curves')).toBeTruthy();
  expect(screen.queryByTestId('error')).toBeNull();
  quiet.mockRestore();
});

it('a section folds, and says so to those who cannot see it', () => {
  mount(<Section title="Data">films</Section>);
  const heading = screen.getByRole('button', { name: 'Data' });
  const body = document.getElementById(heading.getAttribute('aria-controls')!)!;
  expect([heading.getAttribute('aria-expanded'), body.textContent]).toEqual(['true', 'films']);
  fireEvent.click(heading);
  expect(heading.getAttribute('aria-expanded')).toBe('false');
});
