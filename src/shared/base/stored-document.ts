/**
 * Documents that were written by another version of Plumbline, or by hand: what every reader relies on is checked when
 * they are read, and what else is in them passes as its writer left it.
 */
import { z } from 'zod';

/**
 * Parses to `T` what has the shape; the fields of `T` beside it are taken at the writer's word. The fields of the shape
 * come first, in its order: comparisons name settings as they stand in a document.
 */
export function storedDocument<T>(shape: z.ZodObject): z.ZodType<T> {
  return z.looseObject(shape.shape).transform((value) => value as T);
}
