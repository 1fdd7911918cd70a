// How each evaluation of the table (tasks/records.ts) is drawn: what it is, for who has not run it yet, and the report. What reports
// by AUROC look like is in scores/ScoresView.tsx.

import type { ComponentType } from 'react';
import { useEvaluation } from '../../store/run/evaluation.ts';
import type { FinetuneReport } from '../../tasks/finetune/record.ts';
import type { LinearReport } from '../../tasks/linear/record.ts';
import type { NeighboursReport } from '../../tasks/neighbours/record.ts';
import type { Evaluation, ReportOf, TaskName } from '../../tasks/records.ts';
import { TuningCharts } from './finetune/TuningChart.tsx';
import { WhereItLooks } from './linear/WhereItLooks.tsx';
import { labelWords, ScoresView } from './scores/ScoresView.tsx';
import { SegmentationIntroduction, SegmentationReportView } from './segmentation/SegmentationView.tsx';

function FinetuneReportView({ report }: { report: FinetuneReport }) {
  const { films, bestEpochs } = report;
  const how = `All weights trained on ${labelWords(report)}, scored on ${films.test} test films. Best epochs: ${bestEpochs.pretrained.join(', ')} from the pretrained start, ${bestEpochs.random.join(', ')} from the random one.`;
  return (
    <>
      <ScoresView report={report} how={how} />
      <TuningCharts epochs={report.curves ?? []} />
    </>
  );
}

const FinetuneLive = () => <TuningCharts epochs={useEvaluation((state) => state.tuned)} />;

/** What it is, for who has not run it yet. */
function FinetuneIntroduction() {
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

function LinearReportView({ report }: { report: LinearReport }) {
  const { val, test } = report.films;
  const how = `Linear layer trained on ${labelWords(report)}, stopped on ${val}, scored on ${test}.`;
  const pointed = (finding: string) => report.pointing?.find((one) => one.finding === finding);
  return (
    <ScoresView
      report={report}
      how={how}
      closer={(finding) => <WhereItLooks finding={finding} report={report} pointed={pointed(finding)} />}
    />
  );
}

/** What it is, for who has not run it yet. */
function LinearIntroduction() {
  return (
    <>
      <p>
        The encoder is frozen and a single linear layer is trained on its features to tell findings apart; the
        score is the AUROC on films of patients it has never seen.
      </p>
      <p>
        A score means nothing alone, so the same is done with encoders of the same shape at random starts and
        with raw pixels. What pretraining bought is the distance between them, most of all where labels are
        few.
      </p>
    </>
  );
}

function NeighboursReportView({ report }: { report: NeighboursReport }) {
  const how = `Vote of the ${report.neighbours} nearest among ${labelWords(report)}, on ${report.films.test} test films.`;
  return <ScoresView report={report} how={how} />;
}

/** What it is, for who has not run it yet. */
function NeighboursIntroduction() {
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

interface TaskView<Report> {
  readonly Introduction: ComponentType;
  readonly Report: ComponentType<{ readonly report: Report }>;
  /** What is to be seen while it goes on. */
  readonly Live?: ComponentType;
}

const VIEWS: { readonly [T in TaskName]: TaskView<ReportOf<T>> } = {
  neighbours: { Introduction: NeighboursIntroduction, Report: NeighboursReportView },
  finetune: { Introduction: FinetuneIntroduction, Report: FinetuneReportView, Live: FinetuneLive },
  linear: { Introduction: LinearIntroduction, Report: LinearReportView },
  segmentation: { Introduction: SegmentationIntroduction, Report: SegmentationReportView },
};

/** The view that draws the report of an evaluation. */
export const viewOf = (task: Evaluation['task']) => VIEWS[task] as TaskView<unknown>;
