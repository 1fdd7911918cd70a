// The tags of a DICOM film. Values that name the patient or lead to a name are marked, and hidden until asked for.
// Everything from the file is text to React and nothing else.

import { Switch, TextInput } from '@mantine/core';
import { IconUserExclamation } from '@tabler/icons-react';
import { useState } from 'react';
import type { FilmView, TagRow } from '../../protocol/film.ts';
import { showIdentifiers, useViewer } from '../../store/films/viewer.ts';
import { formatCount } from '../../util/format.ts';
import styles from './TagTable.module.css';

function Row({ row, shown }: { row: TagRow; shown: boolean }) {
  const hidden = row.identifying && !shown && row.value !== '';
  return (
    <tr data-identifying={row.identifying}>
      <th scope="row">
        <span className={styles.tagName}>
          {row.name || <span className="dim">Unnamed</span>}
          {row.identifying && <IconUserExclamation size={13} aria-label="identifies the patient" />}
        </span>
        <span className={`${styles.tagNumber} num`}>
          {row.tag} {row.vr}
        </span>
      </th>
      <td>{hidden ? <span className="dim">hidden</span> : row.value}</td>
    </tr>
  );
}

const holds = (row: TagRow, wanted: string) =>
  `${row.name} ${row.tag}`.toLowerCase().includes(wanted.trim().toLowerCase());

export function TagTable({ view }: { view: FilmView }) {
  const shown = useViewer((viewer) => viewer.identifiersShown);
  const [wanted, setWanted] = useState('');
  const identifying = view.tags.filter((row) => row.identifying && row.value !== '').length;
  const rows = view.tags.filter((row) => holds(row, wanted));
  return (
    <section className={styles.tags} aria-label="Tags of the file">
      <h3>Tags</h3>
      <p className="dim">
        {identifying > 0
          ? `${formatCount(identifying)} of ${formatCount(view.tags.length)} identify the patient or lead there.`
          : 'None that identifies a patient.'}
      </p>
      <div className={styles.tagsBar}>
        <TextInput
          size="xs"
          placeholder="Name or number"
          aria-label="Filter tags"
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value)}
        />
        <Switch
          size="xs"
          label="Identifying"
          data-testid="show-identifiers"
          checked={shown}
          onChange={(event) => showIdentifiers(event.currentTarget.checked)}
        />
      </div>
      <table className={styles.tagTable} data-testid="tag-table">
        <tbody>
          {rows.map((row) => (
            <Row key={row.tag} row={row} shown={shown} />
          ))}
        </tbody>
      </table>
      {view.moreTags > 0 && <p className="dim">and {formatCount(view.moreTags)} more</p>}
    </section>
  );
}
