/** Where a Hugging Face checkpoint keeps its parts: a folder, or the path of its model.safetensors. */
import { basename, dirname, join, resolve } from 'node:path';

/** The config.json that belongs to the weights at `path`. */
export function configBeside(path: string): string {
  return join(path.endsWith('.safetensors') ? dirname(resolve(path)) : resolve(path), 'config.json');
}

/** What a person would call it: the name of its folder. */
export function checkpointName(path: string): string {
  return basename(dirname(configBeside(path)));
}
