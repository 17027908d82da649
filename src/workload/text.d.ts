/** What the bundler makes of imported texts and WebAssembly. */
declare module '*.txt?raw' {
  const text: string;
  export default text;
}
declare module '*.wat' {
  /** Assembled by the build. */
  const binary: Uint8Array<ArrayBuffer>;
  export default binary;
}
