/**
 * Documents that were written by another version of Plumbline, or by hand: what every reader relies on is checked when
 * they are read, and what else is in them passes as its writer left it.
 */
import { z } from 'zod';

/** Parses to `T` what has the shape; the fields of `T` beside it are taken at the writer's word. */
export function storedDocument<T>(shape: z.ZodType): z.ZodType<T> {
  return z.custom<T>().superRefine((value, context) => {
    const { error } = shape.safeParse(value);
    for (const { path, message } of error?.issues ?? [])
      context.addIssue({ code: 'custom', path, message });
  });
}
