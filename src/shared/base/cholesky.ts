/** Cholesky's factorization of a small covariance matrix: solves with it, and the logarithm of its determinant. */

export interface Factored {
  solve(of: Float64Array): Float64Array;
  readonly logDeterminant: number;
}

/** `matrix` is symmetric and positive definite, n × n, row by row; it is overwritten by its factor. */
export function factorize(matrix: Float64Array, n: number): Factored {
  let logDeterminant = 0;
  for (let i = 0; i < n; i++) {
    for (let k = 0; k <= i; k++) {
      let sum = matrix[i * n + k]!;
      for (let j = 0; j < k; j++) sum -= matrix[i * n + j]! * matrix[k * n + j]!;
      matrix[i * n + k] = i === k ? Math.sqrt(sum) : sum / matrix[k * n + k]!;
    }
    logDeterminant += 2 * Math.log(matrix[i * n + i]!);
  }
  const solve = (of: Float64Array) => {
    const x = of.slice();
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < i; k++) x[i]! -= matrix[i * n + k]! * x[k]!;
      x[i]! /= matrix[i * n + i]!;
    }
    for (let i = n - 1; i >= 0; i--) {
      for (let k = i + 1; k < n; k++) x[i]! -= matrix[k * n + i]! * x[k]!;
      x[i]! /= matrix[i * n + i]!;
    }
    return x;
  };
  return { solve, logDeterminant };
}
