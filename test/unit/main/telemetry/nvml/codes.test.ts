/** What NVML's return codes mean, against the list in NVIDIA's documentation of nvmlReturn_t. */
import { describe, expect, test } from 'vitest';
import { explainCode, FAULT_CODES } from '../../../../../src/main/telemetry/nvml/codes';
import { ABSENT_REASONS } from '../../../../../src/shared/base/vocabulary';

/** nvmlReturn_t of the R580 documentation, in its order. */
const DOCUMENTED = [
  'UNINITIALIZED',
  'INVALID_ARGUMENT',
  'NOT_SUPPORTED',
  'NO_PERMISSION',
  'ALREADY_INITIALIZED',
  'NOT_FOUND',
  'INSUFFICIENT_SIZE',
  'INSUFFICIENT_POWER',
  'DRIVER_NOT_LOADED',
  'TIMEOUT',
  'IRQ_ISSUE',
  'LIBRARY_NOT_FOUND',
  'FUNCTION_NOT_FOUND',
  'CORRUPTED_INFOROM',
  'GPU_IS_LOST',
  'RESET_REQUIRED',
  'OPERATING_SYSTEM',
  'LIB_RM_VERSION_MISMATCH',
  'IN_USE',
  'MEMORY',
  'NO_DATA',
  'VGPU_ECC_NOT_SUPPORTED',
  'INSUFFICIENT_RESOURCES',
  'FREQ_NOT_SUPPORTED',
  'ARGUMENT_VERSION_MISMATCH',
  'DEPRECATED',
  'NOT_READY',
  'GPU_NOT_FOUND',
  'INVALID_STATE',
  'RESET_TYPE_NOT_SUPPORTED',
];

describe('NVML return codes', () => {
  test('every documented code is known by its name', () => {
    expect(FAULT_CODES.map((code) => [code, explainCode(code).name])).toEqual([
      ...DOCUMENTED.map((name, index) => [index + 1, name]),
      [999, 'UNKNOWN'],
    ]);
  });

  test('each has a reason, words and a remedy that a person can read', () => {
    for (const code of FAULT_CODES) {
      const fault = explainCode(code);
      expect(ABSENT_REASONS, fault.name).toContain(fault.reason);
      expect(fault.text, fault.name).toMatch(/^[a-z].*[^.]$/);
      expect(fault.remedy, fault.name).toMatch(/^[A-Z].*\.$/);
    }
  });

  test.each([
    [3, 'not_supported', 'counter'],
    [4, 'not_permitted', 'counter'],
    [10, 'not_read', 'reading'],
    [15, 'lost', 'device'],
    [16, 'lost', 'device'],
    [9, 'not_read', 'library'],
    [18, 'not_read', 'library'],
    [999, 'not_read', 'library'],
  ])('code %i is %s and reaches as far as one %s', (code, reason, scope) => {
    expect(explainCode(code)).toMatchObject({ reason, scope });
  });

  test('a code of a later driver is an unknown error that names its number', () => {
    expect(explainCode(77)).toMatchObject({
      code: 77,
      reason: 'not_read',
      scope: 'library',
      text: expect.stringContaining('77'),
    });
  });
});
