/** Types of plumbline.mjs. */
type Fields = Readonly<Record<string, unknown>>;

export function send(type: string, fields: Fields, ts?: bigint): void;
export function begin(name: string, step?: number | null): void;
export function end(name: string, step?: number | null): void;
export function phase<T>(name: string, work: () => T, step?: number | null): T;
export function step(index: number): void;
export function endStep(): void;
export function tokens(index: number): void;
export function memory(allocated: number, more?: Fields): void;
export function model(fields: Fields): void;
export function run(fields: Fields): void;
export function note(text: string): void;
export function flush(): Promise<void>;
export function close(): Promise<void>;
