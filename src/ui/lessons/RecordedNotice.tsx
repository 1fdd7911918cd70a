// The line that says that what is shown was recorded, with its play and pause and the way back to what was there before.

import { Badge, Button } from '@mantine/core';
import { IconMovie } from '@tabler/icons-react';
import { useWords } from '../../store/page/language.ts';
import { leaveRecorded, pauseRecorded, playRecorded, useRecorded } from '../../store/run/recorded.ts';
import { nameRun } from '../../store/run/runs.ts';
import { formatCount } from '../../util/format.ts';
import { filled } from '../../words/words.ts';
import noticeStyles from '../shell/notice.module.css';

export function RecordedNotice() {
  const { page } = useWords();
  const { name, config, at, steps, playing } = useRecorded();
  if (name === null || !config) return null;
  return (
    <div
      className={`${noticeStyles.notice} ${noticeStyles.noticeCalm}`}
      data-testid="recorded"
      data-name={name}
      data-step={at}
      data-playing={playing}
    >
      <IconMovie size={18} aria-hidden className={noticeStyles.noticeIcon} />
      <p className={noticeStyles.noticeText}>
        <Badge size="sm" variant="default" tt="none" fw={500}>
          {page.recorded}
        </Badge>{' '}
        <span className="num">
          {filled(page.recordedStep, { step: formatCount(at), steps: formatCount(steps) })}
        </span>{' '}
        <span className="dim">{filled(page.recordedAbout, { name: nameRun(config, null, []) })}</span>
      </p>
      <Button
        variant="default"
        data-testid="recorded-play"
        onClick={() => (playing ? pauseRecorded() : playRecorded())}
      >
        {playing ? page.pause : at >= steps ? page.again : page.play}
      </Button>
      <Button variant="default" data-testid="recorded-leave" onClick={leaveRecorded}>
        {page.leaveRecorded}
      </Button>
    </div>
  );
}
