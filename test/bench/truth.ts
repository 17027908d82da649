/**
 * The refined tier beside the truth: steps of real Hugging Face models, run by PyTorch on tensors without memory
 * (`truth/run.py`), phase by phase.
 *
 *     npm run bench:truth              compare with the figures in resources/truth/figures.json
 *     npm run bench:truth -- --make    run the steps that have no figure yet; --make=all runs every one
 *     npm run bench:truth -- WORD      the steps whose name has WORD alone, with each phase
 *
 * Python is PLUMBLINE_PYTHON or python3; without torch and transformers in it the committed figures stand.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { compareStep, type Figures, report } from './truth/compare';
import { listSteps, type TruthStep } from './truth/steps';

const FIGURES = 'resources/truth/figures.json';

function readFigures(): Figures {
  try {
    return JSON.parse(readFileSync(FIGURES, 'utf8')) as Figures;
  } catch {
    return { versions: {}, steps: {} };
  }
}

/** One step a line, so that a new figure is one new line. */
function writeFigures({ versions, steps }: Figures): void {
  const lines = Object.keys(steps)
    .sort()
    .map((id) => `${JSON.stringify(id)}:${JSON.stringify(steps[id])}`);
  writeFileSync(
    FIGURES,
    `{"versions":${JSON.stringify(versions)},"steps":{\n${lines.join(',\n')}\n}}\n`,
  );
}

const python = process.env.PLUMBLINE_PYTHON ?? 'python3';

function hasTorch(): boolean {
  return spawnSync(python, ['-c', 'import torch, transformers']).status === 0;
}

/** Runs `steps` and adds what they held to `figures`, which is written as each comes. */
async function make(steps: readonly TruthStep[], figures: Figures): Promise<void> {
  const child = spawn(python, ['test/bench/truth/run.py'], { stdio: ['pipe', 'pipe', 'inherit'] });
  for (const step of steps) child.stdin.write(`${JSON.stringify(step)}\n`);
  child.stdin.end();
  let done = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const answer = JSON.parse(line) as { id?: string; versions?: Record<string, string> };
    if (answer.versions) figures.versions = answer.versions;
    if (answer.id === undefined) continue;
    const { id, ...figure } = answer;
    figures.steps[id] = figure as Figures['steps'][string];
    done++;
    if (done % 20 === 0) {
      console.error(`${done} of ${steps.length} steps run`);
      writeFigures(figures);
    }
  }
  writeFigures(figures);
}

async function main(args: readonly string[]): Promise<void> {
  const words = args.filter((word) => !word.startsWith('--'));
  const wanted = listSteps().filter(({ id }) => words.every((word) => id.includes(word)));
  const figures = readFigures();
  const all = args.includes('--make=all');
  if (all || args.includes('--make')) {
    if (!hasTorch()) {
      console.error(
        `${python} has no torch and transformers: set PLUMBLINE_PYTHON to one that has.`,
      );
      process.exitCode = 3;
      return;
    }
    await make(all ? wanted : wanted.filter(({ id }) => !figures.steps[id]), figures);
  }
  const compared = wanted.map((step) => compareStep(step, figures.steps[step.id]));
  console.log(report(compared, figures.versions, words.length > 0));
}

await main(process.argv.slice(2));
