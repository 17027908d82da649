/**
 * Takes JSON apart as it comes: a document's values one by one, and the elements of its lists one by one, so that a
 * trace of a gigabyte is never held. Documents may follow each other (JSON Lines, a command in a loop). A list that a
 * document consists of counts as a list without a key.
 *
 * Guarantees: each piece goes through JSON.parse, so what is handed on is JSON; a piece has a greatest length; a last
 * piece that is cut off is left out and said to be.
 */
import { Failure } from '../../../shared/base/failure';
import type { JsonReader } from '../protocol';

const MAX_PIECE = 1 << 26;
const MAX_DEPTH = 200;

/** Pieces of lists stand at the depth of their list and one more; those of an object at 1. */
export class JsonItems {
  readonly #sink: JsonReader;
  readonly #name: string;
  /** Opening brackets that are not closed. */
  #open = '';
  #key: string | null = null;
  /** Text of the value that is being read, from its first character on. */
  #piece = '';
  #isPiece = false;
  #inString = false;
  #isEscaped = false;
  /** In an object: what is next is a key. */
  #isKeyNext = false;

  constructor(name: string, sink: JsonReader) {
    this.#name = name;
    this.#sink = sink;
  }

  push(text: string): void {
    let from = 0;
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i);
      if (this.#inString) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (c === 0x5c) this.#isEscaped = true;
        else if (c === 0x22) this.#inString = false;
        else {
          // Nothing else matters within a string.
          const quote = findNext(text, i);
          i = quote - 1;
        }
        continue;
      }
      if (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) continue;
      if (c === 0x22) {
        this.#inString = true;
        if (!this.#isPiece) {
          this.#begin();
          from = i;
        }
      } else if (c === 0x7b || c === 0x5b) from = this.#opens(text, i, from);
      else if (c === 0x7d || c === 0x5d) from = this.#closes(text, i, from);
      else if (c === 0x2c) from = this.#ends(text, i, from);
      else if (c === 0x3a && this.#isKeyNext && this.#level() === 1) {
        const key = this.#parse(this.#piece + text.slice(from, i));
        if (typeof key !== 'string') throw this.#refuse('is no whole JSON');
        this.#key = key;
        this.#drop();
        this.#isKeyNext = false;
      } else if (!this.#isPiece) {
        this.#begin();
        from = i;
      }
    }
    if (this.#isPiece) {
      this.#piece += text.slice(from);
      if (this.#piece.length > MAX_PIECE) throw this.#refuse('holds a value of more than 64 MiB');
    }
  }

  /** Whether the text ended where a document did. */
  end(): boolean {
    if (this.#open === '' && this.#isPiece && this.#piece.trim() !== '') {
      this.#hand(this.#piece);
      this.#sink.document();
    }
    return this.#open === '';
  }

  /** Brackets that are structure: an object or list that is the document, and a list in an object. */
  #level(): number {
    return this.#open.length;
  }

  #begin(): void {
    this.#isPiece = true;
    this.#piece = '';
  }

  #drop(): void {
    this.#isPiece = false;
    this.#piece = '';
  }

  #opens(text: string, i: number, from: number): number {
    const bracket = text[i] ?? '';
    if (this.#isPiece) {
      this.#nest(bracket);
      return from;
    }
    const level = this.#level();
    // The document itself, and a list that is a value of it, are taken apart; anything else is a piece.
    if (level === 0 || (level === 1 && this.#open === '{' && bracket === '[')) {
      this.#open += bracket;
      this.#isKeyNext = bracket === '{';
      if (level === 0) this.#key = null;
      return i;
    }
    this.#begin();
    this.#nest(bracket);
    return i;
  }

  #nested = '';
  #nest(bracket: string): void {
    this.#nested += bracket;
    if (this.#nested.length > MAX_DEPTH) throw this.#refuse('is nested too deep');
  }

  #closes(text: string, i: number, from: number): number {
    const bracket = text[i];
    if (this.#nested !== '') {
      this.#match(this.#nested, bracket);
      this.#nested = this.#nested.slice(0, -1);
      return from;
    }
    this.#match(this.#open, bracket);
    this.#handPiece(text.slice(from, i));
    this.#open = this.#open.slice(0, -1);
    if (this.#level() === 0) {
      this.#sink.document();
      this.#key = null;
    }
    return i;
  }

  /** A comma: the end of a value, where it does not stand in one. */
  #ends(text: string, i: number, from: number): number {
    if (this.#nested !== '') return from;
    this.#handPiece(text.slice(from, i));
    this.#isKeyNext = this.#open === '{';
    return i + 1;
  }

  #handPiece(rest: string): void {
    if (!this.#isPiece) return;
    const piece = this.#piece + rest;
    this.#drop();
    this.#hand(piece);
  }

  #hand(piece: string): void {
    this.#sink.item({ key: this.#key, value: this.#parse(piece) });
  }

  #match(open: string, bracket: string | undefined): void {
    const last = open.at(-1);
    if ((last === '{' && bracket !== '}') || (last === '[' && bracket !== ']') || !last)
      throw this.#refuse('is no whole JSON');
  }

  #parse(piece: string): unknown {
    try {
      return JSON.parse(piece);
    } catch (error) {
      throw this.#refuse('is no whole JSON', error);
    }
  }

  #refuse(why: string, cause?: unknown): Failure {
    return new Failure(
      'bad_input',
      `${this.#name} ${why}.`,
      'Copy the file again as its tool wrote it.',
      cause,
    );
  }
}

/** Place of the next quote or backslash. */
function findNext(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22 || c === 0x5c) return i;
  }
  return text.length;
}
