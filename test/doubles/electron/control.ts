/**
 * The double's end of the wire to a test: it records what the application asked of the desktop, and holds the answers a
 * test has laid ready. The process ends when whoever started it does.
 */
export interface Call {
  readonly name: string;
  readonly args: readonly unknown[];
}

export type Request =
  | { readonly id: number; readonly op: 'calls' | 'quit' }
  | { readonly id: number; readonly op: 'answer'; readonly name: string; readonly value: unknown }
  | { readonly id: number; readonly op: 'menu'; readonly path: readonly string[] }
  | { readonly id: number; readonly op: 'permission'; readonly permission: string }
  | { readonly id: number; readonly op: 'close-window' };
export type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string }
  | { readonly endpoint: string };

const calls: Call[] = [];
const answers = new Map<string, unknown[]>();
const handlers = new Map<string, (request: Request) => unknown>();

/** Notes a call; arguments are kept as plain data. */
export function record(name: string, args: readonly unknown[]): void {
  calls.push({ name, args: args.map((arg) => JSON.parse(JSON.stringify(arg ?? null)) as unknown) });
}

/** The oldest answer laid ready for `name`; undefined if there is none. */
export function takeAnswer(name: string): unknown {
  return answers.get(name)?.shift();
}

export function onControl(op: Request['op'], handler: (request: Request) => unknown): void {
  handlers.set(op, handler);
}

export function tell(reply: Reply): void {
  if (process.connected) process.send?.(reply);
}

onControl('calls', () => calls);
onControl('answer', (request) => {
  if (request.op === 'answer')
    answers.set(request.name, [...(answers.get(request.name) ?? []), request.value]);
});

process.on('message', (request: Request) => {
  const handler = handlers.get(request.op);
  Promise.resolve()
    .then(() => {
      if (!handler) throw new Error(`no control ${request.op}`);
      return handler(request);
    })
    .then(
      (value) => tell({ id: request.id, value: value ?? null }),
      (error: unknown) =>
        tell({ id: request.id, error: error instanceof Error ? error.message : String(error) }),
    );
});
if (process.channel) process.on('disconnect', () => process.exit(1));
else {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit(1);
  }, 1000).unref();
}
