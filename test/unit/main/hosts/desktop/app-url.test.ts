import { join, resolve, sep } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  documentationOf,
  fileForUrl,
  isAppUrl,
  isDocumentation,
  START_URL,
} from '../../../../../src/main/hosts/desktop/app-url';

const root = resolve('out', 'renderer');

describe('addresses of the desktop application', () => {
  test('the start address is the index, and a path is a file below the renderer', () => {
    expect(fileForUrl(START_URL, root)).toBe(join(root, 'index.html'));
    expect(fileForUrl('plumbline://app/assets/index-Ab1.js?x=1#y', root)).toBe(
      join(root, 'assets', 'index-Ab1.js'),
    );
    expect(fileForUrl('plumbline://app/with%20space.svg', root)).toBe(join(root, 'with space.svg'));
  });

  test.each([
    'plumbline://app/../../package.json',
    'plumbline://app/%2e%2e/%2e%2e/package.json',
    'plumbline://app/..%2f..%2fpackage.json',
    'plumbline://app/assets/..%2f..%2f..%2fmain/index.js',
    'plumbline://app/..%5c..%5cpackage.json',
    'plumbline://app/%00index.html',
    'plumbline://app/%E0%A4%A',
    'plumbline://app/%2f%2e%2e/etc/passwd',
    'plumbline://app//etc/passwd',
    'plumbline://other/index.html',
    'plumbline://app:81/index.html',
    'plumbline://me@app/index.html',
    'file:///etc/passwd',
    'https://app/index.html',
    'not an address',
  ])('nothing outside the renderer is ever named: %s', (url) => {
    const file = fileForUrl(url, root);
    // An address that stays inside after normalisation may name a file there, and nowhere else.
    if (file !== null) expect(file.startsWith(root + sep)).toBe(true);
    if (!url.startsWith('plumbline://app/')) expect(file).toBeNull();
    if (url.includes('%2f') || url.includes('%5c') || url.includes('%00') || url.endsWith('%A'))
      expect(file).toBeNull();
  });

  test.each([
    'https://example.com/',
    'plumbline://app.example.com/',
    'plumbline:app',
    'javascript:alert(1)',
    'data:text/html,x',
    '',
  ])('a page elsewhere is not the application: %s', (url) => expect(isAppUrl(url)).toBe(false));

  test('only pages of the documentation leave for the browser, and only over https', () => {
    const home = 'https://example.org/plumbline';
    expect(isDocumentation('https://example.org/plumbline', home)).toBe(true);
    expect(isDocumentation('https://example.org/plumbline/guide#budget', home)).toBe(true);
    for (const url of [
      'http://example.org/plumbline/guide',
      'https://example.org/plumbline-evil/',
      'https://example.org/',
      'https://example.org.evil.net/plumbline/',
      'https://user@example.org/plumbline/',
      'https://example.org/plumbline/../other',
      'file:///etc/passwd',
      'smb://example.org/plumbline/',
    ])
      expect(isDocumentation(url, home), url).toBe(false);
    expect(isDocumentation('https://example.org/plumbline', undefined)).toBe(false);
  });

  test('the documentation lies where package.json says, and nowhere while that is nobody’s address', () => {
    expect(documentationOf('{"homepage":"https://example.org/x"}')).toBe('https://example.org/x');
    expect(documentationOf('{"homepage":"https://plumbline.invalid"}')).toBeUndefined();
    expect(documentationOf('{}')).toBeUndefined();
  });
});
