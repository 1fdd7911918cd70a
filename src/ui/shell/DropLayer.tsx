// Dropping films anywhere on the page. A veil says what will happen; loading asks first when it would end a run.

import { useEffect, useState } from 'react';
import { dropSource } from '../../store/films/files.ts';
import { useWhyNotProtected } from '../../store/page/protection.ts';
import { offerSource } from '../../store/run/acts.ts';
import styles from './shell.module.css';

const bringsFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;

export function DropLayer() {
  const [over, setOver] = useState(false);
  const closed = useWhyNotProtected();
  useEffect(() => {
    let depth = 0;
    const show = (by: number) => {
      depth = Math.max(0, depth + by);
      setOver(depth > 0);
    };
    const listeners = {
      dragenter: (event: DragEvent) => bringsFiles(event) && show(1),
      dragleave: (event: DragEvent) => bringsFiles(event) && show(-1),
      dragover: (event: DragEvent) => bringsFiles(event) && event.preventDefault(),
      drop: (event: DragEvent) => {
        if (!bringsFiles(event) || !event.dataTransfer) return;
        event.preventDefault();
        show(-depth);
        const dropped = dropSource(event.dataTransfer);
        if (dropped) offerSource(dropped);
      },
    };
    const entries = Object.entries(listeners) as [keyof typeof listeners, (event: DragEvent) => void][];
    for (const [type, listener] of entries) window.addEventListener(type, listener);
    return () => {
      for (const [type, listener] of entries) window.removeEventListener(type, listener);
    };
  }, []);
  if (!over) return null;
  return (
    <div className={styles.dropVeil} data-testid="drop-veil">
      <p>{closed ? 'No film is taken now' : 'Drop to read these films'}</p>
      <p className="dim">
        {closed ?? 'PNG, JPEG and DICOM, with a CSV of labels if there is one. They stay on this machine.'}
      </p>
    </div>
  );
}
