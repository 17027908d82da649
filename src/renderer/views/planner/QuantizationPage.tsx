/** What narrower weights and caches take: every usual scheme with its scales, whatever the run's own precision. */
import { useMemo } from 'react';
import { ABSENT } from '../../../shared/base/format';
import { quantizationTable } from '../../../shared/compute/quantization';
import { figure } from '../../../shared/present/numbers';
import { PlanTable } from './PlanTable';
import type { Planned } from './planned';

export function QuantizationPage({ sides }: { sides: readonly Planned[] }) {
  return (
    <div className="plan-columns" data-sides={sides.length}>
      {sides.map((side) => (
        <Schemes key={side.letter} side={side} />
      ))}
    </div>
  );
}

function Schemes({ side: { letter, spec } }: { side: Planned }) {
  const rows = useMemo(() => {
    if (spec === null || spec.model.decoderLayers) return null;
    const { model, run } = spec;
    return quantizationTable(model, run.batch, run.seq, run.mode !== 'train' && run.kvCache);
  }, [spec]);
  const times = (ratio: number | null) => (ratio === null ? ABSENT : `${ratio.toFixed(2)} ×`);
  return (
    <section
      className="plan-page"
      aria-label={letter ? `Quantization of ${letter}` : 'Quantization'}
    >
      {letter && <b className="side-letter">{letter}</b>}
      {rows === null ? (
        <p className="muted">Encoder-decoders are not told by scheme.</p>
      ) : (
        <>
          <p>
            Linear layers are quantized with fp16 scales, int4 with zero-points too; everything else
            stays at fp16, so that nothing is quite “a quarter”.
          </p>
          <PlanTable
            caption="Weights, and a cache of the run’s tokens where it keeps one"
            head={['', 'Bits a weight', 'Weights', 'Smaller', 'KV cache', 'Smaller']}
            rows={rows.map((row) => [
              row.scheme,
              figure(row.bitsPerWeight),
              { bytes: row.weightBytes },
              times(row.weightRatio),
              { bytes: row.cacheBytes },
              times(row.cacheRatio),
            ])}
          />
        </>
      )}
    </section>
  );
}
