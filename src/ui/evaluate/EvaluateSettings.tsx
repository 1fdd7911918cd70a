// Every setting that the chosen evaluation reads, generated from its record and folded away below the bar: two visitors of
// three never need them, and a preset may have changed some. They may change at any time, a run or none.

import { Collapse, UnstyledButton } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import { useId, useState } from 'react';
import { PRESETS } from '../../config/presets.ts';
import { useSettings } from '../../store/page/settings.ts';
import { settingsOf, useEvaluation } from '../../store/run/evaluation.ts';
import { useChanged } from '../settings/ConfigForm.tsx';
import { ConfigFormField } from '../settings/ConfigFormField.tsx';
import shared from '../shell/shared.module.css';
import styles from './EvaluateSettings.module.css';

export function EvaluateSettings() {
  const [open, setOpen] = useState(false);
  const body = useId();
  const keys = settingsOf(useEvaluation((state) => state.task));
  const changed = useChanged(keys);
  const preset = useSettings((settings) => settings.preset);
  return (
    <section className={styles.probeSettings} aria-label="Settings of the evaluation">
      <UnstyledButton
        className={`${shared.fold} ${styles.probeSettingsFold}`}
        aria-expanded={open}
        aria-controls={body}
        data-testid="probe-settings"
        onClick={() => setOpen(!open)}
      >
        <IconChevronRight size={14} aria-hidden className={styles.probeSettingsChevron} data-open={open} />
        Settings
        <span className="dim">{changed > 0 ? `${changed} changed` : `as in ${PRESETS[preset].label}`}</span>
      </UnstyledButton>
      <Collapse expanded={open} id={body}>
        <div className={styles.probeFields}>
          {keys.map((key) => (
            <ConfigFormField key={key} name={key} locked={false} />
          ))}
        </div>
      </Collapse>
    </section>
  );
}
