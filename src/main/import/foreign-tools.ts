/** Output of other programs that people have beside a GPU: it is refused by name, with one command to run instead. */
import type { Head } from './protocol';

interface ForeignTool {
  readonly name: string;
  /** By its text, or by its lines. */
  recognizes(head: Head): boolean;
}

const some = (pattern: RegExp) => (head: Head) => head.lines.some((line) => pattern.test(line));

const TOOLS: readonly ForeignTool[] = [
  { name: 'gpustat', recognizes: some(/^\[\d+\] .+\|.*\d+\s*'C.*\|.*\d+ \/ \d+ MB/) },
  { name: 'tegrastats', recognizes: some(/\bRAM \d+\/\d+MB\b.*\bGR3D_FREQ\b/) },
  {
    name: 'dcgmi',
    recognizes: some(/^#?\s*(Entity|ID)\s+.*\b(FBUSD|GPUTL|POWER|TMPTR|SMACT|GRACT)\b/),
  },
  {
    name: 'nvidia-smi topo',
    recognizes: (head) => some(/^\s*GPU0\s+GPU1\b/)(head) || some(/^GPU0\s+X\b/)(head),
  },
  { name: 'rocm-smi', recognizes: some(/ROCm System Management Interface|\bVRAM%\s+GPU%/) },
  { name: 'nvtop', recognizes: ({ text }) => /"(device_name|gpu_clock|mem_util)"\s*:/.test(text) },
  {
    name: 'a training log',
    // A figure after its name, with or without a sign between them, and a fraction or a share of all where there is none.
    recognizes: some(
      /\b(loss|epoch|step|iter|lr|perplexity|ppl)\b["']?(\s*[:=]\s*[\d.]|\s+\d+(\.\d|e-|\/\d))/i,
    ),
  },
  { name: 'top', recognizes: some(/^top - \d\d:\d\d:\d\d up /) },
];

/** What wrote the file, in words; null where it is nothing that is known. */
export const recognizeTool = (head: Head): string | null =>
  TOOLS.find((tool) => tool.recognizes(head))?.name ?? null;

/** What to record instead: every GPU each second, with what an overlay needs. */
export const INSTEAD =
  'nvidia-smi --query-gpu=timestamp,index,uuid,name,memory.used,memory.total,utilization.gpu,power.draw --format=csv -l 1 > gpu.csv';
