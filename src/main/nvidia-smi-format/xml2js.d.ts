/** The package ships no types. Without `async` the callback is called before `parseString` returns. */
declare module 'xml2js' {
  interface Options {
    readonly explicitArray: boolean;
    readonly trim: boolean;
    readonly async: false;
  }
  const xml2js: {
    parseString(
      text: string,
      options: Options,
      callback: (error: Error | null, document: unknown) => void,
    ): void;
  };
  export default xml2js;
}
