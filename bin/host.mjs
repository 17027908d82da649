/**
 * The terminal host in this process. What V8 compiles is kept for the next time, since most of what a short command
 * takes is the compiling of its modules.
 */
import { enableCompileCache } from 'node:module';

enableCompileCache?.();
await import('../out/main/cli.js');
