/** Phases as blocks, and above them the steps they belong to. */
import type { Micros } from '../../shared/base/units';
import { indexAt } from '../../shared/picture/predicted-spans';
import type { SpanLevels } from '../../shared/picture/span-levels';
import { SHORT_PHASE_NAMES } from '../../shared/present/names';
import { phaseName, phaseTitle } from '../../shared/present/phase-name';
import type { SessionDocument } from '../../shared/session/session-document';
import type { Lane, Sheet } from '../chart/lane';
import { FONT, textWidth } from '../chart/paint-text';
import { PHASE_COLOR } from '../chart/palette';
import {
  buildStepBlocks,
  joinBlocks,
  LANE,
  type PhaseBlock,
  type StepBlock,
} from '../chart/phase-blocks';

const JOINED_COLOR = '#697382';
/** Height of the row of steps, and how far apart their labels stand. */
const STEP_PX = 15;
const STEP_LABEL_PX = 64;

export function phaseLane(session: SessionDocument, blocks: SpanLevels<PhaseBlock>): Lane {
  const steps = buildStepBlocks(session.overlay);
  const isFound = session.overlay.phases.some(({ inferred }) => inferred);
  return {
    id: 'phases',
    name: 'Phases',
    unit: steps.length > 0 ? countSteps(steps.length) : '',
    about: isFound ? 'Phases found in the trace' : 'Phases that the workload announced',
    height: steps.length > 0 ? 40 : 24,
    scale: { min: 0, max: 1, ticks: [] },
    paint(sheet) {
      const head = steps.length > 0 && sheet.box.height > 30 ? STEP_PX : 0;
      if (head > 0) paintSteps(sheet, steps);
      paintBlocks(sheet, blocks, head);
    },
    readAt: (t) => describe(session, t),
  };
}

const countSteps = (count: number): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? 'step' : 'steps'}`;

function describe({ overlay }: SessionDocument, t: Micros): string {
  const index = indexAt(overlay.phases, t, ({ span }) => span[0]);
  const phase = overlay.phases[index];
  if (!phase || t > phase.span[1]) return 'between phases';
  return phaseTitle(phase, ', step ');
}

function paintSteps({ context, ink, view, box, x }: Sheet, steps: readonly StepBlock[]): void {
  const first = Math.max(
    0,
    indexAt(steps, view.t0, ({ t0 }) => t0),
  );
  const last = indexAt(steps, view.t1, ({ t0 }) => t0);
  const stride = roundStride(((last - first + 1) * STEP_LABEL_PX) / box.width);
  context.font = `11px ${FONT}`;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.strokeStyle = ink.axis;
  context.fillStyle = ink.muted;
  context.lineWidth = 1;
  context.beginPath();
  for (let i = Math.ceil(first / stride) * stride; i <= last; i += stride) {
    const step = steps[i];
    if (!step) break;
    const at = Math.round(Math.max(box.left, x(step.t0))) + 0.5;
    context.moveTo(at, box.top);
    context.lineTo(at, box.top + STEP_PX - 3);
    const text = stride === 1 && x(step.t1) - at > 54 ? `step ${step.step}` : String(step.step);
    if (x(step.t1) - at > textWidth(text) + 6 || stride > 1)
      context.fillText(text, at + 4, box.top + STEP_PX / 2 - 1);
  }
  context.stroke();
}

/** 1, 2, 5, 10, 20…: every how manieth step has a label. */
function roundStride(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  return [1, 2, 5, 10].map((by) => by * power).find((by) => by >= least) ?? power * 10;
}

function paintBlocks(sheet: Sheet, blocks: SpanLevels<PhaseBlock>, head: number): void {
  const { context, view, box } = sheet;
  const [top, height] = [box.top + head, box.height - head];
  const shown = joinBlocks(blocks.within(view, box.width), view, box.width, LANE);
  context.font = `600 11px ${FONT}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (const block of shown) {
    const x0 = Math.max(box.left, sheet.x(block.t0));
    const width = Math.max(1, Math.min(box.left + box.width, sheet.x(block.t1)) - x0);
    context.fillStyle = block.phase === null ? JOINED_COLOR : PHASE_COLOR[block.phase];
    context.globalAlpha = block.phase === 'idle' ? 0.35 : 1;
    context.beginPath();
    if (width > 6) context.roundRect(x0 + 0.5, top, width - 1, height, 3);
    else context.rect(x0, top, Math.max(0.75, width - 0.5), height);
    context.fill();
    context.globalAlpha = 1;
    const label = blockLabel(block, width - 10);
    if (label === '' || height < 12) continue;
    context.fillStyle = block.phase === 'idle' ? sheet.ink.muted : '#ffffff';
    context.fillText(label, x0 + width / 2, top + height / 2 + 0.5);
  }
}

function formatSteps({ firstStep, lastStep }: PhaseBlock): string {
  if (firstStep === null) return '';
  return firstStep === lastStep ? ` ${firstStep}` : ` ${firstStep}–${lastStep}`;
}

/** The longest name of a block that fits into `room` pixels; empty where none does. */
function blockLabel(block: PhaseBlock, room: number): string {
  const step = formatSteps(block);
  if (block.phase !== null && block.stage !== undefined) {
    const stage = phaseName({ phase: block.phase, stage: block.stage });
    return textWidth(stage) <= room ? stage : '';
  }
  const name = block.phase ?? (step ? 'steps' : `${block.count} phases`);
  return (
    [
      name + step,
      block.phase === null ? step.trim() : name,
      (block.phase && SHORT_PHASE_NAMES[block.phase]) ?? '',
    ].find((text) => text !== '' && textWidth(text) <= room) ?? ''
  );
}
