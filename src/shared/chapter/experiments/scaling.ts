/** The chapter's last exercise: how to spend 10^24 FLOPs. */
import { BESIROGLU, lossOptimum } from '../../compute/chinchilla';
import { kaplanOptimum } from '../../compute/kaplan';
import { claimStep, type Experiment, step } from './experiment';

const C = 1e24;

export const SCALING_EXPERIMENTS: readonly Experiment[] = [
  {
    name: 'chinchilla-1e24',
    title: 'Exercise 4: the best model for 10^24 FLOPs, and where GPT-3 stands',
    inputs: [['budget', '10^24 FLOPs, C = 6·N·D']],
    steps: () => [
      claimStep('optimum-ratio-used', 'ratio put in', 'Chinchilla: 1.4e12 / 70e9'),
      claimStep('optimum-n-billions', 'parameters', '√(C / (6 · 20))'),
      claimStep('optimum-n-published', 'by Hoffmann, approach 1', 'its published table'),
      step(
        'by the refitted loss',
        'Besiroglu et al. 2024',
        lossOptimum(C, BESIROGLU).N / 1e9,
        'billion',
      ),
      step('by Kaplan et al. 2020', '1.3e9 · C^0.73', kaplanOptimum(C).N / 1e9, 'billion'),
      claimStep('optimum-d-billions', 'tokens', 'C / (6N)'),
      claimStep('ratio', 'tokens a parameter', '1,826 / 91.3'),
      claimStep('recommendation', 'what is recommended', 'the ratio put in'),
      claimStep('verification', 'the printed pair', '6 · 289e9 · 577e9'),
      claimStep('constant-a', 'constant a', 'N / √(C/6)'),
      claimStep('constant-b', 'constant b', 'D / √(C/6)'),
      claimStep('gpt3-compute', 'GPT-3 took', '6 · 175e9 · 300e9'),
      claimStep('gpt3-growth', 'growth to the budget', '√(1e24 / 3.15e23)'),
      claimStep('gpt3-scaled-n', 'its parameters grown', '175 · 1.782'),
      claimStep('gpt3-scaled-d', 'its tokens grown', '300 · 1.782'),
      claimStep('gpt3-ratio', 'its tokens a parameter', '300 / 175'),
      claimStep('undertrained-optimal', 'against the optimum', '20'),
      claimStep('table-difference-n', 'size against GPT-3', '91.3 / 311.8 − 1'),
      claimStep('table-difference-d', 'tokens', '1,826 / 534.5 − 1'),
      claimStep('loss-chinchilla', 'loss of the optimum', 'E + A/N^0.34 + B/D^0.28'),
      claimStep('loss-chinchilla-printed', 'of the printed pair', 'the same for 289e9, 577e9'),
      claimStep('loss-gpt3', 'of GPT-3 grown', 'the same for 311e9, 534e9'),
      claimStep('loss-gain', 'gain, best against GPT-3', '1 − 1.911 / 1.954'),
      claimStep('loss-gain-pair', 'gain of the printed pairs', '1 − 1.951 / 1.954'),
    ],
  },
];
