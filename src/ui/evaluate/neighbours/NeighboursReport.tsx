// The vote of nearest neighbours on the page: what it is, and its report.

import type { NeighboursReport } from '../../../tasks/neighbours/report.ts';
import { labelWords, ScoresView } from '../scores/ScoresView.tsx';

export function NeighboursReportView({ report }: { report: NeighboursReport }) {
  const how = `Vote of the ${report.neighbours} nearest among ${labelWords(report)}, on ${report.films.test} test films.`;
  return <ScoresView report={report} how={how} />;
}

/** What it is, for who has not run it yet. */
export function NeighboursIntroduction() {
  return (
    <>
      <p>
        Nothing is trained: each test film is shown to the frozen encoder, the labelled films that lie nearest
        to it vote on its findings, and the score is the AUROC of that vote. It takes seconds.
      </p>
      <p>
        A score means nothing alone, so films also vote by encoders of the same shape at random starts and by
        their raw pixels. Where pretraining draws films of one finding together, it wins; a linear layer can
        find more in the same features.
      </p>
    </>
  );
}
