/** Entry of the thread that reads the session files of a library whole, for the doctor, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { openLibrary } from '../store/library';
import { checkSessions } from './sessions-check';

parentPort?.postMessage(await checkSessions(openLibrary(workerData as string)));
