// The glossary in English: what an entry is called and what it means. Formulas and numbers are not texts; which of them an
// entry shows is in words/glossary.ts.

export const GLOSSARY_EN = {
  view: {
    name: 'view',
    meaning:
      'One random version of a film: a part of it, perhaps mirrored, blurred, inverted, brighter or darker. A step makes two of every film.',
  },
  encoder: {
    name: 'encoder',
    meaning:
      'The network that turns a film into a list of numbers, its features. It is what is kept after pretraining; all else only serves to train it.',
  },
  embedding: {
    name: 'embedding',
    meaning:
      'What the projector makes of the features of one view. The loss is measured on it, so that the features themselves need not give up what the loss wants ignored.',
  },
  total: {
    name: 'total',
    meaning:
      'The loss: what the optimiser lowers. A low value proves nothing by itself, since a collapse has the lowest of all.',
  },
  invariance: {
    name: 'invariance',
    meaning:
      'How far the two views of a film lie apart. Falling: the encoder ignores what the views change. Zero with a high variance term: collapse.',
  },
  variance: {
    name: 'variance',
    meaning:
      'How much spread the dimensions lack. Zero: every dimension spreads by one or more. Near one: all films get the same embedding.',
  },
  covariance: {
    name: 'covariance',
    meaning: 'How much dimensions repeat each other. Falling: information spreads over more dimensions.',
  },
  spread: {
    name: 'spread',
    meaning:
      'The standard deviation of a dimension over the films of a batch, averaged over the dimensions. One is what the variance term asks for.',
  },
  vicreg: {
    name: 'VICReg',
    meaning:
      'A method with three terms: views alike (invariance), dimensions spread (variance), dimensions different (covariance). MLVICX asks the same of several levels of the encoder.',
  },
  mlvicx: {
    name: 'MLVICX',
    meaning:
      'VICReg for chest X-rays: the same three terms on the last features and, by a second head, on all five levels of the encoder, where fine findings are still to be seen.',
  },
  simsiam: {
    name: 'SimSiam',
    meaning:
      'A method that guesses the embedding of one view from the other. It has no term that keeps films apart; the stopped gradient does.',
  },
  'stop-gradient': {
    name: 'stop-gradient',
    meaning:
      'One side of the comparison counts as given: the guess is moved towards the embedding, never the embedding towards the guess.',
  },
  collapse: {
    name: 'collapse',
    meaning:
      'An answer that pleases the loss and is worthless: all films at one point, or on one line. Seen in spread and in the number of directions, not in the loss.',
  },
  spectrum: {
    name: 'spectrum',
    meaning:
      'The variances of the features along their main directions, largest first. A line that falls off a cliff: few directions carry everything.',
  },
  rankme: {
    name: 'RankMe',
    meaning:
      'About how many directions the features use. Falling while the loss falls: dimensional collapse.',
  },
  participation: {
    name: 'participation',
    meaning: 'About how many dimensions share the variance. One: everything moves along a single line.',
  },
  neighbours: {
    name: 'nearest neighbours',
    meaning:
      'The films whose features point the same way. Their labels vote on a film; nothing is trained, so the score is that of the features alone.',
  },
  linear: {
    name: 'linear evaluation',
    meaning:
      'A single layer trained with labels on the frozen encoder. What it cannot find was not laid out by pretraining.',
  },
  auroc: {
    name: 'AUROC',
    meaning:
      'How often a film with the finding scores above one without it. 0.5 is chance, 1 is without error. Counting films wrongly called healthy needs a threshold; this does not.',
  },
  random: {
    name: 'random encoder',
    meaning:
      'The same network before any training. Much of a score is there already, so only what lies above it is due to pretraining.',
  },
  'class-map': {
    name: 'class map',
    meaning:
      'What each place of the film adds to the layer’s answer. It shows where the answer comes from, not why.',
  },
  shortcut: {
    name: 'shortcut',
    meaning:
      'Something that goes along with a finding in one set and is not the disease: a marker, a tube, the machine. It lifts the score here and fails elsewhere.',
  },
  leak: {
    name: 'leak',
    meaning:
      'Knowledge of test films that came in by training. With several films of one patient, a split by film lets the encoder recognise the person.',
  },
  temperature: {
    name: 'temperature',
    meaning:
      'Divides the cosines of a contrastive loss. The smaller it is, the more the closest films decide.',
  },
  batch: {
    name: 'batch size',
    meaning:
      'Films per step. Variance and covariance are measured over them: with two films there is hardly anything to measure.',
  },
  crop: {
    name: 'smallest crop',
    meaning:
      'The least part of a film that a view may show. With very small ones two views share no anatomy, and what is left to agree on is not medicine.',
  },
  rate: {
    name: 'learning rate',
    meaning:
      'How far a step moves the weights. It rises at the beginning, then falls to nothing along a cosine.',
  },
} as const;
