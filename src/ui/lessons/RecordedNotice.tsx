// The line that says that what is shown was recorded, with its play and pause and the way back to what was there before.

import { Badge, Button } from '@mantine/core';
import { IconMovie } from '@tabler/icons-react';
import { PRESETS, presetConfig } from '../../config/presets.ts';
import { type Config, type ConfigKey, SCHEMA } from '../../config/schema.ts';
import { differingKeys } from '../../config/share.ts';
import { RECORDED, type RecordedName } from '../../recorded/table.ts';
import { useWords } from '../../store/page/language.ts';
import { leaveRecorded, pauseRecorded, playRecorded, useRecorded } from '../../store/run/recorded.ts';
import { formatCount, formatCounted } from '../../util/format.ts';
import { filled } from '../../words/words.ts';
import noticeStyles from '../shell/notice.module.css';

/** What a run is watched by, not made by. */
const WATCHING: readonly ConfigKey[] = ['method', 'diagnoseEvery'];

/** `MLVICX, Demo, seed 1`; of a shorter run also how many settings are other than the preset's. */
function nameOf(recorded: RecordedName, config: Config): string {
  const { preset } = RECORDED[recorded];
  const changed = differingKeys(config, presetConfig(preset)).filter(
    (key) => SCHEMA[key].when !== 'evaluation' && !WATCHING.includes(key),
  ).length;
  const than = changed > 0 ? ` but for ${formatCounted(changed, 'setting')}` : '';
  return `${SCHEMA.method.choices[config.method]}, ${PRESETS[preset].label}${than}, seed ${config.seed}`;
}

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
        <span className={`dim ${noticeStyles.noticeBeside}`}>
          {filled(page.recordedAbout, { name: nameOf(name, config) })}
        </span>
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
