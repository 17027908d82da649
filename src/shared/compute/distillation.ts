/** A teacher and its student: how much smaller, and how much less work a sequence is. */
import { parameterCount } from '../model/parameters';
import type { ModelSpec } from '../model/spec';
import { forwardFlops, headFlops } from './flops';

export interface StudentComparison {
  readonly teacherParameters: number;
  readonly studentParameters: number;
  readonly memoryRatio: number;
  /** FLOPs of the layers over one sequence of `seq` tokens, teacher's over student's. */
  readonly workRatio: number;
}

/** By counted parameters and by counted FLOPs of the layers, heads left out. */
export function compareStudent(
  teacher: ModelSpec,
  student: ModelSpec,
  seq: number,
): StudentComparison {
  const work = (model: ModelSpec) =>
    Number(forwardFlops(model, 1, seq) - headFlops(model, BigInt(seq)));
  const teacherParameters = parameterCount(teacher);
  const studentParameters = parameterCount(student);
  return {
    teacherParameters,
    studentParameters,
    memoryRatio: teacherParameters / studentParameters,
    workRatio: work(teacher) / work(student),
  };
}
