/** Who may ask a Prometheus server, and what is shown of it. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PrometheusServer } from '../../../../src/main/prometheus/server';

let server: Server;
let port = 0;
const asked: (string | undefined)[] = [];
const answer = (request: IncomingMessage): [number, string] => {
  asked.push(request.headers.authorization);
  if (request.headers.authorization === undefined) return [401, 'who are you?'];
  return [200, '{"status":"success","data":{"resultType":"scalar","result":[1700000000.5,"1"]}}'];
};
beforeAll(async () => {
  server = createServer((request, response) => {
    const [status, text] = answer(request);
    response.writeHead(status).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.close();
});

test('a name and a password in the address, or a token of the environment, are given and never shown', async () => {
  const byName = new PrometheusServer(`http://ann:s%20cret@127.0.0.1:${port}/prom/`, {});
  expect(await byName.askTime()).toBe(1_700_000_000.5);
  expect(byName.address).toBe(`http://127.0.0.1:${port}/prom`);
  const byToken = new PrometheusServer(`http://127.0.0.1:${port}`, {
    PLUMBLINE_PROMETHEUS_TOKEN: 'abc',
  });
  await byToken.askTime();
  expect(asked).toEqual([`Basic ${Buffer.from('ann:s cret').toString('base64')}`, 'Bearer abc']);
});

test('a server that wants to know who asks is told apart from one that is not there', async () => {
  await expect(new PrometheusServer(`http://127.0.0.1:${port}`, {}).askTime()).rejects.toThrow(
    /wants to know who asks \(HTTP 401\)/,
  );
  await expect(new PrometheusServer('http://127.0.0.1:1', {}).askTime()).rejects.toThrow(
    /No Prometheus answers/,
  );
});
