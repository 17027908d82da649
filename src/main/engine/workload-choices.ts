/** What a host needs to know of workloads before one is recorded or asked: which instruments there are, where a checkpoint keeps its parts. */
export { checkpointName, configBeside } from '../workloads/checkpoint';
export { INSTRUMENTS } from '../workloads/instrument';
