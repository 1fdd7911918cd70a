// The lessons in English: a title and one line for the list, and for each step its title, what it says and what is to be done.
// [[id]] or [[id|words]] opens an entry of the glossary. Ids and order of lessons and steps are those of store/lessons/table.ts.

export const LESSONS_EN = {
  views: {
    title: 'Two views of one film',
    about: 'What the encoder is shown, and what it is asked to ignore.',
    steps: {
      look: {
        title: 'The same film, twice',
        text: 'No label is used here. From each film the program makes two [[view|views]] by chance: cut out, perhaps mirrored, blurred, brighter or darker. A person still sees the same chest in both. The [[encoder]] is to learn just that.',
        todo: 'Turn through a few films and look at their two views.',
      },
      guess: {
        title: 'Same film, or two?',
        text: 'Here are six pairs. In some, both pictures are views of one film; in others they come from two people. Decide by what does not change: ribs, heart, the shape of the lungs.',
        todo: 'Answer all six pairs.',
      },
      why: {
        title: 'What must stay, what may go',
        text: 'You ignored brightness and position and kept anatomy. An encoder that gives both views the same [[embedding]] has to do likewise. What the views change is what it learns to ignore: a finding that a crop cuts away is ignored as well, so crops must not be too small.',
        todo: 'Turn to one more film and say which change would hurt a radiologist.',
      },
    },
  },
  predict: {
    title: 'Predict, then run',
    about: 'Draw the course of the loss before it is computed.',
    steps: {
      draw: {
        title: 'Your guess first',
        text: 'The [[total]] is what training lowers. Will it fall evenly, or fast and then slowly? How far? A guess that is written down before the run teaches more than a curve that is only watched. It stays on this machine.',
        todo: 'Set the expected course of the total, then keep the guess.',
      },
      run: {
        title: 'Now the run',
        text: 'Your guess stays over the curve while it is computed. Watch where the two part: the first steps, or the level at the end?',
        todo: 'Run it to the end, or watch the recorded run.',
      },
      compare: {
        title: 'How far off?',
        text: 'Most people guess the end too low. [[invariance|Invariance]] and [[covariance]] pull against each other and neither reaches zero, so a healthy total settles well above it. A total that falls to nothing is a warning, not a success.',
        todo: 'Read the distance between guess and run.',
      },
    },
  },
  terms: {
    title: 'Three terms, three ways to break it',
    about: 'Switch off one term of the loss at a time and see what it had held back.',
    steps: {
      variance: {
        title: 'Without variance',
        text: 'The loss of [[vicreg|VICReg]] has three terms. [[variance|Variance]] asks every dimension to spread over the films. Its weight is now 0. The easiest answer to "both views the same" is then to call everything the same.',
        todo: 'Choose what you expect, then run it, or watch the recorded run.',
      },
      covariance: {
        title: 'Without covariance',
        text: '[[covariance|Covariance]] keeps dimensions from repeating each other. Its weight is now 0, the others are as before. The spread will look healthy: look at how many dimensions say anything of their own.',
        todo: 'Choose what you expect, then run it, or watch the recorded run.',
      },
      invariance: {
        title: 'Without invariance',
        text: '[[invariance|Invariance]] pulls the two views of a film together. Without it nothing ties them: the embedding is wide and varied, and says nothing about which film it is.',
        todo: 'Choose what you expect, then run it, or watch the recorded run.',
      },
      together: {
        title: 'Why three',
        text: 'Each term alone has an answer that is worthless: a point, a line, noise. Together they leave only answers that tell films apart. The verdict beside the curves watches for exactly these [[collapse|collapses]].',
        todo: 'Read what the last run came to under "What is learnt".',
      },
    },
  },
  simsiam: {
    title: 'SimSiam without its stop-gradient',
    about: 'A method with no spread term and no other films to compare with, and what keeps it alive.',
    steps: {
      without: {
        title: 'Take it away',
        text: '[[simsiam|SimSiam]] compares a guess made from one view with the embedding of the other, and stops the [[stop-gradient|gradient]] at one side. Nothing else keeps it from collapsing. The stop is now switched off.',
        todo: 'Run it, or watch the recorded run, to step 80 at least.',
      },
      dimensions: {
        title: 'A loss that looks perfect',
        text: 'The loss is almost −1, its best value, within some tens of steps. A curve like this would please anyone who looks at the loss alone. Look at the [[spectrum]]: how many directions are left?',
        todo: 'Open "What is learnt" and look at the spectrum.',
      },
      lesson: {
        title: 'What to take from it',
        text: 'The lowest loss is not the best model. Whoever trains without labels has no accuracy to look at and needs a second measure, such as [[rankme|RankMe]] or the spread. That is what the verdict is for.',
        todo: 'Say in one sentence why a low loss proves nothing here.',
      },
    },
  },
  learnt: {
    title: 'What was learnt',
    about: 'Is the encoder worth anything? Labels come in only now, and few of them.',
    steps: {
      neighbours: {
        title: 'Ask the neighbours',
        text: 'Now labels come in, for the first time. Every test film asks its nearest [[neighbours|neighbours]] among the training films what they have. If films that lie close together share findings, something was learnt.',
        todo: 'Evaluate by nearest neighbours, or show the recorded scores.',
      },
      few: {
        title: 'One label in a hundred',
        text: 'A [[linear]] layer on the frozen encoder, trained with the labels of 1 % of the patients. The dots show three encoders: pretrained, [[random]] and raw pixels. Only the distance between them says what pretraining gave.',
        todo: 'Evaluate linearly with 1 % of the labels, or show the recorded scores.',
      },
      all: {
        title: 'All labels',
        text: 'The same with every label. Raw pixels gain most from labels. How far does the advantage of pretraining shrink? That is why it is used where labels are dear.',
        todo: 'Evaluate linearly with 100 % of the labels, or show the recorded scores.',
      },
    },
  },
  shortcut: {
    title: 'The shortcut',
    about: 'A score that is too good, and the map that says why.',
    steps: {
      look: {
        title: 'A new hospital',
        text: 'These films come with a finding called Opacity, and with something else that you may or may not notice. Look through them as you would look through any set that somebody hands you.',
        todo: 'Turn through a few films, or open them all.',
      },
      score: {
        title: 'A wonderful score',
        text: 'Opacity is now found almost without error, far better than the other findings, which are no harder to see. [[auroc|AUROC]] near 1 on one finding alone: be glad, or ask how?',
        todo: 'Train and evaluate linearly, or show the recorded scores.',
      },
      map: {
        title: 'Ask where it looks',
        text: 'The [[class-map|class map]] shows which places of the film speak for Opacity. If the warmest place lies in a corner, outside the body, the layer reads something that is not the disease.',
        todo: 'Look at the map of Opacity.',
      },
      remove: {
        title: 'Take the marker away',
        text: 'The films without the marker are the same otherwise. What the score falls to now is what was learnt of the disease. A [[shortcut]] never shows in the score of its own set: films of another hospital show it.',
        todo: 'Train and evaluate without the marker, or show the recorded scores.',
      },
    },
  },
  leak: {
    title: 'The patient leak',
    about: 'The same films, the same encoder, two splits, two scores.',
    steps: {
      film: {
        title: 'Split by film',
        text: 'In this set a patient has several follow-up films that look alike and show the same findings. Somebody has put films, not patients, into training and test. Most patients now stand on both sides.',
        todo: 'Train and ask the neighbours, or show the recorded scores.',
      },
      patient: {
        title: 'Split by patient',
        text: 'The same films, drawn by [[leak|patient]]: nobody stands on two sides. What falls away was never knowledge of disease; the encoder had recognised people.',
        todo: 'Train and ask the neighbours, or show the recorded scores.',
      },
      rule: {
        title: 'The rule',
        text: 'Split by patient, always, and say so. This program does it by itself and refuses lists that put one patient on two sides. If a paper does not say how it split, read its numbers with this difference in mind.',
        todo: 'Compare the two scores.',
      },
    },
  },
} as const;
