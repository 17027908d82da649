/** The package ships no types. `error` is an Error, or what nvidia-smi printed on stderr. */
declare module 'node-nvidia-smi' {
  export default function nvidiaSmi(
    callback: (error: Error | string | null, data?: unknown) => void,
  ): void;
}
