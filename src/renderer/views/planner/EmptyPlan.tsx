/** Nothing is planned yet: some questions people come with, each a plan to begin from. */
import { type Draft, EMPTY_DRAFT } from '../../plans/draft';

const EXAMPLES: readonly { readonly title: string; readonly draft: Draft }[] = [
  {
    title: 'Fine-tune Llama 3 8B with adapters on one RTX 4090',
    draft: {
      ...EMPTY_DRAFT,
      model: 'llama-3-8b',
      settings: { mode: 'train', gpu: 'RTX 4090', precision: 'nf4', loraRank: '16', seq: '2048' },
    },
  },
  {
    title: 'Train GPT-2 on 1,024 tokens, batch 8, in mixed precision',
    draft: {
      ...EMPTY_DRAFT,
      model: 'gpt2',
      settings: {
        mode: 'train',
        gpu: 'RTX 4090',
        precision: 'mixed-bf16',
        batch: '8',
        seq: '1024',
      },
    },
  },
  {
    title: 'Serve Llama 3 70B on four H100',
    draft: {
      ...EMPTY_DRAFT,
      model: 'llama-3-70b',
      settings: { mode: 'serve', gpu: 'H100 SXM', tp: '4', batch: '32', seq: '4096' },
    },
  },
];

export function EmptyPlan({ onChoose }: { onChoose(draft: Draft): void }) {
  return (
    <div className="empty plan-empty">
      <h2>Will it fit, and where do the bytes go?</h2>
      <p>
        Name a model and say what the run is. The figures are those of “plumbline budget” and
        “plumbline plan”; nothing is run.
      </p>
      <ul className="plan-examples">
        {EXAMPLES.map(({ title, draft }) => (
          <li key={title}>
            <button type="button" className="button" onClick={() => onChoose(draft)}>
              {title}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
