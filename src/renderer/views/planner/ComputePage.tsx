/** Work and time: FLOPs by operation, the roofline of the card, and how long a step or a generation takes at least. */
import type { Count } from '../../../shared/base/big-count';
import { ABSENT, formatDuration, formatInteger, formatPercent } from '../../../shared/base/format';
import { scaled, trimmed, whole } from '../../../shared/present/numbers';
import type { FlopsDocument } from '../../../shared/present/spec-documents';
import { FailureNote } from '../../components/FailureNote';
import { Skeleton } from '../../components/Skeleton';
import { useAnswer } from '../../plans/useAnswer';
import { PlanTable, type Row } from './PlanTable';
import type { Planned } from './planned';
import { Roofline } from './Roofline';

const OPERATIONS = [
  ['qkv', 'Queries, keys, values'],
  ['scores', 'Scores, Q × K'],
  ['attentionOutput', 'Scores × V'],
  ['projection', 'Output projection'],
  ['ffn', 'Feed-forward'],
  ['total', 'A layer'],
] as const;

export function ComputePage({ sides }: { sides: readonly Planned[] }) {
  return (
    <div className="plan-columns" data-sides={sides.length}>
      {sides.map((side) => (
        <Work key={side.letter} side={side} />
      ))}
    </div>
  );
}

function Work({ side: { letter, spec } }: { side: Planned }) {
  const { data, error } = useAnswer('flops', spec);
  if (error !== null) return <FailureNote error={error} />;
  if (data === null) return <Skeleton rows={6} />;
  return (
    <section className="plan-page" aria-label={letter ? `Work of ${letter}` : 'Work'}>
      {letter && <b className="side-letter">{letter}</b>}
      <p>{timeSentence(data)}</p>
      {data.device && <Roofline device={data.device} />}
      <FlopTable flops={data} trains={spec?.run.mode === 'train'} />
      <p className="muted">{crossoverSentence(data)}</p>
      {data.device && <OperationTable device={data.device} />}
      {data.generation && <Generation told={data.generation} />}
    </section>
  );
}

function timeSentence({
  device,
  generation,
  training,
  forward,
  seq,
  batch,
}: FlopsDocument): string {
  const least = (seconds: number) => formatDuration(seconds * 1e6);
  if (device === null)
    return `A forward pass over ${batch} × ${whole(seq)} tokens is ${scaled(forward)}FLOPs. Name a GPU for its roofline and for times.`;
  if (training)
    return `A training step takes ${least(training.stepSeconds)} at least: ${rate(training.tokensPerSecond)} tokens a second, ${formatPercent(100 * training.utilization)} of the peak at best.`;
  if (generation?.device) {
    const { prefillSeconds, perTokenSeconds, totalSeconds, tokensPerSecond } = generation.device;
    const each = perTokenSeconds === null ? '' : `, then ${least(perTokenSeconds)} each`;
    return `The first token comes after ${least(prefillSeconds)} at least${each}; ${least(totalSeconds)} in all, ${rate(tokensPerSecond)} tokens a second.`;
  }
  return `A forward pass takes ${least(device.seconds)} at least on the ${device.gpu.name}.`;
}

/** Tokens a second: whole where a tenth of one says nothing. */
const rate = (perSecond: number): string =>
  perSecond >= 100 ? formatInteger(perSecond) : trimmed(perSecond);

function FlopTable({ flops, trains }: { flops: FlopsDocument; trains: boolean }) {
  const { perLayer, head, forward, backward, train, model } = flops;
  const row = (name: string, value: Count, times = 1): Row => [
    name,
    whole(value),
    scaled(value),
    `${((100 * times * Number(value)) / Number(forward)).toFixed(1)}%`,
  ];
  const rows = [
    ...OPERATIONS.map(([key, name]) => row(name, perLayer[key], model.layers)),
    row('Output head', head),
    row('Forward', forward),
    ...(trains ? [row('Backward, twice forward', backward), row('Training step', train)] : []),
  ];
  return (
    <PlanTable
      caption={`FLOPs over ${flops.batch} × ${whole(flops.seq)} tokens; a multiply-add is 2`}
      head={['', 'FLOPs', 'Rounded', `of forward, × ${model.layers} layers`]}
      rows={rows}
    />
  );
}

function crossoverSentence({ crossover, seq }: FlopsDocument): string {
  const length = (tokens: number | null) =>
    tokens === null ? 'no length' : `${whole(Math.round(tokens))} tokens`;
  return `Attention costs as much as its projections at ${length(crossover.attentionEqualsProjections)}, as all the rest of the layer at ${length(crossover.attentionEqualsLayer)}; here are ${whole(seq)}.`;
}

const NAMES: Readonly<Record<string, string>> = {
  qkv: 'Queries, keys, values',
  attention: 'Attention',
  projection: 'Output projection',
  ffn: 'Feed-forward',
  head: 'Head',
};

function OperationTable({ device }: { device: NonNullable<FlopsDocument['device']> }) {
  return (
    <PlanTable
      caption={`One forward pass on the ${device.gpu.name} at ${device.precision}: ${trimmed(device.ridge)} FLOPs a byte is where it turns from memory to arithmetic`}
      head={['', 'Times', 'FLOPs', 'Traffic', 'FLOPs a byte', 'Bound by', 'Each', 'All']}
      rows={device.operations.map(({ name, times, flops, bytes, intensity, bound, seconds }) => [
        NAMES[name] ?? name,
        String(times),
        scaled(flops),
        `${scaled(bytes)}B`,
        trimmed(intensity),
        bound,
        formatDuration(seconds * 1e6),
        formatDuration(seconds * times * 1e6),
      ])}
    />
  );
}

function Generation({ told }: { told: NonNullable<FlopsDocument['generation']> }) {
  const { prefill, decode, firstStep, lastStep, cacheWorkRatio, device } = told;
  return (
    <>
      <p>
        The prompt is {scaled(prefill)}FLOPs, the steps after it {scaled(decode)}FLOPs. A cached
        step grows from {scaled(firstStep)}FLOPs to {scaled(lastStep)}FLOPs; without a cache the
        whole is {trimmed(cacheWorkRatio)} times the work
        {device && `, ${trimmed(device.cacheTimeRatio)} times the time`}.
      </p>
      {device && (
        <PlanTable
          caption="What a batch buys"
          head={[
            'Batch',
            'Latency',
            'Against 1',
            'Tokens a second',
            'Against 1',
            'Peak memory',
            '',
          ]}
          rows={device.batches.map((point) => [
            whole(point.batch),
            point.totalSeconds === null ? ABSENT : formatDuration(point.totalSeconds * 1e6),
            `${trimmed(point.latencyCost)} ×`,
            scaled(point.tokensPerSecond),
            `${trimmed(point.throughputGain)} ×`,
            { bytes: point.peakBytes },
            point.fits ? 'fits' : 'does not fit',
          ])}
        />
      )}
    </>
  );
}
