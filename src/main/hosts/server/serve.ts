/**
 * The browser host: the same window as on the desktop, over HTTP, and the contract over a WebSocket at `./api`.
 *
 * Loopback only; from elsewhere one comes through a tunnel of one's own (`ssh -L`). The server holds no state beside
 * its open sockets, and `close()` ends all of them.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import sirv from 'sirv';
import { WebSocketServer } from 'ws';
import { Failure } from '../../../shared/base/failure';
import type { EngineClient } from '../../../shared/contract/api';
import { serveEngine } from '../../../shared/contract/rpc';
import { checkedEngine } from '../../contract/checked-engine';
import {
  hostAllowed,
  isLoopback,
  originAllowed,
  presentedToken,
  SECURITY_HEADERS,
  tokenMatches,
} from './guard';
import { CLOSE_UNAUTHORIZED, keepAlive, socketPort } from './socket-port';

export interface ServeOptions {
  readonly engine: EngineClient;
  /** 0 takes any free port. */
  readonly port: number;
  readonly host?: string;
  /** The built window: a folder with index.html. */
  readonly rendererDir: string;
  /** Drawn at random when left out. */
  readonly token?: string;
  /** Told of faults that are no `Failure`; the page gets their message alone. */
  readonly onBug?: (error: unknown) => void;
}

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  readonly token: string;
  close(): Promise<void>;
}

/** Far more than the windows of one person; a flood of connections must not take every file the process may open. */
const MAX_CONNECTIONS = 512;
/** The longest message a page may send: requests are small, results flow the other way. */
const MAX_REQUEST_BYTES = 1 << 20;

/** @throws Failure bad_input (host is not loopback), unavailable (no built window), port_in_use */
export async function serveBrowser(options: ServeOptions): Promise<RunningServer> {
  const {
    engine,
    rendererDir,
    host = '127.0.0.1',
    token = randomBytes(24).toString('base64url'),
    onBug = (error: unknown) => console.error(error),
  } = options;
  checkServable(host, rendererDir);
  const server = createServer(answerRequests(rendererDir, token));
  server.maxConnections = MAX_CONNECTIONS;
  const asked = checkedEngine(engine);
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_REQUEST_BYTES,
    perMessageDeflate: false,
  });
  const stopKeepAlive = keepAlive(sockets);
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // From here on HTTP no longer listens for what goes wrong on it, and an error without a listener ends the process.
    socket.on('error', () => socket.destroy());
    if (urlPath(request) !== '/api' || !hostAllowed(request) || !originAllowed(request)) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    // A page cannot read the status of a refused handshake, only a close code: so the handshake is made, and nothing else.
    sockets.handleUpgrade(request, socket, head, (ws) => {
      ws.on('error', () => ws.terminate());
      if (!tokenMatches(presentedToken(request), token))
        ws.close(CLOSE_UNAUTHORIZED, 'The token is missing or wrong.');
      else serveEngine(asked, socketPort(ws), onBug);
    });
  });
  try {
    await listen(server, options.port, host);
    server.on('error', onBug);
  } catch (error) {
    stopKeepAlive();
    sockets.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  const named = host.includes(':') ? `[${host}]` : host;
  let closing: Promise<void> | null = null;
  const close = async () => {
    stopKeepAlive();
    for (const ws of sockets.clients) ws.terminate();
    sockets.close();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return {
    url: `http://${named}:${port}/#token=${token}`,
    port,
    token,
    close: () => (closing ??= close()),
  };
}

function checkServable(host: string, rendererDir: string): void {
  if (!isLoopback(host)) {
    throw new Failure(
      'bad_input',
      `Plumbline serves loopback addresses only, not ${host}.`,
      'Leave the host at 127.0.0.1 and reach it from elsewhere with `ssh -L PORT:127.0.0.1:PORT`.',
    );
  }
  if (!existsSync(join(rendererDir, 'index.html'))) {
    throw new Failure(
      'unavailable',
      `The window has not been built: ${rendererDir} holds no index.html.`,
      'Run `npm run build` once, then serve again.',
    );
  }
}

/** The window's files for whoever may have them; the contract is spoken over a WebSocket alone. */
function answerRequests(
  rendererDir: string,
  token: string,
): (request: IncomingMessage, response: ServerResponse) => void {
  const files = sirv(rendererDir, {
    etag: true,
    setHeaders: (response, path) => {
      response.setHeader(
        'Cache-Control',
        path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-store',
      );
    },
  });
  return (request, response) => {
    if (!hostAllowed(request) || !originAllowed(request))
      return refuse(response, 403, 'This server answers loopback addresses only.');
    if (urlPath(request) === '/api') {
      return tokenMatches(presentedToken(request), token)
        ? refuse(response, 426, 'This address speaks WebSocket.')
        : refuse(response, 401, 'The token is missing or wrong.');
    }
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return refuse(response, 405, 'Only GET is answered here.');
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    files(request, response, () => refuse(response, 404, 'Not found.'));
  };
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response
    .writeHead(status, {
      ...SECURITY_HEADERS,
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'no-store',
    })
    .end(`${text}\n`);
}

const urlPath = (request: IncomingMessage) => (request.url ?? '/').split('?', 1)[0];

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') {
        reject(
          new Failure(
            'port_in_use',
            `Port ${port} on ${host} is in use by another program.`,
            'Choose another with --port, or --port 0 for any free one.',
            error,
          ),
        );
      } else if (error.code === 'EACCES') {
        reject(
          new Failure(
            'unavailable',
            `This account may not listen on port ${port}.`,
            'Choose a port above 1023, or --port 0 for any free one.',
            error,
          ),
        );
      } else reject(error);
    });
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}
