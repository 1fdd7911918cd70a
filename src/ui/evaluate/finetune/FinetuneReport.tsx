// Fine-tuning on the page: what it is, and its report.

import type { FinetuneReport } from '../../../tasks/finetune/report.ts';
import { labelWords, ScoresView } from '../scores/ScoresView.tsx';

export function FinetuneReportView({ report }: { report: FinetuneReport }) {
  const { films, bestEpochs } = report;
  const how = `All weights trained on ${labelWords(report)}, scored on ${films.test} test films. Best epochs: ${bestEpochs.pretrained.join(', ')} from the pretrained start, ${bestEpochs.random.join(', ')} from the random one.`;
  return <ScoresView report={report} how={how} />;
}

/** What it is, for who has not run it yet. */
export function FinetuneIntroduction() {
  return (
    <>
      <p>
        A copy of the encoder goes on learning with all its weights, this time from the labels; the score is
        the AUROC on films of patients that it has never seen. The encoder of the run stays as it is.
      </p>
      <p>
        The same is done from a random start. This is how pretraining is used in practice, and where it should
        beat raw pixels at every share of the labels. It takes as long as a run of some epochs, twice for each
        draw of labels.
      </p>
    </>
  );
}
